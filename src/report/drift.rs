//! Services here against the seller's, with the decision for each.

use super::{SCHEMA, english, module_line, modules_json, short, sum, undo};
use crate::error::Error;
use crate::language::{Language, Say};
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::ModuleId;
use crate::reselling::link::{Doubt, Link};
use crate::reselling::plan::{Planned, Step};
use crate::reselling::reverse::has_reverse;
use crate::reselling::service::LocalService;
use crate::reselling::status::Status;
use crate::reselling::way::Via;
use jiff::ZonedDateTime;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The answer of `drift`, and the plan that `sync` shows.
#[derive(Clone, Debug, Default)]
pub struct DriftReport {
    pub items: Vec<Planned>,
    /// Accounts that could not be read: what is said of their services is that nothing is known.
    pub unread: Vec<(String, Error)>,
    /// Modules whose login cannot be read, and of whose services therefore nothing is known.
    pub unreadable_modules: Vec<(ModuleId, Error)>,
    /// What could not be looked at on this panel.
    pub notes: Vec<String>,
    /// The way in which `items` would be repaired.
    pub via: Via,
    /// The run that would be taken back; `None` when it is a repair.
    pub undoes: Option<String>,
}

impl DriftReport {
    /// Without the services that are in step.
    #[must_use]
    pub fn differences(mut self) -> Self {
        self.items.retain(|planned| planned.decision != Decision::InStep);
        self
    }

    /// 0 in step, 2 differences, 1 an account could not be read, or not even be named.
    pub fn exit_status(&self) -> u8 {
        if !self.unread.is_empty() || !self.unreadable_modules.is_empty() {
            return 1;
        }
        let differs = self.items.iter().any(|planned| planned.decision != Decision::InStep);
        u8::from(differs) * 2
    }

    pub fn json(&self) -> Value {
        let today = ZonedDateTime::now().date();
        let items: Vec<Value> = self.items.iter().map(|planned| planned_json(planned, today)).collect();
        let unread: Vec<Value> = self
            .unread
            .iter()
            .map(|(account, error)| json!({"account": account, "kind": error.kind.word(), "error": error.detail}))
            .collect();
        json!({
            "schema": SCHEMA, "via": self.via, "way": english(&self.via), "items": items, "unread": unread,
            "unreadable_modules": modules_json(&self.unreadable_modules), "notes": self.notes,
        })
    }

    /// By whose hands, and what is to be known about them.
    pub fn way(&self, language: Language) -> String {
        undo::say(self.via, self.undoes.is_some(), language)
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        for planned in &self.items {
            planned_text(&mut out, planned, self.undoes.is_some(), language);
        }
        for (account, error) in &self.unread {
            let _ = writeln!(out, "{account}: {}", error.detail_in(language));
        }
        for (module, error) in &self.unreadable_modules {
            out.push_str(&module_line(*module, error, language));
        }
        if out.is_empty() {
            out.push_str(language.choose(("All services are in step.\n", "Расхождений нет.\n")));
        }
        if self.items.iter().any(|planned| planned.decision.acts()) {
            let _ = writeln!(out, "{}", self.way(language));
        }
        for note in &self.notes {
            let _ = writeln!(out, "({note})");
        }
        let undo = self.undoes.is_some();
        out + &sum(self.items.iter().map(|planned| undo::say(planned.decision, undo, language)), language)
    }
}

/// The state of a service here, as JSON, before-images and pages show it.
pub fn local_json(local: &LocalService) -> Value {
    let mut value = json!({"status": local.status});
    if let Some(object) = value.as_object_mut() {
        if let Some(operation) = local.operation("open").or_else(|| local.operations.first()) {
            object.insert("operation".to_owned(), json!(operation.name));
        }
        if let Some(service_status) = local.service_status {
            object.insert("service_status".to_owned(), json!(service_status));
        }
        if local.itemtype == "certificate" {
            object.insert("certificate_stored".to_owned(), json!(local.certificate_stored));
        }
        if let Some(expires) = local.expires {
            object.insert("expiredate".to_owned(), json!(expires.to_string()));
        }
    }
    value
}

