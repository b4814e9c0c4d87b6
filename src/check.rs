//! The check: gathers evidence on each seller account, judges, remembers. `observe` is the same, started by the hook.

use crate::billmgr::schedule::{self, Schedule};
use crate::billmgr::{Selection, operations_stopped};
use crate::elsewhere;
use crate::error::{Error, Kind};
use crate::handover::{Known, take_polls};
use crate::hearing::hear;
use crate::journal::{Journal, KEEP_HEARD, rfc3339};
use crate::reading::{AccountHere, Here};
use crate::report::{CheckReport, Checked};
use crate::reselling::carried::{Before, Carried, Fold, KnownItem, Lookup};
use crate::reselling::circumstance::{Circumstance, Scheduled, circumstances};
use crate::reselling::exclusivity::{Observation, delivered, end_with_password, evidence, ordered, waits_for_an_event};
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::link::Rows;
use crate::reselling::losses::arrived_late;
use crate::reselling::service::LocalService;
use crate::reselling::verdict::{Sight, Verdict, Window, judge};
use crate::root::Root;
use crate::settings::OnConflict;
use crate::sync::lock::Lock;
use crate::sync::{OnManual, on_manual, set_aside};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use std::collections::HashMap;

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
    let mut report = CheckReport { unreadable_modules: here.unreadable.clone(), ..CheckReport::default() };
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
    report.set_aside = set_aside(&journal)?;
    if only.is_empty() {
        tell_hook(&here, &report, now.timestamp())?;
    }
    Ok(report)
}

/// What the hook and cron start: a check, unless one is running already, and after it the automatic repair, when that is wanted.
///
/// # Errors
/// As `check`.
pub fn observe(root: &Root) -> Result<(), Error> {
    let Some(_lock) = Lock::try_take(root, "observe", "checkevent")? else { return Ok(()) };
    std::thread::sleep(SETTLING);
    let report = check(root, &[])?;
    for account in &report.accounts {
        log::info!("{}: {}, {} waiting", account.account, account.verdict, account.waiting.len());
    }
    crate::notify::after_check(root, &report, true);
    crate::sync::repair_forward(root)
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
    let mut left = on_manual(here, journal)?;
    left.retain(|left| modules.contains(&left.own));
    let mut waiting = here.database.services(&Selection::Waiting(&modules))?;
    waiting.extend(left.iter().map(|left| left.local.clone()).filter(LocalService::waits));
    waiting.sort_by_key(|local| local.item);
    let waiting_ids: Vec<ItemId> =
        waiting.iter().filter(|local| waits_for_an_event(local)).map(|local| local.item).collect();
    for arrival in journal.remember_waiting(&account.account, &waiting_ids, now.timestamp())? {
        log::info!("{}: service {} waits no more", account.account, arrival.item);
    }
    let own = here.database.itemtypes(&modules)?;
    let only_account = here.accounts.len() == 1 && here.unreadable.is_empty();
    // Before the lists: it tells which of the ids there this panel has sent.
    let heard = hear(here, &modules, only_account, heard_since(&waiting, now), journal, now.timestamp())?;
    let read = read(here, account, &own, &waiting, journal)?;
    let sight = Sight {
        read: read.fault.is_none(),
        services_here: !own.is_empty(),
        ids_shown: read.fault.is_none() && read.ids_shown,
    };
    let stopped = operations_stopped(&here.root);
    // With a module that is switched off this panel may not ask.
    let deaf = stopped || account.modules.iter().all(|module| !module.active);
    if sight.read || read.short {
        remember_delivered(account, &waiting, deaf, sight.read, &read.carried, journal, now.timestamp())?;
    } else {
        // Whatever the seller would show: what does not wait here any more was repaired.
        journal.end_losses(&account.account, &waiting_ids, now.timestamp())?;
    }
    let marks: Vec<&str> = account.password_marks.iter().map(String::as_str).collect();
    journal.remember_passwords(&account.account, &marks, now.timestamp())?;
    let memory = journal.recall(&account.account, now.timestamp())?;
    // A seller that did not show its lists is not asked for more.
    let (elsewhere, silent) = elsewhere::heard(here, account, sight.read || read.short, &memory.polls, journal, now)?;
    let seen = Observation {
        now: now.timestamp(),
        local_now: now.datetime(),
        stuck_after: here.settings.reselling.stuck_after,
        modules: &account.modules,
        waiting: &waiting,
        sight,
        carried: &read.carried,
        memory: &memory,
        heard: &heard,
        elsewhere: &elsewhere,
        scheduled: scheduled(&here.root),
        stopped,
        blocked: Known::read(&here.root).is_some_and(|known| known.blocks(now.timestamp().as_second())),
    };
    let mut evidence = evidence(&seen);
    journal.remember_evidence(&account.account, &mut evidence)?;
    end_with_password(&mut evidence, memory.same_password_since);
    journal.remember_losses(&account.account, &evidence, &arrived_late(&seen))?;
    let (verdict, rule) = judge(sight, &evidence);
    let mut told = circumstances(&seen);
    blocking(here, account, verdict, &seen, &mut told);
    let mut notes = here.database.notes();
    notes.extend(read.notes);
    notes.extend(silent);
    let checked = Checked {
        account: account.account.to_string(),
        modules,
        verdict,
        rule,
        window: Window {
            listing: (sight.read || read.short).then_some(seen.now),
            watched_since: memory.watched_since,
            polls_since: memory.polls.first().copied(),
            log_since: heard.since,
        },
        evidence,
        circumstances: left.iter().map(on_manual_module).chain(told).collect(),
        waiting: waiting_ids,
        at: rfc3339(now),
        error: read.fault,
        notes,
    };
    journal.remember_checked(&checked.account, &checked.at, &checked)?;
    Ok(checked)
}

