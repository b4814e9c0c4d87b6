//! The panel's web page, rendered from merged metadata; every page can be used without JavaScript.
//!
//! It only shows and asks: every change is an ordinary call through the pipeline, and a page makes no call but the one it
//! was asked for.

// A page is put together piece by piece; one allocation more for a piece is nothing here.
#![allow(clippy::format_push_string)]

mod conditions;
mod field;
mod form;
mod layout;
mod list;
mod press;

use crate::core::Core;
use crate::core::http::{self, Incoming, LANGUAGE_COOKIE, Reply, SESSION_COOKIE, session_cookie};
use crate::core::pipeline::Call;
use crate::document::Node;
use crate::request::Caller;
use layout::View;

/// Parameters of the page itself, which are not the function's.
const OWN: &str = "web_";

/// Answers one request of a browser.
pub fn respond(core: &Core, incoming: &Incoming) -> Reply {
    let view = View::new(core, incoming);
    let reply = match incoming.param("func") {
        "auth" => login(&view, incoming),
        "logoff" => {
            core.sessions.end(incoming.cookie(SESSION_COOKIE).unwrap_or_default());
            redirect("/billmgr").header("set-cookie", format!("{SESSION_COOKIE}=; Path=/; Max-Age=0"))
        }
        _ => {
            let param = |name: &str| incoming.param(name).to_owned();
            match core.identify(&param, incoming.cookie(SESSION_COOKIE), &incoming.ip) {
                Ok(caller) => inside(view, incoming, caller),
                Err(_) => view.login_page(""),
            }
        }
    };
    if incoming.param("lang").is_empty() {
        return reply;
    }
    reply.header("set-cookie", format!("{LANGUAGE_COOKIE}=orion:{}; Path=/", incoming.language()))
}

fn login(view: &View<'_>, incoming: &Incoming) -> Reply {
    match view.core.login(&|name: &str| incoming.param(name).to_owned(), &incoming.ip) {
        Ok((id, _)) => {
            let to = Some(incoming.param("web_to")).filter(|to| !to.is_empty());
            redirect(&to.map_or_else(|| "/billmgr".to_owned(), |to| format!("/billmgr?{to}")))
                .header("set-cookie", session_cookie(&id))
        }
        Err(error) => {
            let doc = http::failed(view.core, &http::call(incoming), &error);
            view.login_page(doc.child("error").map_or("", |error| error.text_of("msg")))
        }
    }
}

fn inside(mut view: View<'_>, incoming: &Incoming, caller: Caller) -> Reply {
    view.caller = Some(caller.clone());
    if incoming.path.ends_with("/press") {
        return press::respond(&view, incoming, &caller);
    }
    if incoming.param("func").is_empty() {
        return view.page(view.say("title"), "");
    }
    let call = Call { caller, ..call(incoming) };
    let doc = view.core.process(&call);
    show(&view, incoming, &call, &doc)
}

/// The call behind a page: without the page's own parameters, with boxes that are not ticked as `off`, and with one
/// parameter for a choice of several.
fn call(incoming: &Incoming) -> Call {
    let mut params: Vec<(String, String)> = Vec::new();
    for (name, value) in incoming.params.iter().filter(|(name, _)| !name.starts_with(OWN)) {
        match params.iter_mut().find(|(existing, _)| existing == name) {
            Some((_, first)) => *first = format!("{first}, {value}"),
            None => params.push((name.clone(), value.clone())),
        }
    }
    for (_, name) in incoming.params.iter().filter(|(name, _)| name == "web_box") {
        if !params.iter().any(|(existing, _)| existing == name) {
            params.push((name.clone(), "off".into()));
        }
    }
    Call { query: query(&params), params, ..http::call(incoming) }
}

/// Shows what a function answered.
fn show(view: &View<'_>, incoming: &Incoming, call: &Call, doc: &Node) -> Reply {
    if let Some(error) = doc.child("error") {
        return view.error_page(error.text_of("msg"), &back(incoming));
    }
    if let Some(ok) = doc.child("ok") {
        return after(incoming, ok);
    }
    let metadata = doc.child("metadata").cloned().unwrap_or_default();
    match metadata.get("type") {
        Some("list") => list::page(view, incoming, doc, &metadata),
        Some("form") => form::page(view, incoming, call, doc, &metadata),
        _ => view.page(&call.function, &plain(doc)),
    }
}

/// Where `<ok>` leads: back to where the person came from, or to where it says (facts/coremanager 2.3).
fn after(incoming: &Incoming, ok: &Node) -> Reply {
    match ok.get("type") {
        Some("list" | "form") => redirect(&format!("/billmgr?{}", ok.text)),
        Some("url" | "blank") if ok.text.starts_with("https://") || ok.text.starts_with("http://") => {
            redirect(&ok.text)
        }
        _ => {
            let from = back(incoming);
            redirect(&format!("{from}{}web_done=1", if from.contains('?') { '&' } else { '?' }))
        }
    }
}

/// The page that the person came from.
fn back(incoming: &Incoming) -> String {
    match incoming.param("web_from") {
        "" => "/billmgr".to_owned(),
        from => format!("/billmgr?{from}"),
    }
}

/// A document without a description of its own: its simple values.
fn plain(doc: &Node) -> String {
    let values = doc.children.iter().filter(|child| child.children.is_empty() && !child.text.is_empty());
    let rows: Vec<String> =
        values.map(|child| format!("<tr><th>{}</th><td>{}</td></tr>", html(&child.name), html(&child.text))).collect();
    format!("<table>{}</table>", rows.concat())
}

/// Every text goes through here on its way into a page.
fn html(text: &str) -> String {
    crate::document::escape(text)
}

fn query<K: AsRef<str>, V: AsRef<str>>(params: &[(K, V)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
}

fn redirect(to: &str) -> Reply {
    // A line break would be a header of its own.
    let to: String = to.chars().filter(|character| !character.is_control()).collect();
    Reply { status: 303, ..Reply::new("text/html; charset=UTF-8", String::new()) }.header("location", to)
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", html(name), html(value))
}
