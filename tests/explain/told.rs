//! How it is told: in two languages, of a copied tree, and in the panel.

use super::{Play, at, kind, text};
use crate::stage::{Lost, checkevent, configure, json, lose};
use lab::request::Caller;
use lab::site::CUSTOMER;
use lab::world::{Setup, World};
use serde_json::Value;

pub fn the_articles_fault_is_told_as_a_story_in_both_languages_and_on_a_copy_without_database_and_seller() {
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
        assert_eq!(unread, ["service", "account", "seller", "log"], "{told:#}");
    }
    // The thread that failed is told as `log ITEM` tells it, error first and in few lines.
    let output = at(&program, &copy, &["explain", &item, "--offline"], "C");
    let said = String::from_utf8_lossy(&output.stdout);
    let story: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("  [23241:1]")).collect();
    assert!(story.len() <= 10 && story[1].contains("error: Error: Type: 'missed'"), "{said}");
    assert!(story[2].contains("warning: processing event"), "{said}");
    // No source is left out: each says why it was not looked at, in the person's language.
    let output = at(&program, &copy, &["explain", &item, "--offline"], "ru_RU.UTF-8");
    let russian = String::from_utf8_lossy(&output.stdout);
    for part in [
        "\nЗдесь\n",
        "не проверено: не запрашивалось (--offline)",
        "\nУчётная запись\n  не проверено: какая это учётная запись",
    ] {
        assert!(russian.contains(part), "{part}: {russian}");
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
    assert!(
        page.text_of("here").contains(&item) && page.text_of("log").contains("no error about this service\n["),
        "{page}"
    );
    assert!(page.text_of("log").contains("order sent: func=v2.vds.order.param"), "{page}");
    assert!(page.text_of("seller").contains(&play.bought.to_string()) && !page.text_of("plan").is_empty(), "{page}");
    let russian = play.a.call("resellguard.explain", &[("elid", &item), ("lang", "ru")]);
    assert!(russian.text_of("conclusion").starts_with("Всё в порядке"), "{russian}");
    // A service that is bought from nobody has no account to look at, and the page says so.
    play.here("processingmodule = (SELECT id FROM processingmodule WHERE module = 'pmmanual')");
    for (lang, words) in [("en", "not looked at: the service has no account"), ("ru", "не проверено: у услуги нет")]
    {
        let page = play.a.call("resellguard.explain", &[("elid", &item), ("lang", lang)]);
        for field in ["account", "seller"] {
            assert!(page.text_of(field).starts_with(words), "{field}: {page}");
        }
    }
    let customer = Caller { id: 2, name: CUSTOMER.into(), level: 16, account: 1 };
    let refused = play.a.panel.call("resellguard.explain", &[("elid", &item)], &customer).to_string();
    assert!(refused.contains("<error") && !refused.contains("All is well"), "{refused}");
}
