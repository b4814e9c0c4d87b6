//! The files of a log from the oldest to the newest, each piece by piece, every line that tells something dated and handed
//! to whoever listens.

use super::chunks::{self, Cut};
use super::dates::{Calendar, bound, year_before, years_too_late};
use super::files::{Files, LogFile, Packing, Skipped, Why};
use super::finding::{Finding, Pairing};
use super::line::{Stamp, Thread};
use super::piece::{self, Lines, Part, Wanted, What};
use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// The time that is asked about, both ends included; panel's local time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    pub since: Option<DateTime>,
    pub until: Option<DateTime>,
}

impl Window {
    pub fn since(since: DateTime) -> Self {
        Self { since: Some(since), until: None }
    }

    /// Whether what lies in it can be told of a stream whose years show at its end: nothing in it is older than 50 weeks, and a year
    /// earlier nothing is in it.
    pub fn suits_a_stream(&self, now: DateTime) -> bool {
        let recent = |since| now.checked_sub(50.weeks()).is_ok_and(|year| since >= year);
        self.until.is_none() && self.since.is_none_or(recent)
    }

    pub fn holds(&self, at: DateTime) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
    }
}

/// Up to where a log was read: what is written afterwards is read from here on, also when the file was rotated meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// How many of the file's first bytes it is known by after it was moved or packed, and their hash: a log may hold secrets, and
    /// this is kept.
    length: usize,
    head: [u8; 32],
    /// Bytes from the beginning; a line begins here.
    offset: u64,
    /// Lines before it.
    line: u64,
    /// `None` before the first line.
    calendar: Option<Calendar>,
    /// When the file had last been written.
    written: Timestamp,
    /// The file's number: one that was emptied where it lies keeps it. Not known of a position of before.
    #[serde(default)]
    inode: Option<u64>,
}

/// A line as it is.
#[derive(Debug)]
pub struct Said<'a> {
    pub file: &'a Arc<Path>,
    /// From 1.
    pub line: u64,
    pub at: DateTime,
    pub thread: Thread,
    pub text: &'a [u8],
    pub mentions: bool,
}

/// Listens to what the log tells. It is cloned when a file begins, and put back when the file has to be dated again.
pub trait Listener: Clone + Send + Sync {
    /// Whether callbacks and orders are wanted.
    const CALLBACKS: bool = false;
    /// Whether findings are wanted.
    const FINDINGS: bool = true;

    /// Which lines are wanted as they are.
    fn lines(&self) -> Lines<'_> {
        Lines::None
    }

    fn finding(&mut self, finding: Finding);

    /// A line that was wanted.
    fn line(&mut self, _said: Said<'_>) {}

    /// The panel was told that a service of its own is done with (`vds.open`, `service.postsuspend`, ...).
    fn callback(&mut self, _item: u64, _function: &str, _at: DateTime, _thread: Thread) {}

    /// The module ordered a service of ours at the seller. Told with the callbacks.
    fn order(&mut self, _item: u64, _at: DateTime) {}

    /// What was told of a stream so far was so many years earlier: only its end shows it. `nothing_asked`: too early to be asked
    /// about.
    fn earlier(&mut self, _years: i16, _nothing_asked: bool) {}

    /// The time of a line, now and then, and of the last one.
    fn time(&mut self, _at: DateTime) {}

    /// A file, or the stream, was read to its end: how many lines it has, and whether one of them is a line of the log.
    fn file(&mut self, _file: &Arc<Path>, _lines: u64, _understood: bool) {}
}

/// Reads the log. A file in which nothing can be of that time is not opened. Returns what was not read.
pub fn read<L: Listener>(files: &Files, window: Window, cut: Cut, listener: &mut L) -> Vec<Skipped> {
    let mut scan = Scan::new(cut, window, true, listener);
    let mut skipped = files.skipped.clone();
    for file in &files.files {
        if window.since.is_none_or(|since| bound(file.latest) >= since)
            && let Err(broken) = scan.file(file, None)
        {
            skipped.push(broken);
        }
    }
    scan.finish();
    skipped
}

