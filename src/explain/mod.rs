//! Why is this service stuck: four sources looked at, one conclusion. `reselling::conclusion` concludes; here is what is looked at,
//! and what could not be. Nothing is changed, not even the journal, so that it works on a copied tree.

mod heard;
mod there;
mod unread;

use crate::billmgr::{Change, operations_stopped, schedule};
use crate::error::{Error, Kind};
use crate::handover::{self, Moment};
use crate::journal::Journal;
use crate::modulelog::{Finding, Story};
use crate::reading::{AccountHere, Here};
use crate::report::Checked;
use crate::reselling::conclusion::{
    Conclusion, Hidden, Logged, Other, Panel, Scheduled, Seen, Seller, Served, Situation, Standing, conclude,
};
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::ItemId;
use crate::reselling::link::Link;
use crate::reselling::plan::Planned;
use crate::reselling::service::{LocalService, SellerService};
use crate::reselling::status::Status;
use crate::reselling::way::Hitch;
use crate::root::Root;
use crate::seller::{Whoami, refusal};
use crate::settings::ResellingSettings;
use crate::sync::{on_manual, plan_of, under_way};
use heard::Linked;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use there::Asked;
pub use unread::{Source, Unread};

/// How many lines of the service's history are shown.
const HISTORY: u32 = 10;

/// What may be looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Neither the database nor the seller, although they may answer: a copied tree must not log in with its owner's password.
    pub offline: bool,
}

/// The answer with everything it rests on.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub item: ItemId,
    pub conclusion: Conclusion,
    pub local: Option<LocalService>,
    /// Its status as the database has it, where that is none of the known.
    pub status_code: Option<i64>,
    pub served: Served,
    pub history: Vec<Change>,
    pub panel: Panel,
    pub schedule: schedule::Schedule,
    /// `https://host/billmgr#user`.
    pub account: Option<String>,
    pub checked: Option<Checked>,
    pub delivered_since: Option<DateTime>,
    pub polls_since: u64,
    pub row: Option<SellerService>,
    pub link: Option<Link>,
    /// Whether the seller's list was read to its end: its form alone, or a part of the list, does not show a second row with our id.
    pub whole_list: Option<bool>,
    /// Whether the seller has what the id stored here names; `None` when not everything was seen, or none is stored.
    pub stored_found: Option<bool>,
    /// When the seller opened the service, as its form says.
    pub opened: Option<String>,
    pub whoami: Option<Whoami>,
    /// How many requests were sent to the seller.
    pub requests: u32,
    /// What the log says of the service, newest first.
    pub findings: Vec<Finding>,
    /// What the thread did that failed, or the last one that was about it.
    pub story: Option<Story>,
    pub logged: Logged,
    pub other_id_unknown: bool,
    pub plan: Option<Planned>,
    /// What was not looked at, and why.
    pub unread: Vec<(Source, Unread)>,
}

impl Explanation {
    /// 1 when there was nothing to conclude from.
    pub fn exit_status(&self) -> u8 {
        u8::from(matches!(self.conclusion, Conclusion::NotRead { .. }))
    }
}

