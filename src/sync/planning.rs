//! The plan: both sides read, each service linked and decided on. `drift` shows it, `sync` carries it out.

use super::forms::{Asked, name_rows};
use super::left::{OnManual, on_manual};
use super::undo::plan_undo;
use crate::billmgr::{Selection, operations_stopped};
use crate::check::check_account;
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::reading::{AccountHere, Here};
use crate::report::{Checked, DriftReport};
use crate::reselling::decision::{Allowed, Decision, Reason, Surroundings, decide};
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::link::{Link, Rows};
use crate::reselling::plan::{Delivered, Planned, steps};
use crate::reselling::remark::remarks;
use crate::reselling::service::{LocalService, SellerService};
use crate::reselling::status::Status;
use crate::root::Root;
use crate::seller::{ITEMTYPES, Listing};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use std::collections::HashMap;

/// A verdict older than this is made anew before it decides on a link.
const VERDICT_HOLDS: SignedDuration = SignedDuration::from_hours(1);

/// A call that was not answered may still be at work in the panel for so long.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(5);

/// Which services.
#[derive(Clone, Debug)]
pub enum Wanted {
    Items(Vec<ItemId>),
    /// Those that wait for the seller, of every reselling module.
    Stuck,
    /// Of those that wait, these: the automatic repair. The others count for the brake.
    Overdue(Vec<ItemId>),
    /// Those of the run with this name, to take it back.
    TakenBack(String),
    /// All services of every reselling module.
    All,
    /// Of all, those that are not in step.
    Differences,
}

impl Wanted {
    /// The run that is taken back.
    pub(super) fn undoes(&self) -> Option<&str> {
        match self {
            Self::TakenBack(run) => Some(run),
            Self::Items(_) | Self::Stuck | Self::Overdue(_) | Self::All | Self::Differences => None,
        }
    }

    /// What was asked for, as the journal keeps it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Items(items) | Self::Overdue(items) => {
                items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
            Self::Stuck => "stuck".to_owned(),
            Self::TakenBack(run) => format!("undo {run}"),
            Self::All | Self::Differences => "all".to_owned(),
        }
    }
}

/// Both sides compared; nothing is changed, not even the journal when it has a fresh verdict.
///
/// # Errors
/// This panel could not be read, or a named service does not exist. A seller that cannot be read is in the report.
pub fn drift(root: &Root, wanted: &Wanted) -> Result<DriftReport, Error> {
    drift_allowing(root, wanted, &[])
}

/// The same, as if these repairs were allowed besides those that the settings allow.
///
/// # Errors
/// As `drift`.
pub fn drift_allowing(root: &Root, wanted: &Wanted, allow: &[Allowed]) -> Result<DriftReport, Error> {
    plan(&Here::open(root)?, &mut Journal::open(root)?, wanted, allow)
}

pub(super) fn plan(
    here: &Here,
    journal: &mut Journal,
    wanted: &Wanted,
    allow: &[Allowed],
) -> Result<DriftReport, Error> {
    let allow = match wanted {
        Wanted::TakenBack(run) => return plan_undo(here, journal, run),
        // Nobody is there: forward only, whatever else is allowed.
        Wanted::Overdue(_) => Vec::new(),
        Wanted::Items(_) | Wanted::Stuck | Wanted::All | Wanted::Differences => {
            [allow, &here.settings.sync.allow].concat()
        }
    };
    let mut modules: Vec<ModuleId> = here.accounts.iter().flat_map(AccountHere::module_ids).collect();
    if !matches!(wanted, Wanted::Overdue(_)) {
        // What is not known of their services is said of each; only the automatic repair has nobody to say it to.
        modules.extend(here.unreadable.iter().map(|(module, _)| *module));
    }
    let left = on_manual(here, journal)?;
    let mut locals = match wanted {
        Wanted::Items(items) => here.services(items)?,
        Wanted::Stuck | Wanted::Overdue(_) => here.database.services(&Selection::Waiting(&modules))?,
        Wanted::TakenBack(_) => Vec::new(),
        Wanted::All | Wanted::Differences => here.database.services(&Selection::All(&modules))?,
    };
    if matches!(wanted, Wanted::Stuck | Wanted::All | Wanted::Differences) {
        // They belong to the reselling modules, although they are not there.
        locals.extend(left.iter().map(|left| left.local.clone()));
    }
    let mut report = DriftReport { notes: here.database.notes(), ..DriftReport::default() };
    report.unreadable_modules = unreadable(here, wanted, &locals);
    let mut by_account: Vec<(Option<&AccountHere>, Vec<LocalService>)> = Vec::new();
    for local in locals {
        let account = local.module.and_then(|module| here.account_of(module));
        let name = account.map(|account| &account.account);
        match by_account.iter_mut().find(|(known, _)| known.map(|known| &known.account) == name) {
            Some((_, services)) => services.push(local),
            None => by_account.push((account, vec![local])),
        }
    }
    for (account, services) in by_account {
        match account {
            None => report.items.extend(services.into_iter().map(|local| {
                let (decision, reason) = without_account(here, &left, &local);
                without_seller(local, decision, reason)
            })),
            Some(account) => {
                plan_account(here, account, journal, services, &allow, wanted, &mut report)?;
            }
        }
    }
    if let Wanted::Items(items) = wanted {
        let order: HashMap<ItemId, usize> = items.iter().enumerate().map(|(place, item)| (*item, place)).collect();
        report.items.sort_by_key(|planned| order.get(&planned.local.item).copied());
    }
    if let Wanted::Overdue(items) = wanted {
        report.items.retain(|planned| items.contains(&planned.local.item));
    }
    Ok(report)
}

