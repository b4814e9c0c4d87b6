//! Which names are those of secrets: of parameters, elements, settings and headers, whoever gave them.

use super::text::decoded;

/// How often a name may have been encoded: a query that is a value of a value.
const ENCODED: usize = 3;

/// The name at the end of this, as it is meant: decoded, in small letters, without the query before it.
pub(super) fn called(name: &str) -> String {
    let mut name = name.to_owned();
    for _ in 0..ENCODED {
        if !name.contains('%') {
            break;
        }
        name = String::from_utf8_lossy(&decoded(name.as_bytes())).into_owned();
    }
    let part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '-');
    // `user%5Bpassword%5D`
    let name = name.trim_end_matches([']', '"', '\'']);
    name.rsplit(|character| !part(character)).next().unwrap_or_default().to_lowercase()
}

/// Wherever they stand in a name.
const WORDS: [&str; 16] = [
    "passw",
    "passphrase",
    "authinfo",
    "authcode",
    "secret",
    "token",
    "pwd",
    "private",
    "credential",
    "authorization",
    "sessid",
    "sessionid",
    "cardnum",
    "eppcode",
    "cookie",
    "парол",
];
/// As a part of a name: `su_auth`, `ftp-pass`, `sess_id`.
const PARTS: [&str; 13] =
    ["auth", "pass", "session", "sess", "ses", "ses5", "ses6", "otp", "totp", "pin", "cvv", "cvc", "epp"];
/// What a code is for that is a secret.
const CODES: [&str; 6] = ["auth", "transfer", "epp", "security", "confirmation", "sms"];
/// Of words that end in `pass` and are no password: `ftppass` is one.
const NO_PASS: [&str; 4] = ["bypass", "compass", "trespass", "surpass"];
/// Of words that end in `key` and are none: `sshkey` is one. The panel's `CryptKey` is the name of a file.
const NO_KEY: [&str; 6] = ["monkey", "hotkey", "turkey", "donkey", "hockey", "cryptkey"];

/// Whether what is called so is a secret.
pub fn is_secret(name: &str) -> bool {
    let name = called(name);
    let parts: Vec<&str> = name.split(['_', '-', '.']).filter(|part| !part.is_empty()).collect();
    let pairs = || parts.iter().zip(parts.iter().skip(1));
    WORDS.iter().any(|word| name.contains(word))
        || name == "confirm"
        || (name.ends_with("key") && !NO_KEY.iter().any(|word| name.ends_with(word)))
        || parts.iter().any(|part| PARTS.contains(part) || (part.ends_with("pass") && !NO_PASS.contains(part)))
        || pairs().any(|pair| matches!(pair, (&"login", &"hash") | (&"card", &("number" | "num" | "no" | "code"))))
        || pairs().any(|(of, code)| *code == "code" && CODES.contains(of))
        || ["ses5", "ses6"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_judged_by_its_parts() {
        for name in [
            "password",
            "root_passwd",
            "userpass",
            "ftppass",
            "dbpass",
            "passphrase",
            "authcode",
            "auth_code",
            "epp",
            "epp_code",
            "sess_id",
            "su_auth",
            "totp",
            "pin",
            "cvv",
            "card_number",
            "cardnumber",
            "licensekey",
            "lickey",
            "ssh_key",
            "api-key",
            "key",
            "auth",
            "user%5Fpass",
            "%61uth",
            "login%5fhash",
            "transfer_code",
            "billmgrses5",
            "x%26user[pass]",
            "SESSION",
            "cookie",
            "pkey",
            "sshkey",
            "Пароль",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "",
            "elid",
            "itemevent",
            "remoteid",
            "name",
            "value",
            "crypted",
            "last_sync_item",
            "func",
            "sok",
            "itemtype",
            "author",
            "monkey",
            "keyword",
            "bypass",
            "passive",
            "code",
            "country_code",
            "postcode",
            "promocode",
            "pricelist",
            "shipping",
            "card",
            "period",
            "processingmodule",
            "assess",
            "itemparam",
            "discount_card",
            "hotkey",
            "CryptKey",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
