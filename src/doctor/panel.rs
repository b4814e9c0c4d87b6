//! What this panel has: our files, its schedule, its database, its log, our own directory.

use super::{Check, Status, moment};
use crate::billmgr::operations_stopped;
use crate::billmgr::schedule::{self, Schedule};
use crate::error::Error;
use crate::handover;
use crate::journal::Journal;
use crate::language::{Language, Say};
use crate::process::{Limits, finish};
use crate::reading::Here;
use crate::root::Root;
use crate::settings::Settings;
use crate::sync::{Unknown, on_manual, unknown_to};
use jiff::{SignedDuration, Timestamp};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the panel has to know of us, as this version means it.
const DESCRIPTOR: &str = include_str!("../../xml/billmgr_mod_resellguard.xml");
/// `checkevent` runs every five minutes (facts/billmanager 0.1).
const POLL: SignedDuration = SignedDuration::from_hours(1);
/// A log of a module that is used is written every five minutes.
const LOG: SignedDuration = SignedDuration::from_hours(24);
/// Free space below which the journal is in danger, and below which it is time to look, MiB.
const FULL: u64 = 64;
const TIGHT: u64 = 512;

/// How many services are named.
const NAMED: usize = 10;

const INSTALL: &str = "run install.sh again";

/// Our own files and the panel's schedule.
pub(super) fn files(root: &Root) -> Vec<Check> {
    vec![settings(root), descriptor(root), program(root), link(root), schedule(root), own_cron(root), hook(root)]
}

fn settings(root: &Root) -> Check {
    match Settings::read(root) {
        Ok(_) if root.settings().exists() => Check::ok("settings", "etc/resellguard.toml is read"),
        Ok(_) => Check::ok("settings", "there is no etc/resellguard.toml: the defaults hold"),
        Err(error) => {
            Check::new("settings", Status::Broken, error.detail, "correct what is named; only root may touch the file")
        }
    }
}

fn descriptor(root: &Root) -> Check {
    let path = root.join("etc/xml/billmgr_mod_resellguard.xml");
    match fs::read(&path) {
        Ok(text) if text == DESCRIPTOR.as_bytes() => Check::ok("descriptor", "installed, of this version"),
        Ok(_) => {
            Check::new("descriptor", Status::Warning, format!("{} is of another version", path.display()), INSTALL)
        }
        Err(error) => Check::new("descriptor", Status::Broken, format!("{}: {error}", path.display()), INSTALL),
    }
}

fn program(root: &Root) -> Check {
    let path = root.join("addon/resellguard");
    let Ok(about) = fs::metadata(&path) else {
        return Check::new("program", Status::Broken, format!("there is no {}", path.display()), INSTALL);
    };
    let mode = about.mode() & 0o7777;
    let ours = about.uid() == rustix::process::getuid().as_raw();
    if !ours || mode & 0o022 != 0 || mode & 0o100 == 0 {
        let detail = format!("{} has mode {mode:04o} and owner {}", path.display(), about.uid());
        return Check::new("program", Status::Broken, detail, "chown root:root and chmod 0750");
    }
    Check::ok("program", format!("{}, version {}", path.display(), env!("CARGO_PKG_VERSION")))
}

/// The link in the PATH, where the panel's system is known.
fn link(root: &Root) -> Check {
    let name = "program.link";
    let Some(system) = schedule::system_of(root) else {
        return Check::skipped(name, "the panel lies in no system that is known");
    };
    let path = system.join("usr/bin/resellguard");
    let same = fs::canonicalize(&path).ok().zip(fs::canonicalize(root.join("addon/resellguard")).ok());
    match same {
        Some((link, program)) if link == program => Check::ok(name, path.display().to_string()),
        _ => Check::new(name, Status::Warning, format!("{} does not lead to the program", path.display()), INSTALL),
    }
}

fn schedule(root: &Root) -> Check {
    let name = "checkevent.schedule";
    let fix = "every five minutes: */5 * * * * /usr/local/mgr5/sbin/mgrctl -m billmgr checkevent >/dev/null 2>&1";
    match schedule::checkevent(root) {
        Schedule::Enabled { file, .. } => Check::ok(name, format!("in {}", file.display())),
        Schedule::Commented { file, .. } => {
            Check::new(name, Status::Broken, format!("commented out in {}", file.display()), fix)
        }
        Schedule::Missing => Check::new(name, Status::Broken, "no cron table starts checkevent", fix),
        Schedule::Unknown { why } => Check::skipped(name, why.to_string()),
    }
}

