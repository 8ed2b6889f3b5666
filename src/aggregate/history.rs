//! What the estate did before the window, reduced slice by slice to what detectors ask for.
//!
//! Goes in: the tables of the window, then datasets of slices of the time before it, in any order. Comes out: the same tables with first
//! times and hours from before, and a [`History`]. Of a slice nothing is kept that the window has no use for, so that memory grows with
//! the window and not with the length of the history. Judges nothing.

use std::collections::BTreeMap;

use super::behaviour::{self, Past};
use super::dataset::Dataset;
use super::owners::Ownership;
use super::places::Places;
use super::{Estate, dedup};
use crate::schema::Address;
use crate::schema::tables::{
    ContactThresholds, HISTORY_PORTS_MAX, History, PeerHistoryRow, PeerHour, PortHistory, SERIES_HOURS_MAX, SenderHour,
    SeriesKind, SeriesRow, Tables,
};
use crate::schema::units::HOUR_MS;

/// The history of a window, as far as it has been added.
pub struct HistoryBuilder<'a> {
    tables: &'a mut Tables,
    history: History,
    /// The window's series, begun earlier.
    series: BTreeMap<(SeriesKind, String), SeriesRow>,
    /// Places of the window's rows of `peer_history`.
    peers: BTreeMap<(Address, Address), usize>,
    senders: Vec<SenderHour>,
    peer_hours: Vec<PeerHour>,
}

impl<'a> HistoryBuilder<'a> {
    /// A history of the window from `window` on, whose first hour is `first`; `tables` are those of the window.
    pub fn new(tables: &'a mut Tables, first: u32, window: i64) -> Self {
        let end = |row: &SeriesRow| hour_of(row.start) + row.is_covered.len() as u32;
        let window_hour = hour_of(window);
        let last = tables.series.iter().map(end).max().unwrap_or(window_hour).max(window_hour);
        let hours = (first.max(last.saturating_sub(SERIES_HOURS_MAX)), last);
        let series = std::mem::take(&mut tables.series).into_iter().map(|row| ((row.kind, row.name.clone()), begun(row, hours)));
        let series = series.collect();
        let peers = tables.peer_history.iter().enumerate().map(|(at, row)| ((row.ip, row.peer), at)).collect();
        let history = History { from: window, window, ..History::default() };
        Self { tables, history, series, peers, senders: Vec::new(), peer_hours: Vec::new() }
    }

    /// Adds what `dataset` holds of the time before the window.
    pub fn add(&mut self, dataset: &Dataset, estate: &Estate<'_>) {
        let Some((first, _)) = dataset.window() else { return };
        self.history.from = self.history.from.min(first);
        let ownership = Ownership::new(dataset, estate.owners);
        let rows = dataset.rows();
        let (deduplicated, suppliers) = dedup::deduplicate(dataset, &rows, &ownership);
        let places = Places::new(estate.endpoints);
        let source = behaviour::Source {
            dataset,
            window: dataset.window(),
            rows: &rows,
            deduplicated: &deduplicated,
            estate,
            places: &places,
            has_history: true,
            thresholds: &ContactThresholds::default(),
        };
        let past = behaviour::past(&source, &suppliers);
        self.add_past(past);
    }

    fn add_past(&mut self, past: Past) {
        past.peers.into_iter().for_each(|row| self.add_peer(row));
        for row in past.series {
            if let Some(series) = self.series.get_mut(&(row.kind, row.name.clone())) {
                add_hours(series, &row);
            }
        }
        let is_asked = |ip: Address, tables: &Tables| {
            let at = tables.peer_hours.partition_point(|row| row.ip < ip);
            tables.peer_hours.get(at).is_some_and(|row| row.ip == ip)
        };
        self.senders.extend(past.senders.into_iter().filter(|row| is_asked(row.ip, self.tables)));
        let pair = |row: &PeerHour| (row.ip, row.peer);
        let window = &self.tables.peer_hours;
        let is_of_window = |row: &PeerHour| {
            let at = window.partition_point(|other| pair(other) < pair(row));
            window.get(at).is_some_and(|other| pair(other) == pair(row))
        };
        self.peer_hours.extend(past.peer_hours.into_iter().filter(is_of_window));
    }

