//! The panel's own errors (facts/billmanager 6.3), in one place so that their spelling is one.

use crate::request::PanelError;

fn error(kind: &str, object: &str, value: &str, message: String) -> PanelError {
    PanelError { kind: kind.into(), object: object.into(), value: value.into(), message }
}

pub fn missed(object: &str, value: &str) -> PanelError {
    error("missed", object, value, format!("{object} with '{value}' does not exist"))
}

pub fn value(object: &str, value: &str) -> PanelError {
    error("value", object, value, format!("The field '{object}' has an invalid value: '{value}'"))
}

pub fn exists(object: &str, value: &str) -> PanelError {
    error("exists", object, value, format!("{object} '{value}' already exists"))
}

pub fn access(function: &str) -> PanelError {
    error("access", function, "", format!("Insufficient privileges to perform '{function}'"))
}

/// The object's spelling is inferred (facts/billmanager 12.11).
pub fn auth(object: &str) -> PanelError {
    let message = if object == "badip" { "Access from this IP denied" } else { "Invalid username or password" };
    error("auth", object, "", message.into())
}

/// An operation already runs on the service.
pub fn running(item: &str) -> PanelError {
    error("exists", "runningoperation", item, format!("An operation is already running for the service '{item}'"))
}

pub fn not_enough_money(amount: &str) -> PanelError {
    error(
        "not_enough_money",
        "",
        amount,
        format!("Insufficient funds to complete the operation. Required amount {amount}"),
    )
}

/// The panel or the seller cannot be talked to, or answers something else than a document.
pub fn bad_response(why: &str) -> PanelError {
    error("client", "bad_response", "", why.into())
}
