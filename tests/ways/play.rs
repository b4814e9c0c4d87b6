//! The panels that are repaired in another way, and what is seen of it.

use crate::stage::{Lost, json, lose, start};
use lab::billing::guesses::{Guesses, Misbehaviour};
use lab::site::Site;
use lab::world::{Setup, World};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

/// A's services are lost to B's `checkevent`; the plugin is on A. Every move of a service from module to module is kept from here on.
pub struct Play {
    pub world: World,
    pub a: Arc<Site>,
    pub items: Vec<u64>,
    /// The reselling module of the first service, and the manual one.
    pub own: u64,
    pub manual: u64,
}

pub fn lost(guesses: Guesses, services: &[(&str, &str)]) -> Play {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(&world, Setup { guesses, ..Setup::default() }, &account, services);
    let own = a.row(&format!("SELECT processingmodule FROM item WHERE id = {}", items[0])).number("processingmodule");
    let manual = a.row("SELECT id FROM processingmodule WHERE module = 'pmmanual'").number("id");
    a.execute("CREATE TABLE moves(id INT PRIMARY KEY AUTO_INCREMENT, item INT, old INT, new INT)");
    a.execute(
        "CREATE TRIGGER moved AFTER UPDATE ON item FOR EACH ROW
         INSERT INTO moves(item, old, new) SELECT NEW.id, OLD.processingmodule, NEW.processingmodule
         WHERE NOT (OLD.processingmodule <=> NEW.processingmodule)",
    );
    Play { world, a, items, own, manual }
}

/// The services are of the type `vds`.
pub fn servers(guesses: Guesses, count: usize) -> Play {
    let names: Vec<String> = (1..=count).map(|number| format!("v{number}.example")).collect();
    let services: Vec<(&str, &str)> = names.iter().map(|name| ("vds", name.as_str())).collect();
    lost(guesses, &services)
}

impl Play {
    pub fn sync(&self, items: &[u64], more: &[&str]) -> (Value, i32) {
        let words: Vec<String> = items.iter().map(ToString::to_string).collect();
        let mut arguments = vec!["sync"];
        arguments.extend(words.iter().map(String::as_str));
        arguments.extend(more);
        let (report, status) = json(&self.a, &arguments);
        let (verified, whole) = json(&self.a, &["journal", "--verify"]);
        assert_eq!((whole, verified["intact"].as_bool()), (0, Some(true)), "{verified:#}");
        (report, status)
    }

    pub fn module(&self, item: u64) -> u64 {
        self.a.row(&format!("SELECT processingmodule FROM item WHERE id = {item}")).number("processingmodule")
    }

    /// Every move of a service between modules so far: service, from, to.
    pub fn moves(&self) -> Vec<(u64, u64, u64)> {
        let rows = self.a.rows("SELECT item, old, new FROM moves ORDER BY id");
        rows.iter().map(|row| (row.number("item"), row.number("old"), row.number("new"))).collect()
    }

    pub fn there_and_back(&self, item: u64) -> Vec<(u64, u64, u64)> {
        vec![(item, self.own, self.manual), (item, self.manual, self.own)]
    }

    pub fn task(&self, item: u64) -> String {
        self.a.row(&format!("SELECT id FROM task WHERE item = {item}")).text("id").to_owned()
    }

    /// Starts a repair by the manual way, waits until `function` hangs, and then does `meanwhile`.
    pub fn hanging<T>(&self, item: u64, function: &str, meanwhile: impl FnOnce(Child) -> T) -> T {
        self.hanging_at(&["sync", &item.to_string(), "--via", "manual", "--format", "json"], function, meanwhile)
    }

    pub fn hanging_at<T>(&self, arguments: &[&str], function: &str, meanwhile: impl FnOnce(Child) -> T) -> T {
        self.a.billing.misbehave(function, Misbehaviour::HangsAfterEffect(Duration::from_hours(1)));
        let plugin = start(&self.a, arguments);
        while self.a.billing.hanging() == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let done = meanwhile(plugin);
        self.a.billing.behave();
        while self.a.billing.hanging() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        done
    }

    /// The script in the module's place from now on; `$0.real` is the module itself.
    pub fn module_script(&self, script: &str) {
        let path = self.a.root().join("processing/pmbillmgr");
        let real = path.with_extension("real");
        if !real.exists() {
            std::fs::rename(&path, &real).unwrap();
        }
        let draft = path.with_extension("draft");
        std::fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&draft, &path).unwrap();
    }

    /// The script that writes down how the module was started, then is the module.
    pub fn module_is_watched(&self) {
        self.module_script("echo \"$SSH_CONNECTION $@\" >> \"$(dirname \"$0\")/started\"; exec \"$0.real\" \"$@\"");
    }

    pub fn started(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.a.root().join("processing/started")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn status_there(&self, item: u64) -> u64 {
        self.world.seller().status(self.world.seller().bought_as(item))
    }
}

/// The database server's own root.
pub fn root_of(site: &Site) -> mysql::Conn {
    let socket = site.database.socket.to_string_lossy().into_owned();
    mysql::Conn::new(mysql::OptsBuilder::new().socket(Some(socket)).user(Some("root"))).unwrap()
}

pub fn kill(mut plugin: Child) {
    plugin.kill().unwrap();
    plugin.wait().unwrap();
}

pub fn outcome(report: &Value, number: usize) -> (&str, &str) {
    let item = &report["items"][number];
    (item["outcome"].as_str().unwrap(), item["reason"].as_str().unwrap())
}

pub fn syncing() -> Guesses {
    Guesses { sync_item: true, ..Guesses::default() }
}
