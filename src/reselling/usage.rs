//! How an account's API is used on the panel that sells to it: which address calls what, and how regularly. Fed call by call, in
//! memory that does not grow with the log.
//!
//! A reselling panel asks for events from cron, every five minutes (facts/billmanager 0.1). The function's name is not published
//! (0.3), so the pollers are known by their regularity. Not for where calls are read from.

use jiff::civil::DateTime;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Calls within this many seconds are one poll: a panel asks once for each of its modules.
const BURST: i64 = 30;
/// A poller has shown itself that often.
const POLLS: u64 = 12;
/// Part of the intervals that lie within a minute of the usual one, percent. Two addresses of one panel that share its polls have
/// gaps instead.
const PUNCTUAL: u64 = 75;
/// Both were there for so long at one time, seconds.
pub const TOGETHER: i64 = 3600;
/// How many functions of an account, and addresses of a function, are kept; a hostile customer makes no more of them.
const FUNCTIONS: usize = 256;
const ADDRESSES: usize = 32;
/// Intervals are counted by the minute up to an hour.
const MINUTES: usize = 61;
/// Functions that only show something: a monitoring system asks for them as regularly, and takes nothing from anybody.
const SHOWS: [&str; 12] = [
    "whoami",
    "journal",
    "authlog",
    "dashboard",
    "dashboard.info",
    "clientoption",
    "subaccount",
    "expense",
    "payment",
    "desktop",
    "pricelist",
    "pricelist.export",
];

/// One call of the account's user.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    pub at: DateTime,
    pub address: IpAddr,
    pub function: &'a str,
    /// An order that says whose service it is for: only a reselling panel sends `remoteid`.
    pub resale: bool,
}

/// What one address did with one function.
#[derive(Clone, Debug)]
pub struct Series {
    pub calls: u64,
    /// Calls, those of one moment counted once.
    pub polls: u64,
    /// Polls before which another address was the last.
    pub turns: u64,
    pub first: DateTime,
    pub last: DateTime,
    intervals: [u16; MINUTES],
}

impl Series {
    fn new(at: DateTime) -> Self {
        Self { calls: 0, polls: 0, turns: 0, first: at, last: at, intervals: [0; MINUTES] }
    }

    /// The usual interval in minutes, when it is kept.
    pub fn every(&self) -> Option<u64> {
        if self.polls < POLLS {
            return None;
        }
        let all: u64 = self.intervals.iter().map(|count| u64::from(*count)).sum();
        let near = |minute: usize| -> u64 {
            (minute.saturating_sub(1)..=minute + 1)
                .filter_map(|one| self.intervals.get(one))
                .map(|count| u64::from(*count))
                .sum()
        };
        let usual = (1..MINUTES - 1).max_by_key(|minute| self.intervals.get(*minute).copied())?;
        (near(usual) * 100 >= all * PUNCTUAL).then_some(usual as u64)
    }
}

/// An account's calls.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    functions: BTreeMap<String, Function>,
    /// Calls that were not kept apart any more.
    pub beyond: u64,
}

#[derive(Clone, Debug, Default)]
struct Function {
    last: Option<IpAddr>,
    by: BTreeMap<IpAddr, Series>,
}

/// An address that polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poller {
    pub address: IpAddr,
    pub polls: u64,
    /// Minutes.
    pub every: u64,
    pub first: DateTime,
    pub last: DateTime,
}

/// An address with everything it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub address: IpAddr,
    pub calls: u64,
    pub first: DateTime,
    pub last: DateTime,
    /// What it called, first what it calls regularly, the most frequent first.
    pub functions: Vec<String>,
}

/// Orders for resale, all product types together, under a name that no function has.
const RESALE: &str = "order with a remoteid";

