//! The README is run: every command in it, on a panel on which the article's fault has just happened.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use lab::world::{Setup, World};
use stage::{Lost, lose};
use std::path::Path;
use std::process::Command;

/// Lines of indented blocks, without their comments.
fn commands() -> Vec<String> {
    let readme = include_str!("../README.md");
    readme
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned())
        .collect()
}

#[test]
fn every_command_of_the_readme_does_what_it_says_on_a_panel_with_the_fault() {
    let world = World::new();
    let account = world.account("resellers");
    let Lost { a, items, .. } = lose(&world, Setup::default(), &account, &[("vds", "shop.example")]);
    let item = items[0];
    assert_eq!((item, a.status(item)), (16643, 5), "the README names the lab's first service");
    let mut run = 0;
    for command in commands() {
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["resellguard", arguments @ ..] => {
                let output = stage::resellguard(&a, arguments);
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(output.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
                match arguments {
                    ["doctor"] => assert!(said.contains("seller.login"), "{said}"),
                    ["check"] => assert!(said.contains("lost_event"), "{said}"),
                    ["drift"] => assert_eq!(output.status.code(), Some(2), "{said}"),
                    ["explain", "16643"] => assert!(said.contains("What to do: "), "{said}"),
                    // The events are gone without a trace here: the other panel has them.
                    ["log", "--since", "3d"] => assert_eq!(output.status.code(), Some(0), "{said}"),
                    ["sync", "16643", "--dry-run"] => assert_eq!(a.status(item), 5, "{said}"),
                    ["sync", "16643"] => assert_eq!(a.status(item), 2, "{said}"),
                    ["journal", "16643"] => assert!(said.contains("vds.open"), "{said}"),
                    other => panic!("the README has a command that nothing here judges: {other:?}"),
                }
            }
            ["mgrctl", "-m", "billmgr", function, params @ ..] if function.starts_with("resellguard") => {
                let mut arguments = vec!["-o", "xml", function];
                arguments.extend(params);
                let output = a.mgrctl(&arguments);
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(output.status.success() && !said.contains("<error"), "{command}: {said}");
            }
            _ => continue,
        }
        run += 1;
    }
    assert!(run >= 8, "only {run} commands were found");
}

#[test]
fn every_script_and_option_that_the_readme_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let help = Command::new(root.join("install.sh")).arg("--help").output().unwrap();
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for command in commands() {
        let mut words = command.split(' ');
        let Some(script) = words.next().filter(|word| word.rsplit('.').next() == Some("sh")) else { continue };
        assert!(root.join(script).is_file(), "{script}");
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "{script} {option}");
        }
    }
    let aliases = std::fs::read_to_string(root.join(".cargo/config.toml")).unwrap();
    assert!(aliases.contains("static = "), "cargo static");
}

#[test]
fn the_demonstration_ends_with_both_services_active() {
    let program = stage::binary().with_file_name("examples").join("demo");
    let output = Command::new(program).output().expect("the demonstration, built with the tests");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for told in ["lost_event", "SHARED", "vds.open", "Both servers are active."] {
        assert!(said.contains(told), "'{told}' is not told: {said}");
    }
}
