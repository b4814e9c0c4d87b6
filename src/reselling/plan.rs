//! What a decision means in calls of the panel, and how to know afterwards that they took effect. Pure.
//!
//! The calls and their order: facts/billmanager 2.3 and 3.1. Never `service.postopen` for a certificate, never SQL (the one
//! exception is a way of its own, `way`).

use super::decision::{Decision, Reason};
use super::ids::{ItemId, ModuleId};
use super::link::Link;
use super::product::product;
use super::service::{LocalService, SellerService};
use super::status::Status;
use super::way;
use jiff::civil::Date;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use std::collections::BTreeMap;

/// One call of a function of this panel, or another step of a way (`way::by`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub call: String,
    /// In the order they are given. Never a secret.
    pub params: Vec<(String, String)>,
}

impl Step {
    pub(super) fn new(call: impl Into<String>, item: ItemId, params: &[(&str, &str)]) -> Self {
        let mut all = vec![("elid".to_owned(), item.to_string())];
        all.extend(params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        all.push(("sok".to_owned(), "ok".to_owned()));
        Self { call: call.into(), params: all }
    }

    /// The value of a parameter; empty when there is none.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Params<'a>(&'a [(String, String)]);
        impl Serialize for Params<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.0.len()))?;
                for (name, value) in self.0 {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
        let mut step = serializer.serialize_struct("Step", 2)?;
        step.serialize_field("call", &self.call)?;
        step.serialize_field("params", &Params(&self.params))?;
        step.end()
    }
}

/// What the seller's form of one service adds to its row; read only for services that will be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The issued certificate, PEM, checked.
    pub certificate: Option<String>,
    /// This very certificate is stored here already.
    pub stored_here: bool,
    pub expires: Option<Date>,
    /// A domain's own state, when the seller shows it.
    pub service_status: Option<i64>,
    /// `ip`, `domain`, `username`, ...: what the seller assigned.
    pub names: BTreeMap<String, String>,
}

/// One service with everything that was concluded about it.
#[derive(Clone, Debug)]
pub struct Planned {
    pub local: LocalService,
    pub module: Option<ModuleId>,
    pub link: Link,
    pub seller: Option<SellerService>,
    pub decision: Decision,
    pub reason: Reason,
    pub steps: Vec<Step>,
}

impl Planned {
    /// It will not be done after all.
    pub fn refuse(&mut self, decision: Decision, reason: Reason) {
        (self.decision, self.reason) = (decision, reason);
        self.steps.clear();
    }
}

/// The calls for one service, in order; nothing for a decision that changes nothing.
///
/// Copied is what the module would have copied and what is empty here, by the table of `product`; never a password. What took
/// effect already, in a run that was interrupted, is not called again.
pub fn steps(decision: Decision, local: &LocalService, delivered: &Delivered) -> Vec<Step> {
    let item = local.item;
    match decision {
        Decision::Open => open(local, delivered),
        Decision::StoreCertificate => {
            // Without the certificate there is nothing to activate the service with.
            let Some(certificate) = &delivered.certificate else { return Vec::new() };
            let mut steps = Vec::new();
            if !delivered.stored_here {
                steps.push(Step::new("certificate.save", item, &[("crt", certificate)]));
            }
            let status = set_status(local, Some(5));
            let expiry = set_expiry(local, delivered);
            if local.status == Status::Active {
                // Nothing is left to activate: the status, by which the work counts as done, comes last.
                steps.extend(expiry.into_iter().chain(status));
            } else {
                steps.extend(status.into_iter().chain(expiry));
                steps.push(Step::new("certificate.open", item, &[]));
            }
            steps
        }
        Decision::Suspend => vec![Step::new("service.postsuspend", item, &[])],
        Decision::Resume => vec![Step::new("service.postresume", item, &[])],
        Decision::Close => vec![Step::new("service.postclose", item, &[])],
        Decision::ExpireDate => set_expiry(local, delivered).into_iter().collect(),
        Decision::InStep | Decision::Wait | Decision::Ask | Decision::Refuse => Vec::new(),
    }
}

