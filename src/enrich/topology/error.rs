//! Why a topology file cannot be read: the file, the place in it, the reason, and what to do.

use std::fmt;

use ipnet::IpNet;

/// A topology file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read topology: {file}{place}: {reason}")]
pub struct TopologyError {
    /// Name of the file, as given.
    pub file: String,
    /// The place in it.
    pub place: Place,
    /// Why.
    pub reason: Box<TopologyReason>,
}

/// A place in a topology file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line, from 1.
    Line(usize),
    /// A path inside JSON, such as `value[3].properties.subnets[0]`.
    Path(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Line(line) => write!(f, " line {line}"),
            Self::Path(path) if path.is_empty() => Ok(()),
            Self::Path(path) => write!(f, " at {path}"),
        }
    }
}

/// Why a topology file cannot be read. Texts of the file are quoted, escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyReason {
    /// Nothing in it.
    #[error("is empty; hint: the export failed, repeat it, or leave the file out")]
    Empty,
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    #[error("is not UTF-8, nor UTF-16 with a byte order mark; hint: give JSON or TOML as text, unpacked")]
    Encoding,
    /// JSON that ends inside a value.
    #[error("the JSON ends before it is closed; hint: the export was cut off, repeat it")]
    CutShort,
    /// The parser's own words.
    #[error("{0}")]
    Syntax(String),
    /// Another Azure resource, and nothing of use beside it; holds its type.
    #[error(
        "is of type {0}, which tells nothing of addresses; \
         hint: give the output of 'az network vnet list' and 'az network nic list' (docs/topology.md lists all that is read)"
    )]
    OtherResource(String),
    /// No Azure resource that can be told.
    #[error(
        "has neither the type nor the id of an Azure resource; \
         hint: give the output of 'az network vnet list' and 'az network nic list', or TOML (docs/topology.md)"
    )]
    NoResource,
    /// PowerShell cut an object short; holds what it wrote in its place.
    #[error("{0} stands in place of an object: the export was cut; hint: write it with 'ConvertTo-Json -Depth 10'")]
    DepthCut(String),
    /// A field that must be there.
    #[error("lacks the field {0}")]
    Missing(&'static str),
    /// A value of another kind; holds what is expected.
    #[error("{0} is expected; hint: with PowerShell, write it with 'ConvertTo-Json -Depth 10'")]
    Expected(&'static str),
    /// No CIDR prefix; holds it.
    #[error("{0} is no prefix such as 10.0.1.0/24")]
    Prefix(String),
    /// Bits beyond the prefix length are set.
    #[error("{0} has host bits set; hint: did you mean {1}?")]
    HostBits(IpNet, IpNet),
    /// No IP address; holds it.
    #[error("{0} is no IP address")]
    Address(String),
    /// No MAC; holds it.
    #[error("{0} is no MAC of 12 hexadecimal digits")]
    Mac(String),
    /// Neither kind of gateway; holds it.
    #[error("{0} is neither Vpn nor ExpressRoute")]
    GatewayType(String),
    /// Two subnets of one VNet with one prefix: VNet, prefix, both subnets.
    #[error("prefix {1} of VNet {0} belongs to two subnets, {2} and {3}")]
    EqualPrefix(String, IpNet, String, String),
    /// Two interfaces with one MAC: MAC, both names.
    #[error("MAC {0} belongs to two interfaces, {1} and {2}")]
    EqualMac(String, String, String),
}

/// Most characters of a file's text that a message repeats.
const QUOTED_MAX: usize = 80;

/// A text of the file for a message: in quotes, control characters escaped, cut.
pub fn quote(text: &str) -> String {
    let cut: String = text.chars().take(QUOTED_MAX).collect();
    if cut.len() < text.len() { format!("{cut:?}…") } else { format!("{cut:?}") }
}
