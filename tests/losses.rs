//! Lost events that were repaired: how long they count, and what ends that, on real panels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::core::Fault;
use lab::site::Site;
use lab::world::{Account, World};
use serde_json::Value;
use stage::{checkevent, install, json, observed, resellguard};
use std::sync::Arc;

/// Both panels' addresses count as ours, so that nothing but lost events tells of the other panel.
const SETTINGS: &str = "[reselling]\nstuck_after = \"1s\"\n[check]\nown_addresses = [\"127.0.0.0/8\"]\n";

fn two(world: &World, more: &str) -> (Arc<Site>, Arc<Site>, Account) {
    let (a, b) = (stage::reseller(world, "a"), world.reseller("b"));
    let account = world.account("resellers");
    world.connect(&a, &account, &["vds"]);
    world.connect(&b, &account, &["vds"]);
    install(world, &a, &format!("{SETTINGS}{more}"));
    (a, b, account)
}

fn checked(a: &Site) -> Value {
    json(a, &["check"]).0["accounts"][0].clone()
}

fn verdict(a: &Site) -> String {
    checked(a)["verdict"].as_str().unwrap().to_owned()
}

/// A service whose event the other panel takes, seen lost.
fn lose(world: &World, a: &Site, b: &Site, name: &str) -> u64 {
    let item = a.order("vds", name);
    world.seller().activate(item);
    b.checkevent();
    // From here on it is seen delivered.
    checked(a);
    std::thread::sleep(std::time::Duration::from_secs(1));
    checkevent(a);
    let found = checked(a);
    let lost = found["evidence"].as_array().unwrap().iter().any(|one| {
        one["severity"] == "critical" && one["detail"].as_str().unwrap().starts_with(&format!("Service {item} "))
    });
    assert!(lost, "{found:#}");
    item
}

