//! Which function is which, who may call it, and the ones told to misbehave.

use super::guesses::Misbehaviour;
use super::{Billing, descriptor, errors, schema};
use crate::document::Node;
use crate::request::{Caller, Functions, PanelError, Request};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const CUSTOMER: u8 = 16;
const ADMIN: u8 = 29;

/// Functions for staff, besides the product lists' own and `service.post…`.
const STAFF: [&str; 30] = [
    "checkevent",
    "tool.clearcache",
    "billmgr.backup.create",
    "notification.edit",
    "user",
    "account",
    "department",
    "datacenter",
    "project",
    "currency",
    "processing",
    "processing.edit",
    "processing.suspend",
    "processing.resume",
    "runningoperation",
    "runningoperation.edit",
    "runningoperation.delete",
    "runningoperation.setmanual",
    "runningoperation.start",
    "runningoperation.errorhistory",
    "task",
    "task.edit",
    "task.gettype",
    "task.simple.create",
    "task.delete",
    "service.saveparam",
    "service.dropparam",
    "service.setstatus",
    "service.setexpiredate",
    "service.changepricelist.rollback",
];

/// A function of a product list, taken apart: `vds.edit` is `("vds", "edit")`, `vds` is `("vds", "")`.
fn of_type(function: &str) -> Option<(&'static str, &str)> {
    let plain = function.strip_prefix("v2.").unwrap_or(function);
    let (head, verb) = plain.split_once('.').unwrap_or((plain, ""));
    let itemtype = schema::TYPES.iter().find(|row| row.0 == head)?.0;
    let known = match verb {
        "" | "edit" | "open" | "suspend" | "resume" | "delete" => plain == function,
        "order.param" => true,
        "save" | "failed" => itemtype == "certificate",
        _ => false,
    };
    known.then_some((itemtype, verb))
}

impl Functions for Billing {
    fn level(&self, function: &str) -> Option<u8> {
        if function == self.guesses.events_function {
            return Some(CUSTOMER);
        }
        if let Some((_, verb)) = of_type(function) {
            return Some(if matches!(verb, "open" | "save" | "failed") { ADMIN } else { CUSTOMER });
        }
        match function {
            "whoami" | "service" | "service.history" | "journal" | "authlog" | "itemtype" | "pricelist" => {
                Some(CUSTOMER)
            }
            name if STAFF.contains(&name) || super::callbacks::operation_ended_by(name).is_some() => Some(ADMIN),
            _ => None,
        }
    }

    fn run(&self, request: &Request) -> Result<Node, PanelError> {
        let how = self.misbehaviour_of(&request.function);
        match how.clone() {
            None => self.route(request),
            Some(Misbehaviour::OkWithoutEffect) => Ok(super::ok()),
            Some(Misbehaviour::Rubbish) => Ok(Node::new("doc").with(Node::leaf("rubbish", "…"))),
            Some(Misbehaviour::ErrorAfterEffect) => {
                self.route(request)?;
                Err(errors::bad_response("the function was told to answer an error after its work"))
            }
            Some(Misbehaviour::Hangs(time)) => {
                self.hang(&request.function, how.as_ref(), time);
                Err(errors::bad_response("the function was told to hang"))
            }
            Some(Misbehaviour::HangsAfterEffect(time)) => {
                let answer = self.route(request);
                self.hang(&request.function, how.as_ref(), time);
                answer
            }
        }
    }

    fn descriptor(&self) -> String {
        descriptor::descriptor()
    }

    fn login(&self, name: &str, password: &str, ip: &str) -> Result<Caller, PanelError> {
        self.customer_login(name, password, ip)
    }

    fn user(&self, name: &str) -> Option<Caller> {
        self.customer(name).ok().flatten()
    }
}

impl Billing {
    /// How this call of the function misbehaves, if it is one of those that do.
    fn misbehaviour_of(&self, function: &str) -> Option<Misbehaviour> {
        let mut misbehaviours = self.misbehaviours();
        let (first, how) = misbehaviours.get_mut(function)?;
        *first = first.saturating_sub(1);
        (*first == 0).then(|| how.clone())
    }

    /// Until the time is over, or the function is told otherwise.
    fn hang(&self, function: &str, how: Option<&Misbehaviour>, time: Duration) {
        let started = Instant::now();
        self.hanging.fetch_add(1, Ordering::SeqCst);
        while started.elapsed() < time && self.misbehaviours().get(function).map(|(_, how)| how) == how {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.hanging.fetch_sub(1, Ordering::SeqCst);
    }

    fn route(&self, request: &Request) -> Result<Node, PanelError> {
        let function = request.function.as_str();
        self.note_in_journal(request)?;
        if request.caller.level <= CUSTOMER && self.quirks().refuse_access && function != "whoami" {
            return Err(errors::access(function));
        }
        if request.caller.level <= CUSTOMER && self.quirks().refused.iter().any(|refused| refused == function) {
            return Err(errors::access(function));
        }
        if self.quirks().absent.iter().any(|absent| absent == function) {
            return Err(errors::missed("func", function));
        }
        if function == self.guesses.events_function {
            return self.take_events(request);
        }
        if let Some((itemtype, verb)) = of_type(function) {
            return match verb {
                "" => self.services(request, Some(itemtype)),
                "edit" => self.service_form(request, itemtype),
                "open" => self.open(request, itemtype),
                "order.param" => self.order(request, itemtype),
                "save" => self.certificate_save(request),
                "failed" => self.certificate_failed(request),
                verb => self.by_hand(request, itemtype, verb),
            };
        }
        match function {
            "service" => self.services(request, None),
            "service.saveparam" => self.save_param(request),
            "service.dropparam" => self.drop_param(request),
            "service.setstatus" => self.set_service_status(request),
            "service.setexpiredate" => self.set_expiredate(request),
            "service.changepricelist.rollback" => self.roll_tariff_back(request),
            "runningoperation" => self.operations(),
            "runningoperation.edit" => self.operation_form(request),
            "runningoperation.delete" => self.operations_delete(request),
            "runningoperation.setmanual" => self.operation_manual(request),
            "runningoperation.start" => self.operation_start(request),
            "runningoperation.errorhistory" => self.operation_errors(request),
            "task" => self.tasks(request),
            "task.edit" => self.task_form(request),
            "task.gettype" => Ok(Self::task_type(request)),
            "task.simple.create" => self.task_for_staff(request),
            "task.delete" => self.tasks_delete(request),
            "processing" => self.modules(),
            "processing.edit" => self.module_form(request),
            "processing.suspend" => self.module_switch(request, "off"),
            "processing.resume" => self.module_switch(request, "on"),
            "checkevent" => Ok(self.checkevent()),
            post if super::callbacks::operation_ended_by(post).is_some() => self.operation_ended(request),
            _ => self.office(request),
        }
    }
}
