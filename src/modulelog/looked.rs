//! What was looked at: which files, how many lines, from when to when. Without it "nothing was found" may mean anything.

use super::dates::years_earlier;
use super::files::{Skipped, Why};
use jiff::civil::DateTime;
use std::path::Path;
use std::sync::Arc;

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Those that were read to their end.
    pub files: Vec<Arc<Path>>,
    /// All lines of them.
    pub lines: u64,
    /// The earliest and the latest time of a line.
    pub span: Option<(DateTime, DateTime)>,
    /// Files with lines, of which none is a line of the log.
    pub foreign: Vec<Skipped>,
    /// Files that hold the same as another one.
    pub twins: Vec<Arc<Path>>,
}

impl Looked {
    /// A line's time.
    pub fn time(&mut self, at: DateTime) {
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
    }

    /// What was read so far is so many years older.
    pub fn earlier(&mut self, years: i16) {
        self.span = self.span.map(|(first, last)| (years_earlier(first, years), years_earlier(last, years)));
    }

    /// A file was read to its end.
    pub fn file(&mut self, file: &Arc<Path>, lines: u64, understood: bool) {
        if lines > 0 && !understood {
            self.foreign.push(Skipped { path: file.to_path_buf(), why: Why::Foreign(lines), lines: 0 });
            return;
        }
        self.files.push(Arc::clone(file));
        self.lines += lines;
    }

    /// Files were read, and there is no line in them.
    pub fn is_empty(&self) -> bool {
        !self.files.is_empty() && self.lines == 0
    }
}
