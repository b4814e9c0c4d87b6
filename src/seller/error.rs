//! What came back instead of an answer, as something that a person can act on.
//!
//! Nothing from outside is repeated without a bound, and control characters are left out. The names of the host and of the
//! function are put in front by `client`.

use crate::error::{Error, Kind};
use crate::reselling::conclusion::Refusal;
use crate::xml::Element;
use rustls::CertificateError;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;
use url::Url;

/// How much of a seller's own words is repeated.
const SAID: usize = 200;

const CAPTCHA: &str = "the seller wants a captcha solved: log in there once with a browser, from this server's address";
const TWO_FACTOR: &str = "the account has two-factor authentication, which a module cannot pass";
const ADDRESS: &str = "the seller does not allow the login from this server's address";

/// What an error of the seller's side means for a service, finer than its kind: the three refusals of a login that have remedies
/// of their own are told by their sentence.
pub fn refusal(error: &Error) -> Refusal {
    let told = |sentence: &str| error.detail.contains(sentence);
    match error.kind {
        Kind::SellerLogin if told(TWO_FACTOR) => Refusal::TwoFactor,
        Kind::SellerLogin if told(ADDRESS) => Refusal::Address,
        Kind::SellerLogin if told(CAPTCHA) => Refusal::Captcha,
        Kind::SellerLogin => Refusal::Login,
        Kind::SellerRights => Refusal::Rights,
        Kind::SellerCertificate => Refusal::Untrusted,
        Kind::SellerUnreachable => Refusal::Unreachable,
        _ => Refusal::Answer,
    }
}

/// A request that got no answer; `true` when asking again is safe and may help: nothing was sent because nothing was connected.
pub(super) fn transport(error: &reqwest::Error, timeout: Duration) -> (Error, bool) {
    if let Some(tls) = tls_cause(error) {
        return (Error::new(Kind::SellerCertificate, tls_reason(&tls)), false);
    }
    if error.is_timeout() {
        return (Error::new(Kind::SellerUnreachable, format!("no answer within {timeout:?}")), false);
    }
    let why = root_cause(error);
    if error.is_connect() {
        return (Error::new(Kind::SellerUnreachable, format!("no connection: {why}")), true);
    }
    (Error::new(Kind::SellerUnreachable, format!("the connection broke: {why}")), false)
}

/// An answer whose HTTP status is not success. Errors of the panel itself come with 200 (facts/billmanager 6.3), so this is
/// the web server, a protection in front of it, or another address altogether.
pub(super) fn status(code: u16, location: Option<&str>, asked: &Url, body: &[u8]) -> Error {
    let title = title(body).map(|title| format!(", titled '{title}'")).unwrap_or_default();
    match code {
        300..=399 => {
            let target = location.and_then(|location| asked.join(location).ok()).map_or_else(
                || "nowhere".to_owned(),
                |target| said(&format!("{}://{}{}", target.scheme(), super::address::host(&target), target.path())),
            );
            Error::new(
                Kind::Answer,
                format!(
                    "HTTP {code} points to {target}; a login is not sent on to another place, so the module's address has to be corrected"
                ),
            )
        }
        401 | 403 | 407 => Error::new(
            Kind::SellerLogin,
            format!("HTTP {code}{title}: something in front of the panel refuses this server's address or login"),
        ),
        404 | 405 | 410 => {
            Error::new(Kind::Answer, format!("HTTP {code}{title}: there is no panel at the module's address"))
        }
        429 => Error::new(Kind::SellerUnreachable, "HTTP 429: the seller asks for fewer requests".to_owned()),
        500..=599 => Error::new(Kind::SellerUnreachable, format!("HTTP {code}{title}: the seller is in trouble")),
        _ => Error::new(Kind::Answer, format!("HTTP {code}{title}")),
    }
}

