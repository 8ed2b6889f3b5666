//! When local addresses first and last sent to each public address.
//!
//! Goes in: the supplying allowed rows of flows that local addresses began. Comes out: peer_history, one row per local address and
//! peer, for windows long enough to learn from ([`HISTORY_HOURS_MIN`]). Says nothing of what is new: a detector does.

use rayon::prelude::*;

use super::Source;
use crate::aggregate::attributes::Attributes;
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::Sums;
use crate::schema::Status;
use crate::schema::tables::{HISTORY_HOURS_MIN, HISTORY_PORTS_MAX, PeerHistoryRow, PortHistory};
use crate::schema::units::HOUR_MS;

/// What the rows of one local address and peer add up to.
#[derive(Clone, Debug)]
struct Peer {
    flows: u64,
    bytes_sent: u64,
    bytes_received: u64,
    nic: u32,
    first_time: i64,
    last_time: i64,
    /// Ascending. The smallest ports are kept: one that is dropped is never among them later, so that what is kept is whole.
    ports: Vec<PortHistory>,
}

impl Default for Peer {
    fn default() -> Self {
        Self {
            flows: 0,
            bytes_sent: 0,
            bytes_received: 0,
            nic: u32::MAX,
            first_time: i64::MAX,
            last_time: i64::MIN,
            ports: Vec::new(),
        }
    }
}

impl Peer {
    fn add(&mut self, other: &Self) {
        self.flows += other.flows;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.nic = self.nic.min(other.nic);
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
        other.ports.iter().for_each(|port| self.add_port(port));
    }

    fn add_port(&mut self, more: &PortHistory) {
        match self.ports.binary_search_by_key(&more.dst_port, |port| port.dst_port) {
            Ok(place) => {
                let port = &mut self.ports[place];
                port.flows += more.flows;
                port.bytes_sent += more.bytes_sent;
                port.bytes_received += more.bytes_received;
                port.first_time = port.first_time.min(more.first_time);
                port.last_time = port.last_time.max(more.last_time);
            }
            Err(HISTORY_PORTS_MAX..) => {}
            Err(place) => {
                self.ports.insert(place, *more);
                self.ports.truncate(HISTORY_PORTS_MAX);
            }
        }
    }
}

/// All rows; none for a window that is too short and has no history.
pub(super) fn peer_history(source: &Source<'_>) -> Vec<PeerHistoryRow> {
    let Some((first, last)) = source.window else { return Vec::new() };
    if !source.has_history && last - first < HISTORY_HOURS_MIN * HOUR_MS {
        return Vec::new();
    }
    let chunks = source.rows.par_iter().zip(&source.deduplicated.roles).map(|(rows, roles)| peers(source, rows, roles));
    let merge = |mut all: Sums<Peer>, more: Sums<Peer>| {
        more.rows().iter().for_each(|(key, peer)| all.entry(*key).add(peer));
        all
    };
    let mut sums = chunks.reduce(Sums::default, merge).rows().to_vec();
    // Numbers ascend as addresses do.
    sums.par_sort_unstable_by_key(|(key, _)| *key);
    sums.into_iter().map(|(key, peer)| row(source, key, peer)).collect()
}

/// The sums of one chunk by local address and peer.
fn peers(source: &Source<'_>, rows: &Rows<'_>, roles: &[Role]) -> Sums<Peer> {
    let dataset = source.dataset;
    let mut sums: Sums<Peer> = Sums::default();
    for row in (0..rows.count()).filter(|row| roles[*row] == Role::Supplies && rows.status[*row] == Status::Allowed as u8) {
        let (src, dst) = (rows.src_ip[row], rows.dst_ip[row]);
        if !source.places.goes_out(src, dst) {
            continue;
        }
        let start = dataset.interval().start(rows.interval[row]);
        let peer = sums.entry(u128::from(src) << 32 | u128::from(dst));
        let port = PortHistory {
            dst_port: rows.dst_port[row],
            flows: u64::from(rows.flows_started[row]),
            bytes_sent: rows.bytes_src_to_dst[row],
            bytes_received: rows.bytes_dst_to_src[row],
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
        };
        peer.flows += port.flows;
        peer.bytes_sent += port.bytes_sent;
        peer.bytes_received += port.bytes_received;
        peer.nic = peer.nic.min(dataset.nic_of_capture_point()[rows.capture_point[row] as usize]);
        peer.first_time = peer.first_time.min(port.first_time);
        peer.last_time = peer.last_time.max(port.last_time);
        peer.add_port(&port);
    }
    sums
}

fn row(source: &Source<'_>, key: u128, peer: Peer) -> PeerHistoryRow {
    let (local, public) = ((key >> 32) as u32 as usize, key as u32 as usize);
    let attributes = Attributes::of(source.estate.endpoints, public);
    PeerHistoryRow {
        ip: source.dataset.addresses()[local],
        peer: source.dataset.addresses()[public],
        country: attributes.country().to_owned(),
        asn: attributes.network.map(|network| network.asn),
        service_tag: attributes.service_tag(|tag| &tag.name).to_owned(),
        ports: peer.ports,
        flows: peer.flows,
        bytes_sent: peer.bytes_sent,
        bytes_received: peer.bytes_received,
        mac: source.dataset.macs()[peer.nic as usize].to_string(),
        first_time: peer.first_time,
        last_time: peer.last_time,
    }
}
