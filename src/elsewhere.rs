//! Hears of one account from elsewhere: the seller's trails of who used it, and the owner's list of other panels.
//!
//! At most three questions to the seller: `whoami`, `journal`, `authlog`, one page each. None has to be answered: a refusal is a
//! note (facts/billmanager 12, 9). Not for the weight of what is heard: that is `reselling::elsewhere`.

use crate::error::Error;
use crate::fleet;
use crate::journal::Journal;
use crate::reading::{AccountHere, Here};
use crate::reselling::addresses::{Visit, learned, module_address, strangers};
use crate::reselling::elsewhere::{Elsewhere, Stranger};
use crate::seller::{Seller, Trace, Trail};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, ZonedDateTime};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Who came longer ago says nothing about today, days.
const DAYS: i64 = 31;

/// What is heard of the account, and what could not be. `ask`: whether the seller may be asked. `polls`: when this panel asked for
/// events, oldest first.
///
/// # Errors
/// `Kind::State`.
pub fn heard(
    here: &Here,
    account: &AccountHere,
    ask: bool,
    polls: &[Timestamp],
    journal: &mut Journal,
    now: &ZonedDateTime,
) -> Result<(Elsewhere, Vec<String>), Error> {
    let (siblings, mut notes) = fleet::siblings(here, &account.account);
    let own_named = !here.settings.check.own_addresses.is_empty();
    let strangers = match account.seller() {
        Ok(seller) if ask => visitors(here, account, seller, polls, journal, now, &mut notes)?,
        // Why is said where the seller is asked for its lists.
        _ => Vec::new(),
    };
    Ok((Elsewhere { strangers, own_named, siblings }, notes))
}

fn visitors(
    here: &Here,
    account: &AccountHere,
    seller: &Seller,
    polls: &[Timestamp],
    journal: &mut Journal,
    now: &ZonedDateTime,
    notes: &mut Vec<String>,
) -> Result<Vec<Stranger>, Error> {
    if let Err(error) = seller.whoami() {
        notes.push(format!("who used the account at the seller is not known: {error}"));
        return Ok(Vec::new());
    }
    let oldest = now.datetime().date().saturating_sub(DAYS.days());
    let recent =
        |visit: &Visit| visit.time.get(..10).and_then(|day| day.parse::<Date>().ok()).is_none_or(|day| day >= oldest);
    let actions = visits(seller, Trail::Journal, notes);
    let mut own: BTreeSet<IpAddr> = learned(&actions, "whoami");
    own.extend(seller.sources());
    let own = journal.remember_addresses(&account.account, &own, now.timestamp())?;
    let mut all = actions;
    all.extend(visits(seller, Trail::Authlog, notes));
    all.retain(recent);
    let named = &here.settings.check.own_addresses;
    let known = |address: IpAddr| own.contains(&address) || named.iter().any(|network| network.contains(address));
    let asks = account.modules.iter().any(|module| module.active);
    // Named addresses or not: whoever named some may have forgotten the module's.
    let module = module_address(&all, known, polls).filter(|_| asks);
    if let Some(address) = module {
        notes.push(format!(
            "{address} alone asks for events there, as often as this panel does: taken for its module's address; if it is, name it in [check] own_addresses"
        ));
    }
    let ours = |address: IpAddr| known(address) || module == Some(address);
    if !all.is_empty() && named.is_empty() && !all.iter().any(|visit| ours(visit.address)) {
        // One of them may well be ours, behind a router.
        notes.push(
            "the seller's trails name addresses, and none is known to be this panel's; name those in [check] own_addresses"
                .to_owned(),
        );
        return Ok(Vec::new());
    }
    Ok(strangers(&all, ours))
}

/// One page of a trail. One that can only be seen from its old end tells nothing about today.
fn visits(seller: &Seller, trail: Trail<'_>, notes: &mut Vec<String>) -> Vec<Visit> {
    let name = if trail == Trail::Journal { "journal" } else { "list of logins" };
    let traces = match seller.trail(trail) {
        Ok(traces) => traces,
        Err(error) => {
            notes.push(format!("the seller's {name} was not shown: {error}"));
            return Vec::new();
        }
    };
    let oldest_first = traces.first().map(|trace| &trace.time) < traces.last().map(|trace| &trace.time);
    if oldest_first && traces.len() >= seller.lines() {
        notes.push(format!("the seller shows its {name} from the oldest line on, and not to the end: not used"));
        return Vec::new();
    }
    traces.iter().filter_map(|Trace { time, ip, what, .. }| Visit::read(time, ip, what)).collect()
}
