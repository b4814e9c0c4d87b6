//! No secret leaves in a bundle: what is known to be one is taken out in every spelling, and what looks like one on suspicion.

use super::known::places;
use crate::billmgr::{Config, secrets_of_settings};
use crate::error::Error;
use crate::modulelog::begins_a_record;
use crate::modulelog::names::is_secret;
use crate::modulelog::secrets::masked_on;
use crate::reading::Here;
use crate::root::Root;
use crate::secret::Secret;
use base64ct::{Base64, Encoding};

/// Shorter ones would take ordinary words out of every line; what names itself (`password=...`) is masked whatever its length.
const SHORTEST: usize = 4;
/// A run of base64 that is longer is a key, a certificate or a login: no line of a panel needs one.
const LONGEST_RUN: usize = 40;
const STARS: &str = "***";

/// What must not be shown.
pub(super) struct Mask {
    /// Every secret as such, in base64 and in hex, the longest first.
    spellings: Vec<String>,
    /// Why the secrets of the modules are not among them.
    pub unknown: Option<String>,
}

impl Mask {
    /// The secrets in the panel's settings files, its key, the secrets of every module and the logins of ours. What cannot be read cannot
    /// be known: `unknown` says so.
    pub(super) fn of(root: &Root, here: Result<&Here, &Error>) -> Self {
        let reveal = |secrets: Vec<Secret>| secrets.into_iter().map(|secret| secret.reveal().to_owned());
        let mut secrets: Vec<String> = reveal(secrets_of_settings(root)).collect();
        let modules = here.map_err(ToString::to_string).and_then(|here| {
            let files = &here.settings.reselling.modules;
            let known =
                here.database.module_secrets().and_then(|known| Ok((known, here.database.module_access(files)?)));
            known.map_err(|error| error.to_string())
        });
        let unknown = match modules {
            Ok((known, accesses)) => {
                secrets.extend(reveal(known));
                for access in accesses.into_iter().filter_map(|(_, access)| access.ok()) {
                    // In base64 it is another text than the password alone.
                    secrets.push(format!("{}:{}", access.user, access.password.reveal()));
                }
                None
            }
            Err(why) => Some(why),
        };
        if let Ok(config) = Config::read(root) {
            // As the panel reads it, blanks at its end included.
            secrets.push(config.password.reveal().to_owned());
            let key = std::fs::read_to_string(&config.key).unwrap_or_default();
            secrets.extend(key.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned));
            secrets.push(key);
        }
        Self { unknown, ..Self::knowing(secrets) }
    }

    fn knowing(secrets: impl IntoIterator<Item = String>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| secret.trim().len() >= SHORTEST);
        let mut spellings: Vec<String> = secrets.flat_map(|secret| spelled(&secret)).collect();
        spellings.retain(|spelling| spelling.len() >= SHORTEST);
        spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
        Self { spellings, unknown: None }
    }

    /// The same text without them. Bytes that are no text are replaced; private keys go with all their lines.
    pub(super) fn clean(&self, bytes: &[u8]) -> String {
        // A colour may be in the middle of a secret.
        let text = without_colours(&String::from_utf8_lossy(bytes));
        // Before it is cut into lines: a secret may have more than one.
        let text = self.spellings.iter().fold(text, |text, spelling| {
            if text.contains(spelling.as_str()) { text.replace(spelling.as_str(), STARS) } else { text }
        });
        let mut clean = String::with_capacity(text.len());
        let (mut inside, mut announced, mut open) = (false, false, None);
        for line in text.split_inclusive('\n') {
            let line = self.without_known(line);
            let names_a_key = line.to_uppercase().split("PRIVATE").skip(1).any(|rest| rest.contains("KEY"));
            if names_a_key || inside {
                clean.push_str("*** a private key\n");
                let begins = line.rfind("BEGIN").is_some_and(|begin| line.rfind("END").is_none_or(|end| end < begin));
                inside = if names_a_key { begins } else { inside && line.trim_end().len() <= 80 };
            } else {
                // The line's end is no part of a secret at its end.
                let text = line.trim_end_matches(['\r', '\n']);
                if begins_a_record(text) {
                    open = None;
                }
                // PHP's var_dump puts a value on the line behind its name.
                let value = std::mem::replace(&mut announced, dumped_name(text).is_some_and(is_secret));
                clean.push_str(&if value { STARS.to_owned() } else { without_runs(&masked_on(text, &mut open)) });
                clean.push_str(line.get(text.len()..).unwrap_or_default());
            }
        }
        clean
    }

    /// The same line with stars for known secrets, however they are encoded in it.
    fn without_known(&self, line: &str) -> String {
        let mut places = places(line, &self.spellings);
        places.sort_by_key(|place| place.start);
        let (mut out, mut done) = (String::with_capacity(line.len()), 0);
        for place in places {
            if place.start >= done {
                out.push_str(line.get(done..place.start).unwrap_or_default());
                out.push_str(STARS);
            }
            done = done.max(place.end);
        }
        out.push_str(line.get(done..).unwrap_or_default());
        out
    }
}

