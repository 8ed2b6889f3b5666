//! What changed between an earlier period and the window, name by name.

use crate::schema::previous::Amount;

/// What a name stands for, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Name of a subnet.
    Subnet,
    /// MAC of a NIC.
    Interface,
    /// An address.
    Address,
    /// Destination port and protocol, as `443/6`.
    Port,
    /// ACL, rule, direction and status.
    Rule,
    /// ISO 3166-1 alpha-2.
    Country,
}

impl ChangeKind {
    /// Every kind, in the order of the table.
    pub const ALL: [Self; 6] = [Self::Subnet, Self::Interface, Self::Address, Self::Port, Self::Rule, Self::Country];

    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subnet => "subnet",
            Self::Interface => "interface",
            Self::Address => "address",
            Self::Port => "port",
            Self::Rule => "rule",
            Self::Country => "country",
        }
    }
}

/// How the traffic of a name changed, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Not seen in the earlier period.
    New,
    /// Not seen in the window.
    Gone,
    /// More bytes, or as many and more flows; more flows where bytes were not measured in both periods.
    More,
    /// As [`Change::More`], less.
    Less,
    /// Seen in one period; whether in the other is not known.
    Unknown,
}

impl Change {
    /// Every change, in the order of the table.
    pub const ALL: [Self; 5] = [Self::New, Self::Gone, Self::More, Self::Less, Self::Unknown];

    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::More => "more",
            Self::Less => "less",
            Self::Unknown => "unknown",
        }
    }
}

/// A row of changes: a name whose traffic is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// What the name stands for.
    pub kind: ChangeKind,
    /// The name.
    pub name: String,
    /// How it changed.
    pub change: Change,
    /// What it had in the earlier period; `None` where that is not known.
    pub before: Option<Amount>,
    /// What it has in the window; `None` where that is not known.
    pub now: Option<Amount>,
}

impl ChangeRow {
    /// How many bytes more; `None` where they are not known of both periods.
    pub fn bytes_difference(&self) -> Option<i64> {
        Some(difference(self.now?.known_bytes()?, self.before?.known_bytes()?))
    }

    /// How many flows more; `None` where they are not known of both periods.
    pub fn flows_difference(&self) -> Option<i64> {
        Some(difference(self.now?.flows, self.before?.flows))
    }
}

/// Sums are below 2^62 (`rollup`), so that their difference fits.
fn difference(now: u64, before: u64) -> i64 {
    i64::try_from(i128::from(now) - i128::from(before)).unwrap_or(if now > before { i64::MAX } else { i64::MIN })
}
