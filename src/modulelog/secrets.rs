//! Secrets of a text masked by what they are called: nobody knows them, but a log, a request or a header says what they are.

use super::names::{called, is_secret};
use super::words::after_words;

/// The longest name that is looked at, bytes.
const LONGEST_NAME: usize = 256;

/// The same text with `*` for the values of passwords, logins, sessions and keys: in queries (also in a query that is a value of
/// another one), in XML, in JSON, and in an address with a login. The panel masks some of them itself; the module need not.
pub fn masked(text: &str) -> String {
    masked_on(text, &mut None)
}

/// What ends a secret that a line did not end.
pub type Open = Option<&'static [char]>;

/// The same of one line of several. `open`: what the line before left open, and then what this one does.
pub fn masked_on(text: &str, open: &mut Open) -> String {
    let ends = open.take();
    let value = ends.map_or(0, |ends| text.find(|character| ends.contains(&character)).unwrap_or(text.len()));
    let (inside, rest) = text.split_at(value);
    let blank = inside.trim_start().is_empty();
    let inside = if blank { inside } else { "*" };
    if rest.is_empty() {
        *open = ends;
        return inside.to_owned();
    }
    format!("{inside}{}", after_words(&after_signs(rest, open)))
}

/// Values behind `=`, `:`, `=>`, `%3D`, `%3A`, a comma between two quoted words, or a tag. `open` is told what would end the last one, when it goes on behind the text.
fn after_signs(text: &str, open: &mut Open) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', '>', ':', '%', ',']) {
        let (before, found) = rest.split_at(at);
        let sign = match escaped_sign(found) {
            Some(escape) => escape,
            None if found.starts_with("=>") => "=>",
            None => found.get(..1).unwrap_or_default(),
        };
        out.push_str(before);
        let named = out.len();
        out.push_str(sign);
        rest = found.get(sign.len()..).unwrap_or_default();
        if sign == "%" {
            continue;
        }
        if sign == ":" && rest.starts_with("//") {
            rest = login(rest, &mut out);
            continue;
        }
        // Its name may begin before the last `%`.
        let before = out.get(..named).unwrap_or_default();
        // What follows the end of an element is no value of it.
        let closes = sign == ">"
            && (before.ends_with('/') || before.strip_suffix(name(before)).is_some_and(|before| before.ends_with('/')));
        let named = match sign {
            "," => listed(before, rest) && is_secret(name(before)),
            _ => is_secret(name(before)) || of_a_secret(before, rest) || within_a_secret(before, sign),
        };
        if !closes && named {
            let value = if sign == ":" && name(before).to_ascii_lowercase().ends_with("authorization") {
                header(rest)
            } else if sign == "=>" && before.trim_end().ends_with(']') && !rest.trim_start().starts_with("string(") {
                printed(rest)
            } else {
                // Its line may end in the value; nothing tells whether a setting's does, a query's has more behind it.
                let queried = before.contains(['&', '?']) || before.contains("func=");
                *open = unended(rest, sign, queried);
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
    let before = before.trim_end_matches(['"', '\'', ' ', ']', '\\']);
    let before = before.get(before.ceil_char_boundary(before.len().saturating_sub(LONGEST_NAME))..).unwrap_or_default();
    let part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '-' | '%');
    let begins = before.char_indices().rfind(|(_, character)| !part(*character));
    before.get(begins.map_or(0, |(at, character)| at + character.len_utf8())..).unwrap_or_default()
}

/// `%3D`, or what it is in a query that is a value of a value: `%253D`; `%3A` of a document that is a value.
fn escaped_sign(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('%')?.trim_start_matches("25");
    let sign = digits.get(..2).filter(|digits| ["3D", "3A"].iter().any(|sign| digits.eq_ignore_ascii_case(sign)))?;
    text.get(..text.len() - digits.len() + sign.len())
}

