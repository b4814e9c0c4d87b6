//! Who used an account at the seller, from where: the seller's trails, minus this panel's own addresses.
//!
//! Not for asking for trails (`seller`), nor for the weight of a stranger (`elsewhere`).

use super::elsewhere::Stranger;
use super::usage::asks_for_events;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::str::FromStr;

/// Among how many of the newest visits our own has to be: others may have come in between.
const NEWEST: usize = 4;
/// How many functions of one address are told, the most frequent.
const FUNCTIONS: usize = 12;
/// Questions for events that come closer together are one poll: each module asks once.
const BURST: SignedDuration = SignedDuration::from_secs(30);
/// As few polls tell nothing of how often somebody asks.
const POLLS: usize = 3;
/// How many strangers are told; somebody who tries passwords from everywhere makes no more of them.
const STRANGERS: usize = 20;

/// An address, or a network as `192.0.2.0/24` and `2001:db8::/32` write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many leading bits count.
    bits: u32,
}

/// Neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().map_err(|_| NotANetwork)?,
            Some(_) => return Err(NotANetwork),
        };
        let plain = address.to_canonical();
        // `::ffff:192.0.2.0/120` is `192.0.2.0/24`.
        let mapped = if address.is_ipv6() && plain.is_ipv4() { 96 } else { 0 };
        match bits.checked_sub(mapped) {
            Some(bits) if bits <= width - mapped => Ok(Self { address: plain, bits }),
            _ => Err(NotANetwork),
        }
    }
}

