//! What the hook and the observation leave for each other: two small files in `<root>/var/resellguard/`.
//!
//! `hook` says what the hook has to know, `polls` which calls of `checkevent` there were. Plain lines, not the journal: the hook
//! runs inside the panel's transaction, where opening a database would cost more than all of its work.

use crate::error::{Error, Kind};
use crate::root::Root;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How large the file of knowledge and the file of polls may be, bytes.
const KNOWN: u64 = 64 * 1024;
const POLLS: u64 = 1024 * 1024;
/// An observation that is announced further ahead than this was announced by a wrong clock, seconds.
const FARTHEST: i64 = 24 * 3600;
/// A block is believed this long after the observation that should have renewed it, seconds: an observer that no longer
/// runs must not keep `checkevent` closed.
const STALE: i64 = 3600;

/// What the observer leaves for the hook, in `<root>/var/resellguard/hook`: lines of `key=value`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// When the next observation is due, Unix seconds.
    pub next: i64,
    /// How many services wait for an event of the seller.
    pub waiting: u64,
    /// The accounts for which `checkevent` is to be refused: they are shared, and the settings say `block`. One that could not be
    /// judged this time is not among them: a seller that cannot be read hands out no events either, and a refusal that rests on an
    /// old look would stop a panel whose fault is cured.
    pub blocked: Vec<String>,
}

/// One call of `checkevent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    pub moment: Moment,
    /// Unix milliseconds.
    pub at: i64,
}

/// On which side of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

impl Known {
    /// What is known; `None` when nothing is: no file, or nothing readable in it.
    pub fn read(root: &Root) -> Option<Self> {
        let text = read_small(&root.state().join("hook"), KNOWN)?;
        let mut known = Self::default();
        let mut announced = false;
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match key {
                "next" => {
                    known.next = value.parse().ok()?;
                    announced = true;
                }
                "waiting" => known.waiting = value.parse().ok()?,
                "block" => known.blocked.push(value.to_owned()),
                // A newer observer may leave more.
                _ => {}
            }
        }
        announced.then_some(known)
    }

    /// Replaces what was known, in one step: a hook that reads meanwhile sees the old or the new.
    ///
    /// # Errors
    /// `Kind::State` when the file cannot be written.
    pub fn write(&self, root: &Root) -> Result<(), Error> {
        use std::fmt::Write as _;
        let mut text = format!("next={}\nwaiting={}\n", self.next, self.waiting);
        for account in &self.blocked {
            let line: String = account.chars().filter(|character| !character.is_control()).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "block={line}");
        }
        let path = root.state().join("hook");
        let new = path.with_extension("new");
        let failed = |error: std::io::Error| Error::new(Kind::State, format!("writing {}: {error}", path.display()));
        root.make_state().map_err(failed)?;
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        fs::rename(&new, &path).map_err(failed)
    }

    /// An observation is due.
    pub fn due(&self, now: i64) -> bool {
        self.waiting > 0 || self.next <= now || self.next > now + FARTHEST
    }

    /// `checkevent` is to be refused.
    pub fn blocks(&self, now: i64) -> bool {
        !self.blocked.is_empty() && now <= self.next + STALE
    }
}

/// Appends one line. A poll that cannot be noted is a loss of evidence, not of `checkevent`.
pub fn note(root: &Root, poll: Poll) {
    // No directory above ours: there is no panel here.
    if root.make_state().is_err() {
        return;
    }
    let path = polls(root);
    // A full file means that nobody has collected it for months; something else than a file is not ours.
    if fs::symlink_metadata(&path).is_ok_and(|about| !about.is_file() || about.len() >= POLLS) {
        return;
    }
    let word = match poll.moment {
        Moment::Before => "before",
        Moment::After => "after",
    };
    let line = format!("{word} {}\n", poll.at);
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).mode(0o600).open(&path) {
        // One write, so that lines of two calls do not mix.
        let _ = file.write_all(line.as_bytes());
    }
}

/// Takes the polls that were noted since the last time, oldest first. Lines that are none are passed over.
///
/// # Errors
/// `Kind::State` when they are there and cannot be read.
pub fn take_polls(root: &Root) -> Result<Vec<Poll>, Error> {
    let taken = polls(root).with_extension("taken");
    let failed = |error: std::io::Error| Error::new(Kind::State, format!("taking {}: {error}", taken.display()));
    let mut found = Vec::new();
    // What an observer took and did not live to use is still there.
    for fresh in [false, true] {
        if fresh {
            match fs::rename(polls(root), &taken) {
                Err(error) if is_absent(&error) => break,
                renamed => renamed.map_err(failed)?,
            }
        }
        let mut text = Vec::new();
        match File::open(&taken) {
            Err(error) if is_absent(&error) => continue,
            opened => opened.map_err(failed)?.take(2 * POLLS).read_to_end(&mut text).map_err(failed)?,
        };
        found.extend(String::from_utf8_lossy(&text).lines().filter_map(Poll::of));
        fs::remove_file(&taken).map_err(failed)?;
    }
    Ok(found)
}

