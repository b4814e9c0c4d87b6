//! `doctor` on real parts: what a panel lacks is named with its remedy; and the bundle for support, which holds no secret.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod stage;

use base64ct::{Base64, Encoding};
use flate2::read::GzDecoder;
use lab::billing::guesses::Quirks;
use lab::core::Fault;
use lab::site::Site;
use lab::world::{Account, World};
use serde_json::Value;
use stage::{checkevent, configure, install, json, resellguard};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

struct Play {
    world: World,
    a: Arc<Site>,
    module: u64,
}

const PASSWORD: &str = "api 'shop' <7>&%/+";

/// Nobody knows these, but the line says what they are.
const UNKNOWN: [&str; 11] = [
    "Bearer unkn0wn-a.b_c",
    "Authorization: Basic dW5rbjB3bi1iOng=",
    "X-Api-Key: unkn0wn-c",
    "password unkn0wn-d",
    "password: unkn0wn-e",
    "\"password\" => \"unkn0wn-f g\"",
    "[password] => unkn0wn-h i",
    "func=service.saveparam&elid=1&name=root%5Fpassword&value=unkn0wn-j&crypted=off",
    "func=service.saveparam&elid=1&value=unkn0wn-k&name=x&crypted=on",
    "GET https://shop:unkn0wn-l@seller.example/billmgr",
    "{\"password\":{\"$\":\"unkn0wn-m\"}}",
];

impl Play {
    fn new() -> Self {
        let world = World::new();
        let a = stage::reseller(&world, "a");
        let id = world.seller().add_customer("shop", PASSWORD);
        let account = Account { url: world.seller().url(), user: "shop".into(), password: PASSWORD.into(), id };
        let module = world.connect(&a, &account, &["vds"])[0];
        install(&world, &a, "");
        let item = a.order("vds", "one.example");
        world.seller().activate(item);
        checkevent(&a);
        Self { world, a, module }
    }

    /// The checks by the first word of their name, and the exit status.
    fn diagnosis(&self) -> (BTreeMap<String, Value>, i32) {
        let (told, status) = json(&self.a, &["doctor"]);
        assert_eq!(told["schema"], 1);
        let checks = told["checks"].as_array().unwrap().iter();
        let named =
            checks.map(|check| (check["name"].as_str().unwrap().split(' ').next().unwrap().to_owned(), check.clone()));
        (named.collect(), status)
    }

    fn is(&self, name: &str, status: &str, words: &str, exit: i32) {
        let (checks, ended) = self.diagnosis();
        let check = checks.get(name).unwrap_or_else(|| panic!("no check '{name}': {checks:#?}"));
        let detail = check["detail"].as_str().unwrap();
        assert_eq!((check["status"].as_str(), ended), (Some(status), exit), "{name}: {checks:#?}");
        assert!(detail.contains(words), "{name}: {detail}");
        assert_eq!(check["fix"].as_str().unwrap().is_empty(), matches!(status, "ok" | "skipped"), "{check}");
    }

    /// Secrets that this plugin has no use for: of another module, encrypted and not, and of the panel's settings.
    fn plant_elsewhere(&self) -> [&'static str; 4] {
        let (registrar, plain) = ("r3gistrar s <ecret>", "plain-passw0rd of a module");
        self.a.execute("INSERT INTO processingmodule(name, module) VALUES ('Registrar', 'pmregistrar.php')");
        let other = self.a.row("SELECT id FROM processingmodule WHERE module = 'pmregistrar.php'").number("id");
        let encrypted = self.a.billing.key().encrypt(registrar);
        self.a.execute(&format!(
            "INSERT INTO processingcryptedparam(processingmodule, intname, value) VALUES ({other}, 'token', '{encrypted}')"
        ));
        self.a.execute(&format!(
            "INSERT INTO processingparam(processingmodule, intname, value) VALUES ({other}, 'passwd', '{plain}')"
        ));
        let (relay, destination) = ("smtp relay 5ecret", "sysl0gDest1nation");
        let panel = self.a.root().join("etc/billmgr.conf");
        let conf = fs::read_to_string(&panel).unwrap_or_default();
        fs::write(
            &panel,
            format!("{conf}\nMailPassword {relay}\nSyslogDestination tcp://relay:{destination}@log.example:514\n"),
        )
        .unwrap();
        [registrar, plain, relay, destination]
    }
}

