//! What is around every page: menu, languages, notices, the look.

use super::{hidden, html};
use crate::core::Core;
use crate::core::descriptor::Registry;
use crate::core::http::{Incoming, Reply};
use crate::core::level;
use crate::core::messages::find;
use crate::document::Node;
use crate::request::Caller;
use std::sync::Arc;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// Who looks at what, in which language.
pub struct View<'a> {
    pub core: &'a Core,
    pub registry: Arc<Registry>,
    pub caller: Option<Caller>,
    pub language: &'static str,
    common: Node,
    /// The address of this page without its language.
    query: String,
    done: bool,
}

impl<'a> View<'a> {
    pub fn new(core: &'a Core, incoming: &Incoming) -> Self {
        let registry = core.registry();
        let language = incoming.language();
        let shown =
            |name: &str| !matches!(name, "lang" | "sok" | "username" | "password" | "authinfo" | "auth" | "web_done");
        let params: Vec<_> =
            incoming.params.iter().filter(|(name, _)| shown(name) && !name.starts_with("web_rows")).collect();
        let params: Vec<_> = params.into_iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let login = incoming.param("func") == "auth";
        Self {
            common: registry.messages.of("common", language),
            registry,
            core,
            caller: None,
            language,
            query: if login { String::new() } else { super::query(&params) },
            done: !incoming.param("web_done").is_empty(),
        }
    }

    /// A string of the core.
    pub fn say<'b>(&'b self, name: &'b str) -> &'b str {
        find(&self.common, name).unwrap_or(name)
    }

    pub fn login_page(&self, error: &str) -> Reply {
        let notice =
            if error.is_empty() { String::new() } else { format!("<p class=\"notice error\">{}</p>", html(error)) };
        let body = format!(
            "<form method=\"post\" action=\"/billmgr\" class=\"card login\">{notice}{}{}\
             <label class=\"field\"><span>{}</span><input name=\"username\" autocomplete=\"username\" autofocus></label>\
             <label class=\"field\"><span>{}</span><input name=\"password\" type=\"password\"></label>\
             <div class=\"buttons\"><button class=\"main\">{}</button></div></form>",
            hidden("func", "auth"),
            hidden("web_to", &self.query),
            html(self.say("login_username")),
            html(self.say("login_password")),
            html(self.say("login")),
        );
        self.page(self.say("login"), &body)
    }

    pub fn error_page(&self, text: &str, back: &str) -> Reply {
        let body = format!(
            "<div class=\"card\"><p class=\"notice error\">{}</p><div class=\"buttons\"><a class=\"button\" data-back href=\"{}\">{}</a></div></div>",
            html(text),
            html(back),
            html(self.say("msg_back"))
        );
        self.page(self.say("msg_error"), &body)
    }

    /// A whole page; `body` is HTML.
    pub fn page(&self, title: &str, body: &str) -> Reply {
        let nonce = format!("{:032x}", rand::random::<u128>());
        let languages: Vec<String> = [("en", "English"), ("ru", "Русский")]
            .map(|(code, name)| {
                let current = if code == self.language { " aria-current=\"true\"" } else { "" };
                let separator = if self.query.is_empty() { "" } else { "&" };
                let to = format!("/billmgr?{}{separator}lang={code}", self.query);
                format!("<a href=\"{}\" class=\"language\"{current}>{name}</a>", html(&to))
            })
            .into();
        let user = self.caller.as_ref().map_or_else(String::new, |caller| {
            format!(
                "<span class=\"user\">{}</span><a href=\"/billmgr?func=logoff\">{}</a>",
                html(&caller.name),
                html(self.say("logout"))
            )
        });
        let done = if self.done {
            format!("<p class=\"notice done\">{}</p>", html(self.say("msg_done")))
        } else {
            String::new()
        };
        let text = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><header><a class=\"home\" href=\"/billmgr\">BILLmanager <small>{}</small></a>\
             <nav>{}</nav>{user}</header><div class=\"frame\">{}<main><h1>{title}</h1>{done}{body}</main></div>\
             <script nonce=\"{nonce}\">{SCRIPT}</script></body></html>\n",
            self.language,
            html(self.core.host().rsplit('/').next().unwrap_or_default()),
            languages.concat(),
            self.menu(),
            title = html(title),
        );
        let policy =
            format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; base-uri 'none'");
        Reply::new("text/html; charset=UTF-8", text).header("content-security-policy", policy)
    }

    /// The menu as far as the caller's level goes; groups without an entry are left out.
    fn menu(&self) -> String {
        let Some(caller) = &self.caller else { return String::new() };
        let options = &self.core.options;
        let mut menu = self.registry.menu.clone();
        level::cut(&mut menu, caller.level, options.bare_level, &options.features, false);
        let strings = self.registry.messages.of("desktop", self.language);
        let name = |node: &Node| {
            let name = node.get("name").unwrap_or_default();
            html(find(&strings, &format!("menu_{name}")).unwrap_or(name))
        };
        let groups: Vec<String> = menu
            .all("node")
            .filter_map(|group| {
                let entries: Vec<&Node> = std::iter::once(group).chain(group.descendants("node")).collect();
                let links: Vec<String> = entries
                    .into_iter()
                    .filter_map(|node| Some((node, node.get("action")?)))
                    .map(|(node, action)| {
                        format!("<a href=\"/billmgr?{}\">{}</a>", html(&super::query(&[("func", action)])), name(node))
                    })
                    .collect();
                (!links.is_empty()).then(|| format!("<h2>{}</h2>{}", name(group), links.concat()))
            })
            .collect();
        format!("<aside>{}</aside>", groups.concat())
    }
}
