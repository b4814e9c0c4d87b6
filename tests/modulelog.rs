//! The reading of the module's log: what is found, wherever the log is cut, packed, rotated or resumed. Files are made here;
//! the command and the panel's page are in `log.rs`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod chance;
#[path = "modulelog/heard.rs"]
mod heard;
#[path = "modulelog/random.rs"]
mod random;
#[path = "modulelog/tables.rs"]
mod tables;

use flate2::write::GzEncoder;
use heard::{heard, heard_after};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use resellguard::language::Say;
use resellguard::modulelog::{self, Cut, Files, Finding, Kind, Listener, Position, Window};
use resellguard::report::LogReport;
use resellguard::root::Root;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

const ARTICLE: &str = "\
Nov 18 08:15:04 [23241:1] sbin_utils INFO QUERY: func=service.saveparam&sok=ok&elid=62991&name=last%5Fsync%5Fitem&value=2022%2D11%2D18%2005%3A09%3A02&crypted=off
Nov 18 08:15:04 [23241:1] sbin_utils NOTE Connect to billmgr
Nov 18 08:15:04 [23241:1] rpc EXTINFO Query('func=service.saveparam&sok=ok&elid=62991&name=last%5Fsync%5Fitem&value=2022%2D11%2D18%2005%3A09%3A02&crypted=off')
Nov 18 08:15:04 [23241:1] libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '1225058'
Nov 18 08:15:04 [23241:1] processing WARNING processing event for item '16643' failed: ' with '1225058' does not exist ' 
";

/// A panel's directory with nothing but logs.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(tree.0.path().join("var/logs")).unwrap();
        tree
    }

    fn root(&self) -> Root {
        Root::at(self.0.path())
    }

    fn files(&self) -> Files {
        Files::of(&self.root())
    }

    /// Writes a file under `var`, last written at that time.
    fn write(&self, name: &str, bytes: &[u8], at: DateTime) {
        let path = self.0.path().join("var").join(name);
        fs::write(&path, bytes).unwrap();
        let seconds = TimeZone::system().to_timestamp(at).unwrap().as_second();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap());
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    fn current(&self, text: &str, at: DateTime) {
        self.write("pmbillmgr.log", text.as_bytes(), at);
    }
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[derive(Clone, Default)]
struct All(Vec<Finding>);

impl Listener for All {
    fn finding(&mut self, finding: Finding) {
        self.0.push(finding);
    }
}

fn read(files: &Files, window: Window) -> Vec<Finding> {
    let mut all = All::default();
    let skipped = modulelog::read(files, window, Cut::default(), &mut all);
    assert!(skipped.is_empty(), "{skipped:?}");
    all.0
}

fn go_on(files: &Files, from: Option<&Position>) -> (Vec<Finding>, Option<Position>) {
    let mut all = All::default();
    let (position, skipped) = modulelog::go_on(files, from, Cut::default(), &mut all);
    assert!(skipped.is_empty(), "{skipped:?}");
    (all.0, position)
}

fn at(year: i16, month: i8, day: i8) -> DateTime {
    date(year, month, day).at(8, 15, 4, 0)
}

fn error(stamp: &str, value: u32) -> String {
    format!("{stamp} 08:15:04 [7:1] libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '{value}'\n")
}

fn events(findings: &[Finding]) -> Vec<u64> {
    findings.iter().map(|finding| finding.event.unwrap()).collect()
}

#[test]
fn the_articles_example_is_one_missed_event_with_its_service() {
    let tree = Tree::new();
    tree.current(ARTICLE, at(2022, 11, 18));
    let found = read(&tree.files(), Window::default());
    assert_eq!(found.len(), 1);
    let finding = &found[0];
    assert_eq!((finding.kind, finding.item, finding.event), (Kind::MissedEvent, Some(16643), Some(1_225_058)));
    assert_eq!((finding.thread.to_string().as_str(), finding.line, finding.at), ("23241:1", 4, at(2022, 11, 18)));
    assert_eq!(finding.shape.unwrap().name, "missed-event");
    assert!(finding.text.lines().count() == 2 && finding.text.contains("for item '16643' failed"), "{}", finding.text);
}

