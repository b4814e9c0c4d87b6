//! Simulated BILLmanagers on real parts: real databases, real processes, real HTTP, real logs.
//!
//! `core` is COREmanager: descriptors, requests, handlers, documents. `billing` is BILLmanager: services, operations,
//! the seller's API, `checkevent`. Nothing here knows any particular plugin.

pub mod document;
pub mod request;
