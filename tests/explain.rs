//! `explain` on real parts: one service in every state that it can hang in, told from its panel; and on a copy of that panel.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::Quirks;
use lab::core::Fault;
use lab::request::Caller;
use lab::site::{CUSTOMER, Site};
use lab::world::{Setup, World};
use serde_json::Value;
use stage::{Lost, checkevent, configure, install, json, lose};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// A panel with one waiting service that the seller has activated, whose event is gone, and whose log says so.
struct Play {
    world: World,
    a: Arc<Site>,
    module: u64,
    item: u64,
    bought: u64,
}

impl Play {
    fn new(itemtype: &str) -> Self {
        let world = World::new();
        let a = stage::reseller(&world, "a");
        let account = world.account("reseller-a");
        let module = world.connect(&a, &account, &[itemtype])[0];
        install(&world, &a, "");
        let item = a.order(itemtype, "one.example");
        let bought = world.seller().bought_as(item);
        Self { world, a, module, item, bought }
    }

    fn explained(&self, item: u64) -> Value {
        let (told, status) = json(&self.a, &["explain", &item.to_string()]);
        assert_eq!(status, 0, "{told:#}");
        assert_eq!((&told["schema"], &told["item"]), (&Value::from(1), &Value::from(item)));
        told
    }

    fn kind(&self) -> String {
        kind(&self.explained(self.item))
    }

    fn here(&self, set: &str) {
        self.a.execute(&format!("UPDATE item SET {set} WHERE id = {}", self.item));
    }

    fn there(&self, set: &str) {
        self.world.seller().execute(&format!("UPDATE item SET {set} WHERE id = {}", self.bought));
    }

    fn operation(&self, set: &str) {
        self.a.execute(&format!("UPDATE runningoperation SET {set} WHERE item = {}", self.item));
    }

    fn quirks(&self, quirks: Quirks) {
        *self.world.seller().billing.quirks() = quirks;
    }

    /// The seller delivers, and nobody here hears of it but the log.
    fn lose(&self) {
        self.world.seller().activate(self.item);
        self.world.seller().execute("DELETE FROM itemevent");
        self.log(&[
            "libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '1225058'",
            &self.failed(" with '1225058' does not exist "),
        ]);
    }

    fn failed(&self, why: &str) -> String {
        format!("processing WARNING processing event for item '{}' failed: '{why}'", self.item)
    }

    /// Lines of the module, of now.
    fn log(&self, lines: &[&str]) {
        let now = jiff::ZonedDateTime::now().strftime("%b %e %H:%M:%S").to_string();
        let path = self.a.root().join("var/pmbillmgr.log");
        let mut log = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        for line in lines {
            writeln!(log, "{now} [23241:1] {line}").unwrap();
        }
    }
}

fn kind(told: &Value) -> String {
    told["conclusion"]["kind"].as_str().unwrap().to_owned()
}

fn text(told: &Value) -> &str {
    told["conclusion"]["text"].as_str().unwrap()
}

