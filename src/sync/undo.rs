//! The plan that takes back a run: its services as the journal has them, and as they are now. The seller is not asked: what is
//! taken back is what this panel did, not what the seller has.

use super::planning::{under_way, without_seller};
use crate::billmgr::{Selection, operations_stopped};
use crate::error::{Error, Kind};
use crate::journal::{Journal, Outcome, Run};
use crate::reading::Here;
use crate::report::DriftReport;
use crate::report::drift::local_json;
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::ItemId;
use crate::reselling::plan::Planned;
use crate::reselling::reverse::{Deed, reverse};
use crate::reselling::service::LocalService;
use jiff::ZonedDateTime;

/// What would be called to take the run back, service by service, and why not.
///
/// # Errors
/// `Kind::NotFound`: there is no such run, or it touched no service that still exists. `Kind::State`, `Kind::Database`.
pub(super) fn plan_undo(here: &Here, journal: &Journal, name: &str) -> Result<DriftReport, Error> {
    let not_found = |what: &str| Error::new(Kind::NotFound, format!("{what} {}", name.escape_debug()));
    let run = journal.runs(Some(name), None, 1)?.into_iter().next().ok_or_else(|| not_found("no run is named"))?;
    let items: Vec<ItemId> = run.items.iter().map(|entry| entry.item).collect();
    let services = here.database.services(&Selection::Items(&items))?;
    let mut report =
        DriftReport { notes: here.database.notes(), undoes: Some(run.run.clone()), ..DriftReport::default() };
    for deed in deeds(journal, &run)? {
        let Some(local) = services.iter().find(|local| local.item == deed.0) else {
            report.notes.push(format!("service {} does not exist any more", deed.0));
            continue;
        };
        report.items.push(plan_one(here, journal, local.clone(), &deed.1)?);
    }
    if report.items.is_empty() {
        return Err(not_found("no service that still exists was touched by the run"));
    }
    Ok(report)
}

fn deeds(journal: &Journal, run: &Run) -> Result<Vec<(ItemId, Deed)>, Error> {
    let taken_back = journal.taken_back(&run.run)?;
    let deed = |entry: &crate::journal::ItemEntry| Deed {
        run: run.run.clone(),
        decision: Decision::of_word(&entry.decision),
        done: entry.outcome == Some(Outcome::Done),
        before: entry.before.clone(),
        after: entry.after.clone(),
        taken_back: taken_back.iter().find(|(item, _)| *item == entry.item).map(|(_, by)| by.clone()),
        undo: run.undoes.is_some(),
    };
    let untouched = |entry: &crate::journal::ItemEntry| {
        entry.steps.is_empty() && matches!(entry.outcome, Some(Outcome::Refused | Outcome::InStep))
    };
    let touched = run.items.iter().filter(|entry| !untouched(entry));
    Ok(touched.map(|entry| (entry.item, deed(entry))).collect())
}

fn plan_one(here: &Here, journal: &Journal, local: LocalService, deed: &Deed) -> Result<Planned, Error> {
    let today = ZonedDateTime::now().date();
    let (decision, steps) = match reverse(deed, &local, &local_json(&local), today) {
        Ok(reverse) => reverse,
        Err(reason) => return Ok(without_seller(local, Decision::Refuse, reason)),
    };
    if operations_stopped(&here.root) {
        return Ok(without_seller(local, Decision::Refuse, Reason::DoNothing));
    }
    if let Some((call, at)) = under_way(journal, local.item)? {
        return Ok(without_seller(local, Decision::Wait, Reason::CallUnderWay { call, at }));
    }
    let run = deed.run.clone();
    let reason = match decision {
        Decision::Resume => Reason::TakesSuspensionBack { run },
        _ => Reason::TakesBack { run },
    };
    Ok(Planned { steps, ..without_seller(local, decision, reason) })
}
