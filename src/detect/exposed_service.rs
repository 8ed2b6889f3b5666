//! Finds ports of the user's hosts that public addresses were let through to, day by day, and sums up what they were denied.
//!
//! Goes in: `exposed_days` and `denied_days`, and for the rules `exposed_ports`. Comes out: per address and UTC day a finding per port of the worst
//! ports, one for the rest, and one for everything denied. Does not look at how often a source tried.

mod denied;
mod ports;

use std::collections::{BTreeMap, BTreeSet};

use super::campaign::{TCP, listed, most_tried};
use super::{Detector, LISTED_MAX, Setting, counted, id, score};
use crate::schema::Address;
use crate::schema::amount::bytes;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{ExposedDay, ExposedRow, Tables};
use crate::schema::units::{DAY_MS, rfc3339};
use ports::{Kind, PUBLIC_PORTS, WEB_PORTS, named, sensitive};

/// A port of a host of yours that public addresses were let through to.
///
/// # What it finds
///
/// Ports that a rule let public addresses reach on a UTC day, and whether something there answered. The worst `ports_apart` ports of an address and
/// day have a finding each; the rest is one finding. One more finding per address and day sums up what public addresses were denied.
///
/// # Why it matters
///
/// A management port or a database open to the Internet is found within hours and is how most break-ins begin.
/// A port that is let through but answers nothing is a rule wider than it need be: the next service started there is public.
///
/// # How
///
/// Per address, port, protocol and UTC day, over all rules: flows f let through, packets p and bytes b
/// back. TCP answered if p > 2 f (a reset or a lone SYN-ACK is one packet, and VNet logs may begin a connection twice) or
/// b > 80 p (more than bare headers); UDP if b > 0. A port that is measured and did not answer is an attempt let through, one severity
/// lower. Where nothing was measured the port counts as answering, and the finding says so. A port to which no flow began on the
/// day, only went on or ended, is info: its begin may have been the day before, or the host's own, logged the other way round. Score = s / (s + `sources_many`)
/// with s the distinct public sources of the day.
///
/// | port | severity if it answered |
/// |---|---|
/// | remote administration (21, 22, 23, 135, 139, 161, 445, 512, 513, 514, 623, 2375, 2376, 3389, 5900, 5985, 5986, 6443, 10250) | high |
/// | databases and unprotected interfaces (69, 111, 137, 138, 389, 873, 1433, 1434, 1521, 2049, 2379, 3306, 5432, 5984, 6379, 9042, 9200, 9300, 11211, 27017, 27018) | high |
/// | web: 80, 443, 8080, 8443 | info |
/// | mail, name and time service, VPN (25, 53, 110, 123, 143, 465, 500, 587, 993, 995, 1194, 1701, 4500, 51820) | low |
/// | others | medium from `sources_many` sources, else low |
///
/// The finding of the rest has the worst severity of its ports, and is at least medium from `ports_open_rule` ports: the rule
/// lets everything in. Ports to which no flow began do not count there. What was denied is info, whatever its amount: the rules worked.
///
/// # Settings
///
/// - `ports_apart`: default 4, range 0 to 1000, findings per address and day. Raising it shows more ports one by one.
/// - `sources_many`: default 10, range 1 to 1000000, distinct public sources: more than the partners one knows by name. Raising it
///   makes fewer findings medium and lowers every score.
/// - `ports_open_rule`: default 10, range 2 to 65535, ports folded together. Raising it makes fewer findings medium.
///
/// # Known false positives
///
/// Services meant to be public: leave them, or narrow the rule to the partners who use them. A jump host or VPN gateway is high or
/// low by its port, whatever it asks of users. A service of which only half-open probes were logged looks unanswered. Sources in
/// Azure count as public, your own subscriptions' addresses too. Late packets of flows that the host itself began are denied too, and count as attempts.
///
/// # References
///
/// ATT&CK T1133 (external remote services), T1190 (exploit public-facing application). AWS GuardDuty `Recon:EC2/PortProbeUnprotectedPort`; Elastic
/// detection rules for RDP, RPC, SMB and telnet from the Internet.
pub struct ExposedService;

