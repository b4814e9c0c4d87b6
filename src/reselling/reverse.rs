//! What a repair did, taken back: only where the panel has a documented function for it and nobody has done anything since. Pure.
//!
//! An activation, a stored certificate and a closed service stay: the panel has no function that makes an operation wait again,
//! forgets a certificate or brings a service back with what it had.

use super::decision::{Decision, Reason};
use super::plan::Step;
use super::service::LocalService;
use super::status::Status;
use jiff::civil::Date;
use serde_json::Value;

/// What one run did to one service, as the journal has it.
#[derive(Clone, Debug)]
pub struct Deed {
    pub run: String,
    /// `None` for a decision that this version does not know.
    pub decision: Option<Decision>,
    /// It was changed, and read back as wanted.
    pub done: bool,
    /// The images of the service before and after, as `report::drift::local_json` makes them.
    pub before: Value,
    pub after: Value,
    /// The run that has taken it back already.
    pub taken_back: Option<String>,
    /// The run was itself one that takes back.
    pub undo: bool,
}

/// Whether what this decision is about to do to the service could be taken back afterwards; `today` is the panel's.
pub fn has_reverse(decision: Decision, local: &LocalService, today: Date) -> bool {
    match decision {
        Decision::Suspend => local.status == Status::Active && local.operations.is_empty(),
        Decision::Resume => local.status == Status::Suspended && local.operations.is_empty(),
        // To a day that has passed an expiry is not put back.
        Decision::ExpireDate => local.expires.is_some_and(|expires| expires >= today),
        Decision::InStep
        | Decision::Open
        | Decision::StoreCertificate
        | Decision::Close
        | Decision::Wait
        | Decision::Ask
        | Decision::Refuse => false,
    }
}

/// The decision and the calls that take a deed back, or why that must not be. `image` is the service as it is now, made like
/// the deed's images; `today` is the panel's.
///
/// # Errors
/// The reason for the refusal.
pub fn reverse(deed: &Deed, local: &LocalService, image: &Value, today: Date) -> Result<(Decision, Vec<Step>), Reason> {
    if deed.undo {
        return Err(Reason::RunTookBack);
    }
    let Some(decision) = deed.decision.filter(|_| deed.done) else { return Err(Reason::NothingToTakeBack) };
    if let Some(run) = &deed.taken_back {
        return Err(Reason::AlreadyTakenBack { run: run.clone() });
    }
    let before = |name: &str| deed.before.get(name).and_then(Value::as_str);
    let was = before("status");
    let (reverse, call, params) = match decision {
        Decision::Open => return Err(Reason::ActivationStays),
        Decision::StoreCertificate => return Err(Reason::CertificateStays),
        Decision::Close => return Err(Reason::ClosedStays),
        Decision::Suspend | Decision::Resume if before("operation").is_some() => return Err(Reason::OperationIsGone),
        Decision::Suspend if was == Some(Status::Active.word()) => (Decision::Resume, "service.postresume", None),
        Decision::Resume if was == Some(Status::Suspended.word()) => (Decision::Suspend, "service.postsuspend", None),
        Decision::ExpireDate => match before("expiredate").and_then(|date| date.parse::<Date>().ok()) {
            Some(date) => (Decision::ExpireDate, "service.setexpiredate", Some(date)),
            None => return Err(Reason::NothingToTakeBack),
        },
        _ => return Err(Reason::NothingToTakeBack),
    };
    if *image != deed.after {
        return Err(Reason::ChangedSinceRun);
    }
    if let Some(operation) = local.operations.first() {
        return Err(Reason::OtherOperation { operation: operation.name.clone() });
    }
    if local.tariff_change_pending {
        return Err(Reason::TariffChangePending);
    }
    if reverse == Decision::Resume {
        if local.autosuspend || local.employeesuspend || local.abusesuspend {
            return Err(Reason::MarkedSince);
        }
        if let Some(at) = local.expires.filter(|expires| *expires < today) {
            return Err(Reason::ExpiredHere { at: at.to_string() });
        }
    }
    // A day that has passed would make the panel suspend the service.
    if let Some(at) = params.filter(|date| *date < today) {
        return Err(Reason::ExpiryHasPassed { at: at.to_string() });
    }
    let date = params.map(|date| date.to_string());
    let params: Vec<(&str, &str)> = date.iter().map(|date| ("expiredate", date.as_str())).collect();
    Ok((reverse, vec![Step::new(call, local.item, &params)]))
}
