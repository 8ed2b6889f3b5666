//! The half-made finding of one host's contacts with one peer's service, which several detectors finish.
//!
//! Goes in: a contact series and the time that was judged. Comes out: a finding with its facts and no words. Decides
//! nothing.

use std::collections::BTreeMap;

use super::id;
use crate::schema::codes::Direction;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::ContactSeries;
use crate::schema::units::rfc3339;

/// The finding of `detector` about all contacts of `series`; `from` and `to` bound what it is about, ms since the epoch.
pub(super) fn finding(detector: &'static str, series: &ContactSeries, from: i64, to: i64) -> Finding {
    let key = &series.key;
    let (actor, peer) = (key.src_ip.to_string(), key.dst_ip.to_string());
    let contacts = &series.contacts;
    let evidence = BTreeMap::from([
        ("contacts", Evidence::Count(contacts.begins)),
        ("contacts_answered", Evidence::Count(contacts.answered)),
        ("contacts_unanswered", Evidence::Count(contacts.unanswered)),
        ("contacts_unknown", Evidence::Count(contacts.unknown)),
        ("contacts_denied", Evidence::Count(contacts.denied)),
    ]);
    Finding {
        id: id(detector, &actor, &format!("{peer} {} {}", key.dst_port, key.protocol)),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector,
        title: String::new(),
        severity: Severity::Info,
        score: 0.0,
        actor,
        actor_kind: ActorKind::Ip,
        targets: vec![peer],
        ports: vec![key.dst_port],
        protocol: Some(key.protocol),
        direction: Direction::Outbound.name(),
        interface: series.mac.to_string(),
        first_time: rfc3339(from),
        last_time: rfc3339(to),
        flows: contacts.begins,
        bytes_sent: contacts.bytes_sent,
        bytes_received: contacts.bytes_received,
        techniques: Vec::new(),
        evidence,
        why: String::new(),
        next_step: String::new(),
    }
}

/// The command and the query that show the contacts of `finding`.
pub(super) fn where_to_look(finding: &Finding) -> String {
    let (actor, peer) = (&finding.actor, finding.targets.first().map_or("", String::as_str));
    let port = finding.ports.first().copied().unwrap_or_default();
    format!(
        "`azflow flows --ip {peer} --port {port} INPUT` shows every contact. In Log Analytics: `NTANetAnalytics | where SrcIp == '{actor}' and \
         DestPort == {port} and (DestIp == '{peer}' or DestPublicIps has '{peer}')`."
    )
}
