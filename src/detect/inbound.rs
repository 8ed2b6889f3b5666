//! Bounds what is said of traffic from outside, over all detectors.
//!
//! Goes in: findings of all detectors, and which addresses are local. Comes out: the same with at most [`DAY_MAX`] findings of inbound
//! traffic per host and 24 hours from the window's start on; one of them sums up and names what it stands for. Hides nothing and judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{LISTED_MAX, counted, id};
use crate::schema::finding::{ActorKind, Evidence, Finding};
use crate::schema::moment::moment;
use crate::schema::tables::{Scope, Tables};
use crate::schema::units::{DAY_MS, rfc3339};

/// Most findings of inbound traffic per host and 24 hours of the window. Unit: findings; range 2 and up: what a person reads of one host's
/// weather. Raising it shows more of it one by one. Days of the calendar would show twice as many of a day's log that holds a midnight.
const DAY_MAX: usize = 10;

/// Folds what is over [`DAY_MAX`] of a host and 24 hours into one finding, the least first.
pub(super) fn fold(findings: Vec<Finding>, tables: &Tables) -> Vec<Finding> {
    let (inbound, mut kept): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.direction == "Inbound" && finding.actor_kind == ActorKind::Ip);
    if inbound.len() <= DAY_MAX {
        kept.extend(inbound);
        return kept;
    }
    let local = local(tables);
    let start = tables.traffic_over_time.first().map_or(0, |row| row.interval_start);
    let mut days: BTreeMap<(String, i64), Vec<Finding>> = BTreeMap::new();
    for finding in inbound {
        let day = (moment(&finding.first_time).unwrap_or(start) - start).div_euclid(DAY_MS);
        days.entry((host(&finding, &local).to_owned(), day)).or_default().push(finding);
    }
    for ((host, day), mut of_day) in days {
        if of_day.len() > DAY_MAX {
            of_day.sort_by(|a, b| {
                (b.severity.cmp(&a.severity)).then_with(|| b.score.total_cmp(&a.score)).then_with(|| a.id.cmp(&b.id))
            });
            let rest = of_day.split_off(DAY_MAX - 1);
            kept.push(summary(&host, start + day * DAY_MS, &rest));
        }
        kept.extend(of_day);
    }
    kept
}

/// The addresses that a logged NIC or the topology owns, as findings print them.
fn local(tables: &Tables) -> BTreeSet<String> {
    let owned = tables.traffic_by_interface.iter().flat_map(|row| row.ips.iter().copied());
    let known = tables.endpoints.iter().filter(|row| row.scope == Scope::Local).map(|row| row.ip);
    owned.chain(known).map(|ip| ip.to_string()).collect()
}

/// The host of ours that a finding is about: its actor if local, else its first local target, else its first target.
fn host<'a>(finding: &'a Finding, local: &BTreeSet<String>) -> &'a str {
    if local.contains(&finding.actor) {
        return &finding.actor;
    }
    let target = finding.targets.iter().find(|target| local.contains(*target)).or(finding.targets.first());
    target.unwrap_or(&finding.actor)
}

