//! Processing modules and their settings, plain and encrypted (facts/billmanager 1.2, 7).

use super::{Billing, errors, ok, table};
use crate::document::Node;
use crate::request::{PanelError, Request};

/// Columns of `processingmodule` that the form sets; every other parameter is the module's own.
const COLUMNS: [&str; 5] = ["name", "module", "orderpriority", "department", "datacenter"];
const TECHNICAL: [&str; 7] = ["elid", "sok", "clicked_button", "plid", "progressid", "sfrom", "operafake"];

impl Billing {
    pub(super) fn modules(&self) -> Result<Node, PanelError> {
        Ok(table(&self.store.rows(
            "SELECT m.id, m.name, m.module, d.name AS datacenter_name, '' AS pusage, COALESCE(m.balance, '') AS balance_info,
             m.orderpriority, IF(m.active = 'on', 2, 3) AS status
             FROM processingmodule m LEFT JOIN datacenter d ON d.id = m.datacenter ORDER BY m.id",
            (),
        )?))
    }

    /// `processing.edit`: the module's settings, secrets included (root's call returns them); with `sok=ok` a change, and
    /// without `elid` a new module.
    pub(super) fn module_form(&self, request: &Request) -> Result<Node, PanelError> {
        let elid = request.param("elid").unwrap_or("");
        if request.param("sok") == Some("ok") {
            return self.module_save(request, elid);
        }
        let row = self.store.row(
            "SELECT id, name, module, orderpriority, department, datacenter, active FROM processingmodule WHERE id = ?",
            (elid,),
        )?;
        let row = row.ok_or_else(|| errors::missed("processingmodule", elid))?;
        let mut doc = Node::new("doc");
        for (name, value) in row.cells() {
            doc.children.push(Node::leaf(if name == "id" { "elid" } else { name }, value));
        }
        for param in
            self.store.rows("SELECT intname, value FROM processingparam WHERE processingmodule = ?", (elid,))?
        {
            doc.children.push(Node::leaf(param.text("intname"), param.text("value")));
        }
        for param in
            self.store.rows("SELECT intname, value FROM processingcryptedparam WHERE processingmodule = ?", (elid,))?
        {
            let value = self.key.decrypt(param.text("value")).unwrap_or_default();
            doc.children.push(Node::leaf(param.text("intname"), value));
        }
        Ok(doc)
    }

    fn module_save(&self, request: &Request, elid: &str) -> Result<Node, PanelError> {
        let id = if elid.is_empty() {
            let module = request.param("module").ok_or_else(|| errors::value("module", ""))?;
            self.store
                .change("INSERT INTO processingmodule(module, department, datacenter) VALUES (?, 1, 1)", (module,))?
        } else {
            let found = self.store.row("SELECT id FROM processingmodule WHERE id = ?", (elid,))?;
            found.ok_or_else(|| errors::missed("processingmodule", elid))?.number("id")
        };
        for (name, value) in request.params.iter().filter(|(name, _)| !TECHNICAL.contains(&name.as_str())) {
            if COLUMNS.contains(&name.as_str()) {
                self.store.change(&format!("UPDATE processingmodule SET {name} = ? WHERE id = ?"), (value, id))?;
                continue;
            }
            let crypted = *name == self.guesses.module_params[2];
            let table = if crypted { "processingcryptedparam" } else { "processingparam" };
            let value = if crypted { self.key.encrypt(value) } else { value.clone() };
            self.store.change(
                &format!(
                    "INSERT INTO {table}(processingmodule, intname, value) VALUES (?, ?, ?)
                     ON DUPLICATE KEY UPDATE value = VALUES(value)"
                ),
                (id, name, value),
            )?;
        }
        Ok(ok().with(Node::leaf("id", id.to_string())))
    }

    pub(super) fn module_switch(&self, request: &Request, active: &str) -> Result<Node, PanelError> {
        for elid in super::lists::ids(request) {
            self.store.change("UPDATE processingmodule SET active = ? WHERE id = ?", (active, elid))?;
        }
        Ok(ok())
    }
}
