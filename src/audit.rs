//! `seller audit`: on a panel that sells, which customers' accounts are read by several panels. Reads the panel's own database and its
//! own log, changes nothing and asks nobody.

use crate::billmgr::{Buyer, Config, Database};
use crate::error::Error;
use crate::modulelog::{Files, requests};
use crate::report::{AuditReport, Audited};
use crate::reselling::audit;
use crate::reselling::usage::{Call, Usage};
use crate::root::Root;
use crate::settings::Settings;
use std::collections::HashMap;

/// The panel's own log.
const LOG: &str = "billmgr.log";

/// # Errors
/// `Kind::Settings`, `PanelFiles` or `Database`. A log that is missing or cannot be read is a note.
pub fn audit(root: &Root) -> Result<AuditReport, Error> {
    let settings = Settings::read(root)?;
    let database = Database::open(&Config::read(root)?)?;
    let buyers = database.buyers(&settings.reselling.modules)?;
    let mut notes = database.buyers_notes();
    let files = Files::named(root, LOG);
    if files.files.is_empty() {
        notes.push(format!("there is no var/{LOG}: who calls is not seen"));
    }
    let people: HashMap<u64, (usize, &str)> = (0..)
        .zip(&buyers)
        .flat_map(|(index, buyer)| buyer.people.iter().map(move |person| (person.id, (index, person.login.as_str()))))
        .collect();
    let mut usages: Vec<Usage> = buyers.iter().map(|_| Usage::default()).collect();
    let mut newest = None;
    let (since, skipped) = requests(&files, |at, request| {
        newest = newest.max(Some(at));
        let Some((index, login)) = people.get(&request.user) else { return };
        // A number that is another person's since the database was restored, or a name made to look like one.
        if !login.eq_ignore_ascii_case(&request.name) && login.to_lowercase() != request.name.to_lowercase() {
            return;
        }
        let resale = request.remoteid && request.function.split('.').any(|part| part == "order");
        if let Some(usage) = usages.get_mut(*index) {
            usage.add(&Call { at, address: request.address, function: &request.function, resale });
        }
    });
    notes.extend(skipped.iter().map(|file| format!("{} was not read to its end: {}", file.path.display(), file.why)));
    let log = since.zip(newest).map_or(0, |(since, newest)| newest.duration_since(since).as_secs());
    let accounts = buyers.iter().zip(&usages).map(|(buyer, usage)| audited(buyer, usage, log)).collect();
    Ok(AuditReport { accounts, since, notes })
}

fn audited(buyer: &Buyer, usage: &Usage, log: i64) -> Audited {
    let (verdict, traits, blind) = audit::audit(usage, &buyer.bought, &buyer.sessions, log);
    let mut notes = Vec::new();
    if buyer.cut {
        notes.push("only the first services of many were looked at".to_owned());
    }
    Audited {
        account: buyer.name.clone(),
        id: buyer.account,
        services: buyer.bought.len(),
        people: buyer.people.iter().map(|person| (person.login.clone(), person.email.clone())).collect(),
        verdict,
        blind,
        traits,
        notes,
    }
}
