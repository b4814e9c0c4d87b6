//! What keeps a service here and one at the seller from being taken for the same.

use super::Say;
use crate::reselling::link::Doubt;

impl Say for Doubt {
    fn pair(&self) -> (String, String) {
        match self {
            Self::SeveralRows(rows) => {
                let rows = rows.join(", ");
                (
                    format!(
                        "Several services at the seller carry this service's id: {rows}. Which one is meant is not proven."
                    ),
                    format!(
                        "Номер этой услуги несут несколько услуг продавца: {rows}. Какая из них наша, не доказано."
                    ),
                )
            }
            Self::StoredIdIsAnotherRow { stored, row } => (
                format!("The seller's service {row} carries this service's id, but {stored} is noted here."),
                format!("Номер этой услуги несёт услуга продавца {row}, а здесь записана {stored}."),
            ),
            Self::StoredIdIsNoRow { stored, row } => (
                format!(
                    "The seller's service {row} carries this service's id, but {stored} is noted here, which is no service of the seller's \
                     list; the ids noted at other services are right."
                ),
                format!(
                    "Номер этой услуги несёт услуга продавца {row}, а здесь записан номер {stored}, которого в списке продавца нет; у других \
                     услуг записанные номера верны."
                ),
            ),
            Self::StoredRowCarriesAnotherId { stored, remoteid } => (
                format!(
                    "The seller's service {stored} is noted here, but it carries the id of another one: {remoteid}."
                ),
                format!("Здесь записана услуга продавца {stored}, но она несёт номер другой услуги: {remoteid}."),
            ),
            Self::NameDiffers { name, here, there } => (
                format!(
                    "The {name} differs: '{here}' here, '{there}' at the seller. It may be another panel's service."
                ),
                format!(
                    "Не совпадает {name}: здесь «{here}», у продавца «{there}». Это может быть услуга чужой панели."
                ),
            ),
            Self::OlderThanOurOrder { here, there } => (
                format!("The seller's service is from {there}, our order from {here}: it is not the one we ordered."),
                format!("Услуга у продавца от {there}, а наш заказ от {here}: это не та услуга, которую мы заказали."),
            ),
        }
    }
}
