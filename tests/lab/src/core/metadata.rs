//! Merging metadata by name. What a person may see of it is cut in `level`.

use crate::document::Node;
use std::collections::BTreeMap;

/// Containers that occur once in their parent.
const SINGLE: [&str; 6] = ["metadata", "toolbar", "coldata", "form", "buttons", "plugin"];
/// Conditions and decorations: `name` points at a field, it is not the element's own.
const CONDITIONS: [&str; 9] = ["show", "hide", "remove", "if", "else", "setcolor", "prop", "xprop", "val"];
/// Attributes that say where an element goes.
const PLACES: [&str; 4] = ["before", "after", "first", "last"];

/// Metadata by function.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    merged: BTreeMap<String, Node>,
    /// The panel's own, without plugins.
    own: BTreeMap<String, Node>,
}

impl Metadata {
    /// Adds one `<metadata>` element, of the panel or of a plugin.
    pub fn add(&mut self, metadata: &Node, plugin: bool) {
        let Some(name) = metadata.get("name") else { return };
        let fresh = || Node::new("metadata");
        merge(self.merged.entry(name.to_owned()).or_insert_with(fresh), metadata);
        if !plugin {
            merge(self.own.entry(name.to_owned()).or_insert_with(fresh), metadata);
        }
    }

    /// The functions that have metadata.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.merged.keys().map(String::as_str)
    }

    /// The metadata of a function with everything it includes.
    pub fn of(&self, function: &str, includes_see_plugins: bool) -> Option<Node> {
        let included = if includes_see_plugins { &self.merged } else { &self.own };
        self.merged.get(function).map(|metadata| resolve(metadata, included, 0))
    }
}

/// Replaces `<include name=.../>` by the content of what it names; the element's own content is merged on top.
fn resolve(metadata: &Node, all: &BTreeMap<String, Node>, depth: usize) -> Node {
    let mut result = Node::new("metadata");
    for include in metadata.all("include") {
        // A loop of includes would be a mistake in a descriptor; eight deep is more than any panel has.
        if let Some(found) = include.get("name").and_then(|name| all.get(name)).filter(|_| depth < 8) {
            merge(&mut result, &resolve(found, all, depth + 1));
        }
    }
    let mut own = metadata.clone();
    own.children.retain(|child| child.name != "include");
    merge(&mut result, &own);
    result
}

/// Merges an element into another of the same tag and name.
pub fn merge(base: &mut Node, addition: &Node) {
    for (name, value) in addition.attributes.iter().filter(|(name, _)| !PLACES.contains(&name.as_str())) {
        base.set(name, value);
    }
    if !addition.text.is_empty() {
        base.text.clone_from(&addition.text);
    }
    for child in &addition.children {
        match base.children.iter_mut().find(|existing| same(existing, child)) {
            Some(existing) => merge(existing, child),
            None => insert(base, fresh(child)),
        }
    }
}

/// A new element goes through the same merging, for its own children may say where they stand.
fn fresh(node: &Node) -> Node {
    let mut copy = Node {
        name: node.name.clone(),
        attributes: node.attributes.clone(),
        text: node.text.clone(),
        ..Node::default()
    };
    merge(&mut copy, &Node { attributes: Vec::new(), ..node.clone() });
    copy
}

fn same(existing: &Node, new: &Node) -> bool {
    if existing.name != new.name {
        return false;
    }
    let tag = new.name.as_str();
    if SINGLE.contains(&tag) {
        return true;
    }
    if CONDITIONS.contains(&tag) || new.get("name").is_none() {
        return existing == new;
    }
    existing.get("name") == new.get("name")
}

/// Puts a new child where its `before`, `after`, `first` or `last` says; otherwise at the end, before those that are `last`.
fn insert(parent: &mut Node, child: Node) {
    let sibling = |name: Option<&str>| {
        name.and_then(|name| {
            parent.children.iter().position(|other| other.name == child.name && other.get("name") == Some(name))
        })
    };
    let first = || parent.children.iter().position(|other| other.name == child.name).unwrap_or(0);
    let end = || {
        let last = parent.children.iter().rev().take_while(|other| other.get("last") == Some("yes")).count();
        parent.children.len() - last
    };
    let place = if let Some(place) = sibling(child.get("before")) {
        place
    } else if let Some(place) = sibling(child.get("after")) {
        place + 1
    } else if child.get("first") == Some("yes") {
        first()
    } else if child.get("last") == Some("yes") {
        parent.children.len()
    } else {
        end()
    };
    parent.children.insert(place, child);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buttons(metadata: &Node) -> Vec<String> {
        metadata.descendants("toolbtn").iter().filter_map(|button| button.get("name").map(str::to_owned)).collect()
    }

    fn base() -> Metadata {
        let mut all = Metadata::default();
        for text in [
            "<metadata name='service' type='list' key='id'><toolbar><toolgrp name='edit'><toolbtn name='new' type='new'/>\
             <toolbtn name='edit' type='edit'/><toolbtn name='z' last='yes'/></toolgrp></toolbar>\
             <coldata><col name='id'/></coldata></metadata>",
            "<metadata name='vds' type='list' key='id'><include name='service'/>\
             <coldata><col name='domain' before='id'/></coldata></metadata>",
        ] {
            all.add(&Node::parse(text).unwrap(), false);
        }
        all
    }

    #[test]
    fn a_button_goes_where_it_says() {
        for (place, expected) in [
            ("", "new edit mine z"),
            ("first='yes'", "mine new edit z"),
            ("last='yes'", "new edit z mine"),
            ("before='edit'", "new mine edit z"),
            ("after='new'", "new mine edit z"),
            ("after='nobody'", "new edit mine z"),
        ] {
            let mut all = base();
            let text = format!(
                "<metadata name='service'><toolbar><toolgrp name='edit'><toolbtn name='mine' {place}/></toolgrp></toolbar></metadata>"
            );
            all.add(&Node::parse(&text).unwrap(), true);
            assert_eq!(buttons(&all.of("service", true).unwrap()).join(" "), expected, "{place}");
        }
    }

    #[test]
    fn an_include_brings_what_plugins_added_when_the_setting_says_so() {
        let mut all = base();
        let text = "<metadata name='service'><toolbar><toolgrp name='edit'><toolbtn name='mine'/></toolgrp></toolbar></metadata>";
        all.add(&Node::parse(text).unwrap(), true);
        assert_eq!(buttons(&all.of("vds", true).unwrap()).join(" "), "new edit mine z");
        assert_eq!(buttons(&all.of("vds", false).unwrap()).join(" "), "new edit z");
        let columns = all.of("vds", true).unwrap();
        let names: Vec<_> = columns.descendants("col").into_iter().filter_map(|col| col.get("name")).collect();
        assert_eq!(names, ["domain", "id"]);
    }

    #[test]
    fn the_same_name_is_merged_and_conditions_are_added() {
        let mut all = base();
        let text = "<metadata name='service'><toolbar><toolgrp name='edit'><toolbtn name='edit' level='admin+'>\
                    <show name='status' value='2'/><show name='status' value='3'/></toolbtn></toolgrp></toolbar></metadata>";
        all.add(&Node::parse(text).unwrap(), true);
        all.add(&Node::parse(text).unwrap(), true);
        let service = all.of("service", true).unwrap();
        let button =
            service.descendants("toolbtn").into_iter().find(|button| button.get("name") == Some("edit")).unwrap();
        assert_eq!((button.get("type"), button.get("level"), button.children.len()), (Some("edit"), Some("admin+"), 2));
    }
}
