//! `resellguard drift [ITEM...] [--all]`.

use super::{Answer, Format};
use crate::error::Error;
use crate::language::Language;
use crate::root::Root;
use crate::sync::{self, Wanted};
use clap::Args;

#[derive(Args)]
pub(super) struct Arguments {
    /// Ids of services; without any, all services of the reselling modules.
    items: Vec<String>,
    /// Show services that are in step, too.
    #[arg(long)]
    all: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let wanted = match (arguments.items.as_slice(), arguments.all) {
        ([], true) => Wanted::All,
        ([], false) => Wanted::Differences,
        (items, _) => Wanted::Items(super::items(items)?),
    };
    let report = sync::drift(root, &wanted)?;
    let report = if arguments.all { report } else { report.differences() };
    let status = report.exit_status();
    Ok(match arguments.format {
        Format::Text => Answer { text: report.text(language), status },
        Format::Json => Answer::json(&report.json(), status),
    })
}
