//! The panel, its customers, the seller and the other panel of a history: what is true of them, and what happens to them.

use super::chance::Random;
use jiff::civil::{Date, DateTime, date};
use jiff::{SignedDuration, Span};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::service::{LocalService, Operation, SellerService};
use resellguard::reselling::status::{Status, SuspendedBy};
use std::collections::{BTreeMap, BTreeSet};

pub const MODULE: ModuleId = ModuleId(3);

/// How the two panels are, for a whole history.
#[derive(Debug)]
pub struct Manner {
    /// Services have names, and both sides show them.
    named: bool,
    /// The seller's ids are stored here.
    stores_ids: bool,
    /// Lists show the time of an order, and the own state of certificates and domains.
    shows_time: bool,
    shows_state: bool,
    /// The opening of a certificate that is only ordered has ended already (facts/billmanager 2.3).
    certificate_ended: bool,
    /// Another panel orders from the account.
    shared: bool,
}

/// A service of the panel.
#[derive(Debug)]
pub struct Here {
    pub local: LocalService,
    pub paid: bool,
    /// The seller's service that was ordered for it.
    pub row: Option<u64>,
}

/// A service at the seller.
#[derive(Debug)]
pub struct There {
    pub row: SellerService,
    ours: bool,
}

#[derive(Debug)]
pub struct Model {
    pub random: Random,
    pub manner: Manner,
    pub now: DateTime,
    pub here: BTreeMap<u64, Here>,
    pub there: BTreeMap<u64, There>,
    /// Services at the seller that were there as they were ordered, if only for a time.
    pub delivered: BTreeSet<u64>,
    /// Another panel has ordered, and the check knows.
    pub others: bool,
    next_row: u64,
    next_operation: u64,
}

