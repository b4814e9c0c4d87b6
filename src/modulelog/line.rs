//! One line of a log: its head (`Nov 18 08:15:04 [23241:1] module LEVEL text`) taken apart. A line without a head belongs to
//! the line before (facts/billmanager 8, facts/coremanager 8).

use super::dates::day_of_year;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest part of a line that is looked at, bytes. A longer line is one line all the same.
pub const LONGEST: usize = 64 * 1024;

/// Who wrote a line: the process and the panel's own number of the request in it. Both are used again after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Thread {
    pub pid: u32,
    pub number: u32,
}

/// In place of a number that is larger than any: no process has it, but the line is one all the same.
const TOO_LARGE: u32 = u32::MAX;

impl fmt::Display for Thread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, before) in [(self.pid, ""), (self.number, ":")] {
            out.write_str(before)?;
            if number == TOO_LARGE { out.write_str("?")? } else { number.fmt(out)? }
        }
        Ok(())
    }
}

/// When, as the line says it: there is no year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

/// A thread that was silent for longer is another one of the same number. Seconds.
const SILENCE: i64 = 10 * 60;
/// One that lies before another in a year lies after it in the next one.
const YEAR: i64 = 366 * DAY;
const DAY: i64 = 24 * 60 * 60;

/// Whether a thread was silent so long that what it says now has nothing to do with what it said before; also where the clock was
/// set back meanwhile.
pub fn another_one(silent: SignedDuration) -> bool {
    silent.is_negative() || silent.as_secs() > SILENCE
}

/// What a line's level says of it, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `CRIT`, `CRITICAL`, `FATAL`, `ERROR`, `ERR`.
    Error,
    /// `WARNING`, `WARN`.
    Warning,
    /// Every other word: `NOTE`, `INFO`, `EXTINFO`, `EXT`, `DEBUG`, `TRACE` and what is not known.
    Other,
}

/// A line's head, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub stamp: Stamp,
    pub thread: Thread,
    pub module: &'a [u8],
    pub level: Level,
    /// After the level, without the colour's end.
    pub text: &'a [u8],
}

impl<'a> Line<'a> {
    /// `None` for a line without a head. `line` has no line feed at its end.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (stamp, rest) = Stamp::parse(line)?;
        let (thread, rest) = thread(rest)?;
        let end = rest.iter().position(|byte| *byte == b' ')?;
        let (module, rest) = rest.split_at_checked(end)?;
        let rest = coloured(rest.strip_prefix(b" ")?);
        let end = rest.iter().position(|byte| !byte.is_ascii_uppercase()).unwrap_or(rest.len());
        let (word, rest) = rest.split_at_checked(end)?;
        let (level, text) = match (word, rest.strip_prefix(b" ")) {
            (b"CRIT" | b"CRITICAL" | b"FATAL" | b"ERROR" | b"ERR", Some(text)) => (Level::Error, text),
            (b"WARNING" | b"WARN", Some(text)) => (Level::Warning, text),
            (_, text) => (Level::Other, text.unwrap_or(rest)),
        };
        Some(Self { stamp, thread, module, level, text: uncoloured(text) })
    }

    /// Who wrote it, when it may be a line with a head.
    pub fn thread(line: &[u8]) -> Option<Thread> {
        thread(Stamp::parse(line)?.1).map(|(thread, _)| thread)
    }
}

impl Stamp {
    /// How much later it is than another one of less than a year before.
    pub fn since(self, before: Self) -> SignedDuration {
        let seconds = |stamp: Self| {
            let [hour, minute, second] = [stamp.hour, stamp.minute, stamp.second].map(i64::from);
            i64::from(day_of_year((stamp.month, stamp.day))) * DAY + hour * 60 * 60 + minute * 60 + second
        };
        let leapt = (before.month, before.day) == (2, 28) && (self.month, self.day) == (3, 1);
        let later = seconds(self) - seconds(before) - if leapt { DAY } else { 0 };
        SignedDuration::from_secs(if later < 0 { later + YEAR } else { later })
    }