/// Reads what was written after `from`, or everything: what is new is all it costs. An unfinished last line is left for the
/// next time. Returns up to where it was read, if there is a file that is being written, and what was not read.
///
/// An error whose warning ("processing event for item ...") is not written yet is told without its service.
pub fn go_on<L: Listener>(
    files: &Files,
    from: Option<&Position>,
    cut: Cut,
    listener: &mut L,
) -> (Option<Position>, Vec<Skipped>) {
    let mut scan = Scan::new(cut, Window::default(), false, listener);
    let mut skipped = files.skipped.clone();
    let mut position = None;
    let begin = from.and_then(|from| files.files.iter().rposition(|file| from.is_of(file)));
    // Emptied where it lies: nothing but what is in it now is new.
    let emptied = from.is_some_and(|from| begin.is_none() && files.current().map(|file| file.inode) == from.inode);
    for (index, file) in files.files.iter().enumerate() {
        let known = match (begin, from) {
            (Some(begin), _) if index < begin => continue,
            _ if emptied && !file.current => continue,
            // Rotated and thrown away since; what was written later is new.
            (None, Some(from)) if file.written < from.written => continue,
            (Some(begin), from) if index == begin => from,
            _ => None,
        };
        match scan.file(file, known) {
            Ok(reached) => position = reached,
            Err(broken) => skipped.push(broken),
        }
    }
    scan.finish();
    (position, skipped)
}

/// Reads a stream that cannot be read twice. None of its lines is younger than `latest`; where one would be, all before it were a
/// year earlier. Asked about may be only what `Window::suits_a_stream`.
///
/// # Errors
/// The stream's.
pub fn stream<L: Listener>(
    source: impl Read + Send,
    name: &Path,
    latest: DateTime,
    window: Window,
    cut: Cut,
    listener: &mut L,
) -> io::Result<()> {
    let mut scan = Scan::new(cut, window, true, listener);
    let mut run = Run { once: true, ..Run::new(name.into(), latest, None, None) };
    let read = scan.source(source, &mut run);
    // The last one may have seemed to be of a clock that is set back later.
    let ahead = -run.years_off().unwrap_or(0);
    if ahead > 0 {
        scan.pairing.earlier(ahead);
        scan.listener.earlier(ahead, window.since.is_some());
    }
    scan.finish();
    read?;
    run.tell_its_end(listener);
    Ok(())
}

fn broken(file: &LogFile, error: &io::Error, lines: u64) -> Skipped {
    Skipped { path: file.name.to_path_buf(), why: Why::Failed(error.to_string()), lines }
}

impl Position {
    /// A file that was short then may be longer now.
    fn is_of(&self, file: &LogFile) -> bool {
        let shorter = file.packing == Packing::Plain && file.size < self.offset;
        let same = |head: &[u8]| head.get(..self.length).is_some_and(|head| Sha256::digest(head)[..] == self.head);
        !shorter && self.length > 0 && file.head().is_ok_and(|head| same(&head))
    }
}

struct Scan<'a, L> {
    cut: Cut,
    window: Window,
    unfinished: bool,
    pairing: Pairing,
    listener: &'a mut L,
}

/// One reading of one file.
struct Run {
    file: Arc<Path>,
    latest: DateTime,
    calendar: Option<Calendar>,
    first_year: Option<i16>,
    last: Option<(Stamp, Thread)>,
    line: u64,
    /// It ends in a line that nothing ends.
    unended: bool,
    offset: u64,
    /// It cannot be read twice.
    once: bool,
}

impl Run {
    fn new(file: Arc<Path>, latest: DateTime, year: Option<i16>, from: Option<&Position>) -> Self {
        let calendar = from.and_then(|from| from.calendar).or_else(|| year.map(Calendar::starting));
        let (line, offset) = from.map_or((0, 0), |from| (from.line, from.offset));
        Self { file, latest, calendar, first_year: year, last: None, line, unended: false, offset, once: false }
    }

    fn date(&mut self, stamp: Stamp) -> DateTime {
        let calendar = self.calendar.get_or_insert_with(|| Calendar::before(stamp, self.latest));
        self.first_year.get_or_insert(calendar.year());
        calendar.date(stamp)
    }

    fn tell_its_end(&self, listener: &mut impl Listener) {
        listener.file(&self.file, self.line + u64::from(self.unended), self.last.is_some());
    }

    /// By how many years the last line is earlier than it should be; below 0, later.
    fn years_off(&self) -> Option<i16> {
        Some(year_before(self.last?.0, self.latest) - self.calendar?.year())
    }

    /// The year to begin in, when the last line shows that the first guess was wrong.
    fn better_year(&self) -> Option<i16> {
        self.years_off().filter(|years| *years != 0).and_then(|years| Some(self.first_year? + years))
    }
}

impl<'a, L: Listener> Scan<'a, L> {
    fn new(cut: Cut, window: Window, unfinished: bool, listener: &'a mut L) -> Self {
        Self { cut, window, unfinished, pairing: Pairing::default(), listener }
    }