/// The command line on a panel that is reached by another path.
fn at(program: &Path, root: &Path, arguments: &[&str], language: &str) -> Output {
    Command::new(program)
        .args(arguments)
        .env("RESELLGUARD_ROOT", root)
        .env("LANG", language)
        .env_remove("LC_ALL")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_service_is_explained_from_its_order_to_its_end() {
    let play = Play::new("vds");
    // The order is at the seller, and one question is enough to know it.
    play.world.seller().clear_calls();
    let told = play.explained(play.item);
    assert_eq!(kind(&told), "waiting_normally", "{told:#}");
    let asked: Vec<String> = play.world.seller().calls().into_iter().map(|call| call.function).collect();
    assert_eq!(asked, ["vds.edit"]);
    assert_eq!(told["sources"]["seller"]["requests"], 1);
    assert_eq!(told["plan"]["decision"], "wait");
    play.operation("createdate = NOW() - INTERVAL 3 DAY");
    assert_eq!(play.kind(), "not_activated_yet");

    // Without the seller's id here the list is asked.
    play.here("remoteid = NULL");
    play.world.seller().clear_calls();
    assert_eq!(play.kind(), "not_activated_yet");
    let asked: Vec<String> = play.world.seller().calls().into_iter().map(|call| call.function).collect();
    assert_eq!(asked, ["vds"]);
    play.here(&format!("remoteid = '{}'", play.bought));

    play.world.seller().activate(play.item);
    let told = play.explained(play.item);
    assert_eq!(kind(&told), "event_on_its_way");
    assert_eq!(told["plan"]["steps"][0]["call"], "vds.open", "both sides say that it is the one: {told:#}");
    checkevent(&play.a);
    let told = play.explained(play.item);
    assert_eq!((kind(&told).as_str(), play.a.status(play.item)), ("in_step", 2), "{told:#}");
    play.there("status = 5");
    assert_eq!(play.kind(), "processing_there");
    play.there("status = 2");
    play.here("status = 4");
    assert_eq!(play.kind(), "deleted_here_alive_there");
    play.there("status = 4");
    assert_eq!(play.kind(), "closed");
    let (error, status) = json(&play.a, &["explain", "999999"]);
    assert_eq!((status, &error["error"]["kind"]), (1, &"not_found".into()));
}

#[test]
fn every_state_in_which_a_delivered_or_refused_service_hangs_has_its_conclusion() {
    let play = Play::new("vds");
    play.lose();
    let item = play.item;
    let other = play.a.order("vds", "two.example");
    let other_row = play.world.seller().bought_as(other);
    let manual = play.a.row("SELECT id FROM processingmodule WHERE module = 'pmmanual'").number("id");
    let (bought, module) = (play.bought, play.module);
    let add = |name: &str| {
        format!(
            "INSERT INTO runningoperation(item, intname, manual, createdate) VALUES ({item}, '{name}', 'on', NOW())"
        )
    };
    let account = "UPDATE account SET";
    // What is changed here and there, and what then is the answer.
    let scenes: Vec<(&str, Vec<String>, Vec<String>)> = vec![
        ("event_lost", vec![], vec![]),
        ("unpaid_here", vec![format!("UPDATE item SET status = 1 WHERE id = {item}")], vec![]),
        ("not_resold", vec![format!("UPDATE item SET processingmodule = {manual} WHERE id = {item}")], vec![]),
        ("unknown_status", vec![format!("UPDATE item SET status = 9 WHERE id = {item}")], vec![]),
        ("operation_running", vec![format!("UPDATE runningoperation SET manual = 'off' WHERE item = {item}")], vec![]),
        ("renewal_running", vec![add("prolong")], vec![]),
        ("other_operation", vec![add("setparam")], vec![]),
        ("tariff_change_pending", vec![format!("UPDATE item SET lastpricelist = 1 WHERE id = {item}")], vec![]),
        ("marked_suspended", vec![format!("UPDATE item SET autosuspend = 'on' WHERE id = {item}")], vec![]),
        ("no_operation", vec![format!("DELETE FROM runningoperation WHERE item = {item}")], vec![]),
        (
            "suspended_here_nonpayment",
            vec![format!("UPDATE item SET status = 3, autosuspend = 'on' WHERE id = {item}")],
            vec![],
        ),
        (
            "suspended_here_staff",
            vec![format!("UPDATE item SET status = 3, employeesuspend = 'on' WHERE id = {item}")],
            vec![],
        ),
        (
            "suspended_here_abuse",
            vec![format!("UPDATE item SET status = 3, abusesuspend = 'on' WHERE id = {item}")],
            vec![],
        ),
        ("suspended_here", vec![format!("UPDATE item SET status = 3 WHERE id = {item}")], vec![]),
        (
            "rights_missing",
            vec![format!("UPDATE item SET status = 3, autosuspend = 'on' WHERE id = {item}")],
            vec![format!("{account} allowsuspenditem = 'off'")],
        ),
        ("rights_missing", vec![add("close")], vec![format!("{account} allowdeleteitem = 'off'")]),
        ("link_contradicted", vec![format!("UPDATE item SET remoteid = '{other_row}' WHERE id = {item}")], vec![]),
        ("link_missing", vec![], vec![format!("UPDATE item SET remoteid = NULL WHERE id = {bought}")]),
        (
            "not_at_seller",
            vec![format!("UPDATE item SET remoteid = NULL WHERE id = {item}")],
            vec![format!("UPDATE item SET remoteid = NULL WHERE id = {bought}")],
        ),
        ("seller_deleted", vec![], vec![format!("UPDATE item SET status = 4 WHERE id = {bought}")]),
        ("suspended_there", vec![], vec![format!("UPDATE item SET status = 3 WHERE id = {bought}")]),
        (
            "suspended_there_abuse",
            vec![],
            vec![format!("UPDATE item SET status = 3, abusesuspend = 'on' WHERE id = {bought}")],
        ),
        (
            "suspended_there_balance",
            vec![],
            vec![format!("UPDATE item SET status = 3, autosuspend = 'on' WHERE id = {bought}")],
        ),
        (
            "suspended_there_staff",
            vec![],
            vec![format!("UPDATE item SET status = 3, employeesuspend = 'on' WHERE id = {bought}")],
        ),
        ("unpaid_at_seller", vec![], vec![format!("UPDATE item SET status = 1 WHERE id = {bought}")]),
        (
            "no_balance",
            vec![],
            vec![format!("UPDATE item SET status = 1 WHERE id = {bought}"), "UPDATE subaccount SET balance = 0".into()],
        ),
    ];
    for (expected, here, there) in scenes {
        for sql in &here {
            play.a.execute(sql);
        }
        for sql in &there {
            play.world.seller().execute(sql);
        }
        let told = play.explained(item);
        assert_eq!(kind(&told), expected, "{here:?} {there:?}: {told:#}");
        let requests = told["sources"]["seller"]["requests"].as_u64().unwrap();
        assert!(requests <= 3, "{expected}: {requests} requests");
        // As it was.
        let marks = "autosuspend = 'off', employeesuspend = 'off', abusesuspend = 'off'";
        play.here(&format!(
            "status = 5, {marks}, remoteid = '{bought}', processingmodule = {module}, lastpricelist = NULL"
        ));
        play.there(&format!("status = 2, {marks}, remoteid = '{item}'"));
        play.a.execute(&format!("DELETE FROM runningoperation WHERE item = {item}"));
        play.a.execute(&add("open"));
        play.world.seller().execute("UPDATE account SET allowsuspenditem = 'on', allowdeleteitem = 'on'");
        play.world.seller().execute("UPDATE subaccount SET balance = 1000");
    }
    assert_eq!(play.kind(), "event_lost", "everything is as it was");
}

#[test]
fn what_keeps_the_panel_from_the_seller_or_from_its_events_is_said() {
    let play = Play::new("vds");
    play.lose();
    let seller = play.world.seller();
    let login = |object: &str| Quirks { refuse_login: Some(object.to_owned()), ..Quirks::default() };
    for (expected, quirks) in [
        ("login_refused", login("badpassword")),
        ("address_not_allowed", login("badip")),
        ("two_factor", login("totp")),
        ("captcha", login("captcha_verification_failed")),
        ("rights_missing", Quirks { refuse_access: true, ..Quirks::default() }),
    ] {
        play.quirks(quirks);
        let told = play.explained(play.item);
        assert_eq!(kind(&told), expected, "{told:#}");
        assert_eq!(told["unread"][1]["source"], "seller", "{told:#}");
        assert_eq!(told["plan"], serde_json::json!({}));
    }
    play.quirks(Quirks::default());
    for (expected, fault) in
        [("seller_down", Fault::Drop), ("seller_down", Fault::Status(503)), ("seller_not_understood", Fault::Html)]
    {
        seller.panel.set_fault(fault);
        assert_eq!(play.kind(), expected);
    }
    seller.panel.set_fault(Fault::None);
    let settings = play.a.root().join("etc/resellguard.toml");
    std::fs::write(&settings, "").unwrap();
    assert_eq!(play.kind(), "seller_not_trusted");
    configure(&play.world, &play.a, "");

    // The list does not show whose a service is, and no id is noted here.
    play.here("remoteid = NULL");
    play.quirks(Quirks { no_remoteid_in_list: true, ..Quirks::default() });
    assert_eq!(play.kind(), "ids_hidden");
    play.quirks(Quirks::default());
    play.here(&format!("remoteid = '{}'", play.bought));

    play.a.switch_module(play.module, false);
    assert_eq!(play.kind(), "module_disabled");
    play.a.switch_module(play.module, true);
    let nothing = play.a.root().join("etc/billmgr.DoNothing");
    std::fs::write(&nothing, "").unwrap();
    assert_eq!(play.kind(), "do_nothing");
    std::fs::remove_file(&nothing).unwrap();

    // The schedule is the system's that the panel lies in.
    let system = play.world.dir().join("system");
    std::fs::create_dir_all(system.join("usr/local")).unwrap();
    std::fs::create_dir_all(system.join("var/spool/cron")).unwrap();
    let root = system.join("usr/local/mgr5");
    std::os::unix::fs::symlink(play.a.root(), &root).unwrap();
    let program = play.a.root().join("addon/resellguard");
    let item = play.item.to_string();
    let explain = |table: &str| {
        std::fs::write(system.join("var/spool/cron/root"), table).unwrap();
        let output = at(&program, &root, &["explain", &item, "--format", "json"], "C");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let line = "*/5 * * * * /usr/local/mgr5/sbin/mgrctl -m billmgr checkevent >/dev/null 2>&1\n";
    assert_eq!(kind(&explain(&format!("MAILTO=\"\"\n{line}"))), "event_lost");
    let told = explain(&format!("#{line}"));
    assert!(kind(&told) == "checkevent_not_scheduled" && text(&told).contains("commented out"), "{told:#}");
    let told = explain("MAILTO=\"\"\n");
    assert!(kind(&told) == "checkevent_not_scheduled" && text(&told).contains("missing"), "{told:#}");

    // The event came, and could not be applied.
    play.log(&["libmgr ERROR Error: Type: 'value' Object: 'ip' Value: '203.0.113.5'", &play.failed(" wrong value ")]);
    let told = play.explained(play.item);
    assert!(kind(&told) == "event_failed" && text(&told).contains("'value' Object: 'ip'"), "{told:#}");
    assert!(told["sources"]["log"].as_array().unwrap().len() >= 2, "{told:#}");

    // checkevent ran, and does so no more.
    checkevent(&play.a);
    let journal = rusqlite::Connection::open(play.a.root().join("var/resellguard/journal.db")).unwrap();
    journal.execute("UPDATE poll SET begun = begun - 7200000, ended = ended - 7200000", []).unwrap();
    assert_eq!(play.kind(), "checkevent_silent");

    // The module's login cannot be decrypted.
    play.a.execute("UPDATE processingcryptedparam SET value = 'AAAA'");
    assert_eq!(play.kind(), "module_unreadable");
}

#[test]
fn an_order_that_did_not_reach_the_seller_says_why() {
    let play = Play::new("vds");
    for (expected, quirks, words) in [
        ("no_balance", Quirks { no_money: true, ..Quirks::default() }, "not_enough_money"),
        ("order_failed", Quirks { refuse_login: Some("badpassword".into()), ..Quirks::default() }, "auth(badpassword)"),
    ] {
        play.quirks(quirks);
        let item = play.a.order("vds", "later.example");
        play.quirks(Quirks::default());
        let told = play.explained(item);
        assert!(kind(&told) == expected && text(&told).contains(words), "{told:#}");
        assert!(told["sources"]["seller"]["balance"].is_string(), "money is looked at: {told:#}");
    }
}

#[test]
fn a_certificate_is_explained_from_its_request_to_its_loss() {
    let play = Play::new("certificate");
    let state = |code: &str| {
        play.world.seller().execute(&format!(
            "UPDATE itemparam SET value = '{code}' WHERE item = {} AND intname = 'service_status'",
            play.bought
        ));
    };
    state("3");
    assert_eq!(play.kind(), "certificate_requested");
    state("4");
    assert_eq!(play.kind(), "certificate_waits_for_approver");
    state("6");
    assert_eq!(play.kind(), "certificate_failed");
    state("4");
    play.lose();
    let told = play.explained(play.item);
    assert_eq!(kind(&told), "certificate_not_stored", "{told:#}");
    assert_eq!(told["sources"]["seller"]["requests"], 1, "the plan asks nothing again");
    json(&play.a, &["check"]);
    let told = play.explained(play.item);
    assert_eq!(told["plan"]["steps"][0]["call"], "certificate.save", "{told:#}");
}

#[test]
fn the_articles_fault_is_told_as_a_story_in_both_languages_and_on_a_copy_without_database_and_seller() {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } =
        lose(&world, Setup::default(), &account, &[("vds", "one.example"), ("vds", "two.example")]);
    configure(&world, &a, "[reselling]\nstuck_after = \"1s\"\n");
    checkevent(&a);
    json(&a, &["check"]);
    let item = items[0].to_string();
    let (told, _) = json(&a, &["explain", &item]);
    assert_eq!(kind(&told), "event_lost_to_other", "{told:#}");
    let said = text(&told);
    for part in ["The seller has activated the service", "this panel never got the event", "What to do: repair it"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(told["sources"]["account"]["verdict"], "shared", "{told:#}");
    assert_eq!(told["sources"]["service"]["operations"][0]["operation"], "open");
    let program = a.root().join("addon/resellguard");
    let russian = at(&program, a.root(), &["explain", &item], "ru_RU.UTF-8");
    let russian = String::from_utf8_lossy(&russian.stdout);
    assert!(russian.contains("Продавец активировал услугу") && russian.contains("Что делать"), "{russian}");
    assert!(russian.contains("\nУ продавца\n") && russian.contains("\nПлан\n"), "{russian}");

    // Somebody else's machine: the files, no database, no seller.
    let copy = world.dir().join("copy");
    std::fs::create_dir_all(copy.join("var")).unwrap();
    std::fs::create_dir_all(copy.join("etc")).unwrap();
    let line = format!(
        "Nov 18 08:15:04 [23241:1] libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '1225058'\n\
         Nov 18 08:15:04 [23241:1] processing WARNING processing event for item '{item}' failed: ' with '1225058' does not exist '\n"
    );
    std::fs::write(copy.join("var/pmbillmgr.log"), line).unwrap();
    world.seller().clear_calls();
    for arguments in [&["explain", &item, "--format", "json"][..], &["explain", &item, "--offline", "--format", "json"]]
    {
        let output = at(&program, &copy, arguments, "C");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((kind(&told).as_str(), output.status.code()), ("log_only", Some(0)), "{told:#}");
        assert!(text(&told).contains("an event was gone when the panel wanted it"), "{told:#}");
        let unread: Vec<&str> =
            told["unread"].as_array().unwrap().iter().map(|one| one["source"].as_str().unwrap()).collect();
        assert_eq!(unread, ["service", "seller"], "{told:#}");
    }
    // On the panel itself, told not to ask.
    let output = at(&program, a.root(), &["explain", &item, "--offline", "--format", "json"], "C");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(["log_only", "not_read"].contains(&kind(&told).as_str()), "{told:#}");
    assert_eq!(world.seller().calls().len(), 0, "nobody was asked");
    // Nothing at all to look at.
    std::fs::remove_file(copy.join("var/pmbillmgr.log")).unwrap();
    let output = at(&program, &copy, &["explain", &item, "--format", "json"], "C");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((kind(&told).as_str(), output.status.code()), ("not_read", Some(1)), "{told:#}");
    assert!(
        !copy.join("var/resellguard").exists() && !copy.join("var/resellguard.log").exists(),
        "a copy stays as it is"
    );
}

#[test]
fn the_panel_shows_the_explanation_to_administrators_in_their_language() {
    let play = Play::new("vds");
    let item = play.item.to_string();
    let page = play.a.call("resellguard.explain", &[("elid", &item)]);
    assert!(page.text_of("conclusion").starts_with("All is well"), "{page}");
    assert!(page.text_of("here").contains(&item) && page.text_of("log").contains("nothing about"), "{page}");
    assert!(page.text_of("seller").contains(&play.bought.to_string()) && !page.text_of("plan").is_empty(), "{page}");
    let russian = play.a.call("resellguard.explain", &[("elid", &item), ("lang", "ru")]);
    assert!(russian.text_of("conclusion").starts_with("Всё в порядке"), "{russian}");
    let customer = Caller { id: 2, name: CUSTOMER.into(), level: 16, account: 1 };
    let refused = play.a.panel.call("resellguard.explain", &[("elid", &item)], &customer).to_string();
    assert!(refused.contains("<error") && !refused.contains("All is well"), "{refused}");
}
