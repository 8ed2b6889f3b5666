//! Who owns which address: learnt from the rows, or known from the topology (ARCHITECTURE.md, "Counting in one page").
//!
//! Goes in: the allowed rows of the whole window, at once or slice by slice. Comes out: [`Owners`] for `enrich`, and [`Ownership`] by number
//! for counting. Names no subnet and no scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::dataset::Dataset;
use super::numbering::Numbering;
use super::rows::Rows;
use crate::enrich::{OwnedInterface, Owners};
use crate::schema::{Address, Direction, Status};

/// Most addresses a NIC can own by what it logged. Unit: addresses; range 1 and up; Azure allows 256 private addresses
/// per NIC. A NIC with more forwards for others; raising it lets routers own what lies behind them.
const OWNED_MAX: usize = 256;

impl Dataset {
    /// Who owns which address. `known` gives the addresses of a NIC of the topology by its MAC, `None` for any other.
    ///
    /// Learnt from allowed rows: src_ip of a NIC's Outbound rows; dst_ip of its Inbound rows only if it has no Outbound
    /// row. A NIC that forwards, or would own more than 256 addresses, teaches nothing.
    pub fn owners(&self, known: &dyn Fn(&str) -> Option<Vec<Address>>) -> Owners {
        self.learnt().owners(self.numbering(), known)
    }

    /// What its rows teach of owners.
    pub fn learnt(&self) -> Learnt {
        let mut learnt = Learnt::default();
        learnt.add(self);
        learnt
    }

    /// The addresses seen at each NIC's own side, by number.
    fn learn(&self) -> Vec<Seen<u32>> {
        let learn_chunk = |rows: &Rows<'_>| {
            let mut seen = vec![Seen::default(); self.macs().len()];
            for row in (0..rows.count()).filter(|row| rows.status[*row] == Status::Allowed as u8) {
                let nic = &mut seen[self.nic_of_capture_point()[rows.capture_point[row] as usize] as usize];
                if rows.direction[row] == Direction::Outbound as u8 {
                    nic.sources.insert(rows.src_ip[row]);
                } else {
                    nic.destinations.insert(rows.dst_ip[row]);
                }
            }
            seen
        };
        let merge = |mut all: Vec<Seen<u32>>, more: Vec<Seen<u32>>| {
            all.iter_mut().zip(&more).for_each(|(all, more)| all.add(more, |id| *id));
            all
        };
        let chunks = self.rows();
        chunks.par_iter().map(learn_chunk).reduce(|| vec![Seen::default(); self.macs().len()], merge)
    }
}

/// What the NICs of some slices logged at their own sides, by MAC.
#[derive(Clone, Debug, Default)]
pub struct Learnt {
    by_mac: BTreeMap<Arc<str>, Seen<Address>>,
}

impl Learnt {
    /// Adds the rows of a slice.
    pub(super) fn add(&mut self, slice: &Dataset) {
        for (mac, seen) in slice.macs().iter().zip(slice.learn()) {
            self.by_mac.entry(mac.clone()).or_default().add(&seen, |id| slice.addresses()[*id as usize]);
        }
    }

    /// Who owns which address of all that `numbering` numbers; see [`Dataset::owners`].
    pub fn owners(&self, numbering: &Numbering, known: &dyn Fn(&str) -> Option<Vec<Address>>) -> Owners {
        let mut forwards = vec![false; numbering.macs().len()];
        for (point, nic) in numbering.capture_points().iter().zip(numbering.nic_of_capture_point()) {
            forwards[*nic as usize] |= point.forwards;
        }
        let interfaces = numbering.macs().iter().zip(&forwards).map(|(mac, forwards)| {
            let learnt = || self.by_mac.get(mac).filter(|_| !forwards).map_or(&[][..], Seen::owned).to_vec();
            let mut addresses = known(mac).unwrap_or_else(learnt);
            addresses.sort_unstable();
            addresses.dedup();
            OwnedInterface { mac: mac.to_string(), addresses }
        });
        Owners { interfaces: interfaces.collect() }
    }
}

/// What one NIC logged at its own side; addresses, or their numbers.
#[derive(Clone, Debug, Default)]
struct Seen<T> {
    /// src_ip of allowed Outbound rows.
    sources: SmallSet<T>,
    /// dst_ip of allowed Inbound rows.
    destinations: SmallSet<T>,
}

impl<T: Ord + Copy> Seen<T> {
    /// Adds what was seen elsewhere, where it was numbered otherwise.
    fn add<U>(&mut self, other: &Seen<U>, told: impl Fn(&U) -> T) {
        other.sources.sorted.iter().for_each(|id| self.sources.insert(told(id)));
        other.destinations.sorted.iter().for_each(|id| self.destinations.insert(told(id)));
    }

    /// What the NIC owns, ascending; nothing if that would be too much.
    fn owned(&self) -> &[T] {
        let set = if self.sources.sorted.is_empty() { &self.destinations } else { &self.sources };
        if set.sorted.len() > OWNED_MAX { &[] } else { &set.sorted }
    }
}

/// A set that stops growing once it is known to be too large; which items it then holds means nothing.
#[derive(Clone, Debug, Default)]
struct SmallSet<T> {
    sorted: Vec<T>,
    last: Option<T>,
}

impl<T: Ord + Copy> SmallSet<T> {
    fn insert(&mut self, id: T) {
        if self.last == Some(id) || self.sorted.len() > OWNED_MAX {
            return;
        }
        self.last = Some(id);
        if let Err(place) = self.sorted.binary_search(&id) {
            self.sorted.insert(place, id);
        }
    }
}

/// The NICs that own each address, by number.
pub(super) struct Ownership {
    /// Where the NICs of address `i` end in `nics`; they begin where those of the address before end.
    ends: Vec<u32>,
    /// Ascending per address.
    nics: Vec<u32>,
}

impl Ownership {
    /// Numbers `owners` as `dataset` does; addresses and NICs that appear in no row are left out.
    pub fn new(dataset: &Dataset, owners: &Owners) -> Self {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for interface in &owners.interfaces {
            let Ok(nic) = dataset.macs().binary_search_by(|mac| (**mac).cmp(&interface.mac)) else { continue };
            let ids = interface.addresses.iter().filter_map(|a| dataset.addresses().binary_search(a).ok());
            pairs.extend(ids.map(|id| (id as u32, nic as u32)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut ends = vec![0; dataset.addresses().len()];
        for (id, _) in &pairs {
            ends[*id as usize] += 1;
        }
        let mut end = 0;
        for count in &mut ends {
            end += *count;
            *count = end;
        }
        Self { ends, nics: pairs.into_iter().map(|(_, nic)| nic).collect() }
    }

    /// The NICs that own `address`, ascending.
    pub fn of(&self, address: u32) -> &[u32] {
        let address = address as usize;
        let from = if address == 0 { 0 } else { self.ends[address - 1] };
        &self.nics[from as usize..self.ends[address] as usize]
    }

    /// Whether `nic` owns `address`.
    pub fn owns(&self, nic: u32, address: u32) -> bool {
        self.of(address).binary_search(&nic).is_ok()
    }
}
