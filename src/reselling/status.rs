//! One word for the state of a service, whatever shape the panel gives it in.
//!
//! Codes: facts/billmanager 2.1; shapes in listings: 2.2.

use serde::Serialize;

/// `item.status` of the database, `status` of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// 1: ordered, not paid or not activated.
    Ordered,
    /// 2
    Active,
    /// 3
    Suspended,
    /// 4
    Deleted,
    /// 5: an operation runs, or waits for the seller.
    Processing,
    /// 0, or something that no fact names.
    Unknown,
}

impl Status {
    pub fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Ordered,
            2 => Self::Active,
            3 => Self::Suspended,
            4 => Self::Deleted,
            5 => Self::Processing,
            _ => Self::Unknown,
        }
    }

    /// `2`, `5_open`, `3_autosuspend`, `2_2_16`: the code stands before the first `_`.
    pub fn from_composite(text: &str) -> Option<Self> {
        let code = text.trim().split('_').next()?;
        code.parse().ok().map(Self::from_code)
    }

    /// The label that a list shows, English or Russian, in place of a code. The English ones are facts/billmanager 2.2; of the
    /// Russian ones only "Активен" is, the others are what such labels are usually called, so an unknown one stays unknown.
    pub fn from_label(text: &str) -> Option<Self> {
        const STEMS: [(&str, Status); 17] = [
            ("ordered", Status::Ordered),
            ("active", Status::Active),
            ("suspended", Status::Suspended),
            ("deleted", Status::Deleted),
            ("processing", Status::Processing),
            ("deletion in progress", Status::Processing),
            ("заказан", Status::Ordered),
            ("активен", Status::Active),
            ("активна", Status::Active),
            ("активно", Status::Active),
            ("остановлен", Status::Suspended),
            ("приостановлен", Status::Suspended),
            ("удален", Status::Deleted),
            ("удалён", Status::Deleted),
            ("удаляется", Status::Processing),
            ("обрабатывается", Status::Processing),
            ("в обработке", Status::Processing),
        ];
        let text = text.trim().to_lowercase();
        STEMS.iter().find(|(stem, _)| text.starts_with(stem)).map(|(_, status)| *status)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Processing => "processing",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composite_codes_are_read_up_to_the_first_underscore() {
        for (text, status) in [
            ("2", Some(Status::Active)),
            ("5_open", Some(Status::Processing)),
            ("3_abusesuspend", Some(Status::Suspended)),
            ("2_2_16", Some(Status::Active)),
            ("Active", None),
            ("", None),
            ("9", Some(Status::Unknown)),
        ] {
            assert_eq!(Status::from_composite(text), status, "{text}");
        }
    }

    #[test]
    fn labels_are_read_in_both_languages_and_strange_ones_are_not_guessed() {
        for (text, status) in [
            ("Active", Some(Status::Active)),
            ("Suspended by Administrator", Some(Status::Suspended)),
            ("Processing (opening)", Some(Status::Processing)),
            ("Deletion in progress", Some(Status::Processing)),
            ("Активен", Some(Status::Active)),
            ("Остановлен администратором", Some(Status::Suspended)),
            ("Удалён", Some(Status::Deleted)),
            ("Inactive", None),
            ("Неактивен", None),
            ("Ждёт", None),
            ("", None),
        ] {
            assert_eq!(Status::from_label(text), status, "{text}");
        }
    }
}