fn own_cron(root: &Root) -> Check {
    let name = "schedule";
    let Some(system) = schedule::system_of(root) else {
        return Check::skipped(name, "the panel lies in no system that is known");
    };
    let path = system.join("etc/cron.d/resellguard");
    let text = fs::read_to_string(&path).unwrap_or_default();
    if text.lines().any(|line| !line.trim_start().starts_with('#') && line.contains("resellguard check")) {
        return Check::ok(name, path.display().to_string());
    }
    Check::new(name, Status::Warning, format!("{} does not start our check", path.display()), INSTALL)
}

/// Whether the panel calls us: what the hook has noted, and what of it is remembered.
fn hook(root: &Root) -> Check {
    let name = "hook";
    let polls = Journal::look(root).and_then(|journal| journal.polls());
    let noted = handover::noted(root).into_iter().filter_map(|poll| Timestamp::from_millisecond(poll.at).ok());
    let last = noted.chain(polls.unwrap_or_default()).max();
    let fix = "run checkevent once; if the hook still sees nothing, empty var/.xmlcache and restart the panel";
    match last {
        None => Check::new(name, Status::Warning, "no checkevent has been seen yet", fix),
        Some(at) if Timestamp::now().duration_since(at) > POLL => {
            Check::new(name, Status::Warning, format!("the last checkevent was seen at {}", moment(at)), fix)
        }
        Some(at) => Check::ok(name, format!("checkevent was seen at {}", moment(at))),
    }
}

/// The database with what it lacks, and the modules that it names.
pub(super) fn database(here: &Here) -> Vec<Check> {
    let notes = here.database.notes();
    let mut checks = vec![if notes.is_empty() {
        Check::ok("database", "every table and column that is known is there")
    } else {
        Check::new("database", Status::Warning, notes.join("; "), "nothing; what is not there is not looked at")
    }];
    for (module, error) in &here.unreadable {
        let fix = "save the module's settings in the panel again; see that etc/billmgr.pem is the panel's own key";
        checks.push(Check::new(format!("module {module}"), Status::Broken, error.detail.clone(), fix));
    }
    if here.accounts.is_empty() && here.unreadable.is_empty() {
        let detail = format!("no module of this panel is one of {}", here.settings.reselling.modules.join(", "));
        checks.push(Check::new("modules", Status::Warning, detail, "name the module's file in [reselling] modules"));
    } else if here.unreadable.is_empty() {
        checks.push(Check::ok("key", "the login of every reselling module is read"));
    }
    checks
}

/// Services that an interrupted repair has left where they get no events: those that the journal knows, and those that only the saved
/// rows name, because the journal was moved away or cannot be read.
pub(super) fn left_on_manual(here: &Here) -> Check {
    let name = "manual_module";
    let journal = Journal::look(&here.root);
    let known = journal.as_ref().map_err(Clone::clone).and_then(|journal| on_manual(here, journal));
    let unknown = match unknown_to(here, journal.as_ref().ok().filter(|_| known.is_ok())) {
        Ok(unknown) => unknown,
        Err(error) => return Check::skipped(name, error.detail),
    };
    let mut said: Vec<String> = unknown
        .iter()
        .map(|Unknown { item, own, file }| {
            let file = file.display();
            format!(
                "{item}: The service is on the manual module, and the journal does not know why; {file} says that a repair took it from \
                 module {own}, and how it is put back."
            )
        })
        .collect();
    let left = match known {
        Ok(left) => left,
        Err(error) if said.is_empty() => return Check::skipped(name, error.detail),
        Err(_) => Vec::new(),
    };
    said.extend(left.iter().map(|left| format!("{}: {}", left.local.item, left.hitch().say(Language::En))));
    if said.is_empty() {
        return Check::ok(name, "no interrupted repair has left a service on the manual module");
    }
    let more = said.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("And {more} more."));
    let detail = said.into_iter().take(NAMED).chain(more).collect::<Vec<_>>().join(" ");
    let fix = if unknown.is_empty() {
        "resellguard sync with one of these services; it puts all of them back"
    } else {
        "unless you have moved it there yourself: run the line \"put_back\" of that file in the panel's database, then mgrctl -m billmgr \
         tool.clearcache table=item sok=ok; what the journal knows, resellguard sync puts back"
    };
    Check::new(name, Status::Warning, detail, fix)
}

