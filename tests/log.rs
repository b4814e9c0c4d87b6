//! `resellguard log` and the panel's page, on panels of the lab and on a bare copied directory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::world::{Setup, World};
use serde_json::Value;
use stage::{Lost, binary, json, lose};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A directory with nothing but a log in it.
fn copied(log: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("var/logs")).unwrap();
    std::fs::write(root.path().join("var/pmbillmgr.log"), log).unwrap();
    root
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env("RESELLGUARD_ROOT", root).env("LANG", "C.UTF-8").env_remove("LC_ALL");
    command
}

fn run(root: &Path, arguments: &[&str]) -> Output {
    command(root, arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const ARTICLE: &str = "\
Nov 18 08:15:04 [23241:1] sbin_utils INFO QUERY: func=service.saveparam&sok=ok&elid=62991&name=last%5Fsync%5Fitem&value=2022%2D11%2D18%2005%3A09%3A02&crypted=off
Nov 18 08:15:04 [23241:1] sbin_utils NOTE Connect to billmgr
Nov 18 08:15:04 [23241:1] libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '1225058'
Nov 18 08:15:04 [23241:1] processing WARNING processing event for item '16643' failed: ' with '1225058' does not exist '
";

#[test]
fn on_a_copied_directory_the_articles_line_is_explained() {
    let root = copied(ARTICLE);
    let output = run(root.path(), &["log"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["Event gone, service 16643: 1 time", "pmbillmgr.log:3 ", "[23241:1]", "resellguard check"] {
        assert!(said.contains(part), "'{part}': {said}");
    }
    let output = run(root.path(), &["log", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &value["findings"][0];
    assert_eq!(
        (&finding["kind"], &finding["item"], &finding["event"], &finding["thread"], &finding["line"], &value["schema"]),
        (&"missed_event".into(), &16643.into(), &1_225_058.into(), &"23241:1".into(), &3.into(), &1.into())
    );
    let output = run(root.path(), &["log", "16643"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("its id at the seller is unknown") && said.contains("error: Error: Type: 'missed'"),
        "{said}"
    );
    let russian = command(root.path(), &["log"]).env("LANG", "ru_RU.UTF-8").output().unwrap();
    assert!(text(&russian).contains("Событие пропало, услуга 16643: 1 раз"), "{}", text(&russian));
    assert!(!root.path().join("var/resellguard").exists(), "reading makes nothing");
}

#[test]
fn the_troubles_of_others_do_not_crowd_out_those_of_the_service() {
    let mut log = String::new();
    for item in 20_000..31_000 {
        log += &ARTICLE.replace("16643", &item.to_string()).replace("elid=62991", &format!("elid={item},16643"));
    }
    let root = copied(&(log + ARTICLE));
    let output = run(root.path(), &["log", "16643", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["findings"].as_array().map(Vec::len), Some(1), "{}", &value.to_string()[..300]);
}

#[test]
fn a_named_file_and_the_standard_input_are_read_like_the_panels() {
    let root = copied("");
    let file = root.path().join("copy.txt");
    std::fs::write(&file, ARTICLE).unwrap();
    let output = run(root.path(), &["log", "--file", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    let mut child = command(root.path(), &["log", "--file", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ARTICLE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((value["findings"][0]["line"].as_u64(), output.status.code()), (Some(3), Some(2)));
    // Of one service the log is read twice, the standard input too.
    let mut child = command(root.path(), &["log", "16643", "--file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ARTICLE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let named = run(root.path(), &["log", "16643", "--file", file.to_str().unwrap()]);
    assert_eq!((text(&output), output.status.code()), (text(&named).replace(file.to_str().unwrap(), "-"), Some(2)));
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error_and_a_reader_that_has_gone_away_is_none() {
    let root = copied(ARTICLE);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["log"][..], &["log", "16643"], &["log", "--format", "json"], &["explain", "16643"]] {
        let output = command(root.path(), arguments).stdin(Stdio::null()).stdout(full()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("could not be written"), "{arguments:?}: {said}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(root.path(), &["log"]).stdin(Stdio::null()).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(2), &b""[..]));
}

#[test]
fn a_pipe_is_read_like_the_standard_input_and_packed_ones_are_unpacked_or_named() {
    let root = copied("");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(ARTICLE.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let pipe = root.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let piped = |bytes: &[u8], arguments: &[&str]| {
        let path = pipe.to_str().unwrap();
        let child = command(root.path(), &[arguments, &["--file", path]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::fs::write(&pipe, bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), text(&output) + &String::from_utf8_lossy(&output.stderr))
    };
    for bytes in [ARTICLE.as_bytes(), &packed] {
        for arguments in [&["log"][..], &["log", "16643"]] {
            let (status, said) = piped(bytes, arguments);
            assert!(said.contains("Object: 'itemevent'"), "{arguments:?}: {said}");
            assert_eq!(status, Some(2), "{said}");
        }
    }
    let bzip2 = root.path().join("log.bz2");
    std::fs::write(&bzip2, b"BZh91AY&SY and so on").unwrap();
    for (arguments, part) in [
        (&["log", "--file", bzip2.to_str().unwrap()][..], "сжат программой bzip2"),
        (&["log", "--since", "foo"], "'foo' (2026-"),
    ] {
        let output = command(root.path(), arguments).env("LANG", "ru_RU.UTF-8").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(part) && !said.contains("which") && !said.contains("moment"), "{said}");
    }
    let (status, said) = piped(b"BZh91AY&SY and so on", &["log"]);
    assert!(said.contains("packed with bzip2") && said.contains("npack it"), "{said}");
    assert_eq!(status, Some(1), "{said}");
}

#[test]
fn the_exit_status_tells_nothing_found_from_nothing_read() {
    let root = copied("");
    let fine = "Nov 18 08:15:04 [23241:1] sbin_utils NOTE Connect to billmgr\n";
    for arguments in [&["log"][..], &["log", "5"]] {
        let output = run(root.path(), arguments);
        let said = text(&output);
        assert!(said.contains("The log is empty.") && !said.contains("No error"), "{said}");
        assert_eq!(output.status.code(), Some(1), "{said}");
        std::fs::write(root.path().join("var/pmbillmgr.log"), "no line\nof a log").unwrap();
        let output = run(root.path(), arguments);
        let said = text(&output);
        assert!(
            said.contains("none of the 2 lines is a line of the module's log") && !said.contains("No error"),
            "{said}"
        );
        assert_eq!(output.status.code(), Some(1), "{said}");
        std::fs::write(root.path().join("var/pmbillmgr.log"), fine).unwrap();
        let output = run(root.path(), arguments);
        let said = text(&output);
        assert!(said.contains("pmbillmgr.log, ") && said.contains("-11-18T08:15:04 .. "), "{said}");
        assert_eq!(output.status.code(), Some(0), "{said}");
        std::fs::write(root.path().join("var/pmbillmgr.log"), "").unwrap();
    }
    std::fs::write(root.path().join("var/pmbillmgr.log"), fine).unwrap();
    std::fs::write(root.path().join("var/logs/pmbillmgr.log.1.xz"), b"\xfd7zXZ\0\0").unwrap();
    let output = run(root.path(), &["log"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("packed with xz"), "{}", text(&output));
    let cut = root.path().join("cut.gz");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(ARTICLE.repeat(500).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    std::fs::write(&cut, &packed[..packed.len() - 100]).unwrap();
    let output = run(root.path(), &["log", "--file", cut.to_str().unwrap()]);
    let said = text(&output);
    assert!(said.contains("Read up to line") && said.contains("Event gone, service 16643"), "{said}");
    assert_eq!(output.status.code(), Some(2));
    let empty = tempfile::tempdir().unwrap();
    for arguments in [&["log"][..], &["log", "5"], &["log", "--file", "/nowhere"]] {
        assert_eq!(run(empty.path(), arguments).status.code(), Some(1), "{arguments:?}");
    }
    for arguments in [&["log", "x"][..], &["log", "--since", "soon"], &["log", "5", "--follow", "--file", "x"]] {
        assert_eq!(run(root.path(), arguments).status.code(), Some(64), "{arguments:?}");
    }
    // Twisted limits find nothing whatever the log says.
    let output = run(root.path(), &["log", "--since", "2h", "--until", "3h"]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn a_file_that_cannot_be_used_is_not_spoken_of_as_an_id_or_as_the_plugins_own_directory() {
    let root = copied("");
    for arguments in [&["log", "--file", "/nowhere/log"][..], &["doctor", "--bundle", "/nowhere/bundle"]] {
        let said = String::from_utf8_lossy(&run(root.path(), arguments).stderr).into_owned();
        assert!(said.contains(arguments[2]) && said.contains("A file cannot be used."), "{said}");
        assert!(!said.contains("Check the id") && !said.contains("directory cannot"), "{said}");
    }
}

#[test]
fn what_others_wrote_does_nothing_to_a_terminal() {
    let evil = "x\u{202e}drowssap\u{2066} \u{1b}[2J\u{9b}2J \u{200b}y";
    let root = copied(&format!("{ARTICLE}Nov 18 08:15:05 [23241:1] core WARNING {evil} item=16643\n"));
    let acts = |character: char| {
        (character.is_control() && character != '\n') || "\u{202e}\u{2066}\u{200b}".contains(character)
    };
    for arguments in [
        &["log"][..],
        &["log", "16643"],
        &["log", "--format", "json"],
        &["explain", "16643", "--offline"],
        &["log", "--file", "/nowhere/\u{202e}\u{1b}[2J"],
        &["journal", "\u{202e}\u{1b}[2J"],
    ] {
        let output = run(root.path(), arguments);
        let said = text(&output) + &String::from_utf8_lossy(&output.stderr);
        assert!(!said.chars().any(acts), "{arguments:?}: {}", said.escape_debug());
        assert!(!arguments.contains(&"log") || said.contains("\\u202e"), "{arguments:?}: {said}");
    }
    // What is JSON stays the same text.
    let value: Value = serde_json::from_slice(&run(root.path(), &["log", "--format", "json"]).stdout).unwrap();
    assert!(value["findings"][0]["text"].as_str().unwrap().contains('\u{202e}'), "{value}");
}

#[test]
fn no_secret_of_an_error_is_shown_whoever_shows_it() {
    let line = |level: &str, query: &str| format!("Nov 18 08:15:05 [23241:1] rpc {level} Query('{query}') failed\n");
    let mut log = ARTICLE.to_owned();
    for level in ["ERROR", "WARNING", "EXTINFO"] {
        for name in [
            "user%5Fpass",
            "password%5Fconfirm",
            "pass%77ord",
            "%61uth",
            "login%5Fhash",
            "ftppass",
            "auth_code",
            "card_number",
        ] {
            log += &line(level, &format!("func=vds.open&elid=16643&{name}=s3cr%26s3cr%20s3cr&sok=ok"));
        }
    }
    let root = copied(&log);
    for arguments in [&["log"][..], &["log", "--format", "json"], &["log", "16643"], &["explain", "16643", "--offline"]]
    {
        let said = text(&run(root.path(), arguments));
        assert!(said.contains("16643") && said.contains("sok=ok") && !said.contains("s3cr"), "{arguments:?}: {said}");
    }
}

#[test]
fn what_is_written_is_followed() {
    let root = copied("");
    let mut child = command(root.path(), &["log", "--follow", "--since", "2020-01-01", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for number in 1..=2 {
        let line = format!("Nov 18 08:15:04 [1:{number}] core WARNING number {number}\n");
        let path = root.path().join("var/pmbillmgr.log");
        std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(line.as_bytes()).unwrap();
        let mut told = String::new();
        out.read_line(&mut told).unwrap();
        let value: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(
            (value["line"].as_u64(), value["text"].as_str()),
            (Some(number), Some(&*format!("number {number}")))
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_written_after_the_clock_went_back_is_new_all_the_same() {
    let root = copied("");
    let mut child =
        command(root.path(), &["log", "--follow", "--format", "json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let write = |hours: i64, text: &str| {
        let at = jiff::ZonedDateTime::now().checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap();
        let line = format!("{} [1:1] core WARNING {text}\n", at.strftime("%b %d %H:%M:%S"));
        let path = root.path().join("var/pmbillmgr.log");
        std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(line.as_bytes()).unwrap();
    };
    let mut told = || {
        let mut told = String::new();
        out.read_line(&mut told).unwrap();
        serde_json::from_str::<Value>(&told).unwrap()["text"].as_str().unwrap().to_owned()
    };
    // Ahead: whenever it is read first, it is not older than the start.
    write(-1, "first");
    assert_eq!(told(), "first");
    write(1, "an hour back");
    write(-1, "last");
    assert_eq!((told(), told()), ("an hour back".to_owned(), "last".to_owned()));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn of_one_service_only_its_own_is_followed() {
    let root = copied("");
    let mut child = command(root.path(), &["log", "16643", "--follow", "--since", "2020-01-01", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let log = ["16642", "16643", "16644", "16643"].map(|item| ARTICLE.replace("16643", item)).concat();
    std::fs::write(root.path().join("var/pmbillmgr.log"), log).unwrap();
    for line in [7, 15] {
        let mut told = String::new();
        out.read_line(&mut told).unwrap();
        let value: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((value["line"].as_u64(), value["item"].as_u64()), (Some(line), Some(16643)));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_panel_that_took_the_events_finds_them_in_its_log_and_the_other_one_its_order() {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, b, items } = lose(&world, Setup::default(), &account, &[("vds", "one.example")]);
    let log = b.module_log();
    assert!(log.contains("missed"), "{log}");
    let output = run(b.root(), &["log", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &value["findings"][0];
    assert_eq!((finding["kind"].as_str(), finding["item"].as_u64()), (Some("missed_event"), Some(items[0])), "{value}");
    // Here the order went out, and the poll came back empty: no error, and the story says what was done.
    let (value, status) = json(&a, &["log", &items[0].to_string()]);
    let steps: Vec<&str> = value["threads"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|thread| thread["steps"].as_array().unwrap())
        .map(|step| step["what"].as_str().unwrap())
        .collect();
    assert_eq!(status, 0, "{value}");
    assert!(steps.contains(&"ordered"), "{value}");
}

#[test]
fn the_panels_page_has_a_row_for_each_kind_and_service() {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, .. } = lose(&world, Setup::default(), &account, &[("vds", "one.example")]);
    let path = a.root().join("var/pmbillmgr.log");
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(ARTICLE.as_bytes()).unwrap();
    let page = a.call("resellguard.log", &[]);
    let rows: Vec<(String, String)> =
        page.all("elem").map(|row| (row.text_of("id").to_owned(), row.text_of("line").to_owned())).collect();
    assert_eq!(rows.len(), 1, "{page}");
    assert_eq!(rows[0].0, "missed_event.16643", "{page}");
    assert_eq!(a.call("resellguard.log", &[("elid", "5")]).all("elem").count(), 0);
    // What was not read is no all-clear, and says what to do.
    std::fs::write(a.root().join("var/logs/pmbillmgr.log.1.xz"), b"\xfd7zXZ\0\0").unwrap();
    let page = a.call("resellguard.log", &[("elid", "5")]);
    let said: Vec<_> = page.all("elem").map(|row| (row.text_of("text"), row.text_of("remedy"))).collect();
    assert!(matches!(said[..], [(why, remedy)] if why.contains("xz") && remedy.contains("unpack")), "{page}");
    std::fs::remove_file(a.root().join("var/logs/pmbillmgr.log.1.xz")).unwrap();
    std::fs::remove_file(&path).unwrap();
    let page = a.call("resellguard.log", &[]);
    let said: Vec<_> = page.all("elem").map(|row| (row.text_of("meaning"), row.text_of("line"))).collect();
    assert!(
        matches!(said[..], [(meaning, line)] if meaning.contains("no log") && path.display().to_string() == line),
        "{page}"
    );
}

/// The panel notes the seller's id, and two days later its event fails by that number alone.
fn by_the_other_id(noted: &str) -> tempfile::TempDir {
    copied(&format!(
        "Nov 18 08:15:04 [23241:1] sbin_utils INFO QUERY: func={noted}&sok=ok\n\
         Nov 20 08:15:04 [23250:1] libmgr ERROR Error: Type: 'auth' Object: 'badip' Value: ''\n\
         Nov 20 08:15:04 [23250:1] processing WARNING processing event for item '4478979' failed: 'wrong ip'\n"
    ))
}

#[test]
fn without_a_database_the_log_itself_says_which_id_the_service_has_at_the_seller() {
    let root = by_the_other_id("vds.edit&elid=16643&remoteid=4478979");
    let output = run(root.path(), &["log", "16643"]);
    let said = text(&output);
    assert!(said.contains("at the seller 4478979 (the log says so)") && said.contains("wrong ip"), "{said}");
    assert_eq!(output.status.code(), Some(2), "{said}");
    let output = run(root.path(), &["log", "16643", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["seller_id"], &value["seller_id_from_log"]), (&"4478979".into(), &true.into()), "{value}");
    assert_eq!(value["findings"].as_array().map(Vec::len), Some(1), "{value}");
    let said = text(&run(root.path(), &["explain", "16643", "--offline"]));
    assert!(said.contains("Only the module's log could tell") && said.contains("wrong ip"), "{said}");
}

#[test]
fn where_the_log_does_not_say_the_sellers_id_it_is_said_that_its_lines_were_not_looked_for() {
    // A request to the seller may have the ids the other way round.
    let root = by_the_other_id("account.edit&elid=16643&remoteid=4478979");
    let log = root.path().join("var/pmbillmgr.log");
    let mut lines = std::fs::read_to_string(&log).unwrap();
    lines += "Nov 20 08:16:04 [23260:1] rpc EXTINFO Query('func=vds.edit&elid=16643&remoteid=4478979')\n";
    std::fs::write(&log, lines).unwrap();
    let output = run(root.path(), &["log", "16643"]);
    let said = text(&output);
    assert!(said.contains("Lines that name only its id at the seller were not looked for."), "{said}");
    assert!(!said.contains("wrong ip"), "{said}");
    let said = text(&run(root.path(), &["explain", "16643", "--offline"]));
    assert!(said.contains("without an error. Lines that name only its id at the seller were not looked for"), "{said}");
    assert!(said.contains("\n  not looked at: lines that name only its id at the seller"), "{said}");
}

#[test]
fn of_a_stream_a_time_is_asked_about_as_of_a_file() {
    let root = copied("");
    let ago = |hours: i64| jiff::ZonedDateTime::now().checked_sub(jiff::SignedDuration::from_hours(hours)).unwrap();
    let log: String = [24 * 400, 24 * 300, 24 * 40, 1]
        .map(|hours| format!("{} [1:1] core WARNING {hours} hours\n", ago(hours).strftime("%b %e %H:%M:%S")))
        .concat();
    for (arguments, expected) in [
        (&[][..], &["1", "960", "7200", "9600"][..]),
        (&["--since", "2h"], &["1"]),
        (&["--since", "50d"], &["1", "960"]),
        (&["--until", "30d"], &["960", "7200", "9600"]),
        (&["--since", "390d", "--until", "30d"], &["960", "7200"]),
    ] {
        let mut child = command(root.path(), &[&["log", "--file", "-", "--format", "json"], arguments].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found: Vec<_> =
            value["findings"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
        let expected: Vec<_> = expected.iter().map(|hours| format!("{hours} hours")).collect();
        assert_eq!(found, expected, "{arguments:?} {value}");
    }
}

#[test]
fn unknown_errors_are_told_apart_by_what_they_say_and_the_newest_is_shown() {
    let errors = [
        "Type: 'limit' Object: 'x' Value: '1'",
        "Type: 'db' Object: 'query' Value: 'gone away'",
        "Type: 'db' Object: 'query' Value: 'gone again'",
        "Type: 'db' Object: '<i>&, 5' Value: ''",
    ];
    let line =
        |(second, error): (usize, &&str)| format!("Nov 18 08:15:0{second} [10:{second}] libmgr ERROR Error: {error}\n");
    let mut log: String = errors.iter().enumerate().map(line).collect();
    // The one that waits for its warning comes last.
    log += "Nov 18 08:15:05 [11:1] libmgr ERROR no form one\nNov 18 08:15:06 [11:2] libmgr WARNING no form two\n";
    let root = copied(&log);
    let said = text(&run(root.path(), &["log"]));
    for part in
        ["Other (limit x), no service named: 1 time", "Other (db query), no service named: 2 times", "Other, no"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let value: Value = serde_json::from_slice(&run(root.path(), &["log", "--format", "json"]).stdout).unwrap();
    assert_eq!(value["groups"].as_array().map(Vec::len), Some(4), "{value}");
    assert_eq!(value["findings"][0]["text"], "no form two", "{value}");
    let rows = page(root.path());
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!((rows.len(), ids.len()), (4, 4), "{rows:?}");
    let row = |id: &str| rows.iter().find(|row| row[0] == id).unwrap_or_else(|| panic!("{id}: {rows:?}"));
    assert!(row("other.limit:x.")[2].contains("A limit at the seller"), "{rows:?}");
    assert!(row("other.db:query.")[2].contains("not among the known errors"), "{rows:?}");
    assert_eq!(row("other.")[1], "2", "{rows:?}");
    assert!(row("other.")[3].ends_with(":6"), "{rows:?}");
    assert!(ids.iter().all(|id| !id.contains([',', '<', ' '])), "{rows:?}");
}

#[test]
fn very_many_sorts_of_errors_are_bounded_and_it_is_said_how_to_see_the_rest() {
    let line = |number| {
        format!("Nov 18 08:15:04 [{number}:1] libmgr ERROR Error: Type: 'zzz{number}' Object: 'o' Value: ''\n")
    };
    let root = copied(&(1..=3000).map(line).collect::<String>());
    let said = text(&run(root.path(), &["log"]));
    assert!(
        said.contains("Other (zzz1 o), no service named") && said.contains("more; each of them: --format json"),
        "{said}"
    );
    assert!(said.lines().count() < 1000, "{said}");
    let value: Value = serde_json::from_slice(&run(root.path(), &["log", "--format", "json"]).stdout).unwrap();
    let counted: u64 = value["groups"].as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap()).sum();
    assert_eq!((counted, value["findings"].as_array().map(Vec::len)), (3000, Some(3000)));
    assert!(page(root.path()).iter().any(|row| row[4].contains("resellguard log --format json")));
}

/// The rows of the panel's page of a bare directory.
fn page(root: &Path) -> Vec<Vec<String>> {
    let mut panel = command(root, &[]);
    let asked = [("EVENT_TYPE", "action"), ("ACTION_NAME", "resellguard.log"), ("PARAM_func", "resellguard.log")];
    panel.envs(asked).envs([("AUTH_USER", "root"), ("AUTH_LEVEL", "30")]);
    let mut child = panel.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"<doc/>").unwrap();
    let page = resellguard::xml::parse(&text(&child.wait_with_output().unwrap())).unwrap();
    let row = |row: &resellguard::xml::Element| {
        ["id", "count", "meaning", "line", "remedy"]
            .map(|name| row.text_of(name).unwrap_or_default().to_owned())
            .to_vec()
    };
    page.find_all("elem").map(row).collect()
}

#[test]
fn what_was_looked_at_is_what_was_read() {
    let root = copied("");
    let log = root.path().join("var/pmbillmgr.log");
    std::fs::remove_file(&log).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(ARTICLE.repeat(500).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let cut = root.path().join("var/logs/pmbillmgr.log.1.gz");
    std::fs::write(&cut, &packed[..packed.len() - 100]).unwrap();
    for arguments in [&["log"][..], &["log", "16643"]] {
        let said = text(&run(root.path(), arguments));
        assert!(said.contains("Read up to line") && !said.contains("No file"), "{said}");
        assert!(
            said.lines().any(|line| line.starts_with("Looked at: ") && line.contains("pmbillmgr.log.1.gz")),
            "{said}"
        );
    }
    std::fs::remove_file(&cut).unwrap();
    // What is none of the module's is not read, and was not looked at.
    std::fs::write(&log, "no line\nof a log\n").unwrap();
    let said = text(&run(root.path(), &["log"]));
    assert!(said.contains("Not read: ") && !said.contains("Looked at"), "{said}");
    // A rotated file and its packed copy are one.
    std::fs::write(&log, ARTICLE).unwrap();
    std::fs::write(root.path().join("var/logs/pmbillmgr.log.1"), ARTICLE.repeat(500)).unwrap();
    std::fs::write(&cut, &packed).unwrap();
    for arguments in [&["log"][..], &["log", "16643"]] {
        let said = text(&run(root.path(), arguments));
        assert!(
            said.contains("The same once more, and not read again: ") && said.contains("pmbillmgr.log.1.gz"),
            "{said}"
        );
        assert!(!said.contains("Not read"), "{said}");
    }
    let value: Value = serde_json::from_slice(&run(root.path(), &["log", "--format", "json"]).stdout).unwrap();
    assert_eq!(
        (&value["total"], value["looked_at"]["twins"].as_array().map(Vec::len)),
        (&501.into(), Some(1)),
        "{value}"
    );
}

#[test]
fn a_time_that_is_not_yet_is_refused() {
    let root = copied(ARTICLE);
    for arguments in [&["--since=-2h"][..], &["--until=-2h"], &["--since", "2999-01-01"]] {
        let output = run(root.path(), &[&["log"], arguments].concat());
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
    }
    for arguments in
        [&["--until", "2999-01-01"][..], &["--since", "2h ago"], &["--since", "today"], &["--since", "now"]]
    {
        assert_ne!(run(root.path(), &[&["log"], arguments].concat()).status.code(), Some(64), "{arguments:?}");
    }
}

#[test]
fn a_time_zone_of_the_caller_that_is_not_the_machines_is_said() {
    let root = copied(ARTICLE);
    let said = |zone: &str| text(&command(root.path(), &["log", "--since", "2h"]).env("TZ", zone).output().unwrap());
    // Not both of them are the machine's.
    let [first, second] = ["Pacific/Kiritimati", "Pacific/Pago_Pago"].map(said);
    let note = "the variable TZ";
    assert!(first.contains(note) || second.contains(note), "{first}{second}");
    assert!(first.contains("(Pacific/Kiritimati)") || second.contains("(Pacific/Pago_Pago)"), "{first}{second}");
    let own = text(&command(root.path(), &["log", "--since", "2h"]).env_remove("TZ").output().unwrap());
    assert!(!own.contains(note), "{own}");
}
