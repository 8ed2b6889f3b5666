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

/// What the pass over the rows yields.
struct State {
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

/// Where each address lies; in a VNet goes before behind a gateway, as in the flow types.
fn ends(endpoints: &Endpoints) -> Vec<End> {
    let end = |endpoint: &Endpoint| match (endpoint.vnet, endpoint.site) {
        (Some(_), _) => End::Vnet,
        (None, Some(site)) => End::Site(site),
        (None, None) => End::Elsewhere,
    };
    endpoints.rows.iter().map(end).collect()
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
pub(super) fn gateways(supply: &Supply<'_>, inventory: &Inventory, by_interval: &Crossings) -> Vec<GatewayRow> {
    let sites = &supply.endpoints.sites;
    let mut rows: Vec<GatewayRow> = sites.iter().map(row_of_site).collect();
    if !sites.is_empty() {
        count(supply, &mut rows);
        set_busiest(supply, &mut rows, by_interval);
    }
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

/// Fills `rows`, one per site.
fn count(supply: &Supply<'_>, rows: &mut [GatewayRow]) {
    let ends = ends(supply.endpoints);
    let state = sum(supply, &ends);
    for (row, measures) in rows.iter_mut().zip(&state.measures) {
        row.measures = *measures;
    }
    for correction in &supply.deduplicated.corrections {
        let (src, dst) = (correction.src_ip as usize, correction.dst_ip as usize);
        if let Some((site, direction)) = crossing(ends[src], ends[dst]) {
            plans::correct(&mut rows[site as usize].measures, direction, correction, false);
        }
    }
    for (end, _) in ends.iter().zip(&state.is_peer).filter(|(_, is_peer)| **is_peer) {
        if let End::Site(site) = end {
            rows[*site as usize].peers += 1;
        }
    }
}

/// Fills the busiest interval of `rows`, one per site.
fn set_busiest(supply: &Supply<'_>, rows: &mut [GatewayRow], by_interval: &Crossings) {
    let interval = supply.dataset.interval();
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

fn sum(supply: &Supply<'_>, ends: &[End]) -> State {
    let new = || State { measures: vec![Measures::default(); supply.endpoints.sites.len()], is_peer: vec![false; ends.len()] };
    let add = |state: &mut State, rows: &Rows<'_>, row: usize| {
        let (src, dst) = (rows.src_ip[row] as usize, rows.dst_ip[row] as usize);
        let Some((site, direction)) = crossing(ends[src], ends[dst]) else { return };
        let measures = supply.sums(rows, row).measures(direction, status(u32::from(rows.status[row])));
        state.measures[site as usize].add(&measures);
        state.is_peer[if direction == Direction::Inbound { src } else { dst }] = true;
    };
    let merge = |mut all: State, more: State| {
        all.measures.iter_mut().zip(&more.measures).for_each(|(sum, more)| sum.add(more));
        all.is_peer.iter_mut().zip(&more.is_peer).for_each(|(is, more)| *is |= more);
        all
    };
    supply.fold(Counting::Deduplicated, new, add, merge)
}
