//! What support needs, in one file without one secret: the diagnosis, what the last checks and repairs said, the end of the logs.
//!
//! Every text goes through `mask`, whatever it is. The panel's key, its settings files and its database are not in it.

use super::mask::Mask;
use super::{Diagnosis, moment};
use crate::billmgr::schedule::system_of;
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::reading::Here;
use crate::report::{Checked, JournalReport, diagnosis};
use crate::root::Root;
use crate::settings::Settings;
use crate::sync::{Wanted, drift, set_aside};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The parts that may hold what nobody here has written.
const LOGS: [&str; 2] = ["pmbillmgr.log", "resellguard.log"];
/// How much of the end of a log is packed, bytes.
const TAIL: u64 = 4 * 1024 * 1024;
/// How many runs of the journal, newest first.
const RUNS: u32 = 50;
/// A descriptor has some ten kilobytes.
const SMALL: u64 = 1024 * 1024;
/// How many files of a folder are listed.
const LISTED: usize = 1000;

/// What came of packing.
pub struct Packed {
    /// The names of what is in it.
    pub parts: Vec<&'static str>,
    /// Why the logs are not: the modules' secrets are not known, and could not be looked for.
    pub without_logs: Option<String>,
}

/// Packs the bundle into a new file, readable for its owner alone.
///
/// # Errors
/// `Kind::File`: the file exists already, or cannot be written; then none is left behind.
pub fn bundle(root: &Root, file: &Path, diagnosis: &Diagnosis) -> Result<Packed, Error> {
    let failed = |error: io::Error| Error::new(Kind::File, format!("{}: {error}", file.display()));
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    let packed = pack(root, new, diagnosis).map_err(failed);
    if packed.is_err() {
        drop(fs::remove_file(file));
    }
    packed
}

fn pack(root: &Root, file: File, diagnosis: &Diagnosis) -> io::Result<Packed> {
    let here = Here::open(root);
    let mask = Mask::of(root, here.as_ref());
    let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::default()));
    let mut names = Vec::new();
    for (name, bytes) in parts(root, diagnosis) {
        let clean = match &mask.unknown {
            Some(why) if LOGS.contains(&name) => {
                format!("left out: the modules' passwords could not be read, and so not be looked for: {why}\n")
            }
            _ => mask.clean(&bytes),
        };
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o600);
        header.set_size(clean.len() as u64);
        header.set_mtime(u64::try_from(Timestamp::now().as_second()).unwrap_or_default());
        archive.append_data(&mut header, format!("resellguard-support/{name}"), clean.as_bytes())?;
        names.push(name);
    }
    archive.into_inner()?.finish()?.sync_all()?;
    Ok(Packed { parts: names, without_logs: mask.unknown })
}

/// Everything by name. What cannot be read says so in its place.
fn parts(root: &Root, found: &Diagnosis) -> Vec<(&'static str, Vec<u8>)> {
    let pretty = |value: &Value| format!("{value:#}\n").into_bytes();
    let settings = match Settings::read(root) {
        Ok(settings) => format!("{settings:#?}\n"),
        Err(error) => format!("{error}\n"),
    };
    let waiting =
        drift(root, &Wanted::Stuck).map_or_else(|error| json!({"error": error.detail}), |report| report.json());
    vec![
        ("doctor.json", pretty(&diagnosis::json(found))),
        ("versions.txt", versions(root).into_bytes()),
        ("settings.txt", settings.into_bytes()),
        ("descriptor.xml", tail(&root.join("etc/xml/billmgr_mod_resellguard.xml"), SMALL)),
        ("checks.json", pretty(&remembered(root, |journal| Ok(json!(journal.checked::<Checked>()?))))),
        ("waiting.json", pretty(&waiting)),
        (
            "journal.json",
            pretty(&remembered(root, |journal| {
                Ok(JournalReport { runs: journal.runs(None, None, RUNS)?, set_aside: set_aside(journal)? }.json())
            })),
        ),
        ("pmbillmgr.log", tail(&root.join("var/pmbillmgr.log"), TAIL)),
        ("resellguard.log", tail(&root.log(), TAIL)),
        ("files.txt", listing(root).into_bytes()),
    ]
}

fn remembered(root: &Root, read: impl Fn(&Journal) -> Result<Value, Error>) -> Value {
    Journal::look(root).and_then(|journal| read(&journal)).unwrap_or_else(|error| json!({"error": error.detail}))
}

fn versions(root: &Root) -> String {
    let mut text = format!("resellguard {}\n{}\n", env!("CARGO_PKG_VERSION"), moment(Timestamp::now()));
    let system = system_of(root).unwrap_or_else(|| PathBuf::from("/"));
    let release = fs::read_to_string(system.join("etc/os-release")).unwrap_or_default();
    for line in release.lines().filter(|line| line.starts_with("PRETTY_NAME=")) {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The end of a file in whole lines; why not, when it cannot be read. The line that is cut off could begin in a secret.
fn tail(path: &Path, most: u64) -> Vec<u8> {
    let read = || -> io::Result<Vec<u8>> {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("not a file"));
        }
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let from = length.saturating_sub(most);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        if from > 0 {
            let whole = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |feed| feed + 1);
            bytes.drain(..whole);
        }
        Ok(bytes)
    };
    read().unwrap_or_else(|error| format!("{}: {error}\n", path.display()).into_bytes())
}

/// Mode, owner, size, time and name of every file that matters.
fn listing(root: &Root) -> String {
    let single = [
        "etc/resellguard.toml",
        "etc/billmgr.conf",
        "etc/billmgr.pem",
        "etc/billmgr.DoNothing",
        "addon/resellguard",
        "processing/pmbillmgr",
        "sbin/mgrctl",
        "var/pmbillmgr.log",
        "var/resellguard.log",
    ];
    let mut paths: Vec<PathBuf> = single.iter().map(|path| root.join(path)).collect();
    for (folder, begin) in [
        ("etc/xml", "billmgr_mod_"),
        ("etc/billmgr.conf.d", ""),
        ("var/resellguard", ""),
        ("var/logs", "pmbillmgr.log"),
    ] {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        let named = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(begin.as_bytes()));
        paths.extend(named.map(|entry| entry.path()).take(LISTED));
    }
    if let Some(system) = system_of(root) {
        paths.extend(
            ["etc/cron.d/resellguard", "etc/logrotate.d/resellguard", "usr/bin/resellguard"]
                .map(|path| system.join(path)),
        );
    }
    let mut text = String::new();
    for path in paths {
        let _ = match fs::symlink_metadata(&path) {
            Ok(about) => {
                let at = moment(Timestamp::from_second(about.mtime()).unwrap_or(Timestamp::UNIX_EPOCH));
                let (mode, user, group, size) = (about.mode(), about.uid(), about.gid(), about.len());
                writeln!(text, "{mode:06o} {user}:{group} {size} {at} {}", path.display())
            }
            Err(error) => writeln!(text, "- {}: {error}", path.display()),
        };
    }
    text
}
