//! The check on real parts: who reads the account, told from the reseller's side.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::core::Fault;
use lab::world::World;
use serde_json::Value;
use stage::{checkevent, install, json};

fn kinds(account: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let evidence = account["evidence"].as_array().unwrap();
    evidence.iter().map(|one| (word(&one["kind"]), word(&one["severity"]))).collect()
}

/// The seller's journal names the address of the other panel.
fn b_was_seen() -> (String, String) {
    ("foreign_address".into(), "warning".into())
}

#[test]
fn an_account_of_ones_own_is_exclusive_with_several_modules_for_several_products() {
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let account = world.account("reseller-a");
    world.connect(&a, &account, &["vds", "vhost", "certificate"]);
    install(&world, &a, "");
    for (itemtype, name) in [("vds", "one.example"), ("vhost", "two.example"), ("certificate", "three.example")] {
        let item = a.order(itemtype, name);
        world.seller().activate(item);
    }
    checkevent(&a);
    let (report, status) = json(&a, &["check"]);
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(report["accounts"].as_array().unwrap().len(), 1, "one account, three modules");
    let found = &report["accounts"][0];
    assert_eq!(found["verdict"], "exclusive");
    assert_eq!(found["modules"].as_array().unwrap().len(), 3);
    assert!(found["account"].as_str().unwrap().ends_with("/billmgr#reseller-a"), "{found:#}");
    assert_eq!(kinds(found), [("local_duplicate".into(), "info".into())]);
    assert_eq!(found["waiting"], serde_json::json!([]));
}

#[test]
fn events_lost_to_another_panel_make_likely_and_then_shared() {
    let world = World::new();
    let (a, b) = (stage::reseller(&world, "a"), world.reseller("b"));
    let account = world.account("resellers");
    world.connect(&a, &account, &["vds"]);
    world.connect(&b, &account, &["vds"]);
    install(&world, &a, "[reselling]\nstuck_after = \"1s\"\n");
    let first = a.order("vds", "one.example");
    world.seller().activate(first);
    b.checkevent();
    // The poll that found nothing is seen, and from then on that the seller shows the service active.
    checkevent(&a);
    let (report, status) = json(&a, &["check"]);
    assert_eq!((status, &report["accounts"][0]["verdict"]), (1, &"possible".into()), "too early: {report:#}");
    assert_eq!(kinds(&report["accounts"][0]), [("lost_event".into(), "warning".into()), b_was_seen()]);
    checkevent(&a);
    let (report, status) = json(&a, &["check"]);
    assert_eq!((status, &report["accounts"][0]["verdict"]), (1, &"likely".into()), "{report:#}");
    assert_eq!(kinds(&report["accounts"][0]), [("lost_event".into(), "critical".into()), b_was_seen()]);
    assert_eq!(report["accounts"][0]["waiting"], serde_json::json!([first]));
    let second = a.order("vds", "two.example");
    world.seller().activate(second);
    b.checkevent();
    checkevent(&a);
    checkevent(&a);
    let (report, status) = json(&a, &["check"]);
    assert_eq!((status, &report["accounts"][0]["verdict"]), (2, &"shared".into()), "{report:#}");
}

#[test]
fn an_order_of_another_panel_makes_shared_at_once() {
    let world = World::new();
    let (a, b) = (stage::reseller(&world, "a"), world.reseller("b"));
    let account = world.account("resellers");
    world.connect(&a, &account, &["vds"]);
    world.connect(&b, &account, &["vds"]);
    install(&world, &a, "");
    a.order("vds", "one.example");
    let foreign = b.order("vds", "other.example");
    let (report, status) = json(&a, &["check"]);
    assert_eq!((status, &report["accounts"][0]["verdict"]), (2, &"shared".into()), "{report:#}");
    let evidence = &report["accounts"][0]["evidence"][0];
    assert_eq!((&evidence["kind"], &evidence["severity"]), (&"foreign_remoteid".into(), &"critical".into()));
    assert!(evidence["detail"].as_str().unwrap().contains(&foreign.to_string()), "{evidence:#}");
    // Evidence is remembered.
    let (again, _) = json(&a, &["check"]);
    assert_eq!(again["accounts"][0]["evidence"][0]["count"], evidence["count"].as_u64().unwrap() + 1);
    assert_eq!(again["accounts"][0]["evidence"][0]["first_seen"], evidence["first_seen"]);
}

#[test]
fn a_seller_that_cannot_be_read_is_unknown_never_exclusive() {
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let account = world.account("reseller-a");
    world.connect(&a, &account, &["vds"]);
    install(&world, &a, "");
    a.order("vds", "one.example");
    for fault in [Fault::Html, Fault::Cut, Fault::Garbage, Fault::Drop, Fault::Status(500)] {
        world.seller().panel.set_fault(fault.clone());
        let (report, status) = json(&a, &["check"]);
        assert_eq!((status, &report["accounts"][0]["verdict"]), (3, &"unknown".into()), "{fault:?}: {report:#}");
        assert!(!report.to_string().contains("api #reseller-a"), "the password is in the answer");
    }
}

#[test]
fn a_panel_without_a_reselling_module_is_unknown_for_the_name_may_be_misspelled() {
    let world = World::new();
    let a = stage::reseller(&world, "a");
    install(&world, &a, "[reselling]\nmodules = [\"pmbilmgr\"]\n");
    let output = stage::resellguard(&a, &["check", "--format", "nagios"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.starts_with("UNKNOWN - no seller accounts"), "{said}");
}

#[test]
fn an_installed_plugin_serves_the_panel_it_lies_in() {
    let world = World::new();
    let a = world.reseller("a");
    let account = world.account("reseller-a");
    world.connect(&a, &account, &["vds"]);
    install(&world, &a, "");
    let output = std::process::Command::new(a.root().join("addon/resellguard"))
        .args(["check", "--format", "json"])
        .env_remove("RESELLGUARD_ROOT")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("#reseller-a"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let by_the_panel = a.call("resellguard", &[]);
    assert!(by_the_panel.to_string().contains("#reseller-a"), "{by_the_panel}");
}
