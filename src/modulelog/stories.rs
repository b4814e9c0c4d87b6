//! The log of one service, as the article has it read: the threads that mention it, and what each of them did for it.

use super::chunks::Cut;
use super::files::{Files, Skipped};
use super::finding::{Finding, missing_event};
use super::line::{Level, Line, Thread, another_one};
use super::looked::Looked;
use super::mention::Ids;
use super::pairs::Paired;
use super::piece::{Lines, callback, number_after, param, query};
use super::scan::{self, Listener, Said, Window};
use super::shapes::ErrorForm;
use super::text::{decoded, shown, shown_query};
use jiff::civil::DateTime;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

/// How many steps a story keeps, the last ones, and how many stories, the newest.
const STEPS: usize = 100;
const STORIES: usize = 200;
/// How many threads are looked for.
const THREADS: usize = 10_000;

/// What a line was for the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The order went to the seller.
    Ordered,
    /// The account's events were asked for.
    EventsAsked,
    /// A parameter of the service was saved.
    Saved,
    /// An operation here was ended: `vds.open`, `service.postsuspend`, ...
    Ended,
    /// Another call.
    Called,
    Error,
    Warning,
    /// Anything else that mentions it.
    Said,
}

impl What {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::EventsAsked => "events_asked",
            Self::Saved => "saved",
            Self::Ended => "ended",
            Self::Called => "called",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Said => "said",
        }
    }
}

/// One line of a story.
#[derive(Clone, Debug)]
pub struct Step {
    pub what: What,
    pub at: DateTime,
    pub file: Arc<Path>,
    pub line: u64,
    /// Without secrets.
    pub text: String,
}

/// What one thread did for the service.
#[derive(Clone, Debug)]
pub struct Story {
    pub thread: Thread,
    pub steps: Vec<Step>,
    /// Lines of the thread that are about something else, or that were too many.
    pub left_out: u64,
}

impl Story {
    pub fn errors(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.what, What::Error | What::Warning)).count()
    }

    /// The time of its last step.
    pub fn last(&self) -> Option<DateTime> {
        self.steps.last().map(|step| step.at)
    }
}

/// Stories of a service: those with errors first, each kind newest first; and its findings, newest first.
#[derive(Clone, Debug, Default)]
pub struct Stories {
    pub stories: Vec<Story>,
    pub findings: Vec<Finding>,
    /// Its id at the seller, when it was not known and the log says it.
    pub seller: Option<u64>,
    pub looked: Looked,
    /// What was not read, and why.
    pub skipped: Vec<Skipped>,
}

/// Reads the log twice: for the threads that mention the service, then for their lines. Once more, where it says the id at the seller
/// that was not known.
pub fn stories(files: &Files, ids: &Ids, window: Window, cut: Cut) -> Stories {
    let mut mentions = Mentions { ids: ids.clone(), ..Mentions::default() };
    let mut skipped = scan::read(files, window, cut, &mut mentions);
    let seller = mentions.paired.id().filter(|_| ids.seller.is_none());
    if seller.is_some() {
        mentions = Mentions { ids: Ids::new(ids.here, seller), ..Mentions::default() };
        skipped = scan::read(files, window, cut, &mut mentions);
    }
    skipped.append(&mut mentions.looked.foreign);
    mentions.looked.twins.clone_from(&files.twins);
    let mut teller = Teller { ids: mentions.ids, threads: mentions.threads, ..Teller::default() };
    if !teller.threads.is_empty() {
        scan::read(files, window, cut, &mut teller);
    }
    let mut findings = std::mem::take(&mut teller.findings);
    let mut stories = teller.end();
    findings.reverse();
    stories.reverse();
    stories.sort_by_key(|story| (story.errors() == 0, std::cmp::Reverse(story.last())));
    Stories { stories, findings, seller, looked: mentions.looked, skipped }
}

impl Default for Ids {
    fn default() -> Self {
        Self::new(0, None)
    }
}

/// The threads that mention it.
#[derive(Clone, Default)]
struct Mentions {
    ids: Ids,
    threads: HashSet<Thread>,
    paired: Paired,
    looked: Looked,
}

impl Listener for Mentions {
    const FINDINGS: bool = false;

    fn lines(&self) -> Lines<'_> {
        Lines::Mentions(&self.ids)
    }

    fn finding(&mut self, _finding: Finding) {}

    fn line(&mut self, said: Said<'_>) {
        self.paired.line(said.text, self.ids.here);
        if self.threads.len() < THREADS {
            self.threads.insert(said.thread);
        }
    }

    fn time(&mut self, at: DateTime) {
        self.looked.time(at);
    }

    fn file(&mut self, file: &Arc<Path>, lines: u64, understood: bool) {
        self.looked.file(file, lines, understood);
    }
}

/// Their lines.
#[derive(Clone, Default)]
struct Teller {
    ids: Ids,
    threads: HashSet<Thread>,
    open: HashMap<Thread, Open>,
    told: VecDeque<Story>,
    findings: Vec<Finding>,
}

