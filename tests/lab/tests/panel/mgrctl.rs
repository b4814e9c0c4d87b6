//! `mgrctl` as an executable: arguments, formats, users, what is recorded.

use crate::sample::Sample;
use lab::core::{Options, Origin};
use std::process::{Command, Output};

fn mgrctl(sample: &Sample, arguments: &[&str]) -> Output {
    let mut command = Command::new(sample.panel.mgrctl());
    command.args(["-m", "billmgr"]).args(arguments).env("SSH_CONNECTION", "tester").env("WORD", "from the environment");
    command.output().unwrap()
}

fn out(sample: &Sample, arguments: &[&str]) -> String {
    String::from_utf8(mgrctl(sample, arguments).stdout).unwrap()
}

#[test]
fn every_format_says_the_same() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    for (arguments, expected) in [
        (&["vds"][..], "id=1 domain=one.example account=the client status=Active\n"),
        (&["-o", "xml", "vds"], "<elem><id>1</id><domain>one.example</domain>"),
        (&["-o", "devel", "vds"], "<toolbtn func=\"orderstamp.stamp\" name=\"stamp\""),
        (&["-o", "json", "vds"], "{\"doc\":{"),
        (&["vds", "out=bjson"], "\"elem\":[{"),
        (&["vds.suspend", "elid=1"], "OK\n"),
        (&["vds.suspend", "elid=9"], "ERROR missed(item)\n"),
        (&["-o", "xml", "no.such"], "<error type=\"missed\" object=\"func\" value=\"no.such\" lang=\"en\" code=\"1\">"),
        (&["lang=ru", "vds"], "status=Активен"),
    ] {
        let output = out(&sample, arguments);
        assert!(output.contains(expected), "{arguments:?}: {output}");
    }
    assert!(!out(&sample, &["-o", "xml", "vds"]).contains("<metadata"));
}

#[test]
fn the_call_is_recorded_and_logged_with_who_asked_and_from_where() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    let status = mgrctl(&sample, &["orderstamp.stamp", "-e", "word=$WORD", "elid=1", "password=open", "sok=ok"]).status;
    assert!(status.success());
    let calls = sample.panel.calls();
    let call = calls.last().unwrap();
    assert_eq!((call.origin, call.function.as_str(), call.ip.as_str()), (Origin::Mgrctl, "orderstamp.stamp", "tester"));
    assert_eq!((call.caller.name.as_str(), call.caller.level), ("root", 30));
    assert!(call.params.contains(&("word".into(), "from the environment".into())));
    assert!(!call.params.iter().any(|(name, _)| name == "func"));
    let log = sample.read("var/billmgr.log");
    let line = "core_module \u{1b}[1;32mINFO Request [tester][root] 'elid=1&func=orderstamp.stamp&password=*&sok=ok&word=from+the+environment'";
    assert!(log.contains(line), "{log}");
    sample.panel.clear_calls();
    assert!(sample.panel.calls().is_empty());
}

#[test]
fn root_may_act_as_somebody_else() {
    let sample = Sample::start(&[], Options::default());
    assert!(out(&sample, &["-o", "xml", "su=client", "whoami"]).contains("<user name=\"client\"/>"));
    assert!(sample.read("var/billmgr.log").contains("[tester][root#client(4)]"));
    assert_eq!(out(&sample, &["su=nobody", "whoami"]), "ERROR missed(user)\n");
}

#[test]
fn an_error_document_ends_with_the_status_that_the_panel_is_set_to() {
    for (setting, status) in [(1, 1), (0, 0)] {
        let sample = Sample::start(&[], Options { mgrctl_error_status: setting, ..Options::default() });
        assert_eq!(mgrctl(&sample, &["vds.suspend", "elid=9"]).status.code(), Some(status));
        assert_eq!(mgrctl(&sample, &["vds"]).status.code(), Some(0));
    }
}

#[test]
fn the_functions_that_there_are_can_be_listed() {
    let sample = Sample::start(&["orderstamp"], Options::default());
    assert!(out(&sample, &["-i"]).contains("orderstamp.stamp - Stamp\n"));
    assert_eq!(out(&sample, &["-i", "lang=ru", "orderstamp.stamp"]), "orderstamp.stamp - Штамп\n  word\n  ink\n");
    assert!(!mgrctl(&sample, &["-i", "no.such"]).status.success());
}

#[test]
fn a_restart_reads_new_descriptors() {
    for restart in [&["exit"][..], &["-R"], &["-R", "vds"]] {
        let sample = Sample::start(&[], Options::default());
        let descriptor = "<mgrdata><handler name='late' type='xml'><func name='late'/></handler></mgrdata>";
        std::fs::write(sample.panel.root().join("etc/xml/billmgr_mod_late.xml"), descriptor).unwrap();
        assert_eq!(out(&sample, &["-i", "late"]), "ERROR missed(func)\n");
        assert!(mgrctl(&sample, restart).status.success(), "{restart:?}");
        assert_eq!(out(&sample, &["-i", "late"]), "late - Panel\n");
    }
}

#[test]
fn wrong_arguments_and_a_panel_that_is_gone_are_said_on_stderr() {
    let sample = Sample::start(&[], Options::default());
    for arguments in
        [&["-o"][..], &["-o", "yaml", "vds"], &["-z"], &["vds", "loose"], &["-e", "a=$NOT_THERE", "vds"], &[]]
    {
        let output = mgrctl(&sample, arguments);
        assert!(!output.status.success() && !output.stderr.is_empty(), "{arguments:?}");
    }
    assert!(mgrctl(&sample, &["-l"]).status.success());
    assert!(!mgrctl(&sample, &["vds"]).status.success());
    assert!(mgrctl(&sample, &["-u"]).status.success());
    assert!(mgrctl(&sample, &["vds"]).status.success());
}
