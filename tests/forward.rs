//! The automatic forward repair: what it repairs without being asked, how it is patient, and when it stops.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::Misbehaviour;
use lab::core::Fault;
use lab::site::Site;
use lab::world::{Setup, World};
use rusqlite::Connection;
use serde_json::Value;
use stage::{Lost, configure, json, lose, repair_calls, resellguard};
use std::sync::Arc;

/// A's services are lost to B, and A's plugin repairs forward.
fn lost(services: &[(&str, &str)], settings: &str) -> (World, Arc<Site>, Vec<u64>) {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(&world, Setup::default(), &account, services);
    configure(&world, &a, settings);
    (world, a, items)
}

/// What only the task about a service that was set aside says.
const GIVEN_UP: &str = "its automatic repair failed";

const FORWARD: &str = "[sync]\nauto = \"forward\"\n";

/// What cron does.
fn observe(site: &Site) {
    let output = resellguard(site, &["observe"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The time that the plugin remembers of what it saw and tried, moved back: so much has passed.
fn minutes_pass(site: &Site, minutes: i64) {
    let memory = Connection::open(site.root().join("var/resellguard/journal.db")).unwrap();
    memory.execute("UPDATE active_since SET at = at - ?1 * 60000", [minutes]).unwrap();
    memory.execute("UPDATE retry SET at = at - ?1 * 60000", [minutes]).unwrap();
}

fn calls(site: &Site) -> usize {
    repair_calls(site).iter().filter(|call| !call.starts_with("task.")).count()
}

fn tasks(site: &Site) -> Vec<String> {
    let sql = "SELECT COALESCE(GROUP_CONCAT(specification SEPARATOR '|'), '') AS told FROM task WHERE type = 'simple'";
    let told = site.row(sql).text("told").to_owned();
    // Others are about the verdict.
    told.split('|').filter(|text| text.contains(GIVEN_UP)).map(str::to_owned).collect()
}

#[test]
fn what_is_stuck_long_enough_is_repaired_by_cron_and_by_checkevent_and_by_nobody_else() {
    let (world, a, items) = lost(&[("vds", "one.example"), ("certificate", "c.example")], "");
    minutes_pass(&a, 60);
    observe(&a);
    assert_eq!((calls(&a), a.status(items[0])), (0, 5), "off means off");
    configure(&world, &a, FORWARD);
    // A person's check, and the panel's, repair nothing.
    json(&a, &["check"]);
    a.mgrctl(&["resellguard.check"]);
    assert_eq!(calls(&a), 0);
    observe(&a);
    assert_eq!((a.status(items[0]), a.status(items[1])), (2, 2));
    let (journal, _) = json(&a, &["journal"]);
    assert_eq!(journal["runs"].as_array().unwrap().len(), 1, "{journal:#}");
    assert_eq!(journal["runs"][0]["actor"], "auto");
    assert_eq!(json(&a, &["journal", "--verify"]).1, 0);
    let made = calls(&a);
    observe(&a);
    assert_eq!(calls(&a), made, "what is in step is left alone");

    // The next one is lost as well. It has to be stuck for stuck_after first, then checkevent is enough.
    let late = a.order("vds", "late.example");
    world.seller().activate(late);
    world.reseller("b").checkevent();
    observe(&a);
    assert_eq!(a.status(late), 5, "not yet");
    minutes_pass(&a, 14);
    stage::checkevent(&a);
    assert_eq!(a.status(late), 5, "not yet");
    minutes_pass(&a, 2);
    stage::checkevent(&a);
    assert_eq!(a.status(late), 2);
}

#[test]
fn the_brake_counts_everything_that_would_change_whatever_is_due() {
    let (_world, a, items) = lost(
        &[("vds", "1.example"), ("vds", "2.example"), ("vds", "3.example")],
        &format!("{FORWARD}brake_minimum = 2\nbrake_percent = 50\n"),
    );
    // One of the three is due.
    let memory = Connection::open(a.root().join("var/resellguard/journal.db")).unwrap();
    memory.execute(&format!("UPDATE active_since SET at = 0 WHERE item = {}", items[0]), []).unwrap();
    observe(&a);
    assert_eq!(calls(&a), 0);
    // It is a refusal, no failure of the service.
    let retries: i64 = memory.query_row("SELECT COUNT(*) FROM retry", [], |row| row.get(0)).unwrap();
    assert_eq!(retries, 0);
    // A person repairs one; two are below the minimum.
    assert_eq!(json(&a, &["sync", &items[1].to_string()]).1, 0);
    observe(&a);
    assert_eq!(items.iter().map(|item| a.status(*item)).collect::<Vec<_>>(), [2, 2, 5]);
}

#[test]
fn a_service_that_cannot_be_repaired_is_tried_five_times_with_growing_pauses_and_then_left_to_a_person_once() {
    let (world, a, items) = lost(&[("vds", "one.example"), ("vhost", "two.example")], "");
    let department = a.row("SELECT MIN(id) AS id FROM department").text("id").to_owned();
    configure(&world, &a, &format!("{FORWARD}[notify]\ndepartment = {department}\n"));
    a.billing.misbehave("vds.open", Misbehaviour::OkWithoutEffect);
    minutes_pass(&a, 60);
    observe(&a);
    assert_eq!((a.status(items[0]), a.status(items[1]), calls(&a)), (5, 2, 2), "the other one goes on");
    for (tried, pause) in [(1, 5), (2, 15), (3, 60), (4, 240)] {
        observe(&a);
        assert_eq!(calls(&a), tried + 1, "not at once");
        minutes_pass(&a, pause - 1);
        observe(&a);
        assert_eq!(calls(&a), tried + 1, "not before {pause} minutes have passed");
        // A seller that does not answer, and a person's own attempt, are no failures of the automatic repair.
        minutes_pass(&a, 1);
        if tried == 2 {
            world.seller().panel.set_fault(Fault::Drop);
            observe(&a);
            world.seller().panel.set_fault(Fault::None);
            assert_eq!(calls(&a), tried + 1);
        }
        observe(&a);
        assert_eq!(calls(&a), tried + 2, "after {pause} minutes");
        assert_eq!(tasks(&a).len(), usize::from(tried == 4), "after {} failures", tried + 1);
    }
    let told = tasks(&a).remove(0);
    let item = items[0].to_string();
    for part in [&*item, "failed 5 times", "resellguard sync", "не удалось 5 раз"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    minutes_pass(&a, 24 * 60);
    observe(&a);
    observe(&a);
    assert_eq!((calls(&a), tasks(&a).len()), (6, 1), "set aside, and told once");
    for command in ["check", "journal"] {
        let (report, _) = json(&a, &[command]);
        let aside = &report["set_aside"];
        assert_eq!((aside[0]["item"].as_u64(), aside[0]["failures"].as_u64()), (Some(items[0]), Some(5)), "{report:#}");
        let text = resellguard(&a, &[command]);
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        assert!(text.contains("failed 5 times"), "{text}");
    }
    for (language, said) in [("en", "failed 5 times"), ("ru", "не удалось 5 раз")] {
        let page = a.mgrctl(&["-o", "xml", "resellguard.drift", &format!("lang={language}")]);
        let page = String::from_utf8_lossy(&page.stdout).into_owned();
        assert!(page.contains(said) && page.contains(&format!("resellguard sync {item}")), "{page}");
    }
    // Its state changes: it is another matter, and is tried again from the start.
    a.execute(&format!("UPDATE item SET expiredate = '2039-01-01' WHERE id = {item}"));
    observe(&a);
    assert_eq!(calls(&a), 7);
    assert_eq!(json(&a, &["journal"]).0["set_aside"], Value::Array(Vec::new()));
    // The panel is mended, a person repairs it: there is nothing left to remember.
    a.billing.behave();
    assert_eq!(json(&a, &["sync", &item]).1, 0);
    observe(&a);
    let memory = Connection::open(a.root().join("var/resellguard/journal.db")).unwrap();
    let retries: i64 = memory.query_row("SELECT COUNT(*) FROM retry", [], |row| row.get(0)).unwrap();
    assert_eq!((retries, json(&a, &["journal", "--verify"]).1), (0, 0));
}

#[test]
fn a_task_that_the_panel_refused_is_asked_for_again_and_one_that_may_be_there_is_not() {
    let (world, a, items) = lost(&[("vds", "one.example")], "");
    configure(&world, &a, &format!("{FORWARD}[notify]\ndepartment = 999\n"));
    let memory = Connection::open(a.root().join("var/resellguard/journal.db")).unwrap();
    a.billing.misbehave("vds.open", Misbehaviour::OkWithoutEffect);
    minutes_pass(&a, 60);
    observe(&a);
    memory.execute("UPDATE retry SET failures = 4, at = 0", []).unwrap();
    observe(&a);
    assert_eq!((calls(&a), tasks(&a).len()), (2, 0), "there is no such department");
    let department = a.row("SELECT MIN(id) AS id FROM department").text("id").to_owned();
    configure(&world, &a, &format!("{FORWARD}[notify]\ndepartment = {department}\n"));
    a.billing.misbehave("task.simple.create", Misbehaviour::Rubbish);
    observe(&a);
    a.billing.behave();
    a.billing.misbehave("vds.open", Misbehaviour::OkWithoutEffect);
    let asked = |site: &Site| {
        repair_calls(site).iter().filter(|call| call.starts_with("task.") && call.contains(GIVEN_UP)).count()
    };
    assert_eq!(asked(&a), 2);
    observe(&a);
    assert_eq!((asked(&a), calls(&a), a.status(items[0])), (2, 2, 5), "it may be there");
}
