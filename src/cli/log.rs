//! `resellguard log [ITEM]`: findings in the module's log, or the stories of one service.

use super::spool::Spool;
use super::{Answer, Format};
use crate::error::{Error, Kind};
use crate::language::{Language, Say};
use crate::modulelog::{self, Cut, Files, Finding, Ids, Listener, Position, Why, Window};
use crate::report::log::{finding_json, finding_text};
use crate::report::terminal::escaped;
use crate::report::{LogReport, ServiceLogReport};
use crate::reselling::ids::ItemId;
use crate::root::Root;
use clap::Args;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, ZonedDateTime};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a followed log is looked at.
const GLANCE: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(super) struct Arguments {
    /// The id of a service: what each thread of the module did for it, errors first.
    item: Option<String>,
    /// Not before: 2026-11-18, "2026-11-18 08:15:04", RFC 3339, 2h, 3d (ago), today, yesterday.
    #[arg(long)]
    since: Option<String>,
    /// Not after, likewise; of a day, its end.
    #[arg(long)]
    until: Option<String>,
    /// Read this file instead of the panel's; - is the standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Go on with what is written from now on (or since --since), of ITEM alone where it is given; a line of JSON each with
    /// --format json; Ctrl-C ends it.
    #[arg(long, conflicts_with_all = ["until", "file"])]
    follow: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let now = ZonedDateTime::now();
    let since = arguments.since.as_deref().map(|text| moment(text, &now, Edge::Begin)).transpose()?;
    let until = arguments.until.as_deref().map(|text| moment(text, &now, Edge::End)).transpose()?;
    if let (Some(since), Some(until)) = (since, until)
        && until < since
    {
        return Err(Error::new(
            Kind::Usage,
            format!("--until {until} lies before --since {since}: nothing can be found"),
        ));
    }
    if let Some(since) = since.filter(|since| *since > now.datetime()) {
        return Err(Error::new(Kind::Usage, format!("--since {since} lies in the future: nothing can be found")));
    }
    let window = Window { since, until };
    let item = arguments.item.as_deref().map(str::parse::<ItemId>).transpose()?;
    if arguments.follow {
        // Both of its numbers; without the database only the one here is known.
        let ids = item.map(|item| Ids::new(item.0, number(seller_id(root, item).ok().flatten().as_deref())));
        return Ok(follow(root, since, ids, arguments.format, language));
    }
    if let Some(item) = item {
        let report = service(root, item, arguments.file.as_deref(), window, language)?;
        return Ok(match arguments.format {
            Format::Text => {
                Answer { text: report.text(language) + &other_zone(language), status: report.exit_status() }
            }
            Format::Json => Answer::json(&report.json(), report.exit_status()),
        });
    }
    let mut report = LogReport::default();
    let piped_once = arguments.file.as_deref().filter(|_| window.suits_a_stream(now.datetime())).and_then(piped);
    if let Some((name, source)) = piped_once {
        let failed = |why: Why| Error::new(Kind::File, format!("{}: {}", name.display(), why.say(language)));
        let source = source.map_err(|error| failed(error.into()))?;
        let source = modulelog::unpacked(source).map_err(failed)?;
        modulelog::stream(source, name, now.datetime(), window, Cut::default(), &mut report)
            .map_err(|error| failed(error.into()))?;
        report.end(Vec::new());
    } else {
        let (files, _spool) = files_or_spool(root, arguments.file.as_deref(), language)?;
        let skipped = modulelog::read(&files, window, Cut::default(), &mut report);
        report.end(skipped);
        report.looked.twins = files.twins;
    }
    Ok(match arguments.format {
        Format::Text => Answer { text: report.text(language) + &other_zone(language), status: report.exit_status() },
        Format::Json => Answer::json(&report.json(), report.exit_status()),
    })
}

/// The standard input, or a pipe as `<(zcat ...)` names it: what can be read once.
fn piped(file: &Path) -> Option<(&Path, io::Result<Box<dyn Read + Send>>)> {
    if file == Path::new("-") {
        return Some((file, Ok(Box::new(io::stdin()))));
    }
    let pipe = fs::metadata(file).is_ok_and(|about| about.file_type().is_fifo());
    pipe.then(|| (file, File::open(file).map(|file| Box::new(file) as Box<dyn Read + Send>)))
}