pub fn planned_json(planned: &Planned, today: Date) -> Value {
    let mut value = json!({
        "item": planned.local.item, "type": planned.local.itemtype, "name": planned.local.name,
        "module": planned.module, "link": planned.link, "local": local_json(&planned.local),
        "decision": planned.decision, "reason": english(&planned.reason), "reversible": has_reverse(planned.decision, &planned.local, today), "steps": planned.steps,
    });
    if let Some(object) = value.as_object_mut() {
        let seller = planned.seller.as_ref().map(|seller| {
            let mut shown = json!({"id": seller.id, "status": seller.status});
            if let (Some(state), Some(shown)) = (seller.service_status, shown.as_object_mut()) {
                shown.insert("service_status".to_owned(), json!(state));
            }
            shown
        });
        object.insert("seller".to_owned(), json!(seller));
        object.insert("seller_read".to_owned(), json!(was_read(planned)));
    }
    value
}

/// `undo`: it is taken back, and the seller was not asked.
pub fn planned_text(out: &mut String, planned: &Planned, undo: bool, language: Language) {
    let local = &planned.local;
    let _ = write!(
        out,
        "{} {} {}: {} - {} {}",
        local.item,
        local.itemtype,
        short(&local.name, 60),
        undo::say(planned.decision, undo, language),
        language.choose(("here", "здесь")),
        state(&local_json(local), language),
    );
    if !undo {
        let seller = if was_read(planned) { ("seller", "у продавца") } else { ("seller", "продавец") };
        let _ = write!(out, "; {} {}", language.choose(seller), there(planned, language));
        if was_read(planned) {
            let link = match planned.link {
                Link::None => language.choose(("no link", "связи нет")).to_owned(),
                link => format!("{} {}", language.choose(("link", "связь")), link.say(language)),
            };
            let _ = write!(out, " ({link})");
        }
    }
    out.push('\n');
    let _ = writeln!(out, "    {}", planned.reason.say(language));
    for step in &planned.steps {
        let _ = writeln!(out, "    > {}", step_text(step));
    }
}

/// What was seen of the seller's side. "Not found" is what people close services on, so it is said only of lists that were read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    Row,
    NotFound,
    Several,
    /// The list does not show whose services they are.
    NotRecognised,
    NotRead,
}

impl Sight {
    fn of(planned: &Planned) -> Self {
        match &planned.reason {
            _ if planned.seller.is_some() => Self::Row,
            Reason::Doubt(Doubt::SeveralRows(_)) => Self::Several,
            Reason::SellerHidesIds | Reason::NotAmongCandidates { .. } => Self::NotRecognised,
            Reason::NotAtSeller | Reason::InStep => Self::NotFound,
            _ => Self::NotRead,
        }
    }
}

/// The seller's list was read; where it was not, nothing is known about a link either.
pub fn was_read(planned: &Planned) -> bool {
    Sight::of(planned) != Sight::NotRead
}

/// The service as the seller has it: `4478979 active`.
pub fn there(planned: &Planned, language: Language) -> String {
    let (english, russian) = match (Sight::of(planned), &planned.seller) {
        (_, Some(seller)) => return format!("{} {}", seller.id, seller.status.say(language)),
        (Sight::Several, _) => ("several services", "несколько услуг"),
        (Sight::NotRecognised, _) => ("not recognised", "не опознана"),
        (Sight::NotFound, _) => ("not found", "не найдена"),
        (Sight::NotRead | Sight::Row, None) => ("not read", "не прочитан"),
    };
    language.choose((english, russian)).to_owned()
}

/// A call as a person reads it: long values shortened.
pub fn step_text(step: &Step) -> String {
    let params: Vec<String> = step.params.iter().map(|(name, value)| format!("{name}={}", short(value, 40))).collect();
    format!("{} {}", step.call, params.join(" "))
}

