//! From what was read on both sides to evidence. Pure; the verdict on it is `verdict`.

use super::carried::Carried;
use super::circumstance::Scheduled;
use super::elsewhere::Elsewhere;
use super::heard::Heard;
use super::ids::ItemId;
use super::link::{Link, Rows};
use super::losses::{Loss, remembered, still_lost};
use super::service::{LocalService, Module, SellerService};
use super::status::Status;
use super::verdict::{Evidence, Severity, Sight, Sign};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// What the check has seen before.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Since when this panel has been watched; `None` when this is the first time.
    pub watched_since: Option<Timestamp>,
    /// Since when we have seen the seller show the service active while it waited here.
    pub active_since: HashMap<ItemId, Timestamp>,
    /// When we have last seen that the seller had not delivered the service.
    pub undelivered: HashMap<ItemId, Timestamp>,
    /// Polls (`checkevent` from before to after) of this panel, by the time they began, newest last.
    pub polls: Vec<Timestamp>,
    /// Lost events of earlier checks, one a service.
    pub losses: Vec<Loss>,
    /// Since when the modules have had the password they have now; `None` when that cannot be told.
    pub same_password_since: Option<Timestamp>,
}

/// Everything the evidence rests on.
#[derive(Debug)]
pub struct Observation<'a> {
    pub now: Timestamp,
    /// The same moment in the panel's local time, in which its database keeps times.
    pub local_now: DateTime,
    pub stuck_after: SignedDuration,
    /// The modules of this panel that use the account.
    pub modules: &'a [Module],
    /// Services of these modules that are in progress, pending, or have a running operation.
    pub waiting: &'a [LocalService],
    pub sight: Sight,
    pub carried: &'a Carried,
    pub memory: &'a Memory,
    pub heard: &'a Heard,
    pub elsewhere: &'a Elsewhere,
    pub scheduled: Scheduled,
    /// The panel's operations are switched off: events come and are not applied, so that a service waits says nothing.
    pub stopped: bool,
    /// The plugin itself refuses `checkevent` at present, for the sake of whichever account (`[check] on_conflict = "block"`).
    pub blocked: bool,
}

/// The evidence of one observation, each seen now and for the first time; `memory` of the journal dates it back.
pub fn evidence(seen: &Observation<'_>) -> Vec<Evidence> {
    let mut signs = seen.carried.signs.clone();
    let rows = Rows::new(&seen.carried.rows);
    for local in seen.waiting {
        signs.extend(lost(seen, local, &rows));
    }
    signs.extend(remembered(seen, &signs));
    signs.extend(seen.heard.signs(seen));
    let stuck = signs.iter().any(|(sign, severity)| sign.kind() == "lost_event" && *severity >= Severity::Warning);
    signs.extend(silent_poll(seen, stuck));
    signs.extend(seen.elsewhere.signs());
    signs.extend(local_duplicate(seen.modules));
    signs
        .into_iter()
        .map(|(sign, severity)| Evidence { sign, severity, count: 1, first_seen: seen.now, last_seen: seen.now })
        .collect()
}

/// A foreign id that was seen before the modules got the password they have now tells who ordered then; nobody with the old one reads the
/// account today. The evidence is dated back already.
pub fn end_with_password(evidence: &mut [Evidence], same_password_since: Option<Timestamp>) {
    for one in evidence.iter_mut().filter(|one| one.sign.kind() == "foreign_remoteid") {
        if same_password_since.is_some_and(|since| one.first_seen < since) {
            one.severity = Severity::Info;
        }
    }
}

/// A service that the seller has delivered and that waits here.
pub(super) enum Stuck<'a> {
    /// Since then we have seen it delivered; so many polls that could have brought its event came and went.
    /// `broke`: one that may have taken it broke off.
    Silent { row: &'a SellerService, since: Timestamp, polls: u64, broke: Option<Timestamp> },
    /// Its event came, and this panel did not apply it. It was not lost.
    Arrived { at: Timestamp },
}

