//! `resellguard.journal`: what was changed, by whom, before and after; one row for each service of each run.

use super::{Shown, row};
use crate::error::{Error, Kind};
use crate::journal::{ItemEntry, Journal, Run, StepEntry};
use crate::language::{Language, Say};
use crate::panel::request::Request;
use crate::report::drift::state;
use crate::reselling::ids::ItemId;
use crate::root::Root;
use crate::xml::Element;

/// How many runs are shown, newest first.
const RUNS: u32 = 200;

/// `elid` is a run, or the id of a service; without it the newest runs.
pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let journal = Journal::open(root)?;
    let name = request.param("elid");
    let item = name.and_then(|name| name.parse::<ItemId>().ok());
    // A row of this very list is called by its run, a dot and its service.
    let run = name.filter(|_| item.is_none()).map(|name| name.split('.').next().unwrap_or_default());
    let runs = journal.runs(run, item, RUNS)?;
    if let (Some(run), true) = (run, runs.is_empty()) {
        let shown = format!("{:.40}", run.escape_debug());
        return Err(Error::said(Kind::NotFound, (format!("no run '{shown}'"), format!("запуска «{shown}» нет"))));
    }
    let rows = runs.iter().flat_map(|run| run.items.iter().map(|entry| entry_row(run, entry, request.language)));
    Ok(Shown::Page(rows.collect()))
}

fn entry_row(run: &Run, entry: &ItemEntry, language: Language) -> Element {
    let calls: Vec<String> = entry.steps.iter().map(|step| called(step, language)).collect();
    row([
        ("id", format!("{}.{}", run.run, entry.item)),
        ("run", run.run.clone()),
        ("at", run.at.clone()),
        ("actor", run.actor.clone()),
        ("item", entry.item.to_string()),
        ("outcome", entry.outcome.map_or("open", |outcome| outcome.word()).to_owned()),
        ("decision", entry.decision.clone()),
        ("reason", entry.reason.as_ref().map(|reason| reason.say(language)).unwrap_or_default()),
        ("before", state(&entry.before, language)),
        ("after", state(&entry.after, language)),
        ("steps", calls.join("; ")),
    ])
}

/// A call with its answer: `vds.open: ok`. Without one the process was killed while it waited.
fn called(step: &StepEntry, language: Language) -> String {
    let answer = step.answer.as_deref().unwrap_or(language.choose(("no answer", "нет ответа")));
    format!("{}: {answer}", step.call)
}
