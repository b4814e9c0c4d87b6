//! By the module's own `sync_item`: the canary, what stops a run, and what is not started at all.

use crate::play::{kill, lost, outcome, servers, syncing};
use crate::stage::{minutes_later, repair_calls, said, start};
use lab::billing::guesses::Guesses;
use std::process::Command;

#[test]
fn the_module_gets_one_service_first_and_then_the_others() {
    let play = servers(syncing(), 3);
    play.module_is_watched();
    let (shown, status) = play.sync(&play.items, &["--via", "module", "--dry-run"]);
    assert_eq!((status, outcome(&shown, 0).0), (0, "planned"), "{shown:#}");
    assert_eq!(shown["via"], "module");
    assert!(shown["way"].as_str().unwrap().contains("not confirmed"), "the risk is said: {shown:#}");
    assert_eq!(shown["items"][0]["steps"][0]["call"], "processing/pmbillmgr");
    assert_eq!(play.started(), ["resellguard --command features"], "once for all services");
    let russian = Command::new(play.a.root().join("addon/resellguard"))
        .args(["sync", &play.items[0].to_string(), "--via", "module", "--dry-run"])
        .env("RESELLGUARD_ROOT", play.a.root())
        .env("LANG", "ru_RU.UTF-8")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&russian.stdout);
    assert!(said.contains("не подтверждено") && said.contains("> processing/pmbillmgr command=sync_item"), "{said}");
    std::fs::remove_file(play.a.root().join("processing/started")).unwrap();

    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!(status, 0, "{report:#}");
    let mut expected = vec!["resellguard --command features".to_owned()];
    let own = play.own;
    expected
        .extend(play.items.iter().map(|item| format!("resellguard --command sync_item --item {item} --module {own}")));
    assert_eq!(play.started(), expected);
    for item in &play.items {
        assert_eq!((play.a.status(*item), play.status_there(*item), play.a.operations(*item)), (2, 2, vec![]));
    }
    assert_eq!(repair_calls(&play.a), Vec::<String>::new(), "the module calls the panel itself");
    assert_eq!(play.moves(), []);
    let (again, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!((status, outcome(&again, 0).0), (0, "in_step"), "{again:#}");
}

#[test]
fn a_module_that_changes_the_seller_is_stopped_after_the_first_service_with_an_alarm() {
    let guesses = Guesses { sync_item_pushes: true, ..syncing() };
    let play = servers(guesses, 3);
    play.module_is_watched();
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!(status, 1, "{report:#}");
    let (word, reason) = outcome(&report, 0);
    assert_eq!(word, "failed");
    assert!(reason.starts_with("ALARM") && reason.contains("status: 2 -> 3"), "{reason}");
    let stopped = format!("Nothing was called: the run was stopped after service {}.", play.items[0]);
    assert_eq!([outcome(&report, 1), outcome(&report, 2)], [("refused", stopped.as_str()); 2], "{report:#}");
    assert_eq!(play.started().iter().filter(|line| line.contains("sync_item --item")).count(), 1);
    assert_eq!(play.items.iter().map(|item| play.status_there(*item)).collect::<Vec<_>>(), [3, 2, 2]);
    let log = std::fs::read_to_string(play.a.root().join("var/resellguard.log")).unwrap();
    assert!(log.contains("ERROR") && log.contains("ALARM"), "{log}");
    // Each further run could harm one more service.
    let (report, status) = play.sync(&play.items[1..], &["--via", "module"]);
    let refused = format!("when service {} was repaired. Look at that service there first", play.items[0]);
    assert!(status == 2 && [0, 1].iter().all(|number| outcome(&report, *number).1.contains(&refused)), "{report:#}");
    assert_eq!(play.items.iter().map(|item| play.status_there(*item)).collect::<Vec<_>>(), [3, 2, 2]);
    assert_eq!(play.sync(&play.items[1..], &[]).1, 0, "the usual way is open");
}

