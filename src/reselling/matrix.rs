//! What the two states of one service mean together: the matrix of facts/billmanager 11, product by product. Pure.
//!
//! Only the states are looked at here; whether what they ask for is allowed and opportune is `decision`.

use super::decision::{Decision, Reason};
use super::product::has_a_name;
use super::service::{LocalService, SellerService};
use super::status::{Status, SuspendedBy};

/// Both states are known, and the link is proven.
pub(super) fn matrix(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    match local.itemtype.as_str() {
        "certificate" => certificate(local, row),
        "domain" => domain(local, row),
        _ => service(local, row),
    }
}

fn service(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    if let Some(operation) = asked_for(local) {
        return asked(operation, local, row);
    }
    match local.status {
        Status::Processing => opening(local, row),
        _ => settled(local, row),
    }
}

/// The operation by which this panel asks the seller to suspend, resume or close what it has opened.
fn asked_for(local: &LocalService) -> Option<&'static str> {
    let over = local.status == Status::Deleted || local.operation("open").is_some();
    ["close", "suspend", "resume"].into_iter().find(|name| !over && local.operation(name).is_some())
}

/// What this panel has asked for is finished when the seller shows that it was done. Whether the status is 5 meanwhile is not
/// confirmed (facts/billmanager 2.5), so the operation counts and not the status.
fn asked(operation: &'static str, local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    match (operation, row.status) {
        ("close", Status::Deleted) => (Decision::Close, Reason::ClosedAsAsked),
        (_, Status::Deleted) => (Decision::Ask, Reason::DeletedAtSeller),
        // Not what was asked for: the seller misses the reseller's money.
        ("suspend", Status::Suspended) if row.suspended_by == Some(SuspendedBy::Money) => {
            (Decision::Ask, Reason::SuspendedThereForMoney)
        }
        ("suspend", Status::Suspended) => (Decision::Suspend, Reason::SuspendedAsAsked),
        ("resume", Status::Active) if local.autosuspend => (Decision::Ask, Reason::ResumeOfUnpaid),
        ("resume", Status::Active) => (Decision::Resume, Reason::ResumedAsAsked),
        _ => match local.operation(operation).and_then(|asked| asked.error.clone()) {
            Some(error) => (Decision::Ask, Reason::OperationFailed { operation: operation.to_owned(), error }),
            None => (Decision::Wait, Reason::NotDoneYet { operation: operation.to_owned() }),
        },
    }
}

/// In progress here, and nothing but an opening can be finished by what the seller shows.
fn opening(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    let opens = local.operation("open").is_some();
    match (local.operations.first(), row.status) {
        (Some(other), _) if !opens => (Decision::Ask, Reason::OtherWork { operation: other.name.clone() }),
        (_, Status::Deleted) => (Decision::Ask, Reason::DeletedAtSeller),
        (None, _) => (Decision::Ask, Reason::NoOpenOperation),
        (_, Status::Active) if !has_a_name(&local.itemtype) => {
            (Decision::Ask, Reason::ProductNotRepaired { itemtype: local.itemtype.clone() })
        }
        (_, Status::Active) => (Decision::Open, Reason::ActiveAtSeller),
        (_, Status::Ordered) => (Decision::Ask, Reason::UnpaidAtSeller),
        (_, Status::Suspended) => (Decision::Ask, Reason::SuspendedAtSeller),
        (_, Status::Processing | Status::Unknown) => (Decision::Wait, Reason::NotActivatedYet),
    }
}