/// The panel's own error (`<error type= object=>`, facts/billmanager 6.3).
pub(super) fn panel(error: &Element) -> Error {
    let of = |name: &str| error.get_attribute(name).map(said).unwrap_or_default();
    let parameter = |name: &str| {
        error
            .find_all("param")
            .find(|param| param.get_attribute("name") == Some(name))
            .map(|param| said(&param.text))
            .unwrap_or_default()
    };
    let kind_word = of("type");
    let object = Some(of("object")).filter(|text| !text.is_empty()).unwrap_or_else(|| parameter("object"));
    let text = error.text_of("msg").map(said).unwrap_or_default();
    let both = format!("{kind_word} {object}").to_lowercase();
    // Whole words: `notpaid` is not about `otp`.
    let has = |words: &[&str]| both.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
    // The exact spelling of objects is not confirmed (facts/billmanager 12, 11): any `auth` is a login that was refused. The
    // words are those seen at sellers, and what two-factor logins are called in general.
    let (kind, hint) = if has(&["captcha"]) {
        (Kind::SellerLogin, CAPTCHA)
    } else if has(&["2fa", "totp", "otp", "factor", "twofactor"]) {
        (Kind::SellerLogin, TWO_FACTOR)
    } else if has(&["badip"]) {
        (Kind::SellerLogin, ADDRESS)
    } else if kind_word == "auth" {
        (Kind::SellerLogin, "the seller refused the login")
    } else if kind_word == "access" {
        (Kind::SellerRights, "the account may not do this")
    } else if kind_word == "missed" {
        (Kind::NotFound, "the seller has no such thing")
    } else {
        (Kind::Answer, "the seller answered with an error")
    };
    let mut detail = format!("{hint} ({kind_word}");
    if !object.is_empty() {
        detail = format!("{detail} {object}");
    }
    detail.push(')');
    if !text.is_empty() {
        detail = format!("{detail}: {text}");
    }
    Error::new(kind, detail)
}

/// The root of an answer has to be a panel's, and not its login page.
pub(super) fn root(name: &str, func: Option<&str>) -> Result<(), Error> {
    if name != "doc" {
        return Err(Error::new(Kind::Answer, format!("the answer is no document of a panel but a '{}'", said(name))));
    }
    // How a login page comes in `out=xml` is not confirmed; these are the names of the core's own login functions.
    if matches!(func, Some("logon" | "login" | "auth")) {
        return Err(Error::new(Kind::SellerLogin, "the seller answered with its login page"));
    }
    Ok(())
}

/// HTML where XML was asked for, seen from the beginning of the body; `None` when it does not look like HTML.
pub(super) fn html(head: &[u8]) -> Option<Error> {
    let start =
        String::from_utf8_lossy(head.get(..head.len().min(512)).unwrap_or_default()).trim_start().to_lowercase();
    let start = start.trim_start_matches('\u{feff}');
    if !(start.starts_with("<!doctype html") || start.starts_with("<html") || start.contains("<html")) {
        return None;
    }
    let title = title(head).map(|title| format!(" titled '{title}'")).unwrap_or_default();
    Some(Error::new(
        Kind::Answer,
        format!(
            "a web page{title} instead of XML: the module's address is probably not that of a BILLmanager, or a protection stands in front of it"
        ),
    ))
}

/// What stands in `<title>`.
fn title(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    // Folded as ASCII, so that the places of the bytes stay.
    let folded = text.to_ascii_lowercase();
    let start = folded.find("<title")?;
    let start = start + folded.get(start..)?.find('>')? + 1;
    let end = folded.get(start..)?.find("</title").map_or(folded.len(), |length| start + length);
    Some(said(text.get(start..end)?)).filter(|title| !title.is_empty())
}

/// Words of the seller, fit for one line of a log: white space folded, control characters left out, 200 characters at most.
pub(super) fn said(text: &str) -> String {
    line(text, SAID)
}

/// The same, of at most `most` characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let mut words = String::new();
    let mut left = most;
    for word in text.split_whitespace() {
        let space = if words.is_empty() { "" } else { " " };
        for character in space.chars().chain(word.chars().filter(|character| !character.is_control())) {
            if left == 0 {
                words.push('…');
                return words;
            }
            left -= 1;
            words.push(character);
        }
    }
    words
}

/// The innermost cause, in its own words; the words of the layers above repeat the address.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    said(&cause.to_string())
}

