//! A service that an administrator moves to the manual module himself: what cannot be shown to be ours is not put back.

use crate::play::{kill, outcome, servers};
use crate::stage::{json, start};
use lab::billing::guesses::Guesses;
use mysql::prelude::Queryable;
use std::time::Duration;

#[test]
fn a_move_of_an_administrator_after_a_run_that_was_killed_before_its_own_is_left() {
    let play = servers(Guesses::default(), 2);
    let [item, other] = play.items[..] else { panic!("two services") };
    let changing = || {
        let running =
            "SELECT id FROM information_schema.processlist WHERE info LIKE 'UPDATE item SET processingmodule%'";
        !play.a.rows(running).is_empty()
    };
    let begun = || {
        let plugin = start(&play.a, &["sync", &item.to_string(), "--via", "manual", "--format", "json"]);
        while !changing() {
            std::thread::sleep(Duration::from_millis(5));
        }
        plugin
    };
    let take = format!("UPDATE item SET processingmodule = {} WHERE id = {item}", play.manual);

    // While the run waits for the row, somebody else moves it there.
    let mut holder = play.a.database.connection();
    holder.query_drop("START TRANSACTION").unwrap();
    holder.query_drop(&take).unwrap();
    let plugin = begun();
    holder.query_drop("COMMIT").unwrap();
    let report: serde_json::Value = serde_json::from_slice(&plugin.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((outcome(&report, 0).0, play.module(item)), ("failed", play.manual), "{report:#}");
    assert!(outcome(&report, 0).1.contains("nothing was changed"), "{report:#}");
    play.a.execute(&format!("UPDATE item SET processingmodule = {} WHERE id = {item}", play.own));

    // Its change never came to the row.
    holder.query_drop("START TRANSACTION").unwrap();
    holder.query_drop(format!("SELECT id FROM item WHERE id = {item} FOR UPDATE")).unwrap();
    kill(begun());
    holder.query_drop("ROLLBACK").unwrap();
    while changing() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(play.module(item), play.own, "the scene is a change that has not taken effect");
    play.a.execute(&take);
    let moves = play.moves();
    let (doctor, _) = json(&play.a, &["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "manual_module" && check["status"] == "ok"), "{doctor:#}");
    for _ in 0..2 {
        let (report, _) = play.sync(&[other], &[]);
        assert!(!report.to_string().contains("manual module"), "{report:#}");
        assert_eq!((play.module(item), play.moves()), (play.manual, moves.clone()), "{report:#}");
    }
}

#[test]
fn what_a_journal_that_was_moved_away_knew_of_the_manual_module_the_doctor_finds_in_the_saved_rows() {
    let play = servers(Guesses::default(), 2);
    let [item, other] = play.items[..] else { panic!("two services") };
    assert_eq!(play.sync(&[other], &["--via", "manual"]).1, 0);
    play.hanging(item, "tool.clearcache", kill);
    assert_eq!(play.module(item), play.manual, "the scene is a service left on the manual module");
    let state = play.a.root().join("var/resellguard");
    let told = || {
        let (doctor, _) = json(&play.a, &["doctor"]);
        let checks = doctor["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "manual_module").unwrap();
        let word = |name: &str| check[name].as_str().unwrap().to_owned();
        (word("status"), word("detail"), word("fix"))
    };
    assert!(told().1.contains("the next sync puts it back"), "the journal knows it");
    for name in ["journal.db", "journal.db-wal", "journal.db-shm", "journal.head"] {
        let _ = std::fs::rename(state.join(name), state.join(format!("{name}.old")));
    }
    for journal in ["gone", "new", "broken"] {
        match journal {
            "new" => drop(json(&play.a, &["sync", &other.to_string()])),
            "broken" => std::fs::write(state.join("journal.db"), "no database").unwrap(),
            _ => {}
        }
        let (status, detail, fix) = told();
        assert_eq!(status, "warning", "{journal}: {detail}");
        assert!(detail.starts_with(&format!("{item}: ")) && !detail.contains(&format!("{other}: ")), "{detail}");
        assert!(
            detail.contains(&format!("from module {}", play.own)) && detail.contains(&format!("-{item}.json")),
            "{detail}"
        );
        assert!(fix.contains("put_back"), "{fix}");
    }
    play.a.execute(&format!("UPDATE item SET processingmodule = {} WHERE id = {item}", play.own));
    assert_ne!(told().0, "warning", "back again");
}
