//! Finds sources that try many ports of one host.
//!
//! Goes in: `port_fan_out`. Comes out: one finding per campaign of an actor, and a summary of inbound noise per host and day.
//! Does not look at one port on many hosts: that is `host_sweep`.

use super::campaign::{Campaign, Judge, Tried, campaigns};
use super::{Detector, Setting, counted, score};
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::Tables;

/// A source that tries many ports of one host and gets no answer from most of them.
///
/// # What it finds
///
/// Vertical scans: one source, one host, many destination ports within an hour. All hosts and hours of a source that lie
/// close together are one campaign and one finding.
///
/// # Why it matters
///
/// From a host of yours it is discovery after a break-in, or a scanner nobody told you of. From the Internet it is the
/// weather: it matters where something was let through.
///
/// # How
///
/// Per source, host, protocol and hour, u distinct ports without an answer (denied, or allowed with at most one packet
/// back per flow) and a ports with an answer. An hour counts if u ≥ `ports_min`, u / (u + a) ≥ `unanswered_share_min`, and
/// `service_ports_min` of the ports lie below 32768, where services live. UDP counts only where at least half of
/// the flows were denied, since its counters do not show an answer. Hours of one source belong to one campaign until a pause of more than
/// `pause_hours`. Score = p / (p + `ports_min`) with p the most ports of one host in an hour.
///
/// | source | severity |
/// |---|---|
/// | inside: local, known VNet, on-premises, private | medium; high from `ports_high` ports of one host in an hour |
/// | outside, something allowed or answered | low |
/// | outside, everything denied | info |
///
/// Of scans from outside the worst `apart_per_day` per host and UTC day have their own finding; the rest of the day is summed
/// up in one finding whose actor is the host and whose targets are the scanners.
///
/// # Settings
///
/// - `ports_min`: default 15, range 10 to 65535, ports of one host within an hour. Zeek takes 15 in 5 minutes and Slips 5 in
///   an hour; labelled benign hosts stay below 10. Raising it hides slow scans.
/// - `unanswered_share_min`: default 0.5, range 0 to 1, share of ports. The middle between the 0.2 of benign hosts and the 0.8 of
///   scanners that Threshold Random Walk assumes. Raising it hides scans of hosts with many services.
/// - `service_ports_min`: default 5, range 0 to 32768, ports. Raising it hides scans of few services, 0 reports late answers as scans.
/// - `ports_high`: default 100, range 10 to 65535, ports of one host within an hour: more than a person tries by hand. Raising it makes
///   fewer findings high.
/// - `pause_hours`: default 2, range 0 to 168, hours without a row inside a campaign. Raising it joins separate scans.
/// - `apart_per_day`: default 2, range 0 to 100, findings per host and day. Raising it shows more Internet noise.
///
/// # Known false positives
///
/// Vulnerability scanners and monitoring that you run yourself: their findings are right, and their addresses known to you. Late
/// answers of a server to ephemeral ports look like tries of high ports; `service_ports_min` leaves them out, together with
/// scans of nothing but high ports. A scan slower than `ports_min` ports an hour is not seen.
///
/// # References
///
/// ATT&CK T1046 (network service discovery), T1595.001 (active scanning: scanning IP blocks). Zeek `policy/misc/scan.zeek`. J. Jung et al.,
/// "Fast Portscan Detection Using Sequential Hypothesis Testing", IEEE S&P 2004.
pub struct PortScan;

/// Thresholds of [`PortScan`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Ports of one host within an hour.
    pub ports_min: u64,
    /// Share of ports without an answer.
    pub unanswered_share_min: f64,
    /// Ports below 32768 among them.
    pub service_ports_min: u64,
    /// Ports of one host within an hour.
    pub ports_high: u64,
    /// Hours.
    pub pause_hours: u32,
    /// Findings per host and day.
    pub apart_per_day: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ports_min: 15, unanswered_share_min: 0.5, service_ports_min: 5, ports_high: 100, pause_hours: 2, apart_per_day: 2 }
    }
}

