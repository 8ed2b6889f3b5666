//! Threat lists: public addresses known for attacks.

use super::ThreatHit;
use crate::schema::Address;
use crate::schema::inputs::InputInfo;

/// Threat lists; by default none.
#[derive(Clone, Debug, Default)]
pub struct ThreatLists {}

/// A threat list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read threat list: {file}")]
pub struct ThreatError {
    /// Name of the file, as given.
    pub file: String,
}

impl ThreatLists {
    /// Adds a list.
    pub fn add(&mut self, file: &str, _bytes: &[u8]) -> Result<InputInfo, ThreatError> {
        Err(ThreatError { file: file.to_owned() })
    }

    /// The hit of a public address, by the first list given that names it; entries that had expired before the window, or
    /// were not yet valid at its end, are passed over. `window` is the first and the last tuple, ms since the epoch.
    pub fn get(&self, _address: Address, _window: (i64, i64)) -> Option<ThreatHit> {
        None
    }

    /// What is odd about each list in the light of the window, in the order given: expired before it, or much older than it.
    pub fn warnings(&self, _window: (i64, i64)) -> Vec<Vec<String>> {
        Vec::new()
    }
}
