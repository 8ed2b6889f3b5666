//! What a scan or a sweep tried: one mark per host and port.
//!
//! Goes in: a finding with `tried`. Comes out: ports along x and hosts along y; where there are more hosts than ports, the other way round, so
//! that a sweep of one port is no thin column. Draws addresses and ports that parse, and nothing else of the list.

use std::collections::{BTreeMap, BTreeSet};

use super::Picture;
use super::axis::Plot;
use super::reading::number;
use super::sheet::{Anchor, CHARACTER, Mark, Sheet};
use crate::report::chart::canvas::{BLUE, GRID, MUTED, TEXT};
use crate::report::chart::scale::Unit;
use crate::report::words;
use crate::schema::Address;
use crate::schema::finding::{Evidence, Finding};

/// What the picture shows whole.
const DRAWN: &[&str] = &["tried", "pairs", "port_least", "port_greatest"];
/// Most pairs that are drawn. Unit: pairs; as many as a scan lists.
const PAIRS_MAX: usize = 300;
/// Most distinct values of an axis that stand side by side, each with its name. Unit: values.
const NAMED_MAX: usize = 10;
/// Longest name beside an axis. Unit: characters; any IPv4 address fits.
const NAME_CHARS_MAX: usize = 17;
/// Least and greatest size of a mark. Unit: pixels.
const MARK_MIN: f64 = 2.0;
const MARK_MAX: f64 = 40.0;
/// How near to an end of a scale no round port is written. Unit: part of the scale.
const SCALE_ROOM: f64 = 0.1;

/// The hosts and ports tried without an answer.
pub fn picture(finding: &Finding) -> Option<Picture> {
    let Some(Evidence::List(tried)) = finding.evidence.get("tried") else { return None };
    let pairs: Vec<(Address, u16)> = tried.iter().take(PAIRS_MAX).filter_map(|text| pair(text)).collect();
    let hosts: BTreeSet<Address> = pairs.iter().map(|(host, _)| *host).collect();
    let ports: BTreeSet<u16> = pairs.iter().map(|(_, port)| *port).collect();
    if pairs.len() < 2 {
        return None;
    }
    let bound =
        |key: &str, shown: Option<&u16>| number(finding, key).map_or_else(|| shown.copied().unwrap_or(0).into(), |n| n as u64);
    let (least, greatest) = (bound("port_least", ports.first()), bound("port_greatest", ports.last()));
    let all = number(finding, "pairs").map_or(pairs.len() as u64, |all| all as u64).max(pairs.len() as u64);
    let shown = match all > pairs.len() as u64 {
        true => format!("{} of {}", words::count(pairs.len() as u64), words::counted(all, "pair")),
        false => words::counted(all, "pair"),
    };
    let which = if least == greatest { format!("port {least}") } else { format!("ports {least} to {greatest}") };
    let (hosts, ports) = (of_hosts(&hosts), of_ports(&ports, (least, greatest)));
    let is_turned = hosts.places.len() > ports.places.len();
    let lines = if is_turned { ports.places.len() } else { hosts.places.len() };
    let tall = (lines as f64 * MARK_MAX * 1.25).clamp(MARK_MAX * 1.5, 3.5 * MARK_MAX);
    // Names of hosts need more room at the left than values do.
    let plot = Plot::new(1.0);
    let plot = Plot { left: 130.0, right: 690.0, bottom: plot.top + tall, ..plot };
    let mut sheet = Sheet::new(plot.bottom + 24.0, &format!("Hosts and ports that gave no answer: {shown}, {which}"));
    if is_turned {
        below(&mut sheet, &plot, &hosts);
        beside(&mut sheet, &plot, &ports);
    } else {
        below(&mut sheet, &plot, &ports);
        beside(&mut sheet, &plot, &hosts);
    }
    let said = if is_turned { ["Ports", "hosts"] } else { ["Hosts", "ports"] };
    sheet.text(&format!("{} (lines) and {} (across) that gave no answer", said[0], said[1]), (0.0, 10.0), Anchor::Start, TEXT);
    let marks = pairs.iter().filter_map(|(host, port)| {
        let (host, port) = (*hosts.places.get(host)?, *ports.places.get(port)?);
        let (across, down) = if is_turned { (host, port) } else { (port, host) };
        let (across_part, down_part) = if is_turned { (hosts.mark, ports.mark) } else { (ports.mark, hosts.mark) };
        let (width, height) = ((across_part * plot.width()).max(MARK_MIN), (down_part * tall).clamp(MARK_MIN, MARK_MAX));
        let (x, y) = (plot.left + across * plot.width(), plot.top + down * tall);
        Some(Mark { x: x - width / 2.0, y: y - height / 2.0, width, height })
    });
    sheet.boxes(marks, BLUE);
    let caption = format!("One mark is a host and port that gave no answer: {shown}, {which}.");
    Some(Picture { topic: "What was tried", svg: sheet.finish(), caption, drawn: DRAWN })
}

