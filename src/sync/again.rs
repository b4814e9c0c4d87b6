//! The seller's lists read again in a run, for services whose form does not tell their state: once for many services, for a list may
//! take longer than all calls together.

use crate::error::Error;
use crate::reading::AccountHere;
use crate::reselling::plan::Planned;
use crate::reselling::service::SellerService;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// What was read longer ago says too little about now, and is read again.
const HOLDS: Duration = Duration::from_mins(1);

type Read = (Instant, Vec<SellerService>);

/// What the lists said the second time about the services of a run.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// The seller's ids that matter.
    ids: HashSet<String>,
    /// By account and product.
    lists: RefCell<HashMap<(String, String), Read>>,
}

impl Again {
    pub fn new(items: &[Planned]) -> Self {
        let acting = items.iter().filter(|planned| planned.decision.acts());
        let ids = acting.filter_map(|planned| planned.seller.as_ref()).map(|row| row.id.clone());
        Self { ids: ids.collect(), lists: RefCell::default() }
    }

    /// Whether the list still shows the row in the state that it was planned with.
    ///
    /// # Errors
    /// As `Seller::walk`.
    pub fn same(&self, account: &AccountHere, row: &SellerService) -> Result<bool, Error> {
        let key = (account.account.to_string(), row.itemtype.clone());
        let mut lists = self.lists.borrow_mut();
        let holds = lists.get(&key).is_some_and(|(at, _)| at.elapsed() < HOLDS);
        if !holds {
            let mut kept = Vec::new();
            account.seller()?.walk(&row.itemtype, |page| {
                kept.extend(page.into_iter().filter(|row| self.ids.contains(&row.id)));
                Ok(())
            })?;
            lists.insert(key.clone(), (Instant::now(), kept));
        }
        let same = |other: &SellerService| {
            (&other.id, other.status, other.service_status) == (&row.id, row.status, row.service_status)
                && (other.remoteid.is_none() || other.remoteid == row.remoteid)
        };
        Ok(lists.get(&key).is_some_and(|(_, rows)| rows.iter().any(same)))
    }
}
