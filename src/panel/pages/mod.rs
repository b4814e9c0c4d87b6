//! The pages: what a function shows, from a model of `report` or the journal to elements. No page reads or decides anything
//! itself.
//!
//! Texts that are the same on every page (titles, columns, buttons) are the descriptor's; what depends on a service or an
//! account is said here, in the person's language.

mod accounts;
mod drift;
mod evidence;
mod explain;
mod journal;
mod log;
mod sync;

use super::request::Request;
use crate::error::Error;
use crate::root::Root;
use crate::xml::Element;

/// What came of a function.
#[derive(Debug)]
pub enum Shown {
    /// Elements to put into the panel's document.
    Page(Vec<Element>),
    /// Done; with the list to show next and more of ours beside it.
    Done(Option<(String, Vec<Element>)>),
    /// Nothing was done, for a reason that the person has to read.
    Refused(String),
}

/// Serves one function.
pub type Page = fn(&Root, &Request) -> Result<Shown, Error>;

/// The page of a function; `None` for a function that is not ours.
pub fn find(function: &str) -> Option<Page> {
    Some(match function {
        "resellguard" => accounts::show,
        "resellguard.check" => accounts::check,
        "resellguard.evidence" => evidence::show,
        "resellguard.drift" => drift::show,
        "resellguard.explain" => explain::show,
        "resellguard.sync" => sync::show,
        "resellguard.log" => log::show,
        "resellguard.undo" => sync::undo,
        "resellguard.journal" => journal::show,
        _ => return None,
    })
}

/// A row of a list.
fn row(fields: impl IntoIterator<Item = (&'static str, String)>) -> Element {
    let mut row = Element::new("elem");
    row.children.extend(fields.into_iter().map(|(name, text)| Element::with_text(name, text)));
    row
}
