//! Where the log is: the file that is being written, and what was rotated away, packed or not. What cannot be read is named.

use super::dates::bound;
use crate::language::{Language, Say, english};
use crate::root::Root;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the log, and what the names of rotated ones begin with. How the rest is made is not known
/// (facts/coremanager 8).
const NAME: &str = "pmbillmgr.log";
/// How much of a log's beginning tells one file from another, bytes.
const HEAD: u64 = 256;
/// More files than this are not looked at, the oldest ones.
const MOST: usize = 1000;

/// How a file is packed, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
}

/// One file of the log.
#[derive(Clone, Debug)]
pub struct LogFile {
    pub path: Arc<Path>,
    /// As findings name it: its path, unless it was called otherwise.
    pub name: Arc<Path>,
    pub packing: Packing,
    /// Bytes, as they lie there.
    pub size: u64,
    /// When it was last written.
    pub written: Timestamp,
    pub inode: u64,
    /// Nothing in it is younger: the time it was written, or the date in its name. Panel's local time.
    pub latest: DateTime,
    /// The one that is being written.
    pub current: bool,
}

/// A file that was not read, or not to its end, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: PathBuf,
    pub why: Why,
    /// Whole lines that were read before it broke off.
    pub lines: u64,
}

/// Why a file was not read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// In a way that is not read.
    Packed(&'static str),
    NotAFile,
    /// There are more files than these.
    Many(usize),
    /// None of so many lines is a line of the module's log.
    Foreign(u64),
    /// What the system says.
    Failed(String),
}

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Say for Why {
    fn pair(&self) -> (String, String) {
        match self {
            Self::Packed(how) => (
                format!("packed with {how}, which is not read; unpack it and use --file"),
                format!("сжат программой {how}, такие файлы не читаются; распакуйте его и укажите через --file"),
            ),
            Self::NotAFile => ("it is not a file".to_owned(), "это не файл".to_owned()),
            Self::Many(most) => (format!("more than {most} files"), format!("файлов больше {most}")),
            Self::Foreign(lines) => (
                format!("none of the {} is a line of the module's log", english(*lines, "line", "lines")),
                format!("строк журнала модуля в файле нет (всего строк: {lines})"),
            ),
            Self::Failed(why) => (why.clone(), why.clone()),
        }
    }
}

/// For whoever writes English alone: JSON, our log.
impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.say(Language::En))
    }
}

/// The files of a log, oldest first; the one that is being written is the last.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub files: Vec<LogFile>,
    pub skipped: Vec<Skipped>,
    /// Those that hold the same as another one of them, and are not read.
    pub twins: Vec<Arc<Path>>,
}

impl Files {
    /// `var/pmbillmgr.log` and everything in `var/logs` whose name begins so. No log at all is an empty list.
    pub fn of(root: &Root) -> Self {
        Self::named(root, NAME)
    }

    /// The same of another log of the panel.
    pub fn named(root: &Root, name: &str) -> Self {
        let mut found = Self::default();
        let folder = root.join("var/logs");
        match std::fs::read_dir(&folder) {
            Ok(entries) => {
                for entry in entries.flatten() {
                    if entry.file_name().as_encoded_bytes().starts_with(name.as_bytes()) {
                        found.add(&entry.path(), false);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.skip(&folder, error.into()),
        }
        found.drop_twins();
        found.files.sort_by(|a, b| (a.latest, &a.path).cmp(&(b.latest, &b.path)));
        let many = found.files.len().saturating_sub(MOST);
        for file in found.files.drain(..many).collect::<Vec<_>>() {
            found.skip(&file.path, Why::Many(MOST));
        }
        let current = root.join("var").join(name);
        if current.exists() {
            found.add(&current, true);
        }
        found
    }

    /// One file, wherever it is.
    pub fn one(path: &Path) -> Self {
        let mut found = Self::default();
        found.add(path, false);
        found
    }

    /// The same files under this name, for a path that tells a person nothing.
    #[must_use]
    pub fn called(mut self, name: &Path) -> Self {
        for file in &mut self.files {
            file.name = name.into();
        }
        self
    }

    /// Without the files in which nothing can be that young.
    #[must_use]
    pub fn since(mut self, since: DateTime) -> Self {
        self.files.retain(|file| bound(file.latest) >= since);
        self
    }

    /// The file that is being written.
    pub fn current(&self) -> Option<&LogFile> {
        self.files.last().filter(|file| file.current)
    }

    /// A packed file beside the one that it was packed from: one of them is read, the whole one.
    fn drop_twins(&mut self) {
        for packed in self.files.iter().filter(|file| file.path.extension().is_some_and(|end| end == "gz")) {
            let name = packed.path.with_extension("");
            let Some(plain) = self.files.iter().find(|file| *file.path == name && packed.is_copy_of(file)) else {
                continue;
            };
            // Unless it is the plain one that is not whole yet.
            let unpacking = plain.written > packed.written && packed.unpacked_size() > plain.size & u64::from(u32::MAX);
            self.twins.push(Arc::clone(if unpacking { &plain.path } else { &packed.path }));
        }
        self.files.retain(|file| !self.twins.contains(&file.path));
    }

    fn add(&mut self, path: &Path, current: bool) {
        match LogFile::look(path, current) {
            Ok(file) => self.files.push(file),
            Err(why) => self.skip(path, why),
        }
    }

    fn skip(&mut self, path: &Path, why: Why) {
        self.skipped.push(Skipped { path: path.to_owned(), why, lines: 0 });
    }
}

impl LogFile {
    fn look(path: &Path, current: bool) -> Result<Self, Why> {
        let metadata = std::fs::metadata(path)?;
        // Opening a pipe would wait for whoever writes it.
        if !metadata.is_file() {
            return Err(Why::NotAFile);
        }
        let mut head = [0; 6];
        let mut file = File::open(path)?;
        let length = read_up_to(&mut file, &mut head)?;
        let packing = packing(head.get(..length).unwrap_or_default())?;
        let written = Timestamp::from_second(metadata.mtime()).unwrap_or(Timestamp::UNIX_EPOCH);
        let modified = TimeZone::system().to_datetime(written);
        let named = path.file_name().and_then(|name| date_in(&name.to_string_lossy()));
        // A copied file has the time of the copy.
        let latest = named.map_or(modified, |day| modified.min(end_of(day)));
        Ok(Self {
            path: path.into(),
            name: path.into(),
            packing,
            size: metadata.len(),
            written,
            inode: metadata.ino(),
            latest,
            current,
        })
    }

    /// The first bytes of its text.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(HEAD).read_to_end(&mut head)?;
        Ok(head)
    }

    /// It is packed, the other one is not, and both begin alike, as far as a file that is being packed has a beginning.
    fn is_copy_of(&self, plain: &Self) -> bool {
        if self.packing != Packing::Gzip || plain.packing != Packing::Plain {
            return false;
        }
        let mut head = Vec::new();
        let _ = self.open().and_then(|text| text.take(HEAD).read_to_end(&mut head));
        let same = |other: &Vec<u8>| other.starts_with(&head) || head.starts_with(other);
        !head.is_empty() && plain.head().is_ok_and(|other| !other.is_empty() && same(&other))
    }

    /// As the end of a packed file has it, modulo 4 GiB; of one that is not whole, anything.
    fn unpacked_size(&self) -> u64 {
        let mut size = [0; 4];
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::End(-4))?;
            file.read_exact(&mut size)
        });
        read.map_or(0, |()| u32::from_le_bytes(size).into())
    }

    /// Its text from the beginning.
    ///
    /// # Errors
    /// It cannot be opened. What is wrong inside a packed file shows when it is read.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(&self.path)?;
        Ok(match self.packing {
            Packing::Plain => Box::new(file),
            // A packed file may be several, one after the other.
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, file))),
        })
    }
}

