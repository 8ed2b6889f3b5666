//! The table of endpoints: what is known of each address, and when it was seen.
//!
//! Goes in: the endpoints and when each was seen. Comes out: one row per address, ascending. An address without a kept tuple has
//! no row. No measures: those are of the tables of traffic.

use super::attributes::Attributes;
use super::dataset::Dataset;
use super::seen::Span;
use crate::enrich::Endpoints;
use crate::schema::Address;
use crate::schema::tables::EndpointRow;

/// One row per address that was seen.
pub(super) fn endpoint_rows(dataset: &Dataset, endpoints: &Endpoints, seen: &[Span]) -> Vec<EndpointRow> {
    let window_end = dataset.window().map_or(0, |(_, last)| last);
    let with_tuples = dataset.addresses().iter().zip(seen).enumerate().filter(|(_, (_, span))| span.is_seen());
    let row = |(address, (ip, span)): (usize, (&Address, &Span))| {
        let known = Attributes::of(endpoints, address);
        let site = known.site();
        let own_gateway = known.resource(|resource| &resource.gateway);
        let gateway = if own_gateway.is_empty() { site.map_or("", |site| &site.gateway) } else { own_gateway };
        EndpointRow {
            ip: *ip,
            scope: known.endpoint.scope,
            subnet: known.subnet().to_owned(),
            vnet: known.vnet().to_owned(),
            interface: known.endpoint.interface.clone(),
            vm: known.endpoint.vm.clone(),
            scale_set: known.resource(|resource| &resource.scale_set).to_owned(),
            load_balancer: known.resource(|resource| &resource.load_balancer).to_owned(),
            application_gateway: known.resource(|resource| &resource.application_gateway).to_owned(),
            gateway: gateway.to_owned(),
            connection: site.map(|site| site.connection.clone()).unwrap_or_default(),
            private_endpoint: known.resource(|resource| &resource.private_endpoint).to_owned(),
            region: known.resource(|resource| &resource.region).to_owned(),
            subscription: known.resource(|resource| &resource.subscription).to_owned(),
            country: known.country().to_owned(),
            asn: known.network.map(|network| network.asn),
            as_name: known.as_name(),
            service_tag: known.service_tag(|tag| &tag.name).to_owned(),
            service_tag_region: known.service_tag(|tag| &tag.region).to_owned(),
            threat_list: known.threat_list(),
            threat_entry: known.threat_entry(),
            threat_age_days: known.threat_age_days(window_end),
            first_time: span.first_time,
            last_time: span.last_time,
        }
    };
    with_tuples.map(row).collect()
}
