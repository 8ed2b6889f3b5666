//! Data that tests draw: a day of twelve NICs in five subnets, the same with hostile names, and a run that read nothing.
//!
//! The numbers are made up but regular: no randomness, sums that agree where a reader would compare them.

use std::collections::BTreeMap;

use crate::schema::finding::{ActorKind, Evidence, Finding, Findings, Incident, Severity};
use crate::schema::partial::{BlobProblem, StateCounts};
use crate::schema::reject::{Reason, Reject};
use crate::schema::summary::{FindingCounts, Input, SCHEMA_VERSION, Summary, TableInfo, Traffic, TrafficTotals, Tuples, Window};
use crate::schema::tables::{
    CapturePointRow, Counting, CoverageRow, ExposedRow, InterfaceRow, IpRow, MatrixRow, Measures, NamedRow, PairKey,
    PairMeasures, PairRow, PortRow, RejectedRow, RuleRow, Scope, SubnetRow, Tables, TimeRow,
};
use crate::schema::units::{HOUR_MS, Interval, MINUTE_MS, date_start, rfc3339};
use crate::schema::{Address, Direction, Format, Status};

use super::ReportInput;

/// Everything that a [`ReportInput`] borrows.
pub struct Fixture {
    pub summary: Summary,
    pub tables: Tables,
    pub findings: Findings,
    pub problems: Vec<BlobProblem>,
    pub interval: Interval,
    pub has_topology: bool,
}

impl Fixture {
    pub fn input(&self) -> ReportInput<'_> {
        ReportInput {
            summary: &self.summary,
            tables: &self.tables,
            findings: &self.findings,
            problems: &self.problems,
            interval: self.interval,
            has_topology: self.has_topology,
            version: "0.1.0",
        }
    }
}

/// A name that tries to leave every format it is put in.
pub const HOSTILE: &str = "=cmd|'/c calc'!A1</script><script>alert(1)</script>\"'&\u{0}\u{1b}\u{202E}evil\u{FFFF}😀]]>";

const SUBNETS: [(&str, &str); 5] =
    [("web", "10.0.1"), ("app", "10.0.2"), ("data", "10.0.3"), ("mgmt", "10.0.4"), ("batch", "10.0.5")];

/// 2024-08-19T00:00Z, ms since the epoch.
pub fn start() -> i64 {
    date_start(2024, 8, 19)
}

pub fn address(text: &str) -> Address {
    text.parse::<std::net::IpAddr>().expect("test address").into()
}

fn measures(seed: u64, scale: u64) -> Measures {
    let wave = 40 + (seed * 37 + seed * seed * 11) % 60;
    Measures {
        flows_inbound_allowed: scale * wave / 40,
        flows_inbound_denied: scale * (seed % 5) / 4,
        flows_outbound_allowed: scale * wave / 25,
        flows_outbound_denied: seed % 3,
        bytes_received: scale * wave * 91_003,
        bytes_sent: scale * wave * 40_507,
        packets_received: scale * wave * 97,
        packets_sent: scale * wave * 61,
        tuples_unmeasured: seed % 2,
    }
}

fn pair_measures(seed: u64, scale: u64) -> PairMeasures {
    let m = measures(seed, scale);
    PairMeasures {
        flows_allowed: m.flows_inbound_allowed,
        flows_denied: m.flows_inbound_denied,
        bytes_received: m.bytes_received,
        bytes_sent: m.bytes_sent,
        packets_received: m.packets_received,
        packets_sent: m.packets_sent,
        tuples_unmeasured: m.tuples_unmeasured,
    }
}

fn mac(i: usize) -> String {
    format!("000D3AF8{:04X}", 0x7850 + i)
}

fn log_resource(i: usize) -> String {
    let name = ["WEB", "APP", "DATA"][i % 3];
    format!(
        "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG-NET/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/{name}-NSG"
    )
}

