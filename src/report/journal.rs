//! The audit trail as it is shown.

use super::drift::state;
use super::{SCHEMA, SetAside, english, short};
use crate::journal::{Broken, ItemEntry, Retry, Run, Verified};
use crate::language::{Language, Say};
use crate::reselling::decision::Decision;
use crate::reselling::way::Via;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The answer of `journal`.
#[derive(Clone, Debug, Default)]
pub struct JournalReport {
    pub runs: Vec<Run>,
    /// Services whose automatic repair was given up; of the named one, or all.
    pub set_aside: Vec<Retry>,
}

impl JournalReport {
    pub fn json(&self) -> Value {
        let set_aside: Vec<Value> = self.set_aside.iter().map(|retry| SetAside(retry).json()).collect();
        json!({"schema": SCHEMA, "runs": self.runs, "set_aside": set_aside})
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        for run in &self.runs {
            let why = if run.why.is_empty() { String::new() } else { format!(": {}", short(&run.why, 80)) };
            let via = run.via.filter(|via| *via != Via::default());
            let via = via.map(|via| format!(" (--via {})", via.word())).unwrap_or_default();
            let _ = writeln!(out, "{} {} {}{why}{via}", run.run, run.at, run.actor);
            for entry in &run.items {
                entry_text(&mut out, entry, language);
            }
        }
        if self.runs.is_empty() {
            out.push_str(language.choose(("Nothing was changed so far.\n", "Изменений пока не было.\n")));
        }
        for retry in &self.set_aside {
            let _ = writeln!(out, "{}", SetAside(retry).say(language));
        }
        out
    }
}

/// The answer of `journal --verify`.
#[derive(Clone, Debug)]
pub struct VerifyReport(pub Verified);

impl VerifyReport {
    /// 0 whole, 1 broken.
    pub fn exit_status(&self) -> u8 {
        u8::from(self.0.broken.is_some())
    }

    pub fn json(&self) -> Value {
        let Verified { records, hash, broken } = &self.0;
        let broken = broken
            .as_ref()
            .map(|broken| json!({"kind": broken.kind(), "record": broken.record(), "detail": english(broken)}));
        json!({"schema": SCHEMA, "intact": broken.is_none(), "records": records, "hash": hash, "broken": broken})
    }

    pub fn text(&self, language: Language) -> String {
        let Verified { records, hash, broken } = &self.0;
        let said = match broken {
            Some(broken) => broken.say(language),
            None => language.choose((
                format!("The journal is whole: {records} records, the newest is {hash}. The last \"run ... ended\" in the log has to say the same."),
                format!("Журнал цел: записей {records}, последняя {hash}. Последняя строка \"run ... ended\" в системном журнале должна говорить то же."),
            )),
        };
        format!("{said}\n")
    }
}

impl Broken {
    /// The kind as JSON names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Changed { .. } => "changed",
            Self::Cut { .. } => "cut",
            Self::Replaced { .. } => "replaced",
            Self::HeadUnreadable { .. } => "head_unreadable",
        }
    }
}

impl Say for Broken {
    fn pair(&self) -> (String, String) {
        match self {
            Self::Missing { record } => (
                format!("The journal is broken at record {record}: it is missing, and later ones are there."),
                format!("Журнал нарушен на записи {record}: её нет, а более поздние есть."),
            ),
            Self::Changed { record } => (
                format!("The journal is broken at record {record}: it was changed, or does not stand where it stood."),
                format!("Журнал нарушен на записи {record}: она изменена или стоит не на своём месте."),
            ),
            Self::Cut { record, were } => (
                format!(
                    "The journal is broken at record {record}: it and what follows was cut off; there were {were} records."
                ),
                format!("Журнал нарушен на записи {record}: она и всё после неё отрезано; записей было {were}."),
            ),
            Self::Replaced { record } => (
                format!("The journal is broken at record {record}: it is not the one that was noted in journal.head."),
                format!("Журнал нарушен на записи {record}: это не та запись, которая отмечена в journal.head."),
            ),
            Self::HeadUnreadable { record, detail } => (
                format!(
                    "The journal's {record} records fit together, but journal.head, which says how many there were, cannot be read: {detail}."
                ),
                format!(
                    "Записи журнала ({record}) согласованы, но файл journal.head, где указано их число, не читается: {detail}."
                ),
            ),
        }
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
