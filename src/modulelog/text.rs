//! Text of a line as it may be shown and searched: escapes decoded, colours and control characters out, secrets masked.

use super::secrets::masked;
use memchr::memchr;
use std::borrow::Cow;

/// The longest text that is kept of a line, bytes.
pub const SHOWN: usize = 1024;

/// `%2D` and the like as what they stand for; what is no escape stays. `+` stays too: the module writes a space as `%20`.
pub fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'%', text) else { return Cow::Borrowed(text) };
    let (plain, mut rest) = text.split_at_checked(first).unwrap_or((text, b""));
    let mut out = plain.to_vec();
    while let Some((byte, more)) = rest.split_first() {
        match (byte, more) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) * 16 + hex(*low));
                rest = after;
            }
            _ => {
                out.push(*byte);
                rest = more;
            }
        }
    }
    Cow::Owned(out)
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0)
}

/// A line's text for a person: one line, at most `SHOWN` bytes, no colours, no control characters, no secrets.
pub fn shown(text: &[u8]) -> String {
    // What is cut off is not looked at; a secret at the cut is masked as far as it is there.
    let text = String::from_utf8_lossy(text.get(..SHOWN * 2).unwrap_or(text));
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find(char::is_control) {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        rest = without_colour(after).unwrap_or_else(|| {
            plain.push(' ');
            after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default()
        });
    }
    plain.push_str(rest);
    let mut masked = masked(plain.trim_end());
    if masked.len() > SHOWN {
        masked.truncate(masked.floor_char_boundary(SHOWN - 3));
        masked.push_str("...");
    }
    masked
}

/// A query's text for a person: decoded, and no part of a secret that has a `&` or a blank in it is left by that.
pub fn shown_query(query: &[u8]) -> String {
    let query = String::from_utf8_lossy(query.get(..SHOWN * 2).unwrap_or(query));
    shown(&decoded(masked(&query).as_bytes()))
}

/// What follows a colour code at the beginning of the text.
fn without_colour(text: &str) -> Option<&str> {
    let codes = text.strip_prefix("\x1b[")?;
    codes.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';').strip_prefix('m')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_what_is_none_stays() {
        for (text, expected) in [
            ("last%5Fsync%5Fitem", "last_sync_item"),
            ("2022%2D11%2d18%2005%3A09%3A02", "2022-11-18 05:09:02"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%%41", "%A"),
            ("", ""),
        ] {
            assert_eq!(decoded(text.as_bytes()), expected.as_bytes(), "{text}");
        }
    }

    #[test]
    fn a_query_is_decoded_and_keeps_no_part_of_a_secret() {
        for (query, expected) in [
            ("func=x&user%5Fpass=a%26b%20c&name=last%5Fsync", "func=x&user_pass=*&name=last_sync"),
            ("func=x&q=a%3Db%26password%3Da%2526b", "func=x&q=a=b&password=*"),
        ] {
            assert_eq!(shown_query(query.as_bytes()), expected);
        }
    }

    #[test]
    fn a_text_is_one_clean_line() {
        assert_eq!(shown(b"a\x1b[1;31mb\x1b[0m\tc\xff\x1b[2J\r"), "ab c\u{fffd} [2J");
        let long = shown("щ".repeat(4000).as_bytes());
        assert!(long.len() <= SHOWN && long.ends_with("щ..."), "{}", long.len());
    }
}
