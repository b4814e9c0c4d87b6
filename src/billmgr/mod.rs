//! The BILLmanager we live in: its settings files, its database (read only), its encrypted parameters, its functions.
//!
//! Not for the seller's side, which is `seller`, and not for conclusions, which are `reselling`.

mod buyers;
mod config;
mod database;
mod history;
mod items;
mod key;
mod mgrctl;
mod modules;
mod people;
pub mod schedule;
mod services;

pub use buyers::{Buyer, Person};
pub use config::{Config, Server};
pub use database::Database;
pub use history::Change;
pub use items::{Known, ServiceCount};
pub use mgrctl::{Mgrctl, Panel};
pub use modules::{Login, ModuleAccess};
pub use people::Employee;
pub use services::Selection;

use crate::root::Root;

/// Whether the panel was told to leave services alone: with this file present its modules do nothing (facts/billmanager 3).
pub fn operations_stopped(root: &Root) -> bool {
    root.join("etc/billmgr.DoNothing").exists()
}
