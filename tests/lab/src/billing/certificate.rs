//! What only certificates have: the certificate itself and an order that ends before the service is active
//! (facts/billmanager 2.3).

use super::guesses::PendingCertificate;
use super::{Billing, errors, ok};
use crate::document::Node;
use crate::request::{PanelError, Request};

impl Billing {
    /// `certificate.save`: keeps the issued certificate.
    pub(super) fn certificate_save(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.item(request, Some("certificate"))?.number("id");
        let crt = request.param("crt").filter(|crt| crt.contains("BEGIN CERTIFICATE"));
        let crt = crt.ok_or_else(|| errors::value("crt", request.param("crt").unwrap_or("")))?;
        self.store.change(
            "INSERT INTO certificate(item, crt) VALUES (?, ?) ON DUPLICATE KEY UPDATE crt = VALUES(crt)",
            (id, crt),
        )?;
        self.write_history(request, id, &["crt"], |_| (String::new(), String::new()))?;
        Ok(ok())
    }

    pub(super) fn certificate_failed(&self, request: &Request) -> Result<Node, PanelError> {
        let id = self.item(request, Some("certificate"))?.number("id");
        self.keep_param(id, "service_status", "6", false)?;
        self.write_history(request, id, &["service_status"], |_| (String::new(), String::new()))?;
        Ok(ok())
    }

    /// What `service.postopen` does to a certificate: the order is placed, nothing is issued yet.
    pub(super) fn certificate_ordered(&self) -> &'static str {
        match self.guesses.pending_certificate {
            PendingCertificate::AlreadyActive => "status = 2, opendate = COALESCE(opendate, CURDATE())",
            PendingCertificate::OperationEnded | PendingCertificate::OperationWaits => "status = 5",
        }
    }
}
