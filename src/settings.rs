//! `etc/resellguard.toml`: what the administrator decided. Every key is optional; a missing file means the defaults.
//!
//! Not for the panel's own settings: those are `billmgr::config`.

use crate::error::{Error, Kind};
use crate::reselling::addresses::{Network, NotANetwork};
use crate::reselling::decision::Allowed;
use crate::reselling::fingerprint;
use crate::reselling::ids::ModuleId;
use crate::root::Root;
use crate::secret::Secret;
use jiff::SignedDuration;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The shipped file has 2 KiB; nobody writes 64.
const SIZE: u64 = 64 * 1024;

/// The whole file, table by table as in the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub reselling: ResellingSettings,
    pub check: CheckSettings,
    pub sync: SyncSettings,
    pub seller: SellerSettings,
    pub notify: NotifySettings,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResellingSettings {
    /// File names of the processing modules that buy from another BILLmanager (`processingmodule.module`).
    pub modules: Vec<String>,
    /// How long a service may wait after the seller has delivered it.
    #[serde(deserialize_with = "duration")]
    pub stuck_after: SignedDuration,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    pub on_conflict: OnConflict,
    /// Addresses and networks from which this panel talks to sellers.
    #[serde(deserialize_with = "addresses")]
    pub own_addresses: Vec<Network>,
    /// A file with the fingerprints of the provider's other panels.
    #[serde(deserialize_with = "path")]
    pub fleet: Option<PathBuf>,
    /// The key of the fingerprints, the same on all panels of an owner; `None` (empty in the file) when there is none.
    #[serde(deserialize_with = "key")]
    pub fingerprint_key: Option<Secret>,
    /// How this panel is called in fingerprints; `None` (empty in the file) for the host's name.
    #[serde(deserialize_with = "panel_name")]
    pub panel_name: Option<String>,
}

/// What `checkevent` does when an account is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    #[default]
    Warn,
    Block,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncSettings {
    pub auto: Auto,
    pub allow: Vec<Allowed>,
    /// A run that would change more than `brake_minimum` services, and more than this part of an account's services, is
    /// refused as a whole. Percent, 0 to 100.
    #[serde(deserialize_with = "percent")]
    pub brake_percent: u32,
    /// That many services may be changed in one run, whatever part of the account's they are.
    #[serde(deserialize_with = "count")]
    pub brake_minimum: u32,
    /// The module for manual processing, for `--via manual`; `None` (0 in the file): it is looked for.
    #[serde(deserialize_with = "module")]
    pub manual_module: Option<ModuleId>,
}

/// What is repaired without being asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    #[default]
    Off,
    Forward,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SellerSettings {
    /// For one request, connecting included. One second to five minutes.
    #[serde(deserialize_with = "timeout")]
    pub timeout: Duration,
    /// To one account. 1 to 1000.
    #[serde(deserialize_with = "rate")]
    pub requests_per_second: u32,
    /// Rows in one page of a listing. 10 to 5000.
    #[serde(deserialize_with = "page")]
    pub page: u32,
    /// Certificate authorities to trust besides the system's, PEM.
    #[serde(deserialize_with = "path")]
    pub ca_file: Option<PathBuf>,
    /// Accept plain `http://` to any address. Certificates are verified all the same.
    pub insecure: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifySettings {
    /// Employees of the panel, by login or by id.
    pub users: Vec<String>,
    /// The department that gets a task; `None` (0 in the file) when none was named.
    #[serde(deserialize_with = "department")]
    pub department: Option<u64>,
    /// A program to start with each notice; `None` (empty in the file) when none was named.
    #[serde(deserialize_with = "path")]
    pub command: Option<PathBuf>,
    pub syslog: bool,
}

impl Default for ResellingSettings {
    fn default() -> Self {
        Self { modules: vec!["pmbillmgr".to_owned()], stuck_after: SignedDuration::from_mins(15) }
    }
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self { auto: Auto::Off, allow: Vec::new(), brake_percent: 30, brake_minimum: 10, manual_module: None }
    }
}

impl Default for SellerSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), requests_per_second: 5, page: 500, ca_file: None, insecure: false }
    }
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self { users: Vec::new(), department: None, command: None, syslog: true }
    }
}

