//! The panel's own database: a connection that can only read, and what of the known tables is really there.
//!
//! What is read from which table is in `modules`, `services` and `items`. The SQL is what MySQL 5.5 to 8 and MariaDB 5.5 to
//! 11 have in common: no CTE, no window, no JSON. Values in it are numbers and constants, never texts from outside.
//! Run so far against MariaDB only; for the others it rests on their manuals.

use super::config::Config;
use super::connection::{failed, lost, session};
use super::key::Key;
use crate::error::{Error, Kind};
use jiff::civil::{Date, DateTime};
use mysql::prelude::Queryable;
use mysql::{Conn, Value};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// How many ids one query names.
pub(super) const CHUNK: usize = 500;

/// What we cannot work without (facts/billmanager 1.1: every one was seen in real code).
const NEEDED: [(&str, &[&str]); 6] = [
    (
        "item",
        &[
            "id",
            "name",
            "pricelist",
            "account",
            "processingmodule",
            "status",
            "autosuspend",
            "employeesuspend",
            "abusesuspend",
        ],
    ),
    ("pricelist", &["id", "itemtype"]),
    ("itemtype", &["id", "intname"]),
    ("processingmodule", &["id", "name", "module"]),
    ("processingparam", &["processingmodule", "intname", "value"]),
    ("runningoperation", &["id", "item", "intname"]),
];

/// What we can work without, and what is not known then.
const OPTIONAL: [(&str, &[&str], &str); 15] = [
    ("item", &["parent"], "addons cannot be told from services"),
    ("item", &["remoteid"], "a seller's id kept there is not seen"),
    ("item", &["createdate"], "when services were ordered is not known"),
    ("item", &["expiredate"], "when services expire is not known"),
    ("item", &["lastpricelist"], "a tariff change that is under way is not seen"),
    ("processingmodule", &["active"], "disabled modules cannot be told from active ones"),
    ("processingcryptedparam", &["processingmodule", "intname", "value"], "encrypted module parameters are not seen"),
    (
        "itemparam",
        &["item", "intname", "value"],
        "parameters of services (domain, address, service_status) are not seen",
    ),
    ("runningoperation", &["manual"], "whether an operation is in manual mode is not known"),
    ("runningoperation", &["trycount"], "how often an operation was tried is not known"),
    ("runningoperation", &["errorxml"], "errors of operations are not seen"),
    ("runningoperation", &["createdate"], "since when an operation runs is not known"),
    ("task", &["id", "runningoperation", "status"], "tasks bound to operations are not seen"),
    ("certificate", &["item", "crt"], "whether a certificate is stored is not known"),
    (
        "history_item",
        &["reference", "request_action", "changedate"],
        "recent renewals and resumes are not seen, and deleted services are not remembered",
    ),
];

/// Tables of people: where one is missing, they have numbers for names, or are not seen.
const PEOPLE: [&str; 3] = ["account", "user", "core_session"];

/// A connection to the panel's database.
pub struct Database {
    connection: RefCell<Conn>,
    /// A transaction has begun: what is read has to be of one moment, which a new connection would not show.
    at_one_moment: Cell<bool>,
    config: Config,
    columns: BTreeMap<String, BTreeSet<String>>,
    key: OnceCell<Result<Key, Error>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Database(..)")
    }
}

