//! Repairs beyond "forward" on real parts: done only when they are allowed, by exactly one call each, and told as what they did.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::{CallbackAlone, Guesses, Misbehaviour};
use lab::site::Site;
use lab::world::{Setup, World};
use serde_json::Value;
use stage::{Lost, json, lose, repair_calls};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

const ALL: &str = "suspend,resume,close,expiredate";

/// Services of A that are active on both sides. A shares its account with B, and keeps the seller's ids.
struct Play {
    world: World,
    a: Arc<Site>,
    items: Vec<u64>,
}

fn active(guesses: Guesses, count: usize) -> Play {
    let world = World::new();
    let account = world.account("resellers");
    let names: Vec<String> = (1..=count).map(|number| format!("shop{number}.example")).collect();
    let services: Vec<(&str, &str)> = names.iter().map(|name| ("vds", name.as_str())).collect();
    let Lost { a, items, .. } = lose(&world, Setup { guesses, ..Setup::default() }, &account, &services);
    let play = Play { world, a, items };
    let (report, status) = play.sync(&play.items, &[]);
    assert_eq!(status, 0, "{report:#}");
    play.a.clear_calls();
    play.world.seller().clear_calls();
    play
}

impl Play {
    fn sync(&self, items: &[u64], more: &[&str]) -> (Value, i32) {
        let words: Vec<String> = items.iter().map(ToString::to_string).collect();
        let mut arguments = vec!["sync"];
        arguments.extend(words.iter().map(String::as_str));
        arguments.extend(more);
        json(&self.a, &arguments)
    }

    /// Changes the seller's row of a service.
    fn there(&self, item: u64, set: &str) {
        let seller = self.world.seller();
        seller.execute(&format!("UPDATE item SET {set} WHERE id = {}", seller.bought_as(item)));
    }

    /// Changes the row of a service here.
    fn here(&self, item: u64, set: &str) {
        self.a.execute(&format!("UPDATE item SET {set} WHERE id = {item}"));
    }

    fn expires(&self, item: u64) -> String {
        self.a
            .row(&format!("SELECT CAST(expiredate AS CHAR) AS expiredate FROM item WHERE id = {item}"))
            .text("expiredate")
            .to_owned()
    }

    /// The calls of the plugin since the last time, without what is not theirs.
    fn calls(&self) -> Vec<String> {
        let calls = repair_calls(&self.a);
        self.a.clear_calls();
        calls
    }
}

fn outcome(report: &Value, number: usize) -> (&str, &str, &str) {
    let item = &report["items"][number];
    let text = |name: &str| item[name].as_str().unwrap();
    (text("outcome"), text("decision"), text("reason"))
}

