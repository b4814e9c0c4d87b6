//! `resellguard.evidence`: everything the last verdict on one account rests on, and what could not be looked at.

use super::{Shown, row};
use crate::error::{Error, Kind};
use crate::journal::{Journal, rfc3339};
use crate::language::Say;
use crate::panel::request::Request;
use crate::report::Checked;
use crate::reselling::verdict::{Severity, WouldChange};
use crate::root::Root;
use crate::xml::Element;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `elid` is the account, as the list of accounts names it.
pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let account = request.param("elid").ok_or_else(|| {
        Error::said(Kind::Usage, ("no seller account is named (elid)", "учётная запись продавца не названа (elid)"))
    })?;
    let remembered = Journal::open(root)?.checked::<Checked>()?;
    let checked = remembered.into_iter().find(|checked| checked.account == account);
    let checked = checked.ok_or_else(|| {
        let shown = format!("{:.200}", account.escape_debug());
        let said = (format!("no check of '{shown}' is known"), format!("проверок «{shown}» не было"));
        Error::said(Kind::NotFound, said)
    })?;
    let mut rows: Vec<Element> = Vec::new();
    for one in &checked.evidence {
        rows.push(row([
            ("id", rows.len().to_string()),
            ("severity", word(one.severity).to_owned()),
            ("kind", one.sign.kind().to_owned()),
            ("detail", one.sign.say(request.language)),
            ("count", one.count.to_string()),
            ("first_seen", moment(one.first_seen)),
            ("last_seen", moment(one.last_seen)),
        ]));
    }
    let say = |what: &dyn Say| what.say(request.language);
    let verdict = [&checked.rule as &dyn Say, &WouldChange(checked.rule), &checked.window].map(say).join(" ");
    let told = checked.circumstances.iter().map(|one| (Severity::Info, "circumstance", say(one)));
    let unseen = checked.error.iter().map(|error| (Severity::Warning, "error", error.clone()));
    let notes = checked.notes.iter().map(|note| (Severity::Info, "note", note.clone()));
    let rule = std::iter::once((Severity::Info, "rule", verdict));
    for (severity, kind, detail) in told.chain(unseen).chain(notes).chain(rule) {
        rows.push(row([
            ("id", rows.len().to_string()),
            ("severity", word(severity).to_owned()),
            ("kind", kind.to_owned()),
            ("detail", detail),
            ("count", String::new()),
            ("first_seen", String::new()),
            ("last_seen", checked.at.clone()),
        ]));
    }
    Ok(Shown::Page(rows))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn moment(at: Timestamp) -> String {
    rfc3339(&at.to_zoned_datetime(TimeZone::system()))
}
