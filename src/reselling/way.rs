//! The three ways of a forward repair: whose hands do it. Pure; what a way needs from the panel is found out in `sync`.
//!
//! `callbacks` is `plan::steps` itself. `module` gives the service to the reselling module's own `sync_item`. `manual` is the
//! remedy of the knowledge base's article: the service is switched to the module for work by hand, its waiting task is ended, and
//! the module is put back. A way replaces steps and nothing else: decision, guards and reading back are the same.

use super::decision::Reason;
use super::ids::{ItemId, ModuleId};
use super::plan::{Planned, Step};
use super::service::LocalService;
use serde::{Deserialize, Serialize};

/// Whose hands repair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The panel's own functions, as the module would have called them.
    #[default]
    Callbacks,
    /// `processing/<module> --command sync_item` (facts/billmanager 11, B).
    Module,
    /// The manual module and its task (facts/billmanager 11, D; the article).
    Manual,
}

impl Via {
    pub const ALL: [Self; 3] = [Self::Callbacks, Self::Module, Self::Manual];

    pub fn word(self) -> &'static str {
        match self {
            Self::Callbacks => "callbacks",
            Self::Module => "module",
            Self::Manual => "manual",
        }
    }
}

/// A way with what the person said about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    pub via: Via,
    /// `manual`: the employee (`user.id`) to whom the task is assigned first, as the article does it.
    pub assign: Option<u64>,
    /// The panel makes its own backup before the first call.
    pub backup: bool,
}

/// What a way has to say about a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hitch {
    /// Only forward repairs are done in this way.
    ForwardOnly {
        via: Via,
    },
    /// The module does not tell what it offers.
    NoSyncItem {
        detail: String,
    },
    /// The module says what it offers, and `sync_item` is not among it.
    SyncItemNotOffered,
    /// No reselling module of this panel serves the service.
    ModuleNotKnown,
    /// Which module is the manual one is not clear; these could be.
    NoManualModule {
        candidates: Vec<String>,
    },
    /// The module of the settings cannot be it.
    NotManual {
        module: u64,
        why: NotManual,
    },
    NoTask,
    /// The task is to be assigned to somebody who is no employee of this panel.
    NoEmployee {
        id: u64,
    },
    TaskNotUnderstood {
        detail: String,
    },
    RowsNotKept {
        detail: String,
    },
    BackupRefused {
        detail: String,
    },
    /// The seller's service is another one after the module was at it.
    SellerChanged {
        detail: String,
    },
    SellerUnclear {
        detail: String,
    },
    /// That is not long ago: the module changed the service at the seller that belongs to this one.
    ChangedBefore {
        item: u64,
        at: String,
    },
    /// The module was given that service, and whether the seller's side is the same is not known yet.
    NotCompared {
        item: u64,
        at: String,
    },
    /// The run was stopped after this service.
    Stopped {
        item: u64,
    },
    /// What an interrupted run had left was put back.
    PutBack {
        module: u64,
    },
    /// The service was put back, which the journal could not take.
    BackUnwritten {
        module: u64,
        why: Option<Box<Reason>>,
        detail: String,
    },
    /// The service is on its own module again, and the panel may still know the manual one.
    NotForgotten {
        module: u64,
        /// The repair itself is done.
        active: bool,
        why: Option<Box<Reason>>,
        detail: String,
    },
    /// It was made to forget the manual module, which an earlier run could not do.
    Forgotten {
        module: u64,
    },
    /// The service is still on the manual module.
    OnManual {
        module: u64,
        why: Option<Box<Reason>>,
        /// The panel may still be at its task; from then on it is put back.
        #[serde(default)]
        from: Option<String>,
    },
    /// Somebody else has moved it meanwhile; `None` when it has no module now.
    Taken {
        module: Option<u64>,
    },
}

/// Why a module is not one for work by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotManual {
    Absent,
    Resells,
    Connects,
}

/// The steps that are no function of the panel: the one change by SQL and its reverse.
pub const SWITCH: &str = "sql.switch_module";
pub const PUT_BACK: &str = "sql.put_module_back";
/// The panel's own backup (facts/billmanager 7). Its parameters are not known; when it is complete neither.
pub const BACKUP: &str = "billmgr.backup.create";
/// What the panel has in memory is forgotten after a change by SQL (facts/billmanager 1.3).
pub const FORGET: &str = "tool.clearcache";
/// The program of a module stands before its file's name.
pub const PROGRAM: &str = "processing/";

