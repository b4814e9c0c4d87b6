//! What was read of the module's log, and up to where, so that the next check reads only what is new.
//!
//! An event is kept once however often its line is read: reading again, or two checks at a time, change nothing.

use super::Journal;
use super::memory::moment;
use super::runs::{signed, unsigned};
use crate::error::Error;
use crate::modulelog::Position;
use crate::reselling::heard::{Event, Fate, Heard};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

/// How long events are kept, and how many, the newest.
pub const KEEP_HEARD: SignedDuration = SignedDuration::from_hours(24 * 60);
const MOST: i64 = 10_000;

/// How the table names what is no event: the module's login was refused, the seller was not reached, its answer was lost.
const REFUSED: &str = "refused";
const CUT_OFF: &str = "cut_off";
const BROKE: &str = "broke";

/// Up to where the log was read, and from when on.
#[derive(Clone, Debug)]
pub struct HeardUpTo {
    /// `None` when it cannot be gone on with.
    pub position: Option<Position>,
    /// The moment that was asked for at first: what is older was not read.
    pub asked_since: Timestamp,
}

impl Journal {
    /// Up to where the log was read; `None` when it never was.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn heard_up_to(&self) -> Result<Option<HeardUpTo>, Error> {
        self.connection
            .query_row("SELECT position, asked_since FROM heard_up_to", [], |row| {
                let position: Option<String> = row.get(0)?;
                let position = position.and_then(|text| serde_json::from_str(&text).ok());
                Ok(HeardUpTo { position, asked_since: moment(row.get(1)?) })
            })
            .optional()
            .map_err(|error| Self::fault(&error))
    }

    /// Keeps what was read now, and up to where. `anew`: it was read from the beginning.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_heard(&mut self, new: &Heard, up_to: &HeardUpTo, anew: bool, now: Timestamp) -> Result<(), Error> {
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            if anew {
                transaction.execute("DELETE FROM heard_up_to", [])?;
            }
            for event in &new.events {
                keep(&transaction, event)?;
            }
            for (word, times) in [(REFUSED, &new.refused), (CUT_OFF, &new.cut_off), (BROKE, &new.broke)] {
                for at in times {
                    insert(&transaction, *at, 0, word, 0)?;
                }
            }
            let position = up_to.position.as_ref().and_then(|position| serde_json::to_string(position).ok());
            let at = |moment: Option<Timestamp>| moment.map(Timestamp::as_millisecond);
            transaction.execute(
                "INSERT INTO heard_up_to(one, position, asked_since, since, last) VALUES(1, ?1, ?2, ?3, ?4)
                 ON CONFLICT(one) DO UPDATE SET position = ?1, since = COALESCE(since, ?3), last = COALESCE(?4, last)",
                params![position, up_to.asked_since.as_millisecond(), at(new.since), at(new.last)],
            )?;
            let oldest = now.checked_sub(KEEP_HEARD).unwrap_or(Timestamp::MIN).as_millisecond();
            transaction.execute("DELETE FROM heard WHERE at < ?1", [oldest])?;
            // A seller that is down for weeks must not push out what is known of services.
            for of_these in ["fate NOT IN ('refused', 'cut_off', 'broke')", "fate IN ('refused', 'cut_off', 'broke')"] {
                let sql = format!(
                    "DELETE FROM heard WHERE {of_these}
                     AND at < (SELECT at FROM heard WHERE {of_these} ORDER BY at DESC LIMIT 1 OFFSET ?1)"
                );
                transaction.execute(&sql, [MOST])?;
            }
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Keeps for ever which services the module ordered, and on which day last: whoever puts the panel's database back from a backup
    /// loses the services that were ordered since, not their orders.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_orders(&mut self, orders: &[(u64, Date)]) -> Result<(), Error> {
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.transaction()?;
            for (item, day) in orders {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO ordered(item, day) VALUES(?1, ?2)")?
                    .execute(params![signed(*item), day.to_string()])?;
            }
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Those of the services that the module ordered, as far as its log was read, each with the day.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn ordered(&self, items: &[u64]) -> Result<HashMap<u64, Date>, Error> {
        let read = || -> rusqlite::Result<HashMap<u64, Date>> {
            let mut query = self.connection.prepare("SELECT day FROM ordered WHERE item = ?1")?;
            let mut ordered = HashMap::new();
            for item in items {
                let day: Option<String> = query.query_row([signed(*item)], |row| row.get(0)).optional()?;
                ordered.extend(day.and_then(|day| day.parse().ok()).map(|day| (*item, day)));
            }
            Ok(ordered)
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// Everything that was heard since that moment; whose services the events are about is not looked up.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn heard(&self, since: Timestamp) -> Result<Heard, Error> {
        let read = || -> rusqlite::Result<Heard> {
            let mut heard = Heard::default();
            let mut query =
                self.connection.prepare("SELECT at, item, fate, event FROM heard WHERE at >= ?1 ORDER BY at, item")?;
            let mut rows = query.query([since.as_millisecond()])?;
            while let Some(row) = rows.next()? {
                let (at, item, word): (_, i64, String) = (moment(row.get(0)?), row.get(1)?, row.get(2)?);
                let fate = match word.as_str() {
                    REFUSED => {
                        heard.refused.push(at);
                        continue;
                    }
                    CUT_OFF => {
                        heard.cut_off.push(at);
                        continue;
                    }
                    BROKE => {
                        heard.broke.push(at);
                        continue;
                    }
                    "applied" => Fate::Applied,
                    "failed" => Fate::Failed,
                    "gone" => Fate::Gone { event: unsigned(row.get(3)?) },
                    _ => Fate::Touched,
                };
                heard.events.push(Event { item: (item != 0).then(|| unsigned(item)), at, fate });
            }
            let times = self
                .connection
                .query_row("SELECT since, last FROM heard_up_to", [], |row| {
                    let at = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(moment));
                    Ok((at(0)?, at(1)?))
                })
                .optional()?;
            (heard.since, heard.last) = times.unwrap_or_default();
            Ok(heard)
        };
        read().map_err(|error| Self::fault(&error))
    }
}

fn keep(connection: &Connection, event: &Event) -> rusqlite::Result<()> {
    let (word, number) = match event.fate {
        Fate::Applied => ("applied", 0),
        Fate::Touched => ("touched", 0),
        Fate::Failed => ("failed", 0),
        Fate::Gone { event } => ("gone", signed(event)),
    };
    let item = event.item.map_or(0, signed);
    if word == "gone" && item != 0 {
        // The error was read before the warning that names its service.
        connection
            .prepare_cached("DELETE FROM heard WHERE fate = 'gone' AND item = 0 AND event = ?1")?
            .execute([number])?;
    }
    insert(connection, event.at, item, word, number)
}

fn insert(connection: &Connection, at: Timestamp, item: i64, word: &str, event: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO heard(at, item, fate, event) VALUES(?1, ?2, ?3, ?4)")?
        .execute(params![at.as_millisecond(), item, word, event])?;
    Ok(())
}
