//! `lab scene NAME [--keep] [--lang en|ru]`: builds a scene, says what happened and where to look, and with `--keep` serves
//! the panels until Ctrl-C.

use lab::billing::schema::TYPES;
use lab::scenes;
use lab::site::{ADMIN, CUSTOMER, PASSWORD};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((name, keep, language)) = understood(&words) else {
        eprintln!("usage: lab scene {} [--keep] [--lang en|ru]", scenes::NAMES.join("|"));
        return ExitCode::from(64);
    };
    let Some(scene) = scenes::by_name(name) else {
        eprintln!("there is no scene '{name}'; there are: {}", scenes::NAMES.join(", "));
        return ExitCode::from(64);
    };
    for line in &scene.story {
        println!("{line}");
    }
    println!("\nauthority of every panel: {}", scene.world.authorities().display());
    let resellers = scene.world.resellers();
    for site in std::iter::once(scene.world.seller()).chain(resellers.iter().map(|site| &**site)) {
        println!("\n{}", site.name);
        println!("  page    {}?lang={language}", site.url());
        println!("  logins  {ADMIN} (administrator), {CUSTOMER} (customer); password: {PASSWORD}");
        println!("  root    {}", site.root().display());
        println!("  mgrctl  {} -m billmgr {}", site.root().join("sbin/mgrctl").display(), TYPES[0].0);
        println!(
            "  mysql   mysql -S {} -u {} -p'…' {}",
            site.database.socket.display(),
            site.database.user,
            site.database.name
        );
    }
    if keep {
        println!("\nServing until Ctrl-C.");
        loop {
            std::thread::park();
        }
    }
    ExitCode::SUCCESS
}

fn understood<'a>(words: &[&'a str]) -> Option<(&'a str, bool, &'a str)> {
    let (&name, mut rest) = words.strip_prefix(&["scene"])?.split_first()?;
    let (mut keep, mut language) = (false, "en");
    while let Some((&word, after)) = rest.split_first() {
        rest = after;
        match word {
            "--keep" => keep = true,
            "--lang" => {
                let (&given, after) = rest.split_first()?;
                rest = after;
                language = ["en", "ru"].into_iter().find(|known| *known == given)?;
            }
            _ => return None,
        }
    }
    Some((name, keep, language))
}
