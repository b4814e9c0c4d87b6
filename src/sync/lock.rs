//! One at a time: a lock that says who holds it, since when, and that a killed process lets go of.

use crate::error::{Error, Kind};
use crate::journal::rfc3339;
use crate::root::Root;
use jiff::ZonedDateTime;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;

/// Held until dropped; the file stays, its lock goes with the process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of that name, or `None` when somebody else holds it.
    ///
    /// # Errors
    /// `Kind::State` when the lock's file cannot be made.
    pub fn try_take(root: &Root, name: &str, who: &str) -> Result<Option<Self>, Error> {
        let (mut file, path) = open(root, name)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(Error::new(Kind::State, format!("locking {path}: {error}")));
            }
        }
        let holder = format!("{who}, process {}, since {}\n", std::process::id(), rfc3339(&ZonedDateTime::now()));
        // Who holds it is a courtesy: a full disk does not unlock the door.
        let _ = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
        Ok(Some(Self { _file: file }))
    }

    /// Takes the lock, or says who holds it and since when.
    ///
    /// # Errors
    /// `Kind::Locked` or `Kind::State`.
    pub fn take(root: &Root, name: &str, who: &str) -> Result<Self, Error> {
        if let Some(lock) = Self::try_take(root, name, who)? {
            return Ok(lock);
        }
        let (mut file, _) = open(root, name)?;
        let mut holder = String::new();
        let _ = file.rewind();
        let _ = file.take(300).read_to_string(&mut holder);
        let holder = holder.trim();
        // As it was written above; who it is stays as the journal names him.
        let russian = holder.replace(", process ", ", процесс ").replace(", since ", ", с ");
        let said = (format!("another repair is running: {holder}"), format!("исправление уже идёт: {russian}"));
        Err(Error::said(Kind::Locked, said))
    }
}

fn open(root: &Root, name: &str) -> Result<(File, String), Error> {
    let path = root.state().join(format!("{name}.lock"));
    let shown = path.display().to_string();
    root.make_state()
        .and_then(|_| OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path))
        .map(|file| (file, shown.clone()))
        .map_err(|error| Error::new(Kind::State, format!("opening {shown}: {error}")))
}
