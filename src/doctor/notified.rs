//! Whether those whom `[notify]` names can be told.

use super::{Check, Status};
use crate::notify::untold;
use crate::reading::Here;

pub(super) fn notified(here: &Here) -> Check {
    let (name, settings) = ("notify", &here.settings.notify);
    let named = settings.users.len() + usize::from(settings.department.is_some() || settings.command.is_some());
    if named == 0 {
        return Check::ok(name, "nobody is named in [notify]: notices go to the logs alone");
    }
    match here.database.employees() {
        Err(error) => Check::skipped(name, error.detail),
        Ok(employees) => {
            let untold = untold(settings, &employees);
            if untold.is_empty() {
                return Check::ok(name, "everybody whom [notify] names can be told");
            }
            let fix = "correct what is named, in [notify] of etc/resellguard.toml";
            Check::new(name, Status::Warning, untold.join("; "), fix)
        }
    }
}
