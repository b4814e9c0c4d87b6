//! Which customers' accounts are read by several panels, and whom to write to.

use super::{SCHEMA, english};
use crate::language::audit::Letter;
use crate::language::{Language, Say};
use crate::reselling::audit::{Blind, Trait};
use crate::reselling::verdict::Verdict;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One account that resells.
#[derive(Clone, Debug)]
pub struct Audited {
    /// Its name here.
    pub account: String,
    pub id: u64,
    /// How many of its services carry an id of the buyer's side.
    pub services: usize,
    /// Logins and addresses; an address may be empty.
    pub people: Vec<(String, String)>,
    pub verdict: Verdict,
    /// Why it is not known who reads it.
    pub blind: Option<Blind>,
    /// Gravest first.
    pub traits: Vec<Trait>,
    pub notes: Vec<String>,
}

/// The answer of `seller audit`.
#[derive(Clone, Debug)]
pub struct AuditReport {
    pub accounts: Vec<Audited>,
    /// The oldest line of the log that was read, panel's local time.
    pub since: Option<DateTime>,
    pub notes: Vec<String>,
}

impl Audited {
    fn letter(&self) -> Option<Letter<'_>> {
        let sure = match self.verdict {
            Verdict::Shared => true,
            Verdict::Likely | Verdict::Possible => false,
            Verdict::Exclusive | Verdict::Unknown => return None,
        };
        Some(Letter { account: &self.account, sure })
    }
}

impl AuditReport {
    /// As of `check`: 2 shared, 3 unknown, 1 possible or likely, 0 exclusive. A panel whose customers do not resell is well.
    pub fn exit_status(&self) -> u8 {
        let has = |verdict| self.accounts.iter().any(|account| account.verdict == verdict);
        if has(Verdict::Shared) {
            2
        } else if has(Verdict::Unknown) {
            3
        } else {
            u8::from(has(Verdict::Likely) || has(Verdict::Possible))
        }
    }

    pub fn json(&self) -> Value {
        let accounts: Vec<Value> = self.accounts.iter().map(account_json).collect();
        json!({"schema": SCHEMA, "accounts": accounts, "log_since": self.since.map(moment), "notes": self.notes})
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        if self.accounts.is_empty() {
            out.push_str(language.choose((
                "No customer of this panel resells: no service carries an id of the buyer's side.\n",
                "Клиентов-перепродавцов нет: ни одна услуга не несёт номера покупателя.\n",
            )));
        }
        for account in &self.accounts {
            account_text(&mut out, account, language);
        }
        if let Some(since) = self.since {
            let _ = writeln!(out, "({} {since})", language.choose(("the log was read from", "журнал прочитан с")));
        }
        for note in &self.notes {
            let _ = writeln!(out, "({note})");
        }
        out
    }
}

fn account_json(account: &Audited) -> Value {
    let evidence: Vec<Value> = account.traits.iter().map(trait_json).collect();
    let people: Vec<Value> =
        account.people.iter().map(|(login, email)| json!({"login": login, "email": email})).collect();
    let letter = account.letter().map(|letter| {
        let (english, russian) = letter.pair();
        json!({"en": english, "ru": russian})
    });
    json!({
        "account": account.account, "id": account.id, "verdict": account.verdict, "evidence": evidence,
        "services": account.services, "write_to": people, "letter": letter, "notes": account.notes,
        "unknown_because": account.blind.as_ref().map(english),
    })
}

fn trait_json(one: &Trait) -> Value {
    let (count, first, last) = extent(one);
    json!({
        "kind": one.kind(), "severity": one.severity(), "detail": english(one), "count": count,
        "first_seen": first.map(moment), "last_seen": last.map(moment),
    })
}

/// How often, from when to when.
fn extent(one: &Trait) -> (u64, Option<DateTime>, Option<DateTime>) {
    match one {
        Trait::Pollers { pollers, .. } => (
            pollers.iter().map(|one| one.polls).sum(),
            pollers.iter().map(|one| one.first).min(),
            pollers.iter().map(|one| one.last).max(),
        ),
        Trait::Orders { callers } | Trait::Addresses { callers } => (
            callers.iter().map(|one| one.calls).sum(),
            callers.iter().map(|one| one.first).min(),
            callers.iter().map(|one| one.last).max(),
        ),
        Trait::Sessions { addresses } => (addresses.len() as u64, None, None),
        Trait::Numberings(ranges) => (ranges.returns as u64, None, None),
        Trait::Whmcs { turns } => (*turns as u64, None, None),
        Trait::Collisions { ids, .. } => (*ids as u64, None, None),
    }
}

/// RFC 3339 with the panel's offset.
fn moment(at: DateTime) -> Option<String> {
    at.to_zoned_datetime(TimeZone::system()).ok().map(|at| crate::journal::rfc3339(&at))
}

fn account_text(out: &mut String, account: &Audited, language: Language) {
    let name = super::short(&account.account, 120);
    let _ = writeln!(out, "{name}: {}", account.verdict.say(language).to_uppercase());
    if let Some(blind) = &account.blind {
        let _ = writeln!(out, "  {}", blind.say(language));
    }
    for one in &account.traits {
        let _ = writeln!(out, "  - [{}] {}: {}", one.severity().say(language), one.kind(), one.say(language));
    }
    for note in &account.notes {
        let _ = writeln!(out, "  ({note})");
    }
    let Some(letter) = account.letter() else { return };
    let people = account.people.iter().map(|(login, email)| super::short(&format!("{login} <{email}>"), 200));
    let _ = writeln!(out, "  {}: {}", language.choose(("Write to", "Написать")), people.collect::<Vec<_>>().join(", "));
    let (english, russian) = letter.pair();
    let _ = writeln!(out, "    {english}\n    {russian}");
}
