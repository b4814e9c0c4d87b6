//! The descriptor and the binary in a panel that knows nothing of them.

use crate::lists::lists;
use crate::place::{Place, in_an_hour};
use lab::core::{MultiSelect, Options, Panel};
use lab::document::Node;
use lab::request::{Caller, Functions, PanelError, Request};
use resellguard::handover::{Moment, take_polls};
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The least of a panel that the plugin needs: product lists, and `checkevent`, which counts its calls.
#[derive(Default)]
struct Shop {
    checked: AtomicU64,
}

impl Functions for Shop {
    fn level(&self, function: &str) -> Option<u8> {
        match function {
            "checkevent" => Some(29),
            list if lists().any(|known| known == list) => Some(16),
            _ => None,
        }
    }

    fn run(&self, request: &Request) -> Result<Node, PanelError> {
        if request.function == "checkevent" {
            self.checked.fetch_add(1, Ordering::SeqCst);
            return Ok(Node::new("doc").with(Node::new("ok")));
        }
        Ok(Node::new("doc").with(Node::new("elem").with(Node::leaf("id", "7"))))
    }

    fn descriptor(&self) -> String {
        let mut text = String::from("<mgrdata>");
        for list in lists() {
            let include = if list == "service" { "" } else { "<include name='service'/>" };
            let _ = write!(
                text,
                "<metadata name='{list}' type='list' key='id' keyname='name'>{include}<toolbar><toolgrp name='edit'>\
                 <toolbtn func='{list}.edit' name='edit' type='edit'/></toolgrp></toolbar></metadata>"
            );
        }
        text + "<mainmenu><node name='tool'/></mainmenu></mgrdata>"
    }

    fn login(&self, _: &str, _: &str, _: &str) -> Result<Caller, PanelError> {
        Err(PanelError { kind: "auth".into(), object: String::new(), value: String::new(), message: String::new() })
    }

    fn user(&self, _: &str) -> Option<Caller> {
        None
    }
}

fn administrator() -> Caller {
    Caller { id: 1, name: "admin".into(), level: 29, account: 0 }
}

fn client() -> Caller {
    Caller { id: 4, name: "client".into(), level: 16, account: 3 }
}

/// A panel with the plugin in it, installed as an administrator would.
struct Installed {
    place: Place,
    panel: Panel,
    shop: Arc<Shop>,
}

impl Installed {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let place = Place::new();
        for folder in ["etc/xml", "addon"] {
            fs::create_dir_all(place.0.join(folder)).unwrap();
        }
        fs::copy("xml/billmgr_mod_resellguard.xml", place.0.join("etc/xml/billmgr_mod_resellguard.xml")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_resellguard"), place.0.join("addon/resellguard")).unwrap();
        let shop = Arc::new(Shop::default());
        let root = place.0.display().to_string();
        let extra_env = vec![("RESELLGUARD_ROOT".to_owned(), root)];
        let functions: Arc<dyn Functions> = Arc::clone(&shop) as _;
        let panel = Panel::start(&place.0, functions, Options { extra_env, ..options });
        Self { place, panel, shop }
    }

    /// What the panel wrote into its own log.
    fn panel_log(&self) -> String {
        fs::read_to_string(self.place.0.join("var/billmgr.log")).unwrap()
    }
}

fn error(document: &Node) -> (&str, &str) {
    let error = document.child("error").expect("an error document");
    (error.get("type").unwrap_or_default(), error.text_of("msg"))
}

fn text<'a>(document: &'a Node, name: &str) -> Option<&'a str> {
    let messages = document.child("messages")?;
    let found = messages.all("msg").find(|msg| msg.get("name") == Some(name))?;
    Some(found.text.as_str())
}

