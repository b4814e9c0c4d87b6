//! What was looked at before it is concluded. Not for what is concluded of it: that is the module above.

use crate::reselling::decision::Reason;
use crate::reselling::ids::ModuleId;
use crate::reselling::link::Linked;
use crate::reselling::service::LocalService;
use crate::reselling::verdict::Verdict;
use jiff::SignedDuration;
use jiff::civil::DateTime;

/// Everything that was looked at. What could not be looked at is absent, and no conclusion rests on it.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// The panel's local time, as everything here that is a time.
    pub now: DateTime,
    /// How long a delivered service may wait before it counts as stuck.
    pub stuck_after: SignedDuration,
    /// Or why this panel could not be read.
    pub service: Result<&'a LocalService, Hidden>,
    /// Its status here as the database has it.
    pub status_code: Option<i64>,
    pub served: Served,
    pub seller: Seller<'a>,
    /// What `whoami` said, where it was asked.
    pub standing: Standing,
    /// The last verdict on the service's account; `None` when it was never checked.
    pub verdict: Option<Verdict>,
    /// What the module's log says of this service, newest first.
    pub heard: &'a [Heard],
    /// What else it holds about this service.
    pub logged: Logged,
    /// Its id at the seller is not known, so that lines with that one alone were not looked for.
    pub other_id_unknown: bool,
    pub panel: Panel,
    /// Since when the service has been seen delivered there and waiting here, and how many polls came and went since.
    pub delivered_since: Option<DateTime>,
    pub polls_since: u64,
    /// A call of ours about the service that was not answered, and may still be at work.
    pub call_under_way: Option<(String, String)>,
    /// Why a repair would not act now; `None` when it would, or there is no plan.
    pub hindered: Option<Reason>,
}

/// By which module the service is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// A module that buys from a seller.
    Reselling {
        active: bool,
    },
    /// Another module, or none.
    Other(Other),
    /// The manual module, where an interrupted repair has left it; its own is this one.
    OnManual {
        own: u64,
    },
    /// A reselling module whose login cannot be read.
    Unreadable {
        detail: String,
    },
    NotRead,
}

/// What serves a service that is not bought from a seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    NoModule,
    /// A module that this panel does not have (any more).
    Gone(ModuleId),
    /// The file of a module that the settings do not name.
    Module(String),
}

/// What the seller showed.
#[derive(Clone, Debug)]
pub enum Seller<'a> {
    NotAsked,
    Refused { refusal: Refusal, detail: String },
    Read(Seen<'a>),
}

/// Why the seller could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    TwoFactor,
    Address,
    Captcha,
    Login,
    Rights,
    /// Its certificate is not trusted, or the address is plain `http://`.
    Untrusted,
    Unreachable,
    /// What answers is not understood.
    Answer,
}

/// The service as it was found, or not found, in what the seller showed.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    pub linked: Linked<'a>,
    /// Nothing can be missing in what was read.
    pub whole: bool,
    /// What was read shows which service is whose.
    pub ids_shown: bool,
    /// Who has to confirm a certificate.
    pub approver: Option<&'a str>,
}

/// How the account stands at the seller; empty where it was not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// `12.50 EUR`.
    pub balance: Option<String>,
    /// The balance is not above zero.
    pub broke: bool,
    pub may_suspend: Option<bool>,
    pub may_delete: Option<bool>,
}

impl Standing {
    /// There is money, which may be too little for something.
    pub fn in_funds(&self) -> bool {
        self.balance.is_some() && !self.broke
    }
}

/// One thing that the module's log says about the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub what: HeardOf,
    pub at: Option<DateTime>,
    /// The error as the log has it, one line.
    pub text: String,
}

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeardOf {
    /// The event was gone when this panel wanted it.
    EventMissed,
    /// The event came, and could not be applied.
    EventFailed,
    Login,
    Rights,
    Money,
    Connection,
    Other,
}

/// Why the service could not be read on this panel; the text names the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Told not to.
    Offline,
    /// Our own settings are wrong.
    Settings(String),
    /// The panel's own files are missing, as in a copy, or wrong.
    Files(String),
    Database(String),
}

/// What the module's log holds about the service, beside its errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logged {
    /// There is none.
    Absent,
    /// A part of it could not be read, and the rest does not mention it.
    Unread,
    /// It does not mention it, as far back as the service is waiting.
    Silent { since: Option<DateTime> },
    /// It is too long to be read again for that.
    Long,
    /// It mentions it; the last error in what was done there.
    Told { last: Option<DateTime>, error: Option<String> },
}

/// The panel around the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// `etc/billmgr.DoNothing` exists.
    pub do_nothing: bool,
    pub schedule: Scheduled,
    /// When `checkevent` was last seen; `None` when it never was, or nobody looked.
    pub last_poll: Option<DateTime>,
}

/// Whether the schedule starts `checkevent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheduled {
    Yes,
    Commented,
    Missing,
    #[default]
    Unknown,
}