/// Thresholds of [`ExposedService`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Findings per address and day.
    pub ports_apart: usize,
    /// Distinct public sources.
    pub sources_many: u64,
    /// Ports folded together.
    pub ports_open_rule: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ports_apart: 4, sources_many: 10, ports_open_rule: 10 }
    }
}

/// Whether something on the port answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Answered,
    Unanswered,
    Unmeasured,
}

impl Answer {
    fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::Unmeasured => "not measured",
        }
    }
}

/// A port of an address on one day.
struct Port<'a> {
    row: &'a ExposedDay,
    answer: Answer,
    severity: Severity,
}

impl Detector for ExposedService {
    fn name(&self) -> &'static str {
        "exposed_service"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["denied_days", "exposed_days", "exposed_ports"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.exposed_service;
        vec![
            Setting { name: "ports_apart", value: s.ports_apart as f64, least: 0.0, most: 1000.0 },
            Setting { name: "sources_many", value: s.sources_many as f64, least: 1.0, most: 1_000_000.0 },
            Setting { name: "ports_open_rule", value: s.ports_open_rule as f64, least: 2.0, most: 65_535.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.exposed_service;
        let rules = rules(tables);
        let mut days: BTreeMap<(Address, u32), Vec<Port>> = BTreeMap::new();
        for row in &tables.exposed_days {
            days.entry((row.ip, row.day)).or_default().push(port(row, s));
        }
        let mut findings = Vec::new();
        for mut ports in days.into_values() {
            ports.sort_by_key(|p| (std::cmp::Reverse((p.severity, p.row.sources)), p.row.dst_port, p.row.protocol));
            let rest = if ports.len() > s.ports_apart + 1 { ports.split_off(s.ports_apart) } else { Vec::new() };
            findings.extend(ports.iter().map(|port| finding(std::slice::from_ref(port), &rules, s)));
            findings.extend((!rest.is_empty()).then(|| finding(&rest, &rules, s)));
        }
        let mut denied: Vec<_> = tables.denied_days.iter().collect();
        denied.sort_by_key(|row| (row.ip, row.day));
        findings.extend(denied.into_iter().map(|row| denied::finding(row, s)));
        findings
    }
}

/// The rows of exposed ports by address, port and protocol.
type Rules<'a> = BTreeMap<(Address, u16, u8), Vec<&'a ExposedRow>>;

fn rules(tables: &Tables) -> Rules<'_> {
    let mut rules = Rules::new();
    for row in &tables.exposed_ports {
        rules.entry((row.ip, row.dst_port, row.protocol)).or_default().push(row);
    }
    rules
}

/// One port of a day, judged.
fn port<'a>(row: &'a ExposedDay, s: &Settings) -> Port<'a> {
    let answer = answer(row);
    let severity = if row.flows == 0 { Severity::Info } else { severity(row.dst_port, row.sources, answer, s) };
    Port { row, answer, severity }
}

/// Whether something answered, by the packets and bytes that came back.
fn answer(row: &ExposedDay) -> Answer {
    let answered = match row.protocol {
        TCP => row.packets_sent > row.flows.saturating_mul(2) || row.bytes_sent > row.packets_sent.saturating_mul(80),
        _ => row.bytes_sent > 0,
    };
    match answered {
        true => Answer::Answered,
        false if row.tuples_unmeasured > 0 => Answer::Unmeasured,
        false => Answer::Unanswered,
    }
}

/// How much a port matters, as the documentation's table says.
fn severity(port: u16, sources: u64, answer: Answer, s: &Settings) -> Severity {
    let answered = if sensitive(port).is_some() {
        Severity::High
    } else if WEB_PORTS.contains(&port) {
        Severity::Info
    } else if PUBLIC_PORTS.contains(&port) || sources < s.sources_many {
        Severity::Low
    } else {
        Severity::Medium
    };
    match (answer, answered) {
        (Answer::Answered | Answer::Unmeasured, _) => answered,
        (Answer::Unanswered, Severity::High) => Severity::Medium,
        (Answer::Unanswered, Severity::Medium) => Severity::Low,
        (Answer::Unanswered, _) => Severity::Info,
    }
}

