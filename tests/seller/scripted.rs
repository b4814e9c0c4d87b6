//! A server that says what it was told to say, once each, and remembers what it was asked.
//!
//! One call more than the script has is answered with HTTP 500, so it shows in the test that made it.

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with a request that it has read.
#[derive(Clone)]
pub enum Answer {
    Http {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// These bytes, and the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, and then the second ones over and over until the client has had enough.
    Endless(Vec<u8>, Vec<u8>, Duration),
    /// Nothing, until the client goes away.
    Silence,
}

impl Answer {
    pub fn xml(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Http { status, headers: Vec::new(), body: body.into() }
    }
}

/// A request: the first line and the body.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub headers: String,
    pub body: String,
}

pub struct Scripted {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    pub fn start(script: Vec<Answer>) -> Self {
        Self::serve(script, None)
    }

    pub fn start_tls(script: Vec<Answer>, tls: Arc<rustls::ServerConfig>) -> Self {
        Self::serve(script, Some(tls))
    }

    fn serve(script: Vec<Answer>, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut script = script.into_iter();
            for stream in listener.incoming().flatten() {
                // What goes wrong on this side is the client leaving, which is what many of the tests are about.
                let _ = match &tls {
                    None => serve_one(stream, &mut script, &memory),
                    Some(tls) => {
                        let session = rustls::ServerConnection::new(Arc::clone(tls)).unwrap();
                        serve_one(rustls::StreamOwned::new(session, stream), &mut script, &memory)
                    }
                };
            }
        });
        Self { address, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve_one(
    stream: impl Read + Write,
    script: &mut impl Iterator<Item = Answer>,
    asked: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let mut headers = String::new();
    let mut length = 0;
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header)? == 0 {
            return Ok(());
        }
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        headers.push_str(&header);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    asked.lock().unwrap().push(Asked { line: line.trim().to_owned(), headers, body });
    let answer = script.next().unwrap_or_else(|| Answer::status(500, "one call too many"));
    let out = stream.get_mut();
    match answer {
        Answer::Http { status, headers, body } => {
            write!(out, "HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n", body.len())?;
            for (name, value) in headers {
                write!(out, "{name}: {value}\r\n")?;
            }
            out.write_all(b"\r\n")?;
            out.write_all(&body)?;
            out.flush()
        }
        Answer::Raw(bytes) => {
            out.write_all(&bytes)?;
            out.flush()
        }
        Answer::Endless(first, again, pause) => {
            out.write_all(&first)?;
            loop {
                out.write_all(&again)?;
                out.flush()?;
                std::thread::sleep(pause);
            }
        }
        Answer::Silence => stream.read_to_end(&mut Vec::new()).map(|_| ()),
    }
}

/// A port on which nothing listens any more.
pub fn nobody() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

/// A certificate authority made for one test.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A server's certificate for `name`, valid until the end of `last_year`.
    pub fn certificate(&self, name: &str, last_year: i32) -> Arc<rustls::ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        server(&certificate, &key)
    }
}

/// A certificate that signs itself, with or without calling itself an authority (as `openssl req -x509` makes it), and its PEM.
pub fn self_signed(name: &str, authority: bool) -> (Arc<rustls::ServerConfig>, String) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (server(&certificate, &key), certificate.pem())
}

fn server(certificate: &Certificate, key: &KeyPair) -> Arc<rustls::ServerConfig> {
    rustls::crypto::ring::default_provider().install_default().ok();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap())
}

/// Waits for a connection and says whether there was one.
pub fn was_called(listener: &TcpListener) -> bool {
    listener.set_nonblocking(true).unwrap();
    listener.accept().map(|(stream, _): (TcpStream, _)| stream).is_ok()
}
