//! The table of conclusions: what was looked at, and the one answer.

use super::cases::{self, Local, Row};
use super::tables::{said_in_both_languages, same};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use resellguard::language::Say;
use resellguard::reselling::conclusion::{
    Conclusion, Heard, HeardOf, Hidden, Logged, Other, Panel, Refusal, Scheduled, Seen, Seller, Served, Situation,
    Standing, conclude,
};
use resellguard::reselling::decision::Reason;
use resellguard::reselling::ids::ModuleId;
use resellguard::reselling::link::Rows;
use resellguard::reselling::service::SellerService;
use resellguard::reselling::status::Status;
use resellguard::reselling::verdict::Verdict;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Unless a case says otherwise: 16643 waits, the seller shows what `rows` say, `checkevent` ran five minutes ago, the account
/// is exclusive.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConclusionCase {
    #[serde(default)]
    local: Local,
    /// The panel's database could not be read.
    #[serde(default)]
    local_unread: bool,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    around: Around,
    #[serde(default)]
    heard: Vec<HeardHere>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    /// What the English paragraph has to say besides.
    #[serde(default)]
    says: Vec<String>,
    /// What it must not say.
    #[serde(default)]
    does_not_say: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Around {
    now: DateTime,
    /// `reselling`, `disabled`, `other`, `none`, `gone`, `manual` or `unreadable`.
    served: String,
    /// A refusal's word, or `not_asked`; empty: the seller was read.
    seller: String,
    short: bool,
    ids_hidden: bool,
    approver: Option<String>,
    balance: Option<String>,
    broke: bool,
    may_suspend: Option<bool>,
    may_delete: Option<bool>,
    verdict: Option<Verdict>,
    do_nothing: bool,
    schedule: String,
    last_poll: String,
    delivered_since: Option<DateTime>,
    polls_since: u64,
    call_under_way: bool,
    hidden: String,
    logged: String,
    other_id_unknown: bool,
    /// Why the plan would not repair it now: `unreadable`; empty: it would, or there is none.
    hindered: String,
}

impl Default for Around {
    fn default() -> Self {
        let day = jiff::civil::date(2026, 11, 24);
        Self {
            now: day.at(12, 0, 0, 0),
            served: "reselling".into(),
            seller: String::new(),
            short: false,
            ids_hidden: false,
            approver: None,
            balance: None,
            broke: false,
            may_suspend: None,
            may_delete: None,
            verdict: Some(Verdict::Exclusive),
            do_nothing: false,
            schedule: "yes".into(),
            last_poll: "2026-11-24T11:55:00".into(),
            delivered_since: Some(day.at(8, 11, 0, 0)),
            polls_since: 45,
            call_under_way: false,
            hidden: "offline".into(),
            logged: "silent".into(),
            other_id_unknown: false,
            hindered: String::new(),
        }
    }
}

impl Around {
    fn hidden(&self) -> Hidden {
        let detail = |name: &str| format!("/usr/local/mgr5/etc/{name}: line 3");
        match self.hidden.as_str() {
            "offline" => Hidden::Offline,
            "settings" => Hidden::Settings(detail("resellguard.toml")),
            "files" => Hidden::Files(detail("billmgr.conf")),
            "database" => Hidden::Database("127.0.0.1:3306: refused".into()),
            other => panic!("'{other}' is no way to be hidden"),
        }
    }

