//! The journal as evidence, and what is done with it: a chain in which every changed, removed, moved or cut record is found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::site::Site;
use lab::world::{Setup, World};
use rusqlite::Connection;
use serde_json::Value;
use stage::{Lost, json, lose, rechain, resellguard};
use std::path::Path;

/// What `journal --verify` says, with its exit status.
fn verify(site: &Site) -> (Value, i32) {
    json(site, &["journal", "--verify"])
}

/// A journal that somebody opens who may do everything with it.
fn unlocked(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    database.execute_batch("DROP TRIGGER IF EXISTS record_stays; DROP TRIGGER IF EXISTS record_remains").unwrap();
    database
}

#[test]
fn a_changed_removed_moved_or_cut_record_is_found() {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(
        &world,
        Setup::default(),
        &account,
        &[("vds", "one.example"), ("vds", "two.example"), ("certificate", "c.example")],
    );
    let (empty, status) = verify(&a);
    assert_eq!((status, &empty["records"], &empty["intact"]), (0, &Value::from(0), &Value::from(true)), "{empty:#}");
    for item in &items {
        assert_eq!(json(&a, &["sync", &item.to_string()]).1, 0);
    }
    let (whole, status) = verify(&a);
    assert_eq!((status, &whole["intact"], &whole["broken"]), (0, &Value::from(true), &Value::Null), "{whole:#}");
    // A run, an intention, each call with its answer, an outcome.
    assert_eq!(whole["records"], 5 + 5 + 11);
    // The log has kept how far it went.
    let log = std::fs::read_to_string(a.root().join("var/resellguard.log")).unwrap();
    let last = log.lines().rfind(|line| line.contains("ended; the journal has")).unwrap();
    assert!(last.contains("has 21 records") && last.contains(whole["hash"].as_str().unwrap()), "{last}");

    let path = a.root().join("var/resellguard/journal.db");
    let kept = std::fs::read(&path).unwrap();
    let direct = Connection::open(&path).unwrap();
    for sql in ["UPDATE record SET at = at", "DELETE FROM record WHERE id = 21"] {
        assert!(direct.execute(sql, []).unwrap_err().to_string().contains("a record is never"), "{sql}");
    }
    drop(direct);
    let renumber = "UPDATE record SET id = -id WHERE id > 3; UPDATE record SET id = -id - 1 WHERE id < 0";
    for (what, sql, record, kind) in [
        ("an answer is nicer", "UPDATE record SET body = '{\"answer\":\"fine\"}' WHERE id = 4", 4, "changed"),
        (
            "somebody else did it",
            "UPDATE record SET body = replace(body, 'tester', 'nobody') WHERE id = 1",
            1,
            "changed",
        ),
        ("another service", "UPDATE record SET item = item + 1 WHERE id = 2", 2, "changed"),
        ("another time", "UPDATE record SET at = '2026-01-01T00:00:00+00:00' WHERE id = 21", 21, "changed"),
        ("under another run", "UPDATE record SET parent = 1 WHERE id = 7", 7, "changed"),
        ("no text", "UPDATE record SET body = x'ff00' WHERE id = 9", 9, "changed"),
        ("another hash", "UPDATE record SET hash = lower(hex(randomblob(32))) WHERE id = 5", 5, "changed"),
        ("removed", "PRAGMA foreign_keys = OFF; DELETE FROM record WHERE id = 3", 3, "missing"),
        ("the first is removed", "PRAGMA foreign_keys = OFF; DELETE FROM record WHERE id = 1", 1, "missing"),
        (
            "removed and closed up",
            &format!("PRAGMA foreign_keys = OFF; DELETE FROM record WHERE id = 3; {renumber}"),
            3,
            "changed",
        ),
        (
            "two have changed places",
            "PRAGMA foreign_keys = OFF; UPDATE record SET id = -5 WHERE id = 5; UPDATE record SET id = 5 WHERE id = 10;
             UPDATE record SET id = 10 WHERE id = -5",
            5,
            "changed",
        ),
        ("the end is cut", "PRAGMA foreign_keys = OFF; DELETE FROM record WHERE id > 20", 21, "cut"),
        ("all is gone", "PRAGMA foreign_keys = OFF; DELETE FROM record", 1, "cut"),
    ] {
        std::fs::write(&path, &kept).unwrap();
        let database = unlocked(&path);
        database.execute_batch(sql).unwrap_or_else(|error| panic!("{what}: {error}"));
        drop(database);
        let (found, status) = verify(&a);
        assert_eq!((status, found["intact"].as_bool()), (1, Some(false)), "{what}: {found:#}");
        let broken = &found["broken"];
        assert_eq!(
            (broken["record"].as_i64(), broken["kind"].as_str()),
            (Some(record), Some(kind)),
            "{what}: {found:#}"
        );
        let said = resellguard(&a, &["journal", "--verify"]);
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.starts_with(&format!("The journal is broken at record {record}: ")), "{what}: {said}");
    }
    std::fs::write(&path, &kept).unwrap();
    what_stands_beside_it(&a, &path, &whole);
    std::fs::write(&path, &kept).unwrap();
    another_chain(&a, &path, &whole, items[0]);
}

