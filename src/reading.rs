//! Reads both sides: this panel opened, its seller accounts, and each account's listings, each read once in a process. Of a listing
//! only rows that concern the services in question are kept: an account may have 100,000 services, and a row has a kilobyte.
//!
//! Not for concluding anything.

use crate::billmgr::{Config, Database, ModuleAccess, Selection};
use crate::error::{Error, Kind};
use crate::reselling::account::Account;
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::service::{LocalService, Module, SellerService};
use crate::root::Root;
use crate::seller::{Listing, Seller, ServiceForm, Walk};
use crate::settings::Settings;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// This panel, opened for reading.
pub struct Here {
    pub root: Root,
    pub settings: Settings,
    pub database: Database,
    /// One for each account, by the account's name.
    pub accounts: Vec<AccountHere>,
    /// Modules whose account could not be named.
    pub unreadable: Vec<(ModuleId, Error)>,
}

/// What a seller answered, kept: it is asked once.
type Answer<T> = Result<Rc<T>, Error>;

/// A seller account as this panel uses it.
pub struct AccountHere {
    pub account: Account,
    pub modules: Vec<Module>,
    /// The marks of its modules' passwords (`ModuleAccess::password_mark`): of the active ones, or of all when none is.
    pub password_marks: Vec<String>,
    seller: Result<Seller, Error>,
    /// By product, what is to be kept of a listing that was not read yet.
    concerns: RefCell<HashMap<String, Concern>>,
    listings: RefCell<HashMap<String, Answer<Listing>>>,
    forms: RefCell<HashMap<(String, String), Answer<ServiceForm>>>,
}

/// The services for which a listing is read.
#[derive(Debug, Default)]
struct Concern {
    items: HashSet<String>,
    stored: HashSet<String>,
}

impl Concern {
    /// The row carries the id of one of them, or one of them has noted its id.
    fn has(&self, row: &SellerService) -> bool {
        row.remoteid.as_ref().is_some_and(|id| self.items.contains(id)) || self.stored.contains(&row.id)
    }
}

impl Here {
    /// Opens the panel: settings, its configuration, its database. No seller is asked.
    ///
    /// # Errors
    /// `Kind::Settings`, `Kind::PanelFiles` or `Kind::Database`.
    pub fn open(root: &Root) -> Result<Self, Error> {
        let settings = Settings::read(root)?;
        crate::logging::to_syslog(settings.notify.syslog);
        let config = Config::read(root)?;
        let database = Database::open(&config)?;
        let mut accesses: BTreeMap<Account, Vec<ModuleAccess>> = BTreeMap::new();
        let mut unreadable = Vec::new();
        for (module, access) in database.module_access(&settings.reselling.modules)? {
            match access.and_then(named) {
                Err(error) => unreadable.push((module, error)),
                Ok((account, access)) => accesses.entry(account).or_default().push(access),
            }
        }
        let accounts = accesses.into_values().filter_map(|accesses| account_here(accesses, &settings)).collect();
        Ok(Self { root: root.clone(), settings, database, accounts, unreadable })
    }

    /// The account that a module uses.
    pub fn account_of(&self, module: ModuleId) -> Option<&AccountHere> {
        self.accounts.iter().find(|account| account.modules.iter().any(|one| one.id == module))
    }

    /// Services of the account's modules by which `Rows::beside` judges the ids that these have stored; none where none has one.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn for_comparison(&self, account: &AccountHere, with: &[LocalService]) -> Result<Vec<LocalService>, Error> {
        if with.iter().all(|local| local.stored_seller_id.is_none()) {
            return Ok(Vec::new());
        }
        self.database.with_stored_ids(&account.module_ids())
    }

    /// Exactly the named services, in that order.
    ///
    /// # Errors
    /// `Kind::NotFound` names the first of those that do not exist, or says of what service the first is an addon; `Kind::Database`.
    pub fn services(&self, items: &[ItemId]) -> Result<Vec<LocalService>, Error> {
        let mut found: HashMap<ItemId, LocalService> = self
            .database
            .services(&Selection::Items(items))?
            .into_iter()
            .map(|service| (service.item, service))
            .collect();
        let missing: Vec<ItemId> = items.iter().copied().filter(|item| !found.contains_key(item)).collect();
        if let Some(addon) = missing.first().copied()
            && let Some(parent) = self.database.parent(addon)?
        {
            let said = (
                format!("{addon} is an addon of the service {parent}: name that one"),
                format!("{addon} — дополнение услуги {parent}: укажите её"),
            );
            return Err(Error::said(Kind::NotFound, said));
        }
        if !missing.is_empty() {
            let (english, russian) = first(&missing);
            let said = (
                format!("no such service on this panel: {english}"),
                format!("на этой панели нет услуг с номерами: {russian}"),
            );
            return Err(Error::said(Kind::NotFound, said));
        }
        Ok(items.iter().filter_map(|item| found.remove(item)).collect())
    }
}