/// The plan of one service by what somebody else has read of the seller: `explain` asks for as little as it can, and takes the last
/// verdict however old it is. `listing` comes with what `Here::for_comparison` gave.
///
/// # Errors
/// `Kind::Database` or `Kind::State`.
pub fn plan_of(
    here: &Here,
    account: &AccountHere,
    journal: &Journal,
    local: LocalService,
    (listing, others): (&Listing, &[LocalService]),
    others_may_read: bool,
) -> Result<Planned, Error> {
    let around = Surroundings {
        others_may_read,
        do_nothing: operations_stopped(&here.root),
        allow: &here.settings.sync.allow,
        now: ZonedDateTime::now().datetime(),
    };
    Planning { here, account, journal, rows: Rows::new(&listing.services).beside(others), asked: None, around }
        .plan(local, listing)
}

/// The modules that cannot be read and matter: each where all services are meant, or else those of the services that are.
fn unreadable(here: &Here, wanted: &Wanted, locals: &[LocalService]) -> Vec<(ModuleId, Error)> {
    let named = matches!(wanted, Wanted::Items(_));
    let matters = |module: ModuleId| !named || locals.iter().any(|local| local.module == Some(module));
    here.unreadable.iter().filter(|(module, _)| matters(*module)).cloned().collect()
}

/// Why a service has no account: an interrupted repair has left it on the manual module, its module's access cannot be read, or it is
/// no reselling module at all.
fn without_account(here: &Here, left: &[OnManual], local: &LocalService) -> (Decision, Reason) {
    if let Some(left) = left.iter().find(|left| left.local.item == local.item) {
        return (Decision::Wait, Reason::Way(left.hitch()));
    }
    let unreadable = here.unreadable.iter().find(|(module, _)| local.module == Some(*module));
    let reason = unreadable.map_or(Reason::NoModule, |(_, error)| Reason::SellerNotRead { detail: error.to_string() });
    (Decision::Ask, reason)
}

