//! Who is told what, when and how often: notices of a verdict, of `checkevent` that does not run, and the block of `checkevent`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::core::Fault;
use lab::site::Site;
use lab::world::World;
use serde_json::Value;
use stage::{checkevent, install, json, observed, resellguard};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

const CHANNELS: &str = "[notify]\nusers = [\"admin\"]\ndepartment = 1\n";

/// Two resellers on one account, the plugin on the first; nothing was ordered yet.
fn two(world: &World, settings: &str) -> (Arc<Site>, Arc<Site>) {
    let (a, b) = (stage::reseller(world, "a"), world.reseller("b"));
    let account = world.account("resellers");
    for site in [&a, &b] {
        world.connect(site, &account, &["vds"]);
    }
    install(world, &a, settings);
    (a, b)
}

/// An account of one's own.
fn one(world: &World, settings: &str) -> Arc<Site> {
    let a = stage::reseller(world, "a");
    world.connect(&a, &world.account("reseller-a"), &["vds"]);
    install(world, &a, settings);
    a
}

/// Everything that the other panel left at the seller is gone, its traces in the seller's logs too.
fn clean(world: &World, foreign: u64) {
    let seller = world.seller();
    seller.execute(&format!("DELETE FROM item WHERE remoteid = '{foreign}'"));
    seller.execute("DELETE FROM journal");
    seller.execute("DELETE FROM authlog");
}

fn verdict(a: &Site) -> String {
    let (report, _) = json(a, &["check"]);
    report["accounts"][0]["verdict"].as_str().unwrap().to_owned()
}

/// Notifications in the bell: user, subject, message.
fn bell(a: &Site) -> Vec<(String, String, String)> {
    let rows = a
        .rows("SELECT u.name, n.subject, n.message FROM usernotification n JOIN user u ON u.id = n.user ORDER BY n.id");
    let text = |row: &lab::billing::store::Row, name: &str| row.text(name).to_owned();
    rows.iter().map(|row| (text(row, "name"), text(row, "subject"), text(row, "message"))).collect()
}

/// Tasks for the department.
fn tasks(a: &Site) -> Vec<String> {
    let rows = a.rows("SELECT specification FROM task WHERE type = 'simple' AND department = 1 ORDER BY id");
    rows.iter().map(|row| row.text("specification").to_owned()).collect()
}

fn log(a: &Site) -> String {
    fs::read_to_string(a.root().join("var/resellguard.log")).unwrap_or_default()
}

/// As if what checks have seen of it had begun so many minutes earlier.
fn age(a: &Site, subject: &str, minutes: i64) {
    let aged = journal(a)
        .execute(
            "UPDATE seen SET since = since - ?1 * 60000 WHERE subject LIKE ?2",
            rusqlite::params![minutes, subject],
        )
        .unwrap();
    assert_eq!(aged, 1, "{subject}");
}

fn journal(a: &Site) -> rusqlite::Connection {
    rusqlite::Connection::open(a.root().join("var/resellguard/journal.db")).unwrap()
}

