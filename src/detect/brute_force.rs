//! Finds hosts whose passwords are being guessed, and hosts that guess.
//!
//! Goes in: `logon_attempts`, `long_flows`, and what `endpoints` knows of the addresses. Comes out: one finding per attacked host, port and
//! day, per guessing host of ours, port and day, and per port and day of sources that try many hosts. Does not look at attempts without an
//! answer: those are scans and exposure.

mod acting;
mod attacked;

use std::collections::BTreeMap;

use super::campaign::most_tried;
use super::logons::{self, Hours, Side, Success, date, long_flows, service, side, usual_size};
use super::median::{ascending, median};
use super::peers::Peers;
use super::{Detector, LISTED_MAX, Setting, id};
use crate::schema::Address;
use crate::schema::codes::{Direction, TCP};
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{LogonRow, LongFlowRow, ServiceKey, Tables};
use crate::schema::units::{HOUR_MS, rfc3339};

/// Passwords that are guessed: on a host of yours, or by one.
///
/// # What it finds
///
/// Many short, answered connections within an hour to a service that asks for a password: SSH (22), Telnet (23), SQL Server (1433), Oracle (1521),
/// MySQL (3306), RDP (3389), PostgreSQL (5432), VNC (5900), WinRM (5985, 5986), Redis (6379), MongoDB (27017). From one source to one host,
/// from many sources to one host, or from one source to many hosts.
///
/// # Why it matters
///
/// From the Internet it is the weather, until a password is found. From a host of yours it means that somebody else uses it.
///
/// # How
///
/// Contacts begun per hour, source, host and port, over TCP, that ended with more than a reset coming back. An hour of a source and host counts
/// only if its median contact (the mean, where single sizes are not known) sends at most `attempt_bytes_max` bytes: an attempt, not a session.
///
/// | pattern | from outside | from inside |
/// |---|---|---|
/// | one to one | `attempts_min` an hour | `attempts_inside_min` an hour; databases `attempts_database_min` |
/// | many to one | `sources_min` sources an hour that each stay below `attempts_min`, and over 3 times the median of the port's hours (where 6 or more are known) | |
/// | one to many | 3 or more hosts, each below `attempts_min`, together `attempts_min` an hour | `targets_min` hosts with 3 or more each, together what one to one takes |
///
/// A hint of success: after an hour that counts, or after its ninth contact, a contact of the same source and host that sends over 3 times the
/// bytes of its median and more than `attempt_bytes_max`. Of hours with over 720 contacts single sizes are not known.
///
/// | who guesses | severity |
/// |---|---|
/// | outside | low; with a hint of success medium, high if that connection lasted over an hour |
/// | inside | high |
/// | inside, one database on the inside | low (`lowered_by`): clients without a connection pool look the same |
/// | inside, every pair has been steady for `steady_hours` hours (its busiest hour at most 3 times its median) | low (`lowered_by`); of databases nothing |
/// | inside, to a peer that is known to be harmless as a rule | low (`lowered_by`) |
///
/// One finding per attacked host, port and UTC day, whose targets are the sources, worst first; per guessing host of yours, port and UTC day; and
/// of outside sources that try many hosts one per port and UTC day. Score = n / (n + threshold) of the pattern that is furthest beyond its own.
///
/// # Settings
///
/// - `attempts_min`: default 9, range 5 to 10000, answered contacts an hour. Slips takes 9 for SSH; on a labelled cloud host precision .99 at
///   recall 1.00. Raising it hides patient attackers.
/// - `attempts_inside_min`: default 30, range 5 to 10000, answered contacts an hour. Zeek takes 30 failures in 30 minutes; scripts and people of
///   yours log on a dozen times. Raising it hides slow guesses.
/// - `attempts_database_min`: default 300, range 5 to 100000, answered contacts an hour, 5 a minute. Programs log on to databases all day. Raising
///   it hides slow guesses.
/// - `attempt_bytes_max`: default 5000, range 500 to 1000000, bytes that a contact sends. Failed SSH logons of labelled captures send 1,900 to 2,900 and
///   Slips calls it a success from 4,290. Raising it counts small sessions as attempts.
/// - `sources_min`: default 20, range 5 to 100000, sources an hour. Quiet ports see fewer than 5. Raising it hides small botnets.
/// - `targets_min`: default 5, range 2 to 10000, hosts an hour. Raising it hides guesses at few hosts.
/// - `steady_hours`: default 6, range 2 to 168, hours. A quarter of a day: jobs that log on all day. Raising it makes more of them high.
///
/// # Known false positives
///
/// Deployment tools and monitoring that open a connection per task, when they ran for less than `steady_hours` hours of the log. A partner's program without a
/// connection pool on a public database looks like an attack from outside, and is low.
///
/// # References
///
/// ATT&CK T1110 (brute force), T1078 (valid accounts). Microsoft Defender for Cloud `SSH_Incoming_BF_OneToOne` and its family; Slips SSH
/// detection; Zeek `policy/protocols/ssh/detect-bruteforcing`; CESNET Nemea `brute_force_detector`.
pub struct BruteForce;