/// Explains one service.
///
/// # Errors
/// `Kind::NotFound`: this panel has no such service. `Kind::Database`: its database broke off in the middle. What cannot be looked at
/// at all is in the answer.
pub fn explain(root: &Root, item: ItemId, options: Options) -> Result<Explanation, Error> {
    let mut unread = Vec::new();
    let here = here(root, options, &mut unread);
    let local = here.as_ref().map(|here| here.services(&[item])).transpose()?.and_then(|mut all| all.pop());
    let journal = Journal::look(root).or_else(|error| {
        unread.push((Source::Account, error.into()));
        Journal::empty()
    })?;
    let (served, account) = served(here.as_ref(), local.as_ref(), &journal)?;
    let name = account.map(|account| account.account.to_string());
    let checked = journal.checked::<Checked>()?.into_iter().find(|checked| Some(&checked.account) == name.as_ref());
    if name.is_none() {
        unread.push((Source::Account, without_account(local.as_ref())));
    } else if checked.is_none() {
        unread.push((Source::Account, Unread::NeverChecked));
    }
    let mut asked = asked(account, local.as_ref(), options, &mut unread);
    if let (Some(here), Some(account), Some(Ok(asked)), Some(local)) = (&here, account, &mut asked, &local) {
        asked.others = here.for_comparison(account, std::slice::from_ref(local))?;
    }
    let whoami = match (&asked, account, &local) {
        (Some(Ok(asked)), Some(account), Some(local)) => there::standing(account, local, asked),
        _ => None,
    };
    let seen = asked.as_ref().and_then(|asked| asked.as_ref().ok());
    let row = seen.zip(local.as_ref()).and_then(|(seen, local)| seen.link(local).seller.cloned());
    let linked = Linked { local: local.as_ref(), row: row.as_ref(), seller_read: seen.is_some() };
    let heard::Told { findings, story, logged, other_id_unknown } = heard::told(root, item, linked, &mut unread);
    let polls = polls(root, &journal)?;
    let delivered_since = account.map(|account| journal.delivered_since(&account.account, item)).transpose()?.flatten();
    let schedule = schedule::checkevent(root);
    let plan = match (&here, account, seen, &local) {
        (Some(here), Some(account), Some(seen), Some(local)) => {
            let others = checked.as_ref().is_none_or(Checked::others_may_read);
            let mut plan = plan_of(here, account, &journal, local.clone(), (&seen.listing, &seen.others), others)?;
            if let Served::OnManual { own } = served {
                plan.refuse(Decision::Wait, Reason::Way(Hitch::OnManual { module: own, why: None, from: None }));
            }
            Some(plan)
        }
        _ => None,
    };
    let strange = local.as_ref().is_some_and(|local| local.status == Status::Unknown);
    let status_code = match here.as_ref().filter(|_| strange) {
        Some(here) => here.database.status_code(item)?,
        None => None,
    };
    let mut explanation = Explanation {
        item,
        conclusion: Conclusion::InStep { expiry: None },
        history: here.as_ref().map(|here| here.database.history(item, HISTORY)).transpose()?.unwrap_or_default(),
        panel: Panel {
            do_nothing: operations_stopped(root),
            schedule: scheduled(&schedule),
            last_poll: polls.last().copied().map(local_time),
        },
        schedule,
        account: name,
        delivered_since: delivered_since.map(local_time),
        polls_since: delivered_since.map_or(0, |since| polls.iter().filter(|poll| **poll > since).count() as u64),
        link: seen.zip(local.as_ref()).map(|(seen, local)| seen.link(local).link),
        whole_list: seen.map(|seen| seen.whole_list),
        stored_found: seen.zip(local.as_ref()).and_then(|(seen, local)| stored_found(seen, local)),
        opened: seen.and_then(|seen| seen.opened.clone()),
        requests: account.and_then(|account| account.seller().ok()).map_or(0, crate::seller::Seller::requests),
        checked,
        local,
        status_code,
        served,
        row,
        whoami,
        findings,
        story,
        logged,
        other_id_unknown,
        plan,
        unread,
    };
    let stuck_after =
        here.map_or_else(|| ResellingSettings::default().stuck_after, |here| here.settings.reselling.stuck_after);
    explanation.conclusion = concluded(&explanation, asked.as_ref(), &journal, stuck_after)?;
    Ok(explanation)
}

/// This panel, unless it cannot be opened.
fn here(root: &Root, options: Options, unread: &mut Vec<(Source, Unread)>) -> Option<Here> {
    if options.offline {
        unread.push((Source::Service, Unread::Offline));
        return None;
    }
    Here::open(root).map_err(|error| unread.push((Source::Service, error.into()))).ok()
}

/// How the service is served, and the account behind it.
fn served<'a>(
    here: Option<&'a Here>,
    local: Option<&LocalService>,
    journal: &Journal,
) -> Result<(Served, Option<&'a AccountHere>), Error> {
    let (Some(here), Some(local)) = (here, local) else { return Ok((Served::NotRead, None)) };
    if let Some(left) = on_manual(here, journal)?.into_iter().find(|left| left.local.item == local.item) {
        return Ok((Served::OnManual { own: left.own.0 }, here.account_of(left.own)));
    }
    let Some(module) = local.module else { return Ok((Served::Other(Other::NoModule), None)) };
    if let Some(account) = here.account_of(module) {
        let active = account.modules.iter().any(|one| one.id == module && one.active);
        return Ok((Served::Reselling { active }, Some(account)));
    }
    if let Some((_, error)) = here.unreadable.iter().find(|(known, _)| *known == module) {
        return Ok((Served::Unreadable { detail: error.to_string() }, None));
    }
    let file = here.database.module_file(module)?;
    Ok((Served::Other(file.map_or(Other::Gone(module), Other::Module)), None))
}

fn stored_found(seen: &Asked, local: &LocalService) -> Option<bool> {
    let stored = local.stored_seller_id.as_ref()?;
    let found = seen.listing.services.iter().any(|row| row.id == *stored);
    (found || seen.listing.complete()).then_some(found)
}