    /// Reads a file to its end; gives the position behind its last whole line when it is the one being written. What a broken file
    /// gave has been told.
    fn file(&mut self, file: &LogFile, from: Option<&Position>) -> Result<Option<Position>, Skipped> {
        let (before, pairing) = (self.listener.clone(), self.pairing.clone());
        let mut run = Run::new(Arc::clone(&file.name), file.latest, None, from);
        let mut read = self.once(file, from, &mut run);
        if let Some(year) = run.better_year().filter(|_| from.is_none()) {
            (*self.listener, self.pairing) = (before, pairing);
            run = Run::new(Arc::clone(&file.name), file.latest, Some(year), None);
            read = self.once(file, None, &mut run);
        }
        read.map_err(|error| broken(file, &error, run.line))?;
        run.tell_its_end(self.listener);
        if !file.current {
            return Ok(None);
        }
        let Run { offset, line, calendar, .. } = run;
        let head = file.head().map_err(|error| broken(file, &error, line))?;
        Ok(Some(Position {
            length: head.len(),
            head: Sha256::digest(&head).into(),
            offset,
            line,
            calendar,
            written: file.written,
            inode: Some(file.inode),
        }))
    }

    fn once(&mut self, file: &LogFile, from: Option<&Position>, run: &mut Run) -> io::Result<()> {
        let mut source = file.open()?;
        let Some(from) = from else { return self.source(source, run) };
        match file.packing {
            Packing::Plain => {
                let mut file = std::fs::File::open(&file.path)?;
                file.seek(SeekFrom::Start(from.offset))?;
                self.source(file, run)
            }
            Packing::Gzip => {
                io::copy(&mut (&mut source).take(from.offset), &mut io::sink())?;
                self.source(source, run)
            }
        }
    }

    fn source(&mut self, source: impl Read + Send, run: &mut Run) -> io::Result<()> {
        let (cut, window) = (self.cut, self.window);
        let begin = run.offset;
        // What is wanted does not change while a source is read.
        let asking = self.listener.clone();
        let wanted = Wanted {
            lines: asking.lines(),
            troubles: L::FINDINGS,
            callbacks: L::CALLBACKS,
            unfinished: self.unfinished,
        };
        let (pairing, listener) = (&mut self.pairing, &mut *self.listener);
        chunks::each(
            source,
            cut,
            |chunk| piece::read(chunk, wanted),
            |part| {
                let whole = part.whole;
                tell(part, run, window, pairing, listener);
                run.offset = whole.map_or(run.offset, |whole| begin + whole);
            },
        )
    }

    fn finish(&mut self) {
        for finding in self.pairing.rest() {
            tell_finding(finding, self.window, self.listener);
        }
    }
}

fn tell<L: Listener>(part: Part, run: &mut Run, window: Window, pairing: &mut Pairing, listener: &mut L) {
    if let Some((stamp, thread)) = run.last {
        for (line, text) in &part.bodies {
            let (at, line) = (run.date(stamp), run.line + line + 1);
            if window.holds(at) {
                listener.line(Said { file: &run.file, line, at, thread, text, mentions: true });
            }
        }
    }
    for told in part.told {
        let at = date(told.stamp, run, window, pairing, listener);
        match told.what {
            What::Time => listener.time(at),
            What::Line { text, mentions } => {
                let (line, thread) = (run.line + told.line + 1, told.thread);
                if window.holds(at) {
                    listener.line(Said { file: &run.file, line, at, thread, text: &text, mentions });
                }
            }
            What::Callback { item, function } => {
                if window.holds(at) {
                    listener.callback(item, &function, at, told.thread);
                }
            }
            What::Order { item } => {
                if window.holds(at) {
                    listener.order(item, at);
                }
            }
            What::Trouble(trouble) => {
                let line = run.line + told.line + 1;
                for finding in pairing.take(trouble, told.thread, at, &run.file, line) {
                    tell_finding(finding, window, listener);
                }
            }
        }
    }
    if let Some(last) = part.last {
        run.last = Some(last);
        let at = date(last.0, run, window, pairing, listener);
        listener.time(at);
    }
    run.line += part.feeds;
    run.unended |= part.unended;
}

/// Dates a line. One of a stream that would be in the future shows that everything before it was earlier.
fn date<L: Listener>(stamp: Stamp, run: &mut Run, window: Window, pairing: &mut Pairing, listener: &mut L) -> DateTime {
    let at = run.date(stamp);
    let late = if run.once { years_too_late(at, stamp, run.latest) } else { 0 };
    let Some(calendar) = run.calendar.as_mut().filter(|_| late > 0) else { return at };
    calendar.shift(-late);
    pairing.earlier(late);
    listener.earlier(late, window.since.is_some());
    calendar.date(stamp)
}

fn tell_finding<L: Listener>(finding: Finding, window: Window, listener: &mut L) {
    if window.holds(finding.at) {
        listener.finding(finding);
    }
}
