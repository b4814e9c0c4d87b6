//! `resellguard.drift`: services whose status differs from the seller's, with the decision for each.

use super::{Shown, row};
use crate::error::Error;
use crate::journal::{Journal, Retry};
use crate::language::{Language, Say};
use crate::panel::request::Request;
use crate::report::SetAside;
use crate::report::drift::{local_json, state, there};
use crate::reselling::plan::Planned;
use crate::root::Root;
use crate::sync::{Wanted, drift, set_aside};
use crate::xml::Element;

/// All services of all reselling modules; only differences are shown. Services of a seller that could not be read are among
/// them, with that as their reason; and of one that the automatic repair has given up, that is said.
pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let report = drift(root, &Wanted::Differences)?;
    let aside = set_aside(&Journal::open(root)?)?;
    Ok(Shown::Page(report.items.iter().map(|planned| planned_row(planned, &aside, request.language)).collect()))
}

fn planned_row(planned: &Planned, aside: &[Retry], language: Language) -> Element {
    let local = &planned.local;
    let mut reason = planned.reason.say(language);
    if let Some(retry) = aside.iter().find(|retry| retry.item == local.item) {
        reason = format!("{reason} {}", SetAside(retry).say(language));
    }
    row([
        ("id", local.item.to_string()),
        ("name", local.name.clone()),
        ("itemtype", local.itemtype.clone()),
        ("module", planned.module.map(|module| module.to_string()).unwrap_or_default()),
        ("here", state(&local_json(local), language)),
        ("seller", there(planned, language)),
        ("link", planned.link.word().to_owned()),
        ("decision", planned.decision.word().to_owned()),
        ("reason", reason),
    ])
}
