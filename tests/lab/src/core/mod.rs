//! COREmanager: descriptors, requests, handlers, documents, `mgrctl`, HTTP, the web page.
//!
//! What the panel is about (services, accounts, events of a seller) comes in through `Functions`.

pub mod authority;
pub mod descriptor;
mod finish;
mod handler;
mod http;
pub mod level;
mod log;
pub mod messages;
pub mod metadata;
mod mgrctl;
pub mod options;
pub mod output;
mod own;
mod panel;
pub mod pipeline;
pub(crate) mod program;
mod session;
mod web;

pub use authority::Authority;
pub use http::fault::Fault;
pub use options::{BareLevel, Certificate, MultiSelect, Options, Scheme};
pub use panel::Panel;
pub use pipeline::{CallRecord, Origin};

use crate::request::Functions;
use descriptor::Registry;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// Everything behind one panel.
pub(crate) struct Core {
    root: PathBuf,
    functions: Arc<dyn Functions>,
    options: Options,
    registry: RwLock<Arc<Registry>>,
    log: log::Log,
    sessions: session::Sessions,
    calls: Mutex<Vec<CallRecord>>,
    fault: Mutex<Fault>,
    requests: AtomicU64,
    /// `mgrctl -l`: stopped, and not to be started again.
    stopped: AtomicBool,
    /// The panel is gone; its threads are to end.
    closed: AtomicBool,
    host: OnceLock<String>,
}

impl Core {
    fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().expect("the registry"))
    }

    /// Scheme, address and port.
    fn host(&self) -> String {
        self.host.get().cloned().unwrap_or_default()
    }

    /// Reads every descriptor again, as a restart does.
    fn reload(&self) {
        let fresh = Registry::load(&self.root, &self.functions.descriptor(), &self.options, &self.log);
        *self.registry.write().expect("the registry") = Arc::new(fresh);
    }
}
