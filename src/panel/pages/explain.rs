//! `resellguard.explain`: why one service is where it is, as a form with nothing to send.

use super::Shown;
use crate::error::{Error, Kind};
use crate::explain::{Options, Source, explain};
use crate::language::{Language, Say};
use crate::panel::request::{Request, Selection};
use crate::report::drift::step_text;
use crate::report::explanation::{before_plan, evidence};
use crate::reselling::plan::Planned;
use crate::root::Root;
use crate::xml::Element;

/// `elid` is the service, one at a time.
pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let Selection::These(items) = request.services()? else { return Err(several()) };
    let [item] = items.as_slice() else { return Err(several()) };
    let item = *item;
    if request.submitted() {
        return Ok(Shown::Done(None));
    }
    let explained = explain(root, item, Options::default())?;
    let language = request.language;
    let mut fields = vec![
        Element::with_text("elid", item.to_string()),
        Element::with_text("conclusion", explained.conclusion.say(language)),
    ];
    for (source, lines) in evidence(&explained, language) {
        fields.push(Element::with_text(field(source), lines.join("\n")));
    }
    let steps = explained.plan.as_ref().map(|planned| plan(planned, language));
    let plan = before_plan(&explained, language).into_iter().chain(steps).collect::<Vec<_>>().join("\n");
    fields.push(Element::with_text("plan", plan));
    Ok(Shown::Page(fields))
}

fn several() -> Error {
    Error::said(
        Kind::Usage,
        (
            "several services are named (elid); one is explained at a time",
            "названо несколько услуг (elid), а объясняется по одной",
        ),
    )
}

/// The form's field for a source; the words of the contract, but for `service`, which is a list of the panel.
fn field(source: Source) -> &'static str {
    match source {
        Source::Service => "here",
        Source::Seller => "seller",
        Source::Account => "account",
        Source::Log => "log",
    }
}

fn plan(planned: &Planned, language: Language) -> String {
    let mut lines = vec![planned.decision.say(language), planned.reason.say(language)];
    lines.extend(planned.steps.iter().map(step_text));
    lines.join("\n")
}
