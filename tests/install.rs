//! `install.sh` against a panel's directory tree in a temporary place, with a `mgrctl` that writes down its calls.
//! Not here: what a panel makes of the installed files.
// A test that cannot prepare its place fails, and says where.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

const SOURCES: [&str; 5] = [
    "install.sh",
    "xml/billmgr_mod_resellguard.xml",
    "etc/resellguard.toml",
    "etc/resellguard.cron",
    "etc/resellguard.logrotate",
];

/// A panel that starts again when it is told to, and says in its log that it has read the descriptor.
const MGRCTL: &str = r#"#!/bin/sh
root=$(cd "$(dirname "$0")/.." && pwd)
echo "$*" >>"$root/../calls"
[ ! -e "$root/../broken" ] || { echo "the panel is broken"; exit 1; }
[ "$3" != exit ] || [ -e "$root/../silent" ] ||
    echo "Nov 24 10:00:00 [7:1] action EXTINFO Register event 'resellguard' for action 'checkevent'" >>"$root/var/billmgr.log"
"#;

struct Place {
    dir: tempfile::TempDir,
}

struct Answer {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    /// A panel, an empty place for the system's files, and a copy of what a release holds (with a program of our own).
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        for dir in ["panel/sbin", "panel/etc/xml", "panel/var", "system", "release/etc", "release/xml"] {
            fs::create_dir_all(place.path(dir)).unwrap();
        }
        place.script("panel/sbin/mgrctl", MGRCTL);
        place.write("panel/etc/xml/billmgr_mod_other.xml", "<mgrdata/>");
        place.write("panel/var/billmgr.log", "Register event 'resellguard' for action 'checkevent' (of long ago)\n");
        for source in SOURCES {
            fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(source), place.path("release").join(source)).unwrap();
        }
        place.program("1");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn script(&self, name: &str, content: &str) {
        self.write(name, content);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A small program in the release, in place of the real one.
    fn program(&self, version: &str) {
        self.script("release/resellguard", &format!("#!/bin/sh\necho resellguard {version}\n"));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg(self.path("release/install.sh"));
        command.arg("--root").arg(self.path("panel")).arg("--system-dir").arg(self.path("system"));
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        answer(&mut self.command(arguments))
    }

    fn install(&self) -> Answer {
        let answer = self.run(&[]);
        assert_eq!(answer.status, Some(0), "{}{}", answer.out, answer.err);
        answer
    }

    /// Every path of the panel and of the system: mode, inode, and content or target.
    fn snapshot(&self) -> BTreeMap<String, (u32, u64, String)> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![self.path("panel"), self.path("system")];
        while let Some(path) = waiting.pop() {
            let meta = fs::symlink_metadata(&path).unwrap();
            let content = if meta.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                String::new()
            } else if meta.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else {
                String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
            };
            let name = path.strip_prefix(self.dir.path()).unwrap().display().to_string();
            found.insert(name, (meta.mode(), meta.ino(), content));
        }
        found
    }

    fn files(&self) -> Vec<String> {
        let is_file = |mode: u32| mode & 0o170_000 != 0o040_000;
        self.snapshot().into_iter().filter(|(_, (mode, ..))| is_file(*mode)).map(|(name, _)| name).collect()
    }
}

fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const PANELS_OWN: [&str; 3] = ["panel/etc/xml/billmgr_mod_other.xml", "panel/sbin/mgrctl", "panel/var/billmgr.log"];

