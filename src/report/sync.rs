//! What a repair did, or would do, to each service.

use super::drift::{state, step_text};
use super::{SCHEMA, english, error_lines, error_value, module_line, modules_json, short, sum, undo};
use crate::error::Error;
use crate::journal::Outcome;
use crate::language::{Language, Say};
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::plan::Step;
use crate::reselling::way::Via;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One service after the run.
#[derive(Clone, Debug)]
pub struct Synced {
    pub item: ItemId,
    pub itemtype: String,
    pub name: String,
    pub decision: Decision,
    pub outcome: Outcome,
    pub reason: Reason,
    pub before: Value,
    /// `null` when nothing was called.
    pub after: Value,
    /// The calls that were made; in a dry run the calls that would be.
    pub steps: Vec<Step>,
}

/// The answer of `sync`.
#[derive(Clone, Debug, Default)]
pub struct SyncReport {
    /// The name under which the journal keeps it; `None` when nothing was called.
    pub run: Option<String>,
    pub items: Vec<Synced>,
    /// The way in which it was to be done.
    pub via: Via,
    /// The run that was to be taken back; `None` when it was a repair.
    pub undoes: Option<String>,
    /// Services of earlier, interrupted runs that were settled first.
    pub settled: Vec<Synced>,
    /// Modules whose login cannot be read: whether services of theirs are stuck is not known.
    pub unreadable_modules: Vec<(ModuleId, Error)>,
    /// What ended the run after `settled`: nothing else was done then.
    pub failed: Option<Error>,
}

/// How many settled services an error names.
const NAMED: usize = 10;

impl SyncReport {
    /// 0 every service done, planned or in step; 1 something failed; 2 something was refused.
    pub fn exit_status(&self) -> u8 {
        if self.failed.is_some() {
            return 1;
        }
        let has = |outcome| self.items.iter().any(|synced| synced.outcome == outcome);
        if has(Outcome::Failed) || !self.unreadable_modules.is_empty() {
            1
        } else {
            u8::from(has(Outcome::Refused)) * 2
        }
    }

    pub fn json(&self) -> Value {
        let all = |items: &[Synced]| -> Vec<Value> { items.iter().map(synced_json).collect() };
        let mut value = json!({
            "schema": SCHEMA, "run": self.run, "via": self.via, "way": english(&self.via), "items": all(&self.items),
            "settled": all(&self.settled), "unreadable_modules": modules_json(&self.unreadable_modules),
            "undoes": self.undoes,
        });
        if let (Some(error), Some(object)) = (&self.failed, value.as_object_mut()) {
            object.insert("error".to_owned(), error_value(error));
        }
        value
    }

    /// The error that ended the run, as a text of its own: instead of "nothing was changed" it says what was settled.
    pub fn failure(&self, language: Language) -> Option<String> {
        let settled = self.settled_sentence(language)?;
        let after = language.choose(("After that nothing was done.", "После этого ничего не делалось."));
        self.failed.as_ref().map(|error| error_lines(error, &format!("{settled} {after}"), language))
    }

    /// What an interrupted run had left and what became of it, in one sentence after the other; `None` when there was nothing.
    pub fn settled_sentence(&self, language: Language) -> Option<String> {
        if self.settled.is_empty() {
            return None;
        }
        let mut sentences = vec![language.choose(("From an interrupted run:", "Из прерванного запуска:")).to_owned()];
        let named = self.settled.iter().take(NAMED);
        sentences.extend(named.map(|synced| format!("{}: {}", synced.item, synced.reason.say(language))));
        if let Some(more @ 1..) = self.settled.len().checked_sub(NAMED) {
            sentences.push(language.choose((format!("And {more} more."), format!("И ещё {more}."))));
        }
        Some(sentences.join(" "))
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        if !self.settled.is_empty() {
            out.push_str(language.choose(("From an interrupted run:\n", "Из прерванного запуска:\n")));
        }
        let undo = self.undoes.is_some();
        self.settled.iter().for_each(|synced| synced_text(&mut out, synced, false, language));
        self.items.iter().for_each(|synced| synced_text(&mut out, synced, undo, language));
        if self.items.iter().any(|synced| synced.outcome == Outcome::Planned) {
            let _ = writeln!(out, "{}", undo::say(self.via, undo, language));
        }
        for (module, error) in &self.unreadable_modules {
            out.push_str(&module_line(*module, error, language));
        }
        if self.items.is_empty() && self.unreadable_modules.is_empty() && self.failed.is_none() {
            out.push_str(language.choose(("No service is stuck.\n", "Зависших услуг нет.\n")));
        }
        if let Some(run) = &self.run {
            let _ = writeln!(out, "{} {run}", language.choose(("run", "запуск")));
        }
        out + &sum(self.items.iter().map(|synced| undo::say(synced.outcome, undo, language)), language)
    }
}

fn synced_json(synced: &Synced) -> Value {
    json!({
        "item": synced.item, "type": synced.itemtype, "outcome": synced.outcome, "decision": synced.decision,
        "reason": english(&synced.reason), "before": synced.before, "after": synced.after, "steps": synced.steps,
    })
}

fn synced_text(out: &mut String, synced: &Synced, undo: bool, language: Language) {
    let name = short(&synced.name, 60);
    let _ = writeln!(out, "{} {} {name}: {}", synced.item, synced.itemtype, undo::say(synced.outcome, undo, language));
    let _ = writeln!(out, "    {}", synced.reason.say(language));
    for step in &synced.steps {
        let _ = writeln!(out, "    > {}", step_text(step));
    }
    if !synced.after.is_null() {
        let _ = writeln!(out, "    {} {}", language.choose(("before:", "до:   ")), state(&synced.before, language));
        let _ = writeln!(out, "    {} {}", language.choose(("after: ", "после:")), state(&synced.after, language));
    }
}

impl Say for Outcome {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Done => ("done", "исправлено"),
            Self::InStep => ("already in step", "расхождения нет"),
            Self::Refused => ("not changed", "не изменено"),
            Self::Failed => ("failed", "не удалось"),
            Self::Planned => ("would be repaired", "будет исправлено"),
        };
        (english.to_owned(), russian.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: &[Outcome]) -> SyncReport {
        let items = outcomes.iter().zip(1..).map(|(outcome, item)| Synced {
            item: ItemId(item),
            itemtype: "vds".into(),
            name: String::new(),
            decision: Decision::Open,
            outcome: *outcome,
            reason: Reason::ActiveAtSeller,
            before: Value::Null,
            after: Value::Null,
            steps: Vec::new(),
        });
        SyncReport { run: Some("7".into()), items: items.collect(), ..SyncReport::default() }
    }

    #[test]
    fn what_came_of_several_services_is_summed_up_in_the_last_line() {
        use Outcome::{Done, Failed, Refused};
        let several = report(&[Done, Refused, Done, Failed]);
        for (language, last) in [
            (Language::En, "4 services: done 2, not changed 1, failed 1"),
            (Language::Ru, "4 услуги: исправлено 2, не изменено 1, не удалось 1"),
        ] {
            assert_eq!(several.text(language).lines().last(), Some(last));
        }
        assert_eq!(report(&[Done]).text(Language::En).lines().last(), Some("run 7"));
        let undo = SyncReport { undoes: Some("6".into()), ..report(&[Done, Done]) };
        assert_eq!(undo.text(Language::En).lines().last(), Some("2 services: taken back 2"));
    }
}
