//! What to do with one service: from both sides' state to a decision with its reason. Pure.
//!
//! Laws: forward only (in progress -> active, pending -> issued) unless more was allowed by name; "not found at the seller" never
//! means "closed"; money first (what this panel suspended for non-payment stays suspended, an unpaid order stays unopened); an
//! expiry never goes backwards. What two states mean together is in `matrix`; here is what stands above it: the link, what was
//! allowed, and what speaks against doing it now.

use super::link::{Doubt, Link, Linked};
use super::matrix::matrix;
use super::remark::Remark;
use super::service::{LocalService, Operation};
use super::status::Status;
use super::way::Hitch;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// The contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Both sides agree.
    InStep,
    /// Finish the waiting `open` operation.
    Open,
    /// Store the issued certificate and activate the service.
    StoreCertificate,
    /// Suspend here what the seller has suspended.
    Suspend,
    /// Resume here what the seller has resumed.
    Resume,
    /// Close here what the seller shows as deleted.
    Close,
    /// Take over the seller's later expiry.
    #[serde(rename = "expiredate")]
    ExpireDate,
    /// Not now; it will solve itself, or something else has to end first.
    Wait,
    /// A person has to look.
    Ask,
    /// Must not be done.
    Refuse,
}

impl Decision {
    pub const ALL: [Self; 10] = [
        Self::InStep,
        Self::Open,
        Self::StoreCertificate,
        Self::Suspend,
        Self::Resume,
        Self::Close,
        Self::ExpireDate,
        Self::Wait,
        Self::Ask,
        Self::Refuse,
    ];

    /// The plan has steps.
    pub fn acts(self) -> bool {
        self.forward() || self.needs().is_some()
    }

    /// A repair that needs nobody's permission.
    pub fn forward(self) -> bool {
        matches!(self, Self::Open | Self::StoreCertificate)
    }

    /// What has to be allowed for it.
    pub fn needs(self) -> Option<Allowed> {
        match self {
            Self::Suspend => Some(Allowed::Suspend),
            Self::Resume => Some(Allowed::Resume),
            Self::Close => Some(Allowed::Close),
            Self::ExpireDate => Some(Allowed::ExpireDate),
            Self::InStep | Self::Open | Self::StoreCertificate | Self::Wait | Self::Ask | Self::Refuse => None,
        }
    }

    /// The operation that its calls finish; it may be running, every other one must not.
    pub fn finishes(self) -> Option<&'static str> {
        match self {
            Self::Open | Self::StoreCertificate => Some("open"),
            Self::Suspend => Some("suspend"),
            Self::Resume => Some("resume"),
            Self::Close => Some("close"),
            Self::ExpireDate | Self::InStep | Self::Wait | Self::Ask | Self::Refuse => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::InStep => "in_step",
            Self::Open => "open",
            Self::StoreCertificate => "store_certificate",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Close => "close",
            Self::ExpireDate => "expiredate",
            Self::Wait => "wait",
            Self::Ask => "ask",
            Self::Refuse => "refuse",
        }
    }

    /// The decision of that word; `None` for one that no version of the contract has.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word() == word)
    }
}

/// A repair that goes beyond "forward" and has to be allowed by name: `--allow`, `[sync] allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Allowed {
    Suspend,
    Resume,
    Close,
    ExpireDate,
}

impl Allowed {
    pub const ALL: [Self; 4] = [Self::Suspend, Self::Resume, Self::Close, Self::ExpireDate];

    pub fn word(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Close => "close",
            Self::ExpireDate => "expiredate",
        }
    }
}

