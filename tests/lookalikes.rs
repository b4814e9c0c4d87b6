//! What only looks like a second panel, and each thing beside it that is one: scenes on real panels, each with the verdict, the exit
//! status and the evidence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::Quirks;
use lab::site::Site;
use lab::world::{Account, World};
use serde_json::Value;
use stage::{checkevent, install, json};
use std::sync::Arc;

/// A reseller with two services on an account of its own, both delivered, ordered ten days ago.
struct Play {
    world: World,
    a: Arc<Site>,
    account: Account,
    module: u64,
    /// Their ids here.
    items: [u64; 2],
    /// The next id at the seller, and here.
    next: [u64; 2],
}

/// What is expected of a check: the verdict, and of each piece of evidence its kind, its severity and a part of its detail.
type Expected<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// What it is, the rows that the seller shows besides ours (the id they carry, and how many days ago they were ordered), and what is
/// said of them.
type Scene<'a> = (&'a str, &'a [(&'a str, u32)], Expected<'a>);

impl Play {
    fn new() -> Self {
        let world = World::new();
        let a = stage::reseller(&world, "a");
        let account = world.account("reseller-a");
        // By its name, which can be written in several ways.
        let account = Account { url: account.url.replace("127.0.0.1", "localhost"), ..account };
        let module = world.connect(&a, &account, &["vds"])[0];
        install(&world, &a, "[reselling]\nstuck_after = \"1s\"\n[check]\nown_addresses = [\"127.0.0.0/8\"]\n");
        let items = [a.order("vds", "one.example"), a.order("vds", "two.example")];
        for item in items {
            world.seller().activate(item);
        }
        checkevent(&a);
        let play = Self { world, a, account, module, items, next: [0, 0] };
        for site in play.sites() {
            site.execute("UPDATE item SET createdate = CURDATE() - INTERVAL 10 DAY");
        }
        // As on every panel, its history is older, and begins for each service with its order.
        play.a.execute("UPDATE history_item SET changedate = changedate - INTERVAL 10 DAY");
        play.a.execute(
            "INSERT INTO history_item(id, reference, request_action, changedate) VALUES (-1, 7, 'vds.order', NOW() - INTERVAL 100 DAY)",
        );
        let next = play.sites().map(|site| site.row("SELECT MAX(id) + 1 AS id FROM item").number("id"));
        let play = Self { next, ..play };
        play.expect("nothing but its own services", ("exclusive", &[]));
        play
    }

    fn sites(&self) -> [&Site; 2] {
        [self.world.seller(), &self.a]
    }

    /// A service at the seller, active, with this id of a buyer's (none when empty), ordered so many days ago.
    fn there(&self, remoteid: &str, ago: u32) -> u64 {
        let seller = self.world.seller();
        let row = seller.execute(&format!(
            "INSERT INTO item(name, pricelist, account, remoteid, currency, status, createdate)
             VALUES ('a server', {}, {}, NULLIF('{remoteid}', ''), 1, 2, CURDATE() - INTERVAL {ago} DAY)",
            seller.tariff("vds"),
            self.account.id
        ));
        seller.execute(&format!(
            "INSERT INTO itemparam(item, intname, value) VALUES ({row}, 'domain', 's{row}.example')"
        ));
        row
    }

    /// An active service of this panel that it never ordered there: it knows the seller's id from elsewhere.
    fn imported(&self, row: u64) -> u64 {
        self.a.execute(&format!(
            "INSERT INTO item(name, pricelist, account, processingmodule, remoteid, currency, status, createdate)
             SELECT 'imported', {}, id, {}, {row}, 1, 2, CURDATE() FROM account LIMIT 1",
            self.a.tariff("vds"),
            self.module
        ))
    }

