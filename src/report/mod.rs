//! What is shown: one model for each answer, and its formats. The panel's pages are made from the same models.

mod aside;
mod audit;
mod check;
pub mod diagnosis;
pub mod drift;
pub mod explanation;
mod fingerprint;
pub mod journal;
pub mod log;
mod migration;
mod stories;
mod sync;
pub mod terminal;
pub mod undo;

pub use self::log::LogReport;
pub use aside::SetAside;
pub use audit::{AuditReport, Audited};
pub use check::{CheckReport, Checked};
pub use drift::DriftReport;
pub use fingerprint::{Fingerprint, FingerprintReport};
pub use journal::{JournalReport, VerifyReport};
pub use migration::Migration;
pub use stories::ServiceLogReport;
pub use sync::{SyncReport, Synced};

use crate::error::Error;
use crate::language::{Language, Say};
use crate::reselling::ids::ModuleId;
use serde_json::{Value, json};

/// The version of the JSON: fields are added, never renamed.
const SCHEMA: u8 = 1;

/// An error as JSON shows it, in place of a report.
pub fn error_json(error: &Error) -> Value {
    json!({"schema": SCHEMA, "error": error_value(error)})
}

fn error_value(error: &Error) -> Value {
    json!({"kind": error.kind.word(), "detail": error.detail})
}

/// An error for a person: what happened, what was not changed, what to do.
pub fn error_text(error: &Error, language: Language) -> String {
    error_lines(error, error.kind.guidance(language).unchanged, language)
}

fn error_lines(error: &Error, unchanged: &str, language: Language) -> String {
    let guidance = error.kind.guidance(language);
    format!("{}\n  {}\n  {unchanged}\n  {}", guidance.happened, error.detail_in(language), guidance.next)
}

/// Modules whose login cannot be read, in JSON.
fn modules_json(modules: &[(ModuleId, Error)]) -> Value {
    modules.iter().map(|(module, error)| json!({"module": module, "error": error.detail})).collect()
}

/// The same, one of them, as a line for a person.
fn module_line(module: ModuleId, error: &Error, language: Language) -> String {
    format!("{} {module}: {}\n", language.choose(("module", "модуль")), error.detail_in(language))
}

/// How many services came to what, as one line; nothing where there are not several.
fn sum(words: impl IntoIterator<Item = String>, language: Language) -> String {
    let mut counts: Vec<(String, u64)> = Vec::new();
    for word in words {
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    let all = counts.iter().map(|(_, count)| count).sum();
    if all < 2 {
        return String::new();
    }
    let services = language.choose((
        crate::language::english(all, "service", "services"),
        crate::language::russian(all, "услуга", "услуги", "услуг"),
    ));
    let counts: Vec<String> = counts.into_iter().map(|(word, count)| format!("{word} {count}")).collect();
    format!("{services}: {}\n", counts.join(", "))
}

/// A text as one line of at most `limit` characters, for tables.
pub fn short(text: &str, limit: usize) -> String {
    let flat: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    if flat.chars().count() <= limit {
        return flat;
    }
    flat.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// The sentence of a reason, for JSON: always English.
fn english(said: &impl Say) -> String {
    said.say(Language::En)
}
