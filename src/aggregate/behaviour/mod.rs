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
use super::rows::Rows;
use crate::enrich::FlowTypes;
use crate::schema::tables::Tables;

/// Everything that the tables of behaviour are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub dataset: &'a Dataset,
    pub rows: &'a [Rows<'a>],
    pub deduplicated: &'a Deduplicated<'a>,
    pub estate: &'a Estate<'a>,
    pub flow_types: &'a FlowTypes,
}

/// Fills the tables of behaviour.
pub(super) fn behaviour(source: &Source<'_>, tables: &mut Tables) {
    tables.contact_series = contact_series::contact_series(source);
    (tables.exposed_days, tables.denied_days) = exposed_days::exposed_days(source);
    tables.peer_history = peer_history::peer_history(source);
    tables.threat_contacts = threats::threat_contacts(source);
    (tables.sender_hours, tables.peer_hours) = sending::sending(source);
    tables.series = series::series(source);
    tables.floods = floods::floods(source);
    tables.long_flows = long_flows::long_flows(source);
    tables.logon_attempts = logon_attempts::logon_attempts(source);
}
