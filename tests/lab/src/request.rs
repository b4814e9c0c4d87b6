//! A request as the core hands it to a function, and what the panel itself can do (`Functions`).

use crate::document::Node;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// `user.id`; 0 for root.
    pub id: u64,
    /// The login, or `root`.
    pub name: String,
    /// 30 root, 29 administrator, 16 customer (facts/billmanager 1.1 `user`).
    pub level: u8,
    /// `user.account`; 0 for staff.
    pub account: u64,
}

impl Caller {
    /// Who `mgrctl` works as.
    pub fn root() -> Self {
        Self { id: 0, name: "root".into(), level: 30, account: 0 }
    }
}

/// One call of one function.
#[derive(Clone, Debug)]
pub struct Request {
    pub function: String,
    /// In the order they came; without `func`, `out`, `auth`, `authinfo`, `lang`.
    pub params: Vec<(String, String)>,
    /// The query string as it came, url-encoded.
    pub query: String,
    pub caller: Caller,
    /// The client's address; for `mgrctl` the value of `SSH_CONNECTION` (facts/coremanager 5.1).
    pub ip: String,
    /// `en` or `ru`.
    pub language: String,
    /// `HTTP_*` for handlers, without the prefix.
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// An error of the panel's own grammar: `<error type= object= value=>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelError {
    pub kind: String,
    pub object: String,
    pub value: String,
    pub message: String,
}

/// What the panel can do without any plugin. The core owns the pipeline around it: rights, events, handlers, output.
pub trait Functions: Send + Sync {
    /// The least level that may call the function; `None` when there is no such function.
    fn level(&self, function: &str) -> Option<u8>;

    /// Runs the function and returns its document: `<doc>` with `<elem>` rows for a list, fields for a form, `<ok/>` for an
    /// action. Metadata and messages are added by the core.
    ///
    /// # Errors
    /// What the panel would answer as an error document.
    fn run(&self, request: &Request) -> Result<Node, PanelError>;

    /// The panel's own descriptor: `<mgrdata>` with the metadata and messages of its lists, forms and menu.
    fn descriptor(&self) -> String;

    /// Login by name and password, for sessions and `authinfo`.
    ///
    /// # Errors
    /// `auth` with the panel's object (`badpassword`, `badip`, ...).
    fn login(&self, name: &str, password: &str, ip: &str) -> Result<Caller, PanelError>;

    /// The user behind `su=`.
    fn user(&self, name: &str) -> Option<Caller>;
}
