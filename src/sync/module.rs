//! The way by the module (`--via module`): the first service of each product is a canary, and the seller's side has to be the same
//! afterwards; otherwise the run ends there.

use super::apply::Repair;
use super::steps::Came;
use crate::error::{Error, Kind};
use crate::journal::Outcome;
use crate::language::{Language, Say};
use crate::reading::Here;
use crate::reselling::decision::Reason;
use crate::reselling::ids::ModuleId;
use crate::reselling::plan::Planned;
use crate::reselling::service::SellerService;
use crate::reselling::way::{Hitch, PROGRAM};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Which service of which seller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Which {
    module: ModuleId,
    itemtype: String,
    id: String,
}

/// What of the seller's service must not change: of a canary its whole row, of every one what its form says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct There {
    which: Which,
    /// Its status, and all of it.
    row: Option<(String, String)>,
    fields: BTreeMap<String, Option<String>>,
}

/// The fields of a form that say what a service is (facts/billmanager 6.2).
const FIELDS: [&str; 13] = [
    "status",
    "service_status",
    "remoteid",
    "expiredate",
    "real_expiredate",
    "pricelist",
    "period",
    "autoprolong",
    "domain",
    "ip",
    "username",
    "ostempl",
    "crt",
];

/// The products of which a service went through this run well.
#[derive(Debug, Default)]
pub(super) struct Proven(RefCell<BTreeSet<String>>);

impl Proven {
    pub fn has(&self, itemtype: &str) -> bool {
        self.0.borrow().contains(itemtype)
    }

    pub fn add(&self, itemtype: &str) {
        self.0.borrow_mut().insert(itemtype.to_owned());
    }
}

impl Repair<'_> {
    /// The module does it; the seller's side has to be the same afterwards. A canary that fails ends the run, and so does a
    /// seller's side that changed or cannot be read.
    pub fn by_module(&self, planned: &Planned, entry: i64) -> Came {
        let itemtype = &planned.local.itemtype;
        let canary = !self.proven.has(itemtype);
        let before = which(planned).and_then(|which| there(self.here, which, canary));
        let before = match before {
            Ok(before) => before,
            Err(error) => {
                return Came::nothing(Outcome::Failed, Reason::NotReadAgain { detail: error.to_string() });
            }
        };
        let mut came = self.call_and_read_back(planned, entry, Some(json!(before)));
        if !came.made.iter().any(|step| step.call.starts_with(PROGRAM)) {
            return came;
        }
        let hitch = changed(self.here, &before)
            .unwrap_or_else(|error| Some(Hitch::SellerUnclear { detail: error.to_string() }));
        if let Some(hitch) = hitch {
            log::error!("service {}: {}", planned.local.item, hitch.say(Language::En));
            (came.outcome, came.reason) = (Outcome::Failed, Reason::Way(hitch));
            self.stopped.set(Some(planned.local.item));
        } else if came.outcome == Outcome::Done {
            self.proven.add(itemtype);
        } else if canary {
            self.stopped.set(Some(planned.local.item));
        }
        came
    }
}

/// What the module did at the seller in a run that was interrupted, compared with what that run has kept before the call; `None`
/// when nothing is another.
///
/// # Errors
/// The seller cannot be read.
pub(super) fn since(here: &Here, kept: Value) -> Result<Option<Hitch>, Error> {
    match serde_json::from_value::<There>(kept) {
        Ok(before) => changed(here, &before),
        Err(_) => Ok(None),
    }
}

/// What is another at the seller than before; a service that is not there any more is.
fn changed(here: &Here, before: &There) -> Result<Option<Hitch>, Error> {
    let detail = match there(here, before.which.clone(), before.row.is_some()) {
        Err(error) if error.kind == Kind::NotFound => Some(error.detail),
        after => difference(before, &after?),
    };
    Ok(detail.map(|detail| Hitch::SellerChanged { detail }))
}

fn gone() -> Error {
    Error::new(Kind::NotFound, "the service is not to be found at the seller")
}

fn which(planned: &Planned) -> Result<Which, Error> {
    let (row, module) = planned.seller.as_ref().zip(planned.module).ok_or_else(gone)?;
    Ok(Which { module, itemtype: row.itemtype.clone(), id: row.id.clone() })
}

/// Reads the seller's side of one service.
///
/// # Errors
/// It cannot be read, or the row is not in the list any more.
fn there(here: &Here, which: Which, canary: bool) -> Result<There, Error> {
    let seller = here.account_of(which.module).ok_or_else(gone)?.seller()?;
    let form = seller.form(&which.itemtype, &which.id)?;
    let fields = FIELDS.map(|name| (name.to_owned(), form.get(name).map(str::to_owned))).into_iter().collect();
    let found = |services: Vec<SellerService>| services.into_iter().find(|other| other.id == which.id);
    let shown = |row: SellerService| (row.status.word().to_owned(), format!("{row:?}"));
    let row =
        if canary { Some(found(seller.listing(&which.itemtype)?.services).map(shown).ok_or_else(gone)?) } else { None };
    Ok(There { which, row, fields })
}

/// What differs, for a person; `None` when nothing does.
fn difference(before: &There, after: &There) -> Option<String> {
    if before == after {
        return None;
    }
    let pairs = before.fields.iter().map(|(name, old)| (name, old, after.fields.get(name).unwrap_or(&None)));
    let shown = |text: &Option<String>| text.as_deref().unwrap_or("nothing").chars().take(40).collect::<String>();
    let mut words: Vec<String> = pairs
        .filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| format!("{name}: {} -> {}", shown(old), shown(new)))
        .collect();
    if words.is_empty() {
        let status = |there: &There| there.row.as_ref().map_or("unknown", |(status, _)| status).to_owned();
        words.push(format!("its row in the list, {} -> {}", status(before), status(after)));
    }
    Some(words.join(", "))
}
