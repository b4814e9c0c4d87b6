//! The audit trail: for each run who, when, what was intended, which calls, what came of it.

use super::Journal;
use super::chain::{self, Head, Record, RecordKind, Verified};
use crate::error::Error;
use crate::logging::AUDIT;
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::ItemId;
use crate::reselling::plan::Step;
use crate::reselling::way::{PROGRAM, Via};
use jiff::ZonedDateTime;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    /// What was asked for; empty in runs of the first format.
    pub why: String,
    /// Whose hands were to do it; not known of runs that older versions wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// The run that this one takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
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
    /// Begins a run and returns its key and its name (`20261124-103015-4711`: local time and process). `why` is what was asked for,
    /// `undoes` the run that is taken back.
    ///
    /// # Errors
    /// `Kind::State` when the disk does not take it; nothing has been changed then.
    pub fn begin_run(
        &self,
        actor: &str,
        why: &str,
        via: Via,
        undoes: Option<&str>,
        now: &ZonedDateTime,
    ) -> Result<(i64, String), Error> {
        let run = format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), std::process::id());
        let body = json!({"run": run, "actor": actor, "why": why, "via": via, "undoes": undoes});
        let key = self.append(RecordKind::Run, None, None, &body, now)?;
        Ok((key, run))
    }

    /// Writes down what is about to happen to a service; on the disk with its first call.
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
        let body = json!({"decision": decision, "reason": reason, "before": before});
        self.append(RecordKind::Intention, Some(run), Some(item), &body, &ZonedDateTime::now())
    }

    /// Writes down a call before it goes out; on the disk when this returns.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn calling(&self, entry: i64, step: &Step, now: &ZonedDateTime) -> Result<i64, Error> {
        self.append(RecordKind::Call, Some(entry), None, &json!(step), now)
    }

    /// The same for a call that may change the seller's side: with what that was before.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn calling_from(&self, entry: i64, step: &Step, seller: &Value, now: &ZonedDateTime) -> Result<i64, Error> {
        #[derive(Serialize)]
        struct From<'a> {
            #[serde(flatten)]
            step: &'a Step,
            seller: &'a Value,
        }
        self.append(RecordKind::Call, Some(entry), None, &json!(From { step, seller }), now)
    }

    /// Writes down what the call answered; should the machine lose it before the next call or `flush`, the call
    /// counts as not answered, and what it did is found by reading.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn answered(&self, call: i64, answer: &str) -> Result<(), Error> {
        let body = json!({"answer": answer});
        self.append(RecordKind::Answer, Some(call), None, &body, &ZonedDateTime::now()).map(drop)
    }

    /// Writes down what came of a service; on the disk with the next call, or `flush`.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn settle(&self, entry: i64, outcome: Outcome, reason: &Reason, after: &Value) -> Result<(), Error> {
        let body = json!({"outcome": outcome, "reason": reason, "after": after});
        self.append(RecordKind::Outcome, Some(entry), None, &body, &ZonedDateTime::now()).map(drop)
    }

    /// Brings the run to the disk, and says in the logs, which others may keep, how far the chain goes: what is cut off afterwards is
    /// found by that.
    pub fn end_run(&self, run: &str) {
        self.flush();
        match chain::newest(&self.connection) {
            Ok(Head { records, hash }) => {
                log::info!(target: AUDIT, "run {run} ended; the journal has {records} records, the newest is {hash}");
            }
            Err(error) => log::error!("{}", Self::fault(&error)),
        }
    }

    fn append(
        &self,
        kind: RecordKind,
        parent: Option<i64>,
        item: Option<ItemId>,
        body: &Value,
        at: &ZonedDateTime,
    ) -> Result<i64, Error> {
        let record = Record { at: &rfc3339(at), kind, parent, item: item.map(|item| signed(item.0)), body };
        let append = || chain::append(&self.connection, &record);
        let lasting = kind == RecordKind::Call;
        let head = if lasting { append() } else { self.without_sync(append) }.map_err(|error| Self::fault(&error))?;
        if lasting {
            // What keeps one note back keeps all, and `flush` says so once.
            chain::advance(&self.connection, &self.beside, &head).ok();
        }
        Ok(head.records)
    }

    /// Brings to the disk what is not there yet, then notes beside it how far it goes: not before, for a journal that ends before its note
    /// was cut. What keeps it from that is in the log: it changes nothing of what was done.
    pub fn flush(&self) {
        let flushed = || -> Result<(), Error> {
            let fault = |error| Self::fault(&error);
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(fault)?;
            chain::advance(&self.connection, &self.beside, &chain::newest(&self.connection).map_err(fault)?)
        };
        if let Err(error) = flushed() {
            log::error!("{error}");
        }
    }

    /// A process that is killed loses nothing of it, a machine that loses its power may, until the next call or `flush`.
    fn without_sync<T>(&self, write: impl FnOnce() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let written = write();
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        written
    }

    /// Walks the chain.
    ///
    /// # Errors
    /// `Kind::State`: the database cannot be read.
    pub fn verify(&self) -> Result<Verified, Error> {
        chain::verify(&self.connection, &self.beside).map_err(|error| Self::fault(&error))
    }

    /// The services of killed runs, oldest first.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn open_items(&self) -> Result<Vec<OpenItem>, Error> {
        let read = || -> rusqlite::Result<Vec<OpenItem>> {
            let mut query = self.connection.prepare(
                "SELECT id, item, body FROM record AS intention WHERE kind = 'intention' AND NOT EXISTS
                 (SELECT 1 FROM record WHERE parent = intention.id AND kind = 'outcome') ORDER BY id",
            )?;
            query
                .query_map([], |row| {
                    let body: Body = body(row, 2)?;
                    Ok(OpenItem {
                        entry: row.get(0)?,
                        item: ItemId(unsigned(row.get(1)?)),
                        decision: body.decision,
                        before: body.before,
                    })
                })?
                .collect()
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// The calls that a run has made for a service, in order.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn calls(&self, entry: i64) -> Result<Vec<Step>, Error> {
        let made = under(&self.connection, entry).map_err(|error| Self::fault(&error))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let step = |body: Body| {
            let params = body.params.as_object().into_iter().flatten();
            Step { params: params.map(|(name, value)| (name.clone(), text(value))).collect(), call: body.call }
        };
        let calls = made.into_iter().filter(|kept| kept.kind == RecordKind::Call.word());
        Ok(calls.map(|kept| step(kept.body)).collect())
    }

    /// The newest call about a service, when it was never answered: its process was killed, or gave up waiting.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn unanswered(&self, item: ItemId) -> Result<Option<(String, String)>, Error> {
        let read = || -> rusqlite::Result<Option<(String, String)>> {
            let mut query = self.connection.prepare_cached(
                "SELECT body, at FROM record AS call WHERE id =
                 (SELECT MAX(id) FROM record WHERE item = ?1 AND kind = 'call')
                 AND NOT EXISTS (SELECT 1 FROM record WHERE parent = call.id AND kind = 'answer')",
            )?;
            query.query_row([signed(item.0)], |row| Ok((body(row, 0)?.call, row.get(1)?))).optional()
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// Whether an earlier repair of the service that came to no good end has stored the certificate.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn stored_certificate(&self, item: ItemId) -> Result<bool, Error> {
        self.connection
            .query_row(
                "SELECT 1 FROM record WHERE kind = 'call' AND json_extract(body, '$.call') = 'certificate.save' AND parent =
                 (SELECT MAX(parent) FROM record AS outcome
                  WHERE item = ?1 AND kind = 'outcome' AND json_extract(body, '$.outcome') = 'failed'
                  AND EXISTS (SELECT 1 FROM record WHERE parent = outcome.parent AND kind = 'call'))",
                [signed(item.0)],
                |_| Ok(()),
            )
            .optional()
            .map(|found| found.is_some())
            .map_err(|error| Self::fault(&error))
    }

    /// The services of a run that were taken back, each with the run that did it.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn taken_back(&self, run: &str) -> Result<Vec<(ItemId, String)>, Error> {
        let read = || -> rusqlite::Result<Vec<(ItemId, String)>> {
            self.connection
                .prepare(
                    "SELECT intention.item, json_extract(undo.body, '$.run') FROM record AS undo
                     JOIN record AS intention ON intention.parent = undo.id
                     JOIN record AS outcome ON outcome.parent = intention.id AND outcome.kind = 'outcome'
                     WHERE undo.kind = 'run' AND json_extract(undo.body, '$.undoes') = ?1
                     AND json_extract(outcome.body, '$.outcome') = 'done'",
                )?
                .query_map([run], |row| Ok((ItemId(unsigned(row.get(0)?)), row.get(1)?)))?
                .collect()
        };
        read().map_err(|error| Self::fault(&error))
    }

    /// What the seller's side was before the call of the module's program under this intention; `None` when there was no such call.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn seller_before(&self, entry: i64) -> Result<Option<Value>, Error> {
        let made = under(&self.connection, entry).map_err(|error| Self::fault(&error))?;
        Ok(made.into_iter().find(|kept| kept.body.call.starts_with(PROGRAM)).map(|kept| kept.body.seller))
    }

    /// The newest call of a module's program whose intention has no outcome: service and time.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn unsettled_by_module(&self) -> Result<Option<(ItemId, String)>, Error> {
        self.connection
            .query_row(
                &format!(
                    "SELECT item, at FROM record AS call WHERE kind = 'call' AND json_extract(body, '$.call') LIKE '{PROGRAM}%'
                     AND NOT EXISTS (SELECT 1 FROM record WHERE parent = call.parent AND kind = 'outcome')
                     ORDER BY id DESC LIMIT 1"
                ),
                [],
                |row| Ok((ItemId(unsigned(row.get(0)?)), row.get(1)?)),
            )
            .optional()
            .map_err(|error| Self::fault(&error))
    }

    /// The last service with which the module changed the seller's side, and when.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn last_alarm(&self) -> Result<Option<(ItemId, String)>, Error> {
        self.connection
            .query_row(
                "SELECT item, at FROM record WHERE kind = 'outcome'
                 AND json_extract(body, '$.reason.Way.SellerChanged') IS NOT NULL ORDER BY id DESC LIMIT 1",
                [],
                |row| Ok((ItemId(unsigned(row.get(0)?)), row.get(1)?)),
            )
            .optional()
            .map_err(|error| Self::fault(&error))
    }

    /// Whether there is a run of that name.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn has_run(&self, run: &str) -> Result<bool, Error> {
        self.connection
            .query_row(
                "SELECT 1 FROM record WHERE kind = 'run' AND json_extract(body, '$.run') = ?1",
                [run],
                |_| Ok(()),
            )
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

