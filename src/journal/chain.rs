//! The chain: records that are only ever appended, each with a hash over itself and the hash before it, so that a record which
//! was changed, removed or moved is found.
//!
//! Cutting off the end leaves a chain that is whole in itself; so the number and the hash of the newest record also stand in a
//! file beside the journal (`journal.head`), and in the logs at the end of each run. Whoever may write all of these can forge
//! them all: what the chain proves, it proves against mistakes, and against people who cannot reach the logs.
//!
//! The hash of a record is SHA-256, in lower-case hex, of the JSON array `[hash before, id, at, kind, parent, item, body]` without
//! white space, `null` for what is missing, `body` as the text that stands in the column. Before the first record it is 64 zeros.

use crate::error::{Error, Kind};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The hash before the first record.
const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Which half of an event a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    Run,
    /// What is about to happen to one service; under its run.
    Intention,
    /// A call, before it goes out; under its intention.
    Call,
    /// What a call answered; under the call.
    Answer,
    /// What came of an intention; under it.
    Outcome,
}

impl RecordKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Intention => "intention",
            Self::Call => "call",
            Self::Answer => "answer",
            Self::Outcome => "outcome",
        }
    }
}

/// A record that is not written yet.
pub(super) struct Record<'a> {
    pub at: &'a str,
    pub kind: RecordKind,
    pub parent: Option<i64>,
    /// The service; a record under another one is about the same.
    pub item: Option<i64>,
    pub body: &'a Value,
}

/// The place in the chain that a record has: how many there are up to it, and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub records: i64,
    pub hash: String,
}

impl Head {
    fn none() -> Self {
        Self { records: 0, hash: NONE.to_owned() }
    }
}

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many records there are.
    pub records: i64,
    /// The hash of the newest one.
    pub hash: String,
    pub broken: Option<Broken>,
}

/// The first place where the chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The record with this number is not there, but later ones are.
    Missing { record: i64 },
    /// The record is not what it was, or does not stand where it stood.
    Changed { record: i64 },
    /// Records at the end are gone: there were so many.
    Cut { record: i64, were: i64 },
    /// The chain is whole, and not the one whose newest record was noted beside it.
    Replaced { record: i64 },
    /// What was noted beside the chain cannot be read.
    HeadUnreadable { record: i64, detail: String },
}

impl Broken {
    /// The number of the first record that does not hold.
    pub fn record(&self) -> i64 {
        match self {
            Self::Missing { record }
            | Self::Changed { record }
            | Self::Cut { record, .. }
            | Self::Replaced { record }
            | Self::HeadUnreadable { record, .. } => *record,
        }
    }
}

/// Writes a record behind the newest one; on the disk when this returns.
pub(super) fn append(connection: &Connection, record: &Record<'_>) -> rusqlite::Result<Head> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let head = add(&transaction, record)?;
    transaction.commit()?;
    Ok(head)
}

