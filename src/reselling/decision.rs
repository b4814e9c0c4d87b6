//! What to do with one service: from both sides' state to a decision with its reason. Pure.
//!
//! Three laws: forward only (in progress -> active, pending -> issued); "not found at the seller" never means "closed";
//! money first (what this panel suspended for non-payment stays suspended, an unpaid order stays unopened).
//! The matrix is facts/billmanager 11.

use super::link::{Doubt, Link, Linked};
use super::service::{LocalService, SellerService};
use super::status::Status;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// The contract's words. The backward ones (`suspend`, `resume`, `close`, `expiredate`) are not decided on yet: such a
/// difference is `ask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Both sides agree.
    InStep,
    /// Finish the waiting `open` operation.
    Open,
    /// Store the issued certificate and activate the service.
    StoreCertificate,
    /// Not now; it will solve itself, or something else has to end first.
    Wait,
    /// A person has to look.
    Ask,
    /// Must not be done.
    Refuse,
}

impl Decision {
    /// The plan has steps.
    pub fn acts(self) -> bool {
        matches!(self, Self::Open | Self::StoreCertificate)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::InStep => "in_step",
            Self::Open => "open",
            Self::StoreCertificate => "store_certificate",
            Self::Wait => "wait",
            Self::Ask => "ask",
            Self::Refuse => "refuse",
        }
    }
}

/// Why; said in the person's language by `language`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    InStep,
    ActiveAtSeller,
    IssuedAtSeller,
    // wait
    NotActivatedYet,
    NotIssuedYet,
    PanelIsWorking { operation: String },
    OtherOperation { operation: String },
    TariffChangePending,
    CallUnderWay { call: String, at: String },
    RecentlyResumed { at: String },
    RecentlyProlonged { at: String },
    // ask
    NotAtSeller,
    SellerHidesIds,
    LinkOnlyStored { row: String },
    UnpaidAtSeller,
    SuspendedAtSeller,
    DeletedAtSeller,
    CertificateFailed,
    NoOpenOperation,
    SuspendedThereActiveHere,
    SuspendedHereForMoney,
    SuspendedHereActiveThere,
    ProcessingThereOnly,
    DeletedHereAliveThere,
    OtherWork { operation: String },
    ProductNotRepaired { itemtype: String },
    NoModule,
    MarkedSuspended,
    SameCertificate,
    // refuse
    UnpaidHere,
    DoNothing,
    UnknownStatus { text: String },
    UnknownStatusHere,
    Doubt(Doubt),
    NotCorroborated,
    Brake { would: u64, of: u64, percent: u32 },
    SellerNotRead { detail: String },
    CertificateNotReadable { detail: String },
    MovedBetweenReads,
    NotReadAgain { detail: String },
    PlanIsStale,
    // what came of the calls
    CallFailed { call: String, detail: String },
    ReachedDespite { call: String, detail: String },
    NotReached,
    JournalFailed { detail: String },
    ReadBackFailed { detail: String },
    FinishedByInterruptedRun,
    Interrupted,
}

/// What the decision looks at besides the two services.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Another panel may order on the account, so that our id alone does not prove a link.
    pub others_may_read: bool,
    /// `etc/billmgr.DoNothing` exists: the panel's modules do nothing (facts/billmanager 3).
    pub do_nothing: bool,
    /// The panel's local time.
    pub now: DateTime,
}

/// Products whose `open` this version repairs; the others are shown, and left to a person.
const OPENED: [&str; 3] = ["vds", "dedic", "vhost"];

/// The decision for one service.
pub fn decide(local: &LocalService, linked: &Linked<'_>, around: Surroundings) -> (Decision, Reason) {
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
    let (decision, reason) = match local.itemtype.as_str() {
        "certificate" => certificate(local, row),
        _ => service(local, row),
    };
    if !decision.acts() {
        return (decision, reason);
    }
    if let Some(guard) = guard(local, linked, around) {
        return guard;
    }
    (decision, reason)
}

