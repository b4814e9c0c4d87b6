//! How a case is written: TOML with defaults, so that a file says only what it is about. An unknown key is an error.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use resellguard::reselling::carried::KnownItem;
use resellguard::reselling::circumstance::Scheduled;
use resellguard::reselling::decision::Allowed;
use resellguard::reselling::elsewhere::{Elsewhere, Sibling, Stranger};
use resellguard::reselling::heard::{Event, Fate, Heard, Ours};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::losses::Loss;
use resellguard::reselling::service::{LocalService, Module, Operation, SellerService};
use resellguard::reselling::status::{Status, SuspendedBy};
use resellguard::reselling::verdict::{Sight, Verdict};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Reads every file of `tests/cases/FOLDER`, runs each, and fails once with every file that did not come out as it says.
pub fn run<Case: DeserializeOwned>(folder: &str, check: impl Fn(&Case) -> Result<(), String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no cases", folder.display());
    let failures: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            let outcome = match toml::from_str(&text) {
                Ok(_) if file.extension().is_none_or(|extension| extension != "toml") => {
                    Err("is no .toml file".to_owned())
                }
                Ok(case) => check(&case),
                Err(error) => Err(error.to_string()),
            };
            outcome.err().map(|failure| format!("{}: {failure}", file.display()))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {} cases failed:\n{}", failures.len(), files.len(), failures.join("\n"));
}

/// A service and what the seller lists, and how it is to be linked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkCase {
    #[serde(default)]
    pub local: Local,
    #[serde(default)]
    pub rows: Vec<Row>,
    pub expect: LinkExpected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkExpected {
    /// The contract's word.
    pub link: String,
    /// The seller's id of the row that is meant.
    pub row: Option<String>,
    /// The doubt's name.
    pub doubt: Option<String>,
    #[serde(default)]
    pub corroborated: bool,
}

/// A service, what the seller lists, and what is to be done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionCase {
    #[serde(default)]
    pub local: Local,
    #[serde(default)]
    pub rows: Vec<Row>,
    #[serde(default)]
    pub around: Around,
    pub expect: DecisionExpected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionExpected {
    /// The contract's word.
    pub decision: String,
    /// The reason's name, and what it says as far as that matters: `Doubt(SeveralRows`.
    pub reason: String,
    /// `certificate.save elid=16643 crt=PEM sok=ok`; a decision that does not act never has any.
    pub steps: Option<Vec<String>>,
}

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
    #[serde(default = "highest")]
    pub highest: u64,
    #[serde(default = "integrated")]
    integrated: String,
    #[serde(default)]
    active_since: BTreeMap<String, Timestamp>,
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
        self.known.iter().map(|one| (one.id, known(one))).collect()
    }

    /// `never` stands for an account on which this panel has not ordered yet.
    pub fn integrated(&self) -> Option<Date> {
        (self.integrated != "never").then(|| self.integrated.parse().unwrap())
    }

    pub fn active_since(&self) -> HashMap<ItemId, Timestamp> {
        self.active_since.iter().map(|(item, since)| (item.parse().unwrap(), *since)).collect()
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
        let LogHere { unread, since, last, events, refused, cut_off, ours, deleted, of_another_account, only_account } =
            &self.log;
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
            refused: *refused,
            cut_off: *cut_off,
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
        };
        Elsewhere {
            strangers: self.strangers.iter().map(stranger).collect(),
            own_named: self.own_named,
            siblings: self.siblings.iter().map(|panel| Sibling { panel: panel.clone(), listed: None }).collect(),
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
    refused: Option<Timestamp>,
    cut_off: Option<Timestamp>,
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
            refused: None,
            cut_off: None,
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

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Around {
    pub verdict: Verdict,
    pub do_nothing: bool,
    /// As `--allow` has it.
    pub allow: Vec<Allowed>,
    pub now: DateTime,
}

impl Default for Around {
    fn default() -> Self {
        let now = jiff::civil::date(2026, 11, 24).at(12, 0, 0, 0);
        Self { verdict: Verdict::Exclusive, do_nothing: false, allow: Vec::new(), now }
    }
}

/// Unless a case says otherwise: a vds that waits for the seller, 16643, ordered yesterday.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Local {
    item: u64,
    #[serde(rename = "type")]
    itemtype: String,
    status: String,
    service_status: Option<i64>,
    /// The seller's id that is stored here.
    stored: Option<String>,
    /// None: a certificate has none, another service in progress has `open` in manual mode.
    operations: Option<Vec<OperationHere>>,
    created: Option<Date>,
    expires: Option<Date>,
    autosuspend: bool,
    employeesuspend: bool,
    abusesuspend: bool,
    tariff_change_pending: bool,
    names: BTreeMap<String, String>,
    certificate_stored: bool,
    last_resume: Option<DateTime>,
    last_prolong: Option<DateTime>,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            item: 16643,
            itemtype: vds(),
            status: "processing".to_owned(),
            service_status: None,
            stored: None,
            operations: None,
            created: Some(jiff::civil::date(2026, 11, 23)),
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
}

