//! What the core adds to a function's document: head, description, error texts, translated cells, cutting by level.

use crate::core::Core;
use crate::core::descriptor::Registry;
use crate::core::level;
use crate::core::messages::{fill, find};
use crate::core::pipeline::Call;
use crate::document::Node;
use crate::request::PanelError;
use std::collections::BTreeSet;

/// `<doc>` with the attributes seen in public logs, and the parameters of the request.
pub fn head(core: &Core, call: &Call) -> Node {
    let mut params = Node::new("tparams");
    for (name, value) in &call.params {
        if !matches!(name.as_str(), "authinfo" | "auth" | "password") && is_element_name(name) {
            params.children.push(Node::leaf(name.clone(), value.clone()));
        }
    }
    Node::new("doc")
        .attribute("lang", call.language.clone())
        .attribute("func", call.function.clone())
        .attribute("binary", "/billmgr")
        .attribute("host", core.host())
        .attribute("themename", "orion")
        .attribute("features", core.options.features.join(" "))
        .attribute("notify", "")
        .with(params)
}

fn is_element_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || "_.-".contains(character))
}

/// Adds metadata and messages to a page that has none: an answer with `<ok>` or `<error>` is not a page.
pub fn describe(core: &Core, registry: &Registry, call: &Call, doc: &mut Node) {
    if doc.child("ok").is_some() || doc.child("error").is_some() {
        return;
    }
    let mut description = Vec::new();
    if doc.child("metadata").is_none() {
        description.extend(registry.metadata.of(&call.function, core.options.includes_see_plugins));
    }
    if doc.child("messages").is_none() {
        description.push(registry.messages.of(&call.function, &call.language));
    }
    doc.children.splice(0..0, description);
}

/// The envelope of an error; its text is added in `document`.
pub fn error(error: &PanelError) -> Node {
    let mut node = Node::new("error").attribute("type", error.kind.clone()).attribute("object", error.object.clone());
    if !error.value.is_empty() {
        node.set("value", &error.value);
    }
    if !error.object.is_empty() {
        let object = Node::leaf("param", error.object.clone());
        let object = object.attribute("name", "object").attribute("type", "msg").attribute("msg", error.object.clone());
        node.children.push(object);
    }
    if !error.value.is_empty() {
        node.children.push(Node::leaf("param", error.value.clone()).attribute("name", "value"));
    }
    if !error.message.is_empty() {
        node.children.push(Node::leaf("msg", error.message.clone()));
    }
    node
}

/// «<handler> plugin terminated with an error or returned an invalid XML.»
pub fn broken_plugin(handler: &str) -> Node {
    error(&PanelError {
        kind: "broken_plugin".into(),
        object: handler.into(),
        value: String::new(),
        message: String::new(),
    })
}

/// The document as it leaves the core.
pub fn document(core: &Core, registry: &Registry, call: &Call, mut doc: Node) -> Node {
    describe(core, registry, call, &mut doc);
    if doc.child("error").is_some() {
        let messages = registry.messages.of(&call.function, &call.language);
        if let Some(error) = doc.child_mut("error") {
            explain(error, &messages, &call.language);
        }
        // An error is not a page, whatever stands beside it.
        doc.children.retain(|child| matches!(child.name.as_str(), "error" | "tparams"));
        return doc;
    }
    let new = call.param("elid").is_empty();
    let Core { options, .. } = core;
    let mut gone = BTreeSet::new();
    if let Some(metadata) = doc.child_mut("metadata") {
        gone = level::cut(metadata, call.caller.level, options.bare_level, &options.features, new);
    }
    for node in &mut doc.children {
        if node.name == "elem" {
            node.children.retain(|cell| !gone.contains(&cell.name));
        }
    }
    doc.children.retain(|child| {
        let about = if child.name == "slist" { child.get("name").unwrap_or_default() } else { &child.name };
        !gone.contains(about)
    });
    translate(&mut doc);
    doc
}

/// Gives an error its language, its code and, when it has none, its text.
fn explain(error: &mut Node, messages: &Node, language: &str) {
    if error.get("lang").is_none() {
        error.set("lang", language);
    }
    if error.get("code").is_none() {
        error.set("code", "1");
    }
    if error.child("msg").is_some() {
        return;
    }
    let kind = error.get("type").unwrap_or_default();
    let group = find(messages, &format!("msg_error_{kind}")).unwrap_or(kind).to_owned();
    let params: Vec<(String, String)> = error
        .all("param")
        .map(|param| {
            let name = param.get("name").unwrap_or_default().to_owned();
            let translated =
                param.get("msg").filter(|_| param.get("type") == Some("msg")).and_then(|msg| find(messages, msg));
            (name, translated.unwrap_or(&param.text).to_owned())
        })
        .collect();
    let text = fill(&group, params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    error.children.push(Node::leaf("group", group));
    error.children.push(Node::leaf("msg", text));
}

/// Cells of `msg` columns are shown as strings, the raw value stays in `orig`; the values of conditions that look at such a
/// column are translated with them (facts/coremanager 3.3).
fn translate(doc: &mut Node) {
    let (Some(metadata), Some(messages)) = (doc.child("metadata"), doc.child("messages").cloned()) else { return };
    let columns = metadata.child("coldata").map(|data| data.children.clone()).unwrap_or_default();
    let columns: Vec<Node> = columns.into_iter().filter(|col| col.get("type") == Some("msg")).collect();
    let string = |column: &str, value: &str| {
        find(&messages, &format!("{column}_{value}")).or_else(|| find(&messages, value)).map(str::to_owned)
    };
    for row in doc.children.iter_mut().filter(|child| child.name == "elem") {
        for column in &columns {
            let name = column.get("name").unwrap_or_default();
            let Some(cell) = row.child_mut(name) else { continue };
            if cell.get("orig").is_none() {
                let raw = cell.text.clone();
                if let Some(text) = string(name, &raw) {
                    cell.text = text;
                    cell.set("orig", &raw);
                }
            }
            let orig = cell.get("orig").unwrap_or(&cell.text).to_owned();
            let color = column.all("setcolor").find(|color| color.get("value").is_none_or(|value| value == orig));
            if let Some(color) = color.and_then(|color| color.get("color")).filter(|_| cell.get("color").is_none()) {
                cell.set("color", color);
            }
        }
    }
    if let Some(toolbar) = doc.child_mut("metadata").and_then(|metadata| metadata.child_mut("toolbar")) {
        let names: Vec<&str> = columns.iter().filter_map(|column| column.get("name")).collect();
        translate_conditions(toolbar, &names, &string);
    }
}

fn translate_conditions(node: &mut Node, columns: &[&str], string: &impl Fn(&str, &str) -> Option<String>) {
    for child in &mut node.children {
        if matches!(child.name.as_str(), "show" | "hide" | "remove") {
            let translated = child.get("name").filter(|name| columns.contains(name)).zip(child.get("value"));
            if let Some(text) = translated.and_then(|(name, value)| string(name, value)) {
                child.set("value", &text);
            }
        }
        translate_conditions(child, columns, string);
    }
}
