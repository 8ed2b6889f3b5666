//! Hosts inside that guess passwords of others.
//!
//! Goes in: answered contacts from inside. Comes out: one finding per host, port and UTC day. Does not judge what comes from outside.

use std::collections::{BTreeMap, BTreeSet};

use super::super::logons::{Side, Success, date, day, service, side};
use super::super::median::{ascending, median};
use super::super::{LISTED_MAX, counted, known_good, score};
use super::{FAR_ABOVE, Guesses, Pairs, Search, Settings};
use crate::schema::Address;
use crate::schema::codes::TCP;
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::{LogonRow, ServiceKey};

/// Attempts at one of many hosts. Unit: answered contacts an hour; range 2 to 100: more than a person who mistypes a name. Raising it hides
/// tools that try few passwords per host.
const ATTEMPTS_EACH_MIN: u64 = 3;

/// The attempts of a host at a port on one day, and what they look like.
#[derive(Default)]
struct Day<'a> {
    rows: BTreeMap<(u32, ServiceKey), &'a LogonRow>,
    /// Most hosts that were tried within an hour, if they make one to many.
    round: u64,
    is_steady: bool,
}

/// The findings of contacts from inside, whose rows are of services and answered.
pub(super) fn findings(search: &Search<'_>, rows: &[&LogonRow]) -> Vec<Finding> {
    let s = search.settings;
    let pairs = Pairs::of(rows.iter().copied());
    let mut steady: BTreeSet<ServiceKey> = BTreeSet::new();
    let mut days: BTreeMap<(Address, u16, i64), Day> = BTreeMap::new();
    let mut hours: BTreeMap<(Address, u16, u32), Vec<&LogonRow>> = BTreeMap::new();
    let mut hits: Vec<&LogonRow> = Vec::new();
    for of_pair in pairs.iter() {
        let (key, is_steady) = (of_pair[0].key, is_steady(of_pair, s));
        if is_steady {
            steady.insert(key);
        }
        if is_steady && is_database(&key) {
            continue;
        }
        for row in of_pair.iter().copied().filter(|row| search.are_attempts(row)) {
            if row.contacts.answered >= least(key.dst_port, s) {
                hits.push(row);
                days.entry((key.src_ip, key.dst_port, day(row))).or_default().rows.insert((row.hour, key), row);
            }
            if row.contacts.answered >= ATTEMPTS_EACH_MIN && !is_steady {
                hours.entry((key.src_ip, key.dst_port, row.hour)).or_default().push(row);
            }
        }
    }
    for ((src_ip, port, _), rows) in hours {
        let answered: u64 = rows.iter().map(|row| row.contacts.answered).sum();
        if rows.len() as u64 >= s.targets_min && answered >= least(port, s) {
            let of_day = days.entry((src_ip, port, day(rows[0]))).or_default();
            of_day.round = of_day.round.max(rows.len() as u64);
            of_day.rows.extend(rows.iter().map(|row| ((row.hour, row.key), *row)));
        }
    }
    days.values_mut().for_each(|of_day| of_day.is_steady = of_day.rows.values().all(|row| steady.contains(&row.key)));
    hits.sort_by_key(|row| (row.hour, row.key));
    let successes = search.successes(&hits, &pairs);
    days.iter().map(|((actor, port, day), of_day)| describe(search, (*actor, *port, *day), of_day, &successes)).collect()
}

/// Answered contacts an hour that count at a port.
fn least(port: u16, s: &Settings) -> u64 {
    match service(port) {
        Some((_, true)) => s.attempts_database_min,
        _ => s.attempts_inside_min,
    }
}

fn is_database(key: &ServiceKey) -> bool {
    service(key.dst_port).is_some_and(|(_, is_database)| is_database)
}

/// Whether a source logs on to a host all day, about as often every hour.
fn is_steady(hours: &[&LogonRow], s: &Settings) -> bool {
    if hours.len() < s.steady_hours {
        return false;
    }
    let answered = ascending(hours.iter().map(|row| row.contacts.answered));
    let most = answered.last().copied().unwrap_or(0.0);
    most <= median(&answered) * FAR_ABOVE as f64
}