/// The finding of one port, or of several that are folded together; `ports` are of one address and day, not empty, the worst first.
fn finding(ports: &[Port], rules: &Rules, s: &Settings) -> Finding {
    let rows = || ports.iter().map(|port| port.row);
    let ExposedDay { ip, day, .. } = ports[0].row;
    let date = date(*day);
    let sum = |measure: fn(&ExposedDay) -> u64| rows().map(measure).fold(0, u64::saturating_add);
    let most_sources = rows().map(|row| row.sources).max().unwrap_or(0);
    let protocols: BTreeSet<u8> = rows().map(|row| row.protocol).collect();
    let key = match ports {
        [port] => format!("port {} protocol {} day {date}", port.row.dst_port, port.row.protocol),
        _ => format!("other ports day {date}"),
    };
    let actor = ip.to_string();
    let words = if let [port] = ports { words_of_port(&actor, &date, port) } else { words_of_rest(&actor, &date, ports) };
    Finding {
        id: id("exposed_service", &actor, &key),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector: "exposed_service",
        title: words.title,
        severity: severity_of(ports, s),
        score: score(most_sources, s.sources_many),
        actor_kind: ActorKind::Ip,
        targets: targets(ports),
        ports: listed(most_tried(ports.iter().map(|p| (p.row.dst_port, 1 + p.severity as u64)))),
        protocol: if protocols.len() == 1 { protocols.first().copied() } else { None },
        direction: "Inbound",
        interface: rows().map(|row| row.mac.as_str()).min().unwrap_or_default().to_owned(),
        first_time: rfc3339(rows().map(|row| row.first_time).min().unwrap_or(0)),
        last_time: rfc3339(rows().map(|row| row.last_time).max().unwrap_or(0)),
        flows: sum(|row| row.flows),
        bytes_sent: sum(|row| row.bytes_sent),
        bytes_received: sum(|row| row.bytes_received),
        techniques: techniques(ports),
        evidence: evidence(ports, rules, most_sources, s),
        why: words.why,
        next_step: format!(
            "List who came with `azflow flows --ip {actor} --port {} INPUT`. If the port need not be public, narrow its rule: `az network \
             nsg rule update --source-address-prefixes`, or for administration use Azure Bastion or just-in-time access.",
            ports[0].row.dst_port
        ),
        actor,
    }
}

/// `2024-08-19` of a day from the epoch.
fn date(day: u32) -> String {
    rfc3339(i64::from(day) * DAY_MS).chars().take(10).collect()
}

/// The sources of the day: of one port those with most flows first, of several those that stand among the first of most ports.
fn targets(ports: &[Port]) -> Vec<String> {
    let rank = |at: usize| (LISTED_MAX.saturating_sub(at)) as u64;
    let ranked = ports.iter().flat_map(|port| port.row.top_sources.iter().enumerate().map(move |(at, ip)| (*ip, rank(at))));
    most_tried(ranked).iter().take(LISTED_MAX).map(Address::to_string).collect()
}

/// The worst of the ports, and at least medium where a rule seems to let everything in.
fn severity_of(ports: &[Port], s: &Settings) -> Severity {
    let worst = ports.iter().map(|port| port.severity).max().unwrap_or(Severity::Info);
    let begun = ports.iter().filter(|port| port.row.flows > 0).count();
    if begun >= s.ports_open_rule { worst.max(Severity::Medium) } else { worst }
}

/// T1133 where a port serves administration, T1190 where one serves anything else.
fn techniques(ports: &[Port]) -> Vec<&'static str> {
    let technique = |port: &Port| match sensitive(port.row.dst_port) {
        Some((Kind::Administration, _)) => "T1133",
        _ => "T1190",
    };
    ports.iter().map(technique).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The rules that let a day's traffic through to the ports: those with traffic before the day ends and after it begins.
fn rules_of<'a>(ports: &[Port], rules: &Rules<'a>) -> BTreeSet<&'a str> {
    let of_port = |row: &ExposedDay| {
        let (from, to) = (i64::from(row.day) * DAY_MS, (i64::from(row.day) + 1) * DAY_MS);
        let all = rules.get(&(row.ip, row.dst_port, row.protocol)).into_iter().flatten();
        all.filter(move |rule| rule.first_time < to && rule.last_time >= from).map(|rule| rule.rule.as_str())
    };
    ports.iter().flat_map(|port| of_port(port.row)).collect()
}

