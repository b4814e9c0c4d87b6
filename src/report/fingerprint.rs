//! Fingerprints of this panel's accounts: the lines for the owner's other panels.

use super::SCHEMA;
use crate::error::Error;
use crate::reselling::fingerprint::Line;
use crate::reselling::ids::ModuleId;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One account: its line, and the modules here that use it. The account itself is not shown.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    pub line: Line,
    pub modules: Vec<ModuleId>,
}

/// The answer of `fingerprint`.
#[derive(Clone, Debug)]
pub struct FingerprintReport {
    pub lines: Vec<Fingerprint>,
    /// Modules whose account could not be named, with the reason.
    pub unreadable_modules: Vec<(ModuleId, Error)>,
}

impl FingerprintReport {
    pub fn json(&self) -> Value {
        let lines = self.lines.iter().map(|one| {
            let Line { hash, mark, day, panel } = &one.line;
            let day = day.map(|day| day.to_string());
            json!({"hash": hash, "key": mark, "day": day, "panel": panel, "modules": one.modules})
        });
        let unreadable = self.unreadable_modules.iter();
        let unreadable = unreadable.map(|(module, error)| json!({"module": module, "error": error.detail}));
        json!({"schema": SCHEMA, "fingerprints": lines.collect::<Vec<_>>(), "unreadable_modules": unreadable.collect::<Vec<_>>()})
    }

    /// For a file, so it is the same in every language; what is missing is a comment.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for one in &self.lines {
            let _ = writeln!(out, "{}", one.line);
        }
        for (module, error) in &self.unreadable_modules {
            let _ = writeln!(out, "# module {module} has none: {}", super::short(&error.detail, 300));
        }
        out
    }
}
