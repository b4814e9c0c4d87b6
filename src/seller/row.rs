//! One `<elem>` of a listing, in every documented shape, as a service.
//!
//! Not for reading XML: `page` fills the cells.

use crate::reselling::service::SellerService;
use crate::reselling::status::{Status, SuspendedBy};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A field of a row that is read; every other one is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Remoteid,
    ItemRealStatus,
    Status,
    ItemStatus,
    ServiceStatus,
    Createdate,
    Expiredate,
    RealExpiredate,
    Domain,
    Ip,
    Cn,
    Licname,
    Username,
    Name,
}

const FIELDS: usize = 15;

/// What names a service (facts/billmanager 2.2, 6.2), in the words of the API.
const NAMES: [(&str, Field); 6] = [
    ("domain", Field::Domain),
    ("ip", Field::Ip),
    ("CN", Field::Cn),
    ("licname", Field::Licname),
    ("username", Field::Username),
    ("name", Field::Name),
];

/// A domain name has 253 characters; what is longer does not name a service.
const NAME: usize = 255;
/// No field that is read comes near this; what is longer is no id, no date, no name.
const CELL: usize = 4096;

impl Field {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "remoteid" => Self::Remoteid,
            "item_real_status" => Self::ItemRealStatus,
            "status" => Self::Status,
            "item_status" => Self::ItemStatus,
            "service_status" => Self::ServiceStatus,
            "createdate" => Self::Createdate,
            "expiredate" => Self::Expiredate,
            "real_expiredate" => Self::RealExpiredate,
            "domain" => Self::Domain,
            "ip" => Self::Ip,
            "CN" => Self::Cn,
            "licname" => Self::Licname,
            "username" => Self::Username,
            "name" => Self::Name,
            _ => return None,
        })
    }

    /// Whether a text can be what the field claims: these are a stranger's bytes, and some of them are copied to this panel.
    fn fits(self, text: &str) -> bool {
        let every = |fits: fn(char) -> bool| text.chars().all(fits);
        text.chars().count() <= NAME
            && match self {
                // Of any script: a name is shown in punycode or as it is read.
                Self::Domain => every(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_')),
                Self::Ip => {
                    let mut parts = text.split([',', ' ']).filter(|part| !part.is_empty()).peekable();
                    parts.peek().is_some() && parts.all(|part| part.parse::<IpAddr>().is_ok())
                }
                Self::Username => every(|letter| {
                    !letter.is_whitespace() && !letter.is_control() && !matches!(letter, '<' | '>' | '&' | '"' | '\'')
                }),
                _ => every(|letter| !letter.is_control()),
            }
    }
}

/// A field's text, and the attribute with the value behind a label (`<item_status orig="2">Active</item_status>`).
#[derive(Debug, Default)]
struct Cell {
    seen: bool,
    text: String,
    orig: String,
}

/// The cells of one row, used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Row([Cell; FIELDS]);

impl Row {
    pub(super) fn clear(&mut self) {
        for cell in &mut self.0 {
            cell.seen = false;
            cell.text.clear();
            cell.orig.clear();
        }
    }

    /// Begins a field; `false` when the row has already had it, for two texts must not become one.
    pub(super) fn begin(&mut self, field: Field, orig: Option<&str>) -> bool {
        let Some(cell) = self.0.get_mut(field as usize) else { return false };
        if std::mem::replace(&mut cell.seen, true) {
            return false;
        }
        cell.orig.push_str(orig.unwrap_or_default());
        true
    }

    pub(super) fn append(&mut self, field: Field, text: &str) {
        if let Some(cell) = self.0.get_mut(field as usize)
            && cell.text.len() <= CELL
        {
            cell.text.push_str(text);
        }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.0.get(field as usize).is_some_and(|cell| cell.seen)
    }

    fn text(&self, field: Field) -> Option<&str> {
        self.0.get(field as usize).map(|cell| cell.text.trim()).filter(|text| !text.is_empty())
    }

    fn orig(&self, field: Field) -> Option<&str> {
        self.0.get(field as usize).map(|cell| cell.orig.trim()).filter(|text| !text.is_empty())
    }

    /// The value behind the label where there is one.
    fn value(&self, field: Field) -> Option<&str> {
        self.orig(field).or_else(|| self.text(field))
    }

    fn date(&self, field: Field) -> Option<Date> {
        self.text(field).and_then(date).or_else(|| self.orig(field).and_then(date))
    }