/// What the panel does around us.
pub(super) fn surroundings(root: &Root) -> Vec<Check> {
    let mut checks = vec![module_log(root), features(root)];
    checks.push(if operations_stopped(root) {
        let detail = "etc/billmgr.DoNothing exists: the panel's modules do nothing";
        Check::new("do_nothing", Status::Warning, detail, "remove it, unless this is a copy for tests")
    } else {
        Check::ok("do_nothing", "there is no etc/billmgr.DoNothing")
    });
    checks.extend([journal(root), state(root), space(root)]);
    checks
}

fn module_log(root: &Root) -> Check {
    let (name, path) = ("log", root.join("var/pmbillmgr.log"));
    let written = fs::metadata(&path).and_then(|about| about.modified()).map(Timestamp::try_from);
    match written {
        Ok(Ok(at)) if Timestamp::now().duration_since(at) <= LOG => {
            Check::ok(name, format!("{} was written at {}", path.display(), moment(at)))
        }
        Ok(_) => Check::new(
            name,
            Status::Warning,
            format!("{} has not grown for a day", path.display()),
            "see that checkevent runs",
        ),
        Err(error) => Check::new(
            name,
            Status::Warning,
            format!("{}: {error}", path.display()),
            "it appears with the first checkevent",
        ),
    }
}

/// What each module says it can (facts/billmanager 3); whether it offers `sync_item` is not known (12.5). Read-only by the protocol.
fn features(root: &Root) -> Check {
    let name = "module.features";
    let program = root.join("processing/pmbillmgr");
    if !program.is_file() {
        return Check::skipped(name, format!("there is no {}", program.display()));
    }
    let mut command = Command::new(&program);
    command.args(["--command", "features"]).current_dir(root.join("")).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdout(Stdio::piped()).stderr(Stdio::piped());
    let said = finish(command, None, Limits { time: Duration::from_secs(10), output: 1024 * 1024 });
    match said {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            let offers = if text.contains("\"sync_item\"") { "offers sync_item" } else { "does not offer sync_item" };
            Check::ok(name, format!("pmbillmgr {offers}"))
        }
        Ok(output) => Check::skipped(name, format!("pmbillmgr --command features ended with {}", output.ending())),
        Err(error) => Check::skipped(name, format!("pmbillmgr --command features: {error}")),
    }
}

fn journal(root: &Root) -> Check {
    let fix = "move journal.db and journal.head away together as evidence; a new journal begins, which does not know what a killed repair \
               has left on the manual module: see manual_module here afterwards";
    let look = || -> Result<Result<i64, String>, Error> {
        let journal = Journal::look(root)?;
        if let Some(damage) = journal.damage()? {
            return Ok(Err(damage));
        }
        let verified = journal.verify()?;
        Ok(verified.broken.map_or(Ok(verified.records), |broken| Err(broken.say(Language::En))))
    };
    match look() {
        Ok(Ok(records)) => Check::ok("journal", format!("whole: {records} records")),
        Ok(Err(damage)) => Check::new("journal", Status::Broken, damage, fix),
        Err(error) => Check::new("journal", Status::Broken, error.detail, fix),
    }
}

/// Whether our directory is ours alone and takes a file.
fn state(root: &Root) -> Check {
    let (name, path) = ("state", root.state());
    let Ok(about) = fs::metadata(&path) else {
        return Check::new(
            name,
            Status::Warning,
            format!("there is no {}", path.display()),
            "run resellguard check once",
        );
    };
    if about.mode() & 0o077 != 0 {
        let detail = format!("{} may be entered by others: mode {:04o}", path.display(), about.mode() & 0o7777);
        return Check::new(name, Status::Broken, detail, "chmod 0700");
    }
    let probe = path.join(format!("doctor.{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&probe)
        .and_then(|mut file| file.write_all(b"x"));
    drop(fs::remove_file(&probe));
    match written {
        Ok(()) => Check::ok(name, format!("{} takes files", path.display())),
        Err(error) => Check::new(name, Status::Broken, format!("{}: {error}", path.display()), "look at the disk"),
    }
}

fn space(root: &Root) -> Check {
    let (name, path) = ("space", root.join("var"));
    match free(&path) {
        None => Check::skipped(name, format!("{} says nothing of its disk", path.display())),
        Some(free) if free < FULL => Check::new(name, Status::Broken, format!("{free} MiB are free"), "make room"),
        Some(free) if free < TIGHT => Check::new(name, Status::Warning, format!("{free} MiB are free"), "make room"),
        Some(free) => Check::ok(name, format!("{free} MiB are free")),
    }
}

/// MiB that are free for us.
fn free(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024))
}
