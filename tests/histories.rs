//! Random histories of a panel that resells, its customers, its seller, and a second panel on the same account whose services have
//! equal ids; and repairs in between, with default settings. However the history goes, no service is worse off afterwards.
//!
//! Without processes, so that thousands are played in seconds. Of the plugin it is the link, the decision, the steps, what counts as
//! moved, and the loop of calls and reading back that are the real ones; the lists are read, and what waits for an answer is
//! remembered, by the model itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod chance;
#[path = "histories/model.rs"]
mod model;
#[path = "histories/repair.rs"]
mod repair;

use model::Model;
use repair::{Decide, History};
use resellguard::reselling::decision::{Decision, Reason, Surroundings, decide};
use resellguard::reselling::link::{Link, Linked};
use resellguard::reselling::service::LocalService;
use resellguard::reselling::status::Status;
use std::collections::BTreeMap;

const HISTORIES: u64 = 5_000;

#[test]
fn no_service_is_ever_worse_off_and_what_wrongly_waited_is_active() {
    let mut sum = BTreeMap::new();
    for seed in 1..=HISTORIES {
        match History::play(seed, decide) {
            Ok(counts) => counts.into_iter().for_each(|(what, times)| *sum.entry(what).or_insert(0) += times),
            Err(broken) => panic!("seed {seed}: {broken}"),
        }
    }
    // Histories in which nothing happens would prove nothing.
    for (what, at_least) in [
        ("repaired", 3_000),
        ("provable at the end", 500),
        ("moved between two reads", 50),
        ("moved between two calls", 10),
        ("a callback that lied", 300),
        ("an error after the change", 300),
        ("no answer", 300),
        ("equal ids", 5_000),
        ("not now", 10_000),
        ("a question", 10_000),
        ("refused", 10_000),
    ] {
        assert!(sum.get(what).is_some_and(|times| *times >= at_least), "{what}: {sum:#?}");
    }
}

/// A decision that forgets one law; how soon the histories find it.
#[test]
fn a_broken_law_is_found() {
    let broken: [(&str, Decide); 5] = [
        ("unpaid", |local, linked, around| {
            let paid = LocalService { status: Status::Processing, ..local.clone() };
            decide(if local.status == Status::Ordered { &paid } else { local }, linked, around)
        }),
        ("unpaid", |local, linked, around| {
            let marked = LocalService { autosuspend: false, ..local.clone() };
            decide(&marked, linked, around)
        }),
        ("not delivered", |local, linked, around| {
            let sure = Linked { doubt: None, corroborated: true, link: Link::RemoteId, ..linked.clone() };
            decide(local, if linked.seller.is_some() { &sure } else { linked }, around)
        }),
        ("not delivered", |local, linked, around| {
            decide(local, linked, Surroundings { others_may_read: false, ..around })
        }),
        ("resumed", |local, linked, around| match decide(local, linked, around) {
            (Decision::Ask, Reason::SuspendedHereForMoney) => (Decision::Open, Reason::ActiveAtSeller),
            decided => decided,
        }),
    ];
    for (number, (law, decide)) in broken.into_iter().enumerate() {
        let found = (1..=HISTORIES).find_map(|seed| History::play(seed, decide).err());
        let found = found.unwrap_or_else(|| panic!("the broken decision {number} was not found: {law}"));
        assert!(found.contains(law), "the broken decision {number} is to be found as '{law}', not as: {found}");
    }
}

#[test]
fn a_history_is_the_same_every_time() {
    let played = |seed| {
        let mut model = Model::new(seed);
        (0..200).for_each(|_| model.happens());
        format!("{model:?}")
    };
    assert_eq!(played(7), played(7));
    assert_ne!(played(7), played(8));
}
