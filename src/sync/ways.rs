//! The way of a repair put into its plan: what it needs from this panel is looked for, and the steps are replaced.

use super::manual;
use super::planning::{Wanted, plan};
use crate::billmgr::{Mgrctl, Program};
use crate::error::Error;
use crate::journal::Journal;
use crate::reading::Here;
use crate::report::DriftReport;
use crate::reselling::decision::{Allowed, Decision, Reason};
use crate::reselling::ids::ModuleId;
use crate::reselling::plan::{Planned, Step};
use crate::reselling::way::{self, Hitch, Via, Way};
use crate::root::Root;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// So long the way by the module is not gone again after it changed something at the seller: each time could harm one more service.
const ALARM_HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// The plan of a repair in this way, as `sync` would carry it out.
///
/// # Errors
/// As `drift`.
pub fn drift_by(root: &Root, wanted: &Wanted, allow: &[Allowed], way: Way) -> Result<DriftReport, Error> {
    planned(&Here::open(root)?, &mut Journal::open(root)?, wanted, allow, way)
}

pub(super) fn planned(
    here: &Here,
    journal: &mut Journal,
    wanted: &Wanted,
    allow: &[Allowed],
    way: Way,
) -> Result<DriftReport, Error> {
    let mut report = plan(here, journal, wanted, allow)?;
    report.via = way.via;
    let mut acting: Vec<&mut Planned> = report.items.iter_mut().filter(|planned| planned.decision.acts()).collect();
    if acting.is_empty() {
        return Ok(report);
    }
    match way.via {
        Via::Callbacks => {}
        Via::Module => by_module(here, journal, &mut acting)?,
        Via::Manual => by_task(here, &mut acting, way.assign)?,
    }
    if let (true, Some(first)) = (way.backup, acting.into_iter().find(|planned| planned.decision.acts())) {
        first.steps.insert(0, way::backup());
    }
    Ok(report)
}

/// Replaces the steps of each, or refuses it with what `replaced` says.
fn replace(acting: &mut [&mut Planned], via: Via, mut replaced: impl FnMut(&Planned) -> Result<Vec<Step>, Hitch>) {
    for planned in acting {
        let steps = if planned.decision.forward() { replaced(planned) } else { Err(Hitch::ForwardOnly { via }) };
        match steps {
            Ok(steps) => planned.steps = steps,
            Err(hitch) => planned.refuse(Decision::Refuse, Reason::Way(hitch)),
        }
    }
}

fn by_module(here: &Here, journal: &Journal, acting: &mut [&mut Planned]) -> Result<(), Error> {
    let mut offers: HashMap<String, Result<(), Hitch>> = HashMap::new();
    let recent =
        |at: &str| at.parse::<Timestamp>().is_ok_and(|at| Timestamp::now().duration_since(at).abs() < ALARM_HOLDS);
    let alarm = journal.last_alarm()?.filter(|(_, at)| recent(at));
    let unsettled = journal.unsettled_by_module()?;
    replace(acting, Via::Module, |planned| {
        if let Some((item, at)) = &unsettled {
            return Err(Hitch::NotCompared { item: item.0, at: at.clone() });
        }
        if let Some((item, at)) = &alarm {
            return Err(Hitch::ChangedBefore { item: item.0, at: at.clone() });
        }
        let (module, file) = module_of(here, planned).ok_or(Hitch::ModuleNotKnown)?;
        let offered = offers.entry(file.to_owned()).or_insert_with(|| match offered(here, file) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Hitch::SyncItemNotOffered),
            Err(error) => Err(Hitch::NoSyncItem { detail: error.to_string() }),
        });
        offered.clone()?;
        Ok(vec![way::by_module(planned.local.item, module, file)])
    });
    Ok(())
}

fn offered(here: &Here, file: &str) -> Result<bool, Error> {
    Program::new(&here.root, file)?.offers("sync_item")
}

/// The reselling module that serves it, and its file.
fn module_of<'a>(here: &'a Here, planned: &Planned) -> Option<(ModuleId, &'a str)> {
    let id = planned.module?;
    let module = here.account_of(id)?.modules.iter().find(|module| module.id == id)?;
    Some((id, &module.file))
}

fn by_task(here: &Here, acting: &mut [&mut Planned], assign: Option<u64>) -> Result<(), Error> {
    let module = manual::module(here)?;
    let employees = if assign.is_some() { here.database.employees()? } else { Vec::new() };
    // Not every database tells who they are.
    let nobody = assign.filter(|id| !employees.is_empty() && !employees.iter().any(|employee| employee.id == *id));
    let panel = Mgrctl::new(&here.root);
    replace(acting, Via::Manual, |planned| {
        let to = module.clone()?;
        if let Some(id) = nobody {
            return Err(Hitch::NoEmployee { id });
        }
        let waiting = planned.local.operation("open").and_then(|operation| Some((operation.id, operation.task?)));
        let (operation, task) = waiting.ok_or(Hitch::NoTask)?;
        let performer = manual::performer(&panel, task, operation, planned.local.item)?;
        // A run that was killed has assigned it already.
        let assign = assign.filter(|employee| performer != Some(*employee));
        way::by_task(planned, task, to, assign).ok_or(Hitch::NoTask)
    });
    Ok(())
}
