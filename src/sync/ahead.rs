//! The seller's side of the next service, read while the panel is at the one before: the pace at the seller and the panel's calls
//! then take their time beside each other, not one after the other.

use crate::error::{Error, Kind};
use crate::reading::Here;
use crate::reselling::ids::ItemId;
use crate::reselling::plan::Planned;
use crate::seller::{Seller, ServiceForm};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// What was read longer ago, because a call took its time, is read again.
const HOLDS: Duration = Duration::from_secs(5);

type Form = Result<ServiceForm, Error>;

/// The one form that is being read, if any.
pub(super) struct Ahead<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    here: &'env Here,
    reading: Option<(ItemId, ScopedJoinHandle<'scope, (Form, Instant)>)>,
}

impl<'scope, 'env> Ahead<'scope, 'env> {
    pub fn new(scope: &'scope Scope<'scope, 'env>, here: &'env Here) -> Self {
        Self { scope, here, reading: None }
    }

    /// Begins to read the form of a service that acts.
    pub fn begin(&mut self, planned: &Planned) {
        let Some((seller, itemtype, id)) = whom(self.here, planned) else { return };
        let reading = self.scope.spawn(move || (seller.form(&itemtype, &id), Instant::now()));
        self.reading = Some((planned.local.item, reading));
    }

    /// The form of this service, of a moment ago or of now.
    ///
    /// # Errors
    /// As `Seller::form`.
    pub fn form(&mut self, planned: &Planned) -> Form {
        let reading = self.reading.take().filter(|(item, _)| *item == planned.local.item);
        match reading.and_then(|(_, reading)| reading.join().ok()) {
            Some((form, at)) if at.elapsed() < HOLDS => form,
            _ => {
                let nobody = || Error::new(Kind::Internal, "the service has no row at a seller");
                let (seller, itemtype, id) = whom(self.here, planned).ok_or_else(nobody)?;
                seller.form(&itemtype, &id)
            }
        }
    }
}

/// Whom to ask for what.
fn whom<'a>(here: &'a Here, planned: &Planned) -> Option<(&'a Seller, String, String)> {
    let row = planned.seller.as_ref()?;
    let seller = here.account_of(planned.module?)?.seller().ok()?;
    Some((seller, row.itemtype.clone(), row.id.clone()))
}
