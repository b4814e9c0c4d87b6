//! One field of a form: its label and its controls.

use super::html;
use crate::core::messages::{fill, find};
use crate::document::Node;
use serde_json::{Value, json};

/// The field as HTML.
pub fn html_of(field: &Node, doc: &Node, messages: &Node) -> String {
    let name = field.get("name").unwrap_or_default();
    let controls: Vec<String> = field.children.iter().map(|control| html_control(control, doc, messages)).collect();
    // A field of nothing but hidden controls takes no place.
    if field.children.iter().all(|control| control.name == "input" && control.get("type") == Some("hidden")) {
        return controls.concat();
    }
    let hint = find(messages, &format!("hint_{name}")).map(|hint| format!("<div class=\"hint\">{}</div>", html(hint)));
    let label = if field.get("noname") == Some("yes") {
        String::new()
    } else {
        format!("<span>{}</span>", html(find(messages, name).unwrap_or(name)))
    };
    let wide = if label.is_empty() || field.get("fullwidth") == Some("yes") { " wide" } else { "" };
    format!(
        "<div class=\"field{wide}\" data-field=\"{}\">{label}<div>{}{}</div></div>",
        html(name),
        controls.concat(),
        hint.unwrap_or_default()
    )
}

fn html_control(control: &Node, doc: &Node, messages: &Node) -> String {
    let name = control.get("name").unwrap_or_default();
    let value = doc.text_of(name);
    let attributes = attributes(control, name);
    match control.name.as_str() {
        "input" => match control.get("type").unwrap_or("text") {
            "checkbox" | "toggle" => {
                let checked = if value == "on" { " checked" } else { "" };
                let own = format!("<input type=\"hidden\" name=\"web_box\" value=\"{}\">", html(name));
                format!("{own}<input type=\"checkbox\" value=\"on\"{attributes}{checked}>")
            }
            kind => {
                let kind = if matches!(kind, "password" | "hidden") { kind } else { "text" };
                format!("<input type=\"{kind}\" value=\"{}\"{attributes}>", html(value))
            }
        },
        "textarea" => format!("<textarea{attributes}>\n{}</textarea>", html(value)),
        "select" => select(control, doc, messages, &attributes),
        "list" => table(control, doc, messages),
        "textdata" | "htmldata" | "desc" => text(control, doc, messages),
        "link" => format!("<span class=\"text\" id=\"field-{}\">{}</span>", html(name), html(value)),
        _ => String::new(),
    }
}

fn attributes(control: &Node, name: &str) -> String {
    let mut attributes = format!(" name=\"{}\"", html(name));
    for (flag, meaning) in [
        ("readonly", " readonly"),
        ("required", " required"),
        ("focus", " autofocus"),
        ("setvalues", " data-setvalues=\"yes\""),
    ] {
        if control.get(flag).is_some_and(|value| value != "no") {
            attributes += meaning;
        }
    }
    let rules: Vec<Value> = control
        .all("if")
        .map(|rule| json!({"value": rule.get("value"), "empty": rule.get("empty"), "hide": rule.get("hide").unwrap_or_default()}))
        .collect();
    if !rules.is_empty() {
        attributes += &format!(" data-if=\"{}\"", html(&Value::Array(rules).to_string()));
    }
    attributes
}

/// Choices come with the document (`slist`), or stand in the metadata.
fn select(control: &Node, doc: &Node, messages: &Node, attributes: &str) -> String {
    let name = control.get("name").unwrap_or_default();
    let chosen: Vec<&str> = doc.text_of(name).split(',').map(str::trim).collect();
    let list = doc.all("slist").find(|list| list.get("name") == Some(name)).unwrap_or(control);
    let options = list.children.iter().filter(|option| matches!(option.name.as_str(), "val" | "msg"));
    let options = options.map(|option| {
        let key = option.get("key").unwrap_or(&option.text);
        let string = find(messages, &format!("{name}_{key}")).or_else(|| find(messages, &option.text));
        let string = string.filter(|_| option.text.is_empty() || option.name == "msg");
        (key.to_owned(), string.unwrap_or(if option.text.is_empty() { key } else { &option.text }).to_owned())
    });
    if control.get("type") == Some("radio") {
        let choices: Vec<String> = options
            .map(|(key, text)| {
                let checked = if chosen.contains(&key.as_str()) { " checked" } else { "" };
                format!(
                    "<label><input type=\"radio\" value=\"{}\"{attributes}{checked}> {}</label> ",
                    html(&key),
                    html(&text)
                )
            })
            .collect();
        return choices.concat();
    }
    let choices: Vec<String> = options
        .map(|(key, text)| {
            let selected = if chosen.contains(&key.as_str()) { " selected" } else { "" };
            format!("<option value=\"{}\"{selected}>{}</option>", html(&key), html(&text))
        })
        .collect();
    let multiple = if control.get("type") == Some("multiple") { " multiple" } else { "" };
    format!("<select{attributes}{multiple}>{}</select>", choices.concat())
}

/// A table inside a form: `<list name="x"><elem>...` in the document, columns in the metadata.
fn table(control: &Node, doc: &Node, messages: &Node) -> String {
    let name = control.get("name").unwrap_or_default();
    let columns: Vec<&str> = control.all("col").filter_map(|column| column.get("name")).collect();
    let translated: Vec<&str> = control
        .all("col")
        .filter(|column| column.get("type") == Some("msg"))
        .filter_map(|column| column.get("name"))
        .collect();
    let heads: Vec<String> = columns
        .iter()
        .map(|column| {
            let text = find(messages, &format!("{name}_{column}")).or_else(|| find(messages, column)).unwrap_or(column);
            format!("<th>{}</th>", html(text))
        })
        .collect();
    let cell = |row: &Node, column: &str| {
        let value = row.text_of(column).to_owned();
        let string = find(messages, &format!("{column}_{value}")).or_else(|| find(messages, &value));
        let text = string.filter(|_| translated.contains(&column)).unwrap_or(&value).to_owned();
        let color = row.child(column).and_then(|cell| cell.get("color")).unwrap_or_default();
        format!("<td class=\"{}\">{}</td>", html(color), html(&text))
    };
    let list = doc.all("list").find(|list| list.get("name") == Some(name));
    let rows: Vec<String> = list
        .into_iter()
        .flat_map(|list| list.all("elem"))
        .map(|row| format!("<tr>{}</tr>", columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>().concat()))
        .collect();
    format!(
        "<div class=\"scroll\"><table id=\"list-{}\"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        html(name),
        heads.concat(),
        rows.concat()
    )
}

/// Text that is only read. HTML of `htmldata` is shown as it is written, never as HTML.
fn text(control: &Node, doc: &Node, messages: &Node) -> String {
    let name = control.get("name").unwrap_or_default();
    let value = doc.text_of(name);
    let shown = match control.get("type").unwrap_or("data") {
        "msg" => find(messages, value)
            .filter(|_| !value.is_empty())
            .or_else(|| find(messages, name))
            .unwrap_or(value)
            .to_owned(),
        "msgdata" => {
            let params = doc.children.iter().map(|child| (child.name.as_str(), child.text.as_str()));
            fill(find(messages, name).unwrap_or(name), params)
        }
        _ => value.to_owned(),
    };
    let warning = if control.get("warning") == Some("yes") { " warning" } else { "" };
    format!("<div class=\"text{warning}\" id=\"field-{}\">{}</div>", html(name), html(&shown))
}
