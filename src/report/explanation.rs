//! Why a service is where it is, as it is shown: the paragraph, then the evidence of each source, then the plan.

use super::drift::{local_json, planned_json, planned_text, state};
use super::log::moment as with_offset;
use super::stories::{story_end, story_json};
use super::{SCHEMA, english, short};
use crate::billmgr::Change;
use crate::billmgr::schedule::{Blind, Schedule};
use crate::explain::{Explanation, Source, Unread};
use crate::language::{Language, Say};
use crate::modulelog::Finding;
use crate::reselling::conclusion::{Conclusion, Logged, Other, Served};
use crate::reselling::service::LocalService;
use crate::reselling::status::SuspendedBy;
use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// How many lines of the log are shown to a person; JSON has all.
const LINES: usize = 5;
/// The longest line, characters: an error and the warning behind it.
const WIDTH: usize = 600;
/// How many steps of the story.
const STEPS: usize = 8;

pub fn json(explained: &Explanation) -> Value {
    let unread: Vec<Value> =
        explained.unread.iter().map(|(source, why)| json!({"source": source.word(), "why": english(why)})).collect();
    json!({
        "schema": SCHEMA, "item": explained.item,
        "conclusion": {"kind": explained.conclusion.kind(), "text": english(&explained.conclusion)},
        "sources": {
            "service": service_json(explained), "seller": seller_json(explained), "account": account_json(explained),
            "log": explained.findings.iter().map(finding_json).collect::<Vec<_>>(),
        },
        "plan": explained.plan.as_ref().map_or_else(|| json!({}), |plan| planned_json(plan, ZonedDateTime::now().date())),
        "story": explained.story.as_ref().map(story_json), "unread": unread,
    })
}

fn service_json(explained: &Explanation) -> Value {
    let schedule = serde_json::to_value(&explained.schedule).unwrap_or_default();
    let panel = json!({
        "do_nothing": explained.panel.do_nothing, "schedule": schedule,
        "last_checkevent": explained.panel.last_poll.map(with_offset),
    });
    let Some(local) = &explained.local else { return json!({"panel": panel}) };
    let operations: Vec<Value> = local
        .operations
        .iter()
        .map(|one| {
            json!({
                "operation": one.name, "manual": one.manual, "tries": one.tries, "error": one.error,
                "created": one.created.map(with_offset), "task": one.task,
            })
        })
        .collect();
    let module = match &explained.served {
        Served::Reselling { active } => json!({"id": local.module, "reselling": true, "active": active}),
        Served::Other(other) => {
            let file = if let Other::Module(file) = other { Some(file) } else { None };
            json!({"id": local.module, "reselling": false, "file": file})
        }
        Served::OnManual { own } => json!({"id": local.module, "reselling": false, "own": own}),
        Served::Unreadable { detail } => json!({"id": local.module, "reselling": true, "error": detail}),
        Served::NotRead => Value::Null,
    };
    let mut value = json!({
        "name": local.name, "type": local.itemtype, "module": module, "operations": operations,
        "marks": marks(local), "created": local.created.map(|day| day.to_string()),
        "seller_id": local.stored_seller_id, "tariff_change_pending": local.tariff_change_pending,
        "history": explained.history.iter().map(change_json).collect::<Vec<_>>(), "panel": panel,
    });
    merge(&mut value, local_json(local));
    value
}

fn seller_json(explained: &Explanation) -> Value {
    let mut value = json!({"requests": explained.requests});
    let Some(seller) = value.as_object_mut() else { return value };
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            seller.insert(name.to_owned(), value);
        }
    };
    put("link", json!(explained.link));
    put("whole_list", json!(explained.whole_list));
    put("stored_id_found", json!(explained.stored_found));
    if let Some(row) = &explained.row {
        put("id", json!(row.id));
        put("status", json!(row.status));
        put("service_status", json!(row.service_status));
        put("expiredate", json!(row.expires.map(|day| day.to_string())));
        put("opened", json!(explained.opened));
        put("suspended_by", json!(row.suspended_by.map(word)));
    }
    if let Some(whoami) = &explained.whoami {
        put("balance", json!(whoami.balance));
        put("currency", json!(whoami.currency));
        put("may_suspend", json!(whoami.may_suspend));
        put("may_delete", json!(whoami.may_delete));
    }
    value
}