/// Whether the parameter that ends here says what another one is (`name=password&value=...`), and that one is a secret: its name stands
/// before it, or it says that it is kept encrypted.
fn of_a_secret(out: &str, rest: &str) -> bool {
    let tail = |name: &'_ str, sign: &str| name.to_ascii_lowercase().rfind(sign).map_or(0, |at| at + sign.len());
    let last = |text: &str| called(name(text));
    if last(out) != "value" {
        return false;
    }
    if let Some((object, kind)) = reported(out) {
        // The object of a refused login is no parameter, and its value is a name.
        return is_secret(object) && kind != "auth";
    }
    let end = rest.find([' ', '\'', '"', '<']).unwrap_or(rest.len());
    let said = rest.get(..end).unwrap_or_default().to_ascii_lowercase();
    if said.contains("crypted=on") || said.contains("crypted%3don") {
        return true;
    }
    let before = out.trim_end_matches(['"', '\'']).strip_suffix("value").unwrap_or_default();
    let before = before.strip_suffix("%26").unwrap_or(before).trim_end_matches(['&', '"', '\'', ' ', ',']);
    let called = name(before);
    let called = called.get(tail(called, "%3d")..).unwrap_or_default();
    let before = before.strip_suffix(called).unwrap_or_default().trim_end_matches(['"', '\'', ' ', '=', ':']);
    let before = before.strip_suffix("%3D").or_else(|| before.strip_suffix("%3d")).unwrap_or(before);
    is_secret(called) && last(before) == "name"
}

/// Whether two quoted words stand beside each other, as in `VALUES ('password', 'x')`, and the second is no name of something.
fn listed(before: &str, rest: &str) -> bool {
    let rest = rest.trim_start();
    let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"')) else { return false };
    let after = rest.get(1..).and_then(|rest| rest.split_once(quote)).map_or("", |(_, after)| after.trim_start());
    before.ends_with(['\'', '"']) && !after.starts_with(':') && !after.starts_with("=>")
}

/// Object and type of an error whose value comes next: `Error: Type: 'value' Object: 'password' Value: 'x'`.
fn reported(out: &str) -> Option<(&str, &str)> {
    let (out, object) =
        out.trim_end().strip_suffix("Value")?.trim_end().strip_suffix('\'')?.rsplit_once("Object: '")?;
    let (_, kind) = out.trim_end().strip_suffix('\'')?.rsplit_once("Type: '")?;
    Some((object, kind))
}

/// Whether it is the text of an element that is called like a secret, or its id: `<auth id="x" level="16">x</auth>`.
fn within_a_secret(before: &str, sign: &str) -> bool {
    if sign != ">" && !(sign == "=" && name(before) == "id") {
        return false;
    }
    let tag =
        before.rfind('<').and_then(|at| before.get(at + 1..)).filter(|tag| !tag.contains('>')).unwrap_or_default();
    is_secret(
        tag.split(|character: char| !(character.is_alphanumeric() || character == '_')).next().unwrap_or_default(),
    )
}

/// How long the value of a header is: a scheme and what it takes, to the line's end or to the quote or tag around the header.
fn header(rest: &str) -> usize {
    let lead = rest.len() - rest.trim_start_matches([' ', '"', '\'']).len();
    let value = rest.get(lead..).unwrap_or_default();
    lead + value.find(['"', '\'', '<', '\r', '\n']).unwrap_or(value.len())
}

/// How long the value of PHP's `print_r` is, `[password] => a b`: nothing but the next element or the array's end ends it.
fn printed(rest: &str) -> usize {
    [" [", " )"].iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len())
}

/// How long the value at the beginning of `rest` is; what stands before it goes to `out`, and is cut off by being counted.
fn value(rest: &str, sign: &str, out: &mut String) -> usize {
    let ends_at =
        |text: &str, ends: &[char]| text.find(|character: char| ends.contains(&character)).unwrap_or(text.len());
    match sign {
        ">" => ends_at(rest, &['<']),
        "=" | ":" | "=>" | "," => {
            // `"password":{"$":"..."}`, `password='...'`
            let lead = rest.len() - rest.trim_start_matches([' ', '{', '$', '\\']).len();
            let quoted = rest.get(lead..).unwrap_or_default();
            let inner = quoted.strip_prefix("\"$\"").and_then(|inner| inner.trim_start().strip_prefix(':'));
            if let (":", Some(inner)) = (sign, inner.map(str::trim_start)) {
                // The value is the one of the inner name, which the next turn would not know for a secret.
                let end = inner.strip_prefix('"').map_or(0, |value| 2 + value.find('"').unwrap_or(value.len()));
                out.push_str("{\"$\":");
                return (rest.len() - inner.len() + end).min(rest.len());
            }
            // PHP's var_dump: `string(5) "abcde"`.
            let dumped = quoted.strip_prefix("string(").and_then(|dump| dump.find(") ")).map_or(0, |at| at + 9);
            let (lead, quoted) = (lead + dumped, quoted.get(dumped..).unwrap_or_default());
            match quoted.chars().next() {
                // A document in a text: `\"password\":\"x\"`.
                Some(quote @ ('\'' | '"')) if rest.get(..lead).is_some_and(|lead| lead.ends_with('\\')) => {
                    let inner = quoted.get(1..).unwrap_or_default();
                    lead + 1 + inner.find(&format!("\\{quote}")).map_or(inner.len(), |end| end + 2)
                }
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
                // A setting, `password = x`; not a parameter without a value before the next one.
                Some(_) if rest.starts_with(' ') && !quoted.split(' ').next().unwrap_or_default().contains('=') => {
                    lead + ends_at(quoted, &[' ', ',', '}', '&', '\'', '"', '<'])
                }
                _ if sign != "=" => lead + ends_at(quoted, &[' ', ',', '}', '&', '\'', '"', '<']),
                _ => ends_at(rest, &['&', '\'', '"', '<', '>', ' ', ',', ')']),
            }
        }
        _ => {
            // `%22password%22%3A%22x%22`
            let quote = format!("{}22", sign.get(..sign.len() - 2).unwrap_or_default());
            if let Some(inner) = rest.strip_prefix(quote.as_str()) {
                return inner.find(&quote).map_or(rest.len(), |end| end + 2 * quote.len());
            }
            let end = ends_at(rest, &['&', '\'', '"', '<', '>', ' ', ')']);
            let escaped = format!("{}26", sign.get(..sign.len() - 2).unwrap_or_default());
            [escaped.as_str(), "%26"].iter().filter_map(|next| rest.find(next)).fold(end, usize::min)
        }
    }
}