#[test]
fn what_the_log_says_of_events_is_heard() {
    let tree = Tree::new();
    let opened = "Nov 18 08:20:04 [23242:1] sbin_utils INFO QUERY: func=vds.open&elid=16644&sok=ok\n";
    let foreign = "Nov 18 08:25:04 [23243:1] libmgr ERROR Error: Type: 'auth' Object: 'badpassword' Value: ''\n\
                   Nov 18 08:25:04 [23243:1] processing WARNING processing event for item '16645' failed: 'x'\n";
    tree.current(&format!("{ARTICLE}{opened}{foreign}"), at(2026, 11, 18));
    let told = heard(&tree.files(), None);
    assert_eq!(
        told.missed.iter().map(|one| (one.event, one.item)).collect::<Vec<_>>(),
        [(Some(1_225_058), Some(16643))]
    );
    assert_eq!(told.failed.iter().map(|one| (one.kind, one.item)).collect::<Vec<_>>(), [(Kind::Auth, Some(16645))]);
    assert_eq!(told.applied.into_iter().collect::<Vec<_>>(), [(16644, date(2026, 11, 18).at(8, 20, 4, 0))]);
    assert_eq!(told.last_line, Some(date(2026, 11, 18).at(8, 25, 4, 0)));
    assert!(told.written.is_some());
    let later = heard(&tree.files(), Some(date(2026, 11, 18).at(8, 20, 0, 0)));
    assert_eq!((later.missed.len(), later.applied.len(), later.failed.len()), (0, 1, 1));
    let none = heard(&Tree::new().files(), None);
    assert_eq!((none.written, none.last_line, none.missed.len()), (None, None, 0));
}

#[test]
fn nothing_depends_on_how_the_log_is_cut() {
    let tree = Tree::new();
    let mut log = String::new();
    for number in 0..300 {
        log.push_str(ARTICLE);
        log.push_str("<doc>\n  <elem/>\r\n</doc>\n");
        log.push_str(&"x".repeat(number * 7 % 1000));
        log.push('\n');
    }
    tree.current(&log, at(2026, 11, 18));
    let files = tree.files();
    let told = |size, threads| {
        let mut all = All::default();
        modulelog::read(&files, Window::default(), Cut { size, threads }, &mut all);
        all.0.iter().map(|finding| format!("{finding:?}")).collect::<Vec<_>>()
    };
    let expected = told(1 << 20, 1);
    assert_eq!(expected.len(), 300);
    for (size, threads) in [(1, 1), (13, 3), (100, 2), (4096, 2), (10_000, 4)] {
        assert!(told(size, threads) == expected, "{size} {threads}");
    }
}

#[test]
fn rotated_and_packed_files_are_read_in_the_order_of_time() {
    let tree = Tree::new();
    tree.write("logs/pmbillmgr.log-20241230.gz", &packed(&error("Dec 30", 1)), at(2026, 11, 24));
    let two = [packed(&error("Dec 31", 2)), packed(&error("Jan  2", 3))].concat();
    tree.write("logs/pmbillmgr.log.1.gz", &two, at(2025, 1, 2));
    tree.write("logs/pmbillmgr.log.0", error("Mar  1", 4).as_bytes(), at(2025, 3, 1));
    tree.write("logs/billmgr.log.0", error("Mar  1", 5).as_bytes(), at(2025, 3, 1));
    tree.current(&error("Nov 18", 6), at(2026, 11, 18));
    let found = read(&tree.files(), Window::default());
    assert_eq!(events(&found), [1, 2, 3, 4, 6]);
    let years: Vec<i16> = found.iter().map(|finding| finding.at.year()).collect();
    assert_eq!(years, [2024, 2024, 2025, 2025, 2026]);
    assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [1, 1, 2, 1, 1]);
    let since = Window { since: Some(at(2025, 1, 1)), until: Some(at(2025, 12, 31)) };
    assert_eq!(events(&read(&tree.files(), since)), [3, 4]);
}

