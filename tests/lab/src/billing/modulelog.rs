//! `var/pmbillmgr.log`: what the reselling module writes, in the panel's own line format (facts/billmanager 4.4, 8).
//!
//! It does not rotate.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The log file of one panel.
#[derive(Debug)]
pub struct ModuleLog {
    path: PathBuf,
    threads: AtomicU32,
    /// Lines carry the terminal's colours (facts/billmanager 8).
    pub colour: AtomicBool,
}

/// One run of the module: all its lines carry one `pid:thread`.
#[derive(Debug)]
pub struct Thread<'a> {
    log: &'a ModuleLog,
    number: u32,
}

impl ModuleLog {
    pub fn new(path: PathBuf) -> Self {
        Self { path, threads: AtomicU32::new(0), colour: AtomicBool::new(false) }
    }

    pub fn thread(&self) -> Thread<'_> {
        Thread { log: self, number: self.threads.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Thread<'_> {
    /// `Nov 18 08:15:04 [23241:1] module LEVEL text`. A log that cannot be written is nobody's error.
    pub fn line(&self, module: &str, level: &str, text: &str) {
        let now = jiff::ZonedDateTime::now().strftime("%b %e %H:%M:%S").to_string();
        let (on, off) = if self.log.colour.load(Ordering::Relaxed) { colours(level) } else { ("", "") };
        let line = format!("{now} [{}:{}] {module} {on}{level} {text}{off}\n", std::process::id(), self.number);
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(&self.log.path) {
            drop(file.write_all(line.as_bytes()));
        }
    }
}

fn colours(level: &str) -> (&'static str, &'static str) {
    let on = match level {
        "ERROR" => "\x1b[1;31m",
        "WARNING" => "\x1b[1;35m",
        "INFO" => "\x1b[1;32m",
        _ => "\x1b[1;36m",
    };
    (on, "\x1b[0m")
}

/// A query as the log shows it: everything that is no letter, digit or dot is escaped.
pub fn query(params: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let secret = |name: &str| name.contains("passw") || name == "authinfo" || name == "key";
    let pairs = params
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), if secret(name) { "*".into() } else { encode(value) }));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_escaped_as_in_the_article() {
        let params = [("func", "service.saveparam"), ("name", "last_sync_item"), ("value", "2022-11-18 05:09:02")];
        assert_eq!(
            query(&params),
            "func=service.saveparam&name=last%5Fsync%5Fitem&value=2022%2D11%2D18%2005%3A09%3A02"
        );
        assert_eq!(query(&[("password", "x")]), "password=*");
    }
}
