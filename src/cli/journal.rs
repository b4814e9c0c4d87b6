//! `resellguard journal [RUN|ITEM]` and `resellguard journal --verify`.

use super::{Answer, Format};
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::language::Language;
use crate::report::{JournalReport, VerifyReport};
use crate::root::Root;
use crate::sync;
use clap::Args;

/// How many runs are shown when none is named.
const NEWEST: u32 = 20;

#[derive(Args)]
pub(super) struct Arguments {
    /// The name of a run (20261124-103015-4711) or the id of a service; without it the newest runs.
    about: Option<String>,
    /// Walk the chain of records instead: was one changed, removed, moved or cut off? Exit status 0 no, 1 yes.
    #[arg(long, conflicts_with = "about")]
    verify: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let journal = Journal::open(root)?;
    if arguments.verify {
        let report = VerifyReport(journal.verify()?);
        let status = report.exit_status();
        return Ok(match arguments.format {
            Format::Text => Answer { text: report.text(language), status },
            Format::Json => Answer::json(&report.json(), status),
        });
    }
    let mut set_aside = sync::set_aside(&journal)?;
    let runs = match arguments.about.as_deref() {
        None => journal.runs(None, None, NEWEST)?,
        Some(run) if journal.has_run(run)? => {
            let runs = journal.runs(Some(run), None, 1)?;
            set_aside.retain(|retry| runs.iter().flat_map(|run| &run.items).any(|entry| entry.item == retry.item));
            runs
        }
        Some(item) => {
            if let Ok(item) = item.parse() {
                set_aside.retain(|retry| retry.item == item);
                journal.runs(None, Some(item), u32::MAX)?
            } else {
                let shown = item.escape_debug();
                let said = (format!("no run is named {shown}"), format!("запуска {shown} нет"));
                return Err(Error::said(Kind::NotFound, said));
            }
        }
    };
    let report = JournalReport { runs, set_aside };
    Ok(match arguments.format {
        Format::Text => Answer { text: report.text(language), status: 0 },
        Format::Json => Answer::json(&report.json(), 0),
    })
}