/// A day of twelve NICs.
pub fn day() -> Fixture {
    let tables = Tables {
        traffic_by_ip: ips(),
        traffic_by_interface: interfaces(),
        capture_points: capture_points(),
        traffic_by_subnet: subnets(),
        traffic_by_pair: pairs(400),
        traffic_by_port: ports(),
        traffic_by_rule: rules(),
        traffic_by_flow_type: named(&["IntraVNet", "ExternalPublic", "AzurePublic", "MaliciousFlow", "UnknownPrivate"]),
        traffic_by_country: named(&["US", "NL", "DE", "CN", "BR", ""]),
        traffic_over_time: over_time(),
        subnet_matrix: matrix(),
        exposed_ports: exposed(),
        coverage: coverage(),
        rejects: rejects(),
        ..Tables::default()
    };
    let findings = findings();
    Fixture {
        summary: summary(&tables, &findings),
        findings,
        problems: vec![BlobProblem {
            blob: "nsg/y=2024/m=08/d=19/h=07/PT1H.json".into(),
            problem: "cut off: byte 48,112: the file ends inside a record".into(),
        }],
        tables,
        interval: Interval::TenMinutes,
        has_topology: true,
    }
}

/// The day, with [`HOSTILE`] in every text that a log can hold.
pub fn hostile() -> Fixture {
    let mut fixture = day();
    let t = &mut fixture.tables;
    for row in &mut t.traffic_by_ip {
        row.vm = HOSTILE.into();
        row.threat = HOSTILE.into();
        row.country = HOSTILE.into();
    }
    t.traffic_by_interface.iter_mut().for_each(|row| row.interface = HOSTILE.into());
    t.traffic_by_subnet.iter_mut().for_each(|row| row.subnet = format!("{HOSTILE}{}", row.subnet));
    t.subnet_matrix.iter_mut().for_each(|row| row.src_subnet = format!("{HOSTILE}{}", row.src_subnet));
    t.traffic_by_rule.iter_mut().for_each(|row| row.rule = format!("{}{HOSTILE}", "R".repeat(300)));
    t.traffic_by_port.iter_mut().for_each(|row| row.l7_protocol = HOSTILE.into());
    t.traffic_by_pair.iter_mut().for_each(|row| row.flow_type = HOSTILE.into());
    t.exposed_ports.iter_mut().for_each(|row| row.rule = HOSTILE.into());
    t.coverage.iter_mut().for_each(|row| row.mac = HOSTILE.into());
    t.capture_points.iter_mut().for_each(|row| row.mac = HOSTILE.into());
    t.rejects.iter_mut().for_each(|row| row.reject.text = HOSTILE.into());
    for finding in &mut fixture.findings.findings {
        finding.title = HOSTILE.into();
        finding.actor = HOSTILE.into();
        finding.why = HOSTILE.into();
        finding.targets = vec![HOSTILE.into()];
        finding.evidence.insert("text", Evidence::Text(HOSTILE.into()));
    }
    fixture.findings.incidents.iter_mut().for_each(|incident| incident.actor = HOSTILE.into());
    fixture.problems = vec![BlobProblem { blob: HOSTILE.into(), problem: HOSTILE.into() }];
    fixture
}

/// A run that read one blob without a tuple.
pub fn empty() -> Fixture {
    let findings = Findings { schema_version: SCHEMA_VERSION, incidents: vec![], findings: vec![] };
    let mut summary = summary(&Tables::default(), &findings);
    summary.window = Window::default();
    summary.traffic = Traffic::default();
    summary.tuples = Tuples::default();
    summary.input = Input { blobs: 1, bytes: 15, ..Input::default() };
    Fixture {
        summary,
        tables: Tables::default(),
        findings,
        problems: vec![],
        interval: Interval::TenMinutes,
        has_topology: false,
    }
}

/// The day, logged by NSG version 1: no counters at all.
pub fn unmeasured() -> Fixture {
    let mut fixture = day();
    let t = &mut fixture.tables;
    let blank = |m: &mut Measures| {
        (m.bytes_received, m.bytes_sent, m.packets_received, m.packets_sent) = (0, 0, 0, 0);
        m.tuples_unmeasured = m.flows();
    };
    t.traffic_by_ip.iter_mut().for_each(|row| blank(&mut row.measures));
    t.traffic_by_interface.iter_mut().for_each(|row| blank(&mut row.measures));
    t.traffic_by_subnet.iter_mut().for_each(|row| blank(&mut row.measures));
    t.traffic_over_time.iter_mut().for_each(|row| blank(&mut row.measures));
    t.subnet_matrix.iter_mut().for_each(|row| (row.measures.bytes_received, row.measures.bytes_sent) = (0, 0));
    t.traffic_by_port.iter_mut().for_each(|row| (row.measures.bytes_received, row.measures.bytes_sent) = (0, 0));
    for totals in [&mut fixture.summary.traffic.observed, &mut fixture.summary.traffic.deduplicated] {
        (totals.bytes_src_to_dst, totals.bytes_dst_to_src) = (0, 0);
        totals.tuples_unmeasured = 1_204;
    }
    fixture.has_topology = false;
    fixture
}

