//! Plugins: loaded by their descriptors, run as processes, their answers judged as the panel judges them.

use crate::sample::{Sample, admin, client, error, names};
use lab::core::{BareLevel, MultiSelect, Options};
use lab::document::Node;
use lab::request::Caller;
use std::time::Duration;

fn message<'a>(doc: &'a Node, name: &str) -> &'a str {
    let messages = doc.child("messages").unwrap();
    messages.all("msg").find(|msg| msg.get("name") == Some(name)).map_or("", |msg| msg.text.as_str())
}

#[test]
fn a_plugin_is_merged_into_the_lists_that_include_what_it_adds_to() {
    let sample = Sample::start(&["orderstamp", "guestbook"], Options::default());
    let list = sample.panel.call("vds", &[], &admin());
    assert_eq!(names(&list, "toolgrp"), ["edit", "stamping", "state"]);
    assert_eq!(names(&list, "col"), ["id", "stamp", "domain", "account", "status"]);
    assert_eq!(message(&list, "short_stamp"), "Stamp");
    let log = sample.read("var/billmgr.log");
    for line in
        ["Register event 'orderstamp' for action 'vds.edit'", "Register event 'guestbook.cgi' for action 'vds.edit'"]
    {
        assert!(log.contains(line), "{log}");
    }
}

#[test]
fn strings_come_in_the_language_with_english_where_there_is_none() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    let list = sample.panel.call("vds", &[("lang", "ru")], &admin());
    assert_eq!((message(&list, "title"), message(&list, "short_stamp")), ("Серверы", "Штамп"));
    assert_eq!((message(&list, "domain"), message(&list, "short_edit")), ("Domain", "Изменить"));
    let row = list.child("elem").unwrap().child("status").unwrap();
    assert_eq!((row.text.as_str(), row.get("orig"), row.get("color")), ("Активен", Some("2"), Some("green")));
}

#[test]
fn a_client_sees_neither_the_buttons_nor_the_columns_of_administrators() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    let list = sample.panel.call("vds", &[], &client());
    assert_eq!(names(&list, "toolbtn"), ["edit"]);
    assert!(list.child("elem").unwrap().child("account").is_none());
    assert_eq!(sample.panel.call("vds", &[], &Caller::root()).child("elem").unwrap().text_of("account"), "the client");
    let form = sample.panel.call("vds.edit", &[("elid", "1")], &client());
    assert!(form.child("note").is_none(), "{form}");
    assert_eq!(error(&sample.panel.call("vds.delete", &[("elid", "1")], &client())), ("access", ""));
}

#[test]
fn a_form_of_a_plugin_opens_refuses_and_does_its_work() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    let form = sample.panel.call("orderstamp.stamp", &[("elid", "1")], &admin());
    assert_eq!((form.text_of("ink"), form.text_of("elid")), ("blue", "1"));
    assert_eq!(names(&form, "field"), ["word", "ink"]);
    let refused = sample.panel.call("orderstamp.stamp", &[("elid", "1"), ("sok", "ok")], &admin());
    assert_eq!(error(&refused), ("noword", "word"));
    assert_eq!(refused.child("error").unwrap().text_of("msg"), "A stamp needs a word");
    let done = sample.panel.call("orderstamp.stamp", &[("elid", "1"), ("word", "paid"), ("sok", "ok")], &admin());
    assert_eq!(done.child("ok").unwrap().get("type"), Some("list"));
    assert_eq!(sample.read("var/orderstamp.txt"), "1: paid\n");
    let log = sample.read("var/orderstamp.log");
    assert!(
        log.contains("action orderstamp.stamp user=1 level=29 ip= elid=1 query=func=orderstamp.stamp&elid=1"),
        "{log}"
    );
}

#[test]
fn the_handler_knows_root_by_name_and_others_by_number() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    sample.panel.call("orderstamp.stamp", &[], &Caller::root());
    assert!(sample.read("var/orderstamp.log").contains("user=root level=30"));
}

#[test]
fn after_events_see_the_result_and_add_to_it_each_in_its_own_way() {
    let sample = Sample::start(&["orderstamp", "guestbook"], Options::default());
    let form = sample.panel.call("vds.edit", &[("elid", "1")], &admin());
    assert_eq!((form.text_of("domain"), form.text_of("stamped"), form.text_of("guests")), ("one.example", "yes", "1"));
    assert_eq!(sample.read("var/guestbook.log"), "func=vds.edit&elid=1");
    let missed = sample.panel.call("vds.edit", &[("elid", "77")], &admin());
    assert_eq!(error(&missed), ("missed", "item"));
    assert_eq!(missed.child("error").unwrap().text_of("msg"), "item with '77' does not exist");
    assert_eq!(
        sample.read("var/guestbook.log"),
        "func=vds.edit&elid=1",
        "an after event ran for a function that failed"
    );
}

