//! Who reads a customer's account, seen from the panel that sells: from its calls and its services to a verdict. Pure.

use super::numbering::{self, Bought, Ranges};
use super::usage::{Caller, Poller, Usage};
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

    /// Two regular pollers have no innocent explanation that we know of; an id has some (an order sent twice, a service linked by
    /// hand).
    pub fn severity(&self) -> Severity {
        match self {
            Self::Pollers { .. } => Severity::Critical,
            Self::Orders { .. } | Self::Numberings(_) | Self::Whmcs { .. } | Self::Collisions { .. } => {
                Severity::Warning
            }
            Self::Addresses { .. } | Self::Sessions { .. } => Severity::Info,
        }
    }
}

/// Everything that tells of the account, gravest first, with the verdict: `shared` two pollers and a sign in the services or orders,
/// `likely` two pollers, `possible` a sign in services or orders, `unknown` when no call of it was seen or not all were told apart,
/// `exclusive` otherwise.
pub fn audit(usage: &Usage, bought: &[Bought], sessions: &[IpAddr]) -> (Verdict, Vec<Trait>) {
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
    let verdict = match (has(Severity::Critical), has(Severity::Warning)) {
        (true, true) => Verdict::Shared,
        (true, false) => Verdict::Likely,
        (false, true) => Verdict::Possible,
        (false, false) if usage.is_empty() || usage.beyond > 0 => Verdict::Unknown,
        (false, false) => Verdict::Exclusive,
    };
    (verdict, found)
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
            assert_eq!(audit(&usage, &[], &[]).0, expected, "{number}");
        }
    }
}
