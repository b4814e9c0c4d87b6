//! What the rows of an account carry: the seller's lists, read once, page by page, and only what the evidence needs is kept.
//!
//! An account may have 100,000 services, and a row has a kilobyte; of a row that is ours and does not wait, some ten bytes
//! stay. Not for asking the seller nor the database: who folds looks the ids of each page up.

use super::service::{LocalService, SellerService};
use super::status::Status;
use super::verdict::{Foreign, Severity, Sign};
use jiff::civil::Date;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher;

/// How many foreign ids that may accuse, how many others, and how many ids carried twice are kept; the rest is counted.
const SHOWN: usize = 200;
/// How many rows that this panel ordered are kept, the oldest: the first of them is the integration.
const PAIRS: usize = 1000;
/// How many rows with the id of one waiting service are kept; from two on the link is in doubt.
const ROWS_OF_ONE: usize = 10;

/// What this panel knows about an id that the seller's row carries.
#[derive(Clone, Debug)]
pub struct KnownItem {
    /// Empty when this panel does not know it any more (the tariff is gone).
    pub itemtype: String,
    /// Its module uses the account in question.
    pub on_account: bool,
    /// The domain, address or name it has here, to recognise a service that was moved to another module.
    pub names: Vec<String>,
    /// The day of its order here.
    pub created: Option<Date>,
}

/// What this panel knows of the ids of one page.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    /// Those that are services of this panel, whatever their state.
    pub known: HashMap<u64, KnownItem>,
    /// Those that only the history of this panel remembers.
    pub remembered: HashSet<u64>,
    /// Those that this panel does not know, and that its module ordered on that day, as its log says.
    pub ordered: HashMap<u64, Date>,
}

/// What is known before the first page.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// Services that wait here: their rows are kept.
    pub waiting: &'a [LocalService],
    pub highest_item: u64,
    /// The day of the oldest line of this panel's history; `None` when it has none.
    pub history_since: Option<Date>,
}

/// The day of the first line that this panel's history has of each service; `None` on a panel that keeps no history.
pub type Recorded = Option<HashMap<u64, Date>>;

/// What the rows said, all pages together.
#[derive(Debug, Default)]
pub struct Carried {
    pub(super) signs: Vec<(Sign, Severity)>,
    /// Rows that carry the id of a waiting service, or are named by one.
    pub rows: Vec<SellerService>,
    /// The seller's ids of all services.
    seller_ids: HashSet<u64>,
    /// How many foreign ids and duplicates were counted only.
    pub left_off: u64,
}

impl Carried {
    /// The seller has a service with this id of its own.
    pub fn has(&self, seller_id: u64) -> bool {
        self.seller_ids.contains(&seller_id)
    }
}

/// Takes pages in any order, of one list after the other.
pub struct Fold {
    waiting: HashSet<u64>,
    stored: HashSet<String>,
    highest_item: u64,
    history_since: Option<Date>,
    /// Products whose lists were read.
    lists: Vec<String>,
    /// Products of held rows.
    products: Vec<String>,
    /// The list of the current pages.
    list: usize,
    /// In which list a service was judged.
    judged: HashMap<u64, usize>,
    held: BTreeMap<u64, Held>,
    /// One service was in two lists, so a list says nothing about the product of its rows.
    mixed: bool,
    /// Our services by the day of their order there and the seller's id, where the day is the same here: the oldest.
    pairs: BTreeMap<(Date, u64), u64>,
    /// By what is kept longest: those that may accuse, of these the youngest. A list may show 100,000 of them.
    foreign: BTreeMap<(bool, Option<Date>, u64), Stranger>,
    strangers: usize,
    /// By product and id, hashed: the first live row that carries it.
    carriers: HashMap<u64, u64>,
    hasher: RandomState,
    twice: BTreeMap<(usize, String), Vec<u64>>,
    kept: HashMap<String, usize>,
    carried: Carried,
}

/// A row that was read with another product than the one our service has. It is judged when no better list shows it.
#[derive(Clone, Debug)]
struct Held {
    list: usize,
    remoteid: u64,
    created: Option<Date>,
    deleted: bool,
    /// Which of `products` the service has here.
    product: usize,
}

