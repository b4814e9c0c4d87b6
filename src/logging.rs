//! Our own log, in the panel's own line format, and the system's log for what an administrator should see.
//!
//! Opened with the first record, so a call that has nothing to say touches no file. A record that cannot be written is lost:
//! there is nobody to tell, and stdout belongs to the panel.

use crate::root::Root;
use jiff::ZonedDateTime;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The longest line, bytes: longer ones are cut, for a hostile answer may be quoted in one.
const LINE: usize = 4096;
/// The longest record for the system's log: what every implementation takes in one piece.
const SYSLOG_LINE: usize = 900;

/// Records with this target go to the system's log as well, whatever their level: others may keep that log where root of this
/// machine cannot reach it.
pub const AUDIT: &str = "resellguard::audit";

static LOGGER: OnceLock<Journal> = OnceLock::new();

struct Journal {
    path: PathBuf,
    /// `None` until the first record.
    file: Mutex<Option<File>>,
    syslog: AtomicBool,
}

/// Records go to `<root>/var/resellguard.log` from now on. A second call changes nothing.
pub fn start(root: &Root) {
    let logger =
        LOGGER.get_or_init(|| Journal { path: root.log(), file: Mutex::new(None), syslog: AtomicBool::new(false) });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

/// Warnings and errors go to the system's log too (`[notify] syslog`); called once the settings are known.
pub fn to_syslog(also: bool) {
    if let Some(logger) = LOGGER.get() {
        logger.syslog.store(also, Ordering::Relaxed);
    }
}

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Libraries talk about their own business.
        metadata.target().starts_with("resellguard")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        let line = line(&ZonedDateTime::now(), std::process::id(), record.target(), record.level(), &text);
        // A panic elsewhere does not make the file worse.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            *file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path).ok();
        }
        if let Some(file) = file.as_mut() {
            // One write, so that lines of two processes do not mix.
            let _ = file.write_all(line.as_bytes());
        }
        let told = record.level() <= Level::Warn || record.target() == AUDIT;
        if told && self.syslog.load(Ordering::Relaxed) {
            to_system(record.level(), &text);
        }
    }

    fn flush(&self) {}
}

/// `Nov 18 08:15:04 [23241:1] module LEVEL text` (facts/coremanager 8); local time, one record a line.
fn line(now: &ZonedDateTime, process: u32, target: &str, level: Level, text: &str) -> String {
    let module = target.rsplit("::").next().unwrap_or(target);
    let level = match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    };
    let mut line = format!("{} [{process}:1] {module} {level} {}", now.strftime("%b %e %H:%M:%S"), visible(text));
    cut(&mut line, LINE);
    line.push('\n');
    line
}

/// The system's log may be absent; that is no error.
fn to_system(level: Level, text: &str) {
    let formatter = syslog::Formatter3164 {
        facility: syslog::Facility::LOG_DAEMON,
        hostname: None,
        process: "resellguard".to_owned(),
        pid: std::process::id(),
    };
    let mut text = visible(text);
    cut(&mut text, SYSLOG_LINE);
    if let Ok(mut system) = syslog::unix(formatter) {
        let _ = match level {
            Level::Error => system.err(text),
            Level::Warn => system.warning(text),
            Level::Info | Level::Debug | Level::Trace => system.info(text),
        };
    }
}

/// Control characters written out: nobody can forge a line, or speak to the terminal that shows it.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Cuts at a character's boundary and says so.
fn cut(text: &mut String, limit: usize) {
    const MARK: &str = "...";
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit - MARK.len()));
        text.push_str(MARK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    fn now() -> ZonedDateTime {
        date(2026, 5, 7).at(15, 7, 16, 0).to_zoned_datetime(TimeZone::UTC).unwrap()
    }

    #[test]
    fn a_line_is_the_panels_line() {
        assert_eq!(
            line(&now(), 157_101, "resellguard::panel::hook", Level::Warn, "taken"),
            "May  7 15:07:16 [157101:1] hook WARNING taken\n"
        );
    }

    #[test]
    fn a_record_is_one_line_whatever_it_quotes() {
        let line = line(&now(), 1, "resellguard", Level::Error, "a\nNov  1 00:00:00 [1:1] x INFO forged\x1b[2J\u{9b}");
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.contains("a\\nNov") && line.contains("\\u{1b}[2J\\u{9b}"), "{line}");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        for lead in 0..4 {
            let text = "x".repeat(lead) + &"щ".repeat(LINE);
            let line = line(&now(), 1, "resellguard", Level::Error, &text);
            assert!(line.len() <= LINE + 1 && line.len() > LINE - 4 && line.ends_with("...\n"), "{}", line.len());
        }
    }
}
