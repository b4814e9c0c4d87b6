//! A list: toolbar, columns, rows with boxes, pages.

use super::conditions::{Needs, off, removed};
use super::layout::View;
use super::{hidden, html, query};
use crate::core::http::{Incoming, Reply};
use crate::core::messages::find;
use crate::document::Node;
use serde_json::{Map, Value, json};

pub fn page(view: &View<'_>, incoming: &Incoming, doc: &Node, metadata: &Node) -> Reply {
    let messages = doc.child("messages").cloned().unwrap_or_default();
    let string = |name: &str| find(&messages, name).unwrap_or(name).to_owned();
    let key = metadata.get("key").unwrap_or("id");
    let buttons = buttons(metadata);
    let columns = metadata.child("coldata").map(|data| data.children.clone()).unwrap_or_default();
    let columns: Vec<&Node> = columns.iter().filter(|column| column.get("hidden") != Some("yes")).collect();
    let here = query(&address(incoming));
    let mut body = format!(
        "<form id=\"list\" method=\"post\" action=\"/billmgr/press\">{}{}{}{}{}",
        hidden("func", incoming.param("func")),
        hidden("plid", incoming.param("elid")),
        hidden("web_from", &here),
        hidden("web_up", incoming.param("web_from")),
        hidden("web_rows", &rows(doc, metadata, &buttons, key)),
    );
    body += &toolbar(metadata, &messages);
    let heads: Vec<String> = columns
        .iter()
        .map(|column| {
            let name = column.get("name").unwrap_or_default();
            format!(
                "<th title=\"{}\">{}</th>",
                html(find(&messages, &format!("hint_{name}")).unwrap_or_default()),
                html(&string(name))
            )
        })
        .collect();
    let lines: Vec<String> = doc.all("elem").map(|row| line(row, key, &columns, &buttons)).collect();
    body += &format!(
        "<div class=\"scroll\"><table><thead><tr><th class=\"pick\"><input type=\"checkbox\" id=\"all\"></th>{}</tr></thead><tbody>{}</tbody></table></div></form>",
        heads.concat(),
        lines.concat()
    );
    if lines.is_empty() {
        body += &format!("<p class=\"hint\">{}</p>", html(view.say("msg_empty")));
    }
    body += &foot(view, incoming, doc, lines.len());
    view.page(&string("title"), &body)
}

/// The parameters that lead to this list again.
fn address(incoming: &Incoming) -> Vec<(String, String)> {
    let kept = |name: &str| matches!(name, "func" | "elid" | "plid") || name.starts_with("p_");
    incoming.params.iter().filter(|(name, value)| kept(name) && !value.is_empty()).cloned().collect()
}

/// Every button of the toolbar that is not removed.
pub fn buttons(metadata: &Node) -> Vec<&Node> {
    metadata.descendants("toolbtn").into_iter().filter(|button| !removed(button)).collect()
}

fn toolbar(metadata: &Node, messages: &Node) -> String {
    let groups: Vec<String> = metadata
        .descendants("toolgrp")
        .into_iter()
        .map(|group| {
            let buttons: Vec<String> =
                group.all("toolbtn").filter(|button| !removed(button)).map(|each| button(each, messages)).collect();
            if buttons.is_empty() { String::new() } else { format!("<div class=\"group\">{}</div>", buttons.concat()) }
        })
        .collect();
    format!("<div class=\"toolbar\">{}</div>", groups.concat())
}

fn button(button: &Node, messages: &Node) -> String {
    let name = button.get("name").unwrap_or_default();
    format!(
        "<button name=\"web_button\" value=\"{}\" data-needs=\"{}\" title=\"{}\">{}</button>",
        html(name),
        Needs::of(button).name(),
        html(find(messages, &format!("hint_{name}")).unwrap_or_default()),
        html(find(messages, &format!("short_{name}")).unwrap_or(name)),
    )
}

/// What is sent as `elid` for a row: the raw value.
fn id<'a>(row: &'a Node, key: &str) -> &'a str {
    row.child(key).map_or("", |cell| cell.get("orig").unwrap_or(&cell.text))
}

fn switched_off<'a>(row: &Node, buttons: &[&'a Node]) -> Vec<&'a str> {
    buttons.iter().filter(|button| off(button, row)).filter_map(|button| button.get("name")).collect()
}

fn line(row: &Node, key: &str, columns: &[&Node], buttons: &[&Node]) -> String {
    let id = id(row, key);
    let cells: Vec<String> = columns
        .iter()
        .map(|column| {
            let cell = row.child(column.get("name").unwrap_or_default());
            let color = cell.and_then(|cell| cell.get("color")).unwrap_or_default();
            format!("<td class=\"{}\">{}</td>", html(color), html(cell.map_or("", |cell| &cell.text)))
        })
        .collect();
    format!(
        "<tr data-id=\"{id}\"><td class=\"pick\"><input type=\"checkbox\" name=\"elid\" value=\"{id}\" data-off=\"{}\"></td>{}</tr>",
        html(&switched_off(row, buttons).join(" ")),
        cells.concat(),
        id = html(id),
    )
}

/// What pressing a button has to know about the rows, so that it need not ask for the list again.
fn rows(doc: &Node, metadata: &Node, buttons: &[&Node], key: &str) -> String {
    let keyname = metadata.get("keyname").unwrap_or(key);
    let rows: Map<String, Value> = doc
        .all("elem")
        .map(|row| {
            let name = Some(row.text_of(keyname)).filter(|name| !name.is_empty()).unwrap_or(id(row, key));
            (id(row, key).to_owned(), json!({"name": name, "off": switched_off(row, buttons)}))
        })
        .collect();
    Value::Object(rows).to_string()
}

/// How many there are, and the ways to the pages before and after.
fn foot(view: &View<'_>, incoming: &Incoming, doc: &Node, shown: usize) -> String {
    let number = |name: &str| doc.text_of(name).parse::<usize>().ok();
    let total = number("p_elems").unwrap_or(shown);
    let mut foot = format!("<div class=\"foot\"><span>{}: {total}</span>", html(view.say("msg_total")));
    if let (Some(page), Some(size)) = (number("p_num"), number("p_cnt").filter(|&size| size > 0)) {
        let mut link = |to: usize, text: &str| {
            let mut params = address(incoming);
            params.retain(|(name, _)| name != "p_num");
            params.push(("p_num".into(), to.to_string()));
            foot += &format!("<a href=\"/billmgr?{}\">{text}</a>", html(&query(&params)));
        };
        if page > 1 {
            link(page - 1, "←");
        }
        if page * size < total {
            link(page + 1, "→");
        }
    }
    foot + "</div>"
}
