//! A model of one panel and one account at a seller, with whatever may happen to them: what a history is made of.
//!
//! Nothing here is taken from the plugin but the shapes of what it reads; the panel in the model does what the vendor's article
//! says a panel does. `innocent` draws histories and judges them.

use super::random::Random;
use jiff::civil::{Date, DateTime, date};
use jiff::{SignedDuration, Timestamp};
use resellguard::reselling::carried::{Before, Fold, KnownItem, Lookup};
use resellguard::reselling::circumstance::Scheduled;
use resellguard::reselling::elsewhere::{Elsewhere, Stranger};
use resellguard::reselling::exclusivity::{Memory, Observation, delivered, evidence, waits_for_an_event};
use resellguard::reselling::heard::{Event, Fate, Heard, Ours};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::link::Rows;
use resellguard::reselling::service::{LocalService, Module, Operation, SellerService};
use resellguard::reselling::status::Status;
use resellguard::reselling::verdict::{Evidence, Rule, Sight, Verdict, judge};
use std::collections::{BTreeMap, HashMap, HashSet};

const PRODUCTS: [&str; 4] = ["vds", "vhost", "certificate", "soft"];
/// The lists that a check asks for.
const LISTS: [&str; 6] = ["vds", "dedic", "vhost", "certificate", "domain", "soft"];
/// This panel's first service, and the seller's.
const FIRST: u64 = 16_643;
const FIRST_ROW: u64 = 4_478_979;

/// How the seller, the panel and the account are.
#[derive(Debug)]
pub struct Manner {
    /// Hours east of Greenwich.
    panel_zone: i64,
    seller_zone: i64,
    pub hides_ids: bool,
    /// Each list shows the services of every product.
    mixed: bool,
    shows_deleted: bool,
    /// Lists of certificates show the certificate's own state.
    shows_service_status: bool,
    shows_time: bool,
    /// Minutes between two runs of `checkevent`.
    period: i64,
    stores_seller_id: bool,
    disabled_module: bool,
    spelled_otherwise: bool,
    /// Another address of this panel that the settings do not name.
    second_address: bool,
    /// The days before this panel came, on which somebody else's panel ordered on the account; none when nobody did.
    predecessor: Option<i64>,
}

impl Manner {
    pub fn draw(random: &mut Random) -> Self {
        let zones = [-8, -3, 0, 0, 1, 3, 3, 7, 12];
        Self {
            panel_zone: random.of(&zones),
            seller_zone: random.of(&zones),
            hides_ids: random.one_in(8),
            mixed: random.one_in(5),
            shows_deleted: !random.one_in(3),
            shows_service_status: !random.one_in(3),
            shows_time: random.one_in(3),
            period: random.of(&[5, 5, 5, 10, 30]),
            stores_seller_id: !random.one_in(3),
            disabled_module: random.one_in(4),
            spelled_otherwise: random.one_in(5),
            second_address: random.one_in(6),
            predecessor: random.one_in(3).then(|| random.of(&[0, 1, 2, 30])),
        }
    }
}

/// A service of this panel.
struct Here {
    service: LocalService,
    /// Its module uses the account.
    on_account: bool,
    /// Deleted, and gone from the table of services.
    purged: bool,
    /// When its event comes, applying it fails.
    fails: bool,
}

/// The account, the panel, and what the panel's plugin remembers.
pub struct History {
    pub manner: Manner,
    /// Minutes since the beginning.
    now: i64,
    here: BTreeMap<u64, Here>,
    next_item: u64,
    rows: BTreeMap<u64, SellerService>,
    next_row: u64,
    /// Rows whose news wait in the account's queue.
    queue: Vec<u64>,
    /// What another panel has taken of news about services that are ours.
    pub stolen: HashSet<u64>,
    memory: Memory,
    heard: Heard,
    cron: bool,
    stopped: bool,
    /// The seller does not answer.
    down: bool,
}

impl History {
    pub fn new(manner: Manner) -> Self {
        let mut history = Self {
            manner,
            now: 60 * 24 * 40,
            here: BTreeMap::new(),
            next_item: FIRST,
            rows: BTreeMap::new(),
            next_row: FIRST_ROW,
            queue: Vec::new(),
            stolen: HashSet::new(),
            memory: Memory::default(),
            heard: Heard { only_account: true, ..Heard::default() },
            cron: true,
            stopped: false,
            down: false,
        };
        history.before_this_panel();
        history.memory.watched_since = Some(history.at());
        history.heard.since = Some(history.at());
        history
    }

    /// Services that were ordered by hand, and by whoever had the account before.
    fn before_this_panel(&mut self) {
        let today = self.seller_day();
        let mut add = |remoteid: Option<String>, ago: i64| {
            let day = today.saturating_sub(jiff::Span::new().days(ago));
            let row = self.next_row;
            self.next_row += 1;
            let names = BTreeMap::from([("domain".to_owned(), format!("old{row}.example"))]);
            let remoteid = remoteid.filter(|_| !self.manner.hides_ids);
            self.rows.insert(row, there(row, "vds", remoteid, Status::Active, day, names));
        };
        add(None, 35);
        if let Some(ago) = self.manner.predecessor {
            for id in ["l17", "900001", "117", "a9"] {
                add(Some(id.to_owned()), ago);
            }
        }
    }