/// Thresholds of [`BruteForce`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Answered contacts an hour, from outside.
    pub attempts_min: u64,
    /// Answered contacts an hour, from inside.
    pub attempts_inside_min: u64,
    /// Answered contacts an hour with a database, from inside.
    pub attempts_database_min: u64,
    /// Bytes that a contact sends.
    pub attempt_bytes_max: u64,
    /// Sources an hour.
    pub sources_min: u64,
    /// Hosts an hour.
    pub targets_min: u64,
    /// Hours.
    pub steady_hours: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            attempts_min: 9,
            attempts_inside_min: 30,
            attempts_database_min: 300,
            attempt_bytes_max: 5_000,
            sources_min: 20,
            targets_min: 5,
            steady_hours: 6,
        }
    }
}

/// How many times the usual is far above it. Unit: times; range 2 to 10; raising it hides attacks on busy ports and calls more jobs steady.
const FAR_ABOVE: u64 = 3;

impl Detector for BruteForce {
    fn name(&self) -> &'static str {
        "brute_force"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["endpoints", "logon_attempts", "long_flows"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.brute_force;
        vec![
            Setting { name: "attempts_min", value: s.attempts_min as f64, least: 5.0, most: 10_000.0 },
            Setting { name: "attempts_inside_min", value: s.attempts_inside_min as f64, least: 5.0, most: 10_000.0 },
            Setting { name: "attempts_database_min", value: s.attempts_database_min as f64, least: 5.0, most: 100_000.0 },
            Setting { name: "attempt_bytes_max", value: s.attempt_bytes_max as f64, least: 500.0, most: 1_000_000.0 },
            Setting { name: "sources_min", value: s.sources_min as f64, least: 5.0, most: 100_000.0 },
            Setting { name: "targets_min", value: s.targets_min as f64, least: 2.0, most: 10_000.0 },
            Setting { name: "steady_hours", value: s.steady_hours as f64, least: 2.0, most: 168.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let peers = Peers::new(tables);
        let of =
            |row: &LogonRow| (side(&peers, row.key.src_ip, row.src_is_local), side(&peers, row.key.dst_ip, row.dst_is_local));
        let is_logon =
            |row: &&LogonRow| row.key.protocol == TCP && row.contacts.answered > 0 && service(row.key.dst_port).is_some();
        let (mut from_outside, mut from_inside) = (Vec::new(), Vec::new());
        for row in tables.logon_attempts.iter().filter(is_logon) {
            match of(row) {
                (Side::Outside, Side::Inside) => from_outside.push(row),
                (Side::Inside, Side::Inside | Side::Outside) => from_inside.push(row),
                _ => {}
            }
        }
        let search = Search { detector: self.name(), peers, long_flows: long_flows(tables), settings: &settings.brute_force };
        let mut findings = attacked::findings(&search, &from_outside);
        findings.extend(acting::findings(&search, &from_inside));
        findings
    }
}

/// What both halves look things up in.
struct Search<'a> {
    detector: &'static str,
    peers: Peers<'a>,
    long_flows: BTreeMap<ServiceKey, Vec<&'a LongFlowRow>>,
    settings: &'a Settings,
}

impl Search<'_> {
    /// Whether the contacts of a row are attempts by their size.
    fn are_attempts(&self, row: &LogonRow) -> bool {
        usual_size(row) <= self.settings.attempt_bytes_max
    }

    /// The best hint of success of each source and host, with the day of their first hit.
    ///
    /// `hits` may hold several hours of one key, ascending; `pairs` has all hours of each.
    fn successes(&self, hits: &[&LogonRow], pairs: &Pairs<'_>) -> BTreeMap<ServiceKey, (i64, Success)> {
        let mut first: BTreeMap<ServiceKey, &LogonRow> = BTreeMap::new();
        hits.iter().for_each(|hit| {
            first.entry(hit.key).or_insert(hit);
        });
        let hint = |(key, hit): (&ServiceKey, &&LogonRow)| {
            let hours = pairs.of_key(key);
            let success = logons::success(hours, hit, &self.long_flows, self.settings.attempt_bytes_max)?;
            Some((*key, (logons::day(hit), success)))
        };
        first.iter().filter_map(hint).collect()
    }
}

/// The rows of each source, host and port.
struct Pairs<'a> {
    /// By key, then hour.
    rows: Hours<'a>,
}

impl<'a> Pairs<'a> {
    fn of(rows: impl Iterator<Item = &'a LogonRow>) -> Self {
        let mut rows: Hours<'a> = rows.collect();
        // They ascend by hour and then by key: each hour is a run that is merged.
        rows.sort_by_key(|row| (row.key, row.hour));
        Self { rows }
    }

