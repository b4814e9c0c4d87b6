//! `resellguard`: a BILLmanager plugin that finds out who shares a reseller account and repairs the services that hang
//! because of it. The folders tell the story of the data: who called us (`panel`, `cli`), what we read (`billmgr`,
//! `seller`, `modulelog`), what we conclude (`reselling`), what we do and write down (`sync`, `journal`), how we show it (`report`).

pub mod audit;
pub mod billmgr;
pub mod check;
pub mod cli;
pub mod doctor;
pub mod elsewhere;
pub mod error;
pub mod explain;
pub mod fleet;
pub mod handover;
mod hearing;
pub mod journal;
pub mod language;
pub mod logging;
pub mod modulelog;
pub mod notify;
pub mod panel;
pub mod process;
pub mod reading;
pub mod report;
pub mod reselling;
pub mod root;
pub mod secret;
pub mod seller;
pub mod settings;
pub mod sync;
pub mod xml;
