//! The owner's other panels: this panel's fingerprints for them, and theirs compared with its accounts.
//!
//! Not for hashing and comparing: that is `reselling::fingerprint`.

use crate::error::{Error, Kind};
use crate::reading::Here;
use crate::report::{Fingerprint, FingerprintReport};
use crate::reselling::account::Account;
use crate::reselling::elsewhere::Sibling;
use crate::reselling::fingerprint::{self, Key, Line};
use crate::root::Root;
use crate::settings::CheckSettings;
use jiff::{ToSpan, ZonedDateTime};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A line has about a hundred bytes; this is some ten thousand of them.
const SIZE: u64 = 1024 * 1024;
/// A panel whose line is older may have another account by now, days.
const CURRENT: i64 = 180;

/// The fingerprints of this panel's accounts.
///
/// # Errors
/// `Kind::Settings` when there is no key, with the way to make one; otherwise as `Here::open`.
pub fn fingerprints(root: &Root) -> Result<FingerprintReport, Error> {
    let here = Here::open(root)?;
    let Some(key) = &here.settings.check.fingerprint_key else {
        let what = format!(
            "there is no key; put the output of `openssl rand -hex 32` as fingerprint_key under [check] into {}, the same on all \
             your panels",
            root.settings().display()
        );
        return Err(Error::new(Kind::Settings, what));
    };
    let (key, panel, today) = (Key::new(key), panel_name(&here.settings.check), ZonedDateTime::now().date());
    let lines = here
        .accounts
        .iter()
        .map(|account| Fingerprint { line: key.line(&account.account, today, &panel), modules: account.module_ids() });
    Ok(FingerprintReport { lines: lines.collect(), unreadable_modules: here.unreadable })
}

/// The owner's other panels that use the account, and what could not be compared. That the file cannot be read is no error: the
/// rest of the check does not need it.
pub fn siblings(here: &Here, account: &Account) -> (Vec<Sibling>, Vec<String>) {
    let settings = &here.settings.check;
    let Some(path) = &settings.fleet else { return (Vec::new(), Vec::new()) };
    let Some(key) = &settings.fingerprint_key else {
        return (Vec::new(), vec!["[check] fleet is not used: there is no fingerprint_key".to_owned()]);
    };
    let (lines, odd) = match read(path) {
        Ok(read) => read,
        Err(why) => return (Vec::new(), vec![format!("[check] fleet is not used: {}: {why}", path.display())]),
    };
    let accounts: Vec<&Account> = here.accounts.iter().map(|one| &one.account).collect();
    let panel = panel_name(settings);
    let oldest = ZonedDateTime::now().date().saturating_sub(CURRENT.days());
    let compared = fingerprint::compare(&Key::new(key), &panel, &accounts, &lines, oldest);
    let counted = [
        (odd, "lines that are no fingerprints".to_owned()),
        (compared.other_key, "lines made with another key, which cannot be compared".to_owned()),
        (
            compared.not_ours,
            format!(
                "lines with this panel's own name ({panel}) that are none of its accounts: old ones, or another panel of that name (panel_name)"
            ),
        ),
    ];
    let notes = counted.iter().filter(|(count, _)| *count > 0);
    let notes = notes.map(|(count, what)| format!("{}: {count} {what}", path.display())).collect();
    let position = accounts.iter().position(|one| *one == account);
    let siblings = position.and_then(|position| compared.siblings.into_iter().nth(position)).unwrap_or_default();
    (siblings, notes)
}

/// The lines of the file, and how many were none.
fn read(path: &Path) -> Result<(Vec<Line>, usize), String> {
    // Before it is opened: that of a pipe waits for somebody to write.
    if !std::fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("not a regular file".to_owned());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(SIZE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > SIZE {
        return Err("larger than 1 MiB".to_owned());
    }
    let text = String::from_utf8_lossy(&bytes);
    let (mut lines, mut odd) = (Vec::new(), 0);
    for line in text.lines() {
        match Line::read(line) {
            Ok(line) => lines.extend(line),
            Err(_) => odd += 1,
        }
    }
    Ok((lines, odd))
}

/// What the settings say, or the host's name.
fn panel_name(settings: &CheckSettings) -> String {
    let host = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    settings
        .panel_name
        .clone()
        .or_else(|| Some(host()).filter(|name| fingerprint::is_name(name)))
        .unwrap_or_else(|| "panel".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_in_place_of_the_file_is_not_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("fleet.txt");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(read(&path).err().as_deref(), Some("not a regular file"));
    }
}
