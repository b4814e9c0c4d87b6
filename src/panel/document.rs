//! Documents of the panel: the incoming one with our elements in it, or a short one of our own. Reads nothing else.

use crate::error::{Error, Kind};
use crate::language::{Language, Say};
use crate::xml::{Element, escape};
use quick_xml::Reader;
use quick_xml::events::Event;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The panel's document with `elements` before the end of its root. Children of the root that have the name of one of ours
/// go; every other byte stays as the panel wrote it, for the core replaces its document by this one
/// (facts/coremanager 2.1).
///
/// # Errors
/// `Kind::Answer` when the document is not one: not UTF-8, not XML, cut short, empty, or with a document type.
pub fn fill(input: &[u8], elements: &[Element]) -> Result<String, Error> {
    let input = text(input)?;
    let ours = |name: &str| elements.iter().any(|element| element.name == name);
    let mut reader = Reader::from_str(input);
    let mut filled = String::with_capacity(input.len() + 4096);
    let mut depth = 0usize;
    // Up to here the input is in the answer already, or is left out of it.
    let mut copied = 0usize;
    let mut skipping = false;
    let mut inserted = false;
    loop {
        let start = position(&reader);
        let event = reader.read_event().map_err(|error| bad(&format!("not well-formed XML: {error}")))?;
        let end = position(&reader);
        match event {
            Event::Start(tag) => {
                if depth == 0 && inserted {
                    return Err(bad("more than one root"));
                }
                depth += 1;
                if depth == 2 && ours(tag.name().into_inner()) {
                    filled.push_str(part(input, copied, start));
                    skipping = true;
                }
            }
            Event::Empty(tag) => {
                if depth == 1 && ours(tag.name().into_inner()) {
                    filled.push_str(part(input, copied, start));
                    copied = end;
                } else if depth == 0 {
                    if inserted {
                        return Err(bad("more than one root"));
                    }
                    filled.push_str(part(input, copied, end).trim_end_matches('>').trim_end_matches('/'));
                    filled.push('>');
                    append(&mut filled, elements);
                    filled.push_str("</");
                    filled.push_str(tag.name().into_inner());
                    filled.push('>');
                    copied = end;
                    inserted = true;
                }
            }
            Event::End(_) => {
                if depth == 1 {
                    filled.push_str(part(input, copied, start));
                    append(&mut filled, elements);
                    copied = start;
                    inserted = true;
                } else if depth == 2 && skipping {
                    copied = end;
                    skipping = false;
                }
                depth = depth.saturating_sub(1);
            }
            Event::DocType(_) => return Err(bad("a document type declaration is not accepted")),
            Event::Eof => break,
            _ => {}
        }
    }
    if depth > 0 || !inserted {
        return Err(bad("the document is empty or ends in the middle"));
    }
    filled.push_str(part(input, copied, input.len()));
    Ok(filled)
}

/// A page without the panel's own document, for a call that brought none.
pub fn page(function: &str, language: Language, elements: &[Element]) -> String {
    let mut document = format!("{DECLARATION}<doc lang=\"{}\" func=\"{}\">", language.code(), escape(function));
    append(&mut document, elements);
    document.push_str("</doc>\n");
    document
}

/// "Done": the panel closes the form, or refreshes the list.
pub fn ok() -> String {
    format!("{DECLARATION}<doc><ok/></doc>\n")
}

/// "Done, and now show this list": `func=resellguard.journal&elid=...` (facts/coremanager 2.3); more of ours beside it.
pub fn ok_list(target: &str, elements: &[Element]) -> String {
    let mut document = format!("{DECLARATION}<doc>{}", Element::with_text("ok", target).attribute("type", "list"));
    append(&mut document, elements);
    document.push_str("</doc>\n");
    document
}

/// An error as the panel shows it. The type is one of the panel's own where one says the same (facts/coremanager 2.3).
pub fn error(error: &Error, language: Language) -> String {
    let kind = match error.kind {
        Kind::Forbidden => "access",
        Kind::Usage => "value",
        Kind::NotFound => "missed",
        _ => "resellguard",
    };
    message(kind, &error.say(language), language)
}

