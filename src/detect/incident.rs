//! Groups the findings of one actor that lie close in time into incidents.
//!
//! Goes in: findings of all detectors. Comes out: incidents, and each finding with the id of its incident. Knows nothing of
//! what a finding means beyond its actor, time, severity and techniques.

use std::collections::BTreeSet;

use super::id;
use crate::schema::finding::{Finding, Incident};
use crate::schema::units::{DAY_MS, date_start};

/// Longest pause inside an incident. Unit: ms; range 1 hour and up; raising it joins separate days of one actor.
/// A day, because an attacker who comes back on the next day is one story, and detectors fold by UTC day.
const PAUSE_MAX_MS: i64 = DAY_MS;

/// Groups `findings` by actor and time, names the incident in each of them, and returns the incidents worst first.
///
/// Findings of one actor whose times lie at most [`PAUSE_MAX_MS`] apart belong together.
pub(super) fn group(findings: &mut [Finding]) -> Vec<Incident> {
    findings.sort_by(|a, b| (&a.actor, &a.first_time, &a.id).cmp(&(&b.actor, &b.first_time, &b.id)));
    let mut incidents: Vec<Incident> = Vec::new();
    for finding in findings {
        match incidents.last_mut() {
            Some(open) if open.actor == finding.actor && pause_ms(&open.last_time, &finding.first_time) <= PAUSE_MAX_MS => {
                join(open, finding);
            }
            _ => incidents.push(open(finding)),
        }
        finding.incident = incidents.last().map(|incident| incident.id.clone()).unwrap_or_default();
    }
    incidents.sort_by(|a, b| {
        (b.severity.cmp(&a.severity)).then_with(|| a.first_time.cmp(&b.first_time)).then_with(|| a.id.cmp(&b.id))
    });
    incidents
}

/// The incident that begins with `finding`.
fn open(finding: &Finding) -> Incident {
    let techniques: BTreeSet<_> = finding.techniques.iter().copied().collect();
    Incident {
        id: id("incident", &finding.actor, &finding.id),
        actor: finding.actor.clone(),
        severity: finding.severity,
        first_time: finding.first_time.clone(),
        last_time: finding.last_time.clone(),
        findings: vec![finding.id.clone()],
        techniques: techniques.into_iter().collect(),
    }
}

/// Adds `finding`, which begins no earlier than the incident.
fn join(incident: &mut Incident, finding: &Finding) {
    incident.severity = incident.severity.max(finding.severity);
    if finding.last_time > incident.last_time {
        incident.last_time.clone_from(&finding.last_time);
    }
    incident.findings.push(finding.id.clone());
    let techniques: BTreeSet<_> = incident.techniques.iter().chain(&finding.techniques).copied().collect();
    incident.techniques = techniques.into_iter().collect();
}

/// Milliseconds from `from` to `to`, both RFC 3339 as findings print it; 0 where a text is none.
fn pause_ms(from: &str, to: &str) -> i64 {
    match (moment(from), moment(to)) {
        (Some(from), Some(to)) => to - from,
        _ => 0,
    }
}

/// The moment that [`crate::schema::units::rfc3339`] printed.
fn moment(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let day = date_start(number(0, 4)?, u32::try_from(number(5, 7)?).ok()?, u32::try_from(number(8, 10)?).ok()?);
    Some(day + ((number(11, 13)? * 60 + number(14, 16)?) * 60 + number(17, 19)?) * 1000 + number(20, 23)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::units::rfc3339;

    #[test]
    fn a_moment_is_read_back_from_its_text() {
        for time in [0, 1_724_090_346_000, 1_709_210_096_789] {
            assert_eq!(moment(&rfc3339(time)), Some(time));
        }
        assert_eq!(moment("yesterday"), None);
    }
}
