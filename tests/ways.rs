//! The two other ways of a repair: by the module's own `sync_item` and by the manual module's task. Which calls and which SQL there
//! are, what stops a run, and what the next run finds when one was killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "ways/back.rs"]
mod back;
#[path = "ways/forget.rs"]
mod forget;
#[path = "ways/module.rs"]
mod module;
#[path = "ways/play.rs"]
mod play;
mod stage;
#[path = "ways/task.rs"]
mod task;
#[path = "ways/theirs.rs"]
mod theirs;
