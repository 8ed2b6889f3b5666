//! The coded fields of a flow tuple: direction, status, state, encryption, and the log's format.

/// Direction relative to the capturing NIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Direction {
    /// The NIC owns the destination.
    Inbound = 0,
    /// The NIC owns the source.
    Outbound = 1,
}

impl Direction {
    /// Every direction, at the index of its code.
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];

    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
        }
    }
}

/// What the rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Status {
    /// The flow went through.
    Allowed = 0,
    /// The flow was dropped; there is one tuple per attempt.
    Denied = 1,
}

impl Status {
    /// Every status, at the index of its code.
    pub const ALL: [Self; 2] = [Self::Allowed, Self::Denied];

    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::Denied => "Denied",
        }
    }
}

/// Where in its flow's life a tuple stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum State {
    /// `B`: the flow was created. Denied tuples of NSG v2 and VNet v4 are begins as well.
    Begin = 0,
    /// `C`: counters since the last tuple of the flow.
    Continuing = 1,
    /// `E`: the flow ended; counters since the last tuple.
    End = 2,
    /// NSG v1 states nothing: every tuple is a flow.
    Unstated = 3,
}

impl State {
    /// Every state, at the index of its code.
    pub const ALL: [Self; 4] = [Self::Begin, Self::Continuing, Self::End, Self::Unstated];

    /// The word that outputs use; empty where the log states none.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begin => "Begin",
            Self::Continuing => "Continuing",
            Self::End => "End",
            Self::Unstated => "",
        }
    }

    /// Whether a tuple of this state counts as a flow (ARCHITECTURE.md: B, D, and every v1 tuple).
    pub const fn begins_flow(self) -> bool {
        matches!(self, Self::Begin | Self::Unstated)
    }
}

/// Which flow log a record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Format {
    /// NSG flow log, `Version` 1: eight fields, no counters.
    NsgV1 = 0,
    /// NSG flow log, `Version` 2: thirteen fields.
    NsgV2 = 1,
    /// VNet flow log, `flowLogVersion` 4: thirteen fields.
    VnetV4 = 2,
}

impl Format {
    /// Every format, at the index of its code.
    pub const ALL: [Self; 3] = [Self::NsgV1, Self::NsgV2, Self::VnetV4];

    /// The name in `summary.json` and in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NsgV1 => "nsg_v1",
            Self::NsgV2 => "nsg_v2",
            Self::VnetV4 => "vnet_v4",
        }
    }

    /// Whether this is a VNet flow log, which replaces NSG logs of the same NIC.
    pub const fn is_vnet(self) -> bool {
        matches!(self, Self::VnetV4)
    }
}

/// The encryption field of a VNet v4 tuple, as a code.
///
/// 0 is "not stated" (NSG logs); the next codes are those of [`Encryption::KNOWN`]; codes from
/// [`Encryption::FIRST_UNKNOWN`] on stand for texts kept verbatim, in a dictionary beside the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Encryption(pub u8);

impl Encryption {
    /// The documented codes; the empty one is "not stated".
    /// Source: Microsoft Learn, "Virtual network flow logs", flow encryption status.
    pub const KNOWN: [&'static str; 9] = [
        "",
        "X",
        "NX",
        "NX_HW_NOT_SUPPORTED",
        "NX_SW_NOT_READY",
        "NX_NOT_ACCEPTED",
        "NX_NOT_SUPPORTED",
        "NX_LOCAL_DST",
        "NX_FALLBACK",
    ];
    /// The first code that stands for an unknown text.
    pub const FIRST_UNKNOWN: u8 = Self::KNOWN.len() as u8;
    /// Not stated.
    pub const NONE: Self = Self(0);
    /// `X`: encrypted.
    pub const X: Self = Self(1);
    /// `NX`: not encrypted, the code of nearly every tuple.
    pub const NX: Self = Self(2);
}

/// The IANA protocol number of TCP.
pub const TCP: u8 = 6;
/// The IANA protocol number of UDP.
pub const UDP: u8 = 17;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_indexes_into_all() {
        assert!(Direction::ALL.iter().enumerate().all(|(i, c)| *c as usize == i));
        assert!(Status::ALL.iter().enumerate().all(|(i, c)| *c as usize == i));
        assert!(State::ALL.iter().enumerate().all(|(i, c)| *c as usize == i));
        assert!(Format::ALL.iter().enumerate().all(|(i, c)| *c as usize == i));
    }

    #[test]
    fn nx_is_the_code_of_nx() {
        assert_eq!(Encryption::KNOWN[Encryption::NX.0 as usize], "NX");
        assert_eq!(Encryption::KNOWN[Encryption::NONE.0 as usize], "");
    }
}
