//! What the plugin sees of a history at one moment, and what it concludes.

use super::{Here, History};
use jiff::SignedDuration;
use jiff::civil::Date;
use resellguard::reselling::carried::{Before, Fold, KnownItem, Lookup};
use resellguard::reselling::circumstance::Scheduled;
use resellguard::reselling::elsewhere::{Elsewhere, Stranger};
use resellguard::reselling::exclusivity::{Observation, delivered, evidence, waits_for_an_event};
use resellguard::reselling::heard::Ours;
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::link::Rows;
use resellguard::reselling::losses::{Loss, arrived_late};
use resellguard::reselling::service::{LocalService, Module, SellerService};
use resellguard::reselling::status::Status;
use resellguard::reselling::verdict::{Evidence, Rule, Severity, Sight, Sign, Verdict, judge};
use std::collections::{HashMap, HashSet};

/// The lists that a check asks for.
const LISTS: [&str; 6] = ["vds", "dedic", "vhost", "certificate", "domain", "soft"];

impl History {
    /// What the plugin sees and concludes at this moment.
    pub fn check(&mut self) -> (Verdict, Rule, Vec<Evidence>) {
        let now = self.at();
        let waiting: Vec<LocalService> = self
            .here
            .values()
            .filter(|one| !one.purged && one.on_account && one.service.waits())
            .map(|one| one.service.clone())
            .collect();
        let ours = |one: &&Here| !one.purged && one.on_account && one.service.status != Status::Deleted;
        let own: HashSet<String> = self.here.values().filter(ours).map(|one| one.service.itemtype.clone()).collect();
        let mut fold = Fold::new(Before {
            waiting: &waiting,
            highest_item: self.here.keys().max().copied().unwrap_or(0),
            history_since: self.recorded_since,
        });
        let lookup = self.lookup();
        let mut ids_shown = !self.down;
        for list in LISTS.iter().filter(|_| !self.down) {
            fold.begin(list);
            let page: Vec<SellerService> = self
                .rows
                .values()
                .filter(|row| self.manner.mixed || row.itemtype == *list)
                .filter(|row| self.manner.shows_deleted || row.status != Status::Deleted)
                .map(|row| SellerService { itemtype: (*list).to_owned(), ..row.clone() })
                .collect();
            ids_shown &= !own.contains(*list) || page.is_empty() || page.iter().any(|row| row.remoteid.is_some());
            page.chunks(7).for_each(|page| fold.page(page, &lookup));
        }
        let carried = fold.finish(&Some(self.recorded()));
        let sight = Sight { read: !self.down, services_here: !own.is_empty(), ids_shown };
        if sight.read {
            let rows = Rows::new(&carried.rows);
            let active: Vec<ItemId> =
                waiting.iter().filter(|one| delivered(one, &rows).is_some()).map(|one| one.item).collect();
            for loss in
                self.memory.losses.iter_mut().filter(|loss| loss.ended.is_none() && !active.contains(&loss.item))
            {
                loss.ended = Some(now);
            }
            self.memory.undelivered.retain(|item, _| waiting.iter().any(|one| one.item == *item));
            for one in waiting.iter().filter(|one| waits_for_an_event(one) && !active.contains(&one.item)) {
                self.memory.undelivered.insert(one.item, now);
            }
            // While events are not applied nothing is late.
            let active = if self.stopped || self.switched_off { Vec::new() } else { active };
            self.memory.active_since.retain(|item, _| active.contains(item));
            for item in active {
                self.memory.active_since.entry(item).or_insert(now);
            }
        } else {
            let gone = |loss: &&mut Loss| !waiting.iter().any(|one| one.item == loss.item && waits_for_an_event(one));
            for loss in self.memory.losses.iter_mut().filter(|loss| loss.ended.is_none()).filter(gone) {
                loss.ended = Some(now);
            }
        }
        self.heard.ours = self
            .here
            .iter()
            .map(|(item, one)| {
                let deleted = one.purged || one.service.status == Status::Deleted;
                (*item, Ours { on_account: one.on_account, deleted })
            })
            .collect();
        let seen = Observation {
            now,
            local_now: self.clock(self.manner.panel_zone),
            stuck_after: SignedDuration::from_mins(15),
            modules: &self.modules(),
            waiting: &waiting,
            sight,
            carried: &carried,
            memory: &self.memory,
            heard: &self.heard,
            elsewhere: &self.elsewhere(),
            scheduled: Scheduled::Yes(format!("*/{} * * * * mgrctl -m billmgr checkevent", self.manner.period)),
            stopped: self.stopped,
            blocked: false,
        };
        let found = evidence(&seen);
        let came = arrived_late(&seen);
        self.memory.losses.retain(|loss| !came.contains(&loss.item));
        for one in found.iter().filter(|one| one.severity == Severity::Critical) {
            if let Sign::LostEvent { item, itemtype, row, active_since, .. } = &one.sign {
                let (item, itemtype, row) = (ItemId(*item), itemtype.clone(), row.clone());
                self.memory.losses.retain(|loss| loss.item != item);
                let loss = Loss { item, itemtype, row, active_since: *active_since, ended: None, repaired: false };
                self.memory.losses.push(loss);
            }
        }
        let (verdict, rule) = judge(sight, &found);
        (verdict, rule, found)
    }

    /// The day of the first line of this panel's history about each service.
    fn recorded(&self) -> HashMap<u64, Date> {
        self.here.iter().filter_map(|(id, one)| Some((*id, one.recorded?))).collect()
    }

    fn lookup(&self) -> Lookup {
        let (purged, kept): (Vec<_>, Vec<_>) = self.here.iter().partition(|(_, one)| one.purged);
        let known = |one: &Here| KnownItem {
            itemtype: one.service.itemtype.clone(),
            on_account: one.on_account,
            names: one.service.names.values().cloned().collect(),
            created: one.service.created,
        };
        Lookup {
            known: kept.into_iter().map(|(id, one)| (*id, known(one))).collect::<HashMap<_, _>>(),
            remembered: purged.into_iter().filter(|(_, one)| one.recorded.is_some()).map(|(id, _)| *id).collect(),
            ordered: HashMap::new(),
        }
    }

    fn modules(&self) -> Vec<Module> {
        [3, 4]
            .into_iter()
            .map(|id| Module {
                id: ModuleId(id),
                name: format!("module {id}"),
                file: "pmbillmgr".to_owned(),
                active: (id == 3 && !self.switched_off)
                    || (id == 4 && !self.manner.disabled_module && !self.switched_off),
                account: None,
                url: if id == 4 && self.manner.spelled_otherwise {
                    "https://seller.example"
                } else {
                    "https://seller.example/billmgr"
                }
                .to_owned(),
                login: "shop".to_owned(),
            })
            .collect()
    }

    fn elsewhere(&self) -> Elsewhere {
        let person = |address: &str, functions: &[&str]| Stranger {
            address: address.to_owned(),
            times: 3,
            functions: functions.iter().map(|one| (*one).to_owned()).collect(),
            asked: functions.iter().filter(|one| one.contains("itemevent")).count() as u64 * 3,
            ..Stranger::default()
        };
        let mut strangers = vec![person("198.51.100.7", &["dashboard", "vds"])];
        if self.manner.second_address {
            strangers.push(person("2001:db8::2", &["itemevent"]));
        }
        Elsewhere { strangers, ..Elsewhere::default() }
    }
}
