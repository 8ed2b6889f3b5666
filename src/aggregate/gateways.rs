//! What crosses the gateways: one row per connection to a site, a circuit or VPN clients.
//!
//! Goes in: the supplying rows with one end behind a gateway and the other in a VNet, the corrections, the bytes of each interval, and
//! the connections that exist. Comes out: gateways. Knows no capacity: what a gateway's size would carry is for the reader to compare.

use std::cmp::Reverse;

use super::plans::{self, status};
use super::rows::Rows;
use super::sums::Sums;
use super::supply::Supply;
use crate::enrich::{Endpoint, Endpoints, Inventory, Site};
use crate::schema::Direction;
use crate::schema::tables::{Counting, GatewayRow, Measures};
use crate::schema::units::Interval;

/// What crosses each gateway, without time.
pub(super) struct Crossed {
    /// Per site.
    measures: Vec<Measures>,
    /// Per address: whether it was seen behind a gateway.
    is_peer: Vec<bool>,
}

/// Where the end of a row lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Vnet,
    /// Behind the site of this number.
    Site(u32),
    Elsewhere,
}

/// Bytes both ways per site (upper half) and interval (lower half).
pub(super) type Crossings = Sums<u64>;

/// The crossings of the supplying rows.
pub(super) fn crossings(supply: &Supply<'_>) -> Crossings {
    if supply.endpoints.sites.is_empty() {
        return Crossings::default();
    }
    let ends = ends(supply.endpoints);
    let add = |sums: &mut Crossings, rows: &Rows<'_>, row: usize| {
        let (src, dst) = (rows.src_ip[row] as usize, rows.dst_ip[row] as usize);
        if let Some((site, _)) = crossing(ends[src], ends[dst]) {
            let bytes = rows.bytes_src_to_dst[row] + rows.bytes_dst_to_src[row];
            *sums.entry(u128::from(site) << 32 | u128::from(rows.interval[row])) += bytes;
        }
    };
    supply.fold(Counting::Deduplicated, Crossings::default, add, joined)
}

/// The crossings of different rows together.
pub(super) fn joined(mut all: Crossings, more: Crossings) -> Crossings {
    more.rows().iter().for_each(|(key, more)| *all.entry(*key) += more);
    all
}

/// Where each address lies.
fn ends(endpoints: &Endpoints) -> Vec<End> {
    endpoints.rows.iter().map(end).collect()
}

/// Where an address lies; in a VNet goes before behind a gateway, as in the flow types.
fn end(endpoint: &Endpoint) -> End {
    match (endpoint.vnet, endpoint.site) {
        (Some(_), _) => End::Vnet,
        (None, Some(site)) => End::Site(site),
        (None, None) => End::Elsewhere,
    }
}

/// The site that a row crosses a gateway to, and its direction: inbound is begun behind the gateway.
fn crossing(src: End, dst: End) -> Option<(u32, Direction)> {
    match (src, dst) {
        (End::Site(site), End::Vnet) => Some((site, Direction::Inbound)),
        (End::Vnet, End::Site(site)) => Some((site, Direction::Outbound)),
        _ => None,
    }
}