#[test]
fn a_before_event_with_an_error_stops_the_function() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    sample.panel.call("orderstamp.stamp", &[("elid", "1"), ("word", "keep"), ("sok", "ok")], &admin());
    let kept = sample.panel.call("vds.delete", &[("elid", "1")], &admin());
    assert_eq!(kept.child("error").unwrap().text_of("msg"), "The stamp says keep");
    assert!(sample.panel.call("vds.delete", &[("elid", "2")], &admin()).child("ok").is_some());
    let list = sample.panel.call("vds", &[], &admin());
    let ids: Vec<_> = list.all("elem").map(|row| row.text_of("id")).collect();
    assert_eq!(ids, ["1", "3"]);
}

#[test]
fn a_cgi_function_is_merged_and_anybody_may_call_it() {
    let sample = Sample::start(&["guestbook"], Options::default());
    let list = sample.panel.call("guestbook", &[], &client());
    assert_eq!(list.child("elem").unwrap().text_of("guest"), "4");
    assert_eq!(names(&list, "col"), ["id", "guest"]);
}

#[test]
fn a_selection_arrives_in_one_call_or_one_by_one() {
    for (multi_select, expected) in [
        (MultiSelect::OneCall, "elid=1, 2 query=func=orderstamp.stamp&elid=1%2C+2\n".to_owned()),
        (
            MultiSelect::PerElement,
            "elid=1 query=func=orderstamp.stamp&elid=1%2C+2\nelid=2 query=func=orderstamp.stamp&elid=1%2C+2\n"
                .to_owned(),
        ),
    ] {
        let sample = Sample::start(&["orderstamp"], Options { multi_select, ..Options::default() });
        let form = sample.panel.call("orderstamp.stamp", &[("elid", "1, 2")], &admin());
        let log = sample.read("var/orderstamp.log");
        let seen: String = log.lines().map(|line| line[line.find("elid=").unwrap()..].to_owned() + "\n").collect();
        assert_eq!(seen, expected);
        assert!(expected.starts_with(&format!("elid={} ", form.text_of("elid"))), "the first answer is shown");
        assert_eq!(sample.panel.calls().len(), 1);
    }
}

#[test]
fn a_handler_that_breaks_is_an_error_of_the_panel() {
    let function = |name: &str| format!("<handler name='{name}' type='xml'><func name='{name}'/></handler>");
    for (what, script) in [
        ("exit status", "cat; exit 1"),
        ("no output", "exit 0"),
        ("noise before the document", "echo hello; cat"),
        ("not well-formed", "echo '<doc><ok></doc>'"),
        ("cut short", "echo '<doc><ok/>'"),
        ("a document type", "echo '<!DOCTYPE doc [<!ENTITY e \"x\">]><doc>&e;</doc>'"),
        ("another root", "echo '<html/>'"),
        ("not UTF-8", "printf '<doc>\\377</doc>'"),
        ("a signal", "kill -9 $$"),
    ] {
        let sample = Sample::start(&[], Options::default());
        sample.add("broken", &function("broken"), script);
        let answer = sample.panel.call("broken", &[], &admin());
        let text = answer.child("error").unwrap_or_else(|| panic!("{what}: {answer}")).text_of("msg");
        assert_eq!(text, "«broken» plugin terminated with an error or returned an invalid XML.", "{what}");
    }
    let sample = Sample::start(&[], Options::default());
    sample.add("absent", &function("absent"), "");
    std::fs::remove_file(sample.panel.root().join("addon/absent")).unwrap();
    assert_eq!(error(&sample.panel.call("absent", &[], &admin())).1, "absent");
}

#[test]
fn a_child_that_keeps_stdout_open_holds_the_request_until_the_panel_gives_up() {
    let options = Options { handler_timeout: Duration::from_millis(300), ..Options::default() };
    let sample = Sample::start(&[], options);
    sample.add("holder", "<handler name='holder' type='xml'><func name='holder'/></handler>", "cat; sleep 5 &");
    assert_eq!(error(&sample.panel.call("holder", &[], &admin())).1, "holder");
    let descriptor = "<handler name='idler' type='xml'><func name='idler'/></handler>";
    sample.add("idler", descriptor, "cat; exec >&-; sleep 5");
    assert_eq!(error(&sample.panel.call("idler", &[], &admin())).1, "idler");
    // In its own time: this one is right, however slow the machine.
    let sample = Sample::start(&[], Options::default());
    sample.add(
        "detached",
        "<handler name='detached' type='xml'><func name='detached'/></handler>",
        "cat; sleep 5 >/dev/null &",
    );
    assert!(sample.panel.call("detached", &[], &admin()).child("error").is_none());
}