    fn at(&self) -> Timestamp {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        start.checked_add(SignedDuration::from_mins(self.now)).unwrap()
    }

    fn clock(&self, zone: i64) -> DateTime {
        let minutes = self.now + 60 * zone;
        date(2026, 3, 1).at(0, 0, 0, 0).checked_add(SignedDuration::from_mins(minutes)).unwrap()
    }

    fn panel_day(&self) -> Date {
        self.clock(self.manner.panel_zone).date()
    }

    fn seller_day(&self) -> Date {
        self.clock(self.manner.seller_zone).date()
    }

    /// A service of this panel that something may happen to.
    fn any(&self, random: &mut Random, fits: impl Fn(&Here) -> bool) -> Option<u64> {
        let ids: Vec<u64> = self.here.iter().filter(|(_, one)| !one.purged && fits(one)).map(|(id, _)| *id).collect();
        (!ids.is_empty()).then(|| random.of(&ids))
    }

    /// The seller's row of a service of ours. Both know it, whatever the list shows.
    fn row_of(&self, item: u64) -> Option<u64> {
        let stored = self.here.get(&item)?.service.names.get("row")?;
        stored.parse().ok()
    }

    fn news(&mut self, row: u64) {
        if !self.queue.contains(&row) {
            self.queue.push(row);
        }
    }

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
        self.here.insert(item, Here { service, on_account: true, purged: false, fails: random.one_in(20) });
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
            .filter(|row| row.names["domain"].starts_with("hand"))
            .map(|row| number(&row.id))
            .collect();
        if by_hand.is_empty() || self.manner.hides_ids {
            return;
        }
        let (row, item) = (random.of(&by_hand), self.next_item);
        self.next_item += 1;
        let day = self.panel_day();
        let there = self.rows.get_mut(&row).unwrap();
        if random.one_in(2) {
            there.remoteid = Some(item.to_string());
        }
        let mut service = local(item, "vds", day);
        service.status = Status::Active;
        service.stored_seller_id = Some(row.to_string());
        service.names.clone_from(&there.names);
        service.names.insert("row".to_owned(), row.to_string());
        self.here.insert(item, Here { service, on_account: true, purged: false, fails: false });
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
        let name = random.of(&["prolong", "prolong", "setparam"]);
        let created = Some(self.clock(self.manner.panel_zone));
        let one = self.here.get_mut(&item).unwrap();
        let there = self.rows.get_mut(&row).unwrap();
        if name == "prolong" && one.service.itemtype == "certificate" {
            // Issued anew: it is active all the while.
            one.service.service_status = Some(4);
            there.service_status = self.manner.shows_service_status.then_some(4);
            if random.one_in(2) {
                there.status = Status::Processing;
            }
            return;
        }
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

    /// Lets minutes pass; this panel's `checkevent` runs as its schedule says. Of a long time only its first and last hour are
    /// played: nothing happens in between. `each` sees every run.
    pub fn pass(&mut self, minutes: i64, mut each: impl FnMut(&mut Self)) {
        let until = self.now + minutes;
        while self.now < until {
            self.now += 1;
            if until - self.now > 60 && self.now > until - minutes + 60 {
                self.now = until - 60;
            }
            if self.now % self.manner.period == 0 && self.cron {
                self.poll();
                each(self);
            }
        }
    }

    /// This panel's `checkevent`.
    fn poll(&mut self) {
        let at = self.at();
        self.memory.polls.push(at);
        self.heard.last = Some(at);
        if self.down {
            self.heard.cut_off = Some(at);
            return;
        }
        if self.stopped {
            return;
        }
        for row in std::mem::take(&mut self.queue) {
            let there = self.rows[&row].clone();
            let item = self.here.keys().copied().find(|item| self.row_of(*item) == Some(row));
            let Some(one) = item.and_then(|item| self.here.get_mut(&item)).filter(|one| !one.purged && one.on_account)
            else {
                // A service that was deleted here, or is served by another module.
                if let Some(item) = item {
                    self.heard.events.push(Event { item: Some(item), at, fate: Fate::Gone { event: row } });
                }
                continue;
            };
            if one.service.status == Status::Deleted {
                continue;
            }
            let fate = if one.fails { Fate::Failed } else { Fate::Applied };
            self.heard.events.push(Event { item, at, fate });
            if one.fails {
                continue;
            }
            if there.status != Status::Processing {
                one.service.status = there.status;
                one.service.operations.clear();
            }
            one.service.tariff_change_pending = false;
            if one.service.itemtype == "certificate"
                && there.status == Status::Active
                && there.service_status != Some(4)
            {
                one.service.service_status = Some(5);
            }
        }
    }

