//! What each seller account lets us do: reached, logged in, with which rights, and whether its lists show whose a service is.

use super::{Check, Status};
use crate::error::{Error, Kind};
use crate::language::Language;
use crate::reading::{AccountHere, Here};
use crate::seller::Seller;

/// The level of a customer (facts/billmanager 4.1).
const CUSTOMER: u64 = 16;

/// More than this between the clocks makes times of both sides hard to compare, seconds.
const CLOCK: i64 = 120;

pub(super) fn accounts(here: &Here) -> Vec<Check> {
    here.accounts.iter().flat_map(|account| one(here, account)).collect()
}

fn one(here: &Here, account: &AccountHere) -> Vec<Check> {
    let named = |what: &str| format!("seller.{what} {}", account.account);
    let whoami = match account.seller().and_then(Seller::whoami) {
        Ok(whoami) => whoami,
        Err(error) => {
            // The connection failed, or what came over it was a refusal.
            let what = match error.kind {
                Kind::SellerUnreachable => "reached",
                Kind::SellerCertificate => "tls",
                _ => "login",
            };
            let fix = error.kind.guidance(Language::En).next;
            return vec![Check::new(named(what), Status::Broken, error.detail, fix)];
        }
    };
    let version = whoami.version.as_deref().unwrap_or("unknown");
    let mut checks = vec![Check::ok(named("login"), format!("as {}, BILLmanager {version}", whoami.user))];
    checks.push(match whoami.level {
        Some(CUSTOMER) => Check::ok(named("level"), "a customer, as it has to be"),
        level => {
            let level = level.map_or_else(|| "not shown".to_owned(), |level| level.to_string());
            let fix = "use a customer's login in the module";
            Check::new(named("level"), Status::Warning, format!("the user's level is {level}, not {CUSTOMER}"), fix)
        }
    });
    for (flag, may, what) in
        [("allowsuspenditem", whoami.may_suspend, "suspend"), ("allowdeleteitem", whoami.may_delete, "delete")]
    {
        checks.push(match may {
            Some(true) => Check::ok(named(flag), format!("it may {what} services")),
            Some(false) => {
                let detail = format!("it may not {what} services: what this panel does so never reaches the seller");
                Check::new(named(flag), Status::Warning, detail, format!("ask the seller to switch {flag} on"))
            }
            None => Check::skipped(named(flag), "the seller does not say"),
        });
    }
    checks.push(clock(account, named("clock")));
    checks.push(ids(here, account, &named("remoteid")));
    checks
}

/// Times of both sides are compared to tell a lost event from one on its way.
fn clock(account: &AccountHere, name: String) -> Check {
    let ahead = account.seller().ok().and_then(Seller::clock_ahead).map(|ahead| ahead.as_secs());
    match ahead {
        None => Check::skipped(name, "the seller's answers say no time"),
        Some(ahead) if ahead.abs() > CLOCK => {
            let detail = format!("this server's clock is {ahead} s ahead of the seller's");
            Check::new(name, Status::Warning, detail, "see that both keep time (NTP)")
        }
        Some(ahead) => Check::ok(name, format!("{ahead} s between the clocks")),
    }
}

/// Whether the first page of one of our products shows whose a service is.
fn ids(here: &Here, account: &AccountHere, name: &str) -> Check {
    let own = match here.database.itemtypes(&account.module_ids()) {
        Ok(own) => own,
        Err(error) => return Check::skipped(name, error.detail),
    };
    let Some(itemtype) = own.first() else {
        return Check::skipped(name, "this panel has no service on the account yet");
    };
    let (mut rows, mut shown) = (0usize, 0usize);
    let walked = account.walk(itemtype, |page| {
        rows = page.len();
        shown = page.iter().filter(|row| row.remoteid.is_some()).count();
        // One page is enough.
        Err(Error::new(Kind::Internal, "enough"))
    });
    match walked {
        Err(error) if rows == 0 => {
            let fix = error.kind.guidance(Language::En).next;
            Check::new(name, Status::Broken, error.detail, fix)
        }
        _ if rows == 0 => Check::skipped(name, format!("the list {itemtype} is empty")),
        _ if shown == 0 => {
            let detail = format!("no row of the list {itemtype} shows whose service it is: nothing can be repaired");
            Check::new(name, Status::Warning, detail, "ask the seller for a version that shows remoteid in lists")
        }
        _ => Check::ok(name, format!("{shown} of {rows} rows of the list {itemtype} show whose service it is")),
    }
}
