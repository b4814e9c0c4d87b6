//! What may happen to a panel, its services and its account.

use super::super::chance::Random;
use super::{FIRST_ROW, Here, History};
use jiff::civil::Date;
use resellguard::reselling::exclusivity::waits_for_an_event;
use resellguard::reselling::heard::{Event, Fate};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::service::{LocalService, Operation, SellerService};
use resellguard::reselling::status::Status;
use std::collections::BTreeMap;

const PRODUCTS: [&str; 4] = ["vds", "vhost", "certificate", "soft"];

impl History {
    /// A customer orders; the panel orders at the seller, or fails to.
    pub fn order(&mut self, random: &mut Random, fails: bool) {
        let (item, itemtype) = (self.next_item, random.of(&PRODUCTS));
        self.next_item += 1 + random.below(3) as u64;
        let name = if itemtype == "certificate" { "CN" } else { "domain" };
        let mut names = BTreeMap::from([(name.to_owned(), format!("s{item}.example"))]);
        let mut open = Operation {
            id: item,
            name: "open".to_owned(),
            manual: Some(!fails),
            tries: 1,
            error: fails.then(|| "notenoughmoney".to_owned()),
            created: Some(self.clock(self.manner.panel_zone)),
            task: None,
        };
        let mut service = local(item, itemtype, self.panel_day());
        if fails {
            open.tries = 3;
        } else {
            let row = self.next_row;
            self.next_row += 1;
            let remoteid = (!self.manner.hides_ids).then(|| item.to_string());
            let mut there = there(row, itemtype, remoteid, Status::Processing, self.seller_day(), names.clone());
            there.created_at = self.manner.shows_time.then(|| self.clock(self.manner.seller_zone));
            if itemtype == "certificate" {
                service.service_status = Some(4);
                there.service_status = self.manner.shows_service_status.then_some(4);
            }
            self.rows.insert(row, there);
            names.insert("row".to_owned(), row.to_string());
            service.stored_seller_id = self.manner.stores_seller_id.then(|| row.to_string());
        }
        // A certificate's opening has ended when the seller took the order.
        if itemtype != "certificate" || fails || random.one_in(2) {
            service.operations.push(open);
        }
        service.names = names;
        let recorded = Some(self.panel_day());
        self.here.insert(item, Here { service, on_account: true, purged: false, fails: random.one_in(20), recorded });
    }

    /// The seller delivers something that was ordered.
    pub fn deliver(&mut self, random: &mut Random) {
        let ordered: Vec<u64> =
            self.rows.values().filter(|row| row.status == Status::Processing).map(|row| number(&row.id)).collect();
        if ordered.is_empty() {
            return;
        }
        let id = random.of(&ordered);
        let row = self.rows.get_mut(&id).unwrap();
        row.status = Status::Active;
        row.service_status = row.service_status.map(|_| 5);
        self.news(id);
    }

    /// Somebody orders by hand in the account's own page.
    pub fn order_by_hand(&mut self) {
        let row = self.next_row;
        self.next_row += 1;
        let names = BTreeMap::from([("domain".to_owned(), format!("hand{row}.example"))]);
        self.rows.insert(row, there(row, "vds", None, Status::Active, self.seller_day(), names));
    }

    /// What was ordered by hand becomes a service of this panel. Whether the seller's row carries its id then is not known.
    pub fn import(&mut self, random: &mut Random) {
        let by_hand: Vec<u64> = self
            .rows
            .values()
            .filter(|row| row.remoteid.is_none() && row.names.contains_key("domain"))
            .filter(|row| row.names["domain"].starts_with("hand") || row.names["domain"].starts_with("old"))
            .map(|row| number(&row.id))
            .collect();
        if by_hand.is_empty() || self.manner.hides_ids {
            return;
        }
        let (row, item) = (random.of(&by_hand), self.next_item);
        self.next_item += 1;
        let recorded = Some(self.panel_day());
        let there = self.rows.get_mut(&row).unwrap();
        // With the day of the import, or with its own.
        let day = if random.one_in(2) { there.created } else { recorded }.unwrap();
        if random.one_in(2) {
            there.remoteid = Some(item.to_string());
        }
        let mut service = local(item, "vds", day);
        service.status = Status::Active;
        service.stored_seller_id = Some(row.to_string());
        service.names.clone_from(&there.names);
        service.names.insert("row".to_owned(), row.to_string());
        self.here.insert(item, Here { service, on_account: true, purged: false, fails: false, recorded });
    }

    /// Deleted here; at the seller at once, later or never. Later it may leave the table of services, and only the history knows it.
    pub fn delete(&mut self, random: &mut Random) {
        let Some(item) = self.any(random, |_| true) else { return };
        let row = self.row_of(item);
        let one = self.here.get_mut(&item).unwrap();
        if one.service.status == Status::Deleted {
            one.purged = true;
            return;
        }
        one.service.status = Status::Deleted;
        one.service.operations.clear();
        if random.one_in(2)
            && let Some(row) = row
        {
            self.rows.get_mut(&row).unwrap().status = Status::Deleted;
            self.news(row);
        }
    }

    /// A renewal, or a change of the tariff: an operation here, and news from there.
    pub fn change(&mut self, random: &mut Random) {
        let Some(item) = self.any(random, |one| one.service.status == Status::Active) else { return };
        let Some(row) = self.row_of(item) else { return };
        let name = random.of(&["prolong", "setparam"]);
        let created = Some(self.clock(self.manner.panel_zone));
        let one = self.here.get_mut(&item).unwrap();
        let manual = random.of(&[Some(true), Some(false), None]);
        let operation = Operation {
            id: item + 1_000_000,
            name: name.to_owned(),
            manual,
            tries: 0,
            error: None,
            created,
            task: None,
        };
        one.service.tariff_change_pending = name == "setparam";
        if one.service.operations.is_empty() {
            one.service.operations.push(operation);
        }
        self.news(row);
    }

