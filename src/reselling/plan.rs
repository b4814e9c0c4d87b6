//! What a decision means in calls of the panel, and how to know afterwards that they took effect. Pure.
//!
//! The calls and their order: facts/billmanager 2.3 and 3.1. Never `service.postopen` for a certificate, never SQL.

use super::decision::{Decision, Reason};
use super::ids::{ItemId, ModuleId};
use super::link::Link;
use super::service::{LocalService, SellerService};
use super::status::Status;
use jiff::civil::Date;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

/// One call of a function of this panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub call: String,
    /// In the order they are given. Never a secret.
    pub params: Vec<(String, String)>,
}

impl Step {
    fn new(call: impl Into<String>, item: ItemId, params: &[(&str, &str)]) -> Self {
        let mut all = vec![("elid".to_owned(), item.to_string())];
        all.extend(params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        all.push(("sok".to_owned(), "ok".to_owned()));
        Self { call: call.into(), params: all }
    }

    /// The value of a parameter; empty when there is none.
    fn param(&self, name: &str) -> &str {
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
    pub ip: Option<String>,
    pub domain: Option<String>,
    pub username: Option<String>,
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
/// Copied is what the module would have copied and what is empty here: address, domain and user name of a service; the
/// certificate and its expiry. Never a password: opening does not need one. What took effect already, in a run that was
/// interrupted, is not called again.
pub fn steps(decision: Decision, local: &LocalService, delivered: &Delivered) -> Vec<Step> {
    let item = local.item;
    match decision {
        Decision::Open => {
            let mut copied = Vec::new();
            for (name, there) in
                [("ip", &delivered.ip), ("domain", &delivered.domain), ("username", &delivered.username)]
            {
                if let Some(there) = there.as_deref().filter(|_| !local.names.contains_key(name)) {
                    copied.push((name, there));
                }
            }
            vec![Step::new(format!("{}.open", local.itemtype), item, &copied)]
        }
        Decision::StoreCertificate => {
            // Without the certificate there is nothing to activate the service with.
            let Some(certificate) = &delivered.certificate else { return Vec::new() };
            let mut steps = Vec::new();
            if !delivered.stored_here {
                steps.push(Step::new("certificate.save", item, &[("crt", certificate)]));
            }
            let status = (local.service_status != Some(5))
                .then(|| Step::new("service.setstatus", item, &[("service_status", "5")]));
            let expiry = delivered
                .expires
                // Never backwards: what the customer has paid for here counts.
                .filter(|there| local.expires.is_none_or(|here| *there > here))
                .map(|expires| Step::new("service.setexpiredate", item, &[("expiredate", &expires.to_string())]));
            if local.status == Status::Active {
                // Nothing is left to activate: the status, by which the work counts as done, comes last.
                steps.extend(expiry.into_iter().chain(status));
            } else {
                steps.extend(status.into_iter().chain(expiry));
                steps.push(Step::new("certificate.open", item, &[]));
            }
            steps
        }
        Decision::InStep | Decision::Wait | Decision::Ask | Decision::Refuse => Vec::new(),
    }
}

/// Whether what was read back shows what this call is for. An expiry that this panel does not tell is taken for right.
pub fn took_effect(step: &Step, after: &LocalService) -> bool {
    match step.call.as_str() {
        "certificate.save" => after.certificate_stored,
        "service.setstatus" => after.service_status == Some(5),
        "service.setexpiredate" => after.expires.is_none_or(|expires| step.param("expiredate") == expires.to_string()),
        _ => after.status == Status::Active && after.operation("open").is_none(),
    }
}

/// Whether the service is where the decision wanted it, judged by what was read back.
pub fn reached(decision: Decision, after: &LocalService) -> bool {
    let active = after.status == Status::Active && after.operation("open").is_none();
    match decision {
        Decision::Open => active,
        Decision::StoreCertificate => active && after.service_status == Some(5) && after.certificate_stored,
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