/// What the bodies of records say; a record has what its kind has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    run: String,
    actor: String,
    why: String,
    via: Option<Via>,
    undoes: Option<String>,
    decision: String,
    reason: Value,
    before: Value,
    call: String,
    params: Value,
    seller: Value,
    answer: String,
    outcome: Value,
    after: Value,
}

/// A record that cannot be read is shown empty; `verify` says that it is damaged.
fn body(row: &Row<'_>, column: usize) -> rusqlite::Result<Body> {
    let text: String = row.get(column)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn runs(connection: &Connection, run: Option<&str>, item: Option<ItemId>, limit: u32) -> rusqlite::Result<Vec<Run>> {
    let mut query = connection.prepare(
        "SELECT id, at, body FROM record
         WHERE kind = 'run' AND (?1 IS NULL OR json_extract(body, '$.run') = ?1)
         AND (?2 IS NULL OR id IN (SELECT parent FROM record WHERE item = ?2 AND kind = 'intention'))
         ORDER BY id DESC LIMIT ?3",
    )?;
    let found: Vec<(i64, Run)> = query
        .query_map(params![run, item.map(|item| signed(item.0)), limit], |row| {
            let Body { run, actor, why, via, undoes, .. } = body(row, 2)?;
            Ok((row.get(0)?, Run { run, at: row.get(1)?, actor, why, via, undoes, items: Vec::new() }))
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

/// A record as it is read again.
struct Kept {
    id: i64,
    kind: String,
    item: Option<i64>,
    body: Body,
}

/// The records under another one, in their order.
fn under(connection: &Connection, parent: i64) -> rusqlite::Result<Vec<Kept>> {
    let mut query =
        connection.prepare_cached("SELECT id, kind, item, body FROM record WHERE parent = ?1 ORDER BY id")?;
    query
        .query_map([parent], |row| {
            Ok(Kept { id: row.get(0)?, kind: row.get(1)?, item: row.get(2)?, body: body(row, 3)? })
        })?
        .collect()
}

fn items(connection: &Connection, run: i64) -> rusqlite::Result<Vec<ItemEntry>> {
    under(connection, run)?.into_iter().map(|intention| entry(connection, intention)).collect()
}

fn entry(connection: &Connection, intention: Kept) -> rusqlite::Result<ItemEntry> {
    let intended = intention.body;
    let mut entry = ItemEntry {
        item: ItemId(unsigned(intention.item.unwrap_or_default())),
        outcome: None,
        decision: intended.decision,
        reason: serde_json::from_value(intended.reason).ok(),
        before: intended.before,
        after: Value::Null,
        steps: Vec::new(),
    };
    for Kept { id, kind, body, .. } in under(connection, intention.id)? {
        if kind == RecordKind::Call.word() {
            let answer = under(connection, id)?.into_iter().next().map(|answer| answer.body.answer);
            entry.steps.push(StepEntry { call: body.call, params: body.params, answer });
        } else {
            entry.outcome = serde_json::from_value(body.outcome).ok();
            entry.reason = serde_json::from_value(body.reason).ok();
            entry.after = body.after;
        }
    }
    Ok(entry)
}

/// A moment as the contract writes it: RFC 3339 with the panel's offset, to the second.
pub fn rfc3339(moment: &ZonedDateTime) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// SQLite has no unsigned numbers; ids are parsed to at most 18 digits and fit.
pub(super) fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(id: i64) -> u64 {
    u64::try_from(id).unwrap_or(0)
}
