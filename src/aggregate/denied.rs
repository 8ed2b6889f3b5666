//! Flows that left their source allowed and were denied at their destination (ARCHITECTURE.md, "Counting in one page").
//!
//! Goes in: denied Inbound rows at NICs that own the destination, where the source's NIC supplies. Comes out: per interval
//! and key how many denied flows to add, and how many allowed ones they were. Touches no bytes, packets or tuples.

use rayon::prelude::*;

use super::add_up::add_up;
use super::dedup::Role;
use super::pairs::Pair;
use super::rows::Rows;
use crate::schema::Status;
use crate::schema::units::Interval;

/// A change of the flows of one interval, source, destination, port and protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the key's fields are those of the rows")]
pub(super) struct Correction {
    pub interval: u32,
    pub src_ip: u32,
    pub dst_ip: u32,
    pub dst_port: u16,
    pub protocol: u8,
    /// What flows_denied grows by.
    pub denied: u64,
    /// What flows_allowed shrinks by: those of the denied flows that were seen leaving.
    pub were_allowed: u64,
    /// The denying NIC; the smallest, if several.
    pub nic: u32,
    /// First denied tuple, ms since the epoch.
    pub first_time: i64,
    /// Last denied tuple, ms since the epoch.
    pub last_time: i64,
}

impl Correction {
    /// What one denied row says alone.
    pub fn of(rows: &Rows<'_>, row: usize, interval: Interval, nic: u32) -> Self {
        let start = interval.start(rows.interval[row]);
        Self {
            interval: rows.interval[row],
            src_ip: rows.src_ip[row],
            dst_ip: rows.dst_ip[row],
            dst_port: rows.dst_port[row],
            protocol: rows.protocol[row],
            denied: u64::from(rows.flows_started[row]),
            were_allowed: 0,
            nic,
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
        }
    }

    /// Adds another one of the same pair.
    pub fn add(&mut self, other: &Self) {
        self.interval = self.interval.min(other.interval);
        self.denied += other.denied;
        self.were_allowed += other.were_allowed;
        self.nic = self.nic.min(other.nic);
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
    }

    /// What it is about.
    pub fn pair(&self) -> Pair {
        Pair { src_ip: self.src_ip, dst_ip: self.dst_ip, dst_port: self.dst_port, protocol: self.protocol }
    }

    /// What [`corrections`] ascend by.
    pub fn key(&self) -> (u32, u32, u32, u16, u8) {
        (self.interval, self.src_ip, self.dst_ip, self.dst_port, self.protocol)
    }
}

/// Adds `refusals` up by key and finds how many of them the supplying rows saw leaving; ascending by key.
pub(super) fn corrections(chunks: &[Rows<'_>], roles: &[Vec<Role>], mut refusals: Vec<Correction>) -> Vec<Correction> {
    refusals.par_sort_unstable_by_key(Correction::key);
    add_up(&mut refusals, |a, b| a.key() == b.key(), |kept, next| kept.add(next));
    refusals.retain(|c| c.denied > 0);
    if refusals.is_empty() {
        return refusals;
    }
    // Few destinations deny what a logged source sent them; most rows need no search.
    let addresses = refusals.iter().map(|c| c.dst_ip as usize + 1).max().unwrap_or(0);
    let mut refuses = vec![false; addresses];
    refusals.iter().for_each(|c| refuses[c.dst_ip as usize] = true);

    let left = |(rows, roles): (&Rows<'_>, &Vec<Role>)| {
        let mut left: Vec<(usize, u64)> = Vec::new();
        for (row, role) in roles.iter().enumerate() {
            let refused = refuses.get(rows.dst_ip[row] as usize).copied().unwrap_or(false);
            if !refused || *role != Role::Supplies || rows.status[row] != Status::Allowed as u8 {
                continue;
            }
            let key = (rows.interval[row], rows.src_ip[row], rows.dst_ip[row], rows.dst_port[row], rows.protocol[row]);
            if let Ok(place) = refusals.binary_search_by_key(&key, Correction::key) {
                left.push((place, u64::from(rows.flows_started[row])));
            }
        }
        left
    };
    let left: Vec<Vec<(usize, u64)>> = chunks.par_iter().zip(roles).map(left).collect();
    for (place, flows) in left.into_iter().flatten() {
        refusals[place].were_allowed += flows;
    }
    refusals.iter_mut().for_each(|c| c.were_allowed = c.were_allowed.min(c.denied));
    refusals
}
