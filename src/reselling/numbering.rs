//! Whether the ids that a buyer's services carry were given out by one panel or by two.
//!
//! A panel numbers its services upwards, so on the seller's side its ids rise with the order of the purchases. The rule: the ids
//! fall into a low and a high range with a gap between them that is at least three times as wide as any gap within a range; both
//! ranges have at least three services and rise by themselves; and at least three times, on three days that lie a week apart at
//! least, a low id came after a high one. Old orders sent late, imports, a panel that was set up anew or jumped in its numbers do
//! not look so; two panels whose numbers run through each other are not found. A false alarm is worse than a late one.

use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};

const LEAST: usize = 3;
const WIDER: u64 = 3;
/// A gap narrower than this is none: orders overtake each other.
const GAP: u64 = 100;
const RETURNS: usize = 3;
/// Days between the first return and the last.
const SPAN: i32 = 7;

/// A service that somebody resells.
#[derive(Clone, Debug)]
pub struct Bought {
    /// The id here; it rises with the purchases.
    pub id: u64,
    pub itemtype: String,
    pub remoteid: String,
    pub created: Option<Date>,
    pub deleted: bool,
}

/// Two panels' numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    pub low: (u64, u64),
    pub high: (u64, u64),
    pub returns: usize,
}

/// `None` when one panel can have numbered them. `bought` is in the order of the ids here.
pub fn ranges(bought: &[Bought]) -> Option<Ranges> {
    let mut seen = BTreeSet::new();
    let ids: Vec<(u64, Option<Date>)> = bought
        .iter()
        .filter_map(|one| Some((number(&one.remoteid)?, one.created)))
        .filter(|(id, _)| seen.insert(*id))
        .collect();
    let sorted: Vec<u64> = seen.into_iter().collect();
    let gaps: Vec<u64> = sorted.iter().zip(sorted.iter().skip(1)).map(|(one, next)| next - one).collect();
    let (at, gap) = gaps.iter().copied().enumerate().max_by_key(|(_, gap)| *gap)?;
    let inner = gaps.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, gap)| *gap).max()?;
    let (low, high) = sorted.split_at_checked(at + 1)?;
    if low.len() < LEAST || high.len() < LEAST || gap < GAP || gap < inner.saturating_mul(WIDER) {
        return None;
    }
    let (lowest, last_low, first_high, highest) = (*low.first()?, *low.last()?, *high.first()?, *high.last()?);
    let rises = |range: &dyn Fn(u64) -> bool| {
        let own: Vec<u64> = ids.iter().map(|(id, _)| *id).filter(|id| range(*id)).collect();
        own.is_sorted()
    };
    if !rises(&|id| id <= last_low) || !rises(&|id| id >= first_high) {
        return None;
    }
    let returns = returns(ids.iter().map(|(id, day)| (*id <= last_low, *day)));
    enough(&returns).then_some(Ranges { low: (lowest, last_low), high: (first_high, highest), returns: returns.len() })
}

/// How often ids of a WHMCS (`l123`, `a123`: facts/billmanager 1.4) and of a panel came in turns; 0 when it is no more than a change
/// from one to the other.
pub fn whmcs_beside_a_panel(bought: &[Bought]) -> usize {
    let whmcs = |text: &str| text.strip_prefix(['l', 'a']).and_then(number).is_some();
    let kinds = bought.iter().filter(|one| whmcs(&one.remoteid) || number(&one.remoteid).is_some());
    let returns = returns(kinds.map(|one| (whmcs(&one.remoteid), one.created)));
    if enough(&returns) { returns.len() } else { 0 }
}

/// Ids that several live services of one product carry, with those services.
pub fn collisions(bought: &[Bought]) -> Vec<(String, Vec<u64>)> {
    let mut carried: HashMap<(&str, &str), Vec<u64>> = HashMap::new();
    for one in bought.iter().filter(|one| !one.deleted) {
        carried.entry((&one.itemtype, &one.remoteid)).or_default().push(one.id);
    }
    let mut found: Vec<(String, Vec<u64>)> = carried
        .into_iter()
        .filter(|(_, services)| services.len() > 1)
        .map(|((_, remoteid), services)| (remoteid.to_owned(), services))
        .collect();
    found.sort_unstable();
    found
}