fn service(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    use Status::{Active, Deleted, Ordered, Processing, Suspended};
    let opening = local.operation("open").is_some();
    if let Some(other) = local.operations.first().filter(|_| local.status == Processing && !opening) {
        return (Decision::Ask, Reason::OtherWork { operation: other.name.clone() });
    }
    match (local.status, row.status) {
        (Processing | Active | Suspended, Deleted) => (Decision::Ask, Reason::DeletedAtSeller),
        (Processing, _) if !opening => (Decision::Ask, Reason::NoOpenOperation),
        (Processing, Active) if !OPENED.contains(&local.itemtype.as_str()) => {
            (Decision::Ask, Reason::ProductNotRepaired { itemtype: local.itemtype.clone() })
        }
        (Processing, Active) => (Decision::Open, Reason::ActiveAtSeller),
        (Processing, Processing) => (Decision::Wait, Reason::NotActivatedYet),
        (Processing, Ordered) => (Decision::Ask, Reason::UnpaidAtSeller),
        (Processing, Suspended) => (Decision::Ask, Reason::SuspendedAtSeller),
        (Active, Suspended) => (Decision::Ask, Reason::SuspendedThereActiveHere),
        (Active | Suspended, Processing | Ordered) => (Decision::Ask, Reason::ProcessingThereOnly),
        (Suspended, Active) if local.autosuspend => (Decision::Ask, Reason::SuspendedHereForMoney),
        (Suspended, Active) => (Decision::Ask, Reason::SuspendedHereActiveThere),
        (Deleted, Active | Suspended | Processing | Ordered) => (Decision::Ask, Reason::DeletedHereAliveThere),
        _ => (Decision::InStep, Reason::InStep),
    }
}

/// A certificate's own state goes before the service's: 3 and 4 are pending, 5 issued, 6 failed (facts/billmanager 2.3).
fn certificate(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    // Storing also activates: what is suspended here stays so, whatever became of its certificate.
    if !matches!(local.status, Status::Processing | Status::Active) || row.status == Status::Deleted {
        return service(local, row);
    }
    if row.service_status == Some(6) || local.service_status == Some(6) {
        return (Decision::Ask, Reason::CertificateFailed);
    }
    // A service in progress with an issued certificate is one whose last call, the activation, is missing.
    if local.status == Status::Active && !matches!(local.service_status, Some(3 | 4)) {
        return service(local, row);
    }
    match row.status {
        Status::Ordered => (Decision::Ask, Reason::UnpaidAtSeller),
        Status::Suspended => (Decision::Ask, Reason::SuspendedAtSeller),
        _ if row.delivered() => (Decision::StoreCertificate, Reason::IssuedAtSeller),
        _ => (Decision::Wait, Reason::NotIssuedYet),
    }
}

/// "Not now" and "not like this", for services that would be changed.
fn guard(local: &LocalService, linked: &Linked<'_>, around: Surroundings) -> Option<(Decision, Reason)> {
    if around.do_nothing {
        return Some((Decision::Refuse, Reason::DoNothing));
    }
    if local.autosuspend || local.employeesuspend || local.abusesuspend {
        return Some((Decision::Ask, Reason::MarkedSuspended));
    }
    if around.others_may_read && !linked.corroborated {
        return Some((Decision::Refuse, Reason::NotCorroborated));
    }
    if let Some(other) = local.operations.iter().find(|operation| operation.name != "open") {
        return Some((Decision::Wait, Reason::OtherOperation { operation: other.name.clone() }));
    }
    // A delivered order leaves its operation in manual mode (facts/billmanager 0.8); an automatic one is still tried by the
    // panel itself.
    if let Some(open) = local.operations.iter().find(|open| open.manual == Some(false)) {
        return Some((Decision::Wait, Reason::PanelIsWorking { operation: open.name.clone() }));
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
