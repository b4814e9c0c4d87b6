//! What is remembered of one service, asked without remembering anything new.

use super::runs::signed;
use super::{Journal, STEPS, chain, grow, state};
use crate::error::Error;
use crate::reselling::account::Account;
use crate::reselling::ids::ItemId;
use crate::root::Root;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

const READ_ONLY: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

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
        let read = read_only(&path).or_else(|error| match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => unchanging(&path).ok_or(error),
            _ => Err(error),
        });
        let (connection, version) = read.map_err(failed)?;
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

/// The file as it is, with its format.
fn read_only(path: &Path) -> rusqlite::Result<(Connection, i64)> {
    formatted(Connection::open_with_flags(path, READ_ONLY)?)
}

/// A copy on a medium on which nothing can be written, so that SQLite cannot lay its two small files beside it. It needs none of them
/// when nothing is left in a log (`-wal`): then the copy is all there is.
fn unchanging(path: &Path) -> Option<(Connection, i64)> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).symlink_metadata().is_ok_and(|about| about.len() > 0) {
        return None;
    }
    let mut url = Url::from_file_path(path).ok()?;
    url.set_query(Some("immutable=1"));
    formatted(Connection::open_with_flags(url.as_str(), READ_ONLY | OpenFlags::SQLITE_OPEN_URI).ok()?).ok()
}

fn formatted(connection: Connection) -> rusqlite::Result<(Connection, i64)> {
    connection.busy_timeout(Duration::from_secs(5))?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok((connection, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reselling::way::Via;
    use jiff::ZonedDateTime;

    #[test]
    fn a_copy_on_which_nothing_can_be_written_is_read_unless_its_newest_part_is_in_a_log() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        std::fs::create_dir(root.join("var")).unwrap();
        let (_, run) = Journal::open(&root)
            .unwrap()
            .begin_run("shell user root", "1", Via::Callbacks, None, &ZonedDateTime::now())
            .unwrap();
        // Root may write everywhere, but not into a directory that is not there.
        std::os::unix::fs::symlink(dir.path().join("nowhere/shm"), root.state().join("journal.db-shm")).unwrap();
        assert!(Journal::look(&root).unwrap().has_run(&run).unwrap());
        std::fs::write(root.state().join("journal.db-wal"), "what was not moved into the file yet").unwrap();
        assert_eq!(Journal::look(&root).unwrap_err().kind, crate::error::Kind::State);
    }
}
