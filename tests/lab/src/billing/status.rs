//! The state of a service as lists show it: a composite code and its label (facts/billmanager 2.2).

use super::guesses::StatusShape;
use super::store::Row;
use crate::document::Node;

/// `5_open`, `3_autosuspend`, `2`: of a row with `status`, the flags and the first `operation`.
pub(super) fn composite(row: &Row) -> String {
    let status = row.text("status");
    let suffix = match status {
        "5" => row.text("operation"),
        "3" => ["autosuspend", "employeesuspend", "abusesuspend"]
            .into_iter()
            .find(|flag| row.text(flag) == "on")
            .unwrap_or(""),
        _ => "",
    };
    if suffix.is_empty() { status.into() } else { format!("{status}_{suffix}") }
}

pub(super) fn label(composite: &str, russian: bool) -> &'static str {
    let labels = match composite {
        "1" => ("Ordered", "Заказан"),
        "2" => ("Active", "Активен"),
        "3" => ("Suspended", "Остановлен"),
        "3_autosuspend" => ("Suspended for non-payment", "Остановлен за неуплату"),
        "3_employeesuspend" => ("Suspended by Administrator", "Остановлен администратором"),
        "3_abusesuspend" => ("Suspended due to abuse", "Остановлен за нарушение"),
        "4" => ("Deleted", "Удалён"),
        "5_open" => ("Processing (opening)", "Открывается"),
        "5_transfer" => ("Processing (transfer)", "Переносится"),
        "5_close" => ("Deletion in progress", "Удаляется"),
        _ => ("Processing", "Обрабатывается"),
    };
    if russian { labels.1 } else { labels.0 }
}

/// Adds the status to a row in the shape the panel shows it in.
pub(super) fn add(elem: &mut Node, row: &Row, russian: bool, shape: StatusShape) {
    let status = row.text("status");
    let composite = composite(row);
    let label = label(&composite, russian);
    let plain = || Node::leaf("status", status);
    elem.children.extend(match shape {
        StatusShape::Full => vec![plain(), Node::leaf("item_status", label).attribute("orig", composite)],
        StatusShape::LabelOnly => vec![Node::leaf("item_status", label)],
        StatusShape::OrigOnly => vec![Node::leaf("item_status", label).attribute("orig", composite)],
        StatusShape::StatusOnly => vec![plain()],
        StatusShape::RealStatusOnly => vec![Node::leaf("item_real_status", status)],
        StatusShape::BareCode => vec![Node::leaf("item_status", status)],
    });
}