#[test]
fn a_panel_that_is_well_is_called_well_and_what_is_wrong_is_named_with_its_remedy() {
    let play = Play::new();
    let (checks, status) = play.diagnosis();
    assert_eq!(status, 0, "{checks:#?}");
    for name in [
        "settings",
        "descriptor",
        "program",
        "hook",
        "database",
        "key",
        "seller.login",
        "seller.level",
        "seller.allowsuspenditem",
        "seller.allowdeleteitem",
        "seller.clock",
        "seller.remoteid",
        "log",
        "module.features",
        "do_nothing",
        "journal",
        "state",
        "space",
    ] {
        assert_eq!(checks[name]["status"], "ok", "{name}: {checks:#?}");
    }
    // Times are the panel's, with their offset and to the second.
    let output = std::process::Command::new(play.a.root().join("addon/resellguard"))
        .args(["doctor", "--format", "json"])
        .env("RESELLGUARD_ROOT", play.a.root())
        .env("TZ", "XXX-05:30")
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in ["hook", "log"] {
        let check = told["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
        let time = check["detail"].as_str().unwrap().rsplit(' ').next().unwrap();
        assert!(time.len() == 25 && time.ends_with("+05:30"), "{check}");
    }
    // A lab's panel lies in no system whose cron tables are known.
    assert_eq!(checks["checkevent.schedule"]["status"], "skipped");
    let root = play.a.root();
    let settings = root.join("etc/resellguard.toml");

    fs::write(root.join("etc/billmgr.DoNothing"), "").unwrap();
    play.is("do_nothing", "warning", "do nothing", 1);
    fs::remove_file(root.join("etc/billmgr.DoNothing")).unwrap();
    play.world.seller().execute("UPDATE account SET allowsuspenditem = 'off'");
    play.is("seller.allowsuspenditem", "warning", "may not suspend", 1);
    play.world.seller().execute("UPDATE account SET allowsuspenditem = 'on'");
    *play.world.seller().billing.quirks() = Quirks { no_remoteid_in_list: true, ..Quirks::default() };
    play.is("seller.remoteid", "warning", "nothing can be repaired", 1);
    *play.world.seller().billing.quirks() = Quirks { refuse_login: Some("badip".into()), ..Quirks::default() };
    play.is("seller.login", "broken", "badip", 2);
    *play.world.seller().billing.quirks() = Quirks::default();
    play.world.seller().panel.set_fault(Fault::Drop);
    play.is("seller.reached", "broken", "", 2);
    play.world.seller().panel.set_fault(Fault::None);
    fs::write(&settings, "").unwrap();
    play.is("seller.tls", "broken", "certificate", 2);
    fs::set_permissions(&settings, fs::Permissions::from_mode(0o644)).unwrap();
    play.is("settings", "broken", "chmod 600", 2);
    configure(&play.world, &play.a, "");
    let descriptor = root.join("etc/xml/billmgr_mod_resellguard.xml");
    fs::write(&descriptor, fs::read_to_string(&descriptor).unwrap() + "<!-- edited -->\n").unwrap();
    play.is("descriptor", "warning", "another version", 1);
    fs::remove_file(&descriptor).unwrap();
    play.is("descriptor", "broken", "billmgr_mod_resellguard.xml", 2);
    let state = root.join("var/resellguard");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    play.is("state", "broken", "0755", 2);
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(state.join("journal.db"), "no database, and long enough to be taken for one".repeat(99)).unwrap();
    play.is("journal", "broken", "journal", 2);
    play.a
        .execute(&format!("UPDATE processingcryptedparam SET value = 'AAAA' WHERE processingmodule = {}", play.module));
    play.is("module", "broken", "cannot be read", 2);
    assert!(
        fs::read_dir(&state).unwrap().all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with("doctor"))
    );
}