#[test]
fn a_fresh_installation_puts_each_file_where_the_contract_says() {
    let place = Place::new();
    let answer = place.run(&["--binary", env!("CARGO_BIN_EXE_resellguard")]);
    assert_eq!(answer.status, Some(0), "{}{}", answer.out, answer.err);
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().mode() & 0o7777;
    assert_eq!(mode("panel/addon/resellguard"), 0o750);
    assert_eq!(mode("panel/etc/xml/billmgr_mod_resellguard.xml"), 0o644);
    assert_eq!(mode("panel/etc/resellguard.toml"), 0o600);
    assert_eq!(mode("panel/var/resellguard"), 0o700);
    assert_eq!(mode("system/etc/cron.d/resellguard"), 0o644);
    assert_eq!(mode("system/etc/logrotate.d/resellguard"), 0o644);
    assert_eq!(fs::read_link(place.path("system/usr/bin/resellguard")).unwrap(), place.path("panel/addon/resellguard"));
    let installed = fs::read(place.path("panel/addon/resellguard")).unwrap();
    assert!(installed == fs::read(env!("CARGO_BIN_EXE_resellguard")).unwrap());
    assert!(place.read("calls").starts_with("-m billmgr exit\n"));
    assert_eq!(answer.out.matches("Register event").count(), 1, "{}", answer.out);
    assert!(!answer.out.contains("of long ago"), "{}", answer.out);
}

#[test]
fn the_schedule_and_the_log_rotation_name_the_panel_that_they_serve() {
    let place = Place::new();
    place.install();
    let root = place.path("panel").display().to_string();
    for name in ["system/etc/cron.d/resellguard", "system/etc/logrotate.d/resellguard"] {
        let text = place.read(name);
        assert!(text.contains(&root) && !text.contains("/usr/local/mgr5"), "{text}");
    }
}

#[test]
fn the_manifest_is_checked_by_sha256sum() {
    let place = Place::new();
    place.install();
    let manifest = place.read("panel/var/resellguard/manifest");
    let sums: String =
        manifest.lines().filter(|line| !line.starts_with("link ")).flat_map(|line| [line, "\n"]).collect();
    place.write("sums", &sums);
    let checked = answer(Command::new("sha256sum").arg("--check").arg("--strict").arg(place.path("sums")));
    assert_eq!(checked.status, Some(0), "{}", checked.err);
    assert_eq!(checked.out.lines().count(), 4, "{}", checked.out);
}

