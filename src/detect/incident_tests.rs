//! Incidents, from findings written by hand.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::schema::finding::{ActorKind, Severity};
use crate::schema::units::{HOUR_MS, rfc3339};

/// A finding that lasts an hour from `hour` on.
fn finding(actor: &str, hour: i64, severity: Severity, techniques: &[&'static str]) -> Finding {
    Finding {
        id: format!("{actor} at {hour}"),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector: "port_scan",
        title: format!("{actor} did something at {hour}"),
        severity,
        score: 0.5,
        actor: actor.to_owned(),
        actor_kind: ActorKind::Ip,
        targets: Vec::new(),
        ports: Vec::new(),
        protocol: Some(6),
        direction: "Outbound",
        interface: String::new(),
        first_time: rfc3339(hour * HOUR_MS),
        last_time: rfc3339((hour + 1) * HOUR_MS),
        flows: 1,
        bytes_sent: 0,
        bytes_received: 0,
        techniques: techniques.to_vec(),
        evidence: BTreeMap::new(),
        why: String::new(),
        next_step: String::new(),
    }
}

/// The same, with a hint that a guess worked.
fn succeeded(finding: Finding, direction: &'static str, peers: &[&str]) -> Finding {
    let peers = peers.iter().map(|peer| (*peer).to_owned()).collect();
    Finding { direction, evidence: BTreeMap::from([("success_peers", Evidence::List(peers))]), ..finding }
}

const ATTACKER: &str = "203.0.113.9";
const VM: &str = "10.0.0.4";
const NEXT: &str = "10.0.0.5";

#[test]
fn a_moment_is_read_back_from_its_text() {
    for time in [0, 1_724_090_346_000, 1_709_210_096_789] {
        assert_eq!(moment(&rfc3339(time)), Some(time));
    }
    assert_eq!(moment("yesterday"), None);
}

#[test]
fn an_attacker_the_host_it_got_into_and_the_next_host_are_one_incident() {
    let mut findings = [
        finding(ATTACKER, 0, Severity::Info, &["T1595.001"]),
        succeeded(finding(VM, 2, Severity::Medium, &["T1078", "T1110"]), "Inbound", &[ATTACKER]),
        succeeded(finding(VM, 4, Severity::High, &["T1078", "T1110"]), "Outbound", &[NEXT]),
        finding(NEXT, 6, Severity::High, &["T1071"]),
        finding("10.0.0.6", 6, Severity::Low, &["T1071"]),
    ];
    let incidents = group(&mut findings);
    assert_eq!(incidents.iter().map(|incident| incident.findings.len()).collect::<Vec<_>>(), [4, 1]);
    let story = &incidents[0];
    assert_eq!((story.actor.as_str(), story.severity), (VM, Severity::High));
    assert_eq!(story.title, "10.0.0.4 did something at 4, and 3 more findings");
    assert_eq!(story.tactics, ["reconnaissance", "initial access", "credential access", "command and control"]);
    let times: Vec<&str> = story.timeline.iter().map(|step| &step.time[11..16]).collect();
    assert_eq!(times, ["00:00", "02:00", "04:00", "06:00"]);
    assert_eq!((story.first_time.as_str(), &story.last_time[11..16]), (rfc3339(0).as_str(), "07:00"));
    assert_eq!(findings.iter().filter(|finding| finding.incident == story.id).count(), 4);
}

#[test]
fn without_a_hint_of_success_the_attacker_stays_apart() {
    let mut findings = [finding(ATTACKER, 0, Severity::Info, &["T1595.001"]), finding(VM, 2, Severity::Low, &["T1110"])];
    assert_eq!(group(&mut findings).len(), 2);
}

#[test]
fn what_a_host_did_before_it_was_guessed_or_days_later_is_another_story() {
    let guess = || succeeded(finding(VM, 60, Severity::High, &["T1078"]), "Outbound", &[NEXT]);
    for (hour, joined) in [(10, false), (58, false), (59, true), (84, true), (86, false)] {
        let mut findings = [guess(), finding(NEXT, hour, Severity::Low, &["T1046"])];
        assert_eq!(group(&mut findings).len() == 1, joined, "hour {hour}");
    }
}

#[test]
fn a_timeline_holds_the_worst_hundred_in_order_of_time() {
    let severity = |hour| if hour == 149 { Severity::High } else { Severity::Info };
    let mut findings: Vec<Finding> = (0..150).map(|hour| finding(VM, hour, severity(hour), &["T1046"])).collect();
    let incidents = group(&mut findings);
    assert_eq!((incidents.len(), incidents[0].findings.len(), incidents[0].timeline.len()), (1, 150, TIMELINE_MAX));
    assert_eq!(incidents[0].timeline[99].title, "10.0.0.4 did something at 149");
    assert!(incidents[0].timeline.is_sorted_by_key(|step| step.time.clone()));
}
