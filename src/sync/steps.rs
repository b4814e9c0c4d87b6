//! The calls for one service, one after the other; the next one goes out only when reading back shows what the one before it was
//! for, and nothing else. Not for how a call is made and written down, nor for how a service is read: that is a `Hand`.

use crate::error::Error;
use crate::journal::Outcome;
use crate::report::drift::local_json;
use crate::reselling::decision::Reason;
use crate::reselling::plan::{Planned, Step, reached, took_effect};
use crate::reselling::service::{LocalService, Operation};
use crate::reselling::status::Status;
use crate::reselling::way::{BACKUP, told_by_answer};
use serde_json::Value;

/// Who makes the calls for one service.
pub trait Hand {
    /// One call, written down before and after; inside is what it answered.
    ///
    /// # Errors
    /// The call could not be written down, and was not made.
    fn call(&self, step: &Step) -> Result<Result<(), Error>, Error>;

    /// The service as it is now.
    ///
    /// # Errors
    /// It cannot be read, or is gone.
    fn read(&self) -> Result<LocalService, Error>;

    /// Somebody wants the run to end.
    fn halted(&self) -> bool {
        false
    }

    /// What it means when this call failed, where it means more than for this service.
    fn failed(&self, _step: &Step, _error: &Error) -> Option<Reason> {
        None
    }
}

/// What came of the calls for one service.
#[derive(Clone, Debug)]
pub struct Came {
    pub outcome: Outcome,
    pub reason: Reason,
    /// What was read back; null when it could not be.
    pub after: Value,
    /// The steps that were called.
    pub made: Vec<Step>,
}

impl Came {
    fn failed(reason: Reason, after: Value, made: &[Step]) -> Self {
        Self { outcome: Outcome::Failed, reason, after, made: made.to_vec() }
    }

    /// Nothing was called.
    pub fn nothing(outcome: Outcome, reason: Reason) -> Self {
        Self { outcome, reason, after: Value::Null, made: Vec::new() }
    }
}

/// Makes the calls. Whether a call answered is told, and proves nothing.
pub fn carry_out(planned: &Planned, hand: &dyn Hand) -> Came {
    let mut reason = planned.reason.clone();
    let mut after = planned.local.clone();
    let opening = format!("{}.open", planned.local.itemtype);
    let mut made: &[Step] = &[];
    for (number, step) in planned.steps.iter().enumerate() {
        // Somebody else has opened it meanwhile; the opening is the last step of every plan that has one.
        if number > 0 && step.call == opening && took_effect(step, &after) {
            break;
        }
        // The backup is for the panel: with it the service is not begun yet.
        if hand.halted() && made.iter().all(|step| step.call == BACKUP) {
            let after = local_json(&after);
            return Came { outcome: Outcome::Refused, reason: Reason::Halted, after, made: made.to_vec() };
        }
        let before = after;
        let answer = match hand.call(step) {
            Ok(answer) => answer,
            Err(error) => {
                let reason = Reason::JournalFailed { detail: error.to_string() };
                return Came::failed(reason, local_json(&before), made);
            }
        };
        made = planned.steps.get(..=number).unwrap_or_default();
        after = match hand.read() {
            Ok(after) => after,
            Err(error) => {
                let reason = Reason::ReadBackFailed { detail: error.to_string() };
                return Came::failed(reason, Value::Null, made);
            }
        };
        if let Some(reason) = answer.as_ref().err().and_then(|error| hand.failed(step, error)) {
            return Came::failed(reason, local_json(&after), made);
        }
        let (call, shows) = (step.call.clone(), took_effect(step, &after));
        match answer {
            Ok(()) if shows => {}
            Ok(()) => return Came::failed(Reason::NotReached, local_json(&after), made),
            Err(error) if shows && !told_by_answer(step) => {
                reason = Reason::ReachedDespite { call, detail: error.to_string() }
            }
            Err(error) => {
                let reason = Reason::CallFailed { call, detail: error.to_string() };
                return Came::failed(reason, local_json(&after), made);
            }
        }
        // Two calls are two moments: what was true for the first may not be true for the second.
        let more = made.len() < planned.steps.len() && !reached(planned.decision, &planned.steps, &after);
        if more && something_else_moved(step, &before, &after) {
            return Came::failed(Reason::MovedBetweenReads, local_json(&after), made);
        }
    }
    if reached(planned.decision, &planned.steps, &after) {
        Came { outcome: Outcome::Done, reason, after: local_json(&after), made: made.to_vec() }
    } else {
        Came::failed(Reason::NotReached, local_json(&after), made)
    }
}

/// After a call that more calls follow: something that would have decided otherwise is another than before it. That the service is
/// open is what was wanted.
fn something_else_moved(step: &Step, before: &LocalService, after: &LocalService) -> bool {
    let sets_status = step.call.starts_with("service.post");
    let marks = |service: &LocalService| {
        let marks = (service.autosuspend, service.employeesuspend, service.abusesuspend);
        (marks, service.tariff_change_pending, service.last_resume, service.last_prolong)
    };
    let begun = |operation: &Operation| before.operations.iter().all(|known| known.id != operation.id);
    let other_status = after.status != before.status && after.status != Status::Active;
    !sets_status && (other_status || marks(before) != marks(after) || after.operations.iter().any(begun))
}

/// What the seller shows of a service when it is asked for it alone; `None` for what it does not show.
#[derive(Clone, Debug)]
pub struct There {
    pub status: Option<Status>,
    pub service_status: Option<i64>,
    pub remoteid: Option<String>,
}

/// Whether either side is another than it was planned with.
pub fn moved(planned: &Planned, here: &LocalService, there: &There) -> bool {
    let Some(row) = &planned.seller else { return true };
    let other_status = there.status != Some(row.status);
    let other_state = there.service_status.is_some_and(|state| row.service_status.is_some_and(|known| known != state));
    let other_id = there.remoteid.is_some() && there.remoteid != row.remoteid;
    *here != planned.local || other_status || other_state || other_id
}
