//! Fingerprints: which accounts a panel uses, told to the owner's other panels without telling anybody else.
//!
//! A fingerprint is HMAC-SHA256 under the owner's key over the account's identity (host and user, never the password). Without
//! the key nobody can try names against it. Not for files and settings: that is `fleet`.

use super::account::Account;
use super::elsewhere::Sibling;
use crate::secret::Secret;
use jiff::civil::Date;
use ring::hmac;
use std::collections::BTreeSet;
use std::fmt;

/// The least length of a key, characters: what `openssl rand -hex 16` prints.
pub const KEY_LENGTH: usize = 32;
/// The longest name of a panel, characters.
pub const NAME_LENGTH: usize = 128;

/// The owner's key, ready for use.
pub struct Key {
    key: hmac::Key,
    /// Eight digits that tell two keys apart and say nothing about either.
    mark: String,
}

impl Key {
    pub fn new(secret: &Secret) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        let mark = hex(hmac::sign(&key, b"resellguard key").as_ref()).chars().take(8).collect();
        Self { key, mark }
    }

    /// What another line than an account's could not be made of: the prefix keeps the two uses of the key apart.
    fn hash(&self, account: &Account) -> String {
        hex(hmac::sign(&self.key, format!("resellguard account {}", account.identity()).as_bytes()).as_ref())
    }

    /// The line of one account of this panel.
    pub fn line(&self, account: &Account, day: Date, panel: &str) -> Line {
        Line { hash: self.hash(account), mark: self.mark.clone(), day: Some(day), panel: panel.to_owned() }
    }
}

/// A line of the fleet's file that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotALine;

/// One line: `HASH KEYMARK DAY PANEL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub hash: String,
    pub mark: String,
    /// When it was made; `None` when the line does not say.
    pub day: Option<Date>,
    pub panel: String,
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        write!(out, "{} {} {day} {}", self.hash, self.mark, self.panel)
    }
}

impl Line {
    /// Reads a line of the fleet's file. Blanks, tabs and capital digits are no matter.
    ///
    /// # Errors
    /// The line is neither a fingerprint nor blank nor a comment.
    pub fn read(text: &str) -> Result<Option<Self>, NotALine> {
        let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let mut words = text.split_whitespace();
        let mut digits = |length: usize| {
            let word =
                words.next().filter(|word| word.len() == length && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
            word.map(str::to_ascii_lowercase).ok_or(NotALine)
        };
        let (hash, mark) = (digits(64)?, digits(8)?);
        let (day, panel) =
            (words.next().ok_or(NotALine)?, words.next().filter(|panel| is_name(panel)).ok_or(NotALine)?);
        let day = if day == "-" { None } else { Some(day.parse().map_err(|_| NotALine)?) };
        if words.next().is_some() {
            return Err(NotALine);
        }
        Ok(Some(Self { hash, mark, day, panel: panel.to_owned() }))
    }
}

/// A panel's name: one printable word.
pub fn is_name(text: &str) -> bool {
    let printable = |character: char| !character.is_whitespace() && !character.is_control();
    !text.is_empty() && text.chars().count() <= NAME_LENGTH && text.chars().all(printable) && !text.starts_with('#')
}

/// What the lines of all panels of an owner say about this panel's accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// For each account, in the order given, the other panels that use it, each once.
    pub siblings: Vec<Vec<Sibling>>,
    /// Lines under another key: they cannot be compared.
    pub other_key: usize,
    /// Lines with this panel's name that are none of its accounts: another panel of the same name, or an old line.
    pub not_ours: usize,
}

/// Compares the accounts of `panel` with the lines. Lines of the panel itself are no siblings; one that was made before `oldest` is
/// outdated.
pub fn compare(key: &Key, panel: &str, accounts: &[&Account], lines: &[Line], oldest: Date) -> Compared {
    let hashes: Vec<String> = accounts.iter().map(|account| key.hash(account)).collect();
    let mut compared = Compared { siblings: vec![Vec::new(); accounts.len()], ..Compared::default() };
    let ours: BTreeSet<&String> = hashes.iter().collect();
    let ours_by_name = |line: &Line| line.panel.to_lowercase() == panel.to_lowercase();
    for line in lines {
        if line.mark != key.mark {
            compared.other_key += 1;
        } else if ours_by_name(line) {
            compared.not_ours += usize::from(!ours.contains(&line.hash));
        } else {
            for (_, siblings) in hashes.iter().zip(&mut compared.siblings).filter(|(hash, _)| **hash == line.hash) {
                add(siblings, line, oldest);
            }
        }
    }
    compared
}

