//! The way by a task (`--via manual`), as the knowledge base's article does it by hand: which module, whether the task's form is
//! what we take it for, what is kept beforehand, and the module put back, in this run or in the next.

use super::apply::{Repair, of_panel};
use super::left::{at_its_task, opened};
use super::steps::Came;
use crate::billmgr::{Config, OtherModule, Panel, Selection, reassign};
use crate::error::{Error, Kind};
use crate::journal::{Ended, Journal, Left, Outcome};
use crate::reading::Here;
use crate::report::Synced;
use crate::report::drift::local_json;
use crate::reselling::decision::{Decision, Reason};
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::plan::{Planned, Step};
use crate::reselling::service::LocalService;
use crate::reselling::way::{self, Hitch, NotManual, PUT_BACK, Switch};
use crate::root::Root;
use jiff::ZonedDateTime;
use serde_json::{Value, json};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The module for work by hand: the one of the settings, or the only one that looks like it.
///
/// # Errors
/// `Kind::Database`; inside is why there is none.
pub(super) fn module(here: &Here) -> Result<Result<ModuleId, Hitch>, Error> {
    let reselling = &here.settings.reselling.modules;
    let others = here.database.other_modules(reselling)?;
    let Some(named) = here.settings.sync.manual_module else {
        let looking: Vec<&OtherModule> = others.iter().filter(|module| module.looks_manual()).collect();
        return Ok(match looking.as_slice() {
            [one] => Ok(one.id),
            [] => Err(unclear(others.iter().filter(|module| module.active && !module.connects))),
            several => Err(unclear(several.iter().copied())),
        });
    };
    let why = match others.iter().find(|module| module.id == named) {
        Some(module) if !module.connects => return Ok(Ok(named)),
        Some(_) => NotManual::Connects,
        None if here.database.module_file(named)?.is_some() => NotManual::Resells,
        None => NotManual::Absent,
    };
    Ok(Err(Hitch::NotManual { module: named.0, why }))
}

fn unclear<'a>(modules: impl Iterator<Item = &'a OtherModule>) -> Hitch {
    let named = |module: &OtherModule| format!("{} {} ({})", module.id, module.name, module.file);
    Hitch::NoManualModule { candidates: modules.take(10).map(named).collect() }
}

/// Reads the task's form: it has to be this operation's, and to have the field by which it is ended. Returns the employee whose
/// task it is, where the form shows one by its id.
pub(super) fn performer(panel: &dyn Panel, task: u64, operation: u64, item: ItemId) -> Result<Option<u64>, Hitch> {
    let not = |detail: String| Err(Hitch::TaskNotUnderstood { detail });
    let form = match panel.call("task.edit", &[("elid".to_owned(), task.to_string())]) {
        Ok(form) => form,
        Err(error) => return not(error.to_string()),
    };
    // A field may show a name in place of an id; only another id contradicts.
    let shown = |name| form.text_of(name).and_then(|text| text.parse::<u64>().ok());
    for (name, ours) in [("elid", task), ("runningoperation", operation), ("item", item.0)] {
        if let Some(other) = shown(name).filter(|shown| *shown != ours) {
            return not(format!("its {name} is {other}, not {ours}"));
        }
    }
    if form.find("status").is_none() {
        return not("it has no field 'status'".to_owned());
    }
    Ok(shown("performer"))
}

/// Saves the rows of a service before anything is done to it, for root alone, and on the disk when this returns. The file says how
/// the module is put back by hand.
fn keep_rows(here: &Here, run: &str, planned: &Planned) -> Result<(), Error> {
    let item = planned.local.item;
    let switch = planned.steps.iter().filter(|step| step.call == PUT_BACK).find_map(Switch::of);
    let back = switch.map(|Switch { item, from, to }| {
        format!("UPDATE item SET processingmodule = {to} WHERE id = {item} AND processingmodule = {from};")
    });
    let kept = json!({
        "schema": 1, "run": run, "item": item, "at": crate::journal::rfc3339(&ZonedDateTime::now()),
        "put_back": back, "rows": here.database.rows_of(item)?,
    });
    let path = here.root.state().join("backups").join(format!("{run}-{item}.json"));
    write(&here.root, &path, &format!("{kept:#}\n"))
        .map_err(|error| Error::new(Kind::State, format!("{}: {error}", path.display())))
}

fn write(root: &Root, path: &Path, text: &str) -> io::Result<()> {
    let folder = root.make_state()?.join("backups");
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(&folder)?.sync_all()
}

/// Moves a service by SQL; `noted` writes it down in the last moment.
pub(super) fn switch(root: &Root, switch: Switch, noted: impl FnOnce() -> bool) -> Result<(), Error> {
    reassign(&Config::read(root)?, switch, noted)
}

