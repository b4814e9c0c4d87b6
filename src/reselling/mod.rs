//! The core: what we conclude and decide. Takes data and a clock, returns data; no I/O.

pub mod account;
pub mod ids;
pub mod service;
pub mod status;
