//! The small functions around the services: journals, dictionaries, notifications.

use super::{Billing, errors, ok, table};
use crate::document::Node;
use crate::request::{PanelError, Request};

impl Billing {
    pub(super) fn office(&self, request: &Request) -> Result<Node, PanelError> {
        let account = request.caller.account;
        let staff = request.caller.level > 16;
        let dictionary = |sql: &str| Ok(table(&self.store.rows(sql, ())?));
        match request.function.as_str() {
            "whoami" => self.whoami(request),
            "tool.clearcache" => {
                if request.param("table") == Some("item") && request.param("sok") == Some("ok") {
                    self.kept_modules().clear();
                }
                Ok(ok())
            }
            // When the copy is complete, and where it is, the facts do not say.
            "billmgr.backup.create" => Ok(ok()),
            "notification.edit" => self.notify(request),
            "service.history" => self.service_history(request),
            "journal" => Ok(table(&self.store.rows(
                "SELECT id, time, user, ip, funcname FROM journal WHERE ? OR account = ? ORDER BY id",
                (staff, account),
            )?)),
            "authlog" => Ok(table(&self.store.rows(
                "SELECT id, time, user, ip FROM authlog WHERE ? OR account = ? ORDER BY id",
                (staff, account),
            )?)),
            "itemtype" => dictionary("SELECT id, intname, name FROM itemtype ORDER BY orderpriority"),
            "pricelist" => dictionary(
                "SELECT p.id, p.intname, p.name, t.intname AS itemtype, p.active FROM pricelist p JOIN itemtype t ON t.id = p.itemtype",
            ),
            "user" => dictionary("SELECT id, name, email, realname, level, account, enabled FROM user"),
            "account" => dictionary("SELECT id, name, registration_date FROM account"),
            "department" => dictionary("SELECT id, name FROM department"),
            "datacenter" => dictionary("SELECT id, name FROM datacenter"),
            "project" => dictionary("SELECT id, name FROM project"),
            "currency" => dictionary("SELECT id, iso, name FROM currency"),
            other => Err(errors::missed("function", other)),
        }
    }

    fn service_history(&self, request: &Request) -> Result<Node, PanelError> {
        let item = self.item(request, None)?;
        let staff = request.caller.level > 16;
        Ok(table(&self.store.rows(
            "SELECT id, changedate, CONCAT_WS(' ', request_action, changedfields) AS `desc`,
             IF(?, username, 'Provider''s employee or system') AS user, IF(?, request_ip, '-') AS ip
             FROM history_item WHERE reference = ? ORDER BY id",
            (staff, staff, item.number("id")),
        )?))
    }

    /// A notification in the bell of a user.
    fn notify(&self, request: &Request) -> Result<Node, PanelError> {
        let user = request.param("user").unwrap_or("");
        if self.store.row("SELECT id FROM user WHERE id = ?", (user,))?.is_none() {
            return Err(errors::missed("user", user));
        }
        self.store.change(
            "INSERT INTO usernotification(user, subject, message, createdate) VALUES (?, ?, ?, NOW())",
            (user, request.param("subject").unwrap_or(""), request.param("message").unwrap_or("")),
        )?;
        Ok(ok())
    }
}
