//! A panel's document as a tree, read from and written as XML.
//!
//! The other formats of the panel (JSON, text) are in `core::output`.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How deep elements may nest.
const DEPTH: usize = 100;

/// One element. Children and text keep their order; text is unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
    pub text: String,
}

impl Node {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    pub fn leaf(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    #[must_use]
    pub fn with(mut self, child: Node) -> Self {
        self.children.push(child);
        self
    }

    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Sets an attribute, in its place when it is there already.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.attributes.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.attributes.push((name.to_owned(), value.to_owned())),
        }
    }

    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn child_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.children.iter_mut().find(|child| child.name == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name, or nothing.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }

    /// Every element of that tag below this one, at any depth, in document order.
    pub fn descendants<'a>(&'a self, tag: &str) -> Vec<&'a Node> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == tag {
                found.push(child);
            }
            found.extend(child.descendants(tag));
        }
        found
    }

    /// Reads one document. A document type is refused, and with it every entity of its own.
    ///
    /// # Errors
    /// What is not well-formed, in words.
    pub fn parse(text: &str) -> Result<Node, String> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Node> = Vec::new();
        let mut root = None;
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(start) => {
                    if root.is_some() || open.len() >= DEPTH {
                        return Err("too deep, or more than one root element".into());
                    }
                    open.push(element(&start)?);
                }
                Event::Empty(start) => {
                    if root.is_some() {
                        return Err("more than one root element".into());
                    }
                    close(element(&start)?, &mut open, &mut root);
                }
                Event::End(_) => {
                    if let Some(done) = open.pop() {
                        close(done, &mut open, &mut root);
                    }
                }
                Event::Text(text) => append(&mut open, &text.xml10_content())?,
                Event::CData(text) => append(&mut open, &text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                        Some(character) => character.to_string(),
                        None => quick_xml::escape::unescape(&format!("&{};", reference.xml10_content()))
                            .map_err(|error| error.to_string())?
                            .into_owned(),
                    };
                    append(&mut open, &character)?;
                }
                Event::DocType(_) => return Err("a document type is not accepted".into()),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        if !open.is_empty() {
            return Err("the document ends in the middle".into());
        }
        root.ok_or_else(|| "there is no element".into())
    }

    /// The document as the panel sends it, with the XML declaration.
    pub fn to_xml(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{self}\n")
    }
}

impl std::fmt::Display for Node {
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

/// Text fit for XML 1.0 and for HTML: `& < > " '` escaped, control characters that XML forbids left out.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            character if character < ' ' || matches!(character, '\u{FFFE}' | '\u{FFFF}') => {}
            character => escaped.push(character),
        }
    }
    escaped
}

/// Puts text into the element that is open; outside the root only white space may stand.
fn append(open: &mut [Node], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(last) => last.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside the root element".into()),
    }
    Ok(())
}

/// White space between the children of an element is layout, not text.
fn close(mut done: Node, open: &mut [Node], root: &mut Option<Node>) {
    if !done.children.is_empty() && done.text.trim().is_empty() {
        done.text.clear();
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = Some(done),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Node, String> {
    let mut node = Node::new(start.name().into_inner());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = quick_xml::escape::unescape(&attribute.value).map_err(|error| error.to_string())?;
        node.attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
    }
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let node = Node::new("doc")
            .attribute("a", "1 \"<&'")
            .with(Node::leaf("x", "<b> & 'c'\n"))
            .with(Node::new("empty"))
            .with(Node::new("deep").with(Node::leaf("y", "щ")));
        assert_eq!(Node::parse(&node.to_xml()), Ok(node));
    }

    #[test]
    fn layout_between_elements_is_not_text() {
        let node = Node::parse("<a>\n  <b> kept </b>\n</a>").unwrap();
        assert_eq!((node.text.as_str(), node.text_of("b")), ("", " kept "));
    }

    #[test]
    fn what_is_not_one_well_formed_document_is_refused() {
        for text in [
            "",
            "text",
            "noise <doc/>",
            "<doc/><doc/>",
            "<doc>",
            "<doc></other>",
            "<doc>&undefined;</doc>",
            "<!DOCTYPE doc [<!ENTITY e 'x'>]><doc>&e;</doc>",
            "<html><br></html>",
        ] {
            assert!(Node::parse(text).is_err(), "accepted: {text}");
        }
    }
}
