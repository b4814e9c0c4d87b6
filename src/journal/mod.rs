//! What was done and what was seen, kept in `<root>/var/resellguard/journal.db` (SQLite).
//!
//! `runs` is the audit trail of repairs, `chain` what it is written on, `memory` what checks have seen. Not for deciding anything.

mod chain;
mod first;
mod hearing;
mod losses;
mod memory;
mod notices;
mod recall;
mod retries;
mod runs;
mod switched;

pub use chain::{Broken, Verified};
pub use hearing::{HeardUpTo, KEEP_HEARD};
pub use memory::Arrival;
pub use retries::Retry;
pub use runs::{ItemEntry, OpenItem, Outcome, Run, StepEntry, rfc3339};
pub use switched::{Ended, Left};

use crate::error::{Error, Kind};
use crate::root::Root;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The tables, as they grew: a file has as many of these steps behind it as its `user_version` says. A step that was released is
/// never edited; a file with more steps is refused, for an older program would misread it.
const STEPS: &[&str] = &[FIRST, SECOND];

const FIRST: &str = "
CREATE TABLE run(
    id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, at TEXT NOT NULL, actor TEXT NOT NULL);
CREATE TABLE run_item(
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id), item INTEGER NOT NULL,
    decision TEXT NOT NULL, outcome TEXT, reason TEXT, before TEXT NOT NULL, after TEXT);
CREATE INDEX run_item_item ON run_item(item);
CREATE TABLE step(
    id INTEGER PRIMARY KEY, run_item INTEGER NOT NULL REFERENCES run_item(id), at TEXT NOT NULL,
    call TEXT NOT NULL, params TEXT NOT NULL, answer TEXT);
CREATE TABLE poll(begun INTEGER NOT NULL, ended INTEGER);
CREATE TABLE active_since(account TEXT NOT NULL, item INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(account, item));
CREATE TABLE evidence(
    account TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(account, kind, subject));
CREATE TABLE checked(account TEXT PRIMARY KEY, at TEXT NOT NULL, report TEXT NOT NULL);
CREATE TABLE waiting(account TEXT NOT NULL, item INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(account, item));
CREATE TABLE arrival(account TEXT NOT NULL, item INTEGER NOT NULL, at INTEGER NOT NULL, waited_since INTEGER NOT NULL);
";

/// The audit trail as a chain (`chain`), instead of rows that are filled in afterwards; nothing in it is ever changed. And what
/// notices remember (`notices`), and what checks do (`memory`,
/// `losses`, `hearing`).
const SECOND: &str = "
CREATE TABLE record(
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, parent INTEGER REFERENCES record(id), item INTEGER,
    body TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX record_kind ON record(kind);
CREATE INDEX record_parent ON record(parent);
CREATE INDEX record_item ON record(item) WHERE item IS NOT NULL;
CREATE INDEX record_switch ON record(item) WHERE kind = 'call' AND json_extract(body, '$.call') = 'sql.switch_module';
CREATE UNIQUE INDEX record_run ON record(json_extract(body, '$.run')) WHERE kind = 'run';
CREATE TRIGGER record_stays BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'a record is never changed'); END;
CREATE TRIGGER record_remains BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'a record is never removed'); END;
CREATE TABLE watched(account TEXT PRIMARY KEY, since INTEGER NOT NULL);
CREATE TABLE seen(subject TEXT PRIMARY KEY, state TEXT NOT NULL, since INTEGER NOT NULL);
CREATE TABLE told(
    subject TEXT NOT NULL, channel TEXT NOT NULL, state TEXT, trying TEXT, tries INTEGER NOT NULL,
    PRIMARY KEY(subject, channel));
CREATE TABLE own_address(
    account TEXT NOT NULL, address TEXT NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY(account, address));
CREATE TABLE retry(
    item INTEGER PRIMARY KEY, failures INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
    told INTEGER NOT NULL);
CREATE TABLE lost(
    account TEXT NOT NULL, item INTEGER NOT NULL, itemtype TEXT NOT NULL, row TEXT NOT NULL, active_since INTEGER NOT NULL,
    ended INTEGER, PRIMARY KEY(account, item));
CREATE TABLE password(
    account TEXT NOT NULL, mark TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(account, mark));
CREATE TABLE heard(
    at INTEGER NOT NULL, item INTEGER NOT NULL, fate TEXT NOT NULL, event INTEGER NOT NULL,
    PRIMARY KEY(at, item, fate, event)) WITHOUT ROWID;
CREATE TABLE heard_up_to(
    one INTEGER PRIMARY KEY CHECK(one = 1), position TEXT, asked_since INTEGER NOT NULL, since INTEGER, last INTEGER);
CREATE TABLE ordered(item INTEGER PRIMARY KEY, day TEXT NOT NULL);
CREATE TABLE undelivered(account TEXT NOT NULL, item INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(account, item));
";
/// The step that takes over the runs of the first format.
const CHAINED: i64 = 2;

/// The open journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    /// The file beside it, which knows the newest record.
    beside: PathBuf,
}

impl Journal {
    /// Opens the journal, and makes it when there is none yet.
    ///
    /// # Errors
    /// `Kind::State`: the directory or the file cannot be made, is damaged, or was written by a newer version.
    pub fn open(root: &Root) -> Result<Self, Error> {
        let directory = root.make_state().map_err(|error| state(&root.state(), &error))?;
        let path = directory.join("journal.db");
        // Made by us first, so that it is never readable by others, whatever the umask.
        std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| state(&path, &error))?;
        Self::connect(&path)
    }

    fn connect(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path).map_err(|error| state(path, &error))?;
        let prepare = || -> Result<i64, rusqlite::Error> {
            connection.busy_timeout(Duration::from_secs(5))?;
            // With a log in front of it nobody who reads keeps a repair from writing, and a record that has to be on the disk costs one
            // sync of it. Where somebody is at it just now it stays as it is, and works as well.
            match connection.pragma_update(None, "journal_mode", "WAL") {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
                set => set?,
            }
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_query_value(None, "user_version", |row| row.get(0))
        };
        let version = prepare().map_err(|error| state(path, &error))?;
        let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
        if version > known {
            let why = format!("it was written by a newer version (format {version}, this one knows {known})");
            return Err(state(path, &why));
        }
        let beside = chain::beside(path);
        if version < known {
            // Before the first record, so that a journal without it is one from which something was taken.
            chain::make_head(&beside)?;
            grow(&connection).map_err(|error| state(path, &error))?;
        }
        Ok(Self { connection, beside })
    }

    /// Holds the write lock from its beginning: one that reads first and finds the lock taken when it wants to write is refused at once,
    /// however long it would wait.
    fn transaction(&mut self) -> rusqlite::Result<rusqlite::Transaction<'_>> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }

    fn fault(error: &rusqlite::Error) -> Error {
        Error::new(Kind::State, format!("the journal: {error}"))
    }
}

/// Takes the steps that the file has not yet, all or none. Another process may take them in the meantime; the write lock is
/// held before the version is read again.
fn grow(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for (number, step) in (1..).zip(STEPS).filter(|(number, _)| *number > version) {
        transaction.execute_batch(step)?;
        if number == CHAINED {
            first::take_over(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.commit()
}

fn state(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::State, format!("{}: {why}", path.display()))
}
