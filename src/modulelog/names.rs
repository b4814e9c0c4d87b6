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

/// Whether what is called so is a secret.
pub fn is_secret(name: &str) -> bool {
    let name = called(name);
    ["passw", "authinfo", "secret", "token", "pwd", "private", "credential", "authorization", "sessid"]
        .iter()
        .any(|word| name.contains(word))
        || ["auth", "key", "pass", "confirm", "session", "ses", "login_hash"].contains(&name.as_str())
        || ["_key", "-key", "apikey", "_pass", "ses5", "ses6"].iter().any(|end| name.ends_with(end))
}
