//! What checks have seen of each subject of notices, and what each channel was told of it last.
//!
//! When something is told is `reselling::telling`.

use super::Journal;
use crate::error::Error;
use crate::reselling::telling::State;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

impl Journal {
    /// Remembers that `subject` was seen in `state`, and returns since when every check has seen it so.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_state(&self, subject: &str, state: State, now: Timestamp) -> Result<Timestamp, Error> {
        let write = || -> rusqlite::Result<i64> {
            self.connection.execute(
                "INSERT INTO seen(subject, state, since) VALUES(?1, ?2, ?3)
                 ON CONFLICT(subject) DO UPDATE SET state = ?2, since = ?3 WHERE state <> ?2 OR since > ?3",
                params![subject, state.word(), now.as_millisecond()],
            )?;
            self.connection.query_row("SELECT since FROM seen WHERE subject = ?1", [subject], |row| row.get(0))
        };
        let since = write().map_err(|error| Self::fault(&error))?;
        Ok(Timestamp::from_millisecond(since).unwrap_or(now))
    }

    /// What the channel was told last; `None` when nothing, or nothing that this version knows.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn told(&self, subject: &str, channel: &str) -> Result<Option<State>, Error> {
        let read = self
            .connection
            .query_row("SELECT state FROM told WHERE subject = ?1 AND channel = ?2", params![subject, channel], |row| {
                row.get::<_, Option<String>>(0)
            })
            .optional();
        let word = read.map_err(|error| Self::fault(&error))?.flatten();
        Ok(word.and_then(|word| serde_json::from_value(serde_json::Value::String(word)).ok()))
    }

    /// # Errors
    /// `Kind::State`.
    pub fn remember_told(&self, subject: &str, channel: &str, state: State) -> Result<(), Error> {
        self.connection
            .execute(
                "INSERT OR REPLACE INTO told(subject, channel, state, trying, tries) VALUES(?1, ?2, ?3, NULL, 0)",
                params![subject, channel, state.word()],
            )
            .map_err(|error| Self::fault(&error))?;
        Ok(())
    }

    /// Counts an attempt to tell the channel of `state` that failed, and returns how many there were.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_failure(&self, subject: &str, channel: &str, state: State) -> Result<u32, Error> {
        let write = || -> rusqlite::Result<u32> {
            self.connection.execute(
                "INSERT INTO told(subject, channel, state, trying, tries) VALUES(?1, ?2, NULL, ?3, 1)
                 ON CONFLICT(subject, channel) DO UPDATE SET tries = IIF(trying IS ?3, tries + 1, 1), trying = ?3",
                params![subject, channel, state.word()],
            )?;
            let tries = "SELECT tries FROM told WHERE subject = ?1 AND channel = ?2";
            self.connection.query_row(tries, params![subject, channel], |row| row.get(0))
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Every subject that was seen by a check.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn seen_subjects(&self) -> Result<Vec<String>, Error> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.connection
                .prepare("SELECT subject FROM seen ORDER BY subject")?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// When calls of `checkevent` began that the hook has noted in the last month, oldest first, whatever came of them.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn polls_begun(&self) -> Result<Vec<Timestamp>, Error> {
        let read = || -> rusqlite::Result<Vec<i64>> {
            self.connection.prepare("SELECT begun FROM poll ORDER BY begun")?.query_map([], |row| row.get(0))?.collect()
        };
        let begun = read().map_err(|error| Self::fault(&error))?;
        Ok(begun.into_iter().filter_map(|begun| Timestamp::from_millisecond(begun).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::Root;

    #[test]
    fn a_state_is_dated_from_its_unbroken_beginning_and_failures_are_counted_by_what_was_to_be_told() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("var")).unwrap();
        let journal = Journal::open(&Root::at(place.path())).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        for (state, now, since) in [
            (State::Unknown, 10, 10),
            (State::Unknown, 20, 10),
            (State::Shared, 30, 30),
            (State::Unknown, 40, 40),
            // The clock was set back.
            (State::Unknown, 5, 5),
        ] {
            assert_eq!(journal.remember_state("a", state, at(now)).unwrap(), at(since), "{state:?} {now}");
        }
        assert_eq!(journal.told("a", "log").unwrap(), None);
        assert_eq!(journal.remember_failure("a", "log", State::Unknown).unwrap(), 1);
        assert_eq!(journal.remember_failure("a", "log", State::Unknown).unwrap(), 2);
        assert_eq!(journal.told("a", "log").unwrap(), None);
        assert_eq!(journal.remember_failure("a", "log", State::Shared).unwrap(), 1);
        journal.remember_told("a", "log", State::Shared).unwrap();
        assert_eq!(journal.told("a", "log").unwrap(), Some(State::Shared));
        assert_eq!(journal.remember_failure("a", "log", State::Exclusive).unwrap(), 1);
        assert_eq!(journal.told("a", "log").unwrap(), Some(State::Shared));
        assert_eq!(journal.seen_subjects().unwrap(), ["a"]);
    }
}
