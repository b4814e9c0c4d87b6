//! The lists that have the button: the base list and every product list that is known (facts/coremanager 3.2,
//! facts/billmanager 6.2).

use resellguard::seller::ITEMTYPES;

/// `colocation` is a list of services here; a seller is not asked for it.
pub fn lists() -> impl Iterator<Item = &'static str> {
    ["service", "colocation"].into_iter().chain(ITEMTYPES)
}
