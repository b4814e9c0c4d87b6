//! Lost events that were repaired since: how long they count, and what ends that.
//!
//! Where repairs are made by themselves a service waits for minutes, and every loss would look like the first. So a loss is
//! remembered: with the next one it counts for `REMEMBERED`. On its own it must not accuse for long, for the cure (the other
//! panel switched off, the password changed) is not seen from here: `FRESH` after the last repair nothing counts any more, until
//! another event is lost. A new password in the modules ends it at once.
//!
//! Events that arrive in the meantime end nothing: of two panels that ask in turn, each gets half of the events.

use super::exclusivity::Observation;
use super::ids::ItemId;
use super::verdict::{Severity, Sign};
use jiff::{SignedDuration, Timestamp};

/// How long a loss counts together with a later one, from its repair on. Who resells little orders once in weeks.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How long the last loss counts, from its repair on.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// An event that a check has seen lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    pub item: ItemId,
    pub itemtype: String,
    /// The seller's id.
    pub row: String,
    /// Since when it was seen delivered there while it waited here.
    pub active_since: Timestamp,
    /// When it was first seen not to wait any more; `None` while it does, as far as the last look could tell.
    pub ended: Option<Timestamp>,
    /// Our own journal has a repair of the service since then.
    pub repaired: bool,
}

/// The losses that were repaired, with what they weigh now, beside the signs of services that wait.
pub(super) fn remembered(seen: &Observation<'_>, signs: &[(Sign, Severity)]) -> Vec<(Sign, Severity)> {
    let waits = |loss: &Loss| {
        signs.iter().any(|(sign, _)| match sign {
            Sign::LostEvent { item, .. } | Sign::LateEvent { item, .. } | Sign::LostBefore { item, .. } => {
                *item == loss.item.0
            }
            _ => false,
        })
    };
    let counts = |loss: &&Loss| same_password(seen, loss) && !arrived(seen, loss) && !waits(loss);
    let ended = |loss: &Loss| loss.ended.filter(|ended| seen.now.duration_since(*ended) < REMEMBERED);
    let losses: Vec<(&Loss, Timestamp)> =
        seen.memory.losses.iter().filter(counts).filter_map(|loss| Some((loss, ended(loss)?))).collect();
    let lost_now = signs.iter().any(|(sign, weight)| sign.kind() == "lost_event" && *weight == Severity::Critical);
    let fresh = lost_now || losses.iter().any(|(_, ended)| seen.now.duration_since(*ended) < FRESH);
    let severity = if fresh { Severity::Critical } else { Severity::Info };
    let sign = |(loss, ended): (&Loss, Timestamp)| {
        let Loss { item, itemtype, row, active_since, .. } = loss.clone();
        (Sign::LostBefore { item: item.0, itemtype, row, active_since, ended: Some(ended) }, severity)
    };
    losses.into_iter().map(sign).collect()
}

/// An earlier check saw it lost, and the service has waited ever since.
pub(super) fn still_lost(seen: &Observation<'_>, loss: &Loss) -> bool {
    loss.ended.is_none() && same_password(seen, loss)
}

fn same_password(seen: &Observation<'_>, loss: &Loss) -> bool {
    seen.memory.same_password_since.is_none_or(|since| loss.active_since >= since)
}

/// The losses that were none: the log shows that the event came in the end. To be forgotten, for the log is not kept as long.
pub fn arrived_late(seen: &Observation<'_>) -> Vec<ItemId> {
    seen.memory.losses.iter().filter(|loss| arrived(seen, loss)).map(|loss| loss.item).collect()
}

/// A repair by way of the module writes the same lines as an event, so of a service that we repaired they tell nothing.
fn arrived(seen: &Observation<'_>, loss: &Loss) -> bool {
    let from = seen.delivered_about(loss.active_since);
    let heard = seen.heard.failed(loss.item.0, from).max(seen.heard.applied(loss.item.0, from));
    !loss.repaired && heard.is_some()
}