    fn logged(&self) -> Logged {
        let last = Some(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0));
        match self.logged.as_str() {
            "absent" => Logged::Absent,
            "unread" => Logged::Unread,
            "silent" => Logged::Silent { since: None },
            "long" => Logged::Long,
            "told" => Logged::Told { last, error: None },
            "failed" => Logged::Told { last, error: Some("Error: Type: 'auth' Object: 'badpassword'".into()) },
            other => panic!("'{other}' is nothing that a log holds"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeardHere {
    what: String,
    at: Option<DateTime>,
    #[serde(default)]
    text: String,
}

fn of<T: Copy>(word: &str, all: &[(&str, T)]) -> T {
    let found = all.iter().find(|(known, _)| *known == word);
    found.unwrap_or_else(|| panic!("'{word}' is none of {:?}", all.iter().map(|(word, _)| word).collect::<Vec<_>>())).1
}

const REFUSALS: [(&str, Refusal); 8] = [
    ("two_factor", Refusal::TwoFactor),
    ("address", Refusal::Address),
    ("captcha", Refusal::Captcha),
    ("login", Refusal::Login),
    ("rights", Refusal::Rights),
    ("untrusted", Refusal::Untrusted),
    ("unreachable", Refusal::Unreachable),
    ("answer", Refusal::Answer),
];
const HEARD: [(&str, HeardOf); 7] = [
    ("missed", HeardOf::EventMissed),
    ("failed", HeardOf::EventFailed),
    ("login", HeardOf::Login),
    ("rights", HeardOf::Rights),
    ("money", HeardOf::Money),
    ("connection", HeardOf::Connection),
    ("other", HeardOf::Other),
];
const SCHEDULES: [(&str, Scheduled); 4] = [
    ("yes", Scheduled::Yes),
    ("commented", Scheduled::Commented),
    ("missing", Scheduled::Missing),
    ("unknown", Scheduled::Unknown),
];

fn served(word: &str) -> Served {
    match word {
        "reselling" => Served::Reselling { active: true },
        "disabled" => Served::Reselling { active: false },
        "other" => Served::Other(Other::Module("pmmanual".into())),
        "none" => Served::Other(Other::NoModule),
        "gone" => Served::Other(Other::Gone(ModuleId(77))),
        "manual" => Served::OnManual { own: 3 },
        "unreadable" => Served::Unreadable { detail: "module 3: not base64".into() },
        other => panic!("'{other}' is no way to be served"),
    }
}

fn concluded(case: &ConclusionCase) -> Conclusion {
    let local = case.local.service();
    let rows: Vec<SellerService> = case.rows.iter().map(Row::service).collect();
    let around = &case.around;
    let heard: Vec<Heard> = case
        .heard
        .iter()
        .map(|one| Heard { what: of(&one.what, &HEARD), at: one.at, text: one.text.clone() })
        .collect();
    let seller = match around.seller.as_str() {
        "" => Seller::Read(Seen {
            linked: Rows::new(&rows).link(&local),
            whole: !around.short,
            ids_shown: !around.ids_hidden,
            approver: around.approver.as_deref(),
        }),
        "not_asked" => Seller::NotAsked,
        word => Seller::Refused { refusal: of(word, &REFUSALS), detail: "seller.example: vds: no".into() },
    };
    conclude(&Situation {
        now: around.now,
        stuck_after: SignedDuration::from_mins(15),
        service: if case.local_unread { Err(around.hidden()) } else { Ok(&local) },
        status_code: (local.status == Status::Unknown).then_some(17),
        served: if case.local_unread { Served::NotRead } else { served(&around.served) },
        seller,
        standing: Standing {
            balance: around.balance.clone(),
            broke: around.broke,
            may_suspend: around.may_suspend,
            may_delete: around.may_delete,
        },
        verdict: around.verdict,
        heard: &heard,
        logged: around.logged(),
        other_id_unknown: around.other_id_unknown,
        panel: Panel {
            do_nothing: around.do_nothing,
            schedule: of(&around.schedule, &SCHEDULES),
            last_poll: around.last_poll.parse().ok(),
        },
        delivered_since: around.delivered_since,
        polls_since: around.polls_since,
        hindered: (around.hindered == "unreadable")
            .then(|| Reason::CertificateNotReadable { detail: "the seller's form shows no certificate".into() }),
        call_under_way: around.call_under_way.then(|| ("vds.open".into(), "2026-11-24T11:59:00+00:00".into())),
    })
}

#[test]
fn services_are_explained() {
    let kinds = RefCell::new(BTreeSet::new());
    cases::run("conclusion", |case: &ConclusionCase| {
        let conclusion = concluded(case);
        same("kind", &conclusion.kind(), &case.expect.kind.as_str())?;
        said_in_both_languages(&conclusion)?;
        let (english, russian) = conclusion.pair();
        for said in &case.expect.says {
            if !english.contains(said.as_str()) {
                return Err(format!("does not say '{said}': {english}"));
            }
        }
        for said in &case.expect.does_not_say {
            if english.contains(said.as_str()) {
                return Err(format!("says '{said}': {english}"));
            }
        }
        if !english.contains("What to do") || !russian.contains("Что делать") {
            return Err(format!("does not say what to do: {english} {russian}"));
        }
        kinds.borrow_mut().insert(conclusion.kind());
        Ok(())
    });
    assert_eq!(*kinds.borrow(), crate::kinds::all());
}
