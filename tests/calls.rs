//! The record of calls: for each decision exactly the calls that belong to it, in their order, and for all others none; and what
//! reaches the seller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::Guesses;
use lab::billing::guesses::{Misbehaviour, PendingCertificate};
use lab::site::Site;
use lab::world::{Setup, World};
use serde_json::Value;
use stage::{Lost, json, lose, repair_calls, resellguard, start};
use std::sync::Arc;
use std::time::Duration;

/// Every product that the lab sells.
const TYPES: [&str; 12] = [
    "vds",
    "dedic",
    "vhost",
    "domain",
    "certificate",
    "soft",
    "softexternal",
    "addition",
    "vdc",
    "storage",
    "dnshost",
    "colocation",
];
const ALL: &str = "suspend,resume,close,expiredate";

/// What is out of step, and what the plan is to be.
#[derive(Clone, Copy)]
struct Case {
    itemtype: &'static str,
    /// Active on both sides before.
    active: bool,
    /// SQL that is run here and there; `{item}` is the service's id on that side.
    here: &'static [&'static str],
    there: &'static [&'static str],
    decision: &'static str,
    /// `{item}` the service, `{there}` the seller's, `{ip}` what the seller assigned, `{until}` the seller's expiry.
    calls: &'static [&'static str],
}

const WAITS: Case = Case { itemtype: "vds", active: false, here: &[], there: &[], decision: "open", calls: &[] };
const ACTIVE: Case = Case { active: true, decision: "in_step", ..WAITS };
const DOMAIN: &str = "INSERT INTO itemparam(item, intname, value) VALUES ({item}, 'service_status', '2')";
const LATER: &str = "UPDATE item SET expiredate = '2039-12-31' WHERE id = {item}";
const ABUSE: &str = "UPDATE item SET status = 3, abusesuspend = 'on' WHERE id = {item}";
const STAFF: &str = "UPDATE item SET status = 3, employeesuspend = 'on' WHERE id = {item}";
const MONEY: &str = "UPDATE item SET status = 3, autosuspend = 'on' WHERE id = {item}";
const UNPAID: &str = "UPDATE item SET status = 1 WHERE id = {item}";
const SUSPENDED: &str = "UPDATE item SET status = 3 WHERE id = {item}";
const DELETED: &str = "UPDATE item SET status = 4 WHERE id = {item}";
const WORKING: &str = "UPDATE item SET status = 5 WHERE id = {item}";
const STRANGE: &str = "UPDATE item SET status = 9 WHERE id = {item}";
const GONE: &str = "DELETE FROM item WHERE id = {item}";
const NOT_OPENING: &str = "DELETE FROM runningoperation WHERE item = {item}";
const SUSPENDING: &str = "INSERT INTO runningoperation(item, intname, manual) VALUES ({item}, 'suspend', 'on')";
const RESUMING: &str = "INSERT INTO runningoperation(item, intname, manual) VALUES ({item}, 'resume', 'on')";
const CLOSING: &str = "INSERT INTO runningoperation(item, intname, manual) VALUES ({item}, 'close', 'on')";
const RENEWING: &str = "INSERT INTO runningoperation(item, intname, manual) VALUES ({item}, 'prolong', 'on')";
const SUSPEND: &[&str] = &["service.postsuspend elid={item} sok=ok"];
const RESUME: &[&str] = &["service.postresume elid={item} sok=ok"];
const CLOSE: &[&str] = &["service.postclose elid={item} sok=ok"];
const EXPIRE: &[&str] = &["service.setexpiredate elid={item} expiredate=2039-12-31 sok=ok"];

