//! The audit trail: for each run who, when, what was intended, which calls, what came of it.

use super::Journal;
use crate::error::Error;
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::ItemId;
use crate::reselling::plan::Step;
use jiff::ZonedDateTime;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What came of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Changed, and read back as wanted.
    Done,
    /// Nothing was to be done.
    InStep,
    /// Must not, or not now; nothing was called.
    Refused,
    /// A call failed, or the read-back did not show what was wanted.
    Failed,
    /// A dry run.
    Planned,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::InStep => "in_step",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Planned => "planned",
        }
    }
}

/// One call as it was recorded; `answer` is missing when the process was killed before it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepEntry {
    pub call: String,
    pub params: Value,
    pub answer: Option<String>,
}

/// One service of a run. `outcome` is `None` while the run is going on, and after it was killed.
#[derive(Clone, Debug, Serialize)]
pub struct ItemEntry {
    pub item: ItemId,
    pub outcome: Option<Outcome>,
    pub decision: String,
    #[serde(skip)]
    pub reason: Option<Reason>,
    pub before: Value,
    pub after: Value,
    pub steps: Vec<StepEntry>,
}

/// One run of a repair.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub run: String,
    pub at: String,
    pub actor: String,
    pub items: Vec<ItemEntry>,
}

/// A service whose run was killed: the intention stands, the outcome does not.
#[derive(Clone, Debug)]
pub struct OpenItem {
    pub entry: i64,
    pub item: ItemId,
    pub decision: String,
    pub before: Value,
}

impl Journal {
    /// Begins a run and returns its key and its name (`20261124-103015-4711`: local time and process).
    ///
    /// # Errors
    /// `Kind::State` when the disk does not take it; nothing has been changed then.
    pub fn begin_run(&self, actor: &str, now: &ZonedDateTime) -> Result<(i64, String), Error> {
        let run = format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), std::process::id());
        self.connection
            .execute("INSERT INTO run(run, at, actor) VALUES(?1, ?2, ?3)", params![run, rfc3339(now), actor])
            .map_err(|error| Self::fault(&error))?;
        Ok((self.connection.last_insert_rowid(), run))
    }

    /// Writes down what is about to happen to a service; on the disk when this returns.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn intend(
        &self,
        run: i64,
        item: ItemId,
        decision: Decision,
        reason: &Reason,
        before: &Value,
    ) -> Result<i64, Error> {
        self.connection
            .execute(
                "INSERT INTO run_item(run, item, decision, reason, before) VALUES(?1, ?2, ?3, ?4, ?5)",
                params![run, signed(item.0), decision.word(), json(reason), before.to_string()],
            )
            .map_err(|error| Self::fault(&error))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Writes down a call before it goes out.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn calling(&self, entry: i64, step: &Step, now: &ZonedDateTime) -> Result<i64, Error> {
        let value = serde_json::to_value(step).unwrap_or_default();
        let params = value.get("params").cloned().unwrap_or_default().to_string();
        self.connection
            .execute(
                "INSERT INTO step(run_item, at, call, params) VALUES(?1, ?2, ?3, ?4)",
                params![entry, rfc3339(now), step.call, params],
            )
            .map_err(|error| Self::fault(&error))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Writes down what the call answered.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn answered(&self, step: i64, answer: &str) -> Result<(), Error> {
        self.connection
            .execute("UPDATE step SET answer = ?2 WHERE id = ?1", params![step, answer])
            .map_err(|error| Self::fault(&error))?;
        Ok(())
    }

    /// Writes down what came of a service.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn settle(&self, entry: i64, outcome: Outcome, reason: &Reason, after: &Value) -> Result<(), Error> {
        self.connection
            .execute(
                "UPDATE run_item SET outcome = ?2, reason = ?3, after = ?4 WHERE id = ?1",
                params![entry, outcome.word(), json(reason), after.to_string()],
            )
            .map_err(|error| Self::fault(&error))?;
        Ok(())
    }

    /// The services of killed runs, oldest first.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn open_items(&self) -> Result<Vec<OpenItem>, Error> {
        let read = || -> rusqlite::Result<Vec<OpenItem>> {
            let mut query = self
                .connection
                .prepare("SELECT id, item, decision, before FROM run_item WHERE outcome IS NULL ORDER BY id")?;
            query
                .query_map([], |row| {
                    Ok(OpenItem {
                        entry: row.get(0)?,
                        item: ItemId(unsigned(row.get(1)?)),
                        decision: row.get(2)?,
                        before: value(row.get(3)?),
                    })
                })?
                .collect()
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// The newest call about a service, when it was never answered: its process was killed, or gave up waiting.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn unanswered(&self, item: ItemId) -> Result<Option<(String, String)>, Error> {
        self.connection
            .query_row(
                "SELECT step.call, step.at, step.answer FROM step JOIN run_item ON run_item.id = step.run_item
                 WHERE run_item.item = ?1 ORDER BY step.id DESC LIMIT 1",
                [signed(item.0)],
                |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?)),
            )
            .optional()
            .map(|newest| newest.filter(|(.., answer)| answer.is_none()).map(|(call, at, _)| (call, at)))
            .map_err(|error| Self::fault(&error))
    }

    /// Whether an earlier repair of the service that came to no good end has stored the certificate.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn stored_certificate(&self, item: ItemId) -> Result<bool, Error> {
        self.connection
            .query_row(
                "SELECT 1 FROM step WHERE call = 'certificate.save' AND run_item =
                 (SELECT MAX(id) FROM run_item WHERE item = ?1 AND outcome = 'failed')",
                [signed(item.0)],
                |_| Ok(()),
            )
            .optional()
            .map(|found| found.is_some())
            .map_err(|error| Self::fault(&error))
    }

    /// Whether there is a run of that name.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn has_run(&self, run: &str) -> Result<bool, Error> {
        self.connection
            .query_row("SELECT 1 FROM run WHERE run = ?1", [run], |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
            .map_err(|error| Self::fault(&error))
    }

    /// The newest runs, newest first; with `run` only that one, with `item` only those that touched it.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn runs(&self, run: Option<&str>, item: Option<ItemId>, limit: u32) -> Result<Vec<Run>, Error> {
        runs(&self.connection, run, item, limit).map_err(|error| Self::fault(&error))
    }
}