/// Why the attempts are probably harmless, if anything says so.
fn lowering(search: &Search<'_>, guesses: &Guesses<'_>, of_day: &Day<'_>) -> Option<String> {
    let peers = guesses.peers();
    if of_day.is_steady {
        return Some(format!("it logs on there about as often in {} hours or more", search.settings.steady_hours));
    }
    let key = &guesses.rows[0].key;
    let is_inside = side(&search.peers, key.dst_ip, guesses.rows[0].dst_is_local) == Side::Inside;
    if peers.len() == 1 && is_inside && is_database(key) {
        return Some("clients without a connection pool log on to a database as often".to_owned());
    }
    let mut reasons = peers.iter().map(|peer| known_good::reason(search.peers.of(*peer), guesses.port, TCP));
    let first = reasons.next().flatten()?;
    reasons.all(|reason| reason.is_some()).then_some(first)
}

/// The finding of one host, port and day.
fn describe(
    search: &Search<'_>,
    (actor, port, day): (Address, u16, i64),
    of_day: &Day<'_>,
    successes: &BTreeMap<ServiceKey, (i64, Success)>,
) -> Finding {
    let s = search.settings;
    let rows = of_day.rows.values().copied().collect();
    let guesses = Guesses { actor, is_attacked: false, port, day, rows, role: "" };
    let mut finding = guesses.finding(search.detector);
    let name = service(port).map_or("", |(name, _)| name);
    let (peers, peak, least) = (guesses.peers(), guesses.peak(), least(port, s));
    let whom = if let [one] = peers.as_slice() { one.to_string() } else { counted(peers.len() as u64, "host") };
    let reason = lowering(search, &guesses, of_day);
    finding.title = format!("{actor} guessed {name} passwords of {whom} on {}", date(day));
    finding.severity = known_good::lowered(Severity::High, reason.as_ref());
    finding.score = score(peak, least).max(score(of_day.round, s.targets_min));
    finding.evidence.insert("attempts_min", Evidence::Count(least));
    finding.evidence.insert("attempt_bytes_max", Evidence::Count(s.attempt_bytes_max));
    finding.why = format!(
        "{actor} made {} with {name} (port {port}) of {whom}, up to {peak} an hour with one host (threshold {least}).",
        counted(guesses.sum(|row| row.contacts.answered), "short, answered contact"),
    );
    if of_day.round > 0 {
        finding.evidence.insert("targets_peak", Evidence::Count(of_day.round));
        finding.evidence.insert("targets_min", Evidence::Count(s.targets_min));
        finding.why = format!(
            "{actor} made {} with {name} (port {port}) of {whom}, of up to {} within an hour (threshold {}).",
            counted(guesses.sum(|row| row.contacts.answered), "short, answered contact"),
            counted(of_day.round, "host"),
            s.targets_min,
        );
    }
    finding.next_step = format!(
        "Find the process on {actor} that logs on to {whom}; if nobody knows of it, isolate {actor} and read the logon events of the hosts it \
         tried. `azflow flows --ip {actor} --port {port} INPUT` shows every contact. In Log Analytics: `NTANetAnalytics | where SrcIp == \
         '{actor}' and DestPort == {port} | summarize sum(AllowedOutFlows) by DestIp, bin(FlowStartTime, 1h)`."
    );
    let is_here = |key: &ServiceKey| (key.src_ip, key.dst_port) == (actor, port);
    let here: Vec<_> = successes.iter().filter(|(key, (on, _))| is_here(key) && *on == day).collect();
    if let Some(best) = here.iter().map(|(_, (_, success))| *success).max_by_key(|success| *success == Success::Lasting)
        && !of_day.is_steady
    {
        let peers: Vec<String> = here.iter().map(|(key, _)| key.dst_ip.to_string()).take(LISTED_MAX).collect();
        guesses.add_success(&mut finding, &peers, best);
    }
    if let Some(reason) = reason {
        finding.evidence.insert("lowered_by", Evidence::Text(reason));
    }
    finding
}
