//! A form: pages of fields, buttons, and what is sent along.

use super::layout::View;
use super::{back, field, hidden, html};
use crate::core::http::{Incoming, Reply};
use crate::core::messages::find;
use crate::core::pipeline::Call;
use crate::document::Node;

pub fn page(view: &View<'_>, incoming: &Incoming, call: &Call, doc: &Node, metadata: &Node) -> Reply {
    let messages = doc.child("messages").cloned().unwrap_or_default();
    let form = metadata.child("form").cloned().unwrap_or_default();
    let new = call.param("elid").is_empty();
    let title = find(&messages, "title_new").filter(|_| new).or_else(|| find(&messages, "title"));
    let mut title = title.unwrap_or(&call.function).to_owned();
    // `title="name"`: the value of that field tells one form from another.
    if let Some(value) = form.get("title").map(|name| doc.text_of(name)).filter(|value| !value.is_empty()) {
        title = format!("{title}: {value}");
    }
    let wide = if form.get("maxwidth") == Some("yes") { " wide" } else { "" };
    let mut body = format!("<form id=\"form\" method=\"post\" action=\"/billmgr\" class=\"card{wide}\" novalidate>");
    body += &hidden("func", &call.function);
    for name in ["elid", "plid"] {
        // A selection stays whole, even when the panel asked the function for one row at a time.
        let selection = call.param(name).contains(',');
        let value = Some(doc.text_of(name)).filter(|value| !selection && !value.is_empty());
        let value = value.unwrap_or(call.param(name));
        if !value.is_empty() {
            body += &hidden(name, value);
        }
    }
    body += &hidden("web_from", incoming.param("web_from"));
    body += "<input type=\"hidden\" name=\"sok\" value=\"ok\"><input type=\"hidden\" name=\"sv_field\" disabled>";
    for part in &form.children {
        match part.name.as_str() {
            "page" => {
                let name = part.get("name").unwrap_or_default();
                let legend =
                    find(&messages, name).map(|text| format!("<legend>{}</legend>", html(text))).unwrap_or_default();
                let fields: Vec<String> = part.all("field").map(|each| field::html_of(each, doc, &messages)).collect();
                body += &format!("<fieldset>{legend}{}</fieldset>", fields.concat());
            }
            "field" => body += &field::html_of(part, doc, &messages),
            _ => {}
        }
    }
    body += &buttons(incoming, &form, &messages);
    view.page(&title, &(body + "</form>"))
}

/// The form's own buttons, or Ok and Cancel as far as `nosubmit` and `nocancel` leave them.
fn buttons(incoming: &Incoming, form: &Node, messages: &Node) -> String {
    let standard = ["ok", "cancel"].map(|name| Node::new("button").attribute("name", name).attribute("type", name));
    let own: Vec<&Node> = form.all("buttons").flat_map(|buttons| buttons.all("button")).collect();
    let shown = if own.is_empty() { standard.iter().collect() } else { own };
    let buttons: Vec<String> = shown
        .into_iter()
        .map(|button| {
            let name = button.get("name").unwrap_or_default();
            let label = find(messages, &format!("msg_{name}")).unwrap_or(name);
            let hint = find(messages, &format!("hint_{name}")).unwrap_or_default();
            match button.get("type").unwrap_or_default() {
                "ok" | "setvalues" | "func" | "blank" if form.get("nosubmit") == Some("yes") => String::new(),
                "cancel" if form.get("nocancel") == Some("yes") => String::new(),
                "cancel" => format!("<a class=\"button\" href=\"{}\">{}</a>", html(&back(incoming)), html(label)),
                "reset" => format!("<button type=\"reset\">{}</button>", html(label)),
                "next" | "back" => {
                    let step = if button.get("type") == Some("next") { "snext" } else { "sback" };
                    format!("<button name=\"{step}\" value=\"ok\" title=\"{}\">{}</button>", html(hint), html(label))
                }
                _ => format!(
                    "<button class=\"main\" name=\"clicked_button\" value=\"{}\" title=\"{}\">{}</button>",
                    html(name),
                    html(hint),
                    html(label)
                ),
            }
        })
        .collect();
    format!("<div class=\"buttons\">{}</div>", buttons.concat())
}