/// `ADDRESS PORT`.
fn pair(text: &str) -> Option<(Address, u16)> {
    let (host, port) = text.split_once(' ')?;
    Some((host.parse::<std::net::IpAddr>().ok().map(Address::from)?, port.parse().ok()?))
}

/// The values of an axis.
struct Axis<Key> {
    /// Where each lies, from 0 to 1.
    places: BTreeMap<Key, f64>,
    /// Size of a mark, as a part of the axis; 0 where values lie on a scale.
    mark: f64,
    /// What is written where.
    labels: Vec<(f64, String)>,
}

/// Values side by side; of many only the first and the last are named.
fn even<Key: Ord + Copy>(keys: &BTreeSet<Key>, name: impl Fn(Key) -> String) -> Axis<Key> {
    let count = keys.len().max(1) as f64;
    let places: BTreeMap<Key, f64> = keys.iter().enumerate().map(|(at, key)| (*key, (at as f64 + 0.5) / count)).collect();
    let is_named = |at: usize| keys.len() <= NAMED_MAX || at == 0 || at + 1 == keys.len();
    let labels = places.iter().enumerate().filter(|(at, _)| is_named(*at)).map(|(_, (key, place))| (*place, name(*key)));
    Axis { mark: 0.8 / count, labels: labels.collect(), places }
}

fn of_hosts(hosts: &BTreeSet<Address>) -> Axis<Address> {
    even(hosts, |host| words::shorten(&host.to_string(), NAME_CHARS_MAX))
}

/// Few ports stand side by side, many on a scale from the least tried to the greatest.
fn of_ports(ports: &BTreeSet<u16>, (least, greatest): (u64, u64)) -> Axis<u16> {
    if ports.len() <= NAMED_MAX {
        return even(ports, |port| port.to_string());
    }
    let range = greatest.saturating_sub(least).max(1) as f64;
    let place = |port: u64| (port.saturating_sub(least) as f64 / range).min(1.0);
    let round = Unit::Flows.ticks(greatest, 6).into_iter().filter(|tick| *tick > least);
    let round = round.filter(|tick| (SCALE_ROOM..1.0 - SCALE_ROOM).contains(&place(*tick)));
    let labels = [least].into_iter().chain(round).chain([greatest]).map(|port| (place(port), port.to_string())).collect();
    Axis { places: ports.iter().map(|port| (*port, place(u64::from(*port)))).collect(), mark: 0.0, labels }
}

/// Names below the plot.
fn below<Key>(sheet: &mut Sheet, plot: &Plot, axis: &Axis<Key>) {
    sheet.line((plot.left, plot.bottom), (plot.right, plot.bottom), MUTED);
    // Ten addresses do not fit side by side.
    let longest = axis.labels.iter().map(|(_, name)| name.chars().count()).max().unwrap_or(0) as f64 * CHARACTER;
    let fits = axis.labels.len() as f64 * longest < plot.width();
    for (at, (place, name)) in axis.labels.iter().enumerate() {
        let x = plot.left + place * plot.width();
        sheet.line((x, plot.bottom), (x, plot.bottom + 4.0), MUTED);
        if fits || at == 0 || at + 1 == axis.labels.len() {
            sheet.text(name, (x, plot.bottom + 14.0), Anchor::Middle, MUTED);
        }
    }
}

/// Names at the left of the plot, with a line each.
fn beside<Key>(sheet: &mut Sheet, plot: &Plot, axis: &Axis<Key>) {
    for (place, name) in &axis.labels {
        let y = plot.top + place * (plot.bottom - plot.top);
        sheet.line((plot.left, y), (plot.right, y), GRID);
        sheet.text(name, (plot.left - 8.0, y), Anchor::End, MUTED);
    }
}
