//! What stands beside the conclusion: it is true of what the log, the seller and the settings hold, and of nothing else.

use super::{Play, at, kind, text};
use crate::stage::{configure, json};
use lab::request::Caller;

/// The section of the text that begins with `title`.
fn section(play: &Play, title: &str, language: &str) -> String {
    let program = play.a.root().join("addon/resellguard");
    let output = at(&program, play.a.root(), &["explain", &play.item.to_string()], language);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = said.split_once(&format!("\n{title}\n")).unwrap_or_else(|| panic!("no '{title}': {said}"));
    rest.split("\n\n").next().unwrap_or_default().to_owned()
}

pub fn an_error_in_the_log_that_is_about_the_service_is_not_denied() {
    let play = Play::new("vds");
    // An error that names the service, and one that follows a question to the seller about it.
    for (thread, query, error) in [
        (
            "511:1",
            format!("func=task.edit&item={}", play.item),
            format!("Error: task failed func=vds.edit&elid={}", play.item),
        ),
        (
            "512:1",
            format!("func=vds.edit&elid={}", play.bought),
            "Error: Type: 'auth' Object: 'badpassword' Value: ''".into(),
        ),
    ] {
        play.log_of(thread, &[&format!("processing EXTINFO Query('{query}')"), &format!("libmgr ERROR {error}")]);
        let log = section(&play, "The module's log", "C");
        assert!(!log.contains("no error") && !log.contains("nothing about"), "{log}");
        assert!(log.contains(&error[..20]), "{log}");
    }
    // A service that waits for something of today: its order lies before, and where it is told is said.
    std::fs::write(play.a.root().join("var/pmbillmgr.log"), "").unwrap();
    let log = section(&play, "The module's log", "C");
    assert!(log.contains("nothing about this service since ") && log.contains("resellguard log"), "{log}");

    // The database is down, or the settings are wrong: what the log shows is said, and the remedy is that for the cause.
    play.log_of(
        "513:1",
        &[&format!("processing EXTINFO Query('func=v2.vds.order.param&remoteid={}&sok=ok')", play.item)],
    );
    let item = play.item.to_string();
    let conf = play.a.root().join("etc/billmgr.conf.d/db.conf");
    let kept = std::fs::read_to_string(&conf).unwrap();
    std::fs::write(&conf, kept.replace("DBSocket /", "DBSocket /nowhere/")).unwrap();
    let (told, status) = json(&play.a, &["explain", &item]);
    assert_eq!((kind(&told).as_str(), status), ("not_read", 1), "{told:#}");
    for part in ["The module's log mentions it, last on", "without an error", "What to do: start the database server"] {
        assert!(text(&told).contains(part), "{part}: {told:#}");
    }
    std::fs::write(&conf, kept).unwrap();
    configure(&play.world, &play.a, "[check]\non_conflict = \"explode\"\n");
    let (told, _) = json(&play.a, &["explain", &item]);
    assert!(kind(&told) == "not_read" && text(&told).contains("resellguard.toml"), "{told:#}");
    assert!(text(&told).contains("explode") && text(&told).contains("What to do: correct that file"), "{told:#}");
    configure(&play.world, &play.a, "");
    let (told, _) = json(&play.a, &["explain", &item, "--offline"]);
    assert!(kind(&told) == "not_read" && text(&told).contains("mentions it"), "{told:#}");
    assert!(text(&told).contains("without --offline"), "{told:#}");
}

