//! What decoding one record yields: its head, its groups, its tuples and its rejects.

use std::ops::Range;

use super::{Address, Direction, Encryption, Format, NameId, Reason, Reject, State, Status};

/// Packets and bytes of a tuple, deltas since the flow's last tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counters {
    /// Packets from source to destination.
    pub packets_src_to_dst: u64,
    /// Bytes from source to destination, headers included.
    pub bytes_src_to_dst: u64,
    /// Packets from destination to source.
    pub packets_dst_to_src: u64,
    /// Bytes from destination to source, headers included.
    pub bytes_dst_to_src: u64,
    /// Which of the four the log stated, in the order above, lowest bit first; the others are 0.
    pub stated: u8,
}

impl Counters {
    /// The value of `stated` when all four counters were there.
    pub const ALL_STATED: u8 = 0b1111;
}

/// One flow tuple, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowTuple {
    /// Milliseconds since the epoch, UTC (NSG logs state seconds).
    pub time: i64,
    /// Who began the flow.
    pub src_ip: Address,
    /// Whom it was for.
    pub dst_ip: Address,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// IANA protocol number.
    pub protocol: u8,
    /// Relative to the capturing NIC.
    pub direction: Direction,
    /// Allowed or denied.
    pub status: Status,
    /// Begin, continuing, end, or unstated.
    pub state: State,
    /// Encryption code; texts of unknown codes are in the unit's [`super::names::Encryptions`].
    pub encryption: Encryption,
    /// Packets and bytes.
    pub counters: Counters,
}

impl FlowTuple {
    /// Whether the tuple's traffic is unknown rather than what its counters say (ARCHITECTURE.md, "Counting in one page"):
    /// every NSG v1 tuple; C or E with a counter missing; NSG UDP C or E with four zeros; never B or D.
    pub fn is_unmeasured(&self, format: Format) -> bool {
        match self.state {
            State::Unstated => true,
            State::Begin => false,
            State::Continuing | State::End => {
                let c = &self.counters;
                c.stated != Counters::ALL_STATED
                    || (format == Format::NsgV2
                        && self.protocol == super::codes::UDP
                        && (c.packets_src_to_dst | c.bytes_src_to_dst | c.packets_dst_to_src | c.bytes_dst_to_src) == 0)
            }
        }
    }
}

/// The head of a record: who logged it, when, in which format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Which record of its blob, from 0; repeats and rejected records count.
    pub index: u64,
    /// Where the record begins. Unit: bytes from the start of the (decompressed) blob.
    pub byte_offset: u64,
    /// When the record says it was written, ms since the epoch; `None` where it states no time that can be read.
    pub time: Option<i64>,
    /// The format, or `None` when the version is missing, unknown or contradicts the tuples.
    pub format: Option<Format>,
    /// `flowLogResourceID`, or `resourceId` (the NSG) of NSG logs; upper-cased.
    pub log_resource: NameId,
    /// `targetResourceID` of VNet logs (as logged); empty for NSG logs.
    pub target_resource: NameId,
    /// The record's `macAddress`: 12 upper-case hex digits where it can be read so; may be empty.
    pub mac: NameId,
    /// Hash of log resource, MACs, time, rules and tuples in order: equal for a record that repeats.
    pub content: u128,
}

/// One `flowTuples` array: the tuples of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowGroup {
    /// `aclID` of VNet logs, the NSG's resource id for NSG logs.
    pub acl: NameId,
    /// The rule, verbatim.
    pub rule: NameId,
    /// The capturing NIC: the inner `mac` of NSG logs, else the record's.
    pub mac: NameId,
    /// Its tuples, as indexes into [`FlowBatch::tuples`].
    pub tuples: Range<usize>,
}

/// One decoded record.
///
/// The tuples of a group stand in the log's order.
#[derive(Clone, Debug, Default)]
pub struct FlowBatch {
    /// The record's head.
    pub record: Record,
    /// Its groups, in the log's order.
    pub groups: Vec<FlowGroup>,
    /// Its good tuples. With those of `rejected` they are all that the record holds.
    pub tuples: Vec<FlowTuple>,
    /// Its bad tuples (or the one reject of a record that could not be walked), at most
    /// [`super::partial::REJECT_ROWS_MAX`] of a reason; `rejected` is exact.
    pub rejects: Vec<Reject>,
    /// How many tuples were refused, or 1 for a record that could not be walked, by the code of `Reason`.
    pub rejected: [u64; Reason::COUNT],
    /// Whether the record could not be walked, so that its tuples are unknown.
    pub is_unwalked: bool,
}

impl FlowBatch {
    /// Counts a refused tuple, or a record that could not be walked, and lists it while there is room.
    pub fn refuse(&mut self, reject: Reject) {
        self.is_unwalked |= reject.tuple.is_none();
        let count = &mut self.rejected[reject.reason as usize];
        *count += 1;
        if *count <= super::partial::REJECT_ROWS_MAX {
            self.rejects.push(reject);
        }
    }

    /// Tuples that the record holds, good and bad; 0 for a record that could not be walked.
    pub fn tuples_read(&self) -> u64 {
        self.tuples.len() as u64 + self.tuples_rejected()
    }

    /// Tuples refused.
    pub fn tuples_rejected(&self) -> u64 {
        if self.is_unwalked { 0 } else { self.rejected.iter().sum() }
    }
}