impl Database {
    /// Connects, and looks which tables and columns there are.
    ///
    /// # Errors
    /// `Kind::Database`: no connection within 3 s, the login is refused, or something needed is missing.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let mut database = Self {
            connection: RefCell::new(session(config)?),
            at_one_moment: Cell::new(false),
            config: config.clone(),
            columns: BTreeMap::new(),
            key: OnceCell::new(),
        };
        database.columns = database.probe()?;
        database.complete()?;
        Ok(database)
    }

    /// What could not be looked at because this panel's database has no such table or column, as sentences.
    pub fn notes(&self) -> Vec<String> {
        let missing = OPTIONAL.iter().filter(|(table, columns, _)| !self.has_all(table, columns));
        missing.map(|(table, columns, then)| format!("no {table}.{} here: {then}", columns.join(", "))).collect()
    }

    pub(super) fn has(&self, table: &str, column: &str) -> bool {
        self.columns.get(table).is_some_and(|columns| columns.contains(column))
    }

    pub(super) fn has_all(&self, table: &str, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.has(table, column))
    }

    /// Every column that this panel's table has, as far as tables are looked at.
    pub(super) fn columns_of(&self, table: &str) -> impl Iterator<Item = &String> {
        self.columns.get(table).into_iter().flatten()
    }

    /// The column for a list of columns, or `NULL` where this panel has none.
    pub(super) fn column(&self, alias: &str, table: &str, column: &str) -> String {
        if self.has(table, column) { format!("{alias}.{column}") } else { "NULL".to_owned() }
    }

    /// The key for encrypted parameters, read when the first one is met.
    pub(super) fn key(&self) -> Result<&Key, Error> {
        self.key.get_or_init(|| Key::read(&self.config.key)).as_ref().map_err(Clone::clone)
    }

    /// Runs `SELECT` with what is given, row by row: the one way in which anything here reaches the server. When the server has gone
    /// since the last question, it is connected to once more.
    pub(super) fn select(&self, what: &str, mut each: impl FnMut(Fields)) -> Result<(), Error> {
        let statement = format!("SELECT {what}");
        let begun = Cell::new(false);
        let mut read = |connection: &mut Conn| -> Result<(), mysql::Error> {
            for row in connection.query_iter(&statement)? {
                begun.set(true);
                each(Fields(row?.unwrap_raw().into_iter()));
            }
            Ok(())
        };
        let mut connection = self.connection.borrow_mut();
        match read(&mut connection) {
            Err(error) if lost(&error) && !begun.get() && !self.at_one_moment.get() => {
                *connection = session(&self.config)?;
                read(&mut connection)
            }
            done => done,
        }
        .map_err(|error| failed(&error))
    }

    /// Everything that is selected in `work` is of one moment (in tables that have transactions).
    pub(super) fn at_one_moment<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.begin()?;
        self.at_one_moment.set(true);
        let result = work();
        self.at_one_moment.set(false);
        let ended = self.connection.borrow_mut().query_drop("COMMIT").map_err(|error| failed(&error));
        result.and_then(|result| ended.map(|()| result))
    }

    fn begin(&self) -> Result<(), Error> {
        const BEGIN: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT";
        let mut connection = self.connection.borrow_mut();
        match connection.query_drop(BEGIN) {
            Err(error) if lost(&error) => {
                *connection = session(&self.config)?;
                connection.query_drop(BEGIN)
            }
            begun => begun,
        }
        .map_err(|error| failed(&error))
    }

    fn probe(&self) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let known: BTreeSet<&str> = NEEDED
            .iter()
            .map(|(table, _)| *table)
            .chain(OPTIONAL.iter().map(|(table, ..)| *table))
            .chain(PEOPLE)
            .collect();
        let known: Vec<String> = known.iter().map(|table| format!("'{table}'")).collect();
        let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let what = format!(
            "table_name, column_name FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name IN ({})",
            known.join(", ")
        );
        self.select(&what, |mut row| {
            if let (Some(table), Some(column)) = (row.text(), row.text()) {
                columns.entry(table.to_lowercase()).or_default().insert(column.to_lowercase());
            }
        })?;
        Ok(columns)
    }

    fn complete(&self) -> Result<(), Error> {
        let mut missing = Vec::new();
        for (table, columns) in NEEDED {
            if !self.columns.contains_key(table) {
                missing.push(format!("the table {table}"));
                continue;
            }
            missing.extend(
                columns.iter().filter(|column| !self.has(table, column)).map(|column| format!("{table}.{column}")),
            );
        }
        if missing.is_empty() {
            return Ok(());
        }
        let what = format!("this is no BILLmanager database that we know; it lacks {}", missing.join(", "));
        Err(Error::new(Kind::Database, what))
    }
}

