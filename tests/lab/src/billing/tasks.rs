//! Tasks for people: linked to an operation, or for a department (facts/billmanager 1.1, facts/coremanager 9).

use super::{Billing, errors, ok, table};
use crate::document::Node;
use crate::request::{PanelError, Request};

impl Billing {
    pub(super) fn tasks(&self, request: &Request) -> Result<Node, PanelError> {
        let filtered = |name: &str| request.param(name).filter(|_| request.param("filter") == Some("on"));
        let (status, kind) = (filtered("status"), filtered("type"));
        Ok(table(&self.store.rows(
            "SELECT k.id, k.type, k.department, k.item, i.status AS itemstatus, t.intname AS itemtype, p.name AS pricelist,
             a.name AS client, k.performer, k.runningoperation, k.opendate, k.status
             FROM task k LEFT JOIN item i ON i.id = k.item LEFT JOIN pricelist p ON p.id = i.pricelist
             LEFT JOIN itemtype t ON t.id = p.itemtype LEFT JOIN account a ON a.id = i.account
             WHERE (? IS NULL OR k.status = ?) AND (? IS NULL OR k.type = ?) ORDER BY k.id",
            (status, status, kind, kind),
        )?))
    }

    /// `task.gettype`: the type of the task that does an operation by hand.
    pub(super) fn task_type(request: &Request) -> Node {
        let operation = request.param("operation").unwrap_or("");
        Node::new("doc").with(Node::leaf("task_type", format!("post{operation}")))
    }

    /// `task.edit`: the task, a new one bound to an operation, or its end. Ending a task does its operation: the remedy of
    /// the knowledge base's article (manual module, then the task) goes this way.
    pub(super) fn task_form(&self, request: &Request) -> Result<Node, PanelError> {
        let elid = request.param("elid").unwrap_or("");
        let saved = request.param("sok") == Some("ok");
        if elid.is_empty() && saved {
            let number = |name: &str| request.param(name).and_then(|text| text.parse::<u64>().ok());
            let item = number("item").ok_or_else(|| errors::value("item", request.param("item").unwrap_or("")))?;
            let id = self.store.change(
                "INSERT INTO task(runningoperation, item, type, status, department, opendate, params)
                 VALUES (?, ?, ?, 0, 1, NOW(), ?)",
                (number("runningoperation"), item, request.param("type"), request.param("params")),
            )?;
            return Ok(ok().with(Node::leaf("id", id.to_string())));
        }
        let row = self.store.row("SELECT * FROM task WHERE id = ?", (elid,))?;
        let row = row.ok_or_else(|| errors::missed("task", elid))?;
        if !saved {
            let mut doc = Node::new("doc");
            for (name, value) in row.cells() {
                doc.children.push(Node::leaf(if name == "id" { "elid" } else { name }, value));
            }
            return Ok(doc);
        }
        let ends = request.param("status") == Some("2");
        if let Some(performer) = request.param("performer") {
            self.store.change("UPDATE task SET performer = ?, status = 1 WHERE id = ?", (performer, elid))?;
        }
        if ends && row.text("status") != "2" {
            self.task_done(request, &row)?;
        }
        Ok(ok())
    }

    fn task_done(&self, request: &Request, task: &super::store::Row) -> Result<(), PanelError> {
        if self.guesses.task_needs_performer && task.number("performer") == 0 {
            return Err(errors::value("performer", ""));
        }
        let item = self.store.row(
            "SELECT i.id, t.intname FROM item i JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype
             WHERE i.id = ?",
            (task.number("item"),),
        )?;
        if let Some(item) = item {
            if self.resold(item.number("id"))? {
                return self.task_of_resold(task);
            }
            let kind = task.text("type");
            let function =
                if kind == "postopen" { format!("{}.open", item.text("intname")) } else { format!("service.{kind}") };
            let mut call = Request { function, ..request.clone() };
            call.params.retain(|(name, _)| !matches!(name.as_str(), "elid" | "status" | "performer"));
            call.params.push(("elid".into(), item.text("id").into()));
            crate::request::Functions::run(self, &call)?;
        }
        self.store.change("UPDATE task SET status = 2, closedate = NOW() WHERE id = ?", (task.number("id"),))?;
        Ok(())
    }

    /// A task that is ended although its service is on the reselling module: why the article switches the module first.
    fn task_of_resold(&self, task: &super::store::Row) -> Result<(), PanelError> {
        if !self.guesses.ended_task_runs_module {
            return Err(errors::value("processingmodule", &self.guesses.reselling_module));
        }
        let operation = self
            .store
            .row("SELECT id, intname FROM runningoperation WHERE id = ?", (task.number("runningoperation"),))?
            .ok_or_else(|| errors::missed("runningoperation", task.text("runningoperation")))?;
        self.run_operation(task.number("item"), operation.number("id"), operation.text("intname"))
    }

    pub(super) fn task_for_staff(&self, request: &Request) -> Result<Node, PanelError> {
        let department = request.param("elid").unwrap_or("");
        if self.store.row("SELECT id FROM department WHERE id = ?", (department,))?.is_none() {
            return Err(errors::missed("department", department));
        }
        let id = self.store.change(
            "INSERT INTO task(type, status, department, specification, opendate) VALUES ('simple', 0, ?, ?, NOW())",
            (department, request.param("specification").unwrap_or("")),
        )?;
        Ok(ok().with(Node::leaf("id", id.to_string())))
    }

    pub(super) fn tasks_delete(&self, request: &Request) -> Result<Node, PanelError> {
        for id in super::lists::ids(request) {
            self.store.change("DELETE FROM task WHERE id = ?", (id,))?;
        }
        Ok(ok())
    }
}
