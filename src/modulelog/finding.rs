//! Findings: errors and warnings of the log, each with the service and the event it is about, as far as the log says it.

use super::dates::years_earlier;
use super::line::{Level, Thread};
use super::piece::Trouble;
use super::shapes::{self, ErrorForm, Kind, Shape};
use jiff::ToSpan;
use jiff::civil::DateTime;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

/// An error and the warning that says whose event it was stand together: seconds between them.
const TOGETHER: i64 = 60;
/// How many errors wait for such a warning at once, and how many of one thread.
const WAITING: usize = 256;
const EACH: usize = 8;
/// How much of an error's type and object tells it from others, bytes.
const SORT: usize = 80;

/// An error or a warning of the log.
#[derive(Clone, Debug)]
pub struct Finding {
    pub kind: Kind,
    /// The service of this panel, as the log names it; whether there is one of that id is not looked up.
    pub item: Option<u64>,
    /// The seller's event.
    pub event: Option<u64>,
    pub thread: Thread,
    /// The panel's local time.
    pub at: DateTime,
    pub file: Arc<Path>,
    /// Of its first line in the file, from 1.
    pub line: u64,
    /// The line's text without secrets; when a warning said whose event it was, that one after a line feed.
    pub text: String,
    /// What it is known as; `None` when the table has nothing that fits.
    pub shape: Option<&'static Shape>,
    /// Of an error that is none of the kinds: its type and object, or what it is known as. Empty where it says neither.
    pub sort: String,
    /// `processing event for item 'N' failed` says that it was about an event, and about which service's.
    pub told_by_warning: bool,
}

impl Finding {
    fn of(trouble: Trouble, thread: Thread, at: DateTime, file: &Arc<Path>, line: u64) -> Self {
        let Trouble { text, error, event_of, queried, .. } = trouble;
        let shape = shapes::find(error.as_ref(), &text);
        // The warning alone: the error before it was cut off, or its level is not logged.
        let lost = event_of.and_then(|_| missing_event(&text));
        let kind = match (shape, lost) {
            (Some(shape), _) => shape.kind,
            (None, Some(_)) => Kind::MissedEvent,
            (None, None) => Kind::Other,
        };
        let value = error.as_ref().and_then(|error| error.value.parse::<u64>().ok());
        let event = if kind == Kind::MissedEvent { value.or(lost) } else { None };
        let named = error.as_ref().filter(|error| names_a_service(error)).and(value);
        let item = event_of.or(named).or(queried);
        let file = Arc::clone(file);
        let sort = if kind == Kind::Other { sort(error.as_ref(), shape) } else { String::new() };
        Self { kind, item, event, thread, at, file, line, text, shape, sort, told_by_warning: event_of.is_some() }
    }

    /// A warning that follows tells whose event this error was about.
    fn told_by(&mut self, item: u64, text: &str) {
        self.item = Some(item);
        self.told_by_warning = true;
        self.text.push('\n');
        self.text.push_str(text);
    }
}

/// `' with '1225058' does not exist '`: the event that was gone (facts/billmanager 4.4).
pub(super) fn missing_event(text: &str) -> Option<u64> {
    let (_, failed) = text.split_once("failed: '")?;
    let lead =
        failed.strip_prefix(" with '").or_else(|| failed.split_once("itemevent with '").map(|(_, rest)| rest))?;
    let (number, rest) = lead.split_once('\'')?;
    rest.contains("does not exist").then(|| number.parse().ok()).flatten()
}

fn sort(error: Option<&ErrorForm>, shape: Option<&Shape>) -> String {
    let form = error.map(|error| [error.kind.as_str(), &error.object].join(" ").trim().to_owned());
    let sort = form.filter(|form| !form.is_empty()).or_else(|| shape.map(|shape| shape.name.clone()));
    let mut sort = sort.unwrap_or_default();
    sort.truncate(sort.floor_char_boundary(SORT));
    sort
}

fn names_a_service(error: &ErrorForm) -> bool {
    ["item", "service", "remoteid"].contains(&error.object.as_str())
}

/// Puts an error and the warning that follows it in its thread together. Findings come out in the order of their lines,
/// but for those that waited.
#[derive(Clone, Debug, Default)]
pub struct Pairing {
    /// Oldest first.
    waiting: VecDeque<Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    error: Finding,
    /// Nothing else went wrong in its thread since: a warning that names no event means this error.
    nearest: bool,
}

impl Waiting {
    /// A warning of that event, or of none that it names, is about this error.
    fn is_meant(&self, event: Option<u64>) -> bool {
        match (self.error.event, event) {
            (Some(ours), Some(event)) => ours == event,
            _ => self.nearest,
        }
    }

    fn is_near(&self, at: DateTime) -> bool {
        let error = self.error.at;
        at >= error && error.checked_add(TOGETHER.seconds()).is_ok_and(|until| at <= until)
    }
}

impl Pairing {
    /// Takes one error or warning; gives what is complete.
    pub fn take(
        &mut self,
        trouble: Trouble,
        thread: Thread,
        at: DateTime,
        file: &Arc<Path>,
        line: u64,
    ) -> impl Iterator<Item = Finding> + use<> {
        let mut out = Vec::new();
        let meant = trouble.event_of.and_then(|item| {
            let event = missing_event(&trouble.text);
            let meant = |one: &Waiting| one.error.thread == thread && one.is_near(at) && one.is_meant(event);
            let place = self.waiting.iter().rposition(meant)?;
            Some((item, self.waiting.remove(place)?.error))
        });
        self.time_goes_on(thread, at, &mut out);
        if let Some((item, mut error)) = meant {
            error.told_by(item, &trouble.text);
            out.push(error);
        } else {
            let waits = trouble.event_of.is_none() && trouble.level == Level::Error;
            let finding = Finding::of(trouble, thread, at, file, line);
            if waits {
                self.waiting.push_back(Waiting { error: finding, nearest: true });
            } else {
                out.push(finding);
            }
        }
        if self.waiting.len() > WAITING {
            out.extend(self.waiting.pop_front().map(|one| one.error));
        }
        out.into_iter()
    }

    /// Something else went wrong in the thread: what waits in it is the nearest no more, and waits on only for a warning that names
    /// its event.
    fn time_goes_on(&mut self, thread: Thread, at: DateTime, out: &mut Vec<Finding>) {
        let mut more = 0;
        for place in (0..self.waiting.len()).rev() {
            let Some(one) = self.waiting.get_mut(place).filter(|one| one.error.thread == thread) else { continue };
            one.nearest = false;
            more += 1;
            if more > EACH || one.error.event.is_none() || !one.is_near(at) {
                out.extend(self.waiting.remove(place).map(|one| one.error));
            }
        }
        out.reverse();
    }

    /// The years were counted wrong: what waits is so many years older.
    pub fn earlier(&mut self, years: i16) {
        for one in &mut self.waiting {
            one.error.at = years_earlier(one.error.at, years);
        }
    }

    /// What waited in vain.
    pub fn rest(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.waiting).into_iter().map(|one| one.error).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_that_was_gone_is_read_from_the_warning() {
        for (text, event) in [
            ("processing event for item '16643' failed: ' with '1225058' does not exist '", Some(1_225_058)),
            ("processing event for item '16643' failed: 'itemevent with '1225058' does not exist'", Some(1_225_058)),
            ("processing event for item '16643' failed: 'item with '16643' does not exist'", None),
            ("processing event for item '16643' failed: ' timeout '", None),
            ("processing event for item '16643' failed", None),
        ] {
            assert_eq!(missing_event(text), event, "{text}");
        }
    }
}