#[test]
fn what_goes_beyond_forward_needs_its_word_and_is_exactly_one_call() {
    let play = active(Guesses::default(), 5);
    let [suspended, resumed, deleted, later, _] = play.items[..] else { panic!("five services") };
    play.there(suspended, "status = 3, abusesuspend = 'on'");
    play.here(resumed, "status = 3");
    play.there(deleted, "status = 4");
    play.there(later, "expiredate = '2039-12-31'");

    let (report, status) = play.sync(&play.items, &[]);
    assert_eq!(status, 2, "{report:#}");
    for (number, word) in [(0, "suspend"), (1, "resume"), (2, "close")] {
        let (outcome, decision, reason) = outcome(&report, number);
        assert_eq!((outcome, decision), ("refused", "ask"), "{report:#}");
        assert!(reason.contains(&format!("--allow {word}")), "{reason}");
    }
    assert_eq!((outcome(&report, 3).0, outcome(&report, 4).0), ("in_step", "in_step"));
    let (shown, status) = play.sync(&play.items, &["--dry-run", "--allow", ALL]);
    assert_eq!((status, outcome(&shown, 2).0), (0, "planned"), "{shown:#}");
    assert_eq!(play.calls(), Vec::<String>::new());

    let (report, status) = play.sync(&play.items, &["--allow", ALL]);
    assert_eq!(status, 0, "{report:#}");
    let expected = [
        (format!("service.postsuspend elid={suspended} "), "suspend", "active", "suspended"),
        (format!("service.postresume elid={resumed} "), "resume", "suspended", "active"),
        (format!("service.postclose elid={deleted} "), "close", "active", "deleted"),
        (format!("service.setexpiredate elid={later} expiredate=2039-12-31 "), "expiredate", "active", "active"),
    ];
    let calls = play.calls();
    assert_eq!(calls.len(), expected.len(), "{calls:?}");
    for (number, (call, word, before, after)) in expected.iter().enumerate() {
        assert!(calls[number].starts_with(call), "{calls:?}");
        let item = &report["items"][number];
        assert_eq!((outcome(&report, number).0, outcome(&report, number).1), ("done", *word), "{report:#}");
        assert_eq!((&item["before"]["status"], &item["after"]["status"]), (&(*before).into(), &(*after).into()));
    }
    assert_eq!(report["items"][3]["after"]["expiredate"], "2039-12-31");
    assert_eq!((outcome(&report, 4).0, outcome(&report, 4).2), ("in_step", "Both sides agree."));
    let statuses: Vec<u64> = play.items.iter().map(|item| play.a.status(*item)).collect();
    assert_eq!((statuses, play.expires(later).as_str()), (vec![3, 2, 4, 2, 2], "2039-12-31"));
    // A second time there is nothing to do; and nothing but reading reached the seller.
    let (again, status) = play.sync(&play.items, &["--allow", ALL]);
    assert_eq!((status, play.calls()), (0, Vec::new()), "{again:#}");
    for call in play.world.seller().calls() {
        assert!(matches!(
            call.function.as_str(),
            "vds" | "vds.edit" | "whoami" | "journal" | "authlog" | "service.history"
        ));
        assert!(call.params.iter().all(|(name, _)| name != "sok"), "{call:?}");
    }
    // What the seller takes back here is known to have come from there.
    play.there(suspended, "status = 2, abusesuspend = 'off'");
    assert_eq!(outcome(&play.sync(&[suspended], &[]).0, 0).1, "ask");
    assert_eq!(outcome(&play.sync(&[suspended], &["--allow", "resume"]).0, 0).0, "done");
}

/// The common product rules, and those of the two products with a state of their own.
#[test]
fn every_product_is_suspended_resumed_closed_and_prolonged_by_the_same_calls() {
    let products = ["dedic", "vhost", "domain", "certificate", "dnshost"];
    let kinds = ["a", "b", "c", "d"];
    let names: Vec<(&str, String)> = products
        .iter()
        .flat_map(|itemtype| kinds.iter().map(move |kind| (*itemtype, format!("{kind}.{itemtype}.example"))))
        .collect();
    let services: Vec<(&str, &str)> = names.iter().map(|(itemtype, name)| (*itemtype, name.as_str())).collect();
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(&world, Setup::default(), &account, &services);
    let play = Play { world, a, items };
    for (itemtype, items) in products.iter().zip(play.items.chunks(kinds.len())) {
        let (report, status) = play.sync(items, &[]);
        assert_eq!(status, 0, "{itemtype}: {report:#}");
        let [suspended, resumed, deleted, later] = items[..] else { panic!("four services") };
        play.there(suspended, "status = 3, abusesuspend = 'on'");
        play.here(resumed, "status = 3");
        play.there(deleted, "status = 4");
        play.there(later, "expiredate = '2039-12-31'");
        play.calls();
        let (report, status) = play.sync(items, &[]);
        let outcomes = [0, 1, 2, 3].map(|number| outcome(&report, number).0);
        assert_eq!((status, outcomes), (2, ["refused", "refused", "refused", "in_step"]), "{itemtype}: {report:#}");
        assert_eq!(play.calls(), Vec::<String>::new());
        let (report, status) = play.sync(items, &["--allow", ALL]);
        assert_eq!(status, 0, "{itemtype}: {report:#}");
        assert_eq!(
            play.calls(),
            [
                format!("service.postsuspend elid={suspended} sok=ok"),
                format!("service.postresume elid={resumed} sok=ok"),
                format!("service.postclose elid={deleted} sok=ok"),
                format!("service.setexpiredate elid={later} expiredate=2039-12-31 sok=ok"),
            ],
            "{itemtype}"
        );
        let statuses: Vec<u64> = items.iter().map(|item| play.a.status(*item)).collect();
        assert_eq!((statuses, play.expires(later).as_str()), (vec![3, 2, 4, 2], "2039-12-31"), "{itemtype}");
    }
    // What a product that nobody has described is called at the seller is not guessed: nothing is asked, and nothing done.
    play.there(play.items[17], "status = 3, abusesuspend = 'on'");
    for (site, name) in [(&*play.a, "gamehost"), (play.world.seller(), "gamehost")] {
        site.execute(&format!("UPDATE itemtype SET intname = '{name}' WHERE intname = 'dnshost'"));
    }
    let (report, status) = play.sync(&play.items[16..], &["--allow", ALL]);
    assert_eq!(status, 2, "{report:#}");
    for item in report["items"].as_array().unwrap() {
        assert_eq!((&item["type"], &item["outcome"]), (&"gamehost".into(), &"refused".into()), "{report:#}");
        assert!(item["reason"].as_str().unwrap().contains("the seller was not asked"), "{report:#}");
    }
    assert_eq!(play.calls(), Vec::<String>::new());
}

