//! A repair that is killed at every step of its way, each time with a service of its own, and the run after it.
//!
//! The steps are found by walking, not listed: as many as an undisturbed repair of the same kind writes records and makes calls. The
//! plugin is killed before each record is written (so after whatever came before it), in each call, before the panel has begun
//! with it and after the panel is done with it, the same in the module's program, and in each change by SQL. Then the final state is
//! the undisturbed one, what took effect was not called again, the module is put back, and the journal is whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "killed/play.rs"]
mod play;
#[path = "killed/point.rs"]
mod point;
mod stage;

use lab::billing::guesses::{Guesses, PendingCertificate};
use play::{Fault, LOST, Play, SETTLED, play};
use point::Point;
use serde_json::Value;

/// An undisturbed repair.
struct Undisturbed {
    state: String,
    /// The functions that changed something, without what only empties the panel's memory.
    deeds: Vec<String>,
    given: usize,
    moves: Vec<(u64, u64)>,
    points: Vec<Point>,
}

impl Play {
    fn undisturbed(&self, fault: &Fault) -> Undisturbed {
        let item = self.out_of_step(fault, 1)[0];
        self.clear();
        let before = self.records();
        let (report, status) = self.sync(&[item], fault);
        assert_eq!((status, report["items"][0]["outcome"].as_str()), (0, Some("done")), "{report:#}");
        let mut points: Vec<Point> = (1..=self.records() - before).map(Point::Record).collect();
        let mut deed = 0;
        for change in self.changes() {
            let (function, nth) = (change.function, change.nth);
            points.push(Point::Begun { function: function.clone(), nth, deed });
            deed += usize::from(counts(&function));
            points.push(Point::Ended { function, nth });
        }
        if self.given() > 0 {
            points.extend([Point::ProgramBegun, Point::ProgramEnded]);
        }
        points.extend(fault.changes.iter().copied().map(Point::Row));
        let (state, deeds) = (self.state(item), self.deeds());
        Undisturbed { state, deeds, given: self.given(), moves: self.moves(item), points }
    }

    fn deeds(&self) -> Vec<String> {
        self.changes().into_iter().map(|change| change.function).filter(|function| counts(function)).collect()
    }

    /// Walks one kind of fault; returns how many points there were.
    fn walk(&self, fault: &Fault) -> usize {
        let wanted = self.undisturbed(fault);
        let items = self.out_of_step(fault, wanted.points.len());
        for (point, item) in wanted.points.iter().zip(&items) {
            self.clear();
            self.killed_at(point, *item, || self.start(*item, fault));
            self.verifies(point);
            self.is_finished(&[point], *item, fault, &wanted);
        }
        self.stays(&items, fault);
        wanted.points.len()
    }

    /// The next run ends where an undisturbed one does, and repeats nothing that took effect.
    fn is_finished(&self, killed: &[&Point], item: u64, fault: &Fault, wanted: &Undisturbed) {
        let report = self.run_again(killed, item, fault);
        assert_eq!(self.state(item), wanted.state, "{killed:?}: {report:#}");
        // Only what had no effect is called a second time.
        let (mut deeds, mut given) = (wanted.deeds.clone(), wanted.given);
        for point in killed {
            match point {
                Point::Begun { function, deed, .. } if counts(function) => deeds.insert(*deed, function.clone()),
                Point::ProgramBegun => given += 1,
                _ => {}
            }
        }
        assert_eq!((self.deeds(), self.given()), (deeds, given), "{killed:?}: {report:#}");
        // To the other module and back, once more where the run was killed in between.
        let moves = self.moves(item);
        let rounds = if wanted.moves.is_empty() { 0 } else { moves.len() / wanted.moves.len() };
        assert!(rounds <= killed.len() + 1, "{killed:?}: {moves:?}");
        assert_eq!(moves, wanted.moves.repeat(rounds), "{killed:?}: {report:#}");
        self.verifies(&killed);
        self.all_is_settled(&killed);
    }

