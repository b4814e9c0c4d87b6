//! The two other ways of a repair: by the module's own `sync_item` and by the manual module's task. Which calls and which SQL there
//! are, what stops a run, and what the next run finds when one was killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::{Guesses, Misbehaviour, PendingCertificate};
use lab::site::Site;
use lab::world::{Setup, World};
use mysql::prelude::Queryable;
use serde_json::Value;
use stage::{Lost, json, lose, repair_calls, resellguard, start};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

/// A's services are lost to B's `checkevent`; the plugin is on A. Every move of a service from module to module is kept from here on.
struct Play {
    world: World,
    a: Arc<Site>,
    items: Vec<u64>,
    /// The reselling module of the first service, and the manual one.
    own: u64,
    manual: u64,
}

fn lost(guesses: Guesses, services: &[(&str, &str)]) -> Play {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(&world, Setup { guesses, ..Setup::default() }, &account, services);
    let own = a.row(&format!("SELECT processingmodule FROM item WHERE id = {}", items[0])).number("processingmodule");
    let manual = a.row("SELECT id FROM processingmodule WHERE module = 'pmmanual'").number("id");
    a.execute("CREATE TABLE moves(id INT PRIMARY KEY AUTO_INCREMENT, item INT, old INT, new INT)");
    a.execute(
        "CREATE TRIGGER moved AFTER UPDATE ON item FOR EACH ROW
         INSERT INTO moves(item, old, new) SELECT NEW.id, OLD.processingmodule, NEW.processingmodule
         WHERE NOT (OLD.processingmodule <=> NEW.processingmodule)",
    );
    Play { world, a, items, own, manual }
}

/// The services are of the type `vds`.
fn servers(guesses: Guesses, count: usize) -> Play {
    let names: Vec<String> = (1..=count).map(|number| format!("v{number}.example")).collect();
    let services: Vec<(&str, &str)> = names.iter().map(|name| ("vds", name.as_str())).collect();
    lost(guesses, &services)
}

impl Play {
    fn sync(&self, items: &[u64], more: &[&str]) -> (Value, i32) {
        let words: Vec<String> = items.iter().map(ToString::to_string).collect();
        let mut arguments = vec!["sync"];
        arguments.extend(words.iter().map(String::as_str));
        arguments.extend(more);
        let (report, status) = json(&self.a, &arguments);
        let (verified, whole) = json(&self.a, &["journal", "--verify"]);
        assert_eq!((whole, verified["intact"].as_bool()), (0, Some(true)), "{verified:#}");
        (report, status)
    }

    fn module(&self, item: u64) -> u64 {
        self.a.row(&format!("SELECT processingmodule FROM item WHERE id = {item}")).number("processingmodule")
    }

    /// Every move of a service between modules so far: service, from, to.
    fn moves(&self) -> Vec<(u64, u64, u64)> {
        let rows = self.a.rows("SELECT item, old, new FROM moves ORDER BY id");
        rows.iter().map(|row| (row.number("item"), row.number("old"), row.number("new"))).collect()
    }

    fn there_and_back(&self, item: u64) -> Vec<(u64, u64, u64)> {
        vec![(item, self.own, self.manual), (item, self.manual, self.own)]
    }

    fn task(&self, item: u64) -> String {
        self.a.row(&format!("SELECT id FROM task WHERE item = {item}")).text("id").to_owned()
    }

    /// Starts a repair by the manual way, waits until `function` hangs, and then does `meanwhile`.
    fn hanging<T>(&self, item: u64, function: &str, meanwhile: impl FnOnce(Child) -> T) -> T {
        self.hanging_at(&["sync", &item.to_string(), "--via", "manual", "--format", "json"], function, meanwhile)
    }

    fn hanging_at<T>(&self, arguments: &[&str], function: &str, meanwhile: impl FnOnce(Child) -> T) -> T {
        self.a.billing.misbehave(function, Misbehaviour::Hangs(Duration::from_hours(1)));
        let plugin = start(&self.a, arguments);
        while self.a.billing.hanging() == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let done = meanwhile(plugin);
        self.a.billing.behave();
        while self.a.billing.hanging() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        done
    }

