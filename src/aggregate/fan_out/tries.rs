//! What a source tried at one port of one host within an hour: the target, and what its rows and corrections add up to.
//!
//! Goes in: rows and corrections, one by one. Comes out: sums, and whether the try was answered. Knows nothing of the many that make a fan-out.

use crate::aggregate::dataset::Dataset;
use crate::aggregate::denied::Correction;
use crate::aggregate::rows::Rows;
use crate::schema::Status;
use crate::schema::units::HOUR_MS;

/// What a source tried, within an hour that others know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub dst_ip: u32,
    pub dst_port: u16,
    pub protocol: u8,
}

impl Target {
    /// As one integer.
    pub fn packed(self) -> u128 {
        u128::from(self.protocol) << 48 | u128::from(self.dst_ip) << 16 | u128::from(self.dst_port)
    }

    /// The inverse of [`Target::packed`].
    pub fn of_packed(packed: u128) -> Self {
        Self { dst_ip: (packed >> 16) as u32, dst_port: packed as u16, protocol: (packed >> 48) as u8 }
    }

    pub fn of_correction(correction: &Correction) -> Self {
        Self { dst_ip: correction.dst_ip, dst_port: correction.dst_port, protocol: correction.protocol }
    }
}

/// What a row says of a try: 56 bytes, since very many wait until all of their source are there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    pub target: Target,
    nic: u32,
    flows: u32,
    /// Unit: ms from the hour.
    first_time: u32,
    /// Unit: ms from the hour.
    last_time: u32,
    is_denied: bool,
    is_unmeasured: bool,
    packets_back: u64,
    bytes_sent: u64,
    bytes_received: u64,
}

impl Tried {
    /// Takes a row of an hour.
    pub fn of(dataset: &Dataset, rows: &Rows<'_>, row: usize, hour: u32) -> Self {
        // An hour holds its intervals whole, so that what lies between them fits.
        let start = (dataset.interval().start(rows.interval[row]) - i64::from(hour) * HOUR_MS) as u32;
        Self {
            target: Target { dst_ip: rows.dst_ip[row], dst_port: rows.dst_port[row], protocol: rows.protocol[row] },
            nic: dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
            flows: rows.flows_started[row],
            first_time: start + rows.first_offset[row],
            last_time: start + rows.last_offset[row],
            is_denied: rows.status[row] == Status::Denied as u8,
            is_unmeasured: rows.tuples_unmeasured[row] > 0,
            packets_back: rows.packets_dst_to_src[row],
            bytes_sent: rows.bytes_src_to_dst[row],
            bytes_received: rows.bytes_dst_to_src[row],
        }
    }
}

/// What the rows and corrections of one source, hour and target add up to.
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
    pub fn add_row(&mut self, row: &Tried, hour: u32) {
        let start = i64::from(hour) * HOUR_MS;
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
            first_time: start + i64::from(row.first_time),
            last_time: start + i64::from(row.last_time),
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