/// What ends the value, when it is not ended here.
fn unended(rest: &str, sign: &str, queried: bool) -> Open {
    const QUERY: &[char] = &['&', '\'', '"', '<', '>', ' ', ')'];
    let ends: &[char] = match (sign, rest.trim_start_matches([' ', '{', '$', '\\']).chars().next()) {
        (">", _) => &['<'],
        (_, Some('\'')) => &['\''],
        (_, Some('"')) => &['"'],
        ("=", Some(_)) if queried => QUERY,
        _ => return None,
    };
    let value = rest.trim_start_matches([' ', '{', '$', '\\']);
    let value = if ends.len() == 1 && sign != ">" { value.get(1..).unwrap_or_default() } else { value };
    (!value.contains(ends)).then_some(ends)
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
    fn secrets_are_masked_wherever_they_stand() {
        for (text, expected) in [
            ("func=vds&authinfo=user:pa%20ss&elid=1", "func=vds&authinfo=*&elid=1"),
            ("Query('func=x&password=secret')", "Query('func=x&password=*')"),
            ("password=*&elid=1", "password=*&elid=1"),
            ("password=&elid=1", "password=&elid=1"),
            ("a=b%26authinfo%3Du%3Ap%26elid%3D1", "a=b%26authinfo%3D*%26elid%3D1"),
            ("root%5Fpassword=x", "root%5Fpassword=*"),
            ("password%5Fconfirm=ab&x=1", "password%5Fconfirm=*&x=1"),
            ("user%5Fpass=ab&x=1", "user%5Fpass=*&x=1"),
            ("a=1&secret%5Fkey=ab", "a=1&secret%5Fkey=*"),
            ("sess%5Fid=1&login%5Fhash=ab", "sess%5Fid=*&login%5Fhash=*"),
            ("pass%77ord=ab&%61uth=cd", "pass%77ord=*&%61uth=*"),
            ("user%5Bpassword%5D=ab", "user%5Bpassword%5D=*"),
            ("q=a%26user%5Fpass%3Dab%26elid%3D1", "q=a%26user%5Fpass%3D*%26elid%3D1"),
            ("q=a%3D1%2526password%253Da%2525b%2526elid%253D1", "q=a%3D1%2526password%253D*%2526elid%253D1"),
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
            ("PHPSESSID=0a1b; x", "PHPSESSID=* x"),
            ("sent Bearer eyJh.b-c_d to", "sent Bearer * to"),
            ("-H 'bearer eyJh' x", "-H 'bearer * x"),
            ("tried Basic dTpwYXNz twice", "tried Basic * twice"),
            ("DBPassword hunter2", "DBPassword *"),
            ("password hunter", "password *"),
            ("password \"my old one\" sent", "password * * * sent"),
            ("Api-Key\tab", "Api-Key\t*"),
            ("bearer token ab", "bearer token *"),
            (r#""password" => "a b", "ip" => "1""#, r#""password" =>*, "ip" => "1""#),
            ("Array ( [password] => a b [ip] => 1 )", "Array ( [password] =>* [ip] => 1 )"),
            ("    [password] => a, b", "    [password] =>*"),
            (r#"["password"]=> string(3) "a b" ["ip"]=> 1"#, r#"["password"]=>* ["ip"]=> 1"#),
            ("name=root%5Fpassword&value=ab&elid=1", "name=root%5Fpassword&value=*&elid=1"),
            ("elid=1&value=ab&name=x&crypted=on", "elid=1&value=*&name=x&crypted=on"),
            ("q=name%3Dpassword%26value%3Dab%26elid%3D1", "q=name%3Dpassword%26value%3D*%26elid%3D1"),
            (r#"{"name":"password","value":"ab","ip":"1"}"#, r#"{"name":"password","value":*,"ip":"1"}"#),
            (r#"{"password": {"$": "ab"}, "ip": {"$": "1"}}"#, r#"{"password":{"$":*}, "ip": {"$": "1"}}"#),
            (r#"x {\"password\":\"a b\",\"ip\":\"1\"}"#, r#"x {\"password\":*,\"ip\":\"1\"}"#),
            (
                "q=%7B%22password%22%3A%22ab%22%2C%22ip%22%3A%221%22%7D",
                "q=%7B%22password%22%3A*%2C%22ip%22%3A%221%22%7D",
            ),
            (r#"<doc><auth id="ab" level="16">ab</auth></doc>"#, r#"<doc><auth id=* level="16">*</auth></doc>"#),
            (r#"<password crypted="no">ab</password><ip>1</ip>"#, r#"<password crypted="no">*</password><ip>1</ip>"#),
            (r#"<auth level="16"/>x <elem id="1">y</elem>"#, r#"<auth level="16"/>x <elem id="1">y</elem>"#),
            (
                "Error: Type: 'value' Object: 'password' Value: 'ab' x",
                "Error: Type: 'value' Object: 'password' Value:* x",
            ),
            ("password = ab x", "password =* x"),
            ("password= elid=1", "password= elid=1"),
            ("INSERT INTO p VALUES (1,'password','ab','x')", "INSERT INTO p VALUES (1,'password',*,'x')"),
            ("CREATE USER x IDENTIFIED BY 'a b' WITH", "CREATE USER x IDENTIFIED BY * * WITH"),
            ("mysql -p'a b' billmgr", "mysql * * billmgr"),
            ("cookie=ab; pkey=cd&sshkey=ef", "cookie=* pkey=*&sshkey=*"),
            ("пароль: ab, адрес: cd", "пароль:*, адрес: cd"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_that_goes_on_in_the_next_line_goes_there_too() {
        for (lines, expected) in [
            (
                &["func=x&password=ab", "cd&elid=1", "cd&elid=1"][..],
                &["func=x&password=*", "*&elid=1", "cd&elid=1"][..],
            ),
            (&["Query('func=x&a=1&password=ab", "cd", "ef') sent"], &["Query('func=x&a=1&password=*", "*", "*') sent"]),
            (&["<password>ab", "cd", "</password><ip>1</ip>"], &["<password>*", "*", "</password><ip>1</ip>"]),
            (&["<password>", "  ab", "  </password>", "ip"], &["<password>", "*", "  </password>", "ip"]),
            (&["\"password\": \"ab", "cd\", \"ip\": 1", "x"], &["\"password\":*", "*\", \"ip\": 1", "x"]),
            (&["x='1' password='a b' y", "ip"], &["x='1' password=* y", "ip"]),
            (&["password=ab", "ip=1"], &["password=*", "ip=1"]),
        ] {
            let mut open = None;
            let masked: Vec<String> = lines.iter().map(|line| masked_on(line, &mut open)).collect();
            assert_eq!(masked, expected, "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            // The article's own lines.
            "sbin_utils INFO QUERY: func=service.saveparam&sok=ok&elid=62991&name=last%5Fsync%5Fitem&value=2022%2D11%2D18%2005%3A09%3A02&crypted=off",
            "rpc EXTINFO Query('func=service.saveparam&sok=ok&elid=62991&name=last%5Fsync%5Fitem&value=2022%2D11%2D18%2005%3A09%3A02&crypted=off')",
            "sbin_utils NOTE Connect to billmgr",
            "libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '1225058'",
            "processing WARNING processing event for item '16643' failed: ' with '1225058' does not exist ' ",
            // Errors of a login.
            "Error: Type: 'auth' Object: 'badpassword' Value: 'shop'",
            "the password was changed, or the password of user shop is wrong",
            "Invalid username or password",
            "Wrong password for user shop",
            "basic hosting",
            "a bearer of news",
            "the password.",
            "the token expired",
            "a new password in the modules",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