/// One row, read from left to right. Everything arrives as text, whatever type the column has on this panel.
pub(super) struct Fields(std::vec::IntoIter<Option<Value>>);

impl Fields {
    /// The next field; `None` for NULL and for an empty text.
    pub(super) fn text(&mut self) -> Option<String> {
        self.value().filter(|text| !text.is_empty())
    }

    /// The next field as it stands; `None` for NULL.
    pub(super) fn value(&mut self) -> Option<String> {
        match self.0.next().flatten() {
            Some(Value::Bytes(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Some(Value::Int(number)) => Some(number.to_string()),
            Some(Value::UInt(number)) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.text()?.trim().parse().ok()
    }

    /// An id; 0 stands for none in this database as often as NULL does.
    pub(super) fn id(&mut self) -> Option<u64> {
        self.number().filter(|id| *id > 0)
    }

    /// The panel's flags are 'on' and 'off'.
    pub(super) fn flag(&mut self) -> Option<bool> {
        self.text().map(|text| matches!(text.as_str(), "on" | "1"))
    }

    /// A mark that forbids something: whatever is not plainly off counts as set.
    pub(super) fn marked(&mut self) -> bool {
        self.text().is_some_and(|text| !matches!(text.as_str(), "off" | "0" | ""))
    }

    /// A date, also of a column that has a time; `0000-00-00` is none.
    pub(super) fn date(&mut self) -> Option<Date> {
        self.text()?.get(..10)?.parse().ok()
    }

    pub(super) fn datetime(&mut self) -> Option<DateTime> {
        let text = self.text()?;
        match text.get(..19) {
            Some(text) => text.parse().ok(),
            None => text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)),
        }
    }
}

/// Ids for an `IN (...)`; never empty, for that is no SQL.
pub(super) fn list(ids: impl IntoIterator<Item = u64>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    if ids.is_empty() { "NULL".to_owned() } else { ids.join(",") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(texts: &[Option<&str>]) -> Fields {
        let values: Vec<Value> =
            texts.iter().map(|text| text.map_or(Value::NULL, |text| Value::Bytes(text.into()))).collect();
        Fields(values.into_iter().map(Some).collect::<Vec<_>>().into_iter())
    }

    #[test]
    fn dates_are_read_whatever_type_the_column_has() {
        for (text, date, time) in [
            (Some("2022-11-18"), Some("2022-11-18"), Some("2022-11-18T00:00:00")),
            (Some("2022-11-18 08:15:04"), Some("2022-11-18"), Some("2022-11-18T08:15:04")),
            (Some("2022-11-18 08:15:04.250"), Some("2022-11-18"), Some("2022-11-18T08:15:04")),
            (Some("0000-00-00"), None, None),
            (Some("0000-00-00 00:00:00"), None, None),
            (Some("soon"), None, None),
            (Some(""), None, None),
            (None, None, None),
        ] {
            assert_eq!(fields(&[text]).date().map(|date| date.to_string()).as_deref(), date, "{text:?}");
            assert_eq!(fields(&[text]).datetime().map(|time| time.to_string()).as_deref(), time, "{text:?}");
        }
    }

    #[test]
    fn what_is_missing_is_none_and_not_zero() {
        let mut row = fields(&[Some("0"), None, Some("7"), Some("x"), Some("on"), Some("off"), None, Some("1")]);
        assert_eq!((row.id(), row.id(), row.id(), row.id()), (None, None, Some(7), None));
        assert_eq!((row.flag(), row.flag(), row.flag(), row.flag()), (Some(true), Some(false), None, Some(true)));
        assert_eq!(row.text(), None, "a row that is too short has no more fields");
    }

    #[test]
    fn a_list_of_no_ids_selects_nothing() {
        assert_eq!(list([]), "NULL");
        assert_eq!(list([1, 2]), "1,2");
    }
}
