//! The panel's own log, `billmgr.log`: who called what, from where (facts/billmanager 8, `core_module INFO Request [ip][user] 'params'`).

use super::chunks::{self, Chunk, Cut};
use super::dates::Calendar;
use super::files::{Files, LogFile, Skipped};
use super::line::{Line, Stamp};
use jiff::civil::DateTime;
use std::net::IpAddr;

/// One call from outside by a user that has a number. Calls of staff in a customer's name (`admin(1)#client(4)`) are not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub address: IpAddr,
    pub user: u64,
    /// The name that the log gives with the number: who calls himself like somebody else has another number.
    pub name: String,
    pub function: String,
    /// The parameters have a `remoteid`.
    pub remoteid: bool,
}

/// Hands over every request, oldest first, and returns the time of the oldest line and what could not be read.
pub fn requests(files: &Files, mut each: impl FnMut(DateTime, Request) + Send) -> (Option<DateTime>, Vec<Skipped>) {
    let mut skipped = files.skipped.clone();
    let mut oldest = None;
    for file in &files.files {
        if let Err(error) = one(file, &mut oldest, &mut each) {
            skipped.push(Skipped { path: file.path.to_path_buf(), why: error.into(), lines: 0 });
        }
    }
    (oldest, skipped)
}

fn one(
    file: &LogFile,
    oldest: &mut Option<DateTime>,
    each: &mut (impl FnMut(DateTime, Request) + Send),
) -> std::io::Result<()> {
    let mut calendar: Option<Calendar> = None;
    let take = |found: Vec<(Stamp, Option<Request>)>| {
        for (stamp, request) in found {
            let at = calendar.get_or_insert_with(|| Calendar::before(stamp, file.latest)).date(stamp);
            *oldest = Some(oldest.map_or(at, |known| known.min(at)));
            if let Some(request) = request {
                each(at, request);
            }
        }
    };
    chunks::each(file.open()?, Cut::default(), scan, take)
}

/// The requests of a piece, and its first line for the date.
fn scan(chunk: Chunk<'_>) -> Vec<(Stamp, Option<Request>)> {
    let lines = chunk.data.split(|byte| *byte == b'\n').skip(usize::from(chunk.inside));
    let mut found: Vec<(Stamp, Option<Request>)> = Vec::new();
    for line in lines {
        let Some(line) = Line::parse(line) else { continue };
        let request = if line.module == b"core_module" { request(line.text) } else { None };
        if request.is_some() || found.is_empty() {
            found.push((line.stamp, request));
        }
    }
    found
}

fn request(text: &[u8]) -> Option<Request> {
    let text = std::str::from_utf8(text).ok()?.strip_prefix("Request [")?;
    let (address, rest) = text.split_once("][")?;
    let address: IpAddr = address.parse().ok()?;
    let (who, params) = rest.split_once("] '")?;
    if who.contains('#') {
        return None;
    }
    let (name, number) = who.strip_suffix(')')?.rsplit_once('(')?;
    let params = params.strip_suffix('\'').unwrap_or(params);
    let of = |name: &str| params.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
    let (_, function) = of("func")?;
    let plain =
        function.len() <= 64 && function.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    Some(Request {
        address: address.to_canonical(),
        user: number.parse().ok()?,
        name: name.to_owned(),
        function: if plain { function.to_owned() } else { "?".to_owned() },
        remoteid: of("remoteid").is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_call_is_read_and_nobody_elses() {
        let call = |name: &str, user, function: &str, remoteid| {
            let address = IpAddr::from([192, 168, 50, 14]);
            Some(Request { address, user, name: name.to_owned(), function: function.to_owned(), remoteid })
        };
        for (text, read) in [
            ("Request [192.168.50.14][shop(4)] 'auth=*&func=whoami&out=xml'", call("shop", 4, "whoami", false)),
            (
                "Request [::ffff:192.168.50.14][shop(4)] 'func=v2.vds.order.param&remoteid=16643'",
                call("shop", 4, "v2.vds.order.param", true),
            ),
            ("Request [192.168.50.14][other(9)(4)] 'func=x'", call("other(9)", 4, "x", false)),
            ("Request [192.168.50.14][shop(4)] 'func=%0a%20'", call("shop", 4, "?", false)),
            ("Request [192.168.50.14][admin(1)#shop(4)] 'func=whoami'", None),
            ("Request [192.168.50.14][a#shop(4)] 'func=whoami'", None),
            ("Request [tinkoffpayment][root] 'elid=7&func=payment.setinpay'", None),
            ("Request [192.168.50.14][root] 'func=checkevent'", None),
            ("Request [192.168.50.14][shop(x)] 'func=whoami'", None),
            ("Request [192.168.50.14][shop(4)] 'out=xml'", None),
            ("Internal [][4] 'func=whoami'", None),
        ] {
            assert_eq!(request(text.as_bytes()), read, "{text}");
        }
    }
}
