//! What is said of a service that is left to a person.

use super::english;
use crate::journal::{Retry, rfc3339};
use crate::language::{Language, Say};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// A service whose automatic repair failed as often as it is tried.
pub struct SetAside<'a>(pub &'a Retry);

impl SetAside<'_> {
    pub fn json(&self) -> Value {
        let Retry { item, failures, at, reason, .. } = self.0;
        let at = rfc3339(&at.to_zoned_datetime(TimeZone::system()));
        json!({"item": item, "failures": failures, "at": at, "reason": reason.as_ref().map(english)})
    }
}

impl Say for SetAside<'_> {
    fn pair(&self) -> (String, String) {
        let Retry { item, failures, reason, .. } = self.0;
        let why = |language: Language| reason.as_ref().map(|reason| reason.say(language)).unwrap_or_default();
        (
            format!(
                "Service {item}: its automatic repair failed {failures} times and is not tried any more. A person has to look. \
                 {} What was called: resellguard journal {item}. To repair it: resellguard sync {item}.",
                why(Language::En)
            ),
            format!(
                "Услуга {item}: автоматическое исправление не удалось {failures} раз и больше не повторяется. Нужен человек. {} \
                 Что вызывалось: resellguard journal {item}. Чтобы исправить: resellguard sync {item}.",
                why(Language::Ru)
            ),
        )
    }
}
