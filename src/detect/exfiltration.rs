//! Finds hosts that send out far more than they did before.
//!
//! Goes in: `sender_hours`, `peer_hours`, and what `endpoints` knows of the peers. Comes out: one finding per host and peer.
//! Does not look inside traffic: a backup and a theft look alike, so the evidence says what tells them apart.

use std::collections::BTreeMap;

use super::median::{ascending, median};
use super::peers::Peers;
use super::{Detector, Setting, counted, id, score};
use crate::schema::Address;
use crate::schema::amount::bytes;
use crate::schema::codes::Direction;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{EndpointRow, PeerHour, Scope, SenderHour, Tables};
use crate::schema::units::{HOUR_MS, rfc3339};

/// A host that sends one public address far more than it used to send to all.
///
/// # What it finds
///
/// Hours in which a local host sent much to one public address, in flows that it began, far above what it sent to all public addresses in
/// its other hours, and far more than came back.
///
/// # Why it matters
///
/// Data that leaves is the damage itself. In flow logs a theft is an upload that nobody planned.
///
/// # How
///
/// An hour of a peer counts if the host sent it at least `bytes_min`, at least `ratio_min` times of what it received, and at least `factor_min`
/// times of the host's usual hour: the median of what it sent to all public addresses in its other hours, plus three times the median
/// deviation from it (hours without traffic are 0). The hours of one peer are one finding. Score = b / (b + `bytes_min`) with b
/// the bytes of the largest such hour.
///
/// | case | severity |
/// |---|---|
/// | at least `history_hours_min` other hours in the window, `bytes_much` in an hour, and the peer is not in the first quarter of the window | medium; high from ten times of `bytes_much` |
/// | with the history of a workspace: at least `history_hours_min` other hours, `bytes_much` in an hour, and the peer took no megabyte in an hour before the window | as above |
/// | without that history, ten times of `bytes_much` | medium |
/// | otherwise | low |
/// | the peer is in a service tag (`lowered_by`): backup and replication go there | low at most |
///
/// # Settings
///
/// - `bytes_min`: default 10000000, range 1000000 to 1000000000000, bytes in an hour. Sentinel's rule on data sent to the Internet takes 10 MB an hour. Raising it
///   hides slow leaks.
/// - `bytes_much`: default 500000000, range 1000000 to 1000000000000, bytes in an hour. Slips takes 500 MB in an hour; a test of the line's speed sends
///   some 100 MB. Raising it makes fewer findings medium.
/// - `ratio_min`: default 3, range 0 to 1000, bytes sent per byte received. Calls and meetings send about what they receive. Raising it hides thefts over chatty protocols.
/// - `factor_min`: default 5, range 1 to 1000, times of the usual hour. Raising it hides thefts from hosts that send much.
/// - `history_hours_min`: default 23, range 1 to 8760, hours of window and history beside the one judged. A day has every hour once. Raising it keeps
///   young windows at low.
///
/// # Known false positives
///
/// Backups, replication, log shipping and builds that push images, to places that no service tag names. Allow them by peer or network.
///
/// # References
///
/// ATT&CK T1041 (exfiltration over C2 channel), T1048 (over alternative protocol), T1567 (to a web service).
pub struct Exfiltration;

/// Thresholds of [`Exfiltration`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Bytes in an hour.
    pub bytes_min: u64,
    /// Bytes in an hour.
    pub bytes_much: u64,
    /// Bytes sent per byte received.
    pub ratio_min: f64,
    /// Times of the usual hour.
    pub factor_min: f64,
    /// Hours.
    pub history_hours_min: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bytes_min: 10_000_000, bytes_much: 500_000_000, ratio_min: 3.0, factor_min: 5.0, history_hours_min: 23 }
    }
}

/// How many times `bytes_much` is high, and is medium without a history.
const HIGH_TIMES: u64 = 10;
const NO_HISTORY_TIMES: u64 = 10;

/// Most hours that the evidence lists, for the chart of sent against received.
const HOURS_LISTED_MAX: usize = 48;