fn evidence(ports: &[Port], rules: &Rules, sources: u64, s: &Settings) -> BTreeMap<&'static str, Evidence> {
    let count = |answer: Answer| Evidence::Count(ports.iter().filter(|port| port.answer == answer).count() as u64);
    let sum = |measure: fn(&ExposedDay) -> u64| ports.iter().map(|port| measure(port.row)).fold(0, u64::saturating_add);
    let rules = rules_of(ports, rules);
    let mut evidence = BTreeMap::from([
        ("sources", Evidence::Count(sources)),
        ("sources_many", Evidence::Count(s.sources_many)),
        ("flows", Evidence::Count(sum(|row| row.flows))),
        ("packets_back", Evidence::Count(sum(|row| row.packets_sent))),
        ("bytes_back", Evidence::Count(sum(|row| row.bytes_sent))),
        ("rules", Evidence::List(rules.into_iter().take(LISTED_MAX).map(str::to_owned).collect())),
    ]);
    if let [port] = ports {
        evidence.insert("answer", Evidence::Text(port.answer.name().to_owned()));
    } else {
        evidence.insert("ports", Evidence::Count(ports.len() as u64));
        evidence.insert("ports_open_rule", Evidence::Count(s.ports_open_rule as u64));
        evidence.insert("ports_answered", count(Answer::Answered));
        evidence.insert("ports_unanswered", count(Answer::Unanswered));
        evidence.insert("ports_unmeasured", count(Answer::Unmeasured));
    }
    evidence
}

/// Title and reason.
struct Words {
    title: String,
    why: String,
}

fn words_of_port(actor: &str, date: &str, port: &Port) -> Words {
    let name = named(port.row.dst_port);
    let sources = counted(port.row.sources, "public source");
    let flows = counted(port.row.flows, "flow");
    let bytes = bytes(port.row.bytes_sent);
    if port.row.flows == 0 {
        return Words {
            title: format!("{actor} has traffic of {sources} on {name} that began elsewhere, on {date}"),
            why: format!(
                "On {date} flows of {sources} with {name} of {actor} went on or ended, and it sent {bytes}, but none began: they began \
                 before that day, or the host began them itself."
            ),
        };
    }
    match port.answer {
        Answer::Answered => Words {
            title: format!("{actor} serves {name} to {sources} on {date}"),
            why: format!("On {date} a rule let {sources} through to {name} of {actor} in {flows}, and it answered with {bytes}."),
        },
        Answer::Unanswered => Words {
            title: format!("{actor} lets {sources} through to {name}, which does not answer, on {date}"),
            why: format!(
                "On {date} a rule let {sources} through to {name} of {actor} in {flows}, but {bytes} came back: no service, only an open rule."
            ),
        },
        Answer::Unmeasured => Words {
            title: format!("{actor} lets {sources} through to {name} on {date}"),
            why: format!(
                "On {date} a rule let {sources} through to {name} of {actor} in {flows}; this log does not measure whether it answered."
            ),
        },
    }
}

fn words_of_rest(actor: &str, date: &str, ports: &[Port]) -> Words {
    let answered = ports.iter().filter(|port| port.answer != Answer::Unanswered).count();
    let flows = ports.iter().map(|port| port.row.flows).fold(0, u64::saturating_add);
    let (count, flows) = (counted(ports.len() as u64, "more port"), counted(flows, "flow"));
    Words {
        title: format!("Public sources let through to {count} of {actor} on {date}"),
        why: format!(
            "On {date} public sources were let through to {count} of {actor} in {flows}; {answered} of them answered or were not measured."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::SENSITIVE;

    #[test]
    fn the_documentation_lists_every_port_of_the_tables() {
        assert!(SENSITIVE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let source = include_str!("exposed_service.rs");
        let (table, _) = source.split_once("/// | others |").expect("the table ends with the others");
        let numbers: BTreeSet<u16> =
            table.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
        let ports = SENSITIVE.iter().map(|entry| entry.0).chain(WEB_PORTS).chain(PUBLIC_PORTS);
        assert_eq!(ports.filter(|port| !numbers.contains(port)).collect::<Vec<u16>>(), Vec::<u16>::new());
    }
}
