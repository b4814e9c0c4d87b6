//! Where a seller is, whether a password may be sent there, and the HTTP client that goes there.
//!
//! Not for asking: `client` does that.

use super::trust;
use crate::error::{Error, Kind};
use crate::settings::SellerSettings;
use reqwest::blocking::Client;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;
use url::{Host, Url};

/// How many addresses of a seller are looked at.
const TARGETS: usize = 8;

/// `host` or `host:port`, as errors and the log name a seller.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A password goes over TLS, or stays on this machine.
///
/// # Errors
/// `Kind::SellerCertificate` for plain `http://` to another machine, unless `insecure` is set.
pub(super) fn check(url: &Url, insecure: bool) -> Result<(), Error> {
    let here = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "https" || here || insecure {
        return Ok(());
    }
    Err(Error::new(
        Kind::SellerCertificate,
        format!(
            "{}: the module's address is plain http://, so the password would be readable on the way; nothing was sent \
             (https:// in the module, or `insecure = true` in [seller])",
            host(url)
        ),
    ))
}

/// The addresses that this machine would use towards the seller, one for each of the seller's: connecting a datagram socket asks
/// the system for its way and sends nothing.
pub(super) fn sources(url: &Url) -> Vec<IpAddr> {
    let source = |target: SocketAddr| -> std::io::Result<IpAddr> {
        let any = if target.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(target)?;
        Ok(socket.local_addr()?.ip())
    };
    let targets = url.socket_addrs(|| None).unwrap_or_default();
    targets.into_iter().take(TARGETS).filter_map(|target| source(target).ok()).collect()
}

/// Builds the client: the largest start-up cost there is here (reading the system's authorities), so only when needed.
///
/// No redirects: the password would follow them. No proxy from the environment: the panel starts us with the browser's headers
/// as `HTTP_*` (facts/coremanager 2.2), and a header named `Proxy` must not become `HTTP_PROXY`.
pub(super) fn connect(url: &Url, settings: &SellerSettings) -> Result<Client, Error> {
    let tls = if url.scheme() == "http" { trust::unused() } else { trust::verifying(settings.ca_file.as_deref()) }?;
    Client::builder()
        .user_agent(concat!("resellguard/", env!("CARGO_PKG_VERSION")))
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout)
        // Shorter than web servers keep one, so that a question does not meet a connection that is just being closed.
        .pool_idle_timeout(Duration::from_secs(2))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|error| Error::new(Kind::Internal, format!("no HTTP client: {}", super::error::root_cause(&error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine_unless_the_setting_allows_it() {
        for (address, fine) in [
            ("https://seller.example/billmgr", true),
            ("http://127.0.0.1:1500/billmgr", true),
            ("http://127.9.9.9/billmgr", true),
            ("http://[::1]:8080/billmgr", true),
            ("http://localhost/billmgr", true),
            ("http://seller.example/billmgr", false),
            ("http://localhost.example/billmgr", false),
            ("http://127.0.0.1.example/billmgr", false),
            ("http://10.0.0.1/billmgr", false),
            ("http://[::ffff:127.0.0.1]/billmgr", false),
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(check(&url, false).is_ok(), fine, "{address}");
            assert!(check(&url, true).is_ok(), "{address}");
        }
    }
}
