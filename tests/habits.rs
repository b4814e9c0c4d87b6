//! A seller with habits: statuses in every shape, short lists, hidden ids, refusals. What `check` and `sync` make of each, that
//! nothing but reading is asked of the seller, and that the login is told to nobody.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::{Guesses, Misbehaviour, Quirks, SellerId, StatusShape};
use lab::site::Site;
use lab::world::{Account, Setup, World};
use serde_json::Value;
use stage::{Lost, json, lose, repair_calls, resellguard};
use std::path::Path;
use std::sync::Arc;

/// A resells from the account and has lost the events of these services; B took them.
fn lost(world: &World, guesses: Guesses, account: &Account, services: &[(&str, &str)]) -> (Arc<Site>, Vec<u64>) {
    let Lost { a, items, .. } = lose(world, Setup { guesses, ..Setup::default() }, account, services);
    (a, items)
}

/// `sync` of one service: exit status, outcome, reason.
fn sync(a: &Site, item: u64) -> (i32, String, String) {
    let (report, status) = json(a, &["sync", &item.to_string()]);
    let text = |name: &str| report["items"][0][name].as_str().unwrap().to_owned();
    (status, text("outcome"), text("reason"))
}

/// Whatever was asked of the seller was asked to read.
fn only_read(world: &World) {
    for call in world.seller().calls() {
        let function = call.function.as_str();
        let reads = ["vds", "dedic", "vhost", "certificate", "domain", "soft", "whoami", "journal", "authlog"]
            .contains(&function)
            || function.split_once('.').is_some_and(|(_, verb)| verb == "edit")
                && !call.params.iter().any(|(name, _)| name == "sok");
        assert!(reads, "{function} {:?}", call.params);
    }
}

fn verdict(a: &Site) -> (String, i32, Value) {
    let (checked, status) = json(a, &["check"]);
    (checked["accounts"][0]["verdict"].as_str().unwrap().to_owned(), status, checked)
}

#[test]
fn a_status_is_understood_in_every_shape_and_among_rows_of_other_products() {
    let world = World::new();
    let account = world.account("resellers");
    let shapes = [
        Quirks::default(),
        Quirks { status_shape: StatusShape::LabelOnly, ..Quirks::default() },
        Quirks { status_shape: StatusShape::OrigOnly, ..Quirks::default() },
        Quirks { status_shape: StatusShape::StatusOnly, ..Quirks::default() },
        Quirks { status_shape: StatusShape::RealStatusOnly, ..Quirks::default() },
        Quirks { status_shape: StatusShape::BareCode, ..Quirks::default() },
        Quirks { expiredate_phrase: true, ..Quirks::default() },
        Quirks { rows_of_several_types: true, ..Quirks::default() },
    ];
    let names: Vec<String> = (0..shapes.len()).map(|number| format!("v{number}.example")).collect();
    let mut services: Vec<(&str, &str)> = names.iter().map(|name| ("vds", name.as_str())).collect();
    services.push(("vhost", "site.example"));
    let (a, items) = lost(&world, Guesses::default(), &account, &services);
    let pending = a.order("vds", "pending.example");
    world.seller().clear_calls();
    let (expected, expected_status, _) = verdict(&a);
    for (quirks, item) in shapes.into_iter().zip(&items) {
        let what = format!("{quirks:?}");
        *world.seller().billing.quirks() = quirks;
        let (found, status, checked) = verdict(&a);
        assert_eq!((&found, status), (&expected, expected_status), "{what}: {checked:#}");
        let (status, outcome, reason) = sync(&a, pending);
        assert_eq!((status, outcome.as_str()), (2, "refused"), "{what}: {reason}");
        assert!(reason.contains("has not activated the service yet"), "{what}: {reason}");
        assert_eq!(sync(&a, *item).1, "done", "{what}");
        assert_eq!(a.status(*item), 2, "{what}");
    }
    assert_eq!(repair_calls(&a).len(), names.len(), "one call a service");
    only_read(&world);
    // A stranger's service is seen in every one of those lists, and counts once.
    let stranger = world.reseller("b").order("vhost", "b.example");
    world.seller().activate(stranger);
    let (found, status, checked) = verdict(&a);
    assert_eq!((found.as_str(), status), ("shared", 2), "{checked:#}");
    let evidence = checked["accounts"][0]["evidence"].as_array().unwrap();
    assert_eq!(evidence.iter().filter(|one| one["kind"] == "foreign_remoteid").count(), 1, "{checked:#}");
}

#[test]
fn what_the_seller_does_not_show_is_not_gone_and_is_not_acted_on() {
    let world = World::new();
    let account = world.account("resellers");
    let (a, items) = lost(&world, Guesses::default(), &account, &[("vds", "one.example"), ("vds", "two.example")]);
    let quirks = |quirks: Quirks| *world.seller().billing.quirks() = quirks;

    // The list is short, and says that it is whole.
    quirks(Quirks { at_most_rows: Some(1), ..Quirks::default() });
    let (status, outcome, reason) = sync(&a, items[1]);
    assert_eq!((status, outcome.as_str()), (2, "refused"), "{reason}");
    assert!(reason.contains("That does not mean it was closed"), "{reason}");

    for seller_id in [SellerId::ItemRemoteid, SellerId::Nowhere] {
        if seller_id == SellerId::Nowhere {
            a.execute("UPDATE item SET remoteid = NULL");
        }
        // The trails would show that b asks for events.
        let absent = vec!["journal".to_owned(), "authlog".to_owned()];
        quirks(Quirks { no_remoteid_in_list: true, no_remoteid_in_form: true, absent, ..Quirks::default() });
        let (status, outcome, reason) = sync(&a, items[0]);
        assert_eq!((status, outcome.as_str()), (2, "refused"), "{reason}");
        assert!(reason.contains("lists do not show which service is whose"), "{seller_id:?}: {reason}");
        let (found, status, checked) = verdict(&a);
        assert_eq!((found.as_str(), status), ("unknown", 3), "{checked:#}");
        let drift = resellguard(&a, &["drift"]);
        let text = String::from_utf8_lossy(&drift.stdout);
        assert!(drift.status.code() == Some(2) && text.contains("lists do not show which service is whose"), "{text}");
    }
    assert_eq!(repair_calls(&a), Vec::<String>::new());
    assert_eq!([a.status(items[0]), a.status(items[1])], [5, 5]);
    only_read(&world);
}

