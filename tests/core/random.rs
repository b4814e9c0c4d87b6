//! What holds in every state, tried on many random ones; the seed is fixed, so a failure comes again.

use super::tables::{delivered, word};
use jiff::civil::{Date, DateTime, date};
use resellguard::reselling::decision::{Decision, Surroundings, decide};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::link::{Link, Rows};
use resellguard::reselling::plan::{reached, steps};
use resellguard::reselling::service::{LocalService, Operation, SellerService};
use resellguard::reselling::status::Status;
use std::collections::{BTreeMap, BTreeSet};

const STATES: usize = 50_000;
/// Everything that a plan may ever call.
const CALLS: [&str; 7] = [
    "vds.open",
    "dedic.open",
    "vhost.open",
    "certificate.open",
    "certificate.save",
    "service.setstatus",
    "service.setexpiredate",
];

#[test]
fn whatever_the_state_nothing_is_done_that_must_not_be() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut seen = BTreeSet::new();
    for _ in 0..STATES {
        let local = random.local();
        let rows: Vec<SellerService> = (0..random.below(4)).map(|_| random.row(&local.itemtype)).collect();
        let around = random.surroundings();
        let linked = Rows::new(&rows).link(&local);
        let (decision, reason) = decide(&local, &linked, around);
        let plan = steps(decision, &local, &delivered(&local, &linked));
        let state = || format!("{local:#?}\n{linked:#?}\n{around:?}\n{decision:?} {reason:?} {plan:?}");

        assert_eq!(decision.acts(), !plan.is_empty(), "steps exactly when something is done: {}", state());
        assert!(!reached(decision, &local), "nothing is reached before any step: {}", state());
        for step in &plan {
            assert!(CALLS.contains(&step.call.as_str()), "a call that no plan makes: {}", state());
            assert_eq!(
                step.params[0],
                ("elid".to_owned(), local.item.to_string()),
                "a call on another service: {}",
                state()
            );
        }
        if decision.acts() {
            let row = linked.seller.expect("acts without a row of the seller");
            assert!(
                matches!(local.status, Status::Processing | Status::Active),
                "acts on a service that rests: {}",
                state()
            );
            assert!(
                decision != Decision::Open || local.status == Status::Processing,
                "opens an open service: {}",
                state()
            );
            let suspended = local.autosuspend || local.employeesuspend || local.abusesuspend;
            assert!(!suspended && local.status != Status::Suspended, "resumes for nothing: {}", state());
            assert!(
                matches!(linked.link, Link::Both | Link::RemoteId),
                "acts on a link that is not proven: {}",
                state()
            );
            assert_eq!((&row.remoteid, &row.itemtype), (&Some(local.item.to_string()), &local.itemtype), "{}", state());
            let issued = local.itemtype == "certificate" && row.service_status == Some(5);
            assert!(row.status == Status::Active || issued, "the seller has not delivered: {}", state());
            assert!(!around.do_nothing && !local.tariff_change_pending, "{}", state());
            assert!(local.operations.iter().all(|one| one.name == "open" && one.manual != Some(false)), "{}", state());
            assert!(
                linked.corroborated || !around.others_may_read,
                "acts on an id alone where others may read: {}",
                state()
            );
        }
        seen.insert(format!("{} {}", decision.word(), word(&reason)));
    }
    // A generator that never comes near a repair would prove nothing.
    for outcome in ["open ActiveAtSeller", "store_certificate IssuedAtSeller", "refuse NotCorroborated", "refuse Doubt"]
    {
        assert!(seen.contains(outcome), "never came to '{outcome}', only to {seen:#?}");
    }
    assert!(seen.len() > 25, "too few outcomes: {seen:#?}");
}

/// xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn of<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())]
    }

    fn maybe<T>(&mut self, number: usize, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(number).then(|| make(self))
    }

    fn status(&mut self, usual: Status) -> Status {
        use Status::{Active, Deleted, Ordered, Processing, Suspended, Unknown};
        if self.one_in(2) { usual } else { self.of(&[Ordered, Active, Suspended, Deleted, Processing, Unknown]) }
    }

    fn service_status(&mut self) -> Option<i64> {
        self.maybe(2, |random| random.of(&[0, 1, 2, 3, 3, 4, 4, 5, 5, 6]))
    }

    fn day(&mut self) -> Date {
        self.of(&[date(2026, 11, 20), date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)])
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
            name: if self.one_in(8) { self.of(&["prolong", "suspend", "setparam"]) } else { "open" }.to_owned(),
            manual: self.of(&[Some(true), Some(true), Some(true), Some(false), None]),
            tries: 0,
            error: None,
            created: None,
            task: None,
        }
    }

    fn local(&mut self) -> LocalService {
        LocalService {
            item: ItemId(1 + self.below(2) as u64),
            name: "a service".to_owned(),
            itemtype: self.of(&["vds", "dedic", "vhost", "certificate", "certificate", "domain"]).to_owned(),
            module: Some(ModuleId(3)),
            customer: 7,
            status: self.status(Status::Processing),
            service_status: self.service_status(),
            stored_seller_id: self.maybe(4, |random| random.of(&["1", "2", "3", "999"]).to_owned()),
            operations: (0..self.of(&[0, 1, 1, 1, 2])).map(|_| self.operation()).collect(),
            created: self.maybe(2, Self::day),
            expires: self.maybe(2, Self::day),
            autosuspend: self.one_in(4),
            employeesuspend: self.one_in(4),
            abusesuspend: self.one_in(4),
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
            status: self.status(Status::Active),
            status_text: "as shown".to_owned(),
            service_status: self.service_status(),
            created: self.maybe(2, Self::day),
            expires: self.maybe(2, Self::day),
            names: self.names(),
        }
    }

    fn surroundings(&mut self) -> Surroundings {
        Surroundings {
            others_may_read: self.one_in(2),
            do_nothing: self.one_in(8),
            now: date(2026, 11, 24).at(12, 0, 0, 0),
        }
    }
}
