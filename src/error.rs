//! The one error type at the border: what happened, what was not changed, what to do next.
//!
//! A `Kind` is something a person can act on; its guidance is said in the person's language by `language`. The detail is a
//! technical sentence in English that names the thing (host, file, line) and never a secret. Errors of libraries are turned
//! into one of these kinds at the place where they happen.

use crate::language::{Language, causes};
use std::borrow::Cow;
use std::fmt;

/// What went wrong, as far as it decides what a person should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A wrong argument on the command line or in a request.
    Usage,
    /// `etc/resellguard.toml` is wrong, or may be read or written by others.
    Settings,
    /// The panel's own files (`billmgr.conf`, `billmgr.pem`) are missing or wrong.
    PanelFiles,
    /// The panel's database does not answer or misses a table or column that is needed.
    Database,
    /// `mgrctl` could not be run, died, hung, or said something that is not a document.
    Mgrctl,
    /// `mgrctl` did not end in time: the panel may still be at it.
    Unanswered,
    /// The panel answered a function with an error document.
    PanelAnswer,
    /// The seller cannot be reached: name, network, time.
    SellerUnreachable,
    /// The seller's certificate is not trusted, or the address is plain `http://`.
    SellerCertificate,
    /// The seller refused the login: password, address not allowed, two-factor, captcha.
    SellerLogin,
    /// The seller knows us but does not let us do this.
    SellerRights,
    /// A document that cannot be read: HTML instead of XML, cut short, too large.
    Answer,
    /// Our own directory, lock or journal.
    State,
    /// Somebody else holds the lock.
    Locked,
    /// No such service, account or run.
    NotFound,
    /// A file that the person named cannot be read, or not be written anew.
    File,
    /// The caller is not an administrator.
    Forbidden,
    /// A fault of ours.
    Internal,
}

impl Kind {
    /// The kind as JSON and logs name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Settings => "settings",
            Self::PanelFiles => "panel_files",
            Self::Database => "database",
            Self::Mgrctl => "mgrctl",
            Self::Unanswered => "unanswered",
            Self::PanelAnswer => "panel_answer",
            Self::SellerUnreachable => "seller_unreachable",
            Self::SellerCertificate => "seller_certificate",
            Self::SellerLogin => "seller_login",
            Self::SellerRights => "seller_rights",
            Self::Answer => "answer",
            Self::State => "state",
            Self::Locked => "locked",
            Self::NotFound => "not_found",
            Self::File => "file",
            Self::Forbidden => "forbidden",
            Self::Internal => "internal",
        }
    }
}

/// An error as it is handed up: a kind and a technical detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    /// English, technical, names the thing, never a secret.
    pub detail: String,
    /// The same in Russian, where it is a sentence for a person and not what a library or another program said.
    russian: Option<String>,
}

impl Error {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), russian: None }
    }

    /// An error whose detail is said in both languages.
    pub fn said(kind: Kind, (english, russian): (impl Into<String>, impl Into<String>)) -> Self {
        Self { kind, detail: english.into(), russian: Some(russian.into()) }
    }

    /// The detail in this language, as far as there is one.
    pub fn detail_in(&self, language: Language) -> Cow<'_, str> {
        match (language, &self.russian) {
            (Language::En, _) => Cow::from(&self.detail),
            (Language::Ru, Some(said)) => Cow::from(said),
            (Language::Ru, None) => causes::russian(&self.detail),
        }
    }

    /// The same error seen from one level up: "reading the account https://...: connection refused".
    #[must_use]
    pub fn within(self, what: impl fmt::Display) -> Self {
        Self {
            detail: format!("{what}: {}", self.detail),
            russian: self.russian.map(|said| format!("{what}: {said}")),
            ..self
        }
    }

    /// The same with the name that the person gave, in place of what the thing is called here.
    #[must_use]
    pub fn called(self, here: &str, name: &str) -> Self {
        let russian = self.russian.map(|said| said.replace(here, name));
        Self { detail: self.detail.replace(here, name), russian, ..self }
    }

    /// The same detail, seen as another kind.
    #[must_use]
    pub fn seen_as(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for Error {}