fn plan_account(
    here: &Here,
    account: &AccountHere,
    journal: &mut Journal,
    services: Vec<LocalService>,
    allow: &[Allowed],
    wanted: &Wanted,
    report: &mut DriftReport,
) -> Result<(), Error> {
    // A check that is due reads the same lists, and they are not asked for a second time.
    account.concerns(&services);
    let others = here.for_comparison(account, &services)?;
    account.concerns(&others);
    let around = Surroundings {
        others_may_read: checked(here, account, journal)?.others_may_read(),
        do_nothing: operations_stopped(&here.root),
        allow,
        now: ZonedDateTime::now().datetime(),
    };
    let mut by_type: HashMap<String, Vec<LocalService>> = HashMap::new();
    for local in services {
        by_type.entry(local.itemtype.clone()).or_default().push(local);
    }
    let mut fault = None;
    let mut items = Vec::new();
    for (itemtype, services) in by_type {
        if !ITEMTYPES.contains(&itemtype.as_str()) {
            items.extend(services.into_iter().map(|local| {
                let reason = Reason::ListNotKnown { itemtype: itemtype.clone() };
                without_seller(local, Decision::Ask, reason)
            }));
            continue;
        }
        match account.listing(&itemtype) {
            Ok(listing) => {
                let hidden = hides_ids(&listing);
                // Of all services only those that wait are worth a question each.
                let only_waiting = matches!(wanted, Wanted::All | Wanted::Differences);
                let named = hidden.then(|| {
                    name_rows(
                        account,
                        services.iter().filter(|local| !only_waiting || local.waits()),
                        &listing.services,
                    )
                });
                let rows = Rows::new(named.as_ref().map_or(&listing.services, |named| &named.rows)).beside(&others);
                let asked = named.as_ref().map(|named| &named.asked);
                // Of such a list only a part is known: an id alone does not prove that it is the only one.
                let around = Surroundings { others_may_read: around.others_may_read || hidden, ..around };
                let planning = Planning { here, account, journal, rows, asked, around };
                let from = items.len();
                for local in services {
                    let planned = planning.plan(local, &listing)?;
                    if planned.decision != Decision::InStep || !matches!(wanted, Wanted::Differences) {
                        items.push(planned);
                    }
                }
                let planned = items.split_at_mut(from).1;
                suddenly_short(here, account, &itemtype, listing.shown, planned)?;
            }
            Err(error) => {
                for local in services {
                    let reason = Reason::SellerNotRead { detail: error.to_string() };
                    items.push(without_seller(local, Decision::Refuse, reason));
                }
                fault = Some(error);
            }
        }
    }
    report.unread.extend(fault.map(|error| (account.account.to_string(), error)));
    brake(here, account, &mut items)?;
    report.items.append(&mut items);
    report.items.sort_by_key(|planned| planned.local.item);
    Ok(())
}

/// More services would change than is likely: a seller that answers wrongly for all looks just like that.
fn brake(here: &Here, account: &AccountHere, items: &mut [Planned]) -> Result<(), Error> {
    let settings = &here.settings.sync;
    let would = items.iter().filter(|planned| planned.decision.acts()).count() as u64;
    if would <= u64::from(settings.brake_minimum) {
        return Ok(());
    }
    let of = here.database.live_services(&account.module_ids())?;
    let percent = settings.brake_percent;
    if would * 100 > of * u64::from(percent) {
        for planned in items.iter_mut().filter(|planned| planned.decision.acts()) {
            planned.refuse(Decision::Refuse, Reason::Brake { would, of, percent });
        }
    }
    Ok(())
}

/// A list that shows far fewer services than are settled here has lost them, or we are shown something else: nothing that it says
/// is acted on, as if all of them were to change.
fn suddenly_short(
    here: &Here,
    account: &AccountHere,
    itemtype: &str,
    shown: u64,
    items: &mut [Planned],
) -> Result<(), Error> {
    if !items.iter().any(|planned| planned.decision.acts()) {
        return Ok(());
    }
    let settled = here.database.settled_services(&account.module_ids(), itemtype)?;
    let missing = settled.saturating_sub(shown);
    let settings = &here.settings.sync;
    let percent = settings.brake_percent;
    if missing > u64::from(settings.brake_minimum) && missing * 100 > settled * u64::from(percent) {
        for planned in items.iter_mut().filter(|planned| planned.decision.acts()) {
            planned.refuse(Decision::Refuse, Reason::ListSuddenlyShort { shown, settled, percent });
        }
    }
    Ok(())
}

/// No row shows whose service it is: the seller's version may not show it in lists.
fn hides_ids(listing: &Listing) -> bool {
    !listing.shows_remoteid && listing.shown > 0
}

/// The listing may be short: a row that contradicts the link could be among those that were not shown.
fn short(listing: &Listing) -> Option<Reason> {
    let why = listing.incomplete.as_ref()?;
    Some(Reason::SellerNotRead { detail: format!("its list may be short: {why}") })
}

/// A call about the service that was not answered, and that the panel may still be at: the call and when it was made.
pub fn under_way(journal: &Journal, item: ItemId) -> Result<Option<(String, String)>, Error> {
    let still =
        |at: &str| at.parse::<Timestamp>().is_ok_and(|at| Timestamp::now().duration_since(at).abs() < UNDER_WAY);
    Ok(journal.unanswered(item)?.filter(|(_, at)| still(at)))
}

/// Until when such a call is waited for, as a time of the day here, to the next full minute.
pub(super) fn waited_for(at: &str) -> Option<String> {
    let until = at.parse::<Timestamp>().ok()?.checked_add(UNDER_WAY + SignedDuration::from_secs(59)).ok()?;
    Some(ZonedDateTime::new(until, TimeZone::system()).strftime("%H:%M").to_string())
}

