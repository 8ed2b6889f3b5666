//! Groups the findings of one actor that lie close in time into incidents, and follows an intruder from host to host.
//!
//! Goes in: findings of all detectors. Comes out: incidents, and each finding with the id of its incident. Knows nothing of
//! what a finding means beyond its actor, time, severity, techniques and the peers with which a guess may have worked.

use std::collections::{BTreeMap, BTreeSet};

use super::{counted, id, tactics};
use crate::schema::finding::{Evidence, Finding, Incident, IncidentStep};
use crate::schema::moment::moment;
use crate::schema::units::DAY_MS;

/// Longest pause inside an incident. Unit: ms; range 1 hour and up; raising it joins separate days of one actor.
/// A day, because an attacker who comes back on the next day is one story, and detectors fold by UTC day.
const PAUSE_MAX_MS: i64 = DAY_MS;

/// Most findings in a timeline. Unit: findings; the contract's bound of an incident's size.
const TIMELINE_MAX: usize = 100;

/// Groups `findings` by actor and time, names the incident in each of them, and returns the incidents worst first.
///
/// Findings of one actor whose times lie at most [`PAUSE_MAX_MS`] apart belong together. Where a guessed password may have let an actor
/// into a host, what the two did before and after at most that far apart belongs together as well.
pub(super) fn group(findings: &mut [Finding]) -> Vec<Incident> {
    findings.sort_by(|a, b| (&a.actor, &a.first_time, &a.id).cmp(&(&b.actor, &b.first_time, &b.id)));
    let stretches = stretches(findings);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, root) in roots(findings, &stretches).into_iter().enumerate() {
        groups.entry(root).or_default().extend(stretches[at].findings.clone());
    }
    let mut incidents = Vec::new();
    for mut members in groups.into_values() {
        members.sort_by_key(|member| (&findings[*member].first_time, &findings[*member].id));
        let incident = incident(findings, &members);
        members.iter().for_each(|member| findings[*member].incident.clone_from(&incident.id));
        incidents.push(incident);
    }
    incidents.sort_by(|a, b| {
        (b.severity.cmp(&a.severity)).then_with(|| a.first_time.cmp(&b.first_time)).then_with(|| a.id.cmp(&b.id))
    });
    incidents
}

/// Findings of one actor without a longer pause.
struct Stretch {
    findings: std::ops::Range<usize>,
    /// RFC 3339, which sorts as time does.
    last_time: String,
}

/// The stretches of `findings`, which ascend by actor and time.
fn stretches(findings: &[Finding]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        match stretches.last_mut() {
            Some(open)
                if findings[open.findings.start].actor == finding.actor
                    && pause_ms(&open.last_time, &finding.first_time) <= PAUSE_MAX_MS =>
            {
                open.findings.end = at + 1;
                if finding.last_time > open.last_time {
                    open.last_time.clone_from(&finding.last_time);
                }
            }
            _ => stretches.push(Stretch { findings: at..at + 1, last_time: finding.last_time.clone() }),
        }
    }
    stretches
}

/// Per stretch the first one that it belongs together with.
fn roots(findings: &[Finding], stretches: &[Stretch]) -> Vec<usize> {
    let mut of_actor: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, stretch) in stretches.iter().enumerate() {
        of_actor.entry(&findings[stretch.findings.start].actor).or_default().push(at);
    }
    let mut roots: Vec<usize> = (0..stretches.len()).collect();
    for (at, stretch) in stretches.iter().enumerate() {
        for finding in &findings[stretch.findings.clone()] {
            for peer in success_peers(finding) {
                let others = of_actor.get(peer.as_str()).into_iter().flatten();
                for other in
                    others.filter(|other| follows(finding, &findings[stretches[**other].findings.start], &stretches[**other]))
                {
                    join(&mut roots, at, *other);
                }
            }
        }
    }
    (0..stretches.len()).map(|at| root(&roots, at)).collect()
}

/// The peers with which a guess may have worked.
fn success_peers(finding: &Finding) -> &[String] {
    match finding.evidence.get("success_peers") {
        Some(Evidence::List(peers)) => peers,
        _ => &[],
    }
}

/// Whether a stretch of the other end belongs to the story of `finding`: a guesser's at most a day before or after, a guessed host's at
/// most a day after.
fn follows(finding: &Finding, first: &Finding, stretch: &Stretch) -> bool {
    let is_after = pause_ms(&finding.last_time, &first.first_time) <= PAUSE_MAX_MS;
    let guessed_from = finding.direction == "Inbound";
    let is_close = pause_ms(&stretch.last_time, &finding.first_time) <= PAUSE_MAX_MS;
    let is_not_before = stretch.last_time >= finding.first_time;
    is_after && if guessed_from { is_close } else { is_not_before }
}

/// Joins two groups under the smaller root.
fn join(roots: &mut [usize], one: usize, two: usize) {
    let (one, two) = (root(roots, one), root(roots, two));
    roots[one.max(two)] = one.min(two);
}

/// The root of a group: it is its own, and every other points at a smaller one.
fn root(roots: &[usize], mut at: usize) -> usize {
    while roots[at] != at {
        at = roots[at];
    }
    at
}

/// The incident of `members`, which ascend by time and are not empty. Its actor is that of its worst finding, of equals the first.
fn incident(findings: &[Finding], members: &[usize]) -> Incident {
    let of = || members.iter().map(|member| &findings[*member]);
    let first = &findings[members[0]];
    let worst = of().fold(first, |worst, finding| if finding.severity > worst.severity { finding } else { worst });
    let techniques: Vec<_> =
        of().flat_map(|finding| finding.techniques.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect();
    let more = members.len() as u64 - 1;
    Incident {
        id: id("incident", &first.actor, &first.id),
        actor: worst.actor.clone(),
        severity: worst.severity,
        first_time: first.first_time.clone(),
        last_time: of().map(|finding| finding.last_time.as_str()).max().unwrap_or_default().to_owned(),
        findings: of().map(|finding| finding.id.clone()).collect(),
        tactics: tactics::tactics(&techniques),
        techniques,
        title: match more {
            0 => worst.title.clone(),
            _ => format!("{}, and {}", worst.title, counted(more, "more finding")),
        },
        timeline: timeline(of().collect()),
    }
}

/// The worst [`TIMELINE_MAX`] of `findings`, which ascend by time, in their order.
fn timeline(findings: Vec<&Finding>) -> Vec<IncidentStep> {
    let mut ranked: Vec<(usize, &Finding)> = findings.into_iter().enumerate().collect();
    ranked.sort_by(|(_, a), (_, b)| {
        (b.severity.cmp(&a.severity)).then_with(|| b.score.total_cmp(&a.score)).then_with(|| a.id.cmp(&b.id))
    });
    ranked.truncate(TIMELINE_MAX);
    ranked.sort_by_key(|(at, _)| *at);
    let step = |finding: &Finding| IncidentStep {
        time: finding.first_time.clone(),
        finding: finding.id.clone(),
        title: finding.title.clone(),
    };
    ranked.into_iter().map(|(_, finding)| step(finding)).collect()
}

/// Milliseconds from `from` to `to`, both RFC 3339 as findings print it; 0 where a text is none.
fn pause_ms(from: &str, to: &str) -> i64 {
    match (moment(from), moment(to)) {
        (Some(from), Some(to)) => to - from,
        _ => 0,
    }
}

#[cfg(test)]
#[path = "incident_tests.rs"]
mod tests;
