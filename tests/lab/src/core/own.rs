//! The few functions that belong to the core itself. Everything else is the panel's (`Functions`) or a plugin's.

use crate::core::Core;
use crate::core::pipeline::Call;
use crate::document::Node;
use crate::request::PanelError;
use std::path::Path;

impl Core {
    /// The least level for a function of the core.
    pub fn own_level(function: &str) -> Option<u8> {
        match function {
            "exit" | "paramlist" | "session.newkey" => Some(29),
            "logoff" => Some(1),
            _ => None,
        }
    }

    /// The names of the core's functions.
    pub fn own_names() -> [&'static str; 4] {
        ["exit", "logoff", "paramlist", "session.newkey"]
    }

    pub fn own_function(&self, call: &Call) -> Result<Node, PanelError> {
        let ok = Node::new("doc").with(Node::new("ok"));
        match call.function.as_str() {
            "exit" => {
                self.reload();
                Ok(ok)
            }
            "paramlist" => Ok(paramlist(&self.root)),
            "logoff" => {
                self.sessions.end(call.param("auth"));
                Ok(ok)
            }
            _ => {
                let (user, key) = (call.param("username"), call.param("key"));
                // At least 16 characters (facts/coremanager 5.2).
                if key.chars().count() < 16 {
                    let value = |object: &str| PanelError {
                        kind: "value".into(),
                        object: object.into(),
                        value: String::new(),
                        message: String::new(),
                    };
                    return Err(value("key"));
                }
                self.sessions.allow_key(user, key);
                Ok(ok)
            }
        }
    }
}

/// `etc/billmgr.conf` and `etc/billmgr.conf.d/*.conf` as `<elem><Name>value</Name></elem>` (facts/coremanager 8).
fn paramlist(root: &Path) -> Node {
    let mut files = vec![root.join("etc/billmgr.conf")];
    if let Ok(entries) = std::fs::read_dir(root.join("etc/billmgr.conf.d")) {
        let mut more: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        more.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
        more.sort();
        files.extend(more);
    }
    let mut doc = Node::new("doc");
    for text in files.iter().filter_map(|file| std::fs::read_to_string(file).ok()) {
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let Some((name, value)) = line.trim().split_once(char::is_whitespace) else { continue };
            let pair = match name {
                "Option" => Node::leaf(value.trim(), "on"),
                "path" => continue,
                _ => Node::leaf(name, value.trim()),
            };
            doc.children.push(Node::new("elem").with(pair));
        }
    }
    doc
}
