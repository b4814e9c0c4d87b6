//! A service as this panel has it, and the same service as the seller shows it.

use super::account::Account;
use super::ids::{ItemId, ModuleId};
use super::status::{Status, SuspendedBy};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;

/// A processing module of this panel that buys from a seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    pub id: ModuleId,
    pub name: String,
    /// The file name, `processingmodule.module`, such as `pmbillmgr`.
    pub file: String,
    pub active: bool,
    /// The account it uses; `None` when the module has no readable address or user.
    pub account: Option<Account>,
    /// The address and the user exactly as the administrator wrote them; empty when they could not be read.
    pub url: String,
    pub login: String,
}

/// A running operation (`runningoperation`): while it waits for the seller it is in manual mode (facts/billmanager 0.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub id: u64,
    /// `open`, `suspend`, `prolong`, ... (`runningoperation.intname`).
    pub name: String,
    /// `None` when this panel's database has no column that tells.
    pub manual: Option<bool>,
    pub tries: i64,
    /// The last error (`errorxml`), shortened to its type and object; `None` when there was none.
    pub error: Option<String>,
    /// When it was created, in the panel's local time; `None` when this panel's database does not tell.
    pub created: Option<DateTime>,
    /// The task that is bound to it.
    pub task: Option<u64>,
}

/// A service of this panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalService {
    pub item: ItemId,
    pub name: String,
    /// `itemtype.intname`: `vds`, `certificate`, ...
    pub itemtype: String,
    pub module: Option<ModuleId>,
    /// The customer's account here (`item.account`).
    pub customer: u64,
    pub status: Status,
    /// Certificates and domains: `itemparam.service_status` (facts/billmanager 2.3, 2.4).
    pub service_status: Option<i64>,
    /// A seller's id stored here, if any was found (facts/billmanager 0.5: where it is stored is not confirmed).
    pub stored_seller_id: Option<String>,
    /// Every running operation of the service, oldest first.
    pub operations: Vec<Operation>,
    pub created: Option<Date>,
    pub expires: Option<Date>,
    pub autosuspend: bool,
    pub employeesuspend: bool,
    pub abusesuspend: bool,
    /// `item.lastpricelist` is set: a tariff change waits (facts/billmanager 2.5).
    pub tariff_change_pending: bool,
    /// `domain`, `ip`, `CN`, `licname`, `username` and whatever else names the service, from columns and parameters.
    pub names: BTreeMap<String, String>,
    /// Certificates: a certificate is stored (`certificate.crt` is not empty).
    pub certificate_stored: bool,
    /// The last `service.postresume` and the last `prolong` in `history_item`, panel's local time.
    pub last_resume: Option<DateTime>,
    pub last_prolong: Option<DateTime>,
}

impl LocalService {
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }

    /// Something about it is not settled: it is in progress, an operation runs, or a certificate is requested or enrolled.
    pub fn waits(&self) -> bool {
        let pending = self.itemtype == "certificate" && matches!(self.service_status, Some(3 | 4));
        self.status != Status::Deleted && (self.status == Status::Processing || !self.operations.is_empty() || pending)
    }
}

/// A service as the seller's listing shows it to the account that bought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SellerService {
    /// The seller's id, digits.
    pub id: String,
    pub itemtype: String,
    /// The id of the service on the buyer's side; `None` when the row has none or it is empty.
    pub remoteid: Option<String>,
    pub status: Status,
    /// The status exactly as the row had it, for the evidence.
    pub status_text: String,
    /// Why it is suspended; `None` when it is not, and when the row does not tell.
    pub suspended_by: Option<SuspendedBy>,
    /// Certificates and domains, when the row shows it.
    pub service_status: Option<i64>,
    pub created: Option<Date>,
    /// The same to the minute, in the seller's local time; lists usually show only the day.
    pub created_at: Option<DateTime>,
    pub expires: Option<Date>,
    /// `domain`, `ip`, `CN`, `licname`, `username`, `name`: what names the service.
    pub names: BTreeMap<String, String>,
    /// Names under which the row has something that is no such thing.
    pub left_out: Vec<String>,
}

impl SellerService {
    /// What was ordered is there: a service is active, a certificate issued. A certificate's own state goes before the
    /// service's, where the row shows it (facts/billmanager 2.3: 5 is issued).
    pub fn delivered(&self) -> bool {
        match self.service_status.filter(|_| self.itemtype == "certificate") {
            Some(state) => state == 5 && matches!(self.status, Status::Active | Status::Processing),
            None => self.status == Status::Active,
        }
    }

    /// A certificate in a state of its own that is none of the known (facts/billmanager 2.3: 0 to 6).
    pub fn strange_certificate(&self) -> bool {
        self.itemtype == "certificate" && self.service_status.is_some_and(|state| !(0..=6).contains(&state))
    }
}