    /// A certificate is renewed: it waits to be issued anew, and is active all the while, or so here.
    pub fn renew(&mut self, random: &mut Random) {
        let active = |one: &Here| one.service.itemtype == "certificate" && one.service.status == Status::Active;
        let Some((item, row)) = self.any(random, active).and_then(|item| Some((item, self.row_of(item)?))) else {
            return;
        };
        let there = self.rows.get_mut(&row).unwrap();
        self.here.get_mut(&item).unwrap().service.service_status = Some(4);
        there.service_status = self.manner.shows_service_status.then_some(4);
        if random.one_in(3) {
            there.status = Status::Processing;
        }
    }

    /// A certificate that is being renewed is issued, and active at the seller as it was.
    pub fn issue_again(&mut self, random: &mut Random) {
        let Some(item) = self.any(random, |one| {
            one.service.itemtype == "certificate"
                && one.service.status == Status::Active
                && one.service.service_status == Some(4)
        }) else {
            return;
        };
        let Some(row) = self.row_of(item) else { return };
        let there = self.rows.get_mut(&row).unwrap();
        there.status = Status::Active;
        there.service_status = there.service_status.map(|_| 5);
        self.news(row);
    }

    /// The seller suspends or resumes; here it follows with the event.
    pub fn suspend(&mut self, random: &mut Random) {
        let Some(item) = self.any(random, |_| true) else { return };
        let Some(row) = self.row_of(item) else { return };
        let there = self.rows.get_mut(&row).unwrap();
        there.status = match there.status {
            Status::Active => Status::Suspended,
            Status::Suspended => Status::Active,
            other => other,
        };
        self.news(row);
    }

    /// The vendor's remedy: the service is given to another module by hand, and its row stays on the account.
    pub fn move_by_hand(&mut self, random: &mut Random) {
        if let Some(item) = self.any(random, |_| true) {
            self.here.get_mut(&item).unwrap().on_account = false;
        }
    }

    /// Two runs of this panel's own `checkevent` meet: one applies what is gone for the other.
    pub fn meet(&mut self, random: &mut Random) {
        let Some(item) = self.any(random, |one| one.on_account && one.service.status == Status::Active) else { return };
        let at = self.at();
        for fate in [Fate::Applied, Fate::Gone { event: 1_000_000 + item }] {
            self.heard.events.push(Event { item: Some(item), at, fate });
        }
    }

    /// The panel's history is cleaned: what is older than today is gone.
    pub fn clean(&mut self) {
        self.recorded_since = Some(self.panel_day());
        for one in self.here.values_mut() {
            one.recorded = None;
        }
    }

    /// The answer to the next poll is lost on its way, with all that it had.
    pub fn break_a_poll(&mut self) {
        self.breaks = true;
    }

    /// Whoever had the account before is gone, and the seller deletes a service of theirs.
    pub fn delete_foreign(&mut self, random: &mut Random) {
        let foreign = |row: &&SellerService| row.names.get("domain").is_some_and(|name| name.starts_with("old"));
        let rows: Vec<u64> = self.rows.values().filter(foreign).map(|row| number(&row.id)).collect();
        self.rows.get_mut(&random.of(&rows)).unwrap().status = Status::Deleted;
    }

    pub fn switch_module(&mut self) {
        self.switched_off = !self.switched_off;
    }

    pub fn toggle(&mut self, random: &mut Random) {
        match random.below(3) {
            0 => self.cron = !self.cron,
            1 => self.stopped = !self.stopped,
            _ => self.down = !self.down,
        }
    }

    /// Another panel's `checkevent` takes what waits.
    pub fn steal(&mut self) {
        for row in std::mem::take(&mut self.queue) {
            let item = self.here.iter().find(|(item, _)| self.row_of(**item) == Some(row)).map(|(item, _)| *item);
            let waits = item.is_some_and(|item| waits_for_an_event(&self.here[&item].service));
            self.stolen.extend(item.filter(|_| waits));
        }
    }

    /// Another panel orders, as it would on any account.
    pub fn order_elsewhere(&mut self) {
        let row = self.next_row;
        self.next_row += 1;
        let remoteid = Some((62_991 + row - FIRST_ROW).to_string());
        let names = BTreeMap::from([("domain".to_owned(), format!("other{row}.example"))]);
        self.rows.insert(row, there(row, "vds", remoteid, Status::Active, self.seller_day(), names));
    }
}

fn local(item: u64, itemtype: &str, day: Date) -> LocalService {
    LocalService {
        item: ItemId(item),
        name: format!("{itemtype} {item}"),
        itemtype: itemtype.to_owned(),
        module: Some(ModuleId(3)),
        customer: 7,
        status: Status::Processing,
        service_status: None,
        stored_seller_id: None,
        operations: Vec::new(),
        created: Some(day),
        expires: None,
        autosuspend: false,
        employeesuspend: false,
        abusesuspend: false,
        tariff_change_pending: false,
        names: BTreeMap::new(),
        certificate_stored: false,
        last_resume: None,
        last_prolong: None,
    }
}

pub(super) fn there(
    row: u64,
    itemtype: &str,
    remoteid: Option<String>,
    status: Status,
    created: Date,
    names: BTreeMap<String, String>,
) -> SellerService {
    SellerService {
        id: row.to_string(),
        itemtype: itemtype.to_owned(),
        remoteid,
        status,
        status_text: status.word().to_owned(),
        suspended_by: None,
        service_status: None,
        created: Some(created),
        created_at: None,
        expires: None,
        names,
        left_out: Vec::new(),
    }
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}
