//! What the saved rows say of services on the manual module when the journal does not know them any more: it was moved away, or cannot be
//! read. Found for a person; nothing is put back by it, for the service may have been moved by somebody else since.

use crate::billmgr::Selection;
use crate::error::Error;
use crate::journal::Journal;
use crate::reading::Here;
use crate::reselling::ids::{ItemId, ModuleId};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// A service that is on the module to which a run wanted to move it for a while, and the file that says how it is put back.
#[derive(Clone, Debug)]
pub struct Unknown {
    pub item: ItemId,
    /// The module that it came from.
    pub own: ModuleId,
    pub file: PathBuf,
}

/// More than this is not one of our files.
const MOST: u64 = 1024 * 1024;

/// Those of the runs that are not in this journal; without one, of every run.
///
/// # Errors
/// `Kind::Database`, `Kind::State`.
pub fn unknown_to(here: &Here, journal: Option<&Journal>) -> Result<Vec<Unknown>, Error> {
    let mut moved: BTreeMap<ItemId, (ModuleId, Unknown)> = BTreeMap::new();
    let files = fs::read_dir(here.root.state().join("backups")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = files.map(|file| file.path()).collect();
    // The newest run of a service is the last one to say.
    paths.sort();
    for path in paths {
        let small = fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() < MOST);
        let text = if small { fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
        let Some((run, item, own, manual)) = said(&text) else { continue };
        if journal.map(|journal| journal.has_run(&run)).transpose()?.unwrap_or(false) {
            moved.remove(&item);
        } else {
            moved.insert(item, (manual, Unknown { item, own, file: path }));
        }
    }
    let items: Vec<ItemId> = moved.keys().copied().collect();
    let there = here.database.services(&Selection::Items(&items))?.into_iter();
    Ok(there
        .filter_map(|local| moved.remove(&local.item).filter(|(manual, _)| local.module == Some(*manual)))
        .map(|(_, unknown)| unknown)
        .collect())
}

/// Run, service, its own module and the manual one, as `put_back` names them:
/// `UPDATE item SET processingmodule = OWN WHERE id = ITEM AND processingmodule = MANUAL;`
fn said(text: &str) -> Option<(String, ItemId, ModuleId, ModuleId)> {
    let kept: Value = serde_json::from_str(text).ok()?;
    let run = kept.get("run")?.as_str()?.to_owned();
    let words = kept.get("put_back")?.as_str()?.split(|letter: char| !letter.is_ascii_digit());
    let mut numbers = words.filter_map(|word| word.parse::<u64>().ok());
    let (own, item, manual) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some((run, ItemId(item), ModuleId(own), ModuleId(manual)))
}
