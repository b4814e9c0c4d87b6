//! Which service at the seller is which service here, and how well that is proven.
//!
//! The facts know for certain only one side (facts/billmanager 0.4): the seller's row carries `remoteid` = the id of our
//! service. So exactly one live row of the same product on this module's account has to carry our id, and nothing may
//! contradict it. Not for finding services by likeness: a name alone never makes a link.

use super::ids::ItemId;
use super::service::{LocalService, SellerService};
use super::status::Status;
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
    /// The id stored here belongs to another live row of the account.
    StoredIdIsAnotherRow { stored: String, row: String },
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
    /// Something besides our id speaks for the row: a stored id, or the same domain, address, common name or licence name.
    /// On an account that others may read, our id alone is not enough: the other panel counts its services too.
    pub corroborated: bool,
}

/// The rows of one account, found by product and id without looking at each.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    by_remoteid: HashMap<(&'a str, &'a str), Vec<&'a SellerService>>,
    by_id: HashMap<(&'a str, &'a str), &'a SellerService>,
}

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

    /// Live rows of that product that carry this service's id.
    fn live(&self, itemtype: &str, item: ItemId) -> Vec<&'a SellerService> {
        let id = item.to_string();
        let rows = self.by_remoteid.get(&(itemtype, id.as_str()));
        let mut live: Vec<_> =
            rows.into_iter().flatten().copied().filter(|row| row.status != Status::Deleted).collect();
        if live.is_empty() {
            // A single deleted row still says what became of the service.
            live = rows.into_iter().flatten().copied().collect();
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
        let rows = self.live(&local.itemtype, local.item);
        let [row] = rows.as_slice() else {
            if rows.is_empty() {
                return without_remoteid(stored_row, ambiguous);
            }
            return ambiguous(None, Doubt::SeveralRows(rows.iter().map(|row| row.id.clone()).collect()));
        };
        // A stored id that is no row of this account is not taken for a seller's id: a panel that itself sells to others
        // keeps the buyer's id in `item.remoteid`.
        if let Some(other) = stored_row.filter(|other| other.id != row.id && other.status != Status::Deleted) {
            let doubt = Doubt::StoredIdIsAnotherRow { stored: other.id.clone(), row: row.id.clone() };
            return ambiguous(Some(row), doubt);
        }
        let stored_agrees = stored_row.is_some_and(|other| other.id == row.id);
        let mut name_agrees = false;
        for &name in naming(&local.itemtype) {
            let (Some(here), Some(there)) = (local.names.get(name), row.names.get(name)) else { continue };
            match same_name(name, here, there) {
                Some(true) => name_agrees = true,
                Some(false) => {
                    let doubt = Doubt::NameDiffers { name: name.to_owned(), here: here.clone(), there: there.clone() };
                    return ambiguous(Some(row), doubt);
                }
                None => {}
            }
        }
        // An imported service is younger here than there, and both sides say that it is meant.
        if let (false, Some(here), Some(there)) = (stored_agrees, local.created, row.created) {
            // One day of grace: both are dates in their own panel's time zone.
            if there.tomorrow().is_ok_and(|next_day| next_day < here) {
                let doubt = Doubt::OlderThanOurOrder { here: here.to_string(), there: there.to_string() };
                return ambiguous(Some(row), doubt);
            }
        }
        Linked {
            link: if stored_agrees { Link::Both } else { Link::RemoteId },
            seller: Some(row),
            doubt: None,
            corroborated: stored_agrees || name_agrees,
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

/// What names a service of a product. The address of shared hosting is its server's: every site there has it.
fn naming(itemtype: &str) -> &'static [&'static str] {
    if itemtype == "vhost" { &["domain"] } else { &["domain", "ip", "CN", "licname"] }
}

/// Whether two names are one: letters' case, a trailing dot, `www.`, punycode and the ways to write an address do not count;
/// of lists (several addresses or domains) one in common is enough. `None` when one side says nothing.
fn same_name(name: &str, here: &str, there: &str) -> Option<bool> {
    let parts = |text: &str| -> Vec<String> {
        let separators: &[char] = if name == "licname" { &['\n'] } else { &[',', ' ', ';', '\n'] };
        text.split(separators).map(plain).filter(|part| !part.is_empty()).collect()
    };
    let (here, there) = (parts(here), parts(there));
    if here.is_empty() || there.is_empty() {
        return None;
    }
    Some(here.iter().any(|part| there.contains(part)))
}

/// One spelling for a name.
fn plain(name: &str) -> String {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    if let Ok(address) = name.parse::<IpAddr>() {
        return address.to_string();
    }
    let name = name.strip_prefix("www.").unwrap_or(&name);
    match url::Host::parse(name) {
        Ok(host) if !name.is_ascii() => host.to_string(),
        _ => name.to_owned(),
    }
}
