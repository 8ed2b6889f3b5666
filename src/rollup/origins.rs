//! Where the tuples of a unit come from: capture points, NICs, and the rule that decided each group.
//!
//! Goes in: record heads and groups. Comes out: indexes of capture points and origins. Texts stay in the unit's
//! dictionary until the unit is finished.

use crate::schema::partial::CapturePoint;
use crate::schema::{FlowGroup, Format, NameId, Names, Record};

use super::index::{Index, Seed};

/// A capture point of the unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub log_resource: NameId,
    pub target_resource: NameId,
    pub mac: NameId,
    pub format: Format,
    /// Records with a kept tuple.
    pub records: u64,
    /// The record that was counted last.
    last_record: u64,
    nic: usize,
}

/// One rule at one capture point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Index of the capture point.
    pub point: u32,
    pub acl: NameId,
    pub rule: NameId,
}

/// Most capture points of one NIC among which forwarding is looked for. Unit: capture points. A NIC is logged by the
/// NSGs of its own and its subnet, and by a few flow logs; the bound keeps a crafted unit from a search per tuple.
const POINTS_PER_NIC_MAX: usize = 16;

/// A network interface, whichever logs tell of it.
#[derive(Debug)]
struct Nic {
    mac: NameId,
    points: Vec<u32>,
    forwards: bool,
}

/// The capture points, NICs and origins of one unit.
#[derive(Debug, Default)]
pub(super) struct Origins {
    pub points: Vec<Point>,
    pub origins: Vec<Origin>,
    nics: Vec<Nic>,
    point_index: Index,
    origin_index: Index,
    nic_index: Index,
    seed: Seed,
}

impl Origins {
    /// The index of the origin of a group with a kept tuple, added if it is new; `number` is the record's in the unit.
    pub fn enter(&mut self, number: u64, record: &Record, format: Format, group: &FlowGroup) -> u32 {
        let point = self.point(record, format, group.mac);
        let entered = &mut self.points[point as usize];
        if entered.last_record != number {
            entered.last_record = number;
            entered.records += 1;
        }
        let origin = Origin { point, acl: group.acl, rule: group.rule };
        let hash = self.seed.hash(u64::from(point), pack(origin.acl, origin.rule));
        let (next, origins) = (self.origins.len(), &self.origins);
        let found = self.origin_index.find_or_insert(hash, next, |row| origins[row] == origin);
        if found.is_none() {
            self.origins.push(origin);
        }
        found.unwrap_or(next) as u32
    }

    /// The capture points of the NIC of `point`, among which forwarding is still to be looked for: none once the NIC
    /// is known to forward.
    pub fn undecided_points(&self, point: u32) -> &[u32] {
        let nic = &self.nics[self.points[point as usize].nic];
        if nic.forwards { &[] } else { &nic.points }
    }

    /// Notes that the NIC of `point` forwards.
    pub fn set_forwards(&mut self, point: u32) {
        self.nics[self.points[point as usize].nic].forwards = true;
    }

    /// Whether the NIC of `point` forwards.
    pub fn forwards(&self, point: u32) -> bool {
        self.nics[self.points[point as usize].nic].forwards
    }

    /// Forgets everything, keeping the memory.
    pub fn clear(&mut self) {
        self.points.clear();
        self.origins.clear();
        self.nics.clear();
        self.point_index.clear();
        self.origin_index.clear();
        self.nic_index.clear();
    }

    /// The index of a capture point that the unit knew before it was suspended; `None` where `names` takes no more.
    pub fn enter_point(&mut self, point: &CapturePoint, names: &mut Names) -> Option<u32> {
        let log_resource = names.intern(&point.log_resource)?;
        let target_resource = names.intern(&point.target_resource)?;
        let mac = names.intern(&point.mac)?;
        Some(self.point(&Record { log_resource, target_resource, ..Record::default() }, point.format, mac))
    }

    fn point(&mut self, record: &Record, format: Format, mac: NameId) -> u32 {
        let (log_resource, target_resource) = (record.log_resource, record.target_resource);
        let hash =
            self.seed.hash_three(pack(log_resource, target_resource), u64::from(mac.0), SPREAD_FORMAT * (format as u64 + 1));
        let (next, points) = (self.points.len(), &self.points);
        let found = self.point_index.find_or_insert(hash, next, |row| {
            let p = &points[row];
            (p.log_resource, p.target_resource, p.mac, p.format) == (log_resource, target_resource, mac, format)
        });
        if let Some(found) = found {
            return found as u32;
        }
        let nic = self.nic(mac);
        if self.nics[nic].points.len() < POINTS_PER_NIC_MAX {
            self.nics[nic].points.push(next as u32);
        }
        self.points.push(Point { log_resource, target_resource, mac, format, records: 0, last_record: u64::MAX, nic });
        next as u32
    }

    fn nic(&mut self, mac: NameId) -> usize {
        let (next, nics) = (self.nics.len(), &self.nics);
        let found = self.nic_index.find_or_insert(self.seed.hash(u64::from(mac.0), 0), next, |row| nics[row].mac == mac);
        if found.is_none() {
            self.nics.push(Nic { mac, points: Vec::new(), forwards: false });
        }
        found.unwrap_or(next)
    }
}

/// Spreads the three formats over the bits of a hash's third word.
const SPREAD_FORMAT: u64 = 0x0101_0101_0101_0101;

fn pack(high: NameId, low: NameId) -> u64 {
    u64::from(high.0) << 32 | u64::from(low.0)
}
