//! Where the panel lives: every path inside it is taken from here.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The panel's directory: what `RESELLGUARD_ROOT` says, or else the panel in whose `addon` the program lies, or else
/// `/usr/local/mgr5`. A program in a copied panel must never act on the one that customers use.
#[derive(Clone, Debug)]
pub struct Root(PathBuf);

impl Root {
    pub fn from_environment() -> Self {
        let named = std::env::var_os("RESELLGUARD_ROOT").filter(|value| !value.is_empty()).map(PathBuf::from);
        Self(named.or_else(own_panel).unwrap_or_else(|| PathBuf::from("/usr/local/mgr5")))
    }

    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// `join("etc/billmgr.conf")`; an absolute path stays as it is (`CryptKey` may be absolute).
    pub fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    pub fn settings(&self) -> PathBuf {
        self.join("etc/resellguard.toml")
    }

    /// Our own directory: journal, lock, what the hook has to know.
    pub fn state(&self) -> PathBuf {
        self.join("var/resellguard")
    }

    /// The same, made when it is missing, for root only. What is above it is the panel's and is never made: without it there
    /// is no panel here.
    ///
    /// # Errors
    /// There is no panel, something else is in its place, or the disk refuses.
    pub fn make_state(&self) -> io::Result<PathBuf> {
        let directory = self.state();
        match DirBuilder::new().mode(0o700).create(&directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(directory),
            made => made.map(|()| directory),
        }
    }

    pub fn log(&self) -> PathBuf {
        self.join("var/resellguard.log")
    }

    pub fn mgrctl(&self) -> PathBuf {
        self.join("sbin/mgrctl")
    }
}

/// The panel that this program is installed in: it lies in `addon`, beside `sbin/mgrctl`.
fn own_panel() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let addon = program.parent().filter(|folder| folder.ends_with("addon"))?;
    let root = addon.parent()?;
    root.join("sbin/mgrctl").is_file().then(|| root.to_owned())
}
