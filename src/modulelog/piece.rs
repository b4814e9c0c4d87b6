//! One piece of a log read: what in it is told, with line numbers that count from the piece's first line. Runs on several
//! threads; knows neither years nor what the other pieces hold.

use super::chunks::{BEFORE, Chunk};
use super::line::{LONGEST, Level, Line, Stamp, Thread, another_one};
use super::mention::Ids;
use super::shapes::ErrorForm;
use super::text::{SHOWN, decoded, shown};
use memchr::{memchr, memmem, memrchr};
use std::collections::HashSet;

/// `Nov 18`: lines that begin with the same so many bytes are of the same day, or have no head.
const DAY: usize = 6;

/// What one line tells.
#[derive(Debug)]
pub enum What {
    /// The first line of the piece, or the first of another day: nothing but its time.
    Time,
    Trouble(Trouble),
    /// A line that is wanted as it is, whole; `mentions`: it, or its body, mentions the service.
    Line {
        text: Vec<u8>,
        mentions: bool,
    },
    /// The panel's own function that an event or an operation ends in: `vds.open`, `service.postsuspend`,
    /// `certificate.save` (facts/billmanager 3.1).
    Callback {
        item: u64,
        function: String,
    },
    /// An order that the module sent to the seller for this service of ours.
    Order {
        item: u64,
    },
}

/// An error or a warning.
#[derive(Debug)]
pub struct Trouble {
    pub level: Level,
    pub text: String,
    pub error: Option<ErrorForm>,
    /// `processing event for item 'N' failed`: it says of which service the error before it in the thread was.
    pub event_of: Option<u64>,
    /// The service that the thread's query before the error was about.
    pub queried: Option<u64>,
}

/// Something told, and where.
#[derive(Debug)]
pub struct Told {
    /// From 0, within the piece.
    pub line: u64,
    pub stamp: Stamp,
    pub thread: Thread,
    pub what: What,
}

/// What a piece holds.
#[derive(Debug, Default)]
pub struct Part {
    /// Line feeds.
    pub feeds: u64,
    /// The source ends in a line that nothing ends.
    pub unended: bool,
    /// The source's bytes up to the last of them; `None` without one.
    pub whole: Option<u64>,
    pub told: Vec<Told>,
    /// Of the last line with a head.
    pub last: Option<(Stamp, Thread)>,
    /// Lines before the first head that mention the service: a body, of the last head before the piece.
    pub bodies: Vec<(u64, Vec<u8>)>,
}

/// Which lines are wanted as they are.
#[derive(Clone, Copy, Debug)]
pub enum Lines<'a> {
    None,
    /// Those that mention a service; of a body, the thread that wrote it counts.
    Mentions(&'a Ids),
    /// Those of these threads, and what in them mentions the service.
    Threads(&'a HashSet<Thread>, &'a Ids),
}

/// What is wanted of a piece.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub lines: Lines<'a>,
    /// Errors and warnings.
    pub troubles: bool,
    /// And orders. There may be one in every few lines.
    pub callbacks: bool,
    /// The source's last line, when nothing ends it: somebody may be writing it.
    pub unfinished: bool,
}

