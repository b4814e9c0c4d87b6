//! Running `addon/<name>` as a real process, as the core does it (facts/coremanager 2).
//!
//! What the answer means for the request is decided in `pipeline`.

use crate::core::descriptor::Handler;
use crate::core::options::Options;
use crate::core::pipeline::Call;
use crate::document::Node;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// More than this no handler prints (64 MiB).
const OUTPUT: u64 = 64 << 20;

/// One start of a handler.
pub struct Run<'a> {
    pub handler: &'a Handler,
    /// `action`, `before`, `after` or `final`.
    pub event_type: &'a str,
    pub function: &'a str,
    pub call: &'a Call,
    /// What becomes `PARAM_*`.
    pub params: &'a [(String, String)],
    pub stdin: String,
}

/// Runs the handler and reads its document.
///
/// # Errors
/// Why the panel says that the plugin terminated with an error or returned an invalid XML; for the log.
pub fn run(root: &Path, options: &Options, run: &Run<'_>) -> Result<Node, String> {
    let mut command = Command::new(root.join("addon").join(&run.handler.name));
    command.env_clear().envs(environment(options, run)).current_dir(root);
    // Where the core sends stderr is not documented; here it is kept for whoever debugs a plugin. A file, for a child of
    // the handler that keeps it open must not hold the request.
    let stderr = std::fs::OpenOptions::new().create(true).append(true).open(root.join("var/handler.stderr.log"));
    command.stderr(stderr.map_or_else(|_| Stdio::null(), Stdio::from));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = spawn(&mut command).map_err(|error| format!("cannot be started: {error}"))?;
    let (mut to, mut from) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let stdin = run.stdin.clone();
    // A handler that never reads its input is none of the panel's business: a broken pipe is not an error.
    std::thread::spawn(move || drop(to.write_all(stdin.as_bytes())));
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let result = from.by_ref().take(OUTPUT).read_to_end(&mut output).map(|_| output);
        // Nobody listens any more after a timeout.
        let _ = sender.send(result);
    });
    // To the end of stdout, whoever holds it: a detached child that did not close it hangs the request.
    let Ok(output) = receiver.recv_timeout(options.handler_timeout) else {
        end(&mut child);
        return Err(format!("was still writing after {:?}", options.handler_timeout));
    };
    let output = output.map_err(|error| format!("cannot be read: {error}"))?;
    let status = wait(&mut child, options.handler_timeout)?;
    if !status.success() {
        return Err(format!("ended with {status}"));
    }
    let text = String::from_utf8(output).map_err(|_| "did not print UTF-8".to_owned())?;
    if !text.starts_with('<') {
        return Err("printed something before the document".into());
    }
    let doc = Node::parse(&text)?;
    if doc.name == "doc" { Ok(doc) } else { Err(format!("printed a '{}', not a 'doc'", doc.name)) }
}

/// It may have closed its stdout and gone on.
fn wait(child: &mut Child, timeout: Duration) -> Result<ExitStatus, String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() < timeout => std::thread::sleep(Duration::from_millis(1)),
            Ok(None) => {
                end(child);
                return Err(format!("was still running {timeout:?} after its answer"));
            }
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself in this moment.
    let _ = child.kill();
    let _ = child.wait();
}

/// Starts the process. A file that was written a moment ago may still be open for writing in a process that another thread
/// is just starting ("text file busy"): that passes.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..100 {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
    command.spawn()
}

/// The documented environment and nothing else (facts/coremanager 2.2).
fn environment(options: &Options, run: &Run<'_>) -> Vec<(String, String)> {
    let call = run.call;
    let user = if call.caller.id == 0 { call.caller.name.clone() } else { call.caller.id.to_string() };
    let mut environment = vec![
        ("PATH".to_owned(), options.handler_path.clone()),
        ("AUTH_USER".to_owned(), user),
        ("AUTH_LEVEL".to_owned(), call.caller.level.to_string()),
        ("AUTH_IP".to_owned(), call.ip.clone()),
        ("EVENT_TYPE".to_owned(), run.event_type.to_owned()),
        ("ACTION_NAME".to_owned(), run.function.to_owned()),
        ("QUERY_STRING".to_owned(), call.query.clone()),
    ];
    for (name, value) in &call.headers {
        environment.push((format!("HTTP_{}", name.to_uppercase().replace('-', "_")), value.clone()));
    }
    for (name, value) in run.params {
        environment.push((format!("PARAM_{name}"), value.clone()));
    }
    environment.extend(options.extra_env.iter().cloned());
    // The environment of a process cannot hold these; the core's own string ends there as well.
    environment.retain(|(name, value)| !name.contains(['=', '\0']) && !value.contains('\0'));
    environment
}
