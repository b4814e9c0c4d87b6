//! The core: what we conclude and decide. Takes data and a clock, returns data; no I/O.

pub mod account;
pub mod addresses;
pub mod audit;
pub mod carried;
pub mod circumstance;
pub mod conclusion;
pub mod decision;
pub mod elsewhere;
pub mod exclusivity;
pub mod fingerprint;
pub mod heard;
pub mod ids;
pub mod link;
pub mod losses;
mod matrix;
pub mod numbering;
pub mod patience;
mod placeholder;
pub mod plan;
pub mod product;
pub mod reverse;
pub mod service;
pub mod status;
pub mod telling;
pub mod usage;
pub mod verdict;
pub mod way;