/// What `local_json` made, as a person reads it: `processing (operation open)`, `в обработке (операция open)`.
pub fn state(value: &Value, language: Language) -> String {
    let Some(object) = value.as_object() else { return "-".to_owned() };
    let mut status = String::new();
    let mut rest = Vec::new();
    for (name, value) in object {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let (english, russian) = match name.as_str() {
            "status" => {
                status = Status::of_word(&text).map_or(text, |known| known.say(language));
                continue;
            }
            "operation" => (format!("operation {text}"), format!("операция {text}")),
            "service_status" => (format!("service status {text}"), format!("состояние {text}")),
            "certificate_stored" if value == true => ("certificate stored".into(), "сертификат сохранён".into()),
            "certificate_stored" => ("no certificate stored".into(), "сертификат не сохранён".into()),
            "expiredate" => (format!("expires {text}"), format!("действует до {text}")),
            name => (format!("{name} {text}"), format!("{name} {text}")),
        };
        rest.push(language.choose((english, russian)));
    }
    if rest.is_empty() { status } else { format!("{status} ({})", rest.join(", ")) }
}

impl Say for Status {
    fn pair(&self) -> (String, String) {
        let russian = match self {
            Self::Ordered => "заказана",
            Self::Active => "активна",
            Self::Suspended => "приостановлена",
            Self::Deleted => "удалена",
            Self::Processing => "в обработке",
            Self::Unknown => "неизвестно",
        };
        (self.word().to_owned(), russian.to_owned())
    }
}

impl Status {
    /// The status that `word` names; a journal may hold the word of another version.
    fn of_word(word: &str) -> Option<Self> {
        use Status::{Active, Deleted, Ordered, Processing, Suspended, Unknown};
        [Ordered, Active, Suspended, Deleted, Processing, Unknown].into_iter().find(|status| status.word() == word)
    }
}

impl Say for Decision {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::InStep => ("in step", "расхождения нет"),
            Self::Open => ("activate", "активировать"),
            Self::StoreCertificate => ("store the certificate and activate", "сохранить сертификат и активировать"),
            Self::Suspend => ("suspend", "приостановить"),
            Self::Resume => ("resume", "включить"),
            Self::Close => ("close", "закрыть"),
            Self::ExpireDate => ("take over the later expiry", "перенять более поздний срок"),
            Self::Wait => ("wait", "ждать"),
            Self::Ask => ("a person has to look", "нужен человек"),
            Self::Refuse => ("refused", "отказано"),
        };
        (english.to_owned(), russian.to_owned())
    }
}

impl Link {
    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::RemoteId => "remoteid",
            Self::Local => "local",
            Self::None => "none",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl Say for Link {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Both => ("noted on both sides", "записана с обеих сторон"),
            Self::RemoteId => ("by our id at the seller", "по нашему номеру у продавца"),
            Self::Local => ("only noted here", "только запись здесь"),
            Self::None => ("none", "нет"),
            Self::Ambiguous => ("doubtful", "сомнительна"),
        };
        (english.to_owned(), russian.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_said_in_the_persons_language() {
        for (value, english, russian) in [
            (json!({"status": "active"}), "active", "активна"),
            (
                json!({"status": "processing", "operation": "open", "expiredate": "2026-12-24"}),
                "processing (expires 2026-12-24, operation open)",
                "в обработке (действует до 2026-12-24, операция open)",
            ),
            (
                json!({"status": "processing", "service_status": 3, "certificate_stored": false}),
                "processing (no certificate stored, service status 3)",
                "в обработке (сертификат не сохранён, состояние 3)",
            ),
            (
                json!({"status": "active", "certificate_stored": true}),
                "active (certificate stored)",
                "активна (сертификат сохранён)",
            ),
            // From a journal that a newer version wrote.
            (json!({"status": "frozen", "color": "blue"}), "frozen (color blue)", "frozen (color blue)"),
            (Value::Null, "-", "-"),
        ] {
            assert_eq!(
                (state(&value, Language::En).as_str(), state(&value, Language::Ru).as_str()),
                (english, russian)
            );
        }
    }
}
