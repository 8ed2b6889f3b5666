//! Finds hosts that begin to talk to where nobody talked before.
//!
//! Goes in: `peer_history`. Comes out: one finding per host and UTC day. Does not look at who comes in: that is an exposure.

use std::collections::{BTreeMap, BTreeSet};

use super::peers::Peers;
use super::{Detector, LISTED_MAX, Setting, counted, id, known_good, score};
use crate::schema::Address;
use crate::schema::amount::bytes;
use crate::schema::codes::{Direction, TCP, UDP};
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{HISTORY_HOURS_MIN, History, PeerHistoryRow, PortHistory, Tables};
use crate::schema::units::{DAY_MS, HOUR_MS, rfc3339};

/// A host that sends to a country, network or port that the estate never sent to, or to a new port of a peer it knows.
///
/// # What it finds
///
/// Public peers that a host first sent to after the learning time, in a country or autonomous system, or on a port, that no host of the
/// estate had sent to by then. Ports of a known peer that the host first sent to after as long.
///
/// # Why it matters
///
/// Most hosts talk to the same places all their lives. A first contact with a new country on a new port is how a stage after a
/// break-in looks from outside.
///
/// # How
///
/// The window's first `learning_hours` teach which countries, networks and ports the estate sends to; a host that appears later
/// teaches for as long itself. With a workspace, up to 30 days before the window teach too, and only what is new in the window is told. After that each peer that a host first sends to is looked up: is its port new to the estate, its country,
/// its network? So is each port of a peer that the host knows: is it new to the estate, or has the host known the peer for `learning_hours`
/// without it? Web ports, ports that every host uses and ports from 49152 on are never new, nor are those of a peer at which the host used more than four. Peers with at least one of these are one finding per host and UTC day. Score = n / (n + 3)
/// with n the news of the day's most unusual peer, one for each of port, country, network, and one for at least `bytes_min` sent (of a known peer: to the new ports).
///
/// Info for a new network or country alone and for a port that is new only at its peer, low for a port that is new to the estate, medium for a peer that is new in all three and was sent `bytes_min`. Countries and networks
/// need `--geo` and `--asn`. A peer in a service tag, or that is known to be good otherwise, is info (`lowered_by`).
///
/// # Settings
///
/// - `learning_hours`: default 168, range 24 to 8760, hours. A week has every hour of the week once; Azure Firewall's rule on uncommon
///   ports learns as long. Raising it hides what is new in young logs, 24 also tells what only happens weekly.
/// - `bytes_min`: default 1000000, range 0 to 1000000000000, bytes sent to the peer. Less than a megabyte is no theft. Raising it makes fewer findings medium.
///
/// # Known false positives
///
/// New software and new suppliers. A window that with its history is shorter than the learning time has no findings of this kind, which is not the same as nothing new.
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
        &["endpoints", "history", "peer_history"]
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
        let Some(start) = tables.peer_history.iter().map(|row| row.first_time).min() else { return Vec::new() };
        let mut known = Known::new(start, tables.history.as_ref(), s);
        let mut days: BTreeMap<(Address, i64), BTreeMap<Address, News>> = BTreeMap::new();
        for first in firsts(&tables.peer_history) {
            let Some(what) = known.learn(&first) else { continue };
            let of_day = days.entry((first.row.ip, day(first.time))).or_default();
            let news = of_day.entry(first.row.peer).or_insert_with(|| News::new(first.row, day(first.time), known.window));
            match what {
                New::Place { is_country, is_network } => (news.is_country, news.is_network) = (is_country, is_network),
                New::PortOfEstate(port) => {
                    news.ports.push(port);
                    news.is_port_of_estate = true;
                }
                New::PortOfPeer(port) => news.ports.push(port),
            }
        }
        let peers = Peers::new(tables);
        days.into_iter().map(|((_, day), news)| describe(day, news.into_values().collect(), &peers, s)).collect()
    }
}

fn day(time: i64) -> i64 {
    time.div_euclid(DAY_MS)
}

/// The first time that a host sent to a peer, or to one of its ports.
struct First<'a> {
    time: i64,
    row: &'a PeerHistoryRow,
    port: Option<&'a PortHistory>,
}