#[test]
fn a_second_run_changes_nothing_and_says_so() {
    let place = Place::new();
    place.install();
    let (before, calls) = (place.snapshot(), place.read("calls"));
    let answer = place.install();
    assert!(answer.out.contains("nothing was changed"), "{}", answer.out);
    assert_eq!(place.snapshot(), before);
    assert_eq!(place.read("calls"), calls);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_not_do_it() {
    let place = Place::new();
    let before = place.snapshot();
    let answer = place.run(&["--dry-run"]);
    assert_eq!(answer.status, Some(0), "{}", answer.err);
    assert_eq!(place.snapshot(), before);
    let said =
        |answer: &Answer, line: &str| assert!(answer.out.lines().any(|l| l.contains(line)), "{line}: {}", answer.out);
    said(&answer, "would install   ");
    said(&answer, "would restart");

    place.install();
    let (before, calls) = (place.snapshot(), place.read("calls"));
    place.program("2");
    said(&place.run(&["--dry-run"]), "would replace");
    said(&place.run(&["--dry-run", "--uninstall", "--purge"]), "would remove");
    assert_eq!(place.snapshot(), before);
    assert_eq!(place.read("calls"), calls);
}

#[test]
fn an_upgrade_replaces_whole_files_and_keeps_the_settings() {
    let place = Place::new();
    place.install();
    place.write("panel/etc/resellguard.toml", "[sync]\nauto = \"forward\"\n");
    let mut running = fs::File::open(place.path("panel/addon/resellguard")).unwrap();
    place.program("2");
    place.install();
    assert!(place.read("panel/addon/resellguard").contains("resellguard 2"));
    assert_eq!(place.read("panel/etc/resellguard.toml"), "[sync]\nauto = \"forward\"\n");
    let mut old = String::new();
    running.read_to_string(&mut old).unwrap();
    assert!(old.contains("resellguard 1"), "whoever runs the old program keeps it whole: {old}");
    assert!(!place.path("panel/var/resellguard/backup").exists(), "nobody edited anything");
    assert!(!place.files().iter().any(|name| name.contains(".new")));
}

#[test]
fn the_newest_program_that_was_built_beside_the_script_is_installed() {
    let place = Place::new();
    fs::remove_file(place.path("release/resellguard")).unwrap();
    let places = ["release/target/release", "release/target/x86_64-unknown-linux-musl/release"];
    for (version, dir) in [(1, places[1]), (2, places[0]), (3, places[1])] {
        fs::create_dir_all(place.path(dir)).unwrap();
        let program = format!("{dir}/resellguard");
        place.script(&program, &format!("#!/bin/sh\necho resellguard {version}\n"));
        let built = SystemTime::UNIX_EPOCH + Duration::from_hours(version);
        fs::File::open(place.path(&program)).unwrap().set_modified(built).unwrap();
        place.install();
        let installed = place.read("panel/addon/resellguard");
        assert!(installed.contains(&format!("resellguard {version}")), "{version}: {installed}");
    }
}

#[test]
fn an_edited_file_is_backed_up_before_it_is_replaced_or_removed() {
    let place = Place::new();
    place.install();
    place.write("panel/etc/xml/billmgr_mod_resellguard.xml", "<mine/>");
    place.write("system/etc/cron.d/resellguard", "# never\n");
    place.install();
    place.write("panel/addon/resellguard", "replaced by hand");
    assert_eq!(place.run(&["--uninstall"]).status, Some(0));
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().mode() & 0o7777;
    assert_eq!(mode("panel/var/resellguard/backup"), 0o700);
    let kept: Vec<String> = fs::read_dir(place.path("panel/var/resellguard/backup"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(kept.len(), 3, "{kept:?}");
    for content in ["<mine/>", "# never\n", "replaced by hand"] {
        assert!(kept.iter().any(|text| text == content), "{content} in {kept:?}");
    }
}

#[test]
fn a_file_that_was_there_before_us_is_backed_up_too() {
    let place = Place::new();
    fs::create_dir(place.path("panel/addon")).unwrap();
    place.write("panel/addon/resellguard", "somebody else's");
    let answer = place.install();
    assert!(answer.out.contains("back up"), "{}", answer.out);
}

#[test]
fn uninstalling_removes_what_was_installed_and_keeps_settings_and_state() {
    let place = Place::new();
    place.install();
    place.write("panel/var/resellguard/journal.sqlite", "runs");
    place.write("panel/var/resellguard.log", "lines");
    assert_eq!(place.run(&["--uninstall"]).status, Some(0));
    let mut expected = PANELS_OWN.map(str::to_owned).to_vec();
    expected.extend(
        ["panel/etc/resellguard.toml", "panel/var/resellguard/journal.sqlite", "panel/var/resellguard.log"]
            .map(str::to_owned),
    );
    expected.sort();
    assert_eq!(place.files(), expected);
    assert!(place.read("calls").ends_with("-m billmgr exit\n"));

    let again = place.run(&["--uninstall"]);
    assert_eq!((again.status, again.out.contains("nothing to do")), (Some(0), true), "{}", again.out);
}

#[test]
fn purging_leaves_the_panel_as_it_was() {
    let place = Place::new();
    place.install();
    place.write("panel/var/resellguard.log.1.gz", "old lines");
    place.write("panel/addon/other", "somebody else's");
    assert_eq!(place.run(&["--uninstall", "--purge"]).status, Some(0));
    let mut expected = PANELS_OWN.map(str::to_owned).to_vec();
    expected.push("panel/addon/other".to_owned());
    expected.sort();
    assert_eq!(place.files(), expected);
    assert!(!place.path("panel/var/resellguard").exists());
}

#[test]
fn purging_after_uninstalling_removes_what_was_kept() {
    let place = Place::new();
    place.install();
    assert_eq!(place.run(&["--uninstall"]).status, Some(0));
    assert_eq!(place.run(&["--uninstall", "--purge"]).status, Some(0));
    assert_eq!(place.files(), PANELS_OWN.map(str::to_owned));
}

#[test]
fn a_link_or_a_directory_of_somebody_elses_survives_uninstalling() {
    let place = Place::new();
    place.install();
    let link = place.path("system/usr/bin/resellguard");
    fs::remove_file(&link).unwrap();
    symlink("/bin/true", &link).unwrap();
    assert_eq!(place.run(&["--uninstall"]).status, Some(0));
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("/bin/true"));
}

#[test]
fn an_interrupted_installation_is_finished_by_the_next_run() {
    let place = Place::new();
    fs::create_dir(place.path("bin")).unwrap();
    place.script("bin/mv", "#!/bin/sh\ncase \"$*\" in *billmgr_mod*) exit 1 ;; esac\nexec /bin/mv \"$@\"\n");
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap());
    let cut = answer(place.command(&[]).env("PATH", path));
    assert_eq!(cut.status, Some(1));
    assert!(cut.err.contains("the rest was not changed"), "{}", cut.err);
    assert!(!place.files().iter().any(|name| name.contains(".new")));
    let refused = place.run(&["--uninstall"]);
    assert_eq!(refused.status, Some(1));
    assert!(refused.err.contains("nothing was changed"), "{}", refused.err);
    place.install();
    assert!(place.path("panel/etc/xml/billmgr_mod_resellguard.xml").exists());
    assert!(place.path("panel/var/resellguard/manifest").exists());
}

#[test]
fn a_panel_in_another_place_gets_no_schedule_unless_told_where() {
    let place = Place::new();
    let mut command = Command::new("/bin/sh");
    command.arg(place.path("release/install.sh")).arg("--root").arg(place.path("panel"));
    let answer = answer(&mut command);
    if running_as_root() {
        assert_eq!(answer.status, Some(0), "{}", answer.err);
        assert!(answer.out.contains("skip"), "{}", answer.out);
        assert_eq!(fs::read_dir(place.path("system")).unwrap().count(), 0);
    } else {
        assert_eq!(answer.status, Some(1));
        assert!(answer.err.contains("only root"), "{}", answer.err);
    }
}

#[test]
fn nobody_but_root_may_install() {
    let place = Place::new();
    let mut command = if running_as_root() {
        fs::set_permissions(place.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "/bin/sh"]);
        command
    } else {
        Command::new("/bin/sh")
    };
    let before = place.snapshot();
    command.current_dir("/").arg(place.path("release/install.sh")).arg("--root").arg(place.path("panel"));
    let answer = answer(&mut command);
    assert_eq!(answer.status, Some(1));
    assert!(answer.err.contains("only root") && answer.err.contains("nothing was changed"), "{}", answer.err);
    assert_eq!(place.snapshot(), before);
}

