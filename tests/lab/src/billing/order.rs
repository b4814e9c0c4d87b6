//! Ordering: from the customer's form to an operation that runs, waits for the seller, or waits for a person
//! (facts/billmanager 4.2, 4.3). Buying and selling panels order alike; the tariff's processing module makes the difference.

use super::lists::name_in_order;
use super::module::Reselling;
use super::{Billing, errors, ok, schema};
use crate::document::Node;
use crate::request::{PanelError, Request};

/// Parameters of an order that describe the service and stay with it.
const DESCRIBING: [&str; 6] = ["ostempl", "recipe", "approver_email", "altname", "username", "ip"];

impl Billing {
    /// `[v2.]<type>.order.param`: without `sok` the form, with `sok=ok` the order. With `skipbasket=on` it is paid at once.
    pub(super) fn order(&self, request: &Request, itemtype: &str) -> Result<Node, PanelError> {
        let tariff = request.param("pricelist").unwrap_or("");
        let found = self.store.row(
            "SELECT p.id, p.price, (SELECT l.processingmodule FROM processingmodule2pricelist l
             JOIN processingmodule m ON m.id = l.processingmodule WHERE l.pricelist = p.id AND m.active = 'on'
             ORDER BY m.orderpriority, m.id LIMIT 1) AS module
             FROM pricelist p JOIN itemtype t ON t.id = p.itemtype WHERE p.id = ? AND t.intname = ? AND p.active = 'on'",
            (tariff, itemtype),
        )?;
        let found = found.ok_or_else(|| errors::missed("pricelist", tariff))?;
        if request.param("sok") != Some("ok") {
            return Ok(Node::new("doc").with(Node::leaf("pricelist", tariff)));
        }
        let account = self.ordering_account(request)?;
        let paid = request.param("skipbasket") == Some("on");
        if paid {
            self.charge(account, found.text("price"))?;
        }
        let period = request.param("order_period").or(request.param("period")).unwrap_or("1");
        let period: u32 = period.parse().map_err(|_| errors::value("period", period))?;
        let id = self.store.change(
            "INSERT INTO item(name, pricelist, account, processingmodule, remoteid, period, currency, status, cost, autoprolong,
             createdate, expiredate) VALUES ('', ?, ?, NULLIF(?, ''), NULLIF(?, ''), ?, 1, 1, ?, 1,
             CURDATE(), CURDATE() + INTERVAL ? MONTH)",
            (
                tariff,
                account,
                found.text("module"),
                request.param("remoteid").unwrap_or(""),
                period,
                found.text("price"),
                period,
            ),
        )?;
        self.store.change("UPDATE item SET name = ? WHERE id = ?", (format!("{itemtype} #{id}"), id))?;
        self.write_history(request, id, &["status"], |_| (String::new(), "1".into()))?;
        self.describe(request, itemtype, id)?;
        if !paid {
            return Ok(ok().with(Node::leaf("billorder.id", id.to_string())));
        }
        self.change_item(request, id, "status = 5", Vec::new())?;
        let operation = self.store.change(
            "INSERT INTO runningoperation(item, intname, createdate, user) VALUES (?, 'open', NOW(), ?)",
            (id, request.caller.id),
        )?;
        self.run_operation(id, operation, "open")?;
        Ok(ok().with(Node::leaf("id", id.to_string())))
    }

    /// Customers order for themselves, staff for the account they name.
    fn ordering_account(&self, request: &Request) -> Result<u64, PanelError> {
        if request.caller.level <= 16 {
            return Ok(request.caller.account);
        }
        let account = request.param("account").unwrap_or("");
        let found = self.store.row("SELECT id FROM account WHERE id = ?", (account,))?;
        Ok(found.ok_or_else(|| errors::missed("account", account))?.number("id"))
    }

    fn charge(&self, account: u64, price: &str) -> Result<(), PanelError> {
        let enough = self
            .store
            .row("SELECT id FROM subaccount WHERE account = ? AND balance + credit >= ?", (account, price))?;
        if enough.is_none() || self.quirks().no_money {
            return Err(errors::not_enough_money(price));
        }
        self.store.change("UPDATE subaccount SET balance = balance - ? WHERE account = ?", (price, account))?;
        Ok(())
    }

    /// Keeps what the order says about the service.
    fn describe(&self, request: &Request, itemtype: &str, id: u64) -> Result<(), PanelError> {
        let name = name_in_order(request, itemtype);
        if !name.is_empty() {
            self.keep_param(id, schema::naming(itemtype), name, false)?;
        }
        for (name, value) in &request.params {
            if DESCRIBING.contains(&name.as_str()) || name.starts_with("addon_") {
                self.keep_param(id, name, value, false)?;
            }
        }
        if itemtype == "certificate" {
            self.keep_param(id, "service_status", "1", false)?;
            let csr = request.param("csr").unwrap_or("");
            self.store.change("INSERT INTO certificate(item, csr) VALUES (?, ?)", (id, csr))?;
        }
        Ok(())
    }

    /// Gives an operation to the service's module. The reselling module orders at its seller; everything else is work for a
    /// person: manual mode and a task.
    pub(super) fn run_operation(&self, item: u64, operation: u64, name: &str) -> Result<(), PanelError> {
        if self.resold(item)? {
            self.reselling(|reselling| reselling.operate(item, operation, name));
            return Ok(());
        }
        self.store.change("UPDATE runningoperation SET manual = 'on' WHERE id = ?", (operation,))?;
        self.store.change(
            "INSERT INTO task(runningoperation, item, type, status, department, opendate) VALUES (?, ?, ?, 0, 1, NOW())",
            (operation, item, format!("post{name}")),
        )?;
        Ok(())
    }

    /// Whether the service is on the reselling module, as far as the panel knows.
    pub fn resold(&self, item: u64) -> Result<bool, PanelError> {
        let known = self.kept_modules().get(&item).cloned().filter(|_| self.guesses.caches_items);
        let file = if let Some(file) = known {
            file
        } else {
            let row = self.store.row(
                "SELECT m.module FROM item i JOIN processingmodule m ON m.id = i.processingmodule WHERE i.id = ?",
                (item,),
            )?;
            let file = row.map(|row| row.text("module").to_owned()).unwrap_or_default();
            self.kept_modules().insert(item, file.clone());
            file
        };
        Ok(file == self.guesses.reselling_module)
    }

    /// One run of the reselling module inside this panel; it calls the panel back as a process of its own would.
    pub(super) fn reselling<T>(&self, work: impl FnOnce(&Reselling<'_>) -> T) -> T {
        work(&Reselling {
            root: &self.root,
            store: &self.store,
            key: &self.key,
            guesses: &self.guesses,
            address: self.address,
            log: self.log.thread(),
        })
    }

    /// `checkevent`: every reselling module asks its account for events. What fails, fails in the module's log; the
    /// function itself answers OK, for modules are processes of their own.
    pub(super) fn checkevent(&self) -> Node {
        let inactive = self.guesses.inactive_modules_poll;
        let modules = self.store.rows(
            "SELECT id FROM processingmodule WHERE module = ? AND (active = 'on' OR ?) ORDER BY orderpriority, id",
            (&self.guesses.reselling_module, inactive),
        );
        match modules {
            Ok(modules) => {
                for module in modules {
                    self.reselling(|reselling| reselling.poll(module.number("id")));
                }
            }
            Err(error) => self.reselling(|reselling| reselling.log_error(&error)),
        }
        ok()
    }

    /// The destructive read: every event of the caller's account, which is empty afterwards (the article; the function's
    /// name and the rows' fields are guesses).
    pub(super) fn take_events(&self, request: &Request) -> Result<Node, PanelError> {
        let account = request.caller.account;
        let rows = self.store.rows(
            "SELECT e.id, e.item, i.remoteid, t.intname AS itemtype, e.type, e.createdate FROM itemevent e
             JOIN item i ON i.id = e.item JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype
             WHERE e.account = ? ORDER BY e.id",
            (account,),
        )?;
        if let Some(last) = rows.last() {
            let upto = last.number("id");
            self.store.change("DELETE FROM itemevent WHERE account = ? AND id <= ?", (account, upto))?;
        }
        Ok(super::table(&rows))
    }
}