/// Ten years, hundreds of NICs and subnets: what must stay legible and small.
pub fn vast() -> Fixture {
    let mut fixture = day();
    let t = &mut fixture.tables;
    t.traffic_over_time =
        (0..5_000).map(|i| TimeRow { interval_start: start() + i * 17 * HOUR_MS, measures: measures(i as u64, 3) }).collect();
    let first_hour = (start() / HOUR_MS) as u32;
    t.coverage = (0..300)
        .flat_map(|nic| (0..87_600).step_by(60 + nic * 7).map(move |hour| (nic, first_hour + hour as u32)))
        .map(|(nic, hour)| CoverageRow { log_resource: log_resource(nic), mac: mac(nic), hour, records: 1, tuples: 9 })
        .collect();
    let name = |i: u64| format!("hub-vnet-westeurope-production/subnet-with-a-long-name-{i:03}");
    t.subnet_matrix = (0..40)
        .flat_map(|i| (0..40).map(move |j| (i, j)))
        .filter(|(i, j)| (i * 7 + j * 3) % 4 > 0)
        .map(|(i, j)| MatrixRow { src_subnet: name(i), dst_subnet: name(j), measures: pair_measures(i * j, 1 + i * i * j) })
        .collect();
    t.traffic_by_subnet = (0..200)
        .map(|i| SubnetRow {
            subnet: name(i),
            vnet: "hub".into(),
            prefix: "10.0.0.0/24".into(),
            measures: measures(i, 4_000 / (i + 1)),
        })
        .collect();
    fixture.summary.window =
        Window { first_time: Some(rfc3339(start())), last_time: Some(rfc3339(start() + 5_000 * 17 * HOUR_MS)) };
    fixture
}

fn ips() -> Vec<IpRow> {
    let mut rows: Vec<IpRow> = (0..12)
        .map(|i| {
            let (subnet, prefix) = SUBNETS[i % 5];
            IpRow {
                ip: address(&format!("{prefix}.{}", 4 + i / 5)),
                scope: Scope::Local,
                subnet: format!("hub/{subnet}"),
                interface: format!("nic-{subnet}-{}", i / 5 + 1),
                vm: format!("vm-{subnet}-{}", i / 5 + 1),
                measures: measures(i as u64, 900 / (i as u64 + 1)),
                ..IpRow::default()
            }
        })
        .collect();
    rows.extend((0..60).map(|i| IpRow {
        ip: address(&format!("203.0.113.{}", i + 1)),
        scope: Scope::ExternalPublic,
        country: ["US", "NL", "DE", "CN", "BR"][i % 5].into(),
        asn: if i % 3 == 0 { "AS64500 Example Net".into() } else { String::new() },
        threat: if i == 7 { "blocklist.txt: 203.0.113.0/29".into() } else { String::new() },
        measures: measures(i as u64, 90 / (i as u64 + 1)),
        ..IpRow::default()
    }));
    rows.push(IpRow { ip: address("2001:db8:85a3:1234:5678:8a2e:370:7334"), measures: measures(3, 50), ..IpRow::default() });
    rows.sort_by(|a, b| b.measures.bytes().cmp(&a.measures.bytes()).then(a.ip.cmp(&b.ip)));
    rows
}

fn interfaces() -> Vec<InterfaceRow> {
    let mut rows: Vec<InterfaceRow> = (0..12)
        .map(|i| {
            let (subnet, prefix) = SUBNETS[i % 5];
            InterfaceRow {
                mac: mac(i),
                interface: if i % 4 == 3 { String::new() } else { format!("nic-{subnet}-{}", i / 5 + 1) },
                ips: vec![address(&format!("{prefix}.{}", 4 + i / 5))],
                subnet: format!("hub/{subnet}"),
                log_resources: vec![log_resource(i)],
                measures: measures(i as u64, 900 / (i as u64 + 1)),
            }
        })
        .collect();
    rows.sort_by(|a, b| b.measures.bytes().cmp(&a.measures.bytes()).then(a.mac.cmp(&b.mac)));
    rows
}

