//! The article's fault happens in the lab by itself, and does not where each reseller has an account of its own.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a helper of tests stops like a test")]

use lab::billing::guesses::{Guesses, PendingCertificate, SellerId};
use lab::scenes;
use lab::world::{Setup, World};
use std::io::Write;

/// The lines of a log that carry one `[pid:thread]`, without their dates.
fn thread_of<'a>(log: &'a str, needle: &str) -> Vec<&'a str> {
    let line = log.lines().find(|line| line.contains(needle)).unwrap_or_else(|| panic!("no '{needle}' in\n{log}"));
    let thread = &line[line.find('[').unwrap()..=line.find(']').unwrap()];
    log.lines().filter(|line| line.contains(thread)).map(|line| line.split_once("] ").unwrap().1).collect()
}

#[test]
fn with_an_account_each_the_service_becomes_active() {
    let scene = scenes::exclusive();
    let item = scene.items[0];
    assert_eq!(scene.a.status(item), 2, "{:#?}", scene.story);
    assert!(scene.a.operations(item).is_empty());
    assert_eq!(scene.a.rows("SELECT id FROM task WHERE status <> 2").len(), 0, "the task is closed");
    assert!(scene.a.param(item, "ip").unwrap().starts_with("203.0.113."));
    assert!(scene.a.param(item, "last_sync_item").is_some());
    let log = scene.a.module_log();
    assert!(
        log.contains(&format!(
            "sbin_utils INFO QUERY: func=service.saveparam&sok=ok&elid={item}&name=last%5Fsync%5Fitem&value="
        )),
        "{log}"
    );
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn with_one_account_the_other_reseller_takes_the_event_and_the_service_hangs() {
    let mut scene = scenes::two_resellers(true, &["vds"]);
    let item = scene.order("vds", "one.example");
    assert_eq!(scene.a.status(item), 5);
    assert_eq!(scene.a.operations(item), [("open".to_owned(), true)], "it waits in manual mode, which is normal");
    let waits = format!("SELECT type FROM task WHERE item = {item} AND status = 0 AND runningoperation IS NOT NULL");
    assert_eq!(scene.a.row(&waits).text("type"), "postopen");

    scene.seller_activates();
    let bought = scene.world.seller().bought_as(item);
    assert_eq!(scene.world.seller().status(bought), 2);
    let event = scene.world.seller().row("SELECT id FROM itemevent").text("id").to_owned();

    scene.checkevent("b");
    let b = scene.world.reseller("b").module_log();
    let lines = thread_of(&b, "'itemevent'");
    let error = format!("libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '{event}'");
    let warning =
        format!("processing WARNING processing event for item '{item}' failed: ' with '{event}' does not exist '");
    assert_eq!(lines[lines.len() - 2..], [error, warning], "{b}");
    assert!(scene.world.seller().rows("SELECT id FROM itemevent").is_empty(), "the account's events are gone");

    scene.checkevent("a");
    let a = scene.a.module_log();
    assert!(a.contains("Received events: 0") && !a.contains("ERROR"), "{a}");
    assert_eq!(scene.a.status(item), 5);
    assert_eq!(scene.a.operations(item), [("open".to_owned(), true)]);
}

#[test]
fn a_switched_off_module_of_the_other_reseller_still_takes_events() {
    let mut scene = scenes::two_resellers(true, &["vds"]);
    let b = scene.world.reseller("b");
    b.switch_module(b.row("SELECT id FROM processingmodule WHERE module = 'pmbillmgr'").number("id"), false);
    let item = scene.order("vds", "one.example");
    scene.seller_activates();
    scene.checkevent("b");
    scene.checkevent("a");
    assert_eq!(scene.a.status(item), 5);
}

#[test]
fn who_asks_first_gets_the_event() {
    let mut scene = scenes::two_resellers(true, &["vds"]);
    let item = scene.order("vds", "one.example");
    scene.seller_activates();
    scene.checkevent("a");
    scene.checkevent("b");
    assert_eq!(scene.a.status(item), 2);
    assert!(!scene.world.reseller("b").module_log().contains("missed"));
}

#[test]
fn a_certificate_is_pending_until_its_event_is_seen() {
    let mut scene = scenes::one_reseller(&["certificate"]);
    let item = scene.order("certificate", "secure.example");
    assert_eq!(scene.a.param(item, "service_status").as_deref(), Some("4"));
    assert!(scene.a.operations(item).is_empty(), "the order is placed, the operation has ended");
    scene.seller_activates();
    scene.checkevent("a");
    assert_eq!(scene.a.status(item), 2, "{:#?}", scene.story);
    assert_eq!(scene.a.param(item, "service_status").as_deref(), Some("5"));
    let kept = format!("SELECT crt FROM certificate WHERE item = {item}");
    let crt = scene.a.row(&kept).text("crt").to_owned();
    assert!(crt.starts_with("-----BEGIN CERTIFICATE-----"));
    let bought = scene.world.seller().bought_as(item);
    assert_eq!(
        scene.world.seller().row(&format!("SELECT crt FROM certificate WHERE item = {bought}")).text("crt"),
        crt
    );
}

#[test]
fn a_certificate_whose_event_was_taken_stays_pending() {
    let scene = scenes::certificate();
    let item = scene.items[0];
    assert_eq!((scene.a.status(item), scene.a.param(item, "service_status").as_deref()), (5, Some("4")));
    assert!(scene.a.rows("SELECT id FROM certificate WHERE crt IS NOT NULL").is_empty());
}

#[test]
fn modules_of_one_panel_share_an_account_and_harm_nobody() {
    let scene = scenes::several_products();
    for item in &scene.items {
        assert_eq!(scene.a.status(*item), 2, "{:#?}\n{}", scene.story, scene.a.module_log());
    }
}

#[test]
fn every_change_says_who_made_it() {
    let scene = scenes::exclusive();
    let item = scene.items[0];
    let rows = scene.a.rows(&format!(
        "SELECT request_action, request_ip, username, status, status_new FROM history_item WHERE reference = {item} AND status_new = 2"
    ));
    let row = &rows[0];
    let cell = |name: &str| row.text(name).to_owned();
    assert_eq!(
        [cell("request_action"), cell("request_ip"), cell("username"), cell("status")],
        ["vds.open", "pmbillmgr", "root", "5"]
    );
}

#[test]
fn a_refused_login_is_a_line_of_the_log_and_the_order_waits_to_be_started_again() {
    let scene = scenes::one_reseller(&["vds"]);
    scene.world.seller().billing.quirks().refuse_login = Some("badpassword".into());
    let item = scene.a.order("vds", "one.example");
    let log = scene.a.module_log();
    assert!(log.contains("libmgr ERROR Error: Type: 'auth' Object: 'badpassword'"), "{log}");
    assert_eq!(scene.a.operations(item), [("open".to_owned(), false)]);
    let operation = scene.a.row("SELECT id, errorxml FROM runningoperation");
    assert!(operation.text("errorxml").contains("auth"));

    scene.world.seller().billing.quirks().refuse_login = None;
    scene.a.call("runningoperation.start", &[("elid", operation.text("id"))]);
    assert_eq!(scene.a.operations(item), [("open".to_owned(), true)]);
    scene.world.seller().bought_as(item);
}

#[test]
fn the_articles_remedy_works() {
    let scene = scenes::shared();
    let item = scene.items[0];
    let manual = scene.a.row("SELECT id FROM processingmodule WHERE module = 'pmmanual'").number("id");
    scene.a.execute(&format!("UPDATE item SET processingmodule = {manual} WHERE id = {item}"));
    let task = scene.a.row(&format!("SELECT id FROM task WHERE item = {item}")).text("id").to_owned();
    scene.a.call("task.edit", &[("elid", &task), ("status", "2"), ("ip", "203.0.113.9"), ("sok", "ok")]);
    assert_eq!(scene.a.status(item), 2);
    assert!(scene.a.operations(item).is_empty());
}

#[test]
fn a_panel_whose_database_died_answers_checkevent_and_works_again_afterwards() {
    let mut scene = scenes::one_reseller(&["vds"]);
    let item = scene.order("vds", "one.example");
    scene.seller_activates();
    scene.a.database.stop();
    assert!(scene.a.checkevent().status.success());
    scene.a.database.restart();
    scene.checkevent("a");
    assert_eq!(scene.a.status(item), 2);
}

#[test]
fn the_module_is_an_executable_that_tells_its_features() {
    let world = World::new();
    let a = world.reseller("a");
    let output = std::process::Command::new(a.root().join("processing/pmbillmgr"))
        .args(["--command", "features"])
        .output()
        .unwrap();
    let doc = lab::document::Node::parse(&String::from_utf8(output.stdout).unwrap()).unwrap();
    let params: Vec<_> = doc.child("params").unwrap().all("param").filter_map(|param| param.get("name")).collect();
    assert_eq!(params, ["url", "username", "password"]);
}

#[test]
fn the_module_checks_a_connection_and_syncs_a_service_when_that_is_switched_on() {
    let world = World::new();
    let guesses = Guesses { sync_item: true, ..Guesses::default() };
    let a = world.reseller_with("a", Setup { guesses, ..Setup::default() });
    let account = world.account("reseller-a");
    world.connect(&a, &account, &["vds"]);
    let item = a.order("vds", "one.example");
    world.seller().activate(item);
    let module = |arguments: &[&str], stdin: &str| {
        let mut child = std::process::Command::new(a.root().join("processing/pmbillmgr"))
            .args(arguments)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let settings = |password: &str| {
        format!(
            "<doc><processingmodule><url>{}</url><username>{}</username><password>{password}</password></processingmodule></doc>",
            account.url, account.user
        )
    };
    assert!(module(&["--command", "check_connection"], &settings("api #reseller-a 'x'")).0);
    let (done, said) = module(&["--command", "check_connection"], &settings("wrong"));
    assert!(!done && said.contains("badpassword"), "{said}");

    assert!(module(&["--command", "features"], "").1.contains("sync_item"));
    let (done, said) = module(&["--command", "sync_item", "--item", &item.to_string()], "");
    assert!(done, "{said}");
    assert_eq!(a.status(item), 2);
}

#[test]
fn a_pending_certificate_has_three_faces() {
    for (face, status, operations) in [
        (PendingCertificate::OperationEnded, 5, 0),
        (PendingCertificate::OperationWaits, 5, 1),
        (PendingCertificate::AlreadyActive, 2, 0),
    ] {
        let world = World::new();
        let guesses = Guesses { pending_certificate: face, ..Guesses::default() };
        let a = world.reseller_with("a", Setup { guesses, ..Setup::default() });
        world.connect(&a, &world.account("reseller-a"), &["certificate"]);
        let item = a.order("certificate", "secure.example");
        assert_eq!((a.status(item), a.operations(item).len()), (status, operations), "{face:?}");
        assert_eq!(a.param(item, "service_status").as_deref(), Some("4"), "{face:?}");
        world.seller().activate(item);
        a.checkevent();
        assert_eq!((a.status(item), a.operations(item).len()), (2, 0), "{face:?}");
    }
}

#[test]
fn the_sellers_id_is_kept_where_the_guess_says() {
    for (place, column, param) in [
        (SellerId::ItemRemoteid, true, false),
        (SellerId::ItemParam("remote_item_id".into()), false, true),
        (SellerId::Nowhere, false, false),
    ] {
        let world = World::new();
        let guesses = Guesses { seller_id: place.clone(), ..Guesses::default() };
        let a = world.reseller_with("a", Setup { guesses, ..Setup::default() });
        world.connect(&a, &world.account("reseller-a"), &["vds"]);
        let item = a.order("vds", "one.example");
        let bought = world.seller().bought_as(item).to_string();
        let kept = a.row(&format!("SELECT remoteid FROM item WHERE id = {item}"));
        assert_eq!(kept.text("remoteid") == bought, column, "{place:?}");
        assert_eq!(a.param(item, "remote_item_id") == Some(bought), param, "{place:?}");
    }
}

#[test]
fn a_panel_whose_modules_do_nothing_takes_no_event() {
    let mut scene = scenes::one_reseller(&["vds"]);
    let item = scene.order("vds", "one.example");
    scene.seller_activates();
    let switch = scene.a.root().join("etc/billmgr.DoNothing");
    std::fs::write(&switch, "").unwrap();
    scene.checkevent("a");
    assert_eq!((scene.a.status(item), scene.world.seller().rows("SELECT id FROM itemevent").len()), (5, 1));
    std::fs::remove_file(&switch).unwrap();
    scene.checkevent("a");
    assert_eq!(scene.a.status(item), 2);
}

#[test]
fn a_task_of_a_resold_service_is_not_ended_by_hand_and_a_change_by_sql_is_seen_when_the_cache_is_cleared() {
    let world = World::new();
    let guesses = Guesses { caches_items: true, task_needs_performer: true, ..Guesses::default() };
    let a = world.reseller_with("a", Setup { guesses, ..Setup::default() });
    world.connect(&a, &world.account("reseller-a"), &["vds"]);
    let item = a.order("vds", "one.example");
    let task = a.row(&format!("SELECT id FROM task WHERE item = {item}")).text("id").to_owned();
    let end = || a.try_call("task.edit", &[("elid", &task), ("status", "2"), ("sok", "ok")]);
    assert!(end().unwrap_err().contains("performer"));
    a.call("task.edit", &[("elid", &task), ("performer", "1"), ("sok", "ok")]);
    assert!(end().unwrap_err().contains("processingmodule"));
    let manual = a.row("SELECT id FROM processingmodule WHERE module = 'pmmanual'").number("id");
    a.execute(&format!("UPDATE item SET processingmodule = {manual} WHERE id = {item}"));
    assert!(end().unwrap_err().contains("processingmodule"), "the panel still has the old module in its memory");
    a.call("tool.clearcache", &[("table", "item"), ("sok", "ok")]);
    end().unwrap();
    assert_eq!(a.status(item), 2);
}

#[test]
fn a_module_that_syncs_the_other_way_changes_the_seller() {
    let world = World::new();
    let guesses = Guesses { sync_item: true, sync_item_pushes: true, ..Guesses::default() };
    let a = world.reseller_with("a", Setup { guesses, ..Setup::default() });
    world.connect(&a, &world.account("reseller-a"), &["vds"]);
    let item = a.order("vds", "one.example");
    world.seller().activate(item);
    let status = std::process::Command::new(a.root().join("processing/pmbillmgr"))
        .args(["--command", "sync_item", "--item", &item.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!((a.status(item), world.seller().status(world.seller().bought_as(item))), (5, 3));
}
