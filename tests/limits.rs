//! How much a repair asks of the seller: forms where the list does not show whose services they are, and lists where the form does not
//! show their state.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::site::Site;
use lab::world::{Setup, World};
use serde_json::Value;
use stage::{Lost, json, lose};
use std::sync::Arc;

/// Services that wait on A, and so many more of A's that are in step; none has noted the seller's id.
fn waiting(names: &[String], more: u64) -> (World, Arc<Site>, Vec<u64>) {
    let world = World::new();
    let account = world.account("resellers");
    let services: Vec<(&str, &str)> = names.iter().map(|name| ("vds", name.as_str())).collect();
    let Lost { a, items, .. } = lose(&world, Setup::default(), &account, &services);
    stage::fill(&world, &a, &account, "vds", more);
    a.execute("UPDATE item SET remoteid = NULL");
    (world, a, items)
}

/// Syncs, and counts how often the seller was asked for this function.
fn asked(world: &World, a: &Site, items: &[u64], more: &[&str], function: &str) -> (Value, usize) {
    world.seller().clear_calls();
    let words: Vec<String> = items.iter().map(ToString::to_string).collect();
    let mut arguments = vec!["sync"];
    arguments.extend(words.iter().map(String::as_str));
    arguments.extend(more);
    let (report, _) = json(a, &arguments);
    let calls = world.seller().calls();
    (report, calls.iter().filter(|call| call.function == function).count())
}

fn outcomes(report: &Value) -> Vec<&str> {
    report["items"].as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap()).collect()
}

#[test]
fn ten_forms_are_asked_for_one_service() {
    let (world, a, items) = waiting(&["one.example".to_owned()], 12);
    let seller = world.seller();
    seller.billing.quirks().no_remoteid_in_list = true;
    // Nothing tells the thirteen apart but the day: ours was ordered a day earlier than the others, and than here.
    seller.execute("DELETE FROM itemparam");
    let own = seller.bought_as(items[0]);
    seller.execute(&format!("UPDATE item SET createdate = createdate - INTERVAL 1 DAY WHERE id = {own}"));
    let (report, forms) = asked(&world, &a, &items, &["--dry-run"], "vds.edit");
    assert_eq!((outcomes(&report), forms), (vec!["refused"], 10), "{report:#}");
    assert!(report["items"][0]["reason"].as_str().unwrap().contains("3 more were not asked"), "{report:#}");
    // Among the ten nearest it is found.
    seller.execute(&format!("UPDATE item SET createdate = createdate - INTERVAL 1 DAY WHERE id > {own} + 3"));
    let (report, forms) = asked(&world, &a, &items, &["--dry-run"], "vds.edit");
    assert_eq!(forms, 10, "{report:#}");
    let reason = report["items"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("only the id speaks for the link"), "{report:#}");
}

#[test]
fn sixty_forms_are_asked_for_one_product() {
    let names: Vec<String> = (0..7).map(|number| format!("g{number}.example")).collect();
    let (world, a, items) = waiting(&names, 63);
    let seller = world.seller();
    seller.billing.quirks().no_remoteid_in_list = true;
    // Nine others have the domain of each.
    let ours: Vec<String> = items.iter().map(|item| seller.bought_as(*item).to_string()).collect();
    seller.execute(&format!(
        "UPDATE itemparam SET value = CONCAT('g', item % 7, '.example') WHERE intname = 'domain' AND item NOT IN ({})",
        ours.join(", ")
    ));
    let (report, forms) = asked(&world, &a, &items, &["--dry-run"], "vds.edit");
    assert_eq!(forms, 60, "{report:#}");
    let mut expected = vec!["planned"; 6];
    expected.push("refused");
    assert_eq!(outcomes(&report), expected, "{report:#}");
    assert!(
        report["items"][6]["reason"].as_str().unwrap().contains("do not show which service is whose"),
        "{report:#}"
    );
    // Alone it gets its ten, and one more just before the call.
    let (report, forms) = asked(&world, &a, &items[6..], &[], "vds.edit");
    assert_eq!((outcomes(&report), forms), (vec!["done"], 11), "{report:#}");
}

#[test]
fn a_list_is_read_again_once_for_many_services() {
    let names: Vec<String> = (0..4).map(|number| format!("v{number}.example")).collect();
    let (world, a, items) = waiting(&names, 1);
    world.seller().billing.quirks().no_status_in_form = true;
    let (report, lists) = asked(&world, &a, &items, &[], "vds");
    assert_eq!((outcomes(&report), lists), (vec!["done"; 4], 2), "for the plan, and before the calls: {report:#}");
}
