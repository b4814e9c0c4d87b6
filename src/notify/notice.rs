//! What a notice is about, before it is put into words: an account with what waits on it, or `checkevent`.
//!
//! The words are in `language::notice`.

use crate::billmgr::schedule::Schedule;
use crate::journal::rfc3339;
use crate::language::notice::{Body, Subject, to_seller};
use crate::language::{Language, Say};
use crate::report::{CheckReport, Checked};
use crate::reselling::ids::ItemId;
use crate::reselling::telling::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// The version of the JSON that a command gets: fields are added, never renamed.
const SCHEMA: u8 = 1;
/// How many services are named; of more there is the number.
pub const NAMED: usize = 20;

/// One piece of news.
#[derive(Clone, Debug)]
pub struct Notice {
    pub about: About,
    pub state: State,
    /// Since when every check has seen it so.
    pub since: Timestamp,
}

#[derive(Clone, Debug)]
pub enum About {
    Account(Box<AccountNews>),
    /// When it ran last, as far as it was ever seen, and what the schedule says.
    Checkevent {
        last: Option<Timestamp>,
        schedule: Schedule,
    },
}

/// An account as it was checked.
#[derive(Clone, Debug)]
pub struct AccountNews {
    /// `https://host/billmgr#user`.
    pub account: String,
    /// `None` for one that no module uses any more.
    pub checked: Option<Checked>,
    /// Services that wait here, at most `NAMED`.
    pub waiting: Vec<Waiting>,
}

/// A service that waits, and whose it is.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub item: ItemId,
    pub itemtype: String,
    pub name: String,
    /// `account.id` and its name; the name is empty where the panel does not tell.
    pub customer: u64,
    pub customer_name: String,
}

impl Notice {
    /// What the notice is remembered by.
    pub fn subject(&self) -> &str {
        match &self.about {
            About::Account(news) => &news.account,
            About::Checkevent { .. } => CHECKEVENT,
        }
    }

    /// The headline, one line.
    pub fn headline(&self, language: Language) -> String {
        Subject(self).say(language)
    }

    /// The whole text; `before` is what the channel knew.
    pub fn text(&self, before: Option<State>, language: Language) -> String {
        Body { notice: self, before }.say(language)
    }

    /// What a command is told in its environment.
    pub fn fields(&self, before: Option<State>, language: Language) -> Vec<(&'static str, String)> {
        let (kind, account, waiting) = match &self.about {
            About::Account(news) => ("account", news.account.as_str(), news.waiting_ids()),
            About::Checkevent { .. } => ("checkevent", "", Vec::new()),
        };
        let waiting: Vec<String> = waiting.iter().take(1000).map(ToString::to_string).collect();
        vec![
            ("RESELLGUARD_KIND", kind.to_owned()),
            ("RESELLGUARD_ACCOUNT", account.to_owned()),
            ("RESELLGUARD_VERDICT", self.state.word().to_owned()),
            ("RESELLGUARD_BEFORE", before.map_or("", State::word).to_owned()),
            ("RESELLGUARD_WAITING", waiting.join(" ")),
            ("RESELLGUARD_SUBJECT", self.headline(language)),
            ("RESELLGUARD_MESSAGE", self.text(before, language)),
        ]
    }

    /// The same as JSON, with both languages and the whole check.
    pub fn json(&self, before: Option<State>) -> Value {
        let both = |say: &dyn Fn(Language) -> String| json!({"en": say(Language::En), "ru": say(Language::Ru)});
        let mut value = json!({
            "schema": SCHEMA, "verdict": self.state, "before": before, "since": local(self.since),
            "subject": both(&|language| self.headline(language)),
            "message": both(&|language| self.text(before, language)),
        });
        let more = match &self.about {
            About::Account(news) => {
                let checked = news.checked.clone().into_iter().collect();
                let report = CheckReport { accounts: checked, ..CheckReport::default() }.json();
                let check = report.pointer("/accounts/0");
                let waiting: Vec<Value> = news
                    .waiting
                    .iter()
                    .map(|one| {
                        json!({
                            "item": one.item, "type": one.itemtype, "name": one.name,
                            "customer": {"account": one.customer, "name": one.customer_name},
                        })
                    })
                    .collect();
                let (english, russian) = to_seller(news);
                json!({
                    "kind": "account", "account": news.account, "check": check, "services": waiting,
                    "repair": news.repair(), "to_seller": {"en": english, "ru": russian},
                })
            }
            About::Checkevent { last, schedule } => {
                json!({"kind": "checkevent", "last_run": last.map(local), "schedule": schedule})
            }
        };
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        value
    }
}

/// The subject of notices about `checkevent`; no account is named like it.
pub const CHECKEVENT: &str = "checkevent";

impl AccountNews {
    /// Every service that waits.
    pub fn waiting_ids(&self) -> Vec<ItemId> {
        self.checked.as_ref().map(|checked| checked.waiting.clone()).unwrap_or_default()
    }

    /// The command that repairs what the seller has delivered: by number, if they are few.
    pub fn repair(&self) -> String {
        let delivered = self.delivered();
        if delivered.is_empty() || delivered.len() > NAMED {
            "resellguard sync --stuck".to_owned()
        } else {
            format!("resellguard sync {}", delivered.join(" "))
        }
    }

    /// Those that the seller has delivered and that wait here all the same.
    pub fn delivered(&self) -> Vec<String> {
        let waiting: Vec<String> = self.waiting_ids().iter().map(ItemId::to_string).collect();
        let evidence = self.checked.iter().flat_map(|checked| &checked.evidence);
        let lost = evidence.filter(|one| one.sign.kind() == "lost_event").map(|one| one.sign.subject());
        // One that was lost before and repaired since is evidence still.
        lost.filter(|item| waiting.contains(item)).collect()
    }

    /// The user of the account at the seller.
    pub fn user(&self) -> &str {
        self.account.split_once('#').map_or("", |(_, user)| user)
    }
}

fn local(moment: Timestamp) -> String {
    rfc3339(&moment.to_zoned_datetime(TimeZone::system()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reselling::verdict::{Evidence, Rule, Severity, Sign, Verdict, Window};

    #[test]
    fn what_was_repaired_is_evidence_still_and_asked_for_no_more() {
        let (itemtype, row, at) = ("vds".to_owned(), "4479001".to_owned(), Timestamp::UNIX_EPOCH);
        let before = Sign::LostBefore {
            item: 16731,
            itemtype: itemtype.clone(),
            row: row.clone(),
            active_since: at,
            ended: Some(at),
        };
        let now = Sign::LostEvent { item: 16732, itemtype, row, active_since: at, polls: 2 };
        let severity = Severity::Critical;
        let evidence = [before, now].map(|sign| Evidence { sign, severity, count: 1, first_seen: at, last_seen: at });
        let checked = Checked {
            account: "https://seller.example/billmgr#shop".into(),
            modules: Vec::new(),
            verdict: Verdict::Shared,
            rule: Rule::LostEvents,
            window: Window::default(),
            evidence: evidence.into(),
            circumstances: Vec::new(),
            waiting: vec![ItemId(16732)],
            at: String::new(),
            error: None,
            notes: Vec::new(),
        };
        let account = checked.account.clone();
        let news = AccountNews { account, checked: Some(checked), waiting: Vec::new() };
        assert_eq!((news.delivered(), news.repair().as_str()), (vec!["16732".to_owned()], "resellguard sync 16732"));
    }
}
