//! `seller audit` on the panel that sells: whose account several panels read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use jiff::SignedDuration;
use lab::site::Site;
use lab::world::World;
use serde_json::Value;
use stage::{install, json, resellguard};
use std::io::Write;
use std::sync::Arc;

fn account<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["accounts"].as_array().unwrap().iter().find(|one| one["account"] == name).unwrap()
}

fn kinds(account: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    account["evidence"].as_array().unwrap().iter().map(|one| (word(&one["kind"]), word(&one["severity"]))).collect()
}

/// Cron on each of these panels, every five minutes of the seller's log.
fn polls(world: &World, panels: &[&Arc<Site>], turns: std::ops::Range<i64>) {
    for turn in turns {
        world.seller().panel.set_log_ahead(SignedDuration::from_mins(turn * 5 - 300));
        for panel in panels {
            assert!(panel.checkevent().status.success());
        }
    }
}

/// What was written so far is rotated away and packed, as the panel does it.
fn rotate(seller: &Site) {
    let log = seller.root().join("var/billmgr.log");
    let archive = std::fs::File::create(seller.root().join("var/logs/billmgr.log-1.gz")).unwrap();
    let mut packer = flate2::write::GzEncoder::new(archive, flate2::Compression::fast());
    packer.write_all(&std::fs::read(&log).unwrap()).unwrap();
    packer.finish().unwrap();
    std::fs::write(&log, "").unwrap();
}

#[test]
fn an_account_that_two_panels_poll_is_told_from_one_that_one_panel_polls() {
    let world = World::new();
    let (a, b, c) = (world.reseller("a"), world.reseller("b"), world.reseller("c"));
    let (shared, alone) = (world.account("shared"), world.account("alone"));
    world.connect(&a, &shared, &["vds"]);
    world.connect(&b, &shared, &["vds"]);
    world.connect(&c, &alone, &["vds"]);
    install(&world, world.seller(), "");
    let (none, status) = json(world.seller(), &["seller", "audit"]);
    assert_eq!((status, &none["accounts"]), (0, &serde_json::json!([])), "nobody resells yet: {none:#}");
    for panel in [&a, &b, &c] {
        panel.order("vds", "one.example");
    }
    polls(&world, &[&a, &c], 0..8);
    rotate(world.seller());
    polls(&world, &[&a, &c], 8..14);
    let (report, status) = json(world.seller(), &["seller", "audit"]);
    assert_eq!(status, 0, "one poller each, an order from another address is no fault: {report:#}");
    polls(&world, &[&a, &b, &c], 14..30);
    let (report, status) = json(world.seller(), &["seller", "audit"]);
    assert_eq!(status, 1, "{report:#}");
    let found = account(&report, "shared");
    assert_eq!(found["verdict"], "likely", "{report:#}");
    assert_eq!(kinds(found)[0], ("foreign_address".into(), "critical".into()));
    let detail = found["evidence"][0]["detail"].as_str().unwrap();
    for told in ["itemevent", "127.0.0.1 (", "127.0.0.2 (16 times", "every 5 min"] {
        assert!(detail.contains(told), "{detail}");
    }
    assert_eq!(found["write_to"], serde_json::json!([{"login": "shared", "email": "shared@panel.example"}]));
    assert_eq!(account(&report, "alone")["verdict"], "exclusive", "{report:#}");
    assert_eq!(account(&report, "alone")["letter"], Value::Null);
    // Both panels have a service with one id: a sign in the services, too.
    world.seller().execute("UPDATE item SET remoteid = '16643' WHERE remoteid = '62991'");
    let (report, status) = json(world.seller(), &["seller", "audit"]);
    assert_eq!((status, &account(&report, "shared")["verdict"]), (2, &"shared".into()), "{report:#}");
    let text = String::from_utf8(resellguard(world.seller(), &["seller", "audit"]).stdout).unwrap();
    for told in [
        "shared: SHARED",
        "Write to: shared <shared@panel.example>",
        "an account of its own",
        "отдельную учётную запись",
    ] {
        assert!(text.contains(told), "{text}");
    }
    // What the database lacks is said, and so is a log that is not there.
    world.seller().execute("DROP TABLE core_session");
    world.seller().execute("ALTER TABLE user DROP COLUMN email");
    std::fs::remove_file(world.seller().root().join("var/logs/billmgr.log-1.gz")).unwrap();
    std::fs::remove_file(world.seller().root().join("var/billmgr.log")).unwrap();
    let (report, status) = json(world.seller(), &["seller", "audit"]);
    assert_eq!((status, &account(&report, "alone")["verdict"]), (3, &"unknown".into()), "{report:#}");
    let notes = report["notes"].to_string();
    for told in ["core_session", "user.email", "billmgr.log"] {
        assert!(notes.contains(told), "{notes}");
    }
}

#[test]
fn ids_of_two_numberings_are_possible_and_the_panels_own_purchases_do_not_count() {
    let world = World::new();
    let a = world.reseller("a");
    let account_there = world.account("resellers");
    world.connect(&a, &account_there, &["vds"]);
    install(&world, world.seller(), "");
    for day in 0..12 {
        let item = a.order("vds", &format!("v{day}.example"));
        let remoteid = if day % 2 == 0 { 700 + day } else { 90_000 + day };
        world.seller().execute(&format!(
            "UPDATE item SET remoteid = '{remoteid}', createdate = CURDATE() - INTERVAL {} DAY WHERE remoteid = '{item}'",
            30 - day
        ));
    }
    let (report, status) = json(world.seller(), &["seller", "audit"]);
    let found = account(&report, "resellers");
    assert_eq!((status, &found["verdict"]), (1, &"possible".into()), "{report:#}");
    assert!(kinds(found).contains(&("foreign_remoteid".into(), "warning".into())), "{report:#}");
    assert!(found["letter"]["en"].as_str().unwrap().contains("may be used"), "{report:#}");
    // On the reseller's side the same column holds the seller's ids of what it bought itself.
    install(&world, &a, "");
    let (report, status) = json(&a, &["seller", "audit"]);
    assert_eq!((status, &report["accounts"]), (0, &serde_json::json!([])), "{report:#}");
}