/// A program for `[notify] command`, beside the panel, and where it leaves what it was told.
fn program(a: &Site, text: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let folder = a.root().parent().unwrap();
    let (path, left) = (folder.join("tell"), folder.join("told"));
    fs::create_dir_all(&left).unwrap();
    fs::write(&path, format!("#!/bin/sh\ncd {} || exit 1\n{text}\n", left.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    (path, left)
}

#[test]
fn a_change_of_the_verdict_is_told_once_and_so_is_the_recovery() {
    let world = World::new();
    let (a, b) = two(&world, CHANNELS);
    let item = a.order("vds", "one.example");
    assert_eq!(
        (verdict(&a), bell(&a), tasks(&a)),
        ("exclusive".into(), vec![], vec![]),
        "what is well goes without saying"
    );
    let foreign = b.order("vds", "other.example");
    assert_eq!(verdict(&a), "shared");
    let told = bell(&a);
    let [(user, subject, message)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(user, "admin");
    assert!(subject.contains("#resellers is shared with another panel"), "{subject}");
    for said in [
        format!("{item} vds one.example, customer"),
        "client".into(),
        foreign.to_string(),
        "Before: only this panel".into(),
        "--plan-migration 'https://".into(),
        "change the account's password".into(),
        "resellguard sync".into(),
        "Hello.".into(),
        "Здравствуйте.".into(),
    ] {
        assert!(message.contains(&said), "'{said}' is missing: {message}");
    }
    let made = tasks(&a);
    assert!(made.len() == 1 && made[0].contains(subject) && made[0].contains(message.as_str()), "{made:?}");
    assert_eq!(log(&a).matches("is shared with another panel").count(), 1, "{}", log(&a));

    // By the next check, by the hook's observation, from the panel's own page: not again.
    assert_eq!(verdict(&a), "shared");
    checkevent(&a);
    a.call("resellguard.check", &[]);
    assert_eq!((bell(&a).len(), tasks(&a).len()), (1, 1));

    clean(&world, foreign);
    for _ in 0..2 {
        assert_eq!(verdict(&a), "exclusive");
        let told = bell(&a);
        assert_eq!((told.len(), tasks(&a).len()), (2, 2), "{told:?}");
        assert!(told[1].1.contains("is read by this panel only") && told[1].2.contains("Before: shared"), "{told:?}");
    }
    assert!(!format!("{:?}{:?}{}", bell(&a), tasks(&a), log(&a)).contains("api #resellers"), "the password");
}

#[test]
fn the_observation_tells_and_the_panels_request_does_not() {
    let world = World::new();
    let (a, b) = two(&world, CHANNELS);
    a.order("vds", "one.example");
    b.order("vds", "other.example");
    a.call("resellguard.check", &[]);
    assert_eq!((bell(&a).len(), tasks(&a).len()), (0, 0));
    checkevent(&a);
    assert_eq!((bell(&a).len(), tasks(&a).len()), (1, 1));
    // Nothing was called while `checkevent` ran: the hook's own calls would come from it.
    let calls: Vec<String> =
        a.calls().into_iter().filter(|call| call.ip == "resellguard").map(|call| call.function).collect();
    assert_eq!(calls, ["notification.edit", "task.simple.create"]);
}

#[test]
fn a_channel_that_did_not_take_it_is_told_later_alone() {
    let world = World::new();
    let (a, b) = two(&world, &format!("{CHANNELS}syslog = false\n"));
    a.order("vds", "one.example");
    let foreign = b.order("vds", "other.example");
    // The panel refuses, the one for its own reasons and the other for the department's absence.
    a.execute("RENAME TABLE usernotification TO elsewhere");
    assert_eq!(verdict(&a), "shared");
    assert_eq!(tasks(&a).len(), 1);
    assert!(log(&a).contains("user admin was not told that it is shared"), "{}", log(&a));
    a.execute("RENAME TABLE elsewhere TO usernotification");
    for _ in 0..2 {
        assert_eq!(verdict(&a), "shared");
        assert_eq!((bell(&a).len(), tasks(&a).len()), (1, 1));
    }

    // What a channel has missed is not told any more when it is over.
    a.execute("UPDATE department SET id = 7");
    clean(&world, foreign);
    assert_eq!(verdict(&a), "exclusive");
    assert_eq!((bell(&a).len(), tasks(&a).len()), (2, 1));
    b.order("vds", "third.example");
    a.execute("UPDATE department SET id = 1");
    assert_eq!(verdict(&a), "shared");
    assert_eq!((bell(&a).len(), tasks(&a).len()), (3, 1), "the department never heard that it was over");
}

#[test]
fn what_may_have_arrived_is_not_repeated_for_ever() {
    let world = World::new();
    let (a, b) = two(&world, "[notify]\nusers = [\"admin\"]\n");
    a.order("vds", "one.example");
    b.order("vds", "other.example");
    let called = a.root().join("called");
    let dies = format!("#!/bin/sh\necho \"$*\" >> {}\nkill -9 $$\n", called.display());
    let mgrctl = a.root().join("sbin/mgrctl");
    fs::rename(&mgrctl, mgrctl.with_extension("kept")).unwrap();
    fs::write(&mgrctl, dies).unwrap();
    fs::set_permissions(&mgrctl, fs::Permissions::from_mode(0o700)).unwrap();
    for _ in 0..5 {
        assert_eq!(verdict(&a), "shared");
    }
    assert_eq!(fs::read_to_string(&called).unwrap().matches("notification.edit").count(), 3);
    assert!(log(&a).contains("is not tried again"), "{}", log(&a));
}

#[test]
fn people_are_named_by_login_or_id_and_told_in_their_language_and_customers_are_not() {
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let anna = a.add_admin("anna", "pass");
    a.execute(&format!("UPDATE user SET language = 'ru' WHERE id = {anna}"));
    let b = world.reseller("b");
    let account = world.account("resellers");
    world.connect(&a, &account, &["vds"]);
    world.connect(&b, &account, &["vds"]);
    install(&world, &a, &format!("[notify]\nusers = [\"Admin\", \"{anna}\", \"client\", \"nobody\"]\n"));
    a.order("vds", "one.example");
    b.order("vds", "other.example");
    assert_eq!(verdict(&a), "shared");
    let told = bell(&a);
    let users: Vec<&str> = told.iter().map(|(user, ..)| user.as_str()).collect();
    assert_eq!(users, ["admin", "anna"]);
    assert!(told[0].2.contains("THREE WAYS OUT"), "{told:?}");
    assert!(told[1].1.contains("используется ещё одной панелью") && told[1].2.contains("ТРИ ВЫХОДА"), "{told:?}");
    for named in ["client", "nobody"] {
        assert!(log(&a).contains(&format!("no employee of this panel has the login or id '{named}'")), "{}", log(&a));
    }
}

#[test]
fn the_command_gets_fields_and_json_and_no_secret() {
    let world = World::new();
    let (a, b) = two(&world, "");
    let (path, left) = program(&a, "env > env; cat > json; echo x >> count");
    install_command(&world, &a, &path);
    let item = a.order("vds", "one.example");
    b.order("vds", "other.example");
    let checked = resellguard(&a, &["check"]);
    assert_eq!(checked.status.code(), Some(2), "{checked:?}");
    assert_eq!(verdict(&a), "shared");
    let read = |name: &str| fs::read_to_string(left.join(name)).unwrap();
    assert_eq!(read("count"), "x\n", "{}", log(&a));
    let environment = read("env");
    for said in [
        "RESELLGUARD_KIND=account".into(),
        "RESELLGUARD_VERDICT=shared".into(),
        "RESELLGUARD_BEFORE=\n".into(),
        format!("RESELLGUARD_WAITING={item}"),
        format!("RESELLGUARD_ROOT={}", a.root().display()),
    ] {
        assert!(environment.contains(&said), "'{said}' is missing: {environment}");
    }
    let names: Vec<&str> = environment.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(!names.contains(&"LOGNAME") && names.contains(&"PATH"), "only what it needs: {names:?}");
    let told: Value = serde_json::from_str(&read("json")).unwrap();
    assert_eq!((&told["schema"], &told["kind"], &told["verdict"]), (&1.into(), &"account".into(), &"shared".into()));
    assert_eq!(told["check"]["evidence"][0]["kind"], "foreign_remoteid", "{told:#}");
    assert_eq!(
        (&told["services"][0]["item"], &told["services"][0]["customer"]["name"]),
        (&item.into(), &"client".into())
    );
    assert!(told["to_seller"]["ru"].as_str().unwrap().contains("Здравствуйте"), "{told:#}");
    assert!(!format!("{environment}{told}").contains("api #resellers"), "the password");
}

/// The settings with this command.
fn install_command(world: &World, a: &Site, path: &std::path::Path) {
    stage::configure(world, a, &format!("[notify]\ncommand = \"{}\"\n", path.display()));
}

#[test]
fn a_command_that_others_may_write_is_not_started_and_one_that_fails_is_tried_again() {
    let world = World::new();
    let (a, b) = two(&world, "");
    let (path, left) = program(&a, "echo x >> count; [ -e well ] || { echo 'no mail server' >&2; exit 3; }");
    install_command(&world, &a, &path);
    a.order("vds", "one.example");
    b.order("vds", "other.example");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o722)).unwrap();
    assert_eq!(verdict(&a), "shared");
    assert!(!left.join("count").exists());
    assert!(log(&a).contains("may be written by others; do: chmod go-w"), "{}", log(&a));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(verdict(&a), "shared");
    assert!(log(&a).contains("ended with status 3: no mail server"), "{}", log(&a));
    fs::write(left.join("well"), "").unwrap();
    for _ in 0..2 {
        assert_eq!(verdict(&a), "shared");
        assert_eq!(fs::read_to_string(left.join("count")).unwrap(), "x\nx\n");
    }
}

#[test]
fn a_seller_that_is_down_for_minutes_is_no_news_and_one_that_stays_down_is() {
    let world = World::new();
    let a = one(&world, CHANNELS);
    a.order("vds", "one.example");
    assert_eq!(verdict(&a), "exclusive");
    for _ in 0..2 {
        world.seller().panel.set_fault(Fault::Status(500));
        assert_eq!(verdict(&a), "unknown");
        assert_eq!(verdict(&a), "unknown");
        world.seller().panel.set_fault(Fault::None);
        assert_eq!(verdict(&a), "exclusive");
    }
    assert_eq!((bell(&a), tasks(&a)), (vec![], vec![]));
    world.seller().panel.set_fault(Fault::Status(500));
    assert_eq!(verdict(&a), "unknown");
    age(&a, "%#reseller-a", 31);
    for _ in 0..2 {
        assert_eq!(verdict(&a), "unknown");
        let told = bell(&a);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.contains("cannot be judged") && told[0].2.contains("500"), "{told:?}");
    }
    world.seller().panel.set_fault(Fault::None);
    assert_eq!(verdict(&a), "exclusive");
    assert!(bell(&a).len() == 2 && bell(&a)[1].2.contains("Before: unknown"), "{:?}", bell(&a));
}

