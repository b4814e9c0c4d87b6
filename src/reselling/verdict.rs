//! Who reads this account: from evidence to a verdict.
//!
//! One account in several modules of THIS panel is normal; the fault is a second panel (facts/billmanager 6.4, facts/peers 3).
//! A false alarm is worse than a late one. Not for gathering: that is `exclusivity`.

use super::account::Account;
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
    ForeignRemoteid { row: String, itemtype: String, remoteid: String, created: Option<String>, why: Foreign },
    /// Several live rows of one product carry the same id.
    DuplicateRemoteid { itemtype: String, remoteid: String, rows: Vec<String> },
    /// The seller has activated the service, polls came and went, and it still waits here.
    LostEvent { item: u64, itemtype: String, row: String, active_since: Timestamp, polls: u64 },
    /// The seller has activated the service and it waits here, but not long enough, or no poll was seen, to call it lost.
    LateEvent { item: u64, itemtype: String, row: String, active_since: Timestamp, polls: u64 },
    /// The same account in several modules of this panel.
    LocalDuplicate { modules: Vec<u64>, disabled: Vec<u64>, spelled: Vec<String> },
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
    /// Our service with this id is another product.
    OtherProduct,
    /// Our service with this id is served by a module that does not use this account.
    OtherModule,
}

impl Sign {
    /// The contract's name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ForeignRemoteid { .. } => "foreign_remoteid",
            Self::DuplicateRemoteid { .. } => "duplicate_remoteid",
            Self::LostEvent { .. } | Self::LateEvent { .. } => "lost_event",
            Self::LocalDuplicate { .. } => "local_duplicate",
        }
    }

    /// What the sign is about; with the kind it is the key under which it is remembered.
    pub fn subject(&self) -> String {
        match self {
            Self::ForeignRemoteid { row, itemtype, .. } => format!("{itemtype} {row}"),
            Self::DuplicateRemoteid { itemtype, remoteid, .. } => format!("{itemtype} {remoteid}"),
            Self::LostEvent { item, .. } | Self::LateEvent { item, .. } => item.to_string(),
            Self::LocalDuplicate { .. } => "modules".to_owned(),
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
    OneLostEvent,
    LateEvents,
    Oddities,
    NothingFound,
}

/// What the verdict needs to know besides the evidence.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// The listing of every product that this panel sells from the account was read to its end.
    pub read: bool,
    /// We have live services on the account.
    pub services_here: bool,
    /// At least one row of the listing carries an id.
    pub ids_shown: bool,
}

/// From evidence to the verdict. Pure; the whole table is here.
pub fn judge(sight: Sight, evidence: &[Evidence]) -> (Verdict, Rule) {
    let count = |kind: &str, least: Severity| {
        evidence.iter().filter(|one| one.sign.kind() == kind && one.severity >= least).count()
    };
    let lost = count("lost_event", Severity::Critical);
    let foreign_signs = count("foreign_remoteid", Severity::Warning) + count("duplicate_remoteid", Severity::Warning);
    if count("foreign_remoteid", Severity::Critical) > 0 {
        return (Verdict::Shared, Rule::ForeignOrders);
    }
    if lost >= 2 {
        return (Verdict::Shared, Rule::LostEvents);
    }
    if lost == 1 && foreign_signs > 0 {
        return (Verdict::Shared, Rule::LostEventAndForeignSign);
    }
    if lost == 1 {
        return (Verdict::Likely, Rule::OneLostEvent);
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

/// One account with its verdict.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judged {
    pub account: Account,
    pub verdict: Verdict,
    pub rule: Rule,
    pub evidence: Vec<Evidence>,
}
