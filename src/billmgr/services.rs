//! Services as this panel has them, each with everything that a decision rests on.
//!
//! A number of queries per 500 services, none per service, and all of one moment. Not for deciding: that is `reselling`.

use super::database::{CHUNK, Database, Fields, list};
use crate::error::Error;
use crate::modulelog::secrets::masked;
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::service::{LocalService, Operation};
use crate::reselling::status::Status;
use crate::seller::is_id;
use crate::xml::{self, Element};
use std::collections::{BTreeMap, BTreeSet};

/// The parameters that name a service.
const NAMES: [&str; 5] = ["domain", "ip", "CN", "licname", "username"];

/// How much is shown of an error's message, and of an error that cannot be read, characters.
const MESSAGE: usize = 200;
const UNREAD: usize = 100;

/// How many services are looked at to know what the stored ids are.
const LOOKED_AT: usize = 100;

/// Which services to read.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Of these modules: in progress, with a running operation, or a certificate that is requested or enrolled.
    Waiting(&'a [ModuleId]),
    /// These, of whatever module.
    Items(&'a [ItemId]),
    /// Every service of these modules, deleted ones included.
    All(&'a [ModuleId]),
}

impl Database {
    /// The services of a selection by id; ids that are no service are left out, and so are addons (rows of `item` that
    /// belong to a service).
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn services(&self, selection: &Selection<'_>) -> Result<Vec<LocalService>, Error> {
        let mut services = Vec::new();
        self.each_service(selection, |service| {
            services.push(service);
            Ok(())
        })?;
        Ok(services)
    }

    /// The status of a service as it stands there, for one that is none of the known.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn status_code(&self, item: ItemId) -> Result<Option<i64>, Error> {
        let mut code = None;
        self.select(&format!("status FROM item WHERE id = {item}"), |mut row| code = row.number())?;
        Ok(code)
    }

    /// The newest active services of these modules that have a seller's id stored, of a hundred that are looked at.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn with_stored_ids(&self, modules: &[ModuleId]) -> Result<Vec<LocalService>, Error> {
        let modules = list(modules.iter().map(|module| module.0));
        let what = format!(
            "i.id FROM item i WHERE i.processingmodule IN ({modules}) AND i.status = 2{} ORDER BY i.id DESC LIMIT {LOOKED_AT}",
            self.no_addons()
        );
        let mut ids = Vec::new();
        self.select(&what, |mut row| ids.extend(row.id()))?;
        let services = if ids.is_empty() { Vec::new() } else { self.load(&ids)? };
        Ok(services.into_iter().filter(|service| service.stored_seller_id.is_some()).collect())
    }

    /// The same one by one, for a selection that may be large: no more than 500 are held here at once.
    ///
    /// # Errors
    /// `Kind::Database`, and what `each` says: it ends the reading.
    pub fn each_service(
        &self,
        selection: &Selection<'_>,
        mut each: impl FnMut(LocalService) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let ids = match selection {
            Selection::All(modules) => return self.each_of(modules, each),
            Selection::Waiting(modules) => self.waiting(modules)?,
            Selection::Items(items) => items.iter().map(|item| item.0).collect(),
        };
        let ids: Vec<u64> = ids.into_iter().collect();
        for chunk in ids.chunks(CHUNK) {
            self.load(chunk)?.into_iter().try_for_each(&mut each)?;
        }
        Ok(())
    }

    /// Goes along the ids instead of keeping one answer open, so that a slow reader loses nothing.
    fn each_of(
        &self,
        modules: &[ModuleId],
        mut each: impl FnMut(LocalService) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let modules = list(modules.iter().map(|module| module.0));
        let mut last = 0;
        loop {
            let mut ids = Vec::new();
            let what = format!(
                "i.id FROM item i WHERE i.processingmodule IN ({modules}) AND i.id > {last}{} ORDER BY i.id LIMIT {CHUNK}",
                self.no_addons()
            );
            self.select(&what, |mut row| ids.extend(row.id()))?;
            let Some(newest) = ids.last() else { return Ok(()) };
            last = *newest;
            self.load(&ids)?.into_iter().try_for_each(&mut each)?;
        }
    }

    fn waiting(&self, modules: &[ModuleId]) -> Result<BTreeSet<u64>, Error> {
        let modules = list(modules.iter().map(|module| module.0));
        let mut ids = BTreeSet::new();
        self.select(&format!("id FROM item WHERE processingmodule IN ({modules}) AND status = 5"), |mut row| {
            ids.extend(row.id());
        })?;
        let what = format!(
            "DISTINCT i.id FROM runningoperation r JOIN item i ON i.id = r.item WHERE i.processingmodule IN ({modules})"
        );
        self.select(&what, |mut row| ids.extend(row.id()))?;
        if self.has_all("itemparam", &["item", "intname", "value"]) {
            // Found from the product's side: `itemparam` is the largest table and has no index on its values.
            let what = format!(
                "i.id FROM itemtype t JOIN pricelist p ON p.itemtype = t.id JOIN item i ON i.pricelist = p.id \
                 JOIN itemparam v ON v.item = i.id AND v.intname = 'service_status' WHERE t.intname = 'certificate' \
                 AND i.processingmodule IN ({modules}) AND i.status <> 4 AND v.value IN ('3', '4')"
            );
            self.select(&what, |mut row| ids.extend(row.id()))?;
        }
        Ok(ids)
    }

    /// Leaves out rows of `item` that are addons of a service (facts/billmanager 1.1).
    pub(super) fn no_addons(&self) -> &'static str {
        if self.has("item", "parent") { " AND (i.parent IS NULL OR i.parent = 0)" } else { "" }
    }

    fn load(&self, ids: &[u64]) -> Result<Vec<LocalService>, Error> {
        self.at_one_moment(|| {
            let ids = list(ids.iter().copied());
            let mut services = self.rows(&ids)?;
            self.add_operations(&ids, &mut services)?;
            self.add_params(&ids, &mut services)?;
            self.add_certificates(&ids, &mut services)?;
            self.add_history(&ids, &mut services)?;
            Ok(services.into_values().collect())
        })
    }

    fn rows(&self, ids: &str) -> Result<BTreeMap<u64, LocalService>, Error> {
        let mut services = BTreeMap::new();
        let optional =
            ["createdate", "expiredate", "lastpricelist", "remoteid"].map(|name| self.column("i", "item", name));
        let what = format!(
            "i.id, i.name, t.intname, i.processingmodule, i.account, i.status, i.autosuspend, i.employeesuspend, \
             i.abusesuspend, {} FROM item i LEFT JOIN pricelist p ON p.id = i.pricelist \
             LEFT JOIN itemtype t ON t.id = p.itemtype WHERE i.id IN ({ids}){}",
            optional.join(", "),
            self.no_addons()
        );
        self.select(&what, |mut row| {
            if let Some(service) = service(&mut row) {
                services.insert(service.item.0, service);
            }
        })?;
        Ok(services)
    }

    fn add_operations(&self, ids: &str, services: &mut BTreeMap<u64, LocalService>) -> Result<(), Error> {
        let table = "runningoperation";
        let [manual, tries, created] = ["manual", "trycount", "createdate"].map(|name| self.column("r", table, name));
        // The document has a log and a backtrace behind the error.
        let error = if self.has(table, "errorxml") { "LEFT(r.errorxml, 65536)" } else { "NULL" };
        // 2: closed. The newest of several counts.
        let task = if self.has_all("task", &["id", "runningoperation", "status"]) {
            "(SELECT MAX(k.id) FROM task k WHERE k.runningoperation = r.id AND k.status <> 2)"
        } else {
            "NULL"
        };
        let what = format!(
            "r.item, r.id, r.intname, {manual}, {tries}, {created}, {error}, {task} FROM {table} r \
             WHERE r.item IN ({ids}) ORDER BY r.id"
        );
        self.select(&what, |mut row| {
            let (Some(item), Some(id), Some(name)) = (row.id(), row.id(), row.text()) else { return };
            let (manual, tries, created) = (row.flag(), row.number().unwrap_or(0), row.datetime());
            let error = row.text().as_deref().and_then(shortened);
            let Some(service) = services.get_mut(&item) else { return };
            service.operations.push(Operation { id, name, manual, tries, error, created, task: row.id() });
        })
    }

    fn add_params(&self, ids: &str, services: &mut BTreeMap<u64, LocalService>) -> Result<(), Error> {
        if !self.has_all("itemparam", &["item", "intname", "value"]) {
            return Ok(());
        }
        let what = format!(
            "item, intname, LEFT(value, 4096) FROM itemparam WHERE item IN ({ids}) AND (intname IN ('{}', 'service_status') \
             OR intname LIKE '%remote%' OR intname LIKE '%extern%' OR intname LIKE '%billmgr%')",
            NAMES.join("', '")
        );
        let mut sellers: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        self.select(&what, |mut row| {
            let (Some(item), Some(name), Some(value)) = (row.id(), row.text(), row.text()) else { return };
            let Some(service) = services.get_mut(&item) else { return };
            if name == "service_status" {
                service.service_status = value.trim().parse().ok();
            } else if NAMES.contains(&name.as_str()) {
                service.names.insert(name, value);
            } else if let Some(id) = Some(value).filter(|value| names_a_seller(&name) && is_id(value)) {
                sellers.entry(item).or_default().insert(id);
            }
        })?;
        for (item, stored) in sellers {
            if let Some(service) = services.get_mut(&item) {
                // A parameter goes before `item.remoteid`, which on a panel that is a seller too holds its buyer's id;
                // several parameters that disagree say nothing.
                service.stored_seller_id = if stored.len() == 1 { stored.into_iter().next() } else { None };
            }
        }
        Ok(())
    }

    fn add_certificates(&self, ids: &str, services: &mut BTreeMap<u64, LocalService>) -> Result<(), Error> {
        // A service whose tariff is gone has no type.
        let may_be = |service: &LocalService| service.itemtype.is_empty() || service.itemtype == "certificate";
        if !self.has_all("certificate", &["item", "crt"]) || !services.values().any(may_be) {
            return Ok(());
        }
        self.select(&format!("item FROM certificate WHERE item IN ({ids}) AND crt <> ''"), |mut row| {
            if let Some(service) = row.id().and_then(|item| services.get_mut(&item)) {
                service.certificate_stored = true;
            }
        })
    }

    fn add_history(&self, ids: &str, services: &mut BTreeMap<u64, LocalService>) -> Result<(), Error> {
        if !self.has_all("history_item", &["reference", "request_action", "changedate"]) {
            return Ok(());
        }
        let what = format!(
            "reference, request_action, MAX(changedate) FROM history_item WHERE reference IN ({ids}) \
             AND (request_action = 'service.postresume' OR request_action LIKE '%prolong') GROUP BY reference, request_action"
        );
        self.select(&what, |mut row| {
            let (Some(item), Some(action), Some(at)) = (row.id(), row.text(), row.datetime()) else { return };
            let Some(service) = services.get_mut(&item) else { return };
            let last = if action.ends_with("resume") { &mut service.last_resume } else { &mut service.last_prolong };
            *last = Some(last.map_or(at, |known| known.max(at)));
        })
    }
}

