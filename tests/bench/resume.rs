//! What reading on from a saved position costs, beside reading a log from its beginning: `bench-resume LOG MEGABYTE`, where the second
//! file is what is appended. Both as a check after `checkevent` does it.

#![allow(clippy::expect_used, clippy::print_stdout)]

use resellguard::modulelog::{Cut, Files, Finding, Listener, go_on};
use resellguard::root::Root;
use std::fs::{OpenOptions, read};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

#[derive(Clone, Default)]
struct Count(u64);

impl Listener for Count {
    const CALLBACKS: bool = true;

    fn finding(&mut self, _finding: Finding) {
        self.0 += 1;
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (root, more) = (arguments.next().expect("a root"), arguments.next().expect("what is appended"));
    let log = Path::new(&root).join("var/pmbillmgr.log");
    let root = Root::at(&root);
    let mut whole = Count::default();
    let begin = Instant::now();
    let (position, skipped) = go_on(&Files::of(&root), None, Cut::default(), &mut whole);
    let full = begin.elapsed();
    assert!(skipped.is_empty() && whole.0 > 0, "nothing was read: {skipped:?}");
    let mut file = OpenOptions::new().append(true).open(&log).expect("the log");
    file.write_all(&read(&more).expect("what is appended")).expect("the log");
    let mut new = Count::default();
    let begin = Instant::now();
    go_on(&Files::of(&root), position.as_ref(), Cut::default(), &mut new);
    let resumed = begin.elapsed();
    println!("{:.6} {} {:.6} {}", full.as_secs_f64(), whole.0, resumed.as_secs_f64(), new.0);
}
