//! What the panel asks: the environment and the document on stdin. Does not decide whether it may be asked.

use super::document;
use crate::error::{Error, Kind};
use crate::language::Language;
use crate::reselling::ids::{ItemId, parse_items};
use std::ffi::OsString;
use std::io::Read;
use url::form_urlencoded;

/// The least level of an administrator: 29 staff, 30 root (facts/coremanager 2.2).
const ADMINISTRATOR: u8 = 29;
const ROOT: u8 = 30;
/// The largest document that is read from the panel.
const DOCUMENT: u64 = 64 * 1024 * 1024;

/// The moment at which we are called (`EVENT_TYPE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A function of ours.
    Action,
    Before,
    After,
    Final,
    /// The variable is absent: a hand-made call, or `/mancgi`.
    None,
    /// A word that no fact names.
    Other,
}

/// One call by the panel.
#[derive(Clone, Debug)]
pub struct Request {
    /// `ACTION_NAME`, else `PARAM_func`.
    pub function: String,
    pub event: Event,
    /// `user.id` as digits, or `root` for mgrctl (facts/coremanager 2.2).
    pub user: String,
    /// 0 when the panel did not say.
    pub level: u8,
    /// The caller's address; for mgrctl the value of its `SSH_CONNECTION`.
    pub ip: String,
    /// As it came, url-encoded.
    pub query: String,
    pub language: Language,
    params: Vec<(String, String)>,
}

/// The services a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    These(Vec<ItemId>),
    /// The panel calls once per service; the call for the first one works on all of them, this one has nothing to do.
    Elsewhere,
}

/// Whether the panel started us: its variables are in the environment.
pub fn called_by_panel() -> bool {
    ["EVENT_TYPE", "PARAM_func"].iter().any(|name| std::env::var_os(name).is_some())
}

impl Request {
    pub fn from_environment() -> Self {
        Self::from_variables(std::env::vars_os())
    }

    /// Values that are not UTF-8 are kept with the replacement character: whatever they were, they are no id.
    pub fn from_variables(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut request = Self {
            function: String::new(),
            event: Event::None,
            user: String::new(),
            level: 0,
            ip: String::new(),
            query: String::new(),
            language: Language::default(),
            params: Vec::new(),
        };
        let mut action = None;
        for (name, value) in variables {
            let name = name.to_string_lossy();
            let value = || value.to_string_lossy().into_owned();
            match &*name {
                "ACTION_NAME" => action = Some(value()).filter(|name| !name.is_empty()),
                "EVENT_TYPE" => request.event = Event::of(&value()),
                "AUTH_USER" => request.user = name_of(&value()),
                "AUTH_LEVEL" => request.level = value().trim().parse().unwrap_or(0),
                "AUTH_IP" => request.ip = name_of(&value()),
                "QUERY_STRING" => request.query = value(),
                "HTTP_COOKIE" => request.language = cookie_language(&value()).unwrap_or_default(),
                name => {
                    if let Some(name) = name.strip_prefix("PARAM_") {
                        request.params.push((name.to_owned(), value()));
                    }
                }
            }
        }
        request.function = action.or_else(|| request.param("func").map(str::to_owned)).unwrap_or_default();
        request
    }

    /// The language of the document the panel prepared goes before the one of the cookie.
    pub fn speak(&mut self, input: &[u8]) {
        if let Some(language) = document::language(input) {
            self.language = language;
        }
    }

    /// A parameter as it was given, empty or not.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is given and not empty.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// `sok=ok`: the form was sent, not opened (facts/coremanager 3.4).
    pub fn submitted(&self) -> bool {
        self.param("sok") == Some("ok")
    }

    pub fn is_administrator(&self) -> bool {
        self.level >= ADMINISTRATOR
    }

    /// As mgrctl calls, too.
    pub fn is_root(&self) -> bool {
        self.level >= ROOT
    }

    /// The services in `elid`.
    ///
    /// Several selected rows come either as one list or as one call per row, with the whole list beside it
    /// (facts/coremanager 3.3): in the query string, or in the field that our own form sends. In the second case the first
    /// call takes the whole list.
    ///
    /// # Errors
    /// `Kind::Usage` when there is none, or one is not an id.
    pub fn services(&self) -> Result<Selection, Error> {
        let given = self
            .param("elid")
            .ok_or_else(|| Error::said(Kind::Usage, ("no service is named (elid)", "услуга не названа (elid)")))?;
        let given = parse_items(given)?;
        let [one] = given.as_slice() else { return Ok(Selection::These(given)) };
        let queried = form_urlencoded::parse(self.query.as_bytes()).find(|(name, _)| name == "elid");
        let all = [self.param("services").map(str::to_owned), queried.map(|(_, list)| list.into_owned())]
            .into_iter()
            .flatten()
            .filter_map(|list| parse_items(&list).ok())
            .find(|list| list.contains(one))
            .unwrap_or_default();
        match all.first() {
            Some(first) if first == one => Ok(Selection::These(all)),
            Some(_) => Ok(Selection::Elsewhere),
            None => Ok(Selection::These(given)),
        }
    }
}

