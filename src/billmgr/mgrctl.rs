//! Calling a function of the panel through its own program (facts/billmanager 3.1, facts/coremanager 5.1).
//!
//! By argument list, never by a shell; with an end to time and size. Not for deciding what to call: that is `reselling::plan`.

use crate::error::{Error, Kind};
use crate::process::{self, Limits, Output, Unfinished};
use crate::root::Root;
use crate::secret::Secret;
use crate::xml::{self, Element};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A whole service list of a large panel has some MiB.
const OUTPUT: usize = 16 * 1024 * 1024;
/// Below what the kernel takes as one argument (128 KiB).
const VALUE: usize = 100 * 1024;
/// Parameters whose value is never put into an argument list, where every user of the machine could read it.
const SECRET: [&str; 8] = ["password", "passwd", "confirm", "authinfo", "auth", "key", "pkey", "secret"];

/// The panel as we call it: the real one, or a recorder in its place.
pub trait Panel {
    /// Calls one function and returns its document.
    ///
    /// # Errors
    /// `Kind::PanelAnswer` when the panel refused, `Kind::Mgrctl` or `Kind::Unanswered` when it is not
    /// known what became of the call.
    fn call(&self, function: &str, params: &[(String, String)]) -> Result<Element, Error>;
}

/// `<root>/sbin/mgrctl -m billmgr`.
#[derive(Clone, Debug)]
pub struct Mgrctl {
    program: PathBuf,
    folder: PathBuf,
    timeout: Duration,
}

impl Mgrctl {
    /// What a call may take when nobody says otherwise: the panel may start a processing module inside it.
    pub const TIMEOUT: Duration = Duration::from_mins(1);

    pub fn new(root: &Root) -> Self {
        Self { program: root.mgrctl(), folder: root.join(""), timeout: Self::TIMEOUT }
    }

