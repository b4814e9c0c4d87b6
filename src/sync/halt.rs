//! Ctrl-C, `kill`, a lost connection: the service at hand is finished, and no other is begun (nor the first, while
//! the panel is at its backup). The second signal ends the process at once,
//! and the next run settles what it was at.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_default};
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody wants the run to end.
#[derive(Default)]
pub(super) struct Halt(Arc<AtomicBool>);

impl Halt {
    /// From here on a signal is a wish. What the caller has this process ignore (`nohup`, a script's background) stays ignored.
    pub fn watch() -> Self {
        let halt = Self::default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0) {
            if let Err(error) = halt.listen(signal) {
                log::warn!("signal {signal} will end a repair in the middle of a service: {error}");
            }
        }
        halt
    }

    /// The default comes first: at the first signal the flag is not up yet.
    fn listen(&self, signal: i32) -> io::Result<()> {
        register_conditional_default(signal, Arc::clone(&self.0))?;
        register(signal, Arc::clone(&self.0))?;
        Ok(())
    }

    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The mask of ignored signals, the first one in the lowest bit.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
