//! The descriptor: every page and button has its texts, in both languages, and names only what the binary serves.

// A fixture that cannot be built is a failed test; the lints exempt only functions that are tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod lists;

use lists::lists;
use resellguard::journal::Outcome;
use resellguard::modulelog;
use resellguard::panel::{hook, pages};
use resellguard::reselling::decision::Decision;
use resellguard::reselling::link::Link;
use resellguard::reselling::verdict::{Severity, Verdict};
use resellguard::xml::{self, Element};
use std::collections::{BTreeMap, BTreeSet};

fn descriptor() -> Element {
    xml::parse(include_str!("../xml/billmgr_mod_resellguard.xml")).unwrap()
}

/// Texts of one language by function and name; what a function includes is its own.
fn texts(descriptor: &Element, language: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let lang = descriptor.find_all("lang").find(|lang| lang.get_attribute("name") == Some(language)).unwrap();
    let mut texts = BTreeMap::<String, BTreeMap<String, String>>::new();
    for messages in lang.find_all("messages") {
        let function = messages.get_attribute("name").unwrap();
        let included = messages.find("include").map(|include| include.get_attribute("name").unwrap());
        let mut own = included.map(|name| texts[name].clone()).unwrap_or_default();
        for msg in messages.find_all("msg") {
            own.insert(msg.get_attribute("name").unwrap().to_owned(), msg.text.clone());
        }
        assert!(texts.insert(function.to_owned(), own).is_none(), "{language}: {function} twice");
    }
    texts
}

/// Every element of that name, at any depth.
fn all<'a>(element: &'a Element, name: &str) -> Vec<&'a Element> {
    let mut found: Vec<&Element> = element.children.iter().filter(|child| child.name == name).collect();
    found.extend(element.children.iter().flat_map(|child| all(child, name)));
    found
}

fn name(element: &Element) -> &str {
    element.get_attribute("name").unwrap_or_else(|| panic!("{} without a name", element.name))
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().filter(|word| word.starts_with("__")).collect()
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_placeholders() {
    let descriptor = descriptor();
    let (english, russian) = (texts(&descriptor, "en"), texts(&descriptor, "ru"));
    assert_eq!(english.keys().collect::<Vec<_>>(), russian.keys().collect::<Vec<_>>());
    for (function, english) in &english {
        let russian = &russian[function];
        assert_eq!(english.keys().collect::<Vec<_>>(), russian.keys().collect::<Vec<_>>(), "{function}");
        for (key, text) in english {
            let translated = &russian[key];
            assert!(!text.trim().is_empty() && !translated.trim().is_empty(), "{function} {key}");
            assert_eq!(placeholders(text), placeholders(translated), "{function} {key}");
            let cyrillic = translated.chars().any(|character| ('а'..='я').contains(&character));
            assert!(text.is_ascii() && cyrillic, "{function} {key}: {text} / {translated}");
        }
    }
}

#[test]
fn every_page_column_field_and_button_has_its_texts() {
    let descriptor = descriptor();
    let texts = texts(&descriptor, "en");
    for metadata in descriptor.find_all("metadata") {
        let function = name(metadata);
        let texts = &texts[function];
        let has = |key: String| assert!(texts.contains_key(&key), "{function}: no text '{key}'");
        if function.starts_with("resellguard") {
            has("title".to_owned());
        }
        for element in ["page", "field", "col"] {
            for element in all(metadata, element) {
                has(name(element).to_owned());
            }
        }
        for button in all(metadata, "toolbtn") {
            has(format!("short_{}", name(button)));
            has(format!("hint_{}", name(button)));
            // These are inactive until something is selected.
            if matches!(button.get_attribute("type"), Some("editlist" | "groupform" | "edit")) {
                has(format!("hint_{}_disabled", name(button)));
            }
        }
        for button in all(metadata, "button") {
            has(format!("msg_{}", name(button)));
        }
        for list in all(metadata, "list") {
            for column in all(list, "col") {
                has(format!("list_{}", name(column)));
            }
        }
        for column in all(metadata, "col") {
            for color in all(column, "setcolor") {
                has(format!("{}_{}", name(column), color.get_attribute("value").unwrap()));
            }
        }
    }
    for node in all(descriptor.find("mainmenu").unwrap(), "node") {
        if node.get_attribute("action").is_some() {
            assert!(texts["desktop"].contains_key(&format!("menu_{}", name(node))));
        }
    }
}

#[test]
fn every_word_that_a_page_can_say_has_a_text() {
    let descriptor = descriptor();
    let texts = texts(&descriptor, "en");
    let has = |function: &str, key: String| assert!(texts[function].contains_key(&key), "{function}: no text '{key}'");
    for verdict in [Verdict::Exclusive, Verdict::Unknown, Verdict::Possible, Verdict::Likely, Verdict::Shared] {
        has("resellguard", format!("verdict_{verdict}"));
        has("resellguard.check", format!("verdict_{verdict}"));
    }
    for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
        let word = serde_json::to_value(severity).unwrap();
        has("resellguard.evidence", format!("severity_{}", word.as_str().unwrap()));
    }
    for link in [Link::Both, Link::RemoteId, Link::Local, Link::None, Link::Ambiguous] {
        has("resellguard.drift", format!("link_{}", link.word()));
    }
    for decision in Decision::ALL {
        has("resellguard.drift", format!("decision_{}", decision.word()));
        has("resellguard.journal", format!("decision_{}", decision.word()));
    }
    for kind in modulelog::Kind::ALL {
        has("resellguard.log", format!("kind_{}", kind.word()));
    }
    for outcome in [Outcome::Done, Outcome::InStep, Outcome::Refused, Outcome::Failed] {
        has("resellguard.journal", format!("outcome_{}", outcome.word()));
    }
}

