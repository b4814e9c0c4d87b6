//! What a customer of the seller gets from its API: pages, shapes, refusals.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a helper of tests stops like a test")]

use lab::billing::guesses::{Misbehaviour, StatusShape};
use lab::document::Node;
use lab::scenes::{self, Scene};
use lab::world::World;
use std::time::Duration;

/// A reseller's account with services bought through it: `count` virtual servers, all active.
fn seller_with(count: usize) -> Scene {
    let mut scene = scenes::one_reseller(&["vds", "vhost"]);
    for number in 0..count {
        scene.order("vds", &format!("host{number}.example"));
    }
    scene.seller_activates();
    scene
}

fn vds(scene: &Scene, params: &[(&str, &str)]) -> Node {
    scene.world.api(&scene.account).call("vds", params).unwrap()
}

#[test]
fn a_list_comes_in_pages_that_say_how_many_rows_there_are() {
    let scene = seller_with(3);
    let ids = |doc: &Node| -> Vec<String> { doc.all("elem").map(|elem| elem.text_of("id").to_owned()).collect() };
    let first = vds(&scene, &[("p_cnt", "2"), ("p_num", "1")]);
    let second = vds(&scene, &[("p_cnt", "2"), ("p_num", "2")]);
    let beyond = vds(&scene, &[("p_cnt", "2"), ("p_num", "3")]);
    assert_eq!((ids(&first).len(), ids(&second).len(), ids(&beyond).len()), (2, 1, 0));
    assert!(ids(&first).iter().all(|id| !ids(&second).contains(id)));
    for (doc, page) in [(&first, "1"), (&second, "2"), (&beyond, "3")] {
        assert_eq!((doc.text_of("p_elems"), doc.text_of("p_cnt"), doc.text_of("p_num")), ("3", "2", page));
    }
    assert_eq!(vds(&scene, &[]).text_of("p_cnt"), "50");
}

#[test]
fn a_row_has_the_documented_fields() {
    let scene = seller_with(1);
    let list = vds(&scene, &[]);
    let row = list.child("elem").unwrap();
    assert_eq!(row.text_of("remoteid"), scene.items[0].to_string());
    assert_eq!(row.text_of("domain"), "host0.example");
    assert!(row.text_of("ip").starts_with("203.0.113."));
    assert_eq!((row.text_of("status"), row.text_of("item_status")), ("2", "Active"));
    assert_eq!(row.child("item_status").unwrap().get("orig"), Some("2"));
    assert_eq!(row.text_of("expiredate"), row.text_of("real_expiredate"));
    assert_eq!(row.text_of("cost"), "75.00 EUR / Month");
    assert!(row.child("account").is_none() && row.child("processingmodule").is_none(), "not for customers");
}

#[test]
fn a_customer_sees_no_service_of_another() {
    let scene = seller_with(1);
    let other = scene.world.api(&scene.world.account("somebody"));
    assert_eq!(other.call("vds", &[]).unwrap().text_of("p_elems"), "0");
    let bought = scene.world.seller().bought_as(scene.items[0]).to_string();
    assert_eq!(other.call("vds.edit", &[("elid", &bought)]).unwrap_err().kind, "missed");
    assert_eq!(other.call("vds.open", &[("elid", &bought), ("sok", "ok")]).unwrap_err().kind, "access");
}

#[test]
fn a_status_comes_in_every_shape() {
    let scene = seller_with(1);
    let table = [
        (StatusShape::Full, vec![("status", "2"), ("item_status", "Active")], Some("2")),
        (StatusShape::LabelOnly, vec![("item_status", "Active")], None),
        (StatusShape::OrigOnly, vec![("item_status", "Active")], Some("2")),
        (StatusShape::StatusOnly, vec![("status", "2")], None),
        (StatusShape::RealStatusOnly, vec![("item_real_status", "2")], None),
        (StatusShape::BareCode, vec![("item_status", "2")], None),
    ];
    for (shape, fields, orig) in table {
        scene.world.seller().billing.quirks().status_shape = shape;
        let list = vds(&scene, &[]);
        let row = list.child("elem").unwrap();
        let is_status = |name: &str| matches!(name, "status" | "item_status" | "item_real_status");
        let found: Vec<(&str, &str)> = row
            .children
            .iter()
            .filter(|child| is_status(&child.name))
            .map(|child| (child.name.as_str(), child.text.as_str()))
            .collect();
        assert_eq!(found, fields, "{shape:?}");
        assert_eq!(row.child("item_status").and_then(|status| status.get("orig")), orig, "{shape:?}");
    }
}

#[test]
fn a_service_in_progress_says_what_is_being_done() {
    let mut scene = scenes::one_reseller(&["vds"]);
    scene.order("vds", "one.example");
    let list = vds(&scene, &[]);
    let status = list.child("elem").unwrap().child("item_status").unwrap();
    assert_eq!((status.get("orig"), status.text.as_str()), (Some("5_open"), "Processing (opening)"));
}

#[test]
fn lists_have_the_quirks_that_were_seen() {
    let mut scene = seller_with(2);
    scene.order("vhost", "site.example");
    let seller = scene.world.seller();
    seller.billing.quirks().expiredate_phrase = true;
    seller.billing.quirks().no_remoteid_in_list = true;
    seller.billing.quirks().at_most_rows = Some(1);
    let list = vds(&scene, &[]);
    let row = list.child("elem").unwrap();
    assert_eq!((list.all("elem").count(), list.text_of("p_elems")), (1, "1"));
    assert_eq!(row.text_of("expiredate"), "Daily charges");
    assert!(row.text_of("real_expiredate").starts_with("20"));
    assert!(row.child("remoteid").is_none());
    let form = scene.world.api(&scene.account).call("vds.edit", &[("elid", row.text_of("id"))]).unwrap();
    assert_eq!(form.text_of("remoteid"), scene.items[0].to_string());

    seller.billing.quirks().at_most_rows = None;
    seller.billing.quirks().rows_of_several_types = true;
    let types: Vec<String> = vds(&scene, &[]).all("elem").map(|elem| elem.text_of("intname").to_owned()).collect();
    assert_eq!(types, ["vds", "vds", "vhost"]);
}