impl Repair<'_> {
    /// The article's remedy: the rows are saved first, and whatever happens on the way, the module is put back, even when that cannot be
    /// written down. Only while the panel may still be at the task, or where the database does not take it, the next run does it.
    pub fn by_task(&self, planned: &Planned, entry: i64) -> Came {
        if let Err(error) = keep_rows(self.here, self.name, planned) {
            let hitch = Hitch::RowsNotKept { detail: error.to_string() };
            return Came::nothing(Outcome::Failed, Reason::Way(hitch));
        }
        let mut came = self.call_and_read_back(planned, entry, None);
        if let Err(error) = self.put_back(planned, &mut came) {
            log::error!("service {} may still be on the manual module: {error}", planned.local.item);
            let own = planned.module.map_or(0, |module| module.0);
            let hitch = Hitch::OnManual { module: own, why: Some(Box::new(came.reason)), from: None };
            (came.outcome, came.reason) = (Outcome::Failed, Reason::Way(hitch));
        }
        came
    }

    /// Puts the service back if its steps have not done it.
    fn put_back(&self, planned: &Planned, came: &mut Came) -> Result<(), Error> {
        let item = planned.local.item;
        let Some(left) = self.journal.left_on_manual(Some(item))?.pop() else { return Ok(()) };
        let hands = Hands { here: self.here, journal: self.journal, panel: self.panel };
        let own = left.switch.from.0;
        if let (true, Reason::CallFailed { call, detail }) = (left.back, &came.reason)
            && call == way::FORGET
        {
            // Not at once again: it may just have been waited for.
            let active = hands.read(item)?.as_ref().is_some_and(opened);
            let hitch = Hitch::NotForgotten { module: own, active, why: None, detail: detail.clone() };
            (came.outcome, came.reason) = (Outcome::Failed, Reason::Way(hitch));
            return Ok(());
        }
        let (back, mut steps) = hands.put_back(&left, hands.read(item)?.as_ref())?;
        came.made.append(&mut steps);
        let local = hands.read(item)?;
        came.after = local.as_ref().map_or(Value::Null, local_json);
        let why = Some(Box::new(came.reason.clone()));
        let hitch = match back {
            Back::Ended(Ended::PutBack | Ended::NotNeeded) => return Ok(()),
            Back::Ended(Ended::Left) => taken(local.as_ref()),
            Back::NotForgotten(error) => not_forgotten(own, local.as_ref(), why, &error),
            Back::Unwritten(error) => Hitch::BackUnwritten { module: own, why, detail: error.to_string() },
            Back::Waits { from } => Hitch::OnManual { module: own, why, from: Some(from) },
            Back::Failed(_) => Hitch::OnManual { module: own, why, from: None },
        };
        (came.outcome, came.reason) = (Outcome::Failed, Reason::Way(hitch));
        Ok(())
    }
}

/// What became of a service that was to be put back.
#[derive(Debug)]
enum Back {
    Ended(Ended),
    /// The panel may still be at its task: not yet.
    Waits {
        from: String,
    },
    Failed(Error),
    /// It is back, and the panel did not say that it has forgotten where it was.
    NotForgotten(Error),
    /// It is back, and the journal does not say so.
    Unwritten(Error),
}

/// What is needed to put a service back.
#[derive(Clone, Copy)]
pub(super) struct Hands<'a> {
    pub here: &'a Here,
    pub journal: &'a Journal,
    pub panel: &'a dyn Panel,
}

