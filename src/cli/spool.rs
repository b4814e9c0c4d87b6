//! Standard input that has to be read twice: kept in a file that has no name any more, so that it goes with this process however that ends.

use crate::error::{Error, Kind};
use jiff::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes that are kept at most: a machine's temporary directory may be in its memory.
const MOST: u64 = 1024 * 1024 * 1024;

pub(super) struct Spool {
    file: File,
}

impl Spool {
    /// Reads the source to its end.
    ///
    /// # Errors
    /// `Kind::File`: it is longer than a gigabyte, or there is no room for it.
    pub(super) fn of(source: impl Read) -> Result<Self, Error> {
        Self::within(MOST, source)
    }

    fn within(most: u64, source: impl Read) -> Result<Self, Error> {
        let folder = std::env::temp_dir();
        let failed = |error: io::Error| {
            Error::new(Kind::File, format!("keeping the standard input in {}: {error}", folder.display()))
        };
        let mut file = nameless(&folder).map_err(failed)?;
        let kept = io::copy(&mut source.take(most.saturating_add(1)), &mut file).map_err(failed)?;
        if kept > most {
            let size = most / 1024 / 1024;
            return Err(Error::new(Kind::File, format!("the standard input is longer than {size} MiB: name a file")));
        }
        Ok(Self { file })
    }

    /// By which it is opened anew, from its beginning.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }
}

/// A new file of ours alone, whose name is gone at once.
fn nameless(folder: &Path) -> io::Result<File> {
    let name = format!(".resellguard-{}-{}", std::process::id(), Timestamp::now().as_nanosecond());
    let path = folder.join(name);
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_often_as_wanted_and_has_a_limit() {
        let spool = Spool::within(5, &b"12345"[..]).unwrap();
        for _ in 0..2 {
            assert_eq!(fs::read(spool.path()).unwrap(), b"12345");
        }
        assert!(Spool::within(4, &b"12345"[..]).is_err());
    }
}