/// Why; said in the person's language by `language`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    InStep,
    /// In step but for the expiry, which is left as it is.
    ExpiryDiffers {
        here: String,
        there: String,
    },
    ActiveAtSeller,
    IssuedAtSeller,
    SuspendedThereForAbuse,
    SuspendedThereByStaff,
    SuspendedAsAsked,
    ResumedAsAsked,
    ClosedAsAsked,
    LaterAtSeller {
        here: String,
        there: String,
    },
    // wait
    NotActivatedYet,
    NotIssuedYet,
    NotDoneYet {
        operation: String,
    },
    DomainInWork {
        state: i64,
    },
    PanelIsWorking {
        operation: String,
    },
    OtherOperation {
        operation: String,
    },
    TariffChangePending,
    CallUnderWay {
        call: String,
        at: String,
    },
    RecentlyResumed {
        at: String,
    },
    RecentlyProlonged {
        at: String,
    },
    // ask
    /// The reason is good, and nobody has allowed it.
    NotAllowed {
        allow: Allowed,
        why: Box<Reason>,
    },
    NotAtSeller,
    /// No list of the seller is known to show this product.
    ListNotKnown {
        itemtype: String,
    },
    SellerHidesIds,
    /// Forms of services that could be this one were asked, since the list does not tell.
    NotAmongCandidates {
        told: usize,
        left: usize,
    },
    LinkOnlyStored {
        row: String,
    },
    UnpaidAtSeller,
    SuspendedAtSeller,
    DeletedAtSeller,
    CertificateFailed,
    /// Issued there, failed here.
    CertificateMarkedFailed,
    CertificateStateUnknown {
        state: i64,
    },
    /// What this panel asked for failed, and the seller does not show it done.
    OperationFailed {
        operation: String,
        error: String,
    },
    NoOpenOperation,
    SuspendedThereActiveHere,
    SuspendedThereForMoney,
    SuspendedHereForMoney,
    SuspendedHereByStaff,
    SuspendedHereActiveThere,
    ResumeOfUnpaid,
    ExpiredHere {
        at: String,
    },
    NoExpiryHere,
    ProcessingThereOnly,
    DeletedHereAliveThere,
    DomainNotRegistered,
    DomainLapsed,
    DomainStateBehind,
    DomainStateUnknown {
        state: i64,
    },
    OtherWork {
        operation: String,
    },
    ProductNotRepaired {
        itemtype: String,
    },
    NoModule,
    MarkedSuspended,
    SameCertificate,
    // refuse
    UnpaidHere,
    DoNothing,
    UnknownStatus {
        text: String,
    },
    UnknownStatusHere,
    Doubt(Doubt),
    NotCorroborated,
    CloseNotCorroborated,
    Brake {
        would: u64,
        of: u64,
        percent: u32,
    },
    ListSuddenlyShort {
        shown: u64,
        settled: u64,
        percent: u32,
    },
    SellerNotRead {
        detail: String,
    },
    CertificateNotReadable {
        detail: String,
    },
    MovedBetweenReads,
    NotReadAgain {
        detail: String,
    },
    PlanIsStale,
    /// The request in which it was to be done has lasted too long.
    OutOfTime,
    /// Somebody ended the run before it.
    Halted,
    // what came of the calls
    CallFailed {
        call: String,
        detail: String,
    },
    ReachedDespite {
        call: String,
        detail: String,
    },
    NotReached,
    JournalFailed {
        detail: String,
    },
    ReadBackFailed {
        detail: String,
    },
    FinishedByInterruptedRun,
    // taking back
    TakesBack {
        run: String,
    },
    TakesSuspensionBack {
        run: String,
    },
    AlreadyTakenBack {
        run: String,
    },
    RunTookBack,
    NothingToTakeBack,
    ActivationStays,
    CertificateStays,
    ClosedStays,
    OperationIsGone,
    ChangedSinceRun,
    MarkedSince,
    ExpiryHasPassed {
        at: String,
    },
    Interrupted,
    /// Because of the way in which it was to be done.
    Way(Hitch),
    /// One of the others, and what has to be known besides.
    Remarked {
        reason: Box<Reason>,
        remarks: Vec<Remark>,
    },
}

/// What the decision looks at besides the two services.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Another panel may order on the account, so that our id alone does not prove a link.
    pub others_may_read: bool,
    /// `etc/billmgr.DoNothing` exists: the panel's modules do nothing (facts/billmanager 3).
    pub do_nothing: bool,
    /// What may be done beyond forward repairs.
    pub allow: &'a [Allowed],
    /// The panel's local time.
    pub now: DateTime,
}

