//! The reselling module's log, `var/pmbillmgr.log`: what went wrong between this panel and the seller, and when.
//!
//! Reads files and nothing else: no database, no seller; what a finding means for a service is concluded elsewhere.
//!
//! * `Files::of(root)`: the file that is being written and the rotated ones, packed or not.
//! * `read(files, window, cut, listener)`: every error and warning as a `Finding`, in the order of the files.
//! * `go_on(files, position, cut, listener)`: the same for what was written since.
//! * `stories(files, ids, window, cut)`: what each thread did for one service.
//! * `requests(files, each)`: of the panel's own log, `var/billmgr.log`, who called what.
//!
//! A line says no year; `dates` counts it along the file, back from the time the file was written. Times are the panel's
//! local ones.

mod chunks;
pub mod dates;
mod files;
mod finding;
mod line;
mod looked;
mod mention;
pub mod names;
mod pairs;
mod piece;
mod requests;
mod scan;
pub mod secrets;
pub mod shapes;
mod stories;
pub mod text;
mod words;

pub use chunks::Cut;
pub use files::{Files, LogFile, Packing, Skipped, Why, unpacked};
pub use finding::Finding;
pub use line::{Level, Stamp, Thread};
pub use looked::Looked;
pub use mention::Ids;
pub use pairs::Paired;
pub use piece::Lines;
pub use requests::{Request, requests};
pub use scan::{Listener, Position, Said, Window, go_on, read, stream};
pub use shapes::{Kind, Shape};
pub use stories::{Step, Stories, Story, What, stories};

/// Whether a line of a log of the panel begins something, and does not go on with what the line before says.
pub fn begins_a_record(line: &str) -> bool {
    line::Line::parse(line.as_bytes()).is_some()
}
