//! Which findings are new, which go on, and which ended, since an earlier period that was judged by itself.
//!
//! Goes in: the findings of the window, and what is kept of those of the earlier period. Comes out: each finding with its `since`, and
//! those that ended. Finds nothing and changes no severity.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::finding::{EndedFinding, Finding, Findings, Since};
use crate::schema::previous::PastFinding;

/// Detectors whose ids name no time: what they find has the same id as long as it lasts. The ids of the others name a day or an hour.
const TIMELESS: [&str; 5] = ["beacon", "exfiltration", "failed_retries", "long_connection", "threat_contact"];

/// What is kept of the findings of an earlier period.
pub fn past(findings: &Findings) -> Vec<PastFinding> {
    findings.findings.iter().map(kept).collect()
}

fn kept(finding: &Finding) -> PastFinding {
    PastFinding {
        finding: EndedFinding {
            id: finding.id.clone(),
            detector: finding.detector,
            title: finding.title.clone(),
            severity: finding.severity,
            actor: finding.actor.clone(),
            last_time: finding.last_time.clone(),
        },
        direction: finding.direction,
        ports: finding.ports.clone(),
        protocol: finding.protocol,
    }
}

/// Says of every finding whether it was found before: by its id; where the id names a day or an hour, by detector, actor, direction, a
/// port in common and protocol. What was found `before`, is not found now and not expected by the allow-list has ended: worst first, then
/// by time and id.
pub fn compare(findings: &mut Findings, before: &[PastFinding]) {
    let mut by_actor: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, past) in before.iter().enumerate() {
        by_actor.entry((past.finding.detector, past.finding.actor.as_str())).or_default().push(at);
    }
    let mut lasting = BTreeSet::new();
    for finding in &mut findings.findings {
        let now = kept(finding);
        let candidates = by_actor.get(&(finding.detector, finding.actor.as_str())).into_iter().flatten();
        let same: Vec<usize> = candidates.copied().filter(|at| is_same(&now, &before[*at])).collect();
        finding.since = Some(if same.is_empty() { Since::New } else { Since::Ongoing });
        lasting.extend(same);
    }
    let allowed = &findings.allowed;
    let is_allowed = |past: &PastFinding| {
        let EndedFinding { id, detector, actor, .. } = &past.finding;
        let is_dated = !TIMELESS.contains(detector);
        allowed.iter().any(|now| now.id == *id || is_dated && now.detector == *detector && now.actor == *actor)
    };
    let over = before.iter().enumerate().filter(|(at, past)| !lasting.contains(at) && !is_allowed(past));
    let mut ended: Vec<EndedFinding> = over.map(|(_, past)| past.finding.clone()).collect();
    ended.sort_by(|a, b| (b.severity.cmp(&a.severity)).then_with(|| a.last_time.cmp(&b.last_time)).then_with(|| a.id.cmp(&b.id)));
    findings.ended = Some(ended);
}

/// Whether two findings of one detector and actor are of the same matter.
fn is_same(now: &PastFinding, before: &PastFinding) -> bool {
    if now.finding.id == before.finding.id {
        return true;
    }
    if TIMELESS.contains(&now.finding.detector) || now.direction != before.direction {
        return false;
    }
    let is_protocol = now.protocol.is_none() || before.protocol.is_none() || now.protocol == before.protocol;
    let both_name_none = now.ports.is_empty() && before.ports.is_empty();
    is_protocol && (both_name_none || now.ports.iter().any(|port| before.ports.contains(port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::DETECTORS;
    use crate::schema::finding::{ActorKind, AllowedFinding, Severity};

    fn past(id: &str, detector: &'static str, actor: &str, ports: &[u16]) -> PastFinding {
        PastFinding {
            finding: EndedFinding {
                id: id.into(),
                detector,
                title: id.into(),
                severity: Severity::Low,
                actor: actor.into(),
                last_time: "2026-03-02T00:00:00.000Z".into(),
            },
            direction: "Outbound",
            ports: ports.into(),
            protocol: Some(6),
        }
    }

    fn found(id: &str, detector: &'static str, actor: &str, ports: &[u16]) -> Finding {
        Finding {
            id: id.into(),
            incident: String::new(),
            allow_entry: String::new(),
            since: None,
            detector,
            title: String::new(),
            severity: Severity::Low,
            score: 0.5,
            actor: actor.into(),
            actor_kind: ActorKind::Ip,
            targets: Vec::new(),
            ports: ports.into(),
            protocol: Some(6),
            direction: "Outbound",
            interface: String::new(),
            first_time: String::new(),
            last_time: String::new(),
            flows: 1,
            bytes_sent: 0,
            bytes_received: 0,
            techniques: Vec::new(),
            evidence: BTreeMap::new(),
            why: String::new(),
            next_step: String::new(),
        }
    }

    fn findings(findings: Vec<Finding>) -> Findings {
        Findings { schema_version: 1, incidents: vec![], findings, allowed: vec![], notes: vec![], ended: None }
    }

    fn said(findings: &Findings) -> (Vec<Option<Since>>, Vec<&str>) {
        let ended = findings.ended.iter().flatten().map(|ended| ended.id.as_str()).collect();
        (findings.findings.iter().map(|finding| finding.since).collect(), ended)
    }

    #[test]
    fn timeless_ids_are_those_of_detectors() {
        assert!(TIMELESS.iter().all(|name| DETECTORS.iter().any(|detector| detector.name() == *name)));
    }

    #[test]
    fn a_finding_of_one_peer_goes_on_only_by_its_id() {
        let mut now = findings(vec![found("a", "beacon", "10.0.0.4", &[443]), found("c", "beacon", "10.0.0.4", &[443])]);
        compare(&mut now, &[past("a", "beacon", "10.0.0.4", &[443]), past("b", "beacon", "10.0.0.4", &[443])]);
        assert_eq!(said(&now), (vec![Some(Since::Ongoing), Some(Since::New)], vec!["b"]));
    }

    #[test]
    fn a_finding_of_a_day_goes_on_where_actor_port_and_protocol_are_the_same() {
        let of = |id: &str, actor: &str, ports: &[u16]| found(id, "brute_force", actor, ports);
        let mut now =
            findings(vec![of("tue", "10.0.0.4", &[22]), of("other", "10.0.0.4", &[3389]), of("new", "10.0.0.5", &[22])]);
        let before = [past("mon", "brute_force", "10.0.0.4", &[22]), past("gone", "brute_force", "10.0.0.9", &[22])];
        compare(&mut now, &before);
        assert_eq!(said(&now), (vec![Some(Since::Ongoing), Some(Since::New), Some(Since::New)], vec!["gone"]));
        now.findings[0].protocol = Some(17);
        compare(&mut now, &before);
        assert_eq!(said(&now).0[0], Some(Since::New));
    }

    #[test]
    fn what_the_allow_list_expects_now_has_not_ended() {
        let mut now = findings(vec![]);
        now.allowed.push(AllowedFinding {
            id: "tue".into(),
            detector: "port_scan",
            severity: Severity::Low,
            actor: "10.0.0.4".into(),
            title: String::new(),
            first_time: String::new(),
            entry: String::new(),
            why: String::new(),
        });
        compare(&mut now, &[past("mon", "port_scan", "10.0.0.4", &[]), past("x", "port_scan", "10.0.0.5", &[])]);
        assert_eq!(said(&now), (vec![], vec!["x"]));
    }
}
