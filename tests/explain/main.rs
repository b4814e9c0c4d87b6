//! `explain` on real parts: one service in every state that it can hang in, told from its panel; and on a copy of that panel.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../kinds/mod.rs"]
mod kinds;
mod shown;
#[path = "../stage/mod.rs"]
mod stage;
mod states;
mod surroundings;
mod told;

use lab::billing::guesses::Quirks;
use lab::site::Site;
use lab::world::World;
use serde_json::Value;
use stage::{install, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock};

/// Each is played once, by its own test or by the one that gathers what they all produced, whichever comes first.
macro_rules! scenes {
    ($($name:ident in $module:ident;)*) => {
        mod played {
            $(pub mod $name {
                pub static KINDS: std::sync::LazyLock<std::collections::BTreeSet<String>> =
                    std::sync::LazyLock::new(|| crate::gathered(crate::$module::$name));
            })*
        }

        $(#[test]
        fn $name() {
            assert!(!played::$name::KINDS.is_empty());
        })*

        #[test]
        fn every_conclusion_has_its_scene() {
            let mut produced = BTreeSet::new();
            $(produced.extend(LazyLock::force(&played::$name::KINDS).iter().map(String::as_str));)*
            assert_eq!(produced, kinds::all());
        }
    };
}

scenes! {
    a_service_is_explained_from_its_order_to_its_end in states;
    every_state_in_which_a_delivered_or_refused_service_hangs_has_its_conclusion in states;
    a_certificate_is_explained_from_its_request_to_its_loss in states;
    what_keeps_the_panel_from_the_seller_or_from_its_events_is_said in surroundings;
    an_order_that_did_not_reach_the_seller_says_why in surroundings;
    what_stands_beside_the_conclusion_is_true_and_in_the_persons_language in shown;
    an_error_in_the_log_that_is_about_the_service_is_not_denied in shown;
    what_was_not_shown_or_not_answered_is_no_answer in surroundings;
    the_articles_fault_is_told_as_a_story_in_both_languages_and_on_a_copy_without_database_and_seller in told;
}

thread_local! {
    /// The conclusions that the scene on this thread has seen.
    static SEEN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

fn gathered(scene: fn()) -> BTreeSet<String> {
    SEEN.take();
    scene();
    SEEN.take()
}

/// A panel with one waiting service that the seller has activated, whose event is gone, and whose log says so.
struct Play {
    world: World,
    a: Arc<Site>,
    module: u64,
    item: u64,
    bought: u64,
}

impl Play {
    fn new(itemtype: &str) -> Self {
        let world = World::new();
        let a = stage::reseller(&world, "a");
        let account = world.account("reseller-a");
        let module = world.connect(&a, &account, &[itemtype])[0];
        install(&world, &a, "");
        let item = a.order(itemtype, "one.example");
        let bought = world.seller().bought_as(item);
        Self { world, a, module, item, bought }
    }

    fn explained(&self, item: u64) -> Value {
        let (told, status) = json(&self.a, &["explain", &item.to_string()]);
        assert_eq!(status, 0, "{told:#}");
        assert_eq!((&told["schema"], &told["item"]), (&Value::from(1), &Value::from(item)));
        told
    }

    fn kind(&self) -> String {
        kind(&self.explained(self.item))
    }

    fn here(&self, set: &str) {
        self.a.execute(&format!("UPDATE item SET {set} WHERE id = {}", self.item));
    }

    fn there(&self, set: &str) {
        self.world.seller().execute(&format!("UPDATE item SET {set} WHERE id = {}", self.bought));
    }

    fn operation(&self, set: &str) {
        self.a.execute(&format!("UPDATE runningoperation SET {set} WHERE item = {}", self.item));
    }

    fn quirks(&self, quirks: Quirks) {
        *self.world.seller().billing.quirks() = quirks;
    }

    /// The seller delivers, and nobody here hears of it but the log.
    fn lose(&self) {
        self.world.seller().activate(self.item);
        self.world.seller().execute("DELETE FROM itemevent");
        self.log(&[
            "libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '1225058'",
            &self.failed(" with '1225058' does not exist "),
        ]);
    }

    fn failed(&self, why: &str) -> String {
        format!("processing WARNING processing event for item '{}' failed: '{why}'", self.item)
    }

    /// Lines of the module, of now.
    fn log(&self, lines: &[&str]) {
        self.log_of("23241:1", lines);
    }

    fn log_of(&self, thread: &str, lines: &[&str]) {
        let now = jiff::ZonedDateTime::now().strftime("%b %e %H:%M:%S").to_string();
        let path = self.a.root().join("var/pmbillmgr.log");
        let mut log = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        for line in lines {
            writeln!(log, "{now} [{thread}] {line}").unwrap();
        }
    }
}

fn kind(told: &Value) -> String {
    let kind = told["conclusion"]["kind"].as_str().unwrap().to_owned();
    SEEN.with_borrow_mut(|seen| seen.insert(kind.clone()));
    kind
}

fn text(told: &Value) -> &str {
    told["conclusion"]["text"].as_str().unwrap()
}

/// The command line on a panel that is reached by another path.
fn at(program: &Path, root: &Path, arguments: &[&str], language: &str) -> Output {
    Command::new(program)
        .args(arguments)
        .env("RESELLGUARD_ROOT", root)
        .env("LANG", language)
        .env_remove("LC_ALL")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}