impl Settings {
    /// Reads the file of this panel. What it allows is done by root, so it has to be root's (or the user's we run as) alone.
    ///
    /// # Errors
    /// `Kind::Settings`: the file is not a regular file, may be read or written by others, or a line of it is wrong.
    pub fn read(root: &Root) -> Result<Self, Error> {
        let path = root.settings();
        let found = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            found => found.map_err(|error| wrong(&path, error))?,
        };
        trusted(&path, &found)?;
        let file = File::open(&path).map_err(|error| wrong(&path, error))?;
        trusted(&path, &file.metadata().map_err(|error| wrong(&path, error))?)?;
        let mut text = String::new();
        file.take(SIZE + 1).read_to_string(&mut text).map_err(|error| wrong(&path, error))?;
        if text.len() as u64 > SIZE {
            return Err(wrong(&path, "larger than 64 KiB, this is no settings file"));
        }
        Self::parse(&text).map_err(|(line, message)| match line {
            Some(line) => Error::new(Kind::Settings, format!("{}, line {line}: {message}", path.display())),
            None => wrong(&path, message),
        })
    }

    /// The text of the file, or the number of the wrong line and what is wrong with it.
    fn parse(text: &str) -> Result<Self, (Option<usize>, String)> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| before.matches('\n').count() + 1);
            (line, error.message().trim_end().replace('\n', "; "))
        })
    }
}

fn wrong(path: &Path, what: impl fmt::Display) -> Error {
    Error::new(Kind::Settings, format!("{}: {what}", path.display()))
}

/// Whether the file is ours alone.
fn trusted(path: &Path, found: &Metadata) -> Result<(), Error> {
    let shown = path.display();
    if !found.is_file() {
        return Err(wrong(path, "not a regular file; put the settings themselves there, no link"));
    }
    let own = rustix::process::geteuid().as_raw();
    if found.uid() != 0 && found.uid() != own {
        return Err(wrong(path, format!("belongs to user {}; do: chown root:root {shown}", found.uid())));
    }
    if found.mode() & 0o077 != 0 {
        let said = (
            format!("{shown}: others may read or write it; do: chmod 600 {shown}"),
            format!("{shown}: читать или менять его могут другие; выполните: chmod 600 {shown}"),
        );
        return Err(Error::said(Kind::Settings, said));
    }
    Ok(())
}

/// A text that has to be of a shape, with the sentence that says which.
struct Shaped<T> {
    expected: &'static str,
    read: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Shaped<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<SignedDuration, D::Error> {
    let read = |text: &str| text.parse().ok().filter(|length| bounded(*length, 1, 31 * 24 * 3600));
    input.deserialize_str(Shaped { expected: "a duration from \"1s\" to \"31d\", such as \"15m\" or \"1h 30m\"", read })
}

fn timeout<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    let read = |text: &str| {
        let length: Option<SignedDuration> = text.parse().ok().filter(|length| bounded(*length, 1, 300));
        length.and_then(|length| length.try_into().ok())
    };
    input.deserialize_str(Shaped { expected: "a duration from \"1s\" to \"5m\", such as \"10s\"", read })
}

fn bounded(length: SignedDuration, least: i64, most: i64) -> bool {
    length >= SignedDuration::from_secs(least) && length <= SignedDuration::from_secs(most)
}

fn path<'de, D: Deserializer<'de>>(input: D) -> Result<Option<PathBuf>, D::Error> {
    let read = |text: &str| match text {
        "" => Some(None),
        text => Some(Some(PathBuf::from(text))).filter(|_| text.starts_with('/')),
    };
    input.deserialize_str(Shaped { expected: "an absolute path, or \"\" for none", read })
}

/// The key is in no message, whatever is wrong with it.
fn key<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Secret>, D::Error> {
    let wrong = || {
        let least = fingerprint::KEY_LENGTH;
        de::Error::custom(format!(
            "expected a key of at least {least} characters (`openssl rand -hex 32` makes one), or \"\" for none"
        ))
    };
    match toml::Value::deserialize(input)? {
        toml::Value::String(text) if text.is_empty() => Ok(None),
        toml::Value::String(text) if text.chars().count() >= fingerprint::KEY_LENGTH => Ok(Some(Secret::new(text))),
        _ => Err(wrong()),
    }
}

fn panel_name<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let read = |text: &str| match text {
        "" => Some(None),
        text => Some(Some(text.to_owned())).filter(|_| fingerprint::is_name(text)),
    };
    input.deserialize_str(Shaped { expected: "a name without blanks, or \"\" for the host's name", read })
}

fn addresses<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Network>, D::Error> {
    let texts = Vec::<String>::deserialize(input)?;
    let expected = "addresses and networks such as \"192.0.2.1\", \"192.0.2.0/24\" or \"2001:db8::/32\"";
    let read = |text: &String| {
        text.parse().map_err(|_: NotANetwork| de::Error::invalid_value(de::Unexpected::Str(text), &expected))
    };
    texts.iter().map(read).collect()
}

/// A number within bounds, with the sentence that says which.
struct Number {
    bounds: std::ops::RangeInclusive<i64>,
    expected: &'static str,
}

