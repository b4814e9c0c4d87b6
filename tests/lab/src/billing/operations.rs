//! Running operations: what is being done to a service, or waits to be done (facts/billmanager 1.1, 3.1, 5).

use super::{Billing, errors, ok, table};
use crate::document::Node;
use crate::request::{PanelError, Request};

impl Billing {
    pub(super) fn operations(&self) -> Result<Node, PanelError> {
        Ok(table(&self.store.rows(
            "SELECT r.id, CONCAT(r.intname, ' ', i.name) AS `desc`, r.item, t.name AS itemtype, a.name AS client,
             r.createdate AS cdate, r.trycount, m.name AS processingmodule,
             (SELECT k.id FROM task k WHERE k.runningoperation = r.id ORDER BY k.id LIMIT 1) AS task, r.manual AS status
             FROM runningoperation r JOIN item i ON i.id = r.item JOIN pricelist p ON p.id = i.pricelist
             JOIN itemtype t ON t.id = p.itemtype LEFT JOIN account a ON a.id = i.account
             LEFT JOIN processingmodule m ON m.id = i.processingmodule ORDER BY r.id",
            (),
        )?))
    }

    fn operation(&self, request: &Request) -> Result<super::store::Row, PanelError> {
        let elid = request.param("elid").unwrap_or("");
        let found = self.store.row("SELECT * FROM runningoperation WHERE id = ?", (elid,))?;
        found.ok_or_else(|| errors::missed("runningoperation", elid))
    }

    /// `runningoperation.edit`: the operation, or with `sok=ok` its error text and its manual switch.
    pub(super) fn operation_form(&self, request: &Request) -> Result<Node, PanelError> {
        let row = self.operation(request)?;
        let id = row.number("id");
        if request.param("sok") != Some("ok") {
            let mut doc = Node::new("doc");
            for (name, value) in row.cells() {
                doc.children.push(Node::leaf(if name == "id" { "elid" } else { name }, value));
            }
            return Ok(doc);
        }
        if let Some(error) = request.param("errorxml") {
            self.store.change(
                "UPDATE runningoperation SET errorxml = ?, trycount = trycount + 1, lasttry = NOW() WHERE id = ?",
                (error, id),
            )?;
            self.store.change(
                "INSERT INTO errorhistory(runningoperation, item, createdate, errorxml) VALUES (?, ?, NOW(), ?)",
                (id, row.number("item"), error),
            )?;
        }
        if let Some(manual) = request.param("manual") {
            let manual = if manual == "on" { "on" } else { "off" };
            self.store.change("UPDATE runningoperation SET manual = ? WHERE id = ?", (manual, id))?;
        }
        Ok(ok())
    }

    pub(super) fn operation_manual(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.operation(request)?.number("id");
        self.store.change("UPDATE runningoperation SET manual = 'on' WHERE id = ?", (id,))?;
        Ok(ok())
    }

    /// Start again (the function's name is inferred, facts/billmanager 5): the module tries once more, order and all.
    pub(super) fn operation_start(&self, request: &Request) -> Result<Node, PanelError> {
        let row = self.operation(request)?;
        self.store.change("UPDATE runningoperation SET manual = 'off' WHERE id = ?", (row.number("id"),))?;
        self.run_operation(row.number("item"), row.number("id"), row.text("intname"))?;
        Ok(ok())
    }

    pub(super) fn operations_delete(&self, request: &Request) -> Result<Node, PanelError> {
        for id in super::lists::ids(request) {
            self.store.change("DELETE FROM runningoperation WHERE id = ?", (id,))?;
        }
        Ok(ok())
    }

    pub(super) fn operation_errors(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.operation(request)?.number("id");
        Ok(table(&self.store.rows(
            "SELECT id, createdate, item, runningoperation FROM errorhistory WHERE runningoperation = ?",
            (id,),
        )?))
    }
}
