//! What was done to a service on this panel, as the panel itself wrote it down (`history_item`, facts/billmanager 0.10).

use super::database::Database;
use crate::error::Error;
use crate::reselling::ids::ItemId;
use crate::reselling::status::Status;
use jiff::civil::DateTime;

/// One line of a service's history. What this panel's table does not tell is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The panel's local time.
    pub at: DateTime,
    /// The function, such as `service.postsuspend`.
    pub action: String,
    pub user: String,
    /// An address, or the name of the program (`pmbillmgr`).
    pub from: String,
    /// The status after it, where it changed.
    pub status: Option<Status>,
}

impl Database {
    /// The newest changes of a service, newest first; none on a panel that keeps no such history.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn history(&self, item: ItemId, limit: u32) -> Result<Vec<Change>, Error> {
        let table = "history_item";
        let mut changes = Vec::new();
        if !self.has_all(table, &["reference", "request_action", "changedate"]) {
            return Ok(changes);
        }
        let [ip, user, status] = ["request_ip", "username", "status_new"].map(|name| self.column("h", table, name));
        let what = format!(
            "h.changedate, LEFT(h.request_action, 100), LEFT({user}, 100), LEFT({ip}, 100), {status} FROM {table} h \
             WHERE h.reference = {item} ORDER BY h.changedate DESC LIMIT {limit}"
        );
        self.select(&what, |mut row| {
            let Some(at) = row.datetime() else { return };
            let mut text = || row.text().unwrap_or_default().replace(char::is_control, " ");
            let (action, user, from) = (text(), text(), text());
            changes.push(Change { at, action, user, from, status: row.number().map(Status::from_code) });
        })?;
        Ok(changes)
    }
}
