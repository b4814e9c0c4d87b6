//! What has to be known about a repair besides its reason: nothing that speaks against it, and nothing to pass over in silence.

use super::decision::{Decision, Reason};
use super::link::Link;
use super::plan::Planned;
use super::product::product;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remark {
    /// The id that is stored here as the seller's is no row of the seller's list. It may be a buyer's.
    StoredIdIsNoRow { stored: String },
    /// The seller shows something under these names that is no such thing, so it is not copied.
    LeftOut { names: Vec<String> },
    /// What was paid here has run out while the service waited.
    PaidUntil { at: String },
}

impl Reason {
    /// The same reason with what has to be known besides.
    #[must_use]
    pub fn with(self, remarks: &[Remark]) -> Self {
        if remarks.is_empty() {
            return self;
        }
        Self::Remarked { reason: Box::new(self), remarks: remarks.to_vec() }
    }

    /// What has to be known besides.
    pub fn remarks(&self) -> &[Remark] {
        match self {
            Self::Remarked { remarks, .. } => remarks,
            _ => &[],
        }
    }
}

/// What has to be known about this plan; nothing where nothing is going to be done.
pub fn remarks(planned: &Planned, today: Date) -> Vec<Remark> {
    let (local, Some(row)) = (&planned.local, &planned.seller) else { return Vec::new() };
    if !planned.decision.acts() {
        return Vec::new();
    }
    let mut remarks = Vec::new();
    // Of a row that is there the link would be `both`, or a contradiction.
    if let (Link::RemoteId, Some(stored)) = (planned.link, &local.stored_seller_id) {
        remarks.push(Remark::StoredIdIsNoRow { stored: stored.clone() });
    }
    let copied = product(&local.itemtype).copied;
    let wanted = |name: &&String| copied.contains(&name.as_str()) && !local.names.contains_key(*name);
    let names: Vec<String> = row.left_out.iter().filter(wanted).cloned().collect();
    if planned.decision == Decision::Open && !names.is_empty() {
        remarks.push(Remark::LeftOut { names });
    }
    let prolongs = planned.steps.iter().any(|step| step.call == "service.setexpiredate");
    if let Some(at) = local.expires.filter(|at| *at < today && planned.decision.forward() && !prolongs) {
        remarks.push(Remark::PaidUntil { at: at.to_string() });
    }
    remarks
}