#[test]
fn an_account_that_the_modules_left_is_told_as_left() {
    let world = World::new();
    let (a, b) = two(&world, CHANNELS);
    a.order("vds", "one.example");
    b.order("vds", "other.example");
    assert_eq!(verdict(&a), "shared");
    let own = world.account("reseller-a");
    let module = a.row("SELECT id FROM processingmodule WHERE name = 'Seller (vds)'").number("id").to_string();
    a.call(
        "processing.edit",
        &[("elid", &module), ("url", &own.url), ("username", &own.user), ("password", &own.password), ("sok", "ok")],
    );
    for _ in 0..2 {
        json(&a, &["check"]);
        let told = bell(&a);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].1.contains("#resellers is not used by this panel any more"), "{told:?}");
    }
}

#[test]
fn a_checkevent_that_does_not_run_is_told_once_and_so_is_that_it_runs_again() {
    let world = World::new();
    let a = one(&world, CHANNELS);
    checkevent(&a);
    resellguard(&a, &["check"]);
    let hour_ago = "UPDATE poll SET begun = begun - 3600000, ended = ended - 3600000";
    assert!(journal(&a).execute(hour_ago, []).unwrap() > 0, "a call was seen");
    resellguard(&a, &["check"]);
    assert_eq!(bell(&a).len(), 0, "the machine may have been off");
    age(&a, "checkevent", 6);
    for _ in 0..2 {
        resellguard(&a, &["check"]);
        let told = bell(&a);
        assert_eq!((told.len(), tasks(&a).len()), (1, 1), "{told:?}");
        assert!(
            told[0].1.contains("checkevent does not run") && told[0].2.contains("mgrctl -m billmgr checkevent"),
            "{told:?}"
        );
    }
    for _ in 0..2 {
        checkevent(&a);
        resellguard(&a, &["check"]);
        assert!(bell(&a).len() == 2 && bell(&a)[1].1.contains("checkevent runs again"), "{:?}", bell(&a));
    }
}