fn account_json(explained: &Explanation) -> Value {
    let mut value = json!({"account": explained.account});
    if let (Some(checked), Some(account)) = (&explained.checked, value.as_object_mut()) {
        account.insert("verdict".to_owned(), json!(checked.verdict));
        account.insert("rule".to_owned(), json!(english(&checked.rule)));
        account.insert("checked".to_owned(), json!(checked.at));
    }
    if let (Some(since), Some(account)) = (explained.delivered_since, value.as_object_mut()) {
        account.insert("delivered_since".to_owned(), json!(with_offset(since)));
        account.insert("checkevents_since".to_owned(), json!(explained.polls_since));
    }
    value
}

fn change_json(change: &Change) -> Value {
    json!({
        "at": with_offset(change.at), "action": change.action, "user": change.user, "from": change.from,
        "status": change.status,
    })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.word(), "item": finding.item, "event": finding.event, "thread": finding.thread.to_string(),
        "at": with_offset(finding.at), "line": finding.line, "file": finding.file.display().to_string(), "text": finding.text,
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend::<Map<String, Value>>(from);
    }
}

fn marks(local: &LocalService) -> Vec<&'static str> {
    let marks = [
        (local.autosuspend, "autosuspend"),
        (local.employeesuspend, "employeesuspend"),
        (local.abusesuspend, "abusesuspend"),
    ];
    marks.into_iter().filter_map(|(set, name)| set.then_some(name)).collect()
}

/// The panel's own words (facts/billmanager 2.2).
fn word(by: SuspendedBy) -> &'static str {
    match by {
        SuspendedBy::Money => "autosuspend",
        SuspendedBy::Staff => "employeesuspend",
        SuspendedBy::Abuse => "abusesuspend",
    }
}

/// The whole answer for a person.
pub fn text(explained: &Explanation, language: Language) -> String {
    let mut out = format!("{}\n", explained.conclusion.say(language));
    for (source, lines) in evidence(explained, language) {
        let _ = writeln!(out, "\n{}", title(source, language));
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    if let Some(planned) = &explained.plan {
        let _ = writeln!(out, "\n{}", language.choose(("Plan", "План")));
        for line in before_plan(explained, language) {
            let _ = writeln!(out, "  {line}");
        }
        planned_text(&mut out, planned, false, language);
    }
    out
}

/// What is said before a plan that acts.
pub fn before_plan(explained: &Explanation, language: Language) -> Vec<String> {
    if explained.plan.as_ref().is_none_or(|plan| !plan.decision.acts()) {
        return Vec::new();
    }
    // A second row with our id would make the link doubtful, and it was not looked for.
    let partly = (explained.whole_list == Some(false)).then(|| {
        language.choose((
            "The seller's whole list was not read for this: resellguard sync reads it first, and refuses if another service there has the same id.",
            "Весь список продавца для этого не читался: resellguard sync сначала прочитает его и откажется, если там есть другая услуга с тем же номером.",
        ))
    });
    only_then(explained, language).into_iter().chain(partly.map(str::to_owned)).collect()
}

/// When the plan is needed at all, where the event may still come.
fn only_then(explained: &Explanation, language: Language) -> Option<String> {
    let Conclusion::EventOnItsWay { since, patience, .. } = &explained.conclusion else { return None };
    let until = since.and_then(|since| since.checked_add(*patience).ok()).map(moment);
    Some(match until {
        Some(until) => language.choose((
            format!("Not needed before {until}, and then only if the event does not come:"),
            format!("Не нужно раньше {until}, а потом нужно, только если событие не придёт:"),
        )),
        None => language
            .choose(("Only needed if the event does not come:", "Нужно, только если событие не придёт:"))
            .to_owned(),
    })
}

/// Each source with its lines; what was not looked at says why.
pub fn evidence(explained: &Explanation, language: Language) -> Vec<(Source, Vec<String>)> {
    let sources = [Source::Service, Source::Seller, Source::Account, Source::Log];
    sources
        .into_iter()
        .map(|source| {
            let mut lines = match source {
                Source::Service => service_lines(explained, language),
                Source::Seller => seller_lines(explained, language),
                Source::Account => account_lines(explained, language),
                Source::Log => log_lines(explained, language),
            };
            let unread = explained.unread.iter().filter(|(of, _)| *of == source);
            lines.extend(unread.map(|(_, why)| match why {
                // It says itself how far it was read.
                Unread::File(file) => file.say(language),
                why => format!("{}: {}", language.choose(("not looked at", "не проверено")), why.say(language)),
            }));
            // What others wrote may have line breaks, and forge a line.
            (source, lines.iter().map(|line| short(line, WIDTH)).collect())
        })
        .collect()
}

fn title(source: Source, language: Language) -> &'static str {
    language.choose(match source {
        Source::Service => ("Here", "Здесь"),
        Source::Seller => ("At the seller", "У продавца"),
        Source::Account => ("The account", "Учётная запись"),
        Source::Log => ("The module's log", "Журнал модуля"),
    })
}

