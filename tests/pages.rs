//! The plugin in the panel: the hook that never harms `checkevent`, the functions by `mgrctl`, the page in a real browser.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::browser::{At, Browser};
use lab::core::{Fault, MultiSelect, Options};
use lab::document::Node;
use lab::request::Caller;
use lab::site::{ADMIN, CUSTOMER, PASSWORD, Site};
use lab::world::{Setup, Transport, World};
use stage::{Lost, lose, repair_calls};
use std::sync::Arc;

struct Play {
    world: World,
    a: Arc<Site>,
    items: Vec<u64>,
}

/// A's two services are lost to B, who reads the same account. A's page is plain HTTP, for the browser's sake.
fn lost(options: Options) -> Play {
    let world = World::new();
    let setup = Setup { transport: Transport::Http, options, ..Setup::default() };
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(&world, setup, &account, &[("vds", "one.example"), ("vds", "two.example")]);
    Play { world, a, items }
}

impl Play {
    fn elid(&self) -> String {
        self.items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn states(&self) -> Vec<u64> {
        self.items.iter().map(|item| self.a.status(*item)).collect()
    }

    fn rows(doc: &Node, list: &str) -> Vec<Node> {
        doc.all("list")
            .find(|node| node.get("name") == Some(list))
            .map(|node| node.all("elem").cloned().collect())
            .unwrap_or_default()
    }
}

#[test]
fn the_form_shows_the_plan_and_changes_nothing_until_it_is_sent() {
    let play = lost(Options::default());
    let form = play.a.call("resellguard.sync", &[("elid", &play.elid())]);
    let shown = Play::rows(&form, "plan");
    assert_eq!(shown.len(), 2, "{form}");
    assert!(shown[0].text_of("steps").starts_with("vds.open elid="), "{form}");
    assert_eq!((play.states(), repair_calls(&play.a).len()), (vec![5, 5], 0));
    let token = form.text_of("token").to_owned();
    let done = play.a.call("resellguard.sync", &[("elid", &play.elid()), ("token", &token), ("sok", "ok")]);
    let outcomes: Vec<String> =
        Play::rows(&done, "result").iter().map(|row| row.text_of("outcome").to_owned()).collect();
    assert_eq!(outcomes, ["done", "done"], "{done}");
    assert_eq!(play.states(), [2, 2]);
    assert_eq!(repair_calls(&play.a).len(), 2);
    // The journal opens on the run.
    let target = done.child("ok").unwrap().text.clone();
    let run = target.strip_prefix("func=resellguard.journal&elid=").unwrap();
    let journal = play.a.call("resellguard.journal", &[("elid", run)]);
    assert_eq!(journal.all("elem").count(), 2, "{journal}");
}

#[test]
fn a_plan_that_is_not_the_state_any_more_is_refused() {
    let play = lost(Options::default());
    let token = play.a.call("resellguard.sync", &[("elid", &play.elid())]).text_of("token").to_owned();
    // Meanwhile somebody else finishes the first.
    let first = play.items[0].to_string();
    play.a.call("vds.open", &[("elid", &first), ("sok", "ok")]);
    let [elid, token] = [format!("elid={}", play.elid()), format!("token={token}")];
    let refused = play.a.mgrctl(&["-o", "xml", "resellguard.sync", &elid, &token, "sok=ok"]);
    let said = String::from_utf8_lossy(&refused.stdout);
    assert!(said.contains("<error") && said.contains("not the plan that was shown"), "{said}");
    assert_eq!((play.states(), repair_calls(&play.a).len()), (vec![2, 5], 0));
}

#[test]
fn only_root_may_repair_without_having_been_shown_a_plan() {
    let play = lost(Options::default());
    let staff = Caller { id: 1, name: ADMIN.into(), level: 29, account: 0 };
    let elid = play.elid();
    for token in [&[][..], &[("token", "")], &[("token", "0")]] {
        let sent = [&[("elid", elid.as_str()), ("sok", "ok")], token].concat();
        let said = play.a.panel.call("resellguard.sync", &sent, &staff).to_string();
        assert!(said.contains("<error") && said.contains("not the plan that was shown"), "{token:?}: {said}");
        assert_eq!((play.states(), repair_calls(&play.a).len()), (vec![5, 5], 0), "{token:?}");
    }
    play.a.call("resellguard.sync", &[("elid", &elid), ("sok", "ok")]);
    assert_eq!(play.states(), [2, 2]);
}

#[test]
fn a_selection_that_is_delivered_row_by_row_is_repaired_once() {
    let play = lost(Options { multi_select: MultiSelect::PerElement, ..Options::default() });
    let form = play.a.call("resellguard.sync", &[("elid", &play.elid())]);
    assert_eq!(Play::rows(&form, "plan").len(), 2, "{form}");
    let token = form.text_of("token").to_owned();
    let services = form.text_of("services").to_owned();
    let elid = play.elid();
    play.a.call("resellguard.sync", &[("elid", &elid), ("services", &services), ("token", &token), ("sok", "ok")]);
    assert_eq!(play.states(), [2, 2]);
    assert_eq!(repair_calls(&play.a).len(), 2, "each service once");
}

#[test]
fn checkevent_goes_on_whatever_is_broken_in_us_or_around_us() {
    let play = lost(Options::default());
    let (world, a) = (&play.world, &play.a);
    let still_delivers = |what: &str| {
        let item = a.order("vds", "later.example");
        world.seller().activate(item);
        let output = a.checkevent();
        assert!(output.status.success(), "{what}: {output:?}");
        assert_eq!(a.status(item), 2, "{what}: the event was not applied");
        stage::observed(a);
    };
    still_delivers("nothing is broken");
    let state = a.root().join("var/resellguard");
    let aside = a.root().join("var/aside");
    std::fs::rename(&state, &aside).unwrap();
    std::fs::write(&state, "a file where the directory was").unwrap();
    still_delivers("the state directory is a file");
    std::fs::remove_file(&state).unwrap();
    still_delivers("the state directory is gone");
    std::fs::write(
        a.root().join("var/resellguard/journal.db"),
        "this is no database, and longer than a header of one is",
    )
    .unwrap();
    still_delivers("the journal is rubbish");
    std::fs::write(a.root().join("etc/resellguard.toml"), "[reselling\nmodules = 1").unwrap();
    still_delivers("the settings are rubbish");
}

#[test]
fn checkevent_answers_when_the_seller_or_the_database_is_dead() {
    let play = lost(Options::default());
    play.world.seller().panel.set_fault(Fault::Drop);
    let without_seller = play.a.checkevent();
    stage::observed(&play.a);
    // With the plugin or without, the panel's answer is the same.
    let descriptor = play.a.root().join("etc/xml/billmgr_mod_resellguard.xml");
    let hidden = play.a.root().join("etc/descriptor");
    let bare = |played: &dyn Fn() -> std::process::Output| {
        std::fs::rename(&descriptor, &hidden).unwrap();
        play.a.panel.reload();
        let output = played();
        std::fs::rename(&hidden, &descriptor).unwrap();
        play.a.panel.reload();
        output
    };
    let same = |one: &std::process::Output, other: &std::process::Output| {
        assert_eq!((one.status.code(), &one.stdout), (other.status.code(), &other.stdout));
    };
    same(&without_seller, &bare(&|| play.a.checkevent()));
    play.world.seller().panel.set_fault(Fault::None);
    play.a.database.stop();
    let without_database = play.a.checkevent();
    same(&without_database, &bare(&|| play.a.checkevent()));
    stage::observed(&play.a);
    play.a.database.restart();
    let log = std::fs::read_to_string(play.a.root().join("var/resellguard.log")).unwrap();
    assert!(log.contains("observing checkevent"), "the dead database is told in our log: {log}");
}

fn login(browser: &Browser, site: &Site, user: &str, language: &str) {
    browser.open(&format!("{}?lang={language}", site.url()));
    browser.fill("input[name=username]", user);
    browser.fill("input[name=password]", PASSWORD);
    browser.click(At::Css("form.login button.main"));
    browser.text("aside");
}

/// A picture of the page when somebody wants to look: `LAB_PICTURES=folder`.
fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("LAB_PICTURES") {
        browser.screenshot(&std::path::Path::new(&folder).join(name));
    }
}