#[test]
fn a_shared_account_blocks_our_checkevent_and_a_cured_one_lets_it_go() {
    let world = World::new();
    let (a, b) = two(&world, "[check]\non_conflict = \"block\"\n");
    a.order("vds", "one.example");
    assert_eq!(verdict(&a), "exclusive");
    checkevent(&a);
    let foreign = b.order("vds", "other.example");
    assert_eq!(verdict(&a), "shared");
    world.seller().activate(foreign);
    for _ in 0..3 {
        let refused = a.try_call("checkevent", &[]).unwrap_err();
        assert!(refused.contains("'resellguard'"), "{refused}");
        observed(&a);
    }
    let shown = a.mgrctl(&["-o", "xml", "checkevent"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("#resellers is shared with another panel") && shown.contains("on_conflict"), "{shown}");
    observed(&a);
    b.checkevent();
    assert_eq!(b.status(foreign), 2, "our blocked calls took nothing of the other panel's");

    // A seller that cannot be read is no proof: the block lapses, and comes back with the next good look.
    world.seller().panel.set_fault(Fault::Status(500));
    assert_eq!(verdict(&a), "unknown");
    world.seller().panel.set_fault(Fault::None);
    checkevent(&a);
    assert_eq!(verdict(&a), "shared");
    assert!(a.try_call("checkevent", &[]).is_err());
    observed(&a);

    // The refused call itself looks for the cure: nobody has to run a check.
    clean(&world, foreign);
    assert!(a.try_call("checkevent", &[]).is_err(), "what the last look left");
    observed(&a);
    checkevent(&a);
}

#[test]
fn a_block_ends_a_day_after_the_lost_services_were_repaired_or_when_the_setting_is_taken_back() {
    let world = World::new();
    let (a, b) = two(&world, "[check]\non_conflict = \"block\"\n[reselling]\nstuck_after = \"1s\"\n");
    let items = [a.order("vds", "one.example"), a.order("vds", "two.example")];
    for item in items {
        world.seller().activate(item);
    }
    b.checkevent();
    for item in items {
        assert_eq!(a.status(item), 5);
    }
    while verdict(&a) != "shared" {
        checkevent(&a);
    }
    assert!(a.try_call("checkevent", &[]).is_err());
    observed(&a);
    // Polls that would show more cannot happen now; the repair needs none.
    let repaired = resellguard(&a, &["sync", "--yes", &items[0].to_string(), &items[1].to_string()]);
    assert_eq!(repaired.status.code(), Some(0), "{repaired:?}");
    assert_eq!(verdict(&a), "shared", "that nothing waits does not mean that nobody else reads");
    assert_eq!(journal(&a).execute("UPDATE lost SET ended = ended - 25 * 3600000", []).unwrap(), 2);
    assert!(a.try_call("checkevent", &[]).is_err(), "what the last look left");
    observed(&a);
    checkevent(&a);

    b.order("vds", "other.example");
    assert_eq!(verdict(&a), "shared");
    assert!(a.try_call("checkevent", &[]).is_err());
    observed(&a);
    stage::configure(&world, &a, "");
    assert!(a.try_call("checkevent", &[]).is_err(), "the hook reads no settings");
    observed(&a);
    checkevent(&a);
}

#[test]
fn a_damaged_memory_blocks_nothing() {
    let world = World::new();
    let (a, b) = two(&world, "[check]\non_conflict = \"block\"\n");
    a.order("vds", "one.example");
    b.order("vds", "other.example");
    assert_eq!(verdict(&a), "shared");
    assert!(a.try_call("checkevent", &[]).is_err());
    observed(&a);
    for damage in [&b"block=everything\n"[..], b"next=never\nblock=x\n", b"\xff\xfe\x00"] {
        fs::write(a.root().join("var/resellguard/hook"), damage).unwrap();
        assert!(a.try_call("checkevent", &[]).is_ok(), "{damage:?}");
        observed(&a);
    }
}

#[test]
fn the_plan_of_a_migration_counts_names_and_changes_nothing() {
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let modules = world.connect(&a, &world.account("resellers"), &["vds", "certificate"]);
    install(&world, &a, CHANNELS);
    let done = a.order("vds", "one.example");
    world.seller().activate(done);
    a.checkevent();
    a.order("vds", "two.example");
    a.switch_module(modules[1], false);
    let before = a.rows("SELECT id, status, processingmodule FROM item ORDER BY id");
    world.seller().clear_calls();
    a.clear_calls();
    let (plan, status) = json(&a, &["check", "--plan-migration", "#resellers"]);
    assert_eq!(status, 0, "{plan:#}");
    assert_eq!((&plan["services"], &plan["in_progress"]), (&2.into(), &1.into()), "{plan:#}");
    let [vds, certificate] = plan["modules"].as_array().unwrap().as_slice() else { panic!("{plan:#}") };
    assert_eq!((&vds["id"], &vds["name"]), (&modules[0].into(), &"Seller (vds)".into()));
    assert_eq!(
        vds["services"],
        serde_json::json!([{"type": "vds", "status": "active", "count": 1}, {"type": "vds", "status": "processing", "count": 1}])
    );
    assert_eq!((&certificate["active"], &certificate["services"]), (&false.into(), &serde_json::json!([])));
    let steps = plan["steps"].as_array().unwrap();
    assert!(steps.len() >= 5 && steps.iter().zip(1..).all(|(step, number)| step["number"] == number));
    let every = ["before", "do", "after"];
    assert!(steps.iter().all(|step| every.iter().all(|part| !step[part].as_array().unwrap().is_empty())), "{plan:#}");
    for said in ["allowsuspenditem", "two-factor", "authinfo", "remoteid", "password"] {
        assert!(plan.to_string().contains(said), "{said}: {plan:#}");
    }
    let text = resellguard(&a, &["check", "--plan-migration", "resellers"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("1. Repair what waits") && text.contains("Seller (certificate), switched off"), "{text}");
    assert!(world.seller().calls().is_empty(), "no seller is asked");
    assert!(a.calls().is_empty(), "and nothing of the panel: {:?}", a.calls());
    assert_eq!(
        format!("{:?}", a.rows("SELECT id, status, processingmodule FROM item ORDER BY id")),
        format!("{before:?}")
    );
    let unknown = resellguard(&a, &["check", "--plan-migration", "nobody"]);
    assert_eq!(unknown.status.code(), Some(3), "{unknown:?}");
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert!(said.contains("'nobody'") && said.contains("#resellers") && unknown.stdout.is_empty(), "{said}");
    let monitoring = resellguard(&a, &["check", "--plan-migration", "resellers", "--format", "nagios"]);
    assert_eq!(monitoring.status.code(), Some(64), "{monitoring:?}");
}
