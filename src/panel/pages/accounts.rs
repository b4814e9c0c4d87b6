//! `resellguard` and `resellguard.check`: the seller accounts, as the last check left them or after a fresh one.

use super::{Shown, row};
use crate::check;
use crate::error::Error;
use crate::journal::Journal;
use crate::language::{Language, Say};
use crate::panel::request::Request;
use crate::reading::{AccountHere, Here};
use crate::report::Checked;
use crate::reselling::ids::ModuleId;
use crate::reselling::verdict::Verdict;
use crate::root::Root;
use crate::xml::Element;

/// The accounts of this panel with what is remembered of each; no seller is asked.
pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let here = Here::open(root)?;
    let remembered = Journal::open(root)?.checked::<Checked>()?;
    let language = request.language;
    let accounts = here.accounts.iter().map(|account| {
        let name = account.account.to_string();
        match remembered.iter().find(|checked| checked.account == name) {
            Some(checked) => checked_row(checked, language),
            None => new_row(account, language),
        }
    });
    Ok(Shown::Page(accounts.chain(unreadable(&here.unreadable, language)).collect()))
}

/// Checks now.
pub fn check(root: &Root, request: &Request) -> Result<Shown, Error> {
    let report = check::check(root, &[])?;
    let language = request.language;
    let accounts = report.accounts.iter().map(|checked| checked_row(checked, language));
    Ok(Shown::Page(accounts.chain(unreadable(&report.unreadable_modules, language)).collect()))
}

fn checked_row(checked: &Checked, language: Language) -> Element {
    let why = match &checked.error {
        Some(error) => format!("{} {error}", checked.rule.say(language)),
        None => checked.rule.say(language),
    };
    row([
        ("account", checked.account.clone()),
        ("verdict", checked.verdict.word().to_owned()),
        ("why", why),
        ("modules", list(&checked.modules)),
        ("waiting", checked.waiting.len().to_string()),
        ("checked", checked.at.clone()),
    ])
}

fn new_row(account: &AccountHere, language: Language) -> Element {
    row([
        ("account", account.account.to_string()),
        ("verdict", Verdict::Unknown.word().to_owned()),
        ("why", language.choose(("It has not been checked yet.", "Ещё не проверялась.")).to_owned()),
        ("modules", list(&account.module_ids())),
        ("waiting", String::new()),
        ("checked", String::new()),
    ])
}

/// Modules whose account could not even be named.
fn unreadable(modules: &[(ModuleId, Error)], language: Language) -> impl Iterator<Item = Element> {
    modules.iter().map(move |(module, error)| {
        row([
            ("account", format!("{} {module}", language.choose(("module", "модуль")))),
            ("verdict", Verdict::Unknown.word().to_owned()),
            ("why", error.say(language)),
            ("modules", module.to_string()),
            ("waiting", String::new()),
            ("checked", String::new()),
        ])
    })
}

fn list(modules: &[ModuleId]) -> String {
    modules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
