//! The seller as its customer reaches it: `authinfo` in a POST, documents back (facts/billmanager 6.1).

use super::super::{errors, settings};
use crate::document::Node;
use crate::request::PanelError;
use reqwest::blocking::Client;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

/// One account at one seller.
pub struct Seller {
    url: String,
    authinfo: String,
    client: Client,
}

impl Seller {
    /// Prepares a client that trusts the authorities in the panel's `etc/ca.pem`.
    ///
    /// # Errors
    /// `client` when those cannot be read.
    pub fn new(
        url: &str,
        username: &str,
        password: &str,
        root: &Path,
        address: Option<IpAddr>,
    ) -> Result<Self, PanelError> {
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut client = Client::builder().timeout(Duration::from_secs(20)).local_address(address);
        let authorities = fs::read(root.join(settings::AUTHORITIES)).unwrap_or_default();
        let authorities = reqwest::Certificate::from_pem_bundle(&authorities);
        client = client.tls_certs_merge(authorities.map_err(|error| errors::bad_response(&error.to_string()))?);
        let plain = url.trim_end_matches('/');
        // Administrators write the address with and without the panel's name.
        let url = if plain.ends_with("/billmgr") { plain.to_owned() } else { format!("{plain}/billmgr") };
        Ok(Self {
            url,
            authinfo: format!("{username}:{password}"),
            client: client.build().map_err(|error| errors::bad_response(&error.to_string()))?,
        })
    }

    /// Calls a function; the seller's own error comes back as an error.
    ///
    /// # Errors
    /// `client` when the seller does not answer or answers no document; the seller's error otherwise.
    pub fn call(&self, function: &str, params: &[(&str, &str)]) -> Result<Node, PanelError> {
        let mut form = vec![("authinfo", self.authinfo.as_str()), ("func", function), ("out", "xml"), ("lang", "en")];
        form.extend(params);
        let lost = |error: reqwest::Error| errors::bad_response(&error.without_url().to_string());
        let answer = self.client.post(&self.url).form(&form).send().and_then(reqwest::blocking::Response::text);
        super::panel::answer(&answer.map_err(lost)?)
    }
}
