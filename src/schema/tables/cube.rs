//! The cube: what counts once, summed by step of time, ends, port and flow type, small enough for a page to filter over.
//!
//! Everything is folded, nothing left out: the sums of the rows are those of the deduplicated tables, however coarse the cube is.
//! Holds no text that a row repeats.

use super::Scope;
use crate::schema::{Address, FlowType};

/// Deduplicated traffic by step, source, destination, port and flow type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cube {
    /// When step 0 begins, ms since the epoch; aligned to the step from the epoch. 0 without rows.
    pub start: i64,
    /// How long a step is. Unit: ms; a multiple of the interval.
    pub step_ms: i64,
    /// How many steps there are, with rows or without.
    pub steps: u32,
    /// Sources and destinations; ascending by their address, or the smallest of several.
    pub ends: Vec<CubeEnd>,
    /// Destination ports with their protocol, ascending; last, if it has rows, `None`: all other ports.
    pub ports: Vec<Option<(u16, u8)>>,
    /// Ascending by step, source, destination, port, flow type; none of them all zero.
    pub rows: Vec<CubeRow>,
    /// What was folded; empty if nothing was.
    pub cuts: Vec<CubeCut>,
}

/// A source or destination: one address, or several that were folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CubeEnd {
    /// The address; `None` for several.
    pub ip: Option<Address>,
    /// How many addresses it stands for.
    pub addresses: u32,
    /// Whether they are local; those of a fold all are, or none is.
    pub is_local: bool,
    /// Where they belong; those of a fold to the same.
    pub scope: Scope,
    /// Name of their subnet; empty for none, and where they lie in several.
    pub subnet: String,
    /// Name of their VNet; empty for none, and where they lie in several.
    pub vnet: String,
    /// The logged NIC that owns them (with several, the smallest MAC) as traffic_by_interface names it, else its MAC; without one
    /// their interface in the topology. Empty for none, and where they have several.
    pub interface: String,
    /// Name of their VM; empty for none, and where they have several.
    pub vm: String,
    /// ISO 3166-1 alpha-2; empty where unknown, and where they lie in several countries.
    pub country: String,
    /// Whether they lie in several subnets or countries, whose names are therefore not told.
    pub is_other: bool,
}

/// The sums of one step, source, destination, port and flow type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CubeRow {
    /// The step, counted from [`Cube::start`].
    pub step: u32,
    /// Index of the source in [`Cube::ends`].
    pub src: u32,
    /// Index of the destination in [`Cube::ends`].
    pub dst: u32,
    /// Index in [`Cube::ports`].
    pub port: u32,
    /// Flow type; that of each flow, also where addresses were folded.
    pub flow_type: FlowType,
    /// Flows.
    pub flows_allowed: u64,
    /// Flows.
    pub flows_denied: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
    /// Packets both ways.
    pub packets: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
}

/// One thing that was folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CubeCut {
    /// `addresses`, `ports`, `interfaces`, `subnets`, `countries` or `steps`; in this order.
    pub kind: &'static str,
    /// How many are told by themselves: of interfaces, subnets and countries those whose whole traffic is; of steps all.
    pub shown: u64,
    /// How many there are; of steps the intervals of the window.
    pub of: u64,
}
