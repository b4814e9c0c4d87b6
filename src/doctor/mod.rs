//! Is this panel able to do all of it? One check after the other, none of which changes anything but a file that is written and
//! removed again in our own directory. What cannot be looked at is skipped and says why.

mod bundle;
mod known;
mod mask;
mod notified;
mod panel;
mod sellers;

pub use bundle::{Packed, bundle};

use crate::journal::rfc3339;
use crate::reading::Here;
use crate::root::Root;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde::Serialize;

/// How one check came out; the gravest is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Skipped,
    Ok,
    /// It works, and not all of it.
    Warning,
    /// What the check is about does not work.
    Broken,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A word, and for an account its name: `seller.login https://host/billmgr#user`.
    pub name: String,
    pub status: Status,
    /// English, never a secret.
    pub detail: String,
    /// What to do; empty when there is nothing to do.
    pub fix: String,
}

impl Check {
    fn new(name: impl Into<String>, status: Status, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name: name.into(), status, detail: detail.into(), fix: fix.into() }
    }

    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, detail, "")
    }

    fn skipped(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(name, Status::Skipped, why, "")
    }
}

/// Everything that was checked.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// 0, 1 warnings, 2 broken.
    pub fn exit_status(&self) -> u8 {
        match self.checks.iter().map(|check| check.status).max() {
            Some(Status::Broken) => 2,
            Some(Status::Warning) => 1,
            _ => 0,
        }
    }
}

/// The panel's local time with its offset, to the second.
fn moment(at: Timestamp) -> String {
    rfc3339(&ZonedDateTime::new(at, TimeZone::system()))
}

/// Checks everything. Nothing here is an error: what fails is a check that says so.
pub fn examine(root: &Root) -> Diagnosis {
    let mut checks = panel::files(root);
    match Here::open(root) {
        Err(error) => {
            let fix = error.kind.guidance(crate::language::Language::En).next;
            checks.push(Check::new("database", Status::Broken, error.detail, fix));
            checks.push(Check::skipped("seller", "without the database it is not known which sellers there are"));
        }
        Ok(here) => {
            checks.extend(panel::database(&here));
            checks.push(panel::left_on_manual(&here));
            checks.push(notified::notified(&here));
            checks.extend(sellers::accounts(&here));
        }
    }
    checks.extend(panel::surroundings(root));
    Diagnosis { checks }
}
