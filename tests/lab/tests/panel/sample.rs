//! A little panel for these tests: two users, three servers, plugins by name.

use lab::core::{Options, Panel};
use lab::document::Node;
use lab::request::{Caller, Functions, PanelError, Request};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The panel's own functions: a list of servers, a form, actions.
pub struct Servers {
    rows: Mutex<Vec<(u64, String, u8)>>,
}

impl Functions for Servers {
    fn level(&self, function: &str) -> Option<u8> {
        match function {
            "vds" | "vds.edit" | "whoami" => Some(16),
            "vds.suspend" | "vds.delete" => Some(29),
            _ => None,
        }
    }

    fn run(&self, request: &Request) -> Result<Node, PanelError> {
        let mut rows = self.rows.lock().unwrap();
        let elid = request.param("elid").unwrap_or_default().to_owned();
        let ok = Ok(Node::new("doc").with(Node::new("ok")));
        if request.function == "vds" {
            let row = |(id, domain, status): &(u64, String, u8)| {
                Node::new("elem")
                    .with(Node::leaf("id", id.to_string()))
                    .with(Node::leaf("domain", domain))
                    .with(Node::leaf("account", "the client"))
                    .with(Node::leaf("status", status.to_string()))
            };
            return Ok(rows.iter().fold(Node::new("doc"), |doc, each| doc.with(row(each))));
        }
        if request.function == "whoami" {
            return Ok(Node::new("doc").with(Node::new("user").attribute("name", request.caller.name.clone())));
        }
        let Some(place) = rows.iter().position(|(id, ..)| id.to_string() == elid) else {
            return Err(PanelError {
                kind: "missed".into(),
                object: "item".into(),
                value: elid,
                message: String::new(),
            });
        };
        match request.function.as_str() {
            "vds.edit" if request.param("sok") == Some("ok") => {
                request.param("domain").unwrap_or_default().clone_into(&mut rows[place].1);
                ok
            }
            "vds.edit" => Ok(Node::new("doc")
                .with(Node::leaf("domain", rows[place].1.clone()))
                .with(Node::leaf("note", "secret"))),
            "vds.suspend" => {
                rows[place].2 = 3;
                ok
            }
            _ => {
                rows.remove(place);
                ok
            }
        }
    }

    fn descriptor(&self) -> String {
        include_str!("sample.xml").to_owned()
    }

    fn login(&self, name: &str, password: &str, _ip: &str) -> Result<Caller, PanelError> {
        let wrong = PanelError {
            kind: "auth".into(),
            object: "badpassword".into(),
            value: String::new(),
            message: String::new(),
        };
        self.user(name).filter(|_| password == "secret").ok_or(wrong)
    }

    fn user(&self, name: &str) -> Option<Caller> {
        let (id, level, account) = match name {
            "admin" => (1, 29, 0),
            "client" => (4, 16, 3),
            _ => return None,
        };
        Some(Caller { id, name: name.to_owned(), level, account })
    }
}

pub fn admin() -> Caller {
    Caller { id: 1, name: "admin".into(), level: 29, account: 0 }
}

pub fn client() -> Caller {
    Caller { id: 4, name: "client".into(), level: 16, account: 3 }
}

/// A panel in a directory of its own.
pub struct Sample {
    pub panel: Panel,
    _folder: tempfile::TempDir,
}

impl Sample {
    pub fn start(plugins: &[&str], options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = [(1, "one.example", 2), (2, "two.example", 2), (3, "<b>three</b>", 4)];
        let rows = rows.map(|(id, domain, status)| (id, domain.to_owned(), status)).to_vec();
        let panel = Panel::start(folder.path(), Arc::new(Servers { rows: Mutex::new(rows) }), options);
        for plugin in plugins {
            install(panel.root(), &Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins").join(plugin));
        }
        panel.reload();
        Self { panel, _folder: folder }
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.panel.root().join(path)).unwrap_or_default()
    }

    /// A plugin of one handler that is a shell script.
    pub fn add(&self, name: &str, descriptor: &str, script: &str) {
        let root = self.panel.root();
        let descriptor = format!("<mgrdata>{descriptor}</mgrdata>");
        std::fs::write(root.join(format!("etc/xml/billmgr_mod_{name}.xml")), descriptor).unwrap();
        let handler = root.join("addon").join(name);
        std::fs::write(&handler, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&handler, std::fs::Permissions::from_mode(0o750)).unwrap();
        self.panel.reload();
    }
}

/// Copies a plugin into a panel as its author's instructions would: descriptors to `etc/xml`, handlers to `addon`.
fn install(root: &Path, plugin: &Path) {
    for file in std::fs::read_dir(plugin).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap();
        let folder = if path.extension().is_some_and(|extension| extension == "xml") { "etc/xml" } else { "addon" };
        std::fs::copy(&path, root.join(folder).join(name)).unwrap();
    }
}

/// Names of an attribute `name` of every element of a tag.
pub fn names(doc: &Node, tag: &str) -> Vec<String> {
    doc.descendants(tag).iter().filter_map(|node| node.get("name").map(str::to_owned)).collect()
}

/// Type and object of a document's error.
pub fn error(doc: &Node) -> (&str, &str) {
    let error = doc.child("error").unwrap_or_else(|| panic!("no error in {doc}"));
    (error.get("type").unwrap_or_default(), error.get("object").unwrap_or_default())
}