impl Model {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        for _ in 0..8 {
            random.below(2);
        }
        let manner = Manner {
            named: !random.one_in(3),
            stores_ids: random.one_in(2),
            shows_time: random.one_in(2),
            shows_state: !random.one_in(3),
            certificate_ended: random.one_in(2),
            shared: random.one_in(2),
        };
        Self {
            random,
            manner,
            now: date(2026, 3, 1).at(9, 0, 0, 0),
            here: BTreeMap::new(),
            there: BTreeMap::new(),
            delivered: BTreeSet::new(),
            others: false,
            next_row: 4_478_979,
            next_operation: 501,
        }
    }

    /// Minutes pass.
    pub fn pass(&mut self, minutes: i64) {
        self.now = self.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    }

    fn today(&self) -> Date {
        self.now.date()
    }

    fn in_a_month(&self) -> Date {
        self.today().checked_add(Span::new().months(1)).unwrap()
    }

    fn one_here(&mut self) -> Option<u64> {
        let ids: Vec<u64> = self.here.keys().copied().collect();
        (!ids.is_empty()).then(|| self.random.of(&ids))
    }

    fn one_there(&mut self) -> Option<u64> {
        let ids: Vec<u64> = self.there.keys().copied().collect();
        (!ids.is_empty()).then(|| self.random.of(&ids))
    }

    fn begin(&mut self, item: u64, name: &str, manual: bool) {
        let operation = Operation {
            id: self.next_operation,
            name: name.to_owned(),
            manual: Some(manual),
            tries: 0,
            error: None,
            created: Some(self.now),
            task: None,
        };
        self.next_operation += 1;
        self.here.get_mut(&item).unwrap().local.operations.push(operation);
    }

    /// The next thing that somebody does; each a quarter of an hour to a day after the one before.
    pub fn happens(&mut self) {
        let minutes = self.random.of(&[15, 30, 60, 240, 1_440]);
        self.pass(minutes);
        if self.here.len() < 2 || self.here.len() < 6 && self.random.one_in(4) {
            return self.customer_orders();
        }
        match self.random.below(17) {
            0..=2 => self.customer_pays(),
            3..=6 => self.seller_works(),
            7 => self.seller_changes_its_mind(),
            8 => self.event_arrives(),
            9 => self.customer_does_not_pay(),
            10 => self.staff_acts(),
            11 => self.renewal_or_tariff(),
            12 | 13 => self.other_panel(),
            14 => self.module_tries_again(),
            15 => self.payment_is_taken_back(),
            _ => self.something_ends(),
        }
    }

    fn customer_orders(&mut self) {
        let item = self.here.len() as u64 + 1;
        let itemtype = self.random.of(&["vds", "vds", "vhost", "certificate", "domain", "soft"]);
        let local = LocalService {
            item: ItemId(item),
            name: format!("{itemtype} #{item}"),
            itemtype: itemtype.to_owned(),
            module: Some(MODULE),
            customer: 7,
            status: Status::Ordered,
            service_status: (itemtype == "certificate").then_some(1),
            stored_seller_id: None,
            operations: Vec::new(),
            created: Some(self.today()),
            expires: Some(self.in_a_month()),
            autosuspend: false,
            employeesuspend: false,
            abusesuspend: false,
            tariff_change_pending: false,
            names: self.names(itemtype, &format!("s{item}.example")),
            certificate_stored: false,
            last_resume: None,
            last_prolong: None,
        };
        self.here.insert(item, Here { local, paid: false, row: None });
    }

    fn names(&self, itemtype: &str, name: &str) -> BTreeMap<String, String> {
        let key = match itemtype {
            "certificate" => "CN",
            "soft" => "licname",
            _ => "domain",
        };
        let named = self.manner.named.then(|| (key.to_owned(), name.to_owned()));
        named.into_iter().collect()
    }

    fn customer_pays(&mut self) {
        let Some(item) = self.one_here() else { return };
        let service = self.here.get_mut(&item).unwrap();
        match service.local.status {
            Status::Ordered => {
                service.paid = true;
                service.local.status = Status::Processing;
                if service.row.is_some() {
                    return;
                }
                let handed_over = !self.random.one_in(5);
                self.begin(item, "open", handed_over);
                if handed_over {
                    self.order_at_seller(item);
                }
            }
            Status::Suspended if service.local.autosuspend => {
                service.paid = true;
                self.begin(item, "resume", true);
            }
            _ => {}
        }
    }

    fn order_at_seller(&mut self, item: u64) {
        let (id, now, today, month) = (self.next_row, self.now, self.today(), self.in_a_month());
        self.next_row += 1;
        let paid_there = !self.random.one_in(8);
        let (stores, ended) = (self.manner.stores_ids, self.manner.certificate_ended);
        let service = self.here.get_mut(&item).unwrap();
        let itemtype = service.local.itemtype.clone();
        service.row = Some(id);
        if stores {
            service.local.stored_seller_id = Some(id.to_string());
        }
        if itemtype == "certificate" {
            service.local.service_status = Some(4);
            if ended {
                service.local.operations.retain(|operation| operation.name != "open");
            }
        }
        let row = SellerService {
            id: id.to_string(),
            remoteid: Some(item.to_string()),
            status: if paid_there { Status::Processing } else { Status::Ordered },
            status_text: String::new(),
            suspended_by: None,
            service_status: match itemtype.as_str() {
                "certificate" => Some(4),
                "domain" => Some(5),
                _ => None,
            },
            created: Some(today),
            created_at: Some(now),
            expires: Some(month),
            names: service.local.names.clone(),
            itemtype,
            left_out: Vec::new(),
        };
        self.there.insert(id, There { row, ours: true });
    }

    fn module_tries_again(&mut self) {
        let Some(item) = self.one_here() else { return };
        let service = self.here.get_mut(&item).unwrap();
        let opening = service.local.operations.iter_mut().find(|one| one.name == "open" && one.manual == Some(false));
        if let Some(operation) = opening.filter(|_| service.row.is_none()) {
            operation.manual = Some(true);
            operation.created = Some(self.now);
            self.order_at_seller(item);
        }
    }

    fn seller_works(&mut self) {
        let Some(id) = self.one_there() else { return };
        let later = self.in_a_month().checked_add(Span::new().months(1)).unwrap();
        let there = self.there.get_mut(&id).unwrap();
        match there.row.status {
            Status::Ordered => there.row.status = Status::Processing,
            Status::Processing => {
                there.row.status = Status::Active;
                there.row.service_status = match there.row.itemtype.as_str() {
                    "certificate" => Some(5),
                    "domain" => Some(2),
                    _ => None,
                };
                there.row.names.insert("ip".to_owned(), format!("192.0.2.{}", id % 200));
                there.row.expires = Some(later);
                self.delivered.insert(id);
            }
            Status::Suspended => (there.row.status, there.row.suspended_by) = (Status::Active, None),
            Status::Active | Status::Deleted | Status::Unknown => {}
        }
    }

    fn seller_changes_its_mind(&mut self) {
        let Some(id) = self.one_there() else { return };
        let by = self.random.of(&[None, Some(SuspendedBy::Money), Some(SuspendedBy::Staff), Some(SuspendedBy::Abuse)]);
        let how = self.random.below(6);
        let there = self.there.get_mut(&id).unwrap();
        match how {
            0..=2 if there.row.status != Status::Active => {}
            0..=2 => (there.row.status, there.row.suspended_by) = (Status::Suspended, by),
            3 => there.row.status = Status::Deleted,
            4 => there.row.status = Status::Unknown,
            _ => drop(self.there.remove(&id)),
        }
    }

    /// The panel's own module does what the seller's event says.
    fn event_arrives(&mut self) {
        let Some(item) = self.one_here() else { return };
        let service = self.here.get_mut(&item).unwrap();
        let there = service.row.and_then(|id| self.there.get(&id));
        if service.local.status == Status::Processing && there.is_some_and(|there| there.row.status == Status::Active) {
            let local = &mut service.local;
            if local.itemtype == "certificate" {
                (local.certificate_stored, local.service_status) = (true, Some(5));
            }
            local.status = Status::Active;
            local.operations.retain(|operation| operation.name != "open");
        }
    }

    /// What is active is suspended; what still waits is marked, and will be when it is opened.
    fn customer_does_not_pay(&mut self) {
        let Some(item) = self.one_here() else { return };
        let service = self.here.get_mut(&item).unwrap();
        if matches!(service.local.status, Status::Active | Status::Processing) {
            (service.paid, service.local.autosuspend) = (false, true);
            if service.local.status == Status::Active {
                service.local.status = Status::Suspended;
            }
        }
    }

    /// What was ordered at the seller already is an unpaid order again.
    fn payment_is_taken_back(&mut self) {
        let Some(item) = self.one_here() else { return };
        let service = self.here.get_mut(&item).unwrap();
        if service.local.status == Status::Processing {
            (service.paid, service.local.status) = (false, Status::Ordered);
        }
    }

    fn staff_acts(&mut self) {
        let Some(item) = self.one_here() else { return };
        let how = self.random.below(4);
        let local = &mut self.here.get_mut(&item).unwrap().local;
        match (how, local.status) {
            (0, Status::Active) => (local.status, local.employeesuspend) = (Status::Suspended, true),
            (1, Status::Active) => (local.status, local.abusesuspend) = (Status::Suspended, true),
            (2, Status::Active | Status::Suspended | Status::Processing) => {
                local.status = Status::Deleted;
                local.operations.clear();
            }
            (3, Status::Active) => self.begin(item, "suspend", true),
            _ => {}
        }
    }

    fn renewal_or_tariff(&mut self) {
        let Some(item) = self.one_here() else { return };
        let (now, month, how) = (self.now, self.in_a_month(), self.random.below(4));
        let local = &mut self.here.get_mut(&item).unwrap().local;
        if matches!(local.status, Status::Ordered | Status::Deleted) {
            return;
        }
        match how {
            0 => (local.last_prolong, local.expires) = (Some(now), Some(month)),
            1 => local.tariff_change_pending = true,
            2 => local.tariff_change_pending = false,
            _ => self.begin(item, "prolong", true),
        }
    }

    /// Orders for a service of its own that has the number of one of ours; of the same product, and never in the same minutes.
    fn other_panel(&mut self) {
        let Some(item) = self.one_here().filter(|_| self.manner.shared) else { return };
        self.pass(60);
        self.others = true;
        let (id, now, today, month) = (self.next_row, self.now, self.today(), self.in_a_month());
        self.next_row += 1;
        let itemtype = self.here[&item].local.itemtype.clone();
        let row = SellerService {
            id: id.to_string(),
            remoteid: Some(item.to_string()),
            status: Status::Processing,
            status_text: String::new(),
            suspended_by: None,
            service_status: None,
            created: Some(today),
            created_at: Some(now),
            expires: Some(month),
            names: self.names(&itemtype, &format!("b{id}.example")),
            itemtype,
            left_out: Vec::new(),
        };
        self.there.insert(id, There { row, ours: false });
        self.pass(60);
    }

    fn something_ends(&mut self) {
        let Some(item) = self.one_here() else { return };
        let now = self.now;
        let local = &mut self.here.get_mut(&item).unwrap().local;
        let Some(place) = local.operations.iter().position(|operation| operation.name != "open") else { return };
        match local.operations.remove(place).name.as_str() {
            "resume" if local.status == Status::Suspended => {
                (local.status, local.autosuspend, local.last_resume) = (Status::Active, false, Some(now));
            }
            "suspend" if local.status == Status::Active => local.status = Status::Suspended,
            _ => {}
        }
    }

    /// The seller's list as it shows it.
    pub fn shown(&self) -> Vec<SellerService> {
        self.there.values().map(|there| self.as_shown(&there.row)).collect()
    }

    pub fn as_shown(&self, row: &SellerService) -> SellerService {
        let Manner { shows_time, shows_state, .. } = self.manner;
        SellerService {
            created_at: row.created_at.filter(|_| shows_time),
            service_status: row.service_status.filter(|_| shows_state),
            ..row.clone()
        }
    }

    /// Whether one may know for sure that this service waits although what was ordered for it is there.
    pub fn wrongly_waits(&self, item: u64) -> bool {
        let Here { local, paid, row } = &self.here[&item];
        let Some(there) = row.and_then(|id| self.there.get(&id)) else { return false };
        let shown = self.as_shown(&there.row);
        let same = |other: &&There| {
            other.row.itemtype == local.itemtype
                && other.row.remoteid == there.row.remoteid
                && other.row.status != Status::Deleted
        };
        let opening = local.operations.iter().all(|one| one.name == "open" && one.manual == Some(true))
            && (!local.operations.is_empty() || local.itemtype == "certificate");
        let names = local.names.iter().any(|(name, text)| shown.names.get(name) == Some(text));
        let recently =
            |at: Option<DateTime>| at.is_some_and(|at| self.now.duration_since(at) < SignedDuration::from_hours(24));
        local.status == Status::Processing
            && *paid
            && opening
            && there.row.status == Status::Active
            && there.ours
            && shown.delivered()
            && self.there.values().filter(same).count() == 1
            && (!self.others || local.stored_seller_id.is_some() || names)
            && !(local.autosuspend || local.employeesuspend || local.abusesuspend || local.tariff_change_pending)
            && !recently(local.last_resume)
            && !recently(local.last_prolong)
    }

    /// Another panel's service has the number of one of ours.
    pub fn equal_ids(&self) -> usize {
        self.there.values().filter(|there| !there.ours).count()
    }
}
