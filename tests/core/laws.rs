//! The laws of the repair, asked of one state: what is done must be allowed by every one of them.

use super::tables::{delivered, word};
use resellguard::reselling::decision::{Allowed, Decision, Reason, Surroundings, decide};
use resellguard::reselling::link::{Link, Linked};
use resellguard::reselling::plan::{Step, reached, steps};
use resellguard::reselling::service::LocalService;
use resellguard::reselling::status::{Status, SuspendedBy};

/// Everything that a plan may ever call besides `<itemtype>.open`.
const CALLS: [&str; 6] = [
    "certificate.save",
    "service.setstatus",
    "service.setexpiredate",
    "service.postsuspend",
    "service.postresume",
    "service.postclose",
];

/// Decides, and fails with the whole state when a law is broken.
pub fn hold(local: &LocalService, linked: &Linked<'_>, around: Surroundings<'_>) -> (Decision, Reason) {
    let (decision, reason) = decide(local, linked, around);
    let plan = steps(decision, local, &delivered(local, linked));
    let broken = calls(decision, local, &plan)
        .or_else(|| if decision.acts() { always(local, linked, around) } else { None })
        .or_else(|| own(decision, local, linked, around))
        .or_else(|| settled(decision, &reason, around));
    if let Some(law) = broken {
        panic!("{law}: {local:#?}\n{linked:#?}\n{around:?}\n{decision:?} {reason:?} {plan:?}");
    }
    (decision, reason)
}

fn unless(holds: bool, law: &'static str) -> Option<&'static str> {
    (!holds).then_some(law)
}

/// What is called, and about what.
fn calls(decision: Decision, local: &LocalService, plan: &[Step]) -> Option<&'static str> {
    let open = format!("{}.open", local.itemtype);
    let known = |step: &Step| step.call == open || CALLS.contains(&step.call.as_str());
    let elid = ("elid".to_owned(), local.item.to_string());
    let secret = |step: &Step| step.params.iter().any(|(name, _)| name.contains("pass") || name.contains("key"));
    let backwards = |step: &Step| {
        let date = step.params.iter().find(|(name, _)| name == "expiredate");
        date.is_some_and(|(_, date)| local.expires.is_some_and(|here| *date <= here.to_string()))
    };
    unless(decision.acts() != plan.is_empty(), "steps exactly when something is done")
        .or_else(|| unless(plan.iter().all(known), "a call that no plan makes"))
        .or_else(|| unless(plan.iter().all(|step| step.params[0] == elid), "a call on another service"))
        .or_else(|| unless(!plan.iter().any(secret), "a secret is copied"))
        .or_else(|| unless(!plan.iter().any(backwards), "an expiry goes backwards"))
        .or_else(|| unless(!reached(decision, plan, local), "it is reached before any step"))
}

/// What holds of everything that is done.
fn always(local: &LocalService, linked: &Linked<'_>, around: Surroundings<'_>) -> Option<&'static str> {
    let Some(row) = linked.seller else { return Some("acts without a row of the seller") };
    let ours = row.remoteid.as_deref() == Some(&local.item.to_string()) && row.itemtype == local.itemtype;
    let recent = |at| around.now.duration_since(at) < jiff::SignedDuration::from_hours(24);
    unless(linked.doubt.is_none() && matches!(linked.link, Link::Both | Link::RemoteId), "the link is not proven")
        .or_else(|| unless(ours, "the row does not carry our id"))
        .or_else(|| unless(linked.corroborated || !around.others_may_read, "an id alone where others may read"))
        .or_else(|| unless(!around.do_nothing, "the panel is told to do nothing"))
        .or_else(|| unless(!local.tariff_change_pending, "a tariff change is pending"))
        .or_else(|| unless(!local.last_resume.is_some_and(recent), "resumed within a day"))
        .or_else(|| unless(!local.last_prolong.is_some_and(recent), "renewed within a day"))
        .or_else(|| unless(local.operations.iter().all(|one| one.manual != Some(false)), "the panel is working on it"))
        .or_else(|| unless(!matches!(local.status, Status::Ordered | Status::Deleted), "unpaid or deleted here"))
}

/// What holds of each kind of repair.
fn own(
    decision: Decision,
    local: &LocalService,
    linked: &Linked<'_>,
    around: Surroundings<'_>,
) -> Option<&'static str> {
    let row = linked.seller?;
    let only = |name: &str| local.operations.iter().all(|one| one.name == name);
    let marked = local.autosuspend || local.employeesuspend || local.abusesuspend;
    let certificate = local.itemtype == "certificate";
    match decision {
        Decision::Open => unless(
            local.status == Status::Processing && local.operation("open").is_some() && only("open") && !marked,
            "opens what does not wait for it",
        )
        .or_else(|| unless(row.status == Status::Active && !certificate, "opens what the seller has not delivered"))
        .or_else(|| {
            unless(local.itemtype != "domain" || !matches!(row.service_status, Some(1 | 4..)), "no domain yet")
        }),
        Decision::StoreCertificate => unless(
            certificate && matches!(local.status, Status::Processing | Status::Active) && only("open") && !marked,
            "stores where nothing waits",
        )
        .or_else(|| unless(row.status == Status::Active || row.service_status == Some(5), "it is not issued")),
        Decision::Suspend => {
            let told = matches!(row.suspended_by, Some(SuspendedBy::Abuse | SuspendedBy::Staff));
            let asked = local.operation("suspend").is_some() && row.suspended_by != Some(SuspendedBy::Money);
            unless(
                row.status == Status::Suspended && (told || asked),
                "suspends for the reseller's own debt, or a guess",
            )
            .or_else(|| unless(only("suspend"), "something else is going on"))
        }
        Decision::Resume => unless(row.status == Status::Active && only("resume"), "resumes what is not active there")
            .or_else(|| unless(!local.autosuspend, "resumes what was suspended for non-payment"))
            .or_else(|| unless(local.expires.is_none_or(|at| at >= around.now.date()), "resumes what is not paid for"))
            .or_else(|| unless(!marked || local.operation("resume").is_some(), "resumes what staff suspended")),
        Decision::Close => unless(row.status == Status::Deleted && only("close"), "closes what is not deleted there")
            .or_else(|| unless(linked.corroborated, "closes by an id alone")),
        Decision::ExpireDate => unless(
            (local.status, row.status) == (Status::Active, Status::Active) && only(""),
            "moves the expiry of what is not active on both sides",
        ),
        Decision::InStep | Decision::Wait | Decision::Ask | Decision::Refuse => None,
    }
}

/// Nothing beyond forward without its word; and what is only not allowed says so.
fn settled(decision: Decision, reason: &Reason, around: Surroundings<'_>) -> Option<&'static str> {
    let word_given = decision.needs().is_none_or(|needed| around.allow.contains(&needed));
    let missing = match reason {
        Reason::NotAllowed { allow, why } => !around.allow.contains(allow) && word(&**why) != "NotAllowed",
        _ => true,
    };
    unless(word_given, "goes beyond forward without permission")
        .or_else(|| unless(missing, "is allowed and says it is not"))
        .or_else(|| unless(Allowed::ALL.len() == 4, "a permission that no law knows"))
}
