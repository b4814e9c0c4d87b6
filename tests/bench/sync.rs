//! What a plan and a repair cost on an account with very many services, of which one of a hundred waits in vain.
//! `tests/bench-sync.sh` builds and starts it, and says what the figures mean.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]
// What cannot be built cannot be measured.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "../stage/mod.rs"]
mod stage;

use lab::core::Origin;
use lab::site::Site;
use lab::world::World;
use serde_json::Value;
use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>().expect("a number"));
    let count = numbers.next().unwrap_or(100_000);
    let repaired = numbers.next().unwrap_or(1_000);
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let account = world.account("reseller-a");
    world.connect(&a, &account, &["vds"]);
    stage::fill(&world, &a, &account, "vds", count);
    stage::install(&world, &a, "");
    let waiting: Vec<String> = a
        .rows(&format!("SELECT id FROM item WHERE id % 100 = 0 ORDER BY id LIMIT {repaired}"))
        .iter()
        .map(|row| row.text("id").to_owned())
        .collect();
    lose(&a, &waiting);
    println!(
        "{count} services on one account, {} of them wait; MariaDB on both sides, the seller on this machine\n",
        waiting.len()
    );
    println!("{:<34} {:>9} {:>11} {:>11} {:>9}", "", "seconds", "own CPU, s", "peak, KiB", "requests");
    plugin(&a, &world, "check (its verdict is kept)", &["check"]);
    plugin(&a, &world, "drift, every service", &["drift", "--format", "json"]);
    let plan = plugin(&a, &world, "plan of those that wait", &["sync", "--stuck", "--dry-run", "--format", "json"]);
    let calls = calls(&plan);
    assert_eq!(calls.len(), waiting.len(), "{plan:#}");
    a.clear_calls();
    let report = plugin(&a, &world, "their repair", &["sync", "--stuck", "--yes", "--format", "json"]);
    let done = report["items"].as_array().unwrap().iter().filter(|item| item["outcome"] == "done").count();
    assert_eq!(done, calls.len(), "{report:#}");
    let repaired = from_first_to_last(&a);

    // The same calls by the same program, one after the other, and nothing else.
    lose(&a, &waiting);
    a.clear_calls();
    for call in &calls {
        let output = Command::new(a.panel.mgrctl()).args(["-m", "billmgr", "-o", "xml"]).args(call).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let bare = from_first_to_last(&a);
    println!("\nfrom call to call, as the panel sees it: bare {bare:.2} ms, in the repair {repaired:.2} ms");
    let met = repaired <= 1.2 * bare;
    println!("{:<8} within 1.2 times of the bare calls: {:.2}", if met { "met" } else { "NOT MET" }, repaired / bare);
    ExitCode::from(u8::from(!met))
}

/// Milliseconds from one call of mgrctl to the next, on average.
fn from_first_to_last(a: &Site) -> f64 {
    let calls: Vec<_> =
        a.calls().into_iter().filter(|call| call.origin == Origin::Mgrctl).map(|call| call.at).collect();
    let (first, last) = (calls.first().unwrap(), calls.last().unwrap());
    last.duration_since(*first).as_secs_f64() * 1000.0 / (calls.len() - 1) as f64
}

/// These services are in progress here although the seller has delivered them.
fn lose(a: &Site, items: &[String]) {
    let ids = items.join(", ");
    a.execute(&format!("UPDATE item SET status = 5 WHERE id IN ({ids})"));
    a.execute(&format!(
        "INSERT INTO runningoperation(item, intname, manual, createdate) SELECT id, 'open', 'on', NOW() - INTERVAL 1 DAY
         FROM item WHERE id IN ({ids})"
    ));
}

/// The function and the parameters of every call of a plan.
fn calls(plan: &Value) -> Vec<Vec<String>> {
    let items = plan["items"].as_array().unwrap().iter();
    items
        .flat_map(|item| item["steps"].as_array().unwrap())
        .map(|step| {
            let params = step["params"].as_object().unwrap().iter();
            let params = params.map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
            std::iter::once(step["call"].as_str().unwrap().to_owned()).chain(params).collect()
        })
        .collect()
}

/// Runs the plugin, measured by GNU time, prints the line, and returns the report.
fn plugin(a: &Site, world: &World, name: &str, arguments: &[&str]) -> Value {
    let before = world.seller().http_requests();
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%e %U %S %M"])
        .arg(a.root().join("addon/resellguard"))
        .args(arguments)
        .env("RESELLGUARD_ROOT", a.root())
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("GNU time");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = errors.lines().last().unwrap_or_default().to_owned();
    let figures: Vec<f64> = line.split(' ').map(|figure| figure.parse().expect("GNU time's figures")).collect();
    let (seconds, cpu) = (figures[0], figures[1] + figures[2]);
    println!("{name:<34} {seconds:>9.2} {cpu:>11.2} {:>11} {:>9}", figures[3], world.seller().http_requests() - before);
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}