/// In order of time; a peer stands before its ports.
fn firsts(rows: &[PeerHistoryRow]) -> Vec<First<'_>> {
    let mut firsts = Vec::with_capacity(rows.len() * 2);
    for row in rows {
        firsts.push(First { time: row.first_time, row, port: None });
        firsts.extend(row.ports.iter().map(|port| First { time: port.first_time, row, port: Some(port) }));
    }
    firsts.sort_by_key(|first| (first.time, first.row.ip, first.row.peer, first.port.map(|port| port.dst_port)));
    firsts
}

/// What a first contact may be.
enum New<'a> {
    /// A peer in a country or network that the estate did not send to.
    Place { is_country: bool, is_network: bool },
    /// A port that the estate did not send to.
    PortOfEstate(&'a PortHistory),
    /// A port that the estate sends to, but this host never at this peer, which it has long known.
    PortOfPeer(&'a PortHistory),
}

/// What the estate has sent to so far.
struct Known<'a> {
    /// From when on anything may be new, ms since the epoch.
    from: i64,
    /// First moment of the window, where times before it are known: what is new before it is not told.
    window: i64,
    learning_ms: i64,
    hosts: BTreeMap<Address, i64>,
    countries: BTreeSet<&'a str>,
    networks: BTreeSet<u32>,
    ports: BTreeSet<u16>,
}

impl<'a> Known<'a> {
    /// What is known when the window begins, whose first contact is at `start`.
    fn new(start: i64, history: Option<&'a History>, s: &Settings) -> Self {
        let learning_ms = s.learning_hours * HOUR_MS;
        let nothing = Self {
            from: start + learning_ms,
            window: i64::MIN,
            learning_ms,
            hosts: BTreeMap::new(),
            countries: BTreeSet::new(),
            networks: BTreeSet::new(),
            ports: BTreeSet::new(),
        };
        let Some(history) = history else { return nothing };
        Self {
            from: start.min(history.from) + learning_ms,
            window: history.window,
            learning_ms,
            hosts: history.hosts.clone(),
            countries: history.countries.iter().map(String::as_str).collect(),
            networks: history.networks.clone(),
            ports: history.ports.clone(),
        }
    }

    /// Learns what was sent to, in order of time; what is new about it once the estate and the host have been learnt.
    fn learn(&mut self, first: &First<'a>) -> Option<New<'a>> {
        let First { time, row, port } = *first;
        let host_from = *self.hosts.entry(row.ip).or_insert(time) + self.learning_ms;
        let is_learnt = time >= self.from.max(host_from).max(self.window);
        let new = match port {
            None => {
                let is_country = !row.country.is_empty() && self.countries.insert(&row.country);
                let is_network = row.asn.is_some_and(|asn| self.networks.insert(asn));
                (is_country || is_network).then_some(New::Place { is_country, is_network })
            }
            Some(port) => self.learn_port(row, port),
        };
        new.filter(|_| is_learnt)
    }

    fn learn_port(&mut self, row: &PeerHistoryRow, port: &'a PortHistory) -> Option<New<'a>> {
        let is_of_estate = self.ports.insert(port.dst_port);
        let usual = row.ports.iter().filter(|other| other.first_time < port.first_time).count();
        let is_first_day = day(row.first_time) == day(port.first_time);
        if is_common(port.dst_port) || !is_first_day && usual > USUAL_PORTS_MAX {
            return None;
        }
        let is_long_known = usual > 0 && port.first_time - row.first_time >= self.learning_ms;
        match is_of_estate {
            true => Some(New::PortOfEstate(port)),
            false => is_long_known.then_some(New::PortOfPeer(port)),
        }
    }
}

/// Most ports that a host used at a peer, where another one is told as new. Unit: ports; range 1 and up: a service has one or two, and who uses more
/// agrees on them as it goes (passive FTP, peers of a swarm). Raising it tells more of those.
const USUAL_PORTS_MAX: usize = 4;

/// First port of the range that programs take their own ports from (RFC 6335): a new one says nothing.
const DYNAMIC_PORTS: u16 = 49_152;

/// Whether a port is one that every host may begin to use: web, clocks, names, push, or one of no service at all.
fn is_common(port: u16) -> bool {
    let is_known = |protocol| known_good::reason(None, port, protocol).is_some();
    port >= DYNAMIC_PORTS || is_known(TCP) || is_known(UDP)
}

/// A peer that is new in at least one way on one day.
struct News<'a> {
    row: &'a PeerHistoryRow,
    /// Whether the host first sent to the peer that day.
    is_first: bool,
    /// In order of time.
    ports: Vec<&'a PortHistory>,
    /// Whether one of the ports is new to the estate.
    is_port_of_estate: bool,
    is_country: bool,
    is_network: bool,
}

/// What a host exchanged with a peer, as far as it is news.
#[derive(Default)]
struct Amount {
    flows: u64,
    bytes_sent: u64,
    bytes_received: u64,
    first_time: i64,
    last_time: i64,
}

impl<'a> News<'a> {
    fn new(row: &'a PeerHistoryRow, today: i64, window: i64) -> Self {
        let is_first = day(row.first_time) == today && row.first_time >= window;
        Self { row, is_first, ports: Vec::new(), is_port_of_estate: false, is_country: false, is_network: false }
    }

