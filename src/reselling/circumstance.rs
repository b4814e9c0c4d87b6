//! What is no sign of a second reader and explains why a service waits: told beside the evidence, never counted with it.

use super::exclusivity::{Observation, Stuck, period, waits_for_an_event};
use super::ids::{ItemId, ModuleId};
use super::link::{Link, Rows};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many services one sentence names.
const NAMED: usize = 10;

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Circumstance {
    /// The seller has the orders and has not delivered them.
    NotDelivered { items: Vec<ItemId>, count: u64 },
    /// No service of the seller carries their ids.
    NotAtSeller { items: Vec<ItemId>, count: u64 },
    /// The order failed here, before it reached the seller.
    OrderFailed { item: ItemId, error: String },
    /// The event came and this panel did not apply it.
    ArrivedAndFailed { item: ItemId, at: Timestamp },
    /// An interrupted repair has left it on the manual module; `module` is its own.
    OnManual { item: ItemId, module: ModuleId },
    /// The seller refused the module's login, and no poll was seen since.
    LoginRefused { at: Timestamp },
    /// No cron table starts `checkevent`; `file` has the line, commented out.
    NotScheduled { file: Option<String> },
    /// No `checkevent` was seen for three periods; `None` when none was ever seen. `log` is the last line of the module's log.
    NoPoll { last: Option<Timestamp>, log: Option<Timestamp>, minutes: u64 },
    /// The plugin itself refuses `checkevent`, as the settings want it where an account is shared; `last` is the last that was seen.
    Blocked { last: Option<Timestamp> },
    /// All modules of this panel with the account are switched off.
    SwitchedOff { modules: Vec<ModuleId> },
    /// A poll broke off, and the events of so many services that wait may have been lost with it.
    PollBroke { at: Timestamp, count: u64 },
    /// The panel's operations are switched off, so that events do nothing (facts/billmanager 3).
    OperationsStopped,
    /// The module's log was not read, so what it would tell is not known.
    LogUnread { why: String },
    /// Pieces of evidence that were only counted.
    LeftOff { count: u64 },
}

/// What the panel's schedule says of `checkevent`, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scheduled {
    /// The cron line.
    Yes(String),
    /// There, commented out, in this file.
    Off(String),
    No,
    #[default]
    Unknown,
}

/// What explains that services wait, of one account.
pub fn circumstances(seen: &Observation<'_>) -> Vec<Circumstance> {
    let mut told = services(seen);
    told.extend(polling(seen));
    if seen.switched_off() && seen.waiting.iter().any(waits_for_an_event) {
        told.push(Circumstance::SwitchedOff { modules: seen.modules.iter().map(|module| module.id).collect() });
    }
    if seen.stopped {
        told.push(Circumstance::OperationsStopped);
    }
    if let Some(why) = &seen.heard.unread {
        told.push(Circumstance::LogUnread { why: why.clone() });
    }
    if seen.carried.left_off > 0 {
        told.push(Circumstance::LeftOff { count: seen.carried.left_off });
    }
    told
}

/// Service by service; only what a complete list that shows ids can tell.
fn services(seen: &Observation<'_>) -> Vec<Circumstance> {
    let rows = Rows::new(&seen.carried.rows);
    let (mut not_delivered, mut not_there) = (Vec::new(), Vec::new());
    let (mut told, mut broke) = (Vec::new(), Vec::new());
    for local in seen.waiting {
        match seen.stuck(local, &rows) {
            Some(Stuck::Arrived { at }) => told.push(Circumstance::ArrivedAndFailed { item: local.item, at }),
            Some(Stuck::Silent { broke: Some(at), polls: 1.., .. }) => broke.push(at),
            _ => {}
        }
        let linked = rows.link(local);
        let proven = matches!(linked.link, Link::Both | Link::RemoteId);
        let waits = waits_for_an_event(local);
        if linked.seller.is_some_and(|row| waits && proven && !row.delivered()) {
            not_delivered.push(local.item);
        } else if linked.link == Link::None && seen.sight.read && seen.sight.ids_shown {
            match local.operation("open").and_then(|open| open.error.clone()) {
                Some(error) => told.push(Circumstance::OrderFailed { item: local.item, error }),
                None if waits => not_there.push(local.item),
                None => {}
            }
        }
    }
    told.truncate(NAMED);
    if let Some(at) = broke.iter().max() {
        told.push(Circumstance::PollBroke { at: *at, count: broke.len() as u64 });
    }
    for (mut items, make) in [
        (not_delivered, (|items, count| Circumstance::NotDelivered { items, count }) as fn(_, _) -> _),
        (not_there, |items, count| Circumstance::NotAtSeller { items, count }),
    ] {
        let count = items.len() as u64;
        items.truncate(NAMED);
        if count > 0 {
            told.push(make(items, count));
        }
    }
    told
}

/// Whether this panel asks at all.
fn polling(seen: &Observation<'_>) -> Vec<Circumstance> {
    let mut told = Vec::new();
    let last = seen.memory.polls.last().copied();
    if seen.blocked {
        told.push(Circumstance::Blocked { last });
    }
    let minutes = period(&seen.scheduled);
    let three = jiff::SignedDuration::from_mins(i64::try_from(3 * minutes).unwrap_or(i64::MAX / 60));
    let silent = |since: Timestamp| seen.now.duration_since(since) > three;
    // A check that has only begun to watch has not seen the polls before it.
    let missing = match last {
        Some(last) => silent(last),
        None => seen.memory.watched_since.is_some_and(silent),
    };
    if missing && !seen.blocked {
        told.push(Circumstance::NoPoll { last, log: seen.heard.last, minutes });
        // Whoever starts `checkevent` from elsewhere needs no line here; only without polls it matters.
        match &seen.scheduled {
            Scheduled::Off(file) => told.push(Circumstance::NotScheduled { file: Some(file.clone()) }),
            Scheduled::No => told.push(Circumstance::NotScheduled { file: None }),
            Scheduled::Yes(_) | Scheduled::Unknown => {}
        }
    }
    if let Some(at) = seen.heard.refused.last().copied().filter(|at| last.is_none_or(|last| last <= *at)) {
        told.push(Circumstance::LoginRefused { at });
    }
    told
}
