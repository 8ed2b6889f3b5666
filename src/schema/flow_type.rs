//! Flow types: how the ends of a flow relate, in Traffic Analytics' words.
//!
//! Source: Microsoft Learn, "Schema and data aggregation in Traffic Analytics". Which rule gives which type stands in
//! `enrich`, which knows the ends.

/// How the two ends of a flow relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum FlowType {
    /// Both ends in one VNet.
    IntraVNet = 0,
    /// Ends in two VNets.
    InterVNet = 1,
    /// One end in a VNet, the other in a site behind a VPN or ExpressRoute gateway.
    S2S = 2,
    /// One end in a VNet, the other a point-to-site VPN client.
    P2S = 3,
    /// One end in a VNet, the other a public address of Microsoft's.
    AzurePublic = 4,
    /// One end in a VNet, the other any other public address.
    ExternalPublic = 5,
    /// One end in a VNet, the other a public address of a threat list.
    MaliciousFlow = 6,
    /// One end in a VNet, the other a private address that nothing explains.
    UnknownPrivate = 7,
    /// No end is known.
    Unknown = 8,
}

impl FlowType {
    /// Every flow type, at the index of its code.
    pub const ALL: [Self; 9] = [
        Self::IntraVNet,
        Self::InterVNet,
        Self::S2S,
        Self::P2S,
        Self::AzurePublic,
        Self::ExternalPublic,
        Self::MaliciousFlow,
        Self::UnknownPrivate,
        Self::Unknown,
    ];

    /// The word that outputs use, as Traffic Analytics writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IntraVNet => "IntraVNet",
            Self::InterVNet => "InterVNet",
            Self::S2S => "S2S",
            Self::P2S => "P2S",
            Self::AzurePublic => "AzurePublic",
            Self::ExternalPublic => "ExternalPublic",
            Self::MaliciousFlow => "MaliciousFlow",
            Self::UnknownPrivate => "UnknownPrivate",
            Self::Unknown => "Unknown",
        }
    }

    /// Which conversations it belongs to, as the workbooks of Traffic Analytics split them.
    pub const fn reach(self) -> Reach {
        match self {
            Self::AzurePublic | Self::ExternalPublic | Self::MaliciousFlow => Reach::External,
            Self::Unknown => Reach::Unknown,
            _ => Reach::Internal,
        }
    }
}

/// Whether a conversation leaves the private networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// Both ends in VNets, sites or private ranges.
    Internal,
    /// One end is public.
    External,
    /// No end is known.
    Unknown,
}

impl Reach {
    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::External => "external",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_indexes_into_all() {
        assert!(FlowType::ALL.iter().enumerate().all(|(i, c)| *c as usize == i));
    }

    #[test]
    fn conversations_split_as_in_the_workbooks() {
        let external: Vec<&str> = FlowType::ALL.iter().filter(|t| t.reach() == Reach::External).map(|t| t.name()).collect();
        assert_eq!(external, ["AzurePublic", "ExternalPublic", "MaliciousFlow"]);
        assert_eq!(FlowType::Unknown.reach(), Reach::Unknown);
    }
}
