//! Why one service is where it is: from everything that was looked at to one conclusion. Pure.
//!
//! Which conclusion goes before which is `PRECEDENCE`, and nothing else; what is said of each is in `language`. Not for deciding
//! what is done: that is `decision`, and its plan is shown beside the conclusion.

mod rules;

use super::ids::ModuleId;
use super::link::{Doubt, Linked};
use super::service::LocalService;
use super::status::SuspendedBy;
use super::verdict::Verdict;
use jiff::SignedDuration;
use jiff::civil::DateTime;

/// Everything that was looked at. What could not be looked at is absent, and no conclusion rests on it.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// The panel's local time, as everything here that is a time.
    pub now: DateTime,
    /// How long a delivered service may wait before it counts as stuck.
    pub stuck_after: SignedDuration,
    /// Or why this panel could not be read.
    pub service: Result<&'a LocalService, Hidden>,
    /// Its status here as the database has it.
    pub status_code: Option<i64>,
    pub served: Served,
    pub seller: Seller<'a>,
    /// What `whoami` said, where it was asked.
    pub standing: Standing,
    /// The last verdict on the service's account; `None` when it was never checked.
    pub verdict: Option<Verdict>,
    /// What the module's log says of this service, newest first.
    pub heard: &'a [Heard],
    /// What else it holds about this service.
    pub logged: Logged,
    /// Its id at the seller is not known, so that lines with that one alone were not looked for.
    pub other_id_unknown: bool,
    pub panel: Panel,
    /// Since when the service has been seen delivered there and waiting here, and how many polls came and went since.
    pub delivered_since: Option<DateTime>,
    pub polls_since: u64,
    /// A call of ours about the service that was not answered, and may still be at work.
    pub call_under_way: Option<(String, String)>,
}

/// By which module the service is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// A module that buys from a seller.
    Reselling {
        active: bool,
    },
    /// Another module, or none.
    Other(Other),
    /// The manual module, where an interrupted repair has left it; its own is this one.
    OnManual {
        own: u64,
    },
    /// A reselling module whose login cannot be read.
    Unreadable {
        detail: String,
    },
    NotRead,
}

/// What serves a service that is not bought from a seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    NoModule,
    /// A module that this panel does not have (any more).
    Gone(ModuleId),
    /// The file of a module that the settings do not name.
    Module(String),
}

/// What the seller has done for a service that it has delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Activated,
    /// The certificate; the service there may still be in progress.
    Issued,
}

/// What the seller showed.
#[derive(Clone, Debug)]
pub enum Seller<'a> {
    NotAsked,
    Refused { refusal: Refusal, detail: String },
    Read(Seen<'a>),
}

/// Why the seller could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    TwoFactor,
    Address,
    Captcha,
    Login,
    Rights,
    /// Its certificate is not trusted, or the address is plain `http://`.
    Untrusted,
    Unreachable,
    /// What answers is not understood.
    Answer,
}

/// The service as it was found, or not found, in what the seller showed.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    pub linked: Linked<'a>,
    /// Nothing can be missing in what was read.
    pub whole: bool,
    /// What was read shows which service is whose.
    pub ids_shown: bool,
    /// Who has to confirm a certificate.
    pub approver: Option<&'a str>,
}

/// How the account stands at the seller; empty where it was not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// `12.50 EUR`.
    pub balance: Option<String>,
    /// The balance is not above zero.
    pub broke: bool,
    pub may_suspend: Option<bool>,
    pub may_delete: Option<bool>,
}

/// One thing that the module's log says about the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub what: HeardOf,
    pub at: Option<DateTime>,
    /// The error as the log has it, one line.
    pub text: String,
}

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeardOf {
    /// The event was gone when this panel wanted it.
    EventMissed,
    /// The event came, and could not be applied.
    EventFailed,
    Login,
    Rights,
    Money,
    Connection,
    Other,
}

/// Why the service could not be read on this panel; the text names the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Told not to.
    Offline,
    /// Our own settings are wrong.
    Settings(String),
    /// The panel's own files are missing, as in a copy, or wrong.
    Files(String),
    Database(String),
}

/// What the module's log holds about the service, beside its errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logged {
    /// There is none.
    Absent,
    /// A part of it could not be read, and the rest does not mention it.
    Unread,
    /// It does not mention it, as far back as the service is waiting.
    Silent { since: Option<DateTime> },
    /// It is too long to be read again for that.
    Long,
    /// It mentions it; the last error in what was done there.
    Told { last: Option<DateTime>, error: Option<String> },
}

