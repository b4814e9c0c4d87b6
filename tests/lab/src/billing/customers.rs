//! Users: who may log in, who stands behind a name, what `whoami` tells them, what is written down about them.

use super::store::Row;
use super::{Billing, errors};
use crate::document::Node;
use crate::request::{Caller, PanelError, Request};

fn caller(row: &Row) -> Caller {
    Caller {
        id: row.number("id"),
        name: row.text("name").into(),
        level: u8::try_from(row.number("level")).unwrap_or(0),
        account: row.number("account"),
    }
}

impl Billing {
    pub(super) fn customer(&self, name: &str) -> Result<Option<Caller>, PanelError> {
        let found =
            self.store.row("SELECT id, name, level, account FROM user WHERE name = ? AND enabled = 'on'", (name,))?;
        Ok(found.as_ref().map(caller))
    }

    /// The lab keeps passwords as they are: its customers are its own.
    pub(super) fn customer_login(&self, name: &str, password: &str, ip: &str) -> Result<Caller, PanelError> {
        let found = self.store.row(
            "SELECT id, name, level, account FROM user WHERE name = ? AND enabled = 'on' AND BINARY password = ?",
            (name, password),
        )?;
        let caller = found.as_ref().map(caller).ok_or_else(|| errors::auth("badpassword"))?;
        let refused = self.quirks().refuse_login.clone();
        if let Some(object) = refused.filter(|_| caller.level <= 16) {
            return Err(errors::auth(&object));
        }
        if self.guesses.authlog_shows_authinfo {
            self.store.change(
                "INSERT INTO authlog(time, user, account, ip) VALUES (NOW(), ?, ?, ?)",
                (&caller.name, caller.account, ip),
            )?;
        }
        Ok(caller)
    }

    /// What a customer does is in their journal: time, user, address, function (facts/billmanager 6.2).
    pub(super) fn note_in_journal(&self, request: &Request) -> Result<(), PanelError> {
        let changes = request.param("sok").is_some() || request.function == self.guesses.events_function;
        let kept = request.function != "journal" && (changes || self.guesses.journal_shows_reading);
        if request.caller.level > 16 || !kept {
            return Ok(());
        }
        self.store.change(
            "INSERT INTO journal(time, user, account, ip, funcname) VALUES (NOW(), ?, ?, ?, ?)",
            (&request.caller.name, request.caller.account, &request.ip, &request.function),
        )?;
        Ok(())
    }

    pub(super) fn whoami(&self, request: &Request) -> Result<Node, PanelError> {
        let Caller { id, name, level, account } = &request.caller;
        let mut user = Node::new("user")
            .attribute("realname", "")
            .attribute("level", level.to_string())
            .attribute("name", name)
            .attribute("id", id.to_string());
        let purse = self.store.row(
            "SELECT s.balance, c.iso, c.id AS currency, a.allowsuspenditem, a.allowdeleteitem, a.ignoreitemmax, a.ignoreabuserate
             FROM account a LEFT JOIN subaccount s ON s.account = a.id LEFT JOIN currency c ON c.id = s.currency WHERE a.id = ?",
            (account,),
        )?;
        if let Some(purse) = purse {
            let balance: f64 = purse.text("balance").parse().unwrap_or(0.0);
            user = user
                .attribute("account", account.to_string())
                .attribute("balance", format!("{balance:.2}"))
                .attribute("currency", purse.text("iso"))
                .attribute("currency_id", purse.text("currency"));
            for flag in ["allowsuspenditem", "allowdeleteitem", "ignoreitemmax", "ignoreabuserate"] {
                user = user.attribute(flag, purse.text(flag));
            }
        }
        let version = "6.94.1-2024.04.12_08:22";
        let mgr = Node::leaf("mgr", "billmgr").attribute("version", version).attribute("dist", "3");
        Ok(Node::new("doc").with(user).with(mgr))
    }
}
