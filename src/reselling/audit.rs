//! Who reads a customer's account, seen from the panel that sells: from its calls and its services to a verdict. Pure.

use super::numbering::{self, Bought, Ranges};
use super::usage::{Caller, Poller, TOGETHER, Usage, asks_for_events};
use super::verdict::{Severity, Verdict};
use std::net::IpAddr;

/// What is shown of many.
const SHOWN: usize = 10;

/// What was seen of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trait {
    /// Several addresses poll one function at one time.
    Pollers { function: String, pollers: Vec<Poller> },
    /// Several addresses send orders for resale in turns.
    Orders { callers: Vec<Caller> },
    /// The account is used from several addresses, which is no fault.
    Addresses { callers: Vec<Caller> },
    /// Open sessions of the account's users.
    Sessions { addresses: Vec<IpAddr> },
    /// Ids of two numberings.
    Numberings(Ranges),
    /// Ids of a WHMCS and of a panel in turns.
    Whmcs { turns: usize },
    /// Live services of one product with one id: the first of them, and how many ids there are.
    Collisions { first: Vec<(String, Vec<u64>)>, ids: usize },
}

impl Trait {
    /// The contract's name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Pollers { .. } | Self::Orders { .. } | Self::Addresses { .. } | Self::Sessions { .. } => {
                "foreign_address"
            }
            Self::Numberings(_) | Self::Whmcs { .. } => "foreign_remoteid",
            Self::Collisions { .. } => "duplicate_remoteid",
        }
    }

    /// Two who regularly ask for events have no innocent explanation that we know of, unless one panel leaves by IPv4 and by IPv6; who
    /// polls something else may be a support desk or a monitoring system. An id has some, too (an order sent twice, a service
    /// linked by hand).
    pub fn severity(&self) -> Severity {
        match self {
            Self::Pollers { function, pollers } if asks_for_events(function) && !one_of_each(pollers) => {
                Severity::Critical
            }
            Self::Pollers { .. }
            | Self::Orders { .. }
            | Self::Numberings(_)
            | Self::Whmcs { .. }
            | Self::Collisions { .. } => Severity::Warning,
            Self::Addresses { .. } | Self::Sessions { .. } => Severity::Info,
        }
    }
}

/// An IPv4 address and an IPv6 address.
fn one_of_each(pollers: &[Poller]) -> bool {
    matches!(pollers, [one, other] if one.address.is_ipv4() != other.address.is_ipv4())
}

/// Why it is not known who reads an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blind {
    /// No call of its users is in the log.
    NoCalls,
    /// So many calls were not told apart.
    Crowded { calls: u64 },
    /// The log is too short to see two pollers, minutes.
    ShortLog { minutes: i64 },
}

/// Everything that tells of the account, gravest first, with the verdict: `shared` two pollers and a sign in the services or orders,
/// `likely` two pollers, `possible` a sign in services or orders, `unknown` when it is not known, with the reason, `exclusive` otherwise.
/// `log`: how many seconds the log covers.
pub fn audit(usage: &Usage, bought: &[Bought], sessions: &[IpAddr], log: i64) -> (Verdict, Vec<Trait>, Option<Blind>) {
    let mut found: Vec<Trait> =
        usage.pollers().into_iter().map(|(function, pollers)| Trait::Pollers { function, pollers }).collect();
    let orders = usage.resellers();
    if !orders.is_empty() {
        found.push(Trait::Orders { callers: orders });
    }
    found.extend(numbering::ranges(bought).map(Trait::Numberings));
    let turns = numbering::whmcs_beside_a_panel(bought);
    if turns > 0 {
        found.push(Trait::Whmcs { turns });
    }
    let mut first = numbering::collisions(bought);
    let ids = first.len();
    if ids > 0 {
        first.truncate(SHOWN);
        found.push(Trait::Collisions { first, ids });
    }
    let mut callers = usage.callers();
    if callers.len() > 1 {
        callers.truncate(SHOWN);
        found.push(Trait::Addresses { callers });
    }
    if !sessions.is_empty() {
        found.push(Trait::Sessions { addresses: sessions.iter().copied().take(SHOWN).collect() });
    }
    let has = |severity| found.iter().any(|one| one.severity() == severity);
    let blind = if usage.is_empty() {
        Some(Blind::NoCalls)
    } else if usage.beyond > 0 {
        Some(Blind::Crowded { calls: usage.beyond })
    } else {
        (log < TOGETHER).then_some(Blind::ShortLog { minutes: log / 60 })
    };
    let verdict = match (has(Severity::Critical), has(Severity::Warning)) {
        (true, true) => Verdict::Shared,
        (true, false) => Verdict::Likely,
        (false, true) => Verdict::Possible,
        (false, false) if blind.is_some() => Verdict::Unknown,
        (false, false) => Verdict::Exclusive,
    };
    (verdict, found, blind.filter(|_| verdict == Verdict::Unknown))
}

