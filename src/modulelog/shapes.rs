//! The table of known error shapes (`shapes.toml`): which kind an error is, what it means, what to do.

use crate::language::Language;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// What a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The seller's event was gone when this panel asked for it (facts/billmanager 4.4).
    MissedEvent,
    /// An event or an error is about a service that this panel does not have.
    ForeignItem,
    /// The seller refuses the login.
    Auth,
    /// The login is good and may not do it.
    Access,
    /// The account at the seller has not enough money.
    Money,
    /// The seller cannot be reached, or what answers is no BILLmanager.
    Connection,
    /// Every other error or warning.
    Other,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::MissedEvent, Self::ForeignItem, Self::Auth, Self::Access, Self::Money, Self::Connection, Self::Other];

    /// The kind as JSON and the panel's pages name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::MissedEvent => "missed_event",
            Self::ForeignItem => "foreign_item",
            Self::Auth => "auth",
            Self::Access => "access",
            Self::Money => "money",
            Self::Connection => "connection",
            Self::Other => "other",
        }
    }
}

/// One entry of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub name: String,
    pub kind: Kind,
    #[serde(rename = "type")]
    error_type: Option<String>,
    object: Option<String>,
    value: Option<String>,
    #[serde(default)]
    phrases: Vec<String>,
    meaning: (String, String),
    remedy: (String, String),
}

impl Shape {
    pub fn meaning(&self, language: Language) -> &str {
        language.choose((&self.meaning.0, &self.meaning.1))
    }

    pub fn remedy(&self, language: Language) -> &str {
        language.choose((&self.remedy.0, &self.remedy.1))
    }

    /// Everything that is given has to fit; of the phrases, one.
    fn fits(&self, error: Option<&ErrorForm>, small: &str) -> bool {
        let wanted = [(&self.error_type, 0), (&self.object, 1), (&self.value, 2)];
        let form = wanted.iter().all(|(wanted, part)| match (wanted, error) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(error)) => error.part(*part) == wanted.as_str(),
        });
        form && (self.phrases.is_empty() || self.phrases.iter().any(|phrase| small.contains(phrase.as_str())))
    }
}

/// An error in the text form of the panel's libraries: `Type: 'missed' Object: 'itemevent' Value: '1225058'`
/// (facts/billmanager 3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorForm {
    pub kind: String,
    pub object: String,
    pub value: String,
}

impl ErrorForm {
    /// `None` without a type.
    pub fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("Type: '")?;
        let (kind, rest) = rest.split_once('\'')?;
        let part = |name: &str, next: Option<&str>| {
            let (_, value) = rest.split_once(name)?;
            // A value may contain quotes: it ends where the next part begins, or with the last quote.
            let end = next.and_then(|next| value.find(next)).or_else(|| value.rfind('\''));
            value.get(..end.unwrap_or(value.len()))
        };
        Some(Self {
            kind: kind.to_owned(),
            object: part("Object: '", Some("' Value: '")).unwrap_or_default().to_owned(),
            value: part("Value: '", None).unwrap_or_default().to_owned(),
        })
    }

    fn part(&self, index: u8) -> &str {
        match index {
            0 => &self.kind,
            1 => &self.object,
            _ => &self.value,
        }
    }
}

#[derive(Deserialize)]
struct Table {
    #[serde(rename = "shape")]
    shapes: Vec<Shape>,
}

// A table that does not read is a failed test of this file; in the program every finding is then of the kind `other`.
static TABLE: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("shapes.toml")).map(|table| table.shapes).unwrap_or_default()
});

/// All known shapes.
pub fn all() -> &'static [Shape] {
    &TABLE
}

/// The first shape that fits a line's text.
pub fn find(error: Option<&ErrorForm>, text: &str) -> Option<&'static Shape> {
    let small = text.to_lowercase();
    TABLE.iter().find(|shape| shape.fits(error, &small))
}

/// The shape of an operation's error as this panel's services have it: `type(object='value'): message`. Events are no business of
/// an operation.
pub fn of_operation(error: &str) -> Option<&'static Shape> {
    let named = error.split(": ").next().unwrap_or_default();
    let (kind, rest) = named.split_once('(').unwrap_or((named, ""));
    let (object, value) = rest.trim_end_matches(')').split_once('=').unwrap_or((rest.trim_end_matches(')'), ""));
    let form =
        ErrorForm { kind: kind.to_owned(), object: object.to_owned(), value: value.trim_matches('\'').to_owned() };
    let small = error.to_lowercase();
    let events = [Kind::MissedEvent, Kind::ForeignItem];
    TABLE.iter().find(|shape| !events.contains(&shape.kind) && shape.fits(Some(&form), &small))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_reads_and_every_entry_can_fit_and_speaks_both_languages() {
        let table: Table = toml::from_str(include_str!("shapes.toml")).unwrap();
        let mut names = BTreeSet::new();
        for shape in &table.shapes {
            assert!(names.insert(&shape.name), "{} twice", shape.name);
            let given = [&shape.error_type, &shape.object, &shape.value].iter().any(|part| part.is_some());
            assert!(given || !shape.phrases.is_empty(), "{} fits everything", shape.name);
            for phrase in &shape.phrases {
                assert_eq!(phrase, &phrase.to_lowercase(), "{}", shape.name);
            }
            for (english, russian) in [&shape.meaning, &shape.remedy] {
                let cyrillic = russian.chars().any(|character| ('а'..='я').contains(&character));
                assert!(english.is_ascii() && cyrillic && !english.is_empty(), "{}", shape.name);
            }
            // No entry hides behind an earlier one.
            let form = shape.error_type.as_ref().or(shape.object.as_ref()).map(|_| ErrorForm {
                kind: shape.error_type.clone().unwrap_or_default(),
                object: shape.object.clone().unwrap_or_default(),
                value: shape.value.clone().unwrap_or_default(),
            });
            let text = shape.phrases.first().cloned().unwrap_or_default();
            assert_eq!(find(form.as_ref(), &text).map(|found| found.name.as_str()), Some(shape.name.as_str()));
        }
    }

    #[test]
    fn an_operations_error_has_its_shape() {
        for (error, shape) in [
            ("auth(badip)", Some("bad-address")),
            ("auth(badpassword): No login", Some("bad-password")),
            ("value(domain='one.example')", Some("value")),
            ("missed(item='1')", Some("missed")),
            ("client(connect)", Some("connection")),
            ("access(vds.suspend)", Some("rights")),
            ("Connection timed out", Some("connection-text")),
            ("strange(thing)", None),
            ("", None),
        ] {
            assert_eq!(of_operation(error).map(|shape| shape.name.as_str()), shape, "{error}");
        }
    }

    #[test]
    fn the_form_of_an_error_is_read() {
        for (text, expected) in [
            ("Error: Type: 'missed' Object: 'itemevent' Value: '1225058'", Some(("missed", "itemevent", "1225058"))),
            ("Error: Type: 'stat_addon_over_limit' Object: '' Value: ''", Some(("stat_addon_over_limit", "", ""))),
            ("Type: 'exists' Object: 'user' Value: 'o'neil'", Some(("exists", "user", "o'neil"))),
            ("Type: 'auth'", Some(("auth", "", ""))),
            ("Type: 'auth' Object: 'badpass", Some(("auth", "badpass", ""))),
            ("Type: 'aut", None),
            ("no error", None),
        ] {
            let form = ErrorForm::parse(text);
            let parts = form.as_ref().map(|form| (form.kind.as_str(), form.object.as_str(), form.value.as_str()));
            assert_eq!(parts, expected, "{text}");
        }
    }
}
