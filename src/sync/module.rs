//! The way by the module (`--via module`): the first service of each product is a canary, and the seller's side has to be the same
//! afterwards; otherwise the run ends there.

use super::apply::Repair;
use super::steps::Came;
use crate::error::{Error, Kind};
use crate::journal::Outcome;
use crate::language::{Language, Say};
use crate::reading::Here;
use crate::reselling::decision::Reason;
use crate::reselling::plan::Planned;
use crate::reselling::service::SellerService;
use crate::reselling::status::Status;
use crate::reselling::way::Hitch;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What of the seller's service must not change: of a canary its whole row, of every one what its form says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct There {
    row: Option<SellerService>,
    fields: Vec<(&'static str, Option<String>)>,
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
        let before = match there(self.here, planned, canary) {
            Ok(before) => before,
            Err(error) => {
                return Came::nothing(Outcome::Failed, Reason::NotReadAgain { detail: error.to_string() });
            }
        };
        let mut came = self.call_and_read_back(planned, entry);
        if came.made.is_empty() {
            return came;
        }
        let hitch = match there(self.here, planned, canary) {
            Err(error) => Some(Hitch::SellerUnclear { detail: error.to_string() }),
            Ok(after) => difference(&before, &after).map(|detail| Hitch::SellerChanged { detail }),
        };
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

/// Reads the seller's side of one service.
///
/// # Errors
/// It cannot be read, or the row is not in the list any more.
fn there(here: &Here, planned: &Planned, canary: bool) -> Result<There, Error> {
    let gone = || Error::new(Kind::NotFound, "the service is not to be found at the seller");
    let row = planned.seller.as_ref().ok_or_else(gone)?;
    let account = planned.module.and_then(|module| here.account_of(module)).ok_or_else(gone)?;
    let seller = account.seller()?;
    let form = seller.form(&row.itemtype, &row.id)?;
    let fields = FIELDS.map(|name| (name, form.get(name).map(str::to_owned))).to_vec();
    let found = |services: Vec<SellerService>| services.into_iter().find(|other| other.id == row.id);
    let row = if canary { Some(found(seller.listing(&row.itemtype)?.services).ok_or_else(gone)?) } else { None };
    Ok(There { row, fields })
}

/// What differs, for a person; `None` when nothing does.
fn difference(before: &There, after: &There) -> Option<String> {
    if before == after {
        return None;
    }
    let pairs = before.fields.iter().zip(&after.fields).filter(|(old, new)| old != new);
    let shown = |text: &Option<String>| text.as_deref().unwrap_or("nothing").chars().take(40).collect::<String>();
    let mut words: Vec<String> =
        pairs.map(|((name, old), (_, new))| format!("{name}: {} -> {}", shown(old), shown(new))).collect();
    let status = |there: &There| there.row.as_ref().map_or(Status::Unknown, |row| row.status);
    if words.is_empty() {
        words.push(format!("its row in the list, {} -> {}", status(before).word(), status(after).word()));
    }
    Some(words.join(", "))
}
