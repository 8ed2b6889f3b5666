//! What the estate did before the window, as far as detectors ask for it: reduced facts, no rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::Address;

/// Longest history that is read before a window. Unit: days; a month has four of each day of the week, which is what seasons and habits
/// need; raising it costs reading time, and lets what was long ago pass for usual.
pub const HISTORY_DAYS_MAX: u32 = 30;

/// Where the history of the tables of behaviour comes from, and what the estate sent to before the window. What single hosts and series did
/// stands in their own tables: `peer_history`, `series`, `sender_hours` and `peer_hours` begin before the window then.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// First moment with rows, ms since the epoch.
    pub from: i64,
    /// First moment of the window, ms since the epoch.
    pub window: i64,
    /// When each local address first sent to a public one, ms since the epoch.
    pub hosts: BTreeMap<Address, i64>,
    /// Countries that local addresses sent to.
    pub countries: BTreeSet<String>,
    /// Autonomous systems that they sent to.
    pub networks: BTreeSet<u32>,
    /// Destination ports that they sent to at public addresses.
    pub ports: BTreeSet<u16>,
}