#[test]
fn the_laws_stand_above_every_permission() {
    let play = active(Guesses::default(), 6);
    let [debt, untold, unpaid, staff, gone, earlier] = play.items[..] else { panic!("six services") };
    play.there(debt, "status = 3, autosuspend = 'on'");
    play.there(untold, "status = 3");
    play.here(unpaid, "status = 3, autosuspend = 'on'");
    play.here(staff, "status = 3, employeesuspend = 'on'");
    let there = play.world.seller().bought_as(gone);
    play.world.seller().execute(&format!("DELETE FROM item WHERE id = {there}"));
    play.there(earlier, "expiredate = '2026-01-01'");
    let before: Vec<(u64, String)> =
        play.items.iter().map(|item| (play.a.status(*item), play.expires(*item))).collect();
    stage::configure(&play.world, &play.a, "[sync]\nallow = [\"suspend\", \"resume\", \"close\", \"expiredate\"]\n");
    let (report, status) = play.sync(&play.items, &["--allow", ALL]);
    assert_eq!(status, 2, "{report:#}");
    for (number, sentence) in [
        (0, "the money of our account there is missing"),
        (1, "does not show why"),
        (2, "Suspended here for non-payment"),
        (3, "Staff of this panel"),
        (4, "That does not mean it was closed"),
        (5, "Both sides agree"),
    ] {
        assert!(outcome(&report, number).2.contains(sentence), "{report:#}");
    }
    assert_eq!(play.calls(), Vec::<String>::new());
    let after: Vec<(u64, String)> = play.items.iter().map(|item| (play.a.status(*item), play.expires(*item))).collect();
    assert_eq!(after, before);
}

#[test]
fn the_settings_allow_in_the_panel_what_they_name() {
    let play = active(Guesses::default(), 2);
    let [suspended, deleted] = play.items[..] else { panic!("two services") };
    play.there(suspended, "status = 3, employeesuspend = 'on'");
    play.there(deleted, "status = 4");
    stage::configure(&play.world, &play.a, "[sync]\nallow = [\"suspend\"]\n");
    let elid = format!("{suspended}, {deleted}");
    let answer = play.a.try_call("resellguard.sync", &[("elid", &elid), ("sok", "ok")]);
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!((play.a.status(suspended), play.a.status(deleted)), (3, 2));
}

