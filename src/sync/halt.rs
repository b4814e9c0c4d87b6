//! Ctrl-C, `kill`, a lost connection: the service at hand is finished, and no other is begun. The second signal ends the process at once,
//! and the next run settles what it was at.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_default};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody wants the run to end.
#[derive(Default)]
pub(super) struct Halt(Arc<AtomicBool>);

impl Halt {
    /// From here on a signal is a wish.
    pub fn watch() -> Self {
        let halt = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
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
