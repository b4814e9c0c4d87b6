//! One service as the seller's form shows it: `<itemtype>.edit` without `sok` (facts/billmanager 6.2).
//!
//! Not for changing it. The form may hold what the service is reached with, so its fields are not printed.

use super::row::{date, is_id, remoteid};
use crate::error::{Error, Kind};
use crate::reselling::status::Status;
use crate::xml::Element;
use jiff::civil::Date;
use rustls::pki_types::pem::{PemObject, SectionKind};
use std::collections::BTreeMap;
use std::fmt;

/// The documented names of a form's fields (facts/billmanager 2.2, 6.2, and 4.3 for `remoteid`).
const STATUS: &str = "status";
const EXPIREDATE: &str = "expiredate";
const SERVICE_STATUS: &str = "service_status";
const REMOTEID: &str = "remoteid";
/// The issued certificate. Not confirmed: `crt` is the column of the seller's table `certificate` and the parameter of
/// `certificate.save` (facts/billmanager 1.1, 3.1); that the customer's form shows it under this name is inferred.
const CRT: &str = "crt";

/// More fields than any form has.
const FIELDS: usize = 2_000;
/// A chain of four certificates is 10 KiB.
const CRT_BYTES: usize = 64 << 10;

/// The fields of one service's form.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceForm {
    id: String,
    fields: BTreeMap<String, String>,
}

impl ServiceForm {
    /// Reads the form of the service `id`.
    ///
    /// # Errors
    /// `Kind::Answer` when it is the form of another service, or has no field at all.
    pub(super) fn read(document: &Element, id: &str) -> Result<Self, Error> {
        let mut fields = BTreeMap::new();
        for child in &document.children {
            // What has elements in it is a page's description or a select's choices, and no value.
            if child.children.is_empty() && !matches!(child.name.as_str(), "ok" | "metadata" | "messages" | "slist") {
                if fields.len() >= FIELDS {
                    return Err(Error::new(Kind::Answer, "the form has too many fields"));
                }
                fields.entry(child.name.clone()).or_insert_with(|| child.text.clone());
            }
        }
        let form = Self { id: id.to_owned(), fields };
        for name in ["elid", "id"] {
            if let Some(shown) = form.get(name).filter(|shown| is_id(shown) && *shown != id) {
                return Err(Error::new(Kind::Answer, format!("asked for service {id}, answered with {shown}")));
            }
        }
        if form.fields.keys().all(|name| name == "elid") {
            return Err(Error::new(Kind::Answer, format!("the form of service {id} has no field")));
        }
        Ok(form)
    }

    /// The seller's id of the service.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A field by its name; `None` when the form does not have it or it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The form has the field, even if it is empty.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// `None` when the form does not say (whether it does, differs by type and version: facts/billmanager 6.2).
    pub fn status(&self) -> Option<Status> {
        self.get(STATUS).and_then(Status::from_composite)
    }

    pub fn service_status(&self) -> Option<i64> {
        self.get(SERVICE_STATUS)?.parse().ok()
    }

    /// The id on the buyer's side.
    pub fn remoteid(&self) -> Option<String> {
        self.get(REMOTEID).and_then(remoteid)
    }

    pub fn expires(&self) -> Option<Date> {
        self.get("real_expiredate").and_then(date).or_else(|| self.get(EXPIREDATE).and_then(date))
    }

    pub fn ip(&self) -> Option<&str> {
        self.get("ip")
    }

    pub fn domain(&self) -> Option<&str> {
        self.get("domain")
    }

    pub fn username(&self) -> Option<&str> {
        self.get("username")
    }

    /// The issued certificate, PEM, with its chain when the seller gives one; `None` when the form has none.
    ///
    /// # Errors
    /// `Kind::Answer` when it is something else: it is going to be stored as a customer's certificate.
    pub fn certificate(&self) -> Result<Option<String>, Error> {
        let Some(pem) = self.get(CRT) else { return Ok(None) };
        check_certificate(pem).map_err(|why| {
            Error::new(Kind::Answer, format!("the certificate of service {} is not usable: {why}", self.id))
        })?;
        let mut text = pem.replace("\r\n", "\n");
        text.push('\n');
        Ok(Some(text))
    }
}

/// Nothing but certificates: PEM blocks named so, whose content is base64 of what has a certificate's outline.
fn check_certificate(pem: &str) -> Result<(), &'static str> {
    if pem.len() > CRT_BYTES {
        return Err("larger than 64 KiB");
    }
    let mut inside = false;
    let mut blocks = 0;
    for line in pem.lines().map(str::trim) {
        match line {
            "-----BEGIN CERTIFICATE-----" if !inside => {
                inside = true;
                blocks += 1;
            }
            "-----END CERTIFICATE-----" if inside => inside = false,
            _ if inside || line.is_empty() => {}
            _ => return Err("something stands outside of the certificates"),
        }
    }
    let sections: Vec<(SectionKind, Vec<u8>)> = PemObject::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| "it is not PEM: a block has no end, or is no base64")?;
    if blocks == 0 || inside || sections.len() != blocks {
        return Err("it is not PEM: a block is missing its beginning or its end");
    }
    let is_certificate =
        |(kind, der): &(SectionKind, Vec<u8>)| *kind == SectionKind::Certificate && looks_like_a_certificate(der);
    if sections.iter().all(is_certificate) { Ok(()) } else { Err("a block holds no certificate") }
}

/// The outline of a certificate in DER (RFC 5280): a sequence of what is certified, the algorithm and the signature, and nothing
/// more. Whether it is a good one, whoever is shown it finds out.
fn looks_like_a_certificate(der: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    let Some((SEQUENCE, whole, [])) = element(der) else { return false };
    let Some((SEQUENCE, _, rest)) = element(whole) else { return false };
    let Some((SEQUENCE, _, rest)) = element(rest) else { return false };
    matches!(element(rest), Some((BIT_STRING, _, [])))
}

/// The first element of some DER: its tag, what is in it, and what comes after it. `None` when it is cut.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ ..=0x7f => (usize::from(short), rest),
        // So many bytes tell the length; three are enough for what is read here.
        long @ 0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (inside, after) = rest.split_at_checked(length)?;
    Some((*tag, inside, after))
}

impl fmt::Debug for ServiceForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.keys().map(String::as_str).collect();
        out.debug_struct("ServiceForm").field("id", &self.id).field("fields", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_is_reached_with_is_read_and_never_printed() {
        let document = crate::xml::parse("<doc><elid>7</elid><password>topsecret</password></doc>").unwrap();
        let form = ServiceForm::read(&document, "7").unwrap();
        assert_eq!(form.get("password"), Some("topsecret"));
        let shown = format!("{form:?}");
        assert!(shown.contains("password") && !shown.contains("topsecret"), "{shown}");
    }
}