#[test]
fn a_run_that_was_killed_while_the_module_was_at_it_closes_the_way_until_the_seller_was_compared() {
    let play = servers(Guesses { sync_item_pushes: true, ..syncing() }, 3);
    let [first, second, third] = play.items[..] else { panic!("three services") };
    // Does its work, and does not end.
    play.module_script(
        "echo \"$@\" >> \"$(dirname \"$0\")/started\"
         case \"$*\" in *features*) exec \"$0.real\" \"$@\";; esac
         \"$0.real\" \"$@\"; echo $$ > \"$0.draft\"; mv \"$0.draft\" \"$(dirname \"$0\")/holding\"; exec sleep 600",
    );
    let words = play.items.iter().map(ToString::to_string).collect::<Vec<_>>();
    let plugin = start(&play.a, &["sync", &words[0], &words[1], &words[2], "--via", "module"]);
    let holding = play.a.root().join("processing/holding");
    while !holding.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    kill(plugin);
    let process = std::fs::read_to_string(&holding).unwrap();
    assert!(Command::new("kill").arg(process.trim()).status().unwrap().success(), "{process}");
    assert_eq!([first, second, third].map(|item| play.status_there(item)), [3, 2, 2], "the scene");

    let said = format!("the module was given service {first}, and what it did at the seller has not been compared");
    for more in [&["--via", "module"][..], &["--via", "module", "--dry-run"]] {
        let (report, status) = play.sync(&[second], more);
        assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
        assert!(outcome(&report, 0).1.contains(&said), "{report:#}");
    }
    // It is compared with what was kept before the call, and that is an alarm.
    minutes_later(&play.a);
    let (report, status) = play.sync(&[second], &["--via", "module"]);
    let settled = &report["settled"][0];
    assert_eq!((settled["item"].as_u64(), settled["outcome"].as_str()), (Some(first), Some("failed")), "{report:#}");
    let alarm = settled["reason"].as_str().unwrap();
    assert!(alarm.starts_with("ALARM") && alarm.contains("status: 2 -> 3"), "{alarm}");
    assert_eq!((status, outcome(&report, 0).0), (2, "refused"), "{report:#}");
    assert!(outcome(&report, 0).1.contains("Look at that service there first"), "{report:#}");
    assert_eq!(play.started().iter().filter(|line| line.contains("sync_item --item")).count(), 1);
    assert_eq!([first, second, third].map(|item| play.status_there(item)), [3, 2, 2]);
    assert_eq!(play.sync(&[second], &[]).1, 0, "the usual way is open");
}

#[test]
fn a_canary_that_is_not_as_wanted_stops_the_run_and_a_later_service_does_not() {
    let play = servers(syncing(), 3);
    let [first, second, third] = play.items[..] else { panic!("three services") };
    // Says that all is well, and did nothing.
    let idle = |item: u64| {
        play.module_script(&format!(
            "case \"$*\" in *'sync_item --item {item} '*) echo '<doc/>';; *) exec \"$0.real\" \"$@\";; esac"
        ));
    };
    idle(first);
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!((status, outcome(&report, 0).0), (1, "failed"), "{report:#}");
    assert!(outcome(&report, 0).1.contains("reading back does not show"), "{report:#}");
    assert_eq!([outcome(&report, 1).0, outcome(&report, 2).0], ["refused", "refused"]);
    assert_eq!([first, second, third].map(|item| play.a.status(item)), [5, 5, 5]);

    idle(second);
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!(
        (status, [0, 1, 2].map(|number| outcome(&report, number).0)),
        (1, ["done", "failed", "done"]),
        "{report:#}"
    );
    assert_eq!([first, second, third].map(|item| play.a.status(item)), [2, 5, 2]);
}

#[test]
fn a_certificate_is_brought_by_the_module() {
    let play = lost(syncing(), &[("certificate", "c1.example")]);
    let (report, status) = play.sync(&play.items, &["--via", "module"]);
    assert_eq!((status, outcome(&report, 0).0), (0, "done"), "{report:#}");
    assert_eq!(play.a.param(play.items[0], "service_status").as_deref(), Some("5"));
}

#[test]
fn what_does_not_offer_sync_item_is_not_started_with_it() {
    let play = servers(Guesses::default(), 1);
    let features = |printed: &str| format!("echo \"$@\" >> \"$(dirname \"$0\")/started\"; {printed}");
    for (script, words) in [
        ("exec \"$0.real\" \"$@\"", "its features do not name it"),
        ("echo '<html>'", "no document"),
        ("exit 7", "status 7"),
        ("exec cat /dev/zero", "wrote too much"),
    ] {
        play.module_script(&features(script));
        let (report, status) = play.sync(&play.items, &["--via", "module"]);
        let (word, reason) = outcome(&report, 0);
        assert_eq!((status, word), (2, "refused"), "{report:#}");
        assert!(reason.contains("does not offer sync_item") && reason.contains(words), "{reason}");
    }
    assert_eq!(play.started(), ["--command features"; 4]);
    play.module_script(&features("echo rubbish"));
    let arguments = ["sync", &play.items[0].to_string(), "--via", "module"];
    let english = said(&play.a, "C.UTF-8", &arguments);
    assert!(english.contains("there is no element in it") && !english.contains("empty"), "{english}");
    play.module_script(&features("exec \"$0.real\" \"$@\""));
    let russian = said(&play.a, "ru_RU.UTF-8", &arguments);
    assert!(russian.contains("Модуль не предлагает sync_item: его нет среди возможностей"), "{russian}");
    assert!(!russian.contains("features"), "{russian}");
    assert_eq!(play.a.status(play.items[0]), 5);
}
