//! The lists of services and the form of one service (facts/billmanager 2.2, 6.2, 6.3; facts/coremanager 3.2).

use super::callbacks::date_of;
use super::store::Row;
use super::{Billing, errors, ok, schema, status};
use crate::document::Node;
use crate::request::{PanelError, Request};
use mysql::Value;

/// Rows on a page when the request does not say.
const PAGE: usize = 50;

const SERVICES: &str = "SELECT i.*, p.name AS pricelist_name, p.name_ru AS pricelist_name_ru, t.intname AS itemtype,
    t.name AS type_name, t.name_ru AS type_name_ru, a.name AS account_name, m.name AS module_name, m.module AS module_file,
    c.iso AS iso,
    (SELECT r.intname FROM runningoperation r WHERE r.item = i.id ORDER BY r.id LIMIT 1) AS operation
    FROM item i JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype
    LEFT JOIN account a ON a.id = i.account LEFT JOIN processingmodule m ON m.id = i.processingmodule
    LEFT JOIN currency c ON c.id = i.currency";

impl Billing {
    /// `service` (every type) or the list of one type. Customers see their own services. The whole list for root,
    /// pages of 50 for the others, unless `p_cnt` says otherwise.
    pub(super) fn services(&self, request: &Request, itemtype: Option<&str>) -> Result<Node, PanelError> {
        let quirks = self.quirks().clone();
        let mut filter = String::from("i.parent IS NULL");
        let mut values: Vec<Value> = Vec::new();
        if let Some(itemtype) = itemtype.filter(|_| !quirks.rows_of_several_types) {
            filter.push_str(" AND t.intname = ?");
            values.push(itemtype.into());
        }
        if request.caller.level <= 16 {
            filter.push_str(" AND i.account = ?");
            values.push(request.caller.account.into());
        }
        if !self.guesses.lists_show_deleted {
            filter.push_str(" AND i.status <> 4");
        }
        if request.param("filter") == Some("on") {
            for column in ["id", "status", "remoteid", "pricelist", "account", "processingmodule"] {
                if let Some(value) = request.param(column) {
                    for part in [" AND i.", column, " = ?"] {
                        filter.push_str(part);
                    }
                    values.push(value.into());
                }
            }
        }
        let count = format!(
            "SELECT COUNT(*) AS n FROM item i JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype WHERE {filter}"
        );
        let all = self.store.row(&count, values.clone())?.map_or(0, |row| row.number("n"));
        let all = usize::try_from(all).unwrap_or(0).min(quirks.at_most_rows.unwrap_or(usize::MAX));
        let whole = if request.caller.level >= 30 { all.max(1) } else { PAGE };
        let size = request.param("p_cnt").and_then(|text| text.parse().ok()).filter(|size| *size > 0).unwrap_or(whole);
        let page = request.param("p_num").and_then(|text| text.parse().ok()).filter(|page| *page > 0).unwrap_or(1);
        let first = size.saturating_mul(page - 1);
        let shown = size.min(all.saturating_sub(quirks.rows_kept_back).saturating_sub(first));
        let order = if request.param("p_col") == Some("-id") { "DESC" } else { "ASC" };
        let rows = self
            .store
            .rows(&format!("{SERVICES} WHERE {filter} ORDER BY i.id {order} LIMIT {shown} OFFSET {first}"), values)?;
        let params = self.params_of(&rows)?;
        let mut doc = Node::new("doc");
        doc.children.extend(rows.iter().map(|row| self.service_row(request, row, &params, &quirks)));
        for (name, value) in [("p_num", page), ("p_cnt", size), ("p_elems", all)] {
            doc.children.push(Node::leaf(name, value.to_string()));
        }
        Ok(doc)
    }

