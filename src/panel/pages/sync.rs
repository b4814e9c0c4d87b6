//! `resellguard.sync` and `resellguard.undo`: opened they show the plan, sent they carry the plan out.

use super::{Shown, row};
use crate::error::{Error, Kind};
use crate::journal::Outcome;
use crate::language::{Language, Say, english, russian};
use crate::panel::request::{Request, Selection};
use crate::report::drift::{local_json, state, step_text, there, was_read};
use crate::report::{DriftReport, SyncReport, Synced, undo};
use crate::reselling::plan::{Planned, token};
use crate::reselling::way::Way;
use crate::root::Root;
use crate::sync::{Options, Wanted, drift, sync};
use crate::xml::Element;
use std::time::Duration;

/// How long a request repairs, and how long it waits for one call. How long the panel and what stands before it wait for a plugin is not
/// known (facts/coremanager 2.4); a minute is what web servers usually do.
const PATIENCE: Duration = Duration::from_secs(25);

/// How many services a refusal names before it says "and more".
const NAMED: usize = 10;

pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let Selection::These(items) = request.services()? else {
        return Ok(if request.submitted() { Shown::Done(None) } else { Shown::Page(Vec::new()) });
    };
    let services = items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let wanted = Wanted::Items(items);
    if request.submitted() { apply(root, request, &wanted) } else { plan(root, request, &wanted, services) }
}

/// The same for taking back a run: `elid` is its name, or that of one of its rows in the journal's list.
pub fn undo(root: &Root, request: &Request) -> Result<Shown, Error> {
    let name = request
        .param("elid")
        .ok_or_else(|| Error::said(Kind::Usage, ("no run is named (elid)", "запуск не назван (elid)")))?;
    let run = name.split('.').next().unwrap_or_default().to_owned();
    let wanted = Wanted::TakenBack(run.clone());
    if request.submitted() { apply(root, request, &wanted) } else { plan(root, request, &wanted, run) }
}

fn plan(root: &Root, request: &Request, wanted: &Wanted, named: String) -> Result<Shown, Error> {
    let report = drift(root, wanted)?;
    let undo = report.undoes.is_some();
    let mut list = Element::new("list").attribute("name", "plan");
    list.children.extend(report.items.iter().map(|planned| planned_row(planned, undo, request.language)));
    Ok(Shown::Page(vec![
        // Opened once per service or once for all: what is sent back is about all of them.
        Element::with_text("elid", named.clone()),
        Element::with_text("summary", summary(&report, wanted, request.language)),
        list,
        Element::with_text("services", named),
        Element::with_text("token", token(&report.items)),
    ]))
}

fn apply(root: &Root, request: &Request, wanted: &Wanted) -> Result<Shown, Error> {
    let options = Options {
        dry_run: false,
        actor: format!("panel user {} from {}", request.user, request.ip),
        // Whoever sends a form without the token it was opened with has not sent the plan that was shown: an empty token is
        // that of no plan. Only root, with mgrctl, may name none.
        token: request.given("token").or((!request.is_root()).then_some("")).map(str::to_owned),
        // The panel's form repairs forward, and what the settings allow.
        allow: Vec::new(),
        way: Way::default(),
        within: Some(PATIENCE),
    };
    let report = sync(root, wanted, &options)?;
    let language = request.language;
    let target = match &report.run {
        Some(run) => format!("func=resellguard.journal&elid={run}"),
        None => match nothing_called(&report, language) {
            Some(text) => return Ok(Shown::Refused(text)),
            None if report.settled.is_empty() => return Ok(Shown::Done(None)),
            None => "func=resellguard.journal".to_owned(),
        },
    };
    let mut result = Element::new("list").attribute("name", "result");
    result.children.extend(report.settled.iter().chain(&report.items).map(|synced| synced_row(synced, language)));
    Ok(Shown::Done(Some((target, vec![result]))))
}

/// The same words for the same service, whether it is a plan or what came of it.
fn planned_row(planned: &Planned, undo: bool, language: Language) -> Element {
    let local = &planned.local;
    let mut shown = row([
        ("item", local.item.to_string()),
        ("name", local.name.clone()),
        ("product", local.itemtype.clone()),
        ("here", state(&local_json(local), language)),
        ("decision", undo::say(planned.decision, undo, language)),
        ("reason", planned.reason.say(language)),
        ("steps", planned.steps.iter().map(step_text).collect::<Vec<_>>().join("; ")),
    ]);
    // To take something back the seller is not asked.
    if !undo {
        shown.children.push(Element::with_text("seller", there(planned, language)));
        let link = if was_read(planned) { planned.link.say(language) } else { String::new() };
        shown.children.push(Element::with_text("link", link));
    }
    shown
}

