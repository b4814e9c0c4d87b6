//! A repair, step by step: lock, settle what an interrupted run left, plan, write the intention, read again, call, read back.

use super::again::Again;
use super::ahead::Ahead;
use super::halt::Halt;
use super::interrupted::{gone, settle_interrupted};
use super::lock::Lock;
use super::manual::{self, Hands};
use super::module::Proven;
use super::planning::Wanted;
use super::steps::{Came, Hand, There, carry_out, moved};
use super::ways::planned as plan;
use crate::billmgr::{Mgrctl, Panel, Program, Selection};
use crate::error::{Error, Kind};
use crate::journal::{Journal, Outcome};
use crate::language::{Language, Say};
use crate::reading::Here;
use crate::report::drift::local_json;
use crate::report::{SyncReport, Synced};
use crate::reselling::decision::{Allowed, Decision, Reason};
use crate::reselling::ids::ItemId;
use crate::reselling::plan::{Planned, Step, token};
use crate::reselling::service::LocalService;
use crate::reselling::status::Status;
use crate::reselling::way::{self, By, Hitch, Switch, Via, Way};
use crate::root::Root;
use crate::seller::ServiceForm;
use jiff::ZonedDateTime;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::thread;
use std::time::{Duration, Instant};

/// The panel copies its whole database and files meanwhile, if it does it while we wait.
const BACKUP: Duration = Duration::from_mins(30);

/// How a repair is to be carried out.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only show what would be done.
    pub dry_run: bool,
    /// Who wants it, for the journal: `panel user 5 from 192.0.2.1`, `shell user root`.
    pub actor: String,
    /// The token of the plan that was shown; another plan is refused. `None` when no plan was shown before.
    pub token: Option<String>,
    /// What may be done beyond forward repairs, besides what the settings allow.
    pub allow: Vec<Allowed>,
    /// Whose hands do it.
    pub way: Way,
    /// After so long no other service is begun: somebody waits for the answer who will not wait for ever.
    pub within: Option<Duration>,
}

/// Plans, repairs, reads back.
///
/// # Errors
/// Nothing has been changed when this is an error: this panel could not be read, a service does not exist, somebody else holds
/// the lock, the journal cannot be written. What happens to single services afterwards is in the report; so is such an error
/// (`SyncReport::failed`) when something that an earlier run had left was settled before it.
pub fn sync(root: &Root, wanted: &Wanted, options: &Options) -> Result<SyncReport, Error> {
    let begun = Instant::now();
    let here = Here::open(root)?;
    let undoes = wanted.undoes().map(str::to_owned);
    if options.dry_run {
        let plan = plan(&here, &mut Journal::open(root)?, wanted, &options.allow, options.way)?;
        let items = plan.items.into_iter().map(|planned| settled_without_calls(planned, true)).collect();
        let (via, unreadable_modules) = (plan.via, plan.unreadable_modules);
        return Ok(SyncReport { items, via, undoes, unreadable_modules, ..SyncReport::default() });
    }
    let _lock = Lock::take(root, "sync", &options.actor)?;
    let mut journal = Journal::open(root)?;
    let panel = options.within.map_or_else(|| Mgrctl::new(root), |within| Mgrctl::new(root).within(within));
    let mut settled = Vec::new();
    let repaired = Hands { here: &here, journal: &journal, panel: &panel }
        .put_back_left(&mut settled)
        .and_then(|()| settle_interrupted(&here, &journal, &mut settled))
        .and_then(|()| repair(&here, &mut journal, &panel, wanted, options, begun));
    match repaired {
        Ok(report) => Ok(SyncReport { undoes, settled, ..report }),
        Err(error) if settled.is_empty() => Err(error),
        Err(error) => {
            journal.flush();
            Ok(SyncReport { via: options.way.via, undoes, settled, failed: Some(error), ..SyncReport::default() })
        }
    }
}

