//! Secrets behind a word that announces them: `Bearer TOKEN`, `password VALUE`, `mysql -p'VALUE'`. Tried out with those of `secrets`.

use base64ct::{Base64, Encoding};

/// What follows one of these is no secret but a sentence: "the password of the user was changed".
const ORDINARY: [&str; 62] = [
    "a",
    "access",
    "again",
    "also",
    "an",
    "and",
    "are",
    "as",
    "at",
    "authentication",
    "authorization",
    "be",
    "before",
    "but",
    "by",
    "can",
    "cannot",
    "change",
    "changed",
    "could",
    "did",
    "does",
    "error",
    "expired",
    "failed",
    "field",
    "for",
    "from",
    "has",
    "hash",
    "have",
    "if",
    "in",
    "incorrect",
    "invalid",
    "is",
    "it",
    "key",
    "mismatch",
    "missing",
    "must",
    "not",
    "of",
    "on",
    "only",
    "or",
    "required",
    "so",
    "that",
    "the",
    "then",
    "this",
    "to",
    "too",
    "user",
    "was",
    "were",
    "which",
    "who",
    "will",
    "with",
    "wrong",
];

/// What the next word is.
#[derive(Clone, Copy)]
enum Next {
    Word,
    Secret,
    /// What follows `Basic`: a login in base64, or an ordinary word.
    Login,
    /// A part of a secret that is quoted so.
    Quoted(char),
}

/// `Bearer TOKEN`, `Basic LOGIN`, `DBPassword VALUE`, `mysql -p'VALUE'`, `IDENTIFIED BY 'VALUE'`.
pub(super) fn after_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut next, mut identified) = (Next::Word, false);
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        let secret = match next {
            _ if word.is_empty() => {
                out.push_str(part);
                continue;
            }
            Next::Word => word.starts_with("-p'") || word.starts_with("-p\""),
            Next::Secret => is_unnamed_secret(word),
            Next::Login => is_login(word),
            Next::Quoted(_) => true,
        };
        let quote = match next {
            Next::Quoted(quote) => (!word.ends_with(quote)).then_some(quote),
            Next::Secret | Next::Word if secret => {
                let word = word.strip_prefix("-p").unwrap_or(word);
                word.chars().next().filter(|first| {
                    matches!(first, '"' | '\'') && !word.get(1..).is_some_and(|rest| rest.ends_with(*first))
                })
            }
            _ => None,
        };
        if secret {
            // Each of its words, so that none stays.
            out.push('*');
            out.push_str(part.get(word.len()..).unwrap_or_default());
            next = quote.map_or(Next::Word, Next::Quoted);
        } else {
            out.push_str(part);
            next = if identified && word.eq_ignore_ascii_case("by") { Next::Secret } else { announced(word) };
        }
        identified = word.eq_ignore_ascii_case("identified");
    }
    out
}

/// What a word says of the next one; an element's name, of the attributes behind it, nothing.
fn announced(word: &str) -> Next {
    if word.rsplit(['>', '=']).next().is_some_and(|last| last.starts_with('<')) {
        return Next::Word;
    }
    let word = word.trim_start_matches(|character: char| !character.is_ascii_alphanumeric()).to_ascii_lowercase();
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    // A header's words are known of more things than a setting's.
    let named = ["passw", "pwd", "authinfo", "apikey", "api-key", "api_key", "token", "secret"];
    match word.rsplit([':', '=', '"', '\'']).next() {
        Some("bearer") => Next::Secret,
        Some("basic") => Next::Login,
        _ if plain && !word.ends_with('.') && named.iter().any(|name| word.contains(name)) => Next::Secret,
        _ => Next::Word,
    }
}

fn is_unnamed_secret(word: &str) -> bool {
    let bare = word.trim_matches(|character: char| !character.is_alphanumeric()).to_ascii_lowercase();
    let ordinary = !word.starts_with(['"', '\'']) && ORDINARY.contains(&bare.as_str());
    !bare.is_empty() && !ordinary && !matches!(announced(word), Next::Secret)
}

/// `user:password` in base64, perhaps cut off.
fn is_login(word: &str) -> bool {
    let letters = word.trim_matches(['"', '\'', ',', ';', ')']).trim_end_matches('=');
    let whole = letters.get(..letters.len() / 4 * 4).unwrap_or_default();
    Base64::decode_vec(whole).is_ok_and(|bytes| bytes.contains(&b':')) || (letters.len() >= 4 && word.ends_with('='))
}
