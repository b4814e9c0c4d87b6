//! The provider's own program (`[notify] command`): started as root, so it has to be root's; told everything, trusted with nothing.

use crate::process::{self, Limits, Unfinished};
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long it may run.
const TIME: Duration = Duration::from_secs(30);

/// Why it was not told, or may not have been.
#[derive(Debug)]
pub(super) struct Failed {
    pub why: String,
    /// It had begun, and may have done its work.
    pub perhaps_done: bool,
}

/// Starts the program directly, without arguments and without a shell. `fields` are its whole environment besides `PATH`, `HOME` and
/// `LANG`; `input` is its standard input. What it prints is dropped; the first line of its standard error is quoted when it fails.
pub(super) fn run(program: &Path, fields: &[(&str, String)], input: Vec<u8>) -> Result<(), Failed> {
    run_within(program, fields, input, TIME)
}

fn run_within(program: &Path, fields: &[(&str, String)], input: Vec<u8>, time: Duration) -> Result<(), Failed> {
    let failed = |why: String, perhaps_done| Failed { why: format!("{}: {why}", program.display()), perhaps_done };
    let path = trusted(program).map_err(|why| failed(why, false))?;
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8")
        .envs(fields.iter().map(|(name, value)| (OsStr::new(name), value)))
        .current_dir("/")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    match process::finish(command, Some(input), Limits { time, output: 0 }) {
        Ok(output) if output.status.success() => Ok(()),
        // It says itself that it failed.
        Ok(output) => Err(failed(format!("ended with {}: {}", output.ending(), output.complaint()), false)),
        Err(error @ (Unfinished::Time | Unfinished::Size)) => Err(failed(error.to_string(), true)),
        Err(error @ Unfinished::System(_)) => Err(failed(error.to_string(), false)),
    }
}

/// The program behind all links, if nobody but root (or the user we run as) can change it, or what its path means.
pub(super) fn trusted(program: &Path) -> Result<PathBuf, String> {
    let path = program.canonicalize().map_err(|error| format!("{}: {error}", program.display()))?;
    let own = rustix::process::geteuid().as_raw();
    for part in path.ancestors() {
        let found = part.metadata().map_err(|error| format!("{}: {error}", part.display()))?;
        let shown = part.display();
        if found.uid() != 0 && found.uid() != own {
            return Err(format!("{shown} belongs to user {}; it has to be root's", found.uid()));
        }
        // In a directory like /tmp others cannot replace what is root's.
        let kept = found.is_dir() && found.mode() & 0o1000 != 0;
        if found.mode() & 0o022 != 0 && !kept {
            return Err(format!("{shown} may be written by others; do: chmod go-w {shown}"));
        }
    }
    let found = path.metadata().map_err(|error| error.to_string())?;
    if !found.is_file() || found.mode() & 0o100 == 0 {
        return Err("no program: a regular file that its owner may run".to_owned());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn script(dir: &Path, text: &str) -> PathBuf {
        let path = dir.join("tell");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        path
    }

    /// Starting a script just written can meet another test's fork that still holds it open for writing.
    fn run(program: &Path, fields: &[(&str, String)], input: &[u8], time: Duration) -> Result<(), Failed> {
        loop {
            match run_within(program, fields, input.to_vec(), time) {
                Err(error) if error.why.contains("Text file busy") => std::thread::sleep(Duration::from_millis(5)),
                ended => return ended,
            }
        }
    }

    #[test]
    fn it_gets_the_fields_and_the_input_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let program =
            script(dir.path(), &format!("cd {}; env > env; cat > input; echo $# > arguments", dir.path().display()));
        let fields = [("RESELLGUARD_SUBJECT", "a b;$(touch x)\n'\"".to_owned())];
        run(&program, &fields, b"{\"schema\":1}", TIME).unwrap();
        let read = |name| fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!((read("input").as_str(), read("arguments").as_str()), ("{\"schema\":1}", "0\n"));
        let environment = read("env");
        assert!(environment.contains("RESELLGUARD_SUBJECT=a b;$(touch x)\n'\"\n"), "{environment}");
        assert!(!environment.contains("CARGO"), "{environment}");
    }

    #[test]
    fn one_that_does_not_read_or_says_much_or_leaves_a_child_is_no_trouble() {
        let dir = tempfile::tempdir().unwrap();
        for text in [
            "exit 0",
            "exec <&-; i=0; while [ $i -lt 30000 ]; do echo 0123456789 >&2; i=$((i+1)); done",
            "sleep 60 & exit 0",
        ] {
            let program = script(dir.path(), text);
            run(&program, &[], &vec![b'x'; 300_000], TIME).unwrap();
        }
    }

    #[test]
    fn a_failure_is_quoted_and_a_program_that_hangs_is_ended_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let failed = run(&script(dir.path(), "echo 'no mail server' >&2; exit 3"), &[], b"", TIME).unwrap_err();
        assert!(failed.why.contains("status 3: no mail server") && !failed.perhaps_done, "{failed:?}");
        let program = script(dir.path(), &format!("sleep 600 & echo $! > {}/child; wait", dir.path().display()));
        let failed = run(&program, &[], b"", Duration::from_millis(300)).unwrap_err();
        assert!(failed.why.contains("did not end in time") && failed.perhaps_done, "{failed:?}");
        let child = fs::read_to_string(dir.path().join("child")).unwrap();
        // Killed is not gone at once, and what is gone may remain as a zombie until its new parent looks.
        let gone = |state: &str| state.is_empty() || state.contains(") Z");
        for _ in 0..500 {
            if gone(&fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("its child lives");
    }

    #[test]
    fn what_others_could_change_is_not_started() {
        let dir = tempfile::tempdir().unwrap();
        let program = script(dir.path(), "exit 0");
        for (mode, started) in [(0o755, true), (0o500, true), (0o770, false), (0o702, false), (0o600, false)] {
            fs::set_permissions(&program, Permissions::from_mode(mode)).unwrap();
            assert_eq!(trusted(&program).is_ok(), started, "{mode:o}");
        }
        fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        let link = dir.path().join("link");
        symlink(&program, &link).unwrap();
        assert_eq!(trusted(&link).unwrap(), program.canonicalize().unwrap());
        // Whoever may write the directory may put another program there.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        let refused = trusted(&link).unwrap_err();
        assert!(refused.contains("chmod go-w"), "{refused}");
        assert!(trusted(dir.path()).is_err() && trusted(&dir.path().join("none")).is_err());
    }
}