fn service_lines(explained: &Explanation, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(local) = &explained.local {
        lines.push(format!(
            "{} {} {}: {}",
            local.item,
            local.itemtype,
            local.name,
            state(&local_json(local), language)
        ));
        if let Some(stored) = &local.stored_seller_id {
            lines.push(format!(
                "{}: {stored}",
                language.choose(("seller's id noted here", "номер у продавца, записанный здесь"))
            ));
        }
        for one in &local.operations {
            let mode = match one.manual {
                Some(true) => language.choose((", manual", ", ручной режим")),
                Some(false) => language.choose((", automatic", ", автоматически")),
                None => "",
            };
            let created = one.created.map(|at| format!(", {}", moment(at))).unwrap_or_default();
            let error = one.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            let (tries_en, tries_ru) = (format!("{} tries", one.tries), format!("попыток: {}", one.tries));
            let said = language.choose((
                format!("operation {}{mode}, {tries_en}{created}{error}", one.name),
                format!("операция {}{mode}, {tries_ru}{created}{error}", one.name),
            ));
            lines.push(said);
        }
        let marks = marks(local);
        if !marks.is_empty() {
            lines.push(format!("{}: {}", language.choose(("marks", "пометки")), marks.join(", ")));
        }
    }
    lines.extend(explained.history.iter().take(LINES).map(|change| change_line(change, language)));
    lines.push(poll_line(explained, language));
    lines
}

fn change_line(change: &Change, language: Language) -> String {
    let status = change.status.map(|status| format!(" -> {}", status.say(language))).unwrap_or_default();
    format!("{} {} {} {}{status}", moment(change.at), change.action, change.user, change.from)
}

fn poll_line(explained: &Explanation, language: Language) -> String {
    let schedule = match &explained.schedule {
        Schedule::Enabled { file, .. } => {
            language.choose((format!("scheduled in {}", file.display()), format!("в расписании {}", file.display())))
        }
        Schedule::Commented { file, .. } => language
            .choose((format!("commented out in {}", file.display()), format!("закомментирован в {}", file.display()))),
        Schedule::Missing => language.choose(("not in the schedule", "нет в расписании")).to_owned(),
        Schedule::Unknown { why: Blind::Elsewhere } => language
            .choose((
                "schedule not looked at: the panel does not lie in usr/local/mgr5 of a system",
                "расписание не проверено: панель лежит не в usr/local/mgr5 какой-либо системы",
            ))
            .to_owned(),
        Schedule::Unknown { why } => {
            language.choose((format!("schedule not looked at: {why}"), format!("расписание не проверено: {why}")))
        }
    };
    let seen = explained.panel.last_poll.map_or_else(
        || language.choose(("not seen yet", "запуск ещё не замечен")).to_owned(),
        |at| language.choose((format!("last seen {}", moment(at)), format!("замечен {}", moment(at)))),
    );
    format!("checkevent: {seen}; {schedule}")
}