/// The panel around the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// `etc/billmgr.DoNothing` exists.
    pub do_nothing: bool,
    pub schedule: Scheduled,
    /// When `checkevent` was last seen; `None` when it never was, or nobody looked.
    pub last_poll: Option<DateTime>,
}

/// Whether the schedule starts `checkevent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheduled {
    Yes,
    Commented,
    Missing,
    #[default]
    Unknown,
}

/// The one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    NotRead { why: Hidden, logged: Logged, other_id_unknown: bool },
    LogOnly { what: HeardOf, at: Option<DateTime>, text: String, times: usize, why: Hidden },
    ModuleUnreadable { detail: String },
    NotResold { served: Other },
    OnManual { own: u64 },
    UnpaidHere,
    UnknownStatus { here: Option<i64> },
    UnknownStatusThere { text: String },
    DeletedHereAliveThere { row: String },
    Closed,
    DoNothing,
    SellerRefused { refusal: Refusal, detail: String },
    SellerNotAsked,
    OperationRunning { operation: String, tries: i64 },
    OrderFailed { error: Option<String>, tries: i64 },
    NoBalance { error: Option<String>, balance: Option<String> },
    LinkContradicted { doubt: Doubt },
    LinkMissing { row: String },
    IdsHidden,
    PartlyRead,
    NotAtSeller,
    RightsMissing { delete: bool },
    SuspendedHere { by: Option<SuspendedBy>, there: bool },
    RenewalRunning,
    OtherOperation { operation: String },
    TariffChangePending,
    SellerDeleted { row: String },
    SuspendedThere { row: String, by: Option<SuspendedBy>, standing: Standing },
    UnpaidAtSeller { row: String, balance: Option<String> },
    CertificateFailed,
    CertificateWaitsForApprover { approver: Option<String> },
    CertificateRequested,
    WaitingNormally { row: String },
    NotActivatedYet { row: String, since: String },
    ProcessingThere { row: String },
    MarkedSuspended { done: Delivery },
    CallUnderWay { call: String, at: String },
    NoOperation { row: String },
    CheckeventNotScheduled { done: Delivery, commented: bool, last_poll: Option<DateTime> },
    CheckeventSilent { done: Delivery, last_poll: DateTime },
    ModuleDisabled { done: Delivery, row: String },
    EventFailed { done: Delivery, row: String, at: Option<DateTime>, text: String },
    CertificateNotStored { row: String, others: bool },
    EventOnItsWay { done: Delivery, row: String, since: Option<DateTime>, patience: SignedDuration },
    EventLostToOther { row: String, since: Option<DateTime>, polls: u64, verdict: Verdict },
    EventLost { row: String, since: Option<DateTime>, polls: u64, verdict: Option<Verdict>, missed: bool },
    InStep,
}

