//! Writes a reselling module's log of so many megabytes to the standard output, the same bytes each time:
//!
//!     module_log MEGABYTES
//!
//! The lines are those of the article, with other ids: orders, events that are fetched and saved, events that are gone,
//! answers of many lines, threads that write through one another; a month from the first line to the last. Service 16643
//! is met in one of 4000 requests, one of them in thread 23241:1, as in the article.

use std::io::{self, BufWriter, Write};

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// The lines of one request, without their time; an item that begins with a line feed is a body.
fn request(random: &mut Random, item: u64, lines: &mut Vec<String>) {
    let event = 1_000_000 + random.below(900_000);
    let query = |lines: &mut Vec<String>, query: &str| {
        lines.push(format!("sbin_utils INFO QUERY: {query}"));
        lines.push("sbin_utils NOTE Connect to billmgr".to_owned());
        lines.push(format!("rpc EXTINFO Query('{query}')"));
    };
    match random.below(100) {
        0..10 => {
            lines.push(format!("processing NOTE open item '{item}'"));
            lines.push(format!(
                "rpc EXTINFO Query('func=v2.vds.order.param&sok=ok&out=xml&period=1&pricelist=3421&remoteid={item}\
                 &domain=server{item}%2Eexample%2Ecom&ostempl=ISPsystem%5F%5FUbuntu%2D22%2E04&autoprolong=1')"
            ));
            query(lines, &format!("func=vds.open&sok=ok&elid={item}&username=root&ip=192%2E0%2E2%2E{}", random.below(256)));
        }
        10..13 => {
            lines.push(format!("rpc EXTINFO Query('func=itemevent.edit&out=xml&elid={event}')"));
            lines.push(format!("libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '{event}'"));
            lines.push(format!(
                "processing WARNING processing event for item '{item}' failed: ' with '{event}' does not exist ' "
            ));
        }
        13..20 => {
            lines.push("rpc EXTINFO Query('func=itemevent&out=xml')".to_owned());
            let mut body = "\n<doc lang=\"en\" func=\"itemevent\">".to_owned();
            for _ in 0..2 + random.below(12) {
                let (id, other) = (event + random.below(50), 20_000 + random.below(70_000));
                body += &format!("\n  <elem><id>{id}</id><type>vds.open</type><remoteid>{other}</remoteid></elem>");
            }
            lines.push(body + "\n</doc>");
        }
        _ => {
            lines.push(format!("rpc EXTINFO Query('func=itemevent.edit&out=xml&elid={event}')"));
            query(
                lines,
                &format!(
                    "func=service.saveparam&sok=ok&elid={item}&name=last%5Fsync%5Fitem&value=2022%2D11%2D18%2005%3A09%3A{:02}\
                     &crypted=off",
                    random.below(60)
                ),
            );
        }
    }
}

fn main() -> io::Result<()> {
    let megabytes: u64 = std::env::args().nth(1).and_then(|size| size.parse().ok()).expect("megabytes");
    let size = megabytes * 1_000_000;
    let mut random = Random(0x5eed_1225_058d_16a3);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let (mut written, mut requests) = (0, 0_u64);
    // Four requests at a time, each with its thread and what it has still to write.
    let mut open: [(String, Vec<String>); 4] = Default::default();
    while written < size {
        let turn = usize::try_from(random.below(4)).unwrap_or(0);
        let (thread, lines) = &mut open[turn];
        let Some(line) = lines.pop() else {
            requests += 1;
            let ours = requests % 4000 == 2000;
            let item = if ours { 16643 } else { 20_000 + random.below(70_000) };
            *thread = match requests {
                2000 => "23241:1".to_owned(),
                _ => format!("{}:{}", 30_000 + requests / 500 % 60_000, 1 + requests % 500),
            };
            request(&mut random, item, lines);
            lines.reverse();
            continue;
        };
        // From 19 October to 17 November.
        let second = u128::from(written) * 30 * 86_400 / u128::from(size);
        let (day, second) = (second / 86_400, second % 86_400);
        let (month, day) = if day < 13 { ("Oct", day + 19) } else { ("Nov", day - 12) };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let (line, body) = line.split_once('\n').unwrap_or((&line, ""));
        let text = if line.is_empty() {
            format!("{body}\n")
        } else {
            format!("{month} {day:2} {hour:02}:{minute:02}:{second:02} [{thread}] {line}\n")
        };
        out.write_all(text.as_bytes())?;
        written += text.len() as u64;
    }
    out.flush()
}
