//! The binary by itself: environment and document in, one document out, exit status 0, whatever happens.

use crate::place::{Place, in_an_hour};
use resellguard::handover::{Moment, take_polls};
use resellguard::xml::{self, Element};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Every function of ours.
const FUNCTIONS: [&str; 7] = [
    "resellguard",
    "resellguard.check",
    "resellguard.evidence",
    "resellguard.drift",
    "resellguard.sync",
    "resellguard.log",
    "resellguard.journal",
];

/// Calls the binary as the panel does and returns what it printed; the exit status is 0 and stderr is empty.
pub fn call(root: &Path, variables: &[(&str, &str)], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_resellguard"))
        .env_clear()
        .env("RESELLGUARD_ROOT", root)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The panel may be gone before it has written everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    output.stdout
}

pub fn function<'a>(name: &'a str, level: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("EVENT_TYPE", "action"),
        ("ACTION_NAME", name),
        ("PARAM_func", name),
        ("AUTH_USER", "4"),
        ("AUTH_LEVEL", level),
    ]
}

fn event<'a>(name: &'a str, moment: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("EVENT_TYPE", moment),
        ("ACTION_NAME", name),
        ("PARAM_func", name),
        ("AUTH_USER", "root"),
        ("AUTH_LEVEL", "30"),
    ]
}

pub fn document(printed: &[u8]) -> Element {
    xml::parse(std::str::from_utf8(printed).unwrap()).unwrap()
}

pub fn error_of(printed: &[u8]) -> (String, String) {
    let document = document(printed);
    let error = document.find("error").expect("an error document");
    (error.get_attribute("type").unwrap().to_owned(), error.text_of("msg").unwrap().to_owned())
}

/// What a panel, or a broken one, may send.
fn odd_documents() -> Vec<Vec<u8>> {
    vec![
        b"".to_vec(),
        b"\n".to_vec(),
        b"not a document".to_vec(),
        b"<doc>".to_vec(),
        b"<!DOCTYPE d [<!ENTITY a \"&a;&a;\">]><d>&a;</d>".to_vec(),
        b"\x00\xff\xfe binary".to_vec(),
        b"\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n<doc lang='ru' func='x'><ok/></doc>".to_vec(),
        [b"<doc>".to_vec(), vec![b'x'; 3 * 1024 * 1024], b"</doc>".to_vec()].concat(),
    ]
}

#[test]
fn a_function_that_is_not_ours_goes_back_byte_for_byte() {
    let place = Place::new();
    for document in odd_documents() {
        for variables in [function("vds", "30"), vec![("PARAM_func", "vds")], vec![("EVENT_TYPE", "action")]] {
            assert!(call(&place.0, &variables, &document) == document, "{variables:?}");
        }
    }
}

#[test]
fn every_event_goes_back_byte_for_byte() {
    let place = Place::new();
    place.knows(in_an_hour(), &[]);
    for document in odd_documents() {
        for moment in ["before", "after", "final", "sideways"] {
            for name in ["checkevent", "vds.edit", "resellguard.sync", ""] {
                assert!(call(&place.0, &event(name, moment), &document) == document, "{moment} {name}");
            }
        }
    }
}

#[test]
fn a_document_larger_than_we_read_still_goes_back_whole() {
    let place = Place::new();
    place.knows(in_an_hour(), &[]);
    let document = vec![b'x'; 64 * 1024 * 1024 + 4099];
    assert!(call(&place.0, &event("checkevent", "after"), &document) == document);
}

