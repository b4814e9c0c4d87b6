//! A panel's directory that lives as long as a test.

use resellguard::handover::Known;
use resellguard::root::Root;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A panel's directory of its own, gone with the test.
pub struct Place(pub PathBuf);

impl Place {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("resellguard-handler-{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("var")).unwrap();
        Self(path)
    }

    pub fn root(&self) -> Root {
        Root::at(&self.0)
    }

    pub fn state(&self) -> PathBuf {
        self.root().state()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.root().log()).unwrap_or_default()
    }

    /// Leaves what an observer leaves; without this `after` starts an observer.
    pub fn knows(&self, next: i64, blocked: &[&str]) {
        let blocked = blocked.iter().map(|account| (*account).to_owned()).collect();
        Known { next, waiting: 0, blocked }.write(&self.root()).unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::set_permissions(self.0.join("var"), fs::Permissions::from_mode(0o700));
        // An observer that was started by the test may still be writing here.
        while fs::remove_dir_all(&self.0).is_err() && self.0.exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

pub fn in_an_hour() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from((now + Duration::from_hours(1)).as_secs()).unwrap()
}
