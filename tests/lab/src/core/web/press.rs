//! Pressing a toolbar button: the rules of the selection, the question before a group operation, the way to its function.

use super::conditions::Needs;
use super::layout::View;
use super::{call, hidden, html, list, query, redirect, show};
use crate::core::http::{Incoming, Reply};
use crate::core::level;
use crate::core::messages::find;
use crate::core::pipeline::Call;
use crate::document::Node;
use crate::request::Caller;
use serde_json::Value;

pub fn respond(view: &View<'_>, incoming: &Incoming, caller: &Caller) -> Reply {
    let function = incoming.param("func");
    let from = format!("/billmgr?{}", incoming.param("web_from"));
    let options = &view.core.options;
    let mut metadata = view.registry.metadata.of(function, options.includes_see_plugins).unwrap_or_default();
    level::cut(&mut metadata, caller.level, options.bare_level, &options.features, false);
    let pressed = incoming.param("web_button");
    let Some(button) = list::buttons(&metadata).into_iter().find(|button| button.get("name") == Some(pressed)) else {
        return redirect(&from);
    };
    let selected: Vec<&str> =
        incoming.params.iter().filter(|(name, _)| name == "elid").map(|(_, value)| value.as_str()).collect();
    let rows: Value = serde_json::from_str(incoming.param("web_rows")).unwrap_or_default();
    let needs = Needs::of(button);
    let selected = if needs == Needs::None { Vec::new() } else { selected };
    if !needs.met(selected.len()) {
        let what = if needs == Needs::One { "msg_select_one" } else { "msg_select_some" };
        return view.error_page(view.say(what), &from);
    }
    let off = |id: &&str| rows[id]["off"].as_array().is_some_and(|off| off.iter().any(|name| name == pressed));
    if selected.iter().any(off) {
        return view.error_page(view.say("msg_not_for_these"), &from);
    }
    let target = button.get("func").unwrap_or_default();
    let params = [
        ("func", target),
        ("elid", &selected.join(", ")),
        ("plid", incoming.param("plid")),
        ("web_from", incoming.param("web_from")),
    ];
    let params: Vec<_> = params.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    match button.get("type").unwrap_or_default() {
        "group" | "groupdownload" => {
            let names: Vec<&str> = selected.iter().map(|id| rows[id]["name"].as_str().unwrap_or(id)).collect();
            confirm(view, function, pressed, &names, &params)
        }
        "action" => {
            let params = params.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            let asked = Incoming {
                params,
                path: incoming.path.clone(),
                query: String::new(),
                headers: incoming.headers.clone(),
                ip: incoming.ip.clone(),
            };
            let call = Call { caller: caller.clone(), language: view.language.to_owned(), ..call(&asked) };
            show(view, &asked, &call, &view.core.process(&call))
        }
        "refresh" => redirect(&from),
        "back" => redirect(&format!("/billmgr?{}", incoming.param("web_up"))),
        _ => redirect(&format!("/billmgr?{}", query(&params))),
    }
}

/// "Delete a, b?" The strings are those of the list (facts/coremanager 4).
fn confirm(view: &View<'_>, function: &str, button: &str, names: &[&str], params: &[(&str, &str)]) -> Reply {
    let messages: Node = view.registry.messages.of(function, view.language);
    let question = [format!("msg_confirm_{button}"), format!("msg_{function}_{button}"), "msg_confirm".to_owned()];
    let question = question.iter().find_map(|name| find(&messages, name)).unwrap_or_default();
    let fields: Vec<String> = params.iter().map(|(name, value)| hidden(name, value)).collect();
    let from = params.iter().find(|(name, _)| *name == "web_from").map_or("", |(_, value)| value);
    let body = format!(
        "<form method=\"post\" action=\"/billmgr\" class=\"card\" id=\"confirm\"><p class=\"text\">{} {}?</p>{}\
         <div class=\"buttons\"><button class=\"main\" id=\"yes\">{}</button><a class=\"button\" href=\"/billmgr?{}\">{}</a></div></form>",
        html(question),
        html(&names.join(view.say("msg_confirm_delimiter"))),
        fields.concat(),
        html(view.say("msg_yes")),
        html(from),
        html(view.say("msg_cancel")),
    );
    view.page(find(&messages, &format!("short_{button}")).unwrap_or(button), &body)
}
