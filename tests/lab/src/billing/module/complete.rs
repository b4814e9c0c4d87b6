//! A service of this panel brought to where the seller has it, by the panel's callbacks (facts/billmanager 2.3, 2.5, 3.1).

use super::{Reselling, Seller};
use crate::billing::errors;
use crate::document::Node;
use crate::request::PanelError;

/// Parameters of the seller's service that the reseller's customer needs.
const HANDED_ON: [&str; 4] = ["ip", "domain", "username", "password"];

impl Reselling<'_> {
    /// Reads the seller's service and calls what is needed here.
    ///
    /// # Errors
    /// What the seller or the panel answers.
    pub fn complete(&self, seller: &Seller, item: u64, seller_id: &str) -> Result<(), PanelError> {
        let row = self.store.row(
            "SELECT i.status, i.autosuspend, t.intname AS itemtype,
             (SELECT COUNT(*) FROM runningoperation r WHERE r.item = i.id AND r.intname = 'open') AS opening
             FROM item i JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype WHERE i.id = ?",
            (item,),
        )?;
        let row = row.unwrap_or_default();
        let id = item.to_string();
        let itemtype = row.text("itemtype");
        let remote = self.ask(seller, &format!("{itemtype}.edit"), &[("elid", seller_id)])?;
        let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
        self.save_param(&id, "last_sync_item", &now)?;
        if itemtype == "certificate" {
            return self.complete_certificate(&id, &remote);
        }
        let opening = row.text("status") == "5" || row.number("opening") > 0;
        match (remote.text_of("status"), row.text("status")) {
            ("2", _) if opening => {
                let mut params = vec![("elid", id.as_str()), ("sok", "ok")];
                let handed = HANDED_ON.into_iter().map(|name| (name, remote.text_of(name)));
                params.extend(handed.filter(|(_, value)| !value.is_empty()));
                self.own(&format!("{itemtype}.open"), &params)?;
            }
            // Suspended here because the customer did not pay here: not the seller's business.
            ("2", "3") if row.text("autosuspend") == "on" => {}
            ("2", "3") => drop(self.own("service.postresume", &[("elid", &id), ("sok", "ok")])?),
            ("3", "2") => drop(self.own("service.postsuspend", &[("elid", &id), ("sok", "ok")])?),
            ("4", "2" | "3" | "5") => drop(self.own("service.postclose", &[("elid", &id), ("sok", "ok")])?),
            _ => {}
        }
        Ok(())
    }

    /// `--command sync_item`: the seller's service is found by our id in its list, then completed. Seller to here
    /// unless the guesses say otherwise; the direction of the real module is not known (facts/billmanager 12.5).
    ///
    /// # Errors
    /// `missed` when the seller's list has no such service; what the seller or the panel answers.
    pub fn sync_item(&self, item: u64) -> Result<(), PanelError> {
        let row = self.store.row(
            "SELECT i.processingmodule, i.status, t.intname AS itemtype FROM item i JOIN pricelist p ON p.id = i.pricelist
             JOIN itemtype t ON t.id = p.itemtype WHERE i.id = ?",
            (item,),
        )?;
        let id = item.to_string();
        let row = row.ok_or_else(|| errors::missed("item", &id))?;
        let seller = self.seller(row.number("processingmodule"))?;
        let mut page = 1;
        loop {
            let number = page.to_string();
            let list = self.ask(&seller, row.text("itemtype"), &[("p_cnt", "500"), ("p_num", &number)])?;
            if let Some(found) = list.all("elem").find(|elem| elem.text_of("remoteid") == id) {
                let there = found.text_of("id");
                if self.guesses.sync_item_pushes {
                    return self.push(&seller, row.text("itemtype"), row.text("status"), there);
                }
                return self.complete(&seller, item, there);
            }
            if list.all("elem").count() < 500 {
                return Err(errors::missed("item", &id));
            }
            page += 1;
        }
    }

    /// The other direction: the seller's service is brought to where this panel has it.
    fn push(&self, seller: &Seller, itemtype: &str, status: &str, there: &str) -> Result<(), PanelError> {
        let verb = if status == "2" { "resume" } else { "suspend" };
        self.ask(seller, &format!("{itemtype}.{verb}"), &[("elid", there)]).map(drop)
    }

    /// Issued: keep it, say so, set the date, activate. Pending or failed: only say so.
    fn complete_certificate(&self, id: &str, remote: &Node) -> Result<(), PanelError> {
        let status = remote.text_of("service_status");
        let crt = remote.text_of(&self.guesses.certificate_field);
        if status == "5" && !crt.is_empty() {
            self.own("certificate.save", &[("elid", id), ("crt", crt), ("sok", "ok")])?;
        }
        if !status.is_empty() {
            self.own("service.setstatus", &[("elid", id), ("service_status", status), ("sok", "ok")])?;
        }
        if status == "5" {
            let date = remote.text_of("expiredate");
            self.own("service.setexpiredate", &[("elid", id), ("expiredate", date), ("sok", "ok")])?;
            self.own("certificate.open", &[("elid", id), ("sok", "ok")])?;
        }
        Ok(())
    }
}
