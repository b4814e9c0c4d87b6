//! What is read from the panel's own database, against a real server.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use jiff::civil::{date, datetime};
use lab::database::Database as Server;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use resellguard::billmgr::{Config, Database, Selection};
use resellguard::error::{Error, Kind};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::status::Status;
use resellguard::root::Root;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The tables of facts/billmanager 1.4 that are read, with some columns more, as a real panel has them.
const TABLES: &str = "
CREATE TABLE itemtype(id INT PRIMARY KEY, orderpriority INT, intname VARCHAR(64));
CREATE TABLE pricelist(id INT PRIMARY KEY, name VARCHAR(255), itemtype INT, parent INT NULL);
CREATE TABLE processingmodule(id INT PRIMARY KEY, name VARCHAR(255), module VARCHAR(64), active ENUM('on','off'), config MEDIUMTEXT);
CREATE TABLE processingparam(id INT PRIMARY KEY AUTO_INCREMENT, processingmodule INT, intname VARCHAR(64), value TEXT);
CREATE TABLE processingcryptedparam LIKE processingparam;
CREATE TABLE item(id INT PRIMARY KEY AUTO_INCREMENT, note TEXT, name VARCHAR(255), parent INT NULL, pricelist INT, lastpricelist INT NULL,
 account INT, processingmodule INT NULL, remoteid VARCHAR(64) NULL, status INT, createdate DATE, expiredate DATE NULL,
 autosuspend ENUM('on','off') DEFAULT 'off', employeesuspend ENUM('on','off') DEFAULT 'off', abusesuspend ENUM('on','off') DEFAULT 'off');
CREATE TABLE itemparam(id INT PRIMARY KEY AUTO_INCREMENT, item INT, intname VARCHAR(64), value MEDIUMTEXT, UNIQUE(item, intname));
CREATE TABLE runningoperation(id INT PRIMARY KEY, item INT, intname VARCHAR(64), trycount INT DEFAULT 0, errorxml MEDIUMTEXT NULL,
 manual ENUM('on','off') DEFAULT 'off', createdate DATETIME, KEY(item));
CREATE TABLE task(id INT PRIMARY KEY, runningoperation INT NULL, item INT, status INT);
CREATE TABLE certificate(id INT PRIMARY KEY AUTO_INCREMENT, item INT UNIQUE, pkey TEXT, csr TEXT, crt TEXT);
CREATE TABLE history_item(id BIGINT PRIMARY KEY AUTO_INCREMENT, reference INT, changedate DATETIME, request_action VARCHAR(255), KEY(reference));
INSERT INTO itemtype VALUES (1, 0, 'vds'), (2, 0, 'certificate'), (3, 0, 'domain');
INSERT INTO pricelist VALUES (11, 'VPS', 1, NULL), (12, 'SSL', 2, NULL), (13, 'Disk', 1, 11), (14, 'Zone', 3, NULL);
INSERT INTO processingmodule VALUES (3, 'Seller', 'pmbillmgr', 'on', NULL), (4, 'By hand', 'pmmanual', 'on', NULL),
 (5, 'Seller SSL', 'pmbillmgr', 'off', NULL), (6, 'Renamed', 'pmbillmgr', 'on', NULL);
";

/// Two waiting services, one in step, one elsewhere, one deleted, an addon.
const SERVICES: &str = r#"
INSERT INTO item(id, name, pricelist, lastpricelist, account, processingmodule, remoteid, status, createdate, expiredate, autosuspend) VALUES
 (100, 'web 1', 11, NULL, 7, 3, '4478979', 5, '2026-03-01', '2026-04-01', 'off'),
 (101, 'web 2', 11, 13, 7, 3, '', 2, '2026-03-02', '0000-00-00', 'off'),
 (102, 'shop.example', 12, 0, 8, 5, NULL, 2, '2026-03-03', NULL, 'off'),
 (103, 'by hand', 11, NULL, 8, 4, 'l12', 5, '2026-03-04', NULL, 'off'),
 (104, 'gone', 11, NULL, 8, 3, NULL, 4, '2026-02-01', NULL, 'on'),
 (105, NULL, 14, NULL, 8, 3, NULL, 3, '2026-03-06', NULL, 'on'),
 (106, 'no tariff', 99, NULL, 8, 3, NULL, 2, '2026-03-07', NULL, 'off');
