//! The panel's side of `mgrctl`: a unix socket in its directory, and the executable that connects to it.
//!
//! The executable's own side, its arguments, is `bin/lab-mgrctl.rs`.

use crate::core::Core;
use crate::core::finish;
use crate::core::output::{Format, write};
use crate::core::pipeline::{Call, Origin};
use crate::document::Node;
use crate::request::Caller;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Where the socket is, below the root.
pub const SOCKET: &str = "var/run/core.sock";

/// The listening socket. It stops when it is dropped.
pub struct Socket {
    path: PathBuf,
    core: Arc<Core>,
}

impl Socket {
    pub fn listen(core: &Arc<Core>) -> Self {
        let path = core.root.join(SOCKET);
        // What a panel that was killed left behind.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("the panel's socket");
        let served = Arc::clone(core);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if served.closed.load(Ordering::SeqCst) {
                    return;
                }
                let core = Arc::clone(&served);
                std::thread::spawn(move || serve(&core, stream));
            }
        });
        Self { path, core: Arc::clone(core) }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.core.closed.store(true, Ordering::SeqCst);
        // Wakes the listening thread up, which then sees that it is to stop.
        let _ = UnixStream::connect(&self.path);
        let _ = std::fs::remove_file(&self.path);
    }
}

fn serve(core: &Core, mut stream: UnixStream) {
    let mut text = String::new();
    if stream.read_to_string(&mut text).is_err() {
        return;
    }
    let answer = serde_json::from_str(&text).map_or_else(
        |error| json!({"status": 1, "output": "", "error": format!("not a request: {error}\n")}),
        |request| answer(core, &request),
    );
    // A client that went away wants no answer.
    let _ = stream.write_all(answer.to_string().as_bytes());
}

fn answer(core: &Core, request: &Value) -> Value {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    match text("command") {
        "lock" | "unlock" => {
            core.stopped.store(text("command") == "lock", Ordering::SeqCst);
            return json!({"status": 0, "output": "", "error": ""});
        }
        _ if core.stopped.load(Ordering::SeqCst) => {
            return json!({"status": 1, "output": "", "error": "the panel is stopped and its restart is blocked\n"});
        }
        "functions" => return functions(core, text("function"), text("language")),
        _ => {}
    }
    if request["restart"].as_bool() == Some(true) {
        core.reload();
    }
    let mut params: Vec<(String, String)> = Vec::new();
    for pair in request["params"].as_array().into_iter().flatten() {
        params.push((pair[0].as_str().unwrap_or_default().to_owned(), pair[1].as_str().unwrap_or_default().to_owned()));
    }
    let param = |name: &str| params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value).to_owned();
    let out = Some(param("out")).filter(|out| !out.is_empty()).unwrap_or_else(|| text("format").to_owned());
    let Some(format) = Format::named(&out) else {
        return json!({"status": 1, "output": "", "error": format!("unknown output format '{out}'\n")});
    };
    if param("func").is_empty() {
        return json!({"status": 0, "output": "", "error": ""});
    }
    let language = if param("lang") == "ru" { "ru" } else { "en" };
    let mut call = Call {
        origin: Origin::Mgrctl,
        function: param("func"),
        query: form_urlencoded::Serializer::new(String::new()).extend_pairs(&params).finish(),
        caller: Caller::root(),
        behind: None,
        ip: text("ip").to_owned(),
        language: language.to_owned(),
        headers: Vec::new(),
        params: params.clone(),
    };
    let doc = match core.act_as(Caller::root(), &param("su")) {
        Ok((caller, behind)) => {
            (call.caller, call.behind) = (caller, behind);
            core.process(&call)
        }
        Err(error) => {
            finish::document(core, &core.registry(), &call, finish::head(core, &call).with(finish::error(&error)))
        }
    };
    let status = if doc.child("error").is_some() { core.options.mgrctl_error_status } else { 0 };
    json!({"status": status, "output": write(&doc, format, core.options.json_with_metadata), "error": ""})
}

/// `-i`: the functions that there are, or the parameters of one.
fn functions(core: &Core, function: &str, language: &str) -> Value {
    let registry = core.registry();
    let title = |function: &str| {
        let messages = registry.messages.of(function, if language.is_empty() { "en" } else { language });
        crate::core::messages::find(&messages, "title").unwrap_or_default().to_owned()
    };
    if function.is_empty() {
        let mut names: Vec<String> = registry.metadata.names().map(str::to_owned).collect();
        names.extend(registry.functions.keys().cloned());
        names.extend(Core::own_names().map(str::to_owned));
        names.retain(|name| core.known(&registry, name));
        names.sort();
        names.dedup();
        let lines: Vec<String> = names.iter().map(|name| format!("{name} - {}", title(name))).collect();
        return json!({"status": 0, "output": lines.join("\n") + "\n", "error": ""});
    }
    if !core.known(&registry, function) {
        return json!({"status": 1, "output": "ERROR missed(func)\n", "error": ""});
    }
    let metadata =
        registry.metadata.of(function, core.options.includes_see_plugins).unwrap_or_else(|| Node::new("metadata"));
    let mut lines = vec![format!("{function} - {}", title(function))];
    for tag in ["field", "col"] {
        for node in metadata.descendants(tag) {
            lines.push(format!("  {}", node.get("name").unwrap_or_default()));
        }
    }
    json!({"status": 0, "output": lines.join("\n") + "\n", "error": ""})
}
