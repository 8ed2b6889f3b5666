//! How the ends of the flows relate, in the words of Traffic Analytics.

use super::Chart;
use super::names::{self, Names, Unnamed};
use crate::report::{ReportInput, words};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_by_flow_type;
    let malicious: u64 = rows.iter().map(|row| row.measures.flows_malicious()).sum();
    let mut chart = names::chart(
        input,
        Names {
            topic: "Flow types",
            noun: "flow type",
            rows,
            verb: Some("is"),
            unnamed: Unnamed::Bar("(no flow type)"),
            why: "the flow type of no flow is known",
            notes: vec![],
        },
    );
    if malicious > 0 {
        let have = if malicious == 1 { "has" } else { "have" };
        chart.title.push_str(&format!("; {} {have} a peer of a threat list", words::counted(malicious, "flow")));
    }
    chart
}
