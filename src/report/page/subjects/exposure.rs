//! What the Internet reaches, who comes, and who sends to it.

use super::super::table::{Cell, Row, TableView, bytes, count, text, time};
use super::{Said, counted_and_sorted, headed, measures, order, port_text, row, totals, view};
use crate::report::{ReportInput, words};
use crate::schema::tables::Measures;

/// What is exposed, in one sentence.
pub fn exposed_title(input: &ReportInput) -> String {
    let rows = &input.tables.exposed_ports;
    let Some(first) = rows.first() else {
        let is_known = input.summary.tuples.kept > 0;
        return if is_known { "No public address was let in" } else { "Unknown: there is no data" }.into();
    };
    format!(
        "{} reached from public addresses; {} port {} by {}",
        words::counted(super::super::facts::open_ports(input.tables), "open port"),
        first.ip,
        port_text(first.dst_port, first.protocol),
        words::counted(first.sources, "source")
    )
}

/// Flows let in, malicious ones among them, bytes received and sent, packets.
fn inbound(m: &Measures) -> [Cell; 5] {
    let packets = count(m.packets_received + m.packets_sent);
    [count(m.flows_inbound_allowed), count(m.flows_malicious()), bytes(m.bytes_received), bytes(m.bytes_sent), packets]
}

const INBOUND: [&str; 5] = ["#Flows", super::MALICIOUS, "#Received", "#Sent", "#Packets"];

/// `view` with the sum of `all`.
fn inbound_summed<'a>(view: TableView, all: impl Iterator<Item = &'a Measures>) -> TableView {
    let sum = all.fold(Measures::default(), |mut sum, next| {
        sum.add(next);
        sum
    });
    view.with_footer(totals::TOTAL, INBOUND.map(|name| name.trim_start_matches('#')).into_iter().zip(inbound(&sum)).collect())
}

pub fn exposed(input: &ReportInput) -> TableView {
    let all = &input.tables.exposed_ports;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let port = text(&port_text(r.dst_port, r.protocol));
            let at = text(if r.interface.is_empty() { &r.subnet } else { &r.interface });
            let rule = text(words::rule(&r.rule)).with_tip(&r.rule);
            let keys = [text(&r.ip.to_string()), port, rule, at, count(r.sources)];
            let times = [time(r.first_time), time(r.last_time)];
            Row::new(keys.into_iter().chain(inbound(&r.measures)).chain(times).collect())
        })
        .collect();
    let source = "Allowed inbound flows from public addresses that are not Azure's platform, most sources first.".into();
    let none = "No allowed inbound flow came from a public address.";
    let said = Said { noun: "exposed port", order: "sources", file: "exposed_ports", source, none };
    let keys = ["Address", "Port", "Rule", "Interface", "#Sources"];
    let names: Vec<&'static str> = keys.into_iter().chain(INBOUND).chain(["First (UTC)", "Last (UTC)"]).collect();
    inbound_summed(view(input, said, all.len(), rows, &names), all.iter().map(|r| &r.measures))
}

pub fn sources(input: &ReportInput) -> TableView {
    let all = &input.tables.exposed_sources;
    let mut most: Vec<_> = all.iter().collect();
    // Stable: the order of the table, which is total, decides equals.
    most.sort_by_key(|r| (r.src_ip.is_none(), std::cmp::Reverse(r.measures.flows())));
    let rows = most
        .into_iter()
        .take(input.view.rows)
        .map(|r| {
            let source = match r.src_ip {
                Some(ip) => ip.to_string(),
                None => format!("{} more", words::count(r.sources)),
            };
            let port = format!("{} port {}", r.ip, port_text(r.dst_port, r.protocol));
            let network = r.asn.map_or_else(String::new, |asn| format!("AS{asn}"));
            let keys = [text(&source), text(&port), text(&r.country), text(&network), text(&r.service_tag), text(&r.threat_list)];
            let times = [time(r.first_time), time(r.last_time)];
            let cells = keys.into_iter().chain(inbound(&r.measures)).chain(times).collect();
            Row { is_rest: r.src_ip.is_none(), ..Row::new(cells) }
        })
        .collect();
    let source = "Who was let in to which port, most flows first; the CSV goes by port.".into();
    let none = "No allowed inbound flow came from a public address.";
    let said = Said { noun: "source and port", order: "flows", file: "exposed_sources", source, none };
    let keys = ["Source", "Reached", "Country", "Network", "Service tag", "Threat list"];
    let names: Vec<&'static str> = keys.into_iter().chain(INBOUND).chain(["First (UTC)", "Last (UTC)"]).collect();
    let mut view = view(input, said, all.len(), rows, &names);
    view.label = "sources and the ports they reached".into();
    inbound_summed(view, all.iter().map(|r| &r.measures))
}

pub fn senders(input: &ReportInput) -> TableView {
    let all = &input.tables.internet_senders;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let known = if r.vm.is_empty() { &r.interface } else { &r.vm };
            let keys =
                [text(&r.ip.to_string()), text(known), text(&r.subnet), count(r.peers), count(r.ports), text(&r.locations)];
            row(keys, measures(&r.measures))
        })
        .collect();
    let source = format!("Flows begun by the address and allowed. {}", counted_and_sorted(input, "Deduplicated"));
    let none = "No local address began an allowed flow to a public one.";
    let said = Said { noun: "sender", order: order(input), file: "internet_senders", source, none };
    totals::summed(
        view(input, said, all.len(), rows, &headed(&["Address", "Known as", "Subnet", "#Peers", "#Ports", "Where to"])),
        totals::TOTAL,
        all.iter().map(|r| &r.measures),
    )
}
