//! The module put back: by the run itself when it fails, by the next run when it was killed, and never over somebody else's choice.

use crate::play::{kill, outcome, servers};
use crate::stage::{self, repair_calls, start};
use lab::billing::guesses::{Guesses, Misbehaviour};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;

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
    // Nor is it promised for the next run: from when on, is said, in both languages and of the service itself, too.
    let (report, _) = play.sync(&[other, late], &[]);
    let said = format!("its task; a sync puts it back to module {} from ", play.own);
    for reason in [report["settled"][0]["reason"].as_str().unwrap(), outcome(&report, 1).1] {
        assert!(reason.contains("still on the manual module") && reason.contains(&said), "{report:#}");
        assert!(!reason.contains("the next sync"), "{report:#}");
    }
    let russian = stage::said(&play.a, "ru_RU.UTF-8", &["sync", &late.to_string(), "--dry-run"]);
    assert!(russian.contains("sync вернёт её на модуль") && !russian.contains("следующий запуск"), "{russian}");
    assert_eq!(play.module(late), play.manual);
    stage::minutes_later(&play.a);
    let (report, status) = play.sync(&[late], &["--via", "manual"]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!((play.module(late), play.a.status(late)), (play.own, 2));
    assert_eq!(play.moves()[2..], [play.there_and_back(late), play.there_and_back(late)].concat());
}

#[test]
fn a_run_that_is_ended_by_hand_finishes_its_service_and_begins_no_other() {
    let play = servers(Guesses::default(), 4);
    let [first, second, third, other] = play.items[..] else { panic!("four services") };
    for (signal, begun) in [("-INT", first), ("-TERM", second), ("-HUP", third)] {
        play.a.billing.misbehave("tool.clearcache", Misbehaviour::HangsAfterEffect(Duration::from_hours(1)));
        let words = [begun, other].map(|item| item.to_string());
        let plugin = start(&play.a, &["sync", &words[0], &words[1], "--via", "manual", "--format", "json"]);
        while play.a.billing.hanging() == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(play.module(begun), play.manual);
        assert!(Command::new("kill").args([signal, &plugin.id().to_string()]).status().unwrap().success());
        play.a.billing.behave();
        let output = plugin.wait_with_output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((outcome(&report, 0).0, outcome(&report, 1).0), ("done", "refused"), "{signal}: {report:#}");
        assert!(outcome(&report, 1).1.contains("the run was ended"), "{report:#}");
        assert_eq!(output.status.code(), Some(2), "{signal}");
        assert_eq!((play.module(begun), play.a.status(begun), play.a.status(other)), (play.own, 2, 5), "{signal}");
    }
    let (report, status) = play.sync(&[other], &[]);
    assert_eq!((status, outcome(&report, 0).0, report["settled"][0].is_null()), (0, "done", true), "{report:#}");
    let moves: Vec<_> = [first, second, third].into_iter().flat_map(|item| play.there_and_back(item)).collect();
    assert_eq!(play.moves(), moves);
}

#[test]
fn a_run_that_is_ended_during_the_backup_begins_no_service() {
    for way in ["callbacks", "manual"] {
        let play = servers(Guesses::default(), 2);
        let words = play.items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let arguments = ["sync", &words[0], &words[1], "--via", way, "--backup", "--format", "json"];
        let output = play.hanging_at(&arguments, "billmgr.backup.create", |plugin| {
            assert!(Command::new("kill").args(["-INT", &plugin.id().to_string()]).status().unwrap().success());
            play.a.billing.behave();
            plugin.wait_with_output().unwrap()
        });
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        for number in [0, 1] {
            let (word, reason) = outcome(&report, number);
            assert_eq!((word, reason.contains("the run was ended")), ("refused", true), "{way}: {report:#}");
        }
        assert_eq!(output.status.code(), Some(2), "{way}");
        let (journal, _) = stage::json(&play.a, &["journal", report["run"].as_str().unwrap()]);
        let kept = journal["runs"][0]["items"].as_array().unwrap();
        assert_eq!(
            kept.iter().map(|entry| entry["outcome"].clone()).collect::<Vec<_>>(),
            ["refused"; 2],
            "{journal:#}"
        );
        let deeds: Vec<String> = repair_calls(&play.a)
            .into_iter()
            .filter(|call| call.contains("sok=ok") && !call.contains("backup"))
            .collect();
        assert_eq!((deeds, play.moves()), (vec![], vec![]), "{way}");
        assert_eq!(play.items.iter().map(|item| play.a.status(*item)).sum::<u64>(), 10, "{way}");
    }
}

