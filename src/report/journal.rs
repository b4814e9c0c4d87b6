//! The audit trail as it is shown.

use super::drift::state;
use super::{SCHEMA, short};
use crate::journal::{ItemEntry, Run};
use crate::language::{Language, Say};
use crate::reselling::decision::Decision;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The answer of `journal`.
#[derive(Clone, Debug, Default)]
pub struct JournalReport {
    pub runs: Vec<Run>,
}

impl JournalReport {
    pub fn json(&self) -> Value {
        json!({"schema": SCHEMA, "runs": self.runs})
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        for run in &self.runs {
            let _ = writeln!(out, "{} {} {}", run.run, run.at, run.actor);
            for entry in &run.items {
                entry_text(&mut out, entry, language);
            }
        }
        if self.runs.is_empty() {
            out.push_str(language.choose(("Nothing was changed so far.\n", "Изменений пока не было.\n")));
        }
        out
    }
}

/// The outcome of one service in the person's language; a run that was cut short has none.
pub fn outcome(entry: &ItemEntry, language: Language) -> String {
    entry
        .outcome
        .map_or_else(|| language.choose(("not finished", "не завершено")).to_owned(), |outcome| outcome.say(language))
}

fn entry_text(out: &mut String, entry: &ItemEntry, language: Language) {
    let outcome = outcome(entry, language);
    let (before, after) = (state(&entry.before, language), state(&entry.after, language));
    let decision = serde_json::from_value::<Decision>(Value::String(entry.decision.clone()));
    let decision = decision.map_or_else(|_| entry.decision.clone(), |decision| decision.say(language));
    let _ = writeln!(out, "  {} {decision}: {outcome}: {before} -> {after}", entry.item);
    if let Some(reason) = &entry.reason {
        let _ = writeln!(out, "    {}", reason.say(language));
    }
    for step in &entry.steps {
        let params: Vec<String> = step
            .params
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={}", short(value.as_str().unwrap_or_default(), 40)))
            .collect();
        let answer = step.answer.as_deref().unwrap_or("?");
        let _ = writeln!(out, "    > {} {}: {}", step.call, params.join(" "), short(answer, 200));
    }
}
