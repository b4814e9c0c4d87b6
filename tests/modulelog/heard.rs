//! A listener as the check has one: which events were gone, which failed, which services were brought on.

use jiff::Timestamp;
use jiff::civil::DateTime;
use resellguard::modulelog::{self, Cut, Files, Finding, Kind, Listener, Position, Skipped, Thread, Window};
use std::collections::BTreeMap;

/// How many missed events are kept, the newest; and how many services.
const MOST: usize = 10_000;

/// An event that could not be used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The seller's event, when the error names it.
    pub event: Option<u64>,
    /// The service here, when the warning names it.
    pub item: Option<u64>,
    /// Why: `Kind::MissedEvent`, `Kind::ForeignItem`, or what else kept it from being applied.
    pub kind: Kind,
    pub thread: Thread,
    /// Panel's local time.
    pub at: DateTime,
}

/// What the log says.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Events that were gone, whoever they were for, by time as they stand in the log; the newest `MOST`.
    pub missed: Vec<Failed>,
    /// Events that came and were not applied, each with its service.
    pub failed: Vec<Failed>,
    /// Services that were brought on here: the last callback (`vds.open`, `service.postsuspend`, `certificate.save`, ...)
    /// for each, and when. Proof that an event for it was applied, or that a repair was made by the module.
    pub applied: BTreeMap<u64, DateTime>,
    /// The time of the last line that was read; `None` when there was none in the window.
    pub last_line: Option<DateTime>,
    /// When the file was last written; `None` when there is no `var/pmbillmgr.log`.
    pub written: Option<Timestamp>,
    /// What was not read, and why.
    pub skipped: Vec<Skipped>,
    /// Pass it to the next `heard_after`: what is new is all it costs.
    pub position: Option<Position>,
}

/// What the log says of events since that moment.
pub fn heard(files: &Files, since: Option<DateTime>) -> Heard {
    let mut heard = Heard::default();
    let window = Window { since, until: None };
    heard.skipped = modulelog::read(files, window, Cut::default(), &mut heard);
    heard.written = files.current().map(|file| file.written);
    heard
}

/// What the log says of events since the reading that left this position; with `None`, in the whole log. Only whole lines are
/// read, so that none is told twice.
pub fn heard_after(files: &Files, position: Option<&Position>) -> Heard {
    let mut heard = Heard::default();
    (heard.position, heard.skipped) = modulelog::go_on(files, position, Cut::default(), &mut heard);
    heard.written = files.current().map(|file| file.written);
    heard
}

impl Listener for Heard {
    const CALLBACKS: bool = true;

    fn finding(&mut self, finding: Finding) {
        let Finding { event, item, kind, thread, at, told_by_warning, .. } = finding;
        let list = match kind {
            Kind::MissedEvent => &mut self.missed,
            _ if told_by_warning => &mut self.failed,
            _ => return,
        };
        if list.len() >= 2 * MOST {
            list.drain(..MOST);
        }
        list.push(Failed { event, item, kind, thread, at });
    }

    fn callback(&mut self, item: u64, _function: &str, at: DateTime, _thread: Thread) {
        if self.applied.len() < 10 * MOST || self.applied.contains_key(&item) {
            self.applied.insert(item, at);
        }
    }

    fn time(&mut self, at: DateTime) {
        self.last_line = Some(at);
    }
}
