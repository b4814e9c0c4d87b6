//! Lost events that were seen, and since when the modules have had their password.
//!
//! How long a loss counts, and what a new password means, is `reselling::losses`.

use super::Journal;
use super::memory::moment;
use super::runs::{signed, unsigned};
use crate::error::Error;
use crate::reselling::account::Account;
use crate::reselling::ids::ItemId;
use crate::reselling::losses::{Loss, REMEMBERED};
use crate::reselling::verdict::{Evidence, Severity, Sign};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

impl Journal {
    /// Notes which of the losses wait no more, now that the seller's lists were read: `active` are those that do.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn end_losses(&self, account: &Account, active: &[ItemId], now: Timestamp) -> Result<(), Error> {
        let account = account.to_string();
        let write = || -> rusqlite::Result<()> {
            let open: Vec<i64> = self
                .connection
                .prepare("SELECT item FROM lost WHERE account = ?1 AND ended IS NULL")?
                .query_map([&account], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for item in open.into_iter().filter(|item| !active.contains(&ItemId(unsigned(*item)))) {
                self.connection.execute(
                    "UPDATE lost SET ended = ?3 WHERE account = ?1 AND item = ?2",
                    params![account, item, now.as_millisecond()],
                )?;
            }
            let oldest = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN).as_millisecond();
            self.connection.execute("DELETE FROM lost WHERE ended < ?1", [oldest])?;
            Ok(())
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Remembers the events that this check found lost, and forgets those that came after all.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_losses(&mut self, account: &Account, found: &[Evidence], came: &[ItemId]) -> Result<(), Error> {
        let account = account.to_string();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            for item in came {
                transaction
                    .execute("DELETE FROM lost WHERE account = ?1 AND item = ?2", params![account, signed(item.0)])?;
            }
            for one in found.iter().filter(|one| one.severity == Severity::Critical) {
                if let Sign::LostEvent { item, itemtype, row, active_since, .. } = &one.sign {
                    transaction.execute(
                        "INSERT OR REPLACE INTO lost(account, item, itemtype, row, active_since, ended)
                         VALUES(?1, ?2, ?3, ?4, ?5, NULL)",
                        params![account, signed(*item), itemtype, row, active_since.as_millisecond()],
                    )?;
                }
            }
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    pub(super) fn losses(&self, account: &str) -> rusqlite::Result<Vec<Loss>> {
        self.connection
            .prepare(
                "SELECT item, itemtype, row, active_since, ended, EXISTS(
                     SELECT 1 FROM record WHERE record.item = lost.item AND kind = 'call'
                     AND strftime('%s', at) >= CAST(active_since / 1000 AS TEXT))
                 FROM lost WHERE account = ?1 ORDER BY item",
            )?
            .query_map([account], |row| {
                let ended: Option<i64> = row.get(4)?;
                Ok(Loss {
                    item: ItemId(unsigned(row.get(0)?)),
                    itemtype: row.get(1)?,
                    row: row.get(2)?,
                    active_since: moment(row.get(3)?),
                    ended: ended.map(moment),
                    repaired: row.get(5)?,
                })
            })?
            .collect()
    }

    /// Remembers the passwords of an account's modules by their marks, and since when each has been seen. Those of modules that are
    /// switched off may be old ones.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_passwords(&mut self, account: &Account, marks: &[&str], now: Timestamp) -> Result<(), Error> {
        let account = account.to_string();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            let known: Vec<String> = transaction
                .prepare("SELECT mark FROM password WHERE account = ?1")?
                .query_map([&account], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for mark in known.iter().filter(|mark| !marks.contains(&mark.as_str())) {
                transaction.execute("DELETE FROM password WHERE account = ?1 AND mark = ?2", params![account, mark])?;
            }
            for mark in marks {
                transaction.execute(
                    "INSERT OR IGNORE INTO password(account, mark, since) VALUES(?1, ?2, ?3)",
                    params![account, mark, now.as_millisecond()],
                )?;
            }
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    pub(super) fn same_password_since(&self, account: &str) -> rusqlite::Result<Option<Timestamp>> {
        let since: Option<Option<i64>> = self
            .connection
            .query_row("SELECT MIN(since) FROM password WHERE account = ?1", [account], |row| row.get(0))
            .optional()?;
        Ok(since.flatten().map(moment))
    }
}
