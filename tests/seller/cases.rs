//! `tests/cases/seller/`: an answer of a seller (`NAME.xml`) and what is made of it (`NAME.json`). Adding a case is adding two
//! files.
//!
//! The JSON: `ask` is `whoami`, `journal`, `authlog`, `service.history ID`, a product type, or `TYPE.edit ID`; `gives` is the result in full, or `fails` is the kind of the
//! error and words that it says.

use crate::plain;
use crate::scripted::{Answer, Scripted};
use resellguard::error::Error;
use resellguard::seller::{Seller, Trail};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn every_documented_answer_is_read_as_the_cases_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/seller");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    names.sort();
    assert!(names.len() > 20, "the cases are missing");
    let mut wrong = Vec::new();
    for path in names {
        let case: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        let server = Scripted::start(vec![Answer::xml(std::fs::read(&path).unwrap()), Answer::xml("<doc/>")]);
        let found = ask(&plain(server.address), case["ask"].as_str().unwrap());
        let good = match (&found, case.get("gives"), case.get("fails")) {
            (Ok(found), Some(gives), None) => found == gives,
            (Err(error), None, Some(fails)) => {
                let says = fails["says"].as_str().unwrap();
                format!("{:?}", error.kind) == fails["kind"] && error.detail.contains(says)
            }
            _ => false,
        };
        if !good {
            let found = found.map_or_else(|error| format!("{error:?}"), |found| format!("{found:#}"));
            wrong.push(format!("{}: {found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn ask(seller: &Seller, question: &str) -> Result<Value, Error> {
    if question == "whoami" {
        return seller.whoami().map(|whoami| json!(whoami));
    }
    if let Some((itemtype, id)) = question.split_once(".edit ") {
        let form = seller.form(itemtype, id)?;
        return Ok(json!({
            "status": form.status(),
            "service_status": form.service_status(),
            "remoteid": form.remoteid(),
            "expires": form.expires().map(|day| day.to_string()),
            "ip": form.ip(),
            "domain": form.domain(),
            "username": form.username(),
            "certificate": form.certificate()?,
        }));
    }
    let trail = match question.split_once(' ').unwrap_or((question, "")) {
        ("journal", _) => Some(Trail::Journal),
        ("authlog", _) => Some(Trail::Authlog),
        ("service.history", id) => Some(Trail::History(id)),
        _ => None,
    };
    if let Some(trail) = trail {
        let traces = seller.trail(trail)?;
        let shown = traces.iter().map(|trace| json!([trace.time, trace.user, trace.ip, trace.what]));
        return Ok(shown.collect());
    }
    let listing = seller.listing(question)?;
    let services: Vec<Value> = listing
        .services
        .iter()
        .map(|service| {
            json!({
                "id": service.id,
                "remoteid": service.remoteid,
                "status": service.status,
                "status_text": service.status_text,
                "service_status": service.service_status,
                "created": service.created.map(|day| day.to_string()),
                "expires": service.expires.map(|day| day.to_string()),
                "names": service.names,
            })
        })
        .collect();
    Ok(json!({
        "services": services,
        "total_said": listing.total_said,
        "incomplete": listing.incomplete,
        "shows_remoteid": listing.shows_remoteid,
    }))
}
