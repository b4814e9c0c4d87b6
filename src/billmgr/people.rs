//! The people of this panel, as far as they are told something or named in it: employees and customers.

use super::database::{CHUNK, Database, list};
use crate::error::Error;
use crate::language::Language;
use std::collections::HashMap;

/// From this level on a user works for the provider (facts/billmanager 1.1: 28 department, 29 employee, 30 root).
const EMPLOYEES: u64 = 28;

/// An employee of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employee {
    /// `user.id`.
    pub id: u64,
    /// The login.
    pub name: String,
    /// `None` when the panel does not tell, or when it is one that we do not speak.
    pub language: Option<Language>,
}

impl Database {
    /// Every employee; none on a panel whose database does not tell.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn employees(&self) -> Result<Vec<Employee>, Error> {
        let mut employees = Vec::new();
        if self.has_all("user", &["id", "name", "level"]) {
            let language = self.column("u", "user", "language");
            let what =
                format!("u.id, u.name, {language} FROM user u WHERE u.level >= {EMPLOYEES} ORDER BY u.id LIMIT 10000");
            self.select(&what, |mut row| {
                let (Some(id), Some(name), language) = (row.id(), row.text(), row.text()) else { return };
                employees.push(Employee { id, name, language: language.as_deref().and_then(Language::of) });
            })?;
        }
        Ok(employees)
    }

    /// The names of these customers (`account.id`), as far as the panel tells.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn customers(&self, ids: &[u64]) -> Result<HashMap<u64, String>, Error> {
        let mut names = HashMap::new();
        if self.has_all("account", &["id", "name"]) {
            for chunk in ids.chunks(CHUNK) {
                let what = format!("id, LEFT(name, 255) FROM account WHERE id IN ({})", list(chunk.iter().copied()));
                self.select(&what, |mut row| names.extend(row.id().zip(row.text())))?;
            }
        }
        Ok(names)
    }
}
