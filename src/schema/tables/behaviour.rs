//! Rows about behaviour over time, for detectors; no files. All are deduplicated: what several NICs saw counts once.

use std::sync::Arc;

use crate::schema::Address;
use crate::schema::codes::Direction;

/// Which connection a row is about: who began it, to whom, for which service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceKey {
    /// Who began.
    pub src_ip: Address,
    /// For whom.
    pub dst_ip: Address,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
}

/// Contacts, summed. `begins` = `answered` + `unanswered` + `unknown`; denied ones are unanswered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContactCounts {
    /// Contacts begun; equal 5-tuples of one millisecond are one.
    pub begins: u64,
    /// Ended with more than a reset coming back.
    pub answered: u64,
    /// Denied, or ended with nothing or a reset coming back.
    pub unanswered: u64,
    /// Unmeasured, or not ended in its unit of work.
    pub unknown: u64,
    /// How many of the unanswered were denied.
    pub denied: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
}

impl ContactCounts {
    /// Adds other contacts to these.
    pub fn add(&mut self, other: &Self) {
        self.begins += other.begins;
        self.answered += other.answered;
        self.unanswered += other.unanswered;
        self.unknown += other.unknown;
        self.denied += other.denied;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
    }
}

/// A row of logon_attempts: contacts of one hour with a management or database port. Sorted by hour, then key.
#[derive(Clone, Debug, Default)]
pub struct LogonRow {
    /// Hour, from the epoch.
    pub hour: u32,
    /// From whom to whom.
    pub key: ServiceKey,
    /// Whether the source is local.
    pub src_is_local: bool,
    /// Whether the destination is local.
    pub dst_is_local: bool,
    /// Direction at the NIC that supplied.
    pub direction: Option<Direction>,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: Arc<str>,
    /// Its contacts.
    pub contacts: ContactCounts,
    /// First begin, ms since the epoch.
    pub first_time: i64,
    /// Last begin, ms since the epoch.
    pub last_time: i64,
    /// Most bytes from source to destination of one contact; 0 where unknown.
    pub size_max: u64,
    /// Median of the bytes from source to destination of its contacts (the lower one of two); 0 where unknown.
    pub size_median: u64,
    /// Most bytes from source to destination of one contact that began after the first [`LOGON_EARLY`]; 0 where unknown.
    pub size_max_late: u64,
}

/// How many contacts of an hour are early: a larger one after them may be the logon that worked. Unit: contacts; range 1 and up; as many as
/// make attempts of contacts (`brute_force`, `attempts_min`). Raising it hides logons that were guessed soon.
pub const LOGON_EARLY: usize = 9;

/// A row of long_flows: one connection, stitched over the hours' logs, that lasted. Sorted by duration, longest first, then key.
#[derive(Clone, Debug, Default)]
pub struct LongFlowRow {
    /// From whom to whom.
    pub key: ServiceKey,
    /// Source port.
    pub src_port: u16,
    /// Direction at the NIC that supplied.
    pub direction: Option<Direction>,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: String,
    /// Whether the source is local.
    pub src_is_local: bool,
    /// Whether the destination is local.
    pub dst_is_local: bool,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
    /// Whether its begin was seen; if not, it lasted longer than the row says.
    pub is_begun: bool,
    /// Whether its end was seen; if not, it may still last.
    pub is_ended: bool,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
    /// Packets both ways.
    pub packets: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
}

/// Least duration of a long flow. Unit: ms; range 1 hour and up: shorter ones lie within one blob, whose begin and end are rolled up.
pub const LONG_FLOW_MS: i64 = 3_600_000;