/// An error document with a text of ours.
pub fn message(kind: &str, text: &str, language: Language) -> String {
    let error = Element::new("error")
        .attribute("type", kind)
        .attribute("object", "")
        .attribute("lang", language.code())
        .child(Element::with_text("msg", text));
    format!("{DECLARATION}<doc>{error}</doc>\n")
}

/// The language in the root of the panel's document; `None` when it says none, or is no document.
pub fn language(input: &[u8]) -> Option<Language> {
    let mut reader = Reader::from_str(text(input).ok()?);
    loop {
        match reader.read_event().ok()? {
            Event::Start(root) | Event::Empty(root) => {
                let code = root.try_get_attribute("lang").ok()??;
                return Language::of(&code.value);
            }
            Event::Eof | Event::DocType(_) => return None,
            _ => {}
        }
    }
}

fn text(input: &[u8]) -> Result<&str, Error> {
    let text = std::str::from_utf8(input).map_err(|_| bad("the document is not UTF-8"))?;
    // The reader counts positions without the mark.
    Ok(text.trim_start_matches('\u{FEFF}'))
}

fn append(document: &mut String, elements: &[Element]) {
    for element in elements {
        document.push_str(&element.to_string());
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn part(input: &str, from: usize, to: usize) -> &str {
    input.get(from..to).unwrap_or_default()
}

fn bad(what: &str) -> Error {
    Error::new(Kind::Answer, format!("the panel's document: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    fn row(id: &str) -> Element {
        Element::new("elem").child(Element::with_text("id", id))
    }

    #[test]
    fn our_elements_come_last_and_every_other_byte_stays() {
        for (input, expected) in [
            ("<doc/>", "<doc><elem><id>1</id></elem></doc>"),
            ("<doc  a='1' />", "<doc  a='1' ><elem><id>1</id></elem></doc>"),
            (
                "<?xml version=\"1.0\"?>\n<doc a='&#1088;'>\r\n <m>&lt;&amp;<![CDATA[<x>]]></m><!-- c -->\n</doc>\n",
                "<?xml version=\"1.0\"?>\n<doc a='&#1088;'>\r\n <m>&lt;&amp;<![CDATA[<x>]]></m><!-- c -->\n<elem><id>1</id></elem></doc>\n",
            ),
            ("<doc><elem><id>0</id></elem><x/><elem/></doc>", "<doc><x/><elem><id>1</id></elem></doc>"),
            // Only children of the root are replaced.
            ("<doc><m><elem>2</elem></m></doc>", "<doc><m><elem>2</elem></m><elem><id>1</id></elem></doc>"),
            ("\u{FEFF}<doc></doc>", "<doc><elem><id>1</id></elem></doc>"),
        ] {
            assert_eq!(fill(input.as_bytes(), &[row("1")]).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_document_is_said() {
        for input in
            [&b""[..], b"  \n", b"text", b"<doc>", b"<doc></d>", b"\xff<doc/>", b"<doc/><doc/>", b"<!DOCTYPE a><doc/>"]
        {
            assert!(fill(input, &[row("1")]).is_err(), "{:?}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn hostile_text_cannot_leave_its_element() {
        let hostile = "]]></msg></error></doc><x a=\"'&\u{0}\u{1b}";
        for document in [
            message("value", hostile, Language::En),
            error(&Error::new(Kind::Usage, hostile), Language::Ru),
            page(hostile, Language::En, &[row(hostile)]),
            ok_list(hostile, &[row(hostile)]),
            fill(b"<doc/>", &[row(hostile)]).unwrap(),
        ] {
            let read = xml::parse(&document).unwrap();
            assert_eq!(read.name, "doc");
            assert!(read.find("x").is_none());
        }
    }

    #[test]
    fn a_refusal_is_an_access_error_of_the_panel() {
        let read = xml::parse(&error(&Error::new(Kind::Forbidden, "level 16"), Language::Ru)).unwrap();
        let error = read.find("error").unwrap();
        assert_eq!((error.get_attribute("type"), error.get_attribute("lang")), (Some("access"), Some("ru")));
        assert!(error.text_of("msg").unwrap().contains("администратор"));
    }
}