/// The services that were asked for, after what was left of earlier runs.
fn repair(
    here: &Here,
    journal: &mut Journal,
    panel: &dyn Panel,
    wanted: &Wanted,
    options: &Options,
    begun: Instant,
) -> Result<SyncReport, Error> {
    let via = options.way.via;
    let plan = plan(here, journal, wanted, &options.allow, options.way)?;
    let unreadable_modules = plan.unreadable_modules;
    let acts = plan.items.iter().any(|planned| planned.decision.acts());
    let stale = options.token.as_ref().is_some_and(|shown| *shown != token(&plan.items));
    if !acts || stale {
        let items = plan.items.into_iter().map(of_another_plan).collect();
        journal.flush();
        return Ok(SyncReport { items, via, unreadable_modules, ..SyncReport::default() });
    }
    let (key, run) = journal.begin_run(&options.actor, &wanted.words(), via, wanted.undoes(), &ZonedDateTime::now())?;
    let repair = Repair {
        here,
        journal,
        panel,
        run: key,
        name: &run,
        undo: wanted.undoes().is_some(),
        via,
        again: Again::new(&plan.items),
        proven: Proven::default(),
        stopped: Cell::new(None),
        following: Cell::new(None),
        beforehand: RefCell::new(None),
        until: options.within.map(|within| begun + within),
        halt: Halt::watch(),
    };
    let items = repair.all(plan.items);
    journal.end_run(&run);
    Ok(SyncReport { run: Some(run), via, items, unreadable_modules, ..SyncReport::default() })
}

/// What was read of the next service longer ago, because the journal or the seller took its time, is read again.
const HOLDS: Duration = Duration::from_millis(250);

/// One run.
pub(super) struct Repair<'a> {
    pub here: &'a Here,
    pub journal: &'a Journal,
    pub panel: &'a dyn Panel,
    run: i64,
    /// What this panel did is taken back; what the seller has does not matter.
    undo: bool,
    /// The run as the journal names it.
    pub name: &'a str,
    via: Via,
    again: Again,
    pub proven: Proven,
    /// The service after which nothing more is done in this run.
    pub stopped: Cell<Option<ItemId>>,
    /// The next service that acts: it is read together with the one at hand.
    following: Cell<Option<ItemId>>,
    /// The next service as it was a moment ago.
    beforehand: RefCell<Option<(LocalService, Instant)>>,
    /// When no other service is begun any more.
    until: Option<Instant>,
    halt: Halt,
}

