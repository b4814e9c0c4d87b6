//! The panels on which repairs are killed, and what is seen of a service and of its repair.

use crate::stage::{Lost, json, lose, start};
use lab::billing::guesses::Guesses;
use lab::site::Site;
use lab::world::{Setup, World};
use rusqlite::Connection;
use serde_json::Value;
use std::cell::Cell;
use std::process::Child;
use std::sync::Arc;

/// A with the plugin, and B that takes the events of A's services.
pub struct Play {
    pub world: World,
    pub a: Arc<Site>,
    b: Arc<Site>,
    ordered: Cell<usize>,
}

/// What is out of step, and what it takes to mend it.
pub struct Fault {
    pub itemtype: &'static str,
    /// Active on both sides before.
    pub active: bool,
    /// `SET` of the row here and there.
    pub here: &'static str,
    pub there: &'static str,
    /// A domain's own state there.
    pub state: Option<u8>,
    pub options: &'static [&'static str],
    /// After which calls of `task.edit` a change by SQL comes at once.
    pub changes: &'static [usize],
}

pub const LOST: Fault =
    Fault { itemtype: "vds", active: false, here: "", there: "", state: None, options: &[], changes: &[] };
pub const SETTLED: Fault = Fault { active: true, ..LOST };

/// A change of the panel: the function, and which of all its calls of that function it is, those that only read included.
#[derive(Clone, Debug)]
pub struct Change {
    pub function: String,
    pub nth: usize,
}

pub fn play(guesses: Guesses) -> Play {
    let world = World::new();
    let account = world.account("resellers");
    let services = ["vds", "domain", "certificate"].map(|itemtype| (itemtype, "first.example"));
    let Lost { a, b, .. } = lose(&world, Setup { guesses, ..Setup::default() }, &account, &services);
    a.execute("CREATE TABLE moves(id INT PRIMARY KEY AUTO_INCREMENT, item INT, old INT, new INT)");
    a.execute(
        "CREATE TRIGGER moved AFTER UPDATE ON item FOR EACH ROW
         INSERT INTO moves(item, old, new) SELECT NEW.id, OLD.processingmodule, NEW.processingmodule
         WHERE NOT (OLD.processingmodule <=> NEW.processingmodule)",
    );
    let play = Play { world, a, b, ordered: Cell::new(0) };
    play.watch_program();
    play
}

impl Play {
    /// So many new services with this fault.
    pub fn out_of_step(&self, fault: &Fault, count: usize) -> Vec<u64> {
        let seller = self.world.seller();
        let order = |_| {
            self.ordered.set(self.ordered.get() + 1);
            let item = self.a.order(fault.itemtype, &format!("s{}.example", self.ordered.get()));
            seller.activate(item);
            item
        };
        let items: Vec<u64> = (0..count).map(order).collect();
        self.b.checkevent();
        for item in &items {
            let there = seller.bought_as(*item);
            if fault.active {
                self.a.call(&format!("{}.open", fault.itemtype), &[("elid", &item.to_string()), ("sok", "ok")]);
            }
            if let Some(state) = fault.state {
                let state = [("elid", &*there.to_string()), ("service_status", &state.to_string())];
                seller.call("service.setstatus", &state);
            }
            for (site, set, id) in [(&*self.a, fault.here, *item), (seller, fault.there, there)] {
                if !set.is_empty() {
                    site.execute(&format!("UPDATE item SET {set} WHERE id = {id}"));
                }
            }
        }
        items
    }

    /// Nothing has been done yet.
    pub fn clear(&self) {
        self.a.clear_calls();
        self.world.seller().clear_calls();
        let _ = std::fs::remove_file(self.beside_program("started"));
    }

    fn arguments(items: &[u64], fault: &Fault) -> Vec<String> {
        let mut arguments = vec!["sync".to_owned()];
        arguments.extend(items.iter().map(ToString::to_string));
        arguments.extend(fault.options.iter().map(|option| (*option).to_owned()));
        arguments
    }