/// Says that `checkevent` is refused when it is from this check on, not when that ends with it.
fn blocking(
    here: &Here,
    account: &AccountHere,
    verdict: Verdict,
    seen: &Observation<'_>,
    told: &mut Vec<Circumstance>,
) {
    let blocked = |circumstance: &Circumstance| matches!(circumstance, Circumstance::Blocked { .. });
    let block = here.settings.check.on_conflict == OnConflict::Block;
    let name = account.account.to_string();
    let elsewhere = || Known::read(&here.root).is_some_and(|known| known.blocked.iter().any(|other| *other != name));
    if !block || (verdict != Verdict::Shared && !(seen.blocked && elsewhere())) {
        told.retain(|circumstance| !blocked(circumstance));
    } else if !told.iter().any(blocked) {
        told.push(Circumstance::Blocked { last: seen.memory.polls.last().copied() });
    }
}

fn on_manual_module(left: &OnManual) -> Circumstance {
    Circumstance::OnManual { item: left.local.item, module: left.own }
}

/// How far back the module's log is read: as far as an event counts, or a service waits, and not for ever.
fn heard_since(waiting: &[LocalService], now: &ZonedDateTime) -> Timestamp {
    let ago = |hours| now.timestamp().checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let waits = waiting.iter().filter(|local| waits_for_an_event(local));
    let oldest = waits.map(|local| ordered(local, now.timestamp(), now.datetime())).min();
    oldest
        .unwrap_or(Timestamp::MAX)
        .min(ago(24 * 7))
        .max(now.timestamp().checked_sub(KEEP_HEARD).unwrap_or(Timestamp::MIN))
}

/// What the seller showed.
struct Read {
    carried: Carried,
    /// Lists show the buyer's ids, or are empty.
    ids_shown: bool,
    /// Why a list of a product of ours could not be read, or may be short.
    fault: Option<String>,
    /// It may only be short.
    short: bool,
    notes: Vec<String>,
}

