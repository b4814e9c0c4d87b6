//! Who did what in the account, from where: the seller's `journal`, `authlog` and `service.history` (facts/billmanager 6.2).
//!
//! Optional evidence: whether a customer may read them, and whether logins by `authinfo` are in them at all, differs and is not
//! confirmed (facts/billmanager 12, 9). Not for judging it.

use super::error::said;
use crate::xml::Element;

/// Which trail; all of them newest page only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail<'a> {
    /// What users of the account did.
    Journal,
    /// Logins.
    Authlog,
    /// What happened to the service with this id of the seller.
    History(&'a str),
}

/// One line of a trail. Fields that it does not have are empty; texts are bounded and printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The seller's local time, as the seller writes it.
    pub time: String,
    pub user: String,
    /// The client's address; `-` or a program's name where no client was (facts/billmanager 6.2).
    pub ip: String,
    /// The function, or the description in a service's history.
    pub what: String,
}

pub(super) fn read(document: &Element) -> Vec<Trace> {
    let rows = document.find_all("elem").take(10_000);
    rows.map(|row| {
        let first = |names: &[&str]| names.iter().find_map(|name| row.text_of(name)).map(said).unwrap_or_default();
        Trace {
            time: first(&["time", "changedate"]),
            user: first(&["user"]),
            ip: first(&["ip"]),
            what: first(&["funcname", "desc"]),
        }
    })
    .collect()
}