#[test]
fn the_panel_loads_the_descriptor_and_registers_the_event() {
    let installed = Installed::new();
    let log = installed.panel_log();
    assert!(log.contains("Register event 'resellguard' for action 'checkevent'"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn the_button_is_there_for_an_administrator_on_every_list_and_never_for_a_client() {
    // Whether what is added to the list that all include reaches them is not known; the button has to be there either way.
    for includes_see_plugins in [true, false] {
        let installed = Installed::with(Options { includes_see_plugins, ..Options::default() });
        for list in lists() {
            for (language, label) in [("en", "Force sync status"), ("ru", "Синхронизировать статус")]
            {
                let shown = |caller: &Caller| {
                    let page = installed.panel.call(list, &[("lang", language)], caller);
                    let buttons = page.descendants("toolbtn").into_iter();
                    let ours = buttons.filter(|button| button.get("name") == Some("resellguard_sync")).count();
                    (ours, text(&page, "short_resellguard_sync").map(str::to_owned))
                };
                assert_eq!(shown(&administrator()), (1, Some(label.to_owned())), "{list} {language}");
                assert_eq!(shown(&client()).0, 0, "{list} {language}");
            }
        }
    }
}

#[test]
fn a_client_who_calls_our_functions_by_their_address_is_refused() {
    let installed = Installed::new();
    for function in ["resellguard", "resellguard.check", "resellguard.drift", "resellguard.sync", "resellguard.journal"]
    {
        for sok in ["", "ok"] {
            let answer = installed.panel.call(function, &[("elid", "7"), ("sok", sok), ("lang", "ru")], &client());
            let (kind, text) = error(&answer);
            assert_eq!(kind, "access", "{function}");
            assert!(text.contains("администратор"), "{text}");
        }
    }
    assert!(!installed.place.state().exists());
}

#[test]
fn a_page_is_a_list_with_its_own_columns_and_texts() {
    let installed = Installed::new();
    for (language, title) in [("en", "What was changed"), ("ru", "Что изменено")] {
        let page = installed.panel.call("resellguard.journal", &[("lang", language)], &administrator());
        assert!(page.child("error").is_none(), "{page}");
        assert_eq!(text(&page, "title"), Some(title));
        assert!(page.descendants("col").iter().any(|column| column.get("name") == Some("outcome")));
    }
    let check = installed.panel.call("resellguard.check", &[("lang", "en")], &administrator());
    // There is no database here; the page that cannot be shown says so, and the panel does not call it a broken plugin.
    assert_eq!(error(&check).0, "resellguard");
    assert!(!installed.panel_log().contains("ERROR"), "{}", installed.panel_log());
}

#[test]
fn checkevent_runs_with_the_hook_around_it() {
    let installed = Installed::new();
    installed.place.knows(in_an_hour(), &[]);
    let answer = installed.panel.call("checkevent", &[], &administrator());
    assert!(answer.child("ok").is_some(), "{answer}");
    assert_eq!(installed.shop.checked.load(Ordering::SeqCst), 1);
    let moments: Vec<Moment> = take_polls(&installed.place.root()).unwrap().iter().map(|poll| poll.moment).collect();
    assert_eq!(moments, [Moment::Before, Moment::After]);
}

#[test]
fn a_blocked_account_stops_checkevent_before_it_takes_events() {
    let installed = Installed::new();
    installed.place.knows(in_an_hour(), &["https://seller.example/billmgr#shop"]);
    let answer = installed.panel.call("checkevent", &[], &administrator());
    assert!(error(&answer).1.contains("https://seller.example/billmgr#shop"), "{answer}");
    assert_eq!(installed.shop.checked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_state_directory_that_cannot_be_used_does_not_stop_checkevent() {
    let installed = Installed::new();
    fs::write(installed.place.state(), "in the way").unwrap();
    let answer = installed.panel.call("checkevent", &[], &administrator());
    assert!(answer.child("ok").is_some(), "{answer}");
}

#[test]
fn a_selection_works_in_both_ways_a_panel_may_deliver_it() {
    for multi_select in [MultiSelect::OneCall, MultiSelect::PerElement] {
        let installed = Installed::with(Options { multi_select, ..Options::default() });
        // Nothing can be read here: exactly one of the calls tries, and its answer is the one that is shown.
        let answer = installed.panel.call("resellguard.sync", &[("elid", "7, 8, 9")], &administrator());
        assert_eq!(error(&answer).0, "resellguard", "{multi_select:?}");
        let tried = installed.place.log().matches("ERROR resellguard.sync").count();
        assert_eq!(tried, 1, "{multi_select:?}");
    }
}