#[test]
fn the_bundle_has_what_support_needs_and_none_of_the_secrets_that_lie_around() {
    let play = Play::new();
    let root = play.a.root();
    let database = fs::read_to_string(root.join("etc/billmgr.conf.d/db.conf")).unwrap();
    let database = database.lines().find_map(|line| line.strip_prefix("DBPassword ")).unwrap().to_owned();
    let key = fs::read_to_string(root.join("etc/billmgr.pem")).unwrap();
    let customers_key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let (session, cookie) = ("5e551014abcdef0123", "c00k1e77aa");
    let settings = root.join("etc/resellguard.toml");
    let planted = format!("# the seller's password is {PASSWORD} and the database's {database}\n");
    fs::write(&settings, planted + &fs::read_to_string(&settings).unwrap()).unwrap();
    let [registrar, plain, relay, destination] = play.plant_elsewhere();
    let percent = |text: &str| -> String {
        text.bytes()
            .map(
                |byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") },
            )
            .collect()
    };
    let login = format!("shop:{PASSWORD}");
    let secrets = [PASSWORD, &database, &key, &customers_key, &login, registrar, plain, relay, destination];
    let secrets = secrets.map(str::to_owned);
    for name in ["var/pmbillmgr.log", "var/resellguard.log"] {
        let mut log = fs::OpenOptions::new().append(true).create(true).open(root.join(name)).unwrap();
        for secret in &secrets {
            writeln!(log, "Nov 24 08:15:04 [23241:1] rpc DEBUG plain {secret} .").unwrap();
            writeln!(log, "Nov 24 08:15:04 [23241:1] rpc DEBUG query func=x&value={}&sok=ok", percent(secret)).unwrap();
            writeln!(log, "Nov 24 08:15:04 [23241:1] rpc DEBUG basic {} .", Base64::encode_string(secret.as_bytes()))
                .unwrap();
            let full = every_byte(secret);
            let twice = percent(secret).replace('%', "%25");
            writeln!(log, "Nov 24 08:15:04 [23241:1] rpc DEBUG odd {full} {twice} .").unwrap();
        }
        writeln!(log, "Nov 24 08:15:04 [23241:1] core_module INFO Request [192.0.2.1][shop] 'auth={session}&func=whoami&authinfo=other:unknown77'").unwrap();
        writeln!(log, "Nov 24 08:15:04 [23241:1] core_module INFO cookie billmgrses5={cookie}; auth%3D{session}%26x")
            .unwrap();
        for text in UNKNOWN {
            writeln!(log, "Nov 24 08:15:04 [23241:1] rpc DEBUG {text}").unwrap();
        }
        write!(log, "[\"password\"]=>\n  string(9) \"unkn0wn-n\"\n").unwrap();
        writeln!(log, "Nov 24 08:15:04 [23241:1] sbin_utils INFO an ordinary line stays").unwrap();
    }
    let file = root.join("support.tar.gz");
    let path = file.to_str().unwrap();
    let output = resellguard(&play.a, &["doctor", "--bundle", path]);
    assert!(output.status.code().unwrap() < 2, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&file).unwrap();
    let again = resellguard(&play.a, &["doctor", "--bundle", path]);
    assert_eq!((again.status.code(), fs::read(&file).unwrap()), (Some(2), before), "never overwritten");

    let texts = unpacked(&file);
    for (name, part) in [
        ("doctor.json", "\"checks\""),
        ("versions.txt", "resellguard 0."),
        ("settings.txt", "stuck_after"),
        ("descriptor.xml", "<mgrdata>"),
        ("checks.json", "exclusive"),
        ("waiting.json", "\"items\""),
        ("journal.json", "\"runs\""),
        ("pmbillmgr.log", "an ordinary line stays"),
        ("resellguard.log", "an ordinary line stays"),
        ("files.txt", "etc/billmgr.pem"),
    ] {
        assert!(texts.get(name).is_some_and(|text| text.contains(part)), "{name}: {:?}", texts.get(name));
    }
    let lines =
        |pem: &str| -> Vec<String> { pem.lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect() };
    let mut wanted: Vec<String> =
        [session, cookie, "unknown77", "unkn0wn", "dW5rbjB3bi1iOng"].map(str::to_owned).to_vec();
    for secret in secrets.into_iter().chain(lines(&key)).chain(lines(&customers_key)) {
        let encoded = Base64::encode_string(secret.as_bytes());
        wanted.extend([every_byte(&secret), percent(&secret).replace('%', "%25")]);
        wanted.extend([percent(&secret), encoded.trim_end_matches('=').to_owned(), secret]);
    }
    for (name, text) in &texts {
        for secret in &wanted {
            assert!(!text.contains(secret.as_str()), "{name} holds {secret:?}");
        }
    }
}

