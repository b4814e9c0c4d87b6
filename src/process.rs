//! Runs a program to its end, with an end to time and size: it is killed with everything it started when it takes too long.
//!
//! Not for what the program is, or what it said: that is the caller's.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// What is kept of the standard error, bytes; the rest is dropped.
const STDERR: usize = 64 * 1024;
/// How long the pipes of a process that is gone may stay open.
const LINGER: Duration = Duration::from_millis(500);
/// The pauses between two looks at whether the process is gone; they double from the one to the other.
const SHORT: Duration = Duration::from_micros(20);
const LONG: Duration = Duration::from_millis(20);

/// What a program may take and leave.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub time: Duration,
    /// The most that it may write to its standard output, bytes; more ends it.
    pub output: usize,
}

/// What a process left behind.
#[derive(Debug)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    /// At most 64 KiB of it.
    pub stderr: Vec<u8>,
}

impl Output {
    /// The first line of the standard error that says something: at most 300 characters, none of them a control character.
    pub fn complaint(&self) -> String {
        let stderr = String::from_utf8_lossy(&self.stderr);
        let line = stderr.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        line.chars().filter(|letter| !letter.is_control()).take(300).collect()
    }

    /// `status 1`, `signal 9`.
    pub fn ending(&self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("status {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no status".to_owned(),
        }
    }
}

/// Why a program did not come to its end.
#[derive(Debug)]
pub enum Unfinished {
    /// It could not be started, or watched.
    System(io::Error),
    /// It was killed for taking too long; what it did may still take effect.
    Time,
    /// It was killed for writing too much.
    Size,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => error.fmt(out),
            Self::Time => out.write_str("it did not end in time"),
            Self::Size => out.write_str("it wrote too much"),
        }
    }
}

/// Runs a command in a process group of its own, with `input` (or nothing) on its standard input. Both of its outputs are read
/// unless the caller has sent them elsewhere before.
///
/// # Errors
/// It could not be started, or was killed.
pub fn finish(mut command: Command, input: Option<Vec<u8>>, limits: Limits) -> Result<Output, Unfinished> {
    let ends = Instant::now() + limits.time;
    command.process_group(0);
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn().map_err(Unfinished::System)?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // On its own: a program that does not read must not keep us, and one that has ended is no fault.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let (sender, pieces) = mpsc::sync_channel(4);
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone(), Piece::Stdout);
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender.clone(), Piece::Stderr);
    }
    drop(sender);
    let finished = collect(&mut child, &pieces, ends, limits.output);
    if finished.is_err() {
        // The group has this one child's pid; it is not reaped yet, so the id cannot be anybody else's.
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
        drop(child.wait());
    }
    finished
}

enum Piece {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
}

/// Passes on what comes out of a pipe until it ends or nobody listens.
fn forward(mut pipe: impl Read + Send + 'static, sender: SyncSender<Piece>, piece: fn(Vec<u8>) -> Piece) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            let bytes = buffer.get(..read).unwrap_or_default().to_vec();
            if sender.send(piece(bytes)).is_err() {
                break;
            }
        }
    });
}

/// Gathers the output until the process is gone and its pipes are closed. A process that it left running in the background
/// (a panel that `mgrctl` had to start first) may hold the pipes open; it is not waited for.
fn collect(child: &mut Child, pieces: &Receiver<Piece>, ends: Instant, most: usize) -> Result<Output, Unfinished> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut gone: Option<(ExitStatus, Instant)> = None;
    let (mut closed, mut pause) = (false, SHORT);
    loop {
        match pieces.recv_timeout(pause) {
            Ok(Piece::Stdout(bytes)) => {
                stdout.extend(bytes);
                if stdout.len() > most {
                    return Err(Unfinished::Size);
                }
            }
            Ok(Piece::Stderr(bytes)) => {
                let room = STDERR.saturating_sub(stderr.len()).min(bytes.len());
                stderr.extend_from_slice(bytes.get(..room).unwrap_or_default());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) if closed => thread::sleep(pause),
            // Nobody writes any more: the process is at its end, or just about to be.
            Err(RecvTimeoutError::Disconnected) => (closed, pause) = (true, SHORT),
        }
        if gone.is_none() {
            let status = child.try_wait().map_err(Unfinished::System)?;
            gone = status.map(|status| (status, Instant::now() + LINGER));
        }
        match gone {
            Some((status, until)) if closed || Instant::now() >= until => return Ok(Output { status, stdout, stderr }),
            None if Instant::now() >= ends => return Err(Unfinished::Time),
            _ => {}
        }
        pause = (pause * 2).min(LONG);
    }
}