/// A failure of TLS somewhere below. An `io::Error` hides what it wraps from `source`, so it is opened.
fn tls_cause(error: &(dyn StdError + 'static)) -> Option<rustls::Error> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(tls.clone());
        }
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

fn tls_reason(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return format!("TLS failed: {}", said(&error.to_string()));
    };
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is this server's clock right?".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "its certificate was issued by an authority that this server does not know (an \
             authority of your own goes into `ca_file` of [seller])"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked".to_owned(),
        other => format!("its certificate is not accepted: {}", said(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panels_error_says_what_a_person_can_do() {
        for (xml, kind, part) in [
            (r#"<error type="auth" object="badpassword"/>"#, Kind::SellerLogin, "badpassword"),
            (r#"<error type="auth"><param name="object">badip</param></error>"#, Kind::SellerLogin, "address"),
            (r#"<error type="captcha_verification_failed"/>"#, Kind::SellerLogin, "captcha"),
            (r#"<error type="auth" object="totp"/>"#, Kind::SellerLogin, "two-factor"),
            (r#"<error type="notpaid" object="item"/>"#, Kind::Answer, "notpaid item"),
            (
                r#"<error type="access" object="vds"><msg>Insufficient privileges</msg></error>"#,
                Kind::SellerRights,
                "Insuff",
            ),
            (r#"<error type="missed" object="item"/>"#, Kind::NotFound, "missed item"),
            (r#"<error type="limit"><msg>Request in process, please wait</msg></error>"#, Kind::Answer, "please wait"),
            ("<error/>", Kind::Answer, "error"),
        ] {
            let error = panel(&crate::xml::parse(xml).unwrap());
            assert_eq!(error.kind, kind, "{xml}");
            assert!(error.detail.contains(part), "{}", error.detail);
            assert!(has_russian(&error), "{error}");
        }
    }

    /// `language::causes` has its cause.
    fn has_russian(error: &Error) -> bool {
        error.detail_in(crate::language::Language::Ru).chars().any(|letter| ('а'..='я').contains(&letter))
    }

    #[test]
    fn the_commonest_causes_are_said_in_russian_too() {
        let asked = Url::parse("https://seller.example/billmgr").unwrap();
        let mut errors: Vec<Error> = [403, 404, 429, 500].map(|code| status(code, None, &asked, b"")).into();
        errors.extend(root("doc", Some("logon")).err());
        let certificates = [
            CertificateError::Expired,
            CertificateError::NotValidYet,
            CertificateError::UnknownIssuer,
            CertificateError::NotValidForName,
            CertificateError::Revoked,
            CertificateError::BadSignature,
        ];
        let reasons = certificates.map(|error| tls_reason(&rustls::Error::InvalidCertificate(error)));
        errors.extend(reasons.map(|reason| Error::new(Kind::SellerCertificate, reason)));
        for error in errors {
            assert!(has_russian(&error), "{error}");
        }
    }

    #[test]
    fn a_web_page_is_named_by_its_title_and_xml_is_no_web_page() {
        let page = html(b"\xef\xbb\xbf \n<!DOCTYPE html><HTML><head><Title lang=en>404\n Not  Found</TITLE>").unwrap();
        assert!(page.detail.contains("'404 Not Found'"), "{}", page.detail);
        assert!(html(b"<?xml version=\"1.0\"?><doc/>").is_none());
        assert!(html(b"").is_none());
        let long = format!("<html><title>{}</title>", "x".repeat(5000));
        assert!(html(long.as_bytes()).unwrap().detail.len() < 600);
    }

    #[test]
    fn the_target_of_a_redirect_is_shown_without_what_may_be_secret_in_it() {
        let asked = Url::parse("https://seller.example/billmgr").unwrap();
        let error = status(302, Some("//user:pw@other.example/x?auth=1234"), &asked, b"");
        assert!(error.detail.contains("https://other.example/x"), "{}", error.detail);
        assert!(!error.detail.contains("pw@") && !error.detail.contains("1234"), "{}", error.detail);
    }

    #[test]
    fn a_sellers_words_are_bounded_and_printable() {
        assert_eq!(said("a\u{1b}[31m\n\tb"), "a[31m b");
        assert_eq!(said(&"x".repeat(1000)).chars().count(), 201);
        assert_eq!(said(&"x ".repeat(100_000)).chars().count(), 201);
    }
}