#[test]
fn refusals_are_errors_of_the_panel() {
    let scene = seller_with(0);
    let api = scene.world.api(&scene.account);
    let seller = scene.world.seller();
    for object in ["badpassword", "badip"] {
        seller.billing.quirks().refuse_login = Some(object.into());
        let error = api.call("vds", &[]).unwrap_err();
        assert_eq!((error.kind.as_str(), error.object.as_str()), ("auth", object));
    }
    seller.billing.quirks().refuse_login = None;
    seller.billing.quirks().refuse_access = true;
    assert_eq!(api.call("vds", &[]).unwrap_err().kind, "access");
    api.call("whoami", &[]).unwrap();
    seller.billing.quirks().refuse_access = false;
    seller.billing.quirks().no_money = true;
    let item = scene.a.order("vds", "one.example");
    assert!(scene.a.row("SELECT errorxml FROM runningoperation").text("errorxml").contains("not_enough_money"));
    assert_eq!(scene.a.status(item), 5);
}

#[test]
fn whoami_tells_the_account_and_its_rights() {
    let scene = seller_with(0);
    let doc = scene.world.api(&scene.account).call("whoami", &[]).unwrap();
    let user = doc.child("user").unwrap();
    assert_eq!((user.get("name"), user.get("level")), (Some("reseller-a"), Some("16")));
    assert_eq!((user.get("balance"), user.get("allowsuspenditem")), (Some("100000.00"), Some("on")));
    assert_eq!(doc.text_of("mgr"), "billmgr");
}

#[test]
fn the_journal_shows_where_the_account_was_used_from() {
    let mut scene = scenes::two_resellers(true, &["vds"]);
    scene.checkevent("a");
    scene.checkevent("b");
    let journal = scene.world.api(&scene.account).call("journal", &[]).unwrap();
    let rows: Vec<(&str, &str)> = journal.all("elem").map(|row| (row.text_of("ip"), row.text_of("funcname"))).collect();
    assert_eq!(rows, [("127.0.0.1", "itemevent"), ("127.0.0.2", "itemevent")]);
}

#[test]
fn functions_can_be_told_to_misbehave() {
    let mut scene = scenes::one_reseller(&["vds"]);
    let item = scene.order("vds", "one.example");
    let elid = item.to_string();
    let open = [("elid", elid.as_str()), ("sok", "ok")];
    let a = &scene.a;

    a.billing.misbehave("vds.open", Misbehaviour::OkWithoutEffect);
    assert!(a.call("vds.open", &open).child("ok").is_some());
    assert_eq!(a.status(item), 5);

    a.billing.misbehave("vds.open", Misbehaviour::Rubbish);
    assert!(a.call("vds.open", &open).child("ok").is_none());
    assert_eq!(a.status(item), 5);

    a.billing.misbehave("vds.open", Misbehaviour::ErrorAfterEffect);
    assert!(a.try_call("vds.open", &open).is_err());
    assert_eq!(a.status(item), 2);

    a.billing.behave();
    assert!(a.call("vds.open", &open).child("ok").is_some());
}

#[test]
fn parameters_are_saved_in_both_forms_and_encrypted_when_asked() {
    let mut scene = scenes::one_reseller(&["vds"]);
    let item = scene.order("vds", "one.example");
    let elid = item.to_string();
    let save = |params: &[(&str, &str)]| {
        let mut all = vec![("elid", elid.as_str()), ("sok", "ok")];
        all.extend(params);
        scene.a.call("service.saveparam", &all);
    };
    save(&[("name", "first"), ("value", "1=2 &"), ("crypted", "off")]);
    save(&[("second", "2")]);
    save(&[("name", "third"), ("value", "top secret"), ("crypted", "on")]);
    let param = |name: &str| scene.a.param(item, name);
    assert_eq!([param("first"), param("second"), param("third")].map(Option::unwrap), ["1=2 &", "2", "top secret"]);
    let kept = scene.a.row("SELECT value FROM itemcryptedparam WHERE intname = 'third'");
    assert!(!kept.text("value").contains("secret"));
}

#[test]
fn a_panel_reads_only_parameters_encrypted_with_its_own_key() {
    let world = World::new();
    let (a, b) = (world.reseller("a"), world.reseller("b"));
    let secret = a.billing.key().encrypt("x");
    assert_eq!(a.billing.key().decrypt(&secret).as_deref(), Some("x"));
    assert_ne!(b.billing.key().decrypt(&secret).as_deref(), Some("x"));
}

#[test]
fn a_function_that_hangs_answers_an_error_once_it_is_let_go() {
    let scene = scenes::one_reseller(&[]);
    scene.a.billing.misbehave("task", Misbehaviour::Hangs(Duration::from_hours(1)));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| scene.a.try_call("task", &[]));
        while scene.a.billing.hanging() == 0 {
            std::thread::yield_now();
        }
        assert!(!waiting.is_finished());
        scene.a.billing.behave();
        assert!(waiting.join().unwrap().unwrap_err().contains("Type: 'client'"));
    });
    assert!(scene.a.try_call("task", &[]).is_ok());
}