    /// The script in the module's place from now on; `$0.real` is the module itself.
    fn module_script(&self, script: &str) {
        let path = self.a.root().join("processing/pmbillmgr");
        let real = path.with_extension("real");
        if !real.exists() {
            std::fs::rename(&path, &real).unwrap();
        }
        let draft = path.with_extension("draft");
        std::fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&draft, &path).unwrap();
    }

    /// The script that writes down how the module was started, then is the module.
    fn module_is_watched(&self) {
        self.module_script("echo \"$SSH_CONNECTION $@\" >> \"$(dirname \"$0\")/started\"; exec \"$0.real\" \"$@\"");
    }

    fn started(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.a.root().join("processing/started")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn status_there(&self, item: u64) -> u64 {
        self.world.seller().status(self.world.seller().bought_as(item))
    }
}

/// The database server's own root.
fn root_of(site: &Site) -> mysql::Conn {
    let socket = site.database.socket.to_string_lossy().into_owned();
    mysql::Conn::new(mysql::OptsBuilder::new().socket(Some(socket)).user(Some("root"))).unwrap()
}

fn kill(mut plugin: Child) {
    plugin.kill().unwrap();
    plugin.wait().unwrap();
}

fn outcome(report: &Value, number: usize) -> (&str, &str) {
    let item = &report["items"][number];
    (item["outcome"].as_str().unwrap(), item["reason"].as_str().unwrap())
}

fn syncing() -> Guesses {
    Guesses { sync_item: true, ..Guesses::default() }
}

#[test]
fn the_module_gets_one_service_first_and_then_the_others() {
    let play = servers(syncing(), 3);
    play.module_is_watched();
    let (shown, status) = play.sync(&play.items, &["--via", "module", "--dry-run"]);
    assert_eq!((status, outcome(&shown, 0).0), (0, "planned"), "{shown:#}");
    assert_eq!(shown["via"], "module");
    assert!(shown["way"].as_str().unwrap().contains("not confirmed"), "the risk is said: {shown:#}");
    assert_eq!(shown["items"][0]["steps"][0]["call"], "processing/pmbillmgr");
    assert_eq!(play.started(), ["resellguard --command features"], "once for all services");
    let russian = Command::new(play.a.root().join("addon/resellguard"))
        .args(["sync", &play.items[0].to_string(), "--via", "module", "--dry-run"])
        .env("RESELLGUARD_ROOT", play.a.root())
        .env("LANG", "ru_RU.UTF-8")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&russian.stdout);
    assert!(said.contains("не подтверждено") && said.contains("> processing/pmbillmgr command=sync_item"), "{said}");
    std::fs::remove_file(play.a.root().join("processing/started")).unwrap();

    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!(status, 0, "{report:#}");
    let mut expected = vec!["resellguard --command features".to_owned()];
    let own = play.own;
    expected
        .extend(play.items.iter().map(|item| format!("resellguard --command sync_item --item {item} --module {own}")));
    assert_eq!(play.started(), expected);
    for item in &play.items {
        assert_eq!((play.a.status(*item), play.status_there(*item), play.a.operations(*item)), (2, 2, vec![]));
    }
    assert_eq!(repair_calls(&play.a), Vec::<String>::new(), "the module calls the panel itself");
    assert_eq!(play.moves(), []);
    let (again, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!((status, outcome(&again, 0).0), (0, "in_step"), "{again:#}");
}

#[test]
fn a_module_that_changes_the_seller_is_stopped_after_the_first_service_with_an_alarm() {
    let guesses = Guesses { sync_item_pushes: true, ..syncing() };
    let play = servers(guesses, 3);
    play.module_is_watched();
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!(status, 1, "{report:#}");
    let (word, reason) = outcome(&report, 0);
    assert_eq!(word, "failed");
    assert!(reason.starts_with("ALARM") && reason.contains("status: 2 -> 3"), "{reason}");
    let stopped = format!("Nothing was called: the run was stopped after service {}.", play.items[0]);
    assert_eq!([outcome(&report, 1), outcome(&report, 2)], [("refused", stopped.as_str()); 2], "{report:#}");
    assert_eq!(play.started().iter().filter(|line| line.contains("sync_item --item")).count(), 1);
    assert_eq!(play.items.iter().map(|item| play.status_there(*item)).collect::<Vec<_>>(), [3, 2, 2]);
    let log = std::fs::read_to_string(play.a.root().join("var/resellguard.log")).unwrap();
    assert!(log.contains("ERROR") && log.contains("ALARM"), "{log}");
}

