//! Traffic by time, address, subnet, interface and port.

use super::super::table::{Row, TableView, text, time};
use super::{
    MEASURES, Said, counted_and_sorted, headed, measures, order, pair_measures, port_text, row, subnet_or_none, totals, view,
};
use crate::report::{ReportInput, words};
use crate::schema::Address;
use crate::schema::tables::IpRow;

pub fn over_time(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_over_time;
    let mut busiest: Vec<_> = all.iter().collect();
    busiest.sort_by_key(|row| {
        (std::cmp::Reverse(row.measures.bytes()), std::cmp::Reverse(row.measures.flows()), row.interval_start)
    });
    let rows = busiest.into_iter().take(input.view.rows).map(|r| row([time(r.interval_start)], measures(&r.measures))).collect();
    let source =
        format!("Intervals of {}, UTC. {}", words::length(input.interval.ms()), counted_and_sorted(input, "Deduplicated"));
    let said =
        Said { noun: "interval", order: order(input), file: "traffic_over_time", source, none: "No interval has traffic." };
    totals::spread(view(input, said, all.len(), rows, &headed(&["Interval from (UTC)"])), all, input.interval.ms())
}

pub fn addresses(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_ip;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            // The measures come before what is wide, so that they are seen without scrolling.
            let head = [text(&r.ip.to_string()), text(&r.scope.name().replace('_', " "))];
            let known = [text(&r.subnet), text(&known_as(r)), text(&r.threat)];
            Row::new(head.into_iter().chain(measures(&r.measures)).chain(known).collect())
        })
        .collect();
    let source = format!(
        "{} What is known of each address stands whole in tables/endpoints.csv.",
        counted_and_sorted(input, "Deduplicated")
    );
    let said = Said { noun: "address", order: order(input), file: "traffic_by_ip", source, none: "No address has traffic." };
    let names: Vec<&'static str> =
        ["Address", "Scope"].into_iter().chain(MEASURES).chain(["Subnet", "Known as", "Threat list"]).collect();
    totals::summed(view(input, said, all.len(), rows, &names), totals::BOTH_ENDS, all.iter().map(|r| &r.measures))
}

/// Interface, VM, service tag, network and country, as far as known.
fn known_as(row: &IpRow) -> String {
    let known = [&row.interface, &row.vm, &row.service_tag, &row.asn, &row.country];
    let known: Vec<&str> = known.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    known.join(" · ")
}

pub fn subnets(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_subnet;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| row([text(subnet_or_none(&r.subnet)), text(&r.vnet), text(&r.prefix)], measures(&r.measures)))
        .collect();
    let source = counted_and_sorted(input, "Deduplicated");
    let said = Said { noun: "subnet", order: order(input), file: "traffic_by_subnet", source, none: "No subnet has traffic." };
    totals::summed(
        view(input, said, all.len(), rows, &headed(&["Subnet", "VNet", "Prefix"])),
        totals::BOTH_ENDS,
        all.iter().map(|r| &r.measures),
    )
}

pub fn matrix(input: &ReportInput) -> TableView {
    let all = &input.tables.subnet_matrix;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let ends = [text(subnet_or_none(&r.src_subnet)), text(subnet_or_none(&r.dst_subnet))];
            row(ends, pair_measures(&r.measures))
        })
        .collect();
    let source = format!(
        "From is who began the flows; sent is what it sent, received what came back. {}",
        counted_and_sorted(input, "Deduplicated")
    );
    let said = Said { noun: "path", order: order(input), file: "subnet_matrix", source, none: "No path has traffic." };
    totals::pair_summed(
        view(input, said, all.len(), rows, &headed(&["From", "To"])),
        totals::TOTAL,
        all.iter().map(|r| &r.measures),
    )
}

pub fn interfaces(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_interface;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| row([text(&r.interface), text(&r.mac), text(&addresses_text(&r.ips)), text(&r.subnet)], measures(&r.measures)))
        .collect();
    let source = counted_and_sorted(input, "Observed");
    let said =
        Said { noun: "interface", order: order(input), file: "traffic_by_interface", source, none: "No interface has traffic." };
    totals::summed(
        view(input, said, all.len(), rows, &headed(&["Interface", "MAC", "Addresses", "Subnet"])),
        totals::TOTAL,
        all.iter().map(|r| &r.measures),
    )
}

/// The first addresses, and how many more.
fn addresses_text(ips: &[Address]) -> String {
    let first: Vec<String> = ips.iter().take(4).map(ToString::to_string).collect();
    let more = if ips.len() > 4 { format!(" and {} more", ips.len() - 4) } else { String::new() };
    format!("{}{more}", first.join(" "))
}

pub fn ports(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_port;
    let named = all.iter().filter(|r| r.key.is_some());
    let total = named.clone().count();
    let rows = named
        .take(input.view.rows)
        .chain(all.iter().filter(|r| r.key.is_none()))
        .map(|r| {
            let key = text(&r.key.map_or_else(|| "other".into(), |(port, protocol)| port_text(port, protocol)));
            Row { is_rest: r.key.is_none(), ..row([key, text(&r.l7_protocol)], pair_measures(&r.measures)) }
        })
        .collect();
    let source = "Received is towards the port. Deduplicated, most flows first.".into();
    let said = Said { noun: "port", order: "flows", file: "traffic_by_port", source, none: "No port has traffic." };
    let mut view = view(input, said, total, rows, &headed(&["Port", "Service"]));
    view.total = words::counted(all.len() as u64, "row");
    totals::pair_summed(view, totals::TOTAL, all.iter().map(|r| &r.measures))
}