#[test]
fn the_panel_is_told_exactly_what_the_binary_serves() {
    let descriptor = descriptor();
    let handler = descriptor.find("handler").unwrap();
    assert_eq!((name(handler), handler.get_attribute("type")), ("resellguard", Some("xml")));
    let declared: BTreeSet<&str> = handler.find_all("func").map(name).collect();
    for function in &declared {
        assert!(pages::find(function).is_some(), "{function} is declared and not served");
        let metadata = descriptor.find_all("metadata").filter(|metadata| name(metadata) == *function).count();
        assert_eq!(metadata, 1, "{function}");
    }
    for button in all(&descriptor, "toolbtn") {
        let function = button.get_attribute("func").unwrap();
        assert!(declared.contains(function), "{} calls {function}", name(button));
        assert_eq!(button.get_attribute("level"), Some("admin+"), "{}", name(button));
    }
    let event = handler.find("event").unwrap();
    assert_eq!(name(event), hook::FUNCTION);
    assert_eq!((event.get_attribute("before"), event.get_attribute("after")), (Some("yes"), Some("yes")));
}

#[test]
fn every_product_list_has_the_same_button() {
    let descriptor = descriptor();
    let texts = texts(&descriptor, "ru");
    for list in lists() {
        let metadata = descriptor.find_all("metadata").find(|metadata| name(metadata) == list).expect(list);
        let group = metadata.find("toolbar").and_then(|toolbar| toolbar.find("toolgrp")).expect(list);
        assert_eq!(name(group), "edit", "{list}");
        let button = group.find("toolbtn").expect(list);
        assert_eq!(name(button), "resellguard_sync", "{list}");
        assert_eq!(button.get_attribute("func"), Some("resellguard.sync"), "{list}");
        assert_eq!(button.get_attribute("type"), Some("groupform"), "{list}");
        assert_eq!(button.get_attribute("img"), Some("t-retry"), "{list}");
        let explain = group.find_all("toolbtn").nth(1).expect(list);
        assert_eq!(explain.get_attribute("func"), Some("resellguard.explain"), "{list}");
        assert_eq!((explain.get_attribute("type"), explain.get_attribute("nogroupedit")), (Some("edit"), Some("yes")));
        assert_eq!(texts[list], texts["service"], "{list}");
    }
}