impl Network {
    pub fn contains(&self, other: IpAddr) -> bool {
        // A shift by the whole width keeps nothing, which `checked_shr` says by `None`.
        match (self.address, other.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                (ours.to_bits() ^ other.to_bits()).checked_shr(32 - self.bits.min(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                (ours.to_bits() ^ other.to_bits()).checked_shr(128 - self.bits.min(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// One line of a trail, as far as it says who was where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The seller's local time, as the seller writes it; compared as text, for that is how `2026-11-24 08:15:04` sorts.
    pub time: String,
    pub address: IpAddr,
    /// Empty for a login.
    pub function: String,
}

impl Visit {
    /// `None` when the line names no client: `-`, a program, nothing (facts/billmanager 6.2).
    pub fn read(time: &str, ip: &str, function: &str) -> Option<Self> {
        let address: IpAddr = ip.trim().parse().ok()?;
        Some(Self { time: time.to_owned(), address: address.to_canonical(), function: function.to_owned() })
    }
}

/// The address of our own call: `asked` was called just now, so its newest visit is ours when it is among the very newest of
/// all. Empty when the seller does not write such calls down. Somebody else who asked the same in the same second is taken for
/// us, too, and shows the next time.
pub fn learned(visits: &[Visit], asked: &str) -> BTreeSet<IpAddr> {
    let mut newest: Vec<&Visit> = visits.iter().collect();
    newest.sort_by(|one, other| other.time.cmp(&one.time));
    let Some(last) = newest.first() else { return BTreeSet::new() };
    let same_second = newest.iter().take_while(|visit| visit.time == last.time).count();
    newest.truncate(same_second.max(NEWEST));
    let Some(ours) = newest.iter().find(|visit| visit.function == asked) else { return BTreeSet::new() };
    let moment = |visit: &&&Visit| visit.function == asked && visit.time == ours.time;
    newest.iter().filter(moment).map(|visit| visit.address).collect()
}

/// The address by which this panel's module asks for events, when it is another than the one its plugin has (IPv6, a second uplink): the
/// only one that asks again and again, and as often as this panel did meanwhile. With a second reader there would be two. `polls`: when
/// this panel asked, oldest first.
pub fn module_address(visits: &[Visit], own: impl Fn(IpAddr) -> bool, polls: &[Timestamp]) -> Option<IpAddr> {
    let mut asked: Vec<&Visit> = visits.iter().filter(|visit| asks_for_events(&visit.function)).collect();
    asked.sort_by(|one, other| one.time.cmp(&other.time));
    let mut by_address: BTreeMap<IpAddr, Vec<DateTime>> = BTreeMap::new();
    for visit in asked {
        let at: DateTime = visit.time.parse().ok()?;
        let times = by_address.entry(visit.address).or_default();
        if times.last().is_none_or(|last| at.duration_since(*last) > BURST) {
            times.push(at);
        }
    }
    if by_address.keys().any(|address| own(*address)) {
        return None;
    }
    let mut again = by_address.into_iter().filter(|(_, times)| times.len() > 1);
    let (address, theirs) = again.next()?;
    if again.next().is_some() {
        return None;
    }
    // The seller's clock may be in another zone, so spans are compared.
    let span = theirs.last()?.duration_since(*theirs.first()?) + BURST;
    let since = polls.last()?.checked_sub(span).ok()?;
    let ours = polls.iter().filter(|poll| **poll >= since).count();
    (theirs.len() >= POLLS && theirs.len().abs_diff(ours) <= 1 + ours / 10).then_some(address)
}

/// The visits from addresses that `own` does not know, by address, the most frequent first.
pub fn strangers(visits: &[Visit], own: impl Fn(IpAddr) -> bool) -> Vec<Stranger> {
    let mut by_address: BTreeMap<IpAddr, Vec<&Visit>> = BTreeMap::new();
    for visit in visits.iter().filter(|visit| !own(visit.address)) {
        by_address.entry(visit.address).or_default().push(visit);
    }
    let mut strangers: Vec<Stranger> = by_address.into_iter().map(stranger).collect();
    strangers.sort_by_key(|stranger| Reverse(stranger.times));
    strangers.truncate(STRANGERS);
    strangers
}

fn stranger((address, visits): (IpAddr, Vec<&Visit>)) -> Stranger {
    let times = || visits.iter().map(|visit| visit.time.as_str()).filter(|time| !time.is_empty());
    let mut functions: BTreeMap<&str, usize> = BTreeMap::new();
    for visit in visits.iter().filter(|visit| !visit.function.is_empty()) {
        *functions.entry(&visit.function).or_default() += 1;
    }
    let mut functions: Vec<(&str, usize)> = functions.into_iter().collect();
    functions.sort_by_key(|(_, times)| Reverse(*times));
    Stranger {
        address: address.to_string(),
        times: visits.len() as u64,
        first: times().min().unwrap_or_default().to_owned(),
        last: times().max().unwrap_or_default().to_owned(),
        asked: visits.iter().filter(|visit| asks_for_events(&visit.function)).count() as u64,
        functions: functions.into_iter().take(FUNCTIONS).map(|(function, _)| function.to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_addresses_and_no_others() {
        for (network, address, inside) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.77/24", "192.0.2.1", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:DB8::1", "2001:db8:0:0::1", true),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.0/120", "192.0.2.9", true),
            ("::ffff:192.0.2.0/120", "192.0.3.9", false),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
        }
        for text in [
            "",
            "192.0.2.0/33",
            "2001:db8::/129",
            "192.0.2.0/",
            "192.0.2.0/+8",
            "192.0.2.0/-1",
            "here",
            "1.2.3",
            "::ffff:192.0.2.0/95",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    fn visits(lines: &[(&str, &str, &str)]) -> Vec<Visit> {
        lines.iter().filter_map(|(time, ip, function)| Visit::read(time, ip, function)).collect()
    }

    #[test]
    fn our_own_call_tells_our_address_and_an_old_one_does_not() {
        let at = |second: u32| format!("2026-11-24 12:00:{second:02}");
        let (ours, theirs) = ("192.0.2.1", "203.0.113.5");
        for (lines, expected) in [
            (vec![(at(9), ours, "whoami"), (at(8), ours, "vds"), (at(1), theirs, "whoami")], vec![ours]),
            // Oldest first, and others called in between.
            (
                vec![(at(1), theirs, "whoami"), (at(8), ours, "whoami"), (at(9), theirs, "x"), (at(9), theirs, "y")],
                vec![ours],
            ),
            // In the same second nobody can say which.
            (vec![(at(9), ours, "whoami"), (at(9), theirs, "whoami")], vec![ours, theirs]),
            // The seller does not write such calls down; the other panel's, of long ago, is not the newest.
            (
                vec![
                    (at(9), ours, "a"),
                    (at(9), ours, "b"),
                    (at(9), ours, "c"),
                    (at(8), ours, "d"),
                    (at(2), theirs, "whoami"),
                ],
                vec![],
            ),
            (vec![(at(9), ours, "")], vec![]),
            (vec![], vec![]),
        ] {
            let lines: Vec<_> = lines.iter().map(|(time, ip, function)| (time.as_str(), *ip, *function)).collect();
            let expected: BTreeSet<IpAddr> = expected.iter().map(|ip| ip.parse().unwrap()).collect();
            assert_eq!(learned(&visits(&lines), "whoami"), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_only_one_who_asks_as_often_as_this_panel_is_its_module() {
        let start: Timestamp = "2026-11-24T07:00:00Z".parse().unwrap();
        let every = |minutes: i64, times: i64| -> Vec<Timestamp> {
            (0..times).map(|turn| start + SignedDuration::from_mins(turn * minutes)).collect()
        };
        // The seller's zone is another one.
        let local = |at: &Timestamp, second: i64| {
            let at = *at + SignedDuration::from_secs(second);
            at.to_zoned_datetime(jiff::tz::TimeZone::fixed(jiff::tz::offset(3)))
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        };
        let asked = |ip: &str, polls: &[Timestamp]| -> Vec<Visit> {
            // For two modules.
            let twice = polls.iter().flat_map(|at| [local(at, 1), local(at, 4)]);
            twice.filter_map(|time| Visit::read(&time, ip, "itemevent")).collect()
        };
        let (plugin, module, other) = ("192.0.2.1", "2001:db8::1", "203.0.113.5");
        let ours = every(5, 24);
        let both = |one: &[Visit], other: &[Visit]| [one, other].concat();
        let looked = visits(&[("2026-11-24 12:00:01", plugin, "whoami")]);
        for (what, trail, polls, expected) in [
            ("the module's", asked(module, &ours), ours.clone(), Some(module)),
            ("a page holds the newest", asked(module, &ours[14..]), ours.clone(), Some(module)),
            (
                "somebody else, once",
                both(&asked(module, &ours), &asked(other, &ours[23..])),
                ours.clone(),
                Some(module),
            ),
            ("another panel beside it", both(&asked(module, &ours), &asked(other, &ours)), ours.clone(), None),
            ("the plugin's own address asks", both(&asked(plugin, &ours), &asked(other, &ours)), ours.clone(), None),
            ("the plugin's own address alone", asked(plugin, &ours), ours.clone(), None),
            ("another panel, this one asks rarely", asked(other, &ours), every(30, 4), None),
            ("another panel, this one asks oftener", asked(other, &every(30, 6)), every(5, 40), None),
            ("another panel, this one never asked", asked(other, &ours), Vec::new(), None),
            ("too few to tell", asked(module, &ours[22..]), ours.clone(), None),
            ("nobody", Vec::new(), ours.clone(), None),
        ] {
            let trail = both(&looked, &trail);
            let own: IpAddr = plugin.parse().unwrap();
            let found = module_address(&trail, |address| address == own, &polls);
            assert_eq!(found, expected.map(|ip| ip.parse().unwrap()), "{what}");
        }
        let unread = [Visit { time: "yesterday".into(), ..asked(module, &ours)[0].clone() }];
        assert_eq!(module_address(&unread, |_| false, &ours), None);
    }

    #[test]
    fn strangers_are_told_with_what_they_did_and_when() {
        let lines = [
            ("2026-11-24 12:00:05", "203.0.113.5", "itemevent"),
            ("2026-11-24 12:00:00", "::ffff:203.0.113.5", "itemevent"),
            ("2026-11-24 12:00:01", "203.0.113.5", "auth"),
            ("2026-11-24 12:00:02", "192.0.2.1", "itemevent"),
            ("2026-11-24 12:00:03", "-", "service.postopen"),
            ("2026-11-24 12:00:03", "pmbillmgr", "vds"),
            ("", "2001:db8::7", ""),
        ];
        let own: IpAddr = "192.0.2.1".parse().unwrap();
        let found = strangers(&visits(&lines), |address| address == own);
        let expected = [
            Stranger {
                address: "203.0.113.5".into(),
                times: 3,
                first: "2026-11-24 12:00:00".into(),
                last: "2026-11-24 12:00:05".into(),
                asked: 2,
                functions: vec!["itemevent".into(), "auth".into()],
            },
            Stranger { address: "2001:db8::7".into(), times: 1, ..Stranger::default() },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_told_is_bounded() {
        let lines: Vec<(String, String)> = (0..4000)
            .map(|number| (format!("203.0.{}.{}", number / 250, number % 250), format!("f{number}")))
            .collect();
        let one = lines.iter().map(|(_, function)| ("", "198.51.100.1", function.as_str()));
        let lines: Vec<_> =
            lines.iter().map(|(ip, function)| ("", ip.as_str(), function.as_str())).chain(one).collect();
        let found = strangers(&visits(&lines), |_| false);
        assert_eq!((found.len(), found[0].times, found[0].functions.len()), (20, 4000, 12));
    }
}
