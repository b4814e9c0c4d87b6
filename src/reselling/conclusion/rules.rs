//! The rules, one question each, in the order in which `PRECEDENCE` asks them.

use super::{Conclusion, Delivery, HeardOf, MONEY, Refusal, Scheduled, Seen, Seller, Served, Situation};
use crate::reselling::exclusivity::waits_for_an_event;
use crate::reselling::link::Link;
use crate::reselling::service::{LocalService, Operation, SellerService};
use crate::reselling::status::{Status, SuspendedBy};
use jiff::SignedDuration;
use jiff::civil::DateTime;

/// A seller who takes longer than this to activate something is worth a question.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// `checkevent` runs every five minutes (facts/billmanager 0.1); one that was not seen for so long does not run.
const SILENCE: SignedDuration = SignedDuration::from_hours(1);

pub(super) type Answer = Option<Conclusion>;

impl<'a> Situation<'a> {
    fn seen(&self) -> Option<&Seen<'a>> {
        match &self.seller {
            Seller::Read(seen) => Some(seen),
            _ => None,
        }
    }

    pub(super) fn service(&self) -> Option<&'a LocalService> {
        self.service.as_ref().ok().copied()
    }

    /// The seller's row that is proven to be this service.
    pub(super) fn row(&self) -> Option<&'a SellerService> {
        let linked = &self.seen()?.linked;
        linked.seller.filter(|_| matches!(linked.link, Link::Both | Link::RemoteId))
    }

    /// The service, when it waits for something here.
    fn waiting(&self) -> Option<&'a LocalService> {
        self.service().filter(|local| local.status == Status::Processing || certificate_pending_here(local))
    }

    /// The row of a service that the seller has delivered and that waits here.
    fn delivered(&self) -> Option<(&'a LocalService, &'a SellerService)> {
        self.waiting().zip(self.row().filter(|row| row.delivered()))
    }

    fn others_read(&self) -> bool {
        use crate::reselling::verdict::Verdict::{Likely, Shared};
        matches!(self.verdict, Some(Likely | Shared))
    }

    fn poll_since(&self, span: SignedDuration) -> bool {
        self.panel.last_poll.is_some_and(|at| self.now.duration_since(at) < span)
    }
}

/// Requested or enrolled, and not issued (facts/billmanager 2.3).
fn certificate_pending_here(local: &LocalService) -> bool {
    let alive = matches!(local.status, Status::Processing | Status::Active);
    alive && local.itemtype == "certificate" && matches!(local.service_status, Some(3 | 4))
}

/// What of a certificate is delivered is the certificate (facts/billmanager 2.3).
fn delivery(row: &SellerService) -> Delivery {
    if row.itemtype == "certificate" && row.service_status == Some(5) { Delivery::Issued } else { Delivery::Activated }
}

fn marks(local: &LocalService) -> Option<SuspendedBy> {
    SuspendedBy::of_marks(local.autosuspend, local.employeesuspend, local.abusesuspend)
}

pub(super) fn open(local: &LocalService) -> Option<&Operation> {
    local.operation("open")
}

pub(super) fn nothing_read(at: &Situation<'_>) -> Answer {
    let why = at.service.clone().err()?;
    let grave = |what: HeardOf| what != HeardOf::Other;
    let first = at.heard.iter().find(|heard| grave(heard.what)).or(at.heard.first());
    Some(match first {
        None => Conclusion::NotRead { why, logged: at.logged.clone(), other_id_unknown: at.other_id_unknown },
        Some(heard) => Conclusion::LogOnly {
            what: heard.what,
            at: heard.at,
            text: heard.text.clone(),
            times: at.heard.iter().filter(|other| other.what == heard.what).count(),
            why,
        },
    })
}

pub(super) fn not_resold(at: &Situation<'_>) -> Answer {
    match &at.served {
        Served::Other(served) => Some(Conclusion::NotResold { served: served.clone() }),
        _ => None,
    }
}

pub(super) fn left_on_manual(at: &Situation<'_>) -> Answer {
    match at.served {
        Served::OnManual { own } => Some(Conclusion::OnManual { own }),
        _ => None,
    }
}