/// One finding in place of `rest`, which is not empty and whose first is the worst; `from` begins their 24 hours.
fn summary(host: &str, from: i64, rest: &[Finding]) -> Finding {
    let day = rfc3339(from);
    let sum = |measure: fn(&Finding) -> u64| rest.iter().map(measure).fold(0, u64::saturating_add);
    let is_about_host = |finding: &Finding| finding.actor == host;
    let bytes = |sent: bool| {
        let of = |f: &Finding| if is_about_host(f) == sent { f.bytes_sent } else { f.bytes_received };
        rest.iter().map(of).fold(0, u64::saturating_add)
    };
    let others: BTreeSet<&str> = rest
        .iter()
        .flat_map(|f| if is_about_host(f) { f.targets.iter().map(String::as_str).collect() } else { vec![f.actor.as_str()] })
        .collect();
    let ports: BTreeSet<u16> = rest.iter().flat_map(|finding| finding.ports.iter().copied()).collect();
    let protocols: BTreeSet<Option<u8>> = rest.iter().map(|finding| finding.protocol).collect();
    let techniques: BTreeSet<&'static str> = rest.iter().flat_map(|finding| finding.techniques.iter().copied()).collect();
    let detectors: BTreeSet<&'static str> = rest.iter().map(|finding| finding.detector).collect();
    let titles = rest.iter().take(LISTED_MAX).map(|finding| finding.title.clone()).collect();
    let count = rest.len() as u64;
    Finding {
        id: id("exposed_service", host, &format!("inbound rest day {day}")),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector: "exposed_service",
        title: format!("{} from outside about {host} in the 24 hours from {day}", counted(count, "more finding")),
        severity: rest[0].severity,
        score: rest[0].score,
        actor: host.to_owned(),
        actor_kind: ActorKind::Ip,
        targets: others.into_iter().take(LISTED_MAX).map(str::to_owned).collect(),
        ports: ports.into_iter().take(LISTED_MAX).collect(),
        protocol: if protocols.len() == 1 { protocols.first().copied().flatten() } else { None },
        direction: "Inbound",
        interface: rest.iter().map(|finding| finding.interface.as_str()).min().unwrap_or_default().to_owned(),
        first_time: rest.iter().map(|finding| finding.first_time.as_str()).min().unwrap_or_default().to_owned(),
        last_time: rest.iter().map(|finding| finding.last_time.as_str()).max().unwrap_or_default().to_owned(),
        flows: sum(|finding| finding.flows),
        bytes_sent: bytes(true),
        bytes_received: bytes(false),
        techniques: techniques.into_iter().collect(),
        evidence: BTreeMap::from([
            ("findings_folded", Evidence::Count(count)),
            ("findings_max", Evidence::Count(DAY_MAX as u64)),
            ("detectors", Evidence::List(detectors.into_iter().map(str::to_owned).collect())),
            ("titles", Evidence::List(titles)),
        ]),
        why: format!(
            "{host} had more than {DAY_MAX} findings of traffic from outside in the 24 hours from {day}; the worst stand alone, and this one stands for {count} others, \
             which its evidence names.",
        ),
        next_step: format!(
            "Read the titles under the evidence; if one of them matters, see its traffic with `azflow flows --ip {host} INPUT`, and narrow the \
             rules with `az network nsg rule update --source-address-prefixes`."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::finding::Severity;
    use crate::schema::tables::{EndpointRow, TimeRow};
    use crate::schema::units::HOUR_MS;

    const VM: &str = "10.0.0.4";

    /// An inbound finding about the VM, or about an outside address that tried it.
    fn finding(number: u32, actor: &str, targets: &[&str], day: u32) -> Finding {
        let mut finding = summary(VM, 0, &[bare()]);
        finding.id = format!("id {number:04}");
        finding.title = format!("title {number}");
        finding.detector = "port_scan";
        finding.actor = actor.to_owned();
        finding.targets = targets.iter().map(|target| (*target).to_owned()).collect();
        finding.first_time = format!("1970-01-{day:02}T00:00:00.000Z");
        finding.last_time.clone_from(&finding.first_time);
        finding.score = f64::from(number) / 1000.0;
        (finding.flows, finding.bytes_sent, finding.bytes_received) = (10, 3, 0);
        finding
    }

    fn bare() -> Finding {
        let text = String::new;
        Finding {
            id: text(),
            incident: text(),
            allow_entry: text(),
            since: None,
            detector: "port_scan",
            title: text(),
            severity: Severity::Info,
            score: 0.0,
            actor: text(),
            actor_kind: ActorKind::Ip,
            targets: Vec::new(),
            ports: vec![22],
            protocol: Some(6),
            direction: "Inbound",
            interface: text(),
            first_time: text(),
            last_time: text(),
            flows: 0,
            bytes_sent: 0,
            bytes_received: 0,
            techniques: vec!["T1595.001"],
            evidence: BTreeMap::new(),
            why: text(),
            next_step: text(),
        }
    }

    fn vm() -> Tables {
        let endpoint = EndpointRow { ip: VM.parse::<std::net::IpAddr>().expect("an address").into(), ..EndpointRow::default() };
        Tables { endpoints: vec![EndpointRow { scope: Scope::Local, ..endpoint }], ..Tables::default() }
    }

    #[test]
    fn ten_findings_of_a_day_stay_and_eleven_become_ten() {
        let about = |count: u32| (0..count).map(|i| finding(i, VM, &["203.0.113.9"], 1)).collect::<Vec<_>>();
        assert_eq!(fold(about(10), &vm()).len(), 10);
        let folded = fold(about(11), &vm());
        let rest = folded.iter().find(|finding| finding.detector == "exposed_service").expect("a summary");
        assert_eq!((folded.len(), rest.flows, rest.bytes_sent, rest.bytes_received), (10, 20, 6, 0));
        assert_eq!(rest.title, "2 more findings from outside about 10.0.0.4 in the 24 hours from 1970-01-01T00:00:00.000Z");
        assert_eq!(rest.evidence["titles"], Evidence::List(vec!["title 1".into(), "title 0".into()]));
        assert_eq!((rest.techniques.as_slice(), rest.ports.as_slice()), (&["T1595.001"][..], &[22][..]));
    }

    #[test]
    fn attackers_are_counted_with_the_host_they_tried_and_days_apart() {
        let tried = |i: u32| finding(i, &format!("203.0.113.{i}"), &["198.51.100.1", VM], 1 + i % 2);
        let folded = fold((0..40).map(tried).collect(), &vm());
        assert_eq!(folded.len(), 20);
        let rest = folded.iter().find(|finding| finding.detector == "exposed_service").expect("a summary");
        assert_eq!((rest.actor.as_str(), rest.targets.len(), rest.bytes_received), (VM, 11, 33));
    }

    #[test]
    fn a_log_of_a_day_has_ten_findings_of_a_host_though_it_holds_a_midnight() {
        let start = TimeRow { interval_start: 23 * HOUR_MS, ..TimeRow::default() };
        let tables = Tables { traffic_over_time: vec![start], ..vm() };
        let mut all: Vec<Finding> = (0..30).map(|i| finding(i, VM, &["203.0.113.9"], 2)).collect();
        all.iter_mut().take(9).for_each(|finding| finding.first_time = "1970-01-01T23:00:00.000Z".to_owned());
        assert_eq!(fold(all.clone(), &tables).len(), 10);
        all.iter_mut().skip(20).for_each(|finding| finding.first_time = "1970-01-02T23:00:00.000Z".to_owned());
        assert_eq!(fold(all, &tables).len(), 20, "the next 24 hours have their own");
    }

    #[test]
    fn the_worst_stay_and_what_a_host_does_itself_is_no_noise() {
        let mut all: Vec<Finding> = (0..30).map(|i| finding(i, VM, &["203.0.113.9"], 1)).collect();
        all[0].severity = Severity::High;
        let own = (100..130).map(|i| Finding { direction: "Outbound", ..finding(i, VM, &["203.0.113.9"], 1) });
        all.extend(own);
        let folded = fold(all, &vm());
        assert_eq!(folded.len(), 40);
        assert!(folded.iter().any(|finding| finding.title == "title 0" && finding.severity == Severity::High));
    }
}