    /// The service; `None` when the row has no id that is one.
    pub(super) fn service(&self, itemtype: &str) -> Option<SellerService> {
        let id = self.text(Field::Id).filter(|id| is_id(id))?;
        let (status, status_text) = self.status();
        let mut names = BTreeMap::new();
        let mut left_out = Vec::new();
        for (name, field) in NAMES {
            match self.text(field) {
                Some(text) if field.fits(text) => {
                    names.insert(name.to_owned(), text.to_owned());
                }
                Some(_) => left_out.push(name.to_owned()),
                None => {}
            }
        }
        Some(SellerService {
            id: id.to_owned(),
            itemtype: itemtype.to_owned(),
            remoteid: self.text(Field::Remoteid).and_then(remoteid),
            status,
            status_text,
            suspended_by: self.suspended_by().filter(|_| status == Status::Suspended),
            service_status: self.value(Field::ServiceStatus).and_then(|text| text.parse().ok()),
            created: self.date(Field::Createdate),
            created_at: self
                .value(Field::Createdate)
                .and_then(moment)
                .or_else(|| self.text(Field::Createdate).and_then(moment)),
            // `expiredate` may be a phrase such as "Daily charges" (facts/billmanager 6.3).
            expires: self.date(Field::RealExpiredate).or_else(|| self.date(Field::Expiredate)),
            names,
            left_out,
        })
    }

    /// The status and the words it was read from, in the order that facts/billmanager 2.2 argues: the plain codes, the code
    /// behind the label, a bare code in place of the label, the label.
    fn status(&self) -> (Status, String) {
        let shown = self.shown_statuses();
        let read =
            |by: fn(&str) -> Option<Status>| shown.iter().flatten().find_map(|text| Some((by(text)?, cut(text))));
        read(Status::from_composite).or_else(|| read(Status::from_label)).unwrap_or_else(|| {
            (Status::Unknown, shown.iter().flatten().next_back().map(|text| cut(text)).unwrap_or_default())
        })
    }

    fn shown_statuses(&self) -> [Option<&str>; 4] {
        [
            self.value(Field::ItemRealStatus),
            self.value(Field::Status),
            self.orig(Field::ItemStatus),
            self.text(Field::ItemStatus),
        ]
    }

    /// Any of the shapes may be the one that says why; the most careful counts.
    fn suspended_by(&self) -> Option<SuspendedBy> {
        self.shown_statuses().into_iter().flatten().filter_map(SuspendedBy::of_status).min()
    }
}

/// A seller's id: digits, at most 18, the first of them no zero, so that one id is written in one way.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// The id on the buyer's side. Zeros are no id of any panel, so they are an empty column and not a stranger's service.
pub(super) fn remoteid(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.bytes().all(|byte| byte == b'0')).map(cut)
}

/// `2026-10-15`, with or without a time behind it; `None` for phrases and for `0000-00-00`.
pub(super) fn date(text: &str) -> Option<Date> {
    let (day, time) = text.trim().split_at_checked(10)?;
    if !(time.is_empty() || time.starts_with([' ', 'T'])) {
        return None;
    }
    day.parse().ok()
}

/// `2026-10-15 12:00:01`; `None` for a day without a time.
fn moment(text: &str) -> Option<DateTime> {
    let text = text.trim();
    (date(text).is_some() && text.len() > 10).then(|| text.parse().ok()).flatten()
}

fn cut(text: &str) -> String {
    text.chars().take(NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_and_phrases_are_none() {
        for (text, day) in [
            ("2026-10-15", Some("2026-10-15")),
            (" 2026-10-15 12:00:01 ", Some("2026-10-15")),
            ("0000-00-00", None),
            ("2026-13-01", None),
            ("2026-10-151", None),
            ("Daily charges", None),
            ("Ежедневное списание", None),
            ("", None),
        ] {
            assert_eq!(date(text).map(|day| day.to_string()).as_deref(), day, "{text}");
        }
    }

    #[test]
    fn a_time_is_read_where_it_is_told() {
        for (text, at) in [
            (" 2026-10-15 12:00:01 ", Some("2026-10-15T12:00:01")),
            ("2026-10-15T12:00", Some("2026-10-15T12:00:00")),
            ("2026-10-15", None),
            ("2026-10-15 noon", None),
            ("0000-00-00 00:00:00", None),
        ] {
            assert_eq!(moment(text).map(|at| at.to_string()).as_deref(), at, "{text}");
        }
    }

    #[test]
    fn an_id_is_written_in_one_way() {
        for (text, good) in [
            ("1", true),
            ("4478979", true),
            ("999999999999999999", true),
            ("1000000000000000000", false),
            ("007", false),
            ("0", false),
            ("", false),
            ("-1", false),
            ("1 ", false),
            ("١", false),
        ] {
            assert_eq!(is_id(text), good, "{text:?}");
        }
    }

    #[test]
    fn a_zero_is_nobodys_id() {
        for (text, id) in
            [("16643", Some("16643")), ("l123", Some("l123")), ("0", None), (" ", None), ("10", Some("10"))]
        {
            assert_eq!(remoteid(text).as_deref(), id, "{text}");
        }
    }
}
