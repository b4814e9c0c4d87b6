//! A handful of random innocent histories on real parts: whatever one panel alone does with its account, the installed plugin never
//! says more than `possible`; and one with a second reader, who is found. Hundreds of them, without panels, are in `tests/core/innocent.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod chance;
mod stage;

use chance::Random;
use lab::billing::guesses::Quirks;
use lab::site::Site;
use lab::world::{Account, World};
use stage::{checkevent, install, json};
use std::collections::BTreeSet;
use std::sync::Arc;

const STEPS: usize = 12;
const PRODUCTS: [&str; 3] = ["vds", "vhost", "certificate"];

/// What may happen between two runs of `checkevent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Order,
    Deliver,
    ByHand,
    Import,
    Delete,
    MoveToAnotherModule,
    Renew,
    ChangeTariff,
    SwitchModule,
}

/// What happens oftener stands here oftener.
const ACTS: [Act; 14] = [
    Act::Order,
    Act::Order,
    Act::Order,
    Act::Deliver,
    Act::Deliver,
    Act::Deliver,
    Act::ByHand,
    Act::Import,
    Act::Import,
    Act::Delete,
    Act::MoveToAnotherModule,
    Act::Renew,
    Act::ChangeTariff,
    Act::SwitchModule,
];

struct Play {
    world: World,
    a: Arc<Site>,
    account: Account,
    modules: Vec<u64>,
    /// A module of another account.
    elsewhere: u64,
    random: Random,
    /// Every check that said more than `possible`, with what had happened, and how many checks there were.
    alarms: Vec<String>,
    checks: usize,
}

impl Play {
    fn new(seed: u64) -> Self {
        let world = World::new();
        // The seller's day is another one than this panel's for most of the day.
        let zone = ["+00:00", "+13:00", "-11:00"][usize::try_from(seed % 3).unwrap()];
        world.seller().database.set_time_zone(zone);
        assert_eq!(world.seller().row("SELECT @@time_zone AS zone").text("zone"), zone);
        let a = stage::reseller(&world, "a");
        let account = world.account("reseller-a");
        let modules = world.connect(&a, &account, &PRODUCTS);
        let elsewhere = a.add_module("Another seller", &world.account("elsewhere"));
        install(&world, &a, "[reselling]\nstuck_after = \"1s\"\n");
        *world.seller().billing.quirks() = Quirks {
            no_remoteid_in_list: seed % 4 == 3,
            rows_of_several_types: seed.is_multiple_of(2),
            ..Quirks::default()
        };
        a.order("vds", "first.example");
        // Whoever had the account before, with one service that lives and one that is gone.
        for (remoteid, status) in [("l100", 2), ("900001", 4)] {
            let tariff = world.seller().tariff("vds");
            world.seller().execute(&format!(
                "INSERT INTO item(name, pricelist, account, remoteid, currency, status, createdate)
                 VALUES ('before', {tariff}, {}, '{remoteid}', 1, {status}, CURDATE() - INTERVAL 400 DAY)",
                account.id
            ));
        }
        Self { world, a, account, modules, elsewhere, random: Random::seeded(seed), alarms: Vec::new(), checks: 0 }
    }

    /// One of the services that the filter leaves.
    fn any(&mut self, site: fn(&Self) -> &Site, filter: &str) -> Option<u64> {
        let rows = site(self).rows(&format!("SELECT id FROM item WHERE {filter} ORDER BY id"));
        let ids: Vec<u64> = rows.iter().map(|row| row.number("id")).collect();
        (!ids.is_empty()).then(|| self.random.of(&ids))
    }

    fn here(&self) -> &Site {
        &self.a
    }

    fn there(&self) -> &Site {
        self.world.seller()
    }

    /// Returns whether there was something to do it to.
    fn act(&mut self, act: Act, step: usize) -> bool {
        self.try_to(act, step).is_some()
    }