    fn expect(&self, what: &str, (verdict, evidence): Expected<'_>) {
        let status = match verdict {
            "exclusive" => 0,
            "possible" | "likely" => 1,
            "shared" => 2,
            _ => 3,
        };
        let (report, exit) = json(&self.a, &["check"]);
        let accounts = report["accounts"].as_array().unwrap();
        assert_eq!(accounts.len(), 1, "{what}: {report:#}");
        assert_eq!((&accounts[0]["verdict"], exit), (&verdict.into(), status), "{what}: {report:#}");
        let word = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let found = accounts[0]["evidence"].as_array().unwrap();
        let kinds: Vec<String> =
            found.iter().map(|one| format!("{} {}", word(one, "kind"), word(one, "severity"))).collect();
        assert_eq!(kinds, evidence.iter().map(|one| one.0).collect::<Vec<_>>(), "{what}: {report:#}");
        for (one, (_, part)) in found.iter().zip(evidence) {
            assert!(word(one, "detail").contains(part), "{what}, '{part}': {report:#}");
        }
    }

    /// Takes back what a scene has added on both sides.
    fn clear(&self) {
        for (site, next) in self.sites().into_iter().zip(self.next) {
            site.execute(&format!("DELETE FROM item WHERE id >= {next}"));
            site.execute(&format!("DELETE FROM itemparam WHERE item >= {next}"));
        }
    }
}

#[test]
fn rows_of_the_sellers_list_and_whose_they_are() {
    let play = Play::new();
    let (ours, given) = (play.items[0].to_string(), play.items[1]);
    let never_was = (given - 5000).to_string();
    let duplicate = format!("all carry the id '{ours}'");
    let scenes: [Scene<'_>; 12] = [
        ("our id twice", &[(&ours, 3)], ("possible", &[("duplicate_remoteid warning", &duplicate)])),
        ("a licence of a WHMCS", &[("l123", 3)], ("shared", &[("foreign_remoteid critical", "how a WHMCS numbers")])),
        (
            "an addon of a WHMCS",
            &[("a123", 3)],
            ("shared", &[("foreign_remoteid critical", "'a123': that is how a WHMCS")]),
        ),
        ("a WHMCS that left", &[("l123", 40)], ("exclusive", &[("foreign_remoteid info", "how a WHMCS numbers")])),
        ("a name", &[("shop-7", 3)], ("shared", &[("foreign_remoteid critical", "ids are numbers")])),
        (
            "an order of another panel",
            &[("900001", 3)],
            ("shared", &[("foreign_remoteid critical", "never given out so high")]),
        ),
        (
            "an order of a panel with lower ids",
            &[(&never_was, 3)],
            ("shared", &[("foreign_remoteid critical", "has or had it")]),
        ),
        (
            "whoever had the account before",
            &[("900001", 40), (&never_was, 40)],
            ("exclusive", &[("foreign_remoteid info", "never given out"), ("foreign_remoteid info", "has or had it")]),
        ),
        ("ordered by hand in the account", &[("", 40), ("", 3), ("", 0)], ("exclusive", &[])),
        (
            "on the day of our first order, after it",
            &[("900001", 10)],
            ("shared", &[("foreign_remoteid critical", "never given out so high")]),
        ),
        (
            "by hand, and one of a stranger",
            &[("", 3), ("900001", 3)],
            ("shared", &[("foreign_remoteid critical", "'900001'")]),
        ),
        ("nothing any more", &[], ("exclusive", &[])),
    ];
    for (what, rows, expected) in scenes {
        for (remoteid, ago) in rows {
            play.there(remoteid, *ago);
        }
        play.expect(what, expected);
        play.clear();
    }
    let again = play.there(&ours, 3);
    play.world.seller().execute(&format!("UPDATE item SET status = 4 WHERE id = {again}"));
    play.expect("our id twice, one of them deleted", ("exclusive", &[]));
}

