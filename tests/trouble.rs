//! The repair when things go wrong: callbacks that do not do what they say, a plugin that is killed, two repairs at once, a
//! disk that takes nothing. What was changed, what was not, and whether both are told as they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::{Guesses, Misbehaviour, PendingCertificate, SellerId};
use lab::site::Site;
use lab::world::{Setup, World};
use serde_json::{Value, json};
use stage::{Lost, json as ask, lose, repair_calls, resellguard, start};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// A (with the plugin) and B resell from one account; B took the events of A's services.
struct Play {
    world: World,
    a: Arc<Site>,
    b: Arc<Site>,
    items: Vec<u64>,
}

/// The services are given by type and name.
fn lost(guesses: Guesses, services: &[(&str, &str)]) -> Play {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, b, items } = lose(&world, Setup { guesses, ..Setup::default() }, &account, services);
    Play { world, a, b, items }
}

impl Play {
    /// `sync` on these services: its report and its exit status. What it says is in the journal as well.
    fn sync(&self, items: &[u64]) -> (Value, i32) {
        let words = words(items);
        let mut arguments = vec!["sync"];
        arguments.extend(words.iter().map(String::as_str));
        let (report, status) = ask(&self.a, &arguments);
        self.journal_says_the_same(&report);
        (report, status)
    }

    fn journal_says_the_same(&self, report: &Value) {
        let Some(run) = report["run"].as_str() else { return };
        let (journal, _) = ask(&self.a, &["journal", run]);
        // Every service that was asked for, whether something was called for it or not.
        let all: Vec<Value> = report["items"].as_array().unwrap().iter().map(told).collect();
        let kept: Vec<Value> = journal["runs"][0]["items"].as_array().unwrap().iter().map(told).collect();
        assert_eq!(kept, all, "{journal:#}");
    }