/// Decisions that call something.
fn acting() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        ("vds", &["vds.open elid={item} ip={ip} username=user{there} sok=ok"] as &[&str]),
        ("dedic", &["dedic.open elid={item} ip={ip} username=user{there} sok=ok"]),
        ("vhost", &["vhost.open elid={item} ip={ip} username=user{there} sok=ok"]),
        ("soft", &["soft.open elid={item} ip={ip} sok=ok"]),
        ("softexternal", &["softexternal.open elid={item} ip={ip} sok=ok"]),
        ("addition", &["addition.open elid={item} sok=ok"]),
        ("vdc", &["vdc.open elid={item} username=user{there} sok=ok"]),
        ("storage", &["storage.open elid={item} username=user{there} sok=ok"]),
        ("dnshost", &["dnshost.open elid={item} username=user{there} sok=ok"]),
        ("colocation", &["colocation.open elid={item} ip={ip} sok=ok"]),
        ("domain", &["domain.open elid={item} sok=ok"]),
        (
            "certificate",
            &[
                "certificate.save elid={item} crt=PEM sok=ok",
                "service.setstatus elid={item} service_status=5 sok=ok",
                "service.setexpiredate elid={item} expiredate={until} sok=ok",
                "certificate.open elid={item} sok=ok",
            ],
        ),
    ]
    .into_iter()
    .map(|(itemtype, calls)| Case { itemtype, calls, ..WAITS })
    .collect();
    cases[11].decision = "store_certificate";
    cases.push(Case {
        itemtype: "domain",
        there: &[DOMAIN, LATER],
        calls: &[
            "service.setstatus elid={item} service_status=2 sok=ok",
            "service.setexpiredate elid={item} expiredate=2039-12-31 sok=ok",
            "domain.open elid={item} sok=ok",
        ],
        ..WAITS
    });
    for itemtype in ["vds", "dedic", "vhost", "domain", "soft", "addition", "colocation"] {
        let settled = Case { itemtype, ..ACTIVE };
        cases.extend([
            Case { there: &[ABUSE], decision: "suspend", calls: SUSPEND, ..settled },
            Case { there: &[STAFF], decision: "suspend", calls: SUSPEND, ..settled },
            Case { here: &[SUSPENDING], there: &[SUSPENDED], decision: "suspend", calls: SUSPEND, ..settled },
            Case { here: &[SUSPENDED], decision: "resume", calls: RESUME, ..settled },
            Case { here: &[STAFF, RESUMING], decision: "resume", calls: RESUME, ..settled },
            Case { there: &[DELETED], decision: "close", calls: CLOSE, ..settled },
            Case { here: &[SUSPENDED], there: &[DELETED], decision: "close", calls: CLOSE, ..settled },
            Case { here: &[CLOSING], there: &[DELETED], decision: "close", calls: CLOSE, ..settled },
            Case { there: &[LATER], decision: "expiredate", calls: EXPIRE, ..settled },
        ]);
    }
    cases
}

/// Decisions that call nothing, whatever is allowed.
fn resting() -> Vec<Case> {
    let waits = |here, there, decision| Case { here, there, decision, ..WAITS };
    let active = |here, there, decision| Case { here, there, decision, ..ACTIVE };
    let domain = |state, decision| Case { itemtype: "domain", there: state, decision, ..WAITS };
    vec![
        active(&[], &[], "in_step"),
        active(&[SUSPENDED], &[SUSPENDED], "in_step"),
        active(&[DELETED], &[DELETED], "in_step"),
        active(&[DELETED], &[GONE], "in_step"),
        active(&[], &["UPDATE item SET expiredate = '2026-01-01' WHERE id = {item}"], "in_step"),
        waits(&[UNPAID, NOT_OPENING], &[UNPAID], "in_step"),
        // Not now.
        waits(&[], &[WORKING], "wait"),
        waits(&[RENEWING], &[], "wait"),
        waits(&["UPDATE runningoperation SET manual = 'off' WHERE item = {item}"], &[], "wait"),
        waits(&["UPDATE item SET lastpricelist = pricelist WHERE id = {item}"], &[], "wait"),
        active(&[SUSPENDING], &[], "wait"),
        active(&[CLOSING], &[], "wait"),
        active(&[RENEWING], &[ABUSE], "wait"),
        active(
            &[
                SUSPENDED,
                "INSERT INTO history_item(reference, changedate, request_action) VALUES ({item}, NOW(), 'service.postresume')",
            ],
            &[],
            "wait",
        ),
        Case { itemtype: "certificate", decision: "wait", there: &[
            "UPDATE item SET status = 5 WHERE id = {item}",
            "UPDATE itemparam SET value = '4' WHERE item = {item} AND intname = 'service_status'",
        ], ..WAITS },
        domain(&["INSERT INTO itemparam(item, intname, value) VALUES ({item}, 'service_status', '5')"], "wait"),
        // A person has to look.
        waits(&[], &[UNPAID], "ask"),
        waits(&[], &[SUSPENDED], "ask"),
        waits(&[], &[DELETED], "ask"),
        waits(&[], &[GONE], "ask"),
        waits(&[NOT_OPENING], &[], "ask"),
        waits(&["UPDATE item SET autosuspend = 'on' WHERE id = {item}"], &[], "ask"),
        active(&[], &[MONEY], "ask"),
        active(&[], &[SUSPENDED], "ask"),
        active(&[], &[WORKING], "ask"),
        active(&[], &[GONE], "ask"),
        active(&[MONEY], &[], "ask"),
        active(&[STAFF], &[], "ask"),
        active(&[ABUSE], &[], "ask"),
        active(&[MONEY, RESUMING], &[], "ask"),
        active(&["UPDATE item SET status = 3, expiredate = '2026-01-01' WHERE id = {item}"], &[], "ask"),
        active(&[DELETED], &[], "ask"),
        Case { itemtype: "certificate", decision: "ask", there: &[
            "UPDATE itemparam SET value = '6' WHERE item = {item} AND intname = 'service_status'",
        ], ..WAITS },
        domain(&["INSERT INTO itemparam(item, intname, value) VALUES ({item}, 'service_status', '4')"], "ask"),
        domain(&["INSERT INTO itemparam(item, intname, value) VALUES ({item}, 'service_status', '8')"], "ask"),
        domain(&["INSERT INTO itemparam(item, intname, value) VALUES ({item}, 'service_status', '42')"], "ask"),
        // Must not be done.
        waits(&[UNPAID, NOT_OPENING], &[], "refuse"),
        waits(&[], &[STRANGE], "refuse"),
        active(&[STRANGE], &[], "refuse"),
        waits(
            &[],
            &[
                "INSERT INTO item(name, pricelist, account, processingmodule, remoteid, status, createdate)
                 SELECT name, pricelist, account, processingmodule, remoteid, status, createdate FROM item WHERE id = {item}",
            ],
            "refuse",
        ),
        waits(
            &[],
            &["UPDATE itemparam SET value = 'other.example' WHERE item = {item} AND intname = 'domain'"],
            "refuse",
        ),
        active(
            &[],
            &[DELETED, "UPDATE itemparam SET value = 'other.example' WHERE item = {item} AND intname = 'domain'"],
            "refuse",
        ),
    ]
}

