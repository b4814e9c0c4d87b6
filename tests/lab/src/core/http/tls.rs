//! Certificates that a panel shows: a good one, and the wrong ones that a client must refuse.

use crate::core::authority::Authority;
use crate::core::options::Certificate;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use std::sync::Arc;

pub fn config(authority: &Authority, certificate: Certificate) -> RustlsConfig {
    let (chain, key) = match certificate {
        Certificate::Good => authority.issue(&["127.0.0.1", "localhost"]),
        Certificate::ForeignAuthority => Authority::new().issue(&["127.0.0.1", "localhost"]),
        Certificate::WrongHost => authority.issue(&["elsewhere.example"]),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("a certificate and its key");
    RustlsConfig::from_config(Arc::new(config))
}
