//! Tables that a query may name and that no file holds: what is known of addresses, and findings.
//!
//! Goes in: the tables and findings of a period. Comes out: rows of cells in the order of the columns of `schema::queried`. Computes
//! nothing.

use crate::schema::cell::Cell;
use crate::schema::finding::{ActorKind, Finding, Findings};
use crate::schema::moment::moment;
use crate::schema::tables::{EndpointRow, Tables};

/// The rows of `endpoints`; a text that is not known is empty, as in its CSV file.
pub fn endpoints(tables: &Tables) -> Vec<Vec<Cell<'_>>> {
    tables.endpoints.iter().map(endpoint).collect()
}

fn endpoint(row: &EndpointRow) -> Vec<Cell<'_>> {
    let belongs = [&row.subnet, &row.vnet, &row.interface, &row.vm, &row.scale_set, &row.load_balancer];
    let reached = [&row.application_gateway, &row.gateway, &row.connection, &row.private_endpoint];
    let lies = [&row.region, &row.subscription, &row.country];
    let lists = [&row.as_name, &row.service_tag, &row.service_tag_region, &row.threat_list, &row.threat_entry];
    let mut cells = vec![Cell::text(row.ip.to_string()), Cell::text(row.scope.name())];
    cells.extend(belongs.into_iter().chain(reached).chain(lies).map(|text| Cell::text(text.as_str())));
    cells.push(known(row.asn));
    cells.extend(lists.into_iter().map(|text| Cell::text(text.as_str())));
    cells.extend([known(row.threat_age_days), Cell::Time(row.first_time), Cell::Time(row.last_time)]);
    cells
}

/// The rows of `findings`, worst first.
pub fn findings(findings: &Findings) -> Vec<Vec<Cell<'_>>> {
    findings.findings.iter().map(finding).collect()
}

fn finding(finding: &Finding) -> Vec<Cell<'_>> {
    let evidence = serde_json::to_string(&finding.evidence).unwrap_or_default();
    vec![
        Cell::text(finding.id.as_str()),
        Cell::text(finding.incident.as_str()),
        Cell::text(finding.detector),
        Cell::text(finding.title.as_str()),
        Cell::text(finding.severity.name()),
        Cell::Real(finding.score),
        Cell::text(finding.actor.as_str()),
        Cell::text(actor_kind(finding.actor_kind)),
        Cell::List(finding.targets.iter().map(|target| Cell::text(target.as_str())).collect()),
        Cell::List(finding.ports.iter().map(|port| Cell::Integer((*port).into())).collect()),
        known(finding.protocol),
        Cell::text(finding.direction),
        Cell::text(finding.interface.as_str()),
        time(&finding.first_time),
        time(&finding.last_time),
        Cell::Integer(finding.flows.into()),
        Cell::Integer(finding.bytes_sent.into()),
        Cell::Integer(finding.bytes_received.into()),
        Cell::List(finding.techniques.iter().map(|technique| Cell::text(*technique)).collect()),
        Cell::text(finding.why.as_str()),
        Cell::text(finding.next_step.as_str()),
        Cell::text(evidence),
    ]
}

const fn actor_kind(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Ip => "ip",
        ActorKind::Subnet => "subnet",
        ActorKind::Interface => "interface",
        ActorKind::Rule => "rule",
    }
}

fn known<'a>(number: Option<impl Into<i128>>) -> Cell<'a> {
    number.map_or(Cell::Unknown, |number| Cell::Integer(number.into()))
}

fn time<'a>(text: &str) -> Cell<'a> {
    moment(text).map_or(Cell::Unknown, Cell::Time)
}