/// Every row of every product of ours, and of the common ones as far as the account may see them, page by page.
fn read(
    here: &Here,
    account: &AccountHere,
    own: &[String],
    waiting: &[LocalService],
    journal: &Journal,
) -> Result<Read, Error> {
    let modules = account.module_ids();
    let mut fold = Fold::new(Before {
        waiting,
        highest_item: here.database.highest_item()?,
        history_since: here.database.history_since()?,
    });
    let mut read = Read { carried: Carried::default(), ids_shown: true, fault: None, short: false, notes: Vec::new() };
    let others = COMMON.iter().copied().filter(|common| !own.iter().any(|itemtype| itemtype == common));
    for (itemtype, ours) in own.iter().map(|itemtype| (itemtype.as_str(), true)).chain(others.map(|one| (one, false))) {
        fold.begin(itemtype);
        let walked = account.walk(itemtype, |page| {
            fold.page(page, &lookup(here, &modules, &Fold::ids(page), journal)?);
            Ok(())
        });
        match walked {
            Ok(walk) => {
                if let Some(why) = &walk.incomplete {
                    let short = format!("the seller's list of {itemtype} may be short: {why}");
                    if ours {
                        read.fault = Some(short);
                        read.short = true;
                    } else {
                        read.notes.push(short);
                    }
                }
                read.ids_shown &= !ours || walk.shows_remoteid || walk.services == 0;
            }
            Err(error) if matches!(error.kind, Kind::Database | Kind::State) => return Err(error),
            // A product of the provider's own making, whose list nobody has described: the others still tell.
            Err(error) if error.kind == Kind::Internal => read.notes.push(format!("{itemtype}: {error}")),
            Err(error) if ours || !of_this_list_only(error.kind) => {
                read.fault = Some(error.to_string());
                read.short = false;
                break;
            }
            Err(error) => log::debug!("{}: the list {itemtype} was not shown: {error}", account.account),
        }
    }
    let recorded = match fold.pairs() {
        pairs if pairs.is_empty() => None,
        pairs => here.database.first_recorded(&pairs)?,
    };
    read.carried = fold.finish(&recorded);
    Ok(read)
}

/// The error is about this one list, not about the seller.
fn of_this_list_only(kind: Kind) -> bool {
    matches!(kind, Kind::SellerRights | Kind::NotFound | Kind::Answer | Kind::PanelAnswer)
}

/// What this panel knows of the ids of one page.
fn lookup(here: &Here, modules: &[ModuleId], ids: &[u64], journal: &Journal) -> Result<Lookup, Error> {
    let known: HashMap<u64, KnownItem> = here
        .database
        .known_items(ids)?
        .into_iter()
        .map(|(id, item)| {
            let on_account = item.module.is_some_and(|module| modules.contains(&module));
            (id, KnownItem { itemtype: item.itemtype, on_account, names: item.names, created: item.created })
        })
        .collect();
    let missing: Vec<u64> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
    Ok(Lookup { remembered: here.database.in_history(&missing)?, ordered: journal.ordered(&missing)?, known })
}

/// Brings the memory up to date: which services the seller has delivered while they wait here.
fn remember_delivered(
    account: &AccountHere,
    waiting: &[LocalService],
    deaf: bool,
    whole: bool,
    carried: &Carried,
    journal: &mut Journal,
    now: Timestamp,
) -> Result<(), Error> {
    let index = Rows::new(&carried.rows);
    let active: Vec<ItemId> =
        waiting.iter().filter(|local| delivered(local, &index).is_some()).map(|local| local.item).collect();
    journal.end_losses(&account.account, &active, now)?;
    let waits = || waiting.iter().filter(|local| waits_for_an_event(local));
    let all: Vec<ItemId> = waits().map(|local| local.item).collect();
    // Of a list that may be short only what it has.
    let shown = |local: &&LocalService| whole || index.link(local).seller.is_some();
    let not_yet: Vec<ItemId> =
        waits().filter(shown).map(|local| local.item).filter(|item| !active.contains(item)).collect();
    journal.remember_undelivered(&account.account, &all, &not_yet, now)?;
    // While the panel takes or applies no events nothing is late: the time begins when it does again.
    journal.remember_active(&account.account, if deaf { &[] } else { &active }, now)
}

fn scheduled(root: &Root) -> Scheduled {
    match schedule::checkevent(root) {
        Schedule::Enabled { line, .. } => Scheduled::Yes(line),
        Schedule::Commented { file, .. } => Scheduled::Off(file.display().to_string()),
        Schedule::Missing => Scheduled::No,
        Schedule::Unknown { .. } => Scheduled::Unknown,
    }
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