impl Usage {
    pub fn add(&mut self, call: &Call<'_>) {
        let name = if call.resale { RESALE } else { call.function };
        if self.functions.len() >= FUNCTIONS && !self.functions.contains_key(name) {
            self.beyond += 1;
            return;
        }
        let function = self.functions.entry(name.to_owned()).or_default();
        if function.by.len() >= ADDRESSES && !function.by.contains_key(&call.address) {
            self.beyond += 1;
            return;
        }
        let series = function.by.entry(call.address).or_insert_with(|| Series::new(call.at));
        series.calls += 1;
        let since = call.at.duration_since(series.last).as_secs();
        if series.polls > 0 && (0..BURST).contains(&since) {
            return;
        }
        if series.polls > 0 && since > 0 {
            let minute = usize::try_from((since + 30) / 60).unwrap_or(MINUTES).min(MINUTES - 1);
            if let Some(count) = series.intervals.get_mut(minute) {
                *count = count.saturating_add(1);
            }
        }
        series.turns += u64::from(function.last.is_some_and(|last| last != call.address));
        series.polls += 1;
        series.last = series.last.max(call.at);
        series.first = series.first.min(call.at);
        function.last = Some(call.address);
    }

    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    /// Functions that several addresses poll at one time, with those addresses. Turns tell two panels from one that has moved: with
    /// two, every fourth poll at least comes after one of the other.
    pub fn pollers(&self) -> Vec<(String, Vec<Poller>)> {
        let apart = |name: &str| name != RESALE && !SHOWS.contains(&name) && !crate::seller::ITEMTYPES.contains(&name);
        let found = self.functions.iter().filter(|(name, _)| apart(name)).filter_map(|(name, function)| {
            let mut pollers: Vec<Poller> = function
                .by
                .iter()
                .filter(|(_, series)| series.turns * 4 >= series.polls)
                .filter_map(|(address, series)| {
                    let (polls, first, last) = (series.polls, series.first, series.last);
                    Some(Poller { address: *address, polls, every: series.every()?, first, last })
                })
                .collect();
            let all = pollers.clone();
            pollers.retain(|one| all.iter().any(|other| one.address != other.address && together(one, other)));
            (pollers.len() > 1).then(|| (name.clone(), pollers))
        });
        found.collect()
    }

    /// Addresses that sent orders for resale in turns, each at least twice; empty when there are no two.
    pub fn resellers(&self) -> Vec<Caller> {
        let Some(function) = self.functions.get(RESALE) else { return Vec::new() };
        let in_turns = function.by.iter().filter(|(_, series)| series.polls >= 2 && series.turns >= 2);
        let callers: Vec<Caller> = in_turns
            .map(|(address, series)| Caller {
                address: *address,
                calls: series.calls,
                first: series.first,
                last: series.last,
                functions: vec![RESALE.to_owned()],
            })
            .collect();
        if callers.len() > 1 { callers } else { Vec::new() }
    }

    /// Every address, the busiest first.
    pub fn callers(&self) -> Vec<Caller> {
        let mut by_address: BTreeMap<IpAddr, Vec<(&String, &Series)>> = BTreeMap::new();
        for (name, function) in &self.functions {
            for (address, series) in &function.by {
                by_address.entry(*address).or_default().push((name, series));
            }
        }
        let mut callers: Vec<Caller> = by_address
            .into_iter()
            .filter_map(|(address, mut series)| {
                series.sort_by_key(|(_, series)| std::cmp::Reverse((series.every().is_some(), series.calls)));
                Some(Caller {
                    address,
                    calls: series.iter().map(|(_, series)| series.calls).sum(),
                    first: series.iter().map(|(_, series)| series.first).min()?,
                    last: series.iter().map(|(_, series)| series.last).max()?,
                    functions: series.into_iter().take(8).map(|(name, _)| name.clone()).collect(),
                })
            })
            .collect();
        callers.sort_by_key(|caller| std::cmp::Reverse(caller.calls));
        callers
    }
}

/// The function's name is not published, but its objects are called `itemevent` (facts/billmanager 0.2, 0.3).
pub fn asks_for_events(function: &str) -> bool {
    function.to_ascii_lowercase().contains("itemevent")
}

