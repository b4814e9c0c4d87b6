//! Small questions about services: which ids are ours, which were, which products we sell, what certificate is stored.
//!
//! A whole service is read in `services`.

use super::database::{CHUNK, Database, list};
use crate::error::Error;
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::status::Status;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// The parameters that name one service and no other; a user name such as `root` does not.
const NAMES: [&str; 4] = ["domain", "ip", "CN", "licname"];

/// What this panel knows about an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// `itemtype.intname`; empty when its tariff is gone.
    pub itemtype: String,
    pub module: Option<ModuleId>,
    pub status: Status,
    pub created: Option<Date>,
    /// Its domain, address, common name or licence, in lower case.
    pub names: Vec<String>,
}

/// How many services of a module, of one product, are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCount {
    pub module: ModuleId,
    /// `itemtype.intname`; empty when its tariff is gone.
    pub itemtype: String,
    pub status: Status,
    pub count: u64,
}

impl Database {
    /// The services of these modules (addons left out), counted by module, product and state.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn count_services(&self, modules: &[ModuleId]) -> Result<Vec<ServiceCount>, Error> {
        let modules = list(modules.iter().map(|module| module.0));
        let what = format!(
            "i.processingmodule, t.intname, i.status, COUNT(*) FROM item i LEFT JOIN pricelist p ON p.id = i.pricelist \
             LEFT JOIN itemtype t ON t.id = p.itemtype WHERE i.processingmodule IN ({modules}){} \
             GROUP BY i.processingmodule, t.intname, i.status ORDER BY i.processingmodule, t.intname, i.status",
            self.no_addons()
        );
        let mut counts = Vec::new();
        self.select(&what, |mut row| {
            let (Some(module), itemtype) = (row.id().map(ModuleId), row.text().unwrap_or_default()) else { return };
            let status = row.number().map_or(Status::Unknown, Status::from_code);
            counts.push(ServiceCount { module, itemtype, status, count: row.number().unwrap_or(0) });
        })?;
        Ok(counts)
    }

    /// How many services of these modules are not deleted (addons included).
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn live_services(&self, modules: &[ModuleId]) -> Result<u64, Error> {
        let modules = list(modules.iter().map(|module| module.0));
        let mut count = 0;
        self.select(
            &format!("COUNT(*) FROM item WHERE processingmodule IN ({modules}) AND status <> 4"),
            |mut row| {
                count = row.id().unwrap_or(0);
            },
        )?;
        Ok(count)
    }

    /// How many services of one product of these modules are active or suspended here (addons left out).
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn settled_services(&self, modules: &[ModuleId], itemtype: &str) -> Result<u64, Error> {
        let modules = list(modules.iter().map(|module| module.0));
        let mut count = 0;
        // The product's name is compared here: no text goes into a query.
        let what = format!(
            "t.intname, COUNT(*) FROM item i JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype \
             WHERE i.processingmodule IN ({modules}) AND i.status IN (2, 3){} GROUP BY t.intname",
            self.no_addons()
        );
        self.select(&what, |mut row| {
            if row.text().as_deref() == Some(itemtype) {
                count = row.id().unwrap_or(0);
            }
        })?;
        Ok(count)
    }

    /// The service that this one is an addon of; `None` when it is none (facts/billmanager 1.1).
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn parent(&self, item: ItemId) -> Result<Option<ItemId>, Error> {
        let mut parent = None;
        if self.has("item", "parent") {
            let what = format!("parent FROM item WHERE id = {item} AND parent > 0");
            self.select(&what, |mut row| parent = row.id().map(ItemId))?;
        }
        Ok(parent)
    }

    /// Those of the ids that are services of this panel (addons included), whatever their state.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn known_items(&self, ids: &[u64]) -> Result<HashMap<u64, Known>, Error> {
        let created = self.column("i", "item", "createdate");
        let mut known = HashMap::new();
        for chunk in ids.chunks(CHUNK) {
            let ids = list(chunk.iter().copied());
            let what = format!(
                "i.id, t.intname, i.processingmodule, i.status, {created} FROM item i \
                 LEFT JOIN pricelist p ON p.id = i.pricelist LEFT JOIN itemtype t ON t.id = p.itemtype WHERE i.id IN ({ids})"
            );
            self.select(&what, |mut row| {
                let Some(id) = row.id() else { return };
                let (itemtype, module) = (row.text().unwrap_or_default(), row.id().map(ModuleId));
                let status = row.number().map_or(Status::Unknown, Status::from_code);
                known.insert(id, Known { itemtype, module, status, created: row.date(), names: Vec::new() });
            })?;
            if !self.has_all("itemparam", &["item", "intname", "value"]) {
                continue;
            }
            let names = NAMES.join("', '");
            let what = format!(
                "item, LOWER(LEFT(value, 255)) FROM itemparam WHERE item IN ({ids}) AND intname IN ('{names}')"
            );
            self.select(&what, |mut row| {
                if let (Some(id), Some(name)) = (row.id(), row.text()) {
                    known.entry(id).and_modify(|known| known.names.push(name));
                }
            })?;
        }
        Ok(known)
    }

    /// Those of the ids that the history remembers. On a panel without a history every id may have been ours, so all are
    /// returned: an id that cannot be ruled out is no evidence.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn in_history(&self, ids: &[u64]) -> Result<HashSet<u64>, Error> {
        if !self.has("history_item", "reference") {
            return Ok(ids.iter().copied().collect());
        }
        let mut remembered = HashSet::new();
        for chunk in ids.chunks(CHUNK) {
            let ids = list(chunk.iter().copied());
            self.select(&format!("DISTINCT reference FROM history_item WHERE reference IN ({ids})"), |mut row| {
                remembered.extend(row.id());
            })?;
        }
        Ok(remembered)
    }

    /// The highest id that was given out, as far as the database can tell; 0 when there is no service.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn highest_item(&self) -> Result<u64, Error> {
        let mut highest = 0;
        self.select("MAX(id) FROM item", |mut row| highest = row.id().unwrap_or(0))?;
        // The newest service may have been removed; MySQL 8 lets this number be a day old.
        let counter =
            "auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'item'";
        self.select(counter, |mut row| highest = highest.max(row.id().map_or(0, |next| next - 1)))?;
        Ok(highest)
    }

    /// The day of the first line that the history has of each of the services; `None` on a panel that keeps no history.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn first_recorded(&self, ids: &[u64]) -> Result<Option<HashMap<u64, Date>>, Error> {
        if !self.has_all("history_item", &["reference", "changedate"]) {
            return Ok(None);
        }
        let mut recorded = HashMap::new();
        for chunk in ids.chunks(CHUNK) {
            let ids = list(chunk.iter().copied());
            let what = format!(
                "reference, DATE(MIN(changedate)) FROM history_item WHERE reference IN ({ids}) GROUP BY reference"
            );
            self.select(&what, |mut row| {
                if let (Some(id), Some(day)) = (row.id(), row.date()) {
                    recorded.insert(id, day);
                }
            })?;
        }
        Ok(Some(recorded))
    }

    /// The day of the oldest line of the history, of whatever service; `None` when there is none.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn history_since(&self) -> Result<Option<Date>, Error> {
        let mut since = None;
        // By the lines' own number where there is one: the time has no index.
        let what = if self.has_all("history_item", &["id", "changedate"]) {
            "DATE(changedate) FROM history_item ORDER BY id LIMIT 1"
        } else if self.has("history_item", "changedate") {
            "DATE(MIN(changedate)) FROM history_item"
        } else {
            return Ok(None);
        };
        self.select(what, |mut row| since = row.date())?;
        Ok(since)
    }

    /// The products of which these modules serve at least one service that is not deleted, by name.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn itemtypes(&self, modules: &[ModuleId]) -> Result<Vec<String>, Error> {
        let mut itemtypes = Vec::new();
        let what = format!(
            "DISTINCT t.intname FROM item i JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype \
             WHERE i.processingmodule IN ({}) AND i.status <> 4{} ORDER BY t.intname",
            list(modules.iter().map(|module| module.0)),
            self.no_addons()
        );
        self.select(&what, |mut row| itemtypes.extend(row.text()))?;
        Ok(itemtypes)
    }

    /// The certificate that is stored for a service.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn certificate(&self, item: ItemId) -> Result<Option<String>, Error> {
        let mut certificate = None;
        if self.has_all("certificate", &["item", "crt"]) {
            self.select(&format!("crt FROM certificate WHERE item = {item}"), |mut row| certificate = row.text())?;
        }
        Ok(certificate)
    }
}
