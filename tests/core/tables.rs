//! The three tables: link, decision (with its steps), evidence (with its verdict).

use super::cases::{self, DecisionCase, LinkCase};
use super::observation::{EvidenceCase, ModuleHere};
use resellguard::language::Say;
use resellguard::reselling::carried::{Before, Carried, Fold, Lookup};
use resellguard::reselling::circumstance::circumstances;
use resellguard::reselling::decision::{Surroundings, decide};
use resellguard::reselling::exclusivity::{Memory, Observation, end_with_password, evidence};
use resellguard::reselling::link::{Linked, Rows};
use resellguard::reselling::plan::{Delivered, Step, reached, steps};
use resellguard::reselling::service::{LocalService, SellerService};
use resellguard::reselling::verdict::{Evidence, Sign, WouldChange, judge};
use std::fmt::Debug;

#[test]
fn services_are_linked() {
    cases::run("link", |case: &LinkCase| {
        let local = case.local.service();
        let rows: Vec<SellerService> = case.rows.iter().map(cases::Row::service).collect();
        let others: Vec<LocalService> = case.others.iter().map(cases::Local::service).collect();
        let linked = Rows::new(&rows).beside(&others).link(&local);
        same("link", &word(&linked.link).to_lowercase(), &case.expect.link)?;
        same("row", &linked.seller.map(|row| row.id.clone()), &case.expect.row)?;
        same("doubt", &linked.doubt.as_ref().map(word), &case.expect.doubt)?;
        same("corroborated", &linked.corroborated, &case.expect.corroborated)
    });
}

#[test]
fn services_are_decided_on() {
    cases::run("decision", |case: &DecisionCase| {
        let local = case.local.service();
        let rows: Vec<SellerService> = case.rows.iter().map(cases::Row::service).collect();
        let linked = Rows::new(&rows).link(&local);
        let cases::Around { verdict, do_nothing, allow, now } = &case.around;
        let (others_may_read, do_nothing, now) = (verdict.others_may_read(), *do_nothing, *now);
        let (decision, reason) = decide(&local, &linked, Surroundings { others_may_read, do_nothing, allow, now });
        same("decision", &decision.word(), &case.expect.decision.as_str())?;
        let said = format!("{reason:?}");
        let rest = said.strip_prefix(&case.expect.reason);
        if rest.is_none_or(|rest| rest.starts_with(char::is_alphanumeric)) {
            return Err(format!("reason is {said}, expected {}", case.expect.reason));
        }
        said_in_both_languages(&reason)?;
        let calls = steps(decision, &local, &delivered(&local, &linked));
        let plan: Vec<String> = calls.iter().map(line).collect();
        if decision.acts() == plan.is_empty() {
            return Err(format!("{} has the steps {plan:?}", decision.word()));
        }
        if reached(decision, &calls, &local) {
            return Err("is reached before any step".to_owned());
        }
        case.expect.steps.as_ref().map_or(Ok(()), |expected| same("steps", &plan, expected))
    });
}

