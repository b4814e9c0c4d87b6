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
