//! Why a tuple or a record was refused, and where it stands.

/// Why something was refused. The name is public: `summary.json` and `rejects.csv` use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// Not 8 fields (v1) or 13 (v2, v4).
    FieldCount,
    /// The time is no number, or outside the years 2000 to 2100.
    Time,
    /// Source or destination is no IP address.
    Address,
    /// A port is no number from 0 to 65535.
    Port,
    /// The protocol is not T or U (NSG), or no number from 0 to 255 (VNet).
    Protocol,
    /// The direction is not I or O.
    Direction,
    /// The decision is not A or D (NSG).
    Decision,
    /// The state is not B, C or E (NSG v2), or B, C, E or D (VNet).
    State,
    /// The encryption field is empty or unreadable, or the unit holds too many different ones.
    Encryption,
    /// A counter is no number up to 10^15.
    Counter,
    /// The element of `flowTuples` is no string, or longer than a tuple can be.
    NotATuple,
    /// `Version` or `flowLogVersion` is missing.
    VersionMissing,
    /// The version is none of NSG 1, NSG 2, VNet 4.
    VersionUnknown,
    /// A VNet envelope holds NSG tuples, or the other way round.
    Hybrid,
    /// A name is too long, or the unit holds too many different ones.
    Names,
    /// The record is larger than 64 MiB.
    RecordTooLarge,
    /// The record nests deeper than 64 levels.
    NestedTooDeep,
    /// The record is no valid JSON.
    MalformedJson,
    /// A JSON object among the records has no flows.
    NoFlows,
}

impl Reason {
    /// Every reason, at the index of its code, with its public name and whether it refuses a whole record unwalked.
    pub const ALL: [(Self, &'static str); 19] = [
        (Self::FieldCount, "field_count"),
        (Self::Time, "time"),
        (Self::Address, "address"),
        (Self::Port, "port"),
        (Self::Protocol, "protocol"),
        (Self::Direction, "direction"),
        (Self::Decision, "decision"),
        (Self::State, "state"),
        (Self::Encryption, "encryption"),
        (Self::Counter, "counter"),
        (Self::NotATuple, "not_a_tuple"),
        (Self::VersionMissing, "version_missing"),
        (Self::VersionUnknown, "version_unknown"),
        (Self::Hybrid, "hybrid"),
        (Self::Names, "names"),
        (Self::RecordTooLarge, "record_too_large"),
        (Self::NestedTooDeep, "nested_too_deep"),
        (Self::MalformedJson, "malformed_json"),
        (Self::NoFlows, "no_flows"),
    ];

    /// How many reasons there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The public name.
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Most bytes of the refused text that are kept. Unit: bytes; origin: the promise of rejects.csv.
pub const REJECT_TEXT_BYTES_MAX: usize = 200;

/// One refused tuple, or one refused record (then `flow`, `group` and `tuple` are `None`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Which record of the blob, from 0.
    pub record: u64,
    /// Which element of the record's outer `flows`, from 0.
    pub flow: Option<u32>,
    /// Which element of the inner list (`flowGroups`, or NSG's inner `flows`), from 0.
    pub group: Option<u32>,
    /// Which element of `flowTuples`, from 0.
    pub tuple: Option<u32>,
    /// Where the tuple's text (or the record) begins. Unit: bytes from the start of the decompressed blob.
    pub byte_offset: u64,
    /// Why.
    pub reason: Reason,
    /// The refused text, at most [`REJECT_TEXT_BYTES_MAX`] bytes, invalid UTF-8 replaced.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_indexes_into_all_and_names_are_unique() {
        assert!(Reason::ALL.iter().enumerate().all(|(i, (r, _))| *r as usize == i));
        let mut names: Vec<_> = Reason::ALL.iter().map(|(_, name)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::COUNT);
    }
}
