//! One page of a listing, read as it arrives: only the fields that are needed, in memory that does not grow with the bytes.
//!
//! Not for asking for pages (`listing`), nor for what a field means (`row`).

use super::body::Body;
use super::error;
use super::row::{Field, Row};
use crate::error::{Error, Kind};
use crate::reselling::service::SellerService;
use crate::xml::{self, Element};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::{BufReader, Read};

/// How deep a listing may nest; rows are at depth 2, their fields at 3.
const DEPTH: usize = 64;
/// How many services of one type one account may have. The largest resellers have some thousands.
const ROWS: usize = 100_000;
/// How many children of an error document are kept.
const ERROR_PARTS: usize = 32;

/// What one answer said.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) services: Vec<SellerService>,
    /// Rows that have no id that is one.
    pub(super) without_id: usize,
    /// `p_elems`: how many there are on all pages.
    pub(super) total: Option<u64>,
    /// `p_num` and `p_cnt`: which page this is, and how many rows a page has.
    pub(super) number: Option<u64>,
    pub(super) size: Option<u64>,
    /// Some row had the field `remoteid`, even an empty one.
    pub(super) shows_remoteid: bool,
}

impl Page {
    pub(super) fn rows(&self) -> usize {
        self.services.len() + self.without_id
    }
}

/// Reads a page to its end.
///
/// # Errors
/// What `error::panel` says of an error document, wherever in the page it stands; `Kind::Answer` for anything that is not one
/// whole document. A page that was cut is an error, and never a short page.
pub(super) fn read<R: Read>(source: &mut BufReader<Body<R>>, itemtype: &str) -> Result<Page, Error> {
    let mut reader = Reader::from_reader(source);
    reader.config_mut().expand_empty_elements = true;
    let mut reading = Reading { itemtype, ..Reading::default() };
    let mut buffer = Vec::new();
    loop {
        reader.get_mut().get_mut().next_piece();
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|error| bad(&error::said(&error.to_string())))? {
            Event::Start(start) => reading.start(&start)?,
            Event::End(_) => reading.end()?,
            Event::Text(text) => reading.text(&text.xml10_content()),
            Event::CData(text) => reading.text(&text.xml10_content()),
            Event::GeneralRef(reference) => reading.text(xml::resolve(&reference)?.encode_utf8(&mut [0; 4])),
            Event::DocType(_) => return Err(bad("a document type declaration is not accepted")),
            // Empty elements are expanded into a start and an end.
            Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    reading.finish()
}

/// Where the text belongs that comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Aim {
    #[default]
    Nothing,
    Field(Field),
    Total,
    Number,
    Size,
    Error,
}

#[derive(Default)]
struct Reading<'a> {
    itemtype: &'a str,
    depth: usize,
    /// The root has been closed.
    whole: bool,
    in_row: bool,
    aim: Aim,
    /// The depth of the element whose text is aimed; text of what is nested in it is not. Every element that could be
    /// aimed at aims anew, so nothing is taken back when one ends.
    level: usize,
    row: Row,
    /// The text of a number of the page.
    digits: String,
    error: Option<Element>,
    page: Page,
}

impl Reading<'_> {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Error> {
        let name = start.name().into_inner();
        self.depth += 1;
        if self.depth > DEPTH || self.whole {
            return Err(bad("too deep, or more than one root"));
        }
        match self.depth {
            1 => error::root(name, attribute(start, "func")?.as_deref())?,
            2 => {
                self.in_row = name == "elem";
                let aim = match name {
                    "p_elems" => Aim::Total,
                    "p_num" => Aim::Number,
                    "p_cnt" => Aim::Size,
                    "error" if self.error.is_none() => {
                        self.error = Some(named(start)?);
                        Aim::Error
                    }
                    _ => Aim::Nothing,
                };
                self.aim_at(aim);
                self.digits.clear();
                if self.in_row {
                    self.row.clear();
                    if self.page.rows() >= ROWS {
                        return Err(bad(&format!("more than {ROWS} services")));
                    }
                }
            }
            3 if self.in_row => {
                let known = Field::of(name);
                let orig = if known.is_some() { attribute(start, "orig")? } else { None };
                let aimed = known.filter(|field| self.row.begin(*field, orig.as_deref()));
                self.aim_at(aimed.map_or(Aim::Nothing, Aim::Field));
            }
            3 if self.aim == Aim::Error => {
                if let Some(error) = self.error.as_mut().filter(|error| error.children.len() < ERROR_PARTS) {
                    error.children.push(named(start)?);
                }
                self.level = 3;
            }
            _ => {}
        }
        Ok(())
    }

    fn aim_at(&mut self, aim: Aim) {
        self.aim = aim;
        self.level = self.depth;
    }

    fn text(&mut self, text: &str) {
        if self.depth != self.level {
            return;
        }
        match self.aim {
            Aim::Nothing => {}
            Aim::Field(field) => self.row.append(field, text),
            Aim::Total | Aim::Number | Aim::Size => self.digits.extend(text.chars().take(20)),
            Aim::Error => {
                let part = self.error.as_mut().and_then(|error| error.children.last_mut());
                if let Some(part) = part.filter(|part| part.text.len() < 4096) {
                    part.text.push_str(text);
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), Error> {
        match self.depth {
            0 => return Err(bad("an element ends that never began")),
            1 => self.whole = true,
            2 if self.in_row => {
                self.page.shows_remoteid |= self.row.has(Field::Remoteid);
                match self.row.service(self.itemtype) {
                    Some(service) => self.page.services.push(service),
                    None => self.page.without_id += 1,
                }
                self.in_row = false;
            }
            2 => {
                let number = self.digits.trim().parse().ok();
                match self.aim {
                    Aim::Total => self.page.total = number,
                    Aim::Number => self.page.number = number,
                    Aim::Size => self.page.size = number.filter(|size| *size > 0),
                    _ => {}
                }
            }
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }

    fn finish(self) -> Result<Page, Error> {
        if let Some(error) = self.error {
            return Err(error::panel(&error));
        }
        if self.depth > 0 {
            return Err(bad("the answer ends in the middle"));
        }
        if !self.whole {
            return Err(bad("the answer holds no XML"));
        }
        Ok(self.page)
    }
}

/// An element with its attributes and no content.
fn named(start: &BytesStart<'_>) -> Result<Element, Error> {
    let mut element = Element::new(start.name().into_inner());
    for name in ["type", "object", "name"] {
        if let Some(value) = attribute(start, name)? {
            element = element.attribute(name, value);
        }
    }
    Ok(element)
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Error> {
    let found = start.try_get_attribute(name).map_err(|error| bad(&format!("a bad attribute: {error}")))?;
    let Some(found) = found else { return Ok(None) };
    let value =
        quick_xml::escape::unescape(&found.value).map_err(|error| bad(&format!("a bad attribute value: {error}")))?;
    Ok(Some(value.into_owned()))
}

fn bad(what: &str) -> Error {
    Error::new(Kind::Answer, what)
}
