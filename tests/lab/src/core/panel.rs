//! A running panel: its directory, its `mgrctl`, its sockets. What a test holds in its hand.

use crate::core::descriptor::Registry;
use crate::core::http::{Server, fault::Fault};
use crate::core::log::Log;
use crate::core::mgrctl::Socket;
use crate::core::pipeline::{Call, CallRecord, Origin};
use crate::core::program;
use crate::core::session::Sessions;
use crate::core::{Core, Options};
use crate::document::Node;
use crate::request::{Caller, Functions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// One panel. It stops when it is dropped; its directory stays.
pub struct Panel {
    core: Arc<Core>,
    // Dropped in this order.
    _http: Server,
    _socket: Socket,
}

impl std::fmt::Debug for Panel {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Panel({})", self.url())
    }
}

impl Panel {
    /// Starts a panel in `root`, which gets the directories of a panel and `sbin/mgrctl`.
    ///
    /// # Panics
    /// With a message for the reader of a test when the directory cannot be written or `lab-mgrctl` is not built.
    pub fn start(root: &Path, functions: Arc<dyn Functions>, options: Options) -> Self {
        for folder in ["sbin", "etc/xml", "addon", "var/run", "var/logs", "processing"] {
            std::fs::create_dir_all(root.join(folder)).expect("a directory of the panel");
        }
        let root = root.canonicalize().expect("the panel's directory");
        let log = Log::open(&root.join("var/billmgr.log")).expect("the panel's log");
        program::install(&root, "sbin/mgrctl", "lab-mgrctl");
        let registry = Registry::load(&root, &functions.descriptor(), &options, &log);
        let core = Arc::new(Core {
            root,
            functions,
            options,
            registry: RwLock::new(Arc::new(registry)),
            log,
            sessions: Sessions::default(),
            calls: Mutex::new(Vec::new()),
            fault: Mutex::new(Fault::None),
            requests: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            host: OnceLock::new(),
        });
        let http = Server::start(&core);
        let socket = Socket::listen(&core);
        Self { core, _http: http, _socket: socket }
    }

    /// `http://127.0.0.1:PORT/billmgr`, or https.
    pub fn url(&self) -> String {
        format!("{}/billmgr", self.core.host())
    }

    pub fn root(&self) -> &Path {
        &self.core.root
    }

    /// `<root>/sbin/mgrctl`.
    pub fn mgrctl(&self) -> PathBuf {
        self.core.root.join("sbin/mgrctl")
    }

    /// Reads the descriptors again, as `mgrctl -m billmgr exit` does.
    pub fn reload(&self) {
        self.core.reload();
    }

    /// Calls a function from inside, and returns the finished document with metadata and messages. English unless `lang`
    /// is among the parameters.
    pub fn call(&self, function: &str, params: &[(&str, &str)], caller: &Caller) -> Node {
        let mut all = vec![("func".to_owned(), function.to_owned())];
        all.extend(params.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&all).finish();
        let language = params.iter().find(|(name, _)| *name == "lang").map_or("en", |(_, value)| value);
        self.core.process(&Call {
            origin: Origin::Internal,
            function: function.to_owned(),
            params: all,
            query,
            caller: caller.clone(),
            behind: None,
            ip: String::new(),
            language: language.to_owned(),
            headers: Vec::new(),
        })
    }

    /// Every call since the start or the last `clear_calls`, in order.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.core.calls.lock().expect("the record").clone()
    }

    pub fn clear_calls(&self) {
        self.core.calls.lock().expect("the record").clear();
    }

    /// From now on every HTTP answer has this fault.
    pub fn set_fault(&self, fault: Fault) {
        *self.core.fault.lock().expect("the fault") = fault;
    }

    /// From now on the clock of `var/billmgr.log` goes ahead of the real one by this much, or behind it when negative.
    pub fn set_log_ahead(&self, ahead: jiff::SignedDuration) {
        self.core.log.set_ahead(ahead);
    }

    /// How many HTTP requests have come, faulty answers included.
    pub fn http_requests(&self) -> u64 {
        self.core.requests.load(Ordering::SeqCst)
    }
}
