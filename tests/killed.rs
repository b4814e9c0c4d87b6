//! A repair that is killed at every step of its way, each time with a service of its own, and the run after it.
//!
//! The steps are found by walking, not listed: as many as an undisturbed repair of the same kind writes records and makes calls. The
//! plugin is killed before each record is written (so after whatever came before it), and in each call, before the panel has begun
//! with it and after the panel is done with it. Then the final state is the undisturbed one, what took effect was not called again,
//! and the journal is whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::{Guesses, Misbehaviour, PendingCertificate};
use lab::site::Site;
use lab::world::{Setup, World};
use rusqlite::Connection;
use serde_json::Value;
use stage::{Lost, json, lose, repair_calls, start};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A with the plugin, and B that takes the events of A's services.
struct Play {
    world: World,
    a: Arc<Site>,
    b: Arc<Site>,
    ordered: Cell<usize>,
}

/// What is out of step, and what it takes to mend it.
struct Fault {
    itemtype: &'static str,
    /// Active on both sides before.
    active: bool,
    /// `SET` of the row here and there.
    here: &'static str,
    there: &'static str,
    /// A domain's own state there.
    state: Option<u8>,
    options: &'static [&'static str],
}

const LOST: Fault = Fault { itemtype: "vds", active: false, here: "", there: "", state: None, options: &[] };
const SETTLED: Fault = Fault { active: true, ..LOST };

/// Where a repair is killed.
#[derive(Clone, Debug)]
enum Point {
    /// Before its nth record is on the disk.
    Record(usize),
    /// In its nth call of that function, before the panel has begun with it.
    Begun(String, usize),
    /// The same when the panel is done with it, before it has answered.
    Ended(String, usize),
}

fn play(guesses: Guesses) -> Play {
    let world = World::new();
    let account = world.account("resellers");
    let services = ["vds", "domain", "certificate"].map(|itemtype| (itemtype, "first.example"));
    let Lost { a, b, .. } = lose(&world, Setup { guesses, ..Setup::default() }, &account, &services);
    Play { world, a, b, ordered: Cell::new(0) }
}

impl Play {
    /// A new service with this fault.
    fn out_of_step(&self, fault: &Fault) -> u64 {
        self.ordered.set(self.ordered.get() + 1);
        let item = self.a.order(fault.itemtype, &format!("s{}.example", self.ordered.get()));
        let seller = self.world.seller();
        seller.activate(item);
        self.b.checkevent();
        if fault.active {
            self.a.call(&format!("{}.open", fault.itemtype), &[("elid", &item.to_string()), ("sok", "ok")]);
        }
        let there = seller.bought_as(item);
        if let Some(state) = fault.state {
            seller.call("service.setstatus", &[("elid", &there.to_string()), ("service_status", &state.to_string())]);
        }
        for (site, set, id) in [(&*self.a, fault.here, item), (seller, fault.there, there)] {
            if !set.is_empty() {
                site.execute(&format!("UPDATE item SET {set} WHERE id = {id}"));
            }
        }
        self.a.clear_calls();
        seller.clear_calls();
        item
    }

    fn arguments(item: u64, fault: &Fault) -> Vec<String> {
        let mut arguments = vec!["sync".to_owned(), item.to_string()];
        arguments.extend(fault.options.iter().map(|option| (*option).to_owned()));
        arguments
    }

