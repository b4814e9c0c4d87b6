//! What was read of the module's log, and up to where, so that the next check reads only what is new.
//!
//! An event is kept once however often its line is read: reading again, or two checks at a time, change nothing.

use super::Journal;
use super::memory::moment;
use super::runs::{signed, unsigned};
use crate::error::Error;
use crate::modulelog::Position;
use crate::reselling::heard::{Event, Fate, Heard};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// How long events are kept, and how many, the newest.
pub const KEEP_HEARD: SignedDuration = SignedDuration::from_hours(24 * 60);
const MOST: i64 = 10_000;

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
            let transaction = self.connection.transaction()?;
            if anew {
                transaction.execute("DELETE FROM heard_up_to", [])?;
            }
            for event in &new.events {
                keep(&transaction, event)?;
            }
            let position = up_to.position.as_ref().and_then(|position| serde_json::to_string(position).ok());
            let at = |moment: Option<Timestamp>| moment.map(Timestamp::as_millisecond);
            transaction.execute(
                "INSERT INTO heard_up_to(one, position, asked_since, since, last, refused, cut_off)
                 VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT(one) DO UPDATE SET position = ?1, since = COALESCE(since, ?3),
                 last = COALESCE(?4, last), refused = COALESCE(?5, refused), cut_off = COALESCE(?6, cut_off)",
                params![
                    position,
                    up_to.asked_since.as_millisecond(),
                    at(new.since),
                    at(new.last),
                    at(new.refused),
                    at(new.cut_off)
                ],
            )?;
            let oldest = now.checked_sub(KEEP_HEARD).unwrap_or(Timestamp::MIN).as_millisecond();
            transaction.execute("DELETE FROM heard WHERE at < ?1", [oldest])?;
            transaction.execute(
                "DELETE FROM heard WHERE at < (SELECT at FROM heard ORDER BY at DESC LIMIT 1 OFFSET ?1)",
                [MOST],
            )?;
            transaction.commit()
        };
        write().map_err(|error| Self::fault(&error))
    }

    /// Everything that was heard since that moment; whose services the events are about is not looked up.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn heard(&self, since: Timestamp) -> Result<Heard, Error> {
        let read = || -> rusqlite::Result<Heard> {
            let events = self
                .connection
                .prepare("SELECT at, item, fate, event FROM heard WHERE at >= ?1 ORDER BY at, item")?
                .query_map([since.as_millisecond()], |row| {
                    let (item, word): (i64, String) = (row.get(1)?, row.get(2)?);
                    let fate = match word.as_str() {
                        "applied" => Fate::Applied,
                        "failed" => Fate::Failed,
                        "gone" => Fate::Gone { event: unsigned(row.get(3)?) },
                        _ => Fate::Touched,
                    };
                    Ok(Event { item: (item != 0).then(|| unsigned(item)), at: moment(row.get(0)?), fate })
                })?
                .collect::<rusqlite::Result<_>>()?;
            let times = self
                .connection
                .query_row("SELECT since, last, refused, cut_off FROM heard_up_to", [], |row| {
                    let at = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(moment));
                    Ok((at(0)?, at(1)?, at(2)?, at(3)?))
                })
                .optional()?;
            let (since, last, refused, cut_off) = times.unwrap_or_default();
            Ok(Heard { since, last, events, refused, cut_off, ..Heard::default() })
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
    connection
        .prepare_cached("INSERT OR IGNORE INTO heard(at, item, fate, event) VALUES(?1, ?2, ?3, ?4)")?
        .execute(params![event.at.as_millisecond(), item, word, number])?;
    Ok(())
}
