//! A case of `tests/cases/evidence`: what was observed on an account, and what is to be concluded.

use super::cases::{Local, Row};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use resellguard::reselling::carried::KnownItem;
use resellguard::reselling::circumstance::Scheduled;
use resellguard::reselling::elsewhere::{Elsewhere, Sibling, Stranger};
use resellguard::reselling::heard::{Event, Fate, Heard, Ours};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::losses::Loss;
use resellguard::reselling::service::{Module, SellerService};
use resellguard::reselling::verdict::{Sight, Verdict};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The id of this panel's first order on the account.
const FIRST_ORDER: u64 = 15_000;

/// What was observed on an account, and what is to be concluded.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceCase {
    #[serde(default = "noon")]
    pub now: Timestamp,
    #[serde(default = "quarter")]
    pub stuck_after: SignedDuration,
    #[serde(default = "one_module")]
    pub modules: Vec<ModuleHere>,
    #[serde(default)]
    pub waiting: Vec<Local>,
    #[serde(default)]
    pub rows: Vec<Row>,
    #[serde(default)]
    known: Vec<KnownHere>,
    #[serde(default)]
    pub remembered: HashSet<u64>,
    /// Orders in the module's log: the service, and the day.
    #[serde(default)]
    ordered: BTreeMap<String, Date>,
    #[serde(default = "highest")]
    pub highest: u64,
    /// The day of this panel's first order on the account, or `never`. The seller shows it, with the highest id of all.
    #[serde(default = "integrated")]
    integrated: String,
    /// Since when the panel's history has lines, or `never`.
    #[serde(default = "opened")]
    history_since: String,
    /// The day of the first line about a service, where it is not that of its order; `never`: no line.
    #[serde(default)]
    recorded: BTreeMap<String, String>,
    /// `kind subject`: when an earlier check saw it first.
    #[serde(default)]
    pub first_seen: BTreeMap<String, Timestamp>,
    #[serde(default)]
    active_since: BTreeMap<String, Timestamp>,
    /// When a service was last seen not delivered.
    #[serde(default)]
    undelivered: BTreeMap<String, Timestamp>,
    #[serde(default)]
    pub polls: Vec<Timestamp>,
    /// Lost events of earlier checks.
    #[serde(default)]
    losses: Vec<LossHere>,
    pub same_password_since: Option<Timestamp>,
    /// The lists that are read, in this order; a mixed seller shows every service in each.
    #[serde(default = "products")]
    pub lists: Vec<String>,
    #[serde(default)]
    pub mixed: bool,
    #[serde(default = "noon")]
    pub watched_since: Timestamp,
    /// The module's log; none: nothing was read of it, and nobody says why.
    #[serde(default)]
    log: LogHere,
    /// The cron line of `checkevent`, `off`, or `missing`; empty: not known.
    #[serde(default = "every_half_hour")]
    cron: String,
    #[serde(default)]
    pub stopped: bool,
    #[serde(default)]
    pub blocked: bool,
    /// Addresses at the seller that are none of ours.
    #[serde(default)]
    strangers: Vec<StrangerHere>,
    #[serde(default)]
    own_named: bool,
    /// Other panels in the owner's list.
    #[serde(default)]
    siblings: Vec<String>,
    #[serde(default)]
    sight: SightHere,
    pub expect: EvidenceExpected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceExpected {
    /// `kind severity subject`, and for a foreign id why it is foreign.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// Names of what is told beside it.
    #[serde(default)]
    pub circumstances: Vec<String>,
    pub verdict: Verdict,
    /// The rule's name.
    pub rule: String,
}

impl EvidenceCase {
    pub fn known(&self) -> HashMap<u64, KnownItem> {
        let known = |one: &KnownHere| KnownItem {
            itemtype: one.itemtype.clone(),
            on_account: one.on_account,
            names: one.names.clone(),
            created: one.created,
        };
        let first = |day| KnownItem { itemtype: vds(), on_account: true, names: Vec::new(), created: Some(day) };
        let known = self.known.iter().map(|one| (one.id, known(one)));
        known.chain(self.integrated().map(|day| (FIRST_ORDER, first(day)))).collect()
    }