impl Detector for Exfiltration {
    fn name(&self) -> &'static str {
        "exfiltration"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["sender_hours", "peer_hours", "endpoints"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.exfiltration;
        vec![
            Setting { name: "bytes_min", value: s.bytes_min as f64, least: 1e6, most: 1e12 },
            Setting { name: "bytes_much", value: s.bytes_much as f64, least: 1e6, most: 1e12 },
            Setting { name: "ratio_min", value: s.ratio_min, least: 0.0, most: 1_000.0 },
            Setting { name: "factor_min", value: s.factor_min, least: 1.0, most: 1_000.0 },
            Setting { name: "history_hours_min", value: s.history_hours_min as f64, least: 1.0, most: 8_760.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.exfiltration;
        let peers = Peers::new(tables);
        let hours = tables.sender_hours.iter().map(|row| row.hour);
        let Some((first, last)) = hours.clone().min().zip(hours.max()) else { return Vec::new() };
        let hour_of = |time: i64| u32::try_from(time.div_euclid(HOUR_MS)).unwrap_or(0);
        let first = tables.history.as_ref().map_or(first, |history| first.min(hour_of(history.from)));
        let since = tables.history.as_ref().map(|history| hour_of(history.window));
        let senders: BTreeMap<Address, Vec<&SenderHour>> = tables.sender_hours.iter().fold(BTreeMap::new(), |mut all, row| {
            all.entry(row.ip).or_insert_with(Vec::new).push(row);
            all
        });
        let mut rows: Vec<&PeerHour> = tables.peer_hours.iter().collect();
        rows.sort_by_key(|row| (row.ip, row.peer, row.hour));
        let of_pairs = rows.chunk_by(|a, b| (a.ip, a.peer) == (b.ip, b.peer));
        of_pairs
            .filter_map(|rows| {
                let sender = senders.get(&rows[0].ip)?;
                let uploads: Vec<Upload> = rows
                    .iter()
                    .filter(|row| since.is_none_or(|since| row.hour >= since))
                    .filter_map(|row| upload(row, &usual(sender, row.hour, (first, last)), s))
                    .collect();
                let largest = uploads.iter().max_by_key(|upload| (upload.row.bytes_sent, std::cmp::Reverse(upload.row.hour)))?;
                Some(describe(&Leak { sender, rows, uploads: &uploads, largest, known: (first, last), since }, &peers, s))
            })
            .collect()
    }
}

/// What a host sends in an hour as a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Usual {
    median: u64,
    deviation: u64,
    /// The hours it is taken from.
    hours: u64,
}

impl Usual {
    /// What an hour sends at most as a rule. Unit: bytes.
    fn most(&self) -> u64 {
        self.median.saturating_add(self.deviation.saturating_mul(3))
    }
}

/// The usual hour of a sender, `apart` from one hour; the window's hours without a row are 0.
fn usual(sender: &[&SenderHour], apart: u32, (first, last): (u32, u32)) -> Usual {
    let mut sent: Vec<u64> = sender.iter().filter(|row| row.hour != apart).map(|row| row.bytes_sent).collect();
    sent.resize((last - first) as usize, 0);
    let hours = sent.len() as u64;
    let middle = median(&ascending(sent.iter().copied())) as u64;
    let deviation = median(&ascending(sent.iter().map(|bytes| bytes.abs_diff(middle)))) as u64;
    Usual { median: middle, deviation, hours }
}

/// An hour of a peer that stands out.
struct Upload<'a> {
    row: &'a PeerHour,
    usual: Usual,
}

fn upload<'a>(row: &'a PeerHour, usual: &Usual, s: &Settings) -> Option<Upload<'a>> {
    let stands_out = row.bytes_sent >= s.bytes_min
        && row.bytes_sent as f64 >= s.ratio_min * row.bytes_received as f64
        && row.bytes_sent as f64 >= s.factor_min * usual.most() as f64;
    stands_out.then_some(Upload { row, usual: *usual })
}

/// Everything that a finding says.
struct Leak<'a> {
    sender: &'a [&'a SenderHour],
    rows: &'a [&'a PeerHour],
    uploads: &'a [Upload<'a>],
    largest: &'a Upload<'a>,
    /// First and last hour of history and window.
    known: (u32, u32),
    /// First hour of the window, where hours before it are known.
    since: Option<u32>,
}

impl Leak<'_> {
    /// Whether the peer took nothing of note before the window, or else in its first quarter.
    fn is_new_peer(&self) -> bool {
        let quarter = self.known.0 + (self.known.1 - self.known.0) / 4;
        self.rows.iter().all(|row| self.since.map_or(row.hour > quarter, |since| row.hour >= since))
    }
}

/// The severity, and why it was lowered, if it was.
fn severity(leak: &Leak<'_>, peers: &Peers<'_>, s: &Settings) -> (Severity, Option<String>) {
    let sent = leak.largest.row.bytes_sent;
    let much = |times: u64| sent >= s.bytes_much.saturating_mul(times);
    let has_history = leak.largest.usual.hours >= s.history_hours_min && leak.is_new_peer();
    let severity = match () {
        () if has_history && much(HIGH_TIMES) => Severity::High,
        () if has_history && much(1) || much(NO_HISTORY_TIMES) => Severity::Medium,
        () => Severity::Low,
    };
    // A tag of the whole cloud says no more than that anyone may have rented the address.
    let is_service = |peer: &&EndpointRow| peer.scope == Scope::AzurePublic && !peer.service_tag.starts_with("AzureCloud");
    let tag = peers.of(leak.largest.row.peer).filter(is_service).map(|peer| &peer.service_tag);
    match tag {
        Some(tag) if severity > Severity::Low => (Severity::Low, Some(format!("the peer is in the service tag {tag}"))),
        _ => (severity, None),
    }
}

