//! What makes rows of `NTANetAnalytics` one.
//!
//! Goes in: rows of traffic. Comes out: an [`Entry`] each: the key, and the public address that leaves the key because it is
//! packed. Sums nothing and names nothing.
//! Source: Microsoft Learn, "Schema and data aggregation in Traffic Analytics".

use super::Place;
use crate::aggregate::rows::Rows;
use crate::enrich::{Endpoints, FlowTypes};
use crate::schema::FlowType;
use crate::schema::tables::Scope;

/// In place of an address: there is none here.
const NONE: u32 = u32::MAX;

/// What the rows of one row of the table have in common, beside the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// NIC and flow log; finer than the NIC, so that a row is of one flow log.
    pub capture_point: u32,
    pub rule: u32,
    pub direction: u8,
    pub status: u8,
    pub protocol: u8,
    pub encryption: u8,
    pub flow_type: FlowType,
    src: u32,
    dst: u32,
    pub dst_port: u16,
    /// Of packed rows: rank of the country, or of the Azure region; 0 for none.
    location: u32,
}

impl Key {
    /// The number of the source; `None` where it is packed.
    pub fn src(&self) -> Option<u32> {
        (self.src != NONE).then_some(self.src)
    }

    /// The number of the destination; `None` where it is packed.
    pub fn dst(&self) -> Option<u32> {
        (self.dst != NONE).then_some(self.dst)
    }
}

/// A row of traffic on its way into the table. Sorted by key, then packed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub key: Key,
    pub(super) public: u32,
    pub place: Place,
}

impl Entry {
    /// The number of the address that is packed.
    pub fn public(&self) -> Option<u32> {
        (self.public != NONE).then_some(self.public)
    }
}

/// What keys are told by.
pub(super) struct Keys {
    flow_types: FlowTypes,
    /// Whether each address lies in a VNet: of a public flow's ends, the other one is packed.
    is_in_vnet: Vec<bool>,
    /// Each address's rank of country (ExternalPublic) or region (AzurePublic).
    location: Vec<u32>,
}

impl Keys {
    pub fn new(endpoints: &Endpoints) -> Self {
        let mut regions: Vec<&str> = endpoints.service_tags.iter().map(|tag| tag.region.as_str()).collect();
        regions.sort_unstable();
        regions.dedup();
        // Services without a region and Azure's platform are one: `Global`.
        let rank = |name: &str| if name.is_empty() { 0 } else { regions.partition_point(|other| *other < name) as u32 + 1 };
        let region = |tag: u32| rank(&endpoints.service_tags[tag as usize].region);
        let location = endpoints.rows.iter().map(|row| match row.scope {
            // A port of a threat list may make an address of Azure's malicious on that port only.
            Scope::AzurePublic | Scope::Platform => row.service_tag.map_or(0, region),
            _ => row.country.map_or(0, |country| country.code().bytes().fold(0, |code, byte| (code << 8) | u32::from(byte))),
        });
        Self {
            flow_types: FlowTypes::new(endpoints),
            is_in_vnet: endpoints.rows.iter().map(|row| row.vnet.is_some()).collect(),
            location: location.collect(),
        }
    }

    /// The entry of the row at `place` of `rows`.
    pub fn entry(&self, rows: &Rows<'_>, place: Place) -> Entry {
        let row = place.row as usize;
        let (src, dst, dst_port) = (rows.src_ip[row], rows.dst_ip[row], rows.dst_port[row]);
        let flow_type = self.flow_types.of(src, dst, dst_port);
        let mut key = Key {
            capture_point: rows.capture_point[row],
            rule: rows.rule[row],
            direction: rows.direction[row],
            status: rows.status[row],
            protocol: rows.protocol[row],
            encryption: rows.encryption[row],
            flow_type,
            src,
            dst,
            dst_port,
            location: 0,
        };
        let mut public = NONE;
        if matches!(flow_type, FlowType::AzurePublic | FlowType::ExternalPublic) {
            let end = if self.is_in_vnet[src as usize] { &mut key.dst } else { &mut key.src };
            public = std::mem::replace(end, NONE);
            key.location = self.location[public as usize];
        }
        Entry { key, public, place }
    }
}
