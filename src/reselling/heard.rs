//! What the module's log says of events: which came, which failed here, which were gone, and about whom.
//!
//! Not for reading the log (`modulelog`); here it is data, and it is weighed.

use super::exclusivity::Observation;
use super::verdict::{Severity, Sign};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap};

/// What is older says nothing of who reads the account today.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Two runs of `checkevent` of this panel that overlap take each other's events within so short a time.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// One event, as the log tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The service that the line names; whether by its id here or at the seller is not known (facts/billmanager 4.4).
    pub item: Option<u64>,
    pub at: Timestamp,
    pub fate: Fate,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The service was brought on here.
    Applied,
    /// The module did something else about the service.
    Touched,
    /// It came, and this panel failed to apply it.
    Failed,
    /// It did not exist any more when this panel wanted it; the number is the event's own.
    Gone { event: u64 },
}

/// What this panel knows of a service that a line names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ours {
    /// Its module uses the account in question.
    pub on_account: bool,
    /// It is deleted, or only the history knows it.
    pub deleted: bool,
}

/// The part of the module's log that was read.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Why nothing was read; `None` when the log was.
    pub unread: Option<String>,
    /// The time of the first and of the last line that was read.
    pub since: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Oldest first.
    pub events: Vec<Event>,
    /// When the seller refused the module, and when it could not be reached; each oldest first.
    pub refused: Vec<Timestamp>,
    pub cut_off: Vec<Timestamp>,
    /// When a request was sent and its answer did not come, or could not be read; oldest first.
    pub broke: Vec<Timestamp>,
    /// The named services that this panel has or had.
    pub ours: HashMap<u64, Ours>,
    /// This panel has no other account, so that every line is about this one.
    pub only_account: bool,
}

impl Heard {
    /// The services that lines name, each once.
    pub fn items(&self) -> Vec<u64> {
        let mut items: Vec<u64> = self.events.iter().filter_map(|event| event.item).collect();
        items.sort_unstable();
        items.dedup();
        items
    }

    /// When the event of this service last came and failed here, after `ordered`.
    pub fn failed(&self, item: u64, ordered: Timestamp) -> Option<Timestamp> {
        self.last_of(item, ordered, Fate::Failed)
    }

    /// When an event of this service was last applied, after `from`.
    pub fn applied(&self, item: u64, from: Timestamp) -> Option<Timestamp> {
        self.last_of(item, from, Fate::Applied)
    }

    fn last_of(&self, item: u64, from: Timestamp, fate: Fate) -> Option<Timestamp> {
        let events = self.events.iter().filter(|event| event.item == Some(item) && event.fate == fate);
        events.map(|event| event.at).filter(|at| *at >= from).max()
    }

    /// The module was refused, or did not reach the seller, in that time. Where there are several accounts it is not known with which, so
    /// it may have been this one.
    pub fn in_vain(&self, from: Timestamp, until: Timestamp) -> bool {
        let within = |times: &[Timestamp]| {
            let first = times.partition_point(|at| *at < from);
            times.get(first).is_some_and(|at| *at < until)
        };
        within(&self.refused) || within(&self.cut_off) || within(&self.broke)
    }

    /// When a poll last broke off in that time. The seller may have handed out the events by then, and nobody else has them.
    pub fn broke_off(&self, from: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let before = self.broke.partition_point(|at| *at < until);
        self.broke.get(..before)?.last().copied().filter(|at| *at >= from)
    }

    /// The log reaches back to `from`, and no event is in it since then. Its lines say no fraction of their second.
    pub fn silent_since(&self, from: Timestamp) -> bool {
        let second = from.checked_sub(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MIN);
        let reaches = self.unread.is_none() && self.since.is_some_and(|since| since <= from);
        reaches && self.events.iter().all(|event| event.at < second)
    }

    /// Events that were gone, and events about services of somebody else.
    pub(super) fn signs(&self, seen: &Observation<'_>) -> Vec<(Sign, Severity)> {
        let recent = |event: &&Event| seen.now.duration_since(event.at) <= LOOK_BACK;
        let mut gone = BTreeMap::new();
        let mut told: BTreeMap<u64, (Timestamp, u64)> = BTreeMap::new();
        for event in self.events.iter().filter(recent) {
            let stranger = event.item.filter(|item| !self.ours.contains_key(item) && !seen.carried.has(*item));
            match (event.fate, stranger) {
                (Fate::Touched, _) => {}
                // Whether it was applied, failed or was gone: it is about somebody else's service.
                (_, Some(item)) => {
                    let (at, times) = told.entry(item).or_insert((event.at, 0));
                    *at = event.at.max(*at);
                    *times += 1;
                }
                (Fate::Gone { event: number }, None) => {
                    if let Some(severity) = self.gone(event, seen.modules.len() > 1) {
                        let sign = Sign::MissedEvent { event: number, item: event.item, at: event.at };
                        gone.insert(number, (sign, severity));
                    }
                }
                _ => {}
            }
        }
        // The line may name the service by the seller's id, of a service that left the list. Where lines are known to use our
        // ids and the list was read, it does not.
        let by_our_ids = self.ours.values().any(|ours| ours.on_account);
        let certain = self.only_account && by_our_ids && seen.sight.read;
        let weight = if certain { Severity::Warning } else { Severity::Info };
        let told = told.into_iter().map(|(item, (at, times))| (Sign::ForeignItem { item, at, times }, weight));
        gone.into_values().chain(told).collect()
    }

    /// How much it weighs that an event was gone; `None` when it is about nothing of ours any more.
    fn gone(&self, event: &Event, several_modules: bool) -> Option<Severity> {
        let about = event.item.map(|item| self.ours.get(&item));
        let ours = about.flatten();
        // Deleted here, or of another account.
        if ours.is_some_and(|ours| ours.deleted || !ours.on_account) {
            return None;
        }
        // Two runs of our own may have met, and several modules of one account may be given each other's events (facts/billmanager
        // 12, 16).
        let met = self.events.iter().any(|other| {
            matches!(other.fate, Fate::Applied | Fate::Failed)
                && event.item.is_some()
                && other.item == event.item
                && other.at.duration_since(event.at).abs() <= OVERLAP
        });
        let certain = ours.is_some() || self.only_account;
        Some(if certain && !met && !several_modules { Severity::Warning } else { Severity::Info })
    }
}
