//! `pmbillmgr`, the built-in module that buys from another BILLmanager: orders there, polls the account's events, brings a
//! service of this panel to where the seller has it.
//!
//! It runs inside the panel (`checkevent`, orders) and as `processing/pmbillmgr`; it changes the panel only through the
//! panel's own functions.

mod complete;
mod event;
mod operate;
mod panel;
mod seller;

use super::errors;
use super::guesses::Guesses;
use super::key::Key;
use super::modulelog::{Thread, query};
use super::store::Store;
use crate::document::Node;
use crate::request::PanelError;
pub use seller::Seller;
use std::net::IpAddr;
use std::path::Path;

/// One run of the module.
pub struct Reselling<'a> {
    pub root: &'a Path,
    pub store: &'a Store,
    pub key: &'a Key,
    pub guesses: &'a Guesses,
    /// Where its requests come from; `None` for wherever the machine sends them from.
    pub address: Option<IpAddr>,
    pub log: Thread<'a>,
}

impl Reselling<'_> {
    /// The seller's account behind a module: its settings, the password decrypted.
    ///
    /// # Errors
    /// `missed` when a setting is missing or cannot be decrypted with this panel's key.
    pub fn seller(&self, module: u64) -> Result<Seller, PanelError> {
        let [url, username, password] = &self.guesses.module_params;
        let plain = "SELECT value FROM processingparam WHERE processingmodule = ? AND intname = ?";
        let crypted = "SELECT value FROM processingcryptedparam WHERE processingmodule = ? AND intname = ?";
        let setting = |sql: &str, name: &str| -> Result<String, PanelError> {
            let row = self.store.row(sql, (module, name))?;
            Ok(row.ok_or_else(|| errors::missed("processingparam", name))?.text("value").to_owned())
        };
        let secret = self.key.decrypt(&setting(crypted, password)?);
        let secret = secret.ok_or_else(|| errors::missed("processingcryptedparam", password))?;
        Seller::new(&setting(plain, url)?, &setting(plain, username)?, &secret, self.root, self.address)
    }

    /// A call of the panel's own function, logged as the article shows it.
    fn own(&self, function: &str, params: &[(&str, &str)]) -> Result<Node, PanelError> {
        let shown = shown(function, params);
        self.log.line("sbin_utils", "INFO", &format!("QUERY: {shown}"));
        self.log.line("sbin_utils", "NOTE", "Connect to billmgr");
        self.log.line("rpc", "EXTINFO", &format!("Query('{shown}')"));
        panel::call(self.root, function, params)
    }

    /// A call of the seller, logged without the login.
    fn ask(&self, seller: &Seller, function: &str, params: &[(&str, &str)]) -> Result<Node, PanelError> {
        self.log.line("rpc", "EXTINFO", &format!("Query('{}')", shown(function, params)));
        seller.call(function, params)
    }

    /// An error in the text form of the panel's libraries (facts/billmanager 3.2).
    pub fn log_error(&self, error: &PanelError) {
        let PanelError { kind, object, value, .. } = error;
        self.log.line("libmgr", "ERROR", &format!("Error: Type: '{kind}' Object: '{object}' Value: '{value}'"));
    }

    /// With this file the panel's modules do nothing and say that all is well (facts/billmanager 3).
    fn switched_off(&self) -> bool {
        self.root.join("etc/billmgr.DoNothing").exists()
    }
}

fn shown(function: &str, params: &[(&str, &str)]) -> String {
    let mut pairs = vec![("func", function)];
    pairs.extend(params);
    query(&pairs)
}