impl Observation<'_> {
    pub(super) fn stuck<'a>(&self, local: &LocalService, rows: &Rows<'a>) -> Option<Stuck<'a>> {
        if !waits_for_an_event(local) {
            return None;
        }
        let row = delivered(local, rows)?;
        let since = self.memory.active_since.get(&local.item).copied().unwrap_or(self.now);
        let item = local.item.0;
        let arrived =
            self.heard.failed(item, self.ordered(local)).max(self.heard.applied(item, self.delivered_about(since)));
        if let Some(at) = arrived {
            return Some(Stuck::Arrived { at });
        }
        let (polls, first) = self.polls(since);
        // Before it was seen delivered the event was there already, for how long is not known.
        let not_yet = self.memory.undelivered.get(&local.item).copied();
        let may_be_there = not_yet.unwrap_or_else(|| self.ordered(local)).min(since);
        let broke = self.heard.broke_off(may_be_there, first.unwrap_or(Timestamp::MAX));
        Some(Stuck::Silent { row, since, polls, broke })
    }

    /// Polls since then that could have brought an event. One that the seller refused, or that did not reach it, brings nothing: whatever
    /// the log says until the next one begins is taken for its doing. The others are not undone by it. Their number, and the first.
    fn polls(&self, since: Timestamp) -> (u64, Option<Timestamp>) {
        let begun = self.memory.polls.iter().copied();
        let next = begun.clone().skip(1).chain([Timestamp::MAX]);
        let could = |(begun, next): &(Timestamp, Timestamp)| *begun > since && !self.heard.in_vain(*begun, *next);
        if self.stopped {
            return (0, None);
        }
        let mut could = begun.zip(next).filter(could).map(|(begun, _)| begun);
        let first = could.next();
        (first.map_or(0, |_| 1 + could.count() as u64), first)
    }

    /// Every module of this panel with the account is switched off. Whether the panel asks with such a one is not known.
    pub(super) fn switched_off(&self) -> bool {
        !self.modules.is_empty() && self.modules.iter().all(|module| !module.active)
    }

    /// From when on an event that was applied can be the one of that delivery: the seller delivered not long before we saw it. An
    /// earlier one is another (a certificate has several).
    pub(super) fn delivered_about(&self, seen: Timestamp) -> Timestamp {
        seen.checked_sub(three_periods(&self.scheduled)).unwrap_or(Timestamp::MIN)
    }

    fn ordered(&self, local: &LocalService) -> Timestamp {
        ordered(local, self.now, self.local_now)
    }
}

/// When the service began to wait, at the latest; its operation tells, or else the day of the order, with a day of grace.
pub fn ordered(local: &LocalService, now: Timestamp, local_now: DateTime) -> Timestamp {
    let begun = match local.operations.iter().filter_map(|operation| operation.created).min() {
        Some(created) => created,
        None => match local.created.and_then(|day| day.yesterday().ok()) {
            Some(day) => day.at(0, 0, 0, 0),
            None => return Timestamp::MIN,
        },
    };
    now.checked_sub(local_now.duration_since(begun)).unwrap_or(Timestamp::MIN)
}

/// How often `checkevent` is started, in minutes: the cron line tells, or else it is every five (facts/billmanager 0.1).
pub(super) fn period(scheduled: &Scheduled) -> u64 {
    let Scheduled::Yes(line) = scheduled else { return 5 };
    let minute = line.split_whitespace().next().unwrap_or_default();
    match minute.strip_prefix("*/") {
        Some(every) => every.parse().ok().filter(|every| (1..=60).contains(every)).unwrap_or(5),
        None if minute == "*" => 1,
        // Named minutes: as far apart as the hour allows.
        None if minute.split(',').all(|one| one.parse::<u64>().is_ok()) => 60,
        None => 5,
    }
}

fn three_periods(scheduled: &Scheduled) -> SignedDuration {
    SignedDuration::from_mins(i64::try_from(3 * period(scheduled)).unwrap_or(15))
}

/// Not one event since the oldest service here began to wait, although this panel asked and its log would show one. It says
/// nothing while the seller has delivered nothing.
fn silent_poll(seen: &Observation<'_>, stuck: bool) -> Option<(Sign, Severity)> {
    let ordered =
        seen.waiting.iter().filter(|local| waits_for_an_event(local)).map(|local| seen.ordered(local)).min()?;
    let since = ordered.max(seen.memory.polls.first().copied()?).max(seen.heard.since?);
    let polls = seen.memory.polls.iter().filter(|begun| **begun >= since).count() as u64;
    if polls < 3 || !seen.heard.silent_since(since) || seen.stopped {
        return None;
    }
    let waiting = seen.waiting.iter().filter(|local| waits_for_an_event(local)).count() as u64;
    let severity = if stuck { Severity::Warning } else { Severity::Info };
    Some((Sign::SilentPoll { polls, since, waiting }, severity))
}

