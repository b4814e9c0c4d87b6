//! The automatic forward repair (`[sync] auto = "forward"`): what the seller has delivered longer ago than `stuck_after`, and what
//! still waits here, is repaired without being asked, as anybody else's repair would be: by the same plan, guards and brake.
//!
//! It follows the check that `checkevent` or cron starts, never one that a person asked for, and never runs inside the panel's
//! event. What fails is tried again after growing pauses and then left to a person (`reselling::patience`).

use super::apply::{Options, sync};
use super::planning::Wanted;
use crate::billmgr::Selection;
use crate::error::{Error, Kind};
use crate::journal::{Journal, Outcome, Retry};
use crate::language::{Language, Say};
use crate::notify;
use crate::reading::Here;
use crate::report::drift::local_json;
use crate::report::{SetAside, Synced};
use crate::reselling::service::LocalService;
use crate::reselling::way::Way;
use crate::root::Root;
use crate::settings::{Auto, Settings};
use jiff::Timestamp;

/// Who it was, for the journal.
const ACTOR: &str = "auto";

/// Repairs what is due, when the settings want it.
///
/// # Errors
/// As `sync`; that somebody else is repairing is none.
pub fn repair_forward(root: &Root) -> Result<(), Error> {
    // Off by default: then neither the panel's database nor its key is opened a second time after each check.
    if Settings::read(root)?.sync.auto != Auto::Forward {
        return Ok(());
    }
    let here = Here::open(root)?;
    let journal = Journal::open(root)?;
    let now = Timestamp::now();
    let long_ago = now.checked_sub(here.settings.reselling.stuck_after).unwrap_or(Timestamp::MIN);
    let mut due = journal.delivered_before(long_ago)?;
    let waiting = here.database.services(&Selection::Items(&due))?;
    for retry in journal.retries()? {
        if moved_on(&retry, &waiting) {
            journal.forget_retry(retry.item)?;
        } else if !retry.due(now) {
            due.retain(|item| *item != retry.item);
            if retry.set_aside() && !retry.told {
                tell(&here, &journal, retry)?;
            }
        }
    }
    if due.is_empty() {
        return Ok(());
    }
    let options = Options {
        dry_run: false,
        actor: ACTOR.to_owned(),
        token: None,
        allow: Vec::new(),
        way: Way::default(),
        within: None,
    };
    let report = match sync(root, &Wanted::Overdue(due), &options) {
        Err(error) if error.kind == Kind::Locked => {
            log::info!("{error}");
            return Ok(());
        }
        report => report?,
    };
    if let Some(error) = report.failed {
        return Err(error);
    }
    report.items.into_iter().try_for_each(|synced| learn(&here, &journal, synced, now))
}

/// It waits no more, or in another state than the one in which its repair failed.
fn moved_on(retry: &Retry, waiting: &[LocalService]) -> bool {
    waiting.iter().find(|local| local.item == retry.item).is_none_or(|local| local_json(local) != retry.state)
}

/// What the repair of one service means for the next. A refusal, and a seller that did not answer, are no failures of a repair.
fn learn(here: &Here, journal: &Journal, synced: Synced, now: Timestamp) -> Result<(), Error> {
    let (item, outcome) = (synced.item, synced.outcome);
    match outcome {
        Outcome::Done | Outcome::InStep => journal.forget_retry(item),
        Outcome::Failed if !synced.steps.is_empty() => {
            let before = journal.retries()?.into_iter().find(|retry| retry.item == item);
            let failures = before.map_or(0, |retry| retry.failures).saturating_add(1);
            let state = if synced.after.is_null() { synced.before } else { synced.after };
            let retry = Retry { item, failures, at: now, reason: Some(synced.reason), state, told: false };
            journal.remember_retry(&retry)?;
            if retry.set_aside() { tell(here, journal, retry) } else { Ok(()) }
        }
        Outcome::Failed | Outcome::Refused | Outcome::Planned => {
            log::info!("service {item}: not repaired by itself: {}", synced.reason.say(Language::En));
            Ok(())
        }
    }
}

/// Leaves the service to a person, once: that it was told stands in the journal before anybody is, and is only taken back when the
/// panel said no. What nobody knows about may have become a task.
fn tell(here: &Here, journal: &Journal, mut retry: Retry) -> Result<(), Error> {
    let (english, russian) = SetAside(&retry).pair();
    log::error!("{english}");
    retry.told = true;
    journal.remember_retry(&retry)?;
    match notify::task(&here.root, &here.settings.notify, &format!("{english}\n\n{russian}")) {
        Ok(_) => Ok(()),
        Err(error) if error.kind == Kind::PanelAnswer => {
            log::error!("no task for service {}: {error}", retry.item);
            retry.told = false;
            journal.remember_retry(&retry)
        }
        Err(error) => {
            log::error!("there may be no task for service {}: {error}", retry.item);
            Ok(())
        }
    }
}

/// The services that were set aside.
///
/// # Errors
/// `Kind::State`.
pub fn set_aside(journal: &Journal) -> Result<Vec<Retry>, Error> {
    Ok(journal.retries()?.into_iter().filter(Retry::set_aside).collect())
}
