//! The seller's client against a scripted server: what it asks, what it makes of every answer, and what it never does.

// A test that meets what it did not expect ends there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod cases;
mod scripted;

use resellguard::error::Kind;
use resellguard::reselling::account::Account;
use resellguard::secret::Secret;
use resellguard::seller::{ITEMTYPES, Seller, Trail};
use resellguard::settings::SellerSettings;
use scripted::{Answer, Authority, Scripted};
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// It has what has to be encoded in a form, and what is special in XML.
const PASSWORD: &str = "p&w=d+7% <ü>";
const WHOAMI: &str = r#"<doc><user level="16" name="shop" account="3"/><mgr version="6">billmgr</mgr></doc>"#;
const EMPTY: &str = "<doc><p_elems>0</p_elems></doc>";

fn settings() -> SellerSettings {
    SellerSettings {
        timeout: Duration::from_secs(20),
        requests_per_second: 1000,
        page: 500,
        ..SellerSettings::default()
    }
}

fn seller_at(url: &str, settings: &SellerSettings) -> Seller {
    Seller::new(&Account::new(url, "Shop").unwrap(), "Shop", Secret::new(PASSWORD), settings).unwrap()
}

fn plain(address: SocketAddr) -> Seller {
    seller_at(&format!("http://{address}/billmgr"), &settings())
}

#[test]
fn a_question_is_a_post_with_everything_in_the_body() {
    let server = Scripted::start(vec![Answer::xml(WHOAMI)]);
    let seller = plain(server.address);
    assert_eq!(seller.requests(), 0);
    assert_eq!(seller.whoami().unwrap().user, "shop");
    assert_eq!(seller.requests(), 1);
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "POST /billmgr HTTP/1.1");
    let form: Vec<_> = url::form_urlencoded::parse(asked[0].body.as_bytes()).into_owned().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let login = format!("Shop:{PASSWORD}");
    assert_eq!(form, [pair("func", "whoami"), pair("out", "xml"), pair("authinfo", &login)]);
    assert!(asked[0].headers.contains("user-agent: resellguard/"), "{}", asked[0].headers);
}

#[test]
fn nothing_that_is_asked_can_change_anything() {
    let form = "<doc><elid>7</elid><status>2</status></doc>";
    let mut script: Vec<Answer> = ITEMTYPES.iter().flat_map(|_| [Answer::xml(EMPTY), Answer::xml(form)]).collect();
    script.extend([Answer::xml(WHOAMI), Answer::xml(EMPTY), Answer::xml(EMPTY), Answer::xml(EMPTY)]);
    let server = Scripted::start(script);
    let seller = plain(server.address);
    for itemtype in ITEMTYPES {
        seller.listing(itemtype).unwrap();
        seller.form(itemtype, "7").unwrap();
    }
    seller.whoami().unwrap();
    for trail in [Trail::Journal, Trail::Authlog, Trail::History("7")] {
        seller.trail(trail).unwrap();
    }
    let asked = server.asked();
    assert_eq!(asked.len(), ITEMTYPES.len() * 2 + 4);
    for question in asked {
        assert!(!question.line.contains('?'), "{}", question.line);
        for (name, value) in url::form_urlencoded::parse(question.body.as_bytes()) {
            let known = ["func", "out", "authinfo", "elid", "p_cnt", "p_num"];
            let sorted = name == "p_col" && value == "-time";
            assert!(sorted || known.contains(&name.as_ref()), "{name}={value}");
        }
    }
    for (itemtype, id) in [("itemevent", "7"), ("vds", "7&sok=ok"), ("vds.suspend", "7"), ("vds", "")] {
        assert_eq!(seller.form(itemtype, id).unwrap_err().kind, Kind::Internal);
    }
    for function in ["itemevent", "vds.suspend", "checkevent", "vds&sok=ok"] {
        assert_eq!(seller.listing(function).unwrap_err().kind, Kind::Internal);
    }
    assert_eq!(server.asked().len(), ITEMTYPES.len() * 2 + 4, "a refused question was sent");
}

