//! Who reads this account: from evidence to a verdict.
//!
//! One account in several modules of THIS panel is normal; the fault is a second panel (facts/billmanager 6.4, facts/peers 3).
//! A false alarm is worse than a late one. Not for gathering: that is `exclusivity`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer for one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The seller was read and nothing points at a second reader.
    Exclusive,
    /// The seller could not be read, or does not show what is needed.
    Unknown,
    /// Something is odd, and has an innocent explanation too.
    Possible,
    /// An event of ours was lost.
    Likely,
    /// Another panel orders on this account, or takes its events again and again.
    Shared,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Exclusive => "exclusive",
            Self::Unknown => "unknown",
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Shared => "shared",
        }
    }

    /// On such an account our id alone does not prove a link. Where it is not known who reads, others may.
    pub fn others_may_read(self) -> bool {
        matches!(self, Self::Unknown | Self::Likely | Self::Shared)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

/// How much one piece of evidence weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, no sign of a second reader.
    Info,
    /// A sign that has innocent explanations.
    Warning,
    /// A sign that has none that we know of.
    Critical,
}

/// What was seen, with what a person needs to look at it themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sign {
    /// A row of the seller carries an id that is no service of this panel.
    ForeignRemoteid {
        row: String,
        itemtype: String,
        remoteid: String,
        created: Option<String>,
        why: Foreign,
        /// The seller has deleted it.
        #[serde(default)]
        deleted: bool,
    },
    /// Several live rows of one product carry the same id.
    DuplicateRemoteid { itemtype: String, remoteid: String, rows: Vec<String> },
    /// The seller has activated the service, polls came and went, and it still waits here.
    LostEvent { item: u64, itemtype: String, row: String, active_since: Timestamp, polls: u64 },
    /// The seller has activated the service and it waits here, but not long enough, or no poll was seen, to call it lost.
    LateEvent { item: u64, itemtype: String, row: String, active_since: Timestamp, polls: u64 },
    /// An earlier check saw the event lost. The service has not waited any more since `ended`, for it was repaired; `None` when it still
    /// waits, and nothing that was seen since would show the loss anew.
    LostBefore { item: u64, itemtype: String, row: String, active_since: Timestamp, ended: Option<Timestamp> },
    /// The module's log: the event was gone when this panel wanted it.
    MissedEvent { event: u64, item: Option<u64>, at: Timestamp },
    /// The module's log: the seller told this panel about a service that this panel does not have and never had.
    ForeignItem { item: u64, at: Timestamp, times: u64 },
    /// The account was used at the seller from an address that is none of ours. Times as the seller writes them.
    ForeignAddress { address: String, times: u64, first: String, last: String, functions: Vec<String>, own_named: bool },
    /// Not one event came with any poll although services wait.
    SilentPoll { polls: u64, since: Timestamp, waiting: u64 },
    /// The same account in several modules of this panel.
    LocalDuplicate { modules: Vec<u64>, disabled: Vec<u64>, spelled: Vec<String> },
    /// The owner's list of panels names another one with this account.
    FleetDuplicate { panel: String, listed: Option<String>, outdated: bool },
}

/// Why an id is foreign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Foreign {
    /// `l123`, `a123`: ids of a WHMCS client (facts/billmanager 1.4).
    Whmcs,
    /// Not a number, and not of the WHMCS shape.
    NotANumber,
    /// Greater than the highest id this panel has given out.
    NeverGivenOut,
    /// No service of this panel, neither now nor in its history.
    NeverWas,
    /// No service of this panel now, and its history does not reach back to the order: it may have been one.
    BeforeHistory,
    /// No service of this panel any more, and its module's log shows that it ordered this one: a panel that was restored from a backup
    /// does not know what it ordered after it.
    Forgotten,
    /// Our service with this id is another product.
    OtherProduct,
    /// Our service with this id is served by a module that does not use this account.
    OtherModule,
    /// Our service with this id is another product, whose list the seller does not show: this one may show it instead.
    OtherList,
}

impl Foreign {
    /// One of ours on its way, or of long ago: a service that was moved to another module (the vendor's own remedy) keeps its row on
    /// the account and is no order of another panel.
    pub(super) fn may_be_ours(self) -> bool {
        matches!(self, Self::OtherModule | Self::OtherList | Self::Forgotten | Self::BeforeHistory)
    }
}