impl Conclusion {
    /// The contract's word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotRead { .. } => "not_read",
            Self::LogOnly { .. } => "log_only",
            Self::ModuleUnreadable { .. } => "module_unreadable",
            Self::NotResold { .. } => "not_resold",
            Self::OnManual { .. } => "on_manual_module",
            Self::UnpaidHere => "unpaid_here",
            Self::UnknownStatus { .. } | Self::UnknownStatusThere { .. } => "unknown_status",
            Self::DeletedHereAliveThere { .. } => "deleted_here_alive_there",
            Self::Closed => "closed",
            Self::DoNothing => "do_nothing",
            Self::SellerRefused { refusal, .. } => match refusal {
                Refusal::TwoFactor => "two_factor",
                Refusal::Address => "address_not_allowed",
                Refusal::Captcha => "captcha",
                Refusal::Login => "login_refused",
                Refusal::Rights => "rights_missing",
                Refusal::Untrusted => "seller_not_trusted",
                Refusal::Unreachable => "seller_down",
                Refusal::Answer => "seller_not_understood",
            },
            Self::SellerNotAsked => "seller_not_asked",
            Self::OperationRunning { .. } => "operation_running",
            Self::OrderFailed { .. } => "order_failed",
            Self::NoBalance { .. } => "no_balance",
            Self::LinkContradicted { .. } => "link_contradicted",
            Self::LinkMissing { .. } => "link_missing",
            Self::IdsHidden => "ids_hidden",
            Self::PartlyRead => "seller_partly_read",
            Self::NotAtSeller => "not_at_seller",
            Self::RightsMissing { .. } => "rights_missing",
            Self::SuspendedHere { by: Some(SuspendedBy::Money), .. } => "suspended_here_nonpayment",
            Self::SuspendedHere { by: Some(SuspendedBy::Staff), .. } => "suspended_here_staff",
            Self::SuspendedHere { by: Some(SuspendedBy::Abuse), .. } => "suspended_here_abuse",
            Self::SuspendedHere { by: None, .. } => "suspended_here",
            Self::RenewalRunning => "renewal_running",
            Self::OtherOperation { .. } => "other_operation",
            Self::TariffChangePending => "tariff_change_pending",
            Self::SellerDeleted { .. } => "seller_deleted",
            Self::SuspendedThere { by: Some(SuspendedBy::Money), .. } => "suspended_there_balance",
            Self::SuspendedThere { by: Some(SuspendedBy::Staff), .. } => "suspended_there_staff",
            Self::SuspendedThere { by: Some(SuspendedBy::Abuse), .. } => "suspended_there_abuse",
            Self::SuspendedThere { by: None, .. } => "suspended_there",
            Self::UnpaidAtSeller { .. } => "unpaid_at_seller",
            Self::CertificateFailed => "certificate_failed",
            Self::CertificateWaitsForApprover { .. } => "certificate_waits_for_approver",
            Self::CertificateRequested => "certificate_requested",
            Self::WaitingNormally { .. } => "waiting_normally",
            Self::NotActivatedYet { .. } => "not_activated_yet",
            Self::ProcessingThere { .. } => "processing_there",
            Self::MarkedSuspended { .. } => "marked_suspended",
            Self::CallUnderWay { .. } => "call_under_way",
            Self::NoOperation { .. } => "no_operation",
            Self::CheckeventNotScheduled { .. } => "checkevent_not_scheduled",
            Self::CheckeventSilent { .. } => "checkevent_silent",
            Self::ModuleDisabled { .. } => "module_disabled",
            Self::EventFailed { .. } => "event_failed",
            Self::CertificateNotStored { .. } => "certificate_not_stored",
            Self::EventOnItsWay { .. } => "event_on_its_way",
            Self::EventLostToOther { .. } => "event_lost_to_other",
            Self::EventLost { .. } => "event_lost",
            Self::InStep => "in_step",
        }
    }
}

/// One reason for a service to be where it is; `None` when it does not apply.
type Rule = fn(&Situation<'_>) -> Option<Conclusion>;

/// The order of precedence: the first rule that applies is the answer.
///
/// First what makes everything else idle talk (nothing was read, not our trade, no money here), then what keeps the panel or the
/// seller from being asked, then the link, then what the seller says, and only for what the seller has delivered the question what
/// became of the event.
const PRECEDENCE: &[Rule] = &[
    // What this panel knows by itself.
    rules::nothing_read,
    rules::not_resold,
    rules::left_on_manual,
    rules::module_unreadable,
    rules::unpaid_here,
    rules::told_to_do_nothing,
    // Whether the seller can be asked.
    rules::seller_refused,
    rules::our_call_is_under_way,
    rules::panel_is_trying,
    rules::seller_not_asked,
    // Which service there is this one.
    rules::deleted_here,
    rules::link_contradicted,
    rules::link_missing,
    rules::order_failed,
    rules::not_found,
    rules::unknown_status,
    // What runs here beside the opening.
    rules::rights_missing,
    rules::renewal_running,
    rules::other_operation,
    rules::tariff_change,
    // What the seller says.
    rules::seller_deleted,
    rules::suspended_here,
    rules::suspended_there,
    rules::unpaid_there,
    rules::certificate_failed,
    rules::certificate_pending,
    rules::not_delivered,
    // Delivered there, and waiting here: what became of the event?
    rules::marked_suspended,
    rules::no_operation,
    rules::checkevent_not_scheduled,
    rules::checkevent_silent,
    rules::module_disabled,
    rules::event_failed,
    rules::event_on_its_way,
    rules::certificate_not_stored,
    rules::event_lost_to_other,
    rules::event_lost,
];

/// The conclusion on one service.
pub fn conclude(situation: &Situation<'_>) -> Conclusion {
    PRECEDENCE.iter().find_map(|rule| rule(situation)).unwrap_or(Conclusion::InStep)
}
