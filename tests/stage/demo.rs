//! The vendor's article as a play, on real parts: the fault happens, is proven, is repaired. Every value that is told is read
//! from the panels' databases and logs at that moment. `--keep` leaves the panels' pages open.

#[path = "mod.rs"]
mod stage;

use lab::site::{ADMIN, CUSTOMER, PASSWORD, Site};
use lab::world::World;
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--keep"] => true,
        _ => {
            eprintln!("usage: tests/demo.sh [--keep]");
            return ExitCode::from(64);
        }
    };
    let begun = Instant::now();
    scene("Three BILLmanagers: a seller, and two resellers, A and B, who by mistake buy through one account");
    let world = World::new();
    let (a, b) = (stage::reseller(&world, "a"), world.reseller("b"));
    let account = world.account("resellers");
    world.connect(&a, &account, &["vds"]);
    world.connect(&b, &account, &["vds"]);
    say(&format!("The account: {} as user {}.", account.url, account.user));
    say("A installs the plugin (for this play a service counts as stuck after 2 seconds instead of 15 minutes):");
    show(&stage::install(&world, &a, "[reselling]\nstuck_after = \"2s\"\n"));

    scene("A customer of A orders two servers; A's panel orders them from the seller");
    let items = [a.order("vds", "shop.example"), a.order("vds", "mail.example")];
    for item in items {
        tell_service(&world, &a, item);
    }
    say("Waiting like that is right until the seller has activated the servers.");

    scene("The seller activates both; for each it puts an event into the queue of the account");
    for item in items {
        world.seller().activate(item);
    }
    say(&format!("Events in the account's queue at the seller: {}", queue(&world)));

    scene("B's cron is first: mgrctl -m billmgr checkevent");
    b.checkevent();
    say(&format!("Events in the queue now: {}. What B's pmbillmgr.log says:", queue(&world)));
    show(&lines_with(&b.module_log(), &["missed", "does not exist"]));

    scene("Then A's cron, twice: mgrctl -m billmgr checkevent");
    for _ in 0..2 {
        stage::checkevent(&a);
    }
    say("What A's pmbillmgr.log says of the last one:");
    show(&last_lines(&a.module_log(), 3));
    for item in items {
        tell_service(&world, &a, item);
    }
    say("The customers have paid, the seller has delivered, and A says \"in progress\" for ever.");

    scene("A asks: who reads this account?");
    command(&a, &["check"]);

    scene("A asks: what would be repaired? Nothing is changed by this");
    let [first, second] = items.map(|item| item.to_string());
    command(&a, &["sync", &first, &second, "--dry-run"]);

    scene("A repairs");
    command(&a, &["sync", &first, &second]);

    scene("The state after, from A's database");
    for item in items {
        tell_service(&world, &a, item);
        let history = a.rows(&format!(
            "SELECT request_action, request_ip, status, status_new FROM history_item WHERE reference = {item} AND status_new = 2"
        ));
        for row in history {
            say(&format!(
                "  history_item: {} by {}, status {} -> {}",
                row.text("request_action"),
                row.text("request_ip"),
                row.text("status"),
                row.text("status_new")
            ));
        }
    }
    let repaired = items.iter().all(|item| a.status(*item) == 2 && a.operations(*item).is_empty());
    say(if repaired { "Both servers are active." } else { "NOT REPAIRED: this is a bug, please report it." });
    say(&format!("The play took {} seconds.", begun.elapsed().as_secs()));
    if keep {
        pages(&world, &[&a, &b]);
    }
    ExitCode::from(u8::from(!repaired))
}

fn scene(title: &str) {
    println!("\n== {title}");
}

fn say(text: &str) {
    println!("{text}");
}

fn show(text: &str) {
    for line in text.lines() {
        println!("    {line}");
    }
}

/// A command as it is typed on A, and what comes out.
fn command(site: &Site, arguments: &[&str]) {
    println!("# resellguard {}", arguments.join(" "));
    let output = stage::resellguard(site, arguments);
    show(&String::from_utf8_lossy(&output.stdout));
    show(&String::from_utf8_lossy(&output.stderr));
    println!("# exit status {}", output.status.code().unwrap_or(-1));
}

/// A service as both databases have it.
fn tell_service(world: &World, reseller: &Site, item: u64) {
    let operations: Vec<String> = reseller
        .operations(item)
        .into_iter()
        .map(|(name, manual)| format!("; operation {name}, {}", if manual { "manual" } else { "automatic" }))
        .collect();
    let bought = world.seller().bought_as(item);
    say(&format!(
        "  service {item}: on A status {} ({}{}); at the seller {bought}, status {} ({})",
        reseller.status(item),
        word(reseller.status(item)),
        operations.concat(),
        world.seller().status(bought),
        word(world.seller().status(bought)),
    ));
}

fn word(status: u64) -> &'static str {
    match status {
        1 => "ordered",
        2 => "active",
        3 => "suspended",
        4 => "deleted",
        5 => "in progress",
        _ => "?",
    }
}

fn queue(world: &World) -> u64 {
    world.seller().row("SELECT COUNT(*) AS events FROM itemevent").number("events")
}

fn lines_with(log: &str, words: &[&str]) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| words.iter().any(|word| line.contains(word))).collect();
    lines.join("\n")
}

fn last_lines(log: &str, count: usize) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(count)).copied().collect::<Vec<_>>().join("\n")
}

/// Serves the pages until the program is ended.
fn pages(world: &World, resellers: &[&Site]) {
    scene("The panels' pages stay open until Ctrl-C");
    say(&format!(
        "Administrator {ADMIN}, customer {CUSTOMER}, password {PASSWORD}. The certificates are the play's own."
    ));
    for site in resellers.iter().copied().chain([world.seller()]) {
        say(&format!("  {}: {}   (Russian: {}?lang=ru)", site.name, site.url(), site.url()));
    }
    say("On A: Virtual private servers -> select -> Force sync status; Tools -> Reselling guard.");
    loop {
        std::thread::sleep(Duration::from_hours(1));
    }
}