#[test]
fn what_a_panel_does_with_services_of_its_own() {
    let play = Play::new();
    let row = play.there("", 40);
    let item = play.imported(row);
    play.expect("imported, and the seller does not know it", ("exclusive", &[]));
    play.world.seller().execute(&format!("UPDATE item SET remoteid = '{item}' WHERE id = {row}"));
    play.expect("imported, and the seller carries its id", ("exclusive", &[]));
    play.clear();

    *play.world.seller().billing.quirks() = Quirks { no_remoteid_in_list: true, ..Quirks::default() };
    play.expect("a seller that hides the ids", ("unknown", &[]));
    let (report, _) = json(&play.a, &["check"]);
    assert!(report["accounts"][0]["rule"].as_str().unwrap().contains("show no ids"), "{report:#}");
    *play.world.seller().billing.quirks() = Quirks::default();

    let [kept, gone] = play.items;
    play.a.execute(&format!("UPDATE item SET status = 4 WHERE id = {gone}"));
    play.expect("deleted here, and not there", ("exclusive", &[]));
    play.a.execute(&format!("DELETE FROM item WHERE id = {gone}"));
    play.expect("deleted here, and only the history knows it", ("exclusive", &[]));
    // The control: it is the history that speaks for it. (The module's log has the order, of another day than the seller's row.)
    play.a.execute(&format!("DELETE FROM history_item WHERE reference = {gone}"));
    let row = format!("carries the id '{gone}': no service of this panel has or had it");
    play.expect("and not even that", ("shared", &[("foreign_remoteid critical", &row)]));
    assert_eq!(play.a.status(kept), 2);
}

#[test]
fn a_panel_that_was_restored_from_a_backup_ordered_what_it_does_not_know_any_more() {
    let play = Play::new();
    let state = play.a.root().join("var/resellguard");
    let ordered = play.a.order("vds", "three.example");
    play.world.seller().activate(ordered);
    checkevent(&play.a);
    assert_eq!(play.a.status(ordered), 2);

    // The database as it was before the order; the log is as it is.
    for (table, column) in [("item", "id"), ("itemparam", "item"), ("history_item", "reference")] {
        play.a.execute(&format!("DELETE FROM {table} WHERE {column} >= {ordered}"));
    }
    play.a.execute(&format!("ALTER TABLE item AUTO_INCREMENT = {ordered}"));
    let forgotten = format!("carries the id '{ordered}': this panel ordered it (pmbillmgr.log)");
    let evidence = [("foreign_remoteid info", forgotten.as_str())];
    play.expect("restored", ("exclusive", &evidence));
    std::fs::remove_dir_all(&state).unwrap();
    play.expect("restored before the plugin was installed", ("exclusive", &evidence));
    std::fs::remove_file(play.a.root().join("var/pmbillmgr.log")).unwrap();
    play.expect("and the log is gone since", ("exclusive", &evidence));

    // The controls: an order that this panel did not send, and the same without any memory.
    play.there("900001", 0);
    let strange =
        [evidence[0], ("foreign_remoteid critical", "'900001': this panel has never given out so high an id")];
    play.expect("somebody else orders, too", ("shared", &strange));
    play.world.seller().execute("DELETE FROM item WHERE remoteid = '900001'");
    let kept = state.with_extension("kept");
    std::fs::rename(&state, &kept).unwrap();
    let unknown = [("foreign_remoteid critical", "never given out so high")];
    play.expect("nobody remembers the order", ("shared", &unknown));
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::rename(&kept, &state).unwrap();

    assert_eq!(play.a.order("vds", "four.example"), ordered, "the id is given out anew");
    play.expect(
        "its next order",
        ("possible", &[("duplicate_remoteid warning", "an id given out anew by a panel that was restored")]),
    );
}