/// A foreign id.
struct Stranger {
    /// Which one it was, as the lists show them.
    number: usize,
    row: u64,
    list: usize,
    remoteid: String,
    created: Option<Date>,
    why: Foreign,
    deleted: bool,
}

/// Since when this panel orders on the account, at the latest. The days of its services alone would not do: an import keeps the day on
/// which the service was bought, by whomever, and a service that was moved here that of its order elsewhere.
#[derive(Clone, Copy)]
struct Integration {
    day: Date,
    /// The lowest id there of a service that this panel is known to have ordered.
    row: Option<u64>,
}

/// Against the first order of this panel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Before,
    /// Within a day: the panels' clocks may be in different time zones, and there is no hour.
    SameDay,
    Since,
    /// There is no order of this panel to compare with, or the seller shows no day.
    Unknown,
}

impl Fold {
    pub fn new(before: Before<'_>) -> Self {
        Self {
            waiting: before.waiting.iter().map(|local| local.item.0).collect(),
            stored: before.waiting.iter().filter_map(|local| local.stored_seller_id.clone()).collect(),
            highest_item: before.highest_item,
            history_since: before.history_since,
            lists: Vec::new(),
            products: Vec::new(),
            list: 0,
            judged: HashMap::new(),
            held: BTreeMap::new(),
            mixed: false,
            pairs: BTreeMap::new(),
            foreign: BTreeMap::new(),
            strangers: 0,
            carriers: HashMap::new(),
            hasher: RandomState::new(),
            twice: BTreeMap::new(),
            kept: HashMap::new(),
            carried: Carried::default(),
        }
    }

    /// The pages that come next are of this product's list.
    pub fn begin(&mut self, itemtype: &str) {
        self.list = self.lists.len();
        self.lists.push(itemtype.to_owned());
    }

