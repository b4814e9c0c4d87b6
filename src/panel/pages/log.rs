//! `resellguard.log`: findings from the module's log, one row for each kind and service, of other errors for each sort, the newest first.

use super::{Shown, row};
use crate::error::Error;
use crate::language::{Language, Say};
use crate::modulelog::{self, Cut, Files, Kind, Skipped};
use crate::panel::request::Request;
use crate::report::LogReport;
use crate::report::log::Group;
use crate::reselling::ids::ItemId;
use crate::root::Root;
use crate::xml::Element;
use sha2::{Digest, Sha256};

/// `elid` is the id of a service, or the key of a row of this very list (`missed_event.16643`); without it everything.
pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let named =
        request.param("elid").map(|name| name.rsplit('.').next().unwrap_or(name)).filter(|item| !item.is_empty());
    let item = named.map(str::parse::<ItemId>).transpose()?;
    let files = Files::of(root);
    if files.files.is_empty() && files.skipped.is_empty() {
        return Ok(Shown::Page(vec![no_log(root, request.language)]));
    }
    let mut report = LogReport::default();
    let skipped = modulelog::read(&files, modulelog::Window::default(), Cut::default(), &mut report);
    report.end(skipped);
    let groups = report.groups();
    let groups = groups.into_iter().filter(|group| item.is_none_or(|item| group.item == Some(item.0)));
    let rows = groups.map(|group| group_row(group, request.language));
    Ok(Shown::Page(rows.chain(report.skipped.iter().map(|file| skipped_row(file, request.language))).collect()))
}

fn group_row(group: &Group, language: Language) -> Element {
    let newest = group.newest.back();
    // Errors of many sorts have no meaning in common.
    let shape =
        newest.and_then(|finding| finding.shape).filter(|_| group.kind != Kind::Other || !group.sort.is_empty());
    let (meaning, remedy) = match shape {
        Some(shape) => (shape.meaning(language), shape.remedy(language)),
        None if group.kind == Kind::Other => language.choose((
            (
                "This is not among the known errors.",
                "What it says stands under Text; each of them: resellguard log --format json.",
            ),
            (
                "Это не из известных ошибок.",
                "Что сказано, видно в тексте; все по отдельности: resellguard log --format json.",
            ),
        )),
        None => ("", ""),
    };
    let sort = key(&group.sort);
    let item = group.item.map(|item| item.to_string()).unwrap_or_default();
    row([
        ("id", format!("{}.{sort}{item}", group.kind.word())),
        ("kind", group.kind.word().to_owned()),
        ("item", item),
        ("count", group.count.to_string()),
        ("first_seen", group.first.to_string()),
        ("last_seen", group.last.to_string()),
        ("meaning", meaning.to_owned()),
        ("remedy", remedy.to_owned()),
        ("line", newest.map(|finding| format!("{}:{}", finding.file.display(), finding.line)).unwrap_or_default()),
        ("text", newest.map(|finding| finding.text.replace('\n', " ")).unwrap_or_default()),
    ])
}

/// What tells a sort from the others in the key of its row: as it is where that does, for what others wrote may be anything.
fn key(sort: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_. ".contains(&byte);
    match sort {
        "" => String::new(),
        sort if sort.bytes().all(plain) => format!("{}.", sort.replace(' ', ":")),
        sort => {
            let head = Sha256::digest(sort).iter().take(6).fold(0, |head, byte| head << 8 | u64::from(*byte));
            format!("{head:012x}.")
        }
    }
}

/// An empty list would say that nothing went wrong.
fn no_log(root: &Root, language: Language) -> Element {
    let path = root.join("var/pmbillmgr.log").display().to_string();
    row([
        ("id", format!("other.{path}")),
        ("kind", "other".to_owned()),
        ("item", String::new()),
        ("count", String::new()),
        ("first_seen", String::new()),
        ("last_seen", String::new()),
        (
            "meaning",
            language.choose(("There is no log of the reselling module.", "Журнала модуля перепродажи нет.")).to_owned(),
        ),
        (
            "remedy",
            language
                .choose((
                    "Check that the module has run and that its log is switched on.",
                    "Проверьте, что модуль запускался и что запись его журнала включена.",
                ))
                .to_owned(),
        ),
        ("line", path),
        ("text", String::new()),
    ])
}

fn skipped_row(file: &Skipped, language: Language) -> Element {
    let meaning = match file.lines {
        0 => language.choose(("A file of the log was not read.", "Файл журнала не прочитан.")).to_owned(),
        line => language.choose((
            format!("A file of the log was read up to line {line}."),
            format!("Файл журнала прочитан до строки {line}."),
        )),
    };
    let remedy = language.choose((
        "What stands under Text says why: unpack the file, mend its rights, or take it out of var/logs.",
        "Причина указана в тексте: распакуйте файл, исправьте права на него или уберите его из var/logs.",
    ));
    row([
        ("id", format!("other.{}", file.path.display())),
        ("kind", "other".to_owned()),
        ("item", String::new()),
        ("count", String::new()),
        ("first_seen", String::new()),
        ("last_seen", String::new()),
        ("meaning", meaning),
        ("remedy", remedy.to_owned()),
        ("line", file.path.display().to_string()),
        ("text", file.why.say(language)),
    ])
}
