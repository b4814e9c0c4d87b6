//! `mgrctl` of a panel in the lab: `lab-mgrctl ROOT [arguments of mgrctl]` (facts/coremanager 5.1).
//!
//! Started by `<root>/sbin/mgrctl`. It only reads arguments and talks to the panel's socket.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: mgrctl [-m <manager>] [-u | -l | -i [lang=<language>] [<funcname>] | [-o <format>] \
                     [-R | <funcname> [<param>=<value>]...] [-e '<param>=$<ENV_NAME>']...]";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    match run(&arguments) {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            eprintln!("mgrctl: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<u8, String> {
    let (root, arguments) = arguments.split_first().ok_or("the panel's root is missing")?;
    let request = request(arguments)?;
    let path = Path::new(root).join("var/run/core.sock");
    let mut stream = UnixStream::connect(&path)
        .map_err(|error| format!("cannot connect to the panel at {}: {error}", path.display()))?;
    let broken = |error: std::io::Error| format!("the panel did not answer: {error}");
    stream.write_all(request.to_string().as_bytes()).map_err(broken)?;
    stream.shutdown(std::net::Shutdown::Write).map_err(broken)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(broken)?;
    let answer: Value = serde_json::from_str(&answer).map_err(|_| "the panel did not answer".to_owned())?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().as_bytes();
    // Who reads us may have gone; the status still tells.
    let _ = std::io::stdout().write_all(text("output"));
    let _ = std::io::stderr().write_all(text("error"));
    Ok(answer.get("status").and_then(Value::as_u64).and_then(|status| u8::try_from(status).ok()).unwrap_or(1))
}

/// The request for the panel's socket.
fn request(arguments: &[String]) -> Result<Value, String> {
    let mut params: Vec<(String, String)> = Vec::new();
    let (mut command, mut format, mut restart) = ("call", "text".to_owned(), false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "-m" => match value()?.as_str() {
                "billmgr" => {}
                other => return Err(format!("there is no manager '{other}' here")),
            },
            "-o" => value()?.clone_into(&mut format),
            "-e" => params.push(from_environment(value()?)?),
            "-i" => command = "functions",
            "-l" => command = "lock",
            "-u" => command = "unlock",
            "-R" | "--restart" => restart = true,
            option if option.starts_with('-') => return Err(format!("unknown option {option}\n{USAGE}")),
            pair => match pair.split_once('=') {
                Some((name, value)) => params.push((name.to_owned(), value.to_owned())),
                None if params.iter().any(|(name, _)| name == "func") => {
                    return Err(format!("'{pair}' is not <param>=<value>\n{USAGE}"));
                }
                None => params.push(("func".to_owned(), pair.to_owned())),
            },
        }
    }
    let param = |name: &str| params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if command == "call" && !restart && param("func").is_empty() {
        return Err(USAGE.to_owned());
    }
    Ok(json!({
        "command": command,
        "function": param("func"),
        "language": param("lang"),
        "format": format,
        "restart": restart,
        "params": params,
        "ip": std::env::var("SSH_CONNECTION").unwrap_or_default(),
    }))
}

/// `-e 'passwd=$PW'`: the value is in the environment, where `ps` does not show it.
fn from_environment(argument: &str) -> Result<(String, String), String> {
    let (name, variable) =
        argument.split_once("=$").ok_or_else(|| format!("'{argument}' is not <param>=$<ENV_NAME>"))?;
    let value = std::env::var(variable).map_err(|_| format!("there is no variable {variable} in the environment"))?;
    Ok((name.to_owned(), value))
}
