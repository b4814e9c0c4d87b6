//! How a case is written: TOML with defaults, so that a file says only what it is about. An unknown key is an error.

use jiff::civil::{Date, DateTime};
use resellguard::reselling::decision::Allowed;
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::service::{LocalService, Operation, SellerService};
use resellguard::reselling::status::{Status, SuspendedBy};
use resellguard::reselling::verdict::Verdict;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
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
    /// Services of this panel that were read for comparison.
    #[serde(default)]
    pub others: Vec<Local>,
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
            itemtype: "vds".to_owned(),
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
            itemtype: "vds".to_owned(),
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
            left_out: Vec::new(),
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
