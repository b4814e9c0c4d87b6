//! What is heard of an account from elsewhere: the seller's trails, and the owner's other panels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::{Guesses, Quirks};
use lab::site::Site;
use lab::world::{Account, Setup, World};
use serde_json::Value;
use stage::{configure, install, json, resellguard};
use std::sync::Arc;

/// The evidence of a kind: severity and detail.
fn evidence(report: &Value, kind: &str) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = report["accounts"][0]["evidence"].as_array().unwrap();
    all.iter().filter(|one| one["kind"] == kind).map(|one| (word(&one["severity"]), word(&one["detail"]))).collect()
}

fn notes(report: &Value) -> String {
    report["accounts"][0]["notes"].to_string()
}

/// A has the plugin and calls from 127.0.0.1, B calls from 127.0.0.2; both know the account.
fn two(world: &World) -> (Arc<Site>, Arc<Site>, Account) {
    let (a, b) = (stage::reseller(world, "a"), world.reseller("b"));
    let account = world.account("resellers");
    world.connect(&a, &account, &["vds"]);
    world.connect(&b, &account, &["vds"]);
    install(world, &a, "");
    (a, b, account)
}

#[test]
fn another_panel_shows_in_the_sellers_journal_and_our_own_calls_do_not() {
    let world = World::new();
    let (a, b, _) = two(&world);
    a.checkevent();
    let (report, _) = json(&a, &["check"]);
    assert_eq!(evidence(&report, "foreign_address"), [], "only our own address was there: {report:#}");
    b.checkevent();
    configure(&world, &a, "[check]\nown_addresses = [\"127.0.0.1\"]\n");
    let (report, status) = json(&a, &["check"]);
    let found = evidence(&report, "foreign_address");
    assert_eq!((found[0].0.as_str(), status), ("warning", 1), "a single question is no panel's habit: {report:#}");
    configure(&world, &a, "");
    b.checkevent();
    let (report, status) = json(&a, &["check"]);
    let found = evidence(&report, "foreign_address");
    assert_eq!(found.len(), 1, "{report:#}");
    assert!(found[0].1.contains("127.0.0.2") && found[0].1.contains("itemevent"), "{found:?}");
    assert_eq!((found[0].0.as_str(), status), ("warning", 1), "our address was only learned: {report:#}");
    // An address that the settings name is ours.
    configure(&world, &a, "[check]\nown_addresses = [\"127.0.0.0/30\"]\n");
    assert_eq!(evidence(&json(&a, &["check"]).0, "foreign_address"), []);
    configure(&world, &a, "[check]\nown_addresses = [\"127.0.0.1\"]\n");
    let found = evidence(&json(&a, &["check"]).0, "foreign_address");
    assert_eq!(found[0].0, "critical", "our addresses are named, so it is none of them");
}

#[test]
fn a_module_that_leaves_by_another_address_than_the_plugin_is_no_stranger() {
    let world = World::new();
    let (a, b, _) = two(&world);
    let poll = |site: &Site| {
        site.checkevent();
        // The seller sees the module's calls from elsewhere, and every poll lies five minutes after the one before.
        world
            .seller()
            .execute("UPDATE journal SET ip = '2001:db8::1' WHERE ip = '127.0.0.1' AND funcname LIKE '%itemevent%'");
    };
    let pass = || {
        world.seller().execute("UPDATE journal SET time = time - INTERVAL 5 MINUTE");
        let state = rusqlite::Connection::open(a.root().join("var/resellguard/journal.db")).unwrap();
        state.execute_batch("UPDATE poll SET begun = begun - 300000, ended = ended - 300000").unwrap();
    };
    for _ in 0..5 {
        poll(&a);
        let _ = json(&a, &["check"]);
        pass();
    }
    // Whether others are named or not.
    for settings in ["", "[check]\nown_addresses = [\"127.0.0.1\"]\n"] {
        configure(&world, &a, settings);
        let (report, status) = json(&a, &["check"]);
        assert_eq!((evidence(&report, "foreign_address"), status), (vec![], 0), "{settings}: {report:#}");
        assert!(notes(&report).contains("2001:db8::1 alone asks for events"), "{report:#}");
    }
    // With another panel there are two who ask.
    b.checkevent();
    let found = evidence(&json(&a, &["check"]).0, "foreign_address");
    assert_eq!((found.len(), found[0].0.as_str()), (1, "warning"), "the other one, who asked once: {found:?}");
    pass();
    b.checkevent();
    let (report, status) = json(&a, &["check"]);
    let found = evidence(&report, "foreign_address");
    assert_eq!((found.len(), status), (2, 1), "{report:#}");
}

