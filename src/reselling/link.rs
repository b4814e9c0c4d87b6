//! Which service at the seller is which service here, and how well that is proven.
//!
//! The facts know for certain only one side (facts/billmanager 0.4): the seller's row carries `remoteid` = the id of our
//! service. So exactly one live row of the same product on this module's account has to carry our id, and nothing may
//! contradict it. Not for finding services by likeness: a name alone never makes a link.

use super::placeholder::is_own;
use super::product::product;
use super::service::{LocalService, SellerService};
use super::status::Status;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;

/// How well a link is proven, in the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// The seller's row carries our id, and a seller's id stored here agrees.
    Both,
    /// The seller's row carries our id, and nothing contradicts it.
    RemoteId,
    /// Only an id stored here; the seller's row carries none.
    Local,
    /// No row carries our id and no id is stored here.
    None,
    /// Several rows carry our id, or something contradicts the one that does.
    Ambiguous,
}

/// Why a link is not acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doubt {
    /// These rows of the seller all carry our id.
    SeveralRows(Vec<String>),
    /// The id stored here belongs to another row of the account, be it a deleted one.
    StoredIdIsAnotherRow { stored: String, row: String },
    /// The id stored here is no row's, and what others have stored are their rows' ids.
    StoredIdIsNoRow { stored: String, row: String },
    /// The row with the stored id carries the id of another service.
    StoredRowCarriesAnotherId { stored: String, remoteid: String },
    /// Both sides have this name and they differ.
    NameDiffers { name: String, here: String, there: String },
    /// The seller's service is older than our order.
    OlderThanOurOrder { here: String, there: String },
}

/// A link with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked<'a> {
    pub link: Link,
    /// The row that is meant; `None` for `Link::None` and when several rows are meant.
    pub seller: Option<&'a SellerService>,
    pub doubt: Option<Doubt>,
    /// Something besides our id speaks for the row: a stored id, the same domain, address, common name or licence name (placeholders such as
    /// `localhost` aside), or an order of the same ten minutes (lists usually show only the day, and then the time says nothing). On an account that others may read, our id alone is not enough: the other panel counts its services too.
    pub corroborated: bool,
}

/// The rows of one account, found by product and id without looking at each.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    by_remoteid: HashMap<(&'a str, &'a str), Vec<&'a SellerService>>,
    by_id: HashMap<(&'a str, &'a str), &'a SellerService>,
    /// Services of this panel by which it is judged what the ids are that are stored here.
    others: &'a [LocalService],
}

/// So many services whose stored id is their row's show that the stored ids are the seller's; of twenty one may disagree.
const HANDFUL: usize = 5;
const AGREE: usize = 20;

impl<'a> Rows<'a> {
    pub fn new(rows: impl IntoIterator<Item = &'a SellerService>) -> Self {
        let mut index = Self::default();
        for row in rows {
            index.by_id.insert((&row.itemtype, &row.id), row);
            if let Some(remoteid) = &row.remoteid {
                index.by_remoteid.entry((&row.itemtype, remoteid)).or_default().push(row);
            }
        }
        index
    }

    /// The same with services of this panel for comparison, settled ones: whether the ids that they have stored are the seller's. The
    /// place where a panel stores them is not confirmed (facts/billmanager 0.5).
    #[must_use]
    pub fn beside(self, others: &'a [LocalService]) -> Self {
        Self { others, ..self }
    }

    /// The others of its product have stored the seller's ids, so a stored id of this one is one, too.
    fn stores_sellers_ids(&self, local: &LocalService) -> bool {
        let (mut agree, mut differ) = (0, 0);
        for other in self.others.iter().filter(|other| other.item != local.item && other.itemtype == local.itemtype) {
            let item = other.item.to_string();
            let rows = self.by_remoteid.get(&(other.itemtype.as_str(), item.as_str()));
            let (Some(rows), Some(stored)) = (rows, &other.stored_seller_id) else { continue };
            if rows.iter().any(|row| row.id == *stored) {
                agree += 1;
            } else {
                differ += 1;
            }
        }
        agree >= HANDFUL && differ * AGREE <= agree
    }

