//! Every change of an item in one place: the change, its line in `history_item`, the event for the customer who resells it.

use super::store::Row;
use super::{Billing, errors};
use crate::request::{PanelError, Request};
use mysql::Value;

/// The columns `history_item` keeps before and after.
const KEPT: [&str; 4] = ["status", "processingmodule", "expiredate", "remoteid"];

impl Billing {
    /// The item that `elid` names, of the type when one is asked for; a customer sees only their own.
    pub(super) fn item(&self, request: &Request, itemtype: Option<&str>) -> Result<Row, PanelError> {
        let elid = request.param("elid").unwrap_or("");
        let id: u64 = elid.parse().map_err(|_| errors::value("elid", elid))?;
        let found = self.store.row(
            "SELECT i.*, t.intname AS itemtype FROM item i JOIN pricelist p ON p.id = i.pricelist
             JOIN itemtype t ON t.id = p.itemtype WHERE i.id = ?",
            (id,),
        )?;
        let theirs = |row: &Row| request.caller.level > 16 || row.number("account") == request.caller.account;
        found
            .filter(|row| itemtype.is_none_or(|wanted| row.text("itemtype") == wanted))
            .filter(theirs)
            .ok_or_else(|| errors::missed(itemtype.unwrap_or("item"), elid))
    }

    /// Changes columns of an item (`set` is the SQL between `SET` and `WHERE`) and writes down who did it.
    pub(super) fn change_item(
        &self,
        by: &Request,
        item: u64,
        set: &str,
        mut values: Vec<Value>,
    ) -> Result<(), PanelError> {
        let query = "SELECT status, processingmodule, expiredate, remoteid, account FROM item WHERE id = ?";
        let before = self.store.row(query, (item,))?.ok_or_else(|| errors::missed("item", &item.to_string()))?;
        values.push(item.into());
        self.store.change(&format!("UPDATE item SET {set} WHERE id = ?"), values)?;
        let after = self.store.row(query, (item,))?.unwrap_or_default();
        self.kept_modules().remove(&item);
        let changed: Vec<&str> = KEPT.into_iter().filter(|column| before.text(column) != after.text(column)).collect();
        self.write_history(by, item, &changed, |column| (before.text(column).into(), after.text(column).into()))?;
        if changed.contains(&"status") || changed.contains(&"expiredate") {
            self.queue_event(item, event_word(after.number("status")))?;
        }
        Ok(())
    }

    /// A line in `history_item`; `values` gives a kept column before and after.
    pub(super) fn write_history(
        &self,
        by: &Request,
        item: u64,
        changed: &[&str],
        values: impl Fn(&str) -> (String, String),
    ) -> Result<(), PanelError> {
        let mut columns = String::new();
        let mut marks = String::new();
        let mut cells: Vec<Value> = vec![
            item.into(),
            changed.join(",").into(),
            by.function.as_str().into(),
            by.ip.as_str().into(),
            by.caller.name.as_str().into(),
        ];
        for column in changed.iter().filter(|column| KEPT.contains(column)) {
            let (before, after) = values(column);
            for name in [", ", column, ", ", column, "_new"] {
                columns.push_str(name);
            }
            marks.push_str(", NULLIF(?, ''), NULLIF(?, '')");
            cells.push(before.into());
            cells.push(after.into());
        }
        self.store.change(
            &format!(
                "INSERT INTO history_item(reference, changedfields, request_action, request_ip, username, changedate{columns})
                 VALUES (?, ?, ?, ?, ?, NOW(){marks})"
            ),
            cells,
        )?;
        Ok(())
    }

    /// A service that a customer resells (it carries the id of their side) changed: an event for their account, unless one
    /// for this service waits there already. Nothing happens while the service is being opened. A panel that resells keeps
    /// the seller's id in the same column for what it bought, which is no reason for an event.
    pub(super) fn queue_event(&self, item: u64, word: Option<&str>) -> Result<(), PanelError> {
        let Some(word) = word else { return Ok(()) };
        self.store.change(
            "INSERT INTO itemevent(item, account, type, createdate)
             SELECT i.id, i.account, ?, NOW() FROM item i LEFT JOIN processingmodule m ON m.id = i.processingmodule
             WHERE i.id = ? AND COALESCE(i.remoteid, '') <> '' AND COALESCE(m.module, '') <> ?
             AND NOT EXISTS (SELECT 1 FROM itemevent e WHERE e.item = i.id)",
            (word, item, &self.guesses.reselling_module),
        )?;
        Ok(())
    }
}

/// The type of the event that leaves a service in this status (the names are guesses).
fn event_word(status: u64) -> Option<&'static str> {
    match status {
        2 => Some("open"),
        3 => Some("suspend"),
        4 => Some("close"),
        _ => None,
    }
}
