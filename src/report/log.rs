//! What the module's log holds, as it is shown: findings by kind and service.

use super::{SCHEMA, short};
use crate::journal::rfc3339;
use crate::language::{Language, Say, english, russian};
use crate::modulelog::dates::years_earlier;
use crate::modulelog::{Finding, Kind, Listener, Looked, Skipped};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// How many findings are kept for JSON, the newest; how many groups are told apart, and how many of them by what an error says; how many
/// lines of a group are shown.
const KEPT: usize = 10_000;
const GROUPS: usize = 2_000;
const SORTS: usize = 200;
const LINES: usize = 3;
/// How many files are named.
const NAMED: usize = 5;
/// The longest line of a text, characters.
const WIDTH: usize = 240;

/// Findings, gathered while the log is read: bounded, whatever the log's size.
#[derive(Clone, Debug, Default)]
pub struct LogReport {
    groups: BTreeMap<(Kind, Option<u64>, String), Group>,
    sorts: usize,
    newest: VecDeque<Arc<Finding>>,
    pub total: u64,
    pub looked: Looked,
    pub skipped: Vec<Skipped>,
}

/// Findings of one kind about one service; of other errors, of one sort.
#[derive(Clone, Debug)]
pub struct Group {
    pub kind: Kind,
    /// `None`: the log does not say which; or, when there are too many services, one of the others.
    pub item: Option<u64>,
    /// What an error of no kind says of itself. Empty where it says nothing; and, when there are too many of them, of all others.
    pub sort: String,
    pub count: u64,
    pub first: DateTime,
    pub last: DateTime,
    /// The last ones, oldest first.
    pub newest: VecDeque<Arc<Finding>>,
}

impl Listener for LogReport {
    fn finding(&mut self, finding: Finding) {
        let finding = Arc::new(finding);
        let at = finding.at;
        let mut key = (finding.kind, finding.item, finding.sort.clone());
        if !self.groups.contains_key(&key) && self.sorts >= SORTS {
            key.2.clear();
        }
        if !self.groups.contains_key(&key) && self.groups.len() >= GROUPS {
            key = (key.0, None, String::new());
        }
        let group = self.groups.entry(key).or_insert_with_key(|key| Group {
            kind: key.0,
            item: key.1,
            sort: key.2.clone(),
            count: 0,
            first: at,
            last: at,
            newest: VecDeque::new(),
        });
        self.sorts += usize::from(group.count == 0 && !group.sort.is_empty());
        group.count += 1;
        group.first = group.first.min(at);
        group.last = group.last.max(at);
        keep(&mut group.newest, &finding, LINES);
        keep(&mut self.newest, &finding, KEPT);
        self.total += 1;
    }

    fn earlier(&mut self, years: i16, nothing_asked: bool) {
        self.looked.earlier(years);
        if nothing_asked {
            (self.groups, self.sorts, self.newest, self.total) = (BTreeMap::new(), 0, VecDeque::new(), 0);
        }
        let older = |finding: &mut Arc<Finding>| {
            let finding = Arc::make_mut(finding);
            finding.at = years_earlier(finding.at, years);
        };
        self.newest.iter_mut().for_each(older);
        for group in self.groups.values_mut() {
            (group.first, group.last) = (years_earlier(group.first, years), years_earlier(group.last, years));
            group.newest.iter_mut().for_each(older);
        }
    }

    fn time(&mut self, at: DateTime) {
        self.looked.time(at);
    }

    fn file(&mut self, file: &Arc<Path>, lines: u64, understood: bool) {
        self.looked.file(file, lines, understood);
    }
}

/// Keeps the newest. Who waited for a warning comes late, and files may overlap.
fn keep(newest: &mut VecDeque<Arc<Finding>>, finding: &Arc<Finding>, limit: usize) {
    let before = |other: &Arc<Finding>| {
        other.at < finding.at
            || (other.at == finding.at && (!Arc::ptr_eq(&other.file, &finding.file) || other.line < finding.line))
    };
    let place = newest.partition_point(before);
    newest.insert(place, Arc::clone(finding));
    if newest.len() > limit {
        newest.pop_front();
    }
}

