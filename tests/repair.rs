//! The repair on real parts: what is shown, which calls the panel receives, what stands in its database afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::{Guesses, SellerId};
use lab::site::Site;
use lab::world::{Setup, World};
use stage::{Lost, json, lose, repair_calls, resellguard, said};
use std::sync::Arc;

/// Two resellers on one account; A's services are lost to B's `checkevent`. The plugin is on A.
fn lost(itemtype: &str, names: &[&str]) -> (World, Arc<Site>, Vec<u64>) {
    lost_by(Setup::default(), itemtype, names)
}

/// The same with an A that is set up otherwise.
fn lost_by(setup: Setup, itemtype: &str, names: &[&str]) -> (World, Arc<Site>, Vec<u64>) {
    let world = World::new();
    let account = world.account("resellers");
    let services: Vec<(&str, &str)> = names.iter().map(|name| (itemtype, *name)).collect();
    let Lost { a, items, .. } = lose(&world, setup, &account, &services);
    for item in &items {
        assert_eq!(a.status(*item), 5, "the scene is the fault");
    }
    (world, a, items)
}

/// Functions of the seller that were called, without repetitions.
fn asked(world: &World) -> Vec<String> {
    let mut functions: Vec<String> = world.seller().calls().into_iter().map(|call| call.function).collect();
    functions.sort();
    functions.dedup();
    functions
}

#[test]
fn a_dry_run_shows_the_calls_and_makes_none() {
    let (world, a, items) = lost("vds", &["one.example"]);
    let item = items[0].to_string();
    let (shown, status) = json(&a, &["sync", &item, "--dry-run"]);
    assert_eq!(status, 0, "{shown:#}");
    assert_eq!(shown["run"], serde_json::Value::Null);
    assert_eq!(shown["items"][0]["outcome"], "planned");
    assert_eq!(shown["items"][0]["steps"][0]["call"], "vds.open");
    assert_eq!(shown["items"][0]["steps"][0]["params"]["elid"], item.as_str());
    assert_eq!(repair_calls(&a), Vec::<String>::new());
    assert_eq!(a.status(items[0]), 5);
    assert!(asked(&world).iter().all(|function| !function.contains("order")), "{:?}", asked(&world));
}

#[test]
fn a_waiting_service_that_the_seller_activated_is_activated_by_exactly_one_call() {
    for itemtype in ["vds", "dedic", "vhost"] {
        let (world, a, items) = lost(itemtype, &["one.example"]);
        let item = items[0].to_string();
        let (done, status) = json(&a, &["sync", &item]);
        assert_eq!(status, 0, "{done:#}");
        assert_eq!(done["items"][0]["outcome"], "done");
        assert_eq!(done["items"][0]["before"]["status"], "processing");
        assert_eq!(done["items"][0]["after"]["status"], "active");
        let calls = repair_calls(&a);
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert!(calls[0].starts_with(&format!("{itemtype}.open elid={item} ")), "{calls:?}");
        assert_eq!(a.status(items[0]), 2);
        assert_eq!(a.operations(items[0]), []);
        // The panel's own history says who did it.
        let history = a.row(&format!(
            "SELECT request_action, request_ip FROM history_item WHERE reference = {item} AND status_new = 2"
        ));
        assert_eq!(
            (history.text("request_action"), history.text("request_ip")),
            (&*format!("{itemtype}.open"), "resellguard")
        );
        // Nothing but reading at the seller: lists and forms.
        for function in asked(&world) {
            assert!(!function.contains("event") && !function.contains("order"), "{function}");
        }
        // A second time there is nothing to do, and that is said.
        let (again, status) = json(&a, &["sync", &item]);
        assert_eq!((status, again["items"][0]["outcome"].as_str()), (0, Some("in_step")), "{again:#}");
        assert_eq!(repair_calls(&a).len(), 1);
        let (journal, _) = json(&a, &["journal"]);
        assert_eq!(journal["runs"][0]["items"][0]["outcome"], "done");
        assert_eq!(journal["runs"][0]["actor"], "shell user tester");
    }
}

