//! Fetches what a workspace remembers of blobs that are to be read on.

use std::collections::{BTreeSet, HashMap};

use super::cells::Cells;
use super::checkpoint::KeptUnit;
use super::error::StoreError;
use super::part_file;
use super::state;
use super::workspace::Workspace;
use crate::rollup::UnitMemory;
use crate::schema::{Partial, Reason};

impl Workspace {
    /// What must be known to read `units` on, by their numbers. A unit without a tail, or whose state is gone, has none.
    ///
    /// # Errors
    /// A file cannot be read, or does not hold what a run wrote.
    pub fn memories(&self, units: &[&KeptUnit]) -> Result<HashMap<u32, UnitMemory>, StoreError> {
        let hours: BTreeSet<u32> = units.iter().map(|unit| unit.hour).collect();
        let mut flows: HashMap<u32, Partial> = HashMap::new();
        let mut contents: HashMap<u32, Vec<u128>> = HashMap::new();
        for hour in hours {
            for part in self.parts(state::FLOWS.name, hour..=hour) {
                let path = self.path(part);
                let frame = part_file::read(&path, None)?;
                state::read_flows(Cells { frame: &frame, path: &path }, &mut flows)?;
            }
            for part in self.parts(state::RECORDS.name, hour..=hour) {
                let path = self.path(part);
                let frame = part_file::read(&path, None)?;
                state::read_records(Cells { frame: &frame, path: &path }, &mut contents)?;
            }
        }
        let mut memories = HashMap::new();
        for unit in units {
            // A unit with a tail has records; where none is remembered, its state was taken out, and it is read whole.
            let Some((tail, contents)) = unit.tail.as_ref().zip(contents.remove(&unit.id)) else { continue };
            let mut reject_rows = [0; Reason::COUNT];
            reject_rows.iter_mut().zip(&tail.rejects).for_each(|(to, from)| *to = *from);
            let memory =
                UnitMemory { newest: tail.newest, reject_rows, contents, flows: flows.remove(&unit.id).unwrap_or_default() };
            memories.insert(unit.id, memory);
        }
        Ok(memories)
    }
}