impl Sign {
    /// The contract's name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ForeignRemoteid { .. } => "foreign_remoteid",
            Self::DuplicateRemoteid { .. } => "duplicate_remoteid",
            Self::LostEvent { .. } | Self::LateEvent { .. } | Self::LostBefore { .. } => "lost_event",
            Self::MissedEvent { .. } => "missed_event",
            Self::ForeignItem { .. } => "foreign_item",
            Self::ForeignAddress { .. } => "foreign_address",
            Self::SilentPoll { .. } => "silent_poll",
            Self::LocalDuplicate { .. } => "local_duplicate",
            Self::FleetDuplicate { .. } => "fleet_duplicate",
        }
    }

    /// The id is somebody else's.
    fn is_foreign_id(&self) -> bool {
        matches!(self, Self::ForeignRemoteid { why, .. } if !why.may_be_ours())
    }

    /// What the sign is about; with the kind it is the key under which it is remembered.
    pub fn subject(&self) -> String {
        match self {
            Self::ForeignRemoteid { row, itemtype, .. } => format!("{itemtype} {row}"),
            Self::DuplicateRemoteid { itemtype, remoteid, .. } => format!("{itemtype} {remoteid}"),
            Self::LostEvent { item, .. }
            | Self::LateEvent { item, .. }
            | Self::LostBefore { item, .. }
            | Self::ForeignItem { item, .. } => item.to_string(),
            Self::MissedEvent { event, .. } => event.to_string(),
            Self::ForeignAddress { address, .. } => address.clone(),
            Self::SilentPoll { .. } => "polls".to_owned(),
            Self::LocalDuplicate { .. } => "modules".to_owned(),
            Self::FleetDuplicate { panel, .. } => panel.clone(),
        }
    }
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub sign: Sign,
    pub severity: Severity,
    /// How many checks have seen it.
    pub count: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// The rule that decided, said with the verdict so that a person can argue with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    SellerNotRead,
    SellerHidesRemoteid,
    ForeignOrders,
    LostEvents,
    LostEventAndForeignSign,
    /// Two signs that do not depend on each other.
    SeveralSigns,
    OneLostEvent,
    /// The owner's own list says that another panel has the account.
    NamedTwice,
    /// Somebody asks the seller for events from an address that is not ours.
    EventsAskedElsewhere,
    /// Events were gone, or were about services of somebody else, again and again.
    StrangeEvents,
    LateEvents,
    Oddities,
    NothingFound,
}

/// What was looked at, and how far back it reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When the seller's lists were read; `None` when they were not.
    pub listing: Option<Timestamp>,
    /// Since when the account has been checked and remembered.
    pub watched_since: Option<Timestamp>,
    /// The oldest `checkevent` that is remembered.
    pub polls_since: Option<Timestamp>,
    /// The oldest line of the module's log that was read.
    pub log_since: Option<Timestamp>,
}

/// What would change the verdict, beside the rule that decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WouldChange(pub Rule);

/// What the verdict needs to know besides the evidence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sight {
    /// The listing of every product that this panel sells from the account was read to its end.
    pub read: bool,
    /// We have live services on the account.
    pub services_here: bool,
    /// At least one row of the listing carries an id.
    pub ids_shown: bool,
}

/// From evidence to the verdict. Pure; the whole table is here.
///
/// A foreign order made since this panel's first one, and events lost twice, are proof. Every other strong sign could be a
/// list that is out of date, an address that was forgotten, one order that went wrong: alone it is `likely`, and two of
/// different kinds are proof, for they do not fail together.
pub fn judge(sight: Sight, evidence: &[Evidence]) -> (Verdict, Rule) {
    let count = |kind: &str, least: Severity| {
        evidence.iter().filter(|one| one.sign.kind() == kind && one.severity >= least).count()
    };
    let lost = count("lost_event", Severity::Critical);
    let strange_events = count("missed_event", Severity::Warning) + count("foreign_item", Severity::Warning);
    let foreign_ids = evidence.iter().any(|one| one.severity >= Severity::Warning && one.sign.is_foreign_id());
    if count("foreign_remoteid", Severity::Critical) > 0 {
        return (Verdict::Shared, Rule::ForeignOrders);
    }
    if lost >= 2 {
        return (Verdict::Shared, Rule::LostEvents);
    }
    if lost == 1 && (foreign_ids || strange_events > 0) {
        return (Verdict::Shared, Rule::LostEventAndForeignSign);
    }
    let strong = [
        (lost == 1, Rule::OneLostEvent),
        (count("fleet_duplicate", Severity::Critical) > 0, Rule::NamedTwice),
        (count("foreign_address", Severity::Critical) > 0, Rule::EventsAskedElsewhere),
        (strange_events >= 2, Rule::StrangeEvents),
    ];
    let mut strong = strong.into_iter().filter_map(|(seen, rule)| seen.then_some(rule));
    match (strong.next(), strong.next()) {
        (Some(_), Some(_)) => return (Verdict::Shared, Rule::SeveralSigns),
        (Some(rule), None) => return (Verdict::Likely, rule),
        _ => {}
    }
    // What was seen of a part of the account counts; that nothing else was seen does not.
    if !sight.read {
        return (Verdict::Unknown, Rule::SellerNotRead);
    }
    if count("lost_event", Severity::Warning) > 0 {
        return (Verdict::Possible, Rule::LateEvents);
    }
    if evidence.iter().any(|one| one.severity >= Severity::Warning) {
        return (Verdict::Possible, Rule::Oddities);
    }
    if sight.services_here && !sight.ids_shown {
        return (Verdict::Unknown, Rule::SellerHidesRemoteid);
    }
    (Verdict::Exclusive, Rule::NothingFound)
}