/// First port of Linux's ephemeral range; Windows begins at 49152. Source: `ip_local_port_range`, RFC 6335.
const EPHEMERAL_PORTS: u16 = 32_768;

impl Detector for PortScan {
    fn name(&self) -> &'static str {
        "port_scan"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["port_fan_out", "traffic_by_ip"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.port_scan;
        vec![
            Setting { name: "ports_min", value: s.ports_min as f64, least: 10.0, most: 65_535.0 },
            Setting { name: "unanswered_share_min", value: s.unanswered_share_min, least: 0.0, most: 1.0 },
            Setting { name: "service_ports_min", value: s.service_ports_min as f64, least: 0.0, most: 32_768.0 },
            Setting { name: "ports_high", value: s.ports_high as f64, least: 10.0, most: 65_535.0 },
            Setting { name: "pause_hours", value: f64::from(s.pause_hours), least: 0.0, most: 168.0 },
            Setting { name: "apart_per_day", value: s.apart_per_day as f64, least: 0.0, most: 100.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.port_scan;
        let tried = (tables.port_fan_out.iter().map(Tried::from_ports))
            .filter(|t| t.is_fan_out(s.ports_min, s.unanswered_share_min) && service_ports(t) >= s.service_ports_min)
            .collect();
        let judge = Judge {
            detector: self.name(),
            severity: &|campaign| severity(campaign, s),
            score: &|campaign| score(campaign.peak(), s.ports_min),
            describe: &|campaign| describe(self.name(), campaign, s),
            per_target: true,
            apart: s.apart_per_day,
            what: "port scans",
        };
        judge.findings(campaigns(tried, s.pause_hours, tables))
    }
}

/// How many of the ports are such that services listen on.
fn service_ports(tried: &Tried) -> u64 {
    tried.ports.iter().filter(|port| **port < EPHEMERAL_PORTS).count() as u64
}

/// How bad a campaign is.
fn severity(campaign: &Campaign<'_>, s: &Settings) -> Severity {
    let peak = campaign.peak();
    match campaign.is_inside {
        true if peak >= s.ports_high => Severity::High,
        true => Severity::Medium,
        false if campaign.was_let_through() => Severity::Low,
        false => Severity::Info,
    }
}

/// The finding of a campaign, in words.
fn describe(detector: &'static str, campaign: &Campaign<'_>, s: &Settings) -> Finding {
    let mut finding = campaign.finding(detector);
    let (actor, peak) = (campaign.actor, campaign.peak());
    let targets = campaign.targets();
    let target = targets.first().copied().unwrap_or_default();
    let whom = if targets.len() == 1 { target.to_string() } else { counted(targets.len() as u64, "host") };
    let ports = campaign.ports().len() as u64;
    finding.title = format!("{actor} scanned {} of {whom}", counted(ports, "port"));
    finding.score = score(peak, s.ports_min);
    finding.severity = severity(campaign, s);
    finding.techniques = vec![if campaign.is_inside { "T1046" } else { "T1595.001" }];
    finding.evidence.insert("ports_peak", Evidence::Count(peak));
    finding.evidence.insert("ports_min", Evidence::Count(s.ports_min));
    finding.evidence.insert("unanswered_share_min", Evidence::Number(s.unanswered_share_min));
    finding.why = format!(
        "{actor} got no answer from up to {peak} ports of one host within an hour (threshold {}), {} in all of {}, in {}.",
        s.ports_min,
        counted(ports, "port"),
        counted(targets.len() as u64, "host"),
        counted(campaign.hours(), "hour"),
    );
    finding.next_step = if campaign.is_inside {
        format!(
            "List what it tried with `azflow flows --ip {actor} INPUT`, find the process on {actor} at that time, and if nobody knows of \
             it, isolate the host. In Log Analytics: `NTANetAnalytics | where SrcIp == '{actor}' | summarize dcount(DestPort) by DestIp, FlowStatus`."
        )
    } else {
        format!(
            "See what was let through with `azflow flows --ip {actor} INPUT`; if anything was, narrow the rule (`az network nsg rule \
             update --source-address-prefixes`)."
        )
    };
    finding
}
