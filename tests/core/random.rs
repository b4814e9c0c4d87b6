//! What holds in every state, tried on many random ones; the seed is fixed, so a failure comes again.

use super::chance::Random;
use super::laws::hold;
use super::tables::word;
use jiff::civil::{Date, DateTime, date};
use resellguard::reselling::decision::{Allowed, Surroundings};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::link::Rows;
use resellguard::reselling::service::{LocalService, Operation, SellerService};
use resellguard::reselling::status::{Status, SuspendedBy};
use std::collections::{BTreeMap, BTreeSet};

const STATES: usize = 80_000;

#[test]
fn whatever_the_state_nothing_is_done_that_must_not_be() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut seen = BTreeSet::new();
    for _ in 0..STATES {
        let local = random.local();
        let rows: Vec<SellerService> = (0..random.below(4)).map(|_| random.row(&local.itemtype)).collect();
        let allow = random.allow();
        let around = random.surroundings(&allow);
        let linked = Rows::new(&rows).link(&local);
        let (decision, reason) = hold(&local, &linked, around);
        seen.insert(format!("{} {}", decision.word(), word(&reason)));
    }
    // A generator that never comes near a repair would prove nothing.
    for outcome in [
        "open ActiveAtSeller",
        "store_certificate IssuedAtSeller",
        "suspend SuspendedThereForAbuse",
        "resume SuspendedHereActiveThere",
        "close DeletedAtSeller",
        "expiredate LaterAtSeller",
        "refuse NotCorroborated",
        "refuse Doubt",
    ] {
        assert!(seen.contains(outcome), "never came to '{outcome}', only to {seen:#?}");
    }
    assert!(seen.len() > 45, "too few outcomes: {seen:#?}");
}

impl Random {
    fn maybe<T>(&mut self, number: usize, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(number).then(|| make(self))
    }

    fn status(&mut self, usual: Status) -> Status {
        use Status::{Active, Deleted, Ordered, Processing, Suspended, Unknown};
        if self.one_in(2) { usual } else { self.of(&[Ordered, Active, Suspended, Deleted, Processing, Unknown]) }
    }

    fn service_status(&mut self) -> Option<i64> {
        self.maybe(2, |random| random.of(&[0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8]))
    }

    fn day(&mut self) -> Date {
        self.of(&[date(2026, 11, 20), date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)])
    }

    fn expiry(&mut self) -> Date {
        self.of(&[date(2026, 11, 20), date(2026, 11, 24), date(2026, 12, 24), date(2027, 11, 24)])
    }

    fn moment(&mut self) -> DateTime {
        self.day().at(13, 0, 0, 0)
    }

    fn names(&mut self) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for name in ["domain", "ip", "CN", "licname", "username"] {
            if let Some(text) = self.maybe(6, |random| random.of(&["one.example", "WWW.one.example.", "192.0.2.1", ""]))
            {
                names.insert(name.to_owned(), text.to_owned());
            }
        }
        names
    }

    fn operation(&mut self) -> Operation {
        Operation {
            id: 1 + self.below(1000) as u64,
            name: if self.one_in(4) { self.of(&["prolong", "suspend", "resume", "close", "setparam"]) } else { "open" }
                .to_owned(),
            manual: self.of(&[Some(true), Some(true), Some(true), Some(false), None]),
            tries: 0,
            error: None,
            created: self.maybe(2, Self::moment),
            task: None,
        }
    }

    fn local(&mut self) -> LocalService {
        LocalService {
            item: ItemId(1 + self.below(2) as u64),
            name: "a service".to_owned(),
            itemtype: self
                .of(&["vds", "vhost", "certificate", "certificate", "domain", "soft", "balloon", ""])
                .to_owned(),
            module: Some(ModuleId(3)),
            customer: 7,
            status: {
                let usual = self.of(&[Status::Processing, Status::Processing, Status::Active, Status::Suspended]);
                self.status(usual)
            },
            service_status: self.service_status(),
            stored_seller_id: self.maybe(4, |random| random.of(&["1", "2", "3", "999"]).to_owned()),
            operations: (0..self.of(&[0, 0, 1, 1, 1, 2])).map(|_| self.operation()).collect(),
            created: self.maybe(2, Self::day),
            expires: self.maybe(2, Self::expiry),
            autosuspend: self.one_in(6),
            employeesuspend: self.one_in(6),
            abusesuspend: self.one_in(6),
            tariff_change_pending: self.one_in(8),
            names: self.names(),
            certificate_stored: self.one_in(4),
            last_resume: self.maybe(8, Self::moment),
            last_prolong: self.maybe(8, Self::moment),
        }
    }

    fn row(&mut self, itemtype: &str) -> SellerService {
        SellerService {
            id: self.of(&["1", "2", "3"]).to_owned(),
            itemtype: if self.one_in(8) { "vds" } else { itemtype }.to_owned(),
            remoteid: self.of(&[Some("1"), Some("2"), Some("l1"), None]).map(str::to_owned),
            status: {
                let usual = self.of(&[Status::Active, Status::Active, Status::Suspended, Status::Deleted]);
                self.status(usual)
            },
            status_text: "as shown".to_owned(),
            suspended_by: self
                .maybe(2, |random| random.of(&[SuspendedBy::Money, SuspendedBy::Staff, SuspendedBy::Abuse])),
            service_status: self.service_status(),
            created: self.maybe(2, Self::day),
            created_at: self.maybe(4, Self::moment),
            expires: self.maybe(2, Self::expiry),
            names: self.names(),
            left_out: Vec::new(),
        }
    }

    fn allow(&mut self) -> Vec<Allowed> {
        Allowed::ALL.into_iter().filter(|_| !self.one_in(3)).collect()
    }

    fn surroundings<'a>(&mut self, allow: &'a [Allowed]) -> Surroundings<'a> {
        Surroundings {
            others_may_read: self.one_in(2),
            do_nothing: self.one_in(8),
            allow,
            now: date(2026, 11, 24).at(12, 0, 0, 0),
        }
    }
}
