//! Carrying out a plan: read both sides, decide, write down, read again, call, read back, write down.
//!
//! What is decided is in `reselling`; this is the order in which it happens.

mod again;
mod ahead;
mod apply;
mod forms;
mod forward;
mod halt;
mod interrupted;
mod kept;
mod left;
pub mod lock;
mod manual;
mod module;
mod planning;
pub mod steps;
mod undo;
mod ways;

pub use apply::{Options, sync};
pub use forward::{repair_forward, set_aside};
pub use kept::{Unknown, unknown_to};
pub use left::{OnManual, on_manual};
pub use planning::{Wanted, drift, drift_allowing, plan_of, under_way};
pub use ways::drift_by;
