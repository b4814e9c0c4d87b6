//! The small functions around the services: journals, dictionaries, notifications.

use super::{Billing, errors, ok, table};
use crate::document::Node;
use crate::request::{PanelError, Request};

impl Billing {
    pub(super) fn office(&self, request: &Request) -> Result<Node, PanelError> {
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
            "journal" => self.trail(request, "journal", "id, time, user, ip, funcname"),
            "authlog" => self.trail(request, "authlog", "id, time, user, ip"),
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

    /// A page of a trail, from the oldest line on unless `p_col=-time` asks otherwise; the whole of it without `p_cnt`.
    fn trail(&self, request: &Request, name: &str, columns: &str) -> Result<Node, PanelError> {
        let (account, staff) = (request.caller.account, request.caller.level > 16);
        let newest_first = request.param("p_col") == Some("-time") && !self.quirks().trails_unsorted;
        let order = if newest_first { "DESC" } else { "ASC" };
        let number =
            |name: &str| request.param(name).and_then(|text| text.parse::<u64>().ok()).filter(|number| *number > 0);
        let size = number("p_cnt").unwrap_or(u64::from(u32::MAX));
        let first = size.saturating_mul(number("p_num").unwrap_or(1) - 1);
        let all =
            self.store.row(&format!("SELECT COUNT(*) AS n FROM {name} WHERE ? OR account = ?"), (staff, account))?;
        let rows = self.store.rows(
            &format!("SELECT {columns} FROM {name} WHERE ? OR account = ? ORDER BY time {order}, id {order} LIMIT {size} OFFSET {first}"),
            (staff, account),
        )?;
        let total = all.map_or(0, |row| row.number("n"));
        Ok(table(&rows).with(Node::leaf("p_elems", total.to_string())))
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
