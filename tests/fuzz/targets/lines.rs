//! Any bytes as a module's log: read without a crash, findings on lines that are there, the same however it is cut.

#![no_main]

use jiff::civil::{DateTime, date};
use libfuzzer_sys::fuzz_target;
use resellguard::modulelog::{Cut, Finding, Ids, Lines, Listener, Said, Thread, Window, stream};
use std::path::Path;
use std::sync::Arc;

/// Everything that the reader tells, in the order in which it tells it.
#[derive(Clone)]
struct All {
    ids: Arc<Ids>,
    findings: Vec<Finding>,
    lines: Vec<u64>,
    callbacks: Vec<(u64, String)>,
}

impl Listener for All {
    const CALLBACKS: bool = true;

    fn lines(&self) -> Lines<'_> {
        Lines::Mentions(&self.ids)
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn line(&mut self, said: Said<'_>) {
        self.lines.push(said.line);
    }

    fn callback(&mut self, item: u64, function: &str, _at: DateTime, _thread: Thread) {
        self.callbacks.push((item, function.to_owned()));
    }
}

/// Findings and nothing else: then most lines are passed over without being taken apart.
#[derive(Clone, Default)]
struct Findings(Vec<Finding>);

impl Listener for Findings {
    fn finding(&mut self, finding: Finding) {
        self.0.push(finding);
    }
}

fn read<L: Listener>(log: &[u8], cut: Cut, mut listener: L) -> L {
    let latest = date(2026, 11, 24).at(12, 0, 0, 0);
    stream(log, Path::new("pmbillmgr.log"), latest, Window::default(), cut, &mut listener).expect("a slice can be read");
    listener
}

fn all(log: &[u8], cut: Cut) -> All {
    let ids = Arc::new(Ids::new(16643, Some(4_478_979)));
    read(log, cut, All { ids, findings: Vec::new(), lines: Vec::new(), callbacks: Vec::new() })
}

fuzz_target!(|log: &[u8]| {
    let whole = all(log, Cut { size: 1 << 20, threads: 1 });
    let lines = log.split(|byte| *byte == b'\n').count() as u64;
    for finding in &whole.findings {
        assert!((1..=lines).contains(&finding.line), "{finding:?} of {lines} lines");
    }
    assert!(whole.lines.is_sorted_by(|one, next| one < next), "a line was told twice or out of order");
    let pieces = all(log, Cut { size: 64, threads: 1 });
    assert_eq!(format!("{:?}", pieces.findings), format!("{:?}", whole.findings));
    assert_eq!(pieces.lines, whole.lines);
    assert_eq!(pieces.callbacks, whole.callbacks);
    let quick = read(log, Cut { size: 64, threads: 1 }, Findings::default());
    assert_eq!(format!("{:?}", quick.0), format!("{:?}", whole.findings));
});
