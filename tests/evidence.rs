//! Each kind of evidence and what only looks like it, on real parts: panels, a seller, logs that the module wrote itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::Misbehaviour;
use lab::site::Site;
use lab::world::World;
use serde_json::Value;
use stage::{checkevent, install, json};
use std::sync::Arc;

const QUICK: &str = "[reselling]\nstuck_after = \"1s\"\n";

/// A reseller with the plugin, on an account that others may share.
fn reseller(world: &World, user: &str, itemtypes: &[&str]) -> (Arc<Site>, lab::world::Account) {
    let a = stage::reseller(world, "a");
    let account = world.account(user);
    world.connect(&a, &account, itemtypes);
    install(world, &a, QUICK);
    (a, account)
}

fn checked(site: &Site) -> Value {
    json(site, &["check"]).0["accounts"][0].clone()
}

fn kinds(account: &Value) -> Vec<String> {
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let evidence = account["evidence"].as_array().unwrap().iter();
    evidence.map(|one| format!("{} {}", word(one, "kind"), word(one, "severity"))).collect()
}

fn noted(account: &Value, part: &str) -> bool {
    account["notes"].as_array().unwrap().iter().any(|note| note.as_str().unwrap().contains(part))
}

#[test]
fn an_event_of_another_panel_is_seen_where_it_arrived() {
    let world = World::new();
    let (a, account) = reseller(&world, "resellers", &["vds"]);
    let b = world.reseller("b");
    world.connect(&b, &account, &["vds"]);
    let ours = a.order("vds", "one.example");
    let theirs = b.order("vds", "two.example");
    world.seller().activate(ours);
    world.seller().activate(theirs);
    checkevent(&a);
    assert_eq!(a.status(ours), 2);
    let found = checked(&a);
    assert_eq!(found["verdict"], "shared", "{found:#}");
    let seen = ["foreign_remoteid critical", "foreign_item warning", "foreign_address warning"];
    assert_eq!(kinds(&found), seen, "{found:#}");
    assert!(found["evidence"][1]["detail"].as_str().unwrap().contains(&theirs.to_string()), "{found:#}");
}

#[test]
fn an_event_of_a_service_that_was_removed_here_is_nothing() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let kept = a.order("vds", "one.example");
    let removed = a.order("vds", "two.example");
    a.execute(&format!("DELETE FROM runningoperation WHERE item = {removed}"));
    a.execute(&format!("DELETE FROM item WHERE id = {removed}"));
    world.seller().activate(kept);
    world.seller().activate(removed);
    checkevent(&a);
    assert!(a.module_log().contains(&format!("for item '{removed}' failed")), "{}", a.module_log());
    let found = checked(&a);
    assert_eq!((&found["verdict"], kinds(&found)), (&"exclusive".into(), Vec::new()), "{found:#}");
}

#[test]
fn an_event_that_came_and_failed_here_is_not_lost() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let item = a.order("vds", "one.example");
    a.billing.misbehave("vds.open", Misbehaviour::OkWithoutEffect);
    world.seller().activate(item);
    checkevent(&a);
    checkevent(&a);
    checkevent(&a);
    assert_eq!(a.status(item), 5);
    let found = checked(&a);
    assert_eq!((&found["verdict"], kinds(&found)), (&"exclusive".into(), Vec::new()), "{found:#}");
    assert!(noted(&found, &format!("The event of service {item} came")), "{found:#}");
}

#[test]
fn a_seller_that_has_not_delivered_and_an_order_that_never_arrived_are_told_apart() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let waits = a.order("vds", "one.example");
    world.seller().billing.quirks().no_money = true;
    let failed = a.order("vds", "two.example");
    world.seller().billing.quirks().no_money = false;
    for _ in 0..3 {
        checkevent(&a);
    }
    let found = checked(&a);
    assert_eq!(found["verdict"], "exclusive", "{found:#}");
    assert_eq!(kinds(&found), ["silent_poll info"], "{found:#}");
    assert!(noted(&found, &format!("not delivered 1 service that waits here yet: {waits}")), "{found:#}");
    assert!(noted(&found, &format!("The order of service {failed} failed before it reached the seller")), "{found:#}");
}

#[test]
fn a_login_that_was_refused_loses_no_event() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let item = a.order("vds", "one.example");
    world.seller().activate(item);
    // Seen delivered before any poll.
    assert_eq!(kinds(&checked(&a)).len(), 1);
    std::thread::sleep(std::time::Duration::from_secs(2));
    world.seller().billing.quirks().refuse_login = Some("badpassword".to_owned());
    checkevent(&a);
    world.seller().billing.quirks().refuse_login = None;
    let found = checked(&a);
    assert_eq!(found["verdict"], "possible", "{found:#}");
    assert!(noted(&found, "The seller refused the module's login"), "{found:#}");
}

