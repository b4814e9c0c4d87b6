//! Processing modules that buy from a seller, and how they log in there (facts/billmanager 1.1, 1.2).
//!
//! Not for asking the seller: that is `seller`.

use super::database::{Database, list};
use crate::error::{Error, Kind};
use crate::modulelog::names::is_secret;
use crate::reselling::account::Account;
use crate::reselling::ids::ModuleId;
use crate::reselling::service::Module;
use crate::secret::Secret;
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The names under which modules keep the user (facts/billmanager 11: they vary), and the password.
const USER: [&str; 3] = ["username", "login", "user"];
const PASSWORD: [&str; 2] = ["password", "passwd"];

/// A module with what it logs in with.
#[derive(Clone, Debug)]
pub struct ModuleAccess {
    pub module: Module,
    /// As the administrator wrote it.
    pub user: String,
    pub password: Secret,
    /// Another one when the password is another: a hash of the cryptogram, which tells nothing of it. Whether the panel also makes a new
    /// cryptogram when a module is saved without a change is not known. `None` when the password lies there unencrypted.
    pub password_mark: Option<String>,
}

/// A module's login, or why it has none.
pub type Login = (ModuleId, Result<ModuleAccess, Error>);

/// One setting of a module, as it is stored.
#[derive(Clone, Debug)]
enum Stored {
    Plain(Secret),
    Encrypted(String),
}

impl Stored {
    fn mark(&self) -> Option<String> {
        match self {
            Self::Plain(_) => None,
            Self::Encrypted(value) => Some(Base64::encode_string(&Sha256::digest(value.as_bytes()))),
        }
    }
}

/// A module's settings by name in lower case; where a name is in both tables, the encrypted one counts.
type Params = BTreeMap<String, Stored>;

impl Database {
    /// The modules whose file (`processingmodule.module`) is one of `files`, in the order of their ids.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn modules(&self, files: &[String]) -> Result<Vec<Module>, Error> {
        Ok(self.modules_with_params(files)?.into_iter().map(|(module, _)| module).collect())
    }

    /// The same modules, each with its login, or with the reason why it has none: one that cannot be decrypted is no
    /// reason to leave the others.
    ///
    /// # Errors
    /// `Kind::Database`; of one module `Kind::PanelFiles`.
    pub fn module_access(&self, files: &[String]) -> Result<Vec<Login>, Error> {
        let modules = self.modules_with_params(files)?.into_iter();
        Ok(modules.map(|(module, params)| (module.id, self.access(module, &params))).collect())
    }

    /// Every encrypted parameter of every module, whatever module it is, and those in plain that are called like a secret: what must
    /// not be shown. One that cannot be decrypted is left out: the panel cannot use it either.
    ///
    /// # Errors
    /// `Kind::Database`; `Kind::PanelFiles` when the key cannot be read.
    pub fn module_secrets(&self) -> Result<Vec<Secret>, Error> {
        let mut modules = Vec::new();
        self.select("id FROM processingmodule", |mut row| modules.extend(row.id().map(ModuleId)))?;
        let params = self.params(&modules)?.into_values().flatten();
        let secrets = params.filter_map(|(name, stored)| match stored {
            Stored::Plain(value) => is_secret(&name).then_some(Ok(value)),
            Stored::Encrypted(value) => self.key().map(|key| key.decrypt(&value).ok()).transpose(),
        });
        secrets.collect()
    }

    /// The file of a module (`processingmodule.module`), whatever module it is.
    ///
    /// # Errors
    /// `Kind::Database`.
    pub fn module_file(&self, module: ModuleId) -> Result<Option<String>, Error> {
        let mut file = None;
        self.select(&format!("module FROM processingmodule WHERE id = {module}"), |mut row| file = row.text())?;
        Ok(file)
    }

    fn access(&self, module: Module, params: &Params) -> Result<ModuleAccess, Error> {
        let what = format!("module {} ({})", module.id, module.name);
        let read = || {
            let user = self.param(params, &USER)?.ok_or_else(|| absent("user name"))?;
            let password = self.param(params, &PASSWORD)?.ok_or_else(|| absent("password"))?;
            Account::new(&module.url, user.reveal())?;
            Ok((user.reveal().to_owned(), password))
        };
        let (user, password) = read().map_err(|error: Error| error.within(what))?;
        let password_mark = PASSWORD.iter().find_map(|name| params.get(*name)).and_then(Stored::mark);
        Ok(ModuleAccess { module, user, password, password_mark })
    }

    fn modules_with_params(&self, files: &[String]) -> Result<Vec<(Module, Params)>, Error> {
        let active = self.column("m", "processingmodule", "active");
        let mut modules: Vec<Module> = Vec::new();
        self.select(&format!("m.id, m.name, m.module, {active} FROM processingmodule m ORDER BY m.id"), |mut row| {
            let (Some(id), name, Some(file), active) = (row.id(), row.text(), row.text(), row.flag()) else { return };
            if files.contains(&file) {
                let (name, active) = (name.unwrap_or_default(), active.unwrap_or(true));
                let (url, login) = (String::new(), String::new());
                modules.push(Module { id: ModuleId(id), name, file, active, account: None, url, login });
            }
        })?;
        let ids: Vec<ModuleId> = modules.iter().map(|module| module.id).collect();
        let mut params = self.params(&ids)?;
        let mut known = Vec::new();
        for mut module in modules {
            let params = params.remove(&module.id).unwrap_or_default();
            let url = self.param(&params, &["url"]).ok().flatten();
            let user = self.param(&params, &USER).ok().flatten();
            module.url = url.map(|url| url.reveal().to_owned()).unwrap_or_default();
            module.login = user.map(|user| user.reveal().to_owned()).unwrap_or_default();
            module.account = Account::new(&module.url, &module.login).ok();
            known.push((module, params));
        }
        Ok(known)
    }

    fn params(&self, modules: &[ModuleId]) -> Result<BTreeMap<ModuleId, Params>, Error> {
        let mut params: BTreeMap<ModuleId, Params> = BTreeMap::new();
        let ids = list(modules.iter().map(|module| module.0));
        for (table, encrypted) in [("processingparam", false), ("processingcryptedparam", true)] {
            if !self.has_all(table, &["processingmodule", "intname", "value"]) {
                continue;
            }
            let what =
                format!("processingmodule, intname, LEFT(value, 8192) FROM {table} WHERE processingmodule IN ({ids})");
            self.select(&what, |mut row| {
                if let (Some(module), Some(name), Some(value)) = (row.id(), row.text(), row.text()) {
                    let stored = if encrypted { Stored::Encrypted(value) } else { Stored::Plain(Secret::new(value)) };
                    params.entry(ModuleId(module)).or_default().insert(name.to_lowercase(), stored);
                }
            })?;
        }
        Ok(params)
    }

    /// The first setting of these names.
    fn param(&self, params: &Params, names: &[&str]) -> Result<Option<Secret>, Error> {
        let Some(stored) = names.iter().find_map(|name| params.get(*name)) else { return Ok(None) };
        match stored {
            Stored::Plain(value) => Ok(Some(value.clone())),
            Stored::Encrypted(value) => self.key()?.decrypt(value).map(Some),
        }
    }
}

fn absent(what: &str) -> Error {
    Error::new(Kind::PanelFiles, format!("its settings have no {what}"))
}