pub fn what_stands_beside_the_conclusion_is_true_and_in_the_persons_language() {
    let play = Play::new("vds");
    // An event that may still come, and the plan for when it does not.
    configure(&play.world, &play.a, "[reselling]\nstuck_after = \"40m\"\n");
    play.world.seller().activate(play.item);
    json(&play.a, &["check"]);
    let told = play.explained(play.item);
    assert!(kind(&told) == "event_on_its_way" && text(&told).contains("has changed in 40 minutes"), "{told:#}");
    let repair = section(&play, "Plan", "C");
    assert!(repair.starts_with("  Not needed before 20") && repair.contains("vds.open"), "{repair}");
    assert!(section(&play, "План", "ru_RU.UTF-8").starts_with("  Не нужно раньше 20"));
    let page = play.a.call("resellguard.explain", &[("elid", &play.item.to_string())]);
    assert!(page.text_of("plan").starts_with("Not needed before 20"), "{page}");
    configure(&play.world, &play.a, "");

    // A name with a line break is one line; a kind of finding is said in words.
    play.lose();
    play.here("name = 'one\\n  4478 vds two.example: active'");
    let here = section(&play, "Here", "C");
    assert!(here.lines().next().unwrap().contains("one   4478 vds two.example: active: processing"), "{here}");
    assert!(section(&play, "Журнал модуля", "ru_RU.UTF-8").contains(" Событие пропало "));
    let here = section(&play, "Здесь", "ru_RU.UTF-8");
    assert!(here.contains("расписание не проверено: панель лежит не в") && !here.contains("does not lie"), "{here}");

    // An operation's error shows what the panel said.
    play.operation("errorxml = '<doc><error type=\"xset\" object=\"ip\"><msg>No free address</msg></error></doc>'");
    assert!(section(&play, "Here", "C").contains(": xset(ip): No free address"));
    play.operation("errorxml = 'timeout at 12:03'");
    assert!(section(&play, "Here", "C").contains("cannot be read: timeout at 12:03"));
    play.operation("errorxml = NULL");

    // An id noted here that names nothing there.
    play.here("remoteid = '999'");
    assert!(section(&play, "Here", "C").contains("seller's id noted here: 999"));
    assert!(section(&play, "At the seller", "C").contains("999, noted here: not found at the seller"));
    play.here(&format!("remoteid = '{}'", play.bought));
    assert!(!section(&play, "At the seller", "C").contains("noted here: not found"));

    // Only its form was read there: that no other row has our id is not known, and is said.
    let told = play.explained(play.item);
    assert_eq!(
        (&told["plan"]["decision"], &told["sources"]["seller"]["whole_list"]),
        (&"open".into(), &false.into()),
        "{told:#}"
    );
    assert!(
        section(&play, "Plan", "C")
            .starts_with("  The seller's whole list was not read for this: resellguard sync reads it first")
    );
    assert!(section(&play, "План", "ru_RU.UTF-8").starts_with("  Весь список продавца для этого не читался"));

    // Times in JSON have the panel's offset.
    let service = &told["sources"]["service"];
    let mut times = vec![&service["operations"][0]["created"], &told["sources"]["log"][0]["at"]];
    times.push(&service["history"][0]["at"]);
    times.extend(told["sources"]["account"].get("delivered_since"));
    for time in times {
        let text = time.as_str().unwrap_or_default();
        assert!(text.len() > 19 && text.parse::<jiff::Timestamp>().is_ok(), "{time}: {told:#}");
    }

    // What the seller says of the expiry stands there.
    play.here("status = 2, expiredate = '2031-01-30'");
    play.there("expiredate = '2030-12-20'");
    play.a.execute(&format!("DELETE FROM runningoperation WHERE item = {}", play.item));
    let told = play.explained(play.item);
    assert!(kind(&told) == "in_step" && text(&told).contains("here 2031-01-30, at the seller 2030-12-20"), "{told:#}");
    assert_eq!(told["plan"]["decision"], "in_step");
    assert!(told["plan"]["reason"].as_str().unwrap().contains("2030-12-20"), "{told:#}");
    assert!(section(&play, "At the seller", "C").contains("active, expires 2030-12-20"));
    play.here("status = 5");

    // No module, one that does not exist, a status that nobody knows.
    for (set, words) in [
        ("processingmodule = NULL", "has no processing module"),
        ("processingmodule = 77", "processing module 77 does not exist"),
        ("status = 17", "not known (17)"),
    ] {
        play.here(set);
        let told = play.explained(play.item);
        assert!(text(&told).contains(words), "{words}: {told:#}");
        play.here(&format!("status = 5, processingmodule = {}", play.module));
    }

    // The page is for one service, as the command line is.
    let other = play.a.order("vds", "two.example");
    let page = play
        .a
        .panel
        .call("resellguard.explain", &[("elid", &format!("{},{other}", play.item))], &Caller::root())
        .to_string();
    assert!(page.contains("<error") && page.contains("one is explained at a time"), "{page}");

    // The Russian answer to a wrong request is Russian.
    let page = play
        .a
        .panel
        .call("resellguard.explain", &[("elid", &format!("{},{other}", play.item)), ("lang", "ru")], &Caller::root())
        .to_string();
    assert!(page.contains("названо несколько услуг (elid)") && !page.contains("several services"), "{page}");
    let page = play.a.panel.call("resellguard.explain", &[("elid", "x1"), ("lang", "ru")], &Caller::root()).to_string();
    assert!(page.contains("«x1» не номер услуги") && !page.contains("is not the id"), "{page}");

    // An addon is a row of the same table, and no service by itself.
    play.a.execute(&format!("UPDATE item SET parent = {} WHERE id = {other}", play.item));
    let (error, status) = json(&play.a, &["explain", &other.to_string()]);
    let words = format!("{other} is an addon of the service {}", play.item);
    assert!(status == 1 && error["error"]["detail"].as_str().unwrap().contains(&words), "{error:#}");
    play.a.execute(&format!("UPDATE item SET parent = NULL WHERE id = {other}"));

    // A service that is not there, said in the person's language.
    let program = play.a.root().join("addon/resellguard");
    let output = at(&program, play.a.root(), &["explain", "999999"], "ru_RU.UTF-8");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Такого здесь нет") && said.contains("999999") && !said.contains("no such"), "{said}");
}