#[test]
fn what_is_not_right_is_refused_before_the_first_change() {
    type Spoil = fn(&Place);
    let cases: [(&str, Spoil, &str); 11] = [
        ("not a panel", |p| fs::remove_file(p.path("panel/sbin/mgrctl")).unwrap(), "is not a BILLmanager"),
        ("half a panel", |p| fs::remove_dir_all(p.path("panel/etc/xml")).unwrap(), "is not a whole panel"),
        ("half a release", |p| fs::remove_file(p.path("release/etc/resellguard.cron")).unwrap(), "is missing"),
        ("a program for another machine", |p| p.script("release/resellguard", "\u{7f}ELF"), "does not start"),
        ("a program that fails", |p| p.script("release/resellguard", "#!/bin/sh\nexit 3\n"), "does not start"),
        ("a changed file", |p| p.write("release/SHA256SUMS", &format!("{:064}  install.sh\n", 0)), "SHA256SUMS says"),
        (
            "a file without a sum",
            |p| {
                let sums = answer(Command::new("sha256sum").arg("install.sh").current_dir(p.path("release")));
                p.write("release/SHA256SUMS", &sums.out);
            },
            "does not speak for xml/",
        ),
        (
            "a link in our place",
            |p| {
                fs::create_dir(p.path("panel/addon")).unwrap();
                symlink("/bin/true", p.path("panel/addon/resellguard")).unwrap();
            },
            "is a symbolic link",
        ),
        (
            "a directory in our place",
            |p| fs::create_dir(p.path("panel/etc/resellguard.toml")).unwrap(),
            "is not a file",
        ),
        ("a linked state", |p| symlink("/tmp", p.path("panel/var/resellguard")).unwrap(), "is a symbolic link"),
        (
            "another command of our name",
            |p| {
                fs::create_dir_all(p.path("system/usr/bin")).unwrap();
                p.write("system/usr/bin/resellguard", "");
            },
            "somebody else's",
        ),
    ];
    for (name, spoil, reason) in cases {
        let place = Place::new();
        spoil(&place);
        let before = place.snapshot();
        let answer = place.run(&[]);
        assert_eq!(answer.status, Some(1), "{name}: {}", answer.out);
        assert!(answer.err.contains(reason), "{name}: {}", answer.err);
        assert!(answer.err.contains("nothing was changed"), "{name}: {}", answer.err);
        assert_eq!(place.snapshot(), before, "{name}");
        assert_eq!(place.read("calls"), "", "{name}");
    }
}

