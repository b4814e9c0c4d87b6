//! The plugin as the panel runs it: by itself, and in a panel that loads its descriptor.

// A fixture that cannot be built is a failed test; the lints exempt only functions that are tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod alone;
mod in_panel;
#[path = "../lists/mod.rs"]
mod lists;
mod pages;
mod place;