/// The named file, or the panel's; no log at all is an error, for nothing was looked at.
fn files(root: &Root, file: Option<&Path>, language: Language) -> Result<Files, Error> {
    let files = file.map_or_else(|| Files::of(root), Files::one);
    if !files.files.is_empty() {
        return Ok(files);
    }
    let why = if let Some(file) = files.skipped.first() {
        format!("{}: {}", file.path.display(), file.why.say(language))
    } else {
        let path = root.join("var/pmbillmgr.log").display().to_string();
        language.choose((
            format!("there is no log: {path} (--file names another one)"),
            format!("журнала нет: {path} (другой указывается через --file)"),
        ))
    };
    Err(Error::new(Kind::File, why))
}

/// The same, of a pipe what came out of it: for what has to be read twice. The files are there as long as the spool is.
fn files_or_spool(root: &Root, file: Option<&Path>, language: Language) -> Result<(Files, Option<Spool>), Error> {
    let Some((name, source)) = file.and_then(piped) else { return Ok((files(root, file, language)?, None)) };
    let failed = |error: io::Error| Error::new(Kind::File, format!("{}: {error}", name.display()));
    let spool = Spool::of(source.map_err(failed)?)?;
    let files = files(root, Some(&spool.path()), language)
        .map_err(|error| error.called(&spool.path().to_string_lossy(), &name.to_string_lossy()))?
        .called(name);
    Ok((files, Some(spool)))
}

fn service(
    root: &Root,
    item: ItemId,
    file: Option<&Path>,
    window: Window,
    language: Language,
) -> Result<ServiceLogReport, Error> {
    // Read twice: for the threads that mention the service, and for their lines.
    let (files, _spool) = files_or_spool(root, file, language)?;
    let (seller_id, unknown) = match seller_id(root, item) {
        Ok(id) => (id, None),
        Err(error) => (None, Some(error.detail)),
    };
    let ids = Ids::new(item.0, number(seller_id.as_deref()));
    let stories = modulelog::stories(&files, &ids, window, Cut::default());
    Ok(ServiceLogReport { item: item.0, seller_id, unknown, stories })
}

/// The service's id at the seller, as this panel keeps it. Without a database it is not known, and that is no error here.
fn seller_id(root: &Root, item: ItemId) -> Result<Option<String>, Error> {
    let here = crate::reading::Here::open(root)?;
    Ok(here.services(&[item])?.into_iter().next().and_then(|service| service.stored_seller_id))
}

fn number(seller_id: Option<&str>) -> Option<u64> {
    seller_id.and_then(|id| id.parse().ok())
}

/// What is said where the caller's time zone is not the machine's, in which the panel writes: the times mean something else then.
fn other_zone(language: Language) -> String {
    let Ok(named) = std::env::var("TZ") else { return String::new() };
    let own = fs::read("/etc/localtime").ok().and_then(|data| TimeZone::tzif("", &data).ok()).unwrap_or(TimeZone::UTC);
    let now = Timestamp::now();
    if own.to_offset(now) == TimeZone::system().to_offset(now) {
        return String::new();
    }
    let offset = own.to_offset(now);
    language.choose((
        format!(
            "All times are those of the variable TZ ({named}). This machine's are others ({offset}), and its panel writes its log in them: \
             unset TZ to read that.\n"
        ),
        format!(
            "Время понимается по переменной TZ ({named}). У этой машины оно другое ({offset}), и её панель пишет журнал по нему: \
             чтобы прочитать его, уберите TZ.\n"
        ),
    ))
}

/// Which end of a day is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Begin,
    End,
}

