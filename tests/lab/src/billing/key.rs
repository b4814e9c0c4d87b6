//! The panel's RSA key and the parameters encrypted with it (facts/billmanager 1.2).
//!
//! It does not know which parameters are secret.

use crate::database::kept;
use base64::{Engine, prelude::BASE64_STANDARD};
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, LineEnding};
use rsa::{Pkcs1v15Encrypt, PrivateKey};
use std::fs;
use std::io::Write;
use std::path::Path;

/// A 2048-bit key, as `etc/billmgr.pem`.
pub struct Key {
    private: PrivateKey,
    pem: String,
}

impl Key {
    /// The `number`-th key of the lab. Making one takes seconds, so each is made once and kept among the user's temporary
    /// files; panels with different numbers cannot read each other's parameters.
    pub fn kept(number: usize) -> Self {
        let file = kept().join(format!("key-{number}.pem"));
        if let Ok(key) = Self::read(&file) {
            return key;
        }
        let private = PrivateKey::new(&mut rand::rng(), 2048).expect("an RSA key");
        let pem = private.to_pkcs1_pem(LineEnding::LF).expect("a PEM").to_string();
        let mut fresh = tempfile::NamedTempFile::new_in(kept()).expect("a temporary file");
        fresh.write_all(pem.as_bytes()).expect("a temporary file");
        // Whoever comes first decides; a key that others already read must not be replaced.
        drop(fresh.persist_noclobber(&file));
        Self::read(&file).expect("the key just kept")
    }

    /// Reads `etc/billmgr.pem`.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    pub fn read(file: &Path) -> Result<Self, String> {
        let pem = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let private = PrivateKey::from_pkcs1_pem(&pem).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self { private, pem })
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Base64 of the PKCS#1 v1.5 encryption.
    ///
    /// # Panics
    /// When the text is longer than the key allows (245 bytes).
    pub fn encrypt(&self, text: &str) -> String {
        let public = self.private.to_public_key();
        BASE64_STANDARD
            .encode(public.encrypt(&mut rand::rng(), Pkcs1v15Encrypt, text.as_bytes()).expect("a short text"))
    }

    /// The text behind base64 of a PKCS#1 v1.5 encryption, when this key fits.
    pub fn decrypt(&self, text: &str) -> Option<String> {
        let bytes = BASE64_STANDARD.decode(text.trim()).ok()?;
        String::from_utf8(self.private.decrypt(Pkcs1v15Encrypt, &bytes).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_read_back_with_its_own_key_only() {
        let (own, other) = (Key::kept(1), Key::kept(2));
        let secret = own.encrypt("пароль # \"x\"");
        assert_ne!(secret, own.encrypt("пароль # \"x\""), "the padding is random");
        assert_eq!(own.decrypt(&secret).as_deref(), Some("пароль # \"x\""));
        assert_ne!(other.decrypt(&secret).as_deref(), Some("пароль # \"x\""));
    }
}
