//! Services whose automatic repair failed: how often, when last, in which state they were left.

use super::Journal;
use super::runs::{signed, unsigned};
use crate::error::Error;
use crate::reselling::decision::Reason;
use crate::reselling::ids::ItemId;
use crate::reselling::patience::pause;
use jiff::Timestamp;
use rusqlite::params;
use serde_json::Value;

/// A service that will be tried again, or was set aside for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    pub item: ItemId,
    pub failures: u32,
    /// The last failure.
    pub at: Timestamp,
    pub reason: Option<Reason>,
    /// What was read back after it: when the service is in another state, somebody has done something.
    pub state: Value,
    /// A person has been told that it was set aside.
    pub told: bool,
}

impl Retry {
    /// A person has to look; it is not tried any more.
    pub fn set_aside(&self) -> bool {
        pause(self.failures).is_none()
    }

    /// It may be tried now. A clock that went backwards does not keep it waiting for more than its pause.
    pub fn due(&self, now: Timestamp) -> bool {
        pause(self.failures).is_some_and(|pause| now.duration_since(self.at).abs() >= pause)
    }
}

impl Journal {
    /// All of them, by service.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn retries(&self) -> Result<Vec<Retry>, Error> {
        let read = || -> rusqlite::Result<Vec<Retry>> {
            self.connection
                .prepare("SELECT item, failures, at, reason, state, told FROM retry ORDER BY item")?
                .query_map([], |row| {
                    let (reason, state): (String, String) = (row.get(3)?, row.get(4)?);
                    Ok(Retry {
                        item: ItemId(unsigned(row.get(0)?)),
                        failures: row.get(1)?,
                        at: Timestamp::from_millisecond(row.get(2)?).unwrap_or(Timestamp::UNIX_EPOCH),
                        reason: serde_json::from_str(&reason).ok(),
                        state: serde_json::from_str(&state).unwrap_or_default(),
                        told: row.get(5)?,
                    })
                })?
                .collect()
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// Remembers one, in place of what was known of the service.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn remember_retry(&self, retry: &Retry) -> Result<(), Error> {
        let reason = serde_json::to_string(&retry.reason).unwrap_or_default();
        self.connection
            .execute(
                "INSERT OR REPLACE INTO retry(item, failures, at, reason, state, told) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    signed(retry.item.0),
                    retry.failures,
                    retry.at.as_millisecond(),
                    reason,
                    retry.state.to_string(),
                    retry.told
                ],
            )
            .map(drop)
            .map_err(|error| Self::fault(&error))
    }

    /// It was repaired, or is another matter now.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn forget_retry(&self, item: ItemId) -> Result<(), Error> {
        self.connection
            .execute("DELETE FROM retry WHERE item = ?1", [signed(item.0)])
            .map(drop)
            .map_err(|error| Self::fault(&error))
    }

    /// Services that wait here and have been seen delivered at the seller since that moment or longer.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn delivered_before(&self, moment: Timestamp) -> Result<Vec<ItemId>, Error> {
        let read = || -> rusqlite::Result<Vec<ItemId>> {
            self.connection
                .prepare("SELECT DISTINCT item FROM active_since WHERE at <= ?1 ORDER BY item")?
                .query_map([moment.as_millisecond()], |row| Ok(ItemId(unsigned(row.get(0)?))))?
                .collect()
        };
        read().map_err(|error| Self::fault(&error))
    }
}
