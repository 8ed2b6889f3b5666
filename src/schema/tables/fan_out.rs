//! What one source tried in vain: rows for detectors, no file.

use std::sync::Arc;

use crate::schema::Address;

/// What one source tried within an hour without an answer: many ports of one host, or many hosts on one port.
///
/// Deduplicated: contacts seen at two NICs count once. Without an answer: denied, or allowed with at most one packet
/// back per flow.
#[derive(Clone, Debug)]
pub struct FanOutRow<Many> {
    /// Hour, from the epoch.
    pub hour: u32,
    /// Who tried.
    pub src_ip: Address,
    /// The one host; `None` where the hosts are the many.
    pub dst_ip: Option<Address>,
    /// The one port; `None` where the ports are the many.
    pub dst_port: Option<u16>,
    /// IANA number.
    pub protocol: u8,
    /// The many, distinct, ascending.
    pub unanswered: Vec<Many>,
    /// How many of the many were answered in the same hour.
    pub answered: u64,
    /// Flows tried without an answer.
    pub flows: u64,
    /// How many of them were denied.
    pub flows_denied: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
    /// Whether the source is local.
    pub src_is_local: bool,
    /// Whether a destination is local.
    pub dst_is_local: bool,
    /// MAC of the NIC that supplied the rows (the smallest, if several).
    pub mac: Arc<str>,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// Least distinct unanswered ports or hosts for a row of fan-out. Below it no detector looks.
/// Unit: ports or hosts per hour; range 2 and up; raising it hides slow scans, lowering it costs memory.
pub const FAN_OUT_MIN: usize = 10;