    pub fn sync(&self, items: &[u64], fault: &Fault) -> (Value, i32) {
        let arguments = Self::arguments(items, fault);
        json(&self.a, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn start(&self, item: u64, fault: &Fault) -> Child {
        let arguments = Self::arguments(&[item], fault);
        start(&self.a, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Everything of a service here that a repair may touch, without what is its own; at last whether the panel takes it for one of
    /// the reselling module, and whether the certificate is the seller's.
    pub fn state(&self, item: u64) -> String {
        let row = self.a.row(&format!(
            "SELECT CONCAT_WS(' ', i.status, i.expiredate, i.autosuspend, i.employeesuspend, i.abusesuspend,
             COALESCE(i.lastpricelist, '-'), i.processingmodule, COALESCE(i.suspenddate, '-'), COALESCE(i.deletedate, '-'),
             COALESCE(i.opendate, '-'),
             (SELECT GROUP_CONCAT(intname, IF(intname = 'service_status', value, '') ORDER BY intname) FROM itemparam
              WHERE item = i.id),
             (SELECT COUNT(*) FROM runningoperation WHERE item = i.id),
             (SELECT COUNT(*) FROM task WHERE item = i.id AND status <> 2),
             (SELECT COUNT(*) FROM ip WHERE item = i.id)) AS state FROM item i WHERE i.id = {item}"
        ));
        let stored = |site: &Site, id| {
            let rows = site.rows(&format!("SELECT COALESCE(crt, '') AS crt FROM certificate WHERE item = {id}"));
            rows.first().map(|row| row.text("crt").trim().to_owned()).unwrap_or_default()
        };
        let same = stored(&self.a, item) == stored(self.world.seller(), self.world.seller().bought_as(item));
        let resold = self.a.billing.resold(item).unwrap();
        format!("{} {resold} {same}", row.text("state"))
    }

    pub fn journal(&self) -> Connection {
        Connection::open(self.a.root().join("var/resellguard/journal.db")).unwrap()
    }

    pub fn records(&self) -> usize {
        let count: u32 = self.journal().query_row("SELECT COUNT(*) FROM record", [], |row| row.get(0)).unwrap();
        count as usize
    }

    /// The journal is whole.
    pub fn verifies(&self, at: &dyn std::fmt::Debug) {
        let (verified, status) = json(&self.a, &["journal", "--verify"]);
        assert_eq!((status, verified["intact"].as_bool()), (0, Some(true)), "{at:?}: {verified:#}");
    }

    /// Every intention has its outcome.
    pub fn all_is_settled(&self, at: &dyn std::fmt::Debug) {
        let open: u32 = self
            .journal()
            .query_row(
                "SELECT COUNT(*) FROM record AS intention WHERE kind = 'intention' AND NOT EXISTS
                 (SELECT 1 FROM record WHERE parent = intention.id AND kind = 'outcome')",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(open, 0, "{at:?}");
    }

    /// What the plugin has changed in this panel by calls, in order.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let calls: Vec<_> = self.a.calls().into_iter().filter(|call| call.ip == "resellguard").collect();
        for (place, call) in calls.iter().enumerate() {
            if call.params.iter().any(|(name, value)| name == "sok" && value == "ok") {
                let nth = calls[..=place].iter().filter(|other| other.function == call.function).count();
                changes.push(Change { function: call.function.clone(), nth });
            }
        }
        changes
    }

    /// How often the module's program was given a service.
    pub fn given(&self) -> usize {
        std::fs::read_to_string(self.beside_program("started")).unwrap_or_default().lines().count()
    }

    /// Every move of a service from module to module.
    pub fn moves(&self, item: u64) -> Vec<(u64, u64)> {
        let rows = self.a.rows(&format!("SELECT old, new FROM moves WHERE item = {item} ORDER BY id"));
        rows.iter().map(|row| (row.number("old"), row.number("new"))).collect()
    }
}
