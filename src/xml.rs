//! Documents of the panel and of the seller as a small tree.
//!
//! For answers of kilobytes: forms, errors, `paramlist`. Big listings are read as events, in `seller::page`.
//! Outside bytes are hostile: size, depth and number of elements are bounded, a document type (and with it every entity of
//! its own) is refused.

use crate::error::{Error, Kind};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements may nest. The deepest document of a panel seen in public logs nests 8 deep.
const DEPTH: usize = 64;
/// How many elements one document may have; a listing has its own reader.
const ELEMENTS: usize = 200_000;

/// One element with its attributes, its own text and its child elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An element that holds only text.
    pub fn with_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    pub fn get_attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first child of that name.
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn find_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name, trimmed; `None` when there is no such child or it is empty.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.find(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }
}

/// Reads one document.
///
/// # Errors
/// `Kind::Answer` with what is wrong: not XML (HTML included), a document type, too deep, too many elements, cut short.
pub fn parse(text: &str) -> Result<Element, Error> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0usize;
    loop {
        let event = reader.read_event().map_err(|error| bad(&format!("not well-formed XML: {error}")))?;
        match event {
            Event::Start(start) => {
                elements += 1;
                if root.is_some() || open.len() >= DEPTH || elements > ELEMENTS {
                    return Err(bad("too deep, too many elements, or more than one root"));
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                elements += 1;
                if root.is_some() || elements > ELEMENTS {
                    return Err(bad("too many elements, or more than one root"));
                }
                close(element(&start)?, &mut open, &mut root);
            }
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(done, &mut open, &mut root);
                }
            }
            Event::Text(text) => append(&mut open, &text.xml10_content()),
            Event::CData(text) => append(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => append(&mut open, &resolve(&reference)?.to_string()),
            Event::DocType(_) => return Err(bad("a document type declaration is not accepted")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err(bad("the document ends in the middle"));
    }
    root.ok_or_else(|| {
        bad(if text.trim().is_empty() { "the document is empty" } else { "this is no XML: there is no element in it" })
    })
}

/// Puts text into the element that is open; text outside the root is white space and is dropped.
fn append(open: &mut [Element], text: &str) {
    if let Some(last) = open.last_mut() {
        last.text.push_str(text);
    }
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = Some(done),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, Error> {
    let mut element = Element::new(start.name().into_inner());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| bad(&format!("a bad attribute: {error}")))?;
        let value = quick_xml::escape::unescape(&attribute.value)
            .map_err(|error| bad(&format!("a bad attribute value: {error}")))?;
        element.attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
    }
    Ok(element)
}

/// The character behind a reference: the five of XML and numbers. Everything else would need a document type.
pub(crate) fn resolve(reference: &BytesRef<'_>) -> Result<char, Error> {
    if let Some(character) =
        reference.resolve_char_ref().map_err(|error| bad(&format!("a bad character reference: {error}")))?
    {
        return Ok(character);
    }
    match reference.xml10_content().as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(bad(&format!("an unknown entity '{other}'"))),
    }
}

/// Text fit for an XML 1.0 document: `& < > " '` escaped, control characters that XML forbids left out.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            character if character < ' ' || matches!(character, '\u{FFFE}' | '\u{FFFF}') => {}
            character => escaped.push(character),
        }
    }
    escaped
}

impl std::fmt::Display for Element {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(out, " {name}=\"{}\"", escape(value))?;
        }
        if self.text.is_empty() && self.children.is_empty() {
            return out.write_str("/>");
        }
        write!(out, ">{}", escape(&self.text))?;
        for child in &self.children {
            write!(out, "{child}")?;
        }
        write!(out, "</{}>", self.name)
    }
}

fn bad(what: &str) -> Error {
    Error::new(Kind::Answer, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_attributes_references_and_cdata() {
        let doc = parse("<doc a=\"1&amp;2\"><x>a &lt;b&#33;<![CDATA[<c>]]></x><y/></doc>").unwrap();
        assert_eq!(doc.get_attribute("a"), Some("1&2"));
        assert_eq!(doc.text_of("x"), Some("a <b!<c>"));
        assert_eq!(doc.text_of("y"), None);
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        for text in [
            "",
            "<html><br></html>",
            "<doc>",
            "<doc/><doc/>",
            "<!DOCTYPE d [<!ENTITY e \"x\">]><d>&e;</d>",
            "<d>&e;</d>",
            "no xml",
            deep.as_str(),
        ] {
            assert!(parse(text).is_err(), "accepted: {text:.40}");
        }
    }

    #[test]
    fn what_is_written_is_read_back_without_forbidden_characters() {
        let element = Element::new("d").attribute("k", "\"<").child(Element::with_text("t", "a\u{1}&b"));
        let back = parse(&element.to_string()).unwrap();
        assert_eq!(back.get_attribute("k"), Some("\"<"));
        assert_eq!(back.text_of("t"), Some("a&b"));
    }
}