#[cfg(test)]
mod tests {
    use super::super::usage::Call;
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    #[test]
    fn an_account_of_which_not_every_call_was_told_apart_is_not_called_exclusive() {
        let mut usage = Usage::default();
        let start = date(2026, 11, 1).at(0, 0, 0, 0);
        for (minutes, number) in (0..).zip(0..40_u32) {
            let address = IpAddr::from(number.to_be_bytes());
            let call = Call {
                at: start.saturating_add((5 * minutes).minutes()),
                address,
                function: "itemevent",
                resale: false,
            };
            usage.add(&call);
            let expected = if number < 32 { Verdict::Exclusive } else { Verdict::Unknown };
            assert_eq!(audit(&usage, &[], &[], 86_400).0, expected, "{number}");
        }
    }

    /// A day of calls: address, function, every so many seconds from that second on.
    fn day(calls: &[(&str, &str, i64, i64)]) -> Usage {
        let start = date(2026, 11, 1).at(0, 0, 0, 0);
        let mut all: Vec<(i64, &str, &str)> = Vec::new();
        for (address, function, every, from) in calls {
            all.extend((0..86_400 / every).map(|turn| (turn * every + from, *address, *function)));
        }
        all.sort_unstable();
        let mut usage = Usage::default();
        for (second, address, function) in all {
            let at = start.saturating_add(second.seconds());
            usage.add(&Call { at, address: address.parse().unwrap(), function, resale: false });
        }
        usage
    }

    #[test]
    fn who_polls_something_else_and_one_panel_by_two_protocols_are_no_second_panel_for_sure() {
        let (one, other, sixth) = ("198.51.100.10", "198.51.100.11", "2001:db8::1");
        for (what, calls, log, verdict, blind) in [
            (
                "two panels",
                vec![(one, "itemevent", 300, 1), (other, "itemevent", 300, 9)],
                86_400,
                Verdict::Likely,
                None,
            ),
            (
                "tickets from elsewhere",
                vec![(one, "itemevent", 300, 1), (one, "clientticket", 300, 2), (other, "clientticket", 300, 9)],
                86_400,
                Verdict::Possible,
                None,
            ),
            (
                "IPv4 and IPv6",
                vec![(one, "itemevent", 300, 1), (sixth, "itemevent", 300, 2)],
                86_400,
                Verdict::Possible,
                None,
            ),
            ("one panel", vec![(one, "itemevent", 300, 1)], 86_400, Verdict::Exclusive, None),
            (
                "a log after its rotation",
                vec![(one, "itemevent", 300, 1)],
                3300,
                Verdict::Unknown,
                Some(Blind::ShortLog { minutes: 55 }),
            ),
            ("nobody", vec![], 86_400, Verdict::Unknown, Some(Blind::NoCalls)),
        ] {
            let (found, _, why) = audit(&day(&calls), &[], &[], log);
            assert_eq!((found, why), (verdict, blind), "{what}");
        }
    }
}
