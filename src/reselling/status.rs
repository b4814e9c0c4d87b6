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

/// Who suspended a service, on either side (facts/billmanager 2.2: `3_autosuspend` and so on). The most careful comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuspendedBy {
    /// Not paid; at the seller it is the reseller who has not paid.
    Money,
    Staff,
    Abuse,
}

impl SuspendedBy {
    /// From a composite status such as `3_abusesuspend`, or one of the two labels that are documented; `None` when the text does
    /// not tell. Of several marks the most careful counts.
    pub fn of_status(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let by_mark = |mark: &str| match mark {
            "autosuspend" => Some(Self::Money),
            "employeesuspend" => Some(Self::Staff),
            "abusesuspend" => Some(Self::Abuse),
            _ => None,
        };
        let marks = text.strip_prefix("3_").unwrap_or_default();
        marks.split('_').filter_map(by_mark).min().or(match text.as_str() {
            "suspended by administrator" => Some(Self::Staff),
            "suspended due to abuse" => Some(Self::Abuse),
            _ => None,
        })
    }

    /// From the three marks of a service. Abuse is the gravest, money the commonest.
    pub fn of_marks(money: bool, staff: bool, abuse: bool) -> Option<Self> {
        match (abuse, money, staff) {
            (true, ..) => Some(Self::Abuse),
            (_, true, _) => Some(Self::Money),
            (_, _, true) => Some(Self::Staff),
            _ => None,
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
    fn who_suspended_a_service_is_read_where_it_is_told() {
        for (text, by) in [
            ("3_autosuspend", Some(SuspendedBy::Money)),
            ("3_employeesuspend", Some(SuspendedBy::Staff)),
            ("3_abusesuspend", Some(SuspendedBy::Abuse)),
            ("3_abusesuspend_autosuspend", Some(SuspendedBy::Money)),
            ("Suspended by Administrator", Some(SuspendedBy::Staff)),
            ("Suspended due to abuse", Some(SuspendedBy::Abuse)),
            ("Suspended", None),
            ("Suspended due to abuse of trust", None),
            ("5_autosuspend", None),
            ("3", None),
            ("", None),
        ] {
            assert_eq!(SuspendedBy::of_status(text), by, "{text}");
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
