//! Finds sources that try one port on many hosts.
//!
//! Goes in: `host_fan_out`. Comes out: one finding per campaign of an actor, and a summary of inbound noise per day.
//! Does not look at many ports of one host: that is `port_scan`.

use super::campaign::{Campaign, Judge, TCP, Tried, campaigns};
use super::{Detector, Setting, counted, score};
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::Tables;

/// A source that tries one port on many hosts and gets no answer from most of them.
///
/// # What it finds
///
/// Horizontal scans: one source, one destination port, many hosts within an hour. All ports and hours of a source that lie
/// close together are one campaign and one finding.
///
/// # Why it matters
///
/// From a host of yours it is how worms and intruders look for their next host. From the Internet it is the weather: it
/// matters where something was let through.
///
/// # How
///
/// Per source, port, protocol and hour, u distinct hosts without an answer (denied, or allowed with at most one packet back
/// per flow) and a hosts with an answer. An hour counts if u ≥ `hosts_min` and u / (u + a) ≥ `unanswered_share_min`. UDP counts only
/// where at least half of the flows were denied, since its counters do not show an answer, and never on ports 53 and 123, where
/// resolvers and clock pools have many peers. Hours of one source belong to one campaign until a pause of more than `pause_hours`. Score =
/// h / (h + `hosts_min`) with h the most hosts on one port in an hour.
///
/// | source | severity |
/// |---|---|
/// | inside: local, known VNet, on-premises, private | medium; high from `hosts_high` hosts on a port in an hour, or on a port of remote administration (22, 23, 135, 139, 445, 3389, 5985, 5986) |
/// | outside, something allowed or answered | low |
/// | outside, everything denied | info |
///
/// Of sweeps from outside the worst `apart_per_day` of a UTC day have their own finding; the rest of the day is summed up in one
/// finding whose actor is the host that most sweeps hit and whose targets are the sources.
///
/// # Settings
///
/// - `hosts_min`: default 25, range 10 to 65535, hosts on one port within an hour. Zeek takes 25 in 5 minutes, Sentinel 20 in an hour;
///   labelled benign hosts stay below 10 on TCP. Raising it hides sweeps of small subnets.
/// - `unanswered_share_min`: default 0.5, range 0 to 1, share of hosts. The middle between the 0.2 of benign hosts and the 0.8 of scanners
///   that Threshold Random Walk assumes. Raising it hides sweeps of subnets that answer.
/// - `hosts_high`: default 100, range 10 to 65535, hosts on one port within an hour, Elastic's threshold of a sweep. Raising it makes fewer
///   findings high.
/// - `pause_hours`: default 2, range 0 to 168, hours without a row inside a campaign. Raising it joins separate sweeps.
/// - `apart_per_day`: default 2, range 0 to 100, findings per day. Raising it shows more Internet noise.
///
/// # Known false positives
///
/// Vulnerability scanners and monitoring that you run yourself. A load balancer or deployment tool whose hosts are mostly down.
/// Peer-to-peer clients on TCP. Azure's health probes (168.63.129.16) are left out. NSG logs of version 1 count no packets, so
/// only their denied flows can be without an answer.
///
/// # References
///
/// ATT&CK T1046 (network service discovery), T1018 (remote system discovery), T1595 (active scanning). Zeek `policy/misc/scan.zeek`. J. Jung et al., "Fast
/// Portscan Detection Using Sequential Hypothesis Testing", IEEE S&P 2004.
pub struct HostSweep;

/// Thresholds of [`HostSweep`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Hosts on one port within an hour.
    pub hosts_min: u64,
    /// Share of hosts without an answer.
    pub unanswered_share_min: f64,
    /// Hosts on one port within an hour.
    pub hosts_high: u64,
    /// Hours.
    pub pause_hours: u32,
    /// Findings per day.
    pub apart_per_day: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hosts_min: 25, unanswered_share_min: 0.5, hosts_high: 100, pause_hours: 2, apart_per_day: 2 }
    }
}

