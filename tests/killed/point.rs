//! Where a repair is killed, and how it gets there.

use crate::play::Play;
use lab::billing::guesses::Misbehaviour;
use mysql::prelude::Queryable;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Where a repair is killed.
#[derive(Clone, Debug)]
pub enum Point {
    /// Before its nth record is on the disk.
    Record(usize),
    /// In its nth call of that function, before the panel has begun with it. It is the deed in that place.
    Begun { function: String, nth: usize, deed: usize },
    /// The same when the panel is done with it, before it has answered.
    Ended { function: String, nth: usize },
    /// In the module's program, before it has done anything.
    ProgramBegun,
    /// The same when it is done, before it has ended.
    ProgramEnded,
    /// In the change by SQL that comes after the nth call of `task.edit`, before the database has begun with it.
    Row(usize),
}

impl Play {
    /// Starts the repair of the service, and kills it at that point.
    pub fn killed_at(&self, point: &Point, item: u64, begin: impl FnOnce() -> Child) {
        let hour = Duration::from_hours(1);
        match point {
            Point::Record(number) => self.killed_before_record(*number, begin),
            Point::Begun { function, nth, .. } => self.killed_in(function, *nth, Misbehaviour::Hangs(hour), begin),
            Point::Ended { function, nth } => {
                self.killed_in(function, *nth, Misbehaviour::HangsAfterEffect(hour), begin);
            }
            Point::ProgramBegun => self.killed_in_program("begun", begin),
            Point::ProgramEnded => self.killed_in_program("ended", begin),
            Point::Row(nth) => self.killed_in_row(*nth, item, begin),
        }
    }

    fn killed_in(&self, function: &str, nth: usize, how: Misbehaviour, begin: impl FnOnce() -> Child) {
        kill(self.hanging(function, nth, how, begin));
        self.goes_on();
    }

    fn hanging(&self, function: &str, nth: usize, how: Misbehaviour, begin: impl FnOnce() -> Child) -> Child {
        self.a.billing.misbehave_from(nth, function, how);
        let mut plugin = begin();
        wait(&mut plugin, || self.a.billing.hanging() > 0);
        plugin
    }

    fn goes_on(&self) {
        self.a.billing.behave();
        while self.a.billing.hanging() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The record's own transaction does not end: a trigger counts for ever in it.
    fn killed_before_record(&self, number: usize, begin: impl FnOnce() -> Child) {
        let journal = self.journal();
        journal.busy_timeout(Duration::ZERO).unwrap();
        let there = self.records();
        let many = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|name| format!("sqlite_master {name}"));
        let endless = format!("SELECT COUNT(*) FROM {} WHERE a.name || j.name = ''", many.join(", "));
        let halt = format!(
            "CREATE TRIGGER halt BEFORE INSERT ON record WHEN NEW.id = {} BEGIN {endless}; END",
            there + number
        );
        journal.execute_batch(&halt).unwrap();
        let mut plugin = begin();
        // Every other write is over at once.
        let mut since = None;
        wait(&mut plugin, || {
            let busy = journal.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err();
            since = if busy { since.or_else(|| Some(Instant::now())) } else { None };
            since.is_some_and(|since: Instant| since.elapsed() > Duration::from_millis(150))
                && self.records() == there + number - 1
        });
        kill(plugin);
        journal.busy_timeout(Duration::from_secs(5)).unwrap();
        journal.execute_batch("DROP TRIGGER halt").unwrap();
    }

    /// The module's program, which stops where it is told to and says which process it is.
    fn killed_in_program(&self, place: &str, begin: impl FnOnce() -> Child) {
        let (hold, holding) = (self.beside_program(place), self.beside_program("holding"));
        std::fs::write(&hold, "").unwrap();
        let mut plugin = begin();
        wait(&mut plugin, || holding.exists());
        kill(plugin);
        let process = std::fs::read_to_string(&holding).unwrap();
        assert!(Command::new("kill").arg(process.trim()).status().unwrap().success(), "{process}");
        std::fs::remove_file(&hold).unwrap();
        std::fs::remove_file(&holding).unwrap();
    }

    pub fn beside_program(&self, name: &str) -> PathBuf {
        self.a.root().join("processing").join(name)
    }

    /// Puts the script in the place of the module's program.
    pub fn watch_program(&self) {
        let (program, draft) = (self.beside_program("pmbillmgr"), self.beside_program("draft"));
        std::fs::rename(&program, self.beside_program("pmbillmgr.real")).unwrap();
        let script = "#!/bin/sh
            cd \"$(dirname \"$0\")\" || exit 1
            case \"$*\" in *sync_item*) ;; *) exec ./pmbillmgr.real \"$@\" ;; esac
            echo sync_item >> started
            hold() { echo $$ > holding.draft; mv holding.draft holding; exec sleep 600; }
            [ ! -e begun ] || hold
            [ -e ended ] || exec ./pmbillmgr.real \"$@\"
            ./pmbillmgr.real \"$@\"
            hold";
        std::fs::write(&draft, script).unwrap();
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&draft, &program).unwrap();
    }

    /// Somebody else holds the service's row when the change comes.
    fn killed_in_row(&self, nth: usize, item: u64, begin: impl FnOnce() -> Child) {
        let after = Misbehaviour::HangsAfterEffect(Duration::from_hours(1));
        let mut plugin = self.hanging("task.edit", nth, after, begin);
        let mut holder = self.a.database.connection();
        holder.query_drop("START TRANSACTION").unwrap();
        holder.query_drop(format!("SELECT id FROM item WHERE id = {item} FOR UPDATE")).unwrap();
        self.goes_on();
        wait(&mut plugin, || self.changes_module());
        kill(plugin);
        holder.query_drop("ROLLBACK").unwrap();
        // The database finds out that nobody wants the change any more.
        while self.changes_module() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn changes_module(&self) -> bool {
        let running =
            "SELECT id FROM information_schema.processlist WHERE info LIKE 'UPDATE item SET processingmodule%'";
        !self.a.rows(running).is_empty()
    }
}

fn wait(plugin: &mut Child, mut there: impl FnMut() -> bool) {
    while !there() {
        let ended = plugin.try_wait().unwrap();
        assert!(ended.is_none(), "the repair has ended before it could be killed: {ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn kill(mut plugin: Child) {
    plugin.kill().unwrap();
    plugin.wait().unwrap();
}