#[test]
fn a_call_of_checkevent_is_noted_on_both_sides() {
    let place = Place::new();
    place.knows(in_an_hour(), &[]);
    for moment in ["before", "after"] {
        call(&place.0, &event("checkevent", moment), b"<doc><ok/></doc>");
    }
    let mode = fs::metadata(place.state().join("polls")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let moments: Vec<Moment> = take_polls(&place.root()).unwrap().iter().map(|poll| poll.moment).collect();
    assert_eq!(moments, [Moment::Before, Moment::After]);
    // Other events and the function itself are no polls.
    call(&place.0, &event("vds.edit", "before"), b"");
    call(&place.0, &event("checkevent", "final"), b"");
    call(&place.0, &function("checkevent", "30"), b"");
    assert_eq!(take_polls(&place.root()).unwrap(), []);
}

#[test]
fn no_state_of_our_directory_harms_checkevent() {
    type Break = fn(&Place);
    let states: [(&str, Break); 7] = [
        ("no panel", |place| fs::remove_dir_all(&place.0).unwrap()),
        ("no directory", |_| {}),
        ("a file in its place", |place| fs::write(place.state(), "x").unwrap()),
        ("a dangling link", |place| std::os::unix::fs::symlink("/nowhere/at/all", place.state()).unwrap()),
        ("directories where files should be", |place| {
            for name in ["hook", "polls"] {
                fs::create_dir_all(place.state().join(name)).unwrap();
            }
        }),
        ("read-only", |place| fs::set_permissions(place.0.join("var"), fs::Permissions::from_mode(0o500)).unwrap()),
        ("damaged", |place| {
            fs::create_dir(place.state()).unwrap();
            fs::write(place.state().join("hook"), b"\xff\xfe\x00").unwrap();
            fs::write(place.state().join("polls"), vec![0; 2 * 1024 * 1024]).unwrap();
        }),
    ];
    let document = b"<?xml version=\"1.0\"?>\n<doc lang=\"en\" func=\"checkevent\"><ok/></doc>\n";
    for (name, broken) in states {
        let place = Place::new();
        broken(&place);
        for moment in ["before", "after"] {
            assert_eq!(call(&place.0, &event("checkevent", moment), document), document, "{name}, {moment}");
        }
    }
}

#[test]
fn a_pipe_in_place_of_a_file_does_not_make_checkevent_wait() {
    let place = Place::new();
    fs::create_dir(place.state()).unwrap();
    for name in ["hook", "polls"] {
        assert!(Command::new("mkfifo").arg(place.state().join(name)).status().unwrap().success());
    }
    for moment in ["before", "after"] {
        assert_eq!(call(&place.0, &event("checkevent", moment), b"<doc/>"), b"<doc/>");
    }
}

#[test]
fn what_is_due_is_observed_by_a_process_that_takes_itself_for_a_command() {
    let place = Place::new();
    assert_eq!(call(&place.0, &event("checkevent", "after"), b"<doc/>"), b"<doc/>");
    // There is no panel here, so the observer says what it could not read; it is not waited for by the hook.
    let mut log = String::new();
    for _ in 0..600 {
        log = place.log();
        if log.contains("observing checkevent") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no observer was seen: {log}");
}

#[test]
fn a_blocked_account_is_named_and_explained_before_events_are_taken() {
    let place = Place::new();
    let account = "https://seller.example/billmgr#shop";
    place.knows(in_an_hour(), &[account]);
    for (language, word) in [("en", "shared with another panel"), ("ru", "пользуется ещё одна панель")]
    {
        let input = format!("<doc lang=\"{language}\" func=\"checkevent\"/>");
        let (kind, text) = error_of(&call(&place.0, &event("checkevent", "before"), input.as_bytes()));
        assert_eq!(kind, "resellguard");
        assert!(text.contains(account) && text.contains(word) && text.contains("on_conflict"), "{text}");
        // What has been fetched already is not refused.
        assert_eq!(call(&place.0, &event("checkevent", "after"), input.as_bytes()), input.as_bytes());
    }
}

#[test]
fn a_block_that_no_observer_renews_ends() {
    let place = Place::new();
    place.knows(in_an_hour() - 3 * 3600, &["https://seller.example/billmgr#shop"]);
    assert_eq!(call(&place.0, &event("checkevent", "before"), b"<doc/>"), b"<doc/>");
}

#[test]
fn a_client_is_refused_in_the_language_of_the_panel() {
    let place = Place::new();
    for name in FUNCTIONS {
        for level in ["16", "28", "", "x", "-30"] {
            for (language, word) in [("en", "administrator"), ("ru", "администратор")] {
                let input = format!("<doc lang=\"{language}\" func=\"{name}\"><metadata name=\"{name}\"/></doc>");
                let (kind, text) = error_of(&call(&place.0, &function(name, level), input.as_bytes()));
                assert_eq!(kind, "access", "{name} {level}");
                assert!(text.contains(word), "{text}");
            }
        }
        // A hand-made call without EVENT_TYPE is no way around it.
        let bare = [("PARAM_func", name), ("AUTH_LEVEL", "16")];
        assert_eq!(error_of(&call(&place.0, &bare, b"")).0, "access", "{name}");
    }
    assert!(!place.state().exists(), "a refused call leaves nothing behind");
    assert!(place.log().contains("refused to user '4' (level 16)"), "{}", place.log());
}

#[test]
fn a_page_keeps_the_panels_document_and_survives_a_bad_one() {
    let place = Place::new();
    let input = b"<?xml version=\"1.0\"?>\n<doc lang=\"ru\" func=\"resellguard.journal\"><metadata name=\"m\"><a b='c'/></metadata></doc>";
    let printed = call(&place.0, &function("resellguard.journal", "29"), input);
    assert!(String::from_utf8_lossy(&printed).contains("<metadata name=\"m\"><a b='c'/></metadata>"));
    for odd in odd_documents() {
        let printed = call(&place.0, &function("resellguard.journal", "29"), &odd);
        let document = document(&printed);
        assert!(document.name == "doc" && document.find("error").is_none());
    }
}

#[test]
fn our_own_trouble_is_an_error_document_and_a_line_in_the_log() {
    let place = Place::new();
    fs::write(place.state(), "a file in place of the directory").unwrap();
    let (kind, text) = error_of(&call(&place.0, &function("resellguard.journal", "30"), b"<doc lang=\"en\"/>"));
    assert_eq!(kind, "resellguard");
    assert!(text.contains("Check free space and rights"), "{text}");
    assert!(place.log().contains(" ERROR resellguard.journal: "), "{}", place.log());
    let (kind, _) = error_of(&call(
        &Place::new().0,
        &[function("resellguard.journal", "30"), vec![("PARAM_elid", "20260101-000000-1")]].concat(),
        b"<doc/>",
    ));
    assert_eq!(kind, "missed");
}

#[test]
fn a_request_that_names_nothing_usable_is_a_value_error() {
    let place = Place::new();
    for (name, parameter) in [
        ("resellguard.sync", ""),
        ("resellguard.sync", "1; drop table item"),
        ("resellguard.sync", "-1, 2"),
        ("resellguard.sync", "99999999999999999999"),
        ("resellguard.evidence", ""),
    ] {
        for sok in ["", "ok"] {
            let variables = [function(name, "30"), vec![("PARAM_elid", parameter), ("PARAM_sok", sok)]].concat();
            assert_eq!(error_of(&call(&place.0, &variables, b"<doc/>")).0, "value", "{name} '{parameter}'");
        }
    }
}

#[test]
fn where_there_is_no_panel_every_page_says_so() {
    let place = Place::new();
    for name in ["resellguard", "resellguard.check", "resellguard.drift", "resellguard.sync"] {
        let variables = [function(name, "30"), vec![("PARAM_elid", "7")]].concat();
        let (kind, text) = error_of(&call(&place.0, &variables, b"<doc lang=\"ru\"/>"));
        assert_eq!(kind, "resellguard", "{name}");
        assert!(text.contains("Не удалось прочитать файлы самой панели"), "{name}: {text}");
    }
}

#[test]
fn of_a_form_sent_once_for_each_service_only_the_first_call_works() {
    let place = Place::new();
    // Nothing can be read here, so whoever tries to work says so.
    let variables = |elid, sok| {
        [function("resellguard.sync", "30"), vec![("PARAM_elid", elid), ("PARAM_services", "7, 8"), ("PARAM_sok", sok)]]
            .concat()
    };
    assert_eq!(error_of(&call(&place.0, &variables("7", "ok"), b"<doc/>")).0, "resellguard");
    let second = document(&call(&place.0, &variables("8", "ok"), b"<doc/>"));
    assert!(second.find("ok").is_some() && second.find("error").is_none());
    assert_eq!(call(&place.0, &variables("8", ""), b"<doc a='b'></doc>"), b"<doc a='b'></doc>");
}
