//! The panel that called us: its request, our answer, and the hook on `checkevent`. Not the panel we read: that is `billmgr`.

pub mod document;
pub mod handler;
pub mod hook;
pub mod pages;
pub mod request;