pub(super) fn module_unreadable(at: &Situation<'_>) -> Answer {
    match &at.served {
        Served::Unreadable { detail } => Some(Conclusion::ModuleUnreadable { detail: detail.clone() }),
        _ => None,
    }
}

pub(super) fn unpaid_here(at: &Situation<'_>) -> Answer {
    at.service().filter(|local| local.status == Status::Ordered)?;
    let row = at.row().filter(|row| row.status != Status::Deleted).map(|row| (row.id.clone(), row.status));
    Some(Conclusion::UnpaidHere { row })
}

pub(super) fn told_to_do_nothing(at: &Situation<'_>) -> Answer {
    let busy = at.waiting().is_some() || at.service().is_some_and(|local| !local.operations.is_empty());
    (at.panel.do_nothing && busy).then_some(Conclusion::DoNothing)
}

pub(super) fn seller_refused(at: &Situation<'_>) -> Answer {
    match &at.seller {
        Seller::Refused { refusal, detail } => {
            Some(Conclusion::SellerRefused { refusal: *refusal, detail: detail.clone() })
        }
        _ => None,
    }
}

pub(super) fn our_call_is_under_way(at: &Situation<'_>) -> Answer {
    let (call, when) = at.call_under_way.as_ref().filter(|_| at.waiting().is_some())?;
    Some(Conclusion::CallUnderWay { call: call.clone(), at: when.clone() })
}

/// An operation that is not in manual mode and has not failed yet is the panel's own business.
pub(super) fn panel_is_trying(at: &Situation<'_>) -> Answer {
    let trying = at.service()?.operations.iter().find(|one| one.manual == Some(false) && one.error.is_none())?;
    Some(Conclusion::OperationRunning { operation: trying.name.clone(), tries: trying.tries })
}

/// Without the seller only the operation here can tell.
pub(super) fn seller_not_asked(at: &Situation<'_>) -> Answer {
    let not_asked = matches!(at.seller, Seller::NotAsked);
    not_asked.then(|| failed_order(at).unwrap_or(Conclusion::SellerNotAsked))
}

pub(super) fn deleted_here(at: &Situation<'_>) -> Answer {
    at.service().filter(|local| local.status == Status::Deleted)?;
    Some(match at.row().filter(|row| row.status != Status::Deleted) {
        Some(row) => Conclusion::DeletedHereAliveThere { row: row.id.clone() },
        None => Conclusion::Closed,
    })
}

pub(super) fn link_contradicted(at: &Situation<'_>) -> Answer {
    let doubt = at.seen()?.linked.doubt.clone()?;
    Some(Conclusion::LinkContradicted { doubt })
}

pub(super) fn link_missing(at: &Situation<'_>) -> Answer {
    let seen = at.seen()?;
    let row = seen.linked.seller.filter(|_| seen.linked.link == Link::Local)?;
    // A list that shows no ids does not say that this row carries none.
    Some(if seen.ids_shown { Conclusion::LinkMissing { row: row.id.clone() } } else { Conclusion::IdsHidden })
}

/// The order is not there, and the operation here says why.
pub(super) fn order_failed(at: &Situation<'_>) -> Answer {
    at.seen().filter(|seen| seen.linked.seller.is_none())?;
    failed_order(at)
}

fn failed_order(at: &Situation<'_>) -> Answer {
    let open = at.waiting().and_then(open)?;
    let heard = at.heard.iter().find(|heard| heard.what == HeardOf::Money).map(|heard| heard.text.clone());
    let money = |error: &String| error.starts_with(MONEY);
    match open.error.clone().or_else(|| heard.clone()) {
        Some(error) if money(&error) || open.error.is_none() => {
            Some(Conclusion::NoBalance { error: Some(error), standing: at.standing.clone() })
        }
        Some(error) => Some(Conclusion::OrderFailed { error, tries: open.tries, standing: at.standing.clone() }),
        None => None,
    }
}

pub(super) fn not_found(at: &Situation<'_>) -> Answer {
    let seen = at.seen().filter(|seen| seen.linked.seller.is_none())?;
    Some(if !seen.whole {
        Conclusion::PartlyRead
    } else if !seen.ids_shown {
        Conclusion::IdsHidden
    } else {
        Conclusion::NotAtSeller { delivered: at.waiting().is_none() }
    })
}

