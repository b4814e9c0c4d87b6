//! The way of this panel to an account of its own: what lives on the old one, and the steps. Text and JSON; nothing is changed.
//!
//! The steps' words are in `language::migration`.

use super::{SCHEMA, english};
use crate::billmgr::ServiceCount;
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::language::migration::{Step, steps};
use crate::language::{Language, Say};
use crate::reading::Here;
use crate::report::Checked;
use crate::reselling::service::Module;
use crate::reselling::status::Status;
use crate::reselling::verdict::Verdict;
use crate::root::Root;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What the plan rests on.
#[derive(Clone, Debug)]
pub struct Migration {
    /// `https://host/billmgr#user`.
    pub account: String,
    /// By the last check; `None` before the first.
    pub verdict: Option<Verdict>,
    pub modules: Vec<Module>,
    /// Services by module, product and state; deleted ones are left out.
    pub services: Vec<ServiceCount>,
}

impl Migration {
    /// Counts what this panel has on the one account whose name contains `word`. No seller is asked.
    ///
    /// # Errors
    /// `Kind::NotFound` when no account, `Kind::Usage` when several are meant; otherwise as `Here::open`.
    pub fn of(root: &Root, word: &str) -> Result<Self, Error> {
        let here = Here::open(root)?;
        let named = |exact: bool| {
            let fits = move |name: &str| if exact { name == word } else { name.contains(word) };
            here.accounts.iter().filter(move |one| fits(&one.account.to_string())).collect::<Vec<_>>()
        };
        let exact = named(true);
        let found = if exact.is_empty() { named(false) } else { exact };
        let account = match found.as_slice() {
            [account] => account,
            [] => {
                let known: Vec<String> = here.accounts.iter().map(|one| one.account.to_string()).collect();
                let known = if known.is_empty() { "there is none".to_owned() } else { known.join(", ") };
                let detail =
                    format!("no seller account of this panel is named '{:.100}': {known}", word.escape_debug());
                return Err(Error::new(Kind::NotFound, detail));
            }
            several => {
                let candidates: Vec<String> = several.iter().map(|one| one.account.to_string()).collect();
                return Err(Error::new(Kind::Usage, format!("'{word}' may be any of {}", candidates.join(", "))));
            }
        };
        let name = account.account.to_string();
        let checked: Vec<Checked> = Journal::open(root).and_then(|journal| journal.checked()).unwrap_or_default();
        let mut services = here.database.count_services(&account.module_ids())?;
        services.retain(|one| one.status != Status::Deleted);
        Ok(Self {
            verdict: checked.iter().find(|one| one.account == name).map(|one| one.verdict),
            account: name,
            modules: account.modules.clone(),
            services,
        })
    }

    /// How many services live on the account, and how many of them are in progress.
    pub fn total(&self) -> (u64, u64) {
        let sum = |only: Option<Status>| {
            let fits = self.services.iter().filter(|one| only.is_none_or(|only| one.status == only));
            fits.map(|one| one.count).sum()
        };
        (sum(None), sum(Some(Status::Processing)))
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        let verdict = self.verdict.map_or_else(
            || language.choose(("not checked yet", "ещё не проверялась")).to_owned(),
            |verdict| verdict.say(language),
        );
        let _ = writeln!(out, "{}: {verdict}", self.account);
        let head = language.choose((
            "The way of this panel to an account of its own. Nothing is changed by this command.",
            "Путь этой панели к собственной учётной записи. Эта команда ничего не меняет.",
        ));
        let _ = writeln!(out, "{head}\n");
        for module in &self.modules {
            let off = if module.active { "" } else { language.choose((", switched off", ", выключен")) };
            let _ = writeln!(out, "{} {} ({}{off})", language.choose(("module", "модуль")), module.id, module.name);
            for one in self.services.iter().filter(|one| one.module == module.id) {
                let _ = writeln!(out, "  {} {}: {}", one.itemtype, one.status.say(language), one.count);
            }
        }
        for (number, step) in (1..).zip(steps(self)) {
            let _ = writeln!(out, "\n{number}. {}", step.title.say(language));
            let parts = [
                (language.choose(("before", "до")), &step.before),
                (language.choose(("do", "сделать")), &step.actions),
                (language.choose(("after", "после")), &step.after),
            ];
            for (when, lines) in parts {
                for line in lines {
                    let _ = writeln!(out, "   [{when}] {}", line.say(language));
                }
            }
        }
        out
    }

    pub fn json(&self) -> Value {
        let modules: Vec<Value> = self
            .modules
            .iter()
            .map(|module| {
                let services = self.services.iter().filter(|one| one.module == module.id).map(
                    |one| json!({"type": one.itemtype, "status": one.status.word(), "count": one.count}),
                );
                json!({
                    "id": module.id, "name": module.name, "active": module.active, "services": services.collect::<Vec<_>>(),
                })
            })
            .collect();
        let step = |(number, step): (usize, Step)| {
            let all = |lines: &[(String, String)]| lines.iter().map(english).collect::<Vec<_>>();
            json!({
                "number": number, "title": english(&step.title), "before": all(&step.before), "do": all(&step.actions),
                "after": all(&step.after),
            })
        };
        let steps: Vec<Value> = (1..).zip(steps(self)).map(step).collect();
        let (services, in_progress) = self.total();
        json!({
            "schema": SCHEMA, "account": self.account, "verdict": self.verdict, "modules": modules, "services": services,
            "in_progress": in_progress, "steps": steps,
        })
    }
}
