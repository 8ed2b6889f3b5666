//! Finds hosts that begin to talk to where nobody talked before.
//!
//! Goes in: `peer_history`. Comes out: one finding per host and UTC day. Does not look at who comes in: that is an exposure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Detector, LISTED_MAX, Setting, counted, id, known_good, score};
use crate::schema::Address;
use crate::schema::amount::bytes;
use crate::schema::codes::{Direction, TCP, UDP};
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{HISTORY_HOURS_MIN, PeerHistoryRow, Tables};
use crate::schema::units::{DAY_MS, HOUR_MS, rfc3339};

/// A host that sends to a country, network or port that the estate never sent to.
///
/// # What it finds
///
/// Public peers that a host first sent to after the learning time, in a country or autonomous system, or on a port, that no host of the
/// estate had sent to by then.
///
/// # Why it matters
///
/// Most hosts talk to the same places all their lives. A first contact with a new country on a new port is how a stage after a
/// break-in looks from outside.
///
/// # How
///
/// The window's first `learning_hours` teach which countries, networks and ports the estate sends to; a host that appears later
/// teaches for as long itself. After that each peer that a host first sends to is looked up: is its port new to the estate, its country,
/// its network? A web port is never new. Peers with at least one of the three are one finding per host and UTC day. Score = n / (n + 3)
/// with n the news of the day's most unusual peer, one for each of port, country, network, and one for at least `bytes_min` sent.
///
/// Info for a new network or country alone, low for a new port, medium for a peer that is new in all three and was sent `bytes_min`. Countries and networks
/// need `--geo` and `--asn`. A peer in a service tag is info.
///
/// # Settings
///
/// - `learning_hours`: default 168, range 24 to 8760, hours. A week has every hour of the week once; Azure Firewall's rule on uncommon
///   ports learns as long. Raising it hides what is new in young logs, 24 also tells what only happens weekly.
/// - `bytes_min`: default 1000000, range 0 to 1000000000000, bytes sent to the peer. Less than a megabyte is no theft. Raising it makes fewer findings medium.
///
/// # Known false positives
///
/// New software and new suppliers. A window shorter than the learning time has no findings of this kind, which is not the same as nothing new.
///
/// # References
///
/// ATT&CK T1571 (non-standard port), T1041 (exfiltration over C2 channel). GuardDuty `Behavior:EC2/NetworkPortUnusual`; Azure Firewall's rule "uncommon port for the organisation".
pub struct NewPeer;

/// Thresholds of [`NewPeer`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Hours.
    pub learning_hours: i64,
    /// Bytes sent to the peer.
    pub bytes_min: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { learning_hours: 168, bytes_min: 1_000_000 }
    }
}

impl Detector for NewPeer {
    fn name(&self) -> &'static str {
        "new_peer"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["peer_history"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.new_peer;
        vec![
            Setting { name: "learning_hours", value: s.learning_hours as f64, least: HISTORY_HOURS_MIN as f64, most: 8_760.0 },
            Setting { name: "bytes_min", value: s.bytes_min as f64, least: 0.0, most: 1e12 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.new_peer;
        let mut rows: Vec<&PeerHistoryRow> = tables.peer_history.iter().collect();
        rows.sort_by_key(|row| (row.first_time, row.ip, row.peer));
        let Some(first) = rows.first() else { return Vec::new() };
        let mut known = Known::new(first.first_time + s.learning_hours * HOUR_MS, s);
        let mut days: BTreeMap<(Address, i64), Vec<News>> = BTreeMap::new();
        for row in rows {
            if let Some(news) = known.learn(row) {
                days.entry((row.ip, row.first_time.div_euclid(DAY_MS))).or_default().push(news);
            }
        }
        days.into_iter().map(|((_, day), news)| describe(day, news, s)).collect()
    }
}

/// What the estate has sent to so far.
struct Known<'a> {
    /// From when on anything may be new, ms since the epoch.
    from: i64,
    learning_ms: i64,
    hosts: BTreeMap<Address, i64>,
    countries: BTreeSet<&'a str>,
    networks: BTreeSet<u32>,
    ports: BTreeSet<u16>,
}

/// A peer that is new in at least one way.
struct News<'a> {
    row: &'a PeerHistoryRow,
    ports: Vec<u16>,
    is_country: bool,
    is_network: bool,
}

impl<'a> Known<'a> {
    fn new(from: i64, s: &Settings) -> Self {
        Self {
            from,
            learning_ms: s.learning_hours * HOUR_MS,
            hosts: BTreeMap::new(),
            countries: BTreeSet::new(),
            networks: BTreeSet::new(),
            ports: BTreeSet::new(),
        }
    }