impl Repair<'_> {
    fn all(&self, planned: Vec<Planned>) -> Vec<Synced> {
        thread::scope(|scope| {
            let mut ahead = Ahead::new(scope, self.here);
            let mut left = planned.into_iter();
            let mut done = Vec::new();
            while let Some(planned) = left.next() {
                let following = left.as_slice().iter().find(|planned| planned.decision.acts());
                self.following.set(following.map(|planned| planned.local.item));
                done.push(self.next(planned, following, &mut ahead));
            }
            done
        })
    }

    fn next(&self, mut planned: Planned, following: Option<&Planned>, ahead: &mut Ahead<'_, '_>) -> Synced {
        if !planned.decision.acts() {
            return self.untouched(planned);
        }
        if let Some(item) = self.stopped.get() {
            planned.reason = Reason::Way(Hitch::Stopped { item: item.0 });
            return self.untouched(planned);
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            planned.reason = Reason::OutOfTime;
            return self.untouched(planned);
        }
        if self.halt.asked() {
            planned.reason = Reason::Halted;
            return self.untouched(planned);
        }
        self.carry_out(planned, following, ahead)
    }

    /// A service of the run for which nothing is called: whoever reads the run finds it, and why.
    fn untouched(&self, planned: Planned) -> Synced {
        let synced = settled_without_calls(planned, false);
        let Synced { item, decision, outcome, ref reason, ref before, .. } = synced;
        let noted = self.journal.intend(self.run, item, decision, reason, before);
        if let Err(error) = noted.and_then(|entry| self.journal.settle(entry, outcome, reason, &Value::Null)) {
            log::error!("service {item}: {} ({error})", outcome.word());
        }
        synced
    }

    /// One service. Whatever happens to it is its own: the next one goes on.
    fn carry_out(&self, planned: Planned, following: Option<&Planned>, ahead: &mut Ahead<'_, '_>) -> Synced {
        let before = local_json(&planned.local);
        let item = planned.local.item;
        let entry = match self.journal.intend(self.run, item, planned.decision, &planned.reason, &before) {
            Ok(entry) => entry,
            Err(error) => {
                let reason = Reason::JournalFailed { detail: error.to_string() };
                return synced(planned, Came::nothing(Outcome::Failed, reason));
            }
        };
        // Taken back is what this panel did; what the seller has does not matter then.
        let form = (!self.undo).then(|| ahead.form(&planned));
        if let Some(following) = following.filter(|_| !self.undo) {
            ahead.begin(following);
        }
        let mut came = match self.moved(&planned, form) {
            Err(error) => Came::nothing(Outcome::Failed, Reason::NotReadAgain { detail: error.to_string() }),
            Ok(true) => Came::nothing(Outcome::Refused, Reason::MovedBetweenReads),
            Ok(false) => match self.via {
                Via::Callbacks => self.call_and_read_back(&planned, entry, None),
                Via::Module => self.by_module(&planned, entry),
                Via::Manual => self.by_task(&planned, entry),
            },
        };
        if came.outcome == Outcome::Done && came.reason != planned.reason {
            // Done in spite of something, and what is left to do is the same.
            came.reason = came.reason.with(planned.reason.remarks());
        }
        let settled = if self.left_to_compare(item, &came.reason) {
            Ok(())
        } else {
            self.journal.settle(entry, came.outcome, &came.reason, &came.after)
        };
        if let Err(error) = settled {
            log::error!("service {item}: {} ({error})", came.outcome.word());
        }
        let (word, by) = (came.outcome.word(), planned.decision.word());
        match came.outcome {
            Outcome::Done => log::info!("service {item}: {word} by {by}"),
            _ => log::warn!("service {item}: {word} by {by}: {}", came.reason.say(Language::En)),
        }
        synced(planned, came)
    }

    /// What the module did at the seller, or may still do, is not known: the next run compares, and until then the entry stays open.
    fn left_to_compare(&self, item: ItemId, reason: &Reason) -> bool {
        match reason {
            Reason::Way(Hitch::SellerUnclear { .. }) => true,
            Reason::CallFailed { call, .. } if call.starts_with(way::PROGRAM) => {
                self.journal.unanswered(item).is_ok_and(|unanswered| unanswered.is_some())
            }
            _ => false,
        }
    }

    /// Reads both sides again, this service only, just before the first call; `form` is what the seller shows of it, `None` where that
    /// does not matter.
    fn moved(&self, planned: &Planned, form: Option<Result<ServiceForm, Error>>) -> Result<bool, Error> {
        let beforehand =
            self.beforehand.take().filter(|(local, at)| local.item == planned.local.item && at.elapsed() < HOLDS);
        let local = match beforehand {
            Some((local, _)) => local,
            None => self.read(planned.local.item)?,
        };
        if local != planned.local {
            return Ok(true);
        }
        let Some(form) = form else { return Ok(false) };
        let (Some(row), Some(module)) = (&planned.seller, planned.module) else { return Ok(true) };
        let Some(account) = self.here.account_of(module) else { return Ok(true) };
        let form = match form {
            // What is deleted may have no form any more; that it is deleted, only its row says.
            Err(error) if error.kind == Kind::NotFound && row.status == Status::Deleted => None,
            form => Some(form?),
        };
        let Some((form, status)) = form.and_then(|form| form.status().map(|status| (form, status))) else {
            // Nor does every form tell the state: the list did.
            return Ok(!self.again.same(account, row)?);
        };
        let there = There { status: Some(status), service_status: form.service_status(), remoteid: form.remoteid() };
        Ok(moved(planned, &local, &there))
    }

    /// The steps of a plan, one after the other. `seller` is what was there before, where a step could change that.
    pub fn call_and_read_back(&self, planned: &Planned, entry: i64, seller: Option<Value>) -> Came {
        carry_out(planned, &OneService { repair: self, item: planned.local.item, entry, seller })
    }

    /// One call, written down before and after; inside is what it answered.
    ///
    /// # Errors
    /// The call could not be written down, and was not made.
    fn call(&self, step: &Step, entry: i64, seller: Option<&Value>) -> Result<Result<(), Error>, Error> {
        let now = ZonedDateTime::now();
        let note = || match seller.filter(|_| matches!(way::by(step), By::Program(_))) {
            Some(seller) => self.journal.calling_from(entry, step, seller, &now),
            None => self.journal.calling(entry, step, &now),
        };
        if let By::Database(switch) = way::by(step) {
            return self.by_sql(switch, note);
        }
        let noted = note()?;
        let answer = match way::by(step) {
            By::Panel if step.call == way::BACKUP => of_panel(&Mgrctl::new(&self.here.root).within(BACKUP), step),
            By::Panel | By::Database(_) => of_panel(self.panel, step),
            By::Program(file) => Program::new(&self.here.root, file)
                .and_then(|program| program.sync_item(step.param("item"), step.param("module"))),
        };
        if answer.as_ref().is_err_and(|error| error.kind == Kind::Unanswered) {
            // The journal keeps it open: the panel may still be at it.
            return Ok(answer);
        }
        self.answered(noted, &answer);
        Ok(answer)
    }

    /// A change by SQL is written down when it has come to the row, and not when it never did: nobody takes it for ours then.
    fn by_sql(&self, switch: Switch, note: impl FnOnce() -> Result<i64, Error>) -> Result<Result<(), Error>, Error> {
        let mut noted = None;
        let answer = manual::switch(&self.here.root, switch, || noted.insert(note()).is_ok());
        if let Some(noted) = noted.transpose()? {
            self.answered(noted, &answer);
        }
        Ok(answer)
    }

    fn answered(&self, noted: i64, answer: &Result<(), Error>) {
        let word = answer.as_ref().map_or_else(ToString::to_string, |()| "ok".to_owned());
        if let Err(error) = self.journal.answered(noted, &word) {
            log::error!("the answer of a call was not written down: {error}");
        }
    }

    /// The service as it is now, and with the same questions to the database the next one, which comes a moment later.
    fn read(&self, item: ItemId) -> Result<LocalService, Error> {
        self.beforehand.take();
        let at = Instant::now();
        let both: Vec<ItemId> = std::iter::once(item).chain(self.following.get()).collect();
        let mut read = self.here.database.services(&Selection::Items(&both))?;
        let own = read.iter().position(|local| local.item == item).map(|place| read.swap_remove(place));
        self.beforehand.replace(read.pop().map(|local| (local, at)));
        own.ok_or_else(|| gone(item))
    }
}