fn describe(leak: &Leak<'_>, peers: &Peers<'_>, s: &Settings) -> Finding {
    let Upload { row, usual } = leak.largest;
    let (actor, peer) = (row.ip.to_string(), row.peer.to_string());
    let (severity, lowered_by) = severity(leak, peers, s);
    let sum = |measure: fn(&PeerHour) -> u64| leak.uploads.iter().map(|upload| measure(upload.row)).sum::<u64>();
    let hour = |hour: u32| i64::from(hour) * HOUR_MS;
    let times = leak.uploads.iter().map(|upload| hour(upload.row.hour));
    let mut evidence = BTreeMap::from([
        ("bytes_sent_hour", Evidence::Count(row.bytes_sent)),
        ("bytes_received_hour", Evidence::Count(row.bytes_received)),
        ("bytes_min", Evidence::Count(s.bytes_min)),
        ("bytes_much", Evidence::Count(s.bytes_much)),
        ("ratio_min", Evidence::Number(s.ratio_min)),
        ("factor_min", Evidence::Number(s.factor_min)),
        ("usual_hour_bytes", Evidence::Count(usual.median)),
        ("usual_deviation_bytes", Evidence::Count(usual.deviation)),
        ("history_hours", Evidence::Count(usual.hours)),
        ("history_hours_min", Evidence::Count(s.history_hours_min)),
        ("hours", Evidence::Count(leak.uploads.len() as u64)),
        ("sent_by_hour", listed(leak, |row| row.bytes_sent)),
        ("received_by_hour", listed(leak, |row| row.bytes_received)),
    ]);
    let multiple = |of: u64| Evidence::Number((row.bytes_sent as f64 / of as f64 * 10.0).round() / 10.0);
    if row.bytes_received > 0 {
        evidence.insert("ratio", multiple(row.bytes_received));
    }
    if usual.most() > 0 {
        evidence.insert("factor", multiple(usual.most()));
    }
    evidence.extend(lowered_by.map(|reason| ("lowered_by", Evidence::Text(reason))));
    Finding {
        id: id("exfiltration", &actor, &peer),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector: "exfiltration",
        title: format!("{actor} sent {} to {peer} within an hour", bytes(row.bytes_sent)),
        severity,
        score: score(row.bytes_sent, s.bytes_min),
        actor_kind: ActorKind::Ip,
        targets: vec![peer.clone()],
        ports: row.ports.clone(),
        protocol: None,
        direction: Direction::Outbound.name(),
        interface: leak.sender.first().map(|hour| hour.mac.to_string()).unwrap_or_default(),
        first_time: rfc3339(times.clone().min().unwrap_or(0)),
        last_time: rfc3339(times.max().unwrap_or(0) + HOUR_MS - 1),
        flows: sum(|row| row.flows),
        bytes_sent: sum(|row| row.bytes_sent),
        bytes_received: sum(|row| row.bytes_received),
        techniques: vec!["T1041", "T1048", "T1567"],
        evidence,
        why: format!(
            "{actor} sent {} to {peer} in one hour and received {}; in its other {} it sent {} an hour to all public addresses as a rule.",
            bytes(row.bytes_sent),
            bytes(row.bytes_received),
            counted(usual.hours, "hour"),
            bytes(usual.median),
        ),
        next_step: format!(
            "Ask who owns {peer} and what {actor} sends there: `azflow flows --ip {peer} INPUT` shows every flow. If it is a backup, allow it; if nobody knows, cut \
             the connection (`az network nsg rule create --access Deny --direction Outbound --destination-address-prefixes {peer} …`) and keep the disk."
        ),
        actor,
    }
}

/// Bytes per hour of the peer, `hour bytes`, for the chart: the hours around the largest upload.
fn listed(leak: &Leak<'_>, measure: fn(&PeerHour) -> u64) -> Evidence {
    let largest = leak.rows.partition_point(|row| row.hour < leak.largest.row.hour);
    let first = largest.saturating_sub(HOURS_LISTED_MAX / 2).min(leak.rows.len().saturating_sub(HOURS_LISTED_MAX));
    let hours = leak.rows.iter().skip(first).take(HOURS_LISTED_MAX);
    Evidence::List(hours.map(|row| format!("{} {}", rfc3339(i64::from(row.hour) * HOUR_MS), measure(row))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_listed_are_those_around_the_largest_upload() {
        let row = |hour: u32| PeerHour { hour, bytes_sent: if hour == 60 { 9 } else { 1 }, ..PeerHour::default() };
        let rows: Vec<PeerHour> = (0..100).map(row).collect();
        let rows: Vec<&PeerHour> = rows.iter().collect();
        let usual = Usual { median: 0, deviation: 0, hours: 0 };
        let largest = Upload { row: rows[60], usual };
        let leak = Leak { sender: &[], rows: &rows, uploads: &[], largest: &largest, known: (0, 99), since: None };
        let Evidence::List(hours) = listed(&leak, |row| row.bytes_sent) else { panic!("a list") };
        assert_eq!((hours.len(), hours[24].as_str()), (48, "1970-01-03T12:00:00.000Z 9"));
        let last = Upload { row: rows[99], usual };
        let Evidence::List(hours) = listed(&Leak { largest: &last, ..leak }, |row| row.bytes_sent) else { panic!("a list") };
        assert_eq!((hours.len(), hours[47].as_str()), (48, "1970-01-05T03:00:00.000Z 1"));
    }
}
