//! A world of panels: one that sells, any number that resell, each with its own tree, database, endpoint, key and logs.
//!
//! It builds and observes; what the panels do is theirs.

use crate::billing::guesses::Guesses;
use crate::billing::module::Seller;
use crate::billing::schema::{self, First, TYPES};
use crate::core::{Authority, Certificate, Options, Scheme};
use crate::site::{Site, Start};
use std::collections::BTreeMap;
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The seller, the resellers, and the authority that signed their endpoints. Everything ends and is removed on drop.
pub struct World {
    authority: Arc<Authority>,
    authorities: PathBuf,
    seller: Site,
    resellers: Mutex<BTreeMap<String, Arc<Site>>>,
    dir: TempDir,
    /// Locked as long as this world is: see `sweep`.
    _alive: File,
}

/// How one panel is set up.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub guesses: Guesses,
    /// Its `scheme` is decided by `transport`.
    pub options: Options,
    pub transport: Transport,
}

/// How a panel is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Http,
    Https(Certificate),
}

impl Default for Transport {
    fn default() -> Self {
        Self::Https(Certificate::Good)
    }
}

impl Setup {
    fn options(&self, authority: &Arc<Authority>) -> Options {
        let scheme = match self.transport {
            Transport::Http => Scheme::Http,
            Transport::Https(certificate) => Scheme::Https { authority: Arc::clone(authority), certificate },
        };
        Options { scheme, ..self.options.clone() }
    }
}

/// A customer's account at the seller, as a reseller gets to know it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The seller's address, `https://127.0.0.1:PORT/billmgr`.
    pub url: String,
    pub user: String,
    pub password: String,
    /// `account.id` at the seller.
    pub id: u64,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A seller with a tariff for each product type; no account, no reseller.
    pub fn new() -> Self {
        Self::with(Setup::default())
    }

    /// The same with a seller that is set up otherwise.
    ///
    /// # Panics
    /// When a panel cannot be started.
    pub fn with(seller: Setup) -> Self {
        sweep(&std::env::temp_dir());
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir().expect("a temporary directory");
        let alive = hold(dir.path());
        let authority = Arc::new(Authority::new());
        let authorities = dir.path().join("ca.pem");
        std::fs::write(&authorities, authority.pem()).expect("a file in a temporary directory");
        let seller = Site::start(Start {
            name: "seller",
            root: dir.path().join("seller"),
            key: 0,
            first: First { item: 4_478_979, operation: 90_001, event: 1_225_058 },
            options: seller.options(&authority),
            guesses: seller.guesses,
            authorities: &authorities,
            address: None,
        });
        for (intname, ..) in TYPES {
            seller.add_tariff(intname, "75.00", seller.manual_module());
        }
        Self { authority, authorities, seller, resellers: Mutex::default(), dir, _alive: alive }
    }

    pub fn seller(&self) -> &Site {
        &self.seller
    }

    /// The reseller of that name, started on first use.
    pub fn reseller(&self, name: &str) -> Arc<Site> {
        self.reseller_with(name, Setup::default())
    }

    /// The same, set up otherwise; that counts on first use only.
    ///
    /// # Panics
    /// When the panel cannot be started.
    pub fn reseller_with(&self, name: &str, setup: Setup) -> Arc<Site> {
        let mut resellers = self.resellers.lock().expect("the world's resellers");
        let number = resellers.len();
        let started = resellers.entry(name.into()).or_insert_with(|| {
            // Ids of different panels do not meet, and all but the first reseller call from an address of their own.
            let order = u64::try_from(number).unwrap_or(0);
            let address = u8::try_from(number).ok().filter(|number| *number > 0);
            Arc::new(Site::start(Start {
                name,
                root: self.dir.path().join(name),
                key: number + 1,
                first: First { item: 16_643 + 46_348 * order, operation: 501 + 100 * order, event: 1 },
                options: setup.options(&self.authority),
                guesses: setup.guesses,
                authorities: &self.authorities,
                address: address.map(|number| IpAddr::V4(Ipv4Addr::new(127, 0, 0, number + 1))),
            }))
        });
        Arc::clone(started)
    }

    /// A new account at the seller, with money and an API user.
    pub fn account(&self, user: &str) -> Account {
        let password = format!("api #{user} 'x'");
        let id = self.seller.add_customer(user, &password);
        Account { url: self.seller.url(), user: user.into(), password, id }
    }

    /// The seller's API as the account's user calls it, from this machine's ordinary address.
    ///
    /// # Panics
    /// When the authorities cannot be read.
    pub fn api(&self, account: &Account) -> Seller {
        let Account { url, user, password, .. } = account;
        Seller::new(url, user, password, self.seller.root(), None).expect("a client of the seller")
    }

    /// Makes the reseller sell the types through the account: one module and one tariff for each, as the vendor's
    /// documentation asks. Returns the modules' ids in the order of the types.
    pub fn connect(&self, reseller: &Site, account: &Account, itemtypes: &[&str]) -> Vec<u64> {
        itemtypes
            .iter()
            .map(|itemtype| {
                let module = reseller.add_module(&format!("Seller ({itemtype})"), account);
                let tariff = reseller.add_tariff(itemtype, "90.00", module);
                let remote = self.seller.tariff(itemtype);
                reseller.execute(&format!(
                    "INSERT INTO pricelistparam(pricelist, intname, value) VALUES ({tariff}, 'remote_pricelist', '{remote}')"
                ));
                module
            })
            .collect()
    }

    /// The PEM file of the authority that signed every endpoint of this world.
    pub fn authorities(&self) -> &Path {
        &self.authorities
    }

    /// The directory that holds every panel's tree.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Started resellers, by name.
    pub fn resellers(&self) -> Vec<Arc<Site>> {
        self.resellers.lock().expect("the world's resellers").values().map(Arc::clone).collect()
    }
}

/// Every world's directory starts with this.
const PREFIX: &str = "panels-";
/// A file in it that is locked as long as its process lives.
const ALIVE: &str = "alive";

/// Marks a world's directory as in use.
fn hold(dir: &Path) -> File {
    let fresh = dir.join("alive.new");
    let file = File::create(&fresh).expect("a file in a temporary directory");
    file.lock().expect("nobody else knows the file");
    // Only now it gets the name that others look for.
    std::fs::rename(&fresh, dir.join(ALIVE)).expect("a file in a temporary directory");
    file
}

/// Removes what killed processes left behind among the temporary files: worlds whose lock nobody holds.
fn sweep(temporary: &Path) {
    for entry in std::fs::read_dir(temporary).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let file = File::open(entry.path().join(ALIVE)).ok().filter(|_| ours);
        if file.is_some_and(|file| file.try_lock().is_ok()) {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// The parameter that names a service of the type in an order.
pub(crate) fn naming(itemtype: &str) -> &'static str {
    schema::naming(itemtype)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_in_use_is_not() {
        // A place of its own: other worlds sweep the usual one at the same time.
        let place = tempfile::tempdir().unwrap();
        let make = || tempfile::Builder::new().prefix(PREFIX).tempdir_in(&place).unwrap().keep();
        let (left, used) = (make(), make());
        drop(hold(&left));
        let alive = hold(&used);
        sweep(place.path());
        assert!(!left.exists() && used.exists());
        drop(alive);
        sweep(place.path());
        assert!(!used.exists());
    }
}
