//! What a killed run left: an intention in the journal without an outcome.

use super::module::since;
use super::planning::under_way;
use crate::billmgr::Selection;
use crate::error::{Error, Kind};
use crate::journal::{Journal, OpenItem, Outcome};
use crate::language::{Language, Say};
use crate::reading::Here;
use crate::report::Synced;
use crate::report::drift::local_json;
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::ItemId;
use crate::reselling::plan::reached;
use crate::reselling::service::LocalService;
use serde_json::Value;

/// Finishes what a killed run left: its intention stands in the journal without an outcome. What took effect is seen by reading,
/// not by trusting; what did not is planned anew like any other service.
pub(super) fn settle_interrupted(here: &Here, journal: &Journal, settled: &mut Vec<Synced>) -> Result<(), Error> {
    for open in journal.open_items()? {
        let local = match read(here, open.item) {
            Ok(local) => local,
            Err(error) if error.kind == Kind::NotFound => {
                log::warn!("{error}; its repair had been interrupted");
                if let Some((_, reason)) = of_module(here, journal, &open, (Outcome::Failed, Reason::Interrupted))? {
                    journal.settle(open.entry, Outcome::Failed, &reason, &Value::Null)?;
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let decision = Decision::of_word(&open.decision).unwrap_or(Decision::Refuse);
        let (outcome, reason) = if reached(decision, &journal.calls(open.entry)?, &local) {
            (Outcome::Done, Reason::FinishedByInterruptedRun)
        } else if under_way(journal, open.item)?.is_some() {
            // The panel may still be at it; the plan says so, and a later run settles it.
            continue;
        } else {
            (Outcome::Failed, Reason::Interrupted)
        };
        let after = local_json(&local);
        let Some((outcome, reason)) = of_module(here, journal, &open, (outcome, reason))? else { continue };
        journal.settle(open.entry, outcome, &reason, &after)?;
        settled.push(Synced {
            item: open.item,
            itemtype: local.itemtype,
            name: local.name,
            decision,
            outcome,
            reason,
            before: open.before,
            after,
            steps: Vec::new(),
        });
    }
    Ok(())
}

/// The same for a service that was given to its module: the seller's side has to be what it was before. `None` while that cannot be read;
/// then nothing is settled.
fn of_module(
    here: &Here,
    journal: &Journal,
    open: &OpenItem,
    came: (Outcome, Reason),
) -> Result<Option<(Outcome, Reason)>, Error> {
    let Some(before) = journal.seller_before(open.entry)? else { return Ok(Some(came)) };
    Ok(match since(here, before) {
        Ok(None) => Some(came),
        Ok(Some(hitch)) => {
            log::error!("service {}: {}", open.item, hitch.say(Language::En));
            Some((Outcome::Failed, Reason::Way(hitch)))
        }
        Err(error) => {
            log::warn!("service {} was given to its module, and the seller cannot be read: {error}", open.item);
            None
        }
    })
}

fn read(here: &Here, item: ItemId) -> Result<LocalService, Error> {
    here.database.services(&Selection::Items(&[item]))?.into_iter().next().ok_or_else(|| gone(item))
}

pub(super) fn gone(item: ItemId) -> Error {
    Error::new(Kind::NotFound, format!("service {item} does not exist any more"))
}
