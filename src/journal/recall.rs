//! What is remembered of one service, asked without remembering anything new.

use super::runs::signed;
use super::{Journal, STEPS, chain, grow, state};
use crate::error::Error;
use crate::reselling::account::Account;
use crate::reselling::ids::ItemId;
use crate::root::Root;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::PathBuf;
use std::time::Duration;

impl Journal {
    /// Opens the journal for reading, without making or growing anything: a copied tree stays as it is. Where there is none, or one of an older
    /// format, which the next check takes over, an empty one in memory.
    ///
    /// # Errors
    /// `Kind::State`: it cannot be read, or was written by a newer version.
    pub fn look(root: &Root) -> Result<Self, Error> {
        let path = root.state().join("journal.db");
        let failed = |error: rusqlite::Error| state(&path, &error);
        let beside = chain::beside(&path);
        if !path.try_exists().map_err(|error| state(&path, &error))? {
            return Ok(Self { beside, ..Self::empty()? });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(failed)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
        let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
        if version < 1 || version > known {
            return Err(state(&path, &format!("format {version} is not one that this version reads")));
        }
        if version < known {
            return Ok(Self { beside, ..Self::empty()? });
        }
        Ok(Self { connection, beside })
    }

    /// A journal in memory that remembers nothing.
    ///
    /// # Errors
    /// `Kind::State`: there is no memory for it.
    pub fn empty() -> Result<Self, Error> {
        let connection = Connection::open_in_memory().map_err(|error| Self::fault(&error))?;
        grow(&connection).map_err(|error| Self::fault(&error))?;
        Ok(Self { connection, beside: PathBuf::new() })
    }

    /// Since when the service has been seen delivered at the seller while it waits here.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn delivered_since(&self, account: &Account, item: ItemId) -> Result<Option<Timestamp>, Error> {
        self.connection
            .query_row(
                "SELECT at FROM active_since WHERE account = ?1 AND item = ?2",
                params![account.to_string(), signed(item.0)],
                |row| row.get(0),
            )
            .optional()
            .map(|at| at.and_then(|at| Timestamp::from_millisecond(at).ok()))
            .map_err(|error| Self::fault(&error))
    }

    /// When the polls that went to their end began, oldest first.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn polls(&self) -> Result<Vec<Timestamp>, Error> {
        let read = || -> rusqlite::Result<Vec<i64>> {
            let mut polls = self.connection.prepare("SELECT begun FROM poll WHERE ended IS NOT NULL ORDER BY begun")?;
            polls.query_map([], |row| row.get(0))?.collect()
        };
        let polls = read().map_err(|error| Self::fault(&error))?;
        Ok(polls.into_iter().filter_map(|at| Timestamp::from_millisecond(at).ok()).collect())
    }

    /// What SQLite says of its own file: `None` when it is whole.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn damage(&self) -> Result<Option<String>, Error> {
        let said: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| Self::fault(&error))?;
        Ok((said != "ok").then_some(said))
    }
}
