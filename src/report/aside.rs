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
        // What a call answered stands at its end, and that is seldom a sentence.
        let why = |language: Language| {
            let said = reason.as_ref().map(|reason| reason.say(language)).unwrap_or_default();
            if said.is_empty() || said.ends_with(['.', '!', '?', '…']) { said } else { said + "." }
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reselling::decision::Reason;
    use crate::reselling::ids::ItemId;
    use jiff::Timestamp;

    #[test]
    fn the_sentence_of_what_was_answered_has_an_end() {
        for (detail, english, russian) in [
            ("no way", "vds.open failed: no way. What was called:", "vds.open не удался: no way. Что вызывалось:"),
            ("no way.", "vds.open failed: no way. What was called:", "vds.open не удался: no way. Что вызывалось:"),
        ] {
            let reason = Some(Reason::CallFailed { call: "vds.open".into(), detail: detail.into() });
            let retry = Retry {
                item: ItemId(7),
                failures: 5,
                at: Timestamp::UNIX_EPOCH,
                reason,
                state: Value::Null,
                told: false,
            };
            let said = SetAside(&retry).pair();
            assert!(said.0.contains(english) && said.1.contains(russian), "{said:?}");
        }
    }
}
