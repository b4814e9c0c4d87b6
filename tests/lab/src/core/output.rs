//! The formats of `out=` and `mgrctl -o` (facts/coremanager 5, facts/billmanager 2.2 and 6.3).

use crate::document::Node;
use serde_json::{Map, Value};

/// What a caller wants to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    /// Data only.
    Xml,
    /// Everything, metadata and messages included.
    Devel,
    Json,
    Bjson,
}

impl Format {
    /// The format of that name; `sjson` and `xjson` are read as `json`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "xml" => Some(Self::Xml),
            "devel" => Some(Self::Devel),
            "json" | "sjson" | "xjson" => Some(Self::Json),
            "bjson" => Some(Self::Bjson),
            _ => None,
        }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=UTF-8",
            Self::Xml | Self::Devel => "text/xml; charset=UTF-8",
            Self::Json | Self::Bjson => "application/json; charset=UTF-8",
        }
    }
}

/// Writes a finished document.
pub fn write(doc: &Node, format: Format, json_with_metadata: bool) -> String {
    match format {
        Format::Devel => doc.to_xml(),
        Format::Xml => without_description(doc).to_xml(),
        Format::Json => {
            let content = if json_with_metadata { json(doc) } else { json(&without_description(doc)) };
            let mut top = Map::new();
            top.insert("doc".into(), content);
            Value::Object(top).to_string()
        }
        Format::Bjson => flat(&without_description(doc)).to_string(),
        Format::Text => text(&without_description(doc)),
    }
}

fn without_description(doc: &Node) -> Node {
    let mut bare = doc.clone();
    bare.children.retain(|child| !matches!(child.name.as_str(), "metadata" | "messages" | "tparams"));
    bare
}

/// Attributes as `$name`, text as `$`, one child of a name as an object, several as a list.
fn json(node: &Node) -> Value {
    let mut object = Map::new();
    for (name, value) in &node.attributes {
        object.insert(format!("${name}"), Value::String(value.clone()));
    }
    if !node.text.is_empty() || (node.children.is_empty() && node.attributes.is_empty()) {
        object.insert("$".into(), Value::String(node.text.clone()));
    }
    for child in &node.children {
        put(&mut object, &child.name, json(child));
    }
    Value::Object(object)
}

/// Leaves as strings, attributes as `name_attribute`; rows always as a list.
fn flat(doc: &Node) -> Value {
    let mut object = Map::new();
    for (name, value) in &doc.attributes {
        object.insert(name.clone(), Value::String(value.clone()));
    }
    for child in &doc.children {
        if child.children.is_empty() && child.name != "elem" {
            for (name, value) in &child.attributes {
                object.insert(format!("{}_{name}", child.name), Value::String(value.clone()));
            }
            put(&mut object, &child.name, Value::String(child.text.clone()));
        } else {
            put(&mut object, &child.name, flat(child));
        }
    }
    if let Some(row) = object.get_mut("elem").filter(|rows| !rows.is_array()) {
        *row = Value::Array(vec![row.take()]);
    }
    Value::Object(object)
}

fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(single) => *single = Value::Array(vec![single.take(), value]),
    }
}

/// `ERROR type(object)`, `OK`, rows of `field=value`, or the fields of a form one a line.
fn text(doc: &Node) -> String {
    if let Some(error) = doc.child("error") {
        return format!(
            "ERROR {}({})\n",
            error.get("type").unwrap_or_default(),
            error.get("object").unwrap_or_default()
        );
    }
    let rows: Vec<&Node> = doc.all("elem").collect();
    if !rows.is_empty() {
        return rows.iter().map(|row| fields(row).join(" ") + "\n").collect();
    }
    if let Some(ok) = doc.child("ok") {
        return format!("OK {}", ok.text).trim_end().to_owned() + "\n";
    }
    fields(doc).into_iter().flat_map(|field| [field, "\n".to_owned()]).collect()
}

fn fields(node: &Node) -> Vec<String> {
    let simple = node.children.iter().filter(|child| child.children.is_empty());
    simple.map(|child| format!("{}={}", child.name, child.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: usize) -> Node {
        let mut doc = Node::new("doc").attribute("func", "vds").with(Node::new("metadata")).with(Node::new("messages"));
        for row in 1..=rows {
            let status = Node::leaf("item_status", "Active").attribute("orig", "2");
            doc.children.push(Node::new("elem").with(Node::leaf("id", row.to_string())).with(status));
        }
        doc
    }

    #[test]
    fn a_single_row_in_json_is_an_object_and_several_are_a_list() {
        let row =
            |id: u8| format!("{{\"id\":{{\"$\":\"{id}\"}},\"item_status\":{{\"$\":\"Active\",\"$orig\":\"2\"}}}}");
        for (rows, elem) in [
            (0, String::new()),
            (1, format!("\"elem\":{},", row(1))),
            (2, format!("\"elem\":[{},{}],", row(1), row(2))),
        ] {
            let expected: Value = serde_json::from_str(&format!("{{\"doc\":{{{elem}\"$func\":\"vds\"}}}}")).unwrap();
            let written: Value = serde_json::from_str(&write(&list(rows), Format::Json, false)).unwrap();
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn bjson_is_flat() {
        let written: Value = serde_json::from_str(&write(&list(1), Format::Bjson, true)).unwrap();
        assert_eq!(
            written,
            serde_json::json!({"func": "vds", "elem": [{"id": "1", "item_status_orig": "2", "item_status": "Active"}]})
        );
    }

    #[test]
    fn xml_is_data_only_and_devel_is_everything() {
        assert!(!write(&list(1), Format::Xml, true).contains("<metadata"));
        assert!(write(&list(1), Format::Devel, true).contains("<metadata"));
    }

    #[test]
    fn text_is_for_people() {
        let error =
            Node::new("doc").with(Node::new("error").attribute("type", "missed").attribute("object", "currency"));
        for (doc, expected) in [
            (error, "ERROR missed(currency)\n"),
            (Node::new("doc").with(Node::new("ok")), "OK\n"),
            (list(2), "id=1 item_status=Active\nid=2 item_status=Active\n"),
            (Node::new("doc").with(Node::leaf("a", "1")).with(Node::leaf("b", "2")), "a=1\nb=2\n"),
        ] {
            assert_eq!(write(&doc, Format::Text, true), expected);
        }
    }
}
