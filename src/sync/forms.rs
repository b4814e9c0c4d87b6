//! Whose services they are, where the seller's list does not say: asked of the forms of those that could be ours
//! (facts/billmanager 12, 3). A bounded number of questions; what was not asked is told.
//!
//! Not for deciding: what a form says becomes part of the row, and the link is made from the rows as always.

use crate::error::Kind;
use crate::reading::AccountHere;
use crate::reselling::ids::ItemId;
use crate::reselling::link::candidates;
use crate::reselling::service::{LocalService, SellerService};
use std::collections::{HashMap, HashSet};

/// Forms for one service: the stored id, equal names and the nearest orders come first.
const FOR_ONE: usize = 10;
/// Forms for one product in one plan; a quarter of a minute at the usual pace.
const FOR_ALL: usize = 60;

/// What was found out about a service that the list alone does not link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Forms that could be read and show whose service it is.
    pub told: usize,
    /// Candidates whose forms were not asked, or did not answer.
    pub left: usize,
}

/// The rows with the ids that their forms show, and how far each service was looked for.
pub(super) struct Named {
    pub rows: Vec<SellerService>,
    pub asked: HashMap<ItemId, Asked>,
}

/// Asks for these services.
pub(super) fn name_rows<'a>(
    account: &AccountHere,
    services: impl Iterator<Item = &'a LocalService>,
    rows: &[SellerService],
) -> Named {
    let mut answers: HashMap<&str, Option<Option<String>>> = HashMap::new();
    let mut asked = HashMap::new();
    let mut silent = HashSet::new();
    for local in services {
        let found = candidates(local, rows);
        let mut one = Asked { told: 0, left: found.len().saturating_sub(FOR_ONE) };
        for row in found.into_iter().take(FOR_ONE) {
            if !answers.contains_key(row.id.as_str()) {
                if answers.len() >= FOR_ALL || silent.contains(&row.itemtype) {
                    one.left += 1;
                    continue;
                }
                let answer = account.form(&row.itemtype, &row.id);
                if let Err(error) = &answer {
                    log::debug!("the form of the seller's service {}: {error}", row.id);
                    // A seller that does not answer one question will not answer the next sixty either.
                    if error.kind != Kind::NotFound {
                        silent.insert(row.itemtype.clone());
                    }
                }
                let told = answer.ok().filter(|form| form.has("remoteid")).map(|form| form.remoteid());
                answers.insert(&row.id, told);
            }
            match answers.get(row.id.as_str()) {
                Some(Some(_)) => one.told += 1,
                _ => one.left += 1,
            }
        }
        asked.insert(local.item, one);
    }
    let named = rows.iter().map(|row| {
        let told = answers.get(row.id.as_str()).cloned().flatten().flatten();
        SellerService { remoteid: row.remoteid.clone().or(told), ..row.clone() }
    });
    Named { rows: named.collect(), asked }
}
