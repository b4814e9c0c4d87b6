//! Simulated BILLmanagers on real parts: real databases, real processes, real HTTP, real logs.
//!
//! `core` is COREmanager: descriptors, requests, handlers, documents. `billing` is BILLmanager: services, operations,
//! the seller's API, `checkevent`. Nothing here knows any particular plugin.

// A test fixture stops at the first thing that is not as it should be, and says where.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::missing_panics_doc)]

pub mod billing;
pub mod browser;
pub mod core;
pub mod database;
pub mod document;
pub mod request;
pub mod scenes;
pub mod site;
pub mod world;