#[test]
fn an_issued_certificate_is_stored_and_its_service_activated_in_the_documented_order() {
    let (world, a, items) = lost("certificate", &["secure.example"]);
    let item = items[0];
    let (done, status) = json(&a, &["sync", &item.to_string()]);
    assert_eq!(status, 0, "{done:#}");
    let functions: Vec<String> =
        repair_calls(&a).iter().map(|call| call.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(functions, ["certificate.save", "service.setstatus", "service.setexpiredate", "certificate.open"]);
    assert_eq!(a.status(item), 2);
    assert_eq!(a.param(item, "service_status").as_deref(), Some("5"));
    let here = a.row(&format!("SELECT crt FROM certificate WHERE item = {item}"));
    let bought = world.seller().bought_as(item);
    let there = world.seller().row(&format!("SELECT crt FROM certificate WHERE item = {bought}"));
    assert_eq!(here.text("crt").trim(), there.text("crt").trim());
    assert!(here.text("crt").contains("BEGIN CERTIFICATE"));
    let expires = |site: &Site, id: u64| {
        let sql = format!("SELECT CAST(expiredate AS CHAR) AS expiredate FROM item WHERE id = {id}");
        site.row(&sql).text("expiredate").to_owned()
    };
    assert_eq!(expires(&a, item), expires(world.seller(), bought));
}

#[test]
fn one_service_that_cannot_be_repaired_does_not_stop_the_others() {
    let (world, a, items) = lost("vds", &["one.example", "two.example", "three.example"]);
    // Of the second the seller's row says another domain: it may be another panel's service.
    let second = world.seller().bought_as(items[1]);
    let sql = format!("UPDATE itemparam SET value = 'other.example' WHERE item = {second} AND intname = 'domain'");
    world.seller().execute(&sql);
    let ids: Vec<String> = items.iter().map(ToString::to_string).collect();
    let mut arguments = vec!["sync"];
    arguments.extend(ids.iter().map(String::as_str));
    let (report, status) = json(&a, &arguments);
    assert_eq!(status, 2, "{report:#}");
    let outcomes: Vec<&str> =
        report["items"].as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "refused", "done"]);
    assert_eq!(items.iter().map(|item| a.status(*item)).collect::<Vec<_>>(), [2, 5, 2]);
}

#[test]
fn stuck_repairs_what_waits_and_leaves_what_the_seller_has_not_delivered() {
    let (world, a, items) = lost("vds", &["one.example"]);
    let ordered_now = a.order("vds", "new.example");
    let (report, _) = json(&a, &["sync", "--stuck"]);
    let by_item = |item: u64| {
        report["items"].as_array().unwrap().iter().find(|one| one["item"] == item).map(|one| one["outcome"].clone())
    };
    assert_eq!(by_item(items[0]).unwrap(), "done", "{report:#}");
    assert_eq!(by_item(ordered_now).unwrap(), "refused");
    assert_eq!((a.status(items[0]), a.status(ordered_now)), (2, 5));
    drop(world);
}

#[test]
fn drift_shows_only_differences_and_says_so_by_its_exit_status() {
    let (_world, a, items) = lost("vds", &["one.example"]);
    let (drift, _) = json(&a, &["drift"]);
    assert_eq!(drift["items"][0]["link"], "both", "the lab's panel stores the seller's id");
    let nowhere = Guesses { seller_id: SellerId::Nowhere, ..Guesses::default() };
    let (_world, a, items_without) = lost_by(Setup { guesses: nowhere, ..Setup::default() }, "vds", &["one.example"]);
    assert_eq!(items, items_without);
    let (drift, status) = json(&a, &["drift"]);
    assert_eq!(status, 2, "{drift:#}");
    let one = &drift["items"][0];
    assert_eq!(one["item"], items[0]);
    assert_eq!((one["link"].as_str(), one["decision"].as_str()), (Some("remoteid"), Some("open")));
    assert_eq!(
        (one["local"]["status"].as_str(), one["local"]["operation"].as_str()),
        (Some("processing"), Some("open"))
    );
    assert_eq!(one["seller"]["status"], "active");
    json(&a, &["sync", "--stuck"]);
    let (drift, status) = json(&a, &["drift"]);
    assert_eq!((status, drift["items"].as_array().map(Vec::len)), (0, Some(0)), "{drift:#}");
    let (drift, _) = json(&a, &["drift", "--all"]);
    assert_eq!(drift["items"][0]["decision"], "in_step");
}

