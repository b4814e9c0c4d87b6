//! The stage of the lab's tests and of the demonstration: panels of the lab with the plugin installed by its own installer.

// What a program of the three does not use, another does.
#![allow(dead_code)]
// A stage that cannot be built is a failed test; the lints exempt only functions that are tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::missing_panics_doc)]

use lab::core::Options;
use lab::site::Site;
use lab::world::{Account, Setup, World};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

/// A reselling panel whose plugins know where its root is, which is not where a panel's root usually is.
pub fn reseller(world: &World, name: &str) -> Arc<Site> {
    reseller_with(world, name, Setup::default())
}

pub fn reseller_with(world: &World, name: &str, setup: Setup) -> Arc<Site> {
    let root = world.dir().join(name);
    let root = ("RESELLGUARD_ROOT".to_owned(), root.to_str().expect("a path").to_owned());
    let mut extra_env = setup.options.extra_env.clone();
    extra_env.push(root);
    let setup = Setup { options: Options { extra_env, ..setup.options.clone() }, ..setup };
    world.reseller_with(name, setup)
}

/// The article's fault: resellers on one account, the plugin on `a`, and the events of its `items` taken by `b`.
pub struct Lost {
    pub a: Arc<Site>,
    pub b: Arc<Site>,
    pub items: Vec<u64>,
}

/// Plays the fault with these services, given by type and name, in a world that has no reseller yet. Calls are recorded from here
/// on.
pub fn lose(world: &World, setup: Setup, account: &Account, services: &[(&str, &str)]) -> Lost {
    let (a, b) = (reseller_with(world, "a", setup), world.reseller("b"));
    let mut itemtypes: Vec<&str> = services.iter().map(|(itemtype, _)| *itemtype).collect();
    itemtypes.sort_unstable();
    itemtypes.dedup();
    for site in [&a, &b] {
        world.connect(site, account, &itemtypes);
    }
    install(world, &a, "");
    let items: Vec<u64> = services.iter().map(|(itemtype, name)| a.order(itemtype, name)).collect();
    for item in &items {
        world.seller().activate(*item);
    }
    b.checkevent();
    checkevent(&a);
    a.clear_calls();
    world.seller().clear_calls();
    Lost { a, b, items }
}

/// Puts so many active services of a product on both sides, straight into the databases: ordering them would take hours.
pub fn fill(world: &World, site: &Site, account: &Account, itemtype: &str, count: u64) {
    let highest = |site: &Site| {
        site.row("SELECT AUTO_INCREMENT - 1 AS id FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'item'").number("id")
    };
    let (here, there) = (highest(site), highest(world.seller()));
    let module = site.row("SELECT MAX(processingmodule) AS id FROM processingmodule2pricelist").number("id");
    let sides = [
        (site, here, there, site.tariff(itemtype), "(SELECT id FROM account LIMIT 1)".to_owned(), module.to_string()),
        (world.seller(), there, here, world.seller().tariff(itemtype), account.id.to_string(), "NULL".to_owned()),
    ];
    for (site, own, other, tariff, customer, module) in sides {
        site.execute(&format!(
            "INSERT INTO item(id, name, pricelist, account, processingmodule, remoteid, currency, status, createdate, expiredate)
             SELECT {own} + seq, CONCAT('VDS-1 #', {own} + seq), {tariff}, {customer}, {module}, {other} + seq, 1, 2, CURDATE(), CURDATE() + INTERVAL 1 MONTH
             FROM seq_1_to_{count}"
        ));
        site.execute(&format!(
            "INSERT INTO itemparam(item, intname, value) SELECT {own} + seq, 'domain', CONCAT('s', seq, '.example') FROM seq_1_to_{count}"
        ));
    }
}