#[test]
fn a_log_of_several_years_is_dated_from_its_end() {
    let tree = Tree::new();
    let days = ["Nov 18", "Feb 29", "Mar  1", "Feb  1", "Jan  1", "Dec 31", "Jan  2"];
    let log: String = days.iter().enumerate().map(|(at, day)| error(day, u32::try_from(at).unwrap())).collect();
    tree.current(&log, at(2026, 1, 5));
    let years: Vec<i16> = read(&tree.files(), Window::default()).iter().map(|finding| finding.at.year()).collect();
    assert_eq!(years, [2023, 2024, 2024, 2025, 2026, 2025, 2026]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_read() {
    let tree = Tree::new();
    let broken = &packed(&error("Nov 17", 1).repeat(1000))[..60];
    tree.write("logs/pmbillmgr.log.1.gz", broken, at(2026, 11, 17));
    tree.write("logs/pmbillmgr.log.2.xz", b"\xfd7zXZ\0\0", at(2026, 11, 16));
    fs::create_dir(tree.0.path().join("var/logs/pmbillmgr.log.d")).unwrap();
    tree.current(&error("Nov 18", 2), at(2026, 11, 18));
    let mut all = All::default();
    let skipped = modulelog::read(&tree.files(), Window::default(), Cut::default(), &mut all);
    let mut names: Vec<String> =
        skipped.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["pmbillmgr.log.1.gz", "pmbillmgr.log.2.xz", "pmbillmgr.log.d"]);
    assert!(skipped.iter().any(|file| file.why.to_string().contains("packed with xz")), "{skipped:?}");
    assert_eq!(all.0.last().and_then(|finding| finding.event), Some(2));
}

#[test]
fn a_packed_file_that_was_cut_is_read_up_to_the_cut_and_says_so() {
    let tree = Tree::new();
    // Of the year before: what was read is dated although the file's end is missing.
    let text: String = (1..=3000).map(|value| error("Nov 17", value)).collect();
    let whole = packed(&text);
    tree.write("logs/pmbillmgr.log.1.gz", &whole[..whole.len() / 2], at(2026, 3, 1));
    let mut all = All::default();
    let skipped = modulelog::read(&tree.files(), Window::default(), Cut::default(), &mut all);
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    // The findings are those of the lines that were read; the last line may be whole but for its end.
    let (lines, found) = (usize::try_from(skipped[0].lines).unwrap(), all.0.len());
    assert!(lines > 100 && lines < 3000 && (lines..=lines + 1).contains(&found), "{lines} {found}");
    assert_eq!(all.0[lines - 1].at, at(2025, 11, 17));
    assert_eq!(skipped[0].pair().0.find("Read up to line"), Some(0));
}

#[test]
fn reading_goes_on_where_it_ended_whatever_happened_to_the_file() {
    let tree = Tree::new();
    let filler = "Nov 18 08:15:04 [7:1] rpc NOTE x\n".repeat(20);
    let first = format!("{}{filler}{}", error("Nov 18", 1), error("Nov 18", 2));
    tree.current(&first, at(2026, 11, 18));
    let (found, position) = go_on(&tree.files(), None);
    assert_eq!(events(&found), [1, 2]);
    let position = serde_json::from_str(&serde_json::to_string(&position.unwrap()).unwrap()).unwrap();

    // Nothing is new.
    let (found, same) = go_on(&tree.files(), Some(&position));
    assert_eq!((found.len(), same.as_ref()), (0, Some(&position)));

    // It has grown; its last line is not finished.
    let grown = format!("{first}{}{}", error("Nov 19", 3), error("Nov 19", 4).trim_end());
    tree.current(&grown, at(2026, 11, 19));
    let (found, later) = go_on(&tree.files(), Some(&position));
    assert_eq!(events(&found), [3]);
    assert_eq!((found[0].line, found[0].at.year()), (23, 2026));
    let later = later.unwrap();
    let grown = format!("{grown}\n");
    tree.current(&grown, at(2026, 11, 19));
    assert_eq!(events(&go_on(&tree.files(), Some(&later)).0), [4]);

    // It was packed away, and a new one was begun.
    let grown = format!("{grown}{}", error("Nov 20", 5));
    tree.write("logs/pmbillmgr.log-20261120.gz", &packed(&grown), at(2026, 11, 20));
    tree.current(&error("Nov 21", 6), at(2026, 11, 21));
    let (found, newest) = go_on(&tree.files(), Some(&later));
    assert_eq!(events(&found), [4, 5, 6]);
    assert_eq!(found[1].line, 25);
    assert_eq!(go_on(&tree.files(), newest.as_ref()).0.len(), 0);

    // It was thrown away.
    fs::remove_file(tree.0.path().join("var/logs/pmbillmgr.log-20261120.gz")).unwrap();
    assert_eq!(events(&go_on(&tree.files(), Some(&later)).0), [6]);
    fs::remove_file(tree.0.path().join("var/pmbillmgr.log")).unwrap();
    assert!(go_on(&tree.files(), Some(&later)).1.is_none());
}

#[test]
fn a_log_that_was_emptied_does_not_bring_those_before_it_again() {
    let tree = Tree::new();
    tree.current(&error("Nov 18", 1), at(2026, 11, 18));
    let (_, position) = go_on(&tree.files(), None);
    let place = |name: &str| tree.0.path().join("var").join(name);
    fs::rename(place("pmbillmgr.log"), place("logs/pmbillmgr.log.1")).unwrap();
    let second = format!("{}{}", error("Nov 18", 2), error("Nov 18", 3));
    tree.current(&second, at(2026, 11, 18));
    let (found, position) = go_on(&tree.files(), position.as_ref());
    assert_eq!(events(&found), [2, 3]);
    tree.current(&error("Nov 18", 4), at(2026, 11, 18));
    assert_eq!(events(&go_on(&tree.files(), position.as_ref()).0), [4]);
}

#[test]
fn a_log_that_was_just_begun_does_not_bring_the_old_ones_again() {
    let tree = Tree::new();
    tree.write("logs/pmbillmgr.log-20261117", error("Nov 17", 1).as_bytes(), at(2026, 11, 17));
    tree.current("", at(2026, 11, 18));
    let first = heard_after(&tree.files(), None);
    assert_eq!(first.missed.len(), 1);
    tree.current(&error("Nov 18", 2), at(2026, 11, 18));
    let second = heard_after(&tree.files(), first.position.as_ref());
    assert_eq!(second.missed.iter().map(|one| one.event).collect::<Vec<_>>(), [Some(2)]);
}

#[test]
fn a_file_named_by_hand_is_read_like_any_other() {
    let tree = Tree::new();
    tree.write("copy.txt", ARTICLE.as_bytes(), at(2022, 11, 18));
    let files = Files::one(&tree.0.path().join("var/copy.txt"));
    assert_eq!(read(&files, Window::default()).len(), 1);
    let none = Files::one(Path::new("/nowhere/pmbillmgr.log"));
    assert_eq!((none.files.len(), none.skipped.len()), (0, 1));
}

/// A stream is read once, and its last line is not in the future.
#[test]
fn a_streams_years_are_those_in_which_its_last_line_is_not_in_the_future() {
    let now = date(2026, 11, 30).at(12, 0, 0, 0);
    let told = |days: &[&str], window: Window| {
        let log: String = (1..).zip(days).map(|(value, day)| error(day, value)).collect();
        let mut read = Vec::new();
        for cut in [Cut::default(), Cut { size: 1, threads: 2 }] {
            let mut report = LogReport::default();
            modulelog::stream(log.as_bytes(), Path::new("-"), now, window, cut, &mut report).unwrap();
            let json = report.json();
            let found = json["findings"].as_array().unwrap();
            let years: Vec<_> = found.iter().rev().map(|one| one["at"].as_str().unwrap()[..10].to_owned()).collect();
            let span = report.looked.span.map(|(first, last)| (first.year(), last.year()));
            let counted: u64 = report.groups().iter().map(|group| group.count).sum();
            assert_eq!((counted, report.total), (years.len() as u64, years.len() as u64));
            assert!(report.groups().iter().all(|group| group.first.year() >= span.unwrap().0));
            read.push((years, span.unwrap()));
        }
        assert_eq!(read[0], read[1]);
        read.remove(0)
    };
    let all = Window::default();
    let days = ["Nov 20", "Jan  5", "Oct 29"];
    assert_eq!(told(&days, all), (["2025-11-20", "2026-01-05", "2026-10-29"].map(String::from).to_vec(), (2025, 2026)));
    // Several years, and a clock that was ahead for a moment.
    let days = ["Nov 20", "Jan  5", "Oct 29", "Jan  5", "Dec 24", "Nov 29"];
    let expected = ["2023-11-20", "2024-01-05", "2024-10-29", "2025-01-05", "2025-12-24", "2026-11-29"];
    assert_eq!(told(&days, all), (expected.map(String::from).to_vec(), (2023, 2026)));
    assert_eq!(told(&["Nov 29", "Dec  3", "Nov 30"], all).0, ["2026-11-29", "2026-11-30", "2026-12-03"]);
    // Ahead of now at its very end.
    assert_eq!(told(&["Nov 29", "Dec  3"], all).0, ["2025-11-29", "2025-12-03"]);
    // What was asked for is recent.
    let recent = Window::since(date(2026, 11, 30).at(2, 0, 0, 0));
    assert_eq!(told(&["Nov 30", "Jan  5", "Oct 29"], recent), (vec![], (2025, 2026)));
    assert_eq!(told(&["Nov 30", "Jan  5", "Oct 29", "Nov 30"], recent), (vec!["2026-11-30".to_owned()], (2025, 2026)));
}

#[test]
fn a_rotated_file_beside_its_packed_copy_is_read_once() {
    let text = error("Nov 17", 1).repeat(30);
    let whole = packed(&text);
    let day = |day| at(2026, 11, day);
    let longer = format!("{text}{}", error("Nov 17", 2));
    for (plain, packed, written, twin, lines) in [
        (&text, &whole[..], [17, 17], Some("pmbillmgr.log.1.gz"), 30),
        // It is being packed.
        (&text, &whole[..whole.len() - 20], [17, 18], Some("pmbillmgr.log.1.gz"), 30),
        // It was written to after it was packed; it is being unpacked.
        (&longer, &whole, [18, 17], Some("pmbillmgr.log.1.gz"), 31),
        (&text, &packed(&longer), [18, 17], Some("pmbillmgr.log.1"), 31),
        // Another one of that name.
        (&error("Nov 16", 1).repeat(30), &whole, [17, 17], None, 60),
    ] {
        let tree = Tree::new();
        tree.write("logs/pmbillmgr.log.1", plain.as_bytes(), day(written[0]));
        tree.write("logs/pmbillmgr.log.1.gz", packed, day(written[1]));
        tree.current(&error("Nov 18", 3), day(18));
        let files = tree.files();
        let twins: Vec<_> = files.twins.iter().map(|twin| twin.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(twins, twin.into_iter().collect::<Vec<_>>());
        assert_eq!(read(&files, Window::default()).len(), lines + 1);
    }
}