#[test]
fn a_canary_that_is_not_as_wanted_stops_the_run_and_a_later_service_does_not() {
    let play = servers(syncing(), 3);
    let [first, second, third] = play.items[..] else { panic!("three services") };
    // Says that all is well, and did nothing.
    let idle = |item: u64| {
        play.module_script(&format!(
            "case \"$*\" in *'sync_item --item {item} '*) echo '<doc/>';; *) exec \"$0.real\" \"$@\";; esac"
        ));
    };
    idle(first);
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!((status, outcome(&report, 0).0), (1, "failed"), "{report:#}");
    assert!(outcome(&report, 0).1.contains("reading back does not show"), "{report:#}");
    assert_eq!([outcome(&report, 1).0, outcome(&report, 2).0], ["refused", "refused"]);
    assert_eq!([first, second, third].map(|item| play.a.status(item)), [5, 5, 5]);

    idle(second);
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!(
        (status, [0, 1, 2].map(|number| outcome(&report, number).0)),
        (1, ["done", "failed", "done"]),
        "{report:#}"
    );
    assert_eq!([first, second, third].map(|item| play.a.status(item)), [2, 5, 2]);
}

#[test]
fn a_certificate_is_brought_by_the_module() {
    let play = lost(syncing(), &[("certificate", "c1.example")]);
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!(play.a.param(play.items[0], "service_status").as_deref(), Some("5"));
}

#[test]
fn what_does_not_offer_sync_item_is_not_started_with_it() {
    let play = servers(Guesses::default(), 1);
    let features = |printed: &str| format!("echo \"$@\" >> \"$(dirname \"$0\")/started\"; {printed}");
    for (script, said) in [
        ("exec \"$0.real\" \"$@\"", "its features do not name it"),
        ("echo '<html>'", "no document"),
        ("exit 7", "status 7"),
        ("exec cat /dev/zero", "wrote too much"),
    ] {
        play.module_script(&features(script));
        let (report, status) = play.sync(&play.items, &["--via", "module"]);
        let (word, reason) = outcome(&report, 0);
        assert_eq!((status, word), (2, "refused"), "{report:#}");
        assert!(reason.contains("does not offer sync_item") && reason.contains(said), "{reason}");
    }
    assert_eq!(play.started(), ["--command features"; 4]);
    assert_eq!(play.a.status(play.items[0]), 5);
}

