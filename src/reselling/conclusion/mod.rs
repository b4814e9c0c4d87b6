//! Why one service is where it is: from everything that was looked at to one conclusion. Pure.
//!
//! Which conclusion goes before which is `PRECEDENCE`, and nothing else; what is said of each is in `language`. Not for deciding
//! what is done: that is `decision`, and its plan is shown beside the conclusion.

mod operations;
mod rules;
mod situation;

use super::decision::Reason;
use super::link::Doubt;
use super::status::{Status, SuspendedBy};
use super::verdict::Verdict;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
pub use situation::{
    Heard, HeardOf, Hidden, Logged, Other, Panel, Refusal, Scheduled, Seen, Seller, Served, Situation, Standing,
};

/// What the seller has done for a service that it has delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Activated,
    /// The certificate; the service there may still be in progress.
    Issued,
}

/// How far the seller is with an operation that waits here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its state does not tell.
    Untold,
    NotYet,
    /// `automatic`: the operation is not in manual mode here.
    Done {
        automatic: bool,
    },
    /// A resumption of what is marked here as not paid.
    DoneUnpaid,
}

/// The words in an operation's error that mean money (facts/billmanager 6.3).
pub const MONEY: &str = "not_enough_money";

/// The one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    NotRead {
        why: Hidden,
        logged: Logged,
        other_id_unknown: bool,
    },
    LogOnly {
        what: HeardOf,
        at: Option<DateTime>,
        text: String,
        times: usize,
        why: Hidden,
    },
    ModuleUnreadable {
        detail: String,
    },
    NotResold {
        served: Other,
    },
    OnManual {
        own: u64,
    },
    /// `row`: what is there all the same.
    UnpaidHere {
        row: Option<(String, Status)>,
    },
    UnknownStatus {
        here: Option<i64>,
    },
    UnknownStatusThere {
        text: String,
    },
    DeletedHereAliveThere {
        row: String,
    },
    Closed,
    DoNothing,
    SellerRefused {
        refusal: Refusal,
        detail: String,
    },
    SellerNotAsked,
    OperationRunning {
        operation: String,
        tries: i64,
    },
    OrderFailed {
        error: String,
        tries: i64,
        standing: Standing,
    },
    /// Without an error: the order is there and not paid.
    NoBalance {
        error: Option<String>,
        standing: Standing,
    },
    LinkContradicted {
        doubt: Doubt,
    },
    LinkMissing {
        row: String,
    },
    IdsHidden,
    PartlyRead,
    /// `delivered`: nothing waits here.
    NotAtSeller {
        delivered: bool,
    },
    RightsMissing {
        delete: bool,
    },
    SuspendedHere {
        by: Option<SuspendedBy>,
        there: bool,
    },
    RenewalRunning,
    RenewalFailed {
        error: String,
        tries: i64,
        standing: Standing,
        here: Option<Date>,
        there: Option<Date>,
    },
    /// `row`: the service there, for an operation that its status would show as done.
    OperationFailed {
        operation: String,
        error: String,
        tries: i64,
        standing: Standing,
        row: Option<(String, Status)>,
    },
    OtherOperation {
        operation: String,
        row: Option<(String, Status)>,
        progress: Progress,
    },
    TariffChangePending,
    SellerDeleted {
        row: String,
    },
    SuspendedThere {
        row: String,
        by: Option<SuspendedBy>,
        standing: Standing,
    },
    UnpaidAtSeller {
        row: String,
        balance: Option<String>,
    },
    CertificateFailed,
    CertificateMarkedFailed {
        row: String,
    },
    CertificateWaitsForApprover {
        approver: Option<String>,
    },
    CertificateRequested,
    WaitingNormally {
        row: String,
    },
    NotActivatedYet {
        row: String,
        since: String,
    },
    ProcessingThere {
        row: String,
    },
    MarkedSuspended {
        done: Delivery,
    },
    CallUnderWay {
        call: String,
        at: String,
    },
    NoOperation {
        row: String,
    },
    CheckeventNotScheduled {
        done: Delivery,
        commented: bool,
        last_poll: Option<DateTime>,
    },
    CheckeventSilent {
        done: Delivery,
        last_poll: DateTime,
    },
    ModuleDisabled {
        done: Delivery,
        row: String,
    },
    EventFailed {
        done: Delivery,
        row: String,
        at: Option<DateTime>,
        text: String,
        hindered: Option<Reason>,
    },
    /// `verdict`: where others may read the account.
    CertificateNotStored {
        row: String,
        verdict: Option<Verdict>,
        hindered: Option<Reason>,
    },
    EventOnItsWay {
        done: Delivery,
        row: String,
        since: Option<DateTime>,
        patience: SignedDuration,
    },
    EventLostToOther {
        row: String,
        since: Option<DateTime>,
        polls: u64,
        verdict: Verdict,
        hindered: Option<Reason>,
    },
    EventLost {
        row: String,
        since: Option<DateTime>,
        polls: u64,
        verdict: Option<Verdict>,
        missed: bool,
        hindered: Option<Reason>,
    },
    /// `expiry`: both days, here and there, where they differ.
    InStep {
        expiry: Option<(Date, Date)>,
    },
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
            Self::UnpaidHere { .. } => "unpaid_here",
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
            Self::NotAtSeller { .. } => "not_at_seller",
            Self::RightsMissing { .. } => "rights_missing",
            Self::SuspendedHere { by: Some(SuspendedBy::Money), .. } => "suspended_here_nonpayment",
            Self::SuspendedHere { by: Some(SuspendedBy::Staff), .. } => "suspended_here_staff",
            Self::SuspendedHere { by: Some(SuspendedBy::Abuse), .. } => "suspended_here_abuse",
            Self::SuspendedHere { by: None, .. } => "suspended_here",
            Self::RenewalRunning => "renewal_running",
            Self::RenewalFailed { .. } => "renewal_failed",
            Self::OperationFailed { .. } => "operation_failed",
            Self::OtherOperation { .. } => "other_operation",
            Self::TariffChangePending => "tariff_change_pending",
            Self::SellerDeleted { .. } => "seller_deleted",
            Self::SuspendedThere { by: Some(SuspendedBy::Money), .. } => "suspended_there_balance",
            Self::SuspendedThere { by: Some(SuspendedBy::Staff), .. } => "suspended_there_staff",
            Self::SuspendedThere { by: Some(SuspendedBy::Abuse), .. } => "suspended_there_abuse",
            Self::SuspendedThere { by: None, .. } => "suspended_there",
            Self::UnpaidAtSeller { .. } => "unpaid_at_seller",
            Self::CertificateFailed => "certificate_failed",
            Self::CertificateMarkedFailed { .. } => "certificate_marked_failed",
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
            Self::InStep { .. } => "in_step",
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
    operations::rights_missing,
    operations::renewal_running,
    operations::other_operation,
    operations::tariff_change,
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
    PRECEDENCE.iter().find_map(|rule| rule(situation)).unwrap_or_else(|| rules::in_step(situation))
}
