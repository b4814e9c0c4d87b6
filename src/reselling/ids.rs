//! Ids as types, parsed before use: an id reaches a query or an argument list only through these.

use crate::error::{Error, Kind};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

macro_rules! id {
    ($(#[$about:meta])* $name:ident, $word:literal, $russian:literal) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Digits only, no sign, no zero, at most 18 digits.
            fn from_str(text: &str) -> Result<Self, Error> {
                let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
                match text.parse() {
                    Ok(number) if digits && number > 0 => Ok(Self(number)),
                    _ => {
                        let shown = format!("{:.40}", text.escape_debug());
                        let said = (
                            format!(concat!("'{}' is not the id of a ", $word), shown),
                            format!(concat!("«{}» не номер ", $russian), shown),
                        );
                        Err(Error::said(Kind::Usage, said))
                    }
                }
            }
        }
    };
}

id!(
    /// A service of this panel (`item.id`).
    ItemId, "service", "услуги");
id!(
    /// A processing module of this panel (`processingmodule.id`).
    ModuleId, "module", "модуля");

/// A list as the panel sends it: ids joined by `, ` (one id is a list of one).
///
/// # Errors
/// `Kind::Usage` for an empty list, more than 10,000 ids, or anything that is not an id.
pub fn parse_items(text: &str) -> Result<Vec<ItemId>, Error> {
    let mut items = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let item = part.parse()?;
        if !items.contains(&item) {
            items.push(item);
        }
        if items.len() > 10_000 {
            return Err(Error::said(
                Kind::Usage,
                ("more than 10000 services in one request", "больше 10000 услуг в одном запросе"),
            ));
        }
    }
    if items.is_empty() {
        return Err(Error::said(Kind::Usage, ("no service is named", "услуга не названа")));
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_are_ids() {
        assert_eq!(parse_items("1, 2,3 ,2").unwrap(), vec![ItemId(1), ItemId(2), ItemId(3)]);
        for text in ["", " , ", "0", "-1", "+1", "1;DROP", "1 2", "0x1", "9999999999999999999", "١"] {
            assert!(parse_items(text).is_err(), "accepted {text:?}");
        }
    }
}
