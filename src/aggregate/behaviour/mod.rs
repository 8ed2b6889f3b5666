//! What detectors read of behaviour over time: one file per table of `schema::tables::behaviour`.
//!
//! Goes in: the dataset, who supplies, what is known of the addresses. Comes out: rows, bounded by what can matter to a detector.
//! Judges nothing: a detector does.

mod contact_series;
mod exposed_days;
mod floods;
mod logon_attempts;
mod long_flows;
mod peer_history;
mod sending;
mod series;
mod threats;

use super::Estate;
use super::dataset::Dataset;
use super::dedup::Deduplicated;
use super::places::Places;
use super::rows::Rows;
use crate::schema::tables::Tables;

/// Everything that the tables of behaviour are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub dataset: &'a Dataset,
    pub rows: &'a [Rows<'a>],
    pub deduplicated: &'a Deduplicated<'a>,
    pub estate: &'a Estate<'a>,
    /// What matters of each address in a few bytes: a row of the endpoints fills cache lines of its own.
    pub places: &'a Places<'a>,
}

/// Fills the tables of behaviour. None needs another: where one waits for its last thread, the next begins.
pub(super) fn behaviour(source: &Source<'_>, tables: &mut Tables) {
    let Tables {
        contact_series,
        exposed_days,
        denied_days,
        peer_history,
        threat_contacts,
        sender_hours,
        peer_hours,
        series,
        floods,
        long_flows,
        logon_attempts,
        ..
    } = tables;
    rayon::scope(|scope| {
        scope.spawn(|_| *contact_series = contact_series::contact_series(source));
        scope.spawn(|_| (*exposed_days, *denied_days) = exposed_days::exposed_days(source));
        scope.spawn(|_| *peer_history = peer_history::peer_history(source));
        scope.spawn(|_| *threat_contacts = threats::threat_contacts(source));
        scope.spawn(|_| (*sender_hours, *peer_hours) = sending::sending(source));
        scope.spawn(|_| *series = series::series(source));
        scope.spawn(|_| *floods = floods::floods(source));
        scope.spawn(|_| *long_flows = long_flows::long_flows(source));
        scope.spawn(|_| *logon_attempts = logon_attempts::logon_attempts(source));
    });
}