    /// All hours of each, ascending; none is empty.
    fn iter(&self) -> impl Iterator<Item = &[&'a LogonRow]> {
        self.rows.chunk_by(|a, b| a.key == b.key)
    }

    /// All hours of one, ascending.
    fn of_key(&self, key: &ServiceKey) -> &[&'a LogonRow] {
        let from = self.rows.partition_point(|row| row.key < *key);
        let count = self.rows[from..].partition_point(|row| row.key == *key);
        &self.rows[from..from + count]
    }
}

/// Attempts of one day that make one finding.
struct Guesses<'a> {
    /// Whom the finding is about, and which of the two ends that is.
    actor: Address,
    is_attacked: bool,
    port: u16,
    day: i64,
    /// Not empty.
    rows: Vec<&'a LogonRow>,
    /// What the finding's id is made of beside port and day.
    role: &'static str,
}

impl Guesses<'_> {
    fn peer(&self, row: &LogonRow) -> Address {
        if self.is_attacked { row.key.src_ip } else { row.key.dst_ip }
    }

    fn sum(&self, measure: impl Fn(&LogonRow) -> u64) -> u64 {
        self.rows.iter().map(|row| measure(row)).fold(0, u64::saturating_add)
    }

    /// Most answered contacts of one source and host in an hour.
    fn peak(&self) -> u64 {
        self.rows.iter().map(|row| row.contacts.answered).max().unwrap_or(0)
    }

    /// The other ends, those with the most answered contacts first.
    fn peers(&self) -> Vec<Address> {
        most_tried(self.rows.iter().map(|row| (self.peer(row), row.contacts.answered)))
    }

    /// The finding with everything that follows from the rows; words and severity stay for the caller.
    fn finding(&self, detector: &'static str) -> Finding {
        let (actor, peers) = (self.actor.to_string(), self.peers());
        let mut hours: BTreeMap<u32, u64> = BTreeMap::new();
        for row in &self.rows {
            let of_hour = hours.entry(row.hour).or_default();
            *of_hour = of_hour.saturating_add(row.contacts.answered);
        }
        let by_hour = hours.iter().map(|(hour, attempts)| format!("{} {attempts}", rfc3339(i64::from(*hour) * HOUR_MS)));
        let first = self.rows.iter().map(|row| row.first_time).min().unwrap_or(0);
        let last = self.rows.iter().map(|row| row.last_time).max().unwrap_or(0);
        let (sent, received) = (self.sum(|row| row.contacts.bytes_sent), self.sum(|row| row.contacts.bytes_received));
        let evidence = BTreeMap::from([
            ("attempts", Evidence::Count(self.sum(|row| row.contacts.answered))),
            ("attempts_peak", Evidence::Count(self.peak())),
            ("attempt_bytes_median", Evidence::Count(median(&ascending(self.rows.iter().map(|row| usual_size(row)))) as u64)),
            (if self.is_attacked { "sources" } else { "targets" }, Evidence::Count(peers.len() as u64)),
            ("hours", Evidence::Count(hours.len() as u64)),
            ("attempts_by_hour", Evidence::List(by_hour.collect())),
        ]);
        Finding {
            id: id(detector, &actor, &format!("{}port {} protocol {TCP} day {}", self.role, self.port, date(self.day))),
            incident: String::new(),
            allow_entry: String::new(),
            since: None,
            detector,
            title: String::new(),
            severity: Severity::Low,
            score: 0.0,
            actor,
            actor_kind: ActorKind::Ip,
            targets: peers.iter().take(LISTED_MAX).map(Address::to_string).collect(),
            ports: vec![self.port],
            protocol: Some(TCP),
            direction: self.rows.iter().filter_map(|row| row.direction).max().unwrap_or(Direction::Outbound).name(),
            interface: self.rows.iter().map(|row| &*row.mac).min().unwrap_or_default().to_owned(),
            first_time: rfc3339(first),
            last_time: rfc3339(last),
            flows: self.sum(|row| row.contacts.begins),
            bytes_sent: if self.is_attacked { received } else { sent },
            bytes_received: if self.is_attacked { sent } else { received },
            techniques: vec!["T1110"],
            evidence,
            why: String::new(),
            next_step: String::new(),
        }
    }

    /// Adds a hint of success to a finding: with `peers` a guess may have worked.
    fn add_success(&self, finding: &mut Finding, peers: &[String], best: Success) {
        let shown = peers.first().map_or("", String::as_str);
        finding.techniques = vec!["T1078", "T1110"];
        finding.evidence.insert("success_peers", Evidence::List(peers.iter().take(LISTED_MAX).cloned().collect()));
        let lasted = if best == Success::Lasting { ", in a connection of over an hour" } else { "" };
        let hint = format!("after the attempts more than three times as much as an attempt sends was sent once{lasted}");
        finding.why = format!("{} A password may have been found: with {shown} {hint}.", finding.why);
        finding.evidence.insert("success_hint", Evidence::Text(hint));
    }
}
