//! Taking back a run: what has a reverse, what has none, and what must not be taken back any more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::billing::guesses::Misbehaviour;
use lab::site::Site;
use lab::world::{Setup, World};
use serde_json::Value;
use stage::{Lost, json, lose, repair_calls, resellguard, said};
use std::sync::Arc;
use std::time::Duration;

struct Play {
    world: World,
    a: Arc<Site>,
    items: Vec<u64>,
}

/// A's services, lost to B and then repaired: they are active on both sides.
fn repaired(services: &[(&str, &str)]) -> (Play, String) {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(&world, Setup::default(), &account, services);
    let play = Play { world, a, items };
    let run = play.sync(&play.items.clone(), "");
    (play, run)
}

impl Play {
    /// Repairs, with these repairs allowed; returns the run's name.
    fn sync(&self, items: &[u64], allow: &str) -> String {
        let words: Vec<String> = items.iter().map(ToString::to_string).collect();
        let allowed = format!("--allow={allow}");
        let mut arguments = vec!["sync"];
        arguments.extend(words.iter().map(String::as_str));
        if !allow.is_empty() {
            arguments.push(&allowed);
        }
        let (report, status) = json(&self.a, &arguments);
        assert_eq!(status, 0, "{report:#}");
        report["run"].as_str().expect("a run").to_owned()
    }

    fn undo(&self, run: &str, more: &[&str]) -> (Value, i32) {
        json(&self.a, &[&["undo", run], more].concat())
    }

    /// The reason why a run is not taken back; nothing was called.
    fn refused(&self, run: &str) -> String {
        let before = repair_calls(&self.a);
        let (report, status) = self.undo(run, &[]);
        let item = &report["items"][0];
        assert_eq!(
            (status, item["outcome"].as_str(), &report["run"]),
            (2, Some("refused"), &Value::Null),
            "{report:#}"
        );
        assert_eq!(repair_calls(&self.a), before);
        item["reason"].as_str().unwrap().to_owned()
    }

    fn at_seller(&self, item: u64, set: &str) {
        let there = self.world.seller().bought_as(item);
        self.world.seller().execute(&format!("UPDATE item SET {set} WHERE id = {there}"));
    }

    fn expires(&self, item: u64) -> String {
        let sql = format!("SELECT CAST(expiredate AS CHAR) AS expiredate FROM item WHERE id = {item}");
        self.a.row(&sql).text("expiredate").to_owned()
    }

    fn last_call(&self) -> String {
        repair_calls(&self.a).pop().unwrap().trim_end().to_owned()
    }

    fn reversible(&self, item: u64, allow: &str) -> Value {
        stage::configure(&self.world, &self.a, &format!("[sync]\nallow = [\"{allow}\"]\n"));
        let (drift, _) = json(&self.a, &["drift", &item.to_string()]);
        stage::configure(&self.world, &self.a, "");
        drift["items"][0]["reversible"].clone()
    }
}