#[test]
fn an_administrator_selects_two_services_presses_the_button_confirms_and_sees_both_active() {
    let play = lost(Options::default());
    let browser = Browser::start();
    login(&browser, &play.a, ADMIN, "en");
    browser.open(&format!("{}?func=vds", play.a.url()));
    assert!(!browser.enabled("button[value=resellguard_sync]"), "nothing is selected");
    for item in &play.items {
        browser.click(At::Css(&format!("tr[data-id='{item}'] input")));
    }
    picture(&browser, "resellguard-list.png");
    browser.click(At::Text("Force sync status"));
    let shown = browser.text("#list-plan");
    for item in &play.items {
        assert!(shown.contains(&item.to_string()), "{shown}");
    }
    assert!(shown.contains("The seller has activated the service"), "{shown}");
    picture(&browser, "resellguard-plan.png");
    assert_eq!(play.states(), [5, 5]);
    browser.click(At::Text("Repair"));
    browser.text("table");
    picture(&browser, "resellguard-journal.png");
    assert_eq!(play.states(), [2, 2]);
    browser.open(&format!("{}?func=vds", play.a.url()));
    for item in &play.items {
        let row = browser.text(&format!("tr[data-id='{item}']"));
        assert!(row.contains("Active"), "{row}");
    }
    browser.open(&format!("{}?func=resellguard", play.a.url()));
    assert!(browser.text("table").contains("#resellers"), "the accounts' list");
    picture(&browser, "resellguard-accounts.png");
}

#[test]
fn the_page_speaks_russian() {
    let play = lost(Options::default());
    let browser = Browser::start();
    login(&browser, &play.a, ADMIN, "ru");
    browser.open(&format!("{}?func=vds&lang=ru", play.a.url()));
    browser.click(At::Css(&format!("tr[data-id='{}'] input", play.items[0])));
    browser.click(At::Css("button[value=resellguard_sync]"));
    let shown = browser.text("#list-plan");
    assert!(shown.contains("Продавец уже активировал услугу"), "{shown}");
    assert!(shown.contains("в обработке (") && shown.contains("операция open"), "{shown}");
    assert!(!shown.contains("processing") && !shown.contains(" active"), "{shown}");
    picture(&browser, "resellguard-plan-ru.png");
}

#[test]
fn a_client_has_no_button_and_is_refused_by_address() {
    let play = lost(Options::default());
    let browser = Browser::start();
    login(&browser, &play.a, CUSTOMER, "en");
    browser.open(&format!("{}?func=vds", play.a.url()));
    assert!(browser.text("table").contains(&play.items[0].to_string()), "the client sees the service");
    assert_eq!(browser.texts("button[value=resellguard_sync]"), Vec::<String>::new());
    for address in ["resellguard.sync", "resellguard", "resellguard.check", "resellguard.journal"] {
        browser.open(&format!("{}?func={address}&elid={}&sok=ok", play.a.url(), play.items[0]));
        let said = browser.text(".notice.error");
        assert!(said.contains("administrator"), "{address}: {said}");
    }
    assert_eq!((play.states(), repair_calls(&play.a).len()), (vec![5, 5], 0));
}