impl Visitor<'_> for Number {
    type Value = u32;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.expected)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u32, E> {
        let within = u32::try_from(number).ok().filter(|_| self.bounds.contains(&number));
        within.ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
    }
}

fn number<'de, D: Deserializer<'de>>(
    input: D,
    bounds: std::ops::RangeInclusive<i64>,
    expected: &'static str,
) -> Result<u32, D::Error> {
    input.deserialize_i64(Number { bounds, expected })
}

fn percent<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    number(input, 0..=100, "a number from 0 to 100")
}

fn count<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    number(input, 0..=1_000_000, "a number from 0 to 1000000")
}

fn rate<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    number(input, 1..=1000, "a number from 1 to 1000")
}

fn page<'de, D: Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
    number(input, 10..=5000, "a number from 10 to 5000")
}

fn id<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    let id = number(input, 0..=i64::from(u32::MAX), "an id, or 0 for none")?;
    Ok(Some(u64::from(id)).filter(|id| *id > 0))
}

fn module<'de, D: Deserializer<'de>>(input: D) -> Result<Option<ModuleId>, D::Error> {
    Ok(id(input)?.map(ModuleId))
}

fn department<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    id(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn the_shipped_file_says_the_defaults() {
        let shipped = include_str!("../etc/resellguard.toml");
        assert_eq!(Settings::parse(shipped), Ok(Settings::default()));
        let keys = shipped.lines().filter(|line| line.contains(" = ")).count();
        let with_comments_off: String = shipped.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(with_comments_off.matches(" = ").count(), keys, "every key is written, none is commented out");
        assert_eq!(keys, 21);
    }

    #[test]
    fn the_shipped_file_says_which_keys_are_not_used() {
        let mut unused = Vec::new();
        let mut comment = String::new();
        for line in include_str!("../etc/resellguard.toml").lines() {
            match (line.strip_prefix('#'), line.split_once(" = ")) {
                (Some(more), _) => comment.push_str(more),
                (None, Some((key, _))) if comment.contains("Not used by this version.") => unused.push(key),
                _ => {}
            }
            if !line.starts_with('#') {
                comment.clear();
            }
        }
        let expected: [&str; 0] = [];
        assert_eq!(unused, expected);
    }

    #[test]
    fn no_file_means_the_defaults() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::read(&Root::at(dir.path())), Ok(Settings::default()));
        assert_eq!(Settings::parse(""), Ok(Settings::default()));
    }

    #[test]
    fn what_is_written_is_what_is_meant() {
        let settings = Settings::parse(
            "[reselling]\nmodules = [\"pmbillmgr\", \"pmother\"]\nstuck_after = \"1h 30m\"\n\
             [check]\non_conflict = \"block\"\nown_addresses = [\"192.0.2.1\", \"2001:db8::/32\"]\nfleet = \"/root/fleet\"\n\
             fingerprint_key = \"0123456789abcdef0123456789abcdef\"\npanel_name = \"a.example\"\n\
             [sync]\nauto = \"forward\"\nallow = [\"suspend\", \"expiredate\"]\nbrake_percent = 0\nmanual_module = 4\n\
             [seller]\ntimeout = \"90s\"\nca_file = \"/etc/ca.pem\"\ninsecure = true\n\
             [notify]\nusers = [\"admin\"]\ndepartment = 2\ncommand = \"/usr/bin/true\"\nsyslog = false\n",
        )
        .unwrap();
        assert_eq!(settings.reselling.modules, ["pmbillmgr", "pmother"]);
        assert_eq!(settings.reselling.stuck_after, SignedDuration::from_mins(90));
        assert_eq!(settings.check.on_conflict, OnConflict::Block);
        assert_eq!(settings.check.own_addresses.len(), 2);
        assert_eq!(settings.check.fleet.as_deref(), Some(Path::new("/root/fleet")));
        assert_eq!(settings.check.fingerprint_key, Some(Secret::new("0123456789abcdef0123456789abcdef")));
        assert_eq!(settings.check.panel_name.as_deref(), Some("a.example"));
        assert_eq!(settings.sync.auto, Auto::Forward);
        assert_eq!(settings.sync.allow, [Allowed::Suspend, Allowed::ExpireDate]);
        assert_eq!((settings.sync.brake_percent, settings.sync.brake_minimum), (0, 10));
        assert_eq!(settings.sync.manual_module, Some(ModuleId(4)));
        assert_eq!(settings.seller.timeout, Duration::from_secs(90));
        assert!(settings.seller.insecure && !settings.notify.syslog);
        assert_eq!(settings.notify.department, Some(2));
    }

    #[test]
    fn a_mistake_names_the_line_and_what_is_allowed() {
        for (text, line, said) in [
            ("[seler]\n", 1, ["seler", "`seller`"]),
            ("\n[seller]\npages = 5\n", 3, ["pages", "`page`"]),
            ("[seller]\npage = 5\n", 2, ["5", "from 10 to 5000"]),
            ("[seller]\npage = \"500\"\n", 2, ["string", "from 10 to 5000"]),
            ("[seller]\ntimeout = \"10\"\n", 2, ["10", "such as \"10s\""]),
            ("[seller]\ntimeout = \"6m\"\n", 2, ["6m", "to \"5m\""]),
            ("[seller]\ntimeout = 10\n", 2, ["integer `10`", "such as \"10s\""]),
            ("[seller]\nrequests_per_second = 0\n", 2, ["0", "from 1 to 1000"]),
            ("[seller]\nca_file = \"ca.pem\"\n", 2, ["ca.pem", "absolute"]),
            ("[reselling]\nstuck_after = \"-5m\"\n", 2, ["-5m", "\"15m\""]),
            ("[check]\non_conflict = \"stop\"\n", 2, ["stop", "`warn` or `block`"]),
            ("[check]\nown_addresses = [\"here\"]\n", 2, ["here", "192.0.2.1"]),
            ("[check]\nown_addresses = [\"192.0.2.0/33\"]\n", 2, ["192.0.2.0/33", "192.0.2.0/24"]),
            ("[check]\nfingerprint_key = \"short\"\n", 2, ["at least 32", "openssl rand"]),
            ("[check]\nfingerprint_key = 12\n", 2, ["at least 32", "openssl rand"]),
            ("[check]\npanel_name = \"a b\"\n", 2, ["a b", "without blanks"]),
            ("[sync]\nauto = \"all\"\n", 2, ["all", "`off` or `forward`"]),
            ("[sync]\nallow = [\n \"open\"]\n", 3, ["open", "`suspend`, `resume`, `close`, `expiredate`"]),
            ("[sync]\nbrake_percent = 101\n", 2, ["101", "from 0 to 100"]),
            ("[sync]\nmanual_module = -1\n", 2, ["-1", "0 for none"]),
            ("[notify]\nsyslog = 1\n", 2, ["1", "boolean"]),
            ("[notify]\n\nsyslog = tru\n", 3, ["", ""]),
        ] {
            let (found, message) = Settings::parse(text).unwrap_err();
            assert_eq!(found, Some(line), "{text}: {message}");
            assert!(said.iter().all(|word| message.contains(word)), "{text}: {message}");
        }
    }

    #[test]
    fn a_key_is_never_told() {
        for text in
            ["fingerprint_key = \"swordfish\"", "fingerprint_key = 987654321", "fingerprint_key = [\"swordfish\"]"]
        {
            let (_, message) = Settings::parse(&format!("[check]\n{text}\n")).unwrap_err();
            assert!(!message.contains("swordfish") && !message.contains("987654321"), "{message}");
        }
        let settings = Settings::parse("[check]\nfingerprint_key = \"0123456789abcdef0123456789abcdef\"\n").unwrap();
        assert!(!format!("{settings:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn a_file_that_others_may_touch_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        fs::create_dir(dir.path().join("etc")).unwrap();
        fs::write(root.settings(), "[seller]\npage = 100\n").unwrap();
        for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            fs::set_permissions(root.settings(), fs::Permissions::from_mode(mode)).unwrap();
            match Settings::read(&root) {
                Ok(settings) => assert!(accepted && settings.seller.page == 100, "{mode:o}"),
                Err(error) => {
                    assert!(!accepted && error.kind == Kind::Settings, "{mode:o}: {error}");
                    assert!(error.detail.contains(&format!("chmod 600 {}", root.settings().display())), "{error}");
                }
            }
        }
    }

    #[test]
    fn only_a_regular_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        fs::create_dir_all(root.settings()).unwrap();
        assert_eq!(Settings::read(&root).unwrap_err().kind, Kind::Settings);
        fs::remove_dir(root.settings()).unwrap();
        symlink("/dev/zero", root.settings()).unwrap();
        assert!(Settings::read(&root).unwrap_err().detail.contains("not a regular file"));
    }

    #[test]
    fn the_file_is_named_with_the_line() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::at(dir.path());
        fs::create_dir(dir.path().join("etc")).unwrap();
        fs::write(root.settings(), "[seller]\n\npag = 100\n").unwrap();
        fs::set_permissions(root.settings(), fs::Permissions::from_mode(0o600)).unwrap();
        let error = Settings::read(&root).unwrap_err();
        assert!(error.detail.starts_with(&format!("{}, line 3: ", root.settings().display())), "{error}");
        fs::write(root.settings(), vec![b'#'; 70_000]).unwrap();
        assert!(Settings::read(&root).unwrap_err().detail.contains("64 KiB"));
    }
}