    /// The same with another limit for each call.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The command of one call, and the secrets that its environment carries.
    fn command(&self, function: &str, params: &[(String, String)]) -> Result<(Command, Vec<Secret>), Error> {
        let name_fits = |name: &str| {
            !name.is_empty()
                && !name.starts_with('-')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if !name_fits(function) || function.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(Error::new(Kind::Internal, format!("'{}' is no function", function.escape_debug())));
        }
        let mut command = Command::new(&self.program);
        command.args(["-m", "billmgr", "-o", "xml", function]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        // The panel writes this into its history and log in place of an address.
        command.env("SSH_CONNECTION", "resellguard");
        let mut secrets = Vec::new();
        for (name, value) in params {
            let fits = name_fits(name) && value.len() <= VALUE && !value.contains('\0');
            if !fits {
                let what = format!("{function}: the parameter '{}' cannot be handed over", name.escape_debug());
                return Err(Error::new(Kind::Internal, what));
            }
            if SECRET.contains(&name.as_str()) {
                let variable = format!("RESELLGUARD_SECRET_{}", secrets.len());
                command.env(&variable, value).arg("-e").arg(format!("{name}=${variable}"));
                secrets.push(Secret::new(value));
            } else {
                command.arg(format!("{name}={value}"));
            }
        }
        command.current_dir(&self.folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok((command, secrets))
    }
}

impl Panel for Mgrctl {
    fn call(&self, function: &str, params: &[(String, String)]) -> Result<Element, Error> {
        let (command, secrets) = self.command(function, params)?;
        let answer = run(command, self.timeout).and_then(|output| document(&output));
        answer.map_err(|error| {
            let detail = secrets.iter().fold(error.detail.clone(), |detail, secret| secret.hide_in(&detail));
            Error::new(error.kind, detail).within(function)
        })
    }
}

/// The document that `mgrctl` printed. An error comes as a document, with exit status 0 in some builds, or as an exit status;
/// both are looked at.
fn document(output: &Output) -> Result<Element, Error> {
    let document = std::str::from_utf8(&output.stdout).ok().map(xml::parse);
    if let Some(error) = document.iter().flatten().find_map(|document| document.find("error")) {
        return Err(refused(error));
    }
    if !output.status.success() {
        let line = output.complaint();
        let said = if line.is_empty() { String::new() } else { format!(": {line}") };
        let ended = format!("mgrctl ended with {}{said}", output.ending());
        return Err(match output.status.code() {
            // Whoever killed it has not killed the panel, which it had asked.
            None => Error::new(Kind::Unanswered, format!("{ended}; the call may still take effect")),
            // The text form of the panel's own refusal, `ERROR missed(currency)` (facts/coremanager 5.1).
            Some(_) if line.starts_with("ERROR ") => Error::new(Kind::PanelAnswer, ended),
            Some(_) => Error::new(Kind::Mgrctl, ended),
        });
    }
    match document {
        None => Err(broken("the answer of mgrctl is not UTF-8")),
        Some(Err(error)) => Err(error.within("the answer of mgrctl is no document").seen_as(Kind::Mgrctl)),
        Some(Ok(document)) if document.name != "doc" => {
            Err(broken(format!("mgrctl answered <{:.40}> instead of <doc>", document.name)))
        }
        Some(Ok(document)) => Ok(document),
    }
}

/// The panel's refusal in the form its logs use: `missed(item) '16643': No such service`.
fn refused(error: &Element) -> Error {
    let part = |name: &str| -> String {
        let text = error.get_attribute(name).or_else(|| error.text_of(name)).unwrap_or("");
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(300).collect()
    };
    let mut detail = part("type");
    if detail.is_empty() {
        detail.push_str("error");
    }
    let (object, value, message) = (part("object"), part("value"), part("msg"));
    if !object.is_empty() {
        let _ = write!(detail, "({object})");
    }
    if !value.is_empty() {
        let _ = write!(detail, " '{value}'");
    }
    if !message.is_empty() {
        let _ = write!(detail, ": {message}");
    }
    Error::new(Kind::PanelAnswer, detail)
}

/// Runs the command and says in the panel's terms how it failed.
fn run(command: Command, time: Duration) -> Result<Output, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    process::finish(command, None, Limits { time, output: OUTPUT }).map_err(|failure| match failure {
        Unfinished::System(error) => broken(format!("{program}: {error}")),
        Unfinished::Size => broken("the answer is larger than 16 MiB"),
        Unfinished::Time => Error::new(Kind::Unanswered, "no answer in time; the call may still take effect"),
    })
}

fn broken(what: impl Into<String>) -> Error {
    Error::new(Kind::Mgrctl, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Pid, Signal};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    /// A panel whose `mgrctl` is the given shell script.
    fn panel(script: &str, timeout: Duration) -> (tempfile::TempDir, Mgrctl) {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        fs::create_dir(dir.path().join("sbin")).unwrap();
        // Written beside and moved into place: a program that is open for writing cannot be started.
        let draft = dir.path().join("draft");
        fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o700)).unwrap();
        fs::rename(&draft, root.mgrctl()).unwrap();
        let mgrctl = Mgrctl::new(&root).within(timeout);
        (dir, mgrctl)
    }

    /// Starting a script just written can meet another test's fork that still holds it open for writing.
    fn call(mgrctl: &Mgrctl, function: &str, params: &[(&str, &str)]) -> Result<Element, Error> {
        let params: Vec<_> = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        loop {
            match mgrctl.call(function, &params) {
                Err(error) if error.detail.contains("Text file busy") => thread::sleep(Duration::from_millis(5)),
                answer => return answer,
            }
        }
    }

    #[test]
    fn arguments_arrive_as_they_are_without_a_shell() {
        let (dir, mgrctl) = panel(
            "for a in \"$@\"; do printf '%s\\n' \"$a\"; done > args; env > env; cat > stdin; echo '<doc><ok/></doc>'",
            Mgrctl::TIMEOUT,
        );
        let value = "a b;$(touch x)`id`'\"*\nsecond line";
        let answer =
            call(&mgrctl, "certificate.save", &[("elid", "5"), ("crt", value), ("CN", ""), ("sok", "ok")]).unwrap();
        assert!(answer.find("ok").is_some());
        let args = fs::read_to_string(dir.path().join("args")).unwrap();
        assert_eq!(args, format!("-m\nbillmgr\n-o\nxml\ncertificate.save\nelid=5\ncrt={value}\nCN=\nsok=ok\n"));
        let environment = fs::read_to_string(dir.path().join("env")).unwrap();
        assert!(environment.contains("SSH_CONNECTION=resellguard\n"));
        assert!(!environment.contains("CARGO"), "{environment}");
        assert_eq!(fs::read(dir.path().join("stdin")).unwrap(), b"");
    }

    #[test]
    fn a_secret_is_in_the_environment_and_in_no_argument_and_no_error() {
        let script = "for a in \"$@\"; do printf '%s\\n' \"$a\"; done > args; env > env; echo \"bad $RESELLGUARD_SECRET_0\" >&2; exit 1";
        let (dir, mgrctl) = panel(script, Mgrctl::TIMEOUT);
        let error = call(&mgrctl, "vds.open", &[("elid", "5"), ("password", "hun ter2")]).unwrap_err();
        assert!(error.detail.contains("bad ***") && !error.detail.contains("ter2"), "{error}");
        let args = fs::read_to_string(dir.path().join("args")).unwrap();
        assert!(args.ends_with("vds.open\nelid=5\n-e\npassword=$RESELLGUARD_SECRET_0\n"), "{args}");
        assert!(fs::read_to_string(dir.path().join("env")).unwrap().contains("RESELLGUARD_SECRET_0=hun ter2\n"));
    }

    #[test]
    fn every_bad_end_has_its_kind() {
        use Kind::{Mgrctl as Unclear, PanelAnswer as Refused, Unanswered};
        let error =
            "<doc><error type=\"missed\" object=\"item\" value=\"16643\"><msg>No such\nservice</msg></error></doc>";
        for (script, kind, said) in [
            (format!("echo '{error}'"), Refused, "vds.open: missed(item) '16643': No such service"),
            (format!("echo '{error}'; exit 1"), Refused, "vds.open: missed(item) '16643'"),
            ("echo '<doc><error/></doc>'".into(), Refused, "vds.open: error"),
            ("echo 'ERROR missed(currency)' >&2; exit 1".into(), Refused, "status 1: ERROR missed(currency)"),
            ("echo >&2; echo 'first line' >&2; echo second >&2; exit 3".into(), Unclear, "status 3: first line"),
            // Killed from outside; the panel may still be at it.
            ("kill -9 $$".into(), Unanswered, "signal 9; the call may still take effect"),
            ("echo '<doc>'; exit 1".into(), Unclear, "status 1"),
            ("echo '<html><body>'".into(), Unclear, "no document"),
            ("echo '<html/>'".into(), Unclear, "<html>"),
            ("true".into(), Unclear, "empty"),
            ("printf '<doc>\\377</doc>'".into(), Unclear, "not UTF-8"),
        ] {
            let (_dir, mgrctl) = panel(&script, Mgrctl::TIMEOUT);
            let error = call(&mgrctl, "vds.open", &[]).unwrap_err();
            assert_eq!(error.kind, kind, "{script}: {error}");
            assert!(error.detail.contains(said), "{script}: {error}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        let error = call(&Mgrctl::new(&root), "vds.open", &[]).unwrap_err();
        assert!(error.kind == Kind::Mgrctl && error.detail.contains("sbin/mgrctl"), "{error}");
    }

    #[test]
    fn a_hang_ends_with_everything_it_started() {
        for script in ["sleep 600 & echo $! > pid; wait", "sleep 600 & echo $! > pid; exec >&- 2>&-; wait"] {
            let (dir, mgrctl) = panel(script, Duration::from_secs(3));
            let error = call(&mgrctl, "vds.open", &[]).unwrap_err();
            assert!(error.kind == Kind::Unanswered && error.detail.contains("no answer in time"), "{error}");
            let started = fs::read_to_string(dir.path().join("pid")).unwrap();
            let stat = format!("/proc/{}/stat", started.trim());
            // A killed process that nobody has reaped yet is a zombie.
            let dead = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"));
            for _ in 0..500 {
                if dead() {
                    break;
                }
                thread::sleep(Duration::from_millis(10));
            }
            assert!(dead(), "{script}: the child lives on");
        }
    }

    #[test]
    fn a_process_in_the_background_does_not_hold_the_answer() {
        let (dir, mgrctl) = panel("sleep 600 & echo $! > pid; echo '<doc><ok/></doc>'", Mgrctl::TIMEOUT);
        assert!(call(&mgrctl, "whoami", &[]).is_ok());
        let started: i32 = fs::read_to_string(dir.path().join("pid")).unwrap().trim().parse().unwrap();
        rustix::process::kill_process(Pid::from_raw(started).unwrap(), Signal::KILL).unwrap();
    }

    #[test]
    fn an_endless_answer_is_cut() {
        let (_dir, mgrctl) = panel("exec cat /dev/zero", Mgrctl::TIMEOUT);
        let error = call(&mgrctl, "item", &[]).unwrap_err();
        assert!(error.kind == Kind::Mgrctl && error.detail.contains("16 MiB"), "{error}");
        let noisy = "head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; echo '<doc/>'";
        let (_dir, mgrctl) = panel(noisy, Mgrctl::TIMEOUT);
        assert!(call(&mgrctl, "item", &[]).is_ok(), "noise on stderr is not an error");
    }

    #[test]
    fn names_that_could_be_options_or_worse_never_get_out() {
        let (dir, mgrctl) = panel("touch started; echo '<doc/>'", Mgrctl::TIMEOUT);
        for function in ["", "-R", "vds open", "vds;id", "VDS.open", "elid=1", "../x"] {
            let error = call(&mgrctl, function, &[]).unwrap_err();
            assert_eq!(error.kind, Kind::Internal, "{function}");
        }
        for (name, value) in
            [("", "x"), ("-e", "x"), ("a=b", "x"), ("a b", "x"), ("a", "x\0y"), ("a", &"x".repeat(200_000))]
        {
            assert_eq!(call(&mgrctl, "vds.open", &[(name, value)]).unwrap_err().kind, Kind::Internal, "{name}");
        }
        assert!(!dir.path().join("started").exists());
    }
}