/// One account of the modules that use it, asked with the login of the best of them: a module that is switched off may have
/// kept an old password, and one with plain `http://` may not be asked at all.
fn account_here(accesses: Vec<ModuleAccess>, settings: &Settings) -> Option<AccountHere> {
    let best = accesses.iter().min_by_key(|access| {
        let account = access.module.account.as_ref();
        (!access.module.active, account.is_none_or(|account| account.url().starts_with("http:")))
    })?;
    let account = best.module.account.clone()?;
    let seller = Seller::new(&account, &best.user, best.password.clone(), &settings.seller);
    // A module that is switched off may keep an old password for ever, and switching it is no new one.
    let active = best.module.active;
    let counting = accesses.iter().filter(|access| access.module.active == active);
    let password_marks = counting.filter_map(|access| access.password_mark.clone()).collect();
    let modules = accesses.into_iter().map(|access| access.module).collect();
    Some(AccountHere {
        account,
        modules,
        password_marks,
        seller,
        concerns: RefCell::default(),
        listings: RefCell::default(),
        forms: RefCell::default(),
    })
}

/// The first ten, and how many more there are: in English and Russian.
fn first(items: &[ItemId]) -> (String, String) {
    let (named, more) = items.split_at(items.len().min(10));
    let named = named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if more.is_empty() {
        return (named.clone(), named);
    }
    (format!("{named} and {} more", more.len()), format!("{named} и ещё {}", more.len()))
}

fn named(access: ModuleAccess) -> Result<(Account, ModuleAccess), Error> {
    match access.module.account.clone() {
        Some(account) => Ok((account, access)),
        // Says why: it is read a second time only to name the fault.
        None => Err(Account::new(&access.module.url, &access.user)
            .err()
            .unwrap_or_else(|| Error::new(Kind::PanelFiles, "the module has no seller account"))),
    }
}

impl AccountHere {
    pub fn module_ids(&self) -> Vec<ModuleId> {
        self.modules.iter().map(|module| module.id).collect()
    }

    /// # Errors
    /// Why this account cannot be asked at all.
    pub fn seller(&self) -> Result<&Seller, Error> {
        self.seller.as_ref().map_err(Clone::clone)
    }

    /// For these services the listings of their products will be read.
    pub fn concerns(&self, services: &[LocalService]) {
        let mut concerns = self.concerns.borrow_mut();
        for local in services {
            let concern = concerns.entry(local.itemtype.clone()).or_default();
            concern.items.insert(local.item.to_string());
            concern.stored.extend(local.stored_seller_id.clone());
        }
    }

    /// The listing of one product, with the rows of the services that it concerns; asked once, the answer (or the refusal) is kept.
    ///
    /// # Errors
    /// As `Seller::listing`.
    pub fn listing(&self, itemtype: &str) -> Result<Rc<Listing>, Error> {
        if let Some(known) = self.listings.borrow().get(itemtype) {
            return known.clone();
        }
        let concern = self.concerns.borrow_mut().remove(itemtype).unwrap_or_default();
        self.read(itemtype, &concern, |_| Ok(()))
    }

    /// Every service of one product, page by page. What concerns somebody is kept for `listing`, which does not ask again then.
    ///
    /// # Errors
    /// As `listing`, and what `each` says: it ends the reading.
    pub fn walk(
        &self,
        itemtype: &str,
        mut each: impl FnMut(&[SellerService]) -> Result<(), Error>,
    ) -> Result<Walk, Error> {
        match self.concerns.borrow_mut().remove(itemtype) {
            None => self.seller()?.walk(itemtype, |page| each(&page)),
            Some(concern) => self.read(itemtype, &concern, each).map(|listing| listing.as_walk()),
        }
    }

    fn read(
        &self,
        itemtype: &str,
        concern: &Concern,
        mut each: impl FnMut(&[SellerService]) -> Result<(), Error>,
    ) -> Answer<Listing> {
        let mut kept: Vec<SellerService> = Vec::new();
        let mut ids_shown = false;
        let walked = self.seller().and_then(|seller| {
            seller.walk(itemtype, |mut page| {
                each(&page)?;
                // As long as no row shows whose it is, each could be one that concerns us.
                if !ids_shown && page.iter().any(|row| row.remoteid.is_some()) {
                    ids_shown = true;
                    kept.retain(|row| concern.has(row));
                }
                page.retain(|row| !ids_shown || concern.has(row));
                kept.append(&mut page);
                Ok(())
            })
        });
        let answer = walked.map(|walked| {
            if walked.shows_remoteid {
                kept.retain(|row| concern.has(row));
            }
            kept.shrink_to_fit();
            Rc::new(walked.keeping(kept))
        });
        self.listings.borrow_mut().insert(itemtype.to_owned(), answer.clone());
        answer
    }

    /// The form of one service of the seller's; asked once, as a listing is.
    ///
    /// # Errors
    /// As `Seller::form`.
    pub fn form(&self, itemtype: &str, id: &str) -> Result<Rc<ServiceForm>, Error> {
        let key = (itemtype.to_owned(), id.to_owned());
        if let Some(known) = self.forms.borrow().get(&key) {
            return known.clone();
        }
        let answer = self.seller().and_then(|seller| seller.form(itemtype, id)).map(Rc::new);
        self.forms.borrow_mut().insert(key, answer.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_services_the_first_ten_are_named() {
        let ids = |count| (1..=count).map(ItemId).collect::<Vec<_>>();
        let ten = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10";
        assert_eq!(first(&ids(2)), ("1, 2".to_owned(), "1, 2".to_owned()));
        assert_eq!(first(&ids(10)), (ten.to_owned(), ten.to_owned()));
        assert_eq!(first(&ids(5000)), (format!("{ten} and 4990 more"), format!("{ten} и ещё 4990")));
    }
}
