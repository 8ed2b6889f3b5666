//! Hosts inside whose passwords are guessed from outside.
//!
//! Goes in: answered contacts from outside. Comes out: one finding per host, port and UTC day, and one per port and day of sources that
//! try many hosts. Does not judge who acts inside.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::logons::{Success, date, day, service};
use super::super::median::{ascending, median};
use super::super::{counted, score};
use super::{FAR_ABOVE, Guesses, Pairs, Search};
use crate::schema::Address;
use crate::schema::codes::Direction;
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::{LogonRow, ServiceKey};

/// Hours that tell how many sources are usual. Unit: hours with any source; range 3 to 168. Raising it takes a lasting attack for new.
const USUAL_HOURS_MIN: usize = 6;

/// Hosts that make attempts of one source a pattern. Unit: hosts an hour; range 2 to 100. Two may be a pair behind one name.
const HOSTS_MIN: usize = 3;

/// A host and a port.
type Place = (Address, u16);

/// What came to a port of a host on one day.
#[derive(Default)]
struct Day<'a> {
    rows: Vec<&'a LogonRow>,
    one_to_one: BTreeSet<Address>,
    /// Most sources of an hour that stay below `attempts_min`, in an hour that has far more of them than usual.
    crowd: u64,
    /// How many are usual.
    usual: u64,
}

/// The findings of contacts from outside, whose rows are of services and answered.
pub(super) fn findings(search: &Search<'_>, rows: &[&LogonRow]) -> Vec<Finding> {
    let s = search.settings;
    let attempts: Vec<&LogonRow> = rows.iter().copied().filter(|row| search.are_attempts(row)).collect();
    let (mut hits, patient): (Vec<&LogonRow>, Vec<&LogonRow>) =
        attempts.into_iter().partition(|row| row.contacts.answered >= s.attempts_min);
    hits.sort_by_key(|row| (row.hour, row.key));
    let mut days: BTreeMap<(Place, i64), Day> = BTreeMap::new();
    for hit in &hits {
        let of_day = days.entry(((hit.key.dst_ip, hit.key.dst_port), day(hit))).or_default();
        of_day.rows.push(hit);
        of_day.one_to_one.insert(hit.key.src_ip);
    }
    add_crowds(&mut days, &patient, s.sources_min);
    let hit: BTreeSet<ServiceKey> = hits.iter().map(|hit| hit.key).collect();
    let pairs = Pairs::of(rows.iter().copied().filter(|row| hit.contains(&row.key)));
    let successes = search.successes(&hits, &pairs);
    let mut findings: Vec<Finding> =
        days.iter().map(|((place, day), of_day)| describe(search, *place, *day, of_day, &successes)).collect();
    findings.extend(rounds(search, &patient, &days));
    findings
}

/// Adds the hours in which far more sources than usual tried a port, each a few times.
fn add_crowds<'a>(days: &mut BTreeMap<(Place, i64), Day<'a>>, patient: &[&'a LogonRow], sources_min: u64) {
    let place = |row: &LogonRow| (row.key.dst_ip, row.key.dst_port);
    // Most places never have so many sources within an hour: counted first, their rows need no place of their own.
    let mut counts: HashMap<(Place, u32), u64> = HashMap::new();
    patient.iter().for_each(|row| *counts.entry((place(row), row.hour)).or_default() += 1);
    let crowded: HashSet<Place> =
        counts.into_iter().filter(|(_, sources)| *sources >= sources_min).map(|((place, _), _)| place).collect();
    let mut places: BTreeMap<Place, BTreeMap<u32, Vec<&LogonRow>>> = BTreeMap::new();
    for row in patient.iter().filter(|row| crowded.contains(&place(row))) {
        let hours = places.entry((row.key.dst_ip, row.key.dst_port)).or_default();
        hours.entry(row.hour).or_default().push(row);
    }
    for (place, hours) in places {
        let is_known = hours.len() >= USUAL_HOURS_MIN;
        let usual = if is_known { median(&ascending(hours.values().map(|rows| rows.len() as u64))) as u64 } else { 0 };
        for rows in hours.into_values() {
            let sources = rows.len() as u64;
            if sources < sources_min || sources <= usual.saturating_mul(FAR_ABOVE) {
                continue;
            }
            let of_day = days.entry((place, day(rows[0]))).or_default();
            of_day.rows.extend(rows);
            of_day.crowd = of_day.crowd.max(sources);
            of_day.usual = usual;
        }
    }
}

