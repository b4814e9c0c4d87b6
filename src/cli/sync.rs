//! `resellguard sync ITEM... | --stuck`.

use super::{Answer, Format};
use crate::error::{Error, Kind};
use crate::language::{self, Language};
use crate::report::DriftReport;
use crate::report::terminal::escaped;
use crate::reselling::decision::Allowed;
use crate::reselling::plan::token;
use crate::reselling::way::{Via, Way};
use crate::root::Root;
use crate::sync::{self, Options, Wanted};
use clap::{ArgGroup, Args};
use std::io::{BufRead, IsTerminal, Write};

#[derive(Args)]
#[command(group = ArgGroup::new("services").required(true).args(["items", "stuck"]))]
pub(super) struct Arguments {
    /// Ids of services.
    #[arg(value_name = "ITEM")]
    items: Vec<String>,
    /// Every service that waits for the seller.
    #[arg(long)]
    stuck: bool,
    /// Show what would be done; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask on a terminal.
    #[arg(long)]
    yes: bool,
    /// Repairs beyond "forward", joined by commas: suspend, resume, close, expiredate.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = allowed)]
    allow: Vec<Allowed>,
    /// Whose hands repair: callbacks (the panel's functions), module (its sync_item), manual (the manual module and its task).
    #[arg(long, value_name = "WAY", default_value = "callbacks", value_parser = via)]
    via: Via,
    /// With --via manual: the id of the employee to whom the task is assigned first.
    #[arg(long, value_name = "EMPLOYEE", value_parser = clap::value_parser!(u64).range(1..))]
    assign: Option<u64>,
    /// Let the panel make its own backup (billmgr.backup.create) before the first call.
    #[arg(long)]
    backup: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let wanted = if arguments.stuck { Wanted::Stuck } else { Wanted::Items(super::items(&arguments.items)?) };
    let way = Way { via: arguments.via, assign: arguments.assign, backup: arguments.backup };
    if way.assign.is_some() && way.via != Via::Manual {
        return Err(Error::said(
            Kind::Usage,
            ("--assign goes with --via manual only", "--assign возможен только с --via manual"),
        ));
    }
    let options = Options {
        dry_run: arguments.dry_run,
        actor: super::actor(),
        token: None,
        allow: arguments.allow.clone(),
        way,
        within: None,
    };
    carry_out(root, &wanted, options, arguments.yes, arguments.format, language)
}

/// Shows the plan and asks when somebody sits at a terminal, then carries it out.
pub(super) fn carry_out(
    root: &Root,
    wanted: &Wanted,
    mut options: Options,
    yes: bool,
    format: Format,
    language: Language,
) -> Result<Answer, Error> {
    if !yes && !options.dry_run && std::io::stdin().is_terminal() {
        // Asked before anything is locked; what is carried out afterwards is this plan or none.
        let plan = sync::drift_by(root, wanted, &options.allow, options.way)?;
        options.token = Some(token(&plan.items));
        if plan.items.iter().any(|planned| planned.decision.acts()) && !agreed(&plan, wanted, language) {
            let text = language.choose(("Nothing was changed.\n", "Ничего не изменено.\n")).to_owned();
            return Ok(Answer { text, status: 2 });
        }
    }
    let report = sync::sync(root, wanted, &options)?;
    let status = report.exit_status();
    let answer = match format {
        Format::Text => Answer { text: report.text(language), status },
        Format::Json => Answer::json(&report.json(), status),
    };
    let Some(failure) = report.failure(language) else { return Ok(answer) };
    super::show(&answer.text);
    eprintln!("{}", escaped(&failure));
    Ok(Answer { text: String::new(), status })
}

fn allowed(word: &str) -> Result<Allowed, String> {
    let words = Allowed::ALL.map(Allowed::word).join(", ");
    Allowed::ALL
        .into_iter()
        .find(|allowed| allowed.word() == word)
        .ok_or_else(|| format!("it has to be one of {words}"))
}

fn via(word: &str) -> Result<Via, String> {
    let words = Via::ALL.map(Via::word).join(", ");
    Via::ALL.into_iter().find(|via| via.word() == word).ok_or_else(|| format!("it has to be one of {words}"))
}

/// Shows the plan and asks, on the terminal's own channel, so that JSON on the standard output stays JSON.
fn agreed(plan: &DriftReport, wanted: &Wanted, language: Language) -> bool {
    let count = plan.items.iter().filter(|planned| planned.decision.acts()).count() as u64;
    let verb = match wanted {
        Wanted::TakenBack(_) => ("Take back what was done to", "Отменить сделанное"),
        _ => ("Repair", "Исправить"),
    };
    let question = language.choose((
        format!("{} {}? [y/N] ", verb.0, language::english(count, "service", "services")),
        format!("{}: {}? [y/N] ", verb.1, language::russian(count, "услуга", "услуги", "услуг")),
    ));
    let mut terminal = std::io::stderr().lock();
    let _ = write!(terminal, "{}{question}", escaped(&plan.text(language))).and_then(|()| terminal.flush());
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "д" | "да")
}