    /// Of a new peer everything, of a known one what went to its new ports.
    fn amount(&self) -> Amount {
        if self.is_first {
            let PeerHistoryRow { flows, bytes_sent, bytes_received, first_time, last_time, .. } = *self.row;
            return Amount { flows, bytes_sent, bytes_received, first_time, last_time };
        }
        let sum = |measure: fn(&PortHistory) -> u64| self.ports.iter().map(|port| measure(port)).fold(0, u64::saturating_add);
        Amount {
            flows: sum(|port| port.flows),
            bytes_sent: sum(|port| port.bytes_sent),
            bytes_received: sum(|port| port.bytes_received),
            first_time: self.ports.iter().map(|port| port.first_time).min().unwrap_or(self.row.first_time),
            last_time: self.ports.iter().map(|port| port.last_time).max().unwrap_or(self.row.last_time),
        }
    }

    /// Hours from the first contact with the peer to what is new.
    fn known_hours(&self) -> u64 {
        ((self.amount().first_time - self.row.first_time) / HOUR_MS).unsigned_abs()
    }

    /// In how many ways it is new, from 1 to 4.
    fn ways(&self, s: &Settings) -> u64 {
        let ways = [!self.ports.is_empty(), self.is_country, self.is_network, self.amount().bytes_sent >= s.bytes_min];
        ways.into_iter().filter(|is_so| *is_so).count() as u64
    }

    /// A peer that is known to be good is info at most.
    fn severity(&self, peers: &Peers<'_>, s: &Settings) -> Severity {
        match self.ways(s) {
            _ if self.reason(peers).is_some() => Severity::Info,
            4 => Severity::Medium,
            _ if self.is_port_of_estate => Severity::Low,
            _ => Severity::Info,
        }
    }

    /// Why the peer is harmless as a rule; any service tag says so here.
    fn reason(&self, peers: &Peers<'_>) -> Option<String> {
        let port = self.ports.first().map_or(0, |port| port.dst_port);
        let peer = peers.of(self.row.peer);
        let of_tag = || {
            let tag = &self.row.service_tag;
            (!tag.is_empty()).then(|| format!("the peer is in the service tag {tag}"))
        };
        peer.and_then(|peer| known_good::reason(Some(peer), port, TCP)).or_else(of_tag)
    }
}

/// The finding of one host's news of one day; at least one.
fn describe(today: i64, mut news: Vec<News<'_>>, peers: &Peers<'_>, s: &Settings) -> Finding {
    news.sort_by_cached_key(|one| {
        (std::cmp::Reverse((one.severity(peers, s), one.ways(s), one.amount().bytes_sent)), one.row.peer)
    });
    let worst = &news[0];
    let actor = worst.row.ip.to_string();
    let date: String = rfc3339(today * DAY_MS).chars().take(10).collect();
    let amounts: Vec<Amount> = news.iter().map(News::amount).collect();
    let sum = |measure: fn(&Amount) -> u64| amounts.iter().map(measure).fold(0, u64::saturating_add);
    let ports: BTreeSet<u16> = news.iter().flat_map(|one| one.ports.iter().map(|port| port.dst_port)).collect();
    let words = words(&actor, &date, &news, s);
    Finding {
        id: id("new_peer", &actor, &date),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector: "new_peer",
        title: words.title,
        severity: worst.severity(peers, s),
        score: score(worst.ways(s), 3),
        actor_kind: ActorKind::Ip,
        targets: news.iter().take(LISTED_MAX).map(|one| one.row.peer.to_string()).collect(),
        ports: ports.into_iter().take(LISTED_MAX).collect(),
        protocol: None,
        direction: Direction::Outbound.name(),
        interface: news.iter().map(|one| one.row.mac.as_str()).min().unwrap_or_default().to_owned(),
        first_time: rfc3339(amounts.iter().map(|amount| amount.first_time).min().unwrap_or(0)),
        last_time: rfc3339(amounts.iter().map(|amount| amount.last_time).max().unwrap_or(0)),
        flows: sum(|amount| amount.flows),
        bytes_sent: sum(|amount| amount.bytes_sent),
        bytes_received: sum(|amount| amount.bytes_received),
        techniques: vec!["T1041", "T1571"],
        evidence: evidence(&news, peers, s),
        why: words.why,
        next_step: format!(
            "Ask what changed on {actor} that day. `azflow flows --ip {} INPUT` shows the flows of the most unusual peer.",
            worst.row.peer
        ),
        actor,
    }
}

/// What is new, each in order.
struct Places<'a> {
    countries: BTreeSet<&'a str>,
    networks: BTreeSet<u32>,
    ports: BTreeSet<u16>,
}