impl LogReport {
    /// Reading is done; this was not read, besides what is no log.
    pub fn end(&mut self, skipped: Vec<Skipped>) {
        self.skipped = skipped;
        self.skipped.append(&mut self.looked.foreign);
    }

    /// 0 none, 2 findings, 1 a file that could not be read, or nothing in them.
    pub fn exit_status(&self) -> u8 {
        status(self.total > 0, &self.looked, &self.skipped)
    }

    /// Newest first.
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.values().collect();
        groups.sort_by(|a, b| {
            b.last.cmp(&a.last).then_with(|| (a.kind, a.item, &a.sort).cmp(&(b.kind, b.item, &b.sort)))
        });
        groups
    }

    pub fn json(&self) -> Value {
        let findings: Vec<Value> = self.newest.iter().rev().map(|finding| finding_json(finding)).collect();
        let groups: Vec<Value> = self.groups().into_iter().map(group_json).collect();
        json!({
            "schema": SCHEMA, "findings": findings, "total": self.total, "groups": groups,
            "looked_at": looked_json(&self.looked), "skipped": skipped_json(&self.skipped),
        })
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        for group in self.groups() {
            group_text(&mut out, group, language);
        }
        if self.exit_status() == 0 {
            out.push_str(language.choose(("No error and no warning.\n", "Ошибок и предупреждений нет.\n")));
        }
        skipped_text(&mut out, &self.skipped, language);
        looked_text(&mut out, &self.looked, &self.skipped, language);
        out
    }
}

pub(super) fn status(found: bool, looked: &Looked, skipped: &[Skipped]) -> u8 {
    match (found, skipped.is_empty() && !looked.is_empty()) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
    }
}

/// Which files, and from when to when: nothing is found where nothing was looked at.
pub(super) fn looked_text(out: &mut String, looked: &Looked, skipped: &[Skipped], language: Language) {
    if looked.is_empty() {
        out.push_str(language.choose(("The log is empty.\n", "Журнал пуст.\n")));
    }
    for twin in &looked.twins {
        let same =
            language.choose(("The same once more, and not read again", "То же самое ещё раз, повторно не прочитано"));
        let _ = writeln!(out, "{same}: {}", twin.display());
    }
    let parts = skipped.iter().filter(|file| file.lines > 0).map(|file| file.path.as_path());
    let files: Vec<&Path> = looked.files.iter().map(AsRef::as_ref).chain(parts).collect();
    if files.is_empty() {
        out.push_str(language.choose(("No file of the log was looked at.\n", "Ни один файл журнала не просмотрен.\n")));
        return;
    }
    let names = files.iter().take(NAMED).map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    let more = files.len().saturating_sub(NAMED);
    let more = match more {
        0 => String::new(),
        more => language.choose((format!(" and {more} more"), format!(" и ещё {more}"))),
    };
    let span = looked.span.map(|(first, last)| format!(", {first} .. {last} ({})", zone(last))).unwrap_or_default();
    let _ = writeln!(out, "{}: {names}{more}{span}", language.choose(("Looked at", "Просмотрено")));
}

/// The name of the zone in which times are understood, or its offset.
fn zone(at: DateTime) -> String {
    let zone = TimeZone::system();
    let offset =
        || zone.to_ambiguous_zoned_datetime(at).compatible().map(|at| at.offset().to_string()).unwrap_or_default();
    zone.iana_name().map_or_else(offset, str::to_owned)
}

pub(super) fn looked_json(looked: &Looked) -> Value {
    let files: Vec<String> = looked.files.iter().map(|file| file.display().to_string()).collect();
    let (first, last) = looked.span.unzip();
    let twins: Vec<String> = looked.twins.iter().map(|file| file.display().to_string()).collect();
    json!({"files": files, "twins": twins, "lines": looked.lines, "first": first.map(moment), "last": last.map(moment)})
}