/// Ports of remote administration, by which intruders and worms move on. Source: Elastic and Maltrail lists of sweep ports.
const ADMINISTRATION_PORTS: [u16; 8] = [22, 23, 135, 139, 445, 3389, 5985, 5986];
/// UDP ports whose clients have many peers by design: DNS and NTP.
const POOLED_UDP_PORTS: [u16; 2] = [53, 123];

impl Detector for HostSweep {
    fn name(&self) -> &'static str {
        "host_sweep"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["host_fan_out", "traffic_by_ip"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.host_sweep;
        vec![
            Setting { name: "hosts_min", value: s.hosts_min as f64, least: 10.0, most: 65_535.0 },
            Setting { name: "unanswered_share_min", value: s.unanswered_share_min, least: 0.0, most: 1.0 },
            Setting { name: "hosts_high", value: s.hosts_high as f64, least: 10.0, most: 65_535.0 },
            Setting { name: "pause_hours", value: f64::from(s.pause_hours), least: 0.0, most: 168.0 },
            Setting { name: "apart_per_day", value: s.apart_per_day as f64, least: 0.0, most: 100.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.host_sweep;
        let tried = (tables.host_fan_out.iter().map(Tried::from_hosts))
            .filter(|t| t.is_fan_out(s.hosts_min, s.unanswered_share_min) && !is_pooled(t))
            .collect();
        let judge = Judge {
            detector: self.name(),
            severity: &|campaign| severity(campaign, s),
            score: &|campaign| score(campaign.peak(), s.hosts_min),
            describe: &|campaign| describe(self.name(), campaign, s),
            per_target: false,
            apart: s.apart_per_day,
            what: "host sweeps",
        };
        judge.findings(campaigns(tried, s.pause_hours, tables))
    }
}

/// Whether many peers are normal for this port.
fn is_pooled(tried: &Tried) -> bool {
    tried.protocol != TCP && tried.ports.iter().all(|port| POOLED_UDP_PORTS.contains(port))
}

/// How bad a campaign is.
fn severity(campaign: &Campaign<'_>, s: &Settings) -> Severity {
    let peak = campaign.peak();
    let is_administration = || campaign.ports().iter().any(|port| ADMINISTRATION_PORTS.contains(port));
    match campaign.is_inside {
        true if peak >= s.hosts_high || is_administration() => Severity::High,
        true => Severity::Medium,
        false if campaign.was_let_through() => Severity::Low,
        false => Severity::Info,
    }
}

/// The finding of a campaign, in words.
fn describe(detector: &'static str, campaign: &Campaign<'_>, s: &Settings) -> Finding {
    let mut finding = campaign.finding(detector);
    let (actor, peak) = (campaign.actor, campaign.peak());
    let (hosts, ports) = (campaign.targets().len() as u64, campaign.ports());
    let on = match ports {
        [port] => format!("port {port}"),
        _ => counted(ports.len() as u64, "port"),
    };
    finding.title = format!("{actor} swept {} on {on}", counted(hosts, "host"));
    finding.score = score(peak, s.hosts_min);
    finding.severity = severity(campaign, s);
    finding.techniques = if campaign.is_inside { vec!["T1018", "T1046"] } else { vec!["T1595"] };
    finding.evidence.insert("hosts_peak", Evidence::Count(peak));
    finding.evidence.insert("hosts_min", Evidence::Count(s.hosts_min));
    finding.evidence.insert("unanswered_share_min", Evidence::Number(s.unanswered_share_min));
    finding.why = format!(
        "{actor} got no answer from up to {peak} hosts on one port within an hour (threshold {}), {} in all on {on}, in {}.",
        s.hosts_min,
        counted(hosts, "host"),
        counted(campaign.hours(), "hour"),
    );
    finding.next_step = if campaign.is_inside {
        format!(
            "List what it tried with `azflow flows --ip {actor} INPUT`, find the process on {actor} at that time, and check the hosts that \
             answered. In Log Analytics: `NTANetAnalytics | where SrcIp == '{actor}' | summarize dcount(DestIp) by DestPort, FlowStatus`."
        )
    } else {
        format!(
            "See what was let through with `azflow flows --ip {actor} INPUT`; if anything was, narrow the rule (`az network nsg rule \
             update --source-address-prefixes`)."
        )
    };
    finding
}