/// Writes the settings, then installs with the project's installer; returns what that said.
pub fn install(world: &World, site: &Site, settings: &str) -> String {
    configure(world, site, settings);
    let mut installer = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh"));
    let output = installer
        .arg("--root")
        .arg(site.root())
        .arg("--binary")
        .arg(binary())
        .stdin(Stdio::null())
        .output()
        .expect("install.sh");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

/// The settings of a panel that trusts the lab's authority; `more` is TOML.
pub fn configure(world: &World, site: &Site, more: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = site.root().join("etc/resellguard.toml");
    let seller = format!("[seller]\nca_file = \"{}\"\nrequests_per_second = 1000\n", world.authorities().display());
    std::fs::write(&path, seller + more).expect("the settings");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("the settings");
}

/// The plugin as it was built: two floors above a test program, one above an example.
pub fn binary() -> PathBuf {
    let program = std::env::current_exe().expect("this program");
    program
        .ancestors()
        .skip(2)
        .map(|folder| folder.join("resellguard"))
        .find(|path| path.is_file())
        .expect("target/*/resellguard: build the workspace first")
}

/// The installed plugin's command line, as root would use it on that panel.
pub fn resellguard(site: &Site, arguments: &[&str]) -> Output {
    speaking(site, "C.UTF-8", arguments)
}

/// The same in the shell's language; what it says to a person, on both channels.
pub fn said(site: &Site, language: &str, arguments: &[&str]) -> String {
    let output = speaking(site, language, arguments);
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn speaking(site: &Site, language: &str, arguments: &[&str]) -> Output {
    Command::new(site.root().join("addon/resellguard"))
        .args(arguments)
        .env("RESELLGUARD_ROOT", site.root())
        .env("LANG", language)
        .env("LOGNAME", "tester")
        .env_remove("SUDO_USER")
        .env_remove("LC_ALL")
        .stdin(Stdio::null())
        .output()
        .expect("resellguard")
}

/// The plugin's command line, not waited for.
pub fn start(site: &Site, arguments: &[&str]) -> Child {
    Command::new(site.root().join("addon/resellguard"))
        .args(arguments)
        .env("RESELLGUARD_ROOT", site.root())
        .env("LANG", "C.UTF-8")
        .env("LOGNAME", "first")
        .env_remove("SUDO_USER")
        .env_remove("LC_ALL")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("resellguard")
}

/// Its JSON and its exit status.
pub fn json(site: &Site, arguments: &[&str]) -> (Value, i32) {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    let output = resellguard(site, &all);
    let text = String::from_utf8_lossy(&output.stdout);
    let value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    });
    (value, output.status.code().expect("an exit status"))
}

/// `checkevent`, and then until what it started has ended: the observation runs on its own.
pub fn checkevent(site: &Site) {
    let output = site.checkevent();
    assert!(output.status.success(), "checkevent: {output:?}");
    observed(site);
}

/// Waits until no observation runs: its lock is free.
pub fn observed(site: &Site) {
    let path = site.root().join("var/resellguard/observe.lock");
    // The observer takes its lock a moment after `checkevent` is over.
    std::thread::sleep(std::time::Duration::from_millis(400));
    for _ in 0..300 {
        let free = std::fs::File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if free || !path.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("an observation does not end");
}

/// The functions that a panel was asked for through `mgrctl` by the plugin, in order, with the service each was about.
pub fn repair_calls(site: &Site) -> Vec<String> {
    site.calls()
        .into_iter()
        .filter(|call| call.ip == "resellguard")
        .map(|call| {
            let params: Vec<String> = call.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}", call.function, params.join(" "))
        })
        .collect()
}

/// Minutes pass for calls that were not answered. The journal keeps when they were made, in a chain of hashes, so the chain is
/// made anew from there: what root can do, and written here a second time from its description.
pub fn minutes_later(site: &Site) {
    let path = site.root().join("var/resellguard/journal.db");
    let database = rusqlite::Connection::open(&path).expect("the journal");
    let triggers: String = database
        .query_row("SELECT group_concat(sql, ';') FROM sqlite_master WHERE type = 'trigger'", [], |row| row.get(0))
        .expect("triggers");
    database.execute_batch("DROP TRIGGER record_stays; DROP TRIGGER record_remains").expect("triggers");
    database
        .execute(
            "UPDATE record AS call SET at = '2026-01-01T00:00:00+00:00' WHERE kind = 'call'
             AND NOT EXISTS (SELECT 1 FROM record WHERE parent = call.id AND kind = 'answer')",
            [],
        )
        .expect("calls");
    let newest = rechain(&database);
    std::fs::write(path.with_extension("head"), newest).expect("the head");
    database.execute_batch(&triggers).expect("triggers");
}

/// Gives every record the hash that belongs to it, and returns what the file beside the journal says then.
pub fn rechain(database: &rusqlite::Connection) -> String {
    use sha2::{Digest, Sha256};
    type Columns = (i64, String, String, Option<i64>, Option<i64>, String);
    let mut query =
        database.prepare("SELECT id, at, kind, parent, item, body FROM record ORDER BY id").expect("records");
    let records: Vec<Columns> = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))
        .expect("records")
        .collect::<Result<_, _>>()
        .expect("records");
    let mut hash = "0".repeat(64);
    for (id, at, kind, parent, item, body) in &records {
        let text = serde_json::json!([hash, id, at, kind, parent, item, body]).to_string();
        let bytes: Vec<String> = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        hash = bytes.concat();
        database.execute("UPDATE record SET hash = ?2 WHERE id = ?1", rusqlite::params![id, hash]).expect("a hash");
    }
    format!("{:020} {hash}\n", records.len())
}
