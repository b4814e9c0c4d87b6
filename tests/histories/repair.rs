//! Repairs in a history: the real plan and the real loop of calls on the model, which may misbehave; and the laws.

use super::model::{MODULE, Model};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use resellguard::error::{Error, Kind};
use resellguard::journal::Outcome;
use resellguard::reselling::decision::{Decision, Reason, Surroundings};
use resellguard::reselling::link::{Linked, Rows};
use resellguard::reselling::plan::{Delivered, Planned, Step, steps};
use resellguard::reselling::service::LocalService;
use resellguard::reselling::status::Status;
use resellguard::sync::steps::{Hand, There, carry_out, moved};
use std::cell::RefCell;
use std::collections::BTreeMap;

pub type Decide = fn(&LocalService, &Linked<'_>, Surroundings<'_>) -> (Decision, Reason);

/// A call that was not answered may still be at work for so long.
const UNDER_WAY: i64 = 5;

/// One history, and what is remembered of its repairs.
pub struct History {
    model: Model,
    decide: Decide,
    /// Functions do what they say, and nothing happens during a repair.
    quiet: bool,
    /// The newest call about each service that was not answered.
    unanswered: BTreeMap<u64, DateTime>,
    /// What takes effect only after the repair is over.
    late: Vec<Step>,
    counts: BTreeMap<&'static str, usize>,
    broken: Option<String>,
}

impl History {
    /// Plays a whole history.
    ///
    /// # Errors
    /// The law that was broken, and how.
    pub fn play(seed: u64, decide: Decide) -> Result<BTreeMap<&'static str, usize>, String> {
        let mut history = Self {
            model: Model::new(seed),
            decide,
            quiet: false,
            unanswered: BTreeMap::new(),
            late: Vec::new(),
            counts: BTreeMap::new(),
            broken: None,
        };
        // In some histories much is repaired on the way, in others nearly all at the end.
        let seldom = history.model.random.of(&[4, 4, 60]);
        for _ in 0..60 {
            history.model.happens();
            if history.model.random.one_in(seldom) {
                history.repair();
                // At once, or when the panel cannot be at it any more.
                let minutes = history.model.random.of(&[0, 1, 6]);
                history.model.pass(minutes);
                history.repair();
            }
        }
        history.count("equal ids", history.model.equal_ids());
        // Everybody is quiet for two days, and nobody lies.
        history.quiet = true;
        history.model.pass(2 * 24 * 60);
        let waiting: Vec<u64> =
            history.model.here.keys().copied().filter(|item| history.model.wrongly_waits(*item)).collect();
        history.count("provable at the end", waiting.len());
        history.repair();
        for item in waiting {
            let local = &history.model.here[&item].local;
            if local.status != Status::Active {
                history.breaks("still waits", &format!("{local:?}"));
            }
        }
        history.broken.map_or(Ok(history.counts), Err)
    }

    fn count(&mut self, what: &'static str, times: usize) {
        *self.counts.entry(what).or_default() += times;
    }

    fn breaks(&mut self, law: &str, how: &str) {
        self.broken.get_or_insert_with(|| format!("{law}: {how}"));
    }

    /// The next thing happens; what the panel was still at is over by then.
    fn happens(&mut self) {
        for step in std::mem::take(&mut self.late) {
            self.effect(&step);
        }
        self.model.happens();
    }

    /// One `sync` of every service.
    fn repair(&mut self) {
        let before: BTreeMap<u64, LocalService> =
            self.model.here.iter().map(|(item, here)| (*item, here.local.clone())).collect();
        for planned in self.plan() {
            if !planned.decision.acts() {
                let what = match planned.decision {
                    Decision::Wait => "not now",
                    Decision::Ask => "a question",
                    Decision::Refuse => "refused",
                    _ => "in step",
                };
                self.count(what, 1);
                continue;
            }
            if !self.quiet && self.model.random.one_in(6) {
                self.happens();
            }
            let item = planned.local.item.0;
            let id: u64 = planned.seller.as_ref().unwrap().id.parse().unwrap();
            let shown = self.model.there.get(&id).map(|there| self.model.as_shown(&there.row));
            let there = shown.map(|row| There {
                status: Some(row.status),
                service_status: row.service_status,
                remoteid: row.remoteid,
            });
            if there.is_none_or(|there| moved(&planned, &self.model.here[&item].local, &there)) {
                self.count("moved between two reads", 1);
                continue;
            }
            let bench = Bench { history: RefCell::new(self), item };
            let came = carry_out(&planned, &bench);
            match came.outcome {
                Outcome::Done => self.count("repaired", 1),
                _ if came.reason == Reason::MovedBetweenReads => self.count("moved between two calls", 1),
                _ => {}
            }
            let active = self.model.here[&item].local.status == Status::Active;
            if came.outcome == Outcome::Done && !active {
                self.breaks("told as done", &format!("{:?}", self.model.here[&item].local));
            }
        }
        for step in std::mem::take(&mut self.late) {
            self.effect(&step);
        }
        self.worse_off(&before);
    }

    fn plan(&self) -> Vec<Planned> {
        let shown = self.model.shown();
        let rows = Rows::new(&shown);
        let around =
            Surroundings { others_may_read: self.model.others, do_nothing: false, allow: &[], now: self.model.now };
        self.model
            .here
            .values()
            .map(|here| {
                let linked = rows.link(&here.local);
                let (decision, reason) = (self.decide)(&here.local, &linked, around);
                let mut planned = Planned {
                    module: here.local.module,
                    link: linked.link,
                    seller: linked.seller.cloned(),
                    decision,
                    reason,
                    steps: Vec::new(),
                    local: here.local.clone(),
                };
                let still = self
                    .unanswered
                    .get(&here.local.item.0)
                    .is_some_and(|at| self.model.now.duration_since(*at) < SignedDuration::from_mins(UNDER_WAY));
                if still && decision.acts() {
                    let reason = Reason::CallUnderWay { call: String::new(), at: String::new() };
                    planned.refuse(Decision::Wait, reason);
                } else if let Some(row) = linked.seller.filter(|_| decision.acts()) {
                    let delivered = Delivered {
                        certificate: Some("PEM".to_owned()),
                        stored_here: here.local.certificate_stored,
                        expires: row.expires,
                        service_status: row.service_status,
                        names: row.names.clone(),
                    };
                    planned.steps = steps(decision, &here.local, &delivered);
                }
                planned
            })
            .collect()
    }

    /// What a call brings about; nothing that it must not.
    fn effect(&mut self, step: &Step) {
        if self.broken.is_some() {
            return;
        }
        let param = |name: &str| step.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let item: u64 = param("elid").unwrap().parse().unwrap();
        let here = &self.model.here[&item];
        let delivered = here.row.is_some_and(|id| self.model.delivered.contains(&id));
        let told = format!("{} of {:?}", step.call, here.local);
        let (paid, status, before) = (here.paid, here.local.status, here.local.clone());
        if !delivered {
            self.breaks("not delivered", &told);
        }
        let opens = step.call == format!("{}.open", before.itemtype);
        if opens {
            match status {
                Status::Suspended => self.breaks("resumed", &told),
                _ if !paid => self.breaks("unpaid", &told),
                Status::Active => self.breaks("opened twice", &told),
                Status::Processing => {}
                _ => self.breaks("opened", &told),
            }
        }
        let local = &mut self.model.here.get_mut(&item).unwrap().local;
        match step.call.as_str() {
            _ if opens => {
                local.status = Status::Active;
                local.operations.retain(|operation| operation.name != "open");
            }
            "certificate.save" => local.certificate_stored = true,
            "service.setstatus" => local.service_status = param("service_status").unwrap().parse().ok(),
            "service.setexpiredate" => local.expires = param("expiredate").unwrap().parse().ok(),
            _ => self.breaks("a call that is never made without permission", &told),
        }
        if before.expires > self.model.here[&item].local.expires {
            self.breaks("an expiry went backwards", &told);
        }
    }

    /// The laws again, on what is left of each service. Things happened meanwhile, too, but none of them opens or moves a service
    /// that was not paid.
    fn worse_off(&mut self, before: &BTreeMap<u64, LocalService>) {
        let mut found = Vec::new();
        for (item, before) in before {
            let after = &self.model.here[item].local;
            let told = || format!("{before:?} became {after:?}");
            if self.quiet {
                let same = after.status == before.status;
                let opened = (before.status, after.status) == (Status::Processing, Status::Active);
                if !same && !opened {
                    found.push(("worse off", told()));
                }
            }
            if after.module != Some(MODULE) {
                found.push(("moved to another module", told()));
            }
        }
        for (law, told) in found {
            self.breaks(law, &told);
        }
    }
}

