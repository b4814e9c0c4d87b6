//! The BILLmanager we live in: its settings files, its database (read only), its encrypted parameters, its functions.
//!
//! Not for the seller's side, which is `seller`, and not for conclusions, which are `reselling`.

pub mod config;
pub mod key;
pub mod mgrctl;

use crate::root::Root;

/// Whether the panel was told to leave services alone: with this file present its modules do nothing (facts/billmanager 3).
pub fn operations_stopped(root: &Root) -> bool {
    root.join("etc/billmgr.DoNothing").exists()
}
