//! The identities that hold between tables (ARCHITECTURE.md, "Counting in one page").
//!
//! Goes in: finished tables. Comes out: the first identity that does not hold. Runs after every count in debug builds.

pub(super) mod cube;
mod malicious;

use super::Aggregates;
use crate::schema::summary::TrafficTotals;
use crate::schema::tables::{Measures, PairMeasures, Tables};

/// An identity that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}: {left:?} is not {right:?}")]
pub struct Broken {
    /// The table whose sum is off.
    pub table: &'static str,
    /// The table's sum: flows, bytes, packets and unmeasured tuples, as far as they can be compared.
    pub left: Vec<u64>,
    /// What it should be.
    pub right: Vec<u64>,
}

/// Checks every identity.
///
/// Errors: the first [`Broken`] one.
pub fn check(aggregates: &Aggregates) -> Result<(), Broken> {
    let tables = &aggregates.tables;
    let once = &aggregates.deduplicated;
    for (table, measures) in at_both_ends(tables) {
        equal(table, both_ends(&measures), twice(once))?;
    }
    let over_time = ("traffic_over_time", sum(tables.traffic_over_time.iter().map(|r| &r.measures)));
    for (table, measures) in by_locality(tables).into_iter().chain([over_time]) {
        equal(table, directed(&measures), directed_totals(once))?;
    }
    for (table, measures) in [
        ("traffic_by_interface", sum(tables.traffic_by_interface.iter().map(|r| &r.measures))),
        ("traffic_by_rule", sum(tables.traffic_by_rule.iter().map(|r| &r.measures))),
    ] {
        equal(table, directed(&measures), directed_totals(&aggregates.observed))?;
    }
    for (table, measures) in [
        ("traffic_by_pair", sum_pairs(tables.traffic_by_pair.iter().map(|r| &r.measures))),
        ("subnet_matrix", sum_pairs(tables.subnet_matrix.iter().map(|r| &r.measures))),
    ] {
        equal(table, paired(&measures, Sent::IsSrcToDst), pair_totals(once))?;
    }
    let by_port = sum_pairs(tables.traffic_by_port.iter().map(|r| &r.measures));
    equal("traffic_by_port", paired(&by_port, Sent::IsDstToSrc), pair_totals(once))?;
    let conversations = sum_pairs(tables.conversations.iter().map(|r| &r.measures));
    equal("conversations", joined(&conversations), joined_totals(once))?;
    malicious::check(tables)?;
    cube::check(&tables.cube, aggregates)
}

/// A table and the sum of its rows.
type Summed<M> = (&'static str, M);

/// The tables in which both ends of a flow have their row.
fn at_both_ends(tables: &Tables) -> [Summed<Measures>; 4] {
    [
        ("traffic_by_ip", sum(tables.traffic_by_ip.iter().map(|r| &r.measures))),
        ("traffic_by_subnet", sum(tables.traffic_by_subnet.iter().map(|r| &r.measures))),
        ("traffic_by_vnet", sum(tables.traffic_by_vnet.iter().map(|r| &r.measures))),
        ("traffic_by_scale_set", sum(tables.traffic_by_scale_set.iter().map(|r| &r.measures))),
    ]
}

/// The tables by name in which a flow is inbound or outbound by which end is local.
fn by_locality(tables: &Tables) -> [Summed<Measures>; 3] {
    [
        ("traffic_by_flow_type", sum(tables.traffic_by_flow_type.iter().map(|r| &r.measures))),
        ("traffic_by_country", sum(tables.traffic_by_country.iter().map(|r| &r.measures))),
        ("traffic_by_azure_region", sum(tables.traffic_by_azure_region.iter().map(|r| &r.measures))),
    ]
}

fn equal(table: &'static str, left: Vec<u64>, right: Vec<u64>) -> Result<(), Broken> {
    if left == right { Ok(()) } else { Err(Broken { table, left, right }) }
}

fn sum<'a>(rows: impl Iterator<Item = &'a Measures>) -> Measures {
    rows.fold(Measures::default(), |mut sum, more| {
        sum.add(more);
        sum
    })
}