/// A row of `item` with the columns in the order of `Database::rows`.
fn service(row: &mut Fields) -> Option<LocalService> {
    let item = ItemId(row.id()?);
    Some(LocalService {
        item,
        name: row.text().unwrap_or_default(),
        itemtype: row.text().unwrap_or_default(),
        module: row.id().map(ModuleId),
        customer: row.id().unwrap_or(0),
        status: row.number().map_or(Status::Unknown, Status::from_code),
        autosuspend: row.marked(),
        employeesuspend: row.marked(),
        abusesuspend: row.marked(),
        created: row.date(),
        expires: row.date(),
        tariff_change_pending: row.id().is_some(),
        stored_seller_id: row.text().filter(|id| is_id(id)),
        service_status: None,
        operations: Vec::new(),
        names: BTreeMap::new(),
        certificate_stored: false,
        last_resume: None,
        last_prolong: None,
    })
}

/// Whether a parameter of that name may hold a seller's id, such as `remoteid`, `b4_remote_id`, `externalid`
/// (facts/billmanager 4.6 and 11; the reselling module's own name for it is not known).
fn names_a_seller(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with("id") && ["remote", "extern", "billmgr"].iter().any(|part| name.contains(part))
}

/// An operation's error document as `type(object): message` (facts/billmanager 3.2); of one that cannot be read, its beginning. Of an
/// error about something of the order the value stands behind the object, `value(domain='one.example')`, but for a secret.
fn shortened(document: &str) -> Option<String> {
    fn error(element: &Element) -> Option<&Element> {
        if element.name == "error" { Some(element) } else { element.children.iter().find_map(error) }
    }
    let document = document.trim();
    if document.is_empty() {
        return None;
    }
    let Ok(document) = xml::parse(document) else {
        return Some(format!("an error that cannot be read: {}", line(&masked(document), UNREAD)));
    };
    let error = error(&document)?;
    let part = |name: &str| -> String { line(error.get_attribute(name).unwrap_or_default(), 100) };
    let (kind, object) = (part("type"), part("object"));
    let value = part("value").replace('\'', " ");
    let about = ["value", "missed", "exists"].contains(&kind.as_str());
    let object =
        if about && !object.is_empty() && !value.is_empty() { masked(&format!("{object}='{value}'")) } else { object };
    let named = if object.is_empty() { kind } else { format!("{kind}({object})") };
    let message = error.text_of("msg").map(|text| line(masked(text).trim(), MESSAGE)).unwrap_or_default();
    let parts: Vec<String> = [named, message].into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// The beginning of a text as one line.
fn line(text: &str, limit: usize) -> String {
    text.chars().take(limit).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_may_hold_a_sellers_id() {
        for (name, may) in [
            ("remoteid", true),
            ("b4_remote_id", true),
            ("externalId", true),
            ("billmgr_service_id", true),
            ("b4_remote_price", false),
            ("external_provider", false),
            ("id", false),
            ("android", false),
        ] {
            assert_eq!(names_a_seller(name), may, "{name}");
        }
    }

    #[test]
    fn an_operations_error_is_its_type_and_object() {
        let real = "<?xml version=\"1.0\"?><doc><processingmodule date=\"2022-11-18\" id=\"3\" name=\"S\">\
                    <error date=\"x\" type=\"client\" object=\"connect\" value=\"secret\"><param name=\"a\">b</param>\
                    <backtrace/><log>l</log></error></processingmodule></doc>";
        for (document, short) in [
            (real, Some("client(connect)")),
            ("<doc><error type=\"auth\"/></doc>", Some("auth")),
            ("<doc/>", None),
            ("<doc><error/></doc>", None),
            (" ", None),
            (
                "<doc><error type=\"auth\" object=\"badpassword\"><msg>No\u{1b}\nlogin: password=hunter2</msg></error></doc>",
                Some("auth(badpassword): No  login: password=*"),
            ),
            (
                "<doc><error type=\"value\" object=\"domain\" value=\"one.example\"/></doc>",
                Some("value(domain='one.example')"),
            ),
            ("<doc><error type=\"value\" object=\"password\" value=\"hun'ter2\"/></doc>", Some("value(password=*)")),
            ("<doc><error type=\"missed\" object=\"\" value=\"1\"/></doc>", Some("missed")),
            ("<doc><error><msg>Not enough</msg></error></doc>", Some("Not enough")),
            ("<doc><error type=\"cut", Some("an error that cannot be read: <doc><error type=\"cut")),
            ("<!DOCTYPE x><doc/>", Some("an error that cannot be read: <!DOCTYPE x><doc/>")),
            ("timeout password=hunter2", Some("an error that cannot be read: timeout password=*")),
        ] {
            assert_eq!(shortened(document).as_deref(), short, "{document}");
        }
    }
}
