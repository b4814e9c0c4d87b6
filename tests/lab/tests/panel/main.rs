//! That the lab is a panel and not a stage set: plugins of other authors run in it unchanged.

// The helpers of tests stop, as tests do, at the first thing that is not as it should be.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod http;
mod mgrctl;
mod plugins;
mod sample;
mod web;
