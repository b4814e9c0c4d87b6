//! The BILLmanager we buy from, read with the module's own login: politely, and never more than read.
//!
//! Not for deciding anything: what the rows mean for a service of this panel is concluded in `reselling`.

mod address;
mod body;
mod call;
mod client;
mod error;
mod listing;
mod page;
mod row;
mod service;
mod trail;
mod trust;
mod whoami;

pub use call::{Call, ITEMTYPES};
pub use client::Seller;
pub use error::refusal;
pub use listing::{Listing, Walk};
pub(crate) use row::is_id;
pub use service::ServiceForm;
pub use trail::{Trace, Trail};
pub use whoami::Whoami;
