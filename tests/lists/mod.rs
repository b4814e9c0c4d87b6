//! The lists that have the button: the base list and every product list that is known (facts/coremanager 3.2,
//! facts/billmanager 6.2).

use resellguard::seller::ITEMTYPES;

pub fn lists() -> impl Iterator<Item = &'static str> {
    ["service"].into_iter().chain(ITEMTYPES)
}
