//! One panel of a world with everything a test asks of it: its tree, its database, its calls, its people.
//!
//! Which panels there are and who buys from whom is `world`.

use crate::billing::Billing;
use crate::billing::guesses::Guesses;
use crate::billing::key::Key;
use crate::billing::schema::{self, First};
use crate::billing::settings;
use crate::billing::store::{Row, Store};
use crate::core::{CallRecord, Options, Panel, program};
use crate::database::Database;
use crate::document::Node;
use crate::world::{Account, naming};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

/// The customer who orders when a test does not care who.
pub const CUSTOMER: &str = "client";
/// The administrator of every panel.
pub const ADMIN: &str = "admin";
/// The password of both.
pub const PASSWORD: &str = "secret #1";

/// One panel.
pub struct Site {
    pub name: String,
    pub panel: Panel,
    pub billing: Arc<Billing>,
    // Dropped last: the panel may be in the middle of a call.
    pub database: Database,
}

/// What a panel is started with.
pub(crate) struct Start<'a> {
    pub name: &'a str,
    pub root: PathBuf,
    pub key: usize,
    pub first: First,
    pub guesses: Guesses,
    pub options: Options,
    pub authorities: &'a Path,
    pub address: Option<IpAddr>,
}

impl Site {
    pub(crate) fn start(start: Start<'_>) -> Self {
        let Start { name, root, key, first, guesses, options, authorities, address } = start;
        std::fs::create_dir_all(&root).expect("the panel's directory");
        let root = root.canonicalize().expect("the panel's directory");
        let database = Database::start(root.with_extension("db"));
        schema::create(&database, &guesses.manual_module, first);
        let store = Store {
            socket: database.socket.clone(),
            user: database.user.clone(),
            password: database.password.clone(),
            name: database.name.clone(),
        };
        let key = Arc::new(Key::kept(key));
        settings::write(&root, &store, &key, &guesses, address);
        std::fs::copy(authorities, root.join(settings::AUTHORITIES)).expect("the authorities the panel trusts");
        program::install(&root, &format!("processing/{}", guesses.reselling_module), "lab-pmbillmgr");
        let billing = Arc::new(Billing::new(root.clone(), store, key, guesses, address));
        let panel = Panel::start(&root, Arc::clone(&billing) as Arc<dyn crate::request::Functions>, options);
        let site = Self { name: name.into(), panel, billing, database };
        site.add_user(ADMIN, PASSWORD, 29, "NULL");
        site.add_customer(CUSTOMER, PASSWORD);
        site
    }

    /// The panel's tree, what `/usr/local/mgr5` is on a real host.
    pub fn root(&self) -> &Path {
        self.panel.root()
    }

    /// `https://127.0.0.1:PORT/billmgr`
    pub fn url(&self) -> String {
        self.panel.url()
    }

