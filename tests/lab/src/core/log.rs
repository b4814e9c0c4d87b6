//! The panel's log, in its native line format (facts/coremanager 8). The module's own log is written by the module.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Words of parameter names whose values the log shows as `*`.
const SECRET: [&str; 5] = ["passw", "authinfo", "secret", "key", "confirm"];

/// An open log file.
#[derive(Debug)]
pub struct Log {
    file: Mutex<File>,
    thread: AtomicU64,
    /// Added to the time of every line, seconds.
    ahead: AtomicI64,
}

impl Log {
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Mutex::new(file), thread: AtomicU64::new(1), ahead: AtomicI64::new(0) })
    }

    /// The core's own counter of requests; 1 is the start.
    pub fn next_thread(&self) -> u64 {
        self.thread.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// From now on the log's clock goes ahead of the real one by this much, or behind it when negative: a test plays hours in seconds.
    pub fn set_ahead(&self, ahead: jiff::SignedDuration) {
        self.ahead.store(ahead.as_secs(), Ordering::Relaxed);
    }

    pub fn write(&self, thread: u64, module: &str, level: &str, text: &str) {
        let color = match level {
            "TRACE" => "1",
            "DEBUG" => "1;33",
            "EXTINFO" => "1;36",
            "WARNING" => "1;35",
            "ERROR" => "1;31",
            _ => "1;32",
        };
        let ahead = jiff::SignedDuration::from_secs(self.ahead.load(Ordering::Relaxed));
        let now = jiff::ZonedDateTime::now().saturating_add(ahead).strftime("%b %e %H:%M:%S").to_string();
        let pid = std::process::id();
        let line = format!("{now} [{pid}:{thread}] {module} \x1b[{color}m{level} {text}\x1b[0m\n");
        let mut file = self.file.lock().expect("the log");
        file.write_all(line.as_bytes()).expect("write the log");
    }
}

/// Parameters as the log shows them: url-encoded, by name, secrets as `*`.
pub fn shown(params: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = params.iter().collect();
    sorted.sort();
    let pairs: Vec<String> = sorted
        .into_iter()
        .map(|(name, value)| {
            let lower = name.to_lowercase();
            let secret = SECRET.iter().any(|word| lower.contains(word));
            let value =
                if secret { "*".into() } else { form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>() };
            format!("{name}={value}")
        })
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let params = [("username", "a b"), ("password", "tell nobody"), ("authinfo", "u:p"), ("func", "auth")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(shown(&params), "authinfo=*&func=auth&password=*&username=a+b");
    }
}