#[test]
fn an_administrators_browser_is_worth_knowing_and_no_more() {
    let world = World::new();
    let (a, _, account) = two(&world);
    for function in ["dashboard", "vds", "vds.edit"] {
        world.seller().execute(&format!(
            "INSERT INTO journal(time, user, account, ip, funcname) VALUES (NOW(), 'resellers', {}, '198.51.100.7', '{function}')",
            account.id
        ));
    }
    world.seller().execute(&format!(
        "INSERT INTO authlog(time, user, account, ip) VALUES (NOW(), 'resellers', {0}, '198.51.100.7'),
         (NOW() - INTERVAL 60 DAY, 'resellers', {0}, '203.0.113.9'), (NOW(), 'resellers', {0}, '-')",
        account.id
    ));
    let (report, status) = json(&a, &["check"]);
    let found = evidence(&report, "foreign_address");
    assert_eq!(found.len(), 1, "who came two months ago, and who had no address, are left out: {report:#}");
    assert_eq!((found[0].0.as_str(), status), ("info", 0), "{report:#}");
    assert!(found[0].1.contains("198.51.100.7") && found[0].1.contains("dashboard"), "{found:?}");
}

#[test]
fn a_seller_that_shows_no_trails_is_a_note_and_no_more() {
    let world = World::new();
    let (a, b, _) = two(&world);
    b.checkevent();
    let names = || vec!["journal".to_owned(), "authlog".to_owned()];
    for (quirks, notes_expected) in [
        (Quirks { refused: names(), ..Quirks::default() }, 2),
        (Quirks { absent: names(), ..Quirks::default() }, 2),
        (Quirks { absent: vec!["authlog".into()], ..Quirks::default() }, 1),
    ] {
        let what = format!("{quirks:?}");
        *world.seller().billing.quirks() = quirks;
        let (report, _) = json(&a, &["check"]);
        assert_eq!(notes(&report).matches("was not shown").count(), notes_expected, "{what}: {report:#}");
        let strangers = evidence(&report, "foreign_address").len();
        assert_eq!(strangers, 2 - notes_expected, "{what}: {report:#}");
        assert_eq!(report["accounts"][0]["verdict"], if strangers == 0 { "exclusive" } else { "possible" }, "{what}");
    }
    *world.seller().billing.quirks() = Quirks { absent: vec!["whoami".into()], ..Quirks::default() };
    let (report, _) = json(&a, &["check"]);
    assert_eq!(report["accounts"][0]["verdict"], "exclusive", "{report:#}");
}

#[test]
fn a_journal_that_does_not_write_reading_down_accuses_nobody_by_mistake() {
    let guesses = Guesses { journal_shows_reading: false, ..Guesses::default() };
    let world = World::with(Setup { guesses, ..Setup::default() });
    let (a, b, account) = two(&world);
    // Behind a router the seller sees both panels under addresses that neither knows.
    for ip in ["192.0.2.1", "203.0.113.5"] {
        world.seller().execute(&format!(
            "INSERT INTO journal(time, user, account, ip, funcname) VALUES (NOW(), 'resellers', {}, '{ip}', 'itemevent')",
            account.id
        ));
    }
    let (report, status) = json(&a, &["check"]);
    assert_eq!((evidence(&report, "foreign_address"), status), (vec![], 0), "{report:#}");
    assert!(notes(&report).contains("own_addresses"), "{report:#}");
    configure(&world, &a, "[check]\nown_addresses = [\"192.0.2.1\"]\n");
    let found = evidence(&json(&a, &["check"]).0, "foreign_address");
    assert!(found.len() == 1 && found[0].1.contains("203.0.113.5"), "{found:?}");
    drop(b);
}

#[test]
fn a_journal_that_is_seen_from_its_old_end_only_is_not_used() {
    let world = World::new();
    let (a, b, _) = two(&world);
    configure(&world, &a, "page = 10\n");
    b.checkevent();
    *world.seller().billing.quirks() = Quirks { trails_unsorted: true, ..Quirks::default() };
    let seller = world.seller();
    seller.execute("UPDATE journal SET time = NOW() - INTERVAL 1 DAY");
    let _ = json(&a, &["check"]);
    let _ = json(&a, &["check"]);
    let (report, _) = json(&a, &["check"]);
    assert!(notes(&report).contains("from the oldest line on"), "{report:#}");
    assert_eq!(evidence(&report, "foreign_address"), [], "{report:#}");
}

#[test]
fn a_check_asks_three_questions_besides_its_lists() {
    let world = World::new();
    let (a, _, _) = two(&world);
    for name in ["one.example", "two.example", "three.example"] {
        a.order("vds", name);
    }
    world.seller().clear_calls();
    let _ = json(&a, &["check"]);
    let asked: Vec<String> = world.seller().calls().into_iter().map(|call| call.function).collect();
    let lists = asked.iter().filter(|function| !["whoami", "journal", "authlog"].contains(&function.as_str())).count();
    assert_eq!((lists, asked.len()), (6, 9), "{asked:?}");
}

const KEY: &str = "fingerprint_key = \"0123456789abcdef0123456789abcdef\"\n";

