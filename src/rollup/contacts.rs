//! The contact rows of a unit: who was tried when, and what came of it.
//!
//! Goes in: finished contacts. Comes out: rows per hour and peer with their start times. Which tuples make a contact is
//! settled in `flows`; which rows are worth keeping beyond the unit is settled where locality is known.

use crate::schema::partial::{Contacts, STARTS_MAX};
use crate::schema::units::{HOUR_MS, MINUTE_MS};
use crate::schema::{Direction, Status};

use super::builder::Translation;
use super::index::{Index, Seed, forget};

/// Ports on which inbound contacts are kept: management and databases, what lateral movement and brute force aim at.
/// Source: IANA service name and port number registry; the vendors' default ports.
pub const CONTACT_PORTS: &[(u16, &str)] = &[
    (22, "SSH"),
    (23, "Telnet"),
    (135, "RPC endpoint mapper, WMI"),
    (139, "NetBIOS session"),
    (445, "SMB"),
    (1433, "SQL Server"),
    (1434, "SQL Server browser"),
    (1521, "Oracle"),
    (2375, "Docker API"),
    (2376, "Docker API over TLS"),
    (3306, "MySQL"),
    (3389, "RDP"),
    (5432, "PostgreSQL"),
    (5900, "VNC"),
    (5985, "WinRM"),
    (5986, "WinRM over TLS"),
    (6379, "Redis"),
    (6443, "Kubernetes API"),
    (8020, "HDFS"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (10250, "Kubelet"),
    (10255, "Kubelet, read-only"),
    (11211, "Memcached"),
    (27017, "MongoDB"),
];

/// One bit per port, set for those of [`CONTACT_PORTS`].
static CONTACT_PORT_BITS: [u64; 1024] = contact_port_bits();

/// Whether a port is one of [`CONTACT_PORTS`].
#[inline]
pub fn is_contact_port(port: u16) -> bool {
    CONTACT_PORT_BITS[port as usize / 64] >> (port % 64) & 1 == 1
}

/// Whether contacts of this direction and destination port are kept.
#[inline]
pub(super) fn keeps(direction: Direction, dst_port: u16) -> bool {
    direction == Direction::Outbound || is_contact_port(dst_port)
}

const fn contact_port_bits() -> [u64; 1024] {
    let mut bits = [0; 1024];
    let mut i = 0;
    while i < CONTACT_PORTS.len() {
        let port = CONTACT_PORTS[i].0;
        bits[port as usize / 64] |= 1 << (port % 64);
        i += 1;
    }
    bits
}

/// What came of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Ended, and more than a reset came back.
    Answered,
    /// Denied, or ended with nothing or a reset coming back.
    Unanswered,
    /// Unmeasured, or not ended in this unit.
    Unknown,
}

/// One contact; addresses and capture point are indexes of the unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    /// src, dst.
    pub pair: u64,
    pub point: u32,
    pub dst_port: u16,
    pub protocol: u8,
    pub direction: Direction,
    pub status: Status,
    /// When it began, ms since the epoch.
    pub time: i64,
    pub outcome: Outcome,
    pub bytes_src_to_dst: u64,
    pub bytes_dst_to_src: u64,
}

/// One row of contacts; addresses and capture point are indexes of the unit.
#[derive(Clone, Copy, Debug)]
struct ContactRow {
    /// src, dst.
    pair: u64,
    /// Capture point, destination port, protocol, direction, status.
    service: u64,
    hour: u32,
    begins: u32,
    answered: u32,
    unanswered: u32,
    unknown: u32,
    /// Index of its counts per minute; used once there are more than [`STARTS_MAX`] begins.
    minutes: u32,
    bytes_src_to_dst: u64,
    bytes_dst_to_src: u64,
}

impl ContactRow {
    /// How many start times are kept singly.
    fn starts(&self) -> usize {
        (self.begins as usize).min(STARTS_MAX)
    }

    fn is_per_minute(&self) -> bool {
        self.begins as usize > STARTS_MAX
    }
}

/// Minutes of an hour, and so the counts of a row that is kept per minute.
const MINUTES: usize = 60;

/// When a contact of a row began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    row: u32,
    /// ms from the hour.
    offset: u32,
    bytes_src_to_dst: u64,
}

/// The contact rows of one unit.
#[derive(Debug, Default)]
pub(super) struct ContactRows {
    rows: Vec<ContactRow>,
    /// The first [`STARTS_MAX`] starts of every row, in no order.
    starts: Vec<Start>,
    /// Memory that they take in turns with as they are grouped.
    grouped: Vec<Start>,
    /// Starts beyond them, per minute.
    minutes: Vec<[u32; MINUTES]>,
    index: Index,
    seed: Seed,
}

