//! The four sources of an explanation, and why one of them was not looked at.

use crate::error::Error;
use crate::language::{Language, Say};
use crate::modulelog::Skipped;

/// One of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Service,
    Seller,
    Account,
    Log,
}

impl Source {
    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Seller => "seller",
            Self::Account => "account",
            Self::Log => "log",
        }
    }
}

/// Why a source, or a part of it, was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Told not to.
    Offline,
    /// Which account it is, only the service says, and that was not read.
    WithoutService,
    /// The service is not bought from anybody who can be asked.
    NoAccount,
    NeverChecked,
    NoLog,
    /// Lines of the log that name the service only by its id at the seller.
    OtherId,
    /// A file of the log, or its end.
    File(Skipped),
    Failed(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Say for Unread {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Offline => ("not asked (--offline)", "не запрашивалось (--offline)"),
            Self::WithoutService => (
                "the service says which account it is, and this panel's database was not read",
                "какая это учётная запись, известно из услуги, а база данных этой панели не прочитана",
            ),
            Self::NoAccount => (
                "the service has no account at a seller that can be asked",
                "у услуги нет учётной записи у продавца, которую можно запросить",
            ),
            Self::NeverChecked => {
                ("it was never checked (resellguard check)", "проверки ещё не было (resellguard check)")
            }
            Self::NoLog => ("there is no var/pmbillmgr.log", "файла var/pmbillmgr.log нет"),
            Self::OtherId => (
                "lines that name only its id at the seller: that id is not known",
                "строки, где назван только её номер у продавца: он неизвестен",
            ),
            Self::File(file) => return file.pair(),
            Self::Failed(error) => {
                let happened = error.kind.guidance(Language::Ru).happened;
                return (error.detail.clone(), format!("{happened} ({})", error.detail_in(Language::Ru)));
            }
        };
        (english.to_owned(), russian.to_owned())
    }
}