fn group_text(out: &mut String, group: &Group, language: Language) {
    let service = match group.item {
        Some(item) => format!("{} {item}", language.choose(("service", "услуга"))),
        None => language.choose(("no service named", "услуга не названа")).to_owned(),
    };
    let times = language.choose((english(group.count, "time", "times"), russian(group.count, "раз", "раза", "раз")));
    let sort = if group.sort.is_empty() { String::new() } else { format!(" ({})", group.sort) };
    let _ = writeln!(out, "{}{sort}, {service}: {times}, {} .. {}", group.kind.say(language), group.first, group.last);
    let mut said = None;
    for finding in group.newest.iter().rev() {
        if let Some(shape) = finding.shape.filter(|shape| said != Some(shape.name.as_str())) {
            said = Some(shape.name.as_str());
            let _ = writeln!(out, "  {} {}", shape.meaning(language), shape.remedy(language));
        }
        finding_text(out, finding);
    }
    let more = group.count.saturating_sub(group.newest.len() as u64);
    if more > 0 {
        let more = language.choose((
            format!("and {more} more; each of them: --format json (the newest {KEPT}; earlier ones with --until)"),
            format!("и ещё {more}; по отдельности: --format json (новейшие {KEPT}; более ранние с --until)"),
        ));
        let _ = writeln!(out, "  ... {more}");
    }
}

/// The lines of one finding: where it is, and what it says.
pub fn finding_text(out: &mut String, finding: &Finding) {
    for (index, text) in finding.text.lines().enumerate() {
        let text = short(text, WIDTH);
        if index == 0 {
            let (file, line, at, thread) = (finding.file.display(), finding.line, finding.at, finding.thread);
            let _ = writeln!(out, "  {file}:{line} {at} [{thread}] {text}");
        } else {
            let _ = writeln!(out, "    {text}");
        }
    }
}

/// As the contract has it.
pub fn finding_json(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind, "item": finding.item, "event": finding.event, "thread": finding.thread.to_string(),
        "at": moment(finding.at), "line": finding.line, "file": finding.file.to_string_lossy(), "text": finding.text,
        "shape": finding.shape.map(|shape| &shape.name),
    })
}

fn group_json(group: &Group) -> Value {
    json!({
        "kind": group.kind, "item": group.item, "sort": group.sort, "count": group.count,
        "first": moment(group.first), "last": moment(group.last),
    })
}

pub(super) fn skipped_json(skipped: &[Skipped]) -> Value {
    skipped
        .iter()
        .map(|file| json!({"file": file.path.to_string_lossy(), "why": file.why.to_string(), "lines_read": file.lines}))
        .collect()
}

pub(super) fn skipped_text(out: &mut String, skipped: &[Skipped], language: Language) {
    for file in skipped {
        let _ = writeln!(out, "{}", file.say(language));
    }
}

/// RFC 3339 with the panel's offset.
pub(super) fn moment(at: DateTime) -> String {
    at.to_zoned_datetime(TimeZone::system()).map_or_else(|_| at.to_string(), |at| rfc3339(&at))
}

impl Say for Skipped {
    fn pair(&self) -> (String, String) {
        let path = self.path.display();
        let (english, russian) = self.why.pair();
        let (english, russian) = (short(&english, WIDTH), short(&russian, WIDTH));
        if self.lines == 0 {
            return (format!("Not read: {path}: {english}"), format!("Не прочитано: {path}: {russian}"));
        }
        let line = self.lines;
        (format!("Read up to line {line}: {path}: {english}"), format!("Прочитано до строки {line}: {path}: {russian}"))
    }
}

impl Say for Kind {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::MissedEvent => ("Event gone", "Событие пропало"),
            Self::ForeignItem => ("Event of a service that is not here", "Событие чужой услуги"),
            Self::Auth => ("Login refused", "Вход отклонён"),
            Self::Access => ("No right", "Нет прав"),
            Self::Money => ("No money", "Нет средств"),
            Self::Connection => ("No connection", "Нет связи"),
            Self::Other => ("Other", "Другое"),
        };
        (english.to_owned(), russian.to_owned())
    }
}
