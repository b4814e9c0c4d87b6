//! What has to be known about a repair besides its reason, in sentences that stand after it.

use super::Say;
use crate::reselling::remark::Remark;

impl Say for Remark {
    fn pair(&self) -> (String, String) {
        match self {
            Self::StoredIdIsNoRow { stored } => (
                format!(
                    "The id {stored} that is noted here names no service of the seller's list; it may be a buyer's."
                ),
                format!(
                    "Записанный здесь номер {stored} не называет ни одной услуги из списка продавца; возможно, это номер у покупателя."
                ),
            ),
            Self::LeftOut { names } => {
                let names = names.join(", ");
                (
                    format!("Not copied, because what the seller shows is no such thing: {names}. Fill it in by hand."),
                    format!("Не копируется, потому что у продавца указано не то: {names}. Заполните вручную."),
                )
            }
            Self::PaidUntil { at } => (
                format!("Here it is paid only until {at}, which has passed: the panel may suspend it soon after."),
                format!(
                    "Здесь услуга оплачена только до {at}, этот день прошёл: вскоре панель может её приостановить."
                ),
            ),
        }
    }
}
