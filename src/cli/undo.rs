//! `resellguard undo RUN`.

use super::{Answer, Format, sync};
use crate::error::Error;
use crate::language::Language;
use crate::reselling::way::Way;
use crate::root::Root;
use crate::sync::{Options, Wanted};
use clap::Args;

#[derive(Args)]
pub(super) struct Arguments {
    /// The name of a run (20261124-103015-4711), as journal shows it.
    run: String,
    /// Show what would be done; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask on a terminal.
    #[arg(long)]
    yes: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let options = Options {
        dry_run: arguments.dry_run,
        actor: super::actor(),
        token: None,
        allow: Vec::new(),
        way: Way::default(),
        within: None,
    };
    let wanted = Wanted::TakenBack(arguments.run.clone());
    sync::carry_out(root, &wanted, options, arguments.yes, arguments.format, language)
}