INSERT INTO item(id, name, parent, pricelist, account, processingmodule, status, createdate) VALUES (110, 'disk', 100, 13, 7, 3, 5, '2026-03-01');
INSERT INTO itemparam(item, intname, value) VALUES (100, 'domain', 'WEB1.example'), (100, 'username', 'root'), (100, 'ip', '192.0.2.1'), (100, 'b4_remote_id', '4478980'),
 (100, 'b4_remote_price', '12'), (100, 'last_sync_item', '2026-03-01 10:00:00'), (101, 'remoteid', 'l77'), (102, 'CN', 'shop.example'), (102, 'service_status', '4'),
 (105, 'remote_id', '1'), (105, 'externalid', '2');
INSERT INTO runningoperation VALUES (900, 100, 'open', 1, NULL, 'on', '2026-03-01 10:00:05'),
 (901, 105, 'resume', 3, '<doc><processingmodule><error type="client" object="connect" value="x"/></processingmodule></doc>', 'off', '2026-03-06 11:00:00');
INSERT INTO task VALUES (50, 900, 100, 2), (51, 900, 100, 0), (52, 900, 100, 1), (53, NULL, 100, 0);
INSERT INTO certificate(item, csr, crt) VALUES (102, 'csr', '');
INSERT INTO history_item(reference, changedate, request_action) VALUES (101, '2026-03-05 09:00:00', 'service.postresume'),
 (101, '2026-03-04 09:00:00', 'service.postresume'), (101, '2026-03-06 09:00:00', 'service.prolong'), (101, '2026-03-05 08:00:00', 'service.postprolong'),
 (101, '2026-03-09 08:00:00', 'service.postopen'), (55, '2025-01-01 00:00:00', 'service.postclose');
"#;

/// A server, a panel's directory that points at it, and the key of its encrypted parameters.
struct Panel {
    server: Server,
    dir: TempDir,
}