    /// Learns a peer, in order of first contact; what is new about it once the estate and the host have been learnt.
    fn learn(&mut self, row: &'a PeerHistoryRow) -> Option<News<'a>> {
        let host_from = *self.hosts.entry(row.ip).or_insert(row.first_time) + self.learning_ms;
        let is_learnt = row.first_time >= self.from.max(host_from);
        let new_ports = row.ports.iter().copied().filter(|port| self.ports.insert(*port));
        let ports: Vec<u16> = new_ports.filter(|port| !is_common(*port)).collect();
        let is_country = !row.country.is_empty() && self.countries.insert(&row.country);
        let is_network = row.asn.is_some_and(|asn| self.networks.insert(asn));
        let is_news = is_learnt && (!ports.is_empty() || is_country || is_network);
        is_news.then_some(News { row, ports, is_country, is_network })
    }
}

/// First port of the range that programs take their own ports from (RFC 6335): a new one says nothing.
const DYNAMIC_PORTS: u16 = 49_152;

/// Whether a port is one that every host may begin to use: web, clocks, names, push, or one of no service at all.
fn is_common(port: u16) -> bool {
    let is_known = |protocol| known_good::reason(None, port, protocol).is_some();
    port >= DYNAMIC_PORTS || is_known(TCP) || is_known(UDP)
}

impl News<'_> {
    /// In how many ways it is new, from 1 to 4.
    fn ways(&self, s: &Settings) -> u64 {
        let ways = [!self.ports.is_empty(), self.is_country, self.is_network, self.row.bytes_sent >= s.bytes_min];
        ways.into_iter().filter(|is_so| *is_so).count() as u64
    }

    /// A peer in a service tag is Microsoft's, and info at most.
    fn severity(&self, s: &Settings) -> Severity {
        match (self.ways(s), self.ports.is_empty()) {
            _ if !self.row.service_tag.is_empty() => Severity::Info,
            (4, _) => Severity::Medium,
            (_, false) => Severity::Low,
            (_, true) => Severity::Info,
        }
    }
}

/// The finding of one host's news of one day; at least one.
fn describe(day: i64, mut news: Vec<News<'_>>, s: &Settings) -> Finding {
    news.sort_by_key(|one| (std::cmp::Reverse((one.severity(s), one.ways(s), one.row.bytes_sent)), one.row.peer));
    let worst = &news[0];
    let actor = worst.row.ip.to_string();
    let date: String = rfc3339(day * DAY_MS).chars().take(10).collect();
    let sum = |measure: fn(&PeerHistoryRow) -> u64| news.iter().map(|one| measure(one.row)).sum::<u64>();
    let countries: BTreeSet<&str> = news.iter().filter(|one| one.is_country).map(|one| one.row.country.as_str()).collect();
    let networks: BTreeSet<u32> = news.iter().filter(|one| one.is_network).filter_map(|one| one.row.asn).collect();
    let ports: BTreeSet<u16> = news.iter().flat_map(|one| one.ports.iter().copied()).collect();
    let texts = |texts: Vec<String>| Evidence::List(texts.into_iter().take(LISTED_MAX).collect());
    let evidence = BTreeMap::from([
        ("peers", Evidence::Count(news.len() as u64)),
        ("new_countries", texts(countries.iter().map(ToString::to_string).collect())),
        ("new_networks", texts(networks.iter().map(|asn| format!("AS{asn}")).collect())),
        ("new_ports", texts(ports.iter().map(ToString::to_string).collect())),
        ("bytes_sent_peer_max", Evidence::Count(news.iter().map(|one| one.row.bytes_sent).max().unwrap_or(0))),
        ("bytes_min", Evidence::Count(s.bytes_min)),
        ("learning_hours", Evidence::Count(s.learning_hours.unsigned_abs())),
    ]);
    Finding {
        id: id("new_peer", &actor, &date),
        incident: String::new(),
        allow_entry: String::new(),
        detector: "new_peer",
        title: format!("{actor} sent to {} of a kind that nobody sent to before", counted(news.len() as u64, "peer")),
        severity: worst.severity(s),
        score: score(worst.ways(s), 3),
        actor_kind: ActorKind::Ip,
        targets: news.iter().take(LISTED_MAX).map(|one| one.row.peer.to_string()).collect(),
        ports: ports.iter().copied().take(LISTED_MAX).collect(),
        protocol: None,
        direction: Direction::Outbound.name(),
        interface: news.iter().map(|one| one.row.mac.as_str()).min().unwrap_or_default().to_owned(),
        first_time: rfc3339(news.iter().map(|one| one.row.first_time).min().unwrap_or(0)),
        last_time: rfc3339(news.iter().map(|one| one.row.last_time).max().unwrap_or(0)),
        flows: sum(|row| row.flows),
        bytes_sent: sum(|row| row.bytes_sent),
        bytes_received: sum(|row| row.bytes_received),
        techniques: vec!["T1041", "T1571"],
        evidence,
        why: format!(
            "On {date} {actor} first sent to {}: new to the estate after {} of learning are {}, {} and {}; {} went there.",
            counted(news.len() as u64, "peer"),
            counted(s.learning_hours.unsigned_abs(), "hour"),
            counted(ports.len() as u64, "port"),
            counted(networks.len() as u64, "network"),
            if countries.len() == 1 { "1 country".to_owned() } else { format!("{} countries", countries.len()) },
            bytes(sum(|row| row.bytes_sent)),
        ),
        next_step: format!(
            "Ask what changed on {actor} that day. `azflow flows --ip {} INPUT` shows the flows of the most unusual peer.",
            worst.row.peer
        ),
        actor,
    }
}
