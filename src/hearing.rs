//! What the module's log says of events, brought to what the evidence rests on: read, and its services looked up.
//!
//! Not for weighing it: that is `reselling::heard`.

use crate::billmgr::Database;
use crate::error::Error;
use crate::journal::{HeardUpTo, Journal};
use crate::modulelog::{self, Cut, Files, Finding, Kind, Listener, Skipped, Thread};
use crate::reading::Here;
use crate::reselling::heard::{Event, Fate, Heard, Ours};
use crate::reselling::ids::ModuleId;
use crate::reselling::status::Status;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// How many events, refusals and breaks are taken in at once, the newest.
const MOST: usize = 10_000;
/// A line says no fraction of its second, so something at that second may have come before it.
const SECOND: jiff::SignedDuration = jiff::SignedDuration::from_millis(999);

/// What the log says since that moment, for the account of these modules. Only what is new in it is read; the rest the journal keeps.
/// `only_account`: this panel has no other.
///
/// # Errors
/// `Kind::Database`, `Kind::State`. A log that cannot be read is no error: `Heard::unread` says why.
pub fn hear(
    here: &Here,
    modules: &[ModuleId],
    only_account: bool,
    since: Timestamp,
    journal: &mut Journal,
    now: Timestamp,
) -> Result<Heard, Error> {
    let unread = listen(&Files::of(&here.root), since, journal, now)?;
    let mut heard = journal.heard(since)?;
    heard.unread = unread;
    heard.only_account = only_account;
    heard.ours = ours(&here.database, modules, &heard.items(), journal)?;
    Ok(heard)
}

/// Takes in what is new, or everything since that moment when that was not read yet. Returns why the file that is being written was
/// not read.
fn listen(files: &Files, since: Timestamp, journal: &mut Journal, now: Timestamp) -> Result<Option<String>, Error> {
    let known = journal.heard_up_to()?.filter(|known| known.asked_since <= since && known.position.is_some());
    let mut listening = Listening { since, ..Listening::default() };
    let from = known.as_ref().and_then(|known| known.position.as_ref());
    let (reached, skipped) = if from.is_some() {
        modulelog::go_on(files, from, Cut::default(), &mut listening)
    } else {
        let window = since.to_zoned_datetime(TimeZone::system()).datetime();
        modulelog::go_on(&files.clone().since(window), None, Cut::default(), &mut listening)
    };
    let unread = match files.current() {
        Some(current) => skipped.iter().find(|one| *one.path == *current.path).map(shown),
        None => skipped.first().map(shown).or_else(|| Some("there is no var/pmbillmgr.log".to_owned())),
    };
    let anew = known.is_none();
    let (position, asked_since) = match known {
        Some(known) => (reached.or(known.position), known.asked_since),
        None => (reached, since),
    };
    journal.remember_heard(&listening.heard, &HeardUpTo { position, asked_since }, anew, now)?;
    journal.remember_orders(&listening.orders)?;
    Ok(unread)
}

fn shown(skipped: &Skipped) -> String {
    format!("{}: {}", skipped.path.display(), skipped.why)
}

/// Those of the services that this panel has, or had, or ordered without knowing it any more.
fn ours(
    database: &Database,
    modules: &[ModuleId],
    items: &[u64],
    journal: &Journal,
) -> Result<HashMap<u64, Ours>, Error> {
    let mut ours: HashMap<u64, Ours> = database
        .known_items(items)?
        .into_iter()
        .map(|(id, item)| {
            let on_account = item.module.is_some_and(|module| modules.contains(&module));
            (id, Ours { on_account, deleted: item.status == Status::Deleted })
        })
        .collect();
    let missing: Vec<u64> = items.iter().copied().filter(|item| !ours.contains_key(item)).collect();
    let ordered = journal.ordered(&missing)?.into_keys();
    let had = database.in_history(&missing)?.into_iter().chain(ordered);
    ours.extend(had.map(|id| (id, Ours { on_account: true, deleted: true })));
    Ok(ours)
}

#[derive(Clone, Default)]
struct Listening {
    heard: Heard,
    /// The services that the module ordered, each with the day, oldest first.
    orders: Vec<(u64, Date)>,
    /// What is older is of no use.
    since: Timestamp,
}

impl Listening {
    fn push(&mut self, item: Option<u64>, at: Timestamp, fate: Fate) {
        if at < self.since {
            return;
        }
        if self.heard.events.len() >= 2 * MOST {
            self.heard.events.drain(..MOST);
        }
        self.heard.events.push(Event { item, at, fate });
    }
}

impl Listener for Listening {
    const CALLBACKS: bool = true;

    fn finding(&mut self, finding: Finding) {
        let Some(at) = moment(finding.at) else { return };
        match (finding.kind, finding.event) {
            (Kind::MissedEvent, Some(event)) => self.push(finding.item, at, Fate::Gone { event }),
            _ if finding.told_by_warning => self.push(finding.item, at, Fate::Failed),
            (Kind::Auth | Kind::Access, _) => keep(&mut self.heard.refused, self.since, at + SECOND),
            (Kind::Connection, _) if never_sent(&finding) => keep(&mut self.heard.cut_off, self.since, at + SECOND),
            (Kind::Connection, _) => keep(&mut self.heard.broke, self.since, at + SECOND),
            _ => {}
        }
    }

    fn callback(&mut self, item: u64, function: &str, at: DateTime, _thread: Thread) {
        // What brings a service from waiting to active; other callbacks are said when it is ordered, too.
        let opens = function.rsplit_once('.').is_some_and(|(_, verb)| verb == "open");
        let brings_on = opens || function == "certificate.save";
        if let Some(at) = moment(at) {
            self.push(Some(item), at, if brings_on { Fate::Applied } else { Fate::Touched });
        }
    }

    fn order(&mut self, item: u64, at: DateTime) {
        self.orders.push((item, at.date()));
    }

    fn time(&mut self, at: DateTime) {
        let Some(at) = moment(at) else { return };
        self.heard.since.get_or_insert(at);
        self.heard.last = Some(at);
    }
}

/// There was no connection, so the seller was not asked and has handed out nothing.
fn never_sent(finding: &Finding) -> bool {
    const SAID: [&str; 11] = [
        "'connect'",
        "connection refused",
        "could not resolve",
        "couldn't connect",
        "could not connect",
        "no route to host",
        "network is unreachable",
        "name or service not known",
        "не удалось подключиться",
        "не удалось соединиться",
        "certificate verify failed",
    ];
    let text = finding.text.to_lowercase();
    finding.shape.is_some_and(|shape| shape.name == "certificate") || SAID.iter().any(|said| text.contains(said))
}

/// Keeps a moment once, and of many the newest.
fn keep(times: &mut Vec<Timestamp>, since: Timestamp, at: Timestamp) {
    if at < since || times.last() == Some(&at) {
        return;
    }
    if times.len() >= 2 * MOST {
        times.drain(..MOST);
    }
    times.push(at);
}

/// The log has the panel's local time.
fn moment(local: DateTime) -> Option<Timestamp> {
    local.to_zoned_datetime(TimeZone::system()).ok().map(|zoned| zoned.timestamp())
}
