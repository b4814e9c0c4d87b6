//! What is around the service: the seller, the module, the schedule, the log, our own calls.

use super::{Play, at, kind, text};
use crate::stage::{checkevent, configure, start};
use lab::billing::guesses::{Misbehaviour, Quirks};
use lab::core::Fault;
use serde_json::Value;
use std::time::Duration;

pub fn what_keeps_the_panel_from_the_seller_or_from_its_events_is_said() {
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

pub fn an_order_that_did_not_reach_the_seller_says_why() {
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
        if expected == "no_balance" {
            assert!(text(&told).contains("it has money now (balance: "), "{told:#}");
        }
    }
    // What the error names is named, but for a secret.
    let item = play.a.order("vds", "third.example");
    let gone = play.world.seller().bought_as(item);
    play.a.execute(&format!("UPDATE item SET remoteid = NULL WHERE id = {item}"));
    play.world.seller().execute(&format!("UPDATE item SET remoteid = NULL WHERE id = {gone}"));
    for (object, value, words) in
        [("domain", "one.example", "value(domain='one.example')"), ("password", "hunter2", "value(password=")]
    {
        play.a.execute(&format!(
            "UPDATE runningoperation SET errorxml = '<doc><error type=\"value\" object=\"{object}\" value=\"{value}\"/></doc>' \
             WHERE item = {item}"
        ));
        let told = play.explained(item);
        assert!(kind(&told) == "order_failed" && text(&told).contains(words), "{told:#}");
        assert!(text(&told).contains("What to do: sync the tariff"), "{told:#}");
        assert!(!told.to_string().contains("hunter2"), "{told:#}");
    }
}

pub fn what_was_not_shown_or_not_answered_is_no_answer() {
    let play = Play::new("vds");
    play.lose();
    // The seller says that it has more services than it shows, and this one is not among them.
    let later = play.a.order("vds", "two.example");
    play.a.execute(&format!("UPDATE item SET remoteid = NULL WHERE id = {later}"));
    play.quirks(Quirks { rows_kept_back: 1, ..Quirks::default() });
    let told = play.explained(later);
    assert!(kind(&told) == "seller_partly_read" && told["plan"]["decision"] == "ask", "{told:#}");
    play.quirks(Quirks::default());

    // A product of this panel alone: no seller has a list of that name.
    play.a.execute("UPDATE itemtype SET intname = 'balloon' WHERE intname = 'vds'");
    play.world.seller().clear_calls();
    let told = play.explained(play.item);
    assert_eq!(kind(&told), "seller_not_asked", "{told:#}");
    let unread = told["unread"].as_array().unwrap();
    let why = unread.iter().find(|one| one["source"] == "seller").unwrap()["why"].as_str().unwrap();
    assert!(why.contains("balloon") && play.world.seller().calls().is_empty(), "{why}");
    play.a.execute("UPDATE itemtype SET intname = 'vds' WHERE intname = 'balloon'");
    assert_eq!(play.kind(), "event_lost", "everything is as it was");
    play.world.seller().activate(later);

    // A repair was killed at its call, at which the panel may still be.
    play.a.billing.misbehave("vds.open", Misbehaviour::Hangs(Duration::from_hours(1)));
    let mut repair = start(&play.a, &["sync", &play.item.to_string()]);
    while play.a.billing.hanging() == 0 {
        assert_eq!(repair.try_wait().unwrap(), None, "the repair has ended without its call");
        std::thread::sleep(Duration::from_millis(5));
    }
    repair.kill().unwrap();
    repair.wait().unwrap();
    play.a.billing.behave();
    let told = play.explained(play.item);
    assert!(kind(&told) == "call_under_way" && text(&told).contains("vds.open"), "{told:#}");

    // And another one, on the manual module.
    play.a.billing.misbehave("tool.clearcache", Misbehaviour::Hangs(Duration::from_hours(1)));
    let mut repair = start(&play.a, &["sync", &later.to_string(), "--via", "manual"]);
    while play.a.billing.hanging() == 0 {
        assert_eq!(repair.try_wait().unwrap(), None, "the repair has ended without its call");
        std::thread::sleep(Duration::from_millis(5));
    }
    repair.kill().unwrap();
    repair.wait().unwrap();
    play.a.billing.behave();
    let told = play.explained(later);
    assert!(kind(&told) == "on_manual_module" && told["plan"]["decision"] == "wait", "{told:#}");
}
