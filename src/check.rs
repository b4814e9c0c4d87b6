//! The check: gathers evidence on each seller account, judges, remembers. `observe` is the same, started by the hook.

use crate::billmgr::{Selection, operations_stopped};
use crate::error::{Error, Kind};
use crate::handover::{Known, take_polls};
use crate::journal::{Journal, rfc3339};
use crate::reading::{AccountHere, Here};
use crate::report::{CheckReport, Checked};
use crate::reselling::elsewhere::Elsewhere;
use crate::reselling::exclusivity::{self, KnownItem, Memory, Observation, waits_for_an_event};
use crate::reselling::ids::ItemId;
use crate::reselling::link::Rows;
use crate::reselling::service::{LocalService, SellerService};
use crate::reselling::verdict::{Evidence, Sight, Verdict, judge};
use crate::root::Root;
use crate::settings::OnConflict;
use crate::sync::lock::Lock;
use jiff::{Timestamp, ZonedDateTime};
use std::collections::{HashMap, HashSet};

/// Products that are asked for besides our own, for another panel may sell something else from the same account.
const COMMON: [&str; 6] = ["vds", "dedic", "vhost", "certificate", "domain", "soft"];
/// The panel commits the work of `checkevent` only after our hook has left it; read earlier, what just arrived would still wait.
const SETTLING: std::time::Duration = std::time::Duration::from_secs(2);
/// How long the hook may rest when nothing waits, seconds.
const REST: i64 = 15 * 60;

/// Checks the accounts of this panel; with `only`, those whose name contains one of the words.
///
/// # Errors
/// This panel could not be read (`Kind::Settings`, `PanelFiles`, `Database`, `State`), or no account has such a name
/// (`Kind::NotFound`). A seller that cannot be read is no error: its account's verdict is `unknown`.
pub fn check(root: &Root, only: &[String]) -> Result<CheckReport, Error> {
    let here = Here::open(root)?;
    let mut journal = Journal::open(root)?;
    let now = ZonedDateTime::now();
    // Somebody else who takes them at this moment remembers them as well.
    if let Some(_lock) = Lock::try_take(root, "polls", "check")? {
        journal.remember_polls(&take_polls(root)?, now.timestamp())?;
    }
    let mut report = CheckReport { accounts: Vec::new(), unreadable_modules: here.unreadable.clone() };
    for account in &here.accounts {
        let name = account.account.to_string();
        if only.is_empty() || only.iter().any(|word| name.contains(word.as_str())) {
            report.accounts.push(check_account(&here, account, &mut journal, &now)?);
        }
    }
    if report.accounts.is_empty() && !only.is_empty() {
        return Err(Error::new(
            Kind::NotFound,
            format!("no seller account of this panel is named {}", only.join(", ")),
        ));
    }
    if only.is_empty() {
        tell_hook(&here, &report, now.timestamp())?;
    }
    Ok(report)
}

/// What the hook starts: a check, unless one is running already.
///
/// # Errors
/// As `check`.
pub fn observe(root: &Root) -> Result<(), Error> {
    let Some(_lock) = Lock::try_take(root, "observe", "checkevent")? else { return Ok(()) };
    std::thread::sleep(SETTLING);
    for account in check(root, &[])?.accounts {
        let (name, verdict, waiting) = (&account.account, account.verdict, account.waiting.len());
        match verdict {
            Verdict::Likely | Verdict::Shared => log::warn!("{name}: {verdict}, {waiting} waiting"),
            _ => log::info!("{name}: {verdict}, {waiting} waiting"),
        }
    }
    Ok(())
}

/// One account: read, judged, remembered.
///
/// # Errors
/// `Kind::Database` or `Kind::State`.
pub fn check_account(
    here: &Here,
    account: &AccountHere,
    journal: &mut Journal,
    now: &ZonedDateTime,
) -> Result<Checked, Error> {
    let modules = account.module_ids();
    let mut waiting = here.database.services(&Selection::Waiting(&modules))?;
    waiting.retain(waits_for_an_event);
    let waiting_ids: Vec<ItemId> = waiting.iter().map(|local| local.item).collect();
    for arrival in journal.remember_waiting(&account.account, &waiting_ids, now.timestamp())? {
        log::info!("{}: service {} waits no more", account.account, arrival.item);
    }
    let mut checked = Checked {
        account: account.account.to_string(),
        modules: modules.clone(),
        verdict: Verdict::Unknown,
        rule: judge(Sight { read: false, services_here: false, ids_shown: false }, &[]).1,
        evidence: Vec::new(),
        waiting: waiting_ids,
        at: rfc3339(now),
        error: None,
        notes: here.database.notes(),
    };
    let own = here.database.itemtypes(&modules)?;
    match rows(account, &own) {
        Err(error) => checked.error = Some(error.to_string()),
        Ok(read) => {
            let sight = Sight { read: read.short.is_none(), services_here: !own.is_empty(), ids_shown: read.ids_shown };
            checked.error = read.short;
            checked.notes.extend(read.notes);
            checked.evidence = gather(here, account, &waiting, read.services, journal, now)?;
            (checked.verdict, checked.rule) = judge(sight, &checked.evidence);
        }
    }
    journal.remember_checked(&checked.account, &checked.at, &checked)?;
    Ok(checked)
}

