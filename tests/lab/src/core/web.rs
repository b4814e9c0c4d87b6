//! The panel's web page, rendered from merged metadata; every page can be used without JavaScript.
//!
//! It only shows and asks: every change is an ordinary call through the pipeline.

use crate::core::Core;
use crate::core::http::{Incoming, Reply};

pub fn respond(_core: &Core, _incoming: &Incoming) -> Reply {
    Reply::new("text/html; charset=UTF-8", String::new())
}
