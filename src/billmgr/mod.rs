//! The BILLmanager we live in: its settings files, its database (read only, but for `assignment`), its encrypted parameters, its functions.
//!
//! Not for the seller's side, which is `seller`, and not for conclusions, which are `reselling`.

mod assignment;
mod buyers;
mod config;
mod connection;
mod database;
mod history;
mod items;
mod key;
mod manual;
mod mgrctl;
mod modules;
mod people;
mod program;
pub mod schedule;
mod services;

pub use assignment::reassign;
pub use buyers::{Buyer, Person};
pub use config::{Config, Server, secrets_of_settings};
pub use database::Database;
pub use history::Change;
pub use items::{Known, ServiceCount};
pub use manual::OtherModule;
pub use mgrctl::{Mgrctl, Panel};
pub use modules::{Login, ModuleAccess};
pub use people::Employee;
pub use program::Program;
pub use services::Selection;

use crate::root::Root;

/// Whether the panel was told to leave services alone: with this file present its modules do nothing (facts/billmanager 3).
pub fn operations_stopped(root: &Root) -> bool {
    root.join("etc/billmgr.DoNothing").exists()
}
