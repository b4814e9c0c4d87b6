//! Who we are at the seller: `whoami` (facts/billmanager 6.2, 6.3).

use super::error::said;
use crate::error::{Error, Kind};
use crate::xml::Element;
use serde::Serialize;

/// What the seller says about the module's user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Whoami {
    pub user: String,
    /// The customer account at the seller; `None` for staff.
    pub account: Option<u64>,
    /// A decimal number in `currency`, as the seller writes it.
    pub balance: Option<String>,
    pub currency: Option<String>,
    /// 16 is a customer, as the documentation asks for; 29 and above is the seller's own staff (facts/billmanager 4.1).
    pub level: Option<u64>,
    /// The account may suspend and delete its services; `None` when the seller does not say.
    pub may_suspend: Option<bool>,
    pub may_delete: Option<bool>,
    /// The version of the seller's BILLmanager.
    pub version: Option<String>,
}

impl Whoami {
    /// # Errors
    /// `Kind::Answer` when the document names no user, or a panel that is not BILLmanager.
    pub(super) fn read(document: &Element) -> Result<Self, Error> {
        let mgr = document.find("mgr");
        if let Some(name) = document.text_of("mgr").filter(|name| *name != "billmgr") {
            return Err(Error::new(Kind::Answer, format!("the panel there is '{}', not BILLmanager", said(name))));
        }
        let Some(user) = document.find("user") else {
            return Err(Error::new(Kind::Answer, "the answer names no user"));
        };
        let of = |name: &str| user.get_attribute(name).map(said).filter(|text| !text.is_empty());
        let flag = |name: &str| of(name).map(|text| text == "on");
        Ok(Self {
            user: of("name").ok_or_else(|| Error::new(Kind::Answer, "the answer names no user"))?,
            account: of("account").and_then(|text| text.parse().ok()),
            balance: of("balance").filter(|text| is_decimal(text)),
            currency: of("currency"),
            level: of("level").and_then(|text| text.parse().ok()),
            may_suspend: flag("allowsuspenditem"),
            may_delete: flag("allowdeleteitem"),
            version: mgr.and_then(|mgr| mgr.get_attribute("version")).map(said).filter(|text| !text.is_empty()),
        })
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut parts = digits.split('.');
    let good = |part: &str| !part.is_empty() && part.len() <= 18 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(good) && parts.next().is_none_or(good) && parts.next().is_none()
}
