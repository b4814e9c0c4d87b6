//! The panel's own database as the panel's functions use it: rows of text, and errors in the panel's grammar.
//!
//! No table is known here.

use crate::database;
use crate::request::PanelError;
use mysql::{Conn, Params, Value, prelude::Queryable};
use std::path::PathBuf;

/// Where the database is; `etc/billmgr.conf.d/db.conf` says the same.
#[derive(Clone, Debug)]
pub struct Store {
    pub socket: PathBuf,
    pub user: String,
    pub password: String,
    pub name: String,
}

/// One row: column names and values as text, `NULL` as nothing.
#[derive(Clone, Debug, Default)]
pub struct Row(Vec<(String, String)>);

impl Row {
    /// The value of a column of the query; the empty string for `NULL`.
    ///
    /// # Panics
    /// When the query has no such column.
    pub fn text(&self, column: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| name == column);
        &found.unwrap_or_else(|| panic!("the query has no column {column}")).1
    }

    /// The value as a number; 0 for `NULL` and for what is no number.
    pub fn number(&self, column: &str) -> u64 {
        self.text(column).parse().unwrap_or(0)
    }

    pub fn cells(&self) -> &[(String, String)] {
        &self.0
    }
}

impl Store {
    fn connection(&self) -> Result<Conn, PanelError> {
        database::connect(&self.socket, &self.user, &self.password, &self.name).map_err(broken)
    }

    /// # Errors
    /// `db` when the database does not answer or refuses the query.
    pub fn rows(&self, sql: &str, params: impl Into<Params>) -> Result<Vec<Row>, PanelError> {
        let mut connection = self.connection()?;
        let found: Vec<mysql::Row> = connection.exec(sql, params).map_err(broken)?;
        Ok(found.into_iter().map(row).collect())
    }

    /// # Errors
    /// As `rows`.
    pub fn row(&self, sql: &str, params: impl Into<Params>) -> Result<Option<Row>, PanelError> {
        Ok(self.rows(sql, params)?.into_iter().next())
    }

    /// Runs a change and returns the id it gave to a new row.
    ///
    /// # Errors
    /// As `rows`.
    pub fn change(&self, sql: &str, params: impl Into<Params>) -> Result<u64, PanelError> {
        let mut connection = self.connection()?;
        connection.exec_drop(sql, params).map_err(broken)?;
        Ok(connection.last_insert_id())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn broken(error: mysql::Error) -> PanelError {
    PanelError { kind: "db".into(), object: String::new(), value: String::new(), message: error.to_string() }
}

fn row(found: mysql::Row) -> Row {
    let names: Vec<String> = found.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
    Row(names.into_iter().zip(found.unwrap().into_iter().map(text)).collect())
}

fn text(value: Value) -> String {
    match value {
        Value::NULL => String::new(),
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Date(year, month, day, 0, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        Value::Date(year, month, day, hour, minute, second, _) => {
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Value::Time(..) => value.as_sql(true),
    }
}
