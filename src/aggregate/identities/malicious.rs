//! The identities of malicious flows: every table tells the same number of them, and none more than it has flows.
//!
//! Goes in: finished tables. Comes out: the first identity that does not hold. What they are held against is the row
//! MaliciousFlow of the table by flow type.

use super::{Broken, Summed, at_both_ends, by_locality, equal, sum_pairs};
use crate::schema::FlowType;
use crate::schema::tables::{Measures, PairMeasures, Tables};

/// Checks them.
pub(super) fn check(tables: &Tables) -> Result<(), Broken> {
    let is_malicious = |name: &str| name == FlowType::MaliciousFlow.name();
    let row = tables.traffic_by_flow_type.iter().find(|row| is_malicious(&row.name)).map(|row| row.measures);
    let row = row.unwrap_or_default();
    let [allowed, denied] = [row.flows() - row.flows_denied(), row.flows_denied()];
    for (table, measures) in by_locality(tables) {
        equal(table, of(&measures), vec![allowed, denied])?;
    }
    for (table, measures) in at_both_ends(tables) {
        equal(table, of(&measures), vec![2 * allowed, 2 * denied])?;
    }
    for (table, measures) in pairs(tables) {
        equal(table, vec![measures.flows_malicious_allowed, measures.flows_malicious_denied], vec![allowed, denied])?;
    }
    at_most_all(tables)
}

/// The tables in which a flow has one row whichever way it went.
fn pairs(tables: &Tables) -> [Summed<PairMeasures>; 4] {
    [
        ("traffic_by_pair", sum_pairs(tables.traffic_by_pair.iter().map(|r| &r.measures))),
        ("subnet_matrix", sum_pairs(tables.subnet_matrix.iter().map(|r| &r.measures))),
        ("traffic_by_port", sum_pairs(tables.traffic_by_port.iter().map(|r| &r.measures))),
        ("conversations", sum_pairs(tables.conversations.iter().map(|r| &r.measures))),
    ]
}

fn of(measures: &Measures) -> Vec<u64> {
    vec![measures.flows_malicious_allowed, measures.flows_malicious_denied]
}

/// No row of an address or a pair has more malicious flows than flows.
fn at_most_all(tables: &Tables) -> Result<(), Broken> {
    for measures in tables.traffic_by_ip.iter().map(|r| &r.measures) {
        let all = [measures.flows() - measures.flows_denied(), measures.flows_denied()];
        let least = vec![all[0].min(measures.flows_malicious_allowed), all[1].min(measures.flows_malicious_denied)];
        equal("traffic_by_ip", of(measures), least)?;
    }
    for m in tables.conversations.iter().map(|r| &r.measures) {
        let least = vec![m.flows_allowed.min(m.flows_malicious_allowed), m.flows_denied.min(m.flows_malicious_denied)];
        equal("conversations", vec![m.flows_malicious_allowed, m.flows_malicious_denied], least)?;
    }
    Ok(())
}