    fn try_to(&mut self, act: Act, step: usize) -> Option<()> {
        match act {
            Act::Order => drop(self.a.order(self.random.of(&PRODUCTS), &format!("s{step}.example"))),
            Act::Deliver => {
                let row = self.any(Self::there, "status IN (1, 5) AND remoteid IS NOT NULL")?;
                self.there().activate(row);
            }
            // In the account's own page, without an id of a reseller; today, or years ago.
            Act::ByHand => {
                let ago = if step.is_multiple_of(2) { 0 } else { 900 };
                self.there().execute(&format!(
                    "INSERT INTO item(name, pricelist, account, currency, status, createdate) VALUES ('by hand', {}, {}, 1, 2, CURDATE() - INTERVAL {ago} DAY)",
                    self.there().tariff("vds"),
                    self.account.id
                ));
            }
            Act::Import => {
                let row = self.any(Self::there, "remoteid IS NULL AND status = 2")?;
                // With its own day.
                let day = self
                    .there()
                    .row(&format!("SELECT createdate AS day FROM item WHERE id = {row}"))
                    .text("day")
                    .to_owned();
                let item = self.a.execute(&format!(
                    "INSERT INTO item(name, pricelist, account, processingmodule, remoteid, currency, status, createdate)
                     SELECT 'imported', {}, id, {}, {row}, 1, 2, '{day}' FROM account LIMIT 1",
                    self.a.tariff("vds"),
                    self.modules[0]
                ));
                self.there().execute(&format!("UPDATE item SET remoteid = '{item}' WHERE id = {row}"));
            }
            Act::Delete => {
                let item = self.any(Self::here, "status <> 4")?;
                self.a.execute(&format!("UPDATE item SET status = 4 WHERE id = {item}"));
                self.a.execute(&format!("DELETE FROM runningoperation WHERE item = {item}"));
            }
            Act::MoveToAnotherModule => {
                let item = self.any(Self::here, "status <> 4")?;
                self.a.execute(&format!("UPDATE item SET processingmodule = {} WHERE id = {item}", self.elsewhere));
            }
            // Paid here, then by this panel there: the seller's new date is news for the account.
            Act::Renew => {
                let item = self.any(Self::here, "status = 2")?;
                let row = self.any(Self::there, &format!("remoteid = '{item}' AND status = 2"))?;
                let next = format!(
                    "SELECT COALESCE(expiredate, CURDATE()) + INTERVAL 1 MONTH AS day FROM item WHERE id = {row}"
                );
                let until = self.there().row(&next);
                for (site, id) in [(self.here(), item), (self.there(), row)] {
                    let day = ("expiredate", until.text("day"));
                    site.call("service.setexpiredate", &[("elid", &id.to_string()), day, ("sok", "ok")]);
                }
            }
            // Begun here, and done when the seller says so.
            Act::ChangeTariff => {
                let item = self.any(Self::here, "status = 2")?;
                let row = self.any(Self::there, &format!("remoteid = '{item}' AND status = 2"))?;
                self.a.execute(&format!("UPDATE item SET lastpricelist = pricelist WHERE id = {item}"));
                self.a.execute(&format!(
                    "INSERT INTO runningoperation(item, intname, createdate, manual) VALUES ({item}, 'setparam', NOW(), 'on')"
                ));
                self.there().execute(&format!(
                    "INSERT INTO itemevent(item, account, type, createdate) SELECT id, account, 'setparam', NOW() FROM item WHERE id = {row}"
                ));
                if self.random.one_in(2) {
                    self.a.call("service.postsetparam", &[("elid", &item.to_string()), ("sok", "ok")]);
                }
            }
            Act::SwitchModule => self.a.switch_module(self.modules[2], self.random.one_in(2)),
        }
        Some(())
    }

    /// What comes after whatever happened: `checkevent`, as with cron (the panel's minutes are seconds here), and a check of the
    /// account that matters.
    fn look(&mut self, story: &[Act]) {
        checkevent(&self.a);
        let (report, _) = json(&self.a, &["check"]);
        let accounts = report["accounts"].as_array().unwrap();
        let found = accounts.iter().find(|one| one["account"].as_str().unwrap().ends_with("#reseller-a"));
        let found = found.unwrap_or_else(|| panic!("{report:#}"));
        self.checks += 1;
        if matches!(found["verdict"].as_str(), Some("likely" | "shared")) {
            self.alarms.push(format!("{story:?}: {found:#}"));
        }
    }
}

/// One history, with a check after each step. With `other` a second panel reads the account now and then, and in the end it surely
/// takes an event.
fn play(seed: u64, other: bool) -> (Play, BTreeSet<Act>) {
    let mut play = Play::new(seed);
    let b = other.then(|| play.world.reseller("b"));
    if let Some(b) = &b {
        play.world.connect(b, &play.account, &PRODUCTS);
    }
    let (mut story, mut done) = (Vec::new(), BTreeSet::new());
    for step in 0..STEPS {
        let act = play.random.of(&ACTS);
        story.push(act);
        if play.act(act, step) {
            done.insert(act);
        }
        if let Some(b) = b.as_ref().filter(|_| play.random.one_in(2)) {
            b.checkevent();
        }
        play.look(&story);
    }
    if let Some(b) = &b {
        let item = play.a.order("vds", "taken.example");
        play.there().activate(item);
        b.checkevent();
        for _ in 0..3 {
            play.look(&story);
        }
    }
    (play, done)
}

#[test]
fn what_one_panel_alone_does_is_never_more_than_possible_and_a_second_reader_is_found() {
    // The last one is the control: such a play with somebody else in it.
    let plays: Vec<_> = (1..=5).map(|seed| std::thread::spawn(move || play(seed, seed == 5))).collect();
    let mut plays: Vec<_> = plays.into_iter().map(|play| play.join().unwrap()).collect();
    let (control, _) = plays.pop().unwrap();
    assert!(!control.alarms.is_empty(), "the second panel was not found");
    let mut happened = BTreeSet::new();
    for (seed, (play, done)) in (1..).zip(plays) {
        assert!(play.alarms.is_empty(), "seed {seed}: {}", play.alarms.join("\n"));
        assert_eq!(play.checks, STEPS);
        happened.extend(done);
    }
    assert_eq!(happened, BTreeSet::from(ACTS), "what never happens proves nothing");
}
