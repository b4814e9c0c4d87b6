//! Customers of this panel who resell: those whose services carry the ids of another panel (facts/billmanager 0.4, 1.1).
//!
//! Not for judging them.

use super::database::Database;
use crate::error::{Error, Kind};
use crate::reselling::numbering::Bought;
use crate::reselling::status::Status;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How many services of one account are looked at.
const SERVICES: usize = 100_000;
/// How many people and sessions of one account.
const PEOPLE: usize = 100;

/// Who can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: u64,
    pub login: String,
    pub email: String,
}

/// An account that resells.
#[derive(Clone, Debug, Default)]
pub struct Buyer {
    pub account: u64,
    /// The account's name, or its number.
    pub name: String,
    pub people: Vec<Person>,
    /// In the order of the ids here.
    pub bought: Vec<Bought>,
    /// Where its people are logged in from.
    pub sessions: Vec<IpAddr>,
    /// There are more services than were looked at.
    pub cut: bool,
}

impl Database {
    /// Every account with services that carry an id of the buyer's side, by number. A service that this panel itself bought from
    /// another (through a module with one of these files) may hold that seller's id in the same place and does not count.
    ///
    /// # Errors
    /// `Kind::Database`, also when services carry no ids here at all.
    pub fn buyers(&self, reselling: &[String]) -> Result<Vec<Buyer>, Error> {
        if !self.has("item", "remoteid") {
            return Err(Error::new(
                Kind::Database,
                "item has no column remoteid here: whose services are resold is not known",
            ));
        }
        let own = self.modules(reselling)?;
        let own = super::database::list(own.iter().map(|module| module.id.0));
        let mut buyers: BTreeMap<u64, Buyer> = BTreeMap::new();
        let what = format!(
            "i.account, i.id, t.intname, LEFT(i.remoteid, 64), {}, i.status FROM item i \
             JOIN pricelist p ON p.id = i.pricelist JOIN itemtype t ON t.id = p.itemtype \
             WHERE i.remoteid IS NOT NULL AND i.remoteid NOT IN ('', '0') \
             AND (i.processingmodule IS NULL OR NOT COALESCE(i.processingmodule IN ({own}), 0)){} ORDER BY i.id",
            self.column("i", "item", "createdate"),
            self.no_addons()
        );
        self.select(&what, |mut row| {
            let (Some(account), Some(id), Some(itemtype), Some(remoteid)) =
                (row.id(), row.id(), row.text(), row.text())
            else {
                return;
            };
            let (created, deleted) = (row.date(), row.number().map(Status::from_code) == Some(Status::Deleted));
            let buyer = buyers.entry(account).or_insert_with(|| Buyer {
                account,
                name: account.to_string(),
                ..Buyer::default()
            });
            if buyer.bought.len() < SERVICES {
                buyer.bought.push(Bought { id, itemtype, remoteid, created, deleted });
            } else {
                buyer.cut = true;
            }
        })?;
        self.add_people(&mut buyers)?;
        self.add_sessions(&mut buyers)?;
        Ok(buyers.into_values().collect())
    }

    /// What `buyers` could not look at here, as sentences.
    pub fn buyers_notes(&self) -> Vec<String> {
        let all: [(&str, &[&str], &str); 4] = [
            ("account", &["id", "name"], "accounts have numbers for names"),
            ("user", &["id", "name", "account"], "whose calls are in the log is not known"),
            ("user", &["email"], "there is no address to write to"),
            ("core_session", &["name", "ip"], "open sessions are not seen"),
        ];
        let missing = all.iter().filter(|(table, columns, _)| !self.has_all(table, columns));
        missing.map(|(table, columns, then)| format!("no {table}.{} here: {then}", columns.join(", "))).collect()
    }

    fn add_people(&self, buyers: &mut BTreeMap<u64, Buyer>) -> Result<(), Error> {
        if self.has_all("account", &["id", "name"]) {
            self.select("id, LEFT(name, 255) FROM account", |mut row| {
                if let (Some(id), Some(name)) = (row.id(), row.text()) {
                    buyers.entry(id).and_modify(|buyer| buyer.name = name);
                }
            })?;
        }
        if !self.has_all("user", &["id", "name", "account"]) {
            return Ok(());
        }
        let email = self.column("u", "user", "email");
        self.select(
            &format!("u.account, u.id, LEFT(u.name, 255), LEFT({email}, 255) FROM user u ORDER BY u.id"),
            |mut row| {
                let (Some(account), Some(id), Some(login), email) = (row.id(), row.id(), row.text(), row.text()) else {
                    return;
                };
                if let Some(buyer) = buyers.get_mut(&account).filter(|buyer| buyer.people.len() < PEOPLE) {
                    buyer.people.push(Person { id, login, email: email.unwrap_or_default() });
                }
            },
        )
    }

    /// A session's name is the user's number (facts/billmanager 1.1).
    fn add_sessions(&self, buyers: &mut BTreeMap<u64, Buyer>) -> Result<(), Error> {
        if !self.has_all("core_session", &["name", "ip"]) {
            return Ok(());
        }
        let of: BTreeMap<u64, u64> =
            buyers.values().flat_map(|buyer| buyer.people.iter().map(|person| (person.id, buyer.account))).collect();
        self.select("DISTINCT LEFT(name, 20), LEFT(ip, 64) FROM core_session", |mut row| {
            let (Some(user), Some(ip)) = (row.id(), row.text()) else { return };
            let buyer = of.get(&user).and_then(|account| buyers.get_mut(account));
            if let (Some(buyer), Ok(ip)) = (buyer.filter(|buyer| buyer.sessions.len() < PEOPLE), ip.parse::<IpAddr>()) {
                buyer.sessions.push(ip.to_canonical());
            }
        })
    }
}