fn sum_pairs<'a>(rows: impl Iterator<Item = &'a PairMeasures>) -> PairMeasures {
    rows.fold(PairMeasures::default(), |mut sum, more| {
        sum.add(more);
        sum
    })
}

/// Inbound and outbound allowed, inbound and outbound denied, received and sent, each of which is a total of its own.
fn both_ends(m: &Measures) -> Vec<u64> {
    let flows = [m.flows_inbound_allowed, m.flows_outbound_allowed, m.flows_inbound_denied, m.flows_outbound_denied];
    let traffic = [m.bytes_received, m.bytes_sent, m.packets_received, m.packets_sent];
    [&flows[..], &traffic[..], &[m.tuples_unmeasured]].concat()
}

/// What [`both_ends`] should be: every flow has two ends.
fn twice(t: &TrafficTotals) -> Vec<u64> {
    let allowed = t.flows_inbound_allowed + t.flows_outbound_allowed;
    let denied = t.flows_inbound_denied + t.flows_outbound_denied;
    let bytes = t.bytes_src_to_dst + t.bytes_dst_to_src;
    let packets = t.packets_src_to_dst + t.packets_dst_to_src;
    vec![allowed, allowed, denied, denied, bytes, bytes, packets, packets, 2 * t.tuples_unmeasured]
}

/// Flows by direction and status, and traffic both ways together: which way is sent depends on the row.
fn directed(m: &Measures) -> Vec<u64> {
    let flows = [m.flows_inbound_allowed, m.flows_inbound_denied, m.flows_outbound_allowed, m.flows_outbound_denied];
    let packets = m.packets_received + m.packets_sent;
    [&flows[..], &[m.bytes(), packets, m.tuples_unmeasured]].concat()
}

fn directed_totals(t: &TrafficTotals) -> Vec<u64> {
    let flows = [t.flows_inbound_allowed, t.flows_inbound_denied, t.flows_outbound_allowed, t.flows_outbound_denied];
    let (bytes, packets) = (t.bytes_src_to_dst + t.bytes_dst_to_src, t.packets_src_to_dst + t.packets_dst_to_src);
    [&flows[..], &[bytes, packets, t.tuples_unmeasured]].concat()
}

/// Which way `sent` is in a table.
#[derive(PartialEq, Eq)]
enum Sent {
    IsSrcToDst,
    IsDstToSrc,
}

fn paired(m: &PairMeasures, sent: Sent) -> Vec<u64> {
    let sent_first = [m.bytes_sent, m.bytes_received, m.packets_sent, m.packets_received];
    let received_first = [m.bytes_received, m.bytes_sent, m.packets_received, m.packets_sent];
    let traffic = if sent == Sent::IsSrcToDst { sent_first } else { received_first };
    [&[m.flows_allowed, m.flows_denied], &traffic[..], &[m.tuples_unmeasured]].concat()
}

fn pair_totals(t: &TrafficTotals) -> Vec<u64> {
    let flows = [t.flows_inbound_allowed + t.flows_outbound_allowed, t.flows_inbound_denied + t.flows_outbound_denied];
    let traffic = [t.bytes_src_to_dst, t.bytes_dst_to_src, t.packets_src_to_dst, t.packets_dst_to_src];
    [&flows[..], &traffic[..], &[t.tuples_unmeasured]].concat()
}

/// Flows by status, and traffic both ways together: which way is sent depends on the addresses.
fn joined(m: &PairMeasures) -> Vec<u64> {
    vec![m.flows_allowed, m.flows_denied, m.bytes(), m.packets_received + m.packets_sent, m.tuples_unmeasured]
}

fn joined_totals(t: &TrafficTotals) -> Vec<u64> {
    let allowed = t.flows_inbound_allowed + t.flows_outbound_allowed;
    let denied = t.flows_inbound_denied + t.flows_outbound_denied;
    let (bytes, packets) = (t.bytes_src_to_dst + t.bytes_dst_to_src, t.packets_src_to_dst + t.packets_dst_to_src);
    vec![allowed, denied, bytes, packets, t.tuples_unmeasured]
}
