//! What a person reads, in the person's language. The texts of the descriptor's pages are not here: the panel keeps those.
//!
//! There is no table of strings: whoever has something to say gives both texts side by side in one `match`, so that a new
//! case without a text, or with a text in one language only, does not compile.

pub mod audit;
pub mod causes;
mod circumstances;
mod conclusions;
mod doubts;
mod evidence;
mod guidance;
pub mod migration;
pub mod notice;
mod reasons;
mod remarks;
mod ways;

pub use guidance::Guidance;

/// A language that the plugin speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// The panel's base language: what is missing in another one is taken from it (facts/coremanager 4).
    #[default]
    En,
    Ru,
}

impl Language {
    /// `ru`, `ru_RU.UTF-8`, `RU-ru`: the language stands before the first `_`, `-` or `.`. `None` for one we do not speak.
    pub fn of(code: &str) -> Option<Self> {
        let word = code.trim().split(['_', '-', '.']).next()?;
        if word.eq_ignore_ascii_case("ru") {
            Some(Self::Ru)
        } else if word.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// As the panel writes it in `<doc lang="">`.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// The text of this language out of a pair (English, Russian).
    pub fn choose<T>(self, (english, russian): (T, T)) -> T {
        match self {
            Self::En => english,
            Self::Ru => russian,
        }
    }
}

/// Something that can be said to a person.
pub trait Say {
    /// The English and the Russian text, in this order. Plain text: escaping is the business of whoever writes a document.
    fn pair(&self) -> (String, String);

    fn say(&self, language: Language) -> String {
        language.choose(self.pair())
    }
}

/// The form of a noun after a number: English `(one, many)`.
pub fn english(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The form of a noun after a number: Russian `(1 услуга, 2 услуги, 5 услуг)`.
pub fn russian(number: u64, one: &str, few: &str, many: &str) -> String {
    let form = match (number % 10, number % 100) {
        (1, tail) if tail != 11 => one,
        (2..=4, tail) if !(12..=14).contains(&tail) => few,
        _ => many,
    };
    format!("{number} {form}")
}

/// What becomes of an expiry that differs: a later one may be taken over, an earlier one never.
fn expiry_kept(later_there: bool) -> (&'static str, &'static str) {
    if later_there {
        (
            "resellguard sync --allow expiredate would take over the later day",
            "resellguard sync --allow expiredate перенял бы более поздний день",
        )
    } else {
        (
            "resellguard sync --allow expiredate would do nothing, an earlier day is never taken over",
            "resellguard sync --allow expiredate ничего бы не сделал: более ранний день не перенимается",
        )
    }
}

/// A sentence in both languages.
fn both(english: impl Into<String>, russian: impl Into<String>) -> (String, String) {
    (english.into(), russian.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_its_first_word() {
        for (code, language) in [
            ("ru", Some(Language::Ru)),
            ("ru_RU.UTF-8", Some(Language::Ru)),
            ("EN-us", Some(Language::En)),
            ("de", None),
            ("rus", None),
            ("", None),
        ] {
            assert_eq!(Language::of(code), language, "{code}");
        }
    }

    #[test]
    fn a_noun_follows_its_number() {
        for (number, text) in [
            (1, "1 услуга"),
            (3, "3 услуги"),
            (5, "5 услуг"),
            (11, "11 услуг"),
            (12, "12 услуг"),
            (21, "21 услуга"),
            (112, "112 услуг"),
        ] {
            assert_eq!(russian(number, "услуга", "услуги", "услуг"), text);
        }
        assert_eq!(english(1, "service", "services"), "1 service");
        assert_eq!(english(0, "service", "services"), "0 services");
    }
}