impl Event {
    fn of(word: &str) -> Self {
        match word {
            "action" => Self::Action,
            "before" => Self::Before,
            "after" => Self::After,
            "final" => Self::Final,
            "" => Self::None,
            _ => Self::Other,
        }
    }
}

/// Who asks, fit for a journal and a log: the address may be whatever a caller of mgrctl put into `SSH_CONNECTION`.
fn name_of(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(64).collect()
}

/// `billmgrlang5=<theme>:<language>` (facts/coremanager 2.2).
fn cookie_language(cookies: &str) -> Option<Language> {
    let cookie = cookies.split(';').map(str::trim).find(|cookie| cookie.starts_with("billmgrlang5="))?;
    let (_, value) = form_urlencoded::parse(cookie.as_bytes()).next()?;
    Language::of(value.rsplit(':').next()?)
}

/// Reads the panel's document to its end; empty is a document too, for some calls have none.
///
/// Beside what was read stands what kept it from being whole: more than 64 MiB, or a failure. A page cannot use such a
/// document; an event still passes it on.
pub fn read_document(mut input: impl Read) -> (Vec<u8>, Option<Error>) {
    let mut document = Vec::new();
    match (&mut input).take(DOCUMENT + 1).read_to_end(&mut document) {
        Ok(length) if length as u64 > DOCUMENT => {
            (document, Some(Error::new(Kind::Answer, "the panel's document is larger than 64 MiB")))
        }
        Ok(_) => (document, None),
        Err(error) => (document, Some(Error::new(Kind::Answer, format!("reading the panel's document: {error}")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    fn request(variables: &[(&str, &str)]) -> Request {
        Request::from_variables(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn the_function_is_the_action_and_only_then_the_parameter() {
        let both = request(&[("PARAM_func", "vds"), ("ACTION_NAME", "checkevent"), ("EVENT_TYPE", "before")]);
        assert_eq!((both.function.as_str(), both.event), ("checkevent", Event::Before));
        assert_eq!(request(&[("PARAM_func", "vds"), ("ACTION_NAME", "")]).function, "vds");
        assert_eq!(request(&[]).event, Event::None);
        assert_eq!(request(&[("EVENT_TYPE", "sideways")]).event, Event::Other);
    }

    #[test]
    fn a_level_that_is_no_number_is_nobody() {
        for (level, administrator) in [
            ("30", true),
            ("29", true),
            ("28", false),
            ("16", false),
            ("", false),
            ("-1", false),
            ("300", false),
            ("29x", false),
        ] {
            assert_eq!(request(&[("AUTH_LEVEL", level)]).is_administrator(), administrator, "{level}");
        }
        assert!(!request(&[]).is_administrator());
    }

    #[test]
    fn names_and_values_that_are_not_utf8_are_tolerated() {
        let odd = Request::from_variables(
            [
                (OsString::from_vec(b"PARAM_\xff".to_vec()), OsString::from("x")),
                (OsString::from("PARAM_elid"), OsString::from_vec(b"1\xff".to_vec())),
            ]
            .into_iter(),
        );
        assert!(odd.services().is_err());
    }

    #[test]
    fn several_services_come_as_one_list_or_as_one_call_for_each() {
        let these = |ids: &[u64]| Selection::These(ids.iter().map(|id| ItemId(*id)).collect());
        for (elid, query, expected) in [
            ("7", "", these(&[7])),
            ("7, 8", "func=resellguard.sync&elid=7%2C%208", these(&[7, 8])),
            ("7", "func=resellguard.sync&elid=7%2C%208", these(&[7, 8])),
            ("7", "elid=7%2C+8&func=resellguard.sync", these(&[7, 8])),
            ("8", "elid=7%2C%208", Selection::Elsewhere),
            // The list is about something else, or no list: the parameter stands.
            ("9", "elid=7%2C%208", these(&[9])),
            ("9", "elid=%FF", these(&[9])),
            ("9", "elid=9", these(&[9])),
        ] {
            let request = request(&[("PARAM_elid", elid), ("QUERY_STRING", query)]);
            assert_eq!(request.services().unwrap(), expected, "{elid} {query}");
        }
        // Our form names them all, whatever the panel makes of elid.
        for (elid, expected) in [("7", these(&[7, 8])), ("8", Selection::Elsewhere), ("9", these(&[9]))] {
            let request = request(&[("PARAM_elid", elid), ("PARAM_services", "7, 8")]);
            assert_eq!(request.services().unwrap(), expected, "{elid}");
        }
        for elid in ["", "1;2", "a", "1, x"] {
            assert!(request(&[("PARAM_elid", elid)]).services().is_err(), "{elid}");
        }
    }

    #[test]
    fn the_language_is_the_documents_then_the_cookies_then_english() {
        let cookie = ("HTTP_COOKIE", "a=b; billmgrlang5=orion:ru; c=d");
        assert_eq!(request(&[]).language, Language::En);
        assert_eq!(request(&[cookie]).language, Language::Ru);
        assert_eq!(request(&[("HTTP_COOKIE", "billmgrlang5=orion%3Aru")]).language, Language::Ru);
        let mut both = request(&[cookie]);
        both.speak(b"<doc lang=\"en\" func=\"x\"/>");
        assert_eq!(both.language, Language::En);
        both.speak(b"no document");
        assert_eq!(both.language, Language::En);
    }
}
