//! Whatever bytes come in: every byte is accounted for, findings carry true line numbers, and nothing depends on how it was
//! cut or on how many threads read it.

use super::chance::Random;
use super::heard::heard_after;
use super::{All, Tree};
use jiff::civil::date;
use resellguard::modulelog::{self, Cut, Ids, Window};

/// Errors and warnings of every form of the generator, and one whose process has a number that none has.
const HUGE: &[u8] =
    b"Nov 18 08:15:04 [99999999999999999999:1] libmgr ERROR Error: Type: 'value' Object: 'elid' Value: '7'";
const TROUBLES: [&[u8]; 4] = [
    HUGE,
    b"Nov 18 08:15:04 [23241:1] libmgr ERROR Error: Type: 'missed' Object: 'itemevent' Value: '1225058'",
    b"Nov 18 08:15:04 [23241:1] processing WARNING processing event for item '16643' failed: ' with '1' does not exist '",
    b"Feb 29 00:00:00 [1:1] core CRIT x",
];

impl Random {
    fn log(&mut self) -> Vec<u8> {
        const PARTS: [&[u8]; 15] = [
            TROUBLES[0],
            TROUBLES[1],
            TROUBLES[2],
            b"Dec 31 08:15:04 [2:1] rpc EXTINFO Query('func=vds.open&elid=16643')",
            b"Jan  1 08:15:04 [2:1] \x1b[1;31mERROR ",
            b"May  7 15:07:16 [157101:549] core_module \x1b[1;32mINFO x\x1b[0m",
            TROUBLES[3],
            b"elid=1%2C%2016643",
            b"\xff\xfe\x00",
            b"\r\n",
            b"\n",
            b"\n",
            b"%",
            b"[",
            b" ",
        ];
        let mut log = Vec::new();
        for _ in 0..self.below(120) {
            let part = PARTS[self.below(PARTS.len())];
            let end = if self.below(4) == 0 { self.below(part.len() + 1) } else { part.len() };
            log.extend(&part[..end]);
            if self.below(2) == 0 {
                log.push(b'\n');
            }
            if self.below(6) == 0 {
                log.push(u8::try_from(self.below(256)).unwrap());
            }
        }
        log
    }
}

#[test]
fn whatever_comes_in_is_read_the_same_however_it_is_cut() {
    let mut random = Random(0x5eed_0f10_95a1_1e77);
    let mut findings = 0;
    for _ in 0..120 {
        let log = random.log();
        let tree = Tree::new();
        tree.write("pmbillmgr.log", &log, date(2026, 11, 18).at(9, 0, 0, 0));
        let files = tree.files();
        let told = |cut| {
            let mut all = All::default();
            let skipped = modulelog::read(&files, Window::default(), cut, &mut all);
            assert!(skipped.is_empty());
            let stories = modulelog::stories(&files, &Ids::new(16643, None), Window::default(), cut);
            (all.0, format!("{:?}", stories.stories))
        };
        let (all, stories) = told(Cut { size: 1 << 20, threads: 1 });
        let lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
        for finding in &all {
            let line = lines[usize::try_from(finding.line).unwrap() - 1];
            let mark = format!("[{}]", finding.thread).replace('?', "99999999999999999999");
            assert!(line.windows(mark.len()).any(|part| part == mark.as_bytes()), "{finding:?}");
        }
        // Every error and every warning is told: as a finding of its own, or as the warning of the error before it.
        let says_of_whom = |line: &&[u8]| line.windows(16).any(|part| part == b"event for item '");
        let is_trouble = |line: &&[u8]| TROUBLES.iter().any(|trouble| line.starts_with(trouble));
        let covered: usize = all.iter().map(|finding| finding.text.split('\n').count()).sum();
        let own = |number: usize| all.iter().any(|finding| finding.line == number as u64 + 1);
        let lines_of_trouble = lines.iter().filter(|line| is_trouble(line)).count();
        assert!(covered >= lines_of_trouble, "{covered} of {lines_of_trouble}");
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| is_trouble(line) && !says_of_whom(line)) {
            assert!(own(number), "line {}: {}", number + 1, String::from_utf8_lossy(line));
        }
        findings += all.len();
        let expected = format!("{all:?}");
        for (size, threads) in [(1, 1), (1 + random.below(300), 2), (1 + random.below(300), 3)] {
            let (again, again_stories) = told(Cut { size, threads });
            assert_eq!(format!("{again:?}"), expected, "{size} {threads}");
            assert_eq!(again_stories, stories, "{size} {threads}");
        }
    }
    assert!(findings > 200, "only {findings} findings: the generator makes nothing");
}

#[test]
fn read_in_two_goes_nothing_is_lost_and_nothing_told_twice() {
    let mut random = Random(0x0f10_95a1_1e77);
    for _ in 0..100 {
        let mut log = random.log();
        log.push(b'\n');
        let tree = Tree::new();
        let at = date(2026, 11, 18).at(9, 0, 0, 0);
        tree.write("pmbillmgr.log", &log, at);
        let whole = heard_after(&tree.files(), None).applied;
        tree.write("pmbillmgr.log", &log[..random.below(log.len())], at);
        let first = heard_after(&tree.files(), None);
        tree.write("pmbillmgr.log", &log, at);
        let second = heard_after(&tree.files(), first.position.as_ref());
        let mut both = first.applied;
        both.extend(second.applied);
        assert_eq!(both.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    }
}
