//! The rules on operations beside the opening: whether they ran, failed, or were done there.

use super::rules::{Answer, open};
use super::{Conclusion, Progress, Situation};
use crate::reselling::status::{Status, SuspendedBy};

/// A suspension or an end that did not reach the seller, whose account may do neither.
pub(super) fn rights_missing(at: &Situation<'_>) -> Answer {
    let (local, row) = at.service().zip(at.row())?;
    let alive = matches!(row.status, Status::Active | Status::Processing);
    let wants_suspension = alive && (local.operation("suspend").is_some() || local.status == Status::Suspended);
    let wants_end = local.operation("close").is_some() && row.status != Status::Deleted;
    if wants_end && at.standing.may_delete == Some(false) {
        return Some(Conclusion::RightsMissing { delete: true });
    }
    (wants_suspension && at.standing.may_suspend == Some(false)).then_some(Conclusion::RightsMissing { delete: false })
}

pub(super) fn renewal_running(at: &Situation<'_>) -> Answer {
    let local = at.service()?;
    let renewal = local.operation("prolong")?;
    Some(match renewal.error.clone() {
        None => Conclusion::RenewalRunning,
        Some(error) => Conclusion::RenewalFailed {
            error,
            tries: renewal.tries,
            standing: at.standing.clone(),
            here: local.expires,
            there: at.row().and_then(|row| row.expires),
        },
    })
}

pub(super) fn other_operation(at: &Situation<'_>) -> Answer {
    let local = at.service()?;
    let other = local.operations.iter().find(|one| one.name != "open")?;
    // Beside an opening the seller's status tells of that.
    let told =
        at.row().filter(|_| open(local).is_none() && ["close", "suspend", "resume"].contains(&other.name.as_str()));
    let progress = match told.map(|row| (other.name.as_str(), row.status)) {
        None => Progress::Untold,
        Some(("suspend" | "resume", Status::Deleted)) => return None,
        // Not what was asked for.
        Some(("suspend", Status::Suspended)) if told.and_then(|row| row.suspended_by) == Some(SuspendedBy::Money) => {
            return None;
        }
        Some(("resume", Status::Active)) if local.autosuspend => Progress::DoneUnpaid,
        Some(("close", Status::Deleted) | ("suspend", Status::Suspended) | ("resume", Status::Active)) => {
            Progress::Done { automatic: other.manual == Some(false) }
        }
        Some(_) => Progress::NotYet,
    };
    let (operation, row) = (other.name.clone(), told.map(|row| (row.id.clone(), row.status)));
    Some(match other.error.clone().filter(|_| matches!(progress, Progress::NotYet | Progress::Untold)) {
        Some(error) => {
            Conclusion::OperationFailed { operation, error, tries: other.tries, standing: at.standing.clone(), row }
        }
        None => Conclusion::OtherOperation { operation, row, progress },
    })
}

pub(super) fn tariff_change(at: &Situation<'_>) -> Answer {
    at.service()?.tariff_change_pending.then_some(Conclusion::TariffChangePending)
}
