//! The first format of the journal, whose rows were filled in afterwards, taken over into the chain.
//!
//! What happened before is chained from now on: nobody can say whether a row was changed while it was not.

use super::chain::{Record, RecordKind, add};
use rusqlite::Connection;
use serde_json::Value;

/// What the tables say, in the order in which it happened: a record stands right behind the one that it belongs to.
const EVENTS: &str = "
SELECT 'run' AS kind, at, NULL AS item, id AS run, NULL AS entry, 0 AS part, NULL AS step, 0 AS half,
       json_object('run', run, 'actor', actor, 'format', 1) AS body FROM run
UNION ALL
SELECT 'intention', run.at, e.item, e.run, e.id, 0, NULL, 0,
       json_object('decision', e.decision, 'reason', CASE WHEN json_valid(e.reason) THEN json(e.reason) END,
                   'before', CASE WHEN json_valid(e.before) THEN json(e.before) END)
FROM run_item e JOIN run ON run.id = e.run
UNION ALL
SELECT 'call', s.at, NULL, e.run, e.id, 1, s.id, 0,
       json_object('call', s.call, 'params', CASE WHEN json_valid(s.params) THEN json(s.params) END)
FROM step s JOIN run_item e ON e.id = s.run_item
UNION ALL
SELECT 'answer', s.at, NULL, e.run, e.id, 1, s.id, 1, json_object('answer', s.answer)
FROM step s JOIN run_item e ON e.id = s.run_item WHERE s.answer IS NOT NULL
UNION ALL
SELECT 'outcome', run.at, NULL, e.run, e.id, 2, NULL, 0,
       json_object('outcome', e.outcome, 'reason', CASE WHEN json_valid(e.reason) THEN json(e.reason) END,
                   'after', CASE WHEN json_valid(e.after) THEN json(e.after) END)
FROM run_item e JOIN run ON run.id = e.run WHERE e.outcome IS NOT NULL
ORDER BY run, entry, part, step, half";

/// Appends every run of the first format, oldest first, and removes its tables. Inside the caller's transaction.
pub(super) fn take_over(connection: &Connection) -> rusqlite::Result<()> {
    let (mut run, mut intention, mut call) = (None, None, None);
    let mut query = connection.prepare(EVENTS)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (word, at, item, body): (String, String, Option<i64>, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(8)?);
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let (kind, parent) = match word.as_str() {
            "run" => (RecordKind::Run, None),
            "intention" => (RecordKind::Intention, run),
            "call" => (RecordKind::Call, intention),
            "answer" => (RecordKind::Answer, call),
            _ => (RecordKind::Outcome, intention),
        };
        let id = add(connection, &Record { at: &at, kind, parent, item, body: &body })?.records;
        match kind {
            RecordKind::Run => run = Some(id),
            RecordKind::Intention => intention = Some(id),
            RecordKind::Call => call = Some(id),
            RecordKind::Answer | RecordKind::Outcome => {}
        }
    }
    drop(rows);
    drop(query);
    connection.execute_batch("DROP TABLE step; DROP TABLE run_item; DROP TABLE run;")
}

#[cfg(test)]
mod tests {
    use crate::journal::{FIRST, Journal};
    use crate::reselling::ids::ItemId;
    use crate::root::Root;
    use serde_json::json;

    /// A journal as the first version wrote it: a finished repair, one that was killed in a call, and one that failed.
    const RUNS: &str = "
        INSERT INTO run VALUES(1, '20261101-101500-71', '2026-11-01T10:15:00+03:00', 'shell user anna');
        INSERT INTO run VALUES(2, '20261102-101500-72', '2026-11-02T10:15:00+03:00', 'panel user 5 from 192.0.2.1');
        INSERT INTO run_item VALUES(1, 1, 7, 'open', 'done', '\"ActiveAtSeller\"',
            '{\"status\":\"processing\"}', '{\"status\":\"active\"}');
        INSERT INTO run_item VALUES(2, 2, 8, 'store_certificate', NULL, '\"IssuedAtSeller\"', '{\"status\":\"processing\"}', NULL);
        INSERT INTO run_item VALUES(3, 2, 9, 'store_certificate', 'failed', '\"NotReached\"', '{\"status\":\"active\"}', 'rubbish');
        INSERT INTO step VALUES(1, 1, '2026-11-01T10:15:01+03:00', 'vds.open', '{\"elid\":\"7\"}', 'ok');
        INSERT INTO step VALUES(2, 3, '2026-11-02T10:15:02+03:00', 'certificate.save', '{\"elid\":\"9\"}', 'ok');
        INSERT INTO step VALUES(3, 2, '2026-11-02T10:15:03+03:00', 'certificate.save', '{\"elid\":\"8\"}', NULL);
        INSERT INTO checked VALUES('https://seller.example/billmgr#shop', '2026-11-02T10:15:00+03:00', '{}');
        PRAGMA user_version = 1;";

    #[test]
    fn a_journal_of_the_first_format_is_taken_over_whole_and_then_chained() {
        let place = tempfile::tempdir().unwrap();
        let root = Root::at(place.path());
        std::fs::create_dir_all(root.state()).unwrap();
        let old = rusqlite::Connection::open(root.state().join("journal.db")).unwrap();
        old.execute_batch(FIRST).unwrap();
        old.execute_batch(RUNS).unwrap();
        drop(old);
        let journal = Journal::open(&root).unwrap();
        let verified = journal.verify().unwrap();
        assert_eq!((verified.records, verified.broken), (12, None));
        assert_eq!(
            json!(journal.runs(None, None, 10).unwrap()),
            json!([
                {"run": "20261102-101500-72", "at": "2026-11-02T10:15:00+03:00", "actor": "panel user 5 from 192.0.2.1", "why": "",
                 "items": [
                    {"item": 8, "outcome": null, "decision": "store_certificate", "before": {"status": "processing"}, "after": null,
                     "steps": [{"call": "certificate.save", "params": {"elid": "8"}, "answer": null}]},
                    {"item": 9, "outcome": "failed", "decision": "store_certificate", "before": {"status": "active"}, "after": null,
                     "steps": [{"call": "certificate.save", "params": {"elid": "9"}, "answer": "ok"}]}]},
                {"run": "20261101-101500-71", "at": "2026-11-01T10:15:00+03:00", "actor": "shell user anna", "why": "",
                 "items": [
                    {"item": 7, "outcome": "done", "decision": "open", "before": {"status": "processing"},
                     "after": {"status": "active"},
                     "steps": [{"call": "vds.open", "params": {"elid": "7"}, "answer": "ok"}]}]},
            ])
        );
        // What decides on the next repair is the same as before.
        let open = journal.open_items().unwrap();
        assert_eq!(open.iter().map(|open| open.item.0).collect::<Vec<_>>(), [8]);
        assert_eq!(journal.unanswered(ItemId(8)).unwrap().map(|(call, _)| call).as_deref(), Some("certificate.save"));
        assert_eq!(journal.unanswered(ItemId(7)).unwrap(), None);
        assert!(journal.stored_certificate(ItemId(9)).unwrap() && !journal.stored_certificate(ItemId(7)).unwrap());
        assert!(journal.has_run("20261101-101500-71").unwrap());
        // A second time there is nothing to take over.
        drop(journal);
        assert_eq!(Journal::open(&root).unwrap().verify().unwrap().records, 12);
    }
}
