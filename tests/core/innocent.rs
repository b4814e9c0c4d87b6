//! Hundreds of random histories in which nobody shares the account: never more than `possible`. And the same histories with a
//! second panel in them, so that the test is known to be able to fail.

use super::chance::Random;
use super::history::{History, Manner};
use resellguard::reselling::verdict::{Severity, Verdict};
use std::collections::BTreeMap;

const HISTORIES: u64 = 200;
/// With a second panel fewer are enough.
const GUILTY: u64 = 60;
const STEPS: usize = 30;

/// The other panel on the account.
#[derive(Clone, Copy, PartialEq)]
enum Other {
    None,
    /// Its module is switched off and sells nothing; its `checkevent` still asks.
    OnlyAsks,
    Orders,
}

/// Plays one history; `judged` sees every check.
fn play(seed: u64, other: Other, mut judged: impl FnMut(&mut History)) -> History {
    // The generator needs a few steps to forget how alike two seeds are.
    let mut random = Random::seeded(seed);
    for _ in 0..8 {
        random.below(2);
    }
    let manner = Manner::draw(&mut random);
    let mut history = History::new(manner);
    history.order(&mut random, false);
    for _ in 0..STEPS {
        match random.below(28) {
            0..=3 => history.order(&mut random, false),
            4..=8 => history.deliver(&mut random),
            9 => history.order(&mut random, true),
            10 => history.order_by_hand(),
            11 | 26 => history.import(&mut random),
            12 => history.delete(&mut random),
            13 => history.change(&mut random),
            14 => history.issue_again(&mut random),
            15 => history.suspend(&mut random),
            16 => history.move_by_hand(&mut random),
            17 => history.meet(&mut random),
            18 => history.toggle(&mut random),
            19 | 20 => history.renew(&mut random),
            21 => history.clean(),
            22 | 23 if other == Other::None => history.break_a_poll(),
            24 => history.delete_foreign(&mut random),
            25 if other == Other::None => history.switch_module(),
            _ if other == Other::Orders => history.order_elsewhere(),
            _ => {}
        }
        // Somebody runs a check between two polls.
        history.pass(random.of(&[1, 2, 4]), |_| {});
        judged(&mut history);
        if other != Other::None && random.one_in(2) {
            history.steal();
        }
        let minutes = random.of(&[5, 6, 10, 17, 45, 60 * 7, 60 * 24 * 3]);
        let every = random.of(&[1, 3, 6]);
        let mut polls = 0;
        history.pass(minutes, |history| {
            polls += 1;
            if polls % every == 0 {
                judged(history);
            }
        });
    }
    history.calm();
    if other == Other::Orders {
        // Where the history was cleaned, an order of that day may be older than what it tells.
        history.pass(60 * 24 * 3, |_| {});
        history.order_elsewhere();
    }
    for _ in 0..12 {
        history.pass(5, &mut judged);
        judged(&mut history);
    }
    history
}

#[test]
fn hundreds_of_random_innocent_histories_are_never_more_than_possible() {
    let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut alarms = Vec::new();
    for seed in 1..=HISTORIES {
        let mut alarm = None;
        let history = play(seed, Other::None, |history| {
            let (verdict, rule, found) = history.check();
            *verdicts.entry(verdict).or_default() += 1;
            if verdict > Verdict::Possible && alarm.is_none() {
                let critical: Vec<_> = found.into_iter().filter(|one| one.severity == Severity::Critical).collect();
                alarm = Some(format!("{verdict} by {rule:?}: {critical:#?}"));
            }
        });
        alarms.extend(alarm.map(|alarm| format!("seed {seed}: {alarm}\n{:?}", history.manner)));
    }
    println!("{HISTORIES} innocent histories, their checks: {verdicts:?}");
    assert!(alarms.is_empty(), "{} of {HISTORIES}:\n{}", alarms.len(), alarms[..alarms.len().min(3)].join("\n"));
    // Histories in which nothing is ever odd would prove little.
    assert!(
        [Verdict::Exclusive, Verdict::Unknown, Verdict::Possible]
            .iter()
            .all(|one| verdicts.get(one).is_some_and(|times| *times > 100)),
        "{verdicts:?}"
    );
}

#[test]
fn with_a_second_panel_the_same_histories_are_likely_and_shared() {
    for (other, name) in [(Other::OnlyAsks, "only asks for events"), (Other::Orders, "orders, too")] {
        let (mut shown, mut lost, mut late) = (0, 0, Vec::new());
        for seed in 1..=GUILTY {
            let mut verdict = Verdict::Exclusive;
            let history = play(seed, other, |history| verdict = history.check().0);
            if history.manner.hides_ids {
                continue;
            }
            shown += 1;
            let expected = match (other, history.stuck()) {
                (Other::Orders, _) | (_, 2..) => Verdict::Shared,
                (_, 1) => Verdict::Likely,
                _ => continue,
            };
            lost += 1;
            if verdict < expected {
                late.push(format!("seed {seed}: {verdict}, expected {expected}; {:?}", history.manner));
            }
        }
        println!(
            "a second panel that {name}: {shown} histories with ids, {lost} with a loss, {} not found",
            late.len()
        );
        assert!(lost > 30, "only {lost} histories lost something");
        assert!(late.is_empty(), "{} of {lost}:\n{}", late.len(), late[..late.len().min(5)].join("\n"));
    }
}