/// What the seller showed.
struct Read {
    services: Vec<SellerService>,
    /// Lists show the buyer's ids, or are empty.
    ids_shown: bool,
    /// Why a list of a product of ours may be short.
    short: Option<String>,
    notes: Vec<String>,
}

/// Every row of every product of ours, and of the common ones as far as the account may see them.
fn rows(account: &AccountHere, own: &[String]) -> Result<Read, Error> {
    let mut read = Read { services: Vec::new(), ids_shown: true, short: None, notes: Vec::new() };
    let others = COMMON.iter().copied().filter(|common| !own.iter().any(|itemtype| itemtype == common));
    for (itemtype, ours) in own.iter().map(|itemtype| (itemtype.as_str(), true)).chain(others.map(|one| (one, false))) {
        match account.listing(itemtype) {
            Ok(listing) => {
                if let Some(why) = &listing.incomplete {
                    let short = format!("the seller's list of {itemtype} may be short: {why}");
                    if ours { read.short = Some(short) } else { read.notes.push(short) }
                }
                read.ids_shown &= !ours || listing.shows_remoteid || listing.services.is_empty();
                read.services.extend(listing.services.iter().cloned());
            }
            // A product of the provider's own making, whose list nobody has described: the others still tell.
            Err(error) if error.kind == Kind::Internal => read.notes.push(format!("{itemtype}: {error}")),
            Err(error) if ours || !of_this_list_only(error.kind) => return Err(error),
            Err(error) => log::debug!("{}: the list {itemtype} was not shown: {error}", account.account),
        }
    }
    Ok(read)
}

/// The error is about this one list, not about the seller.
fn of_this_list_only(kind: Kind) -> bool {
    matches!(kind, Kind::SellerRights | Kind::NotFound | Kind::Answer | Kind::PanelAnswer)
}

fn gather(
    here: &Here,
    account: &AccountHere,
    waiting: &[LocalService],
    mut rows: Vec<SellerService>,
    journal: &mut Journal,
    moment: &ZonedDateTime,
) -> Result<Vec<Evidence>, Error> {
    let now = moment.timestamp();
    let ids: Vec<u64> = rows
        .iter()
        .filter_map(|row| row.remoteid.as_deref()?.parse().ok())
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let modules = account.module_ids();
    let known: HashMap<u64, KnownItem> = here
        .database
        .known_items(&ids)?
        .into_iter()
        .map(|(id, item)| {
            let on_account = item.module.is_some_and(|module| modules.contains(&module));
            (id, KnownItem { itemtype: item.itemtype, on_account, names: item.names })
        })
        .collect();
    each_once(&mut rows, &known);
    let missing: Vec<u64> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
    let remembered = here.database.in_history(&missing)?;
    let mut memory = memory(account, waiting, &rows, journal, now)?;
    if operations_stopped(&here.root) {
        // Events come and are not applied: that a service still waits says nothing.
        memory.polls.clear();
    }
    let mut evidence = exclusivity::evidence(&Observation {
        now,
        local_now: moment.datetime(),
        stuck_after: here.settings.reselling.stuck_after,
        modules: &account.modules,
        waiting,
        rows: &rows,
        known: &known,
        remembered: &remembered,
        highest_item: here.database.highest_item()?,
        integrated: here.database.first_item_created(&modules)?,
        memory: &memory,
        elsewhere: &Elsewhere::default(),
    });
    journal.remember_evidence(&account.account, &mut evidence)?;
    Ok(evidence)
}

/// Some sellers' lists show the services of every product, and a service is read once with each list. Its id is the seller's
/// own and is given out once, so one row is meant: that of the product which the service has here.
fn each_once(rows: &mut Vec<SellerService>, known: &HashMap<u64, KnownItem>) {
    let product = |row: &SellerService| known.get(&row.remoteid.as_deref()?.parse().ok()?).map(|item| &item.itemtype);
    rows.sort_by_key(|row| product(row) != Some(&row.itemtype));
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.id.clone()));
}

/// Brings the memory up to date: which services the seller has delivered while they wait here.
fn memory(
    account: &AccountHere,
    waiting: &[LocalService],
    rows: &[SellerService],
    journal: &mut Journal,
    now: Timestamp,
) -> Result<Memory, Error> {
    let index = Rows::new(rows);
    let active: Vec<ItemId> = waiting
        .iter()
        .filter(|local| exclusivity::delivered(local, &index).is_some())
        .map(|local| local.item)
        .collect();
    journal.remember_active(&account.account, &active, now)
}

/// What the hook has to know until the next observation.
fn tell_hook(here: &Here, report: &CheckReport, now: Timestamp) -> Result<(), Error> {
    let block = here.settings.check.on_conflict == OnConflict::Block;
    let blocked = report
        .accounts
        .iter()
        .filter(|account| block && account.verdict == Verdict::Shared)
        .map(|account| account.account.clone());
    let waiting: usize = report.accounts.iter().map(|account| account.waiting.len()).sum();
    Known { next: now.as_second() + REST, waiting: waiting as u64, blocked: blocked.collect() }.write(&here.root)
}