pub(super) fn unknown_status(at: &Situation<'_>) -> Answer {
    if at.service()?.status == Status::Unknown {
        return Some(Conclusion::UnknownStatus { here: at.status_code });
    }
    let row = at.row().filter(|row| row.status == Status::Unknown)?;
    Some(Conclusion::UnknownStatusThere { text: row.status_text.clone() })
}

pub(super) fn seller_deleted(at: &Situation<'_>) -> Answer {
    let row = at.row().filter(|row| row.status == Status::Deleted)?;
    Some(Conclusion::SellerDeleted { row: row.id.clone() })
}

pub(super) fn suspended_here(at: &Situation<'_>) -> Answer {
    let local = at.service().filter(|local| local.status == Status::Suspended)?;
    let there = at.row().is_some_and(|row| row.status == Status::Suspended);
    // Suspended on both sides and no mark here: it is the seller's doing.
    (marks(local).is_some() || !there).then(|| Conclusion::SuspendedHere { by: marks(local), there })
}

pub(super) fn suspended_there(at: &Situation<'_>) -> Answer {
    let row = at.row().filter(|row| row.status == Status::Suspended)?;
    Some(Conclusion::SuspendedThere { row: row.id.clone(), by: row.suspended_by, standing: at.standing.clone() })
}

pub(super) fn unpaid_there(at: &Situation<'_>) -> Answer {
    let row = at.row().filter(|row| row.status == Status::Ordered)?;
    let standing = at.standing.clone();
    Some(if standing.broke {
        Conclusion::NoBalance { error: None, standing }
    } else {
        Conclusion::UnpaidAtSeller { row: row.id.clone(), balance: standing.balance }
    })
}

pub(super) fn certificate_failed(at: &Situation<'_>) -> Answer {
    let local = at.service().filter(|local| local.itemtype == "certificate")?;
    let here = local.service_status == Some(6);
    if let Some(row) = at.row().filter(|row| here && row.delivered()) {
        return Some(Conclusion::CertificateMarkedFailed { row: row.id.clone() });
    }
    let failed = here || at.row().is_some_and(|row| row.service_status == Some(6));
    failed.then_some(Conclusion::CertificateFailed)
}

pub(super) fn certificate_pending(at: &Situation<'_>) -> Answer {
    let local = at.waiting().filter(|local| local.itemtype == "certificate")?;
    let row = at.row().filter(|row| !row.delivered())?;
    if let Some(state) = row.service_status.filter(|_| row.strange_certificate()) {
        return Some(Conclusion::UnknownStatusThere { text: format!("service_status {state}") });
    }
    // 4 is "pending issuance"; a row that does not show it leaves what this panel was told.
    let enrolled = row.service_status.or(local.service_status) == Some(4);
    let approver = at.seen().and_then(|seen| seen.approver).map(str::to_owned);
    Some(if enrolled { Conclusion::CertificateWaitsForApprover { approver } } else { Conclusion::CertificateRequested })
}

pub(super) fn not_delivered(at: &Situation<'_>) -> Answer {
    let row = at.row().filter(|row| row.status == Status::Processing && !row.delivered())?;
    let Some(local) = at.waiting() else { return Some(Conclusion::ProcessingThere { row: row.id.clone() }) };
    let ordered = ordered(local);
    let long = ordered.is_some_and(|ordered| at.now.duration_since(ordered) > PATIENCE);
    Some(match ordered.filter(|_| long) {
        Some(since) => Conclusion::NotActivatedYet { row: row.id.clone(), since: since.date().to_string() },
        None => Conclusion::WaitingNormally { row: row.id.clone() },
    })
}

/// When the order was made: its operation tells, or else the day of the service.
fn ordered(local: &LocalService) -> Option<DateTime> {
    let day = || local.created.map(|day| day.at(23, 59, 59, 0));
    open(local).and_then(|open| open.created).or_else(day)
}

pub(super) fn marked_suspended(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered().filter(|(local, _)| marks(local).is_some())?;
    Some(Conclusion::MarkedSuspended { done: delivery(row) })
}

