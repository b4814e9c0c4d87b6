//! The service's own states, here and at the seller.

use super::{Play, kind, text};
use crate::stage::{checkevent, json};

pub fn a_service_is_explained_from_its_order_to_its_end() {
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

pub fn every_state_in_which_a_delivered_or_refused_service_hangs_has_its_conclusion() {
    let play = Play::new("vds");
    play.lose();
    let item = play.item;
    let other = play.a.order("vds", "two.example");
    let other_row = play.world.seller().bought_as(other);
    let manual = play.a.row("SELECT id FROM processingmodule WHERE module = 'pmmanual'").number("id");
    let (bought, module) = (play.bought, play.module);
    let scenes = scenes(item, bought, other_row, manual);
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
        play.a.execute(&adds(item, "open"));
        play.world.seller().execute("UPDATE account SET allowsuspenditem = 'on', allowdeleteitem = 'on'");
        play.world.seller().execute("UPDATE subaccount SET balance = 1000");
    }
    assert_eq!(play.kind(), "event_lost", "everything is as it was");
}

/// An operation of that name.
fn adds(item: u64, name: &str) -> String {
    format!("INSERT INTO runningoperation(item, intname, manual, createdate) VALUES ({item}, '{name}', 'on', NOW())")
}

/// What is the answer, and what is changed for it here and there.
fn scenes(item: u64, bought: u64, other_row: u64, manual: u64) -> Vec<(&'static str, Vec<String>, Vec<String>)> {
    let add = |name: &str| adds(item, name);
    let fails = |name: &str, kind: &str, object: &str, value: &str| {
        format!(
            "UPDATE runningoperation SET trycount = 20, errorxml = '<doc><processingmodule><error type=\"{kind}\" object=\"{object}\" \
             value=\"{value}\"/></processingmodule></doc>' WHERE item = {item} AND intname = '{name}'"
        )
    };
    let account = "UPDATE account SET";
    // What is changed here and there, and what then is the answer.
    vec![
        ("event_lost", vec![], vec![]),
        ("unpaid_here", vec![format!("UPDATE item SET status = 1 WHERE id = {item}")], vec![]),
        ("not_resold", vec![format!("UPDATE item SET processingmodule = {manual} WHERE id = {item}")], vec![]),
        ("unknown_status", vec![format!("UPDATE item SET status = 9 WHERE id = {item}")], vec![]),
        ("operation_running", vec![format!("UPDATE runningoperation SET manual = 'off' WHERE item = {item}")], vec![]),
        ("renewal_running", vec![add("prolong")], vec![]),
        ("renewal_failed", vec![add("prolong"), fails("prolong", "not_enough_money", "", "")], vec![]),
        ("other_operation", vec![add("setparam")], vec![]),
        (
            "operation_failed",
            vec![
                format!("UPDATE item SET status = 2 WHERE id = {item}"),
                format!("DELETE FROM runningoperation WHERE item = {item}"),
                add("suspend"),
                fails("suspend", "access", "vds.suspend", ""),
            ],
            vec![],
        ),
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
    ]
}

pub fn a_certificate_is_explained_from_its_request_to_its_loss() {
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
    // Issued there, and failed here: the event of it was lost.
    play.world.seller().activate(play.item);
    state("5");
    let here = |code: u32| {
        play.a.execute(&format!(
            "UPDATE itemparam SET value = '{code}' WHERE item = {} AND intname = 'service_status'",
            play.item
        ));
    };
    here(6);
    let told = play.explained(play.item);
    assert_eq!(
        (kind(&told).as_str(), &told["plan"]["decision"]),
        ("certificate_marked_failed", &"ask".into()),
        "{told:#}"
    );
    here(4);
    // A state that nobody knows.
    play.there("status = 5");
    state("7");
    let told = play.explained(play.item);
    assert_eq!((kind(&told).as_str(), &told["plan"]["decision"]), ("unknown_status", &"ask".into()), "{told:#}");
    state("4");
    play.lose();
    let told = play.explained(play.item);
    assert_eq!(kind(&told), "certificate_not_stored", "{told:#}");
    assert_eq!(told["sources"]["seller"]["requests"], 1, "the plan asks nothing again");
    json(&play.a, &["check"]);
    let told = play.explained(play.item);
    assert_eq!(told["plan"]["steps"][0]["call"], "certificate.save", "{told:#}");
    assert!(text(&told).contains("What to do: repair it"), "{told:#}");
    // The form does not show the certificate: the conclusion and the plan say the same.
    play.world.seller().execute("UPDATE certificate SET crt = ''");
    let told = play.explained(play.item);
    assert_eq!(
        (kind(&told).as_str(), &told["plan"]["decision"]),
        ("certificate_not_stored", &"refuse".into()),
        "{told:#}"
    );
    assert!(text(&told).contains("resellguard sync does not repair it now"), "{told:#}");
}