/// The newest line of a panel counts.
fn add(siblings: &mut Vec<Sibling>, line: &Line, oldest: Date) {
    let listed = line.day.map(|day| day.to_string());
    let outdated = line.day.is_some_and(|day| day < oldest);
    match siblings.iter_mut().find(|sibling| sibling.panel == line.panel) {
        Some(known) => {
            known.listed = known.listed.take().max(listed);
            known.outdated &= outdated;
        }
        None => siblings.push(Sibling { panel: line.panel.clone(), listed, outdated }),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn key(text: &str) -> Key {
        Key::new(&Secret::new(text))
    }

    fn account(address: &str, user: &str) -> Account {
        Account::new(address, user).unwrap()
    }

    /// From Python: `hmac.new(key, b"resellguard account seller.example#shop", "sha256")`, so that an owner can check it.
    #[test]
    fn a_fingerprint_is_the_hmac_of_the_account_under_the_key() {
        let made = key("0123456789abcdef0123456789abcdef").line(
            &account("https://seller.example:1500/manager/billmgr", "Shop"),
            date(2026, 11, 24),
            "a.example",
        );
        assert_eq!(
            made.to_string(),
            "2c1aee15f59e39cf744e24908637ee36489c4add67e033f28a07146065742a26 43dc493a 2026-11-24 a.example"
        );
        assert_eq!(Line::read(&made.to_string()), Ok(Some(made)));
    }

    #[test]
    fn lines_are_read_in_any_dress_and_nothing_else_is() {
        let hash = "ab".repeat(32);
        let plain =
            Line { hash: hash.clone(), mark: "0badf00d".into(), day: Some(date(2026, 11, 24)), panel: "b".into() };
        for (text, read) in [
            (format!("{hash} 0badf00d 2026-11-24 b"), Ok(Some(plain.clone()))),
            (format!("\u{feff}  {}\t0BADF00D  2026-11-24 b\r", hash.to_uppercase()), Ok(Some(plain.clone()))),
            (format!("{hash} 0badf00d - b"), Ok(Some(Line { day: None, ..plain }))),
            (String::new(), Ok(None)),
            ("  \t\r".into(), Ok(None)),
            (format!("# {hash} 0badf00d 2026-11-24 b"), Ok(None)),
            (format!("{hash} 0badf00d 2026-11-24"), Err(NotALine)),
            (format!("{hash} 0badf00d 2026-13-24 b"), Err(NotALine)),
            (format!("{hash} 0badf00 2026-11-24 b"), Err(NotALine)),
            (format!("{hash}0 0badf00d 2026-11-24 b"), Err(NotALine)),
            (format!("{hash} 0badf00d 2026-11-24 b c"), Err(NotALine)),
            (format!("{hash} 0badf00d 2026-11-24 b\u{1b}[2J"), Err(NotALine)),
            (format!("{hash} 0badf00d 2026-11-24 {}", "b".repeat(129)), Err(NotALine)),
            ("щ".repeat(64), Err(NotALine)),
        ] {
            assert_eq!(Line::read(&text), read, "{text}");
        }
    }

    #[test]
    fn another_panel_with_the_account_is_named_and_nobody_else() {
        let key = key("0123456789abcdef0123456789abcdef");
        let (shop, other) = (account("https://seller.example", "shop"), account("https://seller.example", "other"));
        let day = |day| date(2026, 11, day);
        let lines = [
            key.line(&shop, day(1), "a"),
            key.line(&shop, day(2), "b"),
            key.line(&account("http://SELLER.example:1500/manager/billmgr", "SHOP"), day(9), "b"),
            key.line(&other, day(3), "A"),
            key.line(&account("https://elsewhere.example", "shop"), day(4), "c"),
            super::tests::key("another key, another key, another").line(&shop, day(5), "d"),
            key.line(&account("https://gone.example", "shop"), day(6), "a"),
            key.line(&other, day(4), "e"),
        ];
        let compared = compare(&key, "a", &[&shop, &other], &lines, day(5));
        let b = Sibling { panel: "b".into(), listed: Some("2026-11-09".into()), outdated: false };
        let e = Sibling { panel: "e".into(), listed: Some("2026-11-04".into()), outdated: true };
        assert_eq!(compared, Compared { siblings: vec![vec![b], vec![e]], other_key: 1, not_ours: 1 });
    }
}