#[derive(Clone)]
struct Open {
    steps: VecDeque<Step>,
    left_out: u64,
    mentioned: bool,
    last: DateTime,
    /// The query that was announced, and is repeated by the line that sends it.
    announced: String,
}

impl Listener for Teller {
    fn lines(&self) -> Lines<'_> {
        Lines::Threads(&self.threads, &self.ids)
    }

    fn finding(&mut self, finding: Finding) {
        let ours = finding.item.is_some_and(|item| self.ids.is(item));
        if ours && self.findings.len() < THREADS {
            self.findings.push(finding);
        }
    }

    fn line(&mut self, said: Said<'_>) {
        let silent = |open: &Open| another_one(said.at.duration_since(open.last));
        if self.open.get(&said.thread).is_some_and(silent) {
            self.close(said.thread);
        }
        let open = self.open.entry(said.thread).or_insert_with(|| Open {
            steps: VecDeque::new(),
            left_out: 0,
            mentioned: false,
            last: said.at,
            announced: String::new(),
        });
        open.last = said.at;
        open.mentioned |= said.mentions;
        if let Some(step) = open.step(&said, &self.ids) {
            open.steps.push_back(step);
        } else {
            open.left_out += 1;
        }
        if open.steps.len() > STEPS {
            open.steps.pop_front();
            open.left_out += 1;
        }
    }
}

impl Open {
    fn step(&mut self, said: &Said<'_>, ids: &Ids) -> Option<Step> {
        let step = |what| {
            Some(Step { what, at: said.at, file: Arc::clone(said.file), line: said.line, text: shown(said.text) })
        };
        match Line::parse(said.text).map(|line| (line.level, line.text)) {
            // A body that mentions it; the head of the line is elsewhere.
            None => step(What::Said).filter(|_| said.mentions),
            Some((Level::Error, text)) => step(What::Error).map(|step| Step { text: shown(text), ..step }),
            Some((Level::Warning, text)) => {
                let about = number_after(text, b"event for item '");
                if about.is_some_and(|item| !ids.is(item)) {
                    self.forget_the_error_of(&shown(text));
                    return None;
                }
                step(What::Warning).map(|step| Step { text: shown(text), ..step })
            }
            Some((Level::Other, text)) => {
                let asked = query(text).map(|query| (classify(query, text), query));
                let (what, shown_text) = match asked {
                    Some((what, query)) => (what, shown_query(query)),
                    None => (What::Said, shown(text)),
                };
                if asked.is_some() && self.announced == shown_text {
                    self.announced.clear();
                    return None;
                }
                if text.starts_with(b"QUERY: ") {
                    self.announced.clone_from(&shown_text);
                }
                let wanted = said.mentions || what == What::EventsAsked;
                step(what).filter(|_| wanted).map(|step| Step { text: shown_text, ..step })
            }
        }
    }
}

impl Open {
    /// A warning of another service's event: the error that it is about goes, the one of the event that it names, or else the one
    /// right before it.
    fn forget_the_error_of(&mut self, warning: &str) {
        let of = |step: &Step| ErrorForm::parse(&step.text).and_then(|error| error.value.parse::<u64>().ok());
        let named = missing_event(warning);
        let is_meant = |step: &Step, last: bool| {
            step.what == What::Error
                && match (named, of(step)) {
                    (Some(event), Some(value)) => value == event,
                    _ => last,
                }
        };
        let end = self.steps.len().saturating_sub(1);
        let meant =
            (0..self.steps.len()).rev().find(|at| self.steps.get(*at).is_some_and(|step| is_meant(step, *at == end)));
        if meant.and_then(|at| self.steps.remove(at)).is_some() {
            self.left_out += 1;
        }
    }
}

fn classify(query: &[u8], text: &[u8]) -> What {
    let function = decoded(param(query, "func").unwrap_or_default());
    let function = String::from_utf8_lossy(&function);
    if function.contains(".order.") || function.ends_with(".order") {
        What::Ordered
    } else if function.contains("event") {
        What::EventsAsked
    } else if function == "service.saveparam" {
        What::Saved
    } else if callback(text).is_some() {
        What::Ended
    } else {
        What::Called
    }
}

impl Teller {
    fn close(&mut self, thread: Thread) {
        if let Some(Open { steps, left_out, .. }) = self.open.remove(&thread).filter(|open| open.mentioned) {
            self.told.push_back(Story { thread, steps: steps.into(), left_out });
            if self.told.len() > STORIES {
                self.told.pop_front();
            }
        }
    }

    fn end(mut self) -> Vec<Story> {
        let mut open: Vec<(DateTime, Thread)> = self.open.iter().map(|(thread, open)| (open.last, *thread)).collect();
        open.sort_unstable();
        for (_, thread) in open {
            self.close(thread);
        }
        self.told.into()
    }
}