    fn integrated(&self) -> Option<Date> {
        day(&self.integrated)
    }

    pub fn history_since(&self) -> Option<Date> {
        day(&self.history_since)
    }

    /// The seller's row of this panel's first order.
    pub fn first_order(&self) -> Option<SellerService> {
        let row = |created| SellerService {
            id: "9000000".to_owned(),
            remoteid: Some(FIRST_ORDER.to_string()),
            created: Some(created),
            ..Row::default().service()
        };
        self.integrated().map(row)
    }

    /// The day of the first line of the history about each service.
    pub fn recorded(&self) -> HashMap<u64, Date> {
        let mut recorded: HashMap<u64, Date> =
            self.known().into_iter().filter_map(|(id, known)| Some((id, known.created?))).collect();
        for (id, first) in &self.recorded {
            let id = id.parse().unwrap();
            match day(first) {
                Some(day) => recorded.insert(id, day),
                None => recorded.remove(&id),
            };
        }
        recorded
    }

    pub fn active_since(&self) -> HashMap<ItemId, Timestamp> {
        self.active_since.iter().map(|(item, since)| (item.parse().unwrap(), *since)).collect()
    }

    pub fn undelivered(&self) -> HashMap<ItemId, Timestamp> {
        self.undelivered.iter().map(|(item, at)| (item.parse().unwrap(), *at)).collect()
    }

    pub fn ordered(&self) -> HashMap<u64, Date> {
        self.ordered.iter().map(|(item, day)| (item.parse().unwrap(), *day)).collect()
    }

    pub fn losses(&self) -> Vec<Loss> {
        let loss = |one: &LossHere| Loss {
            item: ItemId(one.item),
            itemtype: "vds".to_owned(),
            row: "4478978".to_owned(),
            active_since: one.active_since,
            ended: one.ended,
            repaired: one.repaired,
        };
        self.losses.iter().map(loss).collect()
    }

    pub fn heard(&self) -> Heard {
        let LogHere {
            unread,
            since,
            last,
            events,
            refused,
            cut_off,
            broke,
            ours,
            deleted,
            of_another_account,
            only_account,
        } = &self.log;
        let event = |one: &EventHere| Event {
            item: one.item,
            at: one.at,
            fate: match (one.fate.as_str(), one.event) {
                ("applied", None) => Fate::Applied,
                ("touched", None) => Fate::Touched,
                ("failed", None) => Fate::Failed,
                ("gone", Some(event)) => Fate::Gone { event },
                other => panic!("{other:?} is no fate of an event"),
            },
        };
        let known = |ids: &[u64], on_account, deleted| {
            ids.iter().map(|id| (*id, Ours { on_account, deleted })).collect::<Vec<_>>()
        };
        Heard {
            unread: unread.clone(),
            since: *since,
            last: *last,
            events: events.iter().map(event).collect(),
            refused: refused.clone(),
            cut_off: cut_off.clone(),
            broke: broke.clone(),
            ours: known(ours, true, false)
                .into_iter()
                .chain(known(deleted, true, true))
                .chain(known(of_another_account, false, false))
                .collect(),
            only_account: *only_account,
        }
    }

    pub fn scheduled(&self) -> Scheduled {
        match self.cron.as_str() {
            "" => Scheduled::Unknown,
            "off" => Scheduled::Off("/etc/cron.d/billmgr".to_owned()),
            "missing" => Scheduled::No,
            line => Scheduled::Yes(line.to_owned()),
        }
    }