impl Panel {
    fn new(sql: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(dir.path().join("db"));
        server.script(&format!("SET SESSION sql_mode = '';\n{TABLES}{sql}"));
        let panel = Self { server, dir };
        panel.write("etc/billmgr.conf", "Option EULA\nDBHost localhost\n");
        let Server { socket, user, password, name, .. } = &panel.server;
        let settings = format!("DBUser {user}\nDBPassword {password}\nDBName {name}\nDBSocket {}\n", socket.display());
        panel.write("etc/billmgr.conf.d/db.conf", &settings);
        fs::copy(case("panel-pkcs1.pem"), panel.dir.path().join("etc/billmgr.pem")).unwrap();
        panel
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn root(&self) -> Root {
        Root::at(self.dir.path())
    }

    fn open(&self) -> Result<Database, Error> {
        Database::open(&Config::read(&self.root())?)
    }
}

fn case(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/key").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(case(name)).unwrap()
}

fn ids(database: &Database, selection: Selection<'_>) -> Vec<u64> {
    database.services(&selection).unwrap().iter().map(|service| service.item.0).collect()
}

#[test]
fn a_service_is_read_with_everything_a_decision_rests_on() {
    let panel = Panel::new(SERVICES);
    let database = panel.open().unwrap();
    assert_eq!(database.notes(), Vec::<String>::new());
    let services = database.services(&Selection::Items(&[100, 101, 102, 105, 106].map(ItemId))).unwrap();
    let [vds, changing, certificate, domain, dangling] = services.as_slice() else { panic!("{services:?}") };

    assert_eq!((vds.name.as_str(), vds.itemtype.as_str(), vds.customer), ("web 1", "vds", 7));
    assert_eq!((vds.module, vds.status), (Some(ModuleId(3)), Status::Processing));
    assert_eq!((vds.created, vds.expires), (Some(date(2026, 3, 1)), Some(date(2026, 4, 1))));
    assert_eq!(vds.names["domain"], "WEB1.example");
    assert_eq!(vds.names["ip"], "192.0.2.1");
    assert_eq!((vds.names["username"].as_str(), vds.names.len()), ("root", 3));
    assert_eq!(vds.stored_seller_id.as_deref(), Some("4478980"), "a parameter goes before item.remoteid");
    let [open] = vds.operations.as_slice() else { panic!("{:?}", vds.operations) };
    assert_eq!((open.id, open.name.as_str(), open.manual, open.tries), (900, "open", Some(true), 1));
    assert_eq!((open.created, open.task, &open.error), (Some(datetime(2026, 3, 1, 10, 0, 5, 0)), Some(52), &None));

    assert!(changing.tariff_change_pending && !vds.tariff_change_pending && !certificate.tariff_change_pending);
    assert_eq!((changing.expires, &changing.stored_seller_id), (None, &None));
    assert_eq!(changing.last_resume, Some(datetime(2026, 3, 5, 9, 0, 0, 0)));
    assert_eq!(changing.last_prolong, Some(datetime(2026, 3, 6, 9, 0, 0, 0)));

    assert_eq!((certificate.service_status, certificate.certificate_stored), (Some(4), false));
    assert_eq!(certificate.names["CN"], "shop.example");
    assert_eq!(domain.operations[0].error.as_deref(), Some("client(connect)"));
    assert_eq!((domain.operations[0].manual, domain.operations[0].task), (Some(false), None));
    assert!(domain.autosuspend && !domain.abusesuspend && !domain.employeesuspend);
    assert_eq!((domain.name.as_str(), &domain.stored_seller_id), ("", &None), "two ids that disagree say nothing");
    assert_eq!(dangling.itemtype, "");
}

#[test]
fn selections_take_what_they_say() {
    let panel = Panel::new(SERVICES);
    let database = panel.open().unwrap();
    let (all, none) = ([3, 5].map(ModuleId), []);
    assert_eq!(ids(&database, Selection::Waiting(&all)), [100, 102, 105]);
    assert_eq!(ids(&database, Selection::Waiting(&[ModuleId(5)])), [102]);
    assert_eq!(ids(&database, Selection::All(&all)), [100, 101, 102, 104, 105, 106]);
    assert_eq!(ids(&database, Selection::Items(&[110, 103, 7, 100].map(ItemId))), [100, 103], "an addon is no service");
    assert_eq!(ids(&database, Selection::All(&none)), Vec::<u64>::new());
    assert_eq!(ids(&database, Selection::Waiting(&none)), Vec::<u64>::new());
    assert_eq!(ids(&database, Selection::Items(&[])), Vec::<u64>::new());
}

#[test]
fn many_services_pass_one_by_one() {
    let panel = Panel::new(
        "INSERT INTO item(name, pricelist, account, processingmodule, status, createdate)
         SELECT CONCAT('s', seq), 11, 1, 3, 2, '2026-01-01' FROM seq_1_to_1750;
         INSERT INTO itemparam(item, intname, value) SELECT id, 'domain', CONCAT(name, '.example') FROM item;\n",
    );
    let database = panel.open().unwrap();
    let mut seen = Vec::new();
    database
        .each_service(&Selection::All(&[ModuleId(3)]), |service| {
            assert_eq!(service.names["domain"], format!("{}.example", service.name));
            assert_eq!(database.certificate(service.item)?, None, "the reader may ask in between");
            seen.push(service.item.0);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, (1..=1750).collect::<Vec<u64>>());
    let mut count = 0;
    let error = database.each_service(&Selection::All(&[ModuleId(3)]), |_| {
        count += 1;
        if count == 3 { Err(Error::new(Kind::Internal, "enough")) } else { Ok(()) }
    });
    assert_eq!((count, error.unwrap_err().detail.as_str()), (3, "enough"));
    let known = database.known_items(&(1..=3000).collect::<Vec<u64>>()).unwrap();
    assert_eq!(known.len(), 1750);
}

#[test]
fn ids_are_told_apart() {
    let panel = Panel::new(SERVICES);
    let database = panel.open().unwrap();
    let known = database.known_items(&[100, 102, 103, 104, 55, 110, u64::MAX]).unwrap();
    assert_eq!(known.keys().copied().collect::<HashSet<_>>(), HashSet::from([100, 102, 103, 104, 110]));
    let vds = &known[&100];
    assert_eq!((vds.itemtype.as_str(), vds.module, vds.status), ("vds", Some(ModuleId(3)), Status::Processing));
    assert_eq!(vds.created, Some(date(2026, 3, 1)));
    let mut names = vds.names.clone();
    names.sort();
    assert_eq!(names, ["192.0.2.1", "web1.example"]);
    assert_eq!(database.in_history(&[55, 56, 101]).unwrap(), HashSet::from([55, 101]));
    assert_eq!(database.highest_item().unwrap(), 110);
    panel.server.script("DELETE FROM item WHERE id = 110;\n");
    assert_eq!(database.highest_item().unwrap(), 110, "an id that was given out stays given out");
    let recorded = database.first_recorded(&[55, 56, 101]).unwrap().unwrap();
    assert_eq!(recorded.keys().copied().collect::<HashSet<_>>(), HashSet::from([55, 101]));
    assert_eq!(recorded[&101], date(2026, 3, 4), "its own first line, by its time");
    assert_eq!(database.history_since().unwrap(), Some(date(2026, 3, 5)), "the table's first line");
    assert_eq!(database.itemtypes(&[ModuleId(3), ModuleId(5)]).unwrap(), ["certificate", "domain", "vds"]);
    assert_eq!(database.itemtypes(&[]).unwrap(), Vec::<String>::new());
    assert_eq!(database.certificate(ItemId(102)).unwrap(), None);
    panel.server.script("UPDATE certificate SET crt = '-----BEGIN' WHERE item = 102;\n");
    assert_eq!(database.certificate(ItemId(102)).unwrap().as_deref(), Some("-----BEGIN"));
    let again = database.services(&Selection::Items(&[ItemId(102)])).unwrap();
    assert!(again[0].certificate_stored, "what is read again is read anew");
}

#[test]
fn a_panel_that_lacks_optional_tables_and_columns_is_read_and_says_so() {
    let panel = Panel::new(&format!(
        "{SERVICES}
         ALTER TABLE item DROP parent, DROP remoteid, DROP createdate, DROP expiredate, DROP lastpricelist;
         ALTER TABLE runningoperation DROP manual, DROP trycount, DROP errorxml, DROP createdate;
         ALTER TABLE processingmodule DROP active;
         DROP TABLE task, certificate, history_item, itemparam, processingcryptedparam;\n"
    ));
    let database = panel.open().unwrap();
    let notes = database.notes();
    assert_eq!(notes.len(), 15, "{notes:#?}");
    assert!(notes.iter().any(|note| note.contains("history_item.reference")), "{notes:#?}");
    let services = database.services(&Selection::Items(&[100, 105].map(ItemId))).unwrap();
    assert_eq!((services[0].created, &services[0].stored_seller_id, services[0].last_resume), (None, &None, None));
    assert!(services[0].names.is_empty() && !services[0].certificate_stored);
    assert_eq!((services[0].operations[0].manual, services[0].operations[0].created), (None, None));
    assert!(services[1].autosuspend);
    assert_eq!(ids(&database, Selection::Waiting(&[ModuleId(3)])), [100, 105, 110]);
    assert_eq!(database.known_items(&[100]).unwrap()[&100].created, None);
    assert_eq!(database.in_history(&[1, 2]).unwrap(), HashSet::from([1, 2]), "what cannot be ruled out is no evidence");
    assert_eq!((database.first_recorded(&[1, 2]).unwrap(), database.history_since().unwrap()), (None, None));
    assert_eq!(database.certificate(ItemId(102)).unwrap(), None);
    assert!(database.modules(&["pmbillmgr".into()]).unwrap().iter().all(|module| module.active));
}

#[test]
fn a_panel_that_lacks_what_is_needed_is_refused_by_name() {
    for (sql, said) in [
        ("ALTER TABLE item DROP autosuspend, DROP status;\n", vec!["item.autosuspend", "item.status"]),
        ("DROP TABLE runningoperation;\n", vec!["the table runningoperation"]),
    ] {
        let error = Panel::new(sql).open().unwrap_err();
        assert_eq!(error.kind, Kind::Database);
        assert!(said.iter().all(|word| error.detail.contains(word)), "{error}");
    }
}

#[test]
fn modules_log_in_with_what_is_stored_for_them() {
    let url = "https://Seller.example:443/billmgr";
    let password = "Пароль \"9\" #x";
    let (good, bad) = (text("password.txt"), text("password-other.txt"));
    let panel = Panel::new(&format!(
        "INSERT INTO processingparam(processingmodule, intname, value) VALUES (3, 'url', '{url}'), (3, 'username', 'Shop'),
          (4, 'url', 'https://other.example'), (5, 'url', '{url}/'), (5, 'login', 'shop'), (6, 'url', 'ftp://x'), (6, 'user', 'a'), (6, 'password', 'p');
         INSERT INTO processingcryptedparam(processingmodule, intname, value) VALUES (3, 'password', '{good}'), (5, 'passwd', '{bad}');\n"
    ));
    let database = panel.open().unwrap();
    let files = ["pmbillmgr".to_owned()];
    let modules = database.modules(&files).unwrap();
    let shown: Vec<_> = modules.iter().map(|module| (module.id.0, module.name.as_str(), module.active)).collect();
    assert_eq!(shown, [(3, "Seller", true), (5, "Seller SSL", false), (6, "Renamed", true)]);
    assert_eq!(modules[0].account, modules[1].account);
    assert_eq!(modules[0].account.as_ref().unwrap().to_string(), "https://seller.example/billmgr#shop");
    assert_eq!((modules[0].url.as_str(), &modules[2].account), (url, &None));

    let access: HashMap<_, _> = database.module_access(&files).unwrap().into_iter().collect();
    let login = access[&ModuleId(3)].as_ref().unwrap();
    assert_eq!((login.user.as_str(), login.password.reveal()), ("Shop", password));
    assert!(!format!("{login:?}").contains("Пароль"));
    let error = access[&ModuleId(5)].as_ref().unwrap_err();
    assert!(error.kind == Kind::PanelFiles && error.detail.contains("module 5 (Seller SSL)"), "{error}");
    assert!(error.detail.contains("another key"), "{error}");
    assert!(access[&ModuleId(6)].as_ref().unwrap_err().detail.contains("http"));

    fs::remove_file(panel.dir.path().join("etc/billmgr.pem")).unwrap();
    let access: HashMap<_, _> = panel.open().unwrap().module_access(&files).unwrap().into_iter().collect();
    let error = access[&ModuleId(3)].as_ref().unwrap_err();
    assert!(error.detail.contains("billmgr.pem"), "{error}");
}

#[test]
fn the_user_may_be_encrypted_too_and_settings_may_be_missing() {
    let panel = Panel::new(&format!(
        "INSERT INTO processingparam(processingmodule, intname, value) VALUES (3, 'url', 'seller.example'), (5, 'url', 'seller.example');
         INSERT INTO processingcryptedparam(processingmodule, intname, value) VALUES (3, 'username', '{}'), (3, 'password', '{}');\n",
        text("user.txt"),
        text("password.txt")
    ));
    let database = panel.open().unwrap();
    let access: HashMap<_, _> = database.module_access(&["pmbillmgr".into()]).unwrap().into_iter().collect();
    assert_eq!(access[&ModuleId(3)].as_ref().unwrap().user, "Shop");
    assert!(access[&ModuleId(3)].as_ref().unwrap().module.account.is_some());
    assert!(access[&ModuleId(5)].as_ref().unwrap_err().detail.contains("no user name"));
    assert!(access[&ModuleId(6)].is_err());
}

#[test]
fn only_questions_reach_the_server_and_few_of_them() {
    let panel = Panel::new(SERVICES);
    let socket = panel.server.socket.to_string_lossy().into_owned();
    let root = OptsBuilder::new().socket(Some(socket)).user(Some("root")).prefer_socket(false);
    let mut root = Conn::new(root).unwrap();
    root.query_drop("SET GLOBAL log_output = 'TABLE'").unwrap();
    root.query_drop("SET GLOBAL general_log = 1").unwrap();
    let mut asked = || -> Vec<String> {
        let log = "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log \
                   WHERE command_type IN ('Query', 'Prepare', 'Execute') AND user_host NOT LIKE 'root%'";
        let asked = root.query(log).unwrap();
        root.query_drop("TRUNCATE TABLE mysql.general_log").unwrap();
        asked
    };

    let database = panel.open().unwrap();
    let opening = asked();
    assert!(opening.iter().any(|statement| statement == "SET SESSION TRANSACTION READ ONLY"), "{opening:?}");
    assert!(opening.len() <= 6, "{opening:?}");

    database.services(&Selection::Items(&[100, 101, 102, 103, 105].map(ItemId))).unwrap();
    let one_chunk = asked();
    assert_eq!(one_chunk.len(), 7, "a frame and five questions, none per service: {one_chunk:#?}");

    let modules = [ModuleId(3)];
    database.services(&Selection::Waiting(&modules)).unwrap();
    database.services(&Selection::All(&modules)).unwrap();
    database.with_stored_ids(&modules).unwrap();
    database.module_access(&["pmbillmgr".into()]).unwrap();
    database.known_items(&[100, 7]).unwrap();
    database.in_history(&[7]).unwrap();
    database.highest_item().unwrap();
    database.first_recorded(&[7]).unwrap();
    database.history_since().unwrap();
    database.itemtypes(&modules).unwrap();
    database.certificate(ItemId(102)).unwrap();
    let all = asked();
    assert!(all.len() > 20, "{all:#?}");
    for statement in all.iter().chain(&one_chunk) {
        let reads =
            statement.starts_with("SELECT ") && !statement.contains(" INTO ") && !statement.contains("FOR UPDATE");
        let frame = matches!(statement.as_str(), "START TRANSACTION WITH CONSISTENT SNAPSHOT" | "COMMIT");
        assert!(reads || frame, "{statement}");
    }
}

#[test]
fn a_database_that_is_not_there_is_said_without_the_password() {
    let panel = Panel::new("");
    panel.server.stop();
    let error = panel.open().unwrap_err();
    assert!(error.kind == Kind::Database && error.detail.contains("does not run here"), "{error}");
    let silent = std::os::unix::net::UnixListener::bind(&panel.server.socket).unwrap();
    let error = panel.open().unwrap_err();
    assert!(error.kind == Kind::Database && error.detail.contains("no answer within 3 s"), "{error}");
    drop(silent);
    let error = panel.open().unwrap_err();
    assert!(error.detail.contains("refused") && error.detail.contains("mysql.sock"), "{error}");
    fs::remove_file(&panel.server.socket).unwrap();
    panel.server.restart();
    assert!(panel.open().is_ok());
    panel.write("etc/billmgr.conf.d/zz.conf", "DBPassword hunter2 wrong\n");
    let error = panel.open().unwrap_err();
    assert!(error.detail.contains("Access denied") && !error.detail.contains("hunter2"), "{error}");
    assert!(error.detail.contains("mysql.sock"), "{error}");
}

#[test]
fn a_database_that_dies_in_between_is_an_error_each_time() {
    let panel = Panel::new(SERVICES);
    let database = panel.open().unwrap();
    panel.server.stop();
    for _ in 0..2 {
        assert_eq!(database.services(&Selection::Items(&[ItemId(100)])).unwrap_err().kind, Kind::Database);
        assert_eq!(database.highest_item().unwrap_err().kind, Kind::Database);
    }
}
