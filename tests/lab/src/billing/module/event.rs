//! The poll: the account's events are taken from the seller, each one completes a service here or is lost. The article's
//! fault lives in this file.

use super::{Reselling, Seller};
use crate::billing::errors;
use crate::document::Node;
use crate::request::PanelError;

impl Reselling<'_> {
    /// Asks one module's account for its events. Failures are lines of the log.
    pub fn poll(&self, module: u64) {
        if self.switched_off() {
            return;
        }
        if let Err(error) = self.poll_account(module) {
            self.log_error(&error);
        }
    }

    fn poll_account(&self, module: u64) -> Result<(), PanelError> {
        let seller = self.seller(module)?;
        let events = self.ask(&seller, &self.guesses.events_function, &[])?;
        if events.child("elem").is_none() {
            self.log.line("processing", "INFO", &self.guesses.no_events_line);
        }
        for event in events.all("elem") {
            self.event(&seller, event)?;
        }
        Ok(())
    }

    /// One event. It is gone from the seller already: when it cannot be used here, nobody will see it again.
    fn event(&self, seller: &Seller, event: &Node) -> Result<(), PanelError> {
        let ours = event.text_of("remoteid");
        let here = self.store.row(
            "SELECT i.id, t.intname AS itemtype FROM item i JOIN pricelist p ON p.id = i.pricelist
             JOIN itemtype t ON t.id = p.itemtype JOIN processingmodule m ON m.id = i.processingmodule
             WHERE i.id = ? AND m.module = ?",
            (ours.parse::<u64>().unwrap_or(0), &self.guesses.reselling_module),
        )?;
        let failed = match here {
            None => errors::missed("itemevent", event.text_of("id")),
            Some(row) => match self.complete(seller, row.number("id"), event.text_of("item")) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
        };
        self.log_error(&failed);
        let why = match failed.kind.as_str() {
            // The panel's own wording, with the object's name missing from its messages (facts/billmanager 4.4).
            "missed" => format!(" with '{}' does not exist ", failed.value),
            _ => format!(" {} ", failed.message),
        };
        self.log.line("processing", "WARNING", &format!("processing event for item '{ours}' failed: '{why}'"));
        Ok(())
    }
}
