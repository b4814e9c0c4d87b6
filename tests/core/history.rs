//! A model of one panel and one account at a seller, with whatever may happen to them: what a history is made of.
//!
//! Nothing here is taken from the plugin but the shapes of what it reads; the panel in the model does what the vendor's article
//! says a panel does. `innocent` draws histories and judges them.

#[path = "happening.rs"]
mod happening;
#[path = "observed.rs"]
mod observed;

use super::chance::Random;
use happening::there;
use jiff::civil::{Date, DateTime, date};
use jiff::{SignedDuration, Timestamp};
use resellguard::reselling::exclusivity::{Memory, waits_for_an_event};
use resellguard::reselling::heard::{Event, Fate, Heard};
use resellguard::reselling::service::{LocalService, SellerService};
use resellguard::reselling::status::Status;
use std::collections::{BTreeMap, HashSet};

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
    /// Another account, so that nobody can say whose request broke off.
    other_account: bool,
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
            predecessor: random.one_in(3).then(|| random.of(&[0, 1, 2, 30, 400])),
            other_account: random.one_in(4),
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
    /// The day of the first line of the panel's history about it; none when that was cleaned.
    recorded: Option<Date>,
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
    /// The next poll breaks off: the seller hands out its events, and they do not arrive.
    breaks: bool,
    /// The account's modules are switched off here; this panel asks with such ones, or not.
    switched_off: bool,
    /// The day of the oldest line of the panel's history.
    recorded_since: Option<Date>,
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
            heard: Heard::default(),
            cron: true,
            stopped: false,
            down: false,
            breaks: false,
            switched_off: false,
            recorded_since: None,
        };
        history.heard.only_account = !history.manner.other_account;
        history.recorded_since = Some(history.panel_day());
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
        // Bought by hand years ago, to be imported one day with its own date.
        add(None, 900);
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
            self.heard.cut_off.push(at);
            return;
        }
        // What a panel does with a module that is switched off nobody knows.
        if self.stopped || (self.switched_off && self.manner.period != 10) {
            return;
        }
        if std::mem::take(&mut self.breaks) {
            self.heard.broke.push(at + SignedDuration::from_secs(1));
            self.queue.clear();
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
        (self.breaks, self.switched_off) = (false, false);
    }
}