/// Reads a piece.
pub fn read(chunk: Chunk<'_>, wanted: Wanted<'_>) -> Part {
    let whole = memrchr(b'\n', chunk.data).map(|feed| chunk.offset + feed as u64 + 1);
    let unended = chunk.last && chunk.data.last().is_some_and(|byte| *byte != b'\n');
    let mut part = Part { unended, whole, ..Part::default() };
    let mut rest = chunk.data;
    let mut inside = chunk.inside;
    let mut day = None;
    // The first bytes of the last line that was taken apart, and where the lines begin that were passed over since.
    let (mut dated, mut passed) = (None, None);
    let mut marks = if wanted.troubles { marks(chunk.data) } else { Vec::new() }.into_iter().peekable();
    let ids = match wanted.lines {
        Lines::None => None,
        Lines::Mentions(ids) | Lines::Threads(_, ids) => Some(ids),
    };
    let mut mentions = ids.map(|ids| ids.mentions(chunk.data)).unwrap_or_default().into_iter().peekable();
    while !rest.is_empty() {
        let (line, next, feeds) = match memchr(b'\n', rest).and_then(|feed| rest.split_at_checked(feed)) {
            Some((line, next)) => (line, next.get(1..).unwrap_or_default(), 1),
            None if chunk.last && !wanted.unfinished => break,
            None => (rest, &b""[..], 0),
        };
        let begin = chunk.data.len() - rest.len();
        let mut mentioned = false;
        while mentions.next_if(|at| *at < begin + line.len()).is_some() {
            mentioned = !inside;
        }
        let mut marked = false;
        while marks.next_if(|at| *at < begin + line.len()).is_some() {
            marked = true;
        }
        let line = line.get(..LONGEST).unwrap_or(line);
        // Most lines tell nothing: of the same day, no level that matters, nobody's thread.
        let nothing = !(marked || mentioned || inside || wanted.callbacks)
            && dated.is_some_and(|dated| line.starts_with(dated))
            && match wanted.lines {
                Lines::Threads(threads, _) => !Line::thread(line).is_some_and(|thread| threads.contains(&thread)),
                Lines::None | Lines::Mentions(_) => true,
            };
        if nothing {
            passed.get_or_insert(begin);
            part.feeds += feeds;
            rest = next;
            continue;
        }
        if let Some(head) = Line::parse(line).filter(|_| !inside) {
            (dated, passed) = (line.get(..DAY), None);
            let today = (head.stamp.month, head.stamp.day);
            let mut tell =
                |what| part.told.push(Told { line: part.feeds, stamp: head.stamp, thread: head.thread, what });
            if day != Some(today) {
                day = Some(today);
                tell(What::Time);
            }
            if head.level == Level::Other {
                if let Some((item, function)) = wanted.callbacks.then(|| callback(head.text)).flatten() {
                    tell(What::Callback { item, function });
                } else if let Some(item) = wanted.callbacks.then(|| order(head.text)).flatten() {
                    tell(What::Order { item });
                }
            } else if wanted.troubles {
                tell(What::Trouble(trouble(&head, &Before::line(chunk, begin))));
            }
            let listed = match wanted.lines {
                Lines::None => false,
                Lines::Mentions(_) => mentioned,
                Lines::Threads(threads, _) => threads.contains(&head.thread),
            };
            if listed {
                tell(What::Line { text: kept(line), mentions: mentioned });
            }
            part.last = Some((head.stamp, head.thread));
        } else if mentioned {
            part.last = last_head(chunk.data, passed.take(), begin).or(part.last);
            match part.last {
                Some((stamp, thread)) => {
                    let what = What::Line { text: kept(line), mentions: true };
                    part.told.push(Told { line: part.feeds, stamp, thread, what });
                }
                None => part.bodies.push((part.feeds, kept(line))),
            }
        }
        inside = false;
        part.feeds += feeds;
        rest = next;
    }
    let end = chunk.data.len() - rest.len();
    part.last = last_head(chunk.data, passed, end).or(part.last);
    part
}

/// Positions of everything that may be the level of an error or of a warning, in order.
fn marks(data: &[u8]) -> Vec<usize> {
    let words = [&b"ERR"[..], b"WARN", b"CRIT", b"FATAL"];
    let mut found: Vec<usize> = words.iter().flat_map(|word| memmem::find_iter(data, word)).collect();
    found.sort_unstable();
    found
}

/// Of the last line with a head among those that were passed over.
fn last_head(data: &[u8], passed: Option<usize>, end: usize) -> Option<(Stamp, Thread)> {
    let mut rest = data.get(passed?..end)?;
    while let Some(line) = last_line(&mut rest, true) {
        if let Some(head) = Line::parse(line.get(..LONGEST).unwrap_or(line)) {
            return Some((head.stamp, head.thread));
        }
    }
    None
}

/// As much of a line as is ever shown.
fn kept(line: &[u8]) -> Vec<u8> {
    line.get(..4 * SHOWN).unwrap_or(line).to_vec()
}

/// What lies before a line: `BEFORE` bytes, wherever the piece was cut, of this piece and of what lies before it.
struct Before<'a> {
    near: &'a [u8],
    far: &'a [u8],
    /// There is nothing before that: the first line has its beginning here.
    whole: bool,
}

impl<'a> Before<'a> {
    fn line(chunk: Chunk<'a>, line: usize) -> Self {
        let near = chunk.data.get(line.saturating_sub(BEFORE)..line).unwrap_or_default();
        let missing = BEFORE.saturating_sub(line);
        let far = chunk.before.get(chunk.before.len().saturating_sub(missing)..).unwrap_or_default();
        Self { near, far, whole: chunk.offset + line as u64 <= BEFORE as u64 }
    }
}

