//! From what was read on both sides to evidence. Pure; the verdict on it is `verdict`.

use super::elsewhere::Elsewhere;
use super::ids::ItemId;
use super::link::{Link, Rows};
use super::service::{LocalService, Module, SellerService};
use super::status::Status;
use super::verdict::{Evidence, Foreign, Severity, Sign};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};

/// What this panel knows about an id that the seller's row carries.
#[derive(Clone, Debug)]
pub struct KnownItem {
    /// Empty when this panel does not know it any more (the tariff is gone).
    pub itemtype: String,
    /// Its module uses the account in question.
    pub on_account: bool,
    /// The domain, address or name it has here, to recognise a service that was moved to another module.
    pub names: Vec<String>,
}

/// What the check has seen before.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Since when we have seen the seller show the service active while it waited here.
    pub active_since: HashMap<ItemId, Timestamp>,
    /// Polls (`checkevent` from before to after) of this panel, by the time they began, newest last.
    pub polls: Vec<Timestamp>,
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
    /// Services that wait here, of these modules.
    pub waiting: &'a [LocalService],
    pub rows: &'a [SellerService],
    /// Ids carried by rows that are services of this panel, whatever their state.
    pub known: &'a HashMap<u64, KnownItem>,
    /// Ids carried by rows that only the history of this panel remembers.
    pub remembered: &'a HashSet<u64>,
    pub highest_item: u64,
    /// The day of the first order of this panel on the account; `None` when there was none.
    pub integrated: Option<Date>,
    pub memory: &'a Memory,
    pub elsewhere: &'a Elsewhere,
}

/// The evidence of one observation, each seen now and for the first time; `memory` of the journal dates it back.
pub fn evidence(seen: &Observation<'_>) -> Vec<Evidence> {
    let mut signs = Vec::new();
    for row in seen.rows {
        signs.extend(foreign(seen, row));
    }
    signs.extend(duplicates(seen.rows));
    let rows = Rows::new(seen.rows);
    for local in seen.waiting {
        signs.extend(lost(seen, local, &rows));
    }
    signs.extend(seen.elsewhere.signs());
    signs.extend(local_duplicate(seen.modules));
    signs
        .into_iter()
        .map(|(sign, severity)| Evidence { sign, severity, count: 1, first_seen: seen.now, last_seen: seen.now })
        .collect()
}

/// A row with an id that is no service of this panel.
fn foreign(seen: &Observation<'_>, row: &SellerService) -> Option<(Sign, Severity)> {
    let remoteid = row.remoteid.as_deref()?;
    let digits = remoteid.bytes().all(|byte| byte.is_ascii_digit());
    let why = match remoteid.parse::<u64>().ok().filter(|_| digits) {
        None if whmcs_shaped(remoteid) => Foreign::Whmcs,
        None => Foreign::NotANumber,
        Some(id) => match seen.known.get(&id) {
            Some(known) if !known.itemtype.is_empty() && known.itemtype != row.itemtype => Foreign::OtherProduct,
            Some(known) if known.on_account => return None,
            Some(known) if row.names.values().any(|name| known.names.contains(&name.to_lowercase())) => return None,
            Some(_) => Foreign::OtherModule,
            None if seen.remembered.contains(&id) => return None,
            None if id > seen.highest_item => Foreign::NeverGivenOut,
            None => Foreign::NeverWas,
        },
    };
    let severity = match (seen.integrated, row.created) {
        // A service that was moved to another module (the vendor's own remedy) keeps its row on the account.
        _ if why == Foreign::OtherModule => Severity::Warning,
        // Older than our first order: left by whoever had the account before.
        (Some(integrated), Some(created)) if created < integrated => Severity::Info,
        (Some(_), Some(_)) => Severity::Critical,
        _ => Severity::Warning,
    };
    let sign = Sign::ForeignRemoteid {
        row: row.id.clone(),
        itemtype: row.itemtype.clone(),
        remoteid: remoteid.to_owned(),
        created: row.created.map(|date| date.to_string()),
        why,
    };
    Some((sign, severity))
}

fn whmcs_shaped(remoteid: &str) -> bool {
    let digits = remoteid.strip_prefix('l').or_else(|| remoteid.strip_prefix('a'));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Several live rows with one id: two panels with equal ids, or one order sent twice.
fn duplicates(rows: &[SellerService]) -> Vec<(Sign, Severity)> {
    let mut carried: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
    for row in rows.iter().filter(|row| row.status != Status::Deleted) {
        if let Some(remoteid) = &row.remoteid {
            carried.entry((&row.itemtype, remoteid)).or_default().push(&row.id);
        }
    }
    let mut found: Vec<_> = carried.into_iter().filter(|(_, rows)| rows.len() > 1).collect();
    found.sort_unstable();
    found
        .into_iter()
        .map(|((itemtype, remoteid), rows)| {
            let rows = rows.into_iter().map(str::to_owned).collect();
            let sign = Sign::DuplicateRemoteid { itemtype: itemtype.to_owned(), remoteid: remoteid.to_owned(), rows };
            (sign, Severity::Warning)
        })
        .collect()
}

/// A service that waits here although the seller has delivered it.
fn lost(seen: &Observation<'_>, local: &LocalService, rows: &Rows<'_>) -> Option<(Sign, Severity)> {
    let row = delivered(local, rows)?;
    let active_since = seen.memory.active_since.get(&local.item).copied().unwrap_or(seen.now);
    let polls = seen.memory.polls.iter().filter(|begun| **begun > active_since).count() as u64;
    let (item, itemtype, row) = (local.item.0, local.itemtype.clone(), row.id.clone());
    if polls > 0 && seen.now.duration_since(active_since) >= seen.stuck_after {
        Some((Sign::LostEvent { item, itemtype, row, active_since, polls }, Severity::Critical))
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
    linked.seller.filter(|row| proven && row.delivered())
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