    fn add_peer(&mut self, row: PeerHistoryRow) {
        let first = self.history.hosts.entry(row.ip).or_insert(row.first_time);
        *first = row.first_time.min(*first);
        self.history.ports.extend(row.ports.iter().map(|port| port.dst_port));
        self.history.networks.extend(row.asn);
        if !row.country.is_empty() && !self.history.countries.contains(&row.country) {
            self.history.countries.insert(row.country.clone());
        }
        if let Some(at) = self.peers.get(&(row.ip, row.peer)) {
            let known = &mut self.tables.peer_history[*at];
            known.first_time = known.first_time.min(row.first_time);
            row.ports.iter().for_each(|port| add_port(&mut known.ports, port));
        }
    }

    /// Completes the tables.
    pub fn finish(self) {
        let Self { tables, history, series, senders, peer_hours, .. } = self;
        tables.series = series.into_values().collect();
        tables.sender_hours.extend(senders);
        tables.sender_hours.sort_by_key(|row| (row.ip, row.hour));
        tables.peer_hours.extend(peer_hours);
        tables.peer_hours.sort_by_key(|row| (row.ip, row.peer, row.hour));
        tables.history = Some(history);
    }
}

fn hour_of(time: i64) -> u32 {
    u32::try_from(time.div_euclid(HOUR_MS)).unwrap_or(0)
}

/// A port that was used before: its first time, and of ports that the window did not see no amounts, which are the window's.
fn add_port(ports: &mut Vec<PortHistory>, past: &PortHistory) {
    match ports.binary_search_by_key(&past.dst_port, |port| port.dst_port) {
        Ok(place) => ports[place].first_time = ports[place].first_time.min(past.first_time),
        Err(HISTORY_PORTS_MAX..) => {}
        Err(place) => {
            let (first_time, last_time) = (past.first_time, past.last_time);
            ports.insert(place, PortHistory { dst_port: past.dst_port, first_time, last_time, ..PortHistory::default() });
            ports.truncate(HISTORY_PORTS_MAX);
        }
    }
}

/// The series with hours from the first of `hours` on, of which nothing is known yet.
fn begun(mut row: SeriesRow, (first, last): (u32, u32)) -> SeriesRow {
    let start = hour_of(row.start);
    // Hours of the window that do not fit are older than any series keeps.
    let (before, over) = (start.saturating_sub(first) as usize, first.saturating_sub(start) as usize);
    let count = (last - first) as usize;
    for values in
        [&mut row.bytes, &mut row.bytes_sent, &mut row.flows_allowed, &mut row.flows_denied, &mut row.flows_denied_outbound]
    {
        values.drain(..over.min(values.len()));
        values.splice(0..0, std::iter::repeat_n(0, before));
        values.resize(count, 0);
    }
    row.is_covered.drain(..over.min(row.is_covered.len()));
    row.is_covered.splice(0..0, std::iter::repeat_n(false, before));
    row.is_covered.resize(count, false);
    row.start = i64::from(first) * HOUR_MS;
    row
}