/// In progress, and nothing there that an event could finish. A certificate waits without an operation (facts/billmanager 2.3).
pub(super) fn no_operation(at: &Situation<'_>) -> Answer {
    let (local, row) = at.delivered()?;
    let none = local.itemtype != "certificate" && !waits_for_an_event(local) && open(local).is_none();
    none.then(|| Conclusion::NoOperation { row: row.id.clone() })
}

/// Somebody else may start it, so a poll that was seen lately goes before the schedule.
pub(super) fn checkevent_not_scheduled(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered()?;
    let absent = matches!(at.panel.schedule, Scheduled::Missing | Scheduled::Commented) && !at.poll_since(SILENCE);
    absent.then(|| Conclusion::CheckeventNotScheduled {
        done: delivery(row),
        commented: at.panel.schedule == Scheduled::Commented,
        last_poll: at.panel.last_poll,
    })
}

pub(super) fn checkevent_silent(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered()?;
    let last_poll = at.panel.last_poll.filter(|_| !at.poll_since(SILENCE))?;
    Some(Conclusion::CheckeventSilent { done: delivery(row), last_poll })
}

pub(super) fn module_disabled(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered()?;
    (at.served == Served::Reselling { active: false })
        .then(|| Conclusion::ModuleDisabled { done: delivery(row), row: row.id.clone() })
}

pub(super) fn event_failed(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered()?;
    let failed = at.heard.iter().find(|heard| heard.what == HeardOf::EventFailed)?;
    Some(Conclusion::EventFailed {
        done: delivery(row),
        row: row.id.clone(),
        at: failed.at,
        text: failed.text.clone(),
        hindered: at.hindered.clone(),
    })
}

/// Not long enough there, or no poll since: it may still come. A log that has it missed says that it will not.
pub(super) fn event_on_its_way(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered()?;
    let since = at.delivered_since;
    let young = since.is_none_or(|since| at.now.duration_since(since) < at.stuck_after) || at.polls_since == 0;
    let missed = at.heard.iter().any(|heard| heard.what == HeardOf::EventMissed);
    // Somebody else is known to read, and polls were seen: waiting for it helps nobody.
    let coming = young && !missed && !at.others_read();
    let (done, patience) = (delivery(row), at.stuck_after);
    coming.then(|| Conclusion::EventOnItsWay { done, row: row.id.clone(), since, patience })
}

pub(super) fn certificate_not_stored(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered().filter(|(local, _)| local.itemtype == "certificate")?;
    let verdict = at.verdict.filter(|_| at.others_read());
    Some(Conclusion::CertificateNotStored { row: row.id.clone(), verdict, hindered: at.hindered.clone() })
}

pub(super) fn event_lost_to_other(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered()?;
    let verdict = at.verdict.filter(|_| at.others_read())?;
    let (since, polls) = (at.delivered_since, at.polls_since);
    Some(Conclusion::EventLostToOther { row: row.id.clone(), since, polls, verdict, hindered: at.hindered.clone() })
}

pub(super) fn event_lost(at: &Situation<'_>) -> Answer {
    let (_, row) = at.delivered()?;
    let missed = at.heard.iter().any(|heard| heard.what == HeardOf::EventMissed);
    let (since, polls, verdict) = (at.delivered_since, at.polls_since, at.verdict);
    let hindered = at.hindered.clone();
    Some(Conclusion::EventLost { row: row.id.clone(), since, polls, verdict, missed, hindered })
}

/// Nothing else applies.
pub(super) fn in_step(at: &Situation<'_>) -> Conclusion {
    let active = at.service().zip(at.row()).filter(|(local, row)| [local.status, row.status] == [Status::Active; 2]);
    let expiry = active.and_then(|(local, row)| local.expires.zip(row.expires)).filter(|(here, there)| here != there);
    Conclusion::InStep { expiry }
}

impl Refusal {
    /// Every one there is.
    pub const ALL: [Self; 8] = [
        Self::TwoFactor,
        Self::Address,
        Self::Captcha,
        Self::Login,
        Self::Rights,
        Self::Untrusted,
        Self::Unreachable,
        Self::Answer,
    ];
}