/// The days on which the first kind came after the second.
fn returns(kinds: impl Iterator<Item = (bool, Option<Date>)>) -> Vec<Option<Date>> {
    let mut last = None;
    let mut days = Vec::new();
    for (first, day) in kinds {
        if first && last == Some(false) {
            days.push(day);
        }
        last = Some(first);
    }
    days
}

/// Often enough, on different days, over a week. What has no date does not count.
fn enough(returns: &[Option<Date>]) -> bool {
    let days: BTreeSet<Date> = returns.iter().flatten().copied().collect();
    let span = days.first().zip(days.last()).and_then(|(first, last)| last.since(*first).ok());
    days.len() >= RETURNS && span.is_some_and(|span| span.get_days() >= SPAN)
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    /// One service every other day.
    fn daily(ids: &str) -> Vec<Bought> {
        every(ids, 2)
    }

    fn every(ids: &str, days: i64) -> Vec<Bought> {
        let one = |(number, remoteid): (i64, &str)| Bought {
            id: 4_000_000 + u64::try_from(number).unwrap(),
            itemtype: "vds".to_owned(),
            remoteid: remoteid.to_owned(),
            created: Some(date(2026, 9, 1).saturating_add((number * days).days())),
            deleted: false,
        };
        (0..).zip(ids.split(' ')).map(one).collect()
    }

    #[test]
    fn two_panels_numbers_are_told_from_one_panels() {
        for (what, ids, two) in [
            ("one panel", "100 101 105 130 131 160 190 200 230 231", false),
            ("two panels", "100 9000 104 9001 110 9020 9021 111 130 9040", true),
            ("the higher one first", "62991 62995 16643 63001 16650 63040 16700 63041 16701", true),
            ("a panel that jumped in its numbers", "100 101 105 9000 9001 9002 9004 9005 9010 9020", false),
            ("a panel that was set up anew", "9000 9001 9002 9004 9005 100 101 105 110 111", false),
            ("old services linked afterwards", "9000 9001 9002 100 101 102 103 9004 9005 9006", false),
            ("old orders sent late, out of turn", "9000 120 9001 100 9002 110 9003 105 9004 101", false),
            ("orders that overtook each other", "100 103 101 104 102 105 107 106 108 110", false),
            ("two returns", "100 101 9000 102 9001 103 9002 9003", false),
            ("too few of one", "100 9000 101 9001 9002 9003 9004", false),
            ("a busy panel with wide gaps", "100 2000 150 4000 200 6000 250 8000", false),
            ("two busy panels", "100 90000 2000 92000 4000 94500 6000 96000", true),
            ("nothing", "x", false),
            ("one", "7", false),
            ("the same id again and again", "7 7 7 7 7 7", false),
            ("numbers beyond any", "1 99999999999999999999 2 99999999999999999998 3", false),
        ] {
            let found = ranges(&daily(ids));
            assert_eq!(found.is_some(), two, "{what}: {found:?}");
        }
        assert_eq!(
            ranges(&daily("100 9000 104 9001 110 9020 9021 111 130 9040")),
            Some(Ranges { low: (100, 130), high: (9000, 9040), returns: 3 })
        );
        // All of it within a day or two, or without dates: too early to say.
        assert_eq!(ranges(&every("100 9000 104 9001 110 9020 9021 111 130 9040", 0)), None);
        let mut undated = daily("100 9000 104 9001 110 9020 9021 111 130 9040");
        for one in &mut undated {
            one.created = None;
        }
        assert_eq!(ranges(&undated), None);
    }

    #[test]
    fn a_whmcs_beside_a_panel_is_told_from_one_before_it() {
        for (ids, turns) in [
            ("l1 l2 a3 16643 16644 16645 16646 16650 16651", 0),
            ("l1 16643 l2 16644 a3 16645 16646 l9 16650 16651", 3),
            ("16643 16644 l5 16645 16646 16650 16651", 0),
            ("x1 16643 x2 16644 x3 16645 16646 x9 16650", 0),
        ] {
            assert_eq!(whmcs_beside_a_panel(&daily(ids)), turns, "{ids}");
        }
    }

    #[test]
    fn live_services_with_one_id_collide() {
        let mut bought = daily("7 8 7 9 8");
        assert_eq!(collisions(&bought).len(), 2);
        bought[4].deleted = true;
        bought[2].itemtype = "dedic".to_owned();
        assert_eq!(collisions(&bought), []);
    }
}