#[test]
fn a_refusal_is_told_as_what_it_is_and_is_not_tried_again() {
    let world = World::new();
    let account = world.account("resellers");
    let (a, items) = lost(&world, Guesses::default(), &account, &[("vds", "one.example"), ("vhost", "site.example")]);
    let login = |object: &str| Quirks { refuse_login: Some(object.to_owned()), ..Quirks::default() };
    for (quirks, words, requests) in [
        (login("badpassword"), "badpassword", Some(1)),
        (login("badip"), "badip", Some(1)),
        (Quirks { refuse_access: true, ..Quirks::default() }, "access", None),
    ] {
        *world.seller().billing.quirks() = quirks;
        let before = world.seller().http_requests();
        let (found, status, checked) = verdict(&a);
        assert_eq!((found.as_str(), status), ("unknown", 3), "{checked:#}");
        assert!(checked["accounts"][0]["error"].as_str().unwrap().contains(words), "{checked:#}");
        let between = world.seller().http_requests();
        let words_of: Vec<String> = items.iter().map(ToString::to_string).collect();
        let (report, status) = json(&a, &["sync", &words_of[0], &words_of[1]]);
        for item in report["items"].as_array().unwrap() {
            let reason = item["reason"].as_str().unwrap();
            assert_eq!((status, item["outcome"].as_str()), (1, Some("failed")), "{report:#}");
            assert!(reason.contains("could not be read") && reason.contains(words), "{reason}");
        }
        let asked = (between - before, world.seller().http_requests() - between);
        // A refused login is not repeated, for that locks accounts.
        assert!(requests.is_none_or(|requests| asked == (requests, requests)), "{words}: {asked:?}");
    }
    assert_eq!(repair_calls(&a), Vec::<String>::new());
    assert_eq!([a.status(items[0]), a.status(items[1])], [5, 5]);
    only_read(&world);
}

#[test]
fn the_modules_password_is_told_to_nobody() {
    let world = World::new();
    let password = "p&ss:<w\"rd>'%41+ $HOME;`id` ключ\\n#";
    let id = world.seller().add_customer("resellers", password);
    let url = world.seller().url();
    let account = Account { url, user: "resellers".to_owned(), password: password.to_owned(), id };
    let (a, items) = lost(&world, Guesses::default(), &account, &[("vds", "one.example"), ("vds", "two.example")]);
    let mut told: Vec<(String, Vec<u8>)> = Vec::new();
    let [one, two] = [items[0].to_string(), items[1].to_string()];
    let mut ask = |arguments: &[&str]| {
        let output = resellguard(&a, arguments);
        told.push((format!("stdout of {arguments:?}"), output.stdout));
        told.push((format!("stderr of {arguments:?}"), output.stderr));
        output.status.code()
    };
    // With a login that works, and a call that fails.
    a.billing.misbehave("vds.open", Misbehaviour::ErrorAfterEffect);
    assert_eq!(ask(&["sync", &one]), Some(0));
    assert_eq!(a.status(items[0]), 2, "the password opened the seller");
    a.billing.behave();
    // And with one that is refused: the seller's words are quoted then.
    world.seller().billing.quirks().refuse_login = Some("badpassword".to_owned());
    for format in ["text", "json", "nagios", "prometheus"] {
        assert_eq!(ask(&["check", "--format", format]), Some(3));
    }
    for format in ["text", "json"] {
        assert_eq!(ask(&["drift", "--format", format]), Some(1));
        assert_eq!(ask(&["sync", &two, "--format", format]), Some(1));
        assert_eq!(ask(&["sync", "--stuck", "--dry-run", "--format", format]), Some(1));
        assert_eq!(ask(&["journal", "--format", format]), Some(0));
    }
    told.push(("our log".to_owned(), std::fs::read(a.root().join("var/resellguard.log")).unwrap()));
    for file in files(&a.root().join("var/resellguard")) {
        told.push((file.display().to_string(), std::fs::read(&file).unwrap()));
    }
    let calls: Vec<_> = a.calls().into_iter().filter(|call| call.ip == "resellguard").collect();
    assert!(!calls.is_empty());
    told.push(("our calls".to_owned(), format!("{calls:?}").into_bytes()));
    let plain = told.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    assert!(plain > 1000, "something was looked at");
    for (where_, bytes) in &told {
        let text = String::from_utf8_lossy(bytes);
        for hidden in spellings(password) {
            assert!(!text.contains(&hidden), "{where_}: {hidden}\n{text}");
        }
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The ways in which a document, a request or a log may write it, and the longest run of it that none of them changes.
fn spellings(password: &str) -> Vec<String> {
    let encoded: String = url::form_urlencoded::byte_serialize(password.as_bytes()).collect();
    let xml = password.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let json = serde_json::to_string(password).unwrap().trim_matches('"').to_owned();
    vec![password.to_owned(), encoded, xml, json, format!("{password:?}"), "HOME;`id`".to_owned(), "ключ".to_owned()]
}
