//! The module for work by hand: which it is, and what of a service is kept before it is moved there.
//!
//! What such a module is called is not known (facts/billmanager 12, 4): it is named in the settings, or found by its name.

use super::database::{Database, list};
use crate::error::Error;
use crate::reselling::ids::{ItemId, ModuleId};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A module that does not resell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherModule {
    pub id: ModuleId,
    pub name: String,
    /// `processingmodule.module`.
    pub file: String,
    pub active: bool,
    /// It has settings for reaching something: an address, a login. Work by hand has none.
    pub connects: bool,
}

impl OtherModule {
    /// It calls itself one for work by hand ("Manual processing", facts/billmanager 3, 5), and nothing speaks against it.
    pub fn looks_manual(&self) -> bool {
        let says = |text: &str| {
            let text = text.to_lowercase();
            text.contains("manual") || text.contains("ручн")
        };
        self.active && !self.connects && (says(&self.file) || says(&self.name))
    }
}

/// Columns that may hold what nobody but the panel should have.
const PRIVATE: [&str; 5] = ["pass", "key", "secret", "params", "crypt"];

impl Database {
    /// The modules whose file is none of `reselling`, by id.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn other_modules(&self, reselling: &[String]) -> Result<Vec<OtherModule>, Error> {
        let mut connecting = BTreeSet::new();
        let encrypted = self.has_all("processingcryptedparam", &["processingmodule"]);
        let either = if encrypted { " UNION SELECT processingmodule FROM processingcryptedparam" } else { "" };
        let what = format!(
            "processingmodule FROM processingparam WHERE intname IN ('url', 'username', 'login', 'user'){either}"
        );
        self.select(&what, |mut row| connecting.extend(row.id()))?;
        let active = self.column("m", "processingmodule", "active");
        let mut modules = Vec::new();
        self.select(&format!("m.id, m.name, m.module, {active} FROM processingmodule m ORDER BY m.id"), |mut row| {
            let (Some(id), name, file, active) = (row.id(), row.text(), row.text(), row.flag()) else { return };
            let (name, file) = (name.unwrap_or_default(), file.unwrap_or_default());
            if !reselling.contains(&file) {
                let connects = connecting.contains(&id);
                modules.push(OtherModule { id: ModuleId(id), name, file, active: active.unwrap_or(true), connects });
            }
        })?;
        Ok(modules)
    }

    /// The rows that a repair by task touches, table by table, as they stand: the service, its operations and their tasks, its
    /// parameters. Without what may be a secret; none of that is changed.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn rows_of(&self, item: ItemId) -> Result<Value, Error> {
        self.at_one_moment(|| {
            let mut operations = BTreeSet::new();
            self.select(&format!("id FROM runningoperation WHERE item = {item}"), |mut row| {
                operations.extend(row.id());
            })?;
            let mut tables = Map::new();
            for (table, key, condition) in [
                ("item", "id", format!("id = {item}")),
                ("runningoperation", "item", format!("item = {item}")),
                ("task", "runningoperation", format!("runningoperation IN ({})", list(operations))),
                ("itemparam", "item", format!("item = {item} AND intname NOT LIKE '%pass%' AND intname NOT LIKE '%key%' AND intname NOT LIKE '%secret%'")),
            ] {
                if self.has(table, key) {
                    tables.insert(table.to_owned(), self.whole_rows(table, &condition)?);
                }
            }
            Ok(json!(tables))
        })
    }

    fn whole_rows(&self, table: &str, condition: &str) -> Result<Value, Error> {
        let plain = |name: &&String| {
            !PRIVATE.iter().any(|part| name.contains(part))
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let columns: Vec<&String> = self.columns_of(table).filter(plain).collect();
        let names = columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let mut rows = Vec::new();
        self.select(&format!("{names} FROM {table} WHERE {condition}"), |mut row| {
            let cells = columns.iter().map(|name| ((*name).clone(), json!(row.value())));
            rows.push(Value::Object(cells.collect()));
        })?;
        Ok(Value::Array(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_for_work_by_hand_says_so_and_reaches_nothing() {
        let module = |file: &str, name: &str, active, connects| OtherModule {
            id: ModuleId(1),
            name: name.into(),
            file: file.into(),
            active,
            connects,
        };
        for (module, looks) in [
            (module("pmmanual", "By hand", true, false), true),
            (module("pmauto", "Manual processing", true, false), true),
            (module("pmauto", "Ручная обработка", true, false), true),
            (module("pmauto", "Automatic", true, false), false),
            (module("pmmanual", "Manual processing", false, false), false),
            (module("pmvmmgr6", "Manual servers", true, true), false),
        ] {
            assert_eq!(module.looks_manual(), looks, "{module:?}");
        }
    }
}