/// The decision for one service.
pub fn decide(local: &LocalService, linked: &Linked<'_>, around: Surroundings<'_>) -> (Decision, Reason) {
    if local.status == Status::Ordered {
        return match linked.seller.filter(|row| row.status == Status::Active) {
            Some(_) => (Decision::Refuse, Reason::UnpaidHere),
            None => (Decision::InStep, Reason::InStep),
        };
    }
    if let Some(doubt) = &linked.doubt {
        return (Decision::Refuse, Reason::Doubt(doubt.clone()));
    }
    let row = match (linked.link, linked.seller) {
        (Link::Both | Link::RemoteId, Some(row)) => row,
        (Link::Local, Some(row)) => return (Decision::Ask, Reason::LinkOnlyStored { row: row.id.clone() }),
        _ if local.status == Status::Deleted => return (Decision::InStep, Reason::InStep),
        _ => return (Decision::Ask, Reason::NotAtSeller),
    };
    if row.status == Status::Unknown {
        return (Decision::Refuse, Reason::UnknownStatus { text: row.status_text.clone() });
    }
    if local.status == Status::Unknown {
        return (Decision::Refuse, Reason::UnknownStatusHere);
    }
    let (decision, reason) = matrix(local, row);
    if let Some(allow) = decision.needs().filter(|needed| !around.allow.contains(needed)) {
        return match reason {
            // A seller that sells longer periods has later dates: that is no difference (facts/billmanager 11).
            Reason::LaterAtSeller { here, there } => (Decision::InStep, Reason::ExpiryDiffers { here, there }),
            reason => (Decision::Ask, Reason::NotAllowed { allow, why: Box::new(reason) }),
        };
    }
    match guard(decision, local, linked, around) {
        Some(guard) if decision.acts() => guard,
        _ => (decision, reason),
    }
}

/// "Not now" and "not like this", for services that would be changed.
fn guard(
    decision: Decision,
    local: &LocalService,
    linked: &Linked<'_>,
    around: Surroundings<'_>,
) -> Option<(Decision, Reason)> {
    if around.do_nothing {
        return Some((Decision::Refuse, Reason::DoNothing));
    }
    let marked = local.autosuspend || local.employeesuspend || local.abusesuspend;
    if marked && matches!(decision, Decision::Open | Decision::StoreCertificate | Decision::ExpireDate) {
        return Some((Decision::Ask, Reason::MarkedSuspended));
    }
    if let (Decision::Resume, Some(at)) = (decision, local.expires.filter(|expires| *expires < around.now.date())) {
        // Whatever the marks say: what is not paid for any more is not resumed.
        return Some((Decision::Ask, Reason::ExpiredHere { at: at.to_string() }));
    }
    let asked_for = decision.finishes().is_some_and(|name| local.operation(name).is_some());
    if decision == Decision::Resume && local.expires.is_none() && !asked_for {
        // Nothing says that it is paid, and nobody here has asked for it.
        return Some((Decision::Ask, Reason::NoExpiryHere));
    }
    if !linked.corroborated && decision == Decision::Close {
        return Some((Decision::Refuse, Reason::CloseNotCorroborated));
    }
    if around.others_may_read && !linked.corroborated {
        return Some((Decision::Refuse, Reason::NotCorroborated));
    }
    let finishes = |operation: &&Operation| Some(operation.name.as_str()) == decision.finishes();
    if let Some(other) = local.operations.iter().find(|operation| !finishes(operation)) {
        return Some((Decision::Wait, Reason::OtherOperation { operation: other.name.clone() }));
    }
    // What was handed to the seller leaves its operation in manual mode (facts/billmanager 0.8); an automatic one is still
    // tried by the panel itself.
    if let Some(tried) = local.operations.iter().find(|operation| operation.manual == Some(false)) {
        return Some((Decision::Wait, Reason::PanelIsWorking { operation: tried.name.clone() }));
    }
    if local.tariff_change_pending {
        return Some((Decision::Wait, Reason::TariffChangePending));
    }
    let within_a_day = |at: &Option<DateTime>| {
        at.filter(|at| around.now.duration_since(*at) < jiff::SignedDuration::from_hours(24)).map(|at| at.to_string())
    };
    if let Some(at) = within_a_day(&local.last_resume) {
        return Some((Decision::Wait, Reason::RecentlyResumed { at }));
    }
    within_a_day(&local.last_prolong).map(|at| (Decision::Wait, Reason::RecentlyProlonged { at }))
}
