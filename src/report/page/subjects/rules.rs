//! Rules: how often each was hit, by which pairs, and which never were.

use super::super::table::{Row, TableView, bytes, count, maybe_time, text};
use super::{Said, headed, measures, pair_measures, row, totals, view};
use crate::report::{ReportInput, words};
use crate::schema::tables::Activity;

/// Most pairs shown of each rule; the CSV has more.
const PAIRS_OF_RULE_MAX: u8 = 3;

pub fn rules(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_rule;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            let keys = [text(&r.rule), text(words::resource(&r.acl)), text(r.direction.name()), text(r.status.name())];
            row(keys, measures(&r.measures))
        })
        .collect();
    let source = "One row per rule, direction and decision. Observed, most flows first.".into();
    let said = Said { noun: "rule", order: "flows", file: "traffic_by_rule", source, none: "No rule was named." };
    totals::summed(
        view(input, said, all.len(), rows, &headed(&["Rule", "ACL", "Direction", "Status"])),
        totals::TOTAL,
        all.iter().map(|r| &r.measures),
    )
}

pub fn top_pairs(input: &ReportInput) -> TableView {
    let all = &input.tables.rule_top_pairs;
    let rows = all
        .iter()
        .filter(|r| r.rank <= PAIRS_OF_RULE_MAX)
        .take(input.view.rows)
        .map(|r| {
            let keys = [
                text(&r.rule),
                text(words::resource(&r.acl)),
                text(r.status.name()),
                count(u64::from(r.rank)),
                text(&r.src_ip.to_string()),
                text(&r.dst_ip.to_string()),
            ];
            row(keys, pair_measures(&r.measures))
        })
        .collect();
    let source = format!("The {PAIRS_OF_RULE_MAX} pairs with most flows under each rule. Observed, by ACL and rule.");
    let said = Said { noun: "pair", order: "", file: "rule_top_pairs", source, none: "No pair hit a rule." };
    let mut view = view(input, said, all.len(), rows, &headed(&["Rule", "ACL", "Status", "#Rank", "From", "To"]));
    view.label = "the pairs that hit each rule most".into();
    view
}

/// Rules that were never hit first.
pub fn usage(input: &ReportInput) -> TableView {
    let mut all: Vec<_> = input.tables.rule_usage.iter().collect();
    // Stable: the order of the table, which is total, decides equals.
    all.sort_by_key(|r| (r.is_default, r.activity != Activity::Silent));
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            Row::new(vec![
                text(&r.rule),
                text(&r.nsg),
                count(u64::from(r.priority)),
                text(r.direction.name()),
                text(r.access.name()),
                text(match r.activity {
                    Activity::Active => "hit",
                    Activity::Silent => "never hit",
                    Activity::NotLogged => "not logged",
                    Activity::Unknown => "unknown",
                }),
                count(r.flows),
                bytes(r.bytes),
                maybe_time(r.last_time),
            ])
        })
        .collect();
    let source = "Rules never hit first, default rules last. Observed.".into();
    let said = Said { noun: "rule", order: "need of a look", file: "rule_usage", source, none: "No rule is known." };
    let names = ["Rule", "NSG", "#Priority", "Direction", "Access", "Usage", "#Flows", "#Bytes", "Last (UTC)"];
    let (flows, sum) = all.iter().fold((0, 0), |(flows, sum), r| (flows + r.flows, sum + r.bytes));
    view(input, said, all.len(), rows, &names).with_footer(totals::TOTAL, vec![("Flows", count(flows)), ("Bytes", bytes(sum))])
}
