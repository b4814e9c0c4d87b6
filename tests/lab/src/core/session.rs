//! Who is calling: sessions, keys, `authinfo`, `su`. Rights are checked in `pipeline`.

use crate::core::Core;
use crate::request::{Caller, PanelError};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A session ends after an hour without a call (facts/coremanager 5.2).
const IDLE: Duration = Duration::from_hours(1);

#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<HashMap<String, (Caller, Instant)>>,
    /// Keys of `session.newkey` by user name.
    keys: Mutex<HashMap<String, String>>,
}

impl Sessions {
    fn start(&self, caller: Caller) -> String {
        let id = format!("{:032x}", rand::random::<u128>());
        self.open.lock().expect("sessions").insert(id.clone(), (caller, Instant::now()));
        id
    }

    fn caller(&self, id: &str) -> Option<Caller> {
        let mut open = self.open.lock().expect("sessions");
        let (caller, used) = open.get_mut(id).filter(|(_, used)| used.elapsed() < IDLE)?;
        *used = Instant::now();
        Some(caller.clone())
    }

    pub fn end(&self, id: &str) {
        self.open.lock().expect("sessions").remove(id);
    }

    /// Keeps a key with which the user may log in once.
    pub fn allow_key(&self, user: &str, key: &str) {
        self.keys.lock().expect("keys").insert(user.to_owned(), key.to_owned());
    }

    fn take_key(&self, user: &str, key: &str) -> bool {
        let mut keys = self.keys.lock().expect("keys");
        let right = keys.get(user).is_some_and(|kept| kept == key);
        if right {
            keys.remove(user);
        }
        right
    }
}

pub fn refused(object: &str) -> PanelError {
    PanelError { kind: "auth".into(), object: object.into(), value: String::new(), message: String::new() }
}

impl Core {
    /// `func=auth`: by password, or by a key of `session.newkey`. Returns the session.
    pub fn login(&self, param: &dyn Fn(&str) -> String, ip: &str) -> Result<(String, Caller), PanelError> {
        let (name, key) = (param("username"), param("key"));
        let caller = if key.is_empty() {
            self.functions.login(&name, &param("password"), ip)?
        } else if self.sessions.take_key(&name, &key) {
            self.functions.user(&name).ok_or_else(|| refused("badpassword"))?
        } else {
            return Err(refused("badkey"));
        };
        Ok((self.sessions.start(caller.clone()), caller))
    }

    /// Who makes an HTTP request: `authinfo`, `auth`, or the cookie.
    pub fn identify(
        &self,
        param: &dyn Fn(&str) -> String,
        cookie: Option<&str>,
        ip: &str,
    ) -> Result<Caller, PanelError> {
        let authinfo = param("authinfo");
        if !authinfo.is_empty() {
            if self.options.restrict_authinfo {
                return Err(refused("badip"));
            }
            let (name, password) = authinfo.split_once(':').ok_or_else(|| refused("badpassword"))?;
            return self.functions.login(name, password, ip);
        }
        let session = Some(param("auth")).filter(|id| !id.is_empty()).or_else(|| cookie.map(str::to_owned));
        session.and_then(|id| self.sessions.caller(&id)).ok_or_else(|| refused("nosession"))
    }

    /// Applies `su`: only administrators may act for another user. Returns who acts, and who is behind.
    pub fn act_as(&self, caller: Caller, su: &str) -> Result<(Caller, Option<Caller>), PanelError> {
        if su.is_empty() {
            return Ok((caller, None));
        }
        if caller.level < 29 {
            return Err(PanelError {
                kind: "access".into(),
                object: "su".into(),
                value: su.into(),
                message: String::new(),
            });
        }
        let user = self.functions.user(su).ok_or_else(|| PanelError {
            kind: "missed".into(),
            object: "user".into(),
            value: su.into(),
            message: String::new(),
        })?;
        Ok((user, Some(caller)))
    }
}