#[test]
fn a_page_after_the_other_is_asked_for_until_all_were_seen() {
    let page = |ids: std::ops::Range<u32>| {
        let rows: Vec<_> = ids.map(|id| format!("<elem><id>{id}</id><status>2</status></elem>")).collect();
        Answer::xml(format!("<doc>{}<p_elems>7</p_elems></doc>", rows.concat()))
    };
    let server = Scripted::start(vec![page(1..4), page(4..7), page(7..8)]);
    let few = SellerSettings { page: 3, ..settings() };
    let listing = seller_at(&format!("http://{}/billmgr", server.address), &few).listing("vds").unwrap();
    assert_eq!((listing.services.len(), listing.total_said, listing.requests), (7, Some(7), 3));
    assert!(listing.complete());
    for (number, question) in server.asked().iter().enumerate() {
        assert!(question.body.ends_with(&format!("&p_cnt=3&p_num={}", number + 1)), "{number}");
    }
}

#[test]
fn a_page_that_fails_fails_the_listing() {
    let first = "<doc><elem><id>1</id></elem><p_elems>2</p_elems></doc>";
    for second in [
        Answer::xml("<doc><elem><id>2</id></elem>"),
        Answer::xml("<doc><elem><id>2</id></elem><error type=\"db\"/></doc>"),
        Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n<doc><elem><id>2</id></elem></doc>".to_vec()),
        Answer::Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<doc>\r\n".to_vec()),
        Answer::status(500, ""),
    ] {
        let server = Scripted::start(vec![Answer::xml(first), second]);
        let error = plain(server.address).listing("vds").unwrap_err();
        assert!(matches!(error.kind, Kind::Answer | Kind::SellerUnreachable), "{error}");
        assert_eq!(server.asked().len(), 2);
    }
}

#[test]
fn a_seller_that_is_away_for_a_moment_is_asked_again_and_one_in_trouble_is_left() {
    let server = Scripted::start(vec![Answer::status(503, "busy"), Answer::status(502, ""), Answer::xml(WHOAMI)]);
    let seller = plain(server.address);
    assert!(seller.whoami().is_ok());
    assert_eq!(seller.requests(), 3);

    let server = Scripted::start(vec![Answer::status(503, "<html><title>Down</title>"); 9]);
    let error = plain(server.address).whoami().unwrap_err();
    assert_eq!(error.kind, Kind::SellerUnreachable);
    assert!(error.detail.contains("503") && error.detail.contains("Down"), "{error}");
    assert_eq!(server.asked().len(), 3);

    let server = Scripted::start(vec![Answer::status(500, ""); 9]);
    assert_eq!(plain(server.address).whoami().unwrap_err().kind, Kind::SellerUnreachable);
    assert_eq!(server.asked().len(), 1, "an answer that may have done work is not asked for again");
}