fn runs(connection: &Connection, run: Option<&str>, item: Option<ItemId>, limit: u32) -> rusqlite::Result<Vec<Run>> {
    let mut query = connection.prepare(
        "SELECT id, run, at, actor FROM run
         WHERE (?1 IS NULL OR run = ?1) AND (?2 IS NULL OR id IN (SELECT run FROM run_item WHERE item = ?2))
         ORDER BY id DESC LIMIT ?3",
    )?;
    let found: Vec<(i64, Run)> = query
        .query_map(params![run, item.map(|item| signed(item.0)), limit], |row| {
            let run = Run { run: row.get(1)?, at: row.get(2)?, actor: row.get(3)?, items: Vec::new() };
            Ok((row.get(0)?, run))
        })?
        .collect::<rusqlite::Result<_>>()?;
    found
        .into_iter()
        .map(|(key, mut run)| {
            run.items = items(connection, key)?;
            Ok(run)
        })
        .collect()
}

fn items(connection: &Connection, run: i64) -> rusqlite::Result<Vec<ItemEntry>> {
    let mut query = connection.prepare_cached(
        "SELECT id, item, outcome, decision, reason, before, after FROM run_item WHERE run = ?1 ORDER BY id",
    )?;
    let entries: Vec<(i64, ItemEntry)> = query
        .query_map([run], |row| {
            let outcome: Option<String> = row.get(2)?;
            let reason: Option<String> = row.get(4)?;
            let entry = ItemEntry {
                item: ItemId(unsigned(row.get(1)?)),
                outcome: outcome.and_then(|word| serde_json::from_value(Value::String(word)).ok()),
                decision: row.get(3)?,
                reason: reason.and_then(|text| serde_json::from_str(&text).ok()),
                before: value(row.get(5)?),
                after: value(row.get(6)?),
                steps: Vec::new(),
            };
            Ok((row.get(0)?, entry))
        })?
        .collect::<rusqlite::Result<_>>()?;
    entries
        .into_iter()
        .map(|(key, mut entry)| {
            entry.steps = steps(connection, key)?;
            Ok(entry)
        })
        .collect()
}

fn steps(connection: &Connection, entry: i64) -> rusqlite::Result<Vec<StepEntry>> {
    let mut query =
        connection.prepare_cached("SELECT call, params, answer FROM step WHERE run_item = ?1 ORDER BY id")?;
    query
        .query_map([entry], |row| Ok(StepEntry { call: row.get(0)?, params: value(row.get(1)?), answer: row.get(2)? }))?
        .collect()
}

/// A moment as the contract writes it: RFC 3339 with the panel's offset, to the second.
pub fn rfc3339(moment: &ZonedDateTime) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn value(text: Option<String>) -> Value {
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// SQLite has no unsigned numbers; ids are parsed to at most 18 digits and fit.
pub(super) fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(id: i64) -> u64 {
    u64::try_from(id).unwrap_or(0)
}
