//! What the plan and the outcome of a repair say besides the reason: what is not copied, what has run out, what an id that is noted
//! here is worth.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::core::Fault;
use lab::world::{Setup, World};
use serde_json::Value;
use stage::{json, said};

/// A service that waits, whose domain agrees on both sides, on an account that another panel reads.
fn waiting(world: &World) -> (stage::Lost, u64) {
    let account = world.account("shop");
    let lost = stage::lose(world, Setup::default(), &account, &[("vds", "one.example"), ("vds", "two.example")]);
    let item = lost.items[0];
    (lost, item)
}

#[test]
fn what_is_not_copied_and_what_has_run_out_is_said_beforehand_and_afterwards() {
    let world = World::new();
    let (lost, item) = waiting(&world);
    let a = &lost.a;
    let there = |name: &str, value: &str| {
        world.seller().execute(&format!(
            "UPDATE itemparam SET value = '{value}' WHERE intname = '{name}'
             AND item = (SELECT id FROM item WHERE remoteid = '{item}')"
        ));
    };
    there("username", "user name");
    there("ip", "203.0.113.5/24");
    a.execute(&format!("UPDATE item SET expiredate = '2026-01-31' WHERE id = {item}"));
    let number = item.to_string();
    let says = |reason: &str| {
        for part in ["no such thing: ip, username. Fill it in by hand.", "paid only until 2026-01-31"] {
            assert!(reason.contains(part), "'{part}': {reason}");
        }
    };
    let (plan, _) = json(a, &["drift", &number]);
    let planned = &plan["items"][0];
    assert_eq!(planned["decision"], "open", "{plan:#}");
    says(planned["reason"].as_str().unwrap());
    for part in ["Заполните вручную", "ip, username", "оплачена только до 2026-01-31"] {
        let text = said(a, "ru_RU.UTF-8", &["drift", &number]);
        assert!(text.contains(part), "'{part}': {text}");
    }
    let (done, status) = json(a, &["sync", &number]);
    let synced = &done["items"][0];
    assert_eq!((&synced["outcome"], status), (&"done".into(), 0), "{done:#}");
    says(synced["reason"].as_str().unwrap());
    let params = &synced["steps"].as_array().unwrap().last().unwrap()["params"];
    assert!(params.get("ip").is_none() && params.get("username").is_none(), "{done:#}");
}

#[test]
fn a_noted_id_that_is_no_row_is_told_or_is_a_contradiction_where_others_show_what_it_is() {
    let world = World::new();
    let account = world.account("shop");
    let lost = stage::lose(&world, Setup::default(), &account, &[("vds", "one.example")]);
    let (a, item) = (&lost.a, lost.items[0]);
    a.execute(&format!("UPDATE item SET remoteid = '777777' WHERE id = {item}"));
    let number = item.to_string();
    let (plan, _) = json(a, &["drift", &number]);
    let planned = &plan["items"][0];
    assert_eq!((&planned["decision"], &planned["link"]), (&"open".into(), &"remoteid".into()), "{plan:#}");
    assert!(
        planned["reason"].as_str().unwrap().contains("The id 777777 that is noted here names no service"),
        "{plan:#}"
    );

    stage::fill(&world, a, &account, "vds", 6);
    let (plan, _) = json(a, &["drift", &number]);
    let planned = &plan["items"][0];
    assert_eq!((&planned["decision"], &planned["link"]), (&"refuse".into(), &"ambiguous".into()), "{plan:#}");
    assert!(planned["reason"].as_str().unwrap().contains("777777 is noted here"), "{plan:#}");
    let (explained, _) = json(a, &["explain", &number]);
    assert_eq!(explained["plan"]["link"], "ambiguous", "{explained:#}");
    let (refused, status) = json(a, &["sync", &number]);
    assert_eq!((&refused["items"][0]["outcome"], status), (&"refused".into(), 2), "{refused:#}");
    assert_eq!(a.status(item), 5);
}

#[test]
fn what_was_not_read_is_not_called_not_found() {
    let world = World::new();
    let (lost, item) = waiting(&world);
    let (a, number) = (&lost.a, item.to_string());
    let page = |language: &str| {
        a.mgrctl(&["-o", "xml", "resellguard.sync", &format!("elid={item}"), &format!("lang={language}")])
    };
    world.seller().panel.set_fault(Fault::Status(500));
    for (language, code, words) in [("C.UTF-8", "en", "seller not read"), ("ru_RU.UTF-8", "ru", "продавец не прочитан")]
    {
        let text = said(a, language, &["drift", &number]);
        assert!(text.contains(words), "{text}");
        for nothing in ["not found", "link", "не найдена", "связь"] {
            assert!(!text.contains(nothing), "'{nothing}': {text}");
        }
        assert_eq!(text.contains("у продавца сбой"), code == "ru", "{text}");
        assert_eq!(text.contains("the seller is in trouble"), code == "en", "{text}");
        let form = String::from_utf8_lossy(&page(code).stdout).into_owned();
        assert!(form.contains(words.split_once(' ').unwrap().1), "{form}");
        assert!(!form.contains("not found") && !form.contains("не найдена"), "{form}");
    }
    let (plan, _) = json(a, &["drift", &number]);
    let planned = &plan["items"][0];
    let told = (&planned["link"], planned.get("seller"), &planned["seller_read"]);
    assert_eq!(told, (&"none".into(), Some(&Value::Null), &false.into()), "{plan:#}");
    world.seller().panel.set_fault(Fault::None);

    world.seller().execute(&format!("UPDATE item SET remoteid = NULL WHERE remoteid = '{item}'"));
    a.execute(&format!("UPDATE item SET remoteid = NULL WHERE id = {item}"));
    let english = said(a, "C.UTF-8", &["drift", &number]);
    assert!(english.contains("seller not found (no link)"), "{english}");
    let russian = said(a, "ru_RU.UTF-8", &["drift", &number]);
    assert!(russian.contains("у продавца не найдена (связи нет)"), "{russian}");
    assert_eq!(json(a, &["drift", &number]).0["items"][0]["seller_read"], true);
}
