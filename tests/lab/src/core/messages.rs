//! Strings by function and language: included, taken from English, taken from `common` (facts/coremanager 4).

use crate::document::Node;
use std::collections::BTreeMap;

/// The language that strings missing in another one are taken from.
const BASE: &str = "en";

#[derive(Clone, Debug, Default)]
struct Catalogue {
    strings: Vec<(String, String)>,
    includes: Vec<String>,
}

/// All strings of a panel and its plugins.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    languages: BTreeMap<String, BTreeMap<String, Catalogue>>,
}

impl Messages {
    /// Adds a `<lang>` element.
    pub fn add(&mut self, lang: &Node) {
        let language = self.languages.entry(lang.get("name").unwrap_or(BASE).to_owned()).or_default();
        for messages in lang.all("messages") {
            let catalogue = language.entry(messages.get("name").unwrap_or_default().to_owned()).or_default();
            for include in messages.all("include").filter_map(|include| include.get("name")) {
                catalogue.includes.push(include.to_owned());
            }
            for msg in messages.all("msg") {
                let name = msg.get("name").unwrap_or_default();
                match catalogue.strings.iter_mut().find(|(existing, _)| existing == name) {
                    Some((_, text)) => text.clone_from(&msg.text),
                    None => catalogue.strings.push((name.to_owned(), msg.text.clone())),
                }
            }
        }
    }

    /// The `<messages>` element of a function: its own strings, then English ones (`added="lang"`), then common ones
    /// (`added="common"`).
    pub fn of(&self, function: &str, language: &str) -> Node {
        let mut result = Node::new("messages").attribute("name", function);
        self.collect(&mut result, function, language, None, 0);
        self.collect(&mut result, function, BASE, Some("lang"), 0);
        self.collect(&mut result, "common", language, Some("common"), 0);
        self.collect(&mut result, "common", BASE, Some("common"), 0);
        result
    }

    fn collect(&self, into: &mut Node, function: &str, language: &str, added: Option<&str>, depth: usize) {
        let Some(catalogue) = self.languages.get(language).and_then(|functions| functions.get(function)) else {
            return;
        };
        for (name, text) in &catalogue.strings {
            if find(into, name).is_none() {
                let mut msg = Node::leaf("msg", text.clone()).attribute("name", name.clone());
                if let Some(added) = added {
                    msg.set("added", added);
                }
                into.children.push(msg);
            }
        }
        // A loop of includes would be a mistake in a descriptor.
        if depth < 8 {
            for include in &catalogue.includes {
                self.collect(into, include, language, added, depth + 1);
            }
        }
    }
}

/// The string of that name in a `<messages>` element.
pub fn find<'a>(messages: &'a Node, name: &str) -> Option<&'a str> {
    messages.all("msg").find(|msg| msg.get("name") == Some(name)).map(|msg| msg.text.as_str())
}

/// Puts values into `__name__`.
pub fn fill<'a>(text: &str, params: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    params.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("__{name}__"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_from_the_language_then_english_then_common() {
        let mut messages = Messages::default();
        for text in [
            "<lang name='en'><messages name='vds'><include name='service'/><msg name='title'>Servers</msg><msg name='only_en'>English</msg></messages>\
             <messages name='service'><msg name='id'>Id</msg></messages>\
             <messages name='common'><msg name='msg_ok'>Ok</msg><msg name='title'>Common</msg></messages></lang>",
            "<lang name='ru'><messages name='vds'><include name='service'/><msg name='title'>Серверы</msg></messages>\
             <messages name='service'><msg name='id'>Код</msg></messages></lang>",
        ] {
            messages.add(&Node::parse(text).unwrap());
        }
        let node = messages.of("vds", "ru");
        let added = |name: &str| {
            let msg = node.all("msg").find(|msg| msg.get("name") == Some(name)).unwrap();
            (msg.text.as_str(), msg.get("added"))
        };
        assert_eq!(added("title"), ("Серверы", None));
        assert_eq!(added("id"), ("Код", None));
        assert_eq!(added("only_en"), ("English", Some("lang")));
        assert_eq!(added("msg_ok"), ("Ok", Some("common")));
        assert_eq!(find(&node, "absent"), None);
    }
}