#[test]
fn the_articles_remedy_is_done_step_by_step_and_undone_where_it_has_to_be() {
    // The panel does not see a change by SQL by itself, and ends no task that nobody has taken.
    let guesses = Guesses { caches_items: true, task_needs_performer: true, ..Guesses::default() };
    let play = servers(guesses, 1);
    let item = play.items[0];
    let task = play.task(item);
    let mut root = root_of(&play.a);
    root.query_drop("SET GLOBAL log_output = 'TABLE'").unwrap();
    root.query_drop("SET GLOBAL general_log = 'ON'").unwrap();
    let (report, status) = play.sync(&[item], &["--via", "manual", "--assign", "1", "--backup"]);
    root.query_drop("SET GLOBAL general_log = 'OFF'").unwrap();
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert!(report["way"].as_str().unwrap().contains("advises against changes by SQL"), "{report:#}");
    let there = play.world.seller().bought_as(item);
    let [ip, username] = ["ip", "username"].map(|name| play.world.seller().param(there, name).unwrap());
    assert_eq!(
        repair_calls(&play.a),
        [
            format!("task.edit elid={task}"),
            "billmgr.backup.create sok=ok".to_owned(),
            "tool.clearcache table=item sok=ok".to_owned(),
            format!("task.edit elid={task} performer=1 sok=ok"),
            format!("task.edit elid={task} ip={ip} username={username} status=2 sok=ok"),
            "tool.clearcache table=item sok=ok".to_owned(),
        ]
    );
    let (own, manual) = (play.own, play.manual);
    let sql: Vec<String> = root
        .query(
            "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type = 'Query'
             AND argument REGEXP '^(START|UPDATE item SET processingmodule|COMMIT|ROLLBACK)' AND thread_id IN
             (SELECT thread_id FROM mysql.general_log WHERE argument LIKE 'UPDATE item SET processingmodule%')
             ORDER BY event_time",
        )
        .unwrap();
    let change =
        |from, to| format!("UPDATE item SET processingmodule = {to} WHERE id = {item} AND processingmodule = {from}");
    assert_eq!(
        sql,
        ["START TRANSACTION", &change(own, manual), "COMMIT", "START TRANSACTION", &change(manual, own), "COMMIT"]
    );
    assert_eq!(play.moves(), play.there_and_back(item));
    assert_eq!((play.a.status(item), play.module(item), play.a.operations(item)), (2, own, vec![]));
    let closed = play.a.row(&format!("SELECT status, performer FROM task WHERE id = {task}"));
    assert_eq!((closed.text("status"), closed.text("performer")), ("2", "1"));
    assert_eq!(play.a.param(item, "ip").as_deref(), Some(ip.as_str()));
    let ordered = format!("SELECT id FROM item WHERE remoteid = '{item}'");
    assert_eq!(play.world.seller().rows(&ordered).len(), 1, "nothing was ordered again");

    let folder = play.a.root().join("var/resellguard/backups");
    let run = report["run"].as_str().unwrap();
    let file = folder.join(format!("{run}-{item}.json"));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(kept["rows"]["item"][0]["processingmodule"], own.to_string());
    assert_eq!(kept["rows"]["item"][0]["status"], "5");
    assert_eq!(kept["rows"]["item"][0]["suspenddate"], Value::Null);
    assert_eq!(kept["rows"]["runningoperation"][0]["intname"], "open");
    assert_eq!((&kept["rows"]["task"][0]["id"], &kept["rows"]["task"][0]["status"]), (&task.into(), &"0".into()));
    assert!(kept["rows"]["itemparam"].as_array().unwrap().iter().any(|row| row["value"] == "v1.example"), "{kept:#}");
    assert_eq!(kept["put_back"], change(manual, own) + ";");
    let (again, status) = play.sync(&[item], &["--via", "manual"]);
    assert_eq!((status, outcome(&again, 0).0), (0, "in_step"));
}

#[test]
fn a_dry_run_of_the_manual_way_reads_the_task_and_changes_nothing() {
    let play = servers(Guesses::default(), 1);
    let item = play.items[0];
    let (shown, status) = play.sync(&[item], &["--via", "manual", "--dry-run"]);
    assert_eq!(status, 0, "{shown:#}");
    let calls: Vec<&str> =
        shown["items"][0]["steps"].as_array().unwrap().iter().map(|step| step["call"].as_str().unwrap()).collect();
    assert_eq!(calls, ["sql.switch_module", "tool.clearcache", "task.edit", "sql.put_module_back", "tool.clearcache"]);
    assert_eq!(repair_calls(&play.a), [format!("task.edit elid={}", play.task(item))]);
    assert_eq!((play.moves(), play.a.status(item)), (vec![], 5));
    assert!(!play.a.root().join("var/resellguard/backups").exists());
}

