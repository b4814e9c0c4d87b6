//! Services that an interrupted repair has left on the manual module, found for whoever asks about services: there they belong to no
//! seller's account, and without the journal each would be taken for a service of another kind. Putting back is `manual`'s.

use crate::billmgr::Selection;
use crate::error::Error;
use crate::journal::Journal;
use crate::reading::Here;
use crate::reselling::ids::{ItemId, ModuleId};
use crate::reselling::service::LocalService;
use crate::reselling::way::Hitch;

/// One of them.
#[derive(Clone, Debug)]
pub struct OnManual {
    pub local: LocalService,
    /// The reselling module that it belongs to.
    pub own: ModuleId,
}

impl OnManual {
    /// What there is to say about it.
    pub fn hitch(&self) -> Hitch {
        Hitch::OnManual { module: self.own.0, why: None }
    }
}

/// Those that are still where the repair has put them.
///
/// # Errors
/// `Kind::State`, `Kind::Database`.
pub fn on_manual(here: &Here, journal: &Journal) -> Result<Vec<OnManual>, Error> {
    let left = journal.left_on_manual(None)?;
    let items: Vec<ItemId> = left.iter().map(|left| left.switch.item).collect();
    let found = |local: LocalService| {
        let switch = left.iter().map(|left| left.switch).find(|switch| switch.item == local.item)?;
        (local.module == Some(switch.to)).then_some(OnManual { local, own: switch.from })
    };
    Ok(here.database.services(&Selection::Items(&items))?.into_iter().filter_map(found).collect())
}