impl ContactRows {
    /// Adds one contact to its row.
    pub fn add(&mut self, contact: &Contact) {
        let hour = (contact.time / HOUR_MS) as u32;
        let offset = (contact.time - i64::from(hour) * HOUR_MS) as u32;
        let number = self.row(contact, hour);
        let row = &mut self.rows[number];
        row.begins = row.begins.saturating_add(1);
        let outcome = match contact.outcome {
            Outcome::Answered => &mut row.answered,
            Outcome::Unanswered => &mut row.unanswered,
            Outcome::Unknown => &mut row.unknown,
        };
        *outcome = outcome.saturating_add(1);
        row.bytes_src_to_dst = row.bytes_src_to_dst.saturating_add(contact.bytes_src_to_dst);
        row.bytes_dst_to_src = row.bytes_dst_to_src.saturating_add(contact.bytes_dst_to_src);
        if !row.is_per_minute() {
            self.starts.push(Start { row: number as u32, offset, bytes_src_to_dst: contact.bytes_src_to_dst });
            return;
        }
        if row.begins as usize == STARTS_MAX + 1 {
            row.minutes = self.minutes.len() as u32;
            self.minutes.push([0; MINUTES]);
        }
        count_minute(&mut self.minutes[row.minutes as usize], offset);
    }

    /// Writes the rows behind those of `to`, in the order first met.
    pub fn write(&mut self, translation: &Translation, to: &mut Contacts) {
        self.group_starts();
        let mut from = 0;
        for row in &self.rows {
            let starts = &mut self.starts[from..from + row.starts()];
            from += row.starts();
            if row.is_per_minute() {
                let minutes = &mut self.minutes[row.minutes as usize];
                starts.iter().for_each(|start| count_minute(minutes, start.offset));
                to.starts.extend_from_slice(minutes);
                to.sizes.extend([0; MINUTES]);
            } else {
                starts.sort_unstable();
                to.starts.extend(starts.iter().map(|start| start.offset));
                to.sizes.extend(starts.iter().map(|start| start.bytes_src_to_dst));
            }
            to.starts_end.push(to.starts.len() as u32);
        }
        let rows = self.rows.iter();
        to.hour.extend(rows.clone().map(|row| row.hour));
        to.capture_point.extend(rows.clone().map(|row| translation.capture_point((row.service >> 32) as u32)));
        to.direction.extend(rows.clone().map(|row| (row.service >> 1 & 1) as u8));
        to.status.extend(rows.clone().map(|row| (row.service & 1) as u8));
        to.protocol.extend(rows.clone().map(|row| (row.service >> 8) as u8));
        to.src_ip.extend(rows.clone().map(|row| translation.address((row.pair >> 32) as u32)));
        to.dst_ip.extend(rows.clone().map(|row| translation.address(row.pair as u32)));
        to.dst_port.extend(rows.clone().map(|row| (row.service >> 16) as u16));
        to.begins.extend(rows.clone().map(|row| row.begins));
        to.answered.extend(rows.clone().map(|row| row.answered));
        to.unanswered.extend(rows.clone().map(|row| row.unanswered));
        to.unknown.extend(rows.clone().map(|row| row.unknown));
        to.bytes_src_to_dst.extend(rows.clone().map(|row| row.bytes_src_to_dst));
        to.bytes_dst_to_src.extend(rows.map(|row| row.bytes_dst_to_src));
    }

    /// Forgets all rows, keeping the memory of a usual unit.
    pub fn clear(&mut self) {
        forget(&mut self.rows);
        forget(&mut self.starts);
        forget(&mut self.grouped);
        forget(&mut self.minutes);
        self.index.clear();
    }

    /// Brings the starts of each row together, rows in their order (a counting sort).
    fn group_starts(&mut self) {
        let mut next = Vec::with_capacity(self.rows.len());
        let mut end = 0;
        for row in &self.rows {
            next.push(end);
            end += row.starts();
        }
        self.grouped.clear();
        self.grouped.resize(end, Start::default());
        for start in &self.starts {
            let at = &mut next[start.row as usize];
            self.grouped[*at] = *start;
            *at += 1;
        }
        std::mem::swap(&mut self.starts, &mut self.grouped);
    }

    #[inline]
    fn row(&mut self, contact: &Contact, hour: u32) -> usize {
        let service = u64::from(contact.point) << 32
            | u64::from(contact.dst_port) << 16
            | u64::from(contact.protocol) << 8
            | (contact.direction as u64) << 1
            | contact.status as u64;
        let pair = contact.pair;
        let hash = self.seed.hash_three(pair, service, u64::from(hour));
        let (next, rows) = (self.rows.len(), &self.rows);
        let found = self.index.find_or_insert(hash, next, |row| {
            let row = &rows[row];
            (row.pair, row.service, row.hour) == (pair, service, hour)
        });
        if found.is_none() {
            self.rows.push(ContactRow {
                pair,
                service,
                hour,
                begins: 0,
                answered: 0,
                unanswered: 0,
                unknown: 0,
                minutes: 0,
                bytes_src_to_dst: 0,
                bytes_dst_to_src: 0,
            });
        }
        found.unwrap_or(next)
    }
}

fn count_minute(minutes: &mut [u32; MINUTES], offset: u32) {
    let minute = (i64::from(offset) / MINUTE_MS) as usize;
    let count = &mut minutes[minute.min(MINUTES - 1)];
    *count = count.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_ports_are_sorted_unique_and_told_apart() {
        assert!(CONTACT_PORTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for port in 0..=u16::MAX {
            let listed = CONTACT_PORTS.iter().any(|(listed, _)| *listed == port);
            assert_eq!(keeps(Direction::Inbound, port), listed, "{port}");
            assert!(keeps(Direction::Outbound, port));
        }
    }
}