    /// Runs until the service is settled. As long as the panel may still be at a call that was not answered, nothing is called.
    fn run_again(&self, killed: &[&Point], item: u64, fault: &Fault) -> Value {
        let before = (self.deeds(), self.given(), self.moves(item));
        let (mut report, mut status) = self.sync(&[item], fault);
        let reason = report["items"][0]["reason"].as_str().unwrap();
        if reason.contains("was not answered") || reason.contains("still on the manual module") {
            assert_eq!(
                (status, report["items"][0]["outcome"].as_str()),
                (2, Some("refused")),
                "{killed:?}: {report:#}"
            );
            assert_eq!((self.deeds(), self.given(), self.moves(item)), before, "{killed:?}");
            stage::minutes_later(&self.a);
            (report, status) = self.sync(&[item], fault);
        }
        let outcome = report["items"][0]["outcome"].as_str().unwrap();
        assert_eq!((status, matches!(outcome, "done" | "in_step")), (0, true), "{killed:?}: {report:#}");
        // Nothing but reading has reached the seller.
        for call in self.world.seller().calls() {
            assert!(call.params.iter().all(|(name, _)| name != "sok"), "{killed:?}: {call:?}");
        }
        report
    }

    /// Of all of them nothing is left to do, and nothing is done.
    fn stays(&self, items: &[u64], fault: &Fault) {
        self.clear();
        let (report, status) = self.sync(items, fault);
        let outcomes: Vec<_> = report["items"].as_array().unwrap().iter().map(|item| item["outcome"].clone()).collect();
        assert_eq!((status, outcomes), (0, vec![Value::from("in_step"); items.len()]), "{report:#}");
        assert_eq!(
            (self.changes().len(), self.given(), report["settled"].clone()),
            (0, 0, Value::Array(Vec::new())),
            "{report:#}"
        );
    }
}

/// What is emptied once more than needed is no harm.
fn counts(function: &str) -> bool {
    function != "tool.clearcache"
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

#[test]
fn a_repair_by_the_module_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let play = play(Guesses { sync_item: true, ..Guesses::default() });
    assert_eq!(play.walk(&Fault { options: &["--via", "module"], ..LOST }), 5 + 2);
}

/// The panel sees a change by SQL only when its memory was emptied, and ends no task that nobody has taken.
fn by_hand() -> Play {
    play(Guesses {
        caches_items: true,
        task_needs_performer: true,
        pending_certificate: PendingCertificate::OperationWaits,
        ..Guesses::default()
    })
}

/// The form is read, the task assigned, the task ended.
const BY_TASK: Fault = Fault { options: &["--via", "manual", "--assign", "1"], changes: &[1, 3], ..LOST };

#[test]
fn a_repair_by_the_task_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let play = by_hand();
    assert_eq!(play.walk(&BY_TASK), 15 + 8 + 2);
}

#[test]
fn a_certificate_by_the_task_that_is_killed_anywhere_is_finished_by_the_next_run() {
    let play = by_hand();
    assert_eq!(play.walk(&Fault { itemtype: "certificate", changes: &[], ..BY_TASK }), 21 + 14);
}

#[test]
fn a_run_that_is_killed_while_it_puts_the_module_back_is_finished_by_the_next_one() {
    let play = by_hand();
    let wanted = play.undisturbed(&BY_TASK);
    let first = Point::Begun { function: "tool.clearcache".to_owned(), nth: 1, deed: 0 };
    let forgets = |nth| {
        [
            Point::Begun { function: "tool.clearcache".to_owned(), nth, deed: 0 },
            Point::Ended { function: "tool.clearcache".to_owned(), nth },
        ]
    };
    // Until its own run is begun: the change and its answer, the emptying and its answer, the outcome of what was killed.
    let points: Vec<Point> = (1..=6).map(Point::Record).chain(forgets(1)).collect();
    let items = play.out_of_step(&BY_TASK, points.len());
    for (point, item) in points.iter().zip(&items) {
        play.clear();
        play.killed_at(&first, *item, || play.start(*item, &BY_TASK));
        assert_eq!(play.moves(*item), wanted.moves[..1], "left on the manual module");
        play.killed_at(point, *item, || play.start(*item, &BY_TASK));
        play.verifies(point);
        play.is_finished(&[&first, point], *item, &BY_TASK, &wanted);
    }
    play.stays(&items, &BY_TASK);
}