fn trouble(head: &Line<'_>, before: &Before<'_>) -> Trouble {
    let text = shown(head.text);
    let event_of = number_after(head.text, b"event for item '");
    let queried = if event_of.is_none() { queried(head, before) } else { None };
    Trouble { level: head.level, error: ErrorForm::parse(&text), text, event_of, queried }
}

/// The digits that follow `lead` where it first stands.
pub fn number_after(text: &[u8], lead: &[u8]) -> Option<u64> {
    let at = memmem::find(text, lead)?;
    leading_number(text.get(at + lead.len()..)?)
}

/// `16643`: at most 18 digits.
fn leading_number(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let digits = text.get(..end).filter(|digits| digits.len() <= 18)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The service of the nearest query of its thread before the line, unless the thread was silent for long since.
///
/// `remoteid` is our id wherever it stands; `elid` is ours in the panel's own functions; `item` is ours in its tasks.
fn queried(head: &Line<'_>, before: &Before<'_>) -> Option<u64> {
    let mark = format!(" [{}] ", head.thread);
    let mut after = head.stamp;
    // The line that lies across the cut is put together.
    let joined;
    let mut rest = match before.far {
        [] => before.near,
        far => {
            joined = [far, before.near].concat();
            joined.as_slice()
        }
    };
    while let Some(line) = last_line(&mut rest, before.whole) {
        let begin = line.get(..64).unwrap_or(line);
        if memmem::find(begin, mark.as_bytes()).is_none() {
            continue;
        }
        let Some(line) = Line::parse(line) else { continue };
        if another_one(after.since(line.stamp)) {
            return None;
        }
        after = line.stamp;
        if let Some(query) = query(line.text) {
            return item_of(query);
        }
    }
    None
}

/// Takes the last line off `rest`; a line whose beginning is not there is none.
fn last_line<'a>(rest: &mut &'a [u8], whole: bool) -> Option<&'a [u8]> {
    let text = rest.strip_suffix(b"\n").unwrap_or(rest);
    let begin = match memrchr(b'\n', text) {
        Some(feed) => feed + 1,
        None if whole && !rest.is_empty() => 0,
        None => return None,
    };
    let (before, line) = text.split_at_checked(begin)?;
    *rest = before;
    Some(line)
}

/// `func=...` of `QUERY: func=...` and `Query('func=...')`.
pub fn query(text: &[u8]) -> Option<&[u8]> {
    if let Some(query) = text.strip_prefix(b"QUERY: ") {
        return Some(query);
    }
    let query = text.strip_prefix(b"Query('")?;
    Some(memrchr(b'\'', query).and_then(|end| query.get(..end)).unwrap_or(query))
}

/// The value of a parameter, as it stands.
pub fn param<'a>(query: &'a [u8], name: &str) -> Option<&'a [u8]> {
    query.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// A parameter's value that is a number and nothing else.
pub fn number(query: &[u8], name: &str) -> Option<u64> {
    let value = param(query, name).filter(|value| value.iter().all(u8::is_ascii_digit))?;
    leading_number(value).filter(|number| *number > 0)
}

/// What is called.
pub fn function(query: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    decoded(param(query, "func").unwrap_or_default())
}

/// Functions of this panel whose `elid` is a service of this panel.
fn about_a_service(function: &[u8]) -> bool {
    function.starts_with(b"service.")
        || function.ends_with(b".open")
        || [&b"certificate.save"[..], b"certificate.failed"].contains(&function)
}

fn item_of(query: &[u8]) -> Option<u64> {
    let number = |name| param(query, name).and_then(leading_number).filter(|number| *number > 0);
    number("remoteid")
        .or_else(|| if about_a_service(&function(query)) { number("elid") } else { None })
        .or_else(|| number("item"))
}

/// A callback that ends an operation here, and its service. Only the line in which the panel's library announces it
/// (`QUERY: `): the next one repeats it.
pub fn callback(text: &[u8]) -> Option<(u64, String)> {
    let query = text.strip_prefix(b"QUERY: ")?;
    let function = function(query);
    let ends = function.ends_with(b".open")
        || function.starts_with(b"service.post")
        || [&b"certificate.save"[..], b"certificate.failed"].contains(&function.as_ref());
    let item = ends.then(|| param(query, "elid").and_then(leading_number)).flatten()?;
    Some((item, shown(&function)))
}

