//! A handful of random innocent histories on real parts: whatever one panel alone does with its account, the installed plugin never
//! says more than `possible`. Hundreds of them, without panels, are in `tests/core/innocent.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod chance;
mod stage;

use chance::Random;
use lab::billing::guesses::Quirks;
use lab::site::Site;
use lab::world::World;
use stage::{checkevent, install, json};

const STEPS: usize = 14;
const PRODUCTS: [&str; 3] = ["vds", "vhost", "certificate"];

fn any(random: &mut Random, ids: &[u64]) -> Option<u64> {
    (!ids.is_empty()).then(|| random.of(ids))
}

fn ids(site: &Site, filter: &str) -> Vec<u64> {
    site.rows(&format!("SELECT id FROM item WHERE {filter} ORDER BY id")).iter().map(|row| row.number("id")).collect()
}

/// Plays one history and returns every verdict that was above `possible`, and how many checks there were.
fn play(seed: u64) -> (Vec<String>, usize) {
    let mut random = Random::seeded(seed);
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let account = world.account("reseller-a");
    let modules = world.connect(&a, &account, &PRODUCTS);
    let elsewhere = a.add_module("Another seller", &world.account("elsewhere"));
    install(&world, &a, "[reselling]\nstuck_after = \"1s\"\n");
    *world.seller().billing.quirks() = Quirks {
        no_remoteid_in_list: seed % 4 == 3,
        rows_of_several_types: seed.is_multiple_of(2),
        ..Quirks::default()
    };
    a.order("vds", "first.example");
    let (mut alarms, mut checks, mut story) = (Vec::new(), 0, Vec::new());
    for step in 0..STEPS {
        let action = random.below(10);
        let here = any(&mut random, &ids(&a, "status <> 4"));
        story.push(action);
        match action {
            0..=2 => drop(a.order(random.of(&PRODUCTS), &format!("s{step}.example"))),
            3..=5 => {
                let ordered = ids(world.seller(), "status IN (1, 5) AND remoteid IS NOT NULL");
                if let Some(item) = any(&mut random, &ordered) {
                    world.seller().activate(item);
                }
            }
            // By hand in the account's own page, without an id of a reseller.
            6 => {
                world.seller().execute(&format!(
                    "INSERT INTO item(name, pricelist, account, currency, status, createdate) VALUES ('by hand', {}, {}, 1, 2, CURDATE())",
                    world.seller().tariff("vds"),
                    account.id
                ));
            }
            7 => {
                if let Some(item) = here {
                    a.execute(&format!("UPDATE item SET status = 4 WHERE id = {item}"));
                    a.execute(&format!("DELETE FROM runningoperation WHERE item = {item}"));
                }
            }
            8 => {
                if let Some(item) = here {
                    a.execute(&format!("UPDATE item SET processingmodule = {elsewhere} WHERE id = {item}"));
                }
            }
            _ => a.switch_module(modules[2], random.below(2) == 0),
        }
        // The panel's minutes are seconds here, but its `checkevent` comes after whatever happened, as it does with cron.
        checkevent(&a);
        let (report, status) = json(&a, &["check"]);
        checks += 1;
        let verdict = report["accounts"].as_array().unwrap().iter().find(|one| {
            let name = one["account"].as_str().unwrap();
            name.ends_with("#reseller-a") && matches!(one["verdict"].as_str(), Some("likely" | "shared"))
        });
        if let Some(found) = verdict {
            alarms.push(format!("seed {seed}, step {step}, actions {story:?}, exit {status}: {found:#}"));
        }
    }
    (alarms, checks)
}

#[test]
fn what_one_panel_alone_does_is_never_more_than_possible() {
    let plays: Vec<_> = (1..=4).map(|seed| std::thread::spawn(move || play(seed))).collect();
    let mut checks = 0;
    for play in plays {
        let (alarms, checked) = play.join().unwrap();
        assert!(alarms.is_empty(), "{}", alarms.join("\n"));
        checks += checked;
    }
    assert_eq!(checks, 4 * STEPS);
}
