//! What checks have seen: polls, since when a delivered service waits, evidence with its first and last time, verdicts.

use super::Journal;
use super::runs::{signed, unsigned};
use crate::error::Error;
use crate::handover::{Moment, Poll};
use crate::reselling::account::Account;
use crate::reselling::exclusivity::Memory;
use crate::reselling::ids::ItemId;
use crate::reselling::verdict::Evidence;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

/// Polls older than this say nothing about services that wait today.
const KEEP_POLLS: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 31);

/// An address of ours longer ago than this may have become somebody else's.
const KEEP_ADDRESSES: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 365);

/// A service that waited at the last observation and does not wait any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub item: ItemId,
    /// When it was first seen waiting.
    pub waited_since: Timestamp,
}

impl Journal {
    /// Takes in what the hook has noted of `checkevent`. A poll counts when it went to its end: a `before` and the next `after`,
    /// which may come with the next notes; a `before` alone is one that failed, or is going on.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_polls(&mut self, polls: &[Poll], now: Timestamp) -> Result<(), Error> {
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            for poll in polls {
                let note = match poll.moment {
                    Moment::Before => "INSERT INTO poll(begun) VALUES(?1)",
                    Moment::After => {
                        "UPDATE poll SET ended = ?1 WHERE ended IS NULL AND rowid = (SELECT MAX(rowid) FROM poll)"
                    }
                };
                transaction.execute(note, [poll.at])?;
            }
            let oldest = now.checked_sub(KEEP_POLLS).unwrap_or(Timestamp::MIN).as_millisecond();
            transaction.execute("DELETE FROM poll WHERE begun < ?1", [oldest])?;
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Remembers when the seller had last not delivered a service that waits here: `waiting` are all, `not_yet` those of which the seller
    /// shows now that they are not.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_undelivered(
        &mut self,
        account: &Account,
        waiting: &[ItemId],
        not_yet: &[ItemId],
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = account.to_string();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            let waiting: HashSet<i64> = waiting.iter().map(|item| signed(item.0)).collect();
            forget_others(&transaction, "undelivered", &account, &waiting)?;
            for item in not_yet {
                transaction.execute(
                    "INSERT OR REPLACE INTO undelivered(account, item, at) VALUES(?1, ?2, ?3)",
                    params![account, signed(item.0), now.as_millisecond()],
                )?;
            }
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Remembers which services the seller shows active while they wait here, and forgets those that do so no longer.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_active(&mut self, account: &Account, active: &[ItemId], now: Timestamp) -> Result<(), Error> {
        let account = account.to_string();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            let still: HashSet<i64> = active.iter().map(|item| signed(item.0)).collect();
            forget_others(&transaction, "active_since", &account, &still)?;
            for item in &still {
                transaction.execute(
                    "INSERT OR IGNORE INTO active_since(account, item, at) VALUES(?1, ?2, ?3)",
                    params![account, item, now.as_millisecond()],
                )?;
            }
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// What is remembered of an account, with the polls of the last month; it is watched from the first time on.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn recall(&self, account: &Account, now: Timestamp) -> Result<Memory, Error> {
        let account = account.to_string();
        let read = || -> rusqlite::Result<Memory> {
            self.connection.execute(
                "INSERT OR IGNORE INTO watched(account, since) VALUES(?1, ?2)",
                params![account, now.as_millisecond()],
            )?;
            let since =
                self.connection
                    .query_row("SELECT since FROM watched WHERE account = ?1", [&account], |row| row.get(0))?;
            let moments = |table: &str| -> rusqlite::Result<HashMap<ItemId, Timestamp>> {
                self.connection
                    .prepare(&format!("SELECT item, at FROM {table} WHERE account = ?1"))?
                    .query_map([&account], |row| Ok((ItemId(unsigned(row.get(0)?)), moment(row.get(1)?))))?
                    .collect()
            };
            let (active_since, undelivered) = (moments("active_since")?, moments("undelivered")?);
            let polls = self
                .connection
                .prepare("SELECT begun FROM poll WHERE ended IS NOT NULL ORDER BY begun")?
                .query_map([], |row| Ok(moment(row.get(0)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let losses = self.losses(&account)?;
            let same_password_since = self.same_password_since(&account)?;
            let watched_since = Some(moment(since));
            Ok(Memory { watched_since, active_since, undelivered, polls, losses, same_password_since })
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// Remembers which services wait, and returns those that waited at the last observation and have moved on since.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_waiting(
        &mut self,
        account: &Account,
        waiting: &[ItemId],
        now: Timestamp,
    ) -> Result<Vec<Arrival>, Error> {
        let account = account.to_string();
        let mut write = || -> rusqlite::Result<Vec<Arrival>> {
            let transaction = self.transaction()?;
            let known: Vec<(i64, i64)> = transaction
                .prepare("SELECT item, since FROM waiting WHERE account = ?1 ORDER BY item")?
                .query_map([&account], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let still: HashSet<i64> = waiting.iter().map(|item| signed(item.0)).collect();
            let mut arrivals = Vec::new();
            for (item, since) in known.iter().filter(|(item, _)| !still.contains(item)) {
                arrivals.push(Arrival { item: ItemId(unsigned(*item)), waited_since: moment(*since) });
                transaction.execute(
                    "INSERT INTO arrival(account, item, at, waited_since) VALUES(?1, ?2, ?3, ?4)",
                    params![account, item, now.as_millisecond(), since],
                )?;
                transaction.execute("DELETE FROM waiting WHERE account = ?1 AND item = ?2", params![account, item])?;
            }
            for item in &still {
                transaction.execute(
                    "INSERT OR IGNORE INTO waiting(account, item, since) VALUES(?1, ?2, ?3)",
                    params![account, item, now.as_millisecond()],
                )?;
            }
            transaction.commit()?;
            Ok(arrivals)
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Remembers addresses of our own, as the seller sees them, and returns all that were ours within a year: a panel that has two, or
    /// has moved, is no stranger to itself.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_addresses(
        &mut self,
        account: &Account,
        own: &BTreeSet<IpAddr>,
        now: Timestamp,
    ) -> Result<BTreeSet<IpAddr>, Error> {
        let account = account.identity();
        let oldest = now.checked_sub(KEEP_ADDRESSES).unwrap_or(Timestamp::MIN).as_millisecond();
        let mut write = || -> rusqlite::Result<BTreeSet<IpAddr>> {
            let transaction = self.transaction()?;
            for address in own {
                transaction.execute(
                    "INSERT OR REPLACE INTO own_address(account, address, last_seen) VALUES(?1, ?2, ?3)",
                    params![account, address.to_string(), now.as_millisecond()],
                )?;
            }
            let known: Vec<String> = transaction
                .prepare("SELECT address FROM own_address WHERE account = ?1 AND last_seen >= ?2")?
                .query_map(params![account, oldest], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            transaction.commit()?;
            Ok(known.iter().filter_map(|address| address.parse().ok()).collect())
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Dates evidence back to when it was first seen, and counts it.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_evidence(&mut self, account: &Account, evidence: &mut [Evidence]) -> Result<(), Error> {
        let account = account.to_string();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            for one in evidence.iter_mut() {
                let (kind, subject) = (one.sign.kind(), one.sign.subject());
                transaction.execute(
                    "INSERT OR IGNORE INTO evidence(account, kind, subject, first_seen, last_seen, count)
                     VALUES(?1, ?2, ?3, ?4, ?4, 0)",
                    params![account, kind, subject, one.first_seen.as_millisecond()],
                )?;
                transaction.execute(
                    "UPDATE evidence SET last_seen = ?4, count = count + 1
                     WHERE account = ?1 AND kind = ?2 AND subject = ?3",
                    params![account, kind, subject, one.last_seen.as_millisecond()],
                )?;
                let (first_seen, count): (i64, i64) = transaction.query_row(
                    "SELECT first_seen, count FROM evidence WHERE account = ?1 AND kind = ?2 AND subject = ?3",
                    params![account, kind, subject],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
                one.first_seen = moment(first_seen);
                one.count = unsigned(count);
            }
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Keeps the outcome of a check, for the pages and for the next repair.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_checked(&self, account: &str, at: &str, report: &impl serde::Serialize) -> Result<(), Error> {
        let report = serde_json::to_string(report).unwrap_or_default();
        self.connection
            .execute(
                "INSERT OR REPLACE INTO checked(account, at, report) VALUES(?1, ?2, ?3)",
                params![account, at, report],
            )
            .map_err(|error| Self::fault(&error))?;
        Ok(())
    }

    /// The last check of every account, by account. One that cannot be read any more is left out.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn checked<T: serde::de::DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.connection
                .prepare("SELECT report FROM checked ORDER BY account")?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        let reports = read().map_err(|error| Self::fault(&error))?;
        Ok(reports.iter().filter_map(|report| serde_json::from_str(report).ok()).collect())
    }
}

pub(super) fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Of this account's services the table keeps those alone.
fn forget_others(
    connection: &Connection,
    table: &'static str,
    account: &str,
    kept: &HashSet<i64>,
) -> rusqlite::Result<()> {
    let known: Vec<i64> = connection
        .prepare(&format!("SELECT item FROM {table} WHERE account = ?1"))?
        .query_map([account], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let delete = format!("DELETE FROM {table} WHERE account = ?1 AND item = ?2");
    for item in known.iter().filter(|item| !kept.contains(item)) {
        connection.execute(&delete, params![account, item])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::Root;

    #[test]
    fn a_check_waits_for_another_one_that_is_writing() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("var")).unwrap();
        let root = Root::at(place.path());
        let (mut one, mut other) = (Journal::open(&root).unwrap(), Journal::open(&root).unwrap());
        let account = Account::new("https://seller.example", "shop").unwrap();
        let (holds, held) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let writing = other.transaction().unwrap();
                writing.execute("INSERT INTO poll(begun) VALUES(1)", []).unwrap();
                holds.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(300));
                writing.commit().unwrap();
            });
            held.recv().unwrap();
            // It reads before it writes: what it read must not be out of date by then.
            one.remember_active(&account, &[ItemId(16643)], moment(1_000_000)).unwrap();
        });
        assert!(one.delivered_since(&account, ItemId(16643)).unwrap().is_some());
    }

    #[test]
    fn a_poll_counts_from_its_beginning_once_it_has_ended_whenever_that_is_noted() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("var")).unwrap();
        let mut journal = Journal::open(&Root::at(place.path())).unwrap();
        let account = Account::new("https://seller.example", "shop").unwrap();
        let now = moment(1_000_000);
        let mut begun = |notes: &[(Moment, i64)]| -> Vec<i64> {
            let polls: Vec<Poll> = notes.iter().map(|(moment, at)| Poll { moment: *moment, at: *at }).collect();
            journal.remember_polls(&polls, now).unwrap();
            let memory = journal.recall(&account, now).unwrap();
            memory.polls.iter().map(|poll| poll.as_millisecond()).collect()
        };
        assert_eq!(begun(&[(Moment::Before, 1), (Moment::After, 2), (Moment::Before, 3)]), [1]);
        assert_eq!(begun(&[(Moment::After, 4)]), [1, 3], "its two halves were noted apart");
        // One that failed has no end, and the end of the next is not its.
        assert_eq!(begun(&[(Moment::Before, 5), (Moment::Before, 6), (Moment::After, 7)]), [1, 3, 6]);
        assert_eq!(begun(&[(Moment::After, 8)]), [1, 3, 6]);
    }
}