    /// The ids of a page that have to be looked up.
    pub fn ids(page: &[SellerService]) -> Vec<u64> {
        let mut ids: Vec<u64> = page.iter().filter_map(|row| number(row.remoteid.as_deref()?)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Takes one page.
    pub fn page(&mut self, page: &[SellerService], lookup: &Lookup) {
        for row in page {
            if let Ok(id) = row.id.parse() {
                self.row(id, row, lookup);
            }
        }
    }

    /// Some sellers' lists show the services of every product, and a service is read once with each list. Its id is the
    /// seller's own and is given out once, so one row is meant: that of the product which the service has here.
    fn row(&mut self, id: u64, row: &SellerService, lookup: &Lookup) {
        if let Some(list) = self.judged.get(&id) {
            self.mixed |= *list != self.list;
            return;
        }
        let own = row.remoteid.as_deref().and_then(number);
        let known = own.and_then(|id| lookup.known.get(&id));
        let other = known.filter(|known| !known.itemtype.is_empty() && known.itemtype != row.itemtype);
        if let (Some(remoteid), Some(other)) = (own, other) {
            let product = self.product_number(&other.itemtype);
            let deleted = row.status == Status::Deleted;
            let held = Held { list: self.list, remoteid, created: row.created, deleted, product };
            self.mixed |= self.held.get(&id).is_some_and(|before| before.list != self.list);
            self.held.entry(id).or_insert(held);
            return;
        }
        self.mixed |= self.held.remove(&id).is_some();
        self.judged.insert(id, self.list);
        self.keep(own, row);
        let Some(remoteid) = row.remoteid.as_deref() else { return };
        if row.status != Status::Deleted {
            self.carry(id, remoteid);
        }
        if let Some(why) = self.why(own, remoteid, known, row, lookup) {
            let (remoteid, created, deleted) = (remoteid.to_owned(), row.created, row.status == Status::Deleted);
            self.stranger(Stranger { number: 0, row: id, list: self.list, remoteid, created, why, deleted });
        } else if let (Some(item), Some(known), Some(day)) = (own, known, row.created)
            && known.on_account
            && same_day(known.created, row.created)
        {
            self.pairs.insert((day, id), item);
            if self.pairs.len() > PAIRS {
                self.pairs.pop_last();
            }
        }
    }

    fn product_number(&mut self, itemtype: &str) -> usize {
        self.products.iter().position(|product| product == itemtype).unwrap_or_else(|| {
            self.products.push(itemtype.to_owned());
            self.products.len() - 1
        })
    }

    /// Keeps the row when a waiting service may be linked with it.
    fn keep(&mut self, own: Option<u64>, row: &SellerService) {
        let wanted = own.is_some_and(|id| self.waiting.contains(&id)) || self.stored.contains(&row.id);
        if wanted {
            let kept = self.kept.entry(row.remoteid.clone().unwrap_or_default()).or_default();
            *kept += 1;
            if *kept <= ROWS_OF_ONE || row.remoteid.is_none() {
                self.carried.rows.push(row.clone());
            }
        }
    }

    fn carry(&mut self, id: u64, remoteid: &str) {
        let key = self.hasher.hash_one((self.list, remoteid));
        let first = *self.carriers.entry(key).or_insert(id);
        if first != id {
            let full = self.twice.len() >= SHOWN;
            match self.twice.get_mut(&(self.list, remoteid.to_owned())) {
                Some(rows) if rows.len() < SHOWN => rows.push(id),
                None if !full => {
                    self.twice.insert((self.list, remoteid.to_owned()), vec![first, id]);
                }
                _ => self.carried.left_off += 1,
            }
        }
    }

    /// Why the id is none of ours; `None` when it is ours, or was.
    fn why(
        &self,
        own: Option<u64>,
        remoteid: &str,
        known: Option<&KnownItem>,
        row: &SellerService,
        lookup: &Lookup,
    ) -> Option<Foreign> {
        let Some(id) = own else {
            return Some(if whmcs_shaped(remoteid) { Foreign::Whmcs } else { Foreign::NotANumber });
        };
        match known {
            Some(known) if known.on_account => None,
            Some(known) if row.names.values().any(|name| known.names.contains(&name.to_lowercase())) => None,
            // Ordered on the same day on both sides: our order, and its service was moved since.
            Some(known) if same_day(known.created, row.created) => None,
            Some(_) => Some(Foreign::OtherModule),
            None if lookup.remembered.contains(&id) => None,
            None if lookup.ordered.get(&id).is_some_and(|day| same_day(Some(*day), row.created)) => {
                Some(Foreign::Forgotten)
            }
            None if id > self.highest_item => Some(Foreign::NeverGivenOut),
            None if !self.history_reaches(row.created) => Some(Foreign::BeforeHistory),
            None => Some(Foreign::NeverWas),
        }
    }

    /// Had this panel ordered something on that day, its history would have a line of it.
    fn history_reaches(&self, day: Option<Date>) -> bool {
        let (Some(since), Some(day)) = (self.history_since, day) else { return false };
        since.tomorrow().is_ok_and(|since| day > since)
    }

    fn stranger(&mut self, stranger: Stranger) {
        let number = self.strangers;
        self.strangers += 1;
        let accuses = stranger.accuses();
        self.foreign.insert((accuses, stranger.created, stranger.row), Stranger { number, ..stranger });
        let alike = (accuses, None, 0)..=(accuses, Some(Date::MAX), u64::MAX);
        if self.foreign.range(alike.clone()).count() > SHOWN
            && let Some(oldest) = self.foreign.range(alike).next().map(|(key, _)| *key)
        {
            self.foreign.remove(&oldest);
            self.carried.left_off += 1;
        }
    }

    /// Services of this panel that may date the integration, where there is a foreign id to be dated by it.
    pub fn pairs(&self) -> Vec<u64> {
        if self.foreign.is_empty() && self.held.is_empty() {
            return Vec::new();
        }
        self.pairs.values().copied().collect()
    }

    /// An imported service has such a pair, too, if both sides show the day on which it was bought; this panel's history knows nothing of
    /// it before the import. So the panel was there on the day of the first line; without a line, when the history begins.
    fn integration(&self, recorded: &Recorded) -> Option<Integration> {
        let dated = |((day, row), item): (&(Date, u64), &u64)| {
            let known = match recorded {
                None => Some(*day),
                Some(recorded) => recorded.get(item).copied().or(self.history_since),
            }?;
            let ordered = same_day(Some(known), Some(*day));
            Some(Integration { day: known.max(*day), row: ordered.then_some(*row) })
        };
        let dated: Vec<Integration> = self.pairs.iter().filter_map(dated).collect();
        let day = dated.iter().map(|one| one.day).min()?;
        Some(Integration { day, row: dated.iter().filter_map(|one| one.row).min() })
    }

    /// What all pages together say.
    pub fn finish(mut self, recorded: &Recorded) -> Carried {
        let integration = self.integration(recorded);
        for (row, held) in std::mem::take(&mut self.held) {
            self.judged.insert(row, held.list);
            // Where lists are mixed nothing is known about the product.
            if !self.mixed {
                let sure = self.products.get(held.product).is_some_and(|product| self.lists.contains(product));
                let why = if sure { Foreign::OtherProduct } else { Foreign::OtherList };
                let Held { list, remoteid, created, deleted, .. } = held;
                let remoteid = remoteid.to_string();
                self.stranger(Stranger { number: 0, row, list, remoteid, created, why, deleted });
            }
        }
        let mut carried = std::mem::take(&mut self.carried);
        let mut foreign: Vec<&Stranger> = self.foreign.values().collect();
        foreign.sort_by_key(|stranger| stranger.number);
        carried.signs.extend(foreign.into_iter().map(|stranger| self.sign(stranger, integration)));
        carried.signs.extend(self.twice.iter().map(|((list, remoteid), rows)| {
            let rows = rows.iter().map(u64::to_string).collect();
            let sign = Sign::DuplicateRemoteid { itemtype: self.product(*list), remoteid: remoteid.clone(), rows };
            (sign, Severity::Warning)
        }));
        carried.seller_ids = self.judged.into_keys().collect();
        carried
    }

    fn sign(&self, stranger: &Stranger, integration: Option<Integration>) -> (Sign, Severity) {
        let severity = match (stranger.why, age(stranger.created, integration)) {
            // This panel's own.
            (Foreign::Forgotten, _) => Severity::Info,
            // Somebody ordered it once; nobody gets events of it any more.
            _ if stranger.deleted => Severity::Info,
            // A service that was moved to another module (the vendor's own remedy) keeps its row on the account; one whose
            // product has a list that was not read may be shown in the wrong one.
            (Foreign::OtherModule | Foreign::OtherList, _) | (_, Age::Unknown) => Severity::Warning,
            // Left by whoever had the account before.
            (_, Age::Before) => Severity::Info,
            (Foreign::BeforeHistory, _) => Severity::Warning,
            (_, Age::Since) => Severity::Critical,
            // A seller gives its ids out in order: what comes after an order of ours was ordered since.
            (_, Age::SameDay) if integration.and_then(|first| first.row).is_some_and(|first| stranger.row > first) => {
                Severity::Critical
            }
            (_, Age::SameDay) => Severity::Warning,
        };
        let sign = Sign::ForeignRemoteid {
            row: stranger.row.to_string(),
            itemtype: self.product(stranger.list),
            remoteid: stranger.remoteid.clone(),
            created: stranger.created.map(|date| date.to_string()),
            why: stranger.why,
            deleted: stranger.deleted,
        };
        (sign, severity)
    }

    fn product(&self, list: usize) -> String {
        self.lists.get(list).cloned().unwrap_or_default()
    }
}

impl Stranger {
    /// It may be proof of another reader.
    fn accuses(&self) -> bool {
        !self.deleted && !self.why.may_be_ours()
    }
}

fn age(created: Option<Date>, integration: Option<Integration>) -> Age {
    let (Some(Integration { day, .. }), Some(created)) = (integration, created) else { return Age::Unknown };
    if created < day.yesterday().unwrap_or(Date::MIN) {
        Age::Before
    } else if created > day.tomorrow().unwrap_or(Date::MAX) {
        Age::Since
    } else {
        Age::SameDay
    }
}

/// An id as a panel writes it: digits only.
fn number(remoteid: &str) -> Option<u64> {
    remoteid.parse().ok().filter(|_| remoteid.bytes().all(|byte| byte.is_ascii_digit()))
}

fn whmcs_shaped(remoteid: &str) -> bool {
    let digits = remoteid.strip_prefix('l').or_else(|| remoteid.strip_prefix('a'));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Two days of two panels are the same, or neighbours: they may be in different time zones.
fn same_day(here: Option<Date>, there: Option<Date>) -> bool {
    let (Some(here), Some(there)) = (here, there) else { return false };
    here == there || here.tomorrow().is_ok_and(|next| next == there) || there.tomorrow().is_ok_and(|next| next == here)
}