/// The text of a source that may be packed, and is no file.
///
/// # Errors
/// It cannot be read, or is packed in a way that is not read.
pub fn unpacked(mut source: impl Read + Send + 'static) -> Result<Box<dyn Read + Send>, Why> {
    let mut head = [0; 6];
    let length = read_up_to(&mut source, &mut head)?;
    let head = head.get(..length).unwrap_or_default();
    let packing = packing(head)?;
    let whole = io::Cursor::new(head.to_vec()).chain(source);
    Ok(match packing {
        Packing::Plain => Box::new(whole),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, whole))),
    })
}

fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut taken = file.take(buffer.len() as u64);
    let mut bytes = Vec::new();
    taken.read_to_end(&mut bytes)?;
    for (to, from) in buffer.iter_mut().zip(&bytes) {
        *to = *from;
    }
    Ok(bytes.len())
}

fn packing(head: &[u8]) -> Result<Packing, Why> {
    let unknown = |how| Err(Why::Packed(how));
    match head {
        [0x1f, 0x8b, ..] => Ok(Packing::Gzip),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => unknown("xz"),
        [b'B', b'Z', b'h', ..] => unknown("bzip2"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => unknown("zstd"),
        [b'P', b'K', 3, 4, ..] => unknown("zip"),
        [b'7', b'z', 0xbc, 0xaf, ..] => unknown("7z"),
        [0x1f, 0x9d, ..] => unknown("compress"),
        _ => Ok(Packing::Plain),
    }
}

/// A day in the name of a rotated file: `20261118`, `2026-11-18`, `2026_11_18`, `2026.11.18`.
fn date_in(name: &str) -> Option<Date> {
    let name = name.strip_prefix(NAME).unwrap_or(name);
    name.char_indices().find_map(|(at, _)| {
        let before = name.get(..at)?.chars().next_back();
        let text = name.get(at..).filter(|_| before.is_none_or(|before| !before.is_ascii_digit()))?;
        let (year, rest) = text.split_at_checked(4)?;
        let rest = rest.strip_prefix(['-', '_', '.']).unwrap_or(rest);
        let (month, rest) = rest.split_at_checked(2)?;
        let rest = rest.strip_prefix(['-', '_', '.']).unwrap_or(rest);
        let (day, _) = rest.split_at_checked(2)?;
        let digits = [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let year = year.parse().ok().filter(|year| digits && (2000..2100).contains(year))?;
        Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
    })
}

fn end_of(day: Date) -> DateTime {
    let next = day.at(0, 0, 0, 0).checked_add(1.day());
    next.unwrap_or_else(|_| day.at(23, 59, 59, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_in_a_name_is_found() {
        for (name, day) in [
            ("pmbillmgr.log-20261118", Some(date(2026, 11, 18))),
            ("pmbillmgr.log.2026-11-18_08.15.04.1.gz", Some(date(2026, 11, 18))),
            ("pmbillmgr.log_20261118081504.3.gz", Some(date(2026, 11, 18))),
            ("pmbillmgr.log.1.gz", None),
            ("pmbillmgr.log.20261318", None),
            ("pmbillmgr.log.120261118", None),
            ("pmbillmgr.log.щ20", None),
            ("pmbillmgr.log", None),
        ] {
            assert_eq!(date_in(name), day, "{name}");
        }
    }
}