#[test]
fn a_dead_seller_changes_nothing_and_is_named() {
    let (world, a, items) = lost("vds", &["one.example"]);
    world.seller().panel.set_fault(lab::core::Fault::Drop);
    let (report, status) = json(&a, &["sync", &items[0].to_string()]);
    assert_eq!(status, 1, "{report:#}");
    assert!(report["items"][0]["reason"].as_str().unwrap().contains("could not be read"), "{report:#}");
    assert_eq!(repair_calls(&a), Vec::<String>::new());
    assert_eq!(a.status(items[0]), 5);
}

#[test]
fn a_service_that_does_not_exist_is_an_error_before_anything_happens() {
    let (_world, a, items) = lost("vds", &["one.example"]);
    let output = resellguard(&a, &["sync", &items[0].to_string(), "999999"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("999999") && said.contains("Nothing was changed"), "{said}");
    assert_eq!(a.status(items[0]), 5);
}

#[test]
fn more_changes_than_is_likely_are_refused_as_a_whole() {
    let names: Vec<String> = (1..=4).map(|number| format!("shop{number}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (world, a, items) = lost("vds", &names);
    stage::configure(&world, &a, "[sync]\nbrake_minimum = 2\nbrake_percent = 50\n");
    let (report, status) = json(&a, &["sync", "--stuck"]);
    assert_eq!(status, 2, "{report:#}");
    for item in report["items"].as_array().unwrap() {
        assert!(item["reason"].as_str().unwrap().contains("4 of the account's 4 services"), "{report:#}");
    }
    assert_eq!(repair_calls(&a), Vec::<String>::new());
    // Two at a time are below the minimum.
    let (report, status) = json(&a, &["sync", &items[0].to_string(), &items[1].to_string()]);
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(items.iter().map(|item| a.status(*item)).collect::<Vec<_>>(), [2, 2, 5, 5]);
}

#[test]
fn an_expiry_never_goes_backwards_and_an_old_certificate_is_not_taken_for_a_new_one() {
    let (_world, a, items) = lost("certificate", &["one.example", "two.example"]);
    a.execute(&format!("UPDATE item SET expiredate = '2039-12-31' WHERE id = {}", items[0]));
    let (report, status) = json(&a, &["sync", &items[0].to_string()]);
    assert_eq!(status, 0, "{report:#}");
    let row = a.row(&format!("SELECT CAST(expiredate AS CHAR) AS expiredate FROM item WHERE id = {}", items[0]));
    assert_eq!(row.text("expiredate"), "2039-12-31");
    // The customer orders a new certificate; the seller still has the old one.
    let pending = format!("UPDATE itemparam SET value = '3' WHERE item = {} AND intname = 'service_status'", items[0]);
    a.execute(&pending);
    let (report, status) = json(&a, &["sync", &items[0].to_string()]);
    assert_eq!((status, report["items"][0]["decision"].as_str()), (2, Some("ask")), "{report:#}");
    assert_eq!(a.param(items[0], "service_status").as_deref(), Some("3"));
}

#[test]
fn a_module_whose_login_cannot_be_read_is_named_and_nothing_is_called_well() {
    let (_world, a, items) = lost("vds", &["one.example", "two.example"]);
    let module =
        a.row(&format!("SELECT processingmodule FROM item WHERE id = {}", items[0])).number("processingmodule");
    let key = a.root().join("etc/billmgr.pem");
    let damages: [(&str, &dyn Fn()); 2] = [
        ("the panel's key moved away", &|| std::fs::rename(&key, key.with_extension("away")).unwrap()),
        ("another value", &|| {
            std::fs::rename(key.with_extension("away"), &key).unwrap();
            a.execute("UPDATE processingcryptedparam SET value = 'xxxx'");
        }),
    ];
    for (how, damage) in damages {
        damage();
        for arguments in [&["drift"][..], &["drift", "--all"], &["sync", "--stuck"], &["sync", "--stuck", "--dry-run"]]
        {
            let (report, status) = json(&a, arguments);
            assert_eq!(status, 1, "{how}, {arguments:?}: {report:#}");
            assert_eq!(report["unreadable_modules"][0]["module"], module, "{how}, {arguments:?}: {report:#}");
            let told: Vec<u64> =
                report["items"].as_array().unwrap().iter().map(|item| item["item"].as_u64().unwrap()).collect();
            assert_eq!(told, items, "{how}, {arguments:?}");
            let output = resellguard(&a, arguments);
            let text = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(1), "{how}, {arguments:?}: {text}");
            assert!(text.contains(&format!("\nmodule {module}: ")), "{how}, {arguments:?}: {text}");
            assert!(!text.contains("in step") && !text.contains("No service is stuck"), "{how}, {arguments:?}: {text}");
        }
        let page = a.call("resellguard.drift", &[]).to_string();
        assert_eq!(
            page.matches(&format!("The seller could not be read: module {module} ")).count(),
            2,
            "{how}: {page}"
        );
        let form = a.call("resellguard.sync", &[("elid", &items[0].to_string())]);
        assert!(form.text_of("summary").contains(&format!("module {module} ")), "{how}: {form}");
    }
    // Nothing waits behind it: then this is all there is to say.
    a.execute("DELETE FROM item WHERE processingmodule IS NOT NULL");
    for arguments in [&["drift"][..], &["sync", "--stuck"]] {
        let output = resellguard(&a, arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
        assert!(text.starts_with(&format!("module {module}: ")), "{text}");
    }
    assert_eq!(repair_calls(&a), Vec::<String>::new());
}

#[test]
fn a_product_without_a_known_list_is_left_to_a_person_and_the_seller_is_not_asked() {
    let (world, a, items) = lost("vds", &["one.example"]);
    a.execute("UPDATE itemtype SET intname = 'balloon' WHERE intname = 'vds'");
    let item = items[0].to_string();
    let (told, status) = json(&a, &["sync", &item]);
    let one = &told["items"][0];
    assert_eq!((status, one["outcome"].as_str(), &told["run"]), (2, Some("refused"), &serde_json::Value::Null));
    let reason = one["reason"].as_str().unwrap();
    for words in ["'balloon'", "not asked", "by hand", "manual processing"] {
        assert!(reason.contains(words), "{words}: {reason}");
    }
    assert!(!reason.contains("could not be read"), "{reason}");
    let russian = said(&a, "ru_RU.UTF-8", &["sync", &item]);
    assert!(russian.contains("«balloon»") && russian.contains("вручную"), "{russian}");
    let (drift, status) = json(&a, &["drift", &item]);
    assert_eq!((status, &drift["items"][0]["decision"], &drift["unread"]), (2, &"ask".into(), &serde_json::json!([])));
    assert!(!asked(&world).iter().any(|function| function.contains("balloon")), "{:?}", asked(&world));

    let unknown = said(&a, "ru_RU.UTF-8", &["sync", "999999"]);
    assert!(
        unknown.contains("на этой панели нет услуг с номерами: 999999") && !unknown.contains("no such"),
        "{unknown}"
    );
    let settings = a.root().join("etc/resellguard.toml");
    std::fs::set_permissions(&settings, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let open = said(&a, "ru_RU.UTF-8", &["sync", &item]);
    assert!(open.contains("читать или менять его могут другие") && !open.contains("others"), "{open}");
}
