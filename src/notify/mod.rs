//! Tells people: in the panel's bell, by a task, in the logs, by a program of the provider's.
//!
//! What is said is in `language::notice`, when it is said in `reselling::telling`.

use crate::billmgr::{Mgrctl, Panel};
use crate::error::Error;
use crate::root::Root;
use crate::settings::NotifySettings;

/// What a task, a notification or a variable may carry, bytes: well below what one argument may have.
const TEXT: usize = 60 * 1024;

/// Makes a task for `[notify] department`; `false` when none is named. Not from inside the panel's event: it calls `mgrctl`.
///
/// # Errors
/// As `Panel::call`; after `Kind::Unanswered` and `Kind::Mgrctl` the task may be there nevertheless.
pub fn task(root: &Root, settings: &NotifySettings, text: &str) -> Result<bool, Error> {
    let Some(department) = settings.department else { return Ok(false) };
    call(root, "task.simple.create", &[("elid", &department.to_string()), ("specification", text)])?;
    Ok(true)
}

/// A function of the panel that saves something (facts/coremanager 9).
fn call(root: &Root, function: &str, params: &[(&str, &str)]) -> Result<(), Error> {
    let params = params.iter().chain(&[("sok", "ok")]).map(|(name, value)| ((*name).to_owned(), bounded(value)));
    Mgrctl::new(root).call(function, &params.collect::<Vec<_>>()).map(drop)
}

/// A text without what no argument may carry, cut at a character's boundary.
fn bounded(text: &str) -> String {
    let mut text = text.replace('\0', " ");
    text.truncate(text.floor_char_boundary(TEXT));
    text
}