fn seller_lines(explained: &Explanation, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(link) = explained.link {
        let row = explained.row.as_ref().map_or_else(
            || language.choose(("not found", "не найдена")).to_owned(),
            |row| {
                let by = row.suspended_by.map(|by| format!(" ({})", word(by))).unwrap_or_default();
                let expires = row
                    .expires
                    .map(|day| language.choose((format!(", expires {day}"), format!(", действует до {day}"))));
                format!("{} {}{by}{}", row.id, row.status.say(language), expires.unwrap_or_default())
            },
        );
        lines.push(format!("{row}; {}: {}", language.choose(("link", "связь")), link.say(language)));
    }
    let stored = explained.local.as_ref().and_then(|local| local.stored_seller_id.as_ref());
    if let Some(stored) = stored.filter(|_| explained.stored_found == Some(false)) {
        lines.push(language.choose((
            format!("{stored}, noted here: not found at the seller"),
            format!("{stored}, записано здесь: у продавца не найдено"),
        )));
    }
    if let Some(whoami) = &explained.whoami {
        let balance = whoami.balance.as_deref().unwrap_or("?");
        let currency = whoami.currency.as_deref().unwrap_or_default();
        lines.push(format!("{}: {balance} {currency}", language.choose(("balance", "баланс"))).trim_end().to_owned());
    }
    lines
}

fn account_lines(explained: &Explanation, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(checked) = &explained.checked {
        lines.push(format!("{}: {} ({})", checked.account, checked.verdict.say(language), checked.at));
        lines.push(checked.rule.say(language));
    }
    lines
}

fn log_lines(explained: &Explanation, language: Language) -> Vec<String> {
    let shown = explained.findings.iter().take(LINES);
    let mut lines: Vec<String> = shown
        .map(|one| {
            let text = one.text.replace('\n', " / ");
            format!("{} {} {}:{} {text}", moment(one.at), one.kind.say(language), one.file.display(), one.line)
        })
        .collect();
    if let Some(more @ 1..) = explained.findings.len().checked_sub(LINES) {
        lines.push(language.choose((format!("and {more} more"), format!("и ещё {more}"))));
    }
    if lines.is_empty() {
        lines.extend(without_finding(explained, language));
    }
    if let Some(story) = &explained.story {
        lines.extend(story_end(story, STEPS, language));
    }
    lines
}

/// What is said where no finding names the service; the story that follows shows an error of its thread.
fn without_finding(explained: &Explanation, language: Language) -> Option<String> {
    let item = explained.item;
    match &explained.logged {
        // It says so itself.
        Logged::Absent | Logged::Unread | Logged::Told { error: Some(_), .. } => None,
        Logged::Told { error: None, .. } => {
            Some(language.choose(("no error about this service", "об этой услуге ошибок нет")).to_owned())
        }
        Logged::Silent { since: None } => {
            Some(language.choose(("nothing about this service", "об этой услуге ничего")).to_owned())
        }
        Logged::Silent { since: Some(since) } => {
            let day = since.date();
            Some(language.choose((
                format!("nothing about this service since {day} (earlier: resellguard log {item})"),
                format!("об этой услуге ничего с {day} (раньше: resellguard log {item})"),
            )))
        }
        Logged::Long => Some(language.choose((
            format!("no error that names this service; the rest of this long log: resellguard log {item}"),
            format!("ошибок, где названа эта услуга, нет; остальное в этом большом журнале: resellguard log {item}"),
        ))),
    }
}

/// Local time to the second.
fn moment(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