/// The service that the module orders at the seller: it sends its id along as `remoteid` (facts/billmanager 0.4, 6.2).
fn order(text: &[u8]) -> Option<u64> {
    let query = query(text.strip_prefix(b"Query('").map(|_| text)?)?;
    memmem::find(&function(query), b".order.")?;
    number(query, "remoteid")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(data: &[u8]) -> Chunk<'_> {
        Chunk { before: b"", data, offset: 0, inside: false, last: true }
    }

    #[test]
    fn an_error_belongs_to_the_service_of_the_query_before_it_in_its_thread() {
        for (query, item) in [
            ("rpc EXTINFO Query('func=v2.vds.order.param&remoteid=16643&sok=ok')", Some(16643)),
            ("sbin_utils INFO QUERY: func=service.saveparam&elid=16643&name=x", Some(16643)),
            ("sbin_utils INFO QUERY: func=vds.open&sok=ok&elid=16643", Some(16643)),
            ("sbin_utils INFO QUERY: func=task.edit&item=16643&runningoperation=5", Some(16643)),
            // The seller's id, an operation's, nothing.
            ("rpc EXTINFO Query('func=vds.edit&elid=4478979')", None),
            ("sbin_utils INFO QUERY: func=runningoperation.edit&elid=5", None),
            ("sbin_utils NOTE Connect to billmgr", None),
        ] {
            let log = format!(
                "Nov 18 08:15:03 [1:1] sbin_utils INFO QUERY: func=service.saveparam&elid=5&x=1\n\
                 Nov 18 08:15:04 [23241:1] {query}\nNov 18 08:15:04 [23241:11] rpc EXTINFO Query('func=vds&remoteid=7')\n\
                 Nov 18 08:15:04 [23241:1] libmgr ERROR Error: Type: 'access' Object: '' Value: ''\n"
            );
            let part = read(
                chunk(log.as_bytes()),
                Wanted { lines: Lines::None, troubles: true, callbacks: false, unfinished: true },
            );
            let troubles: Vec<_> = part
                .told
                .iter()
                .filter_map(|told| match &told.what {
                    What::Trouble(trouble) => Some((told.line, trouble.queried)),
                    _ => None,
                })
                .collect();
            assert_eq!(troubles, [(3, item)], "{query}");
        }
    }

    #[test]
    fn an_order_of_ours_is_told_by_its_request_to_the_seller() {
        for (text, item) in [
            ("Query('func=v2.vds.order.param&pricelist=7&remoteid=16643&sok=ok')", Some(16643)),
            ("Query('func=certificate%2Eorder%2Eparam&remoteid=16643')", Some(16643)),
            ("Query('func=vhost.order.param&remoteid=16643')", Some(16643)),
            ("Query('func=soft.edit&remoteid=16643&elid=5')", None),
            ("Query('func=v2.vds.order.param&remoteid=l16643')", None),
            ("Query('func=v2.vds.order.param&remoteid=16643a')", None),
            ("Query('func=v2.vds.order.param&remoteid=')", None),
            ("Query('func=v2.vds.order.param&remoteid=0')", None),
            ("QUERY: func=v2.vds.order.param&remoteid=16643", None),
            ("Request Query('func=v2.vds.order.param&remoteid=16643')", None),
        ] {
            assert_eq!(order(text.as_bytes()), item, "{text}");
        }
    }

    #[test]
    fn callbacks_are_told_once_and_only_when_wanted() {
        let log = b"Nov 18 08:15:04 [2:1] sbin_utils INFO QUERY: func=vds.open&elid=16643&sok=ok\n\
                    Nov 18 08:15:04 [2:1] sbin_utils NOTE Connect to billmgr\n\
                    Nov 18 08:15:04 [2:1] rpc EXTINFO Query('func=vds.open&elid=16643&sok=ok')\n\
                    Nov 18 08:15:04 [2:1] sbin_utils INFO QUERY: func=service%2Epostsuspend&elid=7\n\
                    Nov 18 08:15:04 [2:1] sbin_utils INFO QUERY: func=service.saveparam&elid=7\n";
        let part = read(chunk(log), Wanted { lines: Lines::None, troubles: true, callbacks: true, unfinished: true });
        let called: Vec<_> = part
            .told
            .iter()
            .filter_map(|told| match &told.what {
                What::Callback { item, function } => Some((told.line, *item, function.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(called, [(0, 16643, "vds.open"), (3, 7, "service.postsuspend")]);
        assert_eq!(
            read(chunk(log), Wanted { lines: Lines::None, troubles: true, callbacks: false, unfinished: true })
                .told
                .len(),
            1
        );
        assert_eq!((part.feeds, part.whole), (5, Some(log.len() as u64)));
    }
}