#[test]
fn the_articles_remedy_by_hand_is_no_sign_of_another_panel() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let item = a.order("vds", "one.example");
    world.seller().activate(item);
    checkevent(&a);
    a.execute(&format!(
        "UPDATE item SET processingmodule = (SELECT id FROM processingmodule WHERE module = 'pmmanual') WHERE id = {item}"
    ));
    let found = checked(&a);
    assert_eq!((&found["verdict"], kinds(&found)), (&"exclusive".into(), Vec::new()), "{found:#}");
}

#[test]
fn every_verdict_says_its_window_and_what_would_change_it() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let item = a.order("vds", "one.example");
    world.seller().activate(item);
    checkevent(&a);
    let found = checked(&a);
    for name in ["listing", "watched_since", "polls_since", "log_since"] {
        assert!(found["window"][name].as_str().is_some_and(|at| at.starts_with("20")), "{name}: {found:#}");
    }
    assert!(found["would_change"].as_str().unwrap().contains("One lost event"), "{found:#}");
    let said = stage::resellguard(&a, &["check"]);
    let said = String::from_utf8_lossy(&said.stdout);
    assert!(said.contains("Looked at: the seller's lists (20") && said.contains("One lost event"), "{said}");
    let account = found["account"].as_str().unwrap();
    let page = a.call("resellguard.evidence", &[("elid", account)]).to_string();
    assert!(page.contains("Looked at: the seller"), "{page}");
}

#[test]
fn a_check_asks_for_each_products_list_and_for_nothing_that_grows_with_the_services() {
    let world = World::new();
    let (a, account) = reseller(&world, "reseller-a", &["vds", "vhost"]);
    let products = 6;
    let mut asked = Vec::new();
    for count in [2, 12] {
        while a.rows("SELECT id FROM item WHERE status = 5").len() < count {
            a.order("vds", "one.example");
            a.order("vhost", "two.example");
        }
        let before = world.seller().http_requests();
        assert_eq!(json(&a, &["check"]).1, 0);
        asked.push(world.seller().http_requests() - before);
    }
    assert_eq!(asked[0], asked[1], "the number of services changes nothing");
    assert!(
        asked[1] <= products + 3,
        "{asked:?}: a list for each product and at most three calls for {}",
        account.user
    );
}

/// An event of this service that was gone, as the module writes it.
fn gone(a: &Site, event: u64, item: u64) {
    let now = jiff::ZonedDateTime::now().strftime("%b %e %H:%M:%S");
    let path = a.root().join("var/pmbillmgr.log");
    let mut log = std::fs::read(&path).unwrap_or_default();
    log.extend(
        format!(
            "{now} [23241:1] libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '{event}'\n\
             {now} [23241:1] processing WARNING processing event for item '{item}' failed: ' with '{event}' does not exist '\n"
        )
        .into_bytes(),
    );
    std::fs::write(path, log).unwrap();
}

#[test]
fn events_of_our_own_services_that_were_gone_are_possible_and_then_likely() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let items = [a.order("vds", "one.example"), a.order("vds", "two.example")];
    gone(&a, 1_225_058, items[0]);
    let found = checked(&a);
    assert_eq!((&found["verdict"], kinds(&found)), (&"possible".into(), vec!["missed_event warning".to_owned()]));
    assert!(found["evidence"][0]["detail"].as_str().unwrap().contains(&items[0].to_string()), "{found:#}");
    // What was read is not read again, and is still known.
    assert_eq!(checked(&a)["verdict"], "possible");
    gone(&a, 1_225_059, items[1]);
    let found = checked(&a);
    assert_eq!((&found["verdict"], kinds(&found).len()), (&"likely".into(), 2), "{found:#}");
}

#[test]
fn a_check_reads_of_the_log_only_what_is_new_and_forgets_nothing_when_it_is_rotated() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let item = a.order("vds", "one.example");
    let path = a.root().join("var/pmbillmgr.log");
    assert!(std::fs::metadata(&path).unwrap().len() > 512, "longer than what a file is known by");
    gone(&a, 1_225_058, item);
    assert_eq!(kinds(&checked(&a)), ["missed_event warning"]);
    // What was read is not read again: there it could say anything.
    let log = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, log.replace("1225058", "1225059")).unwrap();
    let found = checked(&a);
    assert_eq!(kinds(&found), ["missed_event warning"], "{found:#}");
    // An error whose warning comes later is about one event.
    let halves = std::fs::read_to_string(&path).unwrap();
    gone(&a, 1_225_060, item);
    let whole = std::fs::read_to_string(&path).unwrap();
    let error = halves.len() + whole[halves.len()..].find('\n').unwrap() + 1;
    std::fs::write(&path, &whole[..error]).unwrap();
    assert_eq!(kinds(&checked(&a)).len(), 2);
    std::fs::write(&path, &whole).unwrap();
    let found = checked(&a);
    assert_eq!(kinds(&found).len(), 2, "{found:#}");
    assert!(found["evidence"].to_string().matches(&format!("for service {item}")).count() == 2, "{found:#}");
    // Rotated with a line that was not read, and then thrown away.
    gone(&a, 1_225_061, item);
    let old = a.root().join("var/logs/pmbillmgr.log.1");
    std::fs::create_dir_all(old.parent().unwrap()).unwrap();
    std::fs::rename(&path, &old).unwrap();
    gone(&a, 1_225_062, item);
    assert_eq!(kinds(&checked(&a)).len(), 4);
    std::fs::remove_file(&old).unwrap();
    let found = checked(&a);
    assert_eq!(kinds(&found).len(), 4, "{found:#}");
}