#[test]
fn a_refused_login_is_never_tried_again() {
    let refused = r#"<doc><error type="auth" object="badpassword" lang="en"><msg>Invalid username or password</msg></error></doc>"#;
    for answer in [Answer::xml(refused), Answer::status(403, "<html><title>DDoS-Guard</title>")] {
        let server = Scripted::start(vec![answer, Answer::xml(WHOAMI)]);
        let seller = plain(server.address);
        let error = seller.whoami().unwrap_err();
        assert_eq!(error.kind, Kind::SellerLogin);
        assert_eq!(seller.listing("vds").unwrap_err(), error);
        assert_eq!(seller.whoami().unwrap_err(), error);
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_service_that_is_not_there_is_not_found_and_the_next_question_is_still_asked() {
    let missed = r#"<doc><error type="missed" object="item"><msg>service with '9' does not exist</msg></error></doc>"#;
    let server = Scripted::start(vec![Answer::xml(missed), Answer::xml(WHOAMI)]);
    let seller = plain(server.address);
    let error = seller.form("vds", "9").unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.detail.contains("vds.edit") && error.detail.contains(&server.address.to_string()), "{error}");
    assert!(seller.whoami().is_ok());
}

#[test]
fn a_seller_that_is_silent_slow_or_gone_is_unreachable() {
    let hasty = SellerSettings { timeout: Duration::from_millis(300), ..settings() };
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<doc>".to_vec();
    for answer in [Answer::Silence, Answer::Endless(head, b" ".to_vec(), Duration::from_millis(20))] {
        let server = Scripted::start(vec![answer]);
        let seller = seller_at(&format!("http://{}/billmgr", server.address), &hasty);
        let error = seller.listing("vds").unwrap_err();
        assert_eq!(error.kind, Kind::SellerUnreachable, "{error}");
        assert!(error.detail.contains("300ms"), "{error}");
        assert_eq!(server.asked().len(), 1);
    }
    let seller = plain(scripted::nobody());
    let error = seller.whoami().unwrap_err();
    assert_eq!(error.kind, Kind::SellerUnreachable, "{error}");
    assert_eq!(seller.requests(), 3, "nothing was sent, so asking again was safe");
}

#[test]
fn an_endless_answer_is_cut_off() {
    let head = || b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<doc>".to_vec();
    let rows = b"<elem><id>1</id></elem>".repeat(5000);
    let name = "n".repeat(2 << 20);
    let server = Scripted::start(vec![Answer::xml(format!("<doc><{name}></doc>"))]);
    assert!(plain(server.address).whoami().unwrap_err().detail.len() < 1200, "an error as long as the answer");
    for (name, again) in [("whoami", rows.clone()), ("vds", vec![b'x'; 1 << 20]), ("vds", rows)] {
        let server = Scripted::start(vec![Answer::Endless(head(), again, Duration::ZERO)]);
        let seller = plain(server.address);
        let error = if name == "vds" { seller.listing("vds").err() } else { seller.whoami().err() }.unwrap();
        assert_eq!(error.kind, Kind::Answer, "{error}");
        let limit = ["larger than", "more than 100000 services"].iter().any(|words| error.detail.contains(words));
        assert!(limit, "{error}");
    }
}

#[test]
fn a_redirect_is_not_followed_and_its_target_is_named() {
    let elsewhere = Scripted::start(vec![Answer::xml(WHOAMI)]);
    let target = format!("http://{}/billmgr?auth=secret", elsewhere.address);
    for status in [301, 302, 307, 308] {
        let headers = vec![("Location", target.clone())];
        let server = Scripted::start(vec![Answer::Http { status, headers, body: Vec::new() }]);
        let error = plain(server.address).whoami().unwrap_err();
        assert_eq!(error.kind, Kind::Answer, "{error}");
        assert!(error.detail.contains(&format!("http://{}/billmgr;", elsewhere.address)), "{error}");
        assert!(!error.detail.contains("secret"), "{error}");
    }
    assert!(elsewhere.asked().is_empty(), "the login was sent on");
}

#[test]
fn plain_http_to_another_machine_is_refused_without_a_connection() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    // The name leads to this machine, but a name does not prove that.
    let account = Account::new(&format!("http://127.0.0.1.nip.example:{port}/billmgr"), "shop").unwrap();
    let error = Seller::new(&account, "shop", Secret::new(PASSWORD), &settings()).unwrap_err();
    assert_eq!(error.kind, Kind::SellerCertificate);
    assert!(!scripted::was_called(&listener));
    let insecure = SellerSettings { insecure: true, ..settings() };
    assert!(Seller::new(&account, "shop", Secret::new(PASSWORD), &insecure).is_ok());
}

#[test]
fn a_login_that_cannot_be_sent_is_refused() {
    let account = Account::new("https://seller.example/billmgr", "shop").unwrap();
    for (user, password) in [("sh:op", "x"), ("", "x"), ("shop", ""), ("sh\nop", "x")] {
        let error = Seller::new(&account, user, Secret::new(password), &settings()).unwrap_err();
        assert_eq!(error.kind, Kind::PanelFiles);
    }
}