fn together(one: &Poller, other: &Poller) -> bool {
    one.last.min(other.last).duration_since(one.first.max(other.first)).as_secs() >= TOGETHER
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    /// Calls of `itemevent` unless the name says otherwise: address, seconds after the start.
    fn usage(name: &str, mut calls: Vec<(u8, i64)>) -> Usage {
        calls.sort_by_key(|(_, at)| *at);
        let start = date(2026, 11, 1).at(0, 0, 0, 0);
        let mut usage = Usage::default();
        for (address, at) in calls {
            let address = IpAddr::from([192, 0, 2, address]);
            usage.add(&Call { at: start.saturating_add(at.seconds()), address, function: name, resale: false });
        }
        usage
    }

    fn cron(address: u8, every: i64, from: i64, to: i64, late: i64) -> Vec<(u8, i64)> {
        (from / every..to / every).map(|turn| (address, turn * every + late + turn % 3)).collect()
    }

    #[test]
    fn two_panels_are_told_from_what_only_looks_like_two() {
        let day = 86_400;
        let both = |one: Vec<(u8, i64)>, other: Vec<(u8, i64)>| [one, other].concat();
        let shared: Vec<(u8, i64)> = (0..288).map(|turn| (if turn % 7 % 2 == 0 { 1 } else { 2 }, turn * 300)).collect();
        for (what, name, calls, found) in [
            ("one panel", "itemevent", cron(1, 300, 0, day, 2), 0),
            ("two panels", "itemevent", both(cron(1, 300, 0, day, 2), cron(2, 300, 0, day, 9)), 2),
            ("with another period", "itemevent", both(cron(1, 300, 0, day, 2), cron(2, 600, 0, day, 9)), 2),
            ("under another name", "x.y", both(cron(1, 300, 0, day, 2), cron(2, 300, 0, day, 40)), 2),
            (
                "each for three modules",
                "itemevent",
                both(cron(1, 300, 0, day, 2).repeat(3), cron(2, 300, 0, day, 9).repeat(3)),
                2,
            ),
            ("a panel that moved", "itemevent", both(cron(1, 300, 0, day, 2), cron(2, 300, day, 2 * day, 2)), 0),
            (
                "a panel that moved and came back",
                "itemevent",
                [cron(1, 300, 0, day, 2), cron(2, 300, day, 2 * day, 2), cron(1, 300, 2 * day, 3 * day, 2)].concat(),
                0,
            ),
            ("one panel by two addresses", "itemevent", shared, 0),
            (
                "a person",
                "itemevent",
                both(cron(1, 300, 0, day, 2), vec![(2, 4000), (2, 4100), (2, 9000), (2, 50_000)]),
                0,
            ),
            ("monitoring", "whoami", both(cron(1, 300, 0, day, 2), cron(2, 300, 0, day, 9)), 0),
            ("lists", "vds", both(cron(1, 300, 0, day, 2), cron(2, 300, 0, day, 9)), 0),
            ("half an hour", "itemevent", both(cron(1, 60, 0, 1800, 2), cron(2, 60, 0, 1800, 31)), 0),
        ] {
            let pollers = usage(name, calls).pollers();
            assert_eq!(pollers.iter().map(|(_, pollers)| pollers.len()).sum::<usize>(), found, "{what}: {pollers:?}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut usage = Usage::default();
        let at = date(2026, 11, 1).at(0, 0, 0, 0);
        for number in 0..10_000_u32 {
            let function = format!("f{}", number % 500);
            usage.add(&Call { at, address: IpAddr::from(number.to_be_bytes()), function: &function, resale: false });
        }
        assert!(usage.functions.len() == FUNCTIONS && usage.functions.values().all(|one| one.by.len() <= ADDRESSES));
        assert_eq!(usage.beyond + usage.callers().iter().map(|caller| caller.calls).sum::<u64>(), 10_000);
    }

    #[test]
    fn what_an_address_does_regularly_is_told_before_what_it_does_most() {
        let mut usage = usage("itemevent", cron(1, 300, 0, 86_400, 2));
        let at = date(2026, 11, 1).at(14, 0, 0, 0);
        for number in 0..9000 {
            let function = format!("f{}", number % 9);
            usage.add(&Call { at, address: IpAddr::from([192, 0, 2, 1]), function: &function, resale: false });
        }
        let callers = usage.callers();
        assert_eq!(callers[0].functions[0], "itemevent", "{callers:?}");
    }

    #[test]
    fn orders_in_turns_are_told_from_orders_of_one_after_the_other() {
        for (order, found) in [("1111", 0), ("1122", 0), ("1212", 0), ("12121", 2), ("121212", 2), ("112221", 0)] {
            let mut usage = Usage::default();
            for (day, address) in (1..).zip(order.bytes()) {
                let (at, address) = (date(2026, 11, day).at(0, 0, 0, 0), IpAddr::from([192, 0, 2, address]));
                usage.add(&Call { at, address, function: "v2.vds.order.param", resale: true });
            }
            assert_eq!(usage.resellers().len(), found, "{order}");
        }
    }
}
