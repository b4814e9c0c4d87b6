//! The panel's private key, for parameters that it keeps encrypted (facts/billmanager 1.2).
//!
//! The padding is taken off here and not by `rsa`: since its 0.10 a wrong key gives a made-up text instead of an error, to
//! tell an attacker nothing. Nobody can send us ciphertexts and watch; but a made-up password would be sent to the seller,
//! who locks accounts for that.

use super::config::{contents, wrong};
use crate::error::{Error, Kind};
use crate::secret::Secret;
use base64ct::{Base64, Encoding};
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::TryCryptoRng;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey};
use std::convert::Infallible;
use std::path::Path;

/// The private key of `CryptKey`.
pub struct Key(PrivateKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Key(***)")
    }
}

impl Key {
    /// Reads a key in PEM, PKCS#1 (`RSA PRIVATE KEY`) or PKCS#8 (`PRIVATE KEY`).
    ///
    /// # Errors
    /// `Kind::PanelFiles` when the file is missing or holds no such key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = contents(path)?.ok_or_else(|| wrong(path, "there is no such file"))?;
        let text = String::from_utf8(bytes).map_err(|_| wrong(path, "not a key in PEM"))?;
        let key = PrivateKey::from_pkcs8_pem(&text).or_else(|_| PrivateKey::from_pkcs1_pem(&text));
        key.map(Self).map_err(|_| wrong(path, "not an RSA private key in PEM (PKCS#1 or PKCS#8, without a passphrase)"))
    }

    /// The text behind an encrypted value.
    ///
    /// # Errors
    /// `Kind::PanelFiles`: not base64, of another length than the key, encrypted with another key, or not UTF-8.
    pub fn decrypt(&self, value: &str) -> Result<Secret, Error> {
        let refuse = |why: &str| Error::new(Kind::PanelFiles, format!("an encrypted parameter cannot be read: {why}"));
        let packed: String = value.split_ascii_whitespace().collect();
        let cipher = Base64::decode_vec(&packed).map_err(|_| refuse("it is not base64"))?;
        if cipher.len() != self.0.size() {
            return Err(refuse("it does not fit the length of the panel's key"));
        }
        let other = || refuse("it was encrypted with another key than the panel's");
        let cipher = BoxedUint::from_be_slice(&cipher, self.0.n_bits_precision()).map_err(|_| other())?;
        let no_random: Option<&mut dyn TryCryptoRng<Error = Infallible>> = None;
        let padded = rsa::hazmat::rsa_decrypt_and_check(&self.0, no_random, &cipher).map_err(|_| other())?;
        let padded = padded.to_be_bytes();
        let start = padded.len().checked_sub(self.0.size()).ok_or_else(other)?;
        let plain = padded.get(start..).and_then(unpadded).ok_or_else(other)?;
        String::from_utf8(plain.to_vec()).map(Secret::new).map_err(|_| refuse("it is not UTF-8"))
    }
}

/// PKCS#1 v1.5, type 2: `00 02`, at least eight bytes that are not zero, a zero, the text.
fn unpadded(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(&[0, 2])?;
    let end = rest.iter().position(|byte| *byte == 0).filter(|end| *end >= 8)?;
    rest.get(end.checked_add(1)?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_padding_of_the_rule_is_accepted() {
        for (bytes, plain) in [
            (&b"\x00\x02AAAAAAAA\x00text"[..], Some(&b"text"[..])),
            (b"\x00\x02AAAAAAAAAAAA\x00", Some(b"")),
            (b"\x00\x02AAAAAAAA\x00a\x00b", Some(b"a\x00b")),
            (b"\x00\x02AAAAAAA\x00text", None),
            (b"\x00\x01AAAAAAAA\x00text", None),
            (b"\x01\x02AAAAAAAA\x00text", None),
            (b"\x00\x02AAAAAAAAAAAAAAA", None),
            (b"", None),
        ] {
            assert_eq!(unpadded(bytes), plain, "{bytes:?}");
        }
    }

    fn file(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/key").join(name)
    }

    #[test]
    fn what_openssl_encrypted_is_read_with_either_form_of_the_key() {
        let value = std::fs::read_to_string(file("password.txt")).unwrap();
        for name in ["panel-pkcs1.pem", "panel-pkcs8.pem"] {
            let key = Key::read(&file(name)).unwrap();
            assert_eq!(key.decrypt(&value).unwrap().reveal(), "Пароль \"9\" #x", "{name}");
            assert_eq!(key.decrypt(&value.replace('\n', "\r\n")).unwrap().reveal(), "Пароль \"9\" #x", "{name}");
            assert_eq!(format!("{key:?}"), "Key(***)");
        }
    }

    #[test]
    fn what_cannot_be_decrypted_is_an_error_and_never_a_made_up_text() {
        let value = std::fs::read_to_string(file("password.txt")).unwrap();
        let error = Key::read(&file("other.pem")).unwrap().decrypt(&value).unwrap_err();
        assert!(error.kind == Kind::PanelFiles && error.detail.contains("another key"), "{error}");
        let key = Key::read(&file("panel-pkcs8.pem")).unwrap();
        for (value, said) in [
            (String::new(), "length"),
            ("plain text".into(), "base64"),
            ("AAAA".into(), "length"),
            (Base64::encode_string(&[0; 256]), "another key"),
            (Base64::encode_string(&[255; 256]), "another key"),
        ] {
            let error = key.decrypt(&value).unwrap_err();
            assert!(error.detail.contains(said), "{value:.20}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        for name in ["password.txt", "absent.pem"] {
            let error = Key::read(&file(name)).unwrap_err();
            assert!(error.kind == Kind::PanelFiles && error.detail.contains(name), "{error}");
        }
    }
}