impl Hands<'_> {
    /// Puts back what earlier runs have left, under the lock, before anything else is done; `settled` says it of each.
    ///
    /// # Errors
    /// The journal or the database cannot be read.
    pub fn put_back_left(self, settled: &mut Vec<Synced>) -> Result<(), Error> {
        for left in self.journal.left_on_manual(None)? {
            let item = left.switch.item;
            let before = self.read(item)?;
            let (back, steps) = self.put_back(&left, before.as_ref())?;
            let own = left.switch.from.0;
            let (outcome, hitch) = match back {
                Back::Ended(Ended::NotNeeded) => (Outcome::Done, Hitch::Forgotten { module: own }),
                Back::Ended(Ended::PutBack) => (Outcome::Done, Hitch::PutBack { module: own }),
                Back::Ended(Ended::Left) => (Outcome::Refused, taken(before.as_ref())),
                Back::Unwritten(error) => {
                    (Outcome::Done, Hitch::BackUnwritten { module: own, why: None, detail: error.to_string() })
                }
                Back::NotForgotten(error) => (Outcome::Failed, not_forgotten(own, before.as_ref(), None, &error)),
                Back::Waits { from } => {
                    (Outcome::Refused, Hitch::OnManual { module: own, why: None, from: Some(from) })
                }
                Back::Failed(error) => {
                    let why = Reason::CallFailed { call: PUT_BACK.to_owned(), detail: error.to_string() };
                    (Outcome::Failed, Hitch::OnManual { module: own, why: Some(Box::new(why)), from: None })
                }
            };
            let reason = Reason::Way(hitch);
            let Some(local) = before else { continue };
            settled.push(Synced {
                item,
                before: local_json(&local),
                after: Value::Null,
                itemtype: local.itemtype,
                name: local.name,
                decision: left.decision.unwrap_or(Decision::Open),
                outcome,
                reason,
                steps,
            });
        }
        Ok(())
    }

    /// Puts one service back: only if it is still where the repair moved it, and never over somebody else's choice. One that is back
    /// already stays wherever it is; only what the panel remembers is left then. Returns what came of it and the steps that were made.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    fn put_back(self, left: &Left, local: Option<&LocalService>) -> Result<(Back, Vec<Step>), Error> {
        let back = left.switch.reversed();
        if left.back {
            return Ok((
                self.forget(left.entry)?.map_or_else(Back::NotForgotten, |()| Back::Ended(Ended::NotNeeded)),
                vec![way::forget()],
            ));
        }
        let module = local.map(|local| local.module);
        if module == Some(Some(back.from)) {
            if let Some(from) = local.map(|local| at_its_task(self.journal, local)).transpose()?.flatten() {
                return Ok((Back::Waits { from }, Vec::new()));
            }
            let steps = vec![back.step(PUT_BACK), way::forget()];
            // What a full disk keeps from being written down must not keep the service without events: the next run finds it back,
            // and writes that down.
            let mut call = None;
            let done = switch(&self.here.root, back, || {
                call = Some(self.journal.calling(left.entry, &back.step(PUT_BACK), &ZonedDateTime::now()));
                true
            });
            let word = done.as_ref().map_or_else(ToString::to_string, |()| Ended::PutBack.word().to_owned());
            let noted =
                call.transpose().and_then(|call| call.map_or(Ok(()), |call| self.journal.answered(call, &word)));
            if let Err(error) = done {
                log::error!("service {} is still on module {}: {error}", back.item, back.from);
                return Ok((Back::Failed(error), vec![back.step(PUT_BACK)]));
            }
            let forgotten = self.forget(left.entry);
            log::warn!("service {} is on module {} again", back.item, back.to);
            let ended = match noted.and(forgotten) {
                Ok(Ok(())) => Back::Ended(Ended::PutBack),
                Ok(Err(error)) => Back::NotForgotten(error),
                Err(error) => {
                    let Switch { item, to, .. } = back;
                    log::error!("that service {item} is on module {to} again was not written down: {error}");
                    Back::Unwritten(error)
                }
            };
            return Ok((ended, steps));
        }
        let ended = if module == Some(Some(back.to)) { Ended::NotNeeded } else { Ended::Left };
        let noted = self.journal.calling(left.entry, &back.step(PUT_BACK), &ZonedDateTime::now())?;
        self.journal.answered(noted, ended.word())?;
        if ended == Ended::NotNeeded {
            // The one who put it back may have been killed before the panel forgot.
            let ended = self.forget(left.entry)?.map_or_else(Back::NotForgotten, |()| Back::Ended(ended));
            return Ok((ended, vec![back.step(PUT_BACK), way::forget()]));
        }
        if ended == Ended::Left {
            log::error!("service {} is no more on module {}; somebody has moved it", back.item, back.from);
        }
        Ok((Back::Ended(ended), vec![back.step(PUT_BACK)]))
    }

    /// Empties the panel's memory of services; inside is what it answered.
    ///
    /// # Errors
    /// It was done, and could not be written down.
    fn forget(self, entry: i64) -> Result<Result<(), Error>, Error> {
        let step = way::forget();
        let noted = self.journal.calling(entry, &step, &ZonedDateTime::now());
        let answer = of_panel(self.panel, &step);
        if let Err(error) = &answer {
            log::error!("the panel's memory of services was not emptied: {error}");
        }
        let word = answer.as_ref().map_or_else(ToString::to_string, |()| "ok".to_owned());
        self.journal.answered(noted?, &word).map(|()| answer)
    }

    fn read(self, item: ItemId) -> Result<Option<LocalService>, Error> {
        Ok(self.here.database.services(&Selection::Items(&[item]))?.pop())
    }
}

fn not_forgotten(own: u64, local: Option<&LocalService>, why: Option<Box<Reason>>, error: &Error) -> Hitch {
    Hitch::NotForgotten { module: own, active: local.is_some_and(opened), why, detail: error.to_string() }
}

fn taken(local: Option<&LocalService>) -> Hitch {
    Hitch::Taken { module: local.and_then(|local| local.module).map(|module| module.0) }
}
