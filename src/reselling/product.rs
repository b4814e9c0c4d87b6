//! What differs from product to product: what names a service, and what is copied from the seller when it is opened.
//!
//! One table for every list that the facts name (facts/billmanager 6.2); products that are not in it follow the common rules.
//! A password is in no column: nothing that is repaired needs one.

/// How one product type is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// `itemtype.intname`.
    pub itemtype: &'static str,
    /// Names by which a service is known from others; the address of a shared server is none.
    pub naming: &'static [&'static str],
    /// Parameters that the seller assigns, and that are copied with `<itemtype>.open` where they are empty here.
    pub copied: &'static [&'static str],
    /// A third party set the expiry (a registry, a certificate authority), so it comes along when the service is opened.
    pub expiry: bool,
}

const NAMES: &[&str] = &["domain", "ip", "CN", "licname"];

/// The common rules.
const COMMON: Product = Product { itemtype: "", naming: NAMES, copied: &["ip", "domain", "username"], expiry: false };

const PRODUCTS: [Product; 14] = [
    Product { itemtype: "vds", ..COMMON },
    Product { itemtype: "dedic", ..COMMON },
    Product { itemtype: "vhost", naming: &["domain"], ..COMMON },
    Product { itemtype: "domain", naming: &["domain"], copied: &[], expiry: true },
    Product { itemtype: "certificate", naming: &["domain", "CN"], copied: &[], expiry: true },
    Product { itemtype: "soft", copied: &["ip", "licname"], ..COMMON },
    Product { itemtype: "softexternal", copied: &["ip", "licname"], ..COMMON },
    Product { itemtype: "addition", copied: &[], ..COMMON },
    Product { itemtype: "vdc", copied: &["domain", "username"], ..COMMON },
    Product { itemtype: "storage", naming: &["domain"], copied: &["domain", "username"], expiry: false },
    Product { itemtype: "dnshost", naming: &["domain"], copied: &["domain", "username"], expiry: false },
    Product { itemtype: "sitebuilder", naming: &["domain"], copied: &["domain", "username"], expiry: false },
    Product { itemtype: "colocation", copied: &["ip", "domain"], ..COMMON },
    Product { itemtype: "platform", copied: &[], ..COMMON },
];

/// The product's line of the table, or the common rules.
pub fn product(itemtype: &str) -> Product {
    PRODUCTS.into_iter().find(|product| product.itemtype == itemtype).unwrap_or(COMMON)
}

/// Whether `<itemtype>.open` is a function's name: what the database holds becomes part of a call.
pub fn has_a_name(itemtype: &str) -> bool {
    (1..=64).contains(&itemtype.len())
        && itemtype.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && itemtype != "service"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_product_copies_what_a_service_is_reached_with() {
        for product in PRODUCTS.into_iter().chain([COMMON]) {
            for name in product.copied {
                assert!(!name.contains("pass") && !name.contains("key"), "{product:?}");
            }
        }
    }

    #[test]
    fn a_product_that_is_not_known_follows_the_common_rules() {
        assert_eq!(product("balloon"), COMMON);
        assert!(product("vhost").copied == COMMON.copied && product("vhost").naming != COMMON.naming);
    }

    #[test]
    fn only_a_plain_word_becomes_part_of_a_call() {
        for (itemtype, good) in
            [("vds", true), ("my_type2", true), ("", false), ("a.b", false), ("a b", false), ("service", false)]
        {
            assert_eq!(has_a_name(itemtype), good, "{itemtype:?}");
        }
    }
}