/// A chain that was made anew is whole in itself; the file beside it, and the log, know another one.
fn another_chain(a: &Site, path: &Path, whole: &Value, item: u64) {
    let database = unlocked(path);
    database.execute("UPDATE record SET body = replace(body, 'tester', 'nobody') WHERE id = 1", []).unwrap();
    let forged = rechain(&database);
    drop(database);
    let (found, status) = verify(a);
    assert_eq!((status, &found["broken"]["kind"]), (1, &Value::from("replaced")), "{found:#}");
    // The next run does not cover it up.
    a.execute(&format!("UPDATE item SET status = 5 WHERE id = {item}"));
    a.execute(&format!("INSERT INTO runningoperation(item, intname, manual) VALUES ({item}, 'open', 'on')"));
    let (report, status) = json(a, &["sync", &item.to_string()]);
    assert_eq!((status, report["items"][0]["outcome"].as_str()), (0, Some("done")), "{report:#}");
    let (found, status) = verify(a);
    assert_eq!((status, &found["broken"]["kind"]), (1, &Value::from("replaced")), "{found:#}");
    // Whoever may write both finds no lock here; only the log tells.
    std::fs::write(path.with_extension("head"), forged).unwrap();
    let (found, status) = verify(a);
    assert_eq!((status, found["intact"].as_bool()), (0, Some(true)));
    assert_ne!(found["hash"], whole["hash"]);
}

fn what_stands_beside_it(a: &Site, path: &Path, whole: &Value) {
    let head = path.with_extension("head");
    let kept_head = std::fs::read(&head).unwrap();
    for rubbish in [&b""[..], b"many", b"00000000000000000021 abc\n"] {
        std::fs::write(&head, rubbish).unwrap();
        let (found, status) = verify(a);
        assert_eq!((status, &found["broken"]["kind"]), (1, &Value::from("head_unreadable")), "{found:#}");
    }
    std::fs::remove_file(&head).unwrap();
    assert_eq!(verify(a).0["broken"]["kind"], "head_unreadable");
    let (doctor, status) = json(a, &["doctor"]);
    let of_journal = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "journal").unwrap();
    assert_eq!((status, of_journal["status"].as_str()), (2, Some("broken")), "{of_journal:#}");
    // What was noted a record too early, by a process that was killed in between, is no fault.
    let hash: String = Connection::open(path)
        .unwrap()
        .query_row("SELECT hash FROM record WHERE id = 20", [], |row| row.get(0))
        .unwrap();
    std::fs::write(&head, format!("{:020} {hash}\n", 20)).unwrap();
    assert_eq!(verify(a).1, 0);
    std::fs::write(&head, kept_head).unwrap();
    assert_eq!(verify(a).0, *whole);
}