/// The hands of one repair: calls on the model.
struct Bench<'a> {
    history: RefCell<&'a mut History>,
    item: u64,
}

impl Hand for Bench<'_> {
    fn call(&self, step: &Step) -> Result<Result<(), Error>, Error> {
        let mut history = self.history.borrow_mut();
        let how = if history.quiet { 9 } else { history.model.random.below(20) };
        let answer = match how {
            0 => {
                history.count("a callback that lied", 1);
                Ok(())
            }
            1 => {
                history.effect(step);
                history.count("an error after the change", 1);
                Err(Error::new(Kind::PanelAnswer, "an error after the change"))
            }
            2 => Err(Error::new(Kind::PanelAnswer, "an error")),
            3 => {
                // It takes effect, or never, or later.
                match history.model.random.below(3) {
                    0 => history.effect(step),
                    1 => history.late.push(step.clone()),
                    _ => {}
                }
                let now = history.model.now;
                history.unanswered.insert(self.item, now);
                history.count("no answer", 1);
                Err(Error::new(Kind::Unanswered, "no answer"))
            }
            _ => {
                history.effect(step);
                Ok(())
            }
        };
        if !matches!(how, 3) {
            history.unanswered.remove(&self.item);
        }
        if !history.quiet && history.model.random.one_in(5) {
            history.happens();
        }
        Ok(answer)
    }

    fn read(&self) -> Result<LocalService, Error> {
        let mut history = self.history.borrow_mut();
        if !history.quiet && history.model.random.one_in(40) {
            return Err(Error::new(Kind::Database, "the database is gone"));
        }
        Ok(history.model.here[&self.item].local.clone())
    }
}
