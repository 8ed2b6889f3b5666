//! Which regions, VNets, subnets and interfaces were seen, and which were silent.
//!
//! Goes in: what exists, when each address was seen in any row, and the table by address. Comes out: activity. Places that
//! only logs show are listed too, all of them active.

use std::collections::BTreeMap;

use super::dataset::Dataset;
use super::seen::Span;
use crate::enrich::inventory::Logged;
use crate::enrich::{Endpoint, Endpoints, Inventory};
use crate::schema::tables::{Activity, ActivityRow, IpRow, Measures, PlaceKind};

/// What is known of a place.
#[derive(Clone)]
struct Place {
    logged: Logged,
    addresses: u64,
    span: Span,
    measures: Measures,
}

impl Default for Place {
    fn default() -> Self {
        Self { logged: Logged::Unknown, addresses: 0, span: Span::NONE, measures: Measures::default() }
    }
}

/// Places by kind and name, in the order of the table.
type Places = BTreeMap<(PlaceKind, String), Place>;

/// The table, by kind, then name. `seen` has a span per address, `by_ip` is traffic_by_ip.
pub(super) fn activity(
    dataset: &Dataset,
    (endpoints, inventory): (&Endpoints, &Inventory),
    seen: &[Span],
    by_ip: &[IpRow],
) -> Vec<ActivityRow> {
    let mut measures = vec![Measures::default(); endpoints.rows.len()];
    for row in by_ip {
        if let Ok(address) = dataset.addresses().binary_search(&row.ip) {
            measures[address] = row.measures;
        }
    }
    let mut places = existing(inventory);
    let seen = endpoints.rows.iter().zip(seen).zip(&measures);
    for ((endpoint, span), measures) in seen.filter(|((_, span), _)| span.is_seen()) {
        for key in places_of(endpoint, endpoints) {
            let place = places.entry(key).or_default();
            place.addresses += 1;
            place.span.widen(span);
            place.measures.add(measures);
        }
    }
    places.into_iter().map(|((kind, name), place)| row(kind, name, &place)).collect()
}

/// The places of the topology; a region is logged if any VNet of it is.
fn existing(inventory: &Inventory) -> Places {
    let regions = inventory.vnets.iter().map(|v| (PlaceKind::Region, &v.region, v.logged));
    let vnets = inventory.vnets.iter().map(|v| (PlaceKind::Vnet, &v.name, v.logged));
    let subnets = inventory.subnets.iter().map(|s| (PlaceKind::Subnet, &s.name, s.logged));
    let interfaces = inventory.interfaces.iter().map(|i| (PlaceKind::Interface, &i.name, i.logged));
    let mut places = Places::new();
    for (kind, name, logged) in regions.chain(vnets).chain(subnets).chain(interfaces).filter(|(_, name, _)| !name.is_empty()) {
        let place = places.entry((kind, name.clone())).or_default();
        place.logged = match (place.logged, logged) {
            (Logged::Yes, _) | (_, Logged::Yes) => Logged::Yes,
            (Logged::No, _) | (_, Logged::No) => Logged::No,
            (Logged::Unknown, Logged::Unknown) => Logged::Unknown,
        };
    }
    places
}

/// The places that an address lies in: its region is that of its VNet, else that of its own resource.
fn places_of(endpoint: &Endpoint, endpoints: &Endpoints) -> Vec<(PlaceKind, String)> {
    let vnet = endpoint.vnet.map(|vnet| &endpoints.vnets[vnet as usize]);
    let own_region = endpoint.resource.as_ref().map_or("", |resource| &resource.region);
    let region = vnet.map_or("", |vnet| &vnet.region);
    let names = [
        (PlaceKind::Region, if region.is_empty() { own_region } else { region }),
        (PlaceKind::Vnet, vnet.map_or("", |vnet| &vnet.name)),
        (PlaceKind::Subnet, endpoint.subnet.map_or("", |subnet| &endpoints.subnets[subnet as usize].name)),
        (PlaceKind::Interface, &endpoint.interface),
    ];
    names.into_iter().filter(|(_, name)| !name.is_empty()).map(|(kind, name)| (kind, name.to_owned())).collect()
}

fn row(kind: PlaceKind, name: String, place: &Place) -> ActivityRow {
    let is_seen = place.addresses > 0;
    let activity = match place.logged {
        _ if is_seen => Activity::Active,
        Logged::Yes => Activity::Silent,
        Logged::No => Activity::NotLogged,
        Logged::Unknown => Activity::Unknown,
    };
    let (first_time, last_time) = (is_seen.then_some(place.span.first_time), is_seen.then_some(place.span.last_time));
    ActivityRow { kind, name, activity, addresses: place.addresses, first_time, last_time, measures: place.measures }
}