#[test]
fn a_cron_line_that_is_commented_out_or_missing_is_said_once_no_checkevent_is_seen() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    a.order("vds", "one.example");
    let system = world.dir().join("system");
    let panel = system.join("usr/local/mgr5");
    std::fs::create_dir_all(panel.parent().unwrap()).unwrap();
    std::fs::create_dir_all(system.join("etc/cron.d")).unwrap();
    std::os::unix::fs::symlink(a.root(), &panel).unwrap();
    let check = || -> Value {
        let output = std::process::Command::new(panel.join("addon/resellguard"))
            .args(["check", "--format", "json"])
            .env("RESELLGUARD_ROOT", &panel)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["accounts"][0].clone()
    };
    let line = "*/5 * * * * root /usr/local/mgr5/sbin/mgrctl -m billmgr checkevent >/dev/null 2>&1\n";
    let tables = [
        ("there", line.to_owned(), ""),
        ("commented out", format!("#{line}"), "commented out in"),
        ("missing", "MAILTO=root\n".to_owned(), "No cron table of this system starts checkevent"),
    ];
    let said = |found: &Value, part: &str| part.is_empty() || noted(found, part);
    for (what, table, note) in &tables {
        std::fs::write(system.join("etc/cron.d/billmgr"), table).unwrap();
        let found = check();
        assert!(!noted(&found, "cron") && !noted(&found, "commented"), "{what}, only just watched: {found:#}");
        assert_eq!(found["verdict"], "exclusive", "{what}: {note}");
    }
    let journal = rusqlite::Connection::open(a.root().join("var/resellguard/journal.db")).unwrap();
    journal.execute("UPDATE watched SET since = since - 3600000", []).unwrap();
    for (what, table, note) in &tables {
        std::fs::write(system.join("etc/cron.d/billmgr"), table).unwrap();
        let found = check();
        assert!(said(&found, note) && noted(&found, "checkevent"), "{what}: {found:#}");
        let others = tables.iter().filter(|other| other.0 != *what && !other.2.is_empty());
        assert!(others.map(|other| noted(&found, other.2)).all(|noted| !noted), "{what}: {found:#}");
        assert_eq!(found["verdict"], "exclusive", "{what}: a panel that does not ask loses nothing");
    }
}

#[test]
fn a_list_of_several_pages_costs_a_request_for_each_page() {
    let world = World::new();
    let (a, _) = reseller(&world, "reseller-a", &["vds"]);
    let asked = || {
        let before = world.seller().http_requests();
        assert_eq!(json(&a, &["check"]).1, 0);
        world.seller().http_requests() - before
    };
    a.order("vds", "first.example");
    let one = asked();
    while a.rows("SELECT id FROM item WHERE status = 5").len() < 23 {
        a.order("vds", "more.example");
    }
    assert_eq!(asked(), one, "of 500 rows a page there is one");
    stage::configure(&world, &a, &format!("page = 10\n{QUICK}"));
    assert_eq!(asked(), one + 2, "23 services in pages of ten are two pages more");
}

#[test]
fn a_check_of_1500_services_asks_for_more_pages_and_nothing_else() {
    let world = World::new();
    let (a, account) = reseller(&world, "reseller-a", &["vds"]);
    // Six lists of common products in pages of 500; whoami, journal, authlog. A last page that is full is followed by an empty one.
    for (more, asked) in [(10, 9), (1490, 12)] {
        stage::fill(&world, &a, &account, "vds", more);
        world.seller().clear_calls();
        let (report, status) = json(&a, &["check"]);
        assert_eq!(status, 0, "{report:#}");
        let calls: Vec<String> = world.seller().calls().into_iter().map(|call| call.function).collect();
        assert_eq!(calls.len(), asked, "{calls:?}");
    }
    let carried = world.seller().rows("SELECT id FROM item WHERE remoteid IS NOT NULL").len();
    assert_eq!(carried, 1500);
}
