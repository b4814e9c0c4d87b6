//! Which id a service has at the seller, as the log says it: for where neither the database nor the seller can be asked.
//!
//! Only calls of this panel's own functions are taken: there `elid` is the id here, so that what is kept with it as the seller's is
//! the other one. A request to the seller, or its answer, has ids of which nobody says whose they are (facts/billmanager 12).

use super::line::Line;
use super::mention::names_no_service;
use super::piece::{function, number, param};
use super::text::decoded;
use memchr::memmem;

/// What lines of the log say of a service's id at the seller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paired {
    /// Nothing.
    #[default]
    Never,
    One(u64),
    /// Several, so that it is not known.
    Several,
}

impl Paired {
    /// Takes a line that mentions the service.
    pub fn line(&mut self, line: &[u8], here: u64) {
        let Some(there) = Line::parse(line).and_then(|line| sellers_id(line.text, here)) else { return };
        *self = match *self {
            Self::Never => Self::One(there),
            Self::One(known) if known == there => Self::One(known),
            Self::One(_) | Self::Several => Self::Several,
        };
    }

    pub fn id(self) -> Option<u64> {
        if let Self::One(id) = self { Some(id) } else { None }
    }
}

/// `QUERY: func=vds.edit&elid=16643&remoteid=4478979`, and a parameter of the service that is named after it.
fn sellers_id(text: &[u8], here: u64) -> Option<u64> {
    let query = text.strip_prefix(b"QUERY: ")?;
    let function = function(query);
    if number(query, "elid") != Some(here) || names_no_service(&function) {
        return None;
    }
    let kept = if function.as_ref() == b"service.saveparam" {
        let name = decoded(param(query, "name")?);
        memmem::find(&name, b"remote").map(|_| "value")?
    } else {
        "remoteid"
    };
    number(query, kept).filter(|there| *there != here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_says_which_is_which_pairs_them() {
        let line = |text: &str| {
            let mut paired = Paired::default();
            paired.line(format!("Nov 18 08:15:04 [1:1] x INFO {text}").as_bytes(), 16643);
            paired.id()
        };
        for (text, id) in [
            ("QUERY: func=vds.edit&elid=16643&remoteid=4478979&sok=ok", Some(4_478_979)),
            ("QUERY: func=service.saveparam&sok=ok&elid=16643&name=remote%5Fid&value=4478979", Some(4_478_979)),
            // Another service, another value, the same one, no number.
            ("QUERY: func=vds.edit&elid=16644&remoteid=4478979", None),
            ("QUERY: func=vds.edit&elid=4478979&remoteid=16643", None),
            ("QUERY: func=service.saveparam&elid=16643&name=last%5Fsync&value=4478979", None),
            ("QUERY: func=vds.edit&elid=16643&remoteid=16643", None),
            ("QUERY: func=vds.edit&elid=16643&remoteid=4478979x", None),
            ("QUERY: func=vds.edit&elid=16643&remoteid=", None),
            // An id of something else.
            ("QUERY: func=task.edit&elid=16643&remoteid=4478979", None),
            // Nobody says whose it is.
            ("Query('func=vds.edit&elid=16643&remoteid=4478979')", None),
            ("<elem><id>4478979</id><remoteid>16643</remoteid></elem>", None),
        ] {
            assert_eq!(line(text), id, "{text}");
        }
        let mut paired = Paired::default();
        for (there, expected) in [(5, Paired::One(5)), (5, Paired::One(5)), (6, Paired::Several), (5, Paired::Several)]
        {
            let line = format!("Nov 18 08:15:04 [1:1] x INFO QUERY: func=vds.edit&elid=16643&remoteid={there}");
            paired.line(line.as_bytes(), 16643);
            assert_eq!(paired, expected);
        }
    }
}
