//! `resellguard.journal`: what was changed, by whom, before and after; one row for each service of each run.

use super::{Shown, row};
use crate::error::{Error, Kind};
use crate::journal::{ItemEntry, Journal, Run};
use crate::language::{Language, Say};
use crate::panel::request::Request;
use crate::reselling::ids::ItemId;
use crate::root::Root;
use crate::xml::Element;
use serde_json::Value;

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
        return Err(Error::new(Kind::NotFound, format!("no run '{:.40}'", run.escape_debug())));
    }
    let rows = runs.iter().flat_map(|run| run.items.iter().map(|entry| entry_row(run, entry, request.language)));
    Ok(Shown::Page(rows.collect()))
}

fn entry_row(run: &Run, entry: &ItemEntry, language: Language) -> Element {
    let calls: Vec<&str> = entry.steps.iter().map(|step| step.call.as_str()).collect();
    row([
        ("id", format!("{}.{}", run.run, entry.item)),
        ("run", run.run.clone()),
        ("at", run.at.clone()),
        ("actor", run.actor.clone()),
        ("item", entry.item.to_string()),
        ("outcome", entry.outcome.map_or("open", |outcome| outcome.word()).to_owned()),
        ("decision", entry.decision.clone()),
        ("reason", entry.reason.as_ref().map(|reason| reason.say(language)).unwrap_or_default()),
        ("before", plain(&entry.before)),
        ("after", plain(&entry.after)),
        ("steps", calls.join(", ")),
    ])
}

/// `{"status":"processing","operation":"open"}` as `status: processing, operation: open`: for people, not for scripts.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let shown = fields.iter().filter(|(_, value)| !value.is_null());
            shown.map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
