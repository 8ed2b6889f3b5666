//! Takes old rows out of a workspace.
//!
//! Goes in: the hour before which rows go, of all tables and of contacts. Comes out: a workspace without them. Blobs whose rows are all gone are
//! remembered as read, so that a listing that still names them brings nothing back.

use super::error::StoreError;
use super::partition::Part;
use super::workspace::{Change, Workspace};
use crate::schema::kept::{CONTACTS, OPEN_FLOWS};

/// What was taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Files.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
}

impl Workspace {
    /// Removes every row of an hour before `before`, and rows of contacts and open flows before `contacts_before`. Unit: hours from the epoch.
    ///
    /// # Errors
    /// The checkpoint cannot be written, or a file cannot be removed.
    pub fn prune(&mut self, before: u32, contacts_before: u32) -> Result<Pruned, StoreError> {
        let is_old = |part: &&Part| {
            let of_flows = [CONTACTS.name, OPEN_FLOWS.name].contains(&&*part.table);
            part.hour < before || of_flows && part.hour < contacts_before
        };
        let retired: Vec<Part> = self.checkpoint().parts.iter().filter(is_old).cloned().collect();
        if retired.is_empty() {
            return Ok(Pruned::default());
        }
        let size = |part: &Part| std::fs::metadata(self.path(part)).map_or(0, |meta| meta.len());
        let pruned = Pruned { files: retired.len() as u64, bytes: retired.iter().map(size).sum() };
        self.begin()?;
        self.commit(Change { added: Vec::new(), retired }, |_| {})?;
        Ok(pruned)
    }
}