/// Adds the hours of `past` that lie in `series`.
fn add_hours(series: &mut SeriesRow, past: &SeriesRow) {
    let first = hour_of(series.start);
    for (at, is_covered) in past.is_covered.iter().enumerate() {
        let hour = hour_of(past.start) + at as u32;
        let Some(place) = hour.checked_sub(first).map(|place| place as usize).filter(|place| *place < series.bytes.len()) else {
            continue;
        };
        series.bytes[place] += past.bytes[at];
        series.bytes_sent[place] += past.bytes_sent[at];
        series.flows_allowed[place] += past.flows_allowed[at];
        series.flows_denied[place] += past.flows_denied[at];
        series.flows_denied_outbound[place] += past.flows_denied_outbound[at];
        series.is_covered[place] |= is_covered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u32 = 24;

    fn series(name: &str, first: u32, bytes: &[u64]) -> SeriesRow {
        let zeros = vec![0; bytes.len()];
        SeriesRow {
            kind: SeriesKind::Subnet,
            name: name.into(),
            start: i64::from(first) * HOUR_MS,
            step: HOUR_MS,
            bytes: bytes.into(),
            bytes_sent: zeros.clone(),
            flows_allowed: zeros.clone(),
            flows_denied: zeros.clone(),
            flows_denied_outbound: zeros,
            is_covered: vec![true; bytes.len()],
        }
    }

    fn ip(last: u8) -> Address {
        std::net::IpAddr::from([10, 0, 0, last]).into()
    }

    fn peer(host: u8, to: u8, first_time: i64, ports: &[u16]) -> PeerHistoryRow {
        let port = |dst_port: &u16| PortHistory { dst_port: *dst_port, flows: 1, first_time, ..PortHistory::default() };
        PeerHistoryRow {
            ip: ip(host),
            peer: ip(to),
            country: "NL".into(),
            asn: Some(64500),
            ports: ports.iter().map(port).collect(),
            flows: 1,
            first_time,
            ..PeerHistoryRow::default()
        }
    }

    fn with_history(tables: &mut Tables, first: u32, window: u32, past: Vec<Past>) {
        let mut builder = HistoryBuilder::new(tables, first, i64::from(window) * HOUR_MS);
        past.into_iter().for_each(|past| builder.add_past(past));
        builder.finish();
    }

    #[test]
    fn a_series_begins_earlier_and_hours_that_nobody_logged_are_not_covered() {
        let mut tables = Tables { series: vec![series("a", 10 * DAY, &[7, 8])], ..Tables::default() };
        let past =
            |first, bytes: &[u64]| Past { series: vec![series("a", first, bytes), series("b", first, bytes)], ..Past::default() };
        with_history(&mut tables, 9 * DAY, 10 * DAY, vec![past(9 * DAY + 20, &[3, 4]), past(9 * DAY, &[1])]);
        let [row] = tables.series.as_slice() else { panic!("{:?}", tables.series) };
        assert_eq!((row.start, row.bytes.len()), (i64::from(9 * DAY) * HOUR_MS, 26));
        assert_eq!(
            [0, 1, 20, 21, 22, 24, 25].map(|at| (row.bytes[at], row.is_covered[at])),
            [(1, true), (0, false), (3, true), (4, true), (0, false), (7, true), (8, true)]
        );
    }

    #[test]
    fn a_series_is_never_longer_than_its_bound() {
        let hours = SERIES_HOURS_MAX as usize - 5;
        let mut tables = Tables { series: vec![series("a", 10_000, &vec![1; hours])], ..Tables::default() };
        with_history(&mut tables, 9_000, 10_000, vec![Past { series: vec![series("a", 9_990, &[2; 10])], ..Past::default() }]);
        let row = &tables.series[0];
        assert_eq!((row.bytes.len(), &row.bytes[..6]), (SERIES_HOURS_MAX as usize, &[2, 2, 2, 2, 2, 1][..]));
    }

    #[test]
    fn first_times_come_from_before_and_amounts_are_those_of_the_window() {
        let mut tables = Tables { peer_history: vec![peer(4, 90, 5_000, &[443])], ..Tables::default() };
        let past = Past { peers: vec![peer(4, 90, 1_000, &[22, 443]), peer(5, 91, 2_000, &[8443])], ..Past::default() };
        with_history(&mut tables, 0, 1, vec![past]);
        let [row] = tables.peer_history.as_slice() else { panic!("one pair") };
        assert_eq!((row.first_time, row.flows), (1_000, 1));
        let ports: Vec<_> = row.ports.iter().map(|port| (port.dst_port, port.first_time, port.flows)).collect();
        assert_eq!(ports, [(22, 1_000, 0), (443, 1_000, 1)]);
        let history = tables.history.expect("a history");
        assert_eq!(history.hosts, BTreeMap::from([(ip(4), 1_000), (ip(5), 2_000)]));
        assert_eq!(history.ports.into_iter().collect::<Vec<_>>(), [22, 443, 8443]);
        assert_eq!((history.countries.len(), history.networks.len()), (1, 1));
    }
}
