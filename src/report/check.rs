//! The verdict on each seller account with its evidence: text, JSON, nagios, prometheus.

use super::{SCHEMA, SetAside, english, module_line, modules_json};
use crate::error::Error;
use crate::journal::{Retry, rfc3339};
use crate::language::{self, Language, Say};
use crate::reselling::circumstance::Circumstance;
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::verdict::{Evidence, Rule, Severity, Verdict, Window, WouldChange};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One account as it was checked; kept in the journal until the next check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// `https://host/billmgr#user`.
    pub account: String,
    pub modules: Vec<ModuleId>,
    pub verdict: Verdict,
    pub rule: Rule,
    #[serde(default)]
    pub window: Window,
    pub evidence: Vec<Evidence>,
    /// What explains that services wait, and is no evidence.
    #[serde(default)]
    pub circumstances: Vec<Circumstance>,
    /// Services that wait here for the seller.
    pub waiting: Vec<ItemId>,
    /// When it was checked, RFC 3339.
    pub at: String,
    /// Why the seller could not be read; English, technical.
    pub error: Option<String>,
    /// What could not be looked at on this panel; English, technical.
    pub notes: Vec<String>,
}

impl Checked {
    /// Our id alone does not prove a link on this account: another panel may number its services likewise.
    pub fn others_may_read(&self) -> bool {
        let strange = |one: &Evidence| {
            one.severity > Severity::Info && matches!(one.sign.kind(), "foreign_remoteid" | "duplicate_remoteid")
        };
        self.verdict.others_may_read() || self.evidence.iter().any(strange)
    }
}

/// The answer of `check`.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    pub accounts: Vec<Checked>,
    /// Modules whose account could not even be named, with the reason.
    pub unreadable_modules: Vec<(ModuleId, Error)>,
    /// Services of this panel whose automatic repair was given up.
    pub set_aside: Vec<Retry>,
}

impl CheckReport {
    /// 0 exclusive, 1 possible or likely, 2 shared, 3 unknown: the gravest account decides, where `shared` is graver than
    /// `unknown` and `unknown` graver than the rest. No account at all is `unknown` too: a misspelled `modules` must not look well.
    pub fn exit_status(&self) -> u8 {
        let has = |verdict| self.accounts.iter().any(|account| account.verdict == verdict);
        if has(Verdict::Shared) {
            2
        } else if has(Verdict::Unknown) || !self.unreadable_modules.is_empty() || self.accounts.is_empty() {
            3
        } else {
            u8::from(has(Verdict::Likely) || has(Verdict::Possible))
        }
    }

    pub fn json(&self) -> Value {
        let accounts: Vec<Value> = self.accounts.iter().map(account_json).collect();
        let unreadable = modules_json(&self.unreadable_modules);
        let set_aside: Vec<Value> = self.set_aside.iter().map(|retry| SetAside(retry).json()).collect();
        json!({"schema": SCHEMA, "accounts": accounts, "unreadable_modules": unreadable, "set_aside": set_aside})
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        if self.accounts.is_empty() && self.unreadable_modules.is_empty() {
            out.push_str(language.choose((
                "No module of this panel resells from another BILLmanager.\n",
                "На этой панели нет модулей перепродажи.\n",
            )));
        }
        for account in &self.accounts {
            account_text(&mut out, account, language);
        }
        for (module, error) in &self.unreadable_modules {
            out.push_str(&module_line(*module, error, language));
        }
        for retry in &self.set_aside {
            let _ = writeln!(out, "{}", SetAside(retry).say(language));
        }
        out
    }

    /// One line for a monitoring system; the status is the exit status of the command, in its own words.
    pub fn nagios(&self) -> String {
        let word = match self.exit_status() {
            0 => "OK",
            1 => "WARNING",
            2 => "CRITICAL",
            _ => "UNKNOWN",
        };
        let accounts: Vec<String> =
            self.accounts.iter().map(|account| format!("{} {}", account.account, account.verdict)).collect();
        let count = |verdict| self.accounts.iter().filter(|account| account.verdict == verdict).count();
        let waiting: usize = self.accounts.iter().map(|account| account.waiting.len()).sum();
        format!(
            "{word} - {} | shared={};;1 likely={};1 waiting={waiting}\n",
            if accounts.is_empty() { "no seller accounts".to_owned() } else { accounts.join(", ") },
            count(Verdict::Shared),
            count(Verdict::Likely),
        )
    }

