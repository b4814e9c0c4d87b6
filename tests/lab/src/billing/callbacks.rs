//! The callbacks of processing modules (facts/billmanager 3.1): each ends one operation and sets what it brought about.

use super::guesses::CallbackAlone;
use super::{Billing, errors, ok};
use crate::document::Node;
use crate::request::{PanelError, Request};

/// Parameters of a request that are no parameters of the service.
const TECHNICAL: [&str; 16] = [
    "elid",
    "sok",
    "plid",
    "clicked_button",
    "progressid",
    "sfrom",
    "operafake",
    "scolname",
    "su",
    "out",
    "status",
    "expiredate",
    "processingmodule",
    "service_status",
    "remoteid",
    "elname",
];

/// The operation that a `service.post…` function ends.
pub(super) fn operation_ended_by(function: &str) -> Option<&str> {
    let operation = function.strip_prefix("service.post")?;
    let known = [
        "open",
        "suspend",
        "resume",
        "close",
        "setparam",
        "prolong",
        "reopen",
        "start",
        "stop",
        "reboot",
        "hardreboot",
        "changepassword",
    ];
    known.contains(&operation).then_some(operation)
}

impl Billing {
    /// `<type>.open`: the service is active; parameters that came along are kept with it.
    pub(super) fn open(&self, request: &Request, itemtype: &str) -> Result<Node, PanelError> {
        let item = self.item(request, Some(itemtype))?;
        if request.param("sok") != Some("ok") {
            return self.service_form(request, itemtype);
        }
        let id = item.number("id");
        if item.text("status") == "4" {
            return Err(errors::missed(itemtype, item.text("id")));
        }
        for (name, value) in request.params.iter().filter(|(name, _)| !TECHNICAL.contains(&name.as_str())) {
            self.keep_param(id, name, value, name == "password")?;
        }
        if let Some(ip) = request.param("ip") {
            self.store.change("DELETE FROM ip WHERE item = ?", (id,))?;
            self.store.change("INSERT INTO ip(name, item, status) VALUES (?, ?, 2)", (ip, id))?;
        }
        if let Some(module) = request.param("processingmodule") {
            self.change_item(request, id, "processingmodule = ?", vec![module.into()])?;
        }
        if let Some(date) = request.param("expiredate") {
            self.change_item(request, id, "expiredate = ?", vec![date_of(date)?.into()])?;
        }
        self.change_item(request, id, "status = 2, opendate = COALESCE(opendate, CURDATE())", Vec::new())?;
        self.finish(id, "open")?;
        Ok(ok())
    }

    /// `service.post…`: the operation ended; some operations leave a status behind.
    pub(super) fn operation_ended(&self, request: &Request) -> Result<Node, PanelError> {
        let item = self.item(request, None)?;
        let id = item.number("id");
        let operation = operation_ended_by(&request.function).unwrap_or("");
        let alone = matches!(operation, "suspend" | "resume" | "close") && {
            let running = "SELECT id FROM runningoperation WHERE item = ? AND intname = ?";
            self.store.row(running, (id, operation))?.is_none()
        };
        match self.guesses.callback_alone {
            CallbackAlone::Refused if alone => return Err(errors::missed("runningoperation", operation)),
            CallbackAlone::NoEffect if alone => return Ok(ok()),
            _ => {}
        }
        let mark = self.guesses.mark_of_suspension.as_str();
        let set = match operation {
            "suspend" if alone && !mark.is_empty() => &format!("status = 3, suspenddate = CURDATE(), {mark} = 'on'"),
            "open" if item.text("itemtype") == "certificate" => self.certificate_ordered(),
            "open" => "status = 2, opendate = COALESCE(opendate, CURDATE())",
            "suspend" => "status = 3, suspenddate = CURDATE()",
            "resume" => {
                "status = 2, suspenddate = NULL, autosuspend = 'off', employeesuspend = 'off', abusesuspend = 'off'"
            }
            "close" => "status = 4, deletedate = CURDATE()",
            "setparam" => "lastpricelist = NULL",
            _ => "status = status",
        };
        self.change_item(request, id, set, Vec::new())?;
        self.finish(id, operation)?;
        Ok(ok())
    }

    /// Deletes the operation and closes the tasks that were made for it.
    pub(super) fn finish(&self, item: u64, operation: &str) -> Result<(), PanelError> {
        self.store.change(
            "UPDATE task SET status = 2, closedate = NOW() WHERE status <> 2 AND runningoperation IN
             (SELECT id FROM runningoperation WHERE item = ? AND intname = ?)",
            (item, operation),
        )?;
        self.store.change("DELETE FROM runningoperation WHERE item = ? AND intname = ?", (item, operation))?;
        Ok(())
    }

    /// `service.saveparam`, with `name=` and `value=` or with the parameter itself.
    pub(super) fn save_param(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.item(request, None)?.number("id");
        let crypted = request.param("crypted") == Some("on");
        if let Some(name) = request.param("name") {
            self.keep_param(id, name, request.param("value").unwrap_or(""), crypted)?;
        } else {
            let direct = |name: &str| !TECHNICAL.contains(&name) && name != "crypted";
            for (name, value) in request.params.iter().filter(|(name, _)| direct(name)) {
                self.keep_param(id, name, value, crypted)?;
            }
        }
        Ok(ok())
    }

    pub(super) fn drop_param(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.item(request, None)?.number("id");
        let name = request.param("name").unwrap_or("");
        self.store.change("DELETE FROM itemparam WHERE item = ? AND intname = ?", (id, name))?;
        self.store.change("DELETE FROM itemcryptedparam WHERE item = ? AND intname = ?", (id, name))?;
        Ok(ok())
    }

    pub(super) fn keep_param(&self, item: u64, name: &str, value: &str, crypted: bool) -> Result<(), PanelError> {
        let table = if crypted { "itemcryptedparam" } else { "itemparam" };
        let value = if crypted { self.key.encrypt(value) } else { value.into() };
        self.store.change(
            &format!("INSERT INTO {table}(item, intname, value) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)"),
            (item, name, value),
        )?;
        Ok(())
    }

    /// `service.setstatus`: the product's own status, not the item's (facts/billmanager 2.3, 2.4).
    pub(super) fn set_service_status(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.item(request, None)?.number("id");
        let status = request.param("service_status").unwrap_or("");
        status.parse::<u8>().map_err(|_| errors::value("service_status", status))?;
        self.keep_param(id, "service_status", status, false)?;
        self.write_history(request, id, &["service_status"], |_| (String::new(), String::new()))?;
        self.queue_event(id, Some("setparam"))?;
        Ok(ok())
    }

    pub(super) fn set_expiredate(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.item(request, None)?.number("id");
        let date = date_of(request.param("expiredate").unwrap_or(""))?;
        self.change_item(request, id, "expiredate = ?", vec![date.into()])?;
        Ok(ok())
    }

    /// A tariff change that failed is taken back.
    pub(super) fn roll_tariff_back(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.item(request, None)?.number("id");
        self.change_item(
            request,
            id,
            "pricelist = COALESCE(lastpricelist, pricelist), lastpricelist = NULL",
            Vec::new(),
        )?;
        self.finish(id, "setparam")?;
        Ok(ok())
    }
}

/// A date as the panel takes it, `YYYY-MM-DD`.
pub(super) fn date_of(text: &str) -> Result<String, PanelError> {
    let date: jiff::civil::Date = text.parse().map_err(|_| errors::value("expiredate", text))?;
    Ok(date.to_string())
}
