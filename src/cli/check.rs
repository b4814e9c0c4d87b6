//! `resellguard check [ACCOUNT...]`.

use super::{Answer, Format};
use crate::error::{Error, Kind};
use crate::language::Language;
use crate::report::Migration;
use crate::root::Root;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

#[derive(Args)]
pub(super) struct Arguments {
    /// Only accounts whose name (https://host/billmgr#user) contains one of these words.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    accounts: Vec<String>,
    /// Print the steps that move this panel from ACCOUNT (its name or a part of it) to an account of its own; changes nothing. Exit status: 0, 3 no such account or an error.
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "accounts", value_parser = NonEmptyStringValueParser::new())]
    plan_migration: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    format: CheckFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    #[default]
    Text,
    Json,
    Nagios,
    Prometheus,
}

impl Arguments {
    /// How an error is shown: monitoring reads the exit status and the first line.
    pub(super) fn plain_format(&self) -> Format {
        if self.format == CheckFormat::Json { Format::Json } else { Format::Text }
    }
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    if let Some(account) = &arguments.plan_migration {
        let plan = Migration::of(root, account)?;
        return match arguments.format {
            CheckFormat::Text => Ok(Answer { text: plan.text(language), status: 0 }),
            CheckFormat::Json => Ok(Answer::json(&plan.json(), 0)),
            CheckFormat::Nagios | CheckFormat::Prometheus => Err(Error::said(
                Kind::Usage,
                ("--plan-migration is shown as text or json", "--plan-migration показывается как text или json"),
            )),
        };
    }
    let report = match crate::check::check(root, &arguments.accounts) {
        Ok(report) => report,
        // A monitoring system reads the standard output.
        Err(error) if arguments.format == CheckFormat::Nagios => {
            let text = format!("UNKNOWN - {}\n", crate::report::short(&error.detail, 200));
            return Ok(Answer { text, status: 3 });
        }
        Err(error) => return Err(error),
    };
    crate::notify::after_check(root, &report, arguments.accounts.is_empty());
    let status = report.exit_status();
    Ok(match arguments.format {
        CheckFormat::Text => Answer { text: report.text(language), status },
        CheckFormat::Json => Answer::json(&report.json(), status),
        CheckFormat::Nagios => Answer { text: report.nagios(), status },
        CheckFormat::Prometheus => Answer { text: report.prometheus(), status },
    })
}
