//! The tables about the Internet: public peers, and local addresses that send to them.
//!
//! Goes in: sums per address and per sender. Comes out: rows as `report` prints them. Who is a public peer stands in `places`.

use std::cmp::Reverse;

use super::attributes::Attributes;
use super::dataset::Dataset;
use super::entities::by_bytes;
use super::pair_sums::{PairSums, outbound};
use super::places::Places;
use super::seen::Span;
use super::senders::sends;
use crate::enrich::{Endpoint, Endpoints};
use crate::schema::tables::{PublicAddressRow, Scope, SenderRow};
use crate::schema::{Address, FlowType};

/// How many locations a sender's row names. Unit: locations; range 1 and up: as in Traffic Analytics' workbook, more do not
/// fit a cell that is read.
const LOCATIONS: usize = 3;

/// Azure's DNS and health probes, which Traffic Analytics lists among public addresses.
const VIRTUAL_PUBLIC: Address = Address::from_v4(0xa83f_8110);

/// One row per public peer with traffic that counts: most bytes first.
pub(super) fn public_addresses(
    dataset: &Dataset,
    endpoints: &Endpoints,
    sums: &PairSums,
    (places, seen): (&Places<'_>, &[Span]),
) -> Vec<PublicAddressRow> {
    let window_end = dataset.window().map_or(0, |(_, last)| last);
    let mut rows = Vec::new();
    for (address, of_address) in sums.by_ip.iter().enumerate().filter(|(_, sums)| sums.peers > 0) {
        let attributes = Attributes::of(endpoints, address);
        let Some(public) = public_type(attributes.endpoint) else { continue };
        rows.push(PublicAddressRow {
            ip: dataset.addresses()[address],
            flow_type: if of_address.is_malicious { FlowType::MaliciousFlow } else { public },
            location: places.location(Places::location_number(&places.of[address])),
            service_tag: attributes.service_tag(|tag| &tag.name).to_owned(),
            asn: attributes.network.map(|network| network.asn),
            as_name: attributes.as_name(),
            threat_list: attributes.threat_list(),
            threat_entry: attributes.threat_entry(),
            threat_age_days: attributes.threat_age_days(window_end),
            peers: u64::from(of_address.peers),
            first_time: seen[address].first_time,
            last_time: seen[address].last_time,
            measures: of_address.measures,
        });
    }
    rows.sort_by_key(|row| (by_bytes(&row.measures), row.ip));
    rows
}

/// The flow type of a public peer that no threat list names; `None` for what is no public peer.
fn public_type(endpoint: &Endpoint) -> Option<FlowType> {
    match endpoint.scope {
        _ if endpoint.is_local => None,
        Scope::AzurePublic => Some(FlowType::AzurePublic),
        Scope::Platform if endpoint.address == VIRTUAL_PUBLIC => Some(FlowType::AzurePublic),
        Scope::ExternalPublic => Some(FlowType::ExternalPublic),
        _ => None,
    }
}

/// One row per local address that something of was let through to a public one: most bytes sent first, then most flows.
pub(super) fn senders(dataset: &Dataset, endpoints: &Endpoints, sums: &PairSums, places: &Places<'_>) -> Vec<SenderRow> {
    let of_ports = sums.senders.senders_of_ports();
    let locations = sums.senders.locations();
    let mut rows = Vec::new();
    for (key, totals) in sums.senders.totals.rows().iter().filter(|(_, totals)| sends(&totals.measures)) {
        let sender = *key as u32;
        let attributes = Attributes::of(endpoints, sender as usize);
        let ports = of_ports.partition_point(|of| *of <= sender) - of_ports.partition_point(|of| *of < sender);
        let from = locations.partition_point(|(of, ..)| *of < sender);
        let own = locations[from..].iter().take_while(|(of, ..)| *of == sender);
        let own: Vec<(String, u64)> = own.map(|(_, number, bytes)| (places.location(*number), *bytes)).collect();
        rows.push(SenderRow {
            ip: dataset.addresses()[sender as usize],
            vm: attributes.endpoint.vm.clone(),
            interface: attributes.endpoint.interface.clone(),
            subnet: attributes.subnet().to_owned(),
            peers: totals.peers,
            ports: ports as u64,
            locations: top_locations(own),
            measures: outbound(&totals.measures),
        });
    }
    rows.sort_by_key(|row| (Reverse(row.measures.bytes_sent), Reverse(row.measures.flows()), row.ip));
    rows
}

/// The known locations with the most bytes, of equal ones the first by name, with blanks between.
fn top_locations(mut locations: Vec<(String, u64)>) -> String {
    locations.retain(|(name, _)| !name.is_empty());
    locations.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    let top: Vec<&str> = locations.iter().take(LOCATIONS).map(|(name, _)| &**name).collect();
    top.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_three_locations_are_named_by_bytes_then_by_name() {
        let locations = [("US", 5), ("", 99), ("NL", 7), ("westeurope", 5), ("DE", 5)];
        assert_eq!(top_locations(locations.map(|(name, bytes)| (name.to_owned(), bytes)).to_vec()), "NL DE US");
        assert_eq!(VIRTUAL_PUBLIC.to_string(), "168.63.129.16");
    }
}
