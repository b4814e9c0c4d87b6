//! What the facts leave open, each with the value the lab assumes (facts/billmanager 12), and what can be made to go wrong.
//!
//! `tests/lab/README.md` lists them for readers.

use std::time::Duration;

/// Where a reseller keeps the seller's id of a service it resold (facts/billmanager 0.5: not known).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SellerId {
    Nowhere,
    /// `item.remoteid` of the reseller's own item.
    ItemRemoteid,
    /// A parameter of that name in `itemparam`.
    ItemParam(String),
}

/// What a certificate waits in while the seller has not issued it (facts/billmanager 2.3: both are possible).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingCertificate {
    /// `service.postopen` has ended the operation; `service_status` is 4 and nothing runs.
    OperationEnded,
    /// The operation waits in manual mode with its task, as for the other types.
    OperationWaits,
    /// The operation has ended and `item.status` is 2 already; only `service_status` 4 says that something is missing.
    AlreadyActive,
}

/// What `service.postsuspend`, `.postresume` and `.postclose` do when no operation of that name runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackAlone {
    /// What they do otherwise.
    Works,
    /// Answer OK and leave the service alone.
    NoEffect,
    /// Answer an error.
    Refused,
}

/// Names and habits of the real panel that nobody published.
#[derive(Clone, Debug)]
pub struct Guesses {
    /// The seller's function that returns an account's events and forgets them.
    pub events_function: String,
    /// `processingmodule.module` of the built-in module that buys from another BILLmanager; the log's name says so.
    pub reselling_module: String,
    /// ... and of the one for work by hand.
    pub manual_module: String,
    /// Names of the reselling module's parameters: address, user, password.
    pub module_params: [String; 3],
    pub seller_id: SellerId,
    pub pending_certificate: PendingCertificate,
    pub callback_alone: CallbackAlone,
    /// The mark that `service.postsuspend` sets when it was not asked for by an operation; none when empty.
    pub mark_of_suspension: String,
    /// The field of `certificate.edit` that holds an issued certificate.
    pub certificate_field: String,
    /// Domains and certificates show `service_status` in their lists.
    pub service_status_in_list: bool,
    /// `processing/pmbillmgr --command features` offers `sync_item`.
    pub sync_item: bool,
    /// `sync_item` goes from this panel to the seller, as with some modules: what is not active here is suspended there.
    pub sync_item_pushes: bool,
    /// What becomes of a task that a person ends while its service is on the reselling module: the panel refuses, or (`true`) it
    /// gives the operation to the module once more, which orders again.
    pub ended_task_runs_module: bool,
    /// A task can be ended only when it is assigned to an employee.
    pub task_needs_performer: bool,
    /// The panel keeps services in memory: a module that was changed by SQL is seen after `tool.clearcache` (facts/billmanager 1.3).
    pub caches_items: bool,
    /// `checkevent` polls the accounts of switched-off modules as well (the article: a switched-off module still disturbs).
    pub inactive_modules_poll: bool,
    /// Calls with `authinfo` leave a line in `authlog`.
    pub authlog_shows_authinfo: bool,
    /// `journal` keeps the calls that only read, too.
    pub journal_shows_reading: bool,
    /// Lists show deleted services.
    pub lists_show_deleted: bool,
    /// What the module writes to its log when the seller has no event for it (level INFO).
    pub no_events_line: String,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            events_function: "itemevent".into(),
            reselling_module: "pmbillmgr".into(),
            manual_module: "pmmanual".into(),
            module_params: ["url".into(), "username".into(), "password".into()],
            seller_id: SellerId::ItemRemoteid,
            pending_certificate: PendingCertificate::OperationEnded,
            callback_alone: CallbackAlone::Works,
            mark_of_suspension: String::new(),
            certificate_field: "crt".into(),
            service_status_in_list: true,
            sync_item: false,
            sync_item_pushes: false,
            ended_task_runs_module: false,
            task_needs_performer: false,
            caches_items: false,
            inactive_modules_poll: true,
            authlog_shows_authinfo: false,
            journal_shows_reading: true,
            lists_show_deleted: true,
            no_events_line: "Received events: 0".into(),
        }
    }
}

/// In which shape a list shows a status (facts/billmanager 2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusShape {
    /// `status` and `item_status` with `orig`.
    #[default]
    Full,
    /// Only `item_status`, with its label and without `orig`.
    LabelOnly,
    /// Only `item_status` with `orig`.
    OrigOnly,
    /// Only `status`.
    StatusOnly,
    /// Only `item_real_status`.
    RealStatusOnly,
    /// `item_status` is the bare code.
    BareCode,
}

/// How a panel's lists differ from the plain ones, and what it refuses. Each is seen in the field (facts/billmanager 2.2, 6.1, 6.3).
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    pub status_shape: StatusShape,
    /// `expiredate` is a phrase; only `real_expiredate` is a date.
    pub expiredate_phrase: bool,
    /// Lists do not show `remoteid`; `<type>.edit` does.
    pub no_remoteid_in_list: bool,
    /// `<type>.edit` does not show it either.
    pub no_remoteid_in_form: bool,
    /// `<type>.edit` does not show the state of the service.
    pub no_status_in_form: bool,
    /// At most so many rows, and `p_elems` agrees: the seller answers less than it has.
    pub at_most_rows: Option<usize>,
    /// So many rows, the last ones, are counted by `p_elems` and never shown.
    pub rows_kept_back: usize,
    /// `<type>` lists show the services of every type.
    pub rows_of_several_types: bool,
    /// Customers are refused with this `auth` object: `badpassword`, `badip`.
    pub refuse_login: Option<String>,
    /// Customers' calls are refused for want of rights.
    pub refuse_access: bool,
    /// Functions for which customers have no rights.
    pub refused: Vec<String>,
    /// Functions that this panel does not have.
    pub absent: Vec<String>,
    /// `journal` and `authlog` do not sort.
    pub trails_unsorted: bool,
    /// Orders are refused for want of money.
    pub no_money: bool,
}

/// A function that does not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Answers OK and changes nothing.
    OkWithoutEffect,
    /// Changes everything and answers an error.
    ErrorAfterEffect,
    /// Answers nothing for so long, then an error.
    Hangs(Duration),
    /// Changes everything, answers nothing for so long, then that it is done.
    HangsAfterEffect(Duration),
    /// Changes nothing and answers a document that means nothing.
    Rubbish,
}