    /// Parameters of the services in `rows`.
    fn params_of(&self, rows: &[Row]) -> Result<Vec<Row>, PanelError> {
        let ids: Vec<String> = rows.iter().map(|row| row.number("id").to_string()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.store.rows(&format!("SELECT item, intname, value FROM itemparam WHERE item IN ({})", ids.join(",")), ())
    }

    fn service_row(&self, request: &Request, row: &Row, params: &[Row], quirks: &super::guesses::Quirks) -> Node {
        let russian = request.language == "ru";
        let itemtype = row.text("itemtype");
        let mut elem = Node::new("elem");
        let mut add = |name: &str, value: &str| elem.children.push(Node::leaf(name, value));
        add("id", row.text("id"));
        add("name", row.text("name"));
        let own = params.iter().filter(|param| param.text("item") == row.text("id"));
        for param in own {
            let name = param.text("intname");
            let shown = matches!(name, "domain" | "ip" | "ostempl" | "username" | "CN" | "licname");
            let product_status = name == "service_status"
                && self.guesses.service_status_in_list
                && matches!(itemtype, "domain" | "certificate");
            if shown || product_status {
                add(name, param.text("value"));
            }
        }
        if !quirks.no_remoteid_in_list {
            add("remoteid", row.text("remoteid"));
        }
        add("itemtype", row.text(if russian { "type_name_ru" } else { "type_name" }));
        add("intname", itemtype);
        add("pricelist", row.text(if russian { "pricelist_name_ru" } else { "pricelist_name" }));
        add("pricelist_id", row.text("pricelist"));
        add("datacentername", "DC1");
        add("createdate", row.text("createdate"));
        let phrase = if russian { "Ежедневное списание" } else { "Daily charges" };
        add("expiredate", if quirks.expiredate_phrase { phrase } else { row.text("expiredate") });
        add("real_expiredate", row.text("expiredate"));
        add("period", row.text("period"));
        add("autoprolong", row.text("autoprolong"));
        add(
            "cost",
            &format!("{} {} / {}", money(row.text("cost")), row.text("iso"), if russian { "Месяц" } else { "Month" }),
        );
        add("item_cost", &money(row.text("cost")));
        add("currency_str", row.text("iso"));
        add("scheduledclose", row.text("scheduledclose"));
        add("status_msg", "");
        if request.caller.level > 16 {
            add("account", row.text("account_name"));
            add("account_id", row.text("account"));
            add("processingmodule", row.text("module_name"));
        }
        status::add(&mut elem, row, russian, quirks.status_shape);
        elem
    }

    /// `<type>.edit`: without `sok` every parameter of the service, with `sok=ok` a change.
    pub(super) fn service_form(&self, request: &Request, itemtype: &str) -> Result<Node, PanelError> {
        let item = self.item(request, Some(itemtype))?;
        if request.param("sok") == Some("ok") && request.function == format!("{itemtype}.edit") {
            return self.service_change(request, item.number("id"));
        }
        let id = item.number("id");
        let row = self.store.row(&format!("{SERVICES} WHERE i.id = ?"), (id,))?.unwrap_or_default();
        let mut doc = Node::new("doc");
        doc.children.push(Node::leaf("elid", row.text("id")));
        let columns = [
            "id",
            "name",
            "pricelist",
            "account",
            "remoteid",
            "period",
            "status",
            "specialstatus",
            "createdate",
            "opendate",
            "expiredate",
            "autoprolong",
            "autosuspend",
            "employeesuspend",
            "abusesuspend",
            "scheduledclose",
            "cost",
        ];
        let mut hidden = Vec::new();
        if self.quirks().no_remoteid_in_form {
            hidden.push("remoteid");
        }
        if self.quirks().no_status_in_form {
            hidden.extend(["status", "specialstatus"]);
        }
        let private = |column: &&str| (request.caller.level > 16 || *column != "account") && !hidden.contains(column);
        for column in columns.into_iter().filter(private) {
            doc.children.push(Node::leaf(column, row.text(column)));
        }
        if request.caller.level > 16 {
            doc.children.push(Node::leaf("processingmodule", row.text("processingmodule")));
        }
        for param in self.params_of(std::slice::from_ref(&row))? {
            doc.children.push(Node::leaf(param.text("intname"), param.text("value")));
        }
        if itemtype == "certificate" {
            let kept = self.store.row("SELECT csr, crt FROM certificate WHERE item = ?", (id,))?;
            if let Some(kept) = kept {
                doc.children.push(Node::leaf("csr", kept.text("csr")));
                doc.children.push(Node::leaf(&self.guesses.certificate_field, kept.text("crt")));
            }
        }
        Ok(doc)
    }

    /// An administrator may set what the panel keeps; a customer renames the link to their own side.
    fn service_change(&self, request: &Request, id: u64) -> Result<Node, PanelError> {
        let admin = request.caller.level > 16;
        for column in ["remoteid", "autoprolong", "processingmodule", "status"] {
            let allowed = admin || matches!(column, "remoteid" | "autoprolong");
            if let Some(value) = request.param(column).filter(|_| allowed) {
                let valid = column == "remoteid" || value.parse::<u64>().is_ok();
                if !valid {
                    return Err(errors::value(column, value));
                }
                self.change_item(request, id, &format!("{column} = NULLIF(?, '')"), vec![value.into()])?;
            }
        }
        if let Some(date) = request.param("expiredate").filter(|_| admin) {
            self.change_item(request, id, "expiredate = ?", vec![date_of(date)?.into()])?;
        }
        if let Some(status) = request.param("service_status").filter(|_| admin) {
            self.keep_param(id, "service_status", status, false)?;
        }
        Ok(ok())
    }

    /// `<type>.suspend`, `.resume`, `.delete` in a panel that does the work by hand: done at once.
    pub(super) fn by_hand(&self, request: &Request, itemtype: &str, verb: &str) -> Result<Node, PanelError> {
        let mut one = request.clone();
        for elid in ids(request) {
            one.params.retain(|(name, _)| name != "elid");
            one.params.push(("elid".into(), elid.into()));
            let item = self.item(&one, Some(itemtype))?;
            let id = item.number("id");
            if self.store.row("SELECT id FROM runningoperation WHERE item = ?", (id,))?.is_some() {
                return Err(errors::running(item.text("id")));
            }
            let set = match verb {
                "suspend" if request.caller.level > 16 => "status = 3, employeesuspend = 'on', suspenddate = CURDATE()",
                "suspend" => "status = 3, suspenddate = CURDATE()",
                "resume" => {
                    "status = 2, suspenddate = NULL, autosuspend = 'off', employeesuspend = 'off', abusesuspend = 'off'"
                }
                _ => "status = 4, deletedate = CURDATE()",
            };
            self.change_item(request, id, set, Vec::new())?;
        }
        Ok(ok())
    }
}

/// The ids in `elid`, one or several.
pub(super) fn ids(request: &Request) -> impl Iterator<Item = &str> {
    request.param("elid").unwrap_or("").split(',').map(str::trim)
}

/// `75.0000` of the database as `75.00`.
fn money(decimal: &str) -> String {
    decimal.parse::<f64>().map_or_else(|_| decimal.into(), |amount| format!("{amount:.2}"))
}

/// The parameter that names a service of the type is part of an order.
pub(super) fn name_in_order<'a>(request: &'a Request, itemtype: &str) -> &'a str {
    request.param(schema::naming(itemtype)).or_else(|| request.param("domain")).unwrap_or("")
}