    /// Functions that the plugin called for this service, in order.
    fn calls(&self, item: u64) -> Vec<String> {
        let about = format!(" elid={item} ");
        let calls = repair_calls(&self.a).into_iter().filter(|call| call.contains(&about));
        calls.map(|call| call.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until a call hangs, and calls `meanwhile` in the middle of it.
    fn in_the_middle<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
        while self.a.billing.hanging() == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let done = meanwhile();
        self.a.billing.behave();
        while self.a.billing.hanging() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        done
    }

    /// Starts a repair of one service, and kills it while `function` hangs.
    fn killed_in(&self, function: &str, item: u64) {
        self.a.billing.misbehave(function, Misbehaviour::Hangs(Duration::from_hours(1)));
        let mut plugin = start(&self.a, &["sync", &item.to_string()]);
        self.in_the_middle(|| {
            plugin.kill().unwrap();
            plugin.wait().unwrap();
        });
    }

    /// Right after it was killed nobody knows whether the panel is still at the call, so nothing is called again; then minutes
    /// pass (in the journal, which keeps when the call was made).
    fn not_now_and_then_minutes_later(&self, item: u64) {
        let calls = self.calls(item);
        let (report, status) = self.sync(&[item]);
        assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
        assert!(outcome(&report, 0).1.contains("was not answered"), "{report:#}");
        assert_eq!(self.interrupted(item)["outcome"], Value::Null, "not settled yet");
        assert_eq!(self.calls(item), calls);
        self.verifies();
        stage::minutes_later(&self.a);
        self.verifies();
    }

    /// The chain of the journal holds.
    fn verifies(&self) {
        let (verified, status) = ask(&self.a, &["journal", "--verify"]);
        assert_eq!((status, verified["intact"].as_bool()), (0, Some(true)), "{verified:#}");
    }

    /// The service in the oldest run that touched it: what a killed run left.
    fn interrupted(&self, item: u64) -> Value {
        let (journal, _) = ask(&self.a, &["journal", &item.to_string()]);
        let runs = journal["runs"].as_array().unwrap();
        runs.last().unwrap()["items"][0].clone()
    }

    /// What a certificate service looks like once it is repaired, without what is its own.
    fn certificate(&self, item: u64) -> (u64, Option<String>, String, bool, usize) {
        let row = self.a.row(&format!(
            "SELECT CAST(i.expiredate AS CHAR) AS expiredate, COALESCE(c.crt, '') AS crt FROM item i
             LEFT JOIN certificate c ON c.item = i.id WHERE i.id = {item}"
        ));
        let bought = self.world.seller().bought_as(item);
        let there = self.world.seller().row(&format!("SELECT crt FROM certificate WHERE item = {bought}"));
        (
            self.a.status(item),
            self.a.param(item, "service_status"),
            row.text("expiredate").to_owned(),
            row.text("crt").trim() == there.text("crt").trim(),
            self.a.operations(item).len(),
        )
    }
}

/// What a report and the journal both tell about a service.
fn told(item: &Value) -> Value {
    let steps = item["steps"].as_array().unwrap().iter();
    let steps: Vec<Value> = steps.map(|step| json!({"call": step["call"], "params": step["params"]})).collect();
    json!({"item": item["item"], "outcome": item["outcome"], "before": item["before"], "after": item["after"], "steps": steps})
}

fn words(items: &[u64]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// Outcome and reason of the nth service of a report.
fn outcome(report: &Value, number: usize) -> (&str, &str) {
    let item = &report["items"][number];
    (item["outcome"].as_str().unwrap(), item["reason"].as_str().unwrap())
}

#[test]
fn a_callback_that_does_not_do_what_it_says_is_reported_as_what_it_did() {
    let play = lost(
        Guesses::default(),
        &[
            ("vds", "v1.example"),
            ("vhost", "h1.example"),
            ("vds", "v2.example"),
            ("vhost", "h2.example"),
            ("vds", "v3.example"),
            ("vhost", "h3.example"),
            ("vds", "v4.example"),
            ("vhost", "h4.example"),
        ],
    );
    let hangs = Misbehaviour::Hangs(Duration::from_hours(1));
    for (pair, how, status, word, sentence, answer) in [
        (0, Misbehaviour::OkWithoutEffect, 1, "failed", "reading back does not show the wanted state", "ok"),
        (1, Misbehaviour::ErrorAfterEffect, 0, "done", "answered an error", "told to answer an error"),
        (2, hangs, 1, "failed", "told to hang", "told to hang"),
        (3, Misbehaviour::Rubbish, 1, "failed", "no <ok/>", "no <ok/>"),
    ] {
        let items = &play.items[pair * 2..pair * 2 + 2];
        let waits = matches!(how, Misbehaviour::Hangs(_));
        play.a.billing.misbehave("vds.open", how.clone());
        let (report, ended) = std::thread::scope(|scope| {
            let repair = scope.spawn(|| play.sync(items));
            if waits {
                play.in_the_middle(|| ());
            }
            repair.join().unwrap()
        });
        play.a.billing.behave();
        let (first, reason) = outcome(&report, 0);
        assert_eq!((ended, first), (status, word), "{how:?}: {report:#}");
        assert!(reason.contains(sentence), "{how:?}: {reason}");
        assert_eq!(outcome(&report, 1).0, "done", "the other service goes on: {how:?}");
        let [there, other] = [play.a.status(items[0]), play.a.status(items[1])];
        assert_eq!((there == 2, other), (word == "done", 2), "{how:?}");
        let (journal, _) = ask(&play.a, &["journal", report["run"].as_str().unwrap()]);
        let kept = journal["runs"][0]["items"][0]["steps"][0]["answer"].as_str().unwrap().to_owned();
        assert!(kept.contains(answer), "{how:?}: {kept}");
        // Once the panel behaves, the service is repaired, or in step; nothing else is called.
        let (again, ended) = play.sync(items);
        assert_eq!(ended, 0, "{again:#}");
        assert_eq!(play.calls(items[0]).len(), if word == "done" { 1 } else { 2 }, "{how:?}");
        assert_eq!(play.calls(items[1]).len(), 1, "{how:?}");
    }
}

#[test]
fn a_request_of_the_panel_ends_before_its_patience_and_says_what_is_left() {
    let play = lost(Guesses::default(), &[("vds", "v1.example"), ("vds", "v2.example")]);
    play.a.billing.misbehave("vds.open", Misbehaviour::Hangs(Duration::from_hours(1)));
    let elid = format!("{}, {}", play.items[0], play.items[1]);
    let answer = play.a.try_call("resellguard.sync", &[("elid", &elid), ("sok", "ok")]).unwrap();
    play.a.billing.behave();
    let said = |number: usize| {
        let row = &answer.child("list").unwrap().children[number];
        (row.text_of("outcome").to_owned(), row.text_of("reason").to_owned())
    };
    assert!(said(0).0 == "failed" && said(0).1.contains("no answer in time"), "{:?}", said(0));
    assert!(said(1).0 == "refused" && said(1).1.contains("does not wait so long"), "{:?}", said(1));
    assert_eq!(play.calls(play.items[1]), Vec::<String>::new());
    assert_eq!(play.sync(&play.items[1..]).1, 0);
}

#[test]
fn a_certificate_goes_no_further_than_what_reading_back_shows() {
    let names = ["c0.example", "c1.example", "c2.example", "c3.example"].map(|name| ("certificate", name));
    let play = lost(Guesses::default(), &names);
    let whole = ["certificate.save", "service.setstatus", "service.setexpiredate", "certificate.open"];
    assert_eq!(play.sync(&play.items[..1]).1, 0);
    let undisturbed = play.certificate(play.items[0]);
    for (item, function, how, calls, then) in [
        (play.items[1], "certificate.save", Misbehaviour::OkWithoutEffect, &whole[..1], &whole[..]),
        (play.items[2], "service.setexpiredate", Misbehaviour::OkWithoutEffect, &whole[..3], &whole[2..]),
        (play.items[3], "service.setstatus", Misbehaviour::ErrorAfterEffect, &whole[..], &[][..]),
    ] {
        let complete = calls == whole;
        play.a.billing.misbehave(function, how);
        let (report, status) = play.sync(&[item]);
        play.a.billing.behave();
        let (word, reason) = outcome(&report, 0);
        assert_eq!((status, word), if complete { (0, "done") } else { (1, "failed") }, "{function}: {report:#}");
        let sentence = if complete { "answered an error" } else { "reading back does not show" };
        assert!(reason.contains(sentence), "{function}: {reason}");
        assert_eq!(play.calls(item), calls, "{function}");
        assert_eq!(play.sync(&[item]).1, 0);
        assert_eq!(play.calls(item)[calls.len()..], *then, "{function}");
        assert_eq!(play.certificate(item), undisturbed, "{function}");
    }
}

#[test]
fn a_killed_repair_is_settled_and_finished_by_the_next_one() {
    let play = lost(
        Guesses::default(),
        &[
            ("vds", "v1.example"),
            ("vds", "v2.example"),
            ("certificate", "c0.example"),
            ("certificate", "c1.example"),
            ("certificate", "c2.example"),
        ],
    );
    let [lost_call, late_call, c0, c1, c2] = play.items[..] else { panic!("five services") };

    play.killed_in("vds.open", lost_call);
    assert_eq!(play.interrupted(lost_call)["outcome"], Value::Null, "the intention stands without an outcome");
    play.not_now_and_then_minutes_later(lost_call);
    let (report, status) = play.sync(&[lost_call]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!(
        (report["settled"][0]["item"].as_u64(), report["settled"][0]["outcome"].as_str()),
        (Some(lost_call), Some("failed"))
    );
    let left = play.interrupted(lost_call);
    assert_eq!((left["outcome"].as_str(), &left["steps"][0]["answer"]), (Some("failed"), &Value::Null), "{left:#}");
    assert_eq!(play.a.status(lost_call), 2);

    // The call takes effect although nobody waits for its answer any more.
    play.killed_in("vds.open", late_call);
    play.a.call("vds.open", &[("elid", &late_call.to_string()), ("sok", "ok")]);
    let (report, status) = play.sync(&[late_call]);
    assert_eq!((status, outcome(&report, 0).0), (0, "in_step"), "{report:#}");
    assert_eq!(report["settled"][0]["outcome"], "done", "{report:#}");
    assert_eq!(play.interrupted(late_call)["outcome"], "done");
    assert_eq!(play.calls(late_call), ["vds.open"], "what took effect is not called again");

    assert_eq!(play.sync(&[c0]).1, 0);
    let undisturbed = play.certificate(c0);
    for (item, function, calls) in [
        (c1, "certificate.save", &["certificate.save"][..]),
        (c2, "service.setexpiredate", &["certificate.save", "service.setstatus", "service.setexpiredate"][..]),
    ] {
        play.killed_in(function, item);
        assert_eq!(play.calls(item), calls);
        play.not_now_and_then_minutes_later(item);
        let (report, status) = play.sync(&[item]);
        assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
        assert_eq!(play.interrupted(item)["outcome"], "failed");
        assert_eq!(play.certificate(item), undisturbed, "{function}");
        // Only the call that had no effect is made twice.
        let all = play.calls(item);
        let twice: Vec<&String> =
            all.iter().filter(|call| all.iter().filter(|other| other == call).count() > 1).collect();
        assert_eq!(twice, [function, function], "{all:?}");
    }

    // A service that is gone has an end in the journal too.
    play.a.execute(&format!("UPDATE item SET status = 5 WHERE id = {c1}"));
    play.a.execute(&format!("UPDATE itemparam SET value = '4' WHERE item = {c1} AND intname = 'service_status'"));
    play.killed_in("service.setstatus", c1);
    play.a.execute(&format!("DELETE FROM item WHERE id = {c1}"));
    assert_eq!(play.sync(&[c0]).1, 0);
    let (journal, _) = ask(&play.a, &["journal"]);
    assert_eq!(journal["runs"][0]["items"][0]["outcome"], "failed", "{journal:#}");
}

#[test]
fn a_repair_killed_before_the_expiry_of_an_active_certificate_is_not_taken_for_finished() {
    let guesses = Guesses { pending_certificate: PendingCertificate::AlreadyActive, ..Guesses::default() };
    let play = lost(guesses, &[("certificate", "c0.example"), ("certificate", "c1.example")]);
    assert_eq!(play.sync(&play.items[..1]).1, 0);
    play.killed_in("service.setexpiredate", play.items[1]);
    play.not_now_and_then_minutes_later(play.items[1]);
    let (report, status) = play.sync(&play.items[1..]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!(play.certificate(play.items[1]), play.certificate(play.items[0]));
}

#[test]
fn of_two_repairs_at_once_one_works_and_the_other_says_who_does() {
    let play = lost(Guesses::default(), &[("vhost", "h1.example"), ("vds", "v1.example")]);
    play.a.billing.misbehave("vds.open", Misbehaviour::Hangs(Duration::from_hours(1)));
    let words = words(&play.items);
    let arguments = ["sync", &words[0], &words[1], "--format", "json"];
    let first = start(&play.a, &arguments);
    let process = first.id();
    let (second, as_json, stuck, russian) = play.in_the_middle(|| {
        (
            resellguard(&play.a, &arguments[..3]),
            ask(&play.a, &arguments[..3]),
            resellguard(&play.a, &["sync", "--stuck"]),
            stage::said(&play.a, "ru_RU.UTF-8", &["sync", "--stuck"]),
        )
    });
    let held = format!("исправление уже идёт: shell user first, процесс {process}, с 20");
    assert!(russian.contains(&held) && !russian.contains("another"), "{russian}");
    for refused in [&second, &stuck] {
        let text = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{text}");
        let held = format!("another repair is running: shell user first, process {process}, since 20");
        assert!(text.contains(&held) && text.contains("Nothing was changed"), "{text}");
    }
    assert_eq!((as_json.1, as_json.0["error"]["kind"].as_str()), (1, Some("locked")), "{:#}", as_json.0);
    let first = first.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&first.stdout).unwrap();
    play.journal_says_the_same(&report);
    assert_eq!((outcome(&report, 0).0, outcome(&report, 1).0), ("done", "failed"), "{report:#}");
    assert_eq!([play.calls(play.items[0]), play.calls(play.items[1])], [["vhost.open"], ["vds.open"]]);
    // The lock went with its holder.
    assert_eq!(play.sync(&play.items).1, 0);
    assert_eq!(play.calls(play.items[0]).len(), 1);
}

#[test]
fn a_database_that_was_gone_for_a_moment_is_connected_to_again() {
    let services = ["v1.example", "v2.example", "v3.example", "v4.example"].map(|name| ("vds", name));
    let play = lost(Guesses::default(), &services);
    let words = words(&play.items);
    let [before, after] = [&words[..2], &words[2..]].map(|two| ["sync", &two[0], &two[1], "--format", "json"]);
    let report = |started: Child| -> Value {
        let output = started.wait_with_output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    };

    play.a.billing.misbehave("vds.open", Misbehaviour::HangsAfterEffect(Duration::from_hours(1)));
    let repair = start(&play.a, &before);
    play.in_the_middle(|| play.a.database.restart());
    let said = report(repair);
    assert_eq!([outcome(&said, 0).0, outcome(&said, 1).0], ["done", "done"], "{said:#}");
    assert_eq!([play.calls(play.items[0]), play.calls(play.items[1])], [["vds.open"], ["vds.open"]]);

    // It stays away: each service says so, and what it is that does not answer.
    play.a.billing.misbehave("vds.open", Misbehaviour::HangsAfterEffect(Duration::from_hours(1)));
    let repair = start(&play.a, &after);
    play.in_the_middle(|| play.a.database.stop());
    let said = report(repair);
    for place in [0, 1] {
        let (word, reason) = outcome(&said, place);
        assert!(word == "failed" && reason.contains("the panel's database"), "{said:#}");
    }
    play.a.database.restart();
    assert_eq!([play.calls(play.items[2]).len(), play.calls(play.items[3]).len()], [1, 0]);
    assert_eq!(play.sync(&play.items).1, 0);
    play.verifies();
}

#[test]
fn what_cannot_be_written_down_is_not_done() {
    let play = lost(Guesses::default(), &[("vds", "v1.example"), ("certificate", "c1.example")]);
    let a = &play.a;
    let (state, aside) = (a.root().join("var/resellguard"), a.root().join("var/aside"));
    let journal = state.join("journal.db");
    let words = words(&play.items);
    let arguments = ["sync", &words[0], &words[1]];
    let refused = |what: &str, output: &Output| {
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        assert!(text.contains("Nothing was changed"), "{what}: {text}");
        assert_eq!(repair_calls(a), Vec::<String>::new(), "{what}");
        assert_eq!((a.status(play.items[0]), a.status(play.items[1])), (5, 5), "{what}");
    };

    std::fs::rename(&state, &aside).unwrap();
    std::fs::write(&state, "a file in its place").unwrap();
    refused("a file in the directory's place", &resellguard(a, &arguments));
    std::fs::remove_file(&state).unwrap();

    std::fs::create_dir(&state).unwrap();
    std::fs::write(&journal, "rubbish ".repeat(1000)).unwrap();
    refused("rubbish", &resellguard(a, &arguments));
    std::fs::remove_file(&journal).unwrap();
    std::fs::create_dir(&journal).unwrap();
    refused("a directory in the journal's place", &resellguard(a, &arguments));
    std::fs::remove_dir(&journal).unwrap();
    std::fs::remove_file(state.join("sync.lock")).unwrap();
    std::fs::create_dir(state.join("sync.lock")).unwrap();
    refused("a directory in the lock's place", &resellguard(a, &arguments));
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::rename(&aside, &state).unwrap();

    // A disk that takes nothing more: files of this process may not grow.
    let full = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(a.root().join("addon/resellguard"))
        .args(arguments)
        .env("RESELLGUARD_ROOT", a.root())
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    refused("a full disk", &full);

    // The disk is full from the second call on: the first was made, and nobody says otherwise.
    let database = rusqlite::Connection::open(&journal).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.kind = 'call' AND NEW.body LIKE '%service.setstatus%'
             BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .unwrap();
    let (report, status) = play.sync(&play.items);
    assert_eq!((status, outcome(&report, 0).0), (1, "done"), "{report:#}");
    let (word, reason) = outcome(&report, 1);
    assert_eq!(word, "failed");
    assert!(reason.contains("disk is full") && !reason.contains("nothing was called"), "{reason}");
    assert_eq!(report["items"][1]["after"]["certificate_stored"], true, "{report:#}");
    assert_eq!(play.calls(play.items[1]), ["certificate.save"]);
    database.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(play.sync(&play.items).1, 0);
    assert_eq!(play.calls(play.items[1]).len(), 4);
}

#[test]
fn what_must_not_be_touched_is_refused_with_its_reason_and_without_a_call() {
    let guesses = Guesses { seller_id: SellerId::Nowhere, ..Guesses::default() };
    let names = ["v1.example", "v2.example", "v3.example", "v4.example", "v5.example"].map(|name| ("vds", name));
    let play = lost(guesses, &names);
    let a = &play.a;
    let [unpaid, suspended, busy, nameless, good] = play.items[..] else { panic!("five services") };
    // B buys from the account too: its service is foreign to A.
    let foreign = play.b.order("vds", "b.example");
    play.world.seller().activate(foreign);
    let (checked, status) = ask(a, &["check"]);
    assert_eq!((status, checked["accounts"][0]["verdict"].as_str()), (2, Some("shared")), "{checked:#}");

    a.execute(&format!("UPDATE item SET status = 1 WHERE id = {unpaid}"));
    a.execute(&format!("DELETE FROM runningoperation WHERE item = {unpaid}"));
    a.execute(&format!("UPDATE item SET status = 3, autosuspend = 'on' WHERE id = {suspended}"));
    a.execute(&format!("DELETE FROM runningoperation WHERE item = {suspended}"));
    a.execute(&format!("INSERT INTO runningoperation(item, intname, manual) VALUES ({busy}, 'setparam', 'on')"));
    a.execute(&format!("DELETE FROM itemparam WHERE item = {nameless} AND intname = 'domain'"));
    for (item, decision, sentence) in [
        (unpaid, "refuse", "An unpaid order is never opened."),
        (suspended, "ask", "Suspended here for non-payment"),
        (busy, "wait", "Another operation is running on the service: 'setparam'"),
        (nameless, "refuse", "only the id speaks for the link"),
    ] {
        let (report, status) = play.sync(&[item]);
        let (word, reason) = outcome(&report, 0);
        assert_eq!(
            (status, word, report["items"][0]["decision"].as_str()),
            (2, "refused", Some(decision)),
            "{report:#}"
        );
        assert!(reason.contains(sentence), "{reason}");
        assert_eq!(report["items"][0]["steps"], json!([]));
    }
    let stop = a.root().join("etc/billmgr.DoNothing");
    std::fs::write(&stop, "").unwrap();
    let (report, status) = play.sync(&[good]);
    assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
    assert!(outcome(&report, 0).1.contains("etc/billmgr.DoNothing exists"), "{report:#}");
    assert_eq!(repair_calls(a), Vec::<String>::new());
    let (journal, _) = ask(a, &["journal"]);
    assert_eq!(journal["runs"], json!([]), "nothing was intended either");
    std::fs::remove_file(stop).unwrap();
    // All of them together do not keep the good one back.
    let (report, status) = play.sync(&play.items);
    let outcomes: Vec<&str> = (0..5).map(|number| outcome(&report, number).0).collect();
    assert_eq!((status, outcomes), (2, vec!["refused", "refused", "refused", "refused", "done"]), "{report:#}");
    assert_eq!([play.calls(good).len(), repair_calls(a).len()], [1, 1]);
}
