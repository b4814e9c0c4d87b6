//! What is heard of an account from elsewhere: who else used it at the seller, and which other panel of the owner names it.
//!
//! Not for finding that out (`seller::trail`, the fleet's file); here it is weighed.

use super::verdict::{Severity, Sign};

/// An address from which the account was used at the seller and which is none of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stranger {
    pub address: String,
    /// How many lines of the seller's trails name it.
    pub times: u64,
    /// The oldest and the newest of them, in the seller's local time as the seller writes it; empty when it does not.
    pub first: String,
    pub last: String,
    /// How often events were asked for from there.
    pub asked: u64,
    /// The functions that were called from there, each once; empty when only logins were seen.
    pub functions: Vec<String>,
}

/// Another panel of the same owner, by the name in the owner's list, that has the account in a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sibling {
    pub panel: String,
    /// When its line was made, if the list says so.
    pub listed: Option<String>,
    /// So long ago that the panel may have moved to another account since.
    pub outdated: bool,
}

/// Everything that is heard of one account from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    pub strangers: Vec<Stranger>,
    /// The settings name this panel's own addresses. Otherwise they were only learned from our own calls.
    pub own_named: bool,
    pub siblings: Vec<Sibling>,
}

impl Elsewhere {
    /// The signs, with their weight.
    pub(super) fn signs(&self) -> impl Iterator<Item = (Sign, Severity)> {
        let strangers = self.strangers.iter().map(|stranger| {
            let Stranger { address, times, first, last, functions, .. } = stranger.clone();
            let severity = self.weight(stranger);
            let sign = Sign::ForeignAddress { address, times, first, last, functions, own_named: self.own_named };
            (sign, severity)
        });
        // The owner wrote it down: two panels have the account. Only the list can be out of date, so alone it is `likely`.
        let siblings = self.siblings.iter().map(|sibling| {
            let Sibling { panel, listed, outdated } = sibling.clone();
            let severity = if outdated { Severity::Warning } else { Severity::Critical };
            (Sign::FleetDuplicate { panel, listed, outdated }, severity)
        });
        strangers.chain(siblings)
    }

    /// A person with a browser logs in, looks and sometimes orders; that is no second panel. Only a program asks for events, and
    /// that is `Critical` when the settings name our own addresses: otherwise the address may be another one of ours (IPv6, a
    /// second uplink); and when it asked more than once: a single question is no panel's habit. An order from there is `Warning` at
    /// most, because the order of another panel leaves a service with that panel's id, which proves more than an address.
    fn weight(&self, stranger: &Stranger) -> Severity {
        if stranger.asked > 0 {
            return if self.own_named && stranger.asked > 1 { Severity::Critical } else { Severity::Warning };
        }
        if stranger.functions.iter().any(|function| orders(function)) { Severity::Warning } else { Severity::Info }
    }
}

/// `vds.order.param`, `v2.vds.order.param` (facts/billmanager 4.3).
fn orders(function: &str) -> bool {
    function.split('.').any(|part| part == "order")
}