impl<'a> Places<'a> {
    fn of(news: &[News<'a>]) -> Self {
        Self {
            countries: news.iter().filter(|one| one.is_country).map(|one| one.row.country.as_str()).collect(),
            networks: news.iter().filter(|one| one.is_network).filter_map(|one| one.row.asn).collect(),
            ports: news.iter().flat_map(|one| one.ports.iter().map(|port| port.dst_port)).collect(),
        }
    }
}

fn evidence(news: &[News<'_>], peers: &Peers<'_>, s: &Settings) -> BTreeMap<&'static str, Evidence> {
    let Places { countries, networks, ports } = Places::of(news);
    let texts = |texts: Vec<String>| Evidence::List(texts.into_iter().take(LISTED_MAX).collect());
    let known: Vec<&News> = news.iter().filter(|one| !one.is_first).collect();
    let mut evidence = BTreeMap::from([
        ("peers", Evidence::Count(news.len() as u64)),
        ("peers_known", Evidence::Count(known.len() as u64)),
        ("new_countries", texts(countries.iter().map(ToString::to_string).collect())),
        ("new_networks", texts(networks.iter().map(|asn| format!("AS{asn}")).collect())),
        ("new_ports", texts(ports.iter().map(ToString::to_string).collect())),
        ("bytes_sent_peer_max", Evidence::Count(news.iter().map(|one| one.amount().bytes_sent).max().unwrap_or(0))),
        ("bytes_min", Evidence::Count(s.bytes_min)),
        ("learning_hours", Evidence::Count(s.learning_hours.unsigned_abs())),
    ]);
    if let Some(hours) = known.iter().map(|one| one.known_hours()).max() {
        evidence.insert("peer_known_hours_max", Evidence::Count(hours));
    }
    // The first is the worst: where it is lowered, all are.
    if let Some(reason) = news[0].reason(peers) {
        evidence.insert("lowered_by", Evidence::Text(reason));
    }
    evidence
}

/// Title and reason.
struct Words {
    title: String,
    why: String,
}

fn words(actor: &str, date: &str, news: &[News<'_>], s: &Settings) -> Words {
    let Places { countries, networks, ports } = Places::of(news);
    let new_ports = counted(ports.len() as u64, "port");
    let learning = counted(s.learning_hours.unsigned_abs(), "hour");
    let sent = bytes(news.iter().map(|one| one.amount().bytes_sent).fold(0, u64::saturating_add));
    let known = news.iter().filter(|one| !one.is_first).count() as u64;
    let new = news.len() as u64 - known;
    let hours = news.iter().filter(|one| !one.is_first).map(News::known_hours).max().unwrap_or(0);
    if new == 0 {
        return Words {
            title: format!("{actor} sent to {} on a port that it never used there", counted(known, "known peer")),
            why: format!(
                "On {date} {actor} first sent to {new_ports} of {}, which it had sent to for up to {} on others; {sent} went there.",
                counted(known, "peer"),
                counted(hours, "hour"),
            ),
        };
    }
    let of_known = match known {
        0 => String::new(),
        _ => format!(" and to new ports of {}", counted(known, "known peer")),
    };
    Words {
        title: format!("{actor} sent to {} of a kind that nobody sent to before{of_known}", counted(new, "peer")),
        why: format!(
            "On {date} {actor} first sent to {}{of_known}: new after {learning} of learning are {new_ports}, {} and {}; {sent} went there.",
            counted(new, "peer"),
            counted(networks.len() as u64, "network"),
            if countries.len() == 1 { "1 country".to_owned() } else { format!("{} countries", countries.len()) },
        ),
    }
}