#[test]
fn a_run_that_was_killed_on_the_manual_module_is_put_back_by_the_next_one_whatever_that_is_about() {
    let play = servers(Guesses::default(), 3);
    let [killed, other, late] = play.items[..] else { panic!("three services") };
    play.hanging(killed, "tool.clearcache", kill);
    assert_eq!(play.module(killed), play.manual, "the scene is a service left on the manual module");
    let (shown, _) = play.sync(&[killed], &["--dry-run"]);
    assert!(outcome(&shown, 0).1.contains("still on the manual module"), "{shown:#}");

    let (report, status) = play.sync(&[other], &[]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!(
        (report["settled"][0]["item"].as_u64(), report["settled"][0]["outcome"].as_str()),
        (Some(killed), Some("done"))
    );
    assert!(report["settled"][0]["reason"].as_str().unwrap().contains(&format!("on module {} again", play.own)));
    assert_eq!((play.module(killed), play.moves()), (play.own, play.there_and_back(killed)));
    assert_eq!(play.a.status(killed), 5);
    let calls = repair_calls(&play.a);
    assert_eq!(calls[calls.len() - 2], "tool.clearcache table=item sok=ok", "{calls:?}");
    let (report, status) = play.sync(&[killed], &[]);
    assert_eq!((status, outcome(&report, 0).0, report["settled"][0].is_null()), (0, "done", true), "{report:#}");

    // While the panel may be at the task, the module is not put back under its hands.
    play.hanging(late, "tool.clearcache", |plugin| {
        play.a.billing.misbehave("task.edit", Misbehaviour::Hangs(Duration::from_hours(1)));
        play.a.billing.misbehave("tool.clearcache", Misbehaviour::OkWithoutEffect);
        while !repair_calls(&play.a).iter().any(|call| call.contains("status=2")) {
            std::thread::sleep(Duration::from_millis(5));
        }
        kill(plugin);
    });
    let (report, _) = play.sync(&[other], &[]);
    assert!(report["settled"][0]["reason"].as_str().unwrap().contains("still on the manual module"), "{report:#}");
    assert_eq!(play.module(late), play.manual);
    stage::minutes_later(&play.a);
    let (report, status) = play.sync(&[late], &["--via", "manual"]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!((play.module(late), play.a.status(late)), (play.own, 2));
    assert_eq!(play.moves()[2..], [play.there_and_back(late), play.there_and_back(late)].concat());
}

#[test]
fn a_run_that_was_killed_before_the_panel_forgot_is_finished_by_the_next_one() {
    let play = servers(Guesses::default(), 2);
    let [killed, other] = play.items[..] else { panic!("two services") };
    play.hanging(killed, "tool.clearcache", kill);
    // The second run puts the module back, and is killed before the panel has forgotten the manual one.
    play.hanging_at(&["sync", &other.to_string()], "tool.clearcache", kill);
    assert_eq!((play.module(killed), play.moves()), (play.own, play.there_and_back(killed)));
    let before = repair_calls(&play.a).len();
    let (report, status) = play.sync(&[other], &[]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!(repair_calls(&play.a)[before], "tool.clearcache table=item sok=ok");
    assert_eq!((play.module(killed), play.moves()), (play.own, play.there_and_back(killed)));
    let before = repair_calls(&play.a).len();
    play.sync(&[other], &[]);
    assert_eq!(repair_calls(&play.a).len(), before, "once");
}

#[test]
fn a_module_that_somebody_else_has_chosen_meanwhile_is_left() {
    let play = servers(Guesses::default(), 2);
    let [during, after] = play.items[..] else { panic!("two services") };
    let third = play.a.execute("INSERT INTO processingmodule(name, module) VALUES ('Servers', 'pmvmmgr6')");
    let choose = |item: u64| play.a.execute(&format!("UPDATE item SET processingmodule = {third} WHERE id = {item}"));
    let output = play.hanging(during, "tool.clearcache", |plugin| {
        choose(during);
        play.a.billing.behave();
        plugin.wait_with_output().unwrap()
    });
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), outcome(&report, 0).0), (Some(1), "failed"), "{report:#}");
    let sentence = format!("Somebody has moved the service to module {third} meanwhile");
    assert!(outcome(&report, 0).1.contains(&sentence), "{report:#}");
    assert_eq!(play.module(during), third);

    play.hanging(after, "tool.clearcache", kill);
    choose(after);
    let (report, _) = play.sync(&[during], &[]);
    assert!(report["settled"][0]["reason"].as_str().unwrap().contains(&sentence), "{report:#}");
    assert_eq!(play.module(after), third);
    let (report, _) = play.sync(&[during], &[]);
    assert!(report["settled"][0].is_null(), "it is said once: {report:#}");
    assert_eq!(play.moves().len(), 4);
}

