//! Which certificates a seller may show: those of the system's authorities, those of the authorities in `[seller] ca_file`, and
//! the very certificates in that file.
//!
//! The last is for a panel whose certificate signs itself, as `openssl req -x509` makes it: such a certificate calls itself an
//! authority, and an authority is not accepted as a server by the rules of the web. Not for switching verification off.

use super::error;
use crate::error::{Error, Kind};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// A bundle of the authorities of a whole distribution is 250 KiB.
const CA_BYTES: u64 = 1 << 20;

/// TLS that verifies; reading the system's authorities takes milliseconds.
///
/// # Errors
/// `Kind::Settings` when `ca_file` cannot be used, `Kind::SellerCertificate` when this machine has no authorities at all.
pub(super) fn verifying(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let named = ca_file.map_or(Ok(Vec::new()), certificates)?;
    let kind = if named.is_empty() { Kind::SellerCertificate } else { Kind::Settings };
    let authorities = Verifier::new_with_extra_roots(named.clone(), Arc::clone(&provider)).map_err(|tls| {
        Error::new(kind, format!("no certificate can be verified: {}", error::said(&tls.to_string())))
    })?;
    let trust = Arc::new(Trust { named, authorities });
    Ok(versions(provider)?.dangerous().with_custom_certificate_verifier(trust).with_no_client_auth())
}

/// TLS that trusts nobody, for a client that only speaks plain `http://`.
pub(super) fn unused() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(versions(provider)?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn versions(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|tls| Error::new(Kind::Internal, format!("TLS: {tls}")))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let wrong = |why: &str| Error::new(Kind::Settings, format!("[seller] ca_file {}: {why}", path.display()));
    let mut pem = Vec::new();
    File::open(path)
        .and_then(|file| file.take(CA_BYTES + 1).read_to_end(&mut pem))
        .map_err(|error| wrong(&error.to_string()))?;
    if pem.len() as u64 > CA_BYTES {
        return Err(wrong("larger than 1 MiB"));
    }
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| wrong("it is not PEM"))?;
    if found.is_empty() { Err(wrong("it holds no certificate")) } else { Ok(found) }
}

#[derive(Debug)]
struct Trust {
    named: Vec<CertificateDer<'static>>,
    authorities: Verifier,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.named.iter().any(|named| named == shown) {
            return Ok(ServerCertVerified::assertion());
        }
        self.authorities.verify_server_cert(shown, intermediates, server, ocsp, now)
    }

    // That the server has the key of the certificate is verified in both cases.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, shown, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}
