//! Findings and incidents as `findings.json` writes them.

use std::collections::BTreeMap;

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Look when there is time.
    Low,
    /// Look this week.
    Medium,
    /// Look today.
    High,
    /// Look now.
    Critical,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word that outputs and `--fail-on` use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What kind of thing the actor of a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// An address.
    Ip,
    /// A subnet.
    Subnet,
    /// An interface.
    Interface,
    /// A rule.
    Rule,
}

/// One number or text of the evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Evidence {
    /// A count.
    Count(u64),
    /// A ratio or score.
    Number(f64),
    /// A word or sentence.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// Several counts: a series.
    Counts(Vec<u64>),
}

/// Something odd that was found, with what it was found by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Hash of detector, actor and campaign key; unique in a file, the same from run to run.
    pub id: String,
    /// The incident it belongs to.
    pub incident: String,
    /// Public name of the detector.
    pub detector: &'static str,
    /// One line.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// From 0 to 1.
    pub score: f64,
    /// Who began it; for an exposure the address exposed.
    pub actor: String,
    /// What the actor is.
    pub actor_kind: ActorKind,
    /// At most 100 peers, worst first.
    pub targets: Vec<String>,
    /// Destination ports, at most 100.
    pub ports: Vec<u16>,
    /// IANA number; `null` where several.
    pub protocol: Option<u8>,
    /// Direction at the NIC.
    pub direction: &'static str,
    /// MAC of the NIC.
    pub interface: String,
    /// RFC 3339 UTC.
    pub first_time: String,
    /// RFC 3339 UTC.
    pub last_time: String,
    /// Flows.
    pub flows: u64,
    /// Bytes the actor sent.
    pub bytes_sent: u64,
    /// Bytes the actor received.
    pub bytes_received: u64,
    /// ATT&CK technique ids.
    pub techniques: Vec<&'static str>,
    /// The detector's own numbers beside their thresholds.
    pub evidence: BTreeMap<&'static str, Evidence>,
    /// Why it was found, one sentence.
    pub why: String,
    /// What to do next.
    pub next_step: String,
    /// The entry of an allow-list (TOML) that would allow it; its reason is left empty.
    pub allow_entry: String,
    /// Whether it was found in the period compared with; absent where nothing is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// Whether a finding of the window was found in the period compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// It was not.
    New,
    /// It was.
    Ongoing,
}

impl Since {
    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ongoing => "ongoing",
        }
    }
}

/// A finding of the period compared with that is no longer found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndedFinding {
    /// Its id.
    pub id: String,
    /// Public name of the detector.
    pub detector: &'static str,
    /// One line.
    pub title: String,
    /// How much it mattered.
    pub severity: Severity,
    /// Who began it.
    pub actor: String,
    /// RFC 3339 UTC.
    pub last_time: String,
}

/// Findings of one actor that belong together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    /// Hash of the actor and its first finding.
    pub id: String,
    /// The actor.
    pub actor: String,
    /// The worst of its findings.
    pub severity: Severity,
    /// RFC 3339 UTC.
    pub first_time: String,
    /// RFC 3339 UTC.
    pub last_time: String,
    /// Ids, in time order.
    pub findings: Vec<String>,
    /// ATT&CK technique ids, sorted.
    pub techniques: Vec<&'static str>,
    /// One line.
    pub title: String,
    /// ATT&CK tactics of the techniques, in the order of the kill chain.
    pub tactics: Vec<&'static str>,
    /// What happened when: its findings, at most 100 of them (the worst), in time order.
    pub timeline: Vec<IncidentStep>,
}

/// A finding in an incident's timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentStep {
    /// Begin of the finding, RFC 3339 UTC.
    pub time: String,
    /// Its id.
    pub finding: String,
    /// Its title.
    pub title: String,
}

/// A finding that an entry of the allow-list expects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AllowedFinding {
    /// Id of the finding.
    pub id: String,
    /// Public name of the detector.
    pub detector: &'static str,
    /// How much it would matter.
    pub severity: Severity,
    /// Who began it.
    pub actor: String,
    /// One line.
    pub title: String,
    /// RFC 3339 UTC.
    pub first_time: String,
    /// File and line of the entry.
    pub entry: String,
    /// The entry's reason.
    pub why: String,
}

/// The content of findings.json.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// Version of the file's shape.
    pub schema_version: u32,
    /// Worst first, then time, then id.
    pub incidents: Vec<Incident>,
    /// Worst first, then score, then time, then id.
    pub findings: Vec<Finding>,
    /// What the allow-list expects, by time.
    pub allowed: Vec<AllowedFinding>,
    /// What could not be judged, and what is odd about the allow-list; a sentence each.
    pub notes: Vec<String>,
    /// What was found in the period compared with and no longer is, worst first, then by time and id; absent where nothing is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Vec<EndedFinding>>,
}