/// A row of floods: very many flows or packets from one local address to one other within an interval, to ports from which little came
/// back. Sorted by interval, then key.
#[derive(Clone, Debug, Default)]
pub struct FloodRow {
    /// Start of the interval, ms since the epoch.
    pub interval_start: i64,
    /// Length of the interval, ms.
    pub step: i64,
    /// From whom to whom; port 0 where several ports were flooded together.
    pub key: ServiceKey,
    /// Distinct destination ports.
    pub ports: u64,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: String,
    /// Whether the destination is local.
    pub dst_is_local: bool,
    /// Flows begun, as logged.
    pub flows: u64,
    /// How many of them were denied.
    pub flows_denied: u64,
    /// Connections: flows, of which those that a VNet log re-creates count once.
    pub connections: u64,
    /// Most connections that began within one minute: from their start times where these are kept, else the interval's mean.
    pub connections_minute_max: u64,
    /// Packets from source to destination.
    pub packets_sent: u64,
    /// Packets back.
    pub packets_received: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Bytes back.
    pub bytes_received: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// Least connections of a flood's row. Unit: connections in an interval; range 1 and up; a detector's least rate a minute. Raising it hides
/// short floods.
pub const FLOOD_CONNECTIONS_MIN: u64 = 1_000;

/// Least packets sent of a flood's row, where there are fewer connections. Unit: packets in an interval; range 1 and up; TCP sends
/// no more than 7 packets a flow before an answer, so that this many without one are no client. Raising it hides floods of few packets.
pub const FLOOD_PACKETS_MIN: u64 = 10_000;

/// A row of sender_hours: what a local address exchanged with public ones (Azure's platform apart) in an hour, in flows that it began.
/// Sorted by address, then hour.
#[derive(Clone, Debug, Default)]
pub struct SenderHour {
    /// The local address.
    pub ip: Address,
    /// Hour, from the epoch.
    pub hour: u32,
    /// Bytes from the local address.
    pub bytes_sent: u64,
    /// Bytes to it.
    pub bytes_received: u64,
    /// Flows that it began.
    pub flows: u64,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: Arc<str>,
}

/// A row of peer_hours: the part of a sender's hour that went to one public address, where it is at least [`PEER_HOUR_BYTES_MIN`]. Sorted by
/// local address, peer, hour.
#[derive(Clone, Debug, Default)]
pub struct PeerHour {
    /// The local address.
    pub ip: Address,
    /// The public address.
    pub peer: Address,
    /// Hour, from the epoch.
    pub hour: u32,
    /// Bytes from the local address.
    pub bytes_sent: u64,
    /// Bytes to it.
    pub bytes_received: u64,
    /// Flows that it began.
    pub flows: u64,
    /// Destination ports, ascending, at most 100.
    pub ports: Vec<u16>,
}

/// Least bytes sent of a peer's hour. Unit: bytes; range 1 and up; a tenth of what Sentinel's rule on data size takes as its floor (10 MB an hour).
/// Raising it hides slow leaks.
pub const PEER_HOUR_BYTES_MIN: u64 = 1_000_000;

/// A row of threat_contacts: traffic with an address of a threat list. Sorted by local address, then threat, then who began.
#[derive(Clone, Debug, Default)]
pub struct ThreatContactRow {
    /// The end that is in a VNet.
    pub ip: Address,
    /// The address of the list.
    pub threat_ip: Address,
    /// Whether the local end began.
    pub is_outbound: bool,
    /// The list.
    pub list: String,
    /// The entry of it.
    pub entry: String,
    /// Age of the entry (else of the list) at the window's end, in days; `None` where it states no date.
    pub age_days: Option<i64>,
    /// Destination ports, ascending, at most 100.
    pub ports: Vec<u16>,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: String,
    /// Allowed flows.
    pub flows_allowed: u64,
    /// Denied flows.
    pub flows_denied: u64,
    /// Bytes from the local end.
    pub bytes_sent: u64,
    /// Bytes to the local end.
    pub bytes_received: u64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// What a series is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeriesKind {
    /// A subnet: what its addresses sent and received.
    Subnet,
    /// An interface, by MAC.
    Interface,
    /// A rule of an ACL: what it decided.
    Rule,
}

/// A row of series: one number per hour of the window, for each measure. Sorted by kind, then name; at most [`SERIES_MAX`] of a kind
/// and [`SERIES_HOURS_MAX`] hours. A log that another log of its NIC replaces counts nowhere.
#[derive(Clone, Debug)]
pub struct SeriesRow {
    /// What it is about.
    pub kind: SeriesKind,
    /// Name of the subnet, MAC of the interface, or `acl rule`.
    pub name: String,
    /// Start of the first interval, ms since the epoch; the others follow without a gap.
    pub start: i64,
    /// Length of an interval, ms.
    pub step: i64,
    /// Bytes both ways. A subnet counts what its addresses exchange with each other at both ends.
    pub bytes: Vec<u64>,
    /// How many of the bytes it sent; of a rule, those that left the NIC.
    pub bytes_sent: Vec<u64>,
    /// Allowed flows.
    pub flows_allowed: Vec<u64>,
    /// Denied flows.
    pub flows_denied: Vec<u64>,
    /// How many of the denied flows it began; of a rule, those that were to leave the NIC.
    pub flows_denied_outbound: Vec<u64>,
    /// Whether any capture point of it has a tuple in the interval's hour: without one the interval is a gap, not a zero.
    pub is_covered: Vec<bool>,
}

/// Most series of a kind: those with most flows. Unit: series; range 1 and up; raising it judges quieter ones, with more memory and time.
pub const SERIES_MAX: usize = 2_000;

/// Most hours of a series: the last ones of the window. Unit: hours; range 24 and up; five weeks hold each hour of the week five
/// times. Raising it takes 41 bytes per hour and series.
pub const SERIES_HOURS_MAX: u32 = 35 * 24;

/// A row of exposed_days: a port that public addresses (Azure's platform apart) were let through to on a UTC day. Sorted by address, day,
/// port, protocol. As in exposed_ports, traffic without a begin counts too.
#[derive(Clone, Debug, Default)]
pub struct ExposedDay {
    /// The address reached.
    pub ip: Address,
    /// Day, from the epoch, of the intervals.
    pub day: u32,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: String,
    /// Distinct public sources of the day.
    pub sources: u64,
    /// Those with most flows, the most first; at most [`DAY_LISTED_MAX`].
    pub top_sources: Vec<Address>,
    /// Flows let through.
    pub flows: u64,
    /// Packets from the address reached.
    pub packets_sent: u64,
    /// Bytes from it.
    pub bytes_sent: u64,
    /// Bytes to it.
    pub bytes_received: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// A row of denied_days: what public addresses (Azure's platform apart) were denied of an address on a UTC day. Sorted by address, day.
#[derive(Clone, Debug, Default)]
pub struct DeniedDay {
    /// The address that was tried.
    pub ip: Address,
    /// Day, from the epoch, of the intervals.
    pub day: u32,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: String,
    /// Denied flows.
    pub flows: u64,
    /// Distinct public sources of the day.
    pub sources: u64,
    /// Distinct destination ports and protocols of the day.
    pub ports: u64,
    /// Sources with most flows, the most first; at most [`DAY_LISTED_MAX`].
    pub top_sources: Vec<Address>,
    /// Ports with most flows, the most first; at most [`DAY_LISTED_MAX`].
    pub top_ports: Vec<DeniedPort>,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// A port of a [`DeniedDay`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeniedPort {
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
    /// Denied flows.
    pub flows: u64,
}

/// Most sources and most ports that a row of a day lists. Unit: entries; the bound of a finding. Raising it lengthens no finding.
pub const DAY_LISTED_MAX: usize = 100;

/// A row of peer_history: when a local address first and last sent to a public one, over the whole window. Sorted by local address, then peer.
#[derive(Clone, Debug, Default)]
pub struct PeerHistoryRow {
    /// The local address.
    pub ip: Address,
    /// The public address.
    pub peer: Address,
    /// ISO 3166-1 alpha-2 of the peer.
    pub country: String,
    /// Autonomous system of the peer; `None` where unknown.
    pub asn: Option<u32>,
    /// Service tag of the peer.
    pub service_tag: String,
    /// What went to each destination port, ascending; the smallest [`HISTORY_PORTS_MAX`].
    pub ports: Vec<PortHistory>,
    /// Allowed flows that the local address began.
    pub flows: u64,
    /// Bytes from the local address.
    pub bytes_sent: u64,
    /// Bytes to it.
    pub bytes_received: u64,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: String,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// What a local address sent to one port of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortHistory {
    /// Destination port.
    pub dst_port: u16,
    /// Allowed flows that the local address began.
    pub flows: u64,
    /// Bytes from the local address.
    pub bytes_sent: u64,
    /// Bytes to it.
    pub bytes_received: u64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// Most ports of a peer's history. Unit: ports; the bound of a finding. Raising it takes 48 bytes a port.
pub const HISTORY_PORTS_MAX: usize = 100;

/// Shortest window that peer_history is made for. Unit: hours; range 24 and up; a shorter one knows no other day to compare with.
pub const HISTORY_HOURS_MIN: i64 = 24;