#[test]
fn panels_of_one_owner_find_each_other_by_fingerprints() {
    let world = World::new();
    let (a, b, _) = two(&world);
    let b = {
        install(&world, &b, &format!("[check]\n{KEY}panel_name = \"b.example\"\n"));
        b
    };
    let output = resellguard(&b, &["fingerprint"]);
    let line = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), line.lines().count()), (Some(0), 1), "{line}");
    assert!(
        line.trim_end().ends_with(" b.example") && !line.contains("resellers") && !line.contains("127.0.0.1"),
        "{line}"
    );
    let fleet = world.dir().join("fleet");
    let here = format!("[check]\n{KEY}panel_name = \"a.example\"\nfleet = \"{}\"\n", fleet.display());
    configure(&world, &a, &here);
    let own = String::from_utf8(resellguard(&a, &["fingerprint"]).stdout).unwrap();
    let stranger = line.replace(char::is_numeric, "0");
    for (text, found) in [
        (own.clone(), false),
        (format!("# my panels\n\n{own}{stranger}\n"), false),
        (
            format!("# my panels\r\n\r\n{own}{}\r\n", line.trim_end().to_uppercase().replace("B.EXAMPLE", "b.example")),
            true,
        ),
    ] {
        std::fs::write(&fleet, &text).unwrap();
        let (report, _) = json(&a, &["check"]);
        let evidence = evidence(&report, "fleet_duplicate");
        assert_eq!(evidence.len(), usize::from(found), "{text}: {report:#}");
        assert!(!found || evidence[0].1.contains("b.example"), "{evidence:?}");
        assert_eq!(report["accounts"][0]["verdict"], if found { "likely" } else { "exclusive" }, "{report:#}");
    }
    // A line of half a year ago may be about an account that the panel has left since.
    let old = line.replace(line.split(' ').nth(2).unwrap(), "2026-01-15");
    std::fs::write(&fleet, &old).unwrap();
    let (report, status) = json(&a, &["check"]);
    let found = evidence(&report, "fleet_duplicate");
    assert_eq!((found[0].0.as_str(), status), ("warning", 1), "{report:#}");
    assert!(found[0].1.contains("2026-01-15") && found[0].1.contains("long ago"), "{found:?}");
    assert_eq!(report["accounts"][0]["verdict"], "possible", "{report:#}");
    std::fs::write(&fleet, format!("{own}{line}")).unwrap();
    // The same lines made with another key cannot be compared, and that is said.
    configure(&world, &a, &here.replace("0123456789abcdef", "fedcba9876543210"));
    let (report, _) = json(&a, &["check"]);
    assert_eq!(evidence(&report, "fleet_duplicate"), []);
    assert!(notes(&report).contains("2 lines made with another key"), "{report:#}");
    for text in ["nonsense\n".to_owned(), "x".repeat(1024 * 1024 + 1)] {
        std::fs::write(&fleet, text).unwrap();
        let (report, _) = json(&a, &["check"]);
        assert!(notes(&report).contains("fleet"), "{report:#}");
        assert_eq!(report["accounts"][0]["verdict"], "exclusive", "{report:#}");
    }
    std::fs::remove_file(&fleet).unwrap();
    assert!(notes(&json(&a, &["check"]).0).contains("fleet is not used"));
}

#[test]
fn without_a_key_there_is_no_fingerprint_and_the_way_to_make_one_is_said() {
    let world = World::new();
    let (a, _, _) = two(&world);
    let output = resellguard(&a, &["fingerprint"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("openssl rand -hex 32") && said.contains("etc/resellguard.toml"), "{said}");
    let (error, _) = json(&a, &["fingerprint"]);
    assert_eq!(error["error"]["kind"], "settings");
}

#[test]
fn one_account_written_in_several_ways_is_one_account_with_a_warning() {
    let world = World::new();
    let (a, account) = (stage::reseller(&world, "a"), world.account("resellers"));
    world.connect(&a, &account, &["vds"]);
    install(&world, &a, "");
    assert_eq!(json(&a, &["check"]).0["accounts"][0]["evidence"], serde_json::json!([]));
    let plain = account.url.trim_end_matches("/billmgr").to_owned();
    for (number, (url, user)) in [
        (account.url.clone() + "/", "resellers"),
        (plain.clone() + "/manager/billmgr", "resellers"),
        (plain, "Resellers"),
    ]
    .into_iter()
    .enumerate()
    {
        a.add_module(&format!("again {number}"), &Account { url: url.clone(), user: user.into(), ..account.clone() });
        let (report, status) = json(&a, &["check"]);
        assert_eq!(report["accounts"].as_array().unwrap().len(), 1, "{url}: {report:#}");
        let found = evidence(&report, "local_duplicate");
        assert_eq!((found.len(), found[0].0.as_str(), status), (1, "warning", 1), "{url}: {report:#}");
        assert!(found[0].1.contains(&format!("{url} ({user})")), "{found:?}");
    }
}
