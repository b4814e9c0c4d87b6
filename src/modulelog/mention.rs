//! Where a service is mentioned: its id here and its id at the seller, as a whole number and in a place where an id of a
//! service stands. A number that happens to be the same (a price, a period, a process) is none.

use super::line::LONGEST;
use super::piece::param;
use super::text::decoded;
use memchr::{memchr, memmem, memrchr};

/// How much before a number is looked at, bytes.
const BEFORE: usize = 96;
/// Parameters and elements whose value may be a service's id.
const NAMES: [&[u8]; 6] = [b"elid", b"item", b"remoteid", b"service_id", b"item_id", b"id"];
/// Words before a quoted id.
const WORDS: [&[u8]; 4] = [b"item '", b"service '", b"item \"", b"service \""];
/// Functions whose `elid` is no service.
const OTHERS: [&[u8]; 9] = [
    b"runningoperation",
    b"task",
    b"processing",
    b"problems",
    b"pricelist",
    b"account",
    b"user",
    b"project",
    b"ticket",
];

/// What a service is known by.
#[derive(Clone, Debug)]
pub struct Ids {
    /// Its id here.
    pub here: u64,
    /// Its id at the seller, when it is known and a number.
    pub seller: Option<u64>,
    finders: Vec<memmem::Finder<'static>>,
}

impl Ids {
    pub fn new(here: u64, seller: Option<u64>) -> Self {
        let finders = std::iter::once(here).chain(seller.filter(|seller| *seller != here));
        let finders = finders.map(|id| memmem::Finder::new(&id.to_string()).into_owned()).collect();
        Self { here, seller, finders }
    }

    /// Whether this is one of its ids.
    pub fn is(&self, id: u64) -> bool {
        id == self.here || Some(id) == self.seller
    }

    /// Positions of the mentions in these lines, in order.
    pub(super) fn mentions(&self, data: &[u8]) -> Vec<usize> {
        let mut found: Vec<usize> = self
            .finders
            .iter()
            .flat_map(|finder| finder.find_iter(data).filter(|at| is_mention(data, *at, finder.needle().len())))
            .collect();
        found.sort_unstable();
        found
    }

    /// Whether one line mentions it.
    pub fn mentioned(&self, line: &[u8]) -> bool {
        !self.mentions(line).is_empty()
    }
}

fn is_mention(data: &[u8], at: usize, length: usize) -> bool {
    if data.get(at + length).is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let from = data.get(..at).and_then(|before| memrchr(b'\n', before)).map_or(0, |feed| feed + 1);
    if at - from >= LONGEST {
        return false;
    }
    let before = data.get(from.max(at.saturating_sub(BEFORE))..at).unwrap_or_default();
    if !begins_number(before) {
        return false;
    }
    let before = decoded(before);
    let lead = without_list(&before).trim_ascii_end();
    if WORDS.iter().any(|word| lead.ends_with(word)) {
        return true;
    }
    if let Some(error) = lead.strip_suffix(b"Value: '") {
        return [&b"Object: 'item' "[..], b"Object: 'service' ", b"Object: 'remoteid' "]
            .iter()
            .any(|end| error.ends_with(end));
    }
    let (lead, sign) = match lead {
        [lead @ .., sign @ (b'=' | b'>')] => (lead, *sign),
        // `"remoteid":"16643"`, `"remoteid":{"$":"16643"`
        [lead @ .., b'"'] => {
            let lead = lead.strip_suffix(b"{\"$\":").unwrap_or(lead);
            (lead.strip_suffix(b":").and_then(|lead| lead.strip_suffix(b"\"")).unwrap_or_default(), b':')
        }
        _ => return false,
    };
    let begin = lead.iter().rposition(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').map_or(0, |at| at + 1);
    let name = lead.get(begin..).unwrap_or_default();
    if name == b"value" {
        // A parameter of the service that keeps the seller's id: what it is called is not known (facts/billmanager 0.5).
        return memmem::find(lead, b"remote").is_some();
    }
    NAMES.contains(&name) && !(sign == b'=' && name == b"elid" && of_something_else(data, from))
}

/// A number begins behind `before`: no digit stands there, but for those of an escape (`%20`); and it is not itself in the
/// middle of one.
fn begins_number(before: &[u8]) -> bool {
    match before {
        [.., b'%'] => false,
        [.., b'%', half] if half.is_ascii_hexdigit() => false,
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            decoded(&[b'%', *high, *low]).first().is_none_or(|byte| !byte.is_ascii_digit())
        }
        [.., last] => !last.is_ascii_digit(),
        [] => true,
    }
}

/// Ids before it in a list go: `elid=1, 2, `.
fn without_list(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(list) = rest.strip_suffix(b", ").or_else(|| rest.strip_suffix(b",")) {
        let digits = list.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        rest = list.get(..list.len() - digits).unwrap_or_default();
        if digits == 0 {
            break;
        }
    }
    rest
}

/// The line's query asks for a function whose `elid` is no service.
fn of_something_else(data: &[u8], from: usize) -> bool {
    let line = data.get(from..).unwrap_or_default();
    let line = memchr(b'\n', line).and_then(|feed| line.get(..feed)).unwrap_or(line);
    let Some(at) = memmem::find(line, b"func=") else { return false };
    names_no_service(&decoded(param(line.get(at..).unwrap_or_default(), "func").unwrap_or_default()))
}

/// The function's `elid` is no service.
pub(super) fn names_no_service(function: &[u8]) -> bool {
    OTHERS.iter().any(|other| {
        function
            .strip_prefix(*other)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b".") || rest.starts_with(b"'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_mention_only_as_a_whole_number_in_the_place_of_an_id() {
        let ids = Ids::new(16643, Some(4_478_979));
        for (line, mentioned) in [
            ("QUERY: func=vds.open&elid=16643&sok=ok", true),
            ("QUERY: func=vds.open&elid=16643", true),
            ("Query('func=v2.vds.order.param&remoteid=16643')", true),
            ("Query('func=task.edit&item=16643&type=1')", true),
            ("Query('func=vds.edit&elid=4478979')", true),
            ("a%26elid%3D16643%26b", true),
            ("elid=1%2C%2016643%2C%203", true),
            ("elid=1, 22, 16643", true),
            ("elid=1,16643", true),
            ("processing event for item '16643' failed", true),
            ("Type: 'missed' Object: 'item' Value: '16643'", true),
            ("<remoteid>16643</remoteid>", true),
            (r#""remoteid":{"$":"16643"}"#, true),
            (r#""remoteid":"16643""#, true),
            ("func=service.saveparam&elid=5&name=b4%5Fremote%5Fid&value=4478979", true),
            // Another number.
            ("elid=116643", false),
            ("elid=166430", false),
            ("elid=%216643", false),
            ("elid=%2016643", true),
            ("elid=%3116643", false),
            // Another meaning.
            ("cost=16643", false),
            ("period=16643&value=16643", false),
            ("Nov 18 08:15:04 [16643:1] rpc NOTE x", false),
            ("Nov 18 08:15:04 [1:16643] rpc NOTE x", false),
            ("func=runningoperation.edit&elid=16643", false),
            ("Query('func=task.edit&elid=16643')", false),
            ("Type: 'missed' Object: 'itemevent' Value: '16643'", false),
            ("Type: 'missed' Object: 'pricelist' Value: '16643'", false),
            ("with '16643' does not exist", false),
            ("16643", false),
            (", 16643", false),
        ] {
            assert_eq!(ids.mentioned(line.as_bytes()), mentioned, "{line}");
        }
    }
}