#[test]
fn a_release_with_right_sums_is_installed() {
    let place = Place::new();
    let mut command = Command::new("sha256sum");
    command.args(SOURCES).arg("resellguard").current_dir(place.path("release"));
    place.write("release/SHA256SUMS", &answer(&mut command).out);
    place.install();
}

#[test]
fn a_manifest_that_leads_elsewhere_stops_everything() {
    for line in [
        "link  /etc/passwd",
        "0  SYSTEM/../resellguard",
        "0  SYSTEM/passwd",
        "0  resellguard",
        "0 SYSTEM/resellguard x",
    ] {
        let place = Place::new();
        place.install();
        let line = line.replace("SYSTEM", &place.path("system").display().to_string());
        let manifest = place.read("panel/var/resellguard/manifest");
        place.write("panel/var/resellguard/manifest", &format!("{manifest}{line}\n"));
        let before = place.snapshot();
        for arguments in [&[][..], &["--uninstall"], &["--uninstall", "--purge"]] {
            let answer = place.run(arguments);
            assert_eq!(answer.status, Some(1), "{line}");
            assert!(answer.err.contains("a line that this script did not write"), "{}", answer.err);
        }
        assert_eq!(place.snapshot(), before, "{line}");
    }
}

#[test]
fn what_an_earlier_version_installed_and_this_one_does_not_is_removed() {
    let place = Place::new();
    place.install();
    place.write("panel/addon/old-resellguard", "of an earlier version");
    let sum = answer(Command::new("sha256sum").arg(place.path("panel/addon/old-resellguard"))).out;
    let manifest = place.read("panel/var/resellguard/manifest");
    place.write("panel/var/resellguard/manifest", &format!("{manifest}{sum}"));
    place.install();
    assert!(!place.path("panel/addon/old-resellguard").exists());
    assert_eq!(place.read("panel/var/resellguard/manifest"), manifest);
}

#[test]
fn a_panel_that_does_not_say_more_is_a_hint_and_a_panel_that_does_not_restart_an_error() {
    let place = Place::new();
    place.write("silent", "");
    let silent = place.install();
    assert!(silent.out.contains("hint"), "{}", silent.out);

    let place = Place::new();
    place.write("broken", "");
    let broken = place.run(&[]);
    assert_eq!(broken.status, Some(1));
    assert!(broken.out.contains("the panel is broken"), "{}", broken.out);
    assert!(broken.err.contains("Restart it by hand"), "{}", broken.err);
    assert!(place.path("panel/var/resellguard/manifest").exists(), "it can be uninstalled");
}

#[test]
fn a_wrong_argument_is_64() {
    let place = Place::new();
    for arguments in [&["--what"][..], &["--root"], &["--purge"]] {
        assert_eq!(place.run(arguments).status, Some(64), "{arguments:?}");
    }
}

fn running_as_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}