    /// For the textfile collector: write it beside the target and rename, or a half-written file is read.
    pub fn prometheus(&self) -> String {
        let mut out = String::from(
            "# HELP resellguard_verdict Verdict on the seller account: 1 for the one that holds.\n\
             # TYPE resellguard_verdict gauge\n",
        );
        for account in &self.accounts {
            for verdict in [Verdict::Exclusive, Verdict::Unknown, Verdict::Possible, Verdict::Likely, Verdict::Shared] {
                let (name, holds) = (label(&account.account), u8::from(account.verdict == verdict));
                let _ = writeln!(out, "resellguard_verdict{{account=\"{name}\",verdict=\"{verdict}\"}} {holds}");
            }
        }
        out.push_str(
            "# HELP resellguard_waiting Services that wait for the seller.\n# TYPE resellguard_waiting gauge\n",
        );
        for account in &self.accounts {
            let (name, waiting) = (label(&account.account), account.waiting.len());
            let _ = writeln!(out, "resellguard_waiting{{account=\"{name}\"}} {waiting}");
        }
        out
    }
}

fn account_json(account: &Checked) -> Value {
    let evidence: Vec<Value> = account
        .evidence
        .iter()
        .map(|one| {
            json!({
                "kind": one.sign.kind(), "severity": one.severity, "detail": english(&one.sign), "count": one.count,
                "first_seen": moment(one.first_seen), "last_seen": moment(one.last_seen),
            })
        })
        .collect();
    let notes: Vec<String> = account.circumstances.iter().map(english).chain(account.notes.iter().cloned()).collect();
    let mut value = json!({
        "account": account.account, "modules": account.modules, "verdict": account.verdict,
        "rule": english(&account.rule), "window": window_json(&account.window),
        "would_change": english(&WouldChange(account.rule)), "evidence": evidence, "waiting": account.waiting,
        "checked": account.at, "notes": notes,
    });
    if let (Some(error), Some(object)) = (&account.error, value.as_object_mut()) {
        object.insert("error".to_owned(), json!(error));
    }
    value
}

fn window_json(window: &Window) -> Value {
    let Window { listing, watched_since, polls_since, log_since } = window;
    let when = |at: &Option<Timestamp>| at.map(moment);
    json!({
        "listing": when(listing), "watched_since": when(watched_since), "polls_since": when(polls_since),
        "log_since": when(log_since),
    })
}

fn account_text(out: &mut String, account: &Checked, language: Language) {
    let _ = writeln!(out, "{}: {}", account.account, account.verdict.say(language).to_uppercase());
    let _ = writeln!(out, "  {} {}", account.rule.say(language), WouldChange(account.rule).say(language));
    let _ = writeln!(out, "  {}", account.window.say(language));
    if let Some(error) = &account.error {
        let _ = writeln!(out, "  {error}");
    }
    let _ = writeln!(
        out,
        "  {} {}; {}",
        language.choose(("used by the processing modules", "используется модулями обработки")),
        list(&account.modules),
        waiting(account, language)
    );
    for one in &account.evidence {
        let severity = one.severity.say(language);
        let _ =
            writeln!(out, "  - [{severity}] {}: {}{}", one.sign.kind(), one.sign.say(language), times(one, language));
    }
    for circumstance in &account.circumstances {
        let _ = writeln!(out, "  ({})", circumstance.say(language));
    }
    for note in &account.notes {
        let _ = writeln!(out, "  ({note})");
    }
}

/// `2 services wait here: 16643, 16644`.
fn waiting(account: &Checked, language: Language) -> String {
    let count = account.waiting.len() as u64;
    let services = language.choose((
        language::english(count, "service waits here", "services wait here"),
        language::russian(count, "услуга ждёт здесь", "услуги ждут здесь", "услуг ждут здесь"),
    ));
    if count == 0 { services } else { format!("{services}: {}", list(&account.waiting)) }
}

/// ` (found by 3 checks since ...)`, or nothing the first time. How often the thing itself happened is in the sentence before.
fn times(one: &Evidence, language: Language) -> String {
    if one.count < 2 {
        return String::new();
    }
    let since = moment(one.first_seen);
    language.choose((
        format!(" (found by {} since {since})", language::english(one.count, "check", "checks")),
        format!(" (найдено {} с {since})", language::russian(one.count, "проверкой", "проверками", "проверками")),
    ))
}

fn list<T: ToString>(ids: &[T]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// RFC 3339 with the panel's offset.
fn moment(at: Timestamp) -> String {
    rfc3339(&at.to_zoned_datetime(TimeZone::system()))
}

/// A label's value: quotes, backslashes and line ends escaped.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Say for Verdict {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Exclusive => ("exclusive", "только эта панель"),
            Self::Unknown => ("unknown", "неизвестно"),
            Self::Possible => ("possibly shared", "возможно, общая"),
            Self::Likely => ("likely shared", "вероятно, общая"),
            Self::Shared => ("shared", "общая"),
        };
        (english.to_owned(), russian.to_owned())
    }
}

impl Say for Severity {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Info => ("info", "сведения"),
            Self::Warning => ("warning", "предупреждение"),
            Self::Critical => ("critical", "доказательство"),
        };
        (english.to_owned(), russian.to_owned())
    }
}