    /// Live rows of that product that carry this service's id.
    fn live(&self, local: &LocalService) -> Vec<&'a SellerService> {
        let id = local.item.to_string();
        let rows = self.by_remoteid.get(&(local.itemtype.as_str(), id.as_str()));
        let mut live: Vec<_> =
            rows.into_iter().flatten().copied().filter(|row| row.status != Status::Deleted).collect();
        if live.is_empty() {
            // A single deleted row still says what became of the service; of several, the one that is noted here.
            live = rows.into_iter().flatten().copied().collect();
            live.sort_by_key(|row| local.stored_seller_id.as_ref() != Some(&row.id));
            live.truncate(1);
        }
        live
    }

    /// The link of one service.
    pub fn link(&self, local: &LocalService) -> Linked<'a> {
        let stored = local.stored_seller_id.as_deref();
        let stored_row = stored.and_then(|id| self.by_id.get(&(local.itemtype.as_str(), id)).copied());
        let ambiguous =
            |seller, doubt| Linked { link: Link::Ambiguous, seller, doubt: Some(doubt), corroborated: false };
        let rows = self.live(local);
        let [row] = rows.as_slice() else {
            if rows.is_empty() {
                return without_remoteid(stored_row, ambiguous);
            }
            return ambiguous(None, Doubt::SeveralRows(rows.iter().map(|row| row.id.clone()).collect()));
        };
        if let Some(other) = stored_row.filter(|other| other.id != row.id) {
            let doubt = Doubt::StoredIdIsAnotherRow { stored: other.id.clone(), row: row.id.clone() };
            return ambiguous(Some(row), doubt);
        }
        // A panel that itself sells to others keeps the buyer's id in `item.remoteid`: a stored id that is no row of this account is
        // taken for a seller's id only where the others show that theirs are.
        if let Some(stored) = stored.filter(|_| stored_row.is_none() && self.stores_sellers_ids(local)) {
            return ambiguous(Some(row), Doubt::StoredIdIsNoRow { stored: stored.to_owned(), row: row.id.clone() });
        }
        let stored_agrees = stored_row.is_some_and(|other| other.id == row.id);
        let mut name_agrees = false;
        for (name, here, there) in names_of_both(local, row) {
            match same_name(name, here, there) {
                Some(true) => name_agrees = true,
                Some(false) => {
                    let doubt =
                        Doubt::NameDiffers { name: name.to_owned(), here: here.to_owned(), there: there.to_owned() };
                    return ambiguous(Some(row), doubt);
                }
                None => {}
            }
        }
        // An imported service is younger here than there, and both sides say that it is meant.
        if let Some((here, there)) = older_than_our_order(local, row).filter(|_| !stored_agrees) {
            return ambiguous(Some(row), Doubt::OlderThanOurOrder { here: here.to_string(), there: there.to_string() });
        }
        Linked {
            link: if stored_agrees { Link::Both } else { Link::RemoteId },
            seller: Some(row),
            doubt: None,
            corroborated: stored_agrees || name_agrees || ordered_together(local, row),
        }
    }
}

fn without_remoteid<'a>(
    stored_row: Option<&'a SellerService>,
    ambiguous: impl Fn(Option<&'a SellerService>, Doubt) -> Linked<'a>,
) -> Linked<'a> {
    match stored_row {
        None => Linked { link: Link::None, seller: None, doubt: None, corroborated: false },
        Some(row) => match &row.remoteid {
            None => Linked { link: Link::Local, seller: Some(row), doubt: None, corroborated: false },
            Some(remoteid) => {
                let doubt = Doubt::StoredRowCarriesAnotherId { stored: row.id.clone(), remoteid: remoteid.clone() };
                ambiguous(Some(row), doubt)
            }
        },
    }
}

