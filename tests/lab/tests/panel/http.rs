//! The HTTP side: logging in, the API, certificates, and every way in which it can be broken.

use crate::sample::Sample;
use lab::core::{Authority, Certificate, Fault, Options, Origin, Scheme};
use reqwest::blocking::{Client, Response};
use std::sync::Arc;
use std::time::Duration;

fn browser(authority: Option<&Authority>) -> Client {
    // The first of the tests installs it; for the others it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder().timeout(Duration::from_secs(20));
    if let Some(authority) = authority {
        let certificate = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
        builder = builder.tls_certs_only([certificate]);
    }
    builder.build().unwrap()
}

fn post(sample: &Sample, params: &[(&str, &str)]) -> reqwest::Result<Response> {
    browser(None).post(sample.panel.url()).form(params).send()
}

fn text(sample: &Sample, params: &[(&str, &str)]) -> String {
    post(sample, params).unwrap().text().unwrap()
}

#[test]
fn a_session_an_authinfo_and_a_key_open_the_api() {
    let sample = Sample::start(&[], Options::default());
    let auth = text(&sample, &[("out", "xml"), ("func", "auth"), ("username", "client"), ("password", "secret")]);
    let id = auth.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(auth.contains(&format!("<auth id=\"{id}\" level=\"16\">{id}</auth>")), "{auth}");
    assert!(text(&sample, &[("out", "xml"), ("func", "whoami"), ("auth", id)]).contains("name=\"client\""));
    assert!(
        text(&sample, &[("out", "xml"), ("func", "whoami"), ("authinfo", "admin:secret")]).contains("name=\"admin\"")
    );
    assert!(
        text(&sample, &[("out", "xml"), ("func", "whoami"), ("authinfo", "admin:secret"), ("su", "client")])
            .contains("client")
    );
    let key = "0123456789abcdef";
    let newkey = [
        ("out", "text"),
        ("func", "session.newkey"),
        ("username", "client"),
        ("key", key),
        ("authinfo", "admin:secret"),
    ];
    assert_eq!(text(&sample, &newkey), "OK\n");
    let with_key = [("out", "xml"), ("func", "auth"), ("username", "client"), ("key", key)];
    assert!(text(&sample, &with_key).contains("<auth id="));
    assert!(text(&sample, &with_key).contains("<error type=\"auth\" object=\"badkey\""));
    let call = sample.panel.calls().into_iter().next().unwrap();
    assert_eq!((call.origin, call.ip.as_str(), call.caller.id), (Origin::Http, "127.0.0.1", 4));
}

#[test]
fn refusals_are_documents_with_status_200() {
    let sample = Sample::start(&[], Options { restrict_authinfo: true, ..Options::default() });
    for (params, expected) in [
        (
            &[("func", "auth"), ("username", "client"), ("password", "wrong")][..],
            "type=\"auth\" object=\"badpassword\"",
        ),
        (&[("func", "whoami"), ("auth", "stolen")], "type=\"auth\" object=\"nosession\""),
        (&[("func", "whoami"), ("authinfo", "admin:secret")], "type=\"auth\" object=\"badip\""),
    ] {
        let params: Vec<_> = params.iter().copied().chain([("out", "xml")]).collect();
        let response = post(&sample, &params).unwrap();
        assert_eq!(response.status(), 200);
        let body = response.text().unwrap();
        assert!(body.contains(expected) && body.contains("<msg>"), "{body}");
    }
}

#[test]
fn a_client_is_refused_what_is_not_theirs() {
    let sample = Sample::start(&[], Options::default());
    for params in [[("func", "vds.delete"), ("elid", "1")], [("func", "whoami"), ("su", "admin")]] {
        let params: Vec<_> = params.into_iter().chain([("out", "xml"), ("authinfo", "client:secret")]).collect();
        let body = text(&sample, &params);
        assert!(body.contains("<error type=\"access\""), "{body}");
    }
}

#[test]
fn only_the_good_certificate_is_accepted() {
    let authority = Arc::new(Authority::new());
    for (certificate, accepted) in
        [(Certificate::Good, true), (Certificate::ForeignAuthority, false), (Certificate::WrongHost, false)]
    {
        let scheme = Scheme::Https { authority: Arc::clone(&authority), certificate };
        let sample = Sample::start(&[], Options { scheme, ..Options::default() });
        assert!(sample.panel.url().starts_with("https://"));
        let answer =
            browser(Some(&authority)).get(sample.panel.url() + "?out=xml&func=whoami&authinfo=client:secret").send();
        assert_eq!(answer.is_ok(), accepted, "{certificate:?}: {answer:?}");
    }
}

#[test]
fn faults_are_switched_while_the_panel_runs() {
    let sample = Sample::start(&[], Options::default());
    let ask = || post(&sample, &[("out", "xml"), ("func", "vds"), ("authinfo", "client:secret")]);
    let body = |fault: Fault| {
        sample.panel.set_fault(fault);
        ask().and_then(Response::bytes)
    };
    let right = body(Fault::None).unwrap();
    assert_eq!(body(Fault::Slow(Duration::from_millis(20))).unwrap(), right);
    assert!(body(Fault::Html).unwrap().starts_with(b"<!DOCTYPE html>"));
    assert!(body(Fault::Cut).is_err());
    assert!(body(Fault::Drop).is_err());
    assert!(std::str::from_utf8(&body(Fault::Garbage).unwrap()).is_err());
    sample.panel.set_fault(Fault::Status(503));
    assert_eq!(ask().unwrap().status(), 503);
    sample.panel.set_fault(Fault::Huge);
    let mut some = vec![0; 4 << 20];
    std::io::Read::read_exact(&mut ask().unwrap(), &mut some).unwrap();
    assert_eq!(body(Fault::None).unwrap(), right);
    assert_eq!(sample.panel.http_requests(), 9);
}