fn capture_points() -> Vec<CapturePointRow> {
    (0..12)
        .map(|i| CapturePointRow {
            log_resource: log_resource(i),
            target_resource: String::new(),
            mac: mac(i),
            format: Format::NsgV2,
            first_time: start() + 6_000,
            last_time: start() + 24 * HOUR_MS - 9_000,
            records: 1_440,
            tuples: 20_000 + i as u64 * 731,
        })
        .collect()
}

fn subnets() -> Vec<SubnetRow> {
    let mut rows: Vec<SubnetRow> = SUBNETS
        .iter()
        .enumerate()
        .map(|(i, (name, prefix))| SubnetRow {
            subnet: format!("hub/{name}"),
            vnet: "hub".into(),
            prefix: format!("{prefix}.0/24"),
            measures: measures(i as u64, 1_800 / (i as u64 + 1)),
        })
        .collect();
    rows.push(SubnetRow { measures: measures(9, 700), ..SubnetRow::default() });
    rows.sort_by_key(|row| std::cmp::Reverse(row.measures.bytes()));
    rows
}

/// `count` pairs and the row of the rest.
pub fn pairs(count: u32) -> Vec<PairRow> {
    let mut rows: Vec<PairRow> = (0..count)
        .map(|i| PairRow {
            key: Some(PairKey {
                src_ip: Address::from_v4(0x0a00_0104 + i % 7),
                dst_ip: Address::from_v4(0x0a00_0304 + i / 7),
                dst_port: [443, 5432, 22, 53][i as usize % 4],
                protocol: if i % 4 == 3 { 17 } else { 6 },
            }),
            l7_protocol: ["https", "postgresql", "ssh", "dns"][i as usize % 4].into(),
            flow_type: "IntraVNet".into(),
            measures: pair_measures(u64::from(i % 97), 4_000 / (u64::from(i) + 1) + 1),
        })
        .collect();
    rows.push(PairRow { key: None, l7_protocol: String::new(), flow_type: String::new(), measures: pair_measures(5, 40) });
    rows
}

fn ports() -> Vec<PortRow> {
    let known = [
        (443, 6, "https"),
        (5432, 6, "postgresql"),
        (53, 17, "dns"),
        (22, 6, "ssh"),
        (3389, 6, "ms-wbt-server"),
        (445, 6, "microsoft-ds"),
    ];
    let mut rows: Vec<PortRow> = (0..40)
        .map(|i| {
            let (port, protocol, name) = known.get(i).copied().unwrap_or((8_000 + i as u16, 6, ""));
            let mut measures = pair_measures(i as u64, 2_000 / (i as u64 + 1));
            if (22..=445).contains(&port) && port != 53 && port != 443 {
                measures = PairMeasures { flows_denied: 1_500, flows_allowed: 12, ..PairMeasures::default() };
            }
            PortRow { key: Some((port, protocol)), l7_protocol: name.into(), measures }
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.measures.flows()));
    rows.push(PortRow { key: None, l7_protocol: String::new(), measures: pair_measures(4, 300) });
    rows
}

fn rules() -> Vec<RuleRow> {
    let names = [
        ("DefaultRule_DenyAllInBound", Direction::Inbound, Status::Denied),
        ("DefaultRule_AllowVnetOutBound", Direction::Outbound, Status::Allowed),
        ("UserRule_AllowHttpsFromInternet", Direction::Inbound, Status::Allowed),
        ("DefaultRule_AllowVnetInBound", Direction::Inbound, Status::Allowed),
        ("DefaultRule_AllowInternetOutBound", Direction::Outbound, Status::Allowed),
        ("UserRule_DenySmbOutBound", Direction::Outbound, Status::Denied),
        ("UserRule_AllowSshFromBastion", Direction::Inbound, Status::Allowed),
        ("PlatformRule", Direction::Outbound, Status::Allowed),
    ];
    let mut rows = Vec::new();
    for (i, (rule, direction, status)) in names.into_iter().enumerate() {
        let flows = 6_000 / (i as u64 + 1);
        let mut measures = Measures::default();
        match (direction, status) {
            (Direction::Inbound, Status::Allowed) => measures.flows_inbound_allowed = flows,
            (Direction::Inbound, Status::Denied) => measures.flows_inbound_denied = flows,
            (Direction::Outbound, Status::Allowed) => measures.flows_outbound_allowed = flows,
            (Direction::Outbound, Status::Denied) => measures.flows_outbound_denied = flows,
        }
        if status == Status::Allowed {
            (measures.bytes_received, measures.bytes_sent) = (flows * 41_000, flows * 7_000);
        }
        rows.push(RuleRow { acl: log_resource(i), rule: rule.into(), direction, status, measures });
    }
    rows
}

