//! The panel made to forget which module a service was on: without that it may still see the old one, so no task is ended and no
//! repair is done before it has answered.

use crate::play::{outcome, servers};
use crate::stage::{json, repair_calls};
use lab::billing::guesses::{Guesses, Misbehaviour};

/// The panel sees a change by SQL only when it was made to forget, and a task that is ended too early orders once more.
fn remembering() -> Guesses {
    Guesses { caches_items: true, ended_task_runs_module: true, ..Guesses::default() }
}

#[test]
fn a_panel_that_does_not_forget_the_old_module_gets_no_task_to_end() {
    for how in [Misbehaviour::Rubbish, Misbehaviour::ErrorAfterEffect] {
        let play = servers(remembering(), 2);
        let [item, other] = play.items[..] else { panic!("two services") };
        assert!(play.a.billing.resold(item).unwrap(), "the panel has looked at the service before");
        play.a.billing.misbehave("tool.clearcache", how.clone());
        let (report, status) = play.sync(&[item], &["--via", "manual"]);
        assert_eq!((status, outcome(&report, 0).0), (1, "failed"), "{how:?}: {report:#}");
        let reason = outcome(&report, 0).1;
        assert!(reason.contains("The call tool.clearcache failed"), "{how:?}: {reason}");
        let remembers = format!("is on module {} again, but the panel may still remember the manual module", play.own);
        assert!(reason.contains(&remembers) && !reason.contains("is active"), "{how:?}: {reason}");
        let ended = |calls: &[String]| calls.iter().filter(|call| call.contains("status=2")).count();
        assert_eq!(ended(&repair_calls(&play.a)), 0, "{how:?}");
        assert_eq!((play.a.status(item), play.module(item)), (5, play.own), "{how:?}");
        assert_eq!(play.moves(), play.there_and_back(item), "{how:?}");

        // The next run makes it forget, and moves nothing.
        play.a.billing.behave();
        let (report, _) = play.sync(&[other], &["--dry-run"]);
        assert!(report["settled"][0].is_null(), "{report:#}");
        let (report, _) = play.sync(&[other], &[]);
        assert_eq!(report["settled"][0]["item"].as_u64(), Some(item), "{report:#}");
        let (report, status) = play.sync(&[item], &["--via", "manual"]);
        assert_eq!((status, outcome(&report, 0).0, report["settled"][0].is_null()), (0, "done", true), "{report:#}");
        assert_eq!((play.a.status(item), play.module(item)), (2, play.own));
        let orders = format!("SELECT id FROM item WHERE remoteid = '{item}'");
        assert_eq!(play.world.seller().rows(&orders).len(), 1, "nothing was ordered again");
    }
}

#[test]
fn a_panel_that_does_not_forget_the_manual_module_is_said_and_told_again_by_the_next_run() {
    let play = servers(remembering(), 2);
    let [item, other] = play.items[..] else { panic!("two services") };
    play.a.billing.misbehave_from(2, "tool.clearcache", Misbehaviour::Rubbish);
    let (report, status) = play.sync(&[item], &["--via", "manual"]);
    assert_eq!((status, outcome(&report, 0).0), (1, "failed"), "{report:#}");
    let remembers = "again, but the panel may still remember the manual module";
    let said = format!("The service is active and on module {} {remembers}", play.own);
    assert!(outcome(&report, 0).1.contains(&said), "{report:#}");
    assert_eq!((play.a.status(item), play.module(item)), (2, play.own));
    let (journal, _) = json(&play.a, &["journal", &item.to_string()]);
    assert_eq!(journal["runs"][0]["items"][0]["outcome"], "failed", "{journal:#}");

    // Whatever the administrator does with the service now, only the memory is left to us.
    play.a.execute(&format!("UPDATE item SET processingmodule = {} WHERE id = {item}", play.manual));
    let before = play.moves();
    play.a.billing.misbehave("tool.clearcache", Misbehaviour::Rubbish);
    let (report, _) = play.sync(&[other], &[]);
    let settled = &report["settled"][0];
    assert_eq!((settled["item"].as_u64(), settled["outcome"].as_str()), (Some(item), Some("failed")), "{report:#}");
    assert!(settled["reason"].as_str().unwrap().contains("may still remember the manual module"), "{report:#}");
    play.a.billing.behave();
    let (report, _) = play.sync(&[other], &[]);
    let settled = &report["settled"][0];
    assert_eq!((settled["item"].as_u64(), settled["outcome"].as_str()), (Some(item), Some("done")), "{report:#}");
    assert_eq!((play.moves(), play.module(item)), (before, play.manual), "nothing is moved");
    let calls = repair_calls(&play.a).len();
    let (report, _) = play.sync(&[other], &[]);
    assert_eq!((repair_calls(&play.a).len(), report["settled"][0].is_null()), (calls, true), "{report:#}");
}
