//! The laws over the whole cross product of states. What only hinders a repair (a guard) is counted through beside it, so that
//! every state meets every guard somewhere.

use super::laws::hold;
use super::tables::word;
use jiff::civil::date;
use resellguard::reselling::decision::{Allowed, Surroundings};
use resellguard::reselling::ids::{ItemId, ModuleId};
use resellguard::reselling::link::Rows;
use resellguard::reselling::service::{LocalService, Operation, SellerService};
use resellguard::reselling::status::{Status, SuspendedBy};
use std::collections::{BTreeMap, BTreeSet};

const STATUSES: [Status; 6] =
    [Status::Ordered, Status::Active, Status::Suspended, Status::Deleted, Status::Processing, Status::Unknown];
/// Running operations, each with its manual mode.
const OPERATIONS: [&[(&str, Option<bool>)]; 11] = [
    &[],
    &[("open", Some(true))],
    &[("open", Some(false))],
    &[("open", None)],
    &[("suspend", Some(true))],
    &[("resume", Some(true))],
    &[("close", Some(true))],
    &[("prolong", Some(true))],
    &[("setparam", Some(false))],
    &[("open", Some(true)), ("prolong", Some(false))],
    &[("suspend", Some(true)), ("resume", Some(true))],
];
const SUSPENSIONS: [Option<SuspendedBy>; 4] =
    [None, Some(SuspendedBy::Money), Some(SuspendedBy::Staff), Some(SuspendedBy::Abuse)];
/// The product, its own state here and there.
const PRODUCTS: [(&str, Option<i64>, Option<i64>); 12] = [
    ("vds", None, None),
    ("soft", None, None),
    ("balloon", None, None),
    ("certificate", Some(4), Some(5)),
    ("certificate", Some(3), Some(4)),
    ("certificate", Some(5), Some(5)),
    ("certificate", None, None),
    ("certificate", Some(4), Some(6)),
    ("domain", None, None),
    ("domain", Some(5), Some(2)),
    ("domain", Some(5), Some(5)),
    ("domain", Some(2), Some(4)),
];
/// Of this panel: for non-payment, by staff, for abuse.
const MARKS: [(bool, bool, bool); 5] =
    [(false, false, false), (true, false, false), (false, true, false), (false, false, true), (true, true, true)];

fn operation((name, manual): (&str, Option<bool>)) -> Operation {
    Operation { id: 501, name: name.to_owned(), manual, tries: 1, error: None, created: None, task: None }
}

#[test]
fn the_laws_hold_in_every_state() {
    let day = date(2026, 11, 23);
    // None, each alone, all.
    let mut permissions: Vec<&[Allowed]> = vec![&[], &Allowed::ALL];
    permissions.extend(Allowed::ALL.chunks(1));
    let (mut states, mut done, mut outcomes) = (0_usize, 0_usize, BTreeSet::new());
    for here in STATUSES {
        for operations in OPERATIONS {
            for (itemtype, state_here, state_there) in PRODUCTS {
                for (autosuspend, employeesuspend, abusesuspend) in MARKS {
                    let mut local = LocalService {
                        item: ItemId(16643),
                        name: "a service".to_owned(),
                        itemtype: itemtype.to_owned(),
                        module: Some(ModuleId(3)),
                        customer: 7,
                        status: here,
                        service_status: state_here,
                        stored_seller_id: None,
                        operations: operations.iter().copied().map(operation).collect(),
                        created: Some(day),
                        expires: None,
                        autosuspend,
                        employeesuspend,
                        abusesuspend,
                        tariff_change_pending: false,
                        names: BTreeMap::new(),
                        certificate_stored: false,
                        last_resume: None,
                        last_prolong: None,
                    };
                    for there in STATUSES {
                        // A row that is not suspended has no reason for it.
                        let told = if there == Status::Suspended { &SUSPENSIONS[..] } else { &SUSPENSIONS[..1] };
                        for &suspended_by in told {
                            let mut row = SellerService {
                                id: "4478979".to_owned(),
                                itemtype: itemtype.to_owned(),
                                remoteid: None,
                                status: there,
                                status_text: String::new(),
                                suspended_by,
                                service_status: state_there,
                                created: Some(day),
                                created_at: None,
                                expires: None,
                                names: BTreeMap::new(),
                                left_out: Vec::new(),
                            };
                            for &allow in &permissions {
                                states += 1;
                                // Primes, so that every combination of guards meets every state in turn.
                                let every = |number: usize| states % number == 0;
                                local.stored_seller_id = (states % 3 > 0).then(|| "4478979".to_owned());
                                local.tariff_change_pending = every(17);
                                local.last_resume = every(19).then(|| day.at(13, 0, 0, 0));
                                local.last_prolong = every(23).then(|| day.at(13, 0, 0, 0));
                                local.expires =
                                    (states % 5 > 0).then(|| date(2026, 11, if every(7) { 20 } else { 28 }));
                                row.remoteid = (!every(29)).then(|| "16643".to_owned());
                                row.expires = (states % 11 > 0).then(|| date(2026, 11, if every(2) { 30 } else { 25 }));
                                let rows = Rows::new(std::iter::once(&row).filter(|_| !every(31)));
                                let around = Surroundings {
                                    others_may_read: every(2),
                                    do_nothing: every(13),
                                    allow,
                                    now: date(2026, 11, 24).at(12, 0, 0, 0),
                                };
                                let (decision, reason) = hold(&local, &rows.link(&local), around);
                                done += usize::from(decision.acts());
                                outcomes.insert(format!("{} {}", decision.word(), word(&reason)));
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(states > 200_000 && done > 1_000, "{states} states, {done} repairs");
    assert!(outcomes.len() > 40, "{} outcomes: {outcomes:#?}", outcomes.len());
}
