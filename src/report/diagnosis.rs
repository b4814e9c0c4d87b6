//! What the doctor found, as it is shown. Details and remedies are technical and English.

use super::SCHEMA;
use crate::doctor::{Diagnosis, Status};
use crate::language::Language;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub fn json(diagnosis: &Diagnosis) -> Value {
    json!({"schema": SCHEMA, "checks": diagnosis.checks})
}

pub fn text(diagnosis: &Diagnosis, language: Language) -> String {
    let mut out = String::new();
    for check in &diagnosis.checks {
        let status = language.choose(match check.status {
            Status::Ok => ("ok", "в порядке"),
            Status::Warning => ("WARNING", "ВНИМАНИЕ"),
            Status::Broken => ("BROKEN", "НЕ РАБОТАЕТ"),
            Status::Skipped => ("skipped", "пропущено"),
        });
        let _ = writeln!(out, "{status:11} {}: {}", check.name, check.detail);
        if !check.fix.is_empty() {
            let _ = writeln!(out, "{:11} > {}", "", check.fix);
        }
    }
    out
}
