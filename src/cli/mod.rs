//! The command line: the same requests as in the panel, for scripts, cron and people in a shell.
//!
//! A file a command; what they show is made in `report`.

mod check;
mod doctor;
mod drift;
mod explain;
mod fingerprint;
mod journal;
mod log;
mod seller;
mod spool;
mod sync;
mod undo;

use crate::error::{Error, Kind};
use crate::language::Language;
use crate::report;
use crate::report::terminal::escaped;
use crate::root::Root;
use clap::{Parser, Subcommand, ValueEnum};
use serde_json::Value;
use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// A wrong argument (`EX_USAGE` of sysexits).
const USAGE: u8 = 64;

#[derive(Parser)]
#[command(
    name = "resellguard",
    version,
    about = "Finds out who shares a reseller account, and repairs the services that hang because of it",
    after_help = "Everything is read from the panel in /usr/local/mgr5 (RESELLGUARD_ROOT names another)."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Who reads each seller account: verdict and evidence.
    ///
    /// Exit status: 0 exclusive, 1 possible or likely, 2 shared, 3 unknown or an error.
    Check(check::Arguments),
    /// Services here against the seller's, with the decision for each.
    ///
    /// Exit status: 0 in step, 2 differences, 1 an error.
    Drift(drift::Arguments),
    /// Repairs services that the seller has delivered and that still wait here: plan, apply, read back.
    ///
    /// Exit status: 0 every service done or already in step, 1 something failed, 2 something was refused.
    Sync(sync::Arguments),
    /// Whether this panel is able to do all of it; with --bundle, what support needs in one file.
    ///
    /// Exit status: 0, 1 warnings, 2 something is broken.
    Doctor(doctor::Arguments),
    /// Why one service is where it is: this panel, the seller, the account and the module's log, in one answer.
    ///
    /// Exit status: 0, 1 an error or nothing to conclude from.
    Explain(explain::Arguments),
    /// Errors and warnings of the reselling module's log; with a service, what the module did for it.
    ///
    /// Reads var/pmbillmgr.log and what was rotated to var/logs, packed with gzip or not. Needs neither the database nor the
    /// seller. Exit status: 0 none, 2 findings, 1 an error.
    Log(log::Arguments),
    /// What was changed, by whom, before and after; with --verify, whether that record is whole.
    ///
    /// Exit status: 0, 1 an error or a broken chain.
    Journal(journal::Arguments),
    /// On a panel that sells to resellers.
    Seller(seller::Arguments),
    /// Keyed hashes of this panel's accounts, one line each, for the file that [check] fleet names on your other panels.
    ///
    /// The key is [check] fingerprint_key. Exit status: 0, 1 an error.
    Fingerprint(fingerprint::Arguments),
    /// Takes back what a run did, where that has a reverse and nobody has changed the service since: plan, apply, read back.
    ///
    /// Exit status: 0 taken back, 1 something failed, 2 something has no reverse or must not be taken back.
    Undo(undo::Arguments),
    /// What the hook on checkevent starts: a check, unless one is running.
    #[command(hide = true)]
    Observe,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// What a command shows and how it ends.
struct Answer {
    text: String,
    status: u8,
}

impl Answer {
    fn json(value: &Value, status: u8) -> Self {
        Self { text: format!("{value:#}\n"), status }
    }
}

/// Runs one command. The first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors, and go to the standard output.
            let status = if error.use_stderr() { USAGE } else { 0 };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let root = Root::from_environment();
    crate::logging::start(&root);
    let language = language();
    let (answer, format, failed) = match arguments.command {
        Command::Check(check) => (check::run(&root, &check, language), check.plain_format(), 3),
        Command::Drift(drift) => (drift::run(&root, &drift, language), drift.format, 1),
        Command::Sync(sync) => (sync::run(&root, &sync, language), sync.format, 1),
        Command::Doctor(doctor) => (doctor::run(&root, &doctor, language), doctor.format, 2),
        Command::Explain(explain) => (explain::run(&root, &explain, language), explain.format, 1),
        Command::Log(log) => (log::run(&root, &log, language), log.format, 1),
        Command::Journal(journal) => (journal::run(&root, &journal, language), journal.format, 1),
        Command::Seller(seller) => (seller::run(&root, &seller, language), seller.format(), 3),
        Command::Fingerprint(fingerprint) => (fingerprint::run(&root, &fingerprint), fingerprint.format, 1),
        Command::Undo(undo) => (undo::run(&root, &undo, language), undo.format, 1),
        Command::Observe => {
            let observed = crate::check::observe(&root);
            if let Err(error) = &observed {
                ::log::error!("observing checkevent: {error}");
            }
            return ExitCode::from(u8::from(observed.is_err()));
        }
    };
    match answer {
        Ok(answer) => ExitCode::from(if show(&answer.text) { answer.status } else { failed }),
        Err(error) => {
            let status = if error.kind == Kind::Usage { USAGE } else { failed };
            if format == Format::Json {
                show(&format!("{:#}\n", report::error_json(&error)));
            }
            eprintln!("{}", escaped(&report::error_text(&error, language)));
            ExitCode::from(status)
        }
    }
}

/// Whether it was shown. A reader that has gone away is no fault of ours; a full disk is.
fn show(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    match out.write_all(escaped(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("the answer could not be written: {error}");
            false
        }
        _ => true,
    }
}

/// The language of the shell.
fn language() -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .and_then(|value| Language::of(&value))
        .unwrap_or_default()
}

/// Who is at the shell, for the journal: behind `sudo` the one who called it.
fn actor() -> String {
    actor_by(|name| std::env::var(name).ok())
}

/// The same by these variables; without a name (a bare shell has none) the process's user.
fn actor_by(variable: impl Fn(&str) -> Option<String>) -> String {
    let name = ["SUDO_USER", "LOGNAME", "USER"].into_iter().filter_map(variable).find_map(|name| {
        let name: String = name.chars().filter(|character| !character.is_control()).take(64).collect();
        Some(name).filter(|name| !name.is_empty())
    });
    match name {
        Some(name) => format!("shell user {name}"),
        None => format!("shell uid {}", rustix::process::getuid().as_raw()),
    }
}

/// Ids from the command line: `1 2 3` and `1,2,3`.
fn items(words: &[String]) -> Result<Vec<crate::reselling::ids::ItemId>, Error> {
    crate::reselling::ids::parse_items(&words.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repair_of_nothing_is_told_what_it_can_be_of() {
        let Err(error) = Arguments::try_parse_from(["resellguard", "sync"]) else { panic!("that is no repair") };
        let said = error.to_string();
        assert!(said.contains("ITEM") && said.contains("--stuck"), "{said}");
        for arguments in [&["sync", "1", "2"][..], &["sync", "--stuck"], &["sync", "1", "--dry-run"]] {
            assert!(Arguments::try_parse_from([&["resellguard"][..], arguments].concat()).is_ok(), "{arguments:?}");
        }
        assert!(Arguments::try_parse_from(["resellguard", "sync", "1", "--stuck"]).is_err());
    }

    #[test]
    fn who_is_at_the_shell_has_a_name_or_a_number() {
        let number = format!("shell uid {}", rustix::process::getuid().as_raw());
        for (variables, actor) in [
            (&[("SUDO_USER", "anna"), ("USER", "root")][..], "shell user anna"),
            (&[("SUDO_USER", ""), ("LOGNAME", "root\n")], "shell user root"),
            (&[("USER", "\n")], &number),
            (&[], &number),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(actor_by(variable), actor);
        }
    }
}
