//! The plan: both sides read, each service linked and decided on. `drift` shows it, `sync` carries it out.

use crate::billmgr::{Selection, operations_stopped};
use crate::check::check_account;
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::reading::{AccountHere, Here};
use crate::report::{Checked, DriftReport};
use crate::reselling::decision::{Decision, Reason, Surroundings, decide};
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::link::{Link, Rows};
use crate::reselling::plan::{Delivered, Planned, steps};
use crate::reselling::service::{LocalService, SellerService};
use crate::reselling::verdict::Verdict;
use crate::root::Root;
use crate::seller::Listing;
use jiff::{SignedDuration, ZonedDateTime};
use std::collections::HashMap;

/// A verdict older than this is made anew before it decides on a link.
const VERDICT_HOLDS: SignedDuration = SignedDuration::from_hours(1);

/// Which services.
#[derive(Clone, Debug)]
pub enum Wanted {
    Items(Vec<ItemId>),
    /// Those that wait for the seller, of every reselling module.
    Stuck,
    /// All services of every reselling module.
    All,
}

/// Both sides compared; nothing is changed, not even the journal when it has a fresh verdict.
///
/// # Errors
/// This panel could not be read, or a named service does not exist. A seller that cannot be read is in the report.
pub fn drift(root: &Root, wanted: &Wanted) -> Result<DriftReport, Error> {
    plan(&Here::open(root)?, wanted)
}

pub(super) fn plan(here: &Here, wanted: &Wanted) -> Result<DriftReport, Error> {
    let modules: Vec<ModuleId> = here.accounts.iter().flat_map(AccountHere::module_ids).collect();
    let locals = match wanted {
        Wanted::Items(items) => here.services(items)?,
        Wanted::Stuck => here.database.services(&Selection::Waiting(&modules))?,
        Wanted::All => here.database.services(&Selection::All(&modules))?,
    };
    let mut report = DriftReport { notes: here.database.notes(), ..DriftReport::default() };
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
                let reason = module_fault(here, &local);
                without_seller(local, Decision::Ask, reason)
            })),
            Some(account) => plan_account(here, account, services, &mut report)?,
        }
    }
    if let Wanted::Items(items) = wanted {
        let order: HashMap<ItemId, usize> = items.iter().enumerate().map(|(place, item)| (*item, place)).collect();
        report.items.sort_by_key(|planned| order.get(&planned.local.item).copied());
    }
    Ok(report)
}

/// Why a service has no account: its module's access cannot be read, or it is no reselling module at all.
fn module_fault(here: &Here, local: &LocalService) -> Reason {
    here.unreadable
        .iter()
        .find(|(module, _)| local.module == Some(*module))
        .map_or(Reason::NoModule, |(_, error)| Reason::SellerNotRead { detail: error.to_string() })
}

fn plan_account(
    here: &Here,
    account: &AccountHere,
    services: Vec<LocalService>,
    report: &mut DriftReport,
) -> Result<(), Error> {
    let around = Surroundings {
        verdict: verdict(here, account)?,
        do_nothing: operations_stopped(&here.root),
        now: ZonedDateTime::now().datetime(),
    };
    let mut by_type: HashMap<String, Vec<LocalService>> = HashMap::new();
    for local in services {
        by_type.entry(local.itemtype.clone()).or_default().push(local);
    }
    let mut fault = None;
    for (itemtype, services) in by_type {
        match account.listing(&itemtype) {
            Ok(listing) => {
                let rows = Rows::new(&listing.services);
                let missing = absent(&listing);
                for local in services {
                    report.items.push(plan_one(here, account, local, &rows, &missing, around));
                }
            }
            Err(error) => {
                for local in services {
                    let reason = Reason::SellerNotRead { detail: error.to_string() };
                    report.items.push(without_seller(local, Decision::Refuse, reason));
                }
                fault = Some(error);
            }
        }
    }
    report.unread.extend(fault.map(|error| (account.account.to_string(), error)));
    report.items.sort_by_key(|planned| planned.local.item);
    Ok(())
}

/// What it means that a service is not in the listing: a short one, or one without ids, says nothing about it.
fn absent(listing: &Listing) -> Reason {
    match &listing.incomplete {
        Some(why) => Reason::SellerNotRead { detail: format!("its list may be short: {why}") },
        None if !listing.shows_remoteid && !listing.services.is_empty() => Reason::SellerHidesIds,
        None => Reason::NotAtSeller,
    }
}

fn plan_one(
    here: &Here,
    account: &AccountHere,
    local: LocalService,
    rows: &Rows<'_>,
    missing: &Reason,
    around: Surroundings,
) -> Planned {
    let linked = rows.link(&local);
    let (mut decision, mut reason) = decide(&local, &linked, around);
    // A list without ids does not say that the row that is noted here carries none.
    let hidden = *missing == Reason::SellerHidesIds && matches!(reason, Reason::LinkOnlyStored { .. });
    if reason == Reason::NotAtSeller || hidden {
        reason = missing.clone();
    }
    let mut planned_steps = Vec::new();
    if let Some(row) = linked.seller.filter(|_| decision.acts()) {
        match delivered(here, account, decision, local.item, row) {
            Ok(delivered) => planned_steps = steps(decision, &local, &delivered),
            Err(error) => {
                (decision, reason) = (Decision::Refuse, Reason::CertificateNotReadable { detail: error.to_string() });
            }
        }
    }
    Planned {
        module: local.module,
        link: linked.link,
        seller: linked.seller.cloned(),
        decision,
        reason,
        steps: planned_steps,
        local,
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
    let name = |name: &str| row.names.get(name).cloned();
    let mut delivered = Delivered {
        expires: row.expires,
        ip: name("ip"),
        domain: name("domain"),
        username: name("username"),
        ..Delivered::default()
    };
    if decision == Decision::StoreCertificate {
        let form = account.seller()?.form(&row.itemtype, &row.id)?;
        let certificate =
            form.certificate()?.ok_or_else(|| Error::new(Kind::Answer, "the seller's form shows no certificate"))?;
        delivered.stored_here = here.database.certificate(item)?.is_some_and(|here| here.trim() == certificate.trim());
        delivered.expires = row.expires.or(form.expires());
        delivered.certificate = Some(certificate);
    }
    Ok(delivered)
}

fn without_seller(local: LocalService, decision: Decision, reason: Reason) -> Planned {
    Planned { module: local.module, link: Link::None, seller: None, decision, reason, steps: Vec::new(), local }
}

/// The verdict on the account: the last one, or a new one when that is old or missing.
fn verdict(here: &Here, account: &AccountHere) -> Result<Verdict, Error> {
    let mut journal = Journal::open(&here.root)?;
    let now = ZonedDateTime::now();
    let name = account.account.to_string();
    let known = journal.checked::<Checked>()?.into_iter().find(|checked| checked.account == name);
    let fresh = known.filter(|checked| {
        let at = checked.at.parse::<jiff::Timestamp>().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        now.timestamp().duration_since(at).abs() < VERDICT_HOLDS
    });
    match fresh {
        Some(checked) => Ok(checked.verdict),
        None => check_account(here, account, &mut journal, &now).map(|checked| checked.verdict),
    }
}
