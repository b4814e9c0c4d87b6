//! What a check costs on an account with very many services, against a script that asks the seller service by service.
//! `tests/bench-check.sh` builds and starts it, and says what the figures mean.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]
// What cannot be built cannot be measured.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "../stage/mod.rs"]
mod stage;

use lab::site::Site;
use lab::world::World;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// What the provider asked for, KiB.
const MEMORY: u64 = 64 * 1024;
/// Services that the script asks for; the rest is extrapolated.
const ASKED: u64 = 500;
const PAGE: u64 = 500;

fn main() -> ExitCode {
    let count: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let account = world.account("reseller-a");
    world.connect(&a, &account, &["vds"]);
    stage::install(&world, &a, "");
    // As many requests a second as the settings allow.
    settings(&world, &a);
    stage::fill(&world, &a, &account, "vds", count);
    println!("{count} services on one account, in MariaDB on both sides; a seller that answers on this machine\n");

    let cold = check(&a, &world);
    let warm = check(&a, &world);
    let api = world.api(&account);
    let pages = count.div_ceil(PAGE);
    let seller = took(|| {
        for page in 1..=pages {
            api.call("vds", &[("p_cnt", &PAGE.to_string()), ("p_num", &page.to_string())]).expect("a page");
        }
    });
    let first = world.seller().row("SELECT MIN(id) AS id FROM item").number("id");
    let asked = ASKED.min(count);
    let script = took(|| {
        for id in first..first + asked {
            api.call("vds.edit", &[("elid", &id.to_string())]).expect("a form");
        }
    });
    let extrapolated = script.as_secs_f64() / asked as f64 * count as f64;

    println!("{:<34} {:>10} {:>10} {:>12} {:>10}", "", "seconds", "own CPU, s", "peak, KiB", "requests");
    for (name, figures) in [("resellguard check, cold", &cold), ("the same again", &warm)] {
        let Figures { seconds, cpu, memory, requests } = figures;
        println!("{name:<34} {seconds:>10.2} {cpu:>10.2} {memory:>12} {requests:>10}");
    }
    println!(
        "{:<34} {:>10.2} {:>10} {:>12} {pages:>10}",
        "the seller alone, the same pages",
        seller.as_secs_f64(),
        "",
        ""
    );
    println!("{:<34} {extrapolated:>10.2} {:>10} {:>12} {count:>10}", "service by service, extrapolated", "", "");
    println!(
        "\nratio: {:.0} times in time, {:.0} times in requests",
        extrapolated / cold.seconds,
        count as f64 / cold.requests as f64
    );
    // Five other common products, one page each; whoami, journal, authlog.
    let most = pages + 1 + 5 + 3;
    let met = [
        goal(cold.memory < MEMORY, &format!("under 64 MiB: {:.1} MiB", cold.memory as f64 / 1024.0)),
        goal(cold.requests <= most, &format!("at most {most} requests: {}", cold.requests)),
    ];
    ExitCode::from(u8::from(met.contains(&false)))
}

fn goal(met: bool, what: &str) -> bool {
    println!("{:<8} {what}", if met { "met" } else { "NOT MET" });
    met
}

fn settings(world: &World, site: &Site) {
    let path = site.root().join("etc/resellguard.toml");
    let text = format!(
        "[seller]\nca_file = \"{}\"\nrequests_per_second = 100\npage = {PAGE}\n",
        world.authorities().display()
    );
    std::fs::write(path, text).expect("the settings");
}

struct Figures {
    seconds: f64,
    /// User and system.
    cpu: f64,
    /// KiB.
    memory: u64,
    requests: u64,
}

/// One check, measured by GNU time: a child's own account of its memory would begin at what this process has.
fn check(a: &Site, world: &World) -> Figures {
    let before = world.seller().http_requests();
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%e %U %S %M"])
        .arg(a.root().join("addon/resellguard"))
        .args(["check", "--format", "nagios"])
        .env("RESELLGUARD_ROOT", a.root())
        .stdin(Stdio::null())
        .output()
        .expect("GNU time");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("OK"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let figures: Vec<f64> = errors.lines().last().unwrap().split(' ').map(|figure| figure.parse().unwrap()).collect();
    Figures {
        seconds: figures[0],
        cpu: figures[1] + figures[2],
        memory: errors.trim_end().rsplit(' ').next().unwrap().parse().unwrap(),
        requests: world.seller().http_requests() - before,
    }
}

fn took(what: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    what();
    begun.elapsed()
}
