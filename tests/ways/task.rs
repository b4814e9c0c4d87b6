//! By the manual module's task: which calls and which SQL there are, and what is refused.

use crate::play::{lost, outcome, root_of, servers, syncing};
use crate::stage::{self, json, repair_calls, resellguard};
use lab::billing::guesses::{Guesses, Misbehaviour, PendingCertificate};
use mysql::prelude::Queryable;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

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
    assert_eq!(json(&play.a, &["journal", run]).0["runs"][0]["via"], "manual");
    let told = resellguard(&play.a, &["journal", run]);
    assert!(String::from_utf8(told.stdout).unwrap().contains("(--via manual)"));
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
        assert_eq!(calls, [format!("task.edit elid={}", play.task(item))], "only the form was read");
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
fn a_task_is_not_assigned_to_somebody_who_is_no_employee() {
    let play = servers(Guesses::default(), 1);
    let item = play.items[0];
    let customer = play.a.row("SELECT MAX(id) AS id FROM user WHERE level < 28").text("id").to_owned();
    for nobody in [customer.as_str(), "999999"] {
        let (report, status) = play.sync(&[item], &["--via", "manual", "--assign", nobody]);
        assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
        assert!(outcome(&report, 0).1.contains(&format!("no employee {nobody}")), "{report:#}");
    }
    assert_eq!((play.moves(), play.a.status(item), repair_calls(&play.a).len()), (vec![], 5, 0));
    let performer = play.a.row(&format!("SELECT performer FROM task WHERE item = {item}"));
    assert_eq!(performer.text("performer"), "");
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
