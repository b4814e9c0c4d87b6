//! Names and addresses that services of any panel may have: equal on both sides, they say nothing about which service is which.
//!
//! Not for likeness: `link` compares. Addresses and names set aside for documentation (192.0.2.0/24, `.example`) count as real
//! ones: no service in operation has them, and what is tested does; the names that people leave in forms, `example.com` and its
//! sisters, do not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names that nobody owns (RFC 2606, 6761, 6762 with its appendix G, 8375), and what is below them.
const NOBODYS: [&str; 15] = [
    "localhost",
    "localdomain",
    "test",
    "invalid",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "example.com",
    "example.net",
    "example.org",
];

/// Whether a name, written as `link` compares it, is theirs alone who have it. `host`: it can only be the name of a host, so a
/// single word is none.
pub fn is_own(name: &str, host: bool) -> bool {
    if let Ok(address) = name.parse::<IpAddr>() {
        return is_public(address);
    }
    let name = name.strip_prefix("*.").unwrap_or(name);
    let labels: Vec<&str> = name.split('.').collect();
    let below = |nobodys: &str| labels.ends_with(&nobodys.split('.').collect::<Vec<_>>());
    let single = labels.len() == 1;
    !(name == "example" || NOBODYS.into_iter().any(below) || (host && single))
}

/// An address that one machine on the net has.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    // 100.64/10 is shared by providers' customers, 198.18/15 measures, 192.0.0/24 is for protocols.
    let shared = first == 100 && (64..128).contains(&second);
    let measures = first == 198 && matches!(second, 18 | 19);
    let protocols = (first, second, third) == (192, 0, 0);
    !(first == 0
        || first >= 224
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || shared
        || measures
        || protocols)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_any_panel_may_have_is_nobodys_own() {
        for (name, own) in [
            ("one.example", true),
            ("shop.ru", true),
            ("localhost.ru", true),
            ("test.shop.ru", true),
            ("myexample.com", true),
            ("xn--e1afmkfd.xn--p1ai", true),
            ("example", false),
            ("example.com", false),
            ("*.example.org", false),
            ("mail.example.net", false),
            ("localhost", false),
            ("localhost.localdomain", false),
            ("vds.test", false),
            ("x.invalid", false),
            ("srv.local", false),
            ("box.home.arpa", false),
            ("server", false),
            ("*", false),
            ("192.0.2.7", true),
            ("100.63.255.255", true),
            ("100.128.0.1", true),
            ("172.32.0.1", true),
            ("2001:db8::7", true),
            ("0.0.0.0", false),
            ("10.0.0.5", false),
            ("172.16.0.1", false),
            ("192.168.0.2", false),
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("100.64.0.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("fd12::1", false),
            ("ff02::1", false),
            ("::ffff:10.0.0.5", false),
        ] {
            assert_eq!(is_own(name, true), own, "{name}");
        }
        for (licence, own) in [("shop", true), ("panel of ann", true), ("test", false), ("localhost", false)] {
            assert_eq!(is_own(licence, false), own, "{licence}");
        }
    }
}
