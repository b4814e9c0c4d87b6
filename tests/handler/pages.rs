//! What the pages show of what is remembered: the journal and the last checks.

use crate::alone::{call, document, error_of, function};
use crate::place::Place;
use jiff::{Timestamp, ZonedDateTime};
use resellguard::journal::{Journal, Outcome};
use resellguard::report::Checked;
use resellguard::reselling::circumstance::Circumstance;
use resellguard::reselling::decision::{Decision, Reason};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::plan::Step;
use resellguard::reselling::verdict::{Evidence, Rule, Severity, Sign, Verdict, Window};
use resellguard::reselling::way::Via;
use resellguard::xml::Element;
use serde_json::json;

/// The rows of a page that an administrator opens in that language.
fn rows(place: &Place, name: &str, elid: &str, language: &str) -> Vec<Element> {
    let variables = [function(name, "29"), vec![("PARAM_elid", elid)]].concat();
    let input = format!("<doc lang=\"{language}\" func=\"{name}\"><elem><id>old</id></elem></doc>");
    let document = document(&call(&place.0, &variables, input.as_bytes()));
    document.find_all("elem").cloned().collect()
}

/// Two runs: one that was finished and one that was killed in its first call.
fn journal(place: &Place) -> [String; 2] {
    let journal = Journal::open(&place.root()).unwrap();
    let before = json!({"status": "processing", "operation": "open"});
    let open = Step { call: "vds.open".into(), params: vec![("elid".into(), "7".into())] };
    let now = ZonedDateTime::now();
    let (key, done) = journal.begin_run("panel user 1 from 192.0.2.1", "7", Via::Callbacks, None, &now).unwrap();
    let entry = journal.intend(key, ItemId(7), Decision::Open, &Reason::ActiveAtSeller, &before).unwrap();
    let step = journal.calling(entry, &open, &now).unwrap();
    journal.answered(step, "ok").unwrap();
    journal.settle(entry, Outcome::Done, &Reason::ActiveAtSeller, &json!({"status": "active"})).unwrap();
    // Runs are named by the second.
    let later = now.checked_add(jiff::SignedDuration::from_secs(2)).unwrap();
    let (key, killed) = journal.begin_run("shell user root", "7", Via::Callbacks, None, &later).unwrap();
    let entry = journal.intend(key, ItemId(8), Decision::Open, &Reason::ActiveAtSeller, &before).unwrap();
    journal.calling(entry, &open, &now).unwrap();
    [done, killed]
}

#[test]
fn the_journal_shows_who_changed_what_and_what_was_cut_short() {
    let place = Place::new();
    let [done, killed] = journal(&place);
    let rows_in = |elid: &str, language: &str| rows(&place, "resellguard.journal", elid, language);
    let all = rows_in("", "ru");
    assert_eq!(all.len(), 2, "the row that was in the document is gone");
    let shown = |row: &Element, name: &str| row.text_of(name).unwrap_or_default().to_owned();
    // The newest first.
    assert_eq!((shown(&all[0], "run"), shown(&all[0], "outcome")), (killed.clone(), "open".into()));
    assert_eq!(shown(&all[0], "steps"), "vds.open: нет ответа");
    assert_eq!((shown(&all[1], "run"), shown(&all[1], "outcome")), (done.clone(), "done".into()));
    assert_eq!(shown(&all[1], "actor"), "panel user 1 from 192.0.2.1");
    assert_eq!(shown(&all[1], "before"), "в обработке (операция open)");
    assert_eq!(shown(&all[1], "after"), "активна");
    assert!(shown(&all[1], "reason").starts_with("Продавец уже активировал"));
    // By its run, by a row of the list, by its service.
    for elid in [done.as_str(), &shown(&all[1], "id"), "7"] {
        let found = rows_in(elid, "en");
        assert_eq!(found.len(), 1, "{elid}");
        assert_eq!(shown(&found[0], "item"), "7", "{elid}");
        assert_eq!(shown(&found[0], "steps"), "vds.open: ok");
    }
}

#[test]
fn the_evidence_of_an_account_is_shown_with_what_could_not_be_looked_at() {
    let place = Place::new();
    let account = "https://seller.example/billmgr#shop";
    let seen = Timestamp::from_second(1_764_000_000).unwrap();
    let sign = Sign::DuplicateRemoteid { itemtype: "vds".into(), remoteid: "7<&".into(), rows: vec!["1".into()] };
    let evidence = vec![Evidence { sign, severity: Severity::Warning, count: 3, first_seen: seen, last_seen: seen }];
    let checked = Checked {
        account: account.into(),
        modules: vec![ModuleId(3)],
        verdict: Verdict::Possible,
        rule: Rule::Oddities,
        window: Window::default(),
        evidence,
        circumstances: vec![Circumstance::OperationsStopped],
        waiting: vec![ItemId(7)],
        at: "2026-11-24T10:00:00+03:00".into(),
        error: None,
        notes: vec!["the history is not readable".into()],
    };
    let journal = Journal::open(&place.root()).unwrap();
    journal.remember_checked(account, &checked.at, &checked).unwrap();
    let rows = rows(&place, "resellguard.evidence", account, "ru");
    let kinds: Vec<_> = rows.iter().map(|row| (row.text_of("kind"), row.text_of("severity"))).collect();
    assert_eq!(
        kinds,
        [("duplicate_remoteid", "warning"), ("circumstance", "info"), ("note", "info"), ("rule", "info")]
            .map(|(kind, severity)| (Some(kind), Some(severity)))
    );
    assert!(rows[0].text_of("detail").unwrap().contains("«7<&»"));
    assert_eq!(rows[0].text_of("count"), Some("3"));
    let variables = [function("resellguard.evidence", "29"), vec![("PARAM_elid", "https://other/billmgr#x")]].concat();
    assert_eq!(error_of(&call(&place.0, &variables, b"")).0, "missed");
}

#[test]
fn a_damaged_journal_is_said_and_not_replaced() {
    let place = Place::new();
    drop(Journal::open(&place.root()).unwrap());
    let path = place.state().join("journal.db");
    std::fs::write(&path, "this is no database, and long enough to be taken for one".repeat(100)).unwrap();
    let variables = function("resellguard.journal", "30");
    let (kind, text) = error_of(&call(&place.0, &variables, b"<doc lang=\"en\"/>"));
    assert_eq!(kind, "resellguard");
    assert!(text.contains("own directory cannot be used"), "{text}");
    assert!(std::fs::read(&path).unwrap().starts_with(b"this is no database"));
}
