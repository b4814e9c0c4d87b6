//! BILLmanager: services, operations, the seller's API, ordering, `checkevent`. One panel's functions behind `Functions`.
//!
//! Rights, events, handlers and output formats are the core's. The same code sells and resells; what a panel is depends on
//! its processing modules.

mod callbacks;
mod certificate;
mod customers;
mod descriptor;
pub mod errors;
pub mod guesses;
mod history;
pub mod key;
mod lists;
pub mod module;
pub mod modulelog;
mod modules;
mod office;
mod operations;
mod order;
mod route;
pub mod schema;
pub mod settings;
mod status;
pub mod store;
mod tasks;

use crate::document::Node;
use guesses::{Guesses, Misbehaviour, Quirks};
use key::Key;
use modulelog::ModuleLog;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use store::Store;

/// One panel's BILLmanager half.
pub struct Billing {
    root: PathBuf,
    store: Store,
    key: Arc<Key>,
    guesses: Guesses,
    address: Option<IpAddr>,
    log: ModuleLog,
    quirks: Mutex<Quirks>,
    /// With each function, the number of the first call from now on that misbehaves.
    misbehaviours: Mutex<HashMap<String, (usize, Misbehaviour)>>,
    hanging: AtomicUsize,
    /// The module's file of each service that the panel has met since its cache was cleared.
    modules_kept: Mutex<HashMap<u64, String>>,
}

impl Billing {
    /// The functions of the panel at `root`, whose files `settings::write` made and whose tables `schema::create` made.
    /// Its modules' requests come from `address`, when it matters.
    pub fn new(root: PathBuf, store: Store, key: Arc<Key>, guesses: Guesses, address: Option<IpAddr>) -> Self {
        let log = ModuleLog::new(root.join("var/pmbillmgr.log"));
        Self {
            root,
            store,
            key,
            guesses,
            address,
            log,
            quirks: Mutex::default(),
            misbehaviours: Mutex::default(),
            hanging: AtomicUsize::new(0),
            modules_kept: Mutex::default(),
        }
    }

    pub fn guesses(&self) -> &Guesses {
        &self.guesses
    }

    /// What the lists and the login do differently, to read or to change.
    pub fn quirks(&self) -> MutexGuard<'_, Quirks> {
        self.quirks.lock().expect("nobody panics with the quirks in hand")
    }

    /// Makes a function misbehave until `behave`.
    pub fn misbehave(&self, function: &str, how: Misbehaviour) {
        self.misbehave_from(1, function, how);
    }

    /// The same from its `first` call from now on.
    pub fn misbehave_from(&self, first: usize, function: &str, how: Misbehaviour) {
        self.misbehaviours().insert(function.into(), (first, how));
    }

    /// How many calls hang right now because they were told to.
    pub fn hanging(&self) -> usize {
        self.hanging.load(Ordering::SeqCst)
    }

    /// Every function does again what it says.
    pub fn behave(&self) {
        self.misbehaviours().clear();
    }

    fn misbehaviours(&self) -> MutexGuard<'_, HashMap<String, (usize, Misbehaviour)>> {
        self.misbehaviours.lock().expect("nobody panics with the misbehaviours in hand")
    }

    fn kept_modules(&self) -> MutexGuard<'_, HashMap<u64, String>> {
        self.modules_kept.lock().expect("nobody panics with the cache in hand")
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The reselling module's log, to switch its colours on.
    pub fn log(&self) -> &ModuleLog {
        &self.log
    }
}

/// The answer of an action.
fn ok() -> Node {
    Node::new("doc").with(Node::new("ok"))
}

/// A list's document: one `<elem>` a row, one child a column.
fn table(rows: &[store::Row]) -> Node {
    let mut doc = Node::new("doc");
    for row in rows {
        let mut elem = Node::new("elem");
        elem.children.extend(row.cells().iter().map(|(name, value)| Node::leaf(name, value)));
        doc.children.push(elem);
    }
    doc
}