/// Activation, which also ends the operation; a domain's own state and expiry before it, so that it comes last.
fn open(local: &LocalService, delivered: &Delivered) -> Vec<Step> {
    let product = product(&local.itemtype);
    let mut steps = Vec::new();
    if local.itemtype == "domain" {
        steps.extend(set_status(local, delivered.service_status.filter(|state| matches!(state, 2 | 3))));
    }
    if product.expiry {
        steps.extend(set_expiry(local, delivered));
    }
    let empty_here = |name: &&&str| !local.names.contains_key(**name);
    let copied: Vec<(&str, &str)> = product
        .copied
        .iter()
        .filter(empty_here)
        .filter_map(|name| Some((*name, delivered.names.get(*name)?.as_str())))
        .collect();
    steps.push(Step::new(format!("{}.open", local.itemtype), local.item, &copied));
    steps
}

/// The product's own state, when it is another one here.
fn set_status(local: &LocalService, state: Option<i64>) -> Option<Step> {
    let state = state.filter(|state| local.service_status != Some(*state))?;
    Some(Step::new("service.setstatus", local.item, &[("service_status", &state.to_string())]))
}

/// The seller's expiry, when it is later: never backwards, for what the customer has paid for here counts.
fn set_expiry(local: &LocalService, delivered: &Delivered) -> Option<Step> {
    let expires = delivered.expires.filter(|there| local.expires.is_none_or(|here| *there > here))?;
    Some(Step::new("service.setexpiredate", local.item, &[("expiredate", &expires.to_string())]))
}

/// Whether what was read back shows what this call is for. An expiry that this panel does not tell is taken for right.
pub fn took_effect(step: &Step, after: &LocalService) -> bool {
    if let Some(shows) = way::took_effect(step, after) {
        return shows;
    }
    let settled = |status, operation| after.status == status && after.operation(operation).is_none();
    match step.call.as_str() {
        "certificate.save" => after.certificate_stored,
        "service.setstatus" => {
            after.service_status.map(|state| state.to_string()).as_deref() == Some(step.param("service_status"))
        }
        "service.setexpiredate" => after.expires.is_none_or(|expires| step.param("expiredate") == expires.to_string()),
        "service.postsuspend" => settled(Status::Suspended, "suspend"),
        "service.postresume" => settled(Status::Active, "resume"),
        "service.postclose" => settled(Status::Deleted, "close"),
        _ => settled(Status::Active, "open"),
    }
}

/// Whether the service is where the decision wanted it, judged by what was read back. `steps` are the decision's calls, or those
/// of them that were made.
pub fn reached(decision: Decision, steps: &[Step], after: &LocalService) -> bool {
    let settled = |status, operation| after.status == status && after.operation(operation).is_none();
    match decision {
        Decision::Open => settled(Status::Active, "open"),
        Decision::StoreCertificate => {
            settled(Status::Active, "open") && after.service_status == Some(5) && after.certificate_stored
        }
        Decision::Suspend => settled(Status::Suspended, "suspend"),
        Decision::Resume => settled(Status::Active, "resume"),
        Decision::Close => settled(Status::Deleted, "close"),
        // Only the call says which day was wanted.
        Decision::ExpireDate => !steps.is_empty() && steps.iter().all(|step| took_effect(step, after)),
        Decision::InStep | Decision::Wait | Decision::Ask | Decision::Refuse => false,
    }
}

/// A short word for exactly this plan: when it differs, the state has moved since the plan was shown. It is no secret and
/// guards against accidents, not against people.
pub fn token<'a>(plan: impl IntoIterator<Item = &'a Planned>) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for planned in plan {
        planned.local.item.hash(&mut hasher);
        planned.local.status.hash(&mut hasher);
        planned.local.service_status.hash(&mut hasher);
        planned.decision.word().hash(&mut hasher);
        for operation in &planned.local.operations {
            operation.id.hash(&mut hasher);
        }
        if let Some(seller) = &planned.seller {
            seller.id.hash(&mut hasher);
            seller.status.hash(&mut hasher);
        }
        for step in &planned.steps {
            step.call.hash(&mut hasher);
            step.params.hash(&mut hasher);
        }
    }
    format!("{:016x}", hasher.finish())
}