#[test]
fn evidence_is_found_and_judged() {
    cases::run("evidence", |case: &EvidenceCase| {
        let modules: Vec<_> = case.modules.iter().map(ModuleHere::module).collect();
        let waiting: Vec<_> = case.waiting.iter().map(cases::Local::service).collect();
        let rows: Vec<_> = case.rows.iter().map(cases::Row::service).collect();
        let heard = case.heard();
        let memory = Memory {
            watched_since: Some(case.watched_since),
            active_since: case.active_since(),
            undelivered: case.undelivered(),
            polls: case.polls.clone(),
            losses: case.losses(),
            same_password_since: case.same_password_since,
        };
        let observe = |carried: &Carried| {
            let seen = Observation {
                now: case.now,
                local_now: case.now.to_zoned_datetime(jiff::tz::TimeZone::UTC).datetime(),
                stuck_after: case.stuck_after,
                modules: &modules,
                waiting: &waiting,
                sight: case.sight(),
                carried,
                memory: &memory,
                heard: &heard,
                elsewhere: &case.elsewhere(),
                scheduled: case.scheduled(),
                stopped: case.stopped,
                blocked: case.blocked,
            };
            let mut found = evidence(&seen);
            for one in &mut found {
                if let Some(first) = case.first_seen.get(&format!("{} {}", one.sign.kind(), one.sign.subject())) {
                    one.first_seen = *first;
                }
            }
            end_with_password(&mut found, case.same_password_since);
            (found, circumstances(&seen))
        };
        let (found, told) = observe(&carried(case, &waiting, &rows, rows.len().max(1)));
        same("evidence", &found.iter().map(shown).collect(), &case.expect.evidence)?;
        same("circumstances", &told.iter().map(word).collect(), &case.expect.circumstances)?;
        let (verdict, rule) = judge(case.sight(), &found);
        same("verdict", &verdict, &case.expect.verdict)?;
        same("rule", &word(&rule), &case.expect.rule)?;
        // However many rows the seller puts on a page.
        let paged = observe(&carried(case, &waiting, &rows, 1));
        same("page by page", &paged, &(found.clone(), told.clone()))?;
        said_in_both_languages(&rule)?;
        said_in_both_languages(&WouldChange(rule))?;
        told.iter().try_for_each(said_in_both_languages)?;
        found.iter().try_for_each(|one| said_in_both_languages(&one.sign))
    });
}

/// The rows as the check folds them: list by list, as the seller shows them, each in pages of `size`.
fn carried(case: &EvidenceCase, waiting: &[LocalService], rows: &[SellerService], size: usize) -> Carried {
    let before = Before { waiting, highest_item: case.highest, history_since: case.history_since() };
    let mut fold = Fold::new(before);
    let lookup = Lookup { known: case.known(), remembered: case.remembered.clone(), ordered: case.ordered() };
    for list in &case.lists {
        fold.begin(list);
        let of_list: Vec<SellerService> = rows
            .iter()
            .chain(&case.first_order())
            .filter(|row| case.mixed || row.itemtype == *list)
            .map(|row| SellerService { itemtype: list.clone(), ..row.clone() })
            .collect();
        of_list.chunks(size).for_each(|page| fold.page(page, &lookup));
    }
    fold.finish(&Some(case.recorded()))
}

/// What the seller's row and form hand over, as the plan gets it; a certificate that is stored here is taken for the same one.
pub fn delivered(local: &LocalService, linked: &Linked<'_>) -> Delivered {
    Delivered {
        certificate: Some("PEM".to_owned()),
        expires: linked.seller.and_then(|row| row.expires),
        service_status: linked.seller.and_then(|row| row.service_status),
        names: linked.seller.map(|row| row.names.clone()).unwrap_or_default(),
        stored_here: local.certificate_stored,
    }
}

pub fn line(step: &Step) -> String {
    let params = step.params.iter().map(|(name, value)| format!("{name}={value}"));
    std::iter::once(step.call.clone()).chain(params).collect::<Vec<_>>().join(" ")
}

fn shown(evidence: &Evidence) -> String {
    let severity = word(&evidence.severity).to_lowercase();
    let line = format!("{} {severity} {}", evidence.sign.kind(), evidence.sign.subject());
    match &evidence.sign {
        Sign::ForeignRemoteid { why, .. } => format!("{line} {why:?}"),
        _ => line,
    }
}

/// The name of the variant.
pub fn word(variant: &impl Debug) -> String {
    format!("{variant:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

pub fn same<T: PartialEq + Debug>(what: &str, is: &T, expected: &T) -> Result<(), String> {
    if is == expected { Ok(()) } else { Err(format!("{what} is {is:?}, expected {expected:?}")) }
}

pub fn said_in_both_languages(what: &(impl Say + Debug)) -> Result<(), String> {
    let (english, russian) = what.pair();
    let russian_letters = russian.chars().any(|letter| ('а'..='я').contains(&letter));
    if english.is_empty() || !russian_letters || english.chars().any(|letter| ('а'..='я').contains(&letter)) {
        return Err(format!("{what:?} is not said in both languages: {english:?}, {russian:?}"));
    }
    Ok(())
}