fn named(names: &[&str]) -> Vec<NamedRow> {
    names
        .iter()
        .enumerate()
        .map(|(i, name)| NamedRow { name: (*name).into(), measures: measures(i as u64, 900 / (i as u64 + 1)) })
        .collect()
}

/// A day with a night, a burst at 18:10, and three hours in which nothing was logged.
fn over_time() -> Vec<TimeRow> {
    (0..144_u64)
        .filter(|i| !(30..48).contains(i))
        .map(|i| {
            let daylight = 6 + (72 - i.abs_diff(80).min(72)) / 4;
            let mut measures = measures(i, daylight * if i == 109 { 4 } else { 1 });
            measures.flows_inbound_denied = if (60..66).contains(&i) { 900 } else { 20 + i % 17 };
            TimeRow { interval_start: start() + i as i64 * 10 * MINUTE_MS, measures }
        })
        .collect()
}

fn matrix() -> Vec<MatrixRow> {
    let name = |i: usize| SUBNETS.get(i).map(|(name, _)| format!("hub/{name}")).unwrap_or_default();
    let mut rows = Vec::new();
    for (i, j) in (0..6).flat_map(|i| (0..6).map(move |j| (i, j))).filter(|(i, j)| (i + 2 * j) % 3 != 1 || i + 1 == *j) {
        let mut measures = pair_measures((i * 7 + j) as u64, 400 / (1 + 9 * i as u64 * j as u64));
        if (i, j) == (5, 3) {
            measures = PairMeasures { flows_denied: 412, ..PairMeasures::default() };
        }
        rows.push(MatrixRow { src_subnet: name(i), dst_subnet: name(j), measures });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.measures.bytes()));
    rows
}

fn exposed() -> Vec<ExposedRow> {
    [(443_u16, "UserRule_AllowHttpsFromInternet", 58_u64), (22, "UserRule_AllowSshFromBastion", 3)]
        .into_iter()
        .map(|(dst_port, rule, sources)| ExposedRow {
            ip: address("10.0.1.4"),
            subnet: "hub/web".into(),
            interface: "nic-web-1".into(),
            dst_port,
            protocol: 6,
            rule: rule.into(),
            sources,
            first_time: start() + 90_000,
            last_time: start() + 23 * HOUR_MS,
            measures: measures(sources, 30),
        })
        .collect()
}

fn coverage() -> Vec<CoverageRow> {
    let first = (start() / HOUR_MS) as u32;
    let mut rows: Vec<CoverageRow> = (0..12_usize)
        .flat_map(|nic| (0..24_u32).map(move |hour| (nic, hour)))
        .filter(|(nic, hour)| !(5..8).contains(hour) && !(*nic == 4 && *hour > 15) && !(*nic == 9 && hour % 5 == 0))
        .map(|(nic, hour)| CoverageRow {
            log_resource: log_resource(nic),
            mac: mac(nic),
            hour: first + hour,
            records: 60,
            tuples: 800,
        })
        .collect();
    rows.sort_by(|a, b| (&a.log_resource, &a.mac, a.hour).cmp(&(&b.log_resource, &b.mac, b.hour)));
    rows
}

fn rejects() -> Vec<RejectedRow> {
    let reject = |tuple, reason, text: &str| Reject {
        record: 3,
        flow: Some(0),
        group: Some(1),
        tuple,
        byte_offset: 20_481,
        reason,
        text: text.into(),
    };
    vec![
        RejectedRow {
            blob: "nsg/PT1H.json".into(),
            reject: reject(Some(17), Reason::Port, "1724090346,10.0.0.4,10.0.0.5,70000,443,T,O,A,B,,,,"),
        },
        RejectedRow {
            blob: "nsg/PT1H.json".into(),
            reject: Reject { flow: None, group: None, ..reject(None, Reason::RecordTooLarge, "") },
        },
    ]
}