fn synced_row(synced: &Synced, language: Language) -> Element {
    row([
        ("item", synced.item.to_string()),
        ("name", synced.name.clone()),
        ("product", synced.itemtype.clone()),
        ("outcome", synced.outcome.word().to_owned()),
        ("reason", synced.reason.say(language)),
        ("before", state(&synced.before, language)),
        ("after", state(&synced.after, language)),
        ("steps", synced.steps.iter().map(step_text).collect::<Vec<_>>().join("; ")),
    ])
}

fn summary(report: &DriftReport, wanted: &Wanted, language: Language) -> String {
    let all = report.items.len() as u64;
    let acts = report.items.iter().filter(|planned| planned.decision.acts()).count() as u64;
    let verb = match wanted {
        Wanted::TakenBack(_) => ("taken back", "отменено"),
        _ => ("repaired", "исправлено"),
    };
    let mut sentences = vec![language.choose((
        format!("{acts} of {} will be {}; nothing has been changed yet.", english(all, "service", "services"), verb.0),
        format!("Будет {} {acts} из {}; пока ничего не изменено.", verb.1, russian(all, "услуги", "услуг", "услуг")),
    ))];
    // The form goes the usual way; the others are the command line's.
    sentences.extend((acts > 0).then(|| report.way(language)));
    sentences.extend(report.unread.iter().map(|(account, error)| format!("{account}: {}", error.say(language))));
    sentences.extend(report.unreadable_modules.iter().map(|(_, error)| error.say(language)));
    sentences.extend(report.notes.iter().map(|note| format!("({note})")));
    sentences.join(" ")
}

/// Why nothing was called, except for what was left of an interrupted run; `None` when there was nothing to do.
fn nothing_called(report: &SyncReport, language: Language) -> Option<String> {
    if let Some(failure) = report.failure(language) {
        return Some(failure.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    }
    let refused: Vec<&Synced> = report.items.iter().filter(|synced| synced.outcome != Outcome::InStep).collect();
    if refused.is_empty() {
        return None;
    }
    let nothing = || language.choose(("Nothing was changed.", "Ничего не изменено.")).to_owned();
    let mut lines = vec![report.settled_sentence(language).unwrap_or_else(nothing)];
    lines.extend(refused.iter().take(NAMED).map(|synced| format!("{}: {}", synced.item, synced.reason.say(language))));
    if let Some(more @ 1..) = refused.len().checked_sub(NAMED) {
        lines.push(language.choose((format!("And {more} more."), format!("И ещё {more}."))));
    }
    Some(lines.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reselling::decision::{Decision, Reason};
    use crate::reselling::ids::ItemId;
    use serde_json::Value;

    fn report(outcomes: impl IntoIterator<Item = (u64, Outcome, Reason)>) -> SyncReport {
        let items = outcomes.into_iter().map(|(item, outcome, reason)| Synced {
            item: ItemId(item),
            itemtype: "vds".into(),
            name: String::new(),
            decision: Decision::Wait,
            outcome,
            reason,
            before: Value::Null,
            after: Value::Null,
            steps: Vec::new(),
        });
        SyncReport { items: items.collect(), ..SyncReport::default() }
    }

    #[test]
    fn where_nothing_was_called_the_person_reads_why() {
        let mixed = report([(7, Outcome::InStep, Reason::InStep), (8, Outcome::Refused, Reason::PlanIsStale)]);
        let text = nothing_called(&mixed, Language::En).unwrap();
        assert!(text.starts_with("Nothing was changed. 8: This is not the plan that was shown"), "{text}");
        assert!(!text.contains("7:"), "{text}");
        assert!(nothing_called(&mixed, Language::Ru).unwrap().starts_with("Ничего не изменено. 8: "));
        assert_eq!(nothing_called(&report([(7, Outcome::InStep, Reason::InStep)]), Language::En), None);
    }

    #[test]
    fn a_long_refusal_is_cut_and_says_so() {
        for (count, tail) in [(NAMED, "DoNothing"), (NAMED + 1, "And 1 more.")] {
            let refused = (1..=count as u64).map(|item| (item, Outcome::Refused, Reason::DoNothing));
            let text = nothing_called(&report(refused), Language::En).unwrap();
            assert_eq!(text.matches("DoNothing").count(), NAMED);
            assert!(text.contains(tail) && text.contains("more.") == (count > NAMED), "{text}");
        }
    }
}
