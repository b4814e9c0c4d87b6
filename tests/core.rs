//! The tables of the pure core: every file under `tests/cases/` is one case, and adding a case is adding a file.
//! Not for reading panels or sellers: what a case says is what was read.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a table that cannot be read has to fail"
)]

#[path = "core/cases.rs"]
mod cases;
mod chance;
#[path = "core/conclusions.rs"]
mod conclusions;
#[path = "core/every.rs"]
mod every;
#[path = "core/history.rs"]
mod history;
#[path = "core/innocent.rs"]
mod innocent;
mod kinds;
#[path = "core/laws.rs"]
mod laws;
#[path = "core/observation.rs"]
mod observation;
#[path = "core/random.rs"]
mod random;
#[path = "core/tables.rs"]
mod tables;