#[test]
fn a_suspension_is_taken_back_and_only_once() {
    let (play, _) = repaired(&[("vds", "one.example")]);
    let item = play.items[0];
    play.at_seller(item, "status = 3, abusesuspend = 'on'");
    assert_eq!(play.reversible(item, "suspend"), true);
    let run = play.sync(&[item], "suspend");
    assert_eq!(play.a.status(item), 3);
    let made = repair_calls(&play.a).len();
    let (dry, status) = play.undo(&run, &["--dry-run"]);
    assert_eq!((status, dry["items"][0]["outcome"].as_str()), (0, Some("planned")), "{dry:#}");
    assert_eq!(dry["items"][0]["steps"][0]["call"], "service.postresume");
    let text = said(&play.a, "C.UTF-8", &["undo", &run, "--dry-run"]);
    assert!(text.contains("would be taken back") && text.contains("may still have it suspended"), "{text}");
    assert!(!text.contains("repaired") && !text.contains("the module would have called"), "{text}");
    let text = said(&play.a, "ru_RU.UTF-8", &["undo", &run, "--dry-run"]);
    assert!(text.contains("было бы отменено") && !text.contains("исправлено") && !text.contains("модуль"), "{text}");
    assert_eq!((repair_calls(&play.a).len(), play.a.status(item)), (made, 3));

    let (report, status) = play.undo(&run, &[]);
    assert_eq!((status, report["items"][0]["outcome"].as_str()), (0, Some("done")), "{report:#}");
    assert_eq!((report["items"][0]["before"]["status"].as_str(), play.a.status(item)), (Some("suspended"), 2));
    assert_eq!(play.last_call(), format!("service.postresume elid={item} sok=ok"));
    let undo = report["run"].as_str().unwrap().to_owned();
    let (journal, _) = json(&play.a, &["journal", &undo]);
    assert_eq!(journal["runs"][0]["undoes"], run.as_str(), "{journal:#}");
    assert_eq!(journal["runs"][0]["items"][0]["decision"], "resume");
    assert_eq!(json(&play.a, &["journal", "--verify"]).1, 0);

    assert!(play.refused(&run).contains(&format!("Run {undo} has taken it back already")));
    assert!(play.refused(&undo).contains("is not taken back itself"));
    let unknown = resellguard(&play.a, &["undo", "20200101-000000-1"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no run is named"));
}

#[test]
fn a_resumption_and_an_expiry_are_taken_back() {
    let (play, _) = repaired(&[("vds", "one.example"), ("vds", "two.example")]);
    let [resumed, prolonged] = play.items[..] else { panic!("two services") };
    play.a.execute(&format!("UPDATE item SET status = 3 WHERE id = {resumed}"));
    assert_eq!(play.reversible(resumed, "resume"), true);
    let run = play.sync(&[resumed], "resume");
    assert_eq!(play.a.status(resumed), 2);
    assert_eq!(play.undo(&run, &[]).1, 0);
    assert_eq!((play.a.status(resumed), play.last_call()), (3, format!("service.postsuspend elid={resumed} sok=ok")));

    let paid_until = play.expires(prolonged);
    play.at_seller(prolonged, "expiredate = '2039-12-31'");
    assert_eq!(play.reversible(prolonged, "expiredate"), true);
    let run = play.sync(&[prolonged], "expiredate");
    assert_eq!(play.expires(prolonged), "2039-12-31");
    let form = play.a.mgrctl(&["-o", "xml", "resellguard.undo", &format!("elid={run}")]);
    let form = String::from_utf8_lossy(&form.stdout).into_owned();
    assert!(form.contains("<decision>set the earlier expiry again</decision>"), "{form}");
    assert!(form.contains("The seller is not asked") && !form.contains("the module would have called"), "{form}");
    assert!(!form.contains("not found") && !form.contains("<link>"), "nobody looked for it: {form}");
    let text = said(&play.a, "C.UTF-8", &["undo", &run]);
    assert!(text.contains(": taken back\n") && !text.contains("done"), "{text}");
    assert_eq!(play.expires(prolonged), paid_until);

    // A day that has passed is not put back, and that is said beforehand.
    play.a.execute(&format!("UPDATE item SET expiredate = '2026-01-01' WHERE id = {prolonged}"));
    assert_eq!(play.reversible(prolonged, "expiredate"), false);
    let run = play.sync(&[prolonged], "expiredate");
    assert!(play.refused(&run).contains("paid until 2026-01-01, which has passed"));
}

#[test]
fn what_has_no_reverse_is_said_with_what_to_do() {
    let (play, opened) = repaired(&[("vds", "one.example")]);
    let item = play.items[0];
    assert!(play.refused(&opened).contains("suspend or delete the service in the panel"));
    // The row of the journal's list names the run as well.
    let form = play.a.mgrctl(&["-o", "xml", "resellguard.undo", &format!("elid={opened}.{item}")]);
    let form = String::from_utf8_lossy(&form.stdout).into_owned();
    assert!(form.contains("cannot be taken back") && form.contains("0 of 1 service will be taken back"), "{form}");
    // An operation that this panel had asked for.
    play.a.execute(&format!("INSERT INTO runningoperation(item, intname, manual) VALUES ({item}, 'suspend', 'on')"));
    play.at_seller(item, "status = 3, employeesuspend = 'on'");
    assert_eq!(play.reversible(item, "suspend"), false);
    let run = play.sync(&[item], "suspend");
    assert!(play.refused(&run).contains("Ask for the opposite"));
    play.at_seller(item, "status = 4");
    assert_eq!(play.reversible(item, "close"), false);
    let run = play.sync(&[item], "close");
    assert_eq!(play.a.status(item), 4);
    assert!(play.refused(&run).contains("cannot be brought back"));

    let (play, run) = repaired(&[("certificate", "c.example"), ("vds", "v.example")]);
    assert!(play.refused(&run).contains("stored certificate cannot be taken back"));
}

#[test]
fn what_has_changed_since_and_what_money_forbids_is_not_taken_back() {
    let (play, _) = repaired(&[("vds", "one.example"), ("vds", "two.example"), ("vds", "three.example")]);
    let [moved, unpaid, late] = play.items[..] else { panic!("three services") };
    let today = jiff::ZonedDateTime::now().date();
    for item in [moved, unpaid, late] {
        play.at_seller(item, "status = 3, abusesuspend = 'on'");
    }
    let [of_moved, of_unpaid, of_late] = [moved, unpaid, late].map(|item| {
        let run = play.sync(&[item], "suspend");
        assert_eq!(play.a.status(item), 3);
        run
    });
    play.a.execute(&format!("UPDATE item SET expiredate = DATE_ADD(expiredate, INTERVAL 1 MONTH) WHERE id = {moved}"));
    assert!(play.refused(&of_moved).contains("somebody has changed it since"));
    play.a.execute(&format!("UPDATE item SET autosuspend = 'on' WHERE id = {unpaid}"));
    assert!(play.refused(&of_unpaid).contains("has got a mark of suspension"));
    play.a.execute(&format!("INSERT INTO runningoperation(item, intname, manual) VALUES ({late}, 'prolong', 'on')"));
    assert!(!play.refused(&of_late).is_empty());
    play.a.execute(&format!("DELETE FROM runningoperation WHERE item = {late}"));
    let stop = play.a.root().join("etc/billmgr.DoNothing");
    std::fs::write(&stop, "").unwrap();
    assert!(play.refused(&of_late).contains("DoNothing"));
    std::fs::remove_file(stop).unwrap();
    assert_eq!(play.undo(&of_late, &[]).1, 0, "nothing else was in the way");

    // An expiry that has passed is not set back.
    play.a.execute(&format!("DELETE FROM history_item WHERE reference = {late}"));
    let yesterday = today.yesterday().unwrap();
    play.at_seller(late, "status = 2, abusesuspend = 'off', expiredate = '2039-12-31'");
    play.a.execute(&format!("UPDATE item SET expiredate = '{yesterday}' WHERE id = {late}"));
    let run = play.sync(&[late], "expiredate");
    assert!(play.refused(&run).contains(&format!("until {yesterday}, which has passed")));
    assert_eq!(play.expires(late), "2039-12-31");
}

#[test]
fn the_plan_that_was_shown_is_taken_back_or_none_and_a_killed_undo_is_settled() {
    let (play, _) = repaired(&[("vds", "one.example")]);
    let item = play.items[0];
    play.at_seller(item, "status = 3, abusesuspend = 'on'");
    let run = play.sync(&[item], "suspend");
    let elid = format!("elid={run}");
    let form = play.a.mgrctl(&["-o", "xml", "resellguard.undo", &elid]);
    let form = String::from_utf8_lossy(&form.stdout).into_owned();
    assert!(form.contains("service.postresume") && form.contains("1 of 1 service will be taken back"), "{form}");
    let stale = play.a.mgrctl(&["-o", "xml", "resellguard.undo", &elid, "token=0", "sok=ok"]);
    assert!(String::from_utf8_lossy(&stale.stdout).contains("This is not the plan that was shown"), "{stale:?}");
    assert_eq!(play.a.status(item), 3);

    // Killed while the panel is at the call, which takes effect all the same.
    play.a.billing.misbehave("service.postresume", Misbehaviour::Hangs(Duration::from_hours(1)));
    let mut plugin = std::process::Command::new(play.a.root().join("addon/resellguard"))
        .args(["undo", &run])
        .env("RESELLGUARD_ROOT", play.a.root())
        .stdin(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while play.a.billing.hanging() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    plugin.kill().unwrap();
    plugin.wait().unwrap();
    play.a.billing.behave();
    while play.a.billing.hanging() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(json(&play.a, &["journal", "--verify"]).1, 0);
    let (report, status) = play.undo(&run, &[]);
    assert_eq!(status, 2, "{report:#}");
    assert!(report["items"][0]["reason"].as_str().unwrap().contains("was not answered"), "{report:#}");
    play.a.call("service.postresume", &[("elid", &item.to_string()), ("sok", "ok")]);
    let (report, status) = play.undo(&run, &[]);
    assert_eq!((status, report["settled"][0]["outcome"].as_str()), (2, Some("done")), "{report:#}");
    assert!(report["items"][0]["reason"].as_str().unwrap().contains("has taken it back already"), "{report:#}");
    assert_eq!(json(&play.a, &["journal", "--verify"]).1, 0);
}