/// The same inside somebody's transaction.
pub(super) fn add(connection: &Connection, record: &Record<'_>) -> rusqlite::Result<Head> {
    let newest = newest(connection)?;
    let inherited = || -> rusqlite::Result<Option<i64>> {
        let of_parent = "SELECT item FROM record WHERE id = ?1";
        record.parent.map_or(Ok(None), |parent| connection.query_row(of_parent, [parent], |row| row.get(0)))
    };
    let item = record.item.map_or_else(inherited, |item| Ok(Some(item)))?;
    let (id, kind, body) = (newest.records + 1, record.kind.word(), record.body.to_string());
    let hash = hash(&newest.hash, id, record.at, kind, record.parent, item, &body);
    connection
        .prepare_cached(
            "INSERT INTO record(id, at, kind, parent, item, body, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![id, record.at, kind, record.parent, item, body, hash])?;
    Ok(Head { records: id, hash })
}

pub(super) fn newest(connection: &Connection) -> rusqlite::Result<Head> {
    connection
        .prepare_cached("SELECT id, hash FROM record ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok(Head { records: row.get(0)?, hash: row.get(1)? }))
        .optional()
        .map(|newest| newest.unwrap_or_else(Head::none))
}

fn hash(before: &str, id: i64, at: &str, kind: &str, parent: Option<i64>, item: Option<i64>, body: &str) -> String {
    let text = json!([before, id, at, kind, parent, item, body]).to_string();
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Walks the whole chain, then compares it with what was noted beside it.
///
/// # Errors
/// The database cannot be read.
pub(super) fn verify(connection: &Connection, beside: &Path) -> rusqlite::Result<Verified> {
    // Noted after the record, so read before it: what is appended meanwhile is no fault.
    let noted = read_head(beside);
    let mut walked = Head::none();
    let mut found = noted.as_ref().is_ok_and(|noted| *noted == walked);
    let mut broken = None;
    let mut query = connection.prepare("SELECT id, at, kind, parent, item, body, hash FROM record ORDER BY id")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let next = walked.records + 1;
        // A column of another type, or a text that is none, was not written by us.
        let holds = follows(row, &walked.hash, next).unwrap_or(None);
        let Some(hash) = holds else {
            let id: i64 = row.get(0).unwrap_or(next);
            broken = Some(if id > next { Broken::Missing { record: next } } else { Broken::Changed { record: next } });
            break;
        };
        walked = Head { records: next, hash };
        found |= noted.as_ref().is_ok_and(|noted| *noted == walked);
    }
    let whole = broken.is_none();
    let beside = match noted {
        Ok(_) if found => None,
        Ok(noted) if noted.records > walked.records => {
            Some(Broken::Cut { record: walked.records + 1, were: noted.records })
        }
        Ok(noted) => Some(Broken::Replaced { record: noted.records }),
        // Neither a record nor a note of one: there was no journal yet.
        Err(_) if walked.records == 0 && std::fs::symlink_metadata(beside).is_err() => None,
        Err(detail) => Some(Broken::HeadUnreadable { record: walked.records, detail }),
    };
    Ok(Verified { records: walked.records, hash: walked.hash, broken: broken.or(beside.filter(|_| whole)) })
}

/// The hash of the record, when it is the one that belongs here.
fn follows(row: &Row<'_>, before: &str, number: i64) -> rusqlite::Result<Option<String>> {
    let (id, at, kind, body): (i64, String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(5)?);
    let (parent, item, stands): (Option<i64>, Option<i64>, String) = (row.get(3)?, row.get(4)?, row.get(6)?);
    let right = hash(before, id, &at, &kind, parent, item, &body);
    Ok((id == number && stands == right).then_some(stands))
}

/// The file beside the journal.
pub(super) fn beside(journal: &Path) -> PathBuf {
    journal.with_extension("head")
}

/// Makes the file for a chain that has no record yet. One that is there stays: it says what there was.
pub(super) fn make_head(path: &Path) -> Result<(), Error> {
    if std::fs::symlink_metadata(path).is_ok() {
        return Ok(());
    }
    write_head(path, &Head::none(), true).map_err(|error| super::state(path, &error))
}

/// Notes the newest record. Only ever forward on the chain that was noted before: what does not fit stays, as the evidence.
///
/// # Errors
/// `Kind::State`. The record itself is on the disk all the same.
pub(super) fn advance(connection: &Connection, path: &Path, newest: &Head) -> Result<(), Error> {
    let fault = |why: &str| Error::new(Kind::State, format!("{}: {why}", path.display()));
    let noted = read_head(path).map_err(|error| fault(&error))?;
    let at_that_place: Option<String> = connection
        .prepare_cached("SELECT hash FROM record WHERE id = ?1")
        .and_then(|mut query| query.query_row([noted.records], |row| row.get(0)).optional())
        .map_err(|error| fault(&error.to_string()))?;
    if noted != Head::none() && at_that_place.as_ref() != Some(&noted.hash) {
        return Err(fault(
            "the journal is not the one whose newest record was noted here; see resellguard journal --verify",
        ));
    }
    if noted.records >= newest.records {
        return Ok(());
    }
    write_head(path, newest, false).map_err(|error| fault(&error.to_string()))
}

/// One short line, always of the same length, written over the old one: no moment without it, and no room needed.
fn write_head(path: &Path, head: &Head, new: bool) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(new).mode(0o600).open(path)?;
    file.rewind()?;
    file.write_all(format!("{:020} {}\n", head.records, head.hash).as_bytes())?;
    if new { file.sync_all() } else { Ok(()) }
}

fn read_head(path: &Path) -> Result<Head, String> {
    let about = std::fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(200).read_to_string(&mut text));
    read.map_err(|error| error.to_string())?;
    let parsed = text.strip_suffix('\n').and_then(|line| line.split_once(' ')).and_then(|(records, hash)| {
        let fits = hash.len() == NONE.len() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(Head { records: records.parse().ok()?, hash: Some(hash).filter(|_| fits)?.to_owned() })
    });
    parsed.ok_or_else(|| "it does not say how many records there were".to_owned())
}