    fn sync(&self, item: u64, fault: &Fault) -> (Value, i32) {
        let arguments = Self::arguments(item, fault);
        json(&self.a, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Everything of a service here that a repair may touch, without what is its own.
    fn state(&self, item: u64) -> String {
        let row = self.a.row(&format!(
            "SELECT CONCAT_WS(' ', i.status, i.expiredate, i.autosuspend, i.employeesuspend, i.abusesuspend,
             COALESCE(i.lastpricelist, '-'), i.processingmodule, COALESCE(i.suspenddate, '-'), COALESCE(i.deletedate, '-'),
             COALESCE(i.opendate, '-'),
             (SELECT GROUP_CONCAT(intname, IF(intname = 'service_status', value, '') ORDER BY intname) FROM itemparam
              WHERE item = i.id),
             (SELECT COUNT(*) FROM runningoperation WHERE item = i.id),
             (SELECT COUNT(*) FROM task WHERE item = i.id AND status <> 2),
             (SELECT COUNT(*) FROM ip WHERE item = i.id)) AS state FROM item i WHERE i.id = {item}"
        ));
        let stored = |site: &Site, id| {
            let rows = site.rows(&format!("SELECT COALESCE(crt, '') AS crt FROM certificate WHERE item = {id}"));
            rows.first().map(|row| row.text("crt").trim().to_owned()).unwrap_or_default()
        };
        let same = stored(&self.a, item) == stored(self.world.seller(), self.world.seller().bought_as(item));
        format!("{} {same}", row.text("state"))
    }

    fn journal(&self) -> Connection {
        Connection::open(self.a.root().join("var/resellguard/journal.db")).unwrap()
    }

    fn records(&self) -> usize {
        let count: u32 = self.journal().query_row("SELECT COUNT(*) FROM record", [], |row| row.get(0)).unwrap();
        count as usize
    }

    fn verifies(&self, at: &dyn std::fmt::Debug) {
        let (verified, status) = json(&self.a, &["journal", "--verify"]);
        assert_eq!((status, verified["intact"].as_bool()), (0, Some(true)), "{at:?}: {verified:#}");
    }

    /// Repairs the service, and kills the repair at that point.
    fn killed_at(&self, point: &Point, item: u64, fault: &Fault) {
        let arguments = Self::arguments(item, fault);
        let begin = || start(&self.a, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        match point {
            Point::Record(number) => self.killed_before_record(*number, begin),
            Point::Begun(function, nth) => {
                self.killed_in(function, *nth, Misbehaviour::Hangs(Duration::from_hours(1)), begin);
            }
            Point::Ended(function, nth) => {
                self.killed_in(function, *nth, Misbehaviour::HangsAfterEffect(Duration::from_hours(1)), begin);
            }
        }
    }

    fn killed_in(&self, function: &str, nth: usize, how: Misbehaviour, begin: impl FnOnce() -> Child) {
        self.a.billing.misbehave_from(nth, function, how);
        let mut plugin = begin();
        wait(&mut plugin, || self.a.billing.hanging() > 0);
        kill(plugin);
        self.a.billing.behave();
        while self.a.billing.hanging() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The record's own transaction does not end: a trigger counts for ever in it.
    fn killed_before_record(&self, number: usize, begin: impl FnOnce() -> Child) {
        let journal = self.journal();
        journal.busy_timeout(Duration::ZERO).unwrap();
        let there = self.records();
        let many = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|name| format!("sqlite_master {name}"));
        let endless = format!("SELECT COUNT(*) FROM {} WHERE a.name || j.name = ''", many.join(", "));
        let halt = format!(
            "CREATE TRIGGER halt BEFORE INSERT ON record WHEN NEW.id = {} BEGIN {endless}; END",
            there + number
        );
        journal.execute_batch(&halt).unwrap();
        let mut plugin = begin();
        // Every other write is over at once.
        let mut since = None;
        wait(&mut plugin, || {
            let busy = journal.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err();
            since = if busy { since.or_else(|| Some(Instant::now())) } else { None };
            since.is_some_and(|since: Instant| since.elapsed() > Duration::from_millis(150))
                && self.records() == there + number - 1
        });
        kill(plugin);
        journal.busy_timeout(Duration::from_secs(5)).unwrap();
        journal.execute_batch("DROP TRIGGER halt").unwrap();
    }

    /// Walks one kind of fault; returns how many points there were.
    fn walk(&self, fault: &Fault) -> usize {
        let undisturbed = self.out_of_step(fault);
        let before = self.records();
        let (report, status) = self.sync(undisturbed, fault);
        assert_eq!((status, report["items"][0]["outcome"].as_str()), (0, Some("done")), "{report:#}");
        let wanted = self.state(undisturbed);
        let calls = self.changes();
        let mut points: Vec<Point> = (1..=self.records() - before).map(Point::Record).collect();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for call in &calls {
            let nth = seen.entry(call).and_modify(|nth| *nth += 1).or_insert(1);
            points.extend([Point::Begun(call.clone(), *nth), Point::Ended(call.clone(), *nth)]);
        }
        for point in &points {
            let item = self.out_of_step(fault);
            self.killed_at(point, item, fault);
            self.verifies(point);
            let report = self.run_again(point, item, fault);
            assert_eq!(self.state(item), wanted, "{point:?}: {report:#}");
            // Only what had no effect is called a second time.
            let mut expected = calls.clone();
            if let Point::Begun(function, nth) = point {
                let places = calls.iter().enumerate().filter(|(_, call)| *call == function);
                let place = places.map(|(place, _)| place).nth(nth - 1).unwrap();
                expected.insert(place, function.clone());
            }
            assert_eq!(self.changes(), expected, "{point:?}: {report:#}");
            self.verifies(point);
            self.every_intention_has_an_end(point);
        }
        points.len()
    }

    /// Runs until the service is settled. As long as the panel may still be at a call that was not answered, nothing is called.
    fn run_again(&self, point: &Point, item: u64, fault: &Fault) -> Value {
        let calls = self.changes();
        let (report, status) = self.sync(item, fault);
        let (mut report, mut status) = (report, status);
        if report["items"][0]["reason"].as_str().unwrap().contains("was not answered") {
            assert_eq!((status, report["items"][0]["outcome"].as_str()), (2, Some("refused")), "{point:?}: {report:#}");
            assert_eq!(self.changes(), calls, "{point:?}");
            stage::minutes_later(&self.a);
            (report, status) = self.sync(item, fault);
        }
        let outcome = report["items"][0]["outcome"].as_str().unwrap();
        assert_eq!((status, matches!(outcome, "done" | "in_step")), (0, true), "{point:?}: {report:#}");
        assert_eq!(self.sync(item, fault).0["items"][0]["outcome"], "in_step", "{point:?}");
        // Nothing but reading has reached the seller.
        for call in self.world.seller().calls() {
            assert!(call.params.iter().all(|(name, _)| name != "sok"), "{point:?}: {call:?}");
        }
        report
    }

    /// The functions that changed this panel, in order.
    fn changes(&self) -> Vec<String> {
        let calls = repair_calls(&self.a).into_iter().filter(|call| call.contains("sok=ok"));
        calls.map(|call| call.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    fn every_intention_has_an_end(&self, point: &Point) {
        let open: u32 = self
            .journal()
            .query_row(
                "SELECT COUNT(*) FROM record AS intention WHERE kind = 'intention' AND NOT EXISTS
                 (SELECT 1 FROM record WHERE parent = intention.id AND kind = 'outcome')",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(open, 0, "{point:?}");
    }
}

fn wait(plugin: &mut Child, mut there: impl FnMut() -> bool) {
    while !there() {
        let ended = plugin.try_wait().unwrap();
        assert!(ended.is_none(), "the repair has ended before it could be killed: {ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn kill(mut plugin: Child) {
    plugin.kill().unwrap();
    plugin.wait().unwrap();
}

#[test]
fn a_forward_repair_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let play = play(Guesses::default());
    assert_eq!(play.walk(&LOST), 5 + 2);
    let domain = Fault { itemtype: "domain", there: "expiredate = '2039-12-31'", state: Some(2), ..LOST };
    assert_eq!(play.walk(&domain), 9 + 6);
}

#[test]
fn a_certificate_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let play = play(Guesses::default());
    assert_eq!(play.walk(&Fault { itemtype: "certificate", ..LOST }), 11 + 8);
}

#[test]
fn an_active_certificate_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let play = play(Guesses { pending_certificate: PendingCertificate::AlreadyActive, ..Guesses::default() });
    assert_eq!(play.walk(&Fault { itemtype: "certificate", ..LOST }), 9 + 6);
}

#[test]
fn a_repair_beyond_forward_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let play = play(Guesses::default());
    for fault in [
        Fault { there: "status = 3, abusesuspend = 'on'", options: &["--allow", "suspend"], ..SETTLED },
        Fault { here: "status = 3", options: &["--allow", "resume"], ..SETTLED },
        Fault { there: "status = 4", options: &["--allow", "close"], ..SETTLED },
        Fault { there: "expiredate = '2039-12-31'", options: &["--allow", "expiredate"], ..SETTLED },
    ] {
        assert_eq!(play.walk(&fault), 5 + 2, "{:?}", fault.options);
    }
}