#[test]
fn a_word_that_is_no_permission_is_a_wrong_argument() {
    let world = World::new();
    let a = stage::reseller(&world, "a");
    stage::install(&world, &a, "");
    let output = stage::resellguard(&a, &["sync", "1", "--allow", "open"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("suspend, resume, close, expiredate"), "{said}");
}

#[test]
fn a_callback_that_does_not_do_what_it_says_is_told_and_the_others_go_on() {
    let play = active(Guesses::default(), 6);
    let other = play.items[5];
    let hangs = Misbehaviour::Hangs(Duration::from_hours(1));
    let (suspend, resume, close) = ("service.postsuspend", "service.postresume", "service.postclose");
    for (item, function, how, done, sentence) in [
        (0, suspend, Misbehaviour::OkWithoutEffect, false, "reading back does not show"),
        (1, suspend, hangs, false, "told to hang"),
        (2, resume, Misbehaviour::Rubbish, false, "no <ok/>"),
        (3, close, Misbehaviour::ErrorAfterEffect, true, "answered an error"),
        (4, "service.setexpiredate", Misbehaviour::ErrorAfterEffect, true, "answered an error"),
    ] {
        let item = play.items[item];
        match function {
            f if f == suspend => play.there(item, "status = 3, abusesuspend = 'on'"),
            f if f == resume => play.here(item, "status = 3"),
            f if f == close => play.there(item, "status = 4"),
            _ => play.there(item, "expiredate = '2039-01-01'"),
        }
        let (state, wanted) = if function == "service.setexpiredate" {
            ("status = 3, abusesuspend = 'on'", 3)
        } else {
            ("expiredate = expiredate + INTERVAL 1 MONTH", 2)
        };
        play.there(other, state);
        play.a.billing.misbehave(function, how.clone());
        let (report, status) = std::thread::scope(|scope| {
            let repair = scope.spawn(|| play.sync(&[item, other], &["--allow", ALL]));
            if matches!(how, Misbehaviour::Hangs(_)) {
                while play.a.billing.hanging() == 0 {
                    std::thread::sleep(Duration::from_millis(5));
                }
                play.a.billing.behave();
            }
            repair.join().unwrap()
        });
        play.a.billing.behave();
        let (word, _, reason) = outcome(&report, 0);
        assert_eq!((status, word), if done { (0, "done") } else { (1, "failed") }, "{function} {how:?}: {report:#}");
        assert!(reason.contains(sentence), "{function} {how:?}: {reason}");
        assert_eq!((outcome(&report, 1).0, play.a.status(other)), ("done", wanted), "{function} {how:?}: {report:#}");
        // Once the panel behaves, it is repaired; what took effect is not called again.
        let before = repair_calls(&play.a).len();
        let (again, status) = play.sync(&[item, other], &["--allow", ALL]);
        assert_eq!(status, 0, "{function} {how:?}: {again:#}");
        assert_eq!(repair_calls(&play.a).len() - before, usize::from(!done), "{function} {how:?}: {again:#}");
    }
}

#[test]
fn a_callback_whose_process_dies_is_told_and_the_others_go_on() {
    let play = active(Guesses::default(), 2);
    let [dies, lives] = play.items[..] else { panic!("two services") };
    play.there(dies, "status = 3, abusesuspend = 'on'");
    play.there(lives, "expiredate = '2039-01-01'");
    let mgrctl = play.a.root().join("sbin/mgrctl");
    let aside = play.a.root().join("sbin/mgrctl.aside");
    std::fs::rename(&mgrctl, &aside).unwrap();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *service.postsuspend*) kill -9 $$ ;; esac\nexec '{}' \"$@\"\n",
        aside.display()
    );
    std::fs::write(&mgrctl, script).unwrap();
    std::fs::set_permissions(&mgrctl, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (report, status) = play.sync(&play.items, &["--allow", ALL]);
    assert_eq!((status, outcome(&report, 0).0, outcome(&report, 1).0), (1, "failed", "done"), "{report:#}");
    assert!(outcome(&report, 0).2.contains("signal 9"), "{report:#}");
    assert_eq!((play.a.status(dies), report["items"][0]["after"]["status"].as_str()), (2, Some("active")));
    let log = std::fs::read_to_string(play.a.root().join("var/resellguard.log")).unwrap();
    let told = format!("WARNING service {dies}: failed by suspend: The call service.postsuspend failed");
    assert!(log.contains(&told), "a failure is a warning, with its reason: {log}");
    // Who asked is dead, not the panel: it may still be at it.
    std::fs::rename(&aside, &mgrctl).unwrap();
    let (report, status) = play.sync(&[dies], &["--allow", ALL]);
    assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
    assert!(outcome(&report, 0).2.contains("was not answered"), "{report:#}");
    stage::minutes_later(&play.a);
    assert_eq!(play.sync(&[dies], &["--allow", ALL]).1, 0);
    assert_eq!(play.a.status(dies), 3);
}