/// The same text without its colours (`ESC [ 31 m`).
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let colour = piece.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';');
        out.push_str(colour.strip_prefix('m').unwrap_or(piece));
    }
    out
}

/// The name in `["password"]=>`, when nothing follows it on its line.
fn dumped_name(line: &str) -> Option<&str> {
    let (_, name) = line.trim_end().strip_suffix("=>")?.trim_end().strip_suffix(']')?.rsplit_once('[')?;
    Some(name.trim_matches(['"', '\'']))
}

/// The ways in which it is no part of a text any more; escapes are decoded (`known`).
fn spelled(secret: &str) -> Vec<String> {
    let hex = |upper: bool| -> String {
        secret.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
    };
    // A form writes a space as a plus sign.
    let mut all = vec![secret.to_owned(), secret.trim().to_owned(), secret.replace(' ', "+"), hex(false), hex(true)];
    // Base64 of it as such, and as a part of something longer: three ways, by where in a group of three it begins.
    for before in 0..3usize {
        let mut bytes = vec![0; before];
        bytes.extend(secret.as_bytes());
        let encoded = Base64::encode_string(&bytes);
        let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        if let Some(inner) = encoded.get(from..to).filter(|inner| inner.len() >= 6) {
            all.push(inner.to_owned());
            all.push(inner.replace('+', "-").replace('/', "_"));
        }
    }
    all
}

/// Long runs of base64 replaced.
fn without_runs(text: &str) -> String {
    let in_run = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(in_run) {
        let (before, run) = rest.split_at(start);
        let (run, after) = run.split_at(run.find(|letter| !in_run(letter)).unwrap_or(run.len()));
        // A path has slashes, and is made of short words.
        let secret = run.split('/').any(|part| part.len() >= LONGEST_RUN)
            || (run.len() >= LONGEST_RUN && !rest.contains("://") && run.matches('/').count() * 12 < run.len());
        out.push_str(before);
        out.push_str(if secret { STARS } else { run });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_secret_is_found_however_it_is_written() {
        let secret = "p&ss:<w\"rd>'%41+ $HOME ключ";
        let mask = Mask::knowing([secret.to_owned(), format!("shop:{secret}")]);
        let encoded = |text: &str| Base64::encode_string(text.as_bytes());
        for spelled in spelled(secret).into_iter().chain([
            encoded(secret),
            encoded(&format!("shop:{secret}")),
            encoded(&format!("x{secret}y")),
            encoded(&format!("xx{secret}yy")),
        ]) {
            let line = format!("a {spelled} b");
            let clean = mask.clean(line.as_bytes());
            assert!(clean.contains(STARS) && !clean.contains(spelled.trim_end_matches('=')), "{line}: {clean}");
        }
    }

    #[test]
    fn an_unknown_key_goes_with_its_lines_and_an_ordinary_line_stays() {
        let mask = Mask::knowing([]);
        let body =
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3S\n";
        let text = format!("before\n-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\nafter\n");
        let clean = mask.clean(text.as_bytes());
        assert!(
            clean.starts_with("before\n***") && clean.ends_with("***\nafter\n") || clean.ends_with("key\nafter\n"),
            "{clean}"
        );
        assert!(!clean.contains("MIIEv") && !clean.contains("MzEfY"), "{clean}");
        let query = mask.clean(b"QUERY: func=x&pkey=%2D%2DBEGIN%20PRIVATE%20KEY%2D%2D%0AMIIEv&sok=ok\n");
        assert!(!query.contains("MIIEv"), "{query}");
        for line in [
            "Nov 18 08:15:04 [23241:1] sbin_utils INFO QUERY: func=service.saveparam&sok=ok&elid=62991&crypted=off\n",
            "/usr/local/mgr5/var/resellguard/journal.db https://seller.example/manager/billmgr\n",
        ] {
            assert_eq!(mask.clean(line.as_bytes()), line);
        }
        assert_eq!(mask.clean(b"password=ab\nnext\n"), "password=*\nnext\n", "lines stay lines");
        let line = "Nov 18 08:15:04 [1:1] rpc EXTINFO ";
        let clean =
            mask.clean(format!("{line}func=x&password=ab\ncd&elid=1\n{line}func=x&pwd=ab\n{line}x\n").as_bytes());
        assert_eq!(clean, format!("{line}func=x&password=*\n*&elid=1\n{line}func=x&pwd=*\n{line}x\n"));
        let dump = mask.clean(b"[\"password\"]=>\n  string(3) \"a b\"\n  [\"ip\"]=>\n  int(1)\n");
        assert_eq!(dump, "[\"password\"]=>\n***\n  [\"ip\"]=>\n  int(1)\n");
        assert!(!mask.clean(b"func=auth&auth=0123abcdef&out=xml").contains("0123abcdef"));
    }
}