/// The table, most bytes first.
pub(super) fn gateways(
    (endpoints, inventory): (&Endpoints, &Inventory),
    crossed: &Crossed,
    (by_interval, interval): (&Crossings, Interval),
) -> Vec<GatewayRow> {
    let sites = &endpoints.sites;
    let mut rows: Vec<GatewayRow> = sites.iter().map(row_of_site).collect();
    for (row, measures) in rows.iter_mut().zip(&crossed.measures) {
        row.measures = *measures;
    }
    for (endpoint, _) in endpoints.rows.iter().zip(&crossed.is_peer).filter(|(_, is_peer)| **is_peer) {
        if let End::Site(site) = end(endpoint) {
            rows[site as usize].peers += 1;
        }
    }
    set_busiest(&mut rows, by_interval, interval);
    for connection in &inventory.connections {
        let is_same = |site: &Site| (&site.gateway, &site.connection) == (&connection.gateway, &connection.connection);
        if !sites.iter().any(is_same) {
            rows.push(GatewayRow {
                gateway: connection.gateway.clone(),
                gateway_type: connection.gateway_type.clone(),
                connection: connection.connection.clone(),
                connection_type: connection.connection_type.clone(),
                ..GatewayRow::default()
            });
        }
    }
    rows.sort_by(|a, b| {
        let most = |row: &GatewayRow| (Reverse(row.measures.bytes()), Reverse(row.measures.flows()));
        let names =
            |row: &GatewayRow| [&row.gateway, &row.connection, &row.gateway_type, &row.connection_type].map(String::clone);
        most(a).cmp(&most(b)).then_with(|| names(a).cmp(&names(b)))
    });
    rows
}

fn row_of_site(site: &Site) -> GatewayRow {
    GatewayRow {
        gateway: site.gateway.clone(),
        gateway_type: site.gateway_type.clone(),
        connection: site.connection.clone(),
        connection_type: site.connection_type.clone(),
        ..GatewayRow::default()
    }
}

/// What the supplying rows and the corrections come to; nothing where there is no gateway.
pub(super) fn crossed(supply: &Supply<'_>) -> Crossed {
    if supply.endpoints.sites.is_empty() {
        return Crossed { measures: Vec::new(), is_peer: Vec::new() };
    }
    let ends = ends(supply.endpoints);
    let mut crossed = sum(supply, &ends);
    for correction in &supply.deduplicated.corrections {
        let (src, dst) = (correction.src_ip as usize, correction.dst_ip as usize);
        if let Some((site, direction)) = crossing(ends[src], ends[dst]) {
            plans::correct(&mut crossed.measures[site as usize], direction, correction, false);
        }
    }
    crossed
}

impl Crossed {
    /// What different rows come to together.
    pub fn merge(mut self, more: Self) -> Self {
        self.measures.iter_mut().zip(&more.measures).for_each(|(sum, more)| sum.add(more));
        self.is_peer.iter_mut().zip(&more.is_peer).for_each(|(is, more)| *is |= more);
        self
    }
}

/// Fills the busiest interval of `rows`, one per site.
fn set_busiest(rows: &mut [GatewayRow], by_interval: &Crossings, interval: Interval) {
    let mut busiest: Vec<Option<(u64, Reverse<u32>)>> = vec![None; rows.len()];
    for (key, bytes) in by_interval.rows().iter().filter(|(_, bytes)| *bytes > 0) {
        let busiest = &mut busiest[(key >> 32) as usize];
        *busiest = (*busiest).max(Some((*bytes, Reverse(*key as u32))));
    }
    for (row, busiest) in rows.iter_mut().zip(busiest) {
        if let Some((bytes, Reverse(number))) = busiest {
            row.bytes_per_second_max = bytes * 1_000 / interval.ms() as u64;
            row.busiest_interval = Some(interval.start(number));
        }
    }
}

fn sum(supply: &Supply<'_>, ends: &[End]) -> Crossed {
    let new = || Crossed { measures: vec![Measures::default(); supply.endpoints.sites.len()], is_peer: vec![false; ends.len()] };
    let add = |state: &mut Crossed, rows: &Rows<'_>, row: usize| {
        let (src, dst) = (rows.src_ip[row] as usize, rows.dst_ip[row] as usize);
        let Some((site, direction)) = crossing(ends[src], ends[dst]) else { return };
        let measures = supply.sums(rows, row).measures(direction, status(u32::from(rows.status[row])));
        state.measures[site as usize].add(&measures);
        state.is_peer[if direction == Direction::Inbound { src } else { dst }] = true;
    };
    supply.fold(Counting::Deduplicated, new, add, Crossed::merge)
}