    /// Calls received since the start or the last `clear_calls`, in order.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.panel.calls()
    }

    pub fn clear_calls(&self) {
        self.panel.clear_calls();
    }

    pub fn http_requests(&self) -> u64 {
        self.panel.http_requests()
    }

    /// Runs the real `sbin/mgrctl -m billmgr` with these arguments.
    pub fn mgrctl(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.panel.mgrctl());
        command.args(["-m", "billmgr"]).args(arguments).env_remove("SSH_CONNECTION");
        command.output().expect("mgrctl starts")
    }

    /// Calls a function through `mgrctl -o xml` and returns its document.
    ///
    /// # Panics
    /// When the answer is an error or no document.
    pub fn call(&self, function: &str, params: &[(&str, &str)]) -> Node {
        self.try_call(function, params).unwrap_or_else(|error| panic!("{function}: {error}"))
    }

    /// As `call`; an error document comes back as its text form, `Type: '' Object: '' Value: ''`.
    ///
    /// # Errors
    /// What the panel answers.
    pub fn try_call(&self, function: &str, params: &[(&str, &str)]) -> Result<Node, String> {
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut arguments = vec!["-o", "xml", function];
        arguments.extend(params.iter().map(String::as_str));
        let output = self.mgrctl(&arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let doc = Node::parse(&text)
            .map_err(|error| format!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        let Some(error) = doc.child("error") else { return Ok(doc) };
        let part = |name: &str| error.get(name).unwrap_or("").to_owned();
        Err(format!("Type: '{}' Object: '{}' Value: '{}'", part("type"), part("object"), part("value")))
    }

    /// `mgrctl -m billmgr checkevent`, as cron runs it.
    pub fn checkevent(&self) -> Output {
        self.mgrctl(&["checkevent"])
    }

    /// The default customer orders and pays; returns `item.id`.
    ///
    /// # Panics
    /// When the panel does not sell the type, or refuses.
    pub fn order(&self, itemtype: &str, name: &str) -> u64 {
        self.order_as(CUSTOMER, itemtype, name)
    }

    /// The same for another customer.
    ///
    /// # Panics
    /// As `order`.
    pub fn order_as(&self, customer: &str, itemtype: &str, name: &str) -> u64 {
        let tariff = self.tariff(itemtype).to_string();
        let function = if itemtype == "certificate" {
            "certificate.order.param".into()
        } else {
            format!("v2.{itemtype}.order.param")
        };
        let params = [
            ("su", customer),
            ("pricelist", &tariff),
            ("order_period", "1"),
            (naming(itemtype), name),
            ("skipbasket", "on"),
            ("clicked_button", "finish"),
            ("sok", "ok"),
        ];
        self.call(&function, &params).text_of("id").parse().expect("the id of the new service")
    }

    /// The provider's staff activates a service: sets it up and opens it. Certificates are issued. `item` is the id here,
    /// or the id on the side of the reseller who ordered it.
    ///
    /// # Panics
    /// When there is no such service, or several with that id of a reseller's.
    pub fn activate(&self, item: u64) {
        let id = self.here(item).to_string();
        let row = self.row(&format!(
            "SELECT t.intname FROM item i JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype WHERE i.id = {id}"
        ));
        let itemtype = row.text("intname");
        if itemtype == "certificate" {
            return self.issue(&id);
        }
        // One address for each service, from the block for documentation.
        let ip = format!("203.0.113.{}", item % 254 + 1);
        let username = format!("user{id}");
        self.call(&format!("{itemtype}.open"), &[("elid", &id), ("ip", &ip), ("username", &username), ("sok", "ok")]);
    }

    fn issue(&self, id: &str) {
        let name = self.param(id.parse().unwrap_or(0), "CN").unwrap_or_else(|| "issued.example".into());
        let issued = rcgen::generate_simple_self_signed(vec![name]).expect("a certificate");
        let until =
            (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 365)).strftime("%Y-%m-%d").to_string();
        let elid = ("elid", id);
        self.call("certificate.save", &[elid, ("crt", &issued.cert.pem()), ("sok", "ok")]);
        self.call("service.setstatus", &[elid, ("service_status", "5"), ("sok", "ok")]);
        self.call("service.setexpiredate", &[elid, ("expiredate", &until), ("sok", "ok")]);
        self.call("certificate.open", &[elid, ("sok", "ok")]);
    }

    /// The id here of a service named by its id here or by its id on a reseller's side.
    fn here(&self, item: u64) -> u64 {
        let rows = self.rows(&format!("SELECT id FROM item WHERE id = {item} OR remoteid = '{item}'"));
        assert_eq!(rows.len(), 1, "{} has {} services known as {item}", self.name, rows.len());
        rows[0].number("id")
    }

    /// The service that carries this id of a reseller's.
    ///
    /// # Panics
    /// When there is none, or several.
    pub fn bought_as(&self, remoteid: u64) -> u64 {
        self.here(remoteid)
    }

    /// `item.status`.
    pub fn status(&self, item: u64) -> u64 {
        self.row(&format!("SELECT status FROM item WHERE id = {item}")).number("status")
    }

    /// A parameter of a service, encrypted ones decrypted.
    pub fn param(&self, item: u64, name: &str) -> Option<String> {
        let of = |table: &str| format!("SELECT value FROM {table} WHERE item = {item} AND intname = '{name}'");
        let plain = self.rows(&of("itemparam")).first().map(|row| row.text("value").to_owned());
        plain.or_else(|| {
            let crypted = self.rows(&of("itemcryptedparam"));
            crypted.first().and_then(|row| self.billing.key().decrypt(row.text("value")))
        })
    }

    /// Running operations of a service, oldest first: name and manual mode.
    pub fn operations(&self, item: u64) -> Vec<(String, bool)> {
        let rows = self.rows(&format!("SELECT intname, manual FROM runningoperation WHERE item = {item} ORDER BY id"));
        rows.iter().map(|row| (row.text("intname").to_owned(), row.text("manual") == "on")).collect()
    }

    /// Rows of any query.
    ///
    /// # Panics
    /// When the database refuses it.
    pub fn rows(&self, sql: &str) -> Vec<Row> {
        self.billing.store().rows(sql, ()).unwrap_or_else(|error| panic!("{}\n{sql}", error.message))
    }

    /// The one row of a query.
    ///
    /// # Panics
    /// When there is none.
    pub fn row(&self, sql: &str) -> Row {
        self.rows(sql).into_iter().next().unwrap_or_else(|| panic!("no row: {sql}"))
    }

    /// Runs a change and returns the id of a new row.
    ///
    /// # Panics
    /// When the database refuses it.
    pub fn execute(&self, sql: &str) -> u64 {
        self.billing.store().change(sql, ()).unwrap_or_else(|error| panic!("{}\n{sql}", error.message))
    }

    /// `var/pmbillmgr.log` as it stands.
    pub fn module_log(&self) -> String {
        std::fs::read_to_string(self.root().join("var/pmbillmgr.log")).unwrap_or_default()
    }

    /// A new administrator (level 29).
    pub fn add_admin(&self, name: &str, password: &str) -> u64 {
        self.add_user(name, password, 29, "NULL")
    }

    /// A new customer with an account of their own and money; returns `account.id`.
    pub fn add_customer(&self, name: &str, password: &str) -> u64 {
        let account = self
            .execute(&format!("INSERT INTO account(name, registration_date, country) VALUES ('{name}', CURDATE(), 1)"));
        self.execute(&format!(
            "INSERT INTO subaccount(account, project, currency, balance) VALUES ({account}, 1, 1, 100000)"
        ));
        self.add_user(name, password, 16, &account.to_string());
        account
    }

    fn add_user(&self, name: &str, password: &str, level: u8, account: &str) -> u64 {
        let sql = format!(
            "INSERT INTO user(name, email, realname, account, level, language, password)
             VALUES (?, ?, ?, {account}, {level}, 'en', ?)"
        );
        let email = format!("{name}@panel.example");
        let added = self.billing.store().change(&sql, (name, email, name, password));
        added.unwrap_or_else(|error| panic!("{}", error.message))
    }

    pub(crate) fn manual_module(&self) -> u64 {
        let module = &self.billing.guesses().manual_module;
        self.row(&format!("SELECT id FROM processingmodule WHERE module = '{module}'")).number("id")
    }

    /// A tariff of the type, served by the module; returns `pricelist.id`.
    pub fn add_tariff(&self, itemtype: &str, price: &str, module: u64) -> u64 {
        let name = format!("{}-1", itemtype.to_uppercase());
        let tariff = self.execute(&format!(
            "INSERT INTO pricelist(intname, name, name_ru, itemtype, project, billtype, price)
             SELECT '{name}', '{name}', '{name}', id, 1, 2, {price} FROM itemtype WHERE intname = '{itemtype}'"
        ));
        self.execute(&format!(
            "INSERT INTO processingmodule2pricelist(processingmodule, pricelist) VALUES ({module}, {tariff})"
        ));
        tariff
    }

    /// The newest tariff of the type.
    ///
    /// # Panics
    /// When the panel sells none.
    pub fn tariff(&self, itemtype: &str) -> u64 {
        let sql = format!(
            "SELECT p.id FROM pricelist p JOIN itemtype t ON t.id = p.itemtype WHERE t.intname = '{itemtype}' ORDER BY p.id DESC LIMIT 1"
        );
        self.row(&sql).number("id")
    }

    /// A reselling module that uses the account; returns `processingmodule.id`.
    pub fn add_module(&self, name: &str, account: &Account) -> u64 {
        let guesses = self.billing.guesses();
        let [url, username, password] = guesses.module_params.each_ref().map(String::as_str);
        let params = [
            ("module", guesses.reselling_module.as_str()),
            ("name", name),
            ("orderpriority", "1"),
            (url, &account.url),
            (username, &account.user),
            (password, &account.password),
            ("sok", "ok"),
        ];
        self.call("processing.edit", &params).text_of("id").parse().expect("the id of the new module")
    }

    /// Switches a module on or off.
    pub fn switch_module(&self, module: u64, active: bool) {
        let function = if active { "processing.resume" } else { "processing.suspend" };
        self.call(function, &[("elid", &module.to_string())]);
    }
}