fn notes(account: &Value) -> String {
    account["notes"].as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// At the seller, and in this panel's module.
fn new_password(world: &World, a: &Site) {
    world.seller().execute("UPDATE user SET password = 'a new one' WHERE name = 'resellers'");
    let module = a.row("SELECT MIN(id) AS id FROM processingmodule WHERE module = 'pmbillmgr'").number("id");
    let edited = [("elid", module.to_string()), ("password", "a new one".to_owned()), ("sok", "ok".to_owned())];
    let edited: Vec<(&str, &str)> = edited.iter().map(|(name, value)| (*name, value.as_str())).collect();
    a.call("processing.edit", &edited);
}

fn repair(a: &Site, item: u64) {
    let repaired = resellguard(a, &["sync", "--yes", &item.to_string()]);
    assert_eq!((repaired.status.code(), a.status(item)), (Some(0), 2), "{repaired:?}");
}

/// As if all that is remembered of losses had been so many hours earlier.
fn age(a: &Site, hours: i64) {
    let journal = rusqlite::Connection::open(a.root().join("var/resellguard/journal.db")).unwrap();
    let sql = "UPDATE lost SET active_since = active_since - ?1 * 3600000, ended = ended - ?1 * 3600000";
    assert!(journal.execute(sql, [hours]).unwrap() > 0);
    journal.execute("UPDATE password SET since = since - ?1 * 3600000", [hours]).unwrap();
}

#[test]
fn each_loss_is_repaired_at_once_and_the_second_is_shared_all_the_same() {
    let world = World::new();
    let (a, b, _) = two(&world, "[notify]\nusers = [\"admin\"]\n");
    let first = lose(&world, &a, &b, "one.example");
    assert_eq!(verdict(&a), "likely");
    repair(&a, first);
    let found = checked(&a);
    assert_eq!(found["verdict"], "likely", "{found:#}");
    assert_eq!((&found["evidence"][0]["kind"], &found["waiting"]), (&"lost_event".into(), &serde_json::json!([])));
    assert!(found["evidence"][0]["detail"].as_str().unwrap().contains("did not arrive either"), "{found:#}");
    // Another event that arrives takes nothing back.
    let arrives = a.order("vds", "arrives.example");
    world.seller().activate(arrives);
    checkevent(&a);
    assert_eq!((a.status(arrives), verdict(&a)), (2, "likely".to_owned()));

    // A week later, quiet in between; then again.
    age(&a, 7 * 24);
    let found = checked(&a);
    assert_eq!((&found["verdict"], &found["evidence"][0]["severity"]), (&"exclusive".into(), &"info".into()));
    let second = lose(&world, &a, &b, "two.example");
    assert_eq!(verdict(&a), "shared");
    repair(&a, second);
    assert_eq!(verdict(&a), "shared", "what holds does not end with the repair");
    age(&a, 25);
    let found = checked(&a);
    assert_eq!(found["verdict"], "exclusive", "a day of quiet: {found:#}");
    let log = std::fs::read_to_string(a.root().join("var/resellguard.log")).unwrap();
    let told = |what: &str| log.matches(what).count();
    assert_eq!((told("is shared with another panel"), told("is read by this panel only")), (1, 2), "{log}");
    age(&a, 30 * 24);
    assert_eq!(checked(&a)["evidence"], serde_json::json!([]));
}

#[test]
fn a_new_password_in_the_modules_ends_it_and_the_block_at_once() {
    let world = World::new();
    let (a, b, account) = two(&world, "on_conflict = \"block\"\n");
    let items = [lose(&world, &a, &b, "one.example"), lose(&world, &a, &b, "two.example")];
    let found = checked(&a);
    assert_eq!(found["verdict"], "shared");
    assert!(notes(&found).contains("is refused by [check] on_conflict"), "{found:#}");
    assert!(a.try_call("checkevent", &[]).is_err());
    observed(&a);
    for item in items {
        repair(&a, item);
    }
    assert_eq!(verdict(&a), "shared", "the other panel still reads");
    assert!(a.try_call("checkevent", &[]).is_err());
    observed(&a);

    new_password(&world, &a);
    let found = checked(&a);
    assert_eq!((&found["verdict"], &found["evidence"]), (&"exclusive".into(), &serde_json::json!([])), "{found:#}");
    assert!(!notes(&found).contains("is refused"), "{found:#}");
    checkevent(&a);

    // The other panel has the old one, and takes nothing any more.
    let item = a.order("vds", "three.example");
    world.seller().activate(item);
    b.checkevent();
    checkevent(&a);
    assert_eq!((a.status(item), verdict(&a)), (2, "exclusive".to_owned()));
    let kept = std::fs::read(a.root().join("var/resellguard/journal.db")).unwrap();
    for secret in ["a new one", account.password.as_str()] {
        assert!(!kept.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} is in the journal");
    }
}

#[test]
fn an_event_that_was_only_late_is_forgotten_when_it_comes() {
    let world = World::new();
    let (a, b, _) = two(&world, "");
    let item = lose(&world, &a, &b, "one.example");
    // The seller tells of it now: nobody had taken it.
    world.seller().execute(&format!(
        "INSERT INTO itemevent(item, account, type, createdate) SELECT id, account, 'open', NOW() FROM item WHERE remoteid = '{item}'"
    ));
    checkevent(&a);
    assert_eq!(a.status(item), 2, "{}", a.module_log());
    let found = checked(&a);
    assert_eq!((&found["verdict"], &found["evidence"]), (&"exclusive".into(), &serde_json::json!([])), "{found:#}");
}

#[test]
fn a_lost_event_and_another_panel_of_the_owner_are_shared() {
    const KEY: &str = "fingerprint_key = \"0123456789abcdef0123456789abcdef\"\n";
    let world = World::new();
    let fleet = world.dir().join("fleet");
    let (a, b, _) = two(&world, &format!("{KEY}fleet = \"{}\"\n", fleet.display()));
    install(&world, &b, &format!("[check]\n{KEY}panel_name = \"b.example\"\n"));
    std::fs::write(&fleet, resellguard(&b, &["fingerprint"]).stdout).unwrap();
    assert_eq!(verdict(&a), "likely", "named, and nothing lost yet");
    let item = lose(&world, &a, &b, "one.example");
    let found = checked(&a);
    assert_eq!(found["verdict"], "shared", "{found:#}");
    repair(&a, item);
    assert_eq!(verdict(&a), "shared", "the loss is remembered");
    age(&a, 25);
    assert_eq!(verdict(&a), "likely", "and the list still says so");
}

#[test]
fn an_order_of_the_other_panel_accuses_until_it_is_deleted_there_or_the_password_is_a_new_one() {
    let world = World::new();
    let (a, b, _) = two(&world, "");
    a.order("vds", "one.example");
    b.order("vds", "deleted.example");
    let row = world.seller().row("SELECT MAX(id) AS id FROM item").number("id");
    assert_eq!(verdict(&a), "shared");
    world.seller().execute(&format!("UPDATE item SET status = 4 WHERE id = {row}"));
    let found = checked(&a);
    assert_eq!((&found["verdict"], &found["evidence"][0]["severity"]), (&"exclusive".into(), &"info".into()));
    assert!(found["evidence"][0]["detail"].as_str().unwrap().contains("deleted since"), "{found:#}");

    b.order("vds", "lives.example");
    assert_eq!(verdict(&a), "shared");
    new_password(&world, &a);
    let found = checked(&a);
    assert_eq!(found["verdict"], "exclusive", "{found:#}");
    assert_eq!(found["evidence"].as_array().unwrap().len(), 2, "{found:#}");
}

#[test]
fn events_that_a_broken_poll_took_with_it_are_no_sign_of_another_panel() {
    let world = World::new();
    let (a, _, _) = two(&world, "");
    let items = ["one.example", "two.example"].map(|name| a.order("vds", name));
    assert_eq!(verdict(&a), "exclusive", "not delivered yet");
    for item in items {
        world.seller().activate(item);
    }
    world.seller().panel.set_fault(Fault::Cut);
    checkevent(&a);
    world.seller().panel.set_fault(Fault::None);
    assert_eq!(items.map(|item| a.status(item)), [5, 5], "the seller gave its events, and its answer was cut");
    assert_eq!(verdict(&a), "possible");
    std::thread::sleep(std::time::Duration::from_secs(1));
    checkevent(&a);
    checkevent(&a);
    let found = checked(&a);
    assert_eq!(items.map(|item| a.status(item)), [5, 5], "nobody tells of them again");
    assert_eq!(found["verdict"], "possible", "{found:#}");
    assert!(notes(&found).contains("broke off") && notes(&found).contains("2 services"), "{found:#}");
}

#[test]
fn losses_repaired_just_before_the_seller_is_gone_still_count() {
    let world = World::new();
    let (a, b, _) = two(&world, "");
    let items = [lose(&world, &a, &b, "one.example"), lose(&world, &a, &b, "two.example")];
    assert_eq!(verdict(&a), "shared");
    for item in items {
        repair(&a, item);
    }
    world.seller().panel.set_fault(Fault::Status(500));
    let found = checked(&a);
    assert_eq!(found["verdict"], "shared", "{found:#}");
}

#[test]
fn while_the_module_is_switched_off_here_no_event_is_lost_and_the_check_says_so() {
    let world = World::new();
    let (a, b, _) = two(&world, "");
    let module = a.row("SELECT MIN(id) AS id FROM processingmodule WHERE module = 'pmbillmgr'").number("id");
    let items = ["one.example", "two.example"].map(|name| a.order("vds", name));
    a.switch_module(module, false);
    for item in items {
        world.seller().activate(item);
    }
    b.checkevent();
    checked(&a);
    std::thread::sleep(std::time::Duration::from_secs(1));
    checkevent(&a);
    let found = checked(&a);
    assert!(["exclusive", "possible"].contains(&found["verdict"].as_str().unwrap()), "{found:#}");
    assert!(notes(&found).contains("is switched off"), "{found:#}");
    // With it on again their time begins, and what is lost is lost.
    a.switch_module(module, true);
    checked(&a);
    std::thread::sleep(std::time::Duration::from_secs(1));
    checkevent(&a);
    assert_eq!(verdict(&a), "shared");
}