    /// What the plugin sees and concludes at this moment.
    pub fn check(&mut self) -> (Verdict, Rule, Vec<Evidence>) {
        let now = self.at();
        let waiting: Vec<LocalService> = self
            .here
            .values()
            .filter(|one| !one.purged && one.on_account && one.service.waits())
            .map(|one| one.service.clone())
            .collect();
        let ours = |one: &&Here| !one.purged && one.on_account && one.service.status != Status::Deleted;
        let own: HashSet<String> = self.here.values().filter(ours).map(|one| one.service.itemtype.clone()).collect();
        let services = self.here.values().filter(|one| !one.purged && one.on_account);
        let mut fold = Fold::new(Before {
            waiting: &waiting,
            highest_item: self.here.keys().max().copied().unwrap_or(0),
            integrated: services.filter_map(|one| one.service.created).min(),
        });
        let lookup = self.lookup();
        let mut ids_shown = !self.down;
        for list in LISTS.iter().filter(|_| !self.down) {
            fold.begin(list);
            let page: Vec<SellerService> = self
                .rows
                .values()
                .filter(|row| self.manner.mixed || row.itemtype == *list)
                .filter(|row| self.manner.shows_deleted || row.status != Status::Deleted)
                .map(|row| SellerService { itemtype: (*list).to_owned(), ..row.clone() })
                .collect();
            ids_shown &= !own.contains(*list) || page.is_empty() || page.iter().any(|row| row.remoteid.is_some());
            page.chunks(7).for_each(|page| fold.page(page, &lookup));
        }
        let carried = fold.finish();
        let sight = Sight { read: !self.down, services_here: !own.is_empty(), ids_shown };
        if sight.read {
            let rows = Rows::new(&carried.rows);
            let active: Vec<ItemId> =
                waiting.iter().filter(|one| delivered(one, &rows).is_some()).map(|one| one.item).collect();
            // While events are not applied nothing is late.
            let active = if self.stopped { Vec::new() } else { active };
            self.memory.active_since.retain(|item, _| active.contains(item));
            for item in active {
                self.memory.active_since.entry(item).or_insert(now);
            }
        }
        self.heard.ours = self
            .here
            .iter()
            .map(|(item, one)| {
                let deleted = one.purged || one.service.status == Status::Deleted;
                (*item, Ours { on_account: one.on_account, deleted })
            })
            .collect();
        let seen = Observation {
            now,
            local_now: self.clock(self.manner.panel_zone),
            stuck_after: SignedDuration::from_mins(15),
            modules: &self.modules(),
            waiting: &waiting,
            sight,
            carried: &carried,
            memory: &self.memory,
            heard: &self.heard,
            elsewhere: &self.elsewhere(),
            scheduled: Scheduled::Yes(format!("*/{} * * * * mgrctl -m billmgr checkevent", self.manner.period)),
            stopped: self.stopped,
        };
        let found = evidence(&seen);
        let (verdict, rule) = judge(sight, &found);
        (verdict, rule, found)
    }

    fn lookup(&self) -> Lookup {
        let (purged, kept): (Vec<_>, Vec<_>) = self.here.iter().partition(|(_, one)| one.purged);
        let known = |one: &Here| KnownItem {
            itemtype: one.service.itemtype.clone(),
            on_account: one.on_account,
            names: one.service.names.values().cloned().collect(),
            created: one.service.created,
        };
        Lookup {
            known: kept.into_iter().map(|(id, one)| (*id, known(one))).collect::<HashMap<_, _>>(),
            remembered: purged.into_iter().map(|(id, _)| *id).collect(),
        }
    }

    fn modules(&self) -> Vec<Module> {
        [3, 4]
            .into_iter()
            .map(|id| Module {
                id: ModuleId(id),
                name: format!("module {id}"),
                file: "pmbillmgr".to_owned(),
                active: id == 3 || !self.manner.disabled_module,
                account: None,
                url: if id == 4 && self.manner.spelled_otherwise {
                    "https://seller.example"
                } else {
                    "https://seller.example/billmgr"
                }
                .to_owned(),
                login: "shop".to_owned(),
            })
            .collect()
    }

    fn elsewhere(&self) -> Elsewhere {
        let person = |address: &str, functions: &[&str]| Stranger {
            address: address.to_owned(),
            times: 3,
            functions: functions.iter().map(|one| (*one).to_owned()).collect(),
            ..Stranger::default()
        };
        let mut strangers = vec![person("198.51.100.7", &["dashboard", "vds"])];
        if self.manner.second_address {
            strangers.push(person("2001:db8::2", &["itemevent"]));
        }
        Elsewhere { strangers, ..Elsewhere::default() }
    }

    /// Services of ours that wait here and are delivered there, by a link that the seller shows.
    pub fn stuck(&self) -> usize {
        let lost = |item: &u64| {
            let one = &self.here[item];
            let there = self.row_of(*item).map(|row| &self.rows[&row]);
            one.on_account
                && !one.purged
                && waits_for_an_event(&one.service)
                && there.is_some_and(|there| there.status == Status::Active)
        };
        self.stolen.iter().filter(|item| lost(item)).count()
    }

    /// Calm: the schedule runs, the seller answers.
    pub fn calm(&mut self) {
        (self.cron, self.stopped, self.down) = (true, false, false);
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

fn there(
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
    }
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}
