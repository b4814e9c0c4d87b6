//! HTTP and HTTPS on 127.0.0.1: the API with `out=`, the web page without (facts/coremanager 5.2).

pub mod fault;
mod tls;

use crate::core::Core;
use crate::core::finish;
use crate::core::options::Scheme;
use crate::core::output::{Format, write};
use crate::core::pipeline::{Call, Origin};
use crate::core::web;
use crate::document::Node;
use crate::request::{Caller, PanelError};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum_server::Handle;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The cookie of a session, and the cookie with theme and language.
pub const SESSION_COOKIE: &str = "billmgrses5";
pub const LANGUAGE_COOKIE: &str = "billmgrlang5";
/// The largest request that is read (16 MiB).
const REQUEST: usize = 16 << 20;

/// One HTTP request, read.
#[derive(Debug)]
pub struct Incoming {
    pub path: String,
    pub params: Vec<(String, String)>,
    /// Query string and form, as they came.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub ip: String,
}

impl Incoming {
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case("cookie"));
        cookies
            .flat_map(|(_, value)| value.split(';'))
            .find_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }

    /// `lang=`, else the cookie, else English.
    pub fn language(&self) -> &'static str {
        let cookie = self.cookie(LANGUAGE_COOKIE).unwrap_or_default();
        let cookie = cookie.rsplit(':').next().unwrap_or_default();
        let wanted = if self.param("lang").is_empty() { cookie } else { self.param("lang") };
        if wanted == "ru" { "ru" } else { "en" }
    }
}

/// What goes back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn new(content_type: &str, body: String) -> Self {
        Self { status: 200, headers: vec![("content-type", content_type.to_owned())], body }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The listening side of a panel. It stops when it is dropped.
pub struct Server {
    handle: Handle<SocketAddr>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Server {
    pub fn start(core: &Arc<Core>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket for tokio");
        let port = listener.local_addr().expect("the port").port();
        let scheme = if matches!(core.options.scheme, Scheme::Http) { "http" } else { "https" };
        core.host.set(format!("{scheme}://127.0.0.1:{port}")).expect("started once");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("panel")
            .enable_all()
            .build()
            .expect("a runtime");
        let handle = Handle::new();
        let app = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(core))
            .into_make_service_with_connect_info::<SocketAddr>();
        // The listener becomes tokio's own, which needs the runtime around it.
        let _inside = runtime.enter();
        match &core.options.scheme {
            Scheme::Http => {
                let server = axum_server::from_tcp(listener).expect("a server").handle(handle.clone());
                runtime.spawn(server.serve(app));
            }
            Scheme::Https { authority, certificate } => {
                let config = tls::config(authority, *certificate);
                let server = axum_server::from_tcp_rustls(listener, config).expect("a server").handle(handle.clone());
                runtime.spawn(server.serve(app));
            }
        }
        Self { handle, runtime: Some(runtime) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.shutdown();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(
    State(core): State<Arc<Core>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    core.requests.fetch_add(1, Ordering::SeqCst);
    let fault = core.fault.lock().expect("the fault").clone();
    if core.stopped.load(Ordering::SeqCst) {
        return fault::dropped();
    }
    if let Some(answer) = fault::instead(&fault) {
        return answer;
    }
    fault::delay(&fault).await;
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST).await else { return plain(413, "too large") };
    let query = parts.uri.query().unwrap_or_default();
    let form = String::from_utf8_lossy(&body);
    let query = if query.is_empty() || form.is_empty() { format!("{query}{form}") } else { format!("{query}&{form}") };
    let incoming = Incoming {
        path: parts.uri.path().to_owned(),
        params: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        query,
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        ip: from.ip().to_string(),
    };
    // Functions and handlers are ordinary blocking code.
    let reply = tokio::task::spawn_blocking(move || respond(&core, &incoming)).await;
    let Ok(reply) = reply else { return plain(500, "the panel broke; its message is in the test's output") };
    fault::apply(&fault, reply)
}

fn plain(status: u16, text: &str) -> Response {
    let response = Response::builder().status(status).body(Body::from(text.to_owned()));
    response.unwrap_or_default()
}

fn respond(core: &Core, incoming: &Incoming) -> Reply {
    match incoming.path.as_str() {
        "/billmgr" | "/manager/billmgr" if !incoming.param("out").is_empty() => api(core, incoming),
        "/" | "/billmgr" | "/manager/billmgr" | "/billmgr/press" => web::respond(core, incoming),
        _ => Reply {
            status: 404,
            ..Reply::new("text/html; charset=UTF-8", "<html><body><h1>Not Found</h1><br></body></html>".into())
        },
    }
}

/// A call of the API. Errors are documents with HTTP status 200.
fn api(core: &Core, incoming: &Incoming) -> Reply {
    let Some(format) = Format::named(incoming.param("out")) else {
        return Reply { status: 400, ..Reply::new("text/plain; charset=UTF-8", "unknown output format\n".into()) };
    };
    let write = |doc: &Node| Reply::new(format.content_type(), write(doc, format, core.options.json_with_metadata));
    let param = |name: &str| incoming.param(name).to_owned();
    let mut call = call(incoming);
    if call.function == "auth" {
        return match core.login(&param, &incoming.ip) {
            Ok((id, caller)) => {
                let auth = Node::leaf("auth", id.clone());
                let auth = auth.attribute("id", id.clone()).attribute("level", caller.level.to_string());
                write(&finish::head(core, &call).with(auth)).header("set-cookie", session_cookie(&id))
            }
            Err(error) => write(&failed(core, &call, &error)),
        };
    }
    let caller = core.identify(&param, incoming.cookie(SESSION_COOKIE), &incoming.ip);
    match caller.and_then(|caller| core.act_as(caller, incoming.param("su"))) {
        Ok((caller, behind)) => {
            (call.caller, call.behind) = (caller, behind);
            write(&core.process(&call))
        }
        Err(error) => write(&failed(core, &call, &error)),
    }
}

/// The document for a request whose caller is not known or not allowed.
pub fn failed(core: &Core, call: &Call, error: &PanelError) -> Node {
    finish::document(core, &core.registry(), call, finish::head(core, call).with(finish::error(error)))
}

pub fn session_cookie(id: &str) -> String {
    format!("{SESSION_COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict")
}

/// The call of a request, by nobody yet.
pub fn call(incoming: &Incoming) -> Call {
    Call {
        origin: Origin::Http,
        function: incoming.param("func").to_owned(),
        params: incoming.params.clone(),
        query: incoming.query.clone(),
        caller: Caller { id: 0, name: "nobody".into(), level: 0, account: 0 },
        behind: None,
        ip: incoming.ip.clone(),
        language: incoming.language().to_owned(),
        headers: incoming.headers.clone(),
    }
}