/// Who carries a step out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By<'a> {
    /// A function of the panel.
    Panel,
    /// The program of the module of this file name.
    Program(&'a str),
    /// `item.processingmodule` of one service, by SQL.
    Database(Switch),
}

/// A service's change from one module to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    pub item: ItemId,
    pub from: ModuleId,
    pub to: ModuleId,
}

impl Switch {
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { from: self.to, to: self.from, ..self }
    }

    /// The step of that name, `SWITCH` or `PUT_BACK`.
    pub fn step(self, call: &str) -> Step {
        step(call, &[("item", &self.item.to_string()), ("from", &self.from.to_string()), ("to", &self.to.to_string())])
    }

    /// What a step says, its own or one from the journal; `None` for another step.
    pub fn of(step: &Step) -> Option<Self> {
        if step.call != SWITCH && step.call != PUT_BACK {
            return None;
        }
        let number = |name| step.param(name).parse().ok();
        Some(Self { item: ItemId(number("item")?), from: ModuleId(number("from")?), to: ModuleId(number("to")?) })
    }
}

/// Who carries the step out.
pub fn by(step: &Step) -> By<'_> {
    match (step.call.strip_prefix(PROGRAM), Switch::of(step)) {
        (Some(file), _) => By::Program(file),
        (None, Some(switch)) => By::Database(switch),
        (None, None) => By::Panel,
    }
}

/// Steps of the ways whose effect is not the service's activation: whether what was read back shows it. `None` for every other
/// step.
pub(super) fn took_effect(step: &Step, after: &LocalService) -> Option<bool> {
    match Switch::of(step) {
        Some(switch) => Some(after.module == Some(switch.to)),
        None => unseen(step).then_some(true),
    }
}

/// Steps of which the answer alone tells, and what comes after them rests on it: somebody else may have moved the service to the manual
/// module, and then it is not ours to go on with.
pub fn told_by_answer(step: &Step) -> bool {
    step.call == SWITCH || unseen(step)
}

/// That the cache was emptied, a backup begun or a task assigned does not show in the service.
fn unseen(step: &Step) -> bool {
    match step.call.as_str() {
        FORGET | BACKUP => true,
        "task.edit" => step.param("status") != CLOSED,
        _ => false,
    }
}

/// `task.status` of a task that has ended (facts/billmanager 1.1).
const CLOSED: &str = "2";

/// The step that gives a service to its module's `sync_item`.
pub fn by_module(item: ItemId, module: ModuleId, file: &str) -> Step {
    let (item, module) = (item.to_string(), module.to_string());
    step(&format!("{PROGRAM}{file}"), &[("command", "sync_item"), ("item", &item), ("module", &module)])
}

/// The callbacks' steps turned into the article's: what comes before the activation stays as it is; the activation becomes the
/// end of the task, with the same parameters, between the switch and its reverse. `None` when the last step is no activation.
pub fn by_task(planned: &Planned, task: u64, manual: ModuleId, assign: Option<u64>) -> Option<Vec<Step>> {
    let (activation, before) = planned.steps.split_last()?;
    if activation.call != format!("{}.open", planned.local.itemtype) {
        return None;
    }
    let switch = Switch { item: planned.local.item, from: planned.module?, to: manual };
    let task = task.to_string();
    let mut steps = before.to_vec();
    steps.extend([switch.step(SWITCH), forget()]);
    if let Some(employee) = assign {
        steps.push(step("task.edit", &[("elid", &task), ("performer", &employee.to_string()), ("sok", "ok")]));
    }
    let filled = activation.params.iter().filter(|(name, _)| !matches!(name.as_str(), "elid" | "sok"));
    let mut end = step("task.edit", &[("elid", &task)]);
    end.params.extend(filled.cloned());
    end.params.extend([("status", CLOSED), ("sok", "ok")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    steps.extend([end, switch.reversed().step(PUT_BACK), forget()]);
    Some(steps)
}

/// The panel's own backup as a step.
pub fn backup() -> Step {
    step(BACKUP, &[("sok", "ok")])
}

/// A panel's memory of services emptied.
pub fn forget() -> Step {
    step(FORGET, &[("table", "item"), ("sok", "ok")])
}

fn step(call: &str, params: &[(&str, &str)]) -> Step {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Step { call: call.to_owned(), params }
}