/// A moment as people write it; panel's local time.
fn moment(text: &str, now: &ZonedDateTime, edge: Edge) -> Result<DateTime, Error> {
    let text = text.trim();
    let day = |day: Date| match edge {
        Edge::Begin => day.at(0, 0, 0, 0),
        Edge::End => day.at(23, 59, 59, 0),
    };
    let zone = now.time_zone();
    let known = match text {
        "now" => Some(now.datetime()),
        "today" => Some(day(now.date())),
        "yesterday" => now.date().yesterday().ok().map(day),
        _ => None,
    };
    known
        .or_else(|| text.parse::<Timestamp>().ok().map(|at| zone.to_datetime(at)))
        .or_else(|| text.parse::<Date>().ok().filter(|_| !text.contains(':')).map(day))
        .or_else(|| text.parse::<DateTime>().ok())
        // Back from now; a sign would be forward.
        .or_else(|| {
            text.parse::<Span>()
                .ok()
                .filter(|_| !text.starts_with('-'))
                .and_then(|span| now.checked_sub(span.abs()).ok())
                .map(|at| at.datetime())
        })
        .ok_or_else(|| {
            // In no language, for the person's is not known here.
            let shown = format!("'{:.40}'", text.escape_debug());
            Error::new(Kind::Usage, format!("{shown} (2026-11-18, \"2026-11-18 08:15:04\", 2h, 3d, today, yesterday)"))
        })
}

/// Shows findings as they come, until the reader is gone.
fn follow(root: &Root, since: Option<DateTime>, ids: Option<Ids>, format: Format, language: Language) -> Answer {
    let since = since.unwrap_or_else(just_now);
    let mut shower = Shower { format, since: Some(since), ids, gone: false };
    let mut position: Option<Position> = None;
    let mut told = Vec::new();
    while !shower.gone {
        let (reached, skipped) =
            modulelog::go_on(&Files::of(root).since(since), position.as_ref(), Cut::default(), &mut shower);
        for file in skipped {
            if !told.contains(&file) {
                eprintln!("{}", escaped(&file.say(language)));
                told.push(file);
            }
        }
        if reached.is_some() {
            // What comes now is new, whatever the clock says that wrote it.
            shower.since = None;
        }
        position = reached.or(position);
        std::thread::sleep(GLANCE);
    }
    Answer { text: String::new(), status: 0 }
}

/// A line has no fraction of a second.
fn just_now() -> DateTime {
    let now = TimeZone::system().to_datetime(Timestamp::now());
    now.checked_sub(1.second()).unwrap_or(now)
}

#[derive(Clone)]
struct Shower {
    format: Format,
    /// Not before; of what was there already.
    since: Option<DateTime>,
    /// Of these numbers alone.
    ids: Option<Ids>,
    gone: bool,
}

impl Listener for Shower {
    fn finding(&mut self, finding: Finding) {
        let theirs = self.ids.as_ref().is_none_or(|ids| finding.item.is_some_and(|item| ids.is(item)));
        if self.gone || self.since.is_some_and(|since| finding.at < since) || !theirs {
            return;
        }
        let mut text = String::new();
        match self.format {
            Format::Text => finding_text(&mut text, &finding),
            Format::Json => text = format!("{}\n", finding_json(&finding)),
        }
        let mut out = io::stdout().lock();
        self.gone = out.write_all(escaped(&text).as_bytes()).and_then(|()| out.flush()).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_moment_is_read_as_people_write_it() {
        let now = date(2026, 11, 24).at(12, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap();
        let at = |text: &str, edge| moment(text, &now, edge).map(|at| at.to_string()).ok();
        for (text, begin, end) in [
            ("2026-11-18", "2026-11-18T00:00:00", "2026-11-18T23:59:59"),
            ("yesterday", "2026-11-23T00:00:00", "2026-11-23T23:59:59"),
            ("today", "2026-11-24T00:00:00", "2026-11-24T23:59:59"),
            ("2h", "2026-11-24T10:00:00", "2026-11-24T10:00:00"),
            ("3d", "2026-11-21T12:00:00", "2026-11-21T12:00:00"),
            ("90m", "2026-11-24T10:30:00", "2026-11-24T10:30:00"),
            ("2026-11-18 08:15:04", "2026-11-18T08:15:04", "2026-11-18T08:15:04"),
            ("2026-11-18T08:15:04", "2026-11-18T08:15:04", "2026-11-18T08:15:04"),
            ("2026-11-18T08:15:04+03:00", "2026-11-18T05:15:04", "2026-11-18T05:15:04"),
        ] {
            assert_eq!(at(text, Edge::Begin).as_deref(), Some(begin), "{text}");
            assert_eq!(at(text, Edge::End).as_deref(), Some(end), "{text}");
        }
        for text in ["", "soon", "2026-13-01", "12", "08:15"] {
            assert_eq!(at(text, Edge::Begin), None, "{text}");
        }
    }
}
