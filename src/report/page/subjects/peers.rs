//! What lies at the far end: public addresses, gateway connections, load balancers.

use super::super::table::{Cell, Row, TableView, count, maybe_time, rate, text, time};
use super::{MEASURES, Said, counted_and_sorted, headed, measures, order, row, totals, view};
use crate::report::ReportInput;
use crate::schema::Address;
use crate::schema::tables::PublicAddressRow;

pub fn public_addresses(input: &ReportInput) -> TableView {
    let all = &input.tables.public_addresses;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let head = [text(&r.ip.to_string()), text(r.flow_type.name()), text(&r.location), count(r.peers)];
            let known = [text(&network(r)), text(&r.service_tag), threat(r), time(r.first_time), time(r.last_time)];
            Row::new(head.into_iter().chain(measures(&r.measures)).chain(known).collect())
        })
        .collect();
    let source = format!("Received is towards the public address. {}", counted_and_sorted(input, "Deduplicated"));
    let said = Said {
        noun: "public address",
        order: order(input),
        file: "public_addresses",
        source,
        none: "No public address took part.",
    };
    let names: Vec<&'static str> = ["Address", "Flow type", "Location", "#Peers"]
        .into_iter()
        .chain(MEASURES)
        .chain(["Network", "Service tag", "Threat list", "First (UTC)", "Last (UTC)"])
        .collect();
    totals::summed(view(input, said, all.len(), rows, &names), totals::TOTAL, all.iter().map(|r| &r.measures))
}

/// `AS64500 Example Net`
fn network(row: &PublicAddressRow) -> String {
    row.asn.map_or_else(|| row.as_name.clone(), |asn| format!("AS{asn} {}", row.as_name))
}

/// The list, its entry and how old that is.
fn threat(row: &PublicAddressRow) -> Cell {
    if row.threat_list.is_empty() {
        return text("");
    }
    let age = row.threat_age_days.map_or_else(String::new, |days| format!(", {days} days old"));
    text(&format!("{}: {}{age}", row.threat_list, row.threat_entry))
}

pub fn gateways(input: &ReportInput) -> TableView {
    let all = &input.tables.gateways;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let keys = [
                text(&r.gateway),
                text(&r.gateway_type),
                text(&r.connection),
                text(&r.connection_type),
                count(r.peers),
                rate(r.bytes_per_second_max),
                maybe_time(r.busiest_interval),
            ];
            row(keys, measures(&r.measures))
        })
        .collect();
    let source = format!("Received is from behind the gateway into the VNet. {}", counted_and_sorted(input, "Deduplicated"));
    let said = Said { noun: "connection", order: order(input), file: "gateways", source, none: "No gateway is known." };
    let names = headed(&["Gateway", "Type", "Connection", "Connection type", "#Peers", "#Busiest rate", "Busiest from (UTC)"]);
    totals::summed(view(input, said, all.len(), rows, &names), totals::TOTAL, all.iter().map(|r| &r.measures))
}

pub fn load_balancers(input: &ReportInput) -> TableView {
    let all = &input.tables.load_balancers;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let frontends: Vec<String> = r.frontends.iter().map(Address::to_string).collect();
            let keys = [
                text(&r.name),
                text(&r.kind.replace('_', " ")),
                text(if r.is_active { "active" } else { "silent" }),
                text(&frontends.join(" ")),
                count(r.backends),
            ];
            row(keys, measures(&r.measures))
        })
        .collect();
    let source = format!("Received is towards frontend or backend. {}", counted_and_sorted(input, "Deduplicated"));
    let said = Said { noun: "balancer", order: order(input), file: "load_balancers", source, none: "No load balancer is known." };
    view(input, said, all.len(), rows, &headed(&["Name", "Kind", "Activity", "Frontends", "#Backends"]))
}
