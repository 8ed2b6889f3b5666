//! What detectors read of behaviour over time: one file per table of `schema::tables::behaviour`.
//!
//! Goes in: the dataset, who supplies, what is known of the addresses. Comes out: rows, bounded by what can matter to a detector.
//! Reads no other table, so that it is made beside them. Judges nothing: a detector does.

mod contact_series;
mod exposed_days;
mod floods;
mod logon_attempts;
mod long_flows;
mod peer_history;
mod sending;
mod series;
mod slices;
mod threats;

use super::Estate;
use super::dataset::Dataset;
use super::dedup::{Deduplicated, Suppliers};
use super::fan_out;
use super::places::Places;
use super::rows::Rows;
use crate::schema::Address;
use crate::schema::tables::{
    ContactSeries, ContactThresholds, DeniedDay, ExposedDay, FanOutRow, FloodRow, LogonRow, LongFlowRow, PeerHistoryRow,
    PeerHour, SenderHour, SeriesRow, Tables, ThreatContactRow,
};

#[cfg(test)]
pub(crate) use contact_series::{Begun, measured};
pub(super) use slices::BehaviourOfSlices;

use long_flows::LongFlows;

/// Everything that the tables of behaviour are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub dataset: &'a Dataset,
    /// First and last tuple of the whole window, ms since the epoch; `None` without any.
    pub window: Option<(i64, i64)>,
    pub rows: &'a [Rows<'a>],
    pub deduplicated: &'a Deduplicated,
    pub estate: &'a Estate<'a>,
    /// What matters of each address in a few bytes: a row of the endpoints fills cache lines of its own.
    pub places: &'a Places<'a>,
    /// Whether the window is not all that is known.
    pub has_history: bool,
    /// From when on measures of contacts are kept.
    pub thresholds: &'a ContactThresholds,
}

/// What is kept of the time before a window.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub peers: Vec<PeerHistoryRow>,
    pub series: Vec<SeriesRow>,
    pub senders: Vec<SenderHour>,
    pub peer_hours: Vec<PeerHour>,
}

/// The tables of behaviour that know a history.
pub(super) fn past(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Past {
    let (senders, peer_hours) = sending::sending(source);
    let series = series::of_all(source, suppliers.counting());
    Past { peers: peer_history::peer_history(source), series, senders, peer_hours }
}

/// The tables that only detectors read; see the fields of [`Tables`].
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    port_fan_out: Vec<FanOutRow<u16>>,
    host_fan_out: Vec<FanOutRow<Address>>,
    contact_series: Vec<ContactSeries>,
    logon_attempts: Vec<LogonRow>,
    long_flows: Vec<LongFlowRow>,
    floods: Vec<FloodRow>,
    sender_hours: Vec<SenderHour>,
    peer_hours: Vec<PeerHour>,
    threat_contacts: Vec<ThreatContactRow>,
    series: Vec<SeriesRow>,
    exposed_days: Vec<ExposedDay>,
    denied_days: Vec<DeniedDay>,
    peer_history: Vec<PeerHistoryRow>,
}

impl Behaviour {
    /// Makes all. None needs another: where one waits for its last thread, the next begins.
    pub fn of(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Self {
        let mut all = Self::default();
        let fan_out = || fan_out::fan_out(source.dataset, source.rows, source.deduplicated, &source.places.is_local);
        rayon::scope(|scope| {
            scope.spawn(|_| fan_out::FanOut { ports: all.port_fan_out, hosts: all.host_fan_out } = fan_out());
            scope.spawn(|_| all.contact_series = contact_series::contact_series(source, suppliers));
            scope.spawn(|_| (all.exposed_days, all.denied_days) = exposed_days::exposed_days(source));
            scope.spawn(|_| all.peer_history = peer_history::peer_history(source));
            scope.spawn(|_| all.threat_contacts = threats::threat_contacts(source));
            scope.spawn(|_| (all.sender_hours, all.peer_hours) = sending::sending(source));
            scope.spawn(|_| all.series = series::of_all(source, suppliers.counting()));
            scope.spawn(|_| all.floods = floods::floods(source, suppliers));
            scope.spawn(|_| all.long_flows = LongFlows::of(source, suppliers));
            scope.spawn(|_| all.logon_attempts = logon_attempts::logon_attempts(source, suppliers));
        });
        all
    }

    /// `tables` with these among them.
    pub fn among(self, tables: Tables) -> Tables {
        let Self {
            port_fan_out,
            host_fan_out,
            contact_series,
            logon_attempts,
            long_flows,
            floods,
            sender_hours,
            peer_hours,
            threat_contacts,
            series,
            exposed_days,
            denied_days,
            peer_history,
        } = self;
        Tables {
            port_fan_out,
            host_fan_out,
            contact_series,
            logon_attempts,
            long_flows,
            floods,
            sender_hours,
            peer_hours,
            threat_contacts,
            series,
            exposed_days,
            denied_days,
            peer_history,
            ..tables
        }
    }
}
