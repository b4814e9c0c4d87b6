//! What the module's log says of one service, by its id here and its id at the seller (which of the two a line means is not known:
//! facts/billmanager 4.4).

use super::{Source, Unread};
use crate::modulelog::{
    Cut, Files, Finding, Ids, Kind, Lines, Listener, Paired, Said, Story, What, Window, read, stories,
};
use crate::reselling::conclusion::{Heard, HeardOf, Logged};
use crate::reselling::ids::ItemId;
use crate::reselling::service::{LocalService, SellerService};
use crate::root::Root;
use jiff::ToSpan;
use std::collections::VecDeque;

/// How many findings are kept, the newest.
const MOST: usize = 1000;

/// The story is told of a log of at most so many bytes as they lie there: it takes two more readings. `log ITEM` tells it of any.
const SHORT: u64 = 128 * 1024 * 1024;

/// How much of an error stands in a sentence, characters.
const ERROR: usize = 200;

/// What the log says of a service.
#[derive(Debug)]
pub(super) struct Told {
    /// Newest first.
    pub findings: Vec<Finding>,
    /// What the thread did that failed last, or else the last one that was about it.
    pub story: Option<Story>,
    pub logged: Logged,
    /// Lines that name the service only by its id at the seller were not looked for.
    pub other_id_unknown: bool,
}

/// What says which ids the service has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linked<'a> {
    pub local: Option<&'a LocalService>,
    pub row: Option<&'a SellerService>,
    /// Without a row it has no id there, then.
    pub seller_read: bool,
}

impl Linked<'_> {
    fn sellers_ids(&self) -> Vec<u64> {
        let stored = self.local.and_then(|local| local.stored_seller_id.as_deref());
        let there = [self.row.map(|row| row.id.as_str()), stored];
        there.into_iter().flatten().filter_map(|id| id.parse().ok()).collect()
    }
}

/// The findings about the service. Of a panel whose database could not be read, where the log has nothing about the
/// service, those that are about every service: a refused login, an unreachable seller.
pub(super) fn told(root: &Root, item: ItemId, linked: Linked<'_>, unread: &mut Vec<(Source, Unread)>) -> Told {
    let files = Files::of(root);
    if files.files.is_empty() && files.skipped.is_empty() {
        unread.push((Source::Log, Unread::NoLog));
        return Told { findings: Vec::new(), story: None, logged: Logged::Absent, other_id_unknown: false };
    }
    let Linked { local, seller_read, .. } = linked;
    let mut there = linked.sellers_ids();
    let mut about = About::of(item, &there);
    let mut skipped = read(&files, window(local), Cut::default(), &mut about);
    if let Some(id) = about.paired.id() {
        there.push(id);
        about = About::of(item, &there);
        skipped = read(&files, window(local), Cut::default(), &mut about);
    }
    let other_id_unknown = there.is_empty() && !seller_read;
    let whole = skipped.is_empty();
    unread.extend(skipped.into_iter().map(|one| (Source::Log, Unread::File(one))));
    if other_id_unknown {
        unread.push((Source::Log, Unread::OtherId));
    }
    let found = if about.found.is_empty() && local.is_none() { about.general } else { about.found };
    let files = window(local).since.map_or(files.clone(), |since| files.since(since));
    let findings = found.into_iter().rev().collect();
    if files.files.iter().map(|file| file.size).sum::<u64>() > SHORT {
        return Told { findings, story: None, logged: Logged::Long, other_id_unknown };
    }
    let told = stories(&files, &Ids::new(item.0, there.first().copied()), window(local), Cut::default());
    let story = told.stories.into_iter().next();
    let logged = match &story {
        Some(story) => of_story(story),
        None if whole => Logged::Silent { since: window(local).since },
        None => Logged::Unread,
    };
    Told { findings, story, logged, other_id_unknown }
}

fn of_story(story: &Story) -> Logged {
    let failed = story.steps.iter().rfind(|step| step.what == What::Error);
    let error = failed.map(|step| crate::report::short(&step.text, ERROR));
    Logged::Told { last: failed.map(|step| step.at).or(story.last()), error }
}

/// From the order on: what is older is about something else. A log without its panel is read as a whole.
fn window(local: Option<&LocalService>) -> Window {
    let ordered = local.and_then(|local| {
        let operation = local.operations.iter().filter_map(|one| one.created).min();
        // The day of the order in whatever time zone.
        operation.or_else(|| local.created.map(|day| day.at(0, 0, 0, 0)))?.checked_sub(1.day()).ok()
    });
    Window { since: ordered, until: None }
}

/// Keeps what is about the service, and apart from it what is about every service.
#[derive(Clone)]
struct About {
    ids: Vec<u64>,
    /// To find the one at the seller, where it is not known.
    here: Option<Ids>,
    paired: Paired,
    found: VecDeque<Finding>,
    general: VecDeque<Finding>,
}

impl About {
    fn of(item: ItemId, there: &[u64]) -> Self {
        Self {
            ids: std::iter::once(item.0).chain(there.iter().copied()).collect(),
            here: there.is_empty().then(|| Ids::new(item.0, None)),
            paired: Paired::default(),
            found: VecDeque::new(),
            general: VecDeque::new(),
        }
    }
}

impl Listener for About {
    fn lines(&self) -> Lines<'_> {
        self.here.as_ref().map_or(Lines::None, Lines::Mentions)
    }

    fn line(&mut self, said: Said<'_>) {
        if let Some(ids) = &self.here {
            self.paired.line(said.text, ids.here);
        }
    }

    fn finding(&mut self, finding: Finding) {
        let kept = match finding.item {
            Some(item) if self.ids.contains(&item) => &mut self.found,
            None if matches!(finding.kind, Kind::Auth | Kind::Access | Kind::Money | Kind::Connection) => {
                &mut self.general
            }
            _ => return,
        };
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back(finding);
    }
}

/// A finding as the conclusion takes it.
pub(super) fn heard(finding: &Finding) -> Heard {
    let what = match finding.kind {
        Kind::MissedEvent => HeardOf::EventMissed,
        _ if finding.told_by_warning => HeardOf::EventFailed,
        Kind::Auth => HeardOf::Login,
        Kind::Access => HeardOf::Rights,
        Kind::Money => HeardOf::Money,
        Kind::Connection => HeardOf::Connection,
        Kind::ForeignItem | Kind::Other => HeardOf::Other,
    };
    Heard { what, at: Some(finding.at), text: finding.text.replace('\n', " / ") }
}