#[test]
fn a_repair_that_fails_on_the_way_puts_the_module_back() {
    let play = servers(Guesses::default(), 2);
    for (item, function, how) in [
        (play.items[0], "task.edit", Misbehaviour::OkWithoutEffect),
        (play.items[1], "task.edit", Misbehaviour::Rubbish),
    ] {
        let before = play.moves().len();
        // The form is read as it is, and only then the function stops doing what it says.
        let output = play.hanging(item, "tool.clearcache", |plugin| {
            play.a.billing.misbehave(function, how.clone());
            play.a.billing.misbehave("tool.clearcache", Misbehaviour::OkWithoutEffect);
            plugin.wait_with_output().unwrap()
        });
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), outcome(&report, 0).0), (Some(1), "failed"), "{how:?}: {report:#}");
        assert_eq!((play.module(item), play.a.status(item)), (play.own, 5), "{how:?}");
        assert_eq!(play.moves()[before..], play.there_and_back(item), "{how:?}");
        let (again, status) = play.sync(&[item], &["--via", "manual"]);
        assert_eq!((status, outcome(&again, 0).0), (0, "done"), "{again:#}");
    }
}

#[test]
fn without_exactly_one_manual_module_nothing_is_done_and_the_candidates_are_named() {
    let play = servers(Guesses::default(), 1);
    let refused = |settings: &str, said: &[&str]| {
        stage::configure(&play.world, &play.a, settings);
        let (report, status) = play.sync(&play.items, &["--via", "manual"]);
        let (word, reason) = outcome(&report, 0);
        assert_eq!((status, word), (2, "refused"), "{report:#}");
        for part in said {
            assert!(reason.contains(part), "{part}: {reason}");
        }
    };
    let (own, manual) = (play.own, play.manual);
    let second = play.a.execute("INSERT INTO processingmodule(name, module) VALUES ('Ручная обработка', 'pmother')");
    let first = format!("{manual} Manual processing (pmmanual)");
    refused("", &[&first, &format!("{second} Ручная обработка (pmother)"), "manual_module"]);
    play.a.execute("UPDATE processingmodule SET name = 'Other', module = CONCAT('x', id) WHERE module <> 'pmbillmgr'");
    refused("", &[&format!("{manual} Other (x{manual})"), &format!("{second} Other (x{second})")]);
    refused(&format!("[sync]\nmanual_module = {own}\n"), &[&format!("module {own}"), "is a reselling module"]);
    refused("[sync]\nmanual_module = 4711\n", &["module 4711", "does not exist"]);
    play.a.execute(&format!(
        "INSERT INTO processingparam(processingmodule, intname, value) VALUES ({second}, 'url', 'x')"
    ));
    refused(&format!("[sync]\nmanual_module = {second}\n"), &["has an address or a login"]);
    assert_eq!((repair_calls(&play.a), play.moves()), (vec![], vec![]));

    stage::configure(&play.world, &play.a, &format!("[sync]\nmanual_module = {manual}\n"));
    let (report, status) = play.sync(&play.items, &["--via", "manual"]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!(play.moves(), play.there_and_back(play.items[0]));
}

#[test]
fn a_change_that_is_not_one_row_is_none() {
    let play = servers(Guesses::default(), 3);
    let [moved, double, flat] = play.items[..] else { panic!("three services") };
    // Between the last reading and the change somebody moves it: only the change's condition sees that.
    play.a.execute("INSERT INTO processingmodule(id, name, module) VALUES (77, 'Servers', 'pmvmmgr6')");
    let words = ["sync", &moved.to_string(), "--via", "manual", "--backup", "--format", "json"];
    let output = play.hanging_at(&words, "billmgr.backup.create", |plugin| {
        play.a.execute(&format!("UPDATE item SET processingmodule = 77 WHERE id = {moved}"));
        play.a.billing.misbehave("billmgr.backup.create", Misbehaviour::OkWithoutEffect);
        plugin.wait_with_output().unwrap()
    });
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), outcome(&report, 0).0, play.module(moved)),
        (Some(1), "failed", 77),
        "{report:#}"
    );

    let failed = |item: u64, said: &str| {
        play.a.clear_calls();
        let (report, status) = play.sync(&[item], &["--via", "manual"]);
        assert_eq!((status, outcome(&report, 0).0), (1, "failed"), "{report:#}");
        assert!(outcome(&report, 0).1.contains(said), "{report:#}");
        let calls = repair_calls(&play.a);
        // The form was read, and to be sure the panel looks at the table again.
        let harmless = [format!("task.edit elid={}", play.task(item)), "tool.clearcache table=item sok=ok".to_owned()];
        assert_eq!(calls, harmless);
    };
    play.a.execute("ALTER TABLE item MODIFY id INT NOT NULL, DROP PRIMARY KEY");
    play.a.execute(&format!("INSERT INTO item SELECT * FROM item WHERE id = {double}"));
    failed(double, "not one row at module");
    play.a.execute(&format!("DELETE FROM item WHERE id = {double} LIMIT 1"));
    play.a.execute("ALTER TABLE item ENGINE = MyISAM");
    failed(flat, "has no transactions");
    assert_eq!((play.module(double), play.module(flat)), (play.own, play.own));
    assert_eq!(play.moves(), [(moved, play.own, 77)]);
}