#[test]
fn several_modules_of_this_panel_on_one_account() {
    let play = Play::new();
    let Account { url, user, .. } = &play.account;
    let more = play.world.connect(&play.a, &play.account, &["vhost", "certificate"]);
    for (itemtype, name) in [("vhost", "three.example"), ("certificate", "four.example")] {
        let item = play.a.order(itemtype, name);
        play.world.seller().activate(item);
    }
    checkevent(&play.a);
    play.expect("one for each product", ("exclusive", &[("local_duplicate info", "which is normal")]));
    play.a.switch_module(more[0], false);
    let disabled = format!("Disabled: {}; a disabled module can still take events", more[0]);
    play.expect("one is switched off", ("possible", &[("local_duplicate warning", &disabled)]));
    // What is counted is checks: those of before saw the same evidence.
    let said = stage::resellguard(&play.a, &["check"]).stdout;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("take events. (found by 3 checks since 20"), "{said}");
    play.a.switch_module(more[0], true);

    let port = url.trim_start_matches("https://localhost").trim_end_matches("/billmgr").to_owned();
    for (url, user) in [
        (format!("http://localhost{port}/billmgr"), user.clone()),
        (format!("localhost{port}/billmgr"), user.clone()),
        (format!("https://LocalHost{port}/billmgr"), user.clone()),
        (format!("https://localhost.{port}/billmgr"), user.clone()),
        (format!("https://localhost{port}"), user.clone()),
        (format!("https://localhost{port}/billmgr/"), user.clone()),
        (format!("https://localhost{port}/manager/billmgr"), user.clone()),
        (url.clone(), "Reseller-A".to_owned()),
    ] {
        let written = format!("{url} ({user})");
        let module = play.a.add_module("again", &Account { url, user, ..play.account.clone() });
        play.expect(&written, ("possible", &[("local_duplicate warning", &written)]));
        for table in ["processingparam", "processingcryptedparam"] {
            play.a.execute(&format!("DELETE FROM {table} WHERE processingmodule = {module}"));
        }
        play.a.execute(&format!("DELETE FROM processingmodule WHERE id = {module}"));
    }
    play.expect("one for each product again", ("exclusive", &[("local_duplicate info", "which is normal")]));
}

#[test]
fn a_loss_that_was_seen_stays_and_none_is_invented_while_nothing_is_applied() {
    let play = Play::new();
    let b = play.world.reseller("b");
    play.world.connect(&b, &play.account, &["vds"]);
    let pass = || {
        std::thread::sleep(std::time::Duration::from_secs(1));
        checkevent(&play.a);
    };
    let lost = play.a.order("vds", "three.example");
    let late = play.a.order("vds", "four.example");
    play.world.seller().activate(lost);
    b.checkevent();
    // From here on it is seen delivered.
    let _ = json(&play.a, &["check"]);
    pass();
    let seen = format!("Service {lost} (vds) has been active at the seller");
    play.expect("its event was taken", ("likely", &[("lost_event critical", &seen)]));

    // One poll is refused; those before it showed the loss all the same.
    play.world.seller().billing.quirks().refuse_login = Some("badpassword".to_owned());
    pass();
    play.world.seller().billing.quirks().refuse_login = None;
    play.expect("a login was refused since", ("likely", &[("lost_event critical", &seen)]));

    let stop = play.a.root().join("etc/billmgr.DoNothing");
    std::fs::write(&stop, "").unwrap();
    play.world.seller().activate(late);
    for _ in 0..3 {
        pass();
    }
    assert_eq!(play.a.status(late), 5, "its event waits at the seller");
    let (remembered, delivered) =
        (format!("{lost} (vds) did not arrive: an earlier check"), format!("Service {late} (vds) is active"));
    let evidence = [("lost_event critical", remembered.as_str()), ("lost_event warning", delivered.as_str())];
    play.expect("operations are stopped", ("likely", &evidence));

    std::fs::remove_file(&stop).unwrap();
    checkevent(&play.a);
    assert_eq!(play.a.status(late), 2);
    play.expect("and they run again", ("likely", &[("lost_event critical", &remembered)]));
}

#[test]
fn one_account_at_several_doors_of_its_host_is_one_account_though_nobody_answers() {
    let world = World::new();
    let a = stage::reseller(&world, "a");
    let account = world.account("reseller-a");
    for url in ["https://127.0.0.2", "https://127.0.0.2:1500/billmgr", "http://127.0.0.2:80/manager/billmgr"] {
        a.add_module("a door", &Account { url: url.to_owned(), ..account.clone() });
    }
    install(&world, &a, "timeout = \"2s\"\n");
    let (report, status) = json(&a, &["check"]);
    let accounts = report["accounts"].as_array().unwrap();
    assert_eq!((accounts.len(), status, &accounts[0]["verdict"]), (1, 3, &"unknown".into()), "{report:#}");
    let evidence = &accounts[0]["evidence"][0];
    assert_eq!((&evidence["kind"], &evidence["severity"]), (&"local_duplicate".into(), &"warning".into()));
    assert!(evidence["detail"].as_str().unwrap().contains("https://127.0.0.2:1500/billmgr (reseller-a)"), "{report:#}");
}