/// One product of one account, read and indexed.
struct Planning<'a> {
    here: &'a Here,
    account: &'a AccountHere,
    journal: &'a Journal,
    rows: Rows<'a>,
    /// For a list that does not show whose services they are: how far each was looked for.
    asked: Option<&'a HashMap<ItemId, Asked>>,
    around: Surroundings<'a>,
}

impl Planning<'_> {
    /// What it means that a service is not in the listing: a short one, or one without ids, says nothing about it.
    fn absent(&self, listing: &Listing, item: ItemId) -> Reason {
        if let Some(reason) = short(listing) {
            return reason;
        }
        if !hides_ids(listing) {
            return Reason::NotAtSeller;
        }
        match self.asked.and_then(|asked| asked.get(&item).copied()).unwrap_or_default() {
            Asked { told: 0, .. } => Reason::SellerHidesIds,
            Asked { told, left } => Reason::NotAmongCandidates { told, left },
        }
    }

    fn plan(&self, local: LocalService, listing: &Listing) -> Result<Planned, Error> {
        let linked = self.rows.link(&local);
        let (decision, mut reason) = decide(&local, &linked, self.around);
        // A list without ids does not say that the row that is noted here carries none.
        let missing = self.absent(listing, local.item);
        let hidden = missing == Reason::SellerHidesIds && matches!(reason, Reason::LinkOnlyStored { .. });
        if reason == Reason::NotAtSeller || hidden {
            reason = missing;
        }
        let (link, seller) = (linked.link, linked.seller.cloned());
        let mut planned = Planned { module: local.module, link, seller, decision, reason, steps: Vec::new(), local };
        if let Some(row) = linked.seller.filter(|_| decision.acts()) {
            if let Some(reason) = short(listing) {
                planned.refuse(Decision::Refuse, reason);
            } else if let Some((call, at)) = under_way(self.journal, planned.local.item)? {
                planned.refuse(Decision::Wait, Reason::CallUnderWay { call, at });
            } else {
                self.add_steps(&mut planned, row)?;
                let remarks = remarks(&planned, self.around.now.date());
                planned.reason = planned.reason.with(&remarks);
            }
        }
        Ok(planned)
    }

    fn add_steps(&self, planned: &mut Planned, row: &SellerService) -> Result<(), Error> {
        match delivered(self.here, self.account, planned.decision, planned.local.item, row) {
            Ok(delivered) => {
                let again = planned.local.status == Status::Active && delivered.stored_here;
                if again && !self.journal.stored_certificate(planned.local.item)? {
                    planned.refuse(Decision::Ask, Reason::SameCertificate);
                } else {
                    planned.steps = steps(planned.decision, &planned.local, &delivered);
                }
            }
            Err(error) => {
                planned.refuse(Decision::Refuse, Reason::CertificateNotReadable { detail: error.to_string() });
            }
        }
        Ok(())
    }
}

/// What will be copied: from the row, and for a certificate from its form, which alone has the certificate itself.
fn delivered(
    here: &Here,
    account: &AccountHere,
    decision: Decision,
    item: ItemId,
    row: &SellerService,
) -> Result<Delivered, Error> {
    let mut delivered = Delivered {
        expires: row.expires,
        service_status: row.service_status,
        names: row.names.clone(),
        ..Delivered::default()
    };
    if decision == Decision::StoreCertificate {
        let form = account.form(&row.itemtype, &row.id)?;
        let certificate =
            form.certificate()?.ok_or_else(|| Error::new(Kind::Answer, "the seller's form shows no certificate"))?;
        delivered.stored_here = here.database.certificate(item)?.is_some_and(|here| here.trim() == certificate.trim());
        delivered.expires = row.expires.or(form.expires());
        delivered.certificate = Some(certificate);
    }
    Ok(delivered)
}

pub(super) fn without_seller(local: LocalService, decision: Decision, reason: Reason) -> Planned {
    Planned { module: local.module, link: Link::None, seller: None, decision, reason, steps: Vec::new(), local }
}

/// The check of the account: the last one, or a new one when that is old or missing.
fn checked(here: &Here, account: &AccountHere, journal: &mut Journal) -> Result<Checked, Error> {
    let now = ZonedDateTime::now();
    let name = account.account.to_string();
    let known = journal.checked::<Checked>()?.into_iter().find(|checked| checked.account == name);
    let fresh = known.filter(|checked| {
        let at = checked.at.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
        now.timestamp().duration_since(at).abs() < VERDICT_HOLDS
    });
    match fresh {
        Some(checked) => Ok(checked),
        None => check_account(here, account, journal, &now),
    }
}