#[test]
fn who_is_named_for_notices_and_cannot_be_told_is_named() {
    let play = Play::new();
    play.is("notify", "ok", "the logs alone", 0);
    configure(&play.world, &play.a, "[notify]\nusers = [\"admin\"]\ndepartment = 1\n");
    play.is("notify", "ok", "can be told", 0);
    let wrong = "[notify]\nusers = [\"admin\", \"client\", \"ghost\"]\ndepartment = 99\ncommand = \"/nowhere\"\n";
    configure(&play.world, &play.a, wrong);
    for words in ["'client'", "'ghost'", "department 99", "/nowhere"] {
        play.is("notify", "warning", words, 1);
    }
}

/// Percent-encoded, letters too.
fn every_byte(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// The parts of a bundle by name.
fn unpacked(file: &Path) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(file).unwrap()));
    let mut texts = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        texts.insert(name, text);
    }
    texts
}

#[test]
fn logs_in_which_nobody_could_look_for_the_passwords_are_left_out_of_the_bundle_and_that_is_said() {
    let play = Play::new();
    let root = play.a.root();
    for name in ["var/pmbillmgr.log", "var/resellguard.log"] {
        let mut log = fs::OpenOptions::new().append(true).create(true).open(root.join(name)).unwrap();
        writeln!(log, "Nov 24 08:15:04 [23241:1] rpc EXTINFO connecting as shop with {PASSWORD}").unwrap();
    }
    let key = root.join("etc/billmgr.pem");
    let pack = |name: &str| {
        let file = root.join(name);
        let output = resellguard(&play.a, &["doctor", "--bundle", file.to_str().unwrap()]);
        (unpacked(&file), String::from_utf8(output.stdout).unwrap())
    };
    fs::rename(&key, root.join("etc/aside.pem")).unwrap();
    let (without_key, said) = pack("without-key.tar.gz");
    assert!(said.contains("Without the logs") && said.contains("billmgr.pem"), "{said}");
    fs::rename(root.join("etc/aside.pem"), &key).unwrap();
    play.a.database.stop();
    let (without_database, said) = pack("without-database.tar.gz");
    assert!(said.contains("Without the logs") && said.contains("database"), "{said}");
    let (told, _) = json(&play.a, &["doctor", "--bundle", root.join("third.tar.gz").to_str().unwrap()]);
    assert!(told["bundle"]["without_logs"].as_str().unwrap().contains("database"), "{told:#}");
    play.a.database.restart();
    let (whole, said) = pack("whole.tar.gz");
    assert!(!said.contains("Without the logs"), "{said}");
    assert!(whole["pmbillmgr.log"].contains("connecting as shop with ***"), "{}", whole["pmbillmgr.log"]);
    for (name, text) in without_key.iter().chain(&without_database).chain(&whole) {
        assert!(!text.contains(PASSWORD), "{name}: {text}");
    }
    for parts in [&without_key, &without_database] {
        assert!(parts["pmbillmgr.log"].starts_with("left out: ") && parts["resellguard.log"].starts_with("left out: "));
        assert!(parts["doctor.json"].contains("\"checks\""));
    }
}
