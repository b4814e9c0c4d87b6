//! What may be asked of a seller: a closed list, so that nothing that changes a service, and nothing that takes events away
//! from somebody, can be written down at all.
//!
//! Not for sending; `client` adds the login and the output format and nothing else.

use super::row::is_id;
use crate::error::{Error, Kind};

/// The product types whose lists are read: every list of services that the facts name (facts/billmanager 6.2, and `platform`
/// from 4.3). A type of another name is not asked for, because the name of a list is the name of a function, and a function
/// without `sok` is not harmless by itself: actions such as `vds.suspend` act at once.
pub const ITEMTYPES: [&str; 14] = [
    "vds",
    "dedic",
    "vhost",
    "domain",
    "certificate",
    "soft",
    "softexternal",
    "addition",
    "vdc",
    "colocation",
    "dnshost",
    "sitebuilder",
    "storage",
    "platform",
];

/// A listing of 500 rows is below 2 MiB; a seller that ignores paging may send everything at once.
const LISTING_BYTES: u64 = 64 << 20;
/// Everything else is kilobytes.
const DOCUMENT_BYTES: u64 = 4 << 20;

/// One question that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    function: String,
    parameters: Vec<(&'static str, String)>,
    /// How many bytes of answer are read.
    limit: u64,
}

impl Call {
    /// Checks a question against the list.
    ///
    /// # Errors
    /// `Kind::Internal` for a function that is not on the list, a parameter that the function has no need of (`sok` is needed
    /// by none), or a value that is not a positive number of at most 18 digits. Such a question is never sent.
    pub fn new(function: &str, parameters: &[(&str, &str)]) -> Result<Self, Error> {
        let refuse = |why: &str| {
            let function: String = function.chars().take(60).collect();
            Err(Error::new(Kind::Internal, format!("the seller is not asked for '{}': {why}", function.escape_debug())))
        };
        let Some((needed, optional, limit)) = shape(function) else {
            return refuse("only reading functions are on the list");
        };
        let mut checked = Vec::with_capacity(parameters.len());
        for (name, value) in parameters {
            let Some(name) = needed.iter().chain(optional).find(|known| *known == name) else {
                return refuse("it has a parameter that reading does not need");
            };
            if checked.iter().any(|(other, _)| other == name) || !is_id(value) {
                return refuse("a parameter is repeated or is no number");
            }
            checked.push((*name, (*value).to_owned()));
        }
        if needed.iter().any(|name| !checked.iter().any(|(known, _)| known == name)) {
            return refuse("a parameter is missing");
        }
        Ok(Self { function: function.to_owned(), parameters: checked, limit })
    }

    /// The same with the newest line first, as public clients ask for it (facts/billmanager 6.2); a seller that does not know the
    /// order ignores it.
    #[must_use]
    pub(super) fn newest_first(mut self) -> Self {
        self.parameters.push(("p_col", "-time".to_owned()));
        self
    }

    pub fn function(&self) -> &str {
        &self.function
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.as_str()))
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }
}

type Names = &'static [&'static str];

/// What a function needs, what it may have, and how much it may answer; `None` when it is not on the list.
fn shape(function: &str) -> Option<(Names, Names, u64)> {
    const PAGE: Names = &["p_cnt", "p_num"];
    const ONE: Names = &["elid"];
    match function {
        "whoami" => Some((&[], &[], DOCUMENT_BYTES)),
        "journal" | "authlog" => Some((&[], PAGE, DOCUMENT_BYTES)),
        "service.history" => Some((ONE, PAGE, DOCUMENT_BYTES)),
        _ => match function.strip_suffix(".edit") {
            Some(itemtype) => ITEMTYPES.contains(&itemtype).then_some((ONE, &[], DOCUMENT_BYTES)),
            None => ITEMTYPES.contains(&function).then_some((&[], PAGE, LISTING_BYTES)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_may_be_asked() {
        for (function, parameters) in [
            ("whoami", &[][..]),
            ("vds", &[("p_cnt", "500"), ("p_num", "1")]),
            ("certificate", &[]),
            ("vds.edit", &[("elid", "4478979")]),
            ("journal", &[("p_cnt", "50")]),
            ("authlog", &[]),
            ("service.history", &[("elid", "7")]),
        ] {
            assert!(Call::new(function, parameters).is_ok(), "{function}");
        }
    }

    #[test]
    fn everything_else_is_a_fault_of_ours_and_sok_is_never_possible() {
        for (function, parameters) in [
            ("itemevent", &[][..]),
            ("itemevent.delete", &[("elid", "1")]),
            ("checkevent", &[]),
            ("vds.suspend", &[("elid", "1")]),
            ("vds.delete", &[("elid", "1")]),
            ("vds.order.param", &[]),
            ("service.prolong", &[("elid", "1")]),
            ("exit", &[]),
            ("", &[]),
            ("VDS", &[]),
            ("vds&sok=ok", &[]),
            ("vds.edit.edit", &[("elid", "1")]),
            ("vds.edit", &[]),
            ("vds.edit", &[("elid", "1, 2")]),
            ("vds.edit", &[("elid", "1&sok=ok")]),
            ("vds.edit", &[("elid", "0")]),
            ("vds.edit", &[("elid", "1"), ("elid", "2")]),
            ("vds.edit", &[("elid", "1"), ("sok", "ok")]),
            ("vds", &[("func", "vds.delete")]),
            ("vds", &[("authinfo", "a:b")]),
            ("vds", &[("su", "1")]),
        ] {
            let refused = Call::new(function, parameters).unwrap_err();
            assert_eq!(refused.kind, Kind::Internal, "{function}");
        }
        for function in ITEMTYPES.iter().copied().chain(["whoami", "journal", "authlog", "service.history"]) {
            for name in ["sok", "SOK", "sok ", "clicked_button"] {
                assert!(Call::new(function, &[(name, "ok")]).is_err(), "{function} {name}");
                assert!(Call::new(function, &[("elid", "1"), (name, "1")]).is_err(), "{function} {name}");
            }
        }
    }
}
