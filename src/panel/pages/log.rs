//! `resellguard.log`: findings from the module's log, one row for each kind and service, the newest first.

use super::{Shown, row};
use crate::error::Error;
use crate::language::{Language, Say};
use crate::modulelog::{self, Cut, Files, Skipped};
use crate::panel::request::Request;
use crate::report::LogReport;
use crate::report::log::Group;
use crate::reselling::ids::ItemId;
use crate::root::Root;
use crate::xml::Element;

/// `elid` is the id of a service, or the key of a row of this very list (`missed_event.16643`); without it everything.
pub fn show(root: &Root, request: &Request) -> Result<Shown, Error> {
    let named = request.param("elid").map(|name| name.rsplit('.').next().unwrap_or(name));
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
    let shape = newest.and_then(|finding| finding.shape);
    let item = group.item.map(|item| item.to_string()).unwrap_or_default();
    row([
        ("id", format!("{}.{item}", group.kind.word())),
        ("kind", group.kind.word().to_owned()),
        ("item", item),
        ("count", group.count.to_string()),
        ("first_seen", group.first.to_string()),
        ("last_seen", group.last.to_string()),
        ("meaning", shape.map(|shape| shape.meaning(language).to_owned()).unwrap_or_default()),
        ("remedy", shape.map(|shape| shape.remedy(language).to_owned()).unwrap_or_default()),
        ("line", newest.map(|finding| format!("{}:{}", finding.file.display(), finding.line)).unwrap_or_default()),
        ("text", newest.map(|finding| finding.text.replace('\n', " ")).unwrap_or_default()),
    ])
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
