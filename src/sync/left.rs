//! Services that an interrupted repair has left on the manual module, found for whoever asks about services: there they belong to no
//! seller's account, and without the journal each would be taken for a service of another kind. Putting back is `manual`'s.

use super::planning::{under_way, waited_for};
use crate::billmgr::Selection;
use crate::error::Error;
use crate::journal::Journal;
use crate::reading::Here;
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::service::LocalService;
use crate::reselling::status::Status;
use crate::reselling::way::{self, Hitch};

/// One of them.
#[derive(Clone, Debug)]
pub struct OnManual {
    pub local: LocalService,
    /// The reselling module that it belongs to.
    pub own: ModuleId,
    /// The panel may still be at its task: when it is put back at the earliest.
    pub from: Option<String>,
}

impl OnManual {
    /// What there is to say about it.
    pub fn hitch(&self) -> Hitch {
        Hitch::OnManual { module: self.own.0, why: None, from: self.from.clone() }
    }
}

/// Those that are still where the repair has put them.
///
/// # Errors
/// `Kind::State`, `Kind::Database`.
pub fn on_manual(here: &Here, journal: &Journal) -> Result<Vec<OnManual>, Error> {
    let left = journal.left_on_manual(None)?;
    let items: Vec<ItemId> = left.iter().map(|left| left.switch.item).collect();
    let mut found = Vec::new();
    for local in here.database.services(&Selection::Items(&items))? {
        let switch = left.iter().filter(|left| !left.back).map(|left| left.switch);
        let Some(switch) = switch.clone().find(|switch| switch.item == local.item) else { continue };
        if local.module == Some(switch.to) {
            let from = at_its_task(journal, &local)?;
            found.push(OnManual { local, own: switch.from, from });
        }
    }
    Ok(found)
}

/// The panel may be in the middle of the task: with the module put back it could give the operation to it once more. Until when, as
/// a time of the day.
///
/// # Errors
/// `Kind::State`.
pub(super) fn at_its_task(journal: &Journal, local: &LocalService) -> Result<Option<String>, Error> {
    let Some((call, at)) = under_way(journal, local.item)?.filter(|_| !opened(local)) else { return Ok(None) };
    let harmless = call == way::FORGET || call == way::SWITCH || call == way::PUT_BACK;
    Ok(if harmless { None } else { waited_for(&at) })
}

/// The activation is done, and its operation over.
pub(super) fn opened(local: &LocalService) -> bool {
    local.status == Status::Active && local.operation("open").is_none()
}
