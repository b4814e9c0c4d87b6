//! The module's own panel as it reaches it: `sbin/mgrctl`, a process a call, under the module's name (facts/billmanager 3.1).

use crate::billing::errors;
use crate::document::Node;
use crate::request::PanelError;
use std::path::Path;
use std::process::Command;

/// Calls a function of the panel at `root`.
///
/// # Errors
/// The panel's own error; `client` when it does not answer a document.
pub fn call(root: &Path, function: &str, params: &[(&str, &str)]) -> Result<Node, PanelError> {
    let output = Command::new(root.join("sbin/mgrctl"))
        .args(["-m", "billmgr", "-o", "xml", function])
        .args(params.iter().map(|(name, value)| format!("{name}={value}")))
        .env("SSH_CONNECTION", "pmbillmgr")
        .current_dir(root)
        .output()
        .map_err(|error| errors::bad_response(&error.to_string()))?;
    answer(&String::from_utf8_lossy(&output.stdout))
}

/// A document that is no error; the panel and the seller answer alike (facts/billmanager 6.3).
pub(super) fn answer(text: &str) -> Result<Node, PanelError> {
    let doc = Node::parse(text).map_err(|error| errors::bad_response(&error))?;
    let Some(error) = doc.child("error") else { return Ok(doc) };
    let text = |name: &str| error.get(name).unwrap_or("").to_owned();
    let param = error.all("param").find(|param| param.get("name") == Some("value"));
    Err(PanelError {
        kind: text("type"),
        object: text("object"),
        value: param.map_or_else(|| text("value"), |param| param.text.clone()),
        message: error.text_of("msg").into(),
    })
}
