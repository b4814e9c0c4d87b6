//! `processing/pmbillmgr` of a panel: `lab-pmbillmgr ROOT --command features` (facts/billmanager 3).
//!
//! Started by the script in `processing/`. `checkevent` and orders run the same module inside the panel.

use lab::billing::errors::{missed, value};
use lab::billing::module::{Reselling, Seller};
use lab::billing::modulelog::ModuleLog;
use lab::billing::settings;
use lab::document::Node;
use lab::request::PanelError;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = arguments.first().map(Path::new);
    let answer = root.ok_or_else(|| missed("root", "")).and_then(|root| run(root, &arguments));
    let (doc, code) = match answer {
        Ok(doc) => (doc, ExitCode::SUCCESS),
        Err(error) => {
            let node = Node::new("error")
                .attribute("type", error.kind)
                .attribute("object", error.object)
                .attribute("value", error.value)
                .with(Node::leaf("msg", error.message));
            (Node::new("doc").with(node), ExitCode::FAILURE)
        }
    };
    println!("{}", doc.to_xml().trim_end());
    code
}

/// The value behind `--name` or `--name=`.
fn option<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let position = arguments.iter().position(|argument| argument == name);
    let spaced = position.and_then(|position| arguments.get(position + 1)).map(String::as_str);
    spaced.or_else(|| arguments.iter().find_map(|argument| argument.strip_prefix(name)?.strip_prefix('=')))
}

fn run(root: &Path, arguments: &[String]) -> Result<Node, PanelError> {
    let (store, key, guesses, address) = settings::read(root).map_err(|error| missed("settings", &error))?;
    let command = option(arguments, "--command").or_else(|| option(arguments, "-c")).unwrap_or("");
    match command {
        "features" => return Ok(features(&guesses.module_params, guesses.sync_item)),
        "check_connection" => return check_connection(root, &guesses.module_params, address),
        "sync_item" if guesses.sync_item => {}
        other => return Err(value("command", other)),
    }
    let item = option(arguments, "--item").or_else(|| option(arguments, "-i")).unwrap_or("");
    let number: u64 = item.parse().map_err(|_| value("item", item))?;
    let log = ModuleLog::new(root.join("var/pmbillmgr.log"));
    let reselling = Reselling { root, store: &store, key: &key, guesses: &guesses, address, log: log.thread() };
    reselling.sync_item(number)?;
    Ok(Node::new("doc"))
}

fn features(params: &[String; 3], sync_item: bool) -> Node {
    let mut types = Node::new("itemtypes");
    for (intname, ..) in lab::billing::schema::TYPES {
        types.children.push(Node::new("itemtype").attribute("name", intname));
    }
    let [url, username, password] = params;
    let param = |name: &str| Node::new("param").attribute("name", name);
    let settings =
        Node::new("params").with(param(url)).with(param(username)).with(param(password).attribute("crypted", "yes"));
    let names = ["check_connection", "open", "suspend", "resume", "close", "setparam", "prolong", "import"];
    let mut features = Node::new("features");
    for name in names.into_iter().chain(sync_item.then_some("sync_item")) {
        features.children.push(Node::new("feature").attribute("name", name));
    }
    Node::new("doc").with(types).with(settings).with(features)
}

/// The settings come as a document on the standard input.
fn check_connection(root: &Path, params: &[String; 3], address: Option<std::net::IpAddr>) -> Result<Node, PanelError> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| value("stdin", &error.to_string()))?;
    let doc = Node::parse(&text).map_err(|error| value("stdin", &error))?;
    let module = doc.child("processingmodule").ok_or_else(|| missed("processingmodule", ""))?;
    let [url, username, password] = params.each_ref().map(|name| module.text_of(name));
    Seller::new(url, username, password, root, address)?.call("whoami", &[])?;
    Ok(Node::new("doc"))
}