/// A call of the panel; whatever is no plain yes is an error.
pub(super) fn of_panel(panel: &dyn Panel, step: &Step) -> Result<(), Error> {
    panel.call(&step.call, &step.params).and_then(|document| match document.find("ok") {
        Some(_) => Ok(()),
        None => Err(Error::new(Kind::Mgrctl, format!("{}: there is no <ok/> in the answer", step.call))),
    })
}

/// The calls for one service, with the intention they stand under.
struct OneService<'a> {
    repair: &'a Repair<'a>,
    item: ItemId,
    entry: i64,
    seller: Option<Value>,
}

impl Hand for OneService<'_> {
    fn call(&self, step: &Step) -> Result<Result<(), Error>, Error> {
        self.repair.call(step, self.entry, self.seller.as_ref())
    }

    fn read(&self) -> Result<LocalService, Error> {
        self.repair.read(self.item)
    }

    fn halted(&self) -> bool {
        self.repair.halt.asked()
    }

    fn failed(&self, step: &Step, error: &Error) -> Option<Reason> {
        (step.call == way::BACKUP).then(|| {
            // Asked for expressly: without it nothing is done, here and to the others.
            self.repair.stopped.set(Some(self.item));
            Reason::Way(Hitch::BackupRefused { detail: error.to_string() })
        })
    }
}

/// A service for which nothing is called.
fn settled_without_calls(planned: Planned, dry_run: bool) -> Synced {
    let outcome = match planned.decision {
        Decision::InStep => Outcome::InStep,
        // No rule forbids it: it could not be looked at.
        _ if matches!(planned.reason, Reason::SellerNotRead { .. } | Reason::CertificateNotReadable { .. }) => {
            Outcome::Failed
        }
        decision if decision.acts() && dry_run => Outcome::Planned,
        _ => Outcome::Refused,
    };
    let reason = planned.reason.clone();
    let made = if dry_run { planned.steps.clone() } else { Vec::new() };
    synced(planned, Came { outcome, reason, after: Value::Null, made })
}

/// The plan is not the one that was shown; nothing of it is carried out.
fn of_another_plan(mut planned: Planned) -> Synced {
    if planned.decision.acts() {
        planned.reason = Reason::PlanIsStale;
    }
    settled_without_calls(planned, false)
}

fn synced(planned: Planned, came: Came) -> Synced {
    let before = local_json(&planned.local);
    Synced {
        item: planned.local.item,
        itemtype: planned.local.itemtype,
        name: planned.local.name,
        decision: planned.decision,
        outcome: came.outcome,
        reason: came.reason,
        before,
        after: came.after,
        steps: came.made,
    }
}
