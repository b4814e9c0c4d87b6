//! Known secrets found in a text however they are written in it: percent-encoded once or more, as entities of XML, with escapes of JSON, of a
//! shell or of SQL. The text is decoded step by step, and each byte keeps the place where it came from.

use memchr::memmem::find_iter;
use std::ops::Range;

/// How often a text may have been encoded.
const ENCODED: usize = 3;

/// A text as it is after some decoding: each byte with the bytes of the original that it stands for.
struct Layer(Vec<(u8, Range<usize>)>);

/// How something is encoded. One at a time is decoded: what is an escape of one is plain text of another.
#[derive(Clone, Copy)]
enum Code {
    Percent,
    Xml,
    Backslash,
    Sql,
}

const CODES: [Code; 4] = [Code::Percent, Code::Xml, Code::Backslash, Code::Sql];

/// The places of the secrets in the text where they are encoded, in no order; they may overlap.
pub(super) fn places(text: &str, secrets: &[String]) -> Vec<Range<usize>> {
    if !text.contains(['%', '&', '\\']) && !text.contains("''") {
        return Vec::new();
    }
    let plain = Layer(text.bytes().enumerate().map(|(at, byte)| (byte, at..at + 1)).collect());
    let mut places = Vec::new();
    let mut layers = vec![plain];
    for _ in 0..ENCODED {
        layers = layers.iter().flat_map(|layer| CODES.into_iter().filter_map(|code| layer.decoded(code))).collect();
        places.extend(layers.iter().flat_map(|layer| layer.places(secrets)));
    }
    places
}

impl Layer {
    fn places(&self, secrets: &[String]) -> Vec<Range<usize>> {
        let bytes: Vec<u8> = self.0.iter().map(|(byte, _)| *byte).collect();
        let mut places = Vec::new();
        for secret in secrets {
            for at in find_iter(&bytes, secret.as_bytes()) {
                let (first, last) = (self.0.get(at), self.0.get(at + secret.len() - 1));
                if let (Some((_, first)), Some((_, last))) = (first, last) {
                    places.push(first.start..last.end);
                }
            }
        }
        places
    }

    /// One step further; `None` when nothing is encoded so.
    fn decoded(&self, code: Code) -> Option<Self> {
        let mut decoded = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_slice();
        while let Some((byte, place)) = rest.first() {
            let (bytes, length) = escape(rest, code).unwrap_or_else(|| (vec![*byte], 1));
            let end = rest.get(length - 1).map_or(place.end, |(_, last)| last.end);
            decoded.extend(bytes.into_iter().map(|byte| (byte, place.start..end)));
            rest = rest.get(length..).unwrap_or_default();
        }
        (decoded.len() < self.0.len()).then_some(Self(decoded))
    }
}

/// What an escape at the beginning stands for, and how long it is.
fn escape(rest: &[(u8, Range<usize>)], code: Code) -> Option<(Vec<u8>, usize)> {
    if !rest.first().is_some_and(|(byte, _)| matches!(byte, b'%' | b'\\' | b'\'' | b'&')) {
        return None;
    }
    let begin: Vec<u8> = rest.iter().take(10).map(|(byte, _)| *byte).collect();
    let digits = |from: usize, count: usize| -> Option<u32> {
        let digits = begin.get(from..from + count).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let letter = |code: u32| char::from_u32(code).map(|letter| letter.to_string().into_bytes());
    match (code, begin.as_slice()) {
        (Code::Percent, [b'%', ..]) => Some((vec![u8::try_from(digits(1, 2)?).ok()?], 3)),
        (Code::Backslash, [b'\\', b'u', ..]) => Some((letter(digits(2, 4)?)?, 6)),
        (Code::Backslash, [b'\\', b'x', ..]) => Some((vec![u8::try_from(digits(2, 2)?).ok()?], 4)),
        (Code::Backslash, [b'\\', plain @ (b'"' | b'\'' | b'\\' | b'/' | b'$' | b' '), ..]) => Some((vec![*plain], 2)),
        (Code::Sql, [b'\'', b'\'', ..]) => Some((vec![b'\''], 2)),
        (Code::Xml, [b'&', ..]) => {
            let length = begin.iter().position(|byte| *byte == b';')? + 1;
            let name = std::str::from_utf8(begin.get(1..length - 1)?).ok()?;
            Some((entity(name)?, length))
        }
        _ => None,
    }
}

/// `amp`, `#38`, `#x26`.
fn entity(name: &str) -> Option<Vec<u8>> {
    let byte = match name {
        "amp" => b'&',
        "lt" => b'<',
        "gt" => b'>',
        "quot" => b'"',
        "apos" => b'\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            let code = hex.unwrap_or_else(|| number.parse()).ok()?;
            return char::from_u32(code).map(|letter| letter.to_string().into_bytes());
        }
    };
    Some(vec![byte])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_dress_and_only_it_is_taken() {
        let secret = "p&s: 'w\"d\\ кл";
        let percent = |upper: bool| -> String {
            secret.bytes().map(|byte| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") }).collect()
        };
        let all = |written: Vec<String>| written.concat();
        let unicode = all(secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect());
        let entities = all(secret.chars().map(|letter| format!("&#x{:x};", u32::from(letter))).collect());
        for written in [
            percent(true),
            percent(false),
            percent(true).replace('%', "%25"),
            percent(true).replace('%', "%2525"),
            secret.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;"),
            secret.replace('&', "%26amp;"),
            secret.replace('\\', "\\\\").replace('"', "\\\"").replace('\'', "\\'"),
            secret.replace('\'', "''"),
            unicode,
            entities,
        ] {
            let text = format!("я=({written}) b");
            let places = places(&text, &[secret.to_owned()]);
            let taken = places.first().and_then(|place| text.get(place.clone()));
            assert_eq!(taken, Some(written.as_str()), "{text}: {places:?}");
        }
        for text in ["", "p&s", "%", "%zz", "%+1", "\\u12", "&#;", "&;", "''''", "100% of p%26s"] {
            assert!(places(text, &[secret.to_owned()]).is_empty(), "{text}");
        }
    }
}
