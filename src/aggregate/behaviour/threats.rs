//! Who exchanged flows with an address of a threat list.
//!
//! Goes in: the supplying rows. Comes out: threat_contacts, one row per local end, threat and side that began. Judges nothing.

use rayon::prelude::*;

use super::Source;
use crate::aggregate::attributes::Attributes;
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::Sums;
use crate::schema::tables::ThreatContactRow;
use crate::schema::{FlowType, Status};

/// Most ports that a row lists. Unit: ports; the bound of a finding.
const PORTS_MAX: usize = 100;

/// What the rows of one key add up to.
#[derive(Clone, Debug)]
struct Contact {
    flows_allowed: u64,
    flows_denied: u64,
    bytes_src_to_dst: u64,
    bytes_dst_to_src: u64,
    nic: u32,
    first_time: i64,
    last_time: i64,
    /// Ascending.
    ports: Vec<u16>,
}

impl Default for Contact {
    fn default() -> Self {
        Self {
            flows_allowed: 0,
            flows_denied: 0,
            bytes_src_to_dst: 0,
            bytes_dst_to_src: 0,
            nic: u32::MAX,
            first_time: i64::MAX,
            last_time: i64::MIN,
            ports: Vec::new(),
        }
    }
}

impl Contact {
    fn add(&mut self, other: &Self) {
        self.flows_allowed += other.flows_allowed;
        self.flows_denied += other.flows_denied;
        self.bytes_src_to_dst += other.bytes_src_to_dst;
        self.bytes_dst_to_src += other.bytes_dst_to_src;
        self.nic = self.nic.min(other.nic);
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
        for port in &other.ports {
            if let Err(place) = self.ports.binary_search(port) {
                self.ports.insert(place, *port);
                self.ports.truncate(PORTS_MAX);
            }
        }
    }
}

/// All rows, by local address, then threat, then who began.
pub(super) fn threat_contacts(source: &Source<'_>) -> Vec<ThreatContactRow> {
    if source.estate.endpoints.threats.is_empty() {
        return Vec::new();
    }
    let chunks = source.rows.par_iter().zip(&source.deduplicated.roles).map(|(rows, roles)| contacts(source, rows, roles));
    let merge = |mut all: Sums<Contact>, more: Sums<Contact>| {
        more.rows().iter().for_each(|(key, contact)| all.entry(*key).add(contact));
        all
    };
    let sums = chunks.reduce(Sums::default, merge);
    let window_end = source.window.map_or(0, |(_, last)| last);
    let mut rows: Vec<ThreatContactRow> =
        sums.rows().iter().map(|(key, contact)| row(source, *key, contact, window_end)).collect();
    rows.sort_by_key(|row| (row.ip, row.threat_ip, row.is_outbound));
    rows
}

/// The sums of one chunk by local end, threat, and 1 where the local end began.
fn contacts(source: &Source<'_>, rows: &Rows<'_>, roles: &[Role]) -> Sums<Contact> {
    let endpoints = &source.estate.endpoints.rows;
    let dataset = source.dataset;
    let mut sums: Sums<Contact> = Sums::default();
    for row in (0..rows.count()).filter(|row| roles[*row] == Role::Supplies) {
        let (src, dst) = (rows.src_ip[row], rows.dst_ip[row]);
        let is_outbound = endpoints[dst as usize].threat.is_some();
        if !is_outbound && endpoints[src as usize].threat.is_none()
            || source.places.flow_types.of(src, dst, rows.dst_port[row]) != FlowType::MaliciousFlow
        {
            continue;
        }
        let (local, threat) = if is_outbound { (src, dst) } else { (dst, src) };
        let flows = u64::from(rows.flows_started[row]);
        let is_denied = rows.status[row] == Status::Denied as u8;
        let start = dataset.interval().start(rows.interval[row]);
        let contact = Contact {
            flows_allowed: if is_denied { 0 } else { flows },
            flows_denied: if is_denied { flows } else { 0 },
            bytes_src_to_dst: rows.bytes_src_to_dst[row],
            bytes_dst_to_src: rows.bytes_dst_to_src[row],
            nic: dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
            ports: vec![rows.dst_port[row]],
        };
        sums.entry(u128::from(local) << 64 | u128::from(threat) << 32 | u128::from(is_outbound)).add(&contact);
    }
    sums
}

fn row(source: &Source<'_>, key: u128, contact: &Contact, window_end: i64) -> ThreatContactRow {
    let (local, threat, is_outbound) = ((key >> 64) as u32, (key >> 32) as u32, key & 1 == 1);
    let attributes = Attributes::of(source.estate.endpoints, threat as usize);
    let sent = if is_outbound { contact.bytes_src_to_dst } else { contact.bytes_dst_to_src };
    ThreatContactRow {
        ip: source.dataset.addresses()[local as usize],
        threat_ip: source.dataset.addresses()[threat as usize],
        is_outbound,
        list: attributes.threat.map(|hit| hit.list.clone()).unwrap_or_default(),
        entry: attributes.threat.map(|hit| hit.entry.clone()).unwrap_or_default(),
        age_days: attributes.threat_age_days(window_end),
        ports: contact.ports.clone(),
        mac: source.dataset.macs()[contact.nic as usize].to_string(),
        flows_allowed: contact.flows_allowed,
        flows_denied: contact.flows_denied,
        bytes_sent: sent,
        bytes_received: contact.bytes_src_to_dst + contact.bytes_dst_to_src - sent,
        first_time: contact.first_time,
        last_time: contact.last_time,
    }
}