fn findings() -> Findings {
    let finding = |id: &str, detector, title: &str, severity, actor: &str| Finding {
        id: id.into(),
        incident: "i-1".into(),
        detector,
        title: title.into(),
        severity,
        score: 0.97,
        actor: actor.into(),
        actor_kind: ActorKind::Ip,
        targets: vec!["203.0.113.9".into(), "203.0.113.10".into()],
        ports: vec![443],
        protocol: Some(6),
        direction: "Outbound",
        interface: mac(0),
        first_time: rfc3339(start() + 6_000),
        last_time: rfc3339(start() + 20 * HOUR_MS),
        flows: 331,
        bytes_sent: 84_000,
        bytes_received: 1_230_000,
        techniques: vec!["T1071"],
        evidence: BTreeMap::from([
            ("connections", Evidence::Count(331)),
            ("interval_seconds_median", Evidence::Number(60.0)),
            ("skewness", Evidence::Number(0.0123)),
            ("peers", Evidence::List(vec!["203.0.113.9".into()])),
        ]),
        why: "331 connections to 203.0.113.9:443 at a steady interval of 60 s, sizes nearly equal".into(),
        next_step: "find the process on 10.0.2.4 that opens these connections; block the peer if nobody owns it".into(),
    };
    let findings = vec![
        finding("f-1", "beacon", "10.0.2.4 calls 203.0.113.9:443 every 60 s", Severity::Critical, "10.0.2.4"),
        finding("f-2", "port_scan", "203.0.113.44 tries 812 ports of 10.0.1.4", Severity::High, "203.0.113.44"),
        finding("f-3", "exposed_service", "10.0.1.4 offers ssh to the internet", Severity::Medium, "10.0.1.4"),
        finding("f-4", "new_peer", "10.0.3.4 talks to a peer it never talked to before", Severity::Low, "10.0.3.4"),
    ];
    let incident = Incident {
        id: "i-1".into(),
        actor: "10.0.2.4".into(),
        severity: Severity::Critical,
        first_time: rfc3339(start() + 6_000),
        last_time: rfc3339(start() + 20 * HOUR_MS),
        findings: findings.iter().map(|finding| finding.id.clone()).collect(),
        techniques: vec!["T1071"],
    };
    Findings { schema_version: SCHEMA_VERSION, incidents: vec![incident], findings }
}

fn summary(tables: &Tables, findings: &Findings) -> Summary {
    let mut totals = TrafficTotals { tuples_unmeasured: 1_204, ..TrafficTotals::default() };
    for row in &tables.traffic_over_time {
        totals.flows_inbound_allowed += row.measures.flows_inbound_allowed;
        totals.flows_inbound_denied += row.measures.flows_inbound_denied;
        totals.flows_outbound_allowed += row.measures.flows_outbound_allowed;
        totals.flows_outbound_denied += row.measures.flows_outbound_denied;
        totals.bytes_src_to_dst += row.measures.bytes_received;
        totals.bytes_dst_to_src += row.measures.bytes_sent;
    }
    let severity = |wanted| findings.findings.iter().filter(|finding| finding.severity == wanted).count() as u64;
    let info = |rows: usize, counting| TableInfo { rows: rows as u64, counting };
    Summary {
        schema_version: SCHEMA_VERSION,
        azflow_version: "0.1.0",
        window: Window { first_time: Some(rfc3339(start() + 6_000)), last_time: Some(rfc3339(start() + 24 * HOUR_MS - 9_000)) },
        input: Input {
            blobs: 288,
            blobs_failed: 1,
            blobs_ignored: 2,
            bytes: 48_112_000,
            records: 17_280,
            records_duplicate: 12,
            records_rejected: 1,
        },
        tuples: Tuples {
            read: 288_400,
            kept: 288_246,
            rejected: 154,
            by_format: BTreeMap::from([("nsg_v1", 0), ("nsg_v2", 288_246), ("vnet_v4", 0)]),
            by_state: StateCounts { begin: 120_000, continuing: 20_000, end: 119_000, denied: 29_246, unstated: 0 },
            rejected_by_reason: BTreeMap::from([("port", 120), ("time", 34)]),
            ..Tuples::default()
        },
        traffic: Traffic { observed: totals, deduplicated: totals },
        findings: FindingCounts {
            critical: severity(Severity::Critical),
            high: severity(Severity::High),
            medium: severity(Severity::Medium),
            low: severity(Severity::Low),
            info: severity(Severity::Info),
        },
        tables: BTreeMap::from([
            ("traffic_by_ip", info(tables.traffic_by_ip.len(), Counting::Deduplicated)),
            ("traffic_by_pair", info(tables.traffic_by_pair.len(), Counting::Deduplicated)),
        ]),
    }
}
