//! What a source tried at one port of one host within an hour: its key, and what its rows and corrections add up to.
//!
//! Goes in: rows and corrections, one by one. Comes out: sums, and whether the try was answered. Knows nothing of the many that make a fan-out.

use crate::aggregate::dataset::Dataset;
use crate::aggregate::denied::Correction;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::hash;
use crate::schema::Status;
use crate::schema::units::Interval;

/// What there are many of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    Ports,
    Hosts,
}

impl Many {
    /// How many low bits of a packed key say which of the many it is.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Ports => 16,
            Self::Hosts => 32,
        }
    }
}

/// How many low bits of a packed key say what the source tried; those above are its hour, the source and the protocol.
pub(super) const TARGET_BITS: u32 = 48;

/// The key of a try.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Key {
    pub hour: u32,
    pub src_ip: u32,
    pub dst_ip: u32,
    pub dst_port: u16,
    pub protocol: u8,
}

impl Key {
    pub fn of(dataset: &Dataset, rows: &Rows<'_>, row: usize) -> Self {
        Self {
            hour: dataset.interval().hour(rows.interval[row]),
            src_ip: rows.src_ip[row],
            dst_ip: rows.dst_ip[row],
            dst_port: rows.dst_port[row],
            protocol: rows.protocol[row],
        }
    }

    pub fn of_correction(dataset: &Dataset, correction: &Correction) -> Self {
        Self {
            hour: dataset.interval().hour(correction.interval),
            src_ip: correction.src_ip,
            dst_ip: correction.dst_ip,
            dst_port: correction.dst_port,
            protocol: correction.protocol,
        }
    }

    /// The inverse of [`Key::packed`] where ports are the many.
    pub fn of_packed_by_port(packed: u128) -> Self {
        Self {
            hour: (packed >> 88) as u32,
            src_ip: (packed >> 56) as u32,
            dst_ip: (packed >> 16) as u32,
            dst_port: packed as u16,
            protocol: (packed >> 48) as u8,
        }
    }

    /// The key as one integer, with the many in its lowest bits.
    pub fn packed(self, many: Many) -> u128 {
        let target = match many {
            Many::Ports => u128::from(self.dst_ip) << 16 | u128::from(self.dst_port),
            Many::Hosts => u128::from(self.dst_port) << 32 | u128::from(self.dst_ip),
        };
        u128::from(self.hour) << 88 | u128::from(self.src_ip) << 56 | u128::from(self.protocol) << TARGET_BITS | target
    }

    /// What the rows of a table are sorted by, as one integer: hour, source, host or port, protocol. Numbers ascend as addresses do.
    pub fn row_order(self, many: Many) -> u128 {
        let one = u128::from(self.one(many));
        u128::from(self.hour) << 72 | u128::from(self.src_ip) << 40 | one << 8 | u128::from(self.protocol)
    }

    /// The one host or port that the many of a fan-out share, beside hour, source and protocol.
    pub fn one(self, many: Many) -> u32 {
        match many {
            Many::Ports => self.dst_ip,
            Many::Hosts => u32::from(self.dst_port),
        }
    }

    /// Hour, source and protocol, hashed.
    pub fn source_hash(self) -> u64 {
        hash(self.packed(Many::Ports) >> TARGET_BITS)
    }
}

/// What a row says of a try: 64 bytes, since very many wait until all of their key are there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    interval: u32,
    src_ip: u32,
    dst_ip: u32,
    nic: u32,
    flows: u32,
    first_offset: u32,
    last_offset: u32,
    dst_port: u16,
    protocol: u8,
    is_denied: bool,
    is_unmeasured: bool,
    packets_back: u64,
    bytes_sent: u64,
    bytes_received: u64,
}

impl Tried {
    pub fn of(dataset: &Dataset, rows: &Rows<'_>, row: usize) -> Self {
        Self {
            interval: rows.interval[row],
            src_ip: rows.src_ip[row],
            dst_ip: rows.dst_ip[row],
            nic: dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
            flows: rows.flows_started[row],
            first_offset: rows.first_offset[row],
            last_offset: rows.last_offset[row],
            dst_port: rows.dst_port[row],
            protocol: rows.protocol[row],
            is_denied: rows.status[row] == Status::Denied as u8,
            is_unmeasured: rows.tuples_unmeasured[row] > 0,
            packets_back: rows.packets_dst_to_src[row],
            bytes_sent: rows.bytes_src_to_dst[row],
            bytes_received: rows.bytes_dst_to_src[row],
        }
    }

    pub fn key(&self, interval: Interval) -> Key {
        let Self { src_ip, dst_ip, dst_port, protocol, .. } = *self;
        Key { hour: interval.hour(self.interval), src_ip, dst_ip, dst_port, protocol }
    }
}

/// What the rows and corrections of one key add up to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    /// The smallest of the NICs.
    pub nic: u32,
    is_unmeasured: bool,
    allowed: u64,
    /// Of the allowed flows, those that their destination denied.
    were_allowed: u64,
    pub denied: u64,
    packets_back: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub first_time: i64,
    pub last_time: i64,
}

impl Default for Try {
    fn default() -> Self {
        Self {
            nic: u32::MAX,
            is_unmeasured: false,
            allowed: 0,
            were_allowed: 0,
            denied: 0,
            packets_back: 0,
            bytes_sent: 0,
            bytes_received: 0,
            first_time: i64::MAX,
            last_time: i64::MIN,
        }
    }
}

impl Try {
    /// Adds a row.
    pub fn add_row(&mut self, row: &Tried, interval: Interval) {
        let start = interval.start(row.interval);
        let flows = u64::from(row.flows);
        let (allowed, denied) = if row.is_denied { (0, flows) } else { (flows, 0) };
        self.add(&Self {
            nic: row.nic,
            is_unmeasured: row.is_unmeasured,
            allowed,
            were_allowed: 0,
            denied,
            packets_back: row.packets_back,
            bytes_sent: row.bytes_sent,
            bytes_received: row.bytes_received,
            first_time: start + i64::from(row.first_offset),
            last_time: start + i64::from(row.last_offset),
        });
    }

    pub fn of_correction(correction: &Correction) -> Self {
        Self {
            nic: correction.nic,
            were_allowed: correction.were_allowed,
            denied: correction.denied,
            first_time: correction.first_time,
            last_time: correction.last_time,
            ..Self::default()
        }
    }

    pub fn add(&mut self, more: &Self) {
        self.nic = self.nic.min(more.nic);
        self.is_unmeasured |= more.is_unmeasured;
        self.allowed += more.allowed;
        self.were_allowed += more.were_allowed;
        self.denied += more.denied;
        self.packets_back += more.packets_back;
        self.bytes_sent += more.bytes_sent;
        self.bytes_received += more.bytes_received;
        self.first_time = self.first_time.min(more.first_time);
        self.last_time = self.last_time.max(more.last_time);
    }

    /// Whether its allowed flows began, were measured, and got at most one packet back each: a reset is no answer.
    fn allowed_unanswered(&self) -> bool {
        self.allowed > 0 && !self.is_unmeasured && self.packets_back <= self.allowed
    }

    pub fn is_unanswered(&self) -> bool {
        self.denied > 0 || self.allowed_unanswered()
    }

    pub fn is_answered(&self) -> bool {
        self.packets_back > self.allowed
    }

    pub fn unanswered_flows(&self) -> u64 {
        self.denied + if self.allowed_unanswered() { self.allowed - self.were_allowed } else { 0 }
    }
}
