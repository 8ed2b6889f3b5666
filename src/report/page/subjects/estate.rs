//! The estate: who talks with whom, what of the topology is active, what is encrypted.

use super::super::table::{TableView, count, maybe_time, text};
use super::{Said, counted_and_sorted, headed, measures, order, pair_measures, port_text, row, subnet_or_none, totals, view};
use crate::report::ReportInput;
use crate::schema::FlowType;
use crate::schema::flow_type::Reach;
use crate::schema::service::service_name;
use crate::schema::tables::Activity;

/// The conversations of one reach; the row of the rest may hold any, so that it stands in neither table.
pub fn conversations(input: &ReportInput, reach: Reach) -> TableView {
    let all: Vec<_> =
        input.tables.conversations.iter().filter(|r| r.flow_type.is_some_and(|flow_type| flow_type.reach() == reach)).collect();
    let rows = all
        .iter()
        .take(input.view.rows)
        .filter_map(|r| {
            let (a, b) = r.ips?;
            let port = r.top_port.map_or_else(String::new, |(port, protocol)| {
                format!("{} {}", port_text(port, protocol), service_name(port, protocol)).trim_end().to_owned()
            });
            let keys = [
                text(&a.to_string()),
                text(&b.to_string()),
                text(r.flow_type.map_or("", FlowType::name)),
                text(&port),
                count(r.ports),
            ];
            Some(row(keys, pair_measures(&r.measures)))
        })
        .collect();
    let source = format!(
        "Whichever began; sent is from the first address to the second. {} The CSV holds every conversation.",
        counted_and_sorted(input, "Deduplicated")
    );
    let said =
        Said { noun: "conversation", order: order(input), file: "conversations", source, none: "No two addresses talked." };
    let mut view = view(input, said, all.len(), rows, &headed(&["Address", "With", "Flow type", "Busiest port", "#Ports"]));
    view.total = crate::report::words::counted(input.tables.conversations.len() as u64, "row");
    totals::pair_summed(view, totals::TOTAL, all.iter().map(|r| &r.measures))
}

/// What is not active first: that is what a reader looks for.
pub fn activity(input: &ReportInput) -> TableView {
    let mut all: Vec<_> = input.tables.activity.iter().collect();
    all.sort_by_key(|r| (r.activity == Activity::Active, r.kind));
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let keys = [
                text(&r.name),
                text(r.kind.name()),
                text(&r.activity.name().replace('_', " ")),
                count(r.addresses),
                maybe_time(r.first_time),
                maybe_time(r.last_time),
            ];
            row(keys, measures(&r.measures))
        })
        .collect();
    let source = "What has no traffic first. Deduplicated.".into();
    let said = Said { noun: "place", order: "need of a look", file: "activity", source, none: "The topology names no place." };
    view(input, said, all.len(), rows, &headed(&["Name", "Kind", "Activity", "#Addresses", "First (UTC)", "Last (UTC)"]))
}

pub fn encryption(input: &ReportInput) -> TableView {
    let all = &input.tables.encryption;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let code = if r.encryption.is_empty() { "(not stated)" } else { &r.encryption };
            let keys = [text(subnet_or_none(&r.src_subnet)), text(subnet_or_none(&r.dst_subnet)), text(code)];
            row(keys, pair_measures(&r.measures))
        })
        .collect();
    let source =
        format!("X: encrypted. NX: not, for the reason that follows, if any. {}", counted_and_sorted(input, "Deduplicated"));
    let said = Said { noun: "row", order: order(input), file: "encryption", source, none: "No log states encryption." };
    totals::pair_summed(
        view(input, said, all.len(), rows, &headed(&["From", "To", "Encryption"])),
        totals::TOTAL,
        all.iter().map(|r| &r.measures),
    )
}
