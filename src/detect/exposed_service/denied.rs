//! The finding of everything that public addresses were denied of one address on one day.
//!
//! Goes in: a row of `denied_days`. Comes out: its finding, always info. Judges no source: scans have detectors of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::super::campaign::listed;
use super::super::{LISTED_MAX, counted, id, score};
use super::{Settings, date, named};
use crate::schema::Address;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::DeniedDay;
use crate::schema::units::rfc3339;

/// Ports that the sentence names. Unit: ports; what a sentence bears; the evidence lists more.
const NAMED_MAX: usize = 3;

pub(super) fn finding(row: &DeniedDay, s: &Settings) -> Finding {
    let (actor, date) = (row.ip.to_string(), date(row.day));
    let top_ports = &row.top_ports[..row.top_ports.len().min(LISTED_MAX)];
    // Only a list that is whole knows every protocol.
    let protocols: BTreeSet<u8> = top_ports.iter().map(|port| port.protocol).collect();
    let is_one = protocols.len() == 1 && row.ports == top_ports.len() as u64;
    let attempts = counted(row.flows, "attempt");
    let sources = counted(row.sources, "public source");
    let ports = counted(row.ports, "port");
    let most: Vec<String> = top_ports
        .iter()
        .take(NAMED_MAX)
        .map(|port| format!("{} in {}", named(port.dst_port), counted(port.flows, "attempt")))
        .collect();
    let listed_ports = top_ports.iter().map(|port| port.dst_port).collect::<BTreeSet<u16>>().into_iter().collect();
    Finding {
        id: id("exposed_service", &actor, &format!("denied day {date}")),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector: "exposed_service",
        title: format!("{sources} denied at {ports} of {actor} on {date}"),
        severity: Severity::Info,
        score: score(row.sources, s.sources_many),
        actor_kind: ActorKind::Ip,
        targets: row.top_sources.iter().take(LISTED_MAX).map(Address::to_string).collect(),
        ports: listed(listed_ports),
        protocol: if is_one { protocols.first().copied() } else { None },
        direction: "Inbound",
        interface: row.mac.clone(),
        first_time: rfc3339(row.first_time),
        last_time: rfc3339(row.last_time),
        flows: row.flows,
        bytes_sent: 0,
        bytes_received: 0,
        techniques: vec!["T1595"],
        evidence: BTreeMap::from([
            ("attempts", Evidence::Count(row.flows)),
            ("sources", Evidence::Count(row.sources)),
            ("sources_many", Evidence::Count(s.sources_many)),
            ("ports", Evidence::Count(row.ports)),
            ("ports_tried", Evidence::List(top_ports.iter().map(tried).collect())),
        ]),
        why: format!(
            "On {date} the rules denied {attempts} of {sources} to reach {ports} of {actor}, most of them {}. Nothing of it came through.",
            most.join(", "),
        ),
        next_step: format!(
            "Nothing to do where this is the noise of the Internet. `azflow flows --ip {actor} --denied INPUT` lists the attempts; a source that you know and \
             that should come in needs a rule of its own."
        ),
        actor,
    }
}

/// `22/6 in 17 attempts`.
fn tried(port: &crate::schema::tables::DeniedPort) -> String {
    format!("{}/{} in {}", port.dst_port, port.protocol, counted(port.flows, "attempt"))
}