#[test]
fn a_broken_event_handler_fails_the_function_unless_its_descriptor_says_to_ignore_it() {
    for (attribute, fails) in [("", true), ("ignore_errors='yes'", false)] {
        let sample = Sample::start(&[], Options::default());
        let descriptor =
            format!("<handler name='hook' type='xml' {attribute}><event name='vds' after='yes'/></handler>");
        sample.add("hook", &descriptor, "exit 3");
        assert_eq!(sample.panel.call("vds", &[], &admin()).child("error").is_some(), fails, "{attribute}");
    }
}

#[test]
fn a_broken_descriptor_is_skipped_and_the_log_says_so() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    std::fs::write(sample.panel.root().join("etc/xml/billmgr_mod_a_broken.xml"), "<mgrdata><metadata></mgrdata>")
        .unwrap();
    sample.panel.reload();
    assert!(sample.read("var/billmgr.log").contains("billmgr_mod_a_broken.xml"));
    assert!(names(&sample.panel.call("vds", &[], &admin()), "toolbtn").contains(&"stamp".to_owned()));
}

#[test]
fn the_environment_of_a_handler_is_what_is_documented_and_what_the_panel_was_told_to_add() {
    let options = Options { extra_env: vec![("LAB_PLACE".into(), "here".into())], ..Options::default() };
    let sample = Sample::start(&[], options);
    sample.add(
        "env",
        "<handler name='env' type='xml'><func name='env'/></handler>",
        "env | cut -d= -f1 | sort >var/env; pwd >var/cwd; cat",
    );
    sample.panel.call("env", &[("elid", "7"), ("some.name", "x")], &admin());
    // The shell adds its own.
    let seen: Vec<String> = sample.read("var/env").lines().map(str::to_owned).collect();
    let seen: Vec<&str> =
        seen.iter().map(String::as_str).filter(|name| !matches!(*name, "PWD" | "SHLVL" | "_" | "OLDPWD")).collect();
    let mut expected = vec![
        "ACTION_NAME",
        "AUTH_IP",
        "AUTH_LEVEL",
        "AUTH_USER",
        "EVENT_TYPE",
        "LAB_PLACE",
        "PARAM_elid",
        "PARAM_func",
        "PATH",
        "QUERY_STRING",
    ];
    // Some shells drop names that are not identifiers.
    expected.retain(|name| seen.contains(name) || !name.contains('.'));
    assert_eq!(seen.iter().filter(|name| !name.contains('.')).copied().collect::<Vec<_>>(), expected);
    assert_eq!(sample.read("var/cwd").trim(), sample.panel.root().to_str().unwrap());
}

#[test]
fn a_function_that_does_not_exist_is_missed() {
    let sample = Sample::start(&[], Options::default());
    assert_eq!(error(&sample.panel.call("no.such", &[], &admin())), ("missed", "func"));
}

#[test]
fn a_final_event_comes_last_and_changes_nothing() {
    let sample = Sample::start(&[], Options::default());
    let descriptor = "<handler name='late' type='xml'><event name='vds.suspend' after='yes' final='yes'/></handler>";
    sample.add("late", descriptor, "echo $EVENT_TYPE >>var/late; [ $EVENT_TYPE = final ] && exit 1; cat");
    assert!(sample.panel.call("vds.suspend", &[("elid", "1")], &admin()).child("ok").is_some());
    assert_eq!(sample.read("var/late"), "after\nfinal\n");
}

#[test]
fn what_the_facts_leave_open_is_a_setting() {
    let descriptor = "<handler name='open' type='xml'><func name='open' level='admin+'/><event name='vds' before='yes'/></handler>\
                      <metadata name='vds'><coldata><col name='domain' level='user'/></coldata></metadata>";
    let ask = |options: Options, function: &str, caller: &Caller| {
        let sample = Sample::start(&[], options);
        sample.add("open", descriptor, "echo $EVENT_TYPE >>var/open; cat");
        (sample.panel.call(function, &[], caller), sample.read("var/open"))
    };
    for (func_level, refused) in [(false, false), (true, true)] {
        let answer = ask(Options { func_level, ..Options::default() }, "open", &client()).0;
        assert_eq!(answer.child("error").is_some(), refused, "func_level {func_level}");
    }
    for (events_on_internal_calls, seen) in [(true, "before\n"), (false, "")] {
        let options = Options { events_on_internal_calls, ..Options::default() };
        assert_eq!(ask(options, "vds", &admin()).1, seen, "events_on_internal_calls {events_on_internal_calls}");
    }
    for (bare_level, columns) in [(BareLevel::Exact, false), (BareLevel::AtLeast, true)] {
        let list = ask(Options { bare_level, ..Options::default() }, "vds", &admin()).0;
        assert_eq!(names(&list, "col").contains(&"domain".to_owned()), columns, "{bare_level:?}");
    }
}