#[test]
fn certificates_are_verified() {
    let dir = tempfile::tempdir().unwrap();
    let ours = Authority::new("ours");
    let other = Authority::new("other");
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, &ours.pem).unwrap();
    let trusting = SellerSettings { ca_file: Some(file.clone()), insecure: true, ..settings() };
    let ask = |tls| {
        let server = Scripted::start_tls(vec![Answer::xml(WHOAMI)], tls);
        let answer = seller_at(&format!("https://{}/billmgr", server.address), &trusting).whoami();
        (answer, server.asked().len())
    };
    let (answer, asked) = ask(ours.certificate("127.0.0.1", 2090));
    assert_eq!((answer.unwrap().user.as_str(), asked), ("shop", 1));
    for (tls, words) in [
        (other.certificate("127.0.0.1", 2090), "authority"),
        (ours.certificate("127.0.0.2", 2090), "another name"),
        (ours.certificate("127.0.0.1", 2021), "expired"),
    ] {
        let (answer, asked) = ask(tls);
        let error = answer.unwrap_err();
        assert_eq!(error.kind, Kind::SellerCertificate, "{error}");
        assert!(error.detail.contains(words), "{error}");
        assert_eq!(asked, 0, "the login was sent to a stranger");
    }

    for authority in [false, true] {
        let (tls, pem) = scripted::self_signed("127.0.0.1", authority);
        let (answer, asked) = ask(Arc::clone(&tls));
        assert_eq!((answer.unwrap_err().kind, asked), (Kind::SellerCertificate, 0));
        std::fs::write(&file, &pem).unwrap();
        let (answer, _) = ask(tls);
        assert!(answer.is_ok(), "authority {authority}: {answer:?}");
    }

    std::fs::write(&file, "no certificate").unwrap();
    let server = Scripted::start_tls(vec![], ours.certificate("127.0.0.1", 2090));
    let error = seller_at(&format!("https://{}/billmgr", server.address), &trusting).whoami().unwrap_err();
    assert_eq!(error.kind, Kind::Settings, "{error}");
}

/// The panel hands the browser's headers to us as `HTTP_*`, so a header `Proxy` is `HTTP_PROXY` in our environment.
#[test]
fn a_proxy_in_the_environment_is_not_used() {
    let dead = format!("http://{}", scripted::nobody());
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_question_is_a_post_with_everything_in_the_body"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, &dead);
    }
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

static LOGGED: Mutex<String> = Mutex::new(String::new());

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        writeln!(LOGGED.lock().unwrap(), "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

#[test]
fn the_password_is_in_no_error_no_debug_output_and_no_log_even_when_the_seller_repeats_it() {
    log::set_logger(&Listener).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let encoded: String = url::form_urlencoded::byte_serialize(PASSWORD.as_bytes()).collect();
    let inside = PASSWORD.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut shown = String::new();
    for answer in [
        Answer::xml(WHOAMI),
        Answer::xml(format!(
            r#"<doc><error type="auth" object="{inside}"><msg>Shop:{inside} is wrong</msg></error></doc>"#
        )),
        Answer::xml(format!("<doc><error type=\"value\"><msg>authinfo=Shop%3A{encoded}</msg></error></doc>")),
        Answer::xml(format!("<html><title>{PASSWORD}</title>")),
        Answer::xml(format!("<{encoded}>")),
        Answer::status(404, format!("<title>Shop:{PASSWORD}</title>")),
        Answer::Http { status: 302, headers: vec![("Location", format!("/x/{encoded}"))], body: Vec::new() },
        Answer::Silence,
    ] {
        let server = Scripted::start(vec![answer]);
        let hasty = SellerSettings { timeout: Duration::from_millis(500), ..settings() };
        let seller = seller_at(&format!("http://{}/billmgr", server.address), &hasty);
        let answer = seller.whoami();
        writeln!(shown, "{answer:?} {seller:?}").unwrap();
        if let Err(error) = answer {
            shown.push_str(&error.to_string());
        }
    }
    shown.push_str(&LOGGED.lock().unwrap());
    assert!(shown.contains("whoami") && shown.contains("HTTP 200"), "the log was not heard");
    assert!(shown.contains("***"), "nothing was hidden, so nothing was tested");
    for secret in [PASSWORD, encoded.as_str(), "p&amp;w", "p%26w"] {
        assert!(!shown.contains(secret), "{secret} in\n{shown}");
    }
}