#[test]
fn a_run_lists_every_service_that_was_asked_for_and_takes_back_only_what_it_touched() {
    let play = servers(Guesses::default(), 3);
    let [repaired, marked, step] = play.items[..] else { panic!("three services") };
    assert_eq!(play.sync(&[step], &[]).1, 0);
    play.a.execute(&format!("UPDATE item SET abusesuspend = 'on' WHERE id = {marked}"));
    let elid = play.items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let output = play.a.mgrctl(&["-o", "xml", "resellguard.sync", &format!("elid={elid}"), "sok=ok"]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let run = shown.split("resellguard.journal&amp;elid=").nth(1).and_then(|rest| rest.split('<').next());
    let run = run.unwrap_or_else(|| panic!("{shown}"));

    // Where the panel leads after it, and on the command line.
    let page = play.a.call("resellguard.journal", &[("elid", run)]).to_string();
    let (journal, _) = stage::json(&play.a, &["journal", run]);
    let kept = journal["runs"][0]["items"].as_array().unwrap();
    let came: Vec<_> = kept.iter().map(|entry| (entry["item"].as_u64(), entry["outcome"].as_str())).collect();
    let wanted = [(repaired, "done"), (marked, "refused"), (step, "in_step")];
    assert_eq!(came, wanted.map(|(item, word)| (Some(item), Some(word))), "{journal:#}");
    assert!(page.contains(&format!("{run}.{marked}")) && page.contains("a person has to say"), "{page}");
    let text = stage::said(&play.a, "C.UTF-8", &["journal", &marked.to_string()]);
    assert!(text.contains("not changed") && text.contains("a person has to say"), "{text}");

    let (undo, _) = stage::json(&play.a, &["undo", run, "--dry-run"]);
    let items = undo["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["item"].as_u64()).collect::<Vec<_>>(), [Some(repaired)], "{undo:#}");
}

#[test]
fn a_signal_that_the_caller_ignores_stays_ignored() {
    let play = servers(Guesses::default(), 2);
    play.a.billing.misbehave("vds.open", Misbehaviour::HangsAfterEffect(Duration::from_hours(1)));
    let words = [0, 1].map(|place: usize| play.items[place].to_string());
    let plugin = Command::new("nohup")
        .arg(play.a.root().join("addon/resellguard"))
        .args(["sync", &words[0], &words[1], "--format", "json"])
        .env("RESELLGUARD_ROOT", play.a.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while play.a.billing.hanging() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-HUP", &plugin.id().to_string()]).status().unwrap().success());
    play.a.billing.behave();
    let output = plugin.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((outcome(&report, 0).0, outcome(&report, 1).0), ("done", "done"), "{report:#}");
}

#[test]
fn the_second_signal_ends_a_run_at_once() {
    let play = servers(Guesses::default(), 1);
    let item = play.items[0];
    play.hanging(item, "tool.clearcache", |mut plugin| {
        while plugin.try_wait().unwrap().is_none() {
            let _ = Command::new("kill").args(["-INT", &plugin.id().to_string()]).status();
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(play.module(item), play.manual);
    let (report, status) = play.sync(&[item], &[]);
    assert_eq!((status, outcome(&report, 0).0, play.module(item)), (0, "done", play.own), "{report:#}");
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
fn what_was_put_back_is_said_although_the_rest_fails() {
    let play = servers(Guesses::default(), 4);
    let [text, full, page, stale] = play.items[..] else { panic!("four services") };
    let back =
        |item: u64| format!("{item}: An interrupted repair had left the service on the manual module; it is on module");
    let left = |item: u64| {
        play.hanging(item, "tool.clearcache", kill);
        assert_eq!(play.module(item), play.manual, "the scene is a service left on the manual module");
    };

    left(text);
    let output = stage::resellguard(&play.a, &["sync", "99999999"]);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), play.module(text)), (Some(1), play.own), "{out}{err}");
    assert!(out.starts_with("From an interrupted run:") && out.contains("it is on module"), "{out}");
    assert!(err.contains("no such service on this panel: 99999999") && err.contains(&back(text)), "{err}");
    assert!(err.contains("After that nothing was done.") && !err.contains("Nothing was changed"), "{err}");

    left(full);
    let journal = rusqlite::Connection::open(play.a.root().join("var/resellguard/journal.db")).unwrap();
    journal
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.kind = 'run'
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .unwrap();
    let (report, status) = play.sync(&[text], &[]);
    journal.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(
        (status, report["error"]["kind"].as_str(), play.module(full)),
        (1, Some("state"), play.own),
        "{report:#}"
    );
    let settled = &report["settled"][0];
    assert_eq!((settled["item"].as_u64(), settled["outcome"].as_str()), (Some(full), Some("done")), "{report:#}");

    // The page: an error, a plan that is not the one that was shown, and nothing else to do.
    let sent = |elid: String, token: &str| {
        let output = play.a.mgrctl(&["-o", "xml", "resellguard.sync", &format!("elid={elid}"), token, "sok=ok"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for (item, elid, said) in
        [(page, "99999999".to_owned(), "no such service"), (stale, text.to_string(), "not the plan that was shown")]
    {
        left(item);
        let shown = sent(elid, "token=x");
        assert!(shown.contains("<error") && shown.contains(&back(item)) && shown.contains(said), "{shown}");
        assert!(!shown.contains("Nothing was changed"), "{shown}");
    }
    assert_eq!(play.sync(&[text], &[]).1, 0);
    left(page);
    let shown = sent(text.to_string(), "lang=en");
    assert!(
        shown.contains("func=resellguard.journal<") && shown.contains("it is on module") && !shown.contains("<error"),
        "{shown}"
    );
}

#[test]
fn a_service_left_on_the_manual_module_is_seen_and_explained_everywhere() {
    let play = servers(Guesses::default(), 2);
    let item = play.items[0];
    play.hanging(item, "tool.clearcache", kill);
    assert_eq!(play.module(item), play.manual, "the scene is a service left on the manual module");
    let word = item.to_string();
    let english =
        format!("still on the manual module and gets no events; the next sync puts it back to module {}", play.own);
    let russian =
        format!("ещё на ручном модуле и не получает событий; следующий запуск sync вернёт её на модуль {}", play.own);
    for (arguments, status) in [
        (&["drift"][..], 2),
        (&["drift", "--all"], 2),
        (&["drift", &word], 2),
        (&["sync", "--stuck", "--dry-run"], 2),
        (&["explain", &word], 0),
        (&["check"], 1),
    ] {
        for (locale, said) in [("C.UTF-8", &english), ("ru_RU.UTF-8", &russian)] {
            let output = Command::new(play.a.root().join("addon/resellguard"))
                .args(arguments)
                .env("RESELLGUARD_ROOT", play.a.root())
                .env("LANG", locale)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(text.contains(said), "{arguments:?}: {text}");
            assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
        }
    }
    let (checked, _) = stage::json(&play.a, &["check"]);
    assert_eq!(checked["accounts"][0]["waiting"], serde_json::json!(play.items), "{checked:#}");
    let (explained, _) = stage::json(&play.a, &["explain", &word]);
    assert_eq!(explained["conclusion"]["kind"], "on_manual_module", "{explained:#}");
    assert_eq!(explained["plan"]["decision"], "wait", "{explained:#}");
    let (doctor, _) = stage::json(&play.a, &["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    let manual = checks.iter().find(|check| check["name"] == "manual_module").unwrap();
    assert!(manual["status"] == "warning" && manual["detail"].as_str().unwrap().contains(&english), "{manual:#}");
    for page in [play.a.call("resellguard.drift", &[]), play.a.call("resellguard.sync", &[("elid", &word)])] {
        assert!(page.to_string().contains(&english), "{page}");
    }
    assert_eq!(play.moves().len(), 1, "nothing of this has moved it");

    let (report, status) = play.sync(&[item], &[]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    let (doctor, _) = stage::json(&play.a, &["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "manual_module" && check["status"] == "ok"), "{doctor:#}");
}

#[test]
fn a_disk_that_fills_on_the_way_does_not_leave_the_service_on_the_manual_module() {
    let play = servers(Guesses::default(), 2);
    let [first, other] = play.items[..] else { panic!("two services") };
    play.sync(&[other], &["--dry-run"]);
    let journal = rusqlite::Connection::open(play.a.root().join("var/resellguard/journal.db")).unwrap();
    journal
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON record
             WHEN EXISTS (SELECT 1 FROM record WHERE kind = 'call' AND body LIKE '%sql.switch_module%')
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .unwrap();
    let (report, status) = play.sync(&[first], &["--via", "manual"]);
    journal.execute_batch("DROP TRIGGER full").unwrap();
    let (word, reason) = outcome(&report, 0);
    assert_eq!((status, word, play.module(first)), (1, "failed", play.own), "{report:#}");
    assert_eq!((play.moves(), play.a.status(first)), (play.there_and_back(first), 5));
    let said = format!(
        "disk is full. The service is on module {} again all the same; that could not be written down",
        play.own
    );
    assert!(reason.contains(&said), "{reason}");
    assert_eq!(repair_calls(&play.a).last().map(String::as_str), Some("tool.clearcache table=item sok=ok"));
    let log = std::fs::read_to_string(play.a.root().join("var/resellguard.log")).unwrap();
    assert!(
        log.contains(&format!("that service {first} is on module {} again was not written down", play.own)),
        "{log}"
    );

    // The next run finds it where it belongs, writes that down, and moves nothing.
    let (report, status) = play.sync(&[first], &[]);
    assert_eq!((status, outcome(&report, 0).0, play.moves().len()), (0, "done", 2), "{report:#}");
    let (doctor, _) = stage::json(&play.a, &["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "manual_module" && check["status"] == "ok"), "{doctor:#}");
}
