//! The one place that writes to the panel's database: `item.processingmodule` of one service, as the knowledge base's own remedy
//! changes it (facts/billmanager 1.1, 1.3).
//!
//! A connection of its own, for the moment of the change; everything else is read through `Database`, whose session is read-only.

use super::config::Config;
use super::connection::{connect, failed};
use crate::error::{Error, Kind};
use crate::reselling::way::Switch;
use mysql::prelude::Queryable;
use mysql::{Conn, TxOpts};

/// Gives one service from one module to another, if it is one row that is at that module, and nothing otherwise. `noted` writes it
/// down while the row is held and changed, just before the commit: what never came to the row is not written down, and what was
/// written down lacks the commit at most. Where it says no, nothing is changed.
///
/// # Errors
/// `Kind::Database`: nothing was changed, unless the connection broke in the moment of the commit; reading back tells.
pub fn reassign(config: &Config, switch: Switch, noted: impl FnOnce() -> bool) -> Result<(), Error> {
    let mut connection = connect(config)?;
    takes_back(&mut connection)?;
    let mut transaction = connection.start_transaction(TxOpts::default()).map_err(|error| failed(&error))?;
    let Switch { item, from, to } = switch;
    // Numbers only; the old value is part of the condition.
    let change = format!("UPDATE item SET processingmodule = {to} WHERE id = {item} AND processingmodule = {from}");
    transaction.query_drop(change).map_err(|error| failed(&error))?;
    let rows = transaction.affected_rows();
    if rows == 1 && noted() {
        return transaction.commit().map_err(|error| failed(&error));
    }
    transaction.rollback().map_err(|error| failed(&error))?;
    if rows == 1 {
        return Err(Error::new(Kind::State, "it could not be written down; nothing was changed"));
    }
    let what = format!("service {item} is not one row at module {from}, but {rows}; nothing was changed");
    Err(Error::new(Kind::Database, what))
}

/// Whether a change of the table can be taken back: a table without transactions would keep what is rolled back.
fn takes_back(connection: &mut Conn) -> Result<(), Error> {
    let engine: Option<Option<String>> = connection
        .query_first(
            "SELECT e.transactions FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine
             WHERE t.table_schema = DATABASE() AND t.table_name = 'item'",
        )
        .map_err(|error| failed(&error))?;
    match engine.flatten() {
        Some(word) if word == "YES" => Ok(()),
        _ => Err(Error::new(Kind::Database, "the table item has no transactions; it is not changed by SQL")),
    }
}
