//! An operation of this panel carried out at the seller: the order goes there with our id, then the operation waits for
//! the event (facts/billmanager 0.4, 0.8, 4.2; certificates: 2.3).

use super::Reselling;
use crate::billing::guesses::{PendingCertificate, SellerId};
use crate::billing::schema;
use crate::request::PanelError;

impl Reselling<'_> {
    /// Carries an operation out. What fails is written to the operation, which a person can start again.
    pub fn operate(&self, item: u64, operation: u64, name: &str) {
        if self.switched_off() {
            return;
        }
        let done =
            if name == "open" { self.order(item, operation) } else { self.wait_for_event(item, operation, name) };
        if let Err(error) = done {
            self.log_error(&error);
            let PanelError { kind, object, value, .. } = &error;
            let xml = format!(
                "<doc><processingmodule><error type=\"{kind}\" object=\"{object}\" value=\"{value}\"/></processingmodule></doc>"
            );
            let told = self
                .own("runningoperation.edit", &[("elid", &operation.to_string()), ("errorxml", &xml), ("sok", "ok")]);
            if let Err(error) = told {
                self.log_error(&error);
            }
        }
    }

    fn order(&self, item: u64, operation: u64) -> Result<(), PanelError> {
        let id = item.to_string();
        let row = self.store.row(
            "SELECT i.processingmodule, i.period, t.intname AS itemtype, r.value AS tariff FROM item i
             JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype
             LEFT JOIN pricelistparam r ON r.pricelist = p.id AND r.intname = 'remote_pricelist' WHERE i.id = ?",
            (item,),
        )?;
        let row = row.unwrap_or_default();
        let itemtype = row.text("itemtype");
        let seller = self.seller(row.number("processingmodule"))?;
        let params = self.store.rows("SELECT intname, value FROM itemparam WHERE item = ?", (item,))?;
        let mut order = vec![
            ("pricelist", row.text("tariff")),
            ("period", row.text("period")),
            ("order_period", row.text("period")),
            ("remoteid", id.as_str()),
            ("skipbasket", "on"),
            ("clicked_button", "finish"),
            ("sok", "ok"),
        ];
        let naming = schema::naming(itemtype);
        let describing = |name: &str| name == naming || name.starts_with("addon_") || name == "ostempl";
        order.extend(
            params
                .iter()
                .filter(|param| describing(param.text("intname")))
                .map(|param| (param.text("intname"), param.text("value"))),
        );
        let certificate = itemtype == "certificate";
        if certificate {
            self.own("service.setstatus", &[("elid", &id), ("service_status", "3"), ("sok", "ok")])?;
        }
        let function =
            if certificate { "certificate.order.param".to_owned() } else { format!("v2.{itemtype}.order.param") };
        let answer = self.ask(&seller, &function, &order)?;
        match &self.guesses.seller_id {
            SellerId::Nowhere => {}
            SellerId::ItemRemoteid => {
                let link = [("elid", id.as_str()), ("remoteid", answer.text_of("id")), ("sok", "ok")];
                self.own(&format!("{itemtype}.edit"), &link)?;
            }
            SellerId::ItemParam(name) => self.save_param(&id, name, answer.text_of("id"))?,
        }
        if certificate {
            self.own("service.setstatus", &[("elid", &id), ("service_status", "4"), ("sok", "ok")])?;
        }
        if certificate && self.guesses.pending_certificate != PendingCertificate::OperationWaits {
            self.own("service.postopen", &[("elid", &id), ("sok", "ok")])?;
            return Ok(());
        }
        self.wait_for_event(item, operation, "open")
    }

    /// Manual mode, so that the panel does not try again, and a task linked to the operation.
    fn wait_for_event(&self, item: u64, operation: u64, name: &str) -> Result<(), PanelError> {
        let (item, operation) = (item.to_string(), operation.to_string());
        self.own("runningoperation.setmanual", &[("elid", &operation)])?;
        let kind = self.own("task.gettype", &[("operation", name), ("item", &item)])?;
        let task = [
            ("item", item.as_str()),
            ("runningoperation", operation.as_str()),
            ("type", kind.text_of("task_type")),
            ("sok", "ok"),
        ];
        self.own("task.edit", &task)?;
        Ok(())
    }

    pub(super) fn save_param(&self, item: &str, name: &str, value: &str) -> Result<(), PanelError> {
        let param = [("sok", "ok"), ("elid", item), ("name", name), ("value", value), ("crypted", "off")];
        self.own("service.saveparam", &param)?;
        Ok(())
    }
}
