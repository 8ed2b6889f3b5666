//! The headline numbers with what changed since the period before.
//!
//! Goes in: the tiles. Comes out: each with its change, empty where no comparison was asked for, `unknown` where nothing was measured.

use super::facts::{self, Tile, open_ports};
use crate::report::change::{against, difference, points, relative};
use crate::report::{ReportInput, words};
use crate::schema::inputs::InputKind;
use crate::schema::previous::Previous;

/// A headline number and its change.
pub struct ChangedTile {
    pub tile: Tile,
    /// `+12 % against the 24 h before`.
    pub change: String,
}

/// Every tile with its change.
pub fn tiles(input: &ReportInput) -> Vec<ChangedTile> {
    let tiles = facts::tiles(input).into_iter();
    let is_listed = input.summary.enrichment.iter().any(|file| file.kind == InputKind::ThreatList);
    tiles
        .map(|tile| {
            let is_known = tile.name != "Malicious" || is_listed;
            let change = if is_known { against(input, |previous| change(tile.name, input, previous)) } else { String::new() };
            ChangedTile { tile, change }
        })
        .collect()
}

fn change(tile: &str, input: &ReportInput, previous: &Previous) -> String {
    let (now, before) = (&input.summary.traffic.deduplicated, &previous.summary.traffic.deduplicated);
    match tile {
        "Bytes" if now.is_unmeasured() || before.is_unmeasured() => "unknown".into(),
        "Bytes" => relative(now.bytes(), before.bytes()),
        "Flows" => relative(now.flows(), before.flows()),
        "Denied" => points((now.flows_denied(), now.flows()), (before.flows_denied(), before.flows())),
        "Exposed ports" => difference(open_ports(input.tables), previous.summary.exposed_ports),
        "Malicious" => {
            let now = input.tables.traffic_by_flow_type.iter().map(|row| row.measures.flows_malicious()).sum();
            relative(now, previous.summary.flows_malicious)
        }
        "Findings" => difference(input.findings.findings.len() as u64, previous.summary.findings.total()),
        _ => String::new(),
    }
}

/// The heading of the page's period before: `2024-08-18 00:00 to 2024-08-19 00:00 UTC`; empty without one.
pub fn period(input: &ReportInput) -> String {
    input
        .previous
        .map_or_else(String::new, |previous| format!("{} to {} UTC", words::minute(previous.from), words::minute(previous.to)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::schema::summary::TrafficTotals;

    fn changes(fixture: &fixture::Fixture) -> Vec<String> {
        tiles(&fixture.input()).into_iter().map(|tile| tile.change).collect()
    }

    #[test]
    fn every_tile_tells_its_change() {
        let mut fixture = fixture::compared();
        let totals = &mut fixture.summary.traffic.deduplicated;
        (totals.bytes_src_to_dst, totals.bytes_dst_to_src) = (150, 150);
        let before = &mut fixture.previous.as_mut().expect("there").summary;
        let totals = &mut before.traffic.deduplicated;
        (totals.bytes_src_to_dst, totals.bytes_dst_to_src) = (100, 100);
        let said = changes(&fixture);
        assert_eq!(said[0], "+50 % against the 24 h before");
        assert_eq!(said[1..3], ["as in the 24 h before", "as in the 24 h before"]);
        assert!(said.iter().all(|change| change.contains(" 24 h before")), "{said:?}");
    }

    #[test]
    fn bytes_that_were_not_measured_in_either_period_have_an_unknown_change() {
        let mut fixture = fixture::compared();
        let totals = &mut fixture.previous.as_mut().expect("there").summary.traffic.deduplicated;
        *totals = TrafficTotals { tuples_unmeasured: 7, flows_inbound_denied: 1, ..TrafficTotals::default() };
        assert_eq!(changes(&fixture)[0], "change since the 24 h before unknown");
        assert!(changes(&fixture::day()).iter().all(String::is_empty));
    }
}