    pub fn elsewhere(&self) -> Elsewhere {
        let stranger = |one: &StrangerHere| Stranger {
            address: one.address.clone(),
            times: 3,
            first: "2026-11-20 10:00:00".to_owned(),
            last: "2026-11-24 10:00:00".to_owned(),
            functions: one.functions.clone(),
            asked: one.asked.unwrap_or(if one.functions.iter().any(|name| name.contains("itemevent")) { 3 } else { 0 }),
        };
        Elsewhere {
            strangers: self.strangers.iter().map(stranger).collect(),
            own_named: self.own_named,
            siblings: self
                .siblings
                .iter()
                .map(|panel| Sibling { panel: panel.clone(), ..Sibling::default() })
                .collect(),
        }
    }

    pub fn sight(&self) -> Sight {
        let SightHere { read, services_here, ids_shown } = self.sight;
        Sight { read, services_here, ids_shown }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LossHere {
    item: u64,
    active_since: Timestamp,
    ended: Option<Timestamp>,
    /// By ourselves.
    #[serde(default)]
    repaired: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogHere {
    unread: Option<String>,
    since: Option<Timestamp>,
    last: Option<Timestamp>,
    events: Vec<EventHere>,
    refused: Vec<Timestamp>,
    cut_off: Vec<Timestamp>,
    broke: Vec<Timestamp>,
    /// Services that this panel has on the account, that it had, and that it has elsewhere.
    ours: Vec<u64>,
    deleted: Vec<u64>,
    of_another_account: Vec<u64>,
    only_account: bool,
}

impl Default for LogHere {
    fn default() -> Self {
        Self {
            unread: None,
            since: None,
            last: None,
            events: Vec::new(),
            refused: Vec::new(),
            cut_off: Vec::new(),
            broke: Vec::new(),
            ours: Vec::new(),
            deleted: Vec::new(),
            of_another_account: Vec::new(),
            only_account: true,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventHere {
    item: Option<u64>,
    at: Timestamp,
    /// `applied`, `touched`, `failed` or `gone`; what is gone has the event's number.
    fate: String,
    event: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrangerHere {
    address: String,
    #[serde(default)]
    functions: Vec<String>,
    /// How often it asked for events; none: three times, when that is among its functions.
    asked: Option<u64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SightHere {
    read: bool,
    services_here: bool,
    ids_shown: bool,
}

impl Default for SightHere {
    fn default() -> Self {
        Self { read: true, services_here: true, ids_shown: true }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleHere {
    id: u64,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default = "address")]
    url: String,
    #[serde(default = "shop")]
    login: String,
}

impl ModuleHere {
    pub fn module(&self) -> Module {
        Module {
            id: ModuleId(self.id),
            name: format!("module {}", self.id),
            file: "pmbillmgr".to_owned(),
            active: self.active,
            account: None,
            url: self.url.clone(),
            login: self.login.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownHere {
    id: u64,
    #[serde(rename = "type", default = "vds")]
    itemtype: String,
    #[serde(default = "yes")]
    on_account: bool,
    #[serde(default)]
    names: Vec<String>,
    created: Option<Date>,
}

fn address() -> String {
    "https://seller.example/billmgr".to_owned()
}

fn one_module() -> Vec<ModuleHere> {
    vec![ModuleHere { id: 3, active: true, url: address(), login: shop() }]
}

fn shop() -> String {
    "shop".to_owned()
}

fn yes() -> bool {
    true
}

fn highest() -> u64 {
    20_000
}

fn opened() -> String {
    "2020-01-01".to_owned()
}

fn day(written: &str) -> Option<Date> {
    (written != "never").then(|| written.parse().unwrap())
}

fn integrated() -> String {
    "2026-01-10".to_owned()
}

/// What the check asks for when a panel sells servers.
fn products() -> Vec<String> {
    ["vds", "dedic", "vhost", "certificate", "domain", "soft"].map(str::to_owned).to_vec()
}

fn every_half_hour() -> String {
    "*/30 * * * * mgrctl -m billmgr checkevent".to_owned()
}

fn noon() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn quarter() -> SignedDuration {
    SignedDuration::from_mins(15)
}

fn vds() -> String {
    "vds".to_owned()
}
