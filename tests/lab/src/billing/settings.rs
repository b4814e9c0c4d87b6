//! The panel's settings files (facts/billmanager 1, facts/coremanager 8).
//!
//! One file is the lab's own: `etc/pmbillmgr.lab`, where the module's executable finds what its panel assumes.

use super::guesses::{Guesses, SellerId};
use super::key::Key;
use super::store::Store;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const MAIN: &str = "etc/billmgr.conf";
const DATABASE: &str = "etc/billmgr.conf.d/db.conf";
const KEY: &str = "etc/billmgr.pem";
const LAB: &str = "etc/pmbillmgr.lab";
/// Certificate authorities that the panel trusts besides the system's, when the file is there.
pub const AUTHORITIES: &str = "etc/ca.pem";

/// Writes the files of a panel. `address` is where its module's requests come from, when it matters.
///
/// # Panics
/// When a file cannot be written.
pub fn write(root: &Path, store: &Store, key: &Key, guesses: &Guesses, address: Option<IpAddr>) {
    for dir in ["etc/billmgr.conf.d", "etc/xml", "var/logs", "processing", "addon", "sbin"] {
        fs::create_dir_all(root.join(dir)).expect("a directory of the panel");
    }
    put(root, MAIN, 0o600, "Option EULA\npath ifconfig /sbin/ifconfig\nDefaultLang en\nOption EnableDbAuthlog\n");
    let Store { socket, user, password, name } = store;
    let database = format!(
        "DBHost localhost\nDBUser {user}\nDBPassword {password}\nDBName {name}\nDBSocket {}\nCryptKey {KEY}\n",
        socket.display()
    );
    put(root, DATABASE, 0o600, &database);
    put(root, KEY, 0o600, key.pem());
    let seller_id = match &guesses.seller_id {
        SellerId::Nowhere => "nowhere".into(),
        SellerId::ItemRemoteid => "remoteid".into(),
        SellerId::ItemParam(name) => format!("itemparam {name}"),
    };
    let sync = match (guesses.sync_item, guesses.sync_item_pushes) {
        (false, _) => "off",
        (true, false) => "on",
        (true, true) => "pushes",
    };
    let address = address.map_or_else(String::new, |address| address.to_string());
    let [url, username, pass] = &guesses.module_params;
    let lab = format!(
        "SellerId {seller_id}\nSyncItem {sync}\nAddress {address}\nCertificateField {}\nParams {url} {username} {pass}\n",
        guesses.certificate_field
    );
    put(root, LAB, 0o644, &lab);
}

fn put(root: &Path, file: &str, mode: u32, text: &str) {
    let path = root.join(file);
    fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("the file just written");
}

/// What an executable of the panel reads: the database, the key, the assumptions, its own address.
///
/// # Errors
/// When a file is missing or the key is none.
pub fn read(root: &Path) -> Result<(Store, Key, Guesses, Option<IpAddr>), String> {
    let file = |name: &str| fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"));
    let (database, lab) = (file(DATABASE)?, file(LAB)?);
    let store = Store {
        socket: value(&database, "DBSocket").into(),
        user: value(&database, "DBUser").into(),
        password: value(&database, "DBPassword").into(),
        name: value(&database, "DBName").into(),
    };
    let key = Key::read(&root.join(value(&database, "CryptKey")))?;
    let seller_id = match value(&lab, "SellerId") {
        "nowhere" => SellerId::Nowhere,
        "remoteid" => SellerId::ItemRemoteid,
        other => SellerId::ItemParam(other.trim_start_matches("itemparam ").into()),
    };
    let mut guesses = Guesses {
        seller_id,
        sync_item: value(&lab, "SyncItem") != "off",
        sync_item_pushes: value(&lab, "SyncItem") == "pushes",
        certificate_field: value(&lab, "CertificateField").into(),
        ..Guesses::default()
    };
    let mut names = value(&lab, "Params").split(' ').map(String::from);
    guesses.module_params = std::array::from_fn(|_| names.next().unwrap_or_default());
    Ok((store, key, guesses, value(&lab, "Address").parse().ok()))
}

/// The rest of the line that starts with the name.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap_or("")
}