/// A service that waits here although the seller has delivered it.
fn lost(seen: &Observation<'_>, local: &LocalService, rows: &Rows<'_>) -> Option<(Sign, Severity)> {
    let Stuck::Silent { row, since: active_since, polls, broke } = seen.stuck(local, rows)? else { return None };
    let (item, itemtype, row) = (local.item.0, local.itemtype.clone(), row.id.clone());
    if polls > 0 && seen.now.duration_since(active_since) >= seen.stuck_after {
        // Where the module's log cannot be read, it may have come and failed here; a poll that broke off may have lost all that it
        // was to bring; and a module that is switched off may not ask at all.
        let innocent = seen.heard.unread.is_some() || broke.is_some() || seen.switched_off();
        let severity = if innocent { Severity::Warning } else { Severity::Critical };
        Some((Sign::LostEvent { item, itemtype, row, active_since, polls }, severity))
    } else if let Some(loss) = seen.memory.losses.iter().find(|loss| loss.item == local.item && still_lost(seen, loss))
    {
        // The panel's operations were stopped since, say. That does not bring the event back.
        let active_since = loss.active_since;
        Some((Sign::LostBefore { item, itemtype, row, active_since, ended: None }, Severity::Critical))
    } else {
        // Ordered long ago and delivered: that the event is merely on its way is not likely, and not yet ruled out.
        let severity = if waits_longer(seen, local) { Severity::Warning } else { Severity::Info };
        Some((Sign::LateEvent { item, itemtype, row, active_since, polls }, severity))
    }
}

/// The service has waited here for longer than `stuck_after`: its operation tells, or else the day of the order.
fn waits_longer(seen: &Observation<'_>, local: &LocalService) -> bool {
    match local.operations.iter().find_map(|operation| operation.created) {
        Some(created) => seen.local_now.duration_since(created) > seen.stuck_after,
        None => local.created.is_some_and(|ordered| ordered < seen.local_now.date()),
    }
}

/// The seller's row that has delivered what the service waits for here; how long that has been so is kept in `Memory`.
pub fn delivered<'a>(local: &LocalService, rows: &Rows<'a>) -> Option<&'a SellerService> {
    let linked = rows.link(local);
    let proven = matches!(linked.link, Link::Both | Link::RemoteId) && waits_for_an_event(local);
    // A certificate that is renewed is active on both sides all the while: only its own state says whether it was issued anew.
    let told = local.itemtype != "certificate" || local.status != Status::Active;
    linked.seller.filter(|row| proven && row.delivered() && (told || row.service_status.is_some()))
}

/// The service is in the state in which an event of the seller moves it on (facts/billmanager 0.8, 2.3). It is not while
/// another operation runs, or while the panel itself still tries the opening: then the event may well have arrived.
pub fn waits_for_an_event(local: &LocalService) -> bool {
    let state = match (local.itemtype.as_str(), local.service_status) {
        ("certificate", Some(3 | 4)) => matches!(local.status, Status::Processing | Status::Active),
        ("certificate", Some(5 | 6)) => false,
        ("certificate", _) => local.status == Status::Processing,
        _ => local.status == Status::Processing && local.operation("open").is_some(),
    };
    state && local.operations.iter().all(|operation| operation.name == "open" && operation.manual != Some(false))
}

/// The account in several modules of this panel: normal for several products, odd when one is disabled (it still breaks the
/// events of others, says the vendor's article) or written differently.
fn local_duplicate(modules: &[Module]) -> Option<(Sign, Severity)> {
    if modules.len() < 2 {
        return None;
    }
    let disabled: Vec<u64> = modules.iter().filter(|module| !module.active).map(|module| module.id.0).collect();
    let mut spelled: Vec<String> = modules.iter().map(|module| format!("{} ({})", module.url, module.login)).collect();
    spelled.sort_unstable();
    spelled.dedup();
    if spelled.len() == 1 {
        spelled.clear();
    }
    let severity = if disabled.is_empty() && spelled.is_empty() { Severity::Info } else { Severity::Warning };
    let modules = modules.iter().map(|module| module.id.0).collect();
    Some((Sign::LocalDuplicate { modules, disabled, spelled }, severity))
}