    /// `May  7 15:07:16 ` and what follows it; a day without its padding is taken, too.
    pub fn parse(line: &[u8]) -> Option<(Self, &[u8])> {
        let (month, rest) = line.split_first_chunk::<3>()?;
        let month = match month {
            b"Jan" => 1,
            b"Feb" => 2,
            b"Mar" => 3,
            b"Apr" => 4,
            b"May" => 5,
            b"Jun" => 6,
            b"Jul" => 7,
            b"Aug" => 8,
            b"Sep" => 9,
            b"Oct" => 10,
            b"Nov" => 11,
            b"Dec" => 12,
            _ => return None,
        };
        let (day, rest) = match rest.split_first_chunk::<4>()? {
            ([b' ', b' ', ones, b' '], rest) => (number(b'0', *ones)?, rest),
            ([b' ', tens, ones, b' '], rest) => (number(*tens, *ones)?, rest),
            ([b' ', ones, b' ', _], _) => (number(b'0', *ones)?, rest.get(3..)?),
            _ => return None,
        };
        let ([h, hh, b':', m, mm, b':', s, ss, b' '], rest) = rest.split_first_chunk::<9>()? else { return None };
        let (hour, minute, second) = (number(*h, *hh)?, number(*m, *mm)?, number(*s, *ss)?);
        // A leap second is written by some clocks.
        let sound = (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
        sound.then_some((Self { month, day, hour, minute, second: second.min(59) }, rest))
    }
}

fn number(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

/// `[23241:1] `; a process without threads writes `[23241] `.
fn thread(rest: &[u8]) -> Option<(Thread, &[u8])> {
    let (pid, rest) = digits(rest.strip_prefix(b"[")?)?;
    if let Some(rest) = rest.strip_prefix(b"] ") {
        return Some((Thread { pid, number: 0 }, rest));
    }
    let (number, rest) = digits(rest.strip_prefix(b":")?)?;
    Some((Thread { pid, number }, rest.strip_prefix(b"] ")?))
}

fn digits(text: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0u32;
    let mut rest = text;
    while let Some((digit @ b'0'..=b'9', more)) = rest.split_first() {
        value = value.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
        rest = more;
    }
    (rest.len() < text.len()).then_some((value, rest))
}

/// Without a colour (`ESC[1;31m`) before it.
fn coloured(text: &[u8]) -> &[u8] {
    let Some(codes) = text.strip_prefix(b"\x1b[") else { return text };
    let end = codes.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';'));
    match end.and_then(|end| codes.split_at_checked(end)) {
        Some((_, [b'm', rest @ ..])) => rest,
        _ => text,
    }
}

/// Without the colour's end (`ESC[0m`), and without the carriage return of a file that went through another system.
fn uncoloured(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    text.strip_suffix(b"\x1b[0m").or_else(|| text.strip_suffix(b"\x1b[m")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_every_form_is_taken_apart() {
        let stamp = Stamp { month: 5, day: 7, hour: 15, minute: 7, second: 16 };
        let thread = Thread { pid: 157_101, number: 549 };
        for (line, module, level, text) in [
            ("May  7 15:07:16 [157101:549] rpc NOTE a b", "rpc", Level::Other, "a b"),
            ("May 7 15:07:16 [157101:549] rpc NOTE a b", "rpc", Level::Other, "a b"),
            ("May  7 15:07:16 [157101:549] rpc \x1b[1;31mERROR a b\x1b[0m", "rpc", Level::Error, "a b"),
            ("May  7 15:07:16 [157101:549] rpc \x1b[1mTRACE a b\x1b[m", "rpc", Level::Other, "a b"),
            ("May  7 15:07:16 [157101:549] core WARNING  a\r", "core", Level::Warning, " a"),
            ("May  7 15:07:16 [157101:549] core CRIT a", "core", Level::Error, "a"),
            ("May  7 15:07:16 [157101:549] core EXT", "core", Level::Other, ""),
            ("May  7 15:07:16 [157101:549] core ERRORS a", "core", Level::Other, "a"),
            ("May  7 15:07:16 [157101:549] core \x1b[1;3", "core", Level::Other, "\x1b[1;3"),
        ] {
            let parsed = Line::parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(parsed.stamp, stamp, "{line}");
            assert_eq!(parsed.thread, thread, "{line}");
            let (got, said) = (String::from_utf8_lossy(parsed.module), String::from_utf8_lossy(parsed.text));
            assert_eq!((got.as_ref(), parsed.level, said.as_ref()), (module, level, text), "{line}");
        }
    }

    #[test]
    fn what_has_no_head_is_no_line() {
        for line in [
            "",
            "<doc>",
            "  May  7 15:07:16 [1:1] rpc NOTE a",
            "May 32 15:07:16 [1:1] rpc NOTE a",
            "May  0 15:07:16 [1:1] rpc NOTE a",
            "May  7 24:07:16 [1:1] rpc NOTE a",
            "May  7 15:07:16 [:1] rpc NOTE a",
            "May  7 15:07:16 [1:] rpc NOTE a",
            "May  7 15:07:16 [1:1]rpc NOTE a",
            "May  7 15:07:16 [1:1] rpc",
            "Mai  7 15:07:16 [1:1] rpc NOTE a",
            "2024-05-06 06:06:00,103 [60065] name  LEVEL msg",
        ] {
            assert_eq!(Line::parse(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_number_that_is_too_large_for_a_process_does_not_hide_its_line() {
        for (head, thread) in
            [("[99999999999999999999:1]", "?:1"), ("[7:99999999999]", "7:?"), ("[4294967294:0]", "4294967294:0")]
        {
            let line = format!("May  7 15:07:16 {head} libmgr ERROR a");
            let parsed = Line::parse(line.as_bytes()).unwrap();
            assert_eq!((parsed.thread.to_string().as_str(), parsed.level), (thread, Level::Error));
        }
    }

    #[test]
    fn a_line_cut_anywhere_harms_nothing() {
        let line = b"May  7 15:07:16 [157101:549] rpc \x1b[1;31mERROR Error: Type: 'missed' Object: 'itemevent'\x1b[0m";
        for end in 0..line.len() {
            let _ = Line::parse(&line[..end]);
        }
        assert_eq!(Line::parse(b"May  7 15:07:16 [157101] php DEBUG a").map(|line| line.thread.number), Some(0));
    }
}