/// The finding of one host, port and day.
fn describe(
    search: &Search<'_>,
    (host, port): Place,
    of: i64,
    of_day: &Day<'_>,
    successes: &BTreeMap<ServiceKey, (i64, Success)>,
) -> Finding {
    let s = search.settings;
    let guesses = Guesses { actor: host, is_attacked: true, port, day: of, rows: of_day.rows.clone(), role: "attacked " };
    let mut finding = guesses.finding(search.detector);
    finding.direction = Direction::Inbound.name();
    let name = service(port).map_or("", |(name, _)| name);
    let (sources, peak) = (guesses.peers().len() as u64, guesses.peak());
    finding.title = format!("{} guessed {name} passwords of {host} on {}", counted(sources, "outside source"), date(of));
    finding.score = score(peak, s.attempts_min).max(score(of_day.crowd, s.sources_min));
    finding.evidence.insert("attempts_min", Evidence::Count(s.attempts_min));
    finding.evidence.insert("attempt_bytes_max", Evidence::Count(s.attempt_bytes_max));
    finding.evidence.insert("sources_one_to_one", Evidence::Count(of_day.one_to_one.len() as u64));
    finding.why = format!(
        "{} made at least {} short, answered contacts an hour with {name} (port {port}) of {host}, up to {peak} an hour.",
        counted(of_day.one_to_one.len() as u64, "outside source"),
        s.attempts_min
    );
    if of_day.crowd > 0 {
        finding.evidence.insert("sources_peak", Evidence::Count(of_day.crowd));
        finding.evidence.insert("sources_min", Evidence::Count(s.sources_min));
        finding.evidence.insert("sources_usual", Evidence::Count(of_day.usual));
        let crowd = format!(
            "{} within an hour tried {name} (port {port}) of {host} a few times each (threshold {}, usual {}).",
            counted(of_day.crowd, "outside source"),
            s.sources_min,
            of_day.usual
        );
        finding.why = if of_day.one_to_one.is_empty() { crowd } else { format!("{} {crowd}", finding.why) };
    }
    let place = |key: &ServiceKey| (key.dst_ip, key.dst_port) == (host, port);
    let here: Vec<_> = successes.iter().filter(|(key, (on, _))| place(key) && *on == of).collect();
    finding.next_step = next_step(&finding.actor, port, !here.is_empty());
    if let Some(best) = here.iter().map(|(_, (_, success))| *success).max_by_key(|success| *success == Success::Lasting) {
        let peers: Vec<String> = here.iter().map(|(key, _)| key.src_ip.to_string()).collect();
        finding.severity = if best == Success::Lasting { Severity::High } else { Severity::Medium };
        guesses.add_success(&mut finding, &peers, best);
    }
    finding
}

fn next_step(host: &str, port: u16, may_have_worked: bool) -> String {
    let first = if may_have_worked {
        format!(
            "Read the logon events of {host} at that time, and if one from there succeeded isolate the host and change its passwords."
        )
    } else {
        format!("Close the port to the Internet, or leave only keys and second factors to log on to {host}.")
    };
    format!(
        "{first} Who tried: `azflow flows --ip {host} --port {port} INPUT`. Narrow the rule (`az network nsg rule update \
         --source-address-prefixes`), or use Azure Bastion or just-in-time access."
    )
}

/// Sources that try many hosts a few times each: one finding per port and day, about the source with the most attempts.
fn rounds(search: &Search<'_>, patient: &[&LogonRow], told: &BTreeMap<(Place, i64), Day<'_>>) -> Vec<Finding> {
    let s = search.settings;
    let mut hours: BTreeMap<(u16, Address, u32), Vec<&LogonRow>> = BTreeMap::new();
    let is_told = |row: &LogonRow| told.contains_key(&((row.key.dst_ip, row.key.dst_port), day(row)));
    // Rows ascend by hour, then source: a source that has too few rows of an hour for a round is passed by.
    let of_source = patient.chunk_by(|a, b| (a.hour, a.key.src_ip) == (b.hour, b.key.src_ip));
    for row in of_source.filter(|rows| rows.len() >= HOSTS_MIN).flatten().filter(|row| !is_told(row)) {
        hours.entry((row.key.dst_port, row.key.src_ip, row.hour)).or_default().push(row);
    }
    let mut days: BTreeMap<(u16, i64), Vec<&LogonRow>> = BTreeMap::new();
    for ((port, ..), rows) in hours {
        let attempts: u64 = rows.iter().map(|row| row.contacts.answered).sum();
        if rows.len() >= HOSTS_MIN && attempts >= s.attempts_min {
            days.entry((port, day(rows[0]))).or_default().extend(rows);
        }
    }
    let describe = |((port, day), rows): ((u16, i64), Vec<&LogonRow>)| {
        let sources = super::most_tried(rows.iter().map(|row| (row.key.src_ip, row.contacts.answered)));
        let actor = sources.first().copied().unwrap_or_default();
        let guesses = Guesses { actor, is_attacked: false, port, day, rows, role: "round " };
        let mut finding = guesses.finding(search.detector);
        finding.direction = Direction::Inbound.name();
        let name = service(port).map_or("", |(name, _)| name);
        let (attempts, hosts) = (guesses.sum(|row| row.contacts.answered), guesses.peers().len() as u64);
        let who = counted(sources.len() as u64, "outside source");
        finding.title = format!("{who} guessed {name} passwords of {} on {}", counted(hosts, "host"), date(day));
        finding.score = score(attempts, s.attempts_min);
        finding.evidence.insert("attempts_min", Evidence::Count(s.attempts_min));
        finding.evidence.insert("attempt_bytes_max", Evidence::Count(s.attempt_bytes_max));
        finding
            .evidence
            .insert("sources", Evidence::List(sources.iter().take(super::LISTED_MAX).map(Address::to_string).collect()));
        finding.why = format!(
            "{who} made short, answered contacts with {name} (port {port}) of {}, {attempts} in all (threshold {} an hour), a few with each.",
            counted(hosts, "host"),
            s.attempts_min
        );
        finding.next_step = next_step(finding.targets.first().map_or("", String::as_str), port, false);
        finding
    };
    days.into_iter().map(describe).collect()
}