struct Play {
    world: World,
    a: Arc<Site>,
    /// The services of the cases, here and there.
    items: Vec<(u64, u64)>,
}

fn staged(cases: &[Case]) -> Play {
    let world = World::new();
    let account = world.account("resellers");
    let names: Vec<String> = (0..cases.len()).map(|number| format!("s{number}.example")).collect();
    let services: Vec<(&str, &str)> =
        cases.iter().zip(&names).map(|(case, name)| (case.itemtype, name.as_str())).collect();
    let guesses = Guesses { pending_certificate: PendingCertificate::OperationWaits, ..Guesses::default() };
    let Lost { a, items, .. } = lose(&world, Setup { guesses, ..Setup::default() }, &account, &services);
    let seller = world.seller();
    let items: Vec<(u64, u64)> = items.into_iter().map(|item| (item, seller.bought_as(item))).collect();
    for (case, (item, there)) in cases.iter().zip(&items) {
        if case.active {
            a.call(&format!("{}.open", case.itemtype), &[("elid", &item.to_string()), ("sok", "ok")]);
        }
        for (site, id, changes) in [(&*a, item, case.here), (seller, there, case.there)] {
            for change in changes {
                site.execute(&change.replace("{item}", &id.to_string()));
            }
        }
    }
    stage::configure(&world, &a, "[sync]\nbrake_percent = 100\n");
    // The verdict is younger than an hour from here on.
    json(&a, &["check"]);
    a.clear_calls();
    seller.clear_calls();
    Play { world, a, items }
}

impl Play {
    fn sync(&self) -> Value {
        let words: Vec<String> = self.items.iter().map(|(item, _)| item.to_string()).collect();
        let mut arguments = vec!["sync", "--allow", ALL];
        arguments.extend(words.iter().map(String::as_str));
        json(&self.a, &arguments).0
    }

    /// The call as it has to be for this service.
    fn filled(&self, call: &str, (item, there): (u64, u64)) -> String {
        let until = self
            .world
            .seller()
            .row(&format!("SELECT CAST(expiredate AS CHAR) AS until FROM item WHERE id = {there}"))
            .text("until")
            .to_owned();
        call.replace("{item}", &item.to_string())
            .replace("{there}", &there.to_string())
            .replace("{ip}", &format!("203.0.113.{}", item % 254 + 1))
            .replace("{until}", &until)
    }

    /// Everything that there is of the services here.
    fn rows(&self) -> Vec<Vec<(String, String)>> {
        ["item", "itemparam", "runningoperation", "task", "certificate", "ip"]
            .iter()
            .flat_map(|table| self.a.rows(&format!("SELECT * FROM {table} ORDER BY id")))
            .map(|row| row.cells().to_vec())
            .collect()
    }

