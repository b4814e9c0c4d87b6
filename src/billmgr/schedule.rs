//! Whether the panel's schedule starts `checkevent`: the cron line of facts/billmanager 0.1, there, commented out, or missing.
//!
//! Not for whether `checkevent` really runs: that is what the hook sees.

use crate::root::Root;
use serde::{Serialize, Serializer};
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Tables of root's, then the system's own (facts/billmanager 5 names the first; the others are where distributions keep theirs).
const TABLES: [&str; 4] =
    ["var/spool/cron/root", "var/spool/cron/crontabs/root", "var/spool/cron/tabs/root", "etc/crontab"];
/// Tables that packages and administrators put down.
const FOLDER: &str = "etc/cron.d";
/// A table has some dozen lines.
const SIZE: u64 = 1024 * 1024;
/// How many tables of the folder are looked at.
const FILES: usize = 500;
/// Where a panel lies in its system.
const PLACE: &str = "usr/local/mgr5";

/// What the schedule says of `checkevent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Schedule {
    /// The line is there.
    Enabled { file: PathBuf, line: String },
    /// It is there, commented out.
    Commented { file: PathBuf, line: String },
    /// Tables were read, and none has it.
    Missing,
    /// No table could be read, or it is not known where this panel's system keeps them.
    Unknown { why: Blind },
}

/// Why the schedule is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blind {
    /// The panel lies where no system has it.
    Elsewhere,
    /// A technical sentence.
    Unread(String),
}

impl fmt::Display for Blind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => write!(out, "the panel does not lie in {PLACE} of a system"),
            Self::Unread(why) => out.write_str(why),
        }
    }
}

impl Serialize for Blind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Looks into the cron tables of the system that the panel lies in. The system of `/mnt/copy/usr/local/mgr5` is `/mnt/copy`; a
/// tree that lies elsewhere has none that is known.
pub fn checkevent(root: &Root) -> Schedule {
    match system_of(root) {
        Some(system) => search(&system),
        None => Schedule::Unknown { why: Blind::Elsewhere },
    }
}

/// The system that a panel lies in: `/` for `/usr/local/mgr5`.
pub fn system_of(root: &Root) -> Option<PathBuf> {
    let path = root.join("");
    path.ends_with(PLACE).then(|| path.ancestors().nth(Path::new(PLACE).components().count()).map(Path::to_owned))?
}

fn search(system: &Path) -> Schedule {
    let mut read = 0;
    let mut refused = None;
    let mut commented = None;
    for file in tables(system) {
        let text = match contents(&file) {
            Ok(Some(text)) => text,
            Ok(None) => continue,
            Err(error) => {
                refused = Some(format!("{}: {error}", file.display()));
                continue;
            }
        };
        read += 1;
        for line in text.lines().map(str::trim).filter(|line| starts_checkevent(line)) {
            let shown: String = line.chars().filter(|letter| !letter.is_control()).take(200).collect();
            if line.starts_with('#') {
                commented.get_or_insert((file.clone(), shown));
            } else {
                return Schedule::Enabled { file, line: shown };
            }
        }
    }
    match (commented, refused, read) {
        (Some((file, line)), ..) => Schedule::Commented { file, line },
        (None, Some(why), _) => Schedule::Unknown { why: Blind::Unread(why) },
        (None, None, 0) => {
            Schedule::Unknown { why: Blind::Unread(format!("no cron table was found in {}", system.display())) }
        }
        _ => Schedule::Missing,
    }
}

fn tables(system: &Path) -> Vec<PathBuf> {
    let mut tables: Vec<PathBuf> = TABLES.iter().map(|table| system.join(table)).collect();
    let mut more: Vec<PathBuf> = fs::read_dir(system.join(FOLDER))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .take(FILES)
        .collect();
    more.sort();
    tables.append(&mut more);
    tables
}

/// A regular file's text; `None` when there is none of that name.
fn contents(path: &Path) -> std::io::Result<Option<String>> {
    let about = match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        about => about?,
    };
    if !about.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(SIZE).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// `... mgrctl -m billmgr checkevent ...`; a comment that only speaks about it has no `mgrctl` before the word.
fn starts_checkevent(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| !word.ends_with("mgrctl")).skip(1);
    let panel = match words.next() {
        Some("-m") => words.next(),
        Some(joined) => joined.strip_prefix("-m"),
        None => None,
    };
    panel == Some("billmgr") && words.any(|word| word == "checkevent")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "*/5 * * * * /usr/local/mgr5/sbin/mgrctl -m billmgr checkevent >/dev/null 2>&1";

    fn said(files: &[(&str, String)]) -> Schedule {
        let system = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = system.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        checkevent(&Root::at(system.path().join(PLACE)))
    }

    #[test]
    fn the_line_is_found_wherever_a_system_keeps_it() {
        for file in ["var/spool/cron/root", "var/spool/cron/crontabs/root", "etc/crontab", "etc/cron.d/billmgr"] {
            let text = format!("MAILTO=root\n## BILLmanager get item events from remote BILLmanager\n{LINE}\n");
            assert!(matches!(said(&[(file, text)]), Schedule::Enabled { line, .. } if line == LINE), "{file}");
        }
    }

    #[test]
    fn a_comment_about_it_is_no_line_and_a_line_in_a_comment_is_commented_out() {
        let about = "# mgrctl: see checkevent\n## get item events: checkevent\n".to_owned();
        assert_eq!(said(&[("etc/crontab", about)]), Schedule::Missing);
        let other =
            "* * * * * root mgrctl -m ispmgr checkevent\n* * * * * root mgrctl -m billmgr checkevents\n".to_owned();
        assert_eq!(said(&[("etc/crontab", other)]), Schedule::Missing);
        let off = said(&[("var/spool/cron/root", format!("#{LINE}\n"))]);
        assert!(matches!(off, Schedule::Commented { .. }), "{off:?}");
        let both = said(&[("var/spool/cron/root", format!("# {LINE}\n")), ("etc/cron.d/x", format!("{LINE}\n"))]);
        assert!(matches!(both, Schedule::Enabled { .. }), "{both:?}");
    }

    #[test]
    fn what_was_not_looked_at_is_not_missing() {
        assert!(matches!(said(&[]), Schedule::Unknown { why } if why.to_string().contains("no cron table")));
        let elsewhere = checkevent(&Root::at("/srv/panel"));
        assert!(matches!(elsewhere, Schedule::Unknown { .. }), "{elsewhere:?}");
        assert_eq!(system_of(&Root::at("/usr/local/mgr5")), Some(PathBuf::from("/")));
    }
}
