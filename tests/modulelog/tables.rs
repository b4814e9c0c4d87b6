//! Every file under `tests/cases/log` is one case: a log, and what has to be found in it. Adding a case is adding a file.

use super::{All, Tree};
use jiff::civil::{DateTime, date};
use resellguard::modulelog::{self, Cut, Ids, Kind, Window};
use serde::Deserialize;
use std::fmt::Debug;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    log: String,
    /// When the file was last written.
    written: Option<String>,
    since: Option<String>,
    until: Option<String>,
    /// Whose stories are told, and what it is called at the seller.
    item: Option<u64>,
    seller: Option<u64>,
    /// A word that may be told nowhere.
    secret: Option<String>,
    #[serde(default, rename = "finding")]
    findings: Vec<Found>,
    #[serde(default, rename = "thread")]
    threads: Vec<Told>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Found {
    kind: Kind,
    item: Option<u64>,
    event: Option<u64>,
    thread: String,
    at: String,
    line: u64,
    shape: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Told {
    thread: String,
    steps: Vec<String>,
    lines: Vec<u64>,
}

fn moment(text: Option<&String>) -> Option<DateTime> {
    text.map(|text| text.parse().unwrap())
}

fn check(case: &Case) -> Result<(), String> {
    let tree = Tree::new();
    let written = moment(case.written.as_ref()).unwrap_or_else(|| date(2026, 11, 18).at(20, 0, 0, 0));
    tree.current(&case.log, written);
    let window = Window { since: moment(case.since.as_ref()), until: moment(case.until.as_ref()) };
    for cut in [Cut::default(), Cut { size: 1, threads: 1 }, Cut { size: 90, threads: 2 }] {
        let mut all = All::default();
        modulelog::read(&tree.files(), window, cut, &mut all);
        // Whoever waited for a warning comes late; the order of the lines is not promised.
        let mut expected: Vec<&Found> = case.findings.iter().collect();
        expected.sort_by_key(|found| found.line);
        all.0.sort_by_key(|finding| finding.line);
        let found: Vec<Found> = all.0.iter().map(found).collect();
        same("findings", &found.iter().collect::<Vec<_>>(), &expected)?;
        let Some(item) = case.item else { continue };
        let told = modulelog::stories(&tree.files(), &Ids::new(item, case.seller), window, cut);
        let told: Vec<Told> = told.stories.iter().map(story).collect();
        same("threads", &told, &case.threads)?;
    }
    if let Some(secret) = &case.secret {
        let mut all = All::default();
        modulelog::read(&tree.files(), window, Cut::default(), &mut all);
        if all.0.iter().any(|finding| finding.text.contains(secret.as_str())) {
            return Err(format!("a secret is told: {:?}", all.0));
        }
    }
    Ok(())
}

fn found(finding: &modulelog::Finding) -> Found {
    Found {
        kind: finding.kind,
        item: finding.item,
        event: finding.event,
        thread: finding.thread.to_string(),
        at: finding.at.to_string(),
        line: finding.line,
        shape: finding.shape.map(|shape| shape.name.clone()),
    }
}

fn story(story: &modulelog::Story) -> Told {
    Told {
        thread: story.thread.to_string(),
        steps: story.steps.iter().map(|step| step.what.word().to_owned()).collect(),
        lines: story.steps.iter().map(|step| step.line).collect(),
    }
}

fn same<T: PartialEq + Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what}: {got:#?}\nexpected {expected:#?}")) }
}

#[test]
fn logs_are_read_as_the_tables_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/log");
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Err(why) = check(&case) {
            wrong.push(format!("{}: {why}", path.display()));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 80, "only {count} cases");
}