/// Nothing is going on here that concerns the seller.
fn settled(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    use Status::{Active, Deleted, Ordered, Processing, Suspended};
    match (local.status, row.status) {
        (Active | Suspended, Deleted) => (Decision::Close, Reason::DeletedAtSeller),
        (Active | Suspended, Processing | Ordered) => (Decision::Ask, Reason::ProcessingThereOnly),
        (Active, Suspended) => match row.suspended_by {
            Some(SuspendedBy::Abuse) => (Decision::Suspend, Reason::SuspendedThereForAbuse),
            Some(SuspendedBy::Staff) => (Decision::Suspend, Reason::SuspendedThereByStaff),
            Some(SuspendedBy::Money) => (Decision::Ask, Reason::SuspendedThereForMoney),
            None => (Decision::Ask, Reason::SuspendedThereActiveHere),
        },
        (Suspended, Active) if local.autosuspend => (Decision::Ask, Reason::SuspendedHereForMoney),
        (Suspended, Active) if local.employeesuspend || local.abusesuspend => {
            (Decision::Ask, Reason::SuspendedHereByStaff)
        }
        (Suspended, Active) => (Decision::Resume, Reason::SuspendedHereActiveThere),
        (Deleted, Active | Suspended | Processing | Ordered) => (Decision::Ask, Reason::DeletedHereAliveThere),
        (Active, Active) => match (local.expires, row.expires) {
            (Some(here), Some(there)) if there > here => {
                let (here, there) = (here.to_string(), there.to_string());
                (Decision::ExpireDate, Reason::LaterAtSeller { here, there })
            }
            (Some(here), Some(there)) if there < here => {
                let (here, there) = (here.to_string(), there.to_string());
                (Decision::InStep, Reason::ExpiryDiffers { here, there })
            }
            _ => (Decision::InStep, Reason::InStep),
        },
        _ => (Decision::InStep, Reason::InStep),
    }
}

/// A certificate's own state goes before the service's: 3 and 4 are pending, 5 issued, 6 failed (facts/billmanager 2.3).
fn certificate(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    // Storing also activates: what is suspended here stays so, whatever became of its certificate.
    let settles = matches!(local.status, Status::Processing | Status::Active) && asked_for(local).is_none();
    if !settles || row.status == Status::Deleted {
        return service(local, row);
    }
    if row.service_status == Some(6) {
        return (Decision::Ask, Reason::CertificateFailed);
    }
    if local.service_status == Some(6) {
        // An earlier certificate, or a later success: the states alone do not tell, so nothing is stored by itself.
        let reason = if row.delivered() { Reason::CertificateMarkedFailed } else { Reason::CertificateFailed };
        return (Decision::Ask, reason);
    }
    // A service in progress with an issued certificate is one whose last call, the activation, is missing.
    if local.status == Status::Active && !matches!(local.service_status, Some(3 | 4)) {
        return service(local, row);
    }
    match row.status {
        Status::Ordered => (Decision::Ask, Reason::UnpaidAtSeller),
        Status::Suspended => (Decision::Ask, Reason::SuspendedAtSeller),
        _ if row.delivered() => (Decision::StoreCertificate, Reason::IssuedAtSeller),
        _ if row.strange_certificate() => {
            (Decision::Ask, Reason::CertificateStateUnknown { state: row.service_status.unwrap_or_default() })
        }
        _ => (Decision::Wait, Reason::NotIssuedYet),
    }
}

/// A domain's own state, where the seller shows it (facts/billmanager 2.4): an order is delivered when the domain is registered,
/// and a domain that lapsed or went is a matter for a person, never for a closing.
fn domain(local: &LocalService, row: &SellerService) -> (Decision, Reason) {
    let opens = local.status == Status::Processing && local.operation("open").is_some();
    let active = local.status == Status::Active && asked_for(local).is_none();
    let alive = matches!(row.status, Status::Active | Status::Processing);
    let Some(state) = row.service_status.filter(|_| (opens || active) && alive) else {
        return service(local, row);
    };
    match state {
        1 => return (Decision::Ask, Reason::UnpaidAtSeller),
        4 => return (Decision::Ask, Reason::DomainNotRegistered),
        5..=7 if opens => return (Decision::Wait, Reason::DomainInWork { state }),
        8 => return (Decision::Ask, Reason::DomainLapsed),
        0 | 2 | 3 | 5..=7 => {}
        state => return (Decision::Ask, Reason::DomainStateUnknown { state }),
    }
    let behind = matches!((local.service_status, state), (Some(5 | 6), 2 | 3));
    if active && row.status == Status::Active && behind {
        return (Decision::Ask, Reason::DomainStateBehind);
    }
    service(local, row)
}
