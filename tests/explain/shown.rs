//! What stands beside the conclusion: it is true of what the log, the seller and the settings hold, and of nothing else.

use super::{Play, at, kind, text};
use crate::stage::{configure, json};

/// The section of the text that begins with `title`.
fn section(play: &Play, title: &str, language: &str) -> String {
    let program = play.a.root().join("addon/resellguard");
    let output = at(&program, play.a.root(), &["explain", &play.item.to_string()], language);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = said.split_once(&format!("\n{title}\n")).unwrap_or_else(|| panic!("no '{title}': {said}"));
    rest.split("\n\n").next().unwrap_or_default().to_owned()
}

pub fn an_error_in_the_log_that_is_about_the_service_is_not_denied() {
    let play = Play::new("vds");
    // An error that names the service, and one that follows a question to the seller about it.
    for (thread, query, error) in [
        (
            "511:1",
            format!("func=task.edit&item={}", play.item),
            format!("Error: task failed func=vds.edit&elid={}", play.item),
        ),
        (
            "512:1",
            format!("func=vds.edit&elid={}", play.bought),
            "Error: Type: 'auth' Object: 'badpassword' Value: ''".into(),
        ),
    ] {
        play.log_of(thread, &[&format!("processing EXTINFO Query('{query}')"), &format!("libmgr ERROR {error}")]);
        let log = section(&play, "The module's log", "C");
        assert!(!log.contains("no error") && !log.contains("nothing about"), "{log}");
        assert!(log.contains(&error[..20]), "{log}");
    }
    // A service that waits for something of today: its order lies before, and where it is told is said.
    std::fs::write(play.a.root().join("var/pmbillmgr.log"), "").unwrap();
    let log = section(&play, "The module's log", "C");
    assert!(log.contains("nothing about this service since ") && log.contains("resellguard log"), "{log}");

    // The database is down, or the settings are wrong: what the log shows is said, and the remedy is that for the cause.
    play.log_of(
        "513:1",
        &[&format!("processing EXTINFO Query('func=v2.vds.order.param&remoteid={}&sok=ok')", play.item)],
    );
    let item = play.item.to_string();
    let conf = play.a.root().join("etc/billmgr.conf.d/db.conf");
    let kept = std::fs::read_to_string(&conf).unwrap();
    std::fs::write(&conf, kept.replace("DBSocket /", "DBSocket /nowhere/")).unwrap();
    let (told, status) = json(&play.a, &["explain", &item]);
    assert_eq!((kind(&told).as_str(), status), ("not_read", 1), "{told:#}");
    for part in ["The module's log mentions it, last on", "without an error", "What to do: start the database server"] {
        assert!(text(&told).contains(part), "{part}: {told:#}");
    }
    std::fs::write(&conf, kept).unwrap();
    configure(&play.world, &play.a, "[check]\non_conflict = \"explode\"\n");
    let (told, _) = json(&play.a, &["explain", &item]);
    assert!(kind(&told) == "not_read" && text(&told).contains("resellguard.toml"), "{told:#}");
    assert!(text(&told).contains("explode") && text(&told).contains("What to do: correct that file"), "{told:#}");
    configure(&play.world, &play.a, "");
    let (told, _) = json(&play.a, &["explain", &item, "--offline"]);
    assert!(kind(&told) == "not_read" && text(&told).contains("mentions it"), "{told:#}");
    assert!(text(&told).contains("without --offline"), "{told:#}");
}
