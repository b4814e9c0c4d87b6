//! Settings of a panel: what a real one would be configured to, and every guess where the facts are silent.
//!
//! The guesses are listed in the lab's README with the section of the facts that leaves the question open.

use crate::core::authority::Authority;
use std::sync::Arc;
use std::time::Duration;

/// How a selection of several rows reaches a function (facts/coremanager 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultiSelect {
    /// One call, `elid=1, 2, 3`.
    OneCall,
    /// One call per row; the whole list only in `QUERY_STRING` and `PARAM_elids`. The first answer is shown.
    PerElement,
}

/// What a bare name in `level="admin"` means (facts/coremanager, not confirmed 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareLevel {
    Exact,
    AtLeast,
}

/// How the panel is reached.
#[derive(Clone, Debug)]
pub enum Scheme {
    Http,
    Https { authority: Arc<Authority>, certificate: Certificate },
}

/// Which certificate the panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// By the authority, for 127.0.0.1 and localhost.
    Good,
    /// By another authority, which nobody trusts.
    ForeignAuthority,
    /// By the authority, for another host.
    WrongHost,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub scheme: Scheme,
    pub multi_select: MultiSelect,
    /// Added to the environment of every handler: the lab is not in /usr/local/mgr5, a handler may have to be told where.
    pub extra_env: Vec<(String, String)>,
    /// `PATH` of handlers.
    pub handler_path: String,
    /// A guess: no timeout of handlers is documented (facts/coremanager 2.4).
    pub handler_timeout: Duration,
    pub bare_level: BareLevel,
    /// Whether `<func level= | minlevel=>` in a `<handler>` is obeyed. Documented for the previous generation only.
    pub func_level: bool,
    /// Whether `<include name="service"/>` brings what plugins merged into `service` (likely, unproven).
    pub includes_see_plugins: bool,
    /// Whether script events run for internal calls (not confirmed 2).
    pub events_on_internal_calls: bool,
    /// Whether `<handler ignore_errors="yes">` lets the function go on when its event handler breaks (meaning by name only).
    pub ignore_errors: bool,
    /// The exit status of `mgrctl` when the answer is an error document: 0 in some builds (facts/coremanager 5.1).
    pub mgrctl_error_status: u8,
    /// Whether `out=json` carries metadata and messages, as in facts/billmanager 6.3.
    pub json_with_metadata: bool,
    /// `Option RestrictAuthinfo`: calls with `authinfo` are refused.
    pub restrict_authinfo: bool,
    /// Features for `if="..."` in metadata.
    pub features: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scheme: Scheme::Http,
            multi_select: MultiSelect::OneCall,
            extra_env: Vec::new(),
            handler_path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
            handler_timeout: Duration::from_mins(1),
            bare_level: BareLevel::Exact,
            func_level: false,
            includes_see_plugins: true,
            events_on_internal_calls: true,
            ignore_errors: true,
            mgrctl_error_status: 1,
            json_with_metadata: true,
            restrict_authinfo: false,
            features: Vec::new(),
        }
    }
}
