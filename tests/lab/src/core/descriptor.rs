//! Reading descriptors: the panel's own and every `etc/xml/billmgr_mod_*.xml` (facts/coremanager 1).
//!
//! Knows no plugin by name. A descriptor that cannot be read is skipped, and the log says so.

use crate::core::log::Log;
use crate::core::messages::Messages;
use crate::core::metadata::{Metadata, merge};
use crate::core::options::Options;
use crate::document::Node;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `type` of a handler (facts/coremanager 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads a document, prints the document that replaces it.
    Xml,
    /// Prints a document that is merged into the panel's.
    Cgi,
}

/// An executable in `addon/`.
#[derive(Clone, Debug)]
pub struct Handler {
    pub name: String,
    pub kind: Kind,
    pub ignore_errors: bool,
}

/// A function that a handler serves.
#[derive(Clone, Debug)]
pub struct PluginFunction {
    pub handler: Handler,
    /// `level` or `minlevel` as written.
    pub level: Option<String>,
}

/// When an event runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
    Final,
}

impl Moment {
    /// The value of `EVENT_TYPE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Final => "final",
        }
    }
}

/// A hook on a function.
#[derive(Clone, Debug)]
pub struct EventHook {
    pub handler: Handler,
    pub function: String,
    pub moment: Moment,
    pub post_data: bool,
}

/// Everything that the descriptors of a panel say, merged.
#[derive(Clone, Debug)]
pub struct Registry {
    pub metadata: Metadata,
    pub messages: Messages,
    pub functions: BTreeMap<String, PluginFunction>,
    pub events: Vec<EventHook>,
    /// `<mainmenu>` with every node.
    pub menu: Node,
}

impl Registry {
    /// Reads the core's strings, the panel's own descriptor and the plugins under `root`.
    pub fn load(root: &Path, own: &str, options: &Options, log: &Log) -> Self {
        let mut registry = Self {
            metadata: Metadata::default(),
            messages: Messages::default(),
            functions: BTreeMap::new(),
            events: Vec::new(),
            menu: Node::new("mainmenu"),
        };
        for text in [include_str!("common.xml"), own] {
            let descriptor = Node::parse(text).expect("the panel's own descriptor");
            registry.add(&descriptor, false, options, log);
        }
        for path in plugin_descriptors(root) {
            match read(&path) {
                Ok(descriptor) => registry.add(&descriptor, true, options, log),
                Err(reason) => log.write(1, "xml", "ERROR", &format!("Failed to load '{}': {reason}", path.display())),
            }
        }
        registry
    }

    fn add(&mut self, descriptor: &Node, plugin: bool, options: &Options, log: &Log) {
        for child in &descriptor.children {
            match child.name.as_str() {
                "metadata" => self.metadata.add(child, plugin),
                "lang" => self.messages.add(child),
                "mainmenu" => self.add_menu(child),
                "handler" => self.add_handler(child, options, log),
                _ => {}
            }
        }
    }

    /// The level of a `<mainmenu>` is the level of its entries that have none of their own.
    fn add_menu(&mut self, mainmenu: &Node) {
        fn push_down(node: &mut Node, level: &str) {
            for child in &mut node.children {
                if child.get("action").is_some() && child.get("level").is_none() {
                    child.set("level", level);
                }
                push_down(child, level);
            }
        }
        let mut addition = mainmenu.clone();
        if let Some(level) = mainmenu.get("level") {
            push_down(&mut addition, level);
        }
        addition.attributes.clear();
        merge(&mut self.menu, &addition);
    }

    fn add_handler(&mut self, node: &Node, options: &Options, log: &Log) {
        let name = node.get("name").unwrap_or_default();
        let kind = match node.get("type") {
            Some("xml") => Kind::Xml,
            Some("cgi") => Kind::Cgi,
            other => {
                log.write(
                    1,
                    "action",
                    "ERROR",
                    &format!("Handler '{name}' has an unknown type '{}'", other.unwrap_or("")),
                );
                return;
            }
        };
        let ignore_errors = options.ignore_errors && node.get("ignore_errors") == Some("yes");
        let handler = Handler { name: name.to_owned(), kind, ignore_errors };
        let minlevel = node.get("minlevel").map(|least| format!("{least}+"));
        for func in node.all("func") {
            let level = func.get("level").map(str::to_owned);
            let level = level.or_else(|| func.get("minlevel").map(|least| format!("{least}+"))).or(minlevel.clone());
            let function = PluginFunction { handler: handler.clone(), level };
            self.functions.insert(func.get("name").unwrap_or_default().to_owned(), function);
        }
        for event in node.all("event") {
            let function = event.get("name").unwrap_or_default();
            for moment in [Moment::Before, Moment::After, Moment::Final] {
                if event.get(moment.name()) == Some("yes") {
                    let post_data = event.get("postdata") == Some("yes");
                    let hook = EventHook { handler: handler.clone(), function: function.to_owned(), moment, post_data };
                    // Hooks that ask for it run first; otherwise the order of the files, for none is documented.
                    if event.get("priority") == Some("hi") {
                        self.events.insert(0, hook);
                    } else {
                        self.events.push(hook);
                    }
                }
            }
            log.write(1, "action", "EXTINFO", &format!("Register event '{name}' for action '{function}'"));
        }
    }

    /// The hooks of a function at a moment, in order.
    pub fn hooks<'a>(&'a self, function: &'a str, moment: Moment) -> impl Iterator<Item = &'a EventHook> {
        self.events.iter().filter(move |hook| hook.function == function && hook.moment == moment)
    }
}

/// The plugins' descriptors by file name.
fn plugin_descriptors(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root.join("etc/xml")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_prefix("billmgr_mod_")
                .is_some_and(|rest| Path::new(rest).extension().is_some_and(|xml| xml == "xml"))
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> Result<Node, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let descriptor = Node::parse(&text)?;
    if descriptor.name == "mgrdata" {
        Ok(descriptor)
    } else {
        Err(format!("the root is '{}', not 'mgrdata'", descriptor.name))
    }
}
