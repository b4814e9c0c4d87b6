//! Panels that take turns at one account, an hour of five-minute ticks: how many events are lost before the verdict says so.
//! The figures are printed: `cargo test --test poll_order -- --nocapture`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::site::Site;
use lab::world::World;
use stage::{checkevent, install, json};
use std::sync::Arc;

const TICKS: u64 = 12;

/// When the verdict first was at least `likely`, and `shared`: the tick, and how many events had been lost by then.
#[derive(Debug, Default, PartialEq)]
struct Told {
    likely: Option<(u64, u64)>,
    shared: Option<(u64, u64)>,
}

/// Panel A has the plugin, every other panel a module on the account; in the first of them it is switched off.
struct Play {
    world: World,
    a: Arc<Site>,
    others: Vec<Arc<Site>>,
}

impl Play {
    fn new(others: &[&str]) -> Self {
        let world = World::new();
        let a = stage::reseller(&world, "a");
        let account = world.account("resellers");
        world.connect(&a, &account, &["vds"]);
        let others: Vec<_> = others.iter().map(|name| world.reseller(name)).collect();
        for (number, other) in others.iter().enumerate() {
            let modules = world.connect(other, &account, &["vds"]);
            other.switch_module(modules[0], number > 0);
        }
        install(&world, &a, "");
        Self { world, a, others }
    }

    /// Minutes pass: what the plugin and its panel have noted becomes as much older.
    fn pass(&self, seconds: u64) {
        let journal = rusqlite::Connection::open(self.a.root().join("var/resellguard/journal.db")).unwrap();
        let by = seconds * 1000;
        journal
            .execute_batch(&format!(
                "UPDATE poll SET begun = begun - {by}, ended = ended - {by}; UPDATE watched SET since = since - {by};
                 UPDATE active_since SET at = at - {by}; UPDATE waiting SET since = since - {by}"
            ))
            .unwrap();
        self.a.execute(&format!("UPDATE runningoperation SET createdate = createdate - INTERVAL {seconds} SECOND"));
    }

    fn verdict(&self) -> String {
        json(&self.a, &["check"]).0["accounts"][0]["verdict"].as_str().unwrap().to_owned()
    }

    /// An hour. At every tick A asks first and the others in turn; `taken_by` says whom the event meets that is born after A's
    /// turn, if one is.
    fn hour(&self, taken_by: impl Fn(u64) -> Option<usize>) -> Told {
        let (mut told, mut lost) = (Told::default(), 0);
        for tick in 0..TICKS {
            // One service is delivered in time for A, at every other tick.
            let arrives = (tick % 2 == 1).then(|| self.a.order("vds", &format!("kept{tick}.example")));
            if let Some(item) = arrives {
                self.world.seller().activate(item);
            }
            checkevent(&self.a);
            assert!(arrives.is_none_or(|item| self.a.status(item) == 2), "the event of tick {tick} met A");
            let verdict = self.verdict();
            if matches!(verdict.as_str(), "likely" | "shared") {
                told.likely.get_or_insert((tick, lost));
            }
            if verdict == "shared" {
                told.shared.get_or_insert((tick, lost));
            }
            let mut late = None;
            for (number, other) in self.others.iter().enumerate() {
                if taken_by(tick) == Some(number) {
                    let item = self.a.order("vds", &format!("lost{tick}.example"));
                    self.world.seller().activate(item);
                    late = Some(item);
                }
                other.checkevent();
            }
            self.pass(300);
            if let Some(item) = late {
                lost += 1;
                assert_eq!(self.a.status(item), 5, "the event of tick {tick} met another panel");
            }
        }
        told
    }
}

/// Counted in lost events; a tick is five minutes.
fn print(who: &str, told: &Told) {
    let figure = |at: Option<(u64, u64)>| {
        at.map_or("never".to_owned(), |(tick, lost)| format!("after {lost} lost (minute {})", tick * 5))
    };
    println!("{who}: likely {}, shared {}", figure(told.likely), figure(told.shared));
}

#[test]
fn two_panels_in_turn_the_first_lost_event_makes_likely_and_the_second_shared() {
    let play = Play::new(&["b"]);
    let told = play.hour(|tick| (tick % 4 == 0).then_some(0));
    print("A-B-A-B, B's module switched off", &told);
    assert_eq!(told, Told { likely: Some((4, 1)), shared: Some((8, 2)) });
}

#[test]
fn three_panels_in_turn_the_first_lost_event_makes_likely_and_the_second_shared() {
    let play = Play::new(&["b", "c"]);
    let told = play.hour(|tick| (tick % 4 == 0).then_some(usize::from(tick % 8 == 0)));
    print("A-B-C, B's module switched off", &told);
    assert_eq!(told, Told { likely: Some((4, 1)), shared: Some((8, 2)) });
}

#[test]
fn events_lost_at_every_tick_are_told_when_the_first_two_are_old_enough() {
    let play = Play::new(&["b"]);
    let told = play.hour(|_| Some(0));
    print("A-B-A-B, one event lost at every tick", &told);
    // Each has to be seen delivered, and then to wait for a quarter of an hour: more are lost meanwhile.
    assert_eq!(told, Told { likely: Some((4, 4)), shared: Some((5, 5)) });
}

#[test]
fn one_order_of_another_panel_makes_shared_before_any_event_is_lost() {
    let play = Play::new(&["b", "c"]);
    play.a.order("vds", "one.example");
    checkevent(&play.a);
    assert_eq!(play.verdict(), "exclusive", "nothing has happened yet");
    play.others[1].order("vds", "other.example");
    checkevent(&play.a);
    assert_eq!(play.verdict(), "shared");
    print("A-B-C, one order of C", &Told { likely: Some((0, 0)), shared: Some((0, 0)) });
}