impl Local {
    pub fn service(&self) -> LocalService {
        let usual = || {
            let waits = self.status == "processing" && self.itemtype != "certificate";
            waits.then(OperationHere::default).iter().map(OperationHere::operation).collect()
        };
        LocalService {
            item: ItemId(self.item),
            name: format!("{} {}", self.itemtype, self.item),
            itemtype: self.itemtype.clone(),
            module: Some(ModuleId(3)),
            customer: 7,
            status: status(&self.status),
            service_status: self.service_status,
            stored_seller_id: self.stored.clone(),
            operations: self
                .operations
                .as_ref()
                .map_or_else(usual, |operations| operations.iter().map(OperationHere::operation).collect()),
            created: self.created,
            expires: self.expires,
            autosuspend: self.autosuspend,
            employeesuspend: self.employeesuspend,
            abusesuspend: self.abusesuspend,
            tariff_change_pending: self.tariff_change_pending,
            names: self.names.clone(),
            certificate_stored: self.certificate_stored,
            last_resume: self.last_resume,
            last_prolong: self.last_prolong,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OperationHere {
    name: String,
    /// `yes`, `no`, or `untold` when the database has no column that tells.
    manual: String,
    tries: i64,
    /// Its error's type and object.
    error: Option<String>,
    created: Option<DateTime>,
}

impl Default for OperationHere {
    fn default() -> Self {
        Self {
            name: "open".to_owned(),
            manual: "yes".to_owned(),
            tries: 1,
            error: None,
            created: Some(jiff::civil::date(2026, 11, 24).at(11, 55, 0, 0)),
        }
    }
}

impl OperationHere {
    fn operation(&self) -> Operation {
        let manual = match self.manual.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            "untold" => None,
            other => panic!("'{other}' is neither yes, no nor untold"),
        };
        Operation {
            id: 501,
            name: self.name.clone(),
            manual,
            tries: self.tries,
            error: self.error.clone(),
            created: self.created,
            task: None,
        }
    }
}

/// Unless a case says otherwise: the seller's active vds 4478979 that carries our id 16643.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Row {
    id: String,
    #[serde(rename = "type")]
    itemtype: String,
    /// Empty: the row carries none.
    remoteid: String,
    status: String,
    /// `money`, `staff`, `abuse`; empty when the row does not tell.
    suspended_by: String,
    service_status: Option<i64>,
    created: Option<Date>,
    /// Only some lists show a time.
    created_at: Option<DateTime>,
    expires: Option<Date>,
    names: BTreeMap<String, String>,
}

impl Default for Row {
    fn default() -> Self {
        Self {
            id: "4478979".to_owned(),
            itemtype: vds(),
            remoteid: "16643".to_owned(),
            status: "active".to_owned(),
            suspended_by: String::new(),
            service_status: None,
            created: Some(jiff::civil::date(2026, 11, 23)),
            created_at: None,
            expires: None,
            names: BTreeMap::new(),
        }
    }
}

impl Row {
    pub fn service(&self) -> SellerService {
        SellerService {
            id: self.id.clone(),
            itemtype: self.itemtype.clone(),
            remoteid: Some(self.remoteid.clone()).filter(|remoteid| !remoteid.is_empty()),
            status: status(&self.status),
            status_text: self.status.clone(),
            suspended_by: match self.suspended_by.as_str() {
                "money" => Some(SuspendedBy::Money),
                "staff" => Some(SuspendedBy::Staff),
                "abuse" => Some(SuspendedBy::Abuse),
                "" => None,
                other => panic!("nobody suspends for '{other}'"),
            },
            service_status: self.service_status,
            created: self.created,
            created_at: self.created_at,
            expires: self.expires,
            names: self.names.clone(),
        }
    }
}

fn status(word: &str) -> Status {
    use Status::{Active, Deleted, Ordered, Processing, Suspended, Unknown};
    [Ordered, Active, Suspended, Deleted, Processing, Unknown]
        .into_iter()
        .find(|status| status.word() == word)
        .unwrap_or_else(|| panic!("'{word}' is no status"))
}

fn vds() -> String {
    "vds".to_owned()
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