/// Rows of the same product that could be this service by everything but an id, the likeliest first: for a list that does not show
/// whose services they are, these are the rows whose forms are worth asking for.
pub fn candidates<'a>(
    local: &LocalService,
    rows: impl IntoIterator<Item = &'a SellerService>,
) -> Vec<&'a SellerService> {
    let likelihood = |row: &SellerService| {
        let stored = local.stored_seller_id.as_ref() == Some(&row.id);
        let same: Vec<bool> =
            names_of_both(local, row).filter_map(|(name, here, there)| same_name(name, here, there)).collect();
        let contradicted = same.contains(&false) || (!stored && older_than_our_order(local, row).is_some());
        let apart = local.created.zip(row.created).map(|(here, there)| (there - here).get_days().unsigned_abs());
        (!contradicted).then_some((!stored, same.is_empty(), apart.unwrap_or(u32::MAX)))
    };
    let mut found: Vec<_> = rows
        .into_iter()
        .filter(|row| row.itemtype == local.itemtype && row.remoteid.is_none() && row.status != Status::Deleted)
        .filter_map(|row| Some((likelihood(row)?, row)))
        .collect();
    found.sort_by_key(|(likelihood, _)| *likelihood);
    found.into_iter().map(|(_, row)| row).collect()
}

/// The names that both sides have and that tell one service of the product from another.
fn names_of_both<'a>(
    local: &'a LocalService,
    row: &'a SellerService,
) -> impl Iterator<Item = (&'static str, &'a str, &'a str)> {
    let names = product(&local.itemtype).naming.iter();
    names.filter_map(|name| Some((*name, local.names.get(*name)?.as_str(), row.names.get(*name)?.as_str())))
}

/// Both days, when the seller's service is older than our order. One day of grace: both are days in their own panel's time zone.
fn older_than_our_order(local: &LocalService, row: &SellerService) -> Option<(Date, Date)> {
    let (here, there) = local.created.zip(row.created)?;
    there.tomorrow().is_ok_and(|next_day| next_day < here).then_some((here, there))
}

/// Ordered within ten minutes of our operation, where both sides tell the time. Each is its panel's own local time: panels of
/// two time zones never agree, and that only takes a proof away.
fn ordered_together(local: &LocalService, row: &SellerService) -> bool {
    let ordered = local.operation("open").and_then(|operation| operation.created);
    ordered
        .zip(row.created_at)
        .is_some_and(|(here, there)| here.duration_since(there).abs() <= SignedDuration::from_mins(10))
}

/// Whether two names are one: letters' case, a trailing dot, `www.`, punycode and the ways to write an address do not count;
/// of lists (several addresses or domains) one in common is enough. `None` when one side says nothing, or nothing but placeholders,
/// which any panel's services may have, is in common.
fn same_name(name: &str, here: &str, there: &str) -> Option<bool> {
    let parts = |text: &str| -> Vec<String> {
        let separators: &[char] = if name == "licname" { &['\n'] } else { &[',', ' ', ';', '\n'] };
        text.split(separators).map(plain).filter(|part| !part.is_empty()).collect()
    };
    let (here, there) = (parts(here), parts(there));
    if here.is_empty() || there.is_empty() {
        return None;
    }
    let mut common = here.iter().filter(|part| there.contains(part)).peekable();
    if common.peek().is_none() {
        return Some(false);
    }
    common.any(|part| is_own(part, name != "licname")).then_some(true)
}

/// One spelling for a name.
fn plain(name: &str) -> String {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    if let Ok(address) = name.parse::<IpAddr>() {
        return address.to_canonical().to_string();
    }
    let name = name.strip_prefix("www.").unwrap_or(&name);
    match url::Host::parse(name) {
        Ok(host) if !name.is_ascii() => host.to_string(),
        _ => name.to_owned(),
    }
}