/// What was noted since the polls were last taken, left where it is; nothing when it cannot be read.
pub fn noted(root: &Root) -> Vec<Poll> {
    let text = read_small(&polls(root), POLLS).unwrap_or_default();
    text.lines().filter_map(Poll::of).collect()
}

impl Poll {
    fn of(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let moment = match words.next()? {
            "before" => Moment::Before,
            "after" => Moment::After,
            _ => return None,
        };
        Some(Self { moment, at: words.next()?.parse().ok()? })
    }
}

fn polls(root: &Root) -> PathBuf {
    root.state().join("polls")
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// A regular file of at most `limit` bytes, as text; `None` for anything else. Opening a pipe could wait for ever.
fn read_small(path: &Path, limit: u64) -> Option<String> {
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    let length = File::open(path).ok()?.take(limit + 1).read_to_string(&mut text).ok()?;
    (length as u64 <= limit).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A root of its own for each test, gone with it.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> (Self, Root) {
            let path = std::env::temp_dir().join(format!("resellguard-hook-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("var")).unwrap();
            let root = Root::at(&path);
            (Self(path), root)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_the_observer_leaves_is_what_the_hook_knows() {
        let (_place, root) = Place::new("known");
        assert_eq!(Known::read(&root), None);
        let known =
            Known { next: 1_764_000_000, waiting: 3, blocked: vec!["https://a/billmgr#b".into(), "x\ny".into()] };
        known.write(&root).unwrap();
        let read = Known::read(&root).unwrap();
        assert_eq!((read.next, read.waiting), (1_764_000_000, 3));
        assert_eq!(read.blocked, ["https://a/billmgr#b", "xy"]);
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(root.state()), mode(root.state().join("hook"))), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_says_nothing_is_no_knowledge() {
        let (_place, root) = Place::new("nothing");
        root.make_state().unwrap();
        for text in ["", "next", "next=soon", "waiting=1", "next=1\nwaiting=many", "\u{0}\u{1}"] {
            fs::write(root.state().join("hook"), text).unwrap();
            assert_eq!(Known::read(&root), None, "{text:?}");
        }
        fs::write(root.state().join("hook"), "next=1\n".repeat(20_000)).unwrap();
        assert_eq!(Known::read(&root), None, "too large");
        fs::write(root.state().join("hook"), "next=1\nlater=2\n").unwrap();
        assert_eq!(Known::read(&root), Some(Known { next: 1, ..Known::default() }));
    }

    #[test]
    fn an_observation_is_due_when_something_waits_or_the_time_has_come() {
        let now = 1_000_000;
        for (next, waiting, due) in [
            (now + 60, 0, false),
            (now + 60, 1, true),
            (now, 0, true),
            (now - 60, 0, true),
            // Announced by a clock that was wrong.
            (now + FARTHEST + 1, 0, true),
        ] {
            assert_eq!(Known { next, waiting, blocked: Vec::new() }.due(now), due, "{next} {waiting}");
        }
    }

    #[test]
    fn a_block_that_nobody_renews_ends() {
        let known = Known { next: 1000, waiting: 0, blocked: vec!["a".into()] };
        assert!(known.blocks(900) && known.blocks(1000 + STALE));
        assert!(!known.blocks(1000 + STALE + 1));
        assert!(!Known { blocked: Vec::new(), ..known }.blocks(900));
    }

    #[test]
    fn polls_are_taken_once_and_what_a_killed_observer_took_is_not_lost() {
        let (_place, root) = Place::new("polls");
        assert_eq!(take_polls(&root).unwrap(), []);
        let before = Poll { moment: Moment::Before, at: 1 };
        let after = Poll { moment: Moment::After, at: 2 };
        note(&root, before);
        fs::rename(polls(&root), polls(&root).with_extension("taken")).unwrap();
        note(&root, after);
        fs::OpenOptions::new().append(true).open(polls(&root)).unwrap().write_all(b"garbage\nafter x\n\xff\n").unwrap();
        assert_eq!(take_polls(&root).unwrap(), [before, after]);
        assert_eq!(take_polls(&root).unwrap(), []);
    }

    #[test]
    fn a_file_that_nobody_collects_stops_growing() {
        let (_place, root) = Place::new("full");
        root.make_state().unwrap();
        let full = usize::try_from(POLLS).unwrap();
        fs::write(polls(&root), vec![b'x'; full]).unwrap();
        note(&root, Poll { moment: Moment::After, at: 1 });
        assert_eq!(fs::metadata(polls(&root)).unwrap().len(), POLLS);
    }
}