fn without_account(local: Option<&LocalService>) -> Unread {
    if local.is_none() { Unread::WithoutService } else { Unread::NoAccount }
}

/// The seller's answer; `None` when there is nothing to ask.
fn asked(
    account: Option<&AccountHere>,
    local: Option<&LocalService>,
    options: Options,
    unread: &mut Vec<(Source, Unread)>,
) -> Option<Result<Asked, Error>> {
    let (Some(account), Some(local)) = (account, local) else {
        let why = if options.offline { Unread::Offline } else { without_account(local) };
        unread.push((Source::Seller, why));
        return None;
    };
    let answer = there::ask(account, local);
    if let Err(error) = &answer {
        unread.push((Source::Seller, error.clone().into()));
    }
    // A product that no seller is asked for is no refusal of theirs.
    Some(answer).filter(|answer| answer.as_ref().err().is_none_or(|error| error.kind != Kind::Internal))
}

fn concluded(
    explained: &Explanation,
    asked: Option<&Result<Asked, Error>>,
    journal: &Journal,
    stuck_after: jiff::SignedDuration,
) -> Result<Conclusion, Error> {
    let heard: Vec<_> = explained.findings.iter().map(heard::heard).collect();
    let seller = match (asked, &explained.local) {
        (Some(Ok(asked)), Some(local)) => Seller::Read(Seen {
            linked: asked.link(local),
            whole: asked.listing.complete(),
            ids_shown: asked.listing.shows_remoteid || asked.listing.shown == 0,
            approver: asked.approver.as_deref(),
        }),
        (Some(Err(error)), _) => Seller::Refused { refusal: refusal(error), detail: error.to_string() },
        _ => Seller::NotAsked,
    };
    let situation = Situation {
        now: local_time(Timestamp::now()),
        stuck_after,
        service: explained.local.as_ref().ok_or_else(|| hidden(&explained.unread)),
        status_code: explained.status_code,
        served: explained.served.clone(),
        seller,
        standing: explained.whoami.as_ref().map(standing).unwrap_or_default(),
        verdict: explained.checked.as_ref().map(|checked| checked.verdict),
        heard: &heard,
        logged: explained.logged.clone(),
        other_id_unknown: explained.other_id_unknown,
        panel: explained.panel,
        delivered_since: explained.delivered_since,
        polls_since: explained.polls_since,
        call_under_way: under_way(journal, explained.item)?,
        hindered: explained.plan.as_ref().filter(|plan| !plan.decision.acts()).map(|plan| plan.reason.clone()),
    };
    Ok(conclude(&situation))
}

/// Why this panel was not read.
fn hidden(unread: &[(Source, Unread)]) -> Hidden {
    match unread.iter().find(|(source, _)| *source == Source::Service) {
        Some((_, Unread::Failed(error))) => match error.kind {
            Kind::Settings => Hidden::Settings(error.detail.clone()),
            Kind::PanelFiles => Hidden::Files(error.detail.clone()),
            _ => Hidden::Database(error.detail.clone()),
        },
        _ => Hidden::Offline,
    }
}

fn standing(whoami: &Whoami) -> Standing {
    let currency = whoami.currency.as_deref().unwrap_or_default();
    let balance = whoami.balance.as_deref();
    Standing {
        balance: balance.map(|balance| format!("{balance} {currency}").trim_end().to_owned()),
        // A decimal number: below zero, or nothing but zeros.
        broke: balance
            .is_some_and(|text| text.starts_with('-') || !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'))),
        may_suspend: whoami.may_suspend,
        may_delete: whoami.may_delete,
    }
}

/// When `checkevent` is known to have run, oldest first: what is remembered, and what the hook has noted since.
fn polls(root: &Root, journal: &Journal) -> Result<Vec<Timestamp>, Error> {
    let mut polls = journal.polls()?;
    let noted = handover::noted(root).into_iter().filter(|poll| poll.moment == Moment::After);
    polls.extend(noted.filter_map(|poll| Timestamp::from_millisecond(poll.at).ok()));
    polls.sort_unstable();
    Ok(polls)
}

fn scheduled(schedule: &schedule::Schedule) -> Scheduled {
    match schedule {
        schedule::Schedule::Enabled { .. } => Scheduled::Yes,
        schedule::Schedule::Commented { .. } => Scheduled::Commented,
        schedule::Schedule::Missing => Scheduled::Missing,
        schedule::Schedule::Unknown { .. } => Scheduled::Unknown,
    }
}

fn local_time(at: Timestamp) -> DateTime {
    TimeZone::system().to_datetime(at)
}