    /// Nothing but reading has reached the seller: a closed list, and no form that is sent off.
    fn seller_was_only_read(&self) {
        let calls = self.world.seller().calls();
        assert!(!calls.is_empty());
        for call in calls {
            let (head, verb) = call.function.split_once('.').unwrap_or((&call.function, ""));
            let list_or_form = TYPES.contains(&head) && matches!(verb, "" | "edit");
            let reading = matches!(call.function.as_str(), "whoami" | "journal" | "authlog" | "service.history");
            assert!(list_or_form || reading, "{call:?}");
            assert!(call.params.iter().all(|(name, _)| name != "sok"), "{call:?}");
        }
    }
}

fn without_the_certificate(call: &str) -> String {
    match (call.find("crt=-----BEGIN"), call.rfind(" sok=ok")) {
        (Some(from), Some(to)) => format!("{}crt=PEM{}", &call[..from], &call[to..]),
        _ => call.to_owned(),
    }
}

#[test]
fn each_decision_that_acts_is_exactly_its_calls_in_their_order() {
    let cases = acting();
    let play = staged(&cases);
    let report = play.sync();
    let mut expected = Vec::new();
    for (number, (case, ids)) in cases.iter().zip(&play.items).enumerate() {
        let item = &report["items"][number];
        let told = (item["decision"].as_str().unwrap(), item["outcome"].as_str().unwrap());
        assert_eq!(told, (case.decision, "done"), "{}: {item:#}", case.itemtype);
        expected.extend(case.calls.iter().map(|call| play.filled(call, *ids)));
    }
    let made: Vec<String> = repair_calls(&play.a).iter().map(|call| without_the_certificate(call)).collect();
    assert_eq!(made, expected);
    play.seller_was_only_read();
    // Done once, nothing is left to do.
    let again = play.sync();
    let outcomes: Vec<&str> =
        again["items"].as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, vec!["in_step"; cases.len()], "{again:#}");
    assert_eq!(repair_calls(&play.a).len(), expected.len());
}

#[test]
fn each_decision_that_does_not_act_calls_nothing_and_changes_nothing() {
    let cases = resting();
    let play = staged(&cases);
    let before = play.rows();
    let report = play.sync();
    for (number, case) in cases.iter().enumerate() {
        let item = &report["items"][number];
        assert_eq!(item["decision"], case.decision, "{:?} {:?}: {item:#}", case.here, case.there);
        let outcome = if case.decision == "in_step" { "in_step" } else { "refused" };
        assert_eq!((&item["outcome"], item["steps"].as_array().unwrap().len()), (&outcome.into(), 0), "{item:#}");
    }
    assert_eq!(repair_calls(&play.a), Vec::<String>::new());
    assert_eq!(play.rows(), before);
    play.seller_was_only_read();
}

#[test]
fn of_two_repairs_in_the_panel_and_on_the_command_line_one_works_and_the_other_says_so() {
    let cases = [WAITS, WAITS];
    let play = staged(&cases);
    let words: Vec<String> = play.items.iter().map(|(item, _)| item.to_string()).collect();
    let in_panel = |item: &str| play.a.try_call("resellguard.sync", &[("elid", item), ("sok", "ok")]);
    let in_the_middle = |meanwhile: &mut dyn FnMut()| {
        while play.a.billing.hanging() == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        meanwhile();
        play.a.billing.behave();
    };
    let hang = || play.a.billing.misbehave("vds.open", Misbehaviour::HangsAfterEffect(Duration::from_hours(1)));

    // The command line works.
    hang();
    let mut plugin = start(&play.a, &["sync", &words[0]]);
    in_the_middle(&mut || {
        let output = play.a.mgrctl(&["-o", "xml", "resellguard.sync", &format!("elid={}", words[0]), "sok=ok"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("<error") && said.contains("another repair is running: shell user"), "{said}");
    });
    assert_eq!(plugin.wait().unwrap().code(), Some(0));
    // The panel works.
    hang();
    std::thread::scope(|scope| {
        let panel = scope.spawn(|| in_panel(&words[1]));
        in_the_middle(&mut || {
            let output = resellguard(&play.a, &["sync", &words[1]]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(
                said.contains("another repair is running: panel user") && said.contains("Nothing was changed"),
                "{said}"
            );
        });
        panel.join().unwrap().unwrap();
    });
    let made: Vec<String> = repair_calls(&play.a).into_iter().filter(|call| call.contains("vds.open")).collect();
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!([play.a.status(play.items[0].0), play.a.status(play.items[1].0)], [2, 2]);
}
