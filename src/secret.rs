//! A password or key in memory: it can be used, never shown by accident.
//!
//! It has no `Serialize`, and `Debug` and `Display` print three stars, so neither JSON nor a log can carry it. It is not a
//! vault: a process that reads our memory reads it too.

use std::fmt;

/// Text that must not reach a log, an error, an argument list, the journal or a document.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `text` with every occurrence of the secret replaced, for messages that others wrote.
    pub fn hide_in(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn what_others_wrote_is_cleaned_of_it() {
        assert_eq!(Secret::new("pa ss").hide_in("login 'pa ss' failed"), "login '***' failed");
        assert_eq!(Secret::default().hide_in("as it was"), "as it was");
    }
}
