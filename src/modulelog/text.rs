//! Text of a line as it may be shown and searched: escapes decoded, colours and control characters out, secrets masked.

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

/// What follows a colour code at the beginning of the text.
fn without_colour(text: &str) -> Option<&str> {
    let codes = text.strip_prefix("\x1b[")?;
    codes.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';').strip_prefix('m')
}

/// The same text with `*` for the values of passwords, logins, sessions and keys: in queries (also in a query that is a value of
/// another one), in XML, in JSON, and in an address with a login. The panel masks some of them itself; the module need not.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', '>', ':', '%']) {
        let (before, found) = rest.split_at(at);
        let sign = match found.get(..3) {
            Some(escape) if escape.eq_ignore_ascii_case("%3D") => escape,
            _ if found.starts_with("=>") => "=>",
            _ => found.get(..1).unwrap_or_default(),
        };
        out.push_str(before);
        out.push_str(sign);
        rest = found.get(sign.len()..).unwrap_or_default();
        if sign == "%" {
            continue;
        }
        if sign == ":" && rest.starts_with("//") {
            rest = login(rest, &mut out);
        } else if is_secret(name(before)) {
            let value = if sign == ":" && name(before).to_ascii_lowercase().ends_with("authorization") {
                header(rest)
            } else {
                value(rest, sign, &mut out)
            };
            if value > 0 {
                out.push('*');
            }
            rest = rest.get(value..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// The name that ends here: `...&password`, `...%26password`, `<password`, `"password"`.
fn name(before: &str) -> &str {
    let before = before.trim_end_matches(['"', '\'', ' ']);
    let part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-' | '%');
    before.get(before.rfind(|character| !part(character)).map_or(0, |at| at + 1)..).unwrap_or_default()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace("%5f", "_");
    let name = name.rsplit("%26").next().unwrap_or_default();
    let name =
        name.rsplit('%').next().filter(|_| name.contains('%')).map_or(name, |tail| tail.get(2..).unwrap_or(tail));
    ["passw", "authinfo", "secret", "token", "pwd", "private", "credential", "authorization"]
        .iter()
        .any(|word| name.contains(word))
        || ["auth", "key", "pass", "confirm", "session", "ses", "login_hash"].contains(&name)
        || ["_key", "-key", "apikey", "_pass", "ses5", "ses6"].iter().any(|end| name.ends_with(end))
}

/// How long the value of a header is: a scheme and what it takes, to the line's end or to the quote or tag around the header.
fn header(rest: &str) -> usize {
    let lead = rest.len() - rest.trim_start_matches([' ', '"', '\'']).len();
    let value = rest.get(lead..).unwrap_or_default();
    lead + value.find(['"', '\'', '<', '\r', '\n']).unwrap_or(value.len())
}

/// How long the value at the beginning of `rest` is; what stands before it goes to `out`, and is cut off by being counted.
fn value(rest: &str, sign: &str, out: &mut String) -> usize {
    let ends_at =
        |text: &str, ends: &[char]| text.find(|character: char| ends.contains(&character)).unwrap_or(text.len());
    match sign {
        ">" => ends_at(rest, &['<']),
        "=" | ":" | "=>" => {
            // `"password":{"$":"..."}`, `password='...'`
            let lead = rest.len() - rest.trim_start_matches([' ', '{', '$']).len();
            let quoted = rest.get(lead..).unwrap_or_default();
            if sign == ":" && quoted.starts_with("\"$\":") {
                // The value is the one of the inner name, which the next turn would not know for a secret.
                let inner = quoted.get(4..).unwrap_or_default();
                let end = inner.strip_prefix('"').map_or(0, |value| 2 + value.find('"').unwrap_or(value.len()));
                out.push_str("{\"$\":");
                return (lead + 4 + end).min(rest.len());
            }
            match quoted.chars().next() {
                Some(quote @ ('\'' | '"')) => {
                    let inner = quoted.get(1..).unwrap_or_default();
                    let mut escaped = false;
                    let end = inner.find(|character| {
                        let ends = character == quote && !escaped;
                        escaped = character == '\\' && !escaped;
                        ends
                    });
                    (lead + 1 + end.map_or(inner.len(), |end| end + 1)).min(rest.len())
                }
                _ if sign != "=" => lead + ends_at(quoted, &[' ', ',', '}', '&', '\'', '"', '<']),
                _ => ends_at(rest, &['&', '\'', '"', '<', '>', ' ', ',', ')']),
            }
        }
        _ => {
            let end = ends_at(rest, &['&', '\'', '"', '<', '>', ' ', ')']);
            rest.find("%26").map_or(end, |escape| escape.min(end))
        }
    }
}

/// `//user:password@host`: what follows the login; the login is masked.
fn login<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let address = rest.get(2..).unwrap_or_default();
    let host = address.find(['/', ' ', '\'', '"', '?', '<', '&']).unwrap_or(address.len());
    match address.get(..host).and_then(|host| host.rfind('@')) {
        Some(at) => {
            out.push_str("//*");
            address.get(at..).unwrap_or_default()
        }
        None => rest,
    }
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
    fn secrets_are_masked_wherever_they_stand() {
        for (text, expected) in [
            ("func=vds&authinfo=user:pa%20ss&elid=1", "func=vds&authinfo=*&elid=1"),
            ("Query('func=x&password=secret')", "Query('func=x&password=*')"),
            ("password=*&elid=1", "password=*&elid=1"),
            ("password=&elid=1", "password=&elid=1"),
            ("a=b%26authinfo%3Du%3Ap%26elid%3D1", "a=b%26authinfo%3D*%26elid%3D1"),
            ("root%5Fpassword=x", "root%5Fpassword=*"),
            ("<password>a&amp;b</password><ip>1</ip>", "<password>*</password><ip>1</ip>"),
            (r#"{"password":"a\"b","ip":"1"}"#, r#"{"password":*,"ip":"1"}"#),
            (r#"{"password":{"$":"ab"},"ip":{"$":"1"}}"#, r#"{"password":{"$":*},"ip":{"$":"1"}}"#),
            ("auth=0123abc&func=whoami", "auth=*&func=whoami"),
            ("https://user:pass@host/billmgr?x=1", "https://*@host/billmgr?x=1"),
            ("https://host/billmgr?authinfo=u:p", "https://host/billmgr?authinfo=*"),
            ("author=anna&monkey=1", "author=anna&monkey=1"),
            ("billmgrses5=abcdef; x", "billmgrses5=* x"),
            ("password: hunter2, then", "password:*, then"),
            ("'password' => 'ab', 'ip' => '1'", "'password' =>*, 'ip' => '1'"),
            ("password=>ab, ip", "password=>*, ip"),
            ("Authorization: Basic dTpw", "Authorization:*"),
            ("'Authorization: Bearer a.b, c' then", "'Authorization:*' then"),
            (r#"{"Authorization":"Bearer ab","ip":"1"}"#, r#"{"Authorization":*","ip":"1"}"#),
            ("X-Api-Key: ab", "X-Api-Key:*"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_is_one_clean_line() {
        assert_eq!(shown(b"a\x1b[1;31mb\x1b[0m\tc\xff\x1b[2J\r"), "ab c\u{fffd} [2J");
        let long = shown("щ".repeat(4000).as_bytes());
        assert!(long.len() <= SHOWN && long.ends_with("щ..."), "{}", long.len());
    }
}
