//! An account at a seller: where it is and who it is, so that one account written in several ways is one account.

use crate::error::{Error, Kind};
use serde::Serialize;
use std::fmt;
use url::Url;

/// The seller's address and the user on it, normalised (facts/billmanager 6.1, facts/peers 3).
///
/// Shown as `https://host/billmgr#user`, which is also its name in the contract. Two are equal when they are one account, whatever
/// way they were written: see `identity`.
#[derive(Clone, Debug)]
pub struct Account {
    url: String,
    user: String,
    identity: String,
}

impl Account {
    /// Reads an address as administrators write it: with or without the scheme (`https` is meant), the port of the scheme,
    /// `/billmgr`, `/manager/billmgr`, a trailing slash, capital letters, an internationalised name. The user is folded to
    /// lower case, for the database of the panel compares names that way.
    ///
    /// # Errors
    /// `Kind::PanelFiles` when the address is no http(s) address with a host, carries a password, or the user is empty.
    pub fn new(address: &str, user: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::new(Kind::PanelFiles, format!("the module's address is not usable: {why}"));
        let address = address.trim();
        let user = user.trim().to_lowercase();
        if user.is_empty() || user.chars().any(char::is_control) {
            return Err(wrong("the module has no user name"));
        }
        let with_scheme = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        let mut url = Url::parse(&with_scheme).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("only http and https are known"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(wrong("it has no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it carries a login of its own"));
        }
        url.set_query(None);
        url.set_fragment(None);
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
        if url.domain().is_some_and(|name| name.ends_with('.')) {
            url.set_host(Some(&host)).map_err(|error| wrong(&error.to_string()))?;
        }
        let path = url.path().trim_end_matches('/').to_owned();
        if path.is_empty() {
            url.set_path("/billmgr");
        } else {
            url.set_path(&path);
        }
        Ok(Self { identity: identity(&host, &url, &user), url: url.into(), user })
    }

    /// What is the same however the account is written, and on every panel that uses it: `host#user`.
    ///
    /// `http` and `https`, the ports 80, 443 and 1500, and the paths `/billmgr` and `/manager/billmgr` all lead to the one panel
    /// of a host (facts/billmanager 6.1), whose users are the same by every door. Another port or path may be another panel (two
    /// behind one address), so it stays a part.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The address to ask, normalised.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The user, in lower case. The login itself keeps the spelling of the module's setting.
    pub fn user(&self) -> &str {
        &self.user
    }
}

fn identity(host: &str, url: &Url, user: &str) -> String {
    let port = url.port_or_known_default().filter(|port| !matches!(port, 80 | 443 | 1500));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = Some(url.path()).filter(|path| !matches!(*path, "/billmgr" | "/manager/billmgr")).unwrap_or_default();
    format!("{host}{port}{path}#{user}")
}

impl PartialEq for Account {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for Account {}

impl PartialOrd for Account {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Account {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.identity.cmp(&other.identity)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}", self.url, self.user)
    }
}

/// Only what `Display` wrote is read back: the memory of the check keeps accounts by that name.
impl<'de> serde::Deserialize<'de> for Account {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (url, user) = text.split_once('#').ok_or_else(|| serde::de::Error::custom("not an account"))?;
        Self::new(url, user).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Account {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_written_in_several_ways_is_one_account() {
        let one = Account::new("https://seller.example/billmgr", "shop").unwrap();
        for address in [
            "https://seller.example",
            "https://SELLER.example:443/billmgr/",
            "seller.example/billmgr",
            "seller.example:1500",
            "https://seller.example./billmgr",
            "https://seller.example/billmgr?func=x#y",
            "https://seller.example:1500/billmgr//",
            "https://seller.example/manager/billmgr",
            "http://seller.example/billmgr",
            "HTTP://seller.example:80",
            " https://seller.example:1500/manager/billmgr/ ",
        ] {
            assert_eq!(Account::new(address, " Shop ").unwrap(), one, "{address}");
        }
        assert_eq!(
            (one.to_string().as_str(), one.identity()),
            ("https://seller.example/billmgr#shop", "seller.example#shop")
        );
        for (address, same) in [
            ("https://xn--e1afmkfd.xn--p1ai/billmgr", "https://ПРИМЕР.рф"),
            ("https://[2001:db8::1]:1500/billmgr", "https://[2001:DB8:0:0::1]/billmgr"),
            ("https://192.0.2.1/billmgr", "192.0.2.1:1500"),
        ] {
            assert_eq!(Account::new(address, "Магазин").unwrap(), Account::new(same, "магазин").unwrap(), "{address}");
        }
    }

    #[test]
    fn another_account_is_another_one() {
        let one = Account::new("https://seller.example/billmgr", "shop").unwrap();
        for (address, user) in [
            ("https://seller.example/billmgr", "shop2"),
            ("https://www.seller.example/billmgr", "shop"),
            ("https://seller.example:8443/billmgr", "shop"),
            ("https://seller.example/second/billmgr", "shop"),
            ("https://192.0.2.1/billmgr", "shop"),
        ] {
            assert_ne!(Account::new(address, user).unwrap(), one, "{address} {user}");
        }
        // What is asked is what was written.
        let port = Account::new("https://seller.example:1500/manager/billmgr/", "shop").unwrap();
        assert_eq!(port.url(), "https://seller.example:1500/manager/billmgr");
    }

    #[test]
    fn what_is_no_address_is_said() {
        for (address, user) in
            [("", "a"), ("ftp://x/", "a"), ("https://u:p@x/", "a"), ("https://x/", ""), ("https://", "a")]
        {
            assert!(Account::new(address, user).is_err(), "{address}");
        }
    }
}