#[test]
fn what_has_no_task_is_left_to_the_other_ways() {
    let guesses = Guesses { pending_certificate: PendingCertificate::OperationEnded, ..Guesses::default() };
    let play = lost(guesses, &[("certificate", "c1.example"), ("vds", "v1.example"), ("vds", "v2.example")]);
    let [certificate, bare, wrong] = play.items[..] else { panic!("three services") };
    play.a.execute(&format!("DELETE FROM task WHERE item = {bare}"));
    for (item, said) in [(certificate, "No running operation with a task"), (bare, "No running operation with a task")]
    {
        let (report, status) = play.sync(&[item], &["--via", "manual"]);
        assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
        assert!(outcome(&report, 0).1.contains(said), "{report:#}");
    }
    play.a.execute(&format!("UPDATE task SET item = {bare} WHERE item = {wrong}"));
    let (report, status) = play.sync(&[wrong], &["--via", "manual"]);
    assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
    assert!(outcome(&report, 0).1.contains(&format!("its item is {bare}, not {wrong}")), "{report:#}");
    assert_eq!(play.moves(), []);
}

#[test]
fn a_certificate_whose_operation_waits_goes_by_its_task_with_the_certificate_stored_first() {
    let guesses = Guesses { pending_certificate: PendingCertificate::OperationWaits, ..Guesses::default() };
    let play = lost(guesses, &[("certificate", "c1.example")]);
    let (report, status) = play.sync(&play.items, &["--via", "manual"]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    let functions: Vec<String> =
        repair_calls(&play.a).iter().map(|call| call.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(
        functions,
        [
            "task.edit",
            "certificate.save",
            "service.setstatus",
            "service.setexpiredate",
            "tool.clearcache",
            "task.edit",
            "tool.clearcache"
        ]
    );
    assert_eq!((play.a.status(play.items[0]), play.moves()), (2, play.there_and_back(play.items[0])));
}

#[test]
fn a_backup_that_was_asked_for_and_refused_leaves_everything_as_it_is() {
    let play = servers(Guesses::default(), 2);
    play.a.billing.misbehave("billmgr.backup.create", Misbehaviour::Rubbish);
    let (report, status) = play.sync(&play.items, &["--via", "manual", "--backup"]);
    assert_eq!((status, [0, 1].map(|number| outcome(&report, number).0)), (1, ["failed", "refused"]), "{report:#}");
    assert!(outcome(&report, 0).1.contains("did not make the backup"), "{report:#}");
    assert_eq!((play.moves(), play.items.iter().map(|item| play.a.status(*item)).sum::<u64>()), (vec![], 10));
}

#[test]
fn only_what_the_seller_has_delivered_goes_another_way_and_a_wrong_way_is_no_way() {
    let play = servers(syncing(), 1);
    let item = play.items[0];
    play.a.execute(&format!("UPDATE item SET status = 3 WHERE id = {item}"));
    play.a.execute(&format!("DELETE FROM runningoperation WHERE item = {item}"));
    for way in ["module", "manual"] {
        let (report, status) = play.sync(&[item], &["--via", way, "--allow", "resume"]);
        assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
        assert!(outcome(&report, 0).1.contains(&format!("--via {way} only completes")), "{report:#}");
    }
    for wrong in [&["--via", "sql"][..], &["--assign", "1"], &["--via", "manual", "--assign", "0"]] {
        let mut arguments = vec!["sync", "16643"];
        arguments.extend(wrong);
        let output = resellguard(&play.a, &arguments);
        assert_eq!(output.status.code(), Some(64), "{wrong:?}: {output:?}");
    }
}
