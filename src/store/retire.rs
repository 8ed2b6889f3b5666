//! Takes rows out of files: those of blobs that were rewritten, and what was pending of blobs that were read on.
//!
//! Goes in: blobs, and the hours of their rows. Comes out: files written anew without them, as part of a change. So every live file
//! holds live rows alone, and any engine may read it.

use std::collections::{BTreeSet, HashSet};

use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray};

use super::cells::Cells;
use super::error::StoreError;
use super::part_file;
use super::partition::{Part, PartKind};
use super::workspace::{Change, Workspace};
use super::{state, threads};
use crate::schema::kept::{KeptTable, TABLES};

/// Whose rows are taken out.
#[derive(Debug, Default)]
pub(super) struct Retiring {
    /// Blobs of which every row is.
    pub all: HashSet<u32>,
    /// Blobs of which only pending rows are.
    pub pending: HashSet<u32>,
    /// Hours that their rows lie in, from the epoch.
    pub hours: BTreeSet<u32>,
    /// Whether rows may lie in any hour.
    pub is_wide: bool,
}

impl Retiring {
    fn takes(&self, kind: PartKind, id: u32) -> bool {
        self.all.contains(&id) || kind == PartKind::Pending && self.pending.contains(&id)
    }

    fn may_touch(&self, part: &Part) -> bool {
        let of_kind = !self.all.is_empty() || part.kind == PartKind::Pending;
        of_kind && (self.is_wide || self.hours.contains(&part.hour))
    }
}

/// Retires the files that hold such rows; what is left of them is written by run `run`, numbered from `number` on.
pub(super) fn retire(
    workspace: &Workspace,
    retiring: &Retiring,
    (run, number): (u64, u32),
    change: &mut Change,
) -> Result<(), StoreError> {
    if retiring.all.is_empty() && retiring.pending.is_empty() {
        return Ok(());
    }
    let gone: HashSet<Part> = HashSet::from_iter(change.retired.iter().cloned());
    let parts = workspace.checkpoint().parts.iter().filter(|part| retiring.may_touch(part) && !gone.contains(part));
    let numbered: Vec<(&Part, u32)> = parts.zip(number..).collect();
    let left = threads::each(&numbered, |(part, number)| {
        take_out(workspace, retiring, part, Part { run, number: *number, ..(*part).clone() })
    })?;
    for (old, new) in left.into_iter().flatten() {
        change.retired.push(old);
        change.added.extend(new);
    }
    Ok(())
}

/// Writes `new` with the rows of `old` that stay; `None` if all do.
fn take_out(
    workspace: &Workspace,
    retiring: &Retiring,
    old: &Part,
    new: Part,
) -> Result<Option<(Part, Option<Part>)>, StoreError> {
    let path = workspace.path(old);
    let ids = part_file::read(&path, Some(&["blob_id"]))?;
    let ids = Cells { frame: &ids, path: &path }.u32s("blob_id")?;
    if !ids.iter().any(|id| retiring.takes(old.kind, *id)) {
        return Ok(None);
    }
    let stays: Vec<bool> = ids.iter().map(|id| !retiring.takes(old.kind, *id)).collect();
    if stays.iter().all(|stays| !stays) {
        return Ok(Some((old.clone(), None)));
    }
    let frame = part_file::read(&path, None)?;
    let mask = BooleanChunked::from_slice("stays".into(), &stays);
    let mut frame: DataFrame = frame.filter(&mask).map_err(StoreError::polars_read(&path))?;
    let table = table(&old.table).ok_or_else(|| StoreError::damaged(&path, "it belongs to no table"))?;
    part_file::write(&workspace.path(&new), table, &mut frame)?;
    Ok(Some((old.clone(), Some(new))))
}

/// The table of this name.
pub(super) fn table(name: &str) -> Option<&'static KeptTable> {
    TABLES.iter().chain([&state::FLOWS, &state::RECORDS]).find(|table| table.name == name)
}