#[test]
fn what_the_panel_makes_of_a_callback_without_an_operation_is_seen_by_reading_back() {
    let refused = Guesses { callback_alone: CallbackAlone::Refused, ..Guesses::default() };
    let play = active(refused, 2);
    let [alone, asked] = play.items[..] else { panic!("two services") };
    for item in [alone, asked] {
        play.there(item, "status = 3, employeesuspend = 'on'");
    }
    play.a.execute(&format!("INSERT INTO runningoperation(item, intname, manual) VALUES ({asked}, 'suspend', 'on')"));
    let (report, status) = play.sync(&play.items, &["--allow", "suspend"]);
    assert_eq!((status, outcome(&report, 0).0, outcome(&report, 1).0), (1, "failed", "done"), "{report:#}");
    assert!(outcome(&report, 0).2.contains("service.postsuspend failed"), "{report:#}");
    assert!(outcome(&report, 1).2.contains("This panel asked for the suspension"), "{report:#}");
    assert_eq!((play.a.status(alone), play.a.status(asked)), (2, 3));
    assert_eq!(play.a.operations(asked), []);
}

#[test]
fn a_service_that_moves_while_another_one_is_repaired_is_left_alone() {
    let play = active(Guesses::default(), 3);
    let [first, here, there] = play.items[..] else { panic!("three services") };
    for item in [first, here, there] {
        play.there(item, "status = 3, abusesuspend = 'on'");
    }
    play.a.billing.misbehave("service.postsuspend", Misbehaviour::Hangs(Duration::from_hours(1)));
    let (report, status) = std::thread::scope(|scope| {
        let repair = scope.spawn(|| play.sync(&play.items, &["--allow", "suspend"]));
        while play.a.billing.hanging() == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        play.here(here, "status = 1");
        play.there(there, "status = 2, abusesuspend = 'off'");
        play.a.billing.behave();
        repair.join().unwrap()
    });
    assert_eq!(status, 1, "{report:#}");
    for number in [1, 2] {
        assert_eq!(outcome(&report, number).0, "refused", "{report:#}");
        assert!(outcome(&report, number).2.contains("The state changed between two reads"), "{report:#}");
    }
    assert_eq!(play.calls().len(), 1, "only the one that hung was called");
}

#[test]
fn a_list_that_is_suddenly_short_is_not_acted_on() {
    let play = active(Guesses::default(), 5);
    let waiting = play.items[0];
    play.here(waiting, "status = 5");
    play.a.execute(&format!("INSERT INTO runningoperation(item, intname, manual) VALUES ({waiting}, 'open', 'on')"));
    stage::configure(&play.world, &play.a, "[sync]\nbrake_minimum = 2\n");
    play.world.seller().billing.quirks().at_most_rows = Some(1);
    let (report, status) = play.sync(&[waiting], &[]);
    assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
    assert!(outcome(&report, 0).2.contains("list shows 1 of this product, and here 4 are settled"), "{report:#}");
    play.world.seller().billing.quirks().at_most_rows = None;
    assert_eq!(play.sync(&[waiting], &[]).1, 0);
    assert_eq!(play.calls().len(), 1);
}

#[test]
fn where_the_list_hides_the_ids_the_forms_of_the_likely_ones_are_asked() {
    let play = active(Guesses::default(), 4);
    let [waiting, foreign, ..] = play.items[..] else { panic!("four services") };
    for item in [waiting, foreign] {
        play.here(item, "status = 5, remoteid = NULL");
        play.a.execute(&format!("INSERT INTO runningoperation(item, intname, manual) VALUES ({item}, 'open', 'on')"));
    }
    play.world.seller().billing.quirks().no_remoteid_in_list = true;
    // The row of the same domain carries somebody else's id.
    play.there(foreign, "remoteid = '77'");
    play.world.seller().clear_calls();
    let (report, status) = play.sync(&[waiting, foreign], &[]);
    assert_eq!((status, outcome(&report, 0).0, outcome(&report, 1).0), (2, "done", "refused"), "{report:#}");
    assert!(outcome(&report, 1).2.contains("none carries this service's id"), "{report:#}");
    assert_eq!(play.calls().len(), 1);
    // Others differ by their domain and are not asked: one question for each, and one just before the call.
    let forms = play.world.seller().calls().into_iter().filter(|call| call.function == "vds.edit").count();
    assert_eq!(forms, 3);
}
