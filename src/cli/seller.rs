//! `resellguard seller audit`.

use super::{Answer, Format};
use crate::error::Error;
use crate::language::Language;
use crate::root::Root;
use clap::{Args, Subcommand};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Which customers' accounts several panels read, from this panel's database and its log, and whom to write to.
    ///
    /// Exit status: 0 exclusive, 1 possible or likely, 2 shared, 3 unknown or an error.
    Audit {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

impl Arguments {
    pub(super) fn format(&self) -> Format {
        let Command::Audit { format } = self.command;
        format
    }
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let report = crate::audit::audit(root)?;
    let status = report.exit_status();
    Ok(match arguments.format() {
        Format::Text => Answer { text: report.text(language), status },
        Format::Json => Answer::json(&report.json(), status),
    })
}
