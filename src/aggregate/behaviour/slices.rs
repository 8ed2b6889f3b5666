//! Behaviour over a window that is read slice of time by slice.
//!
//! Goes in: the slices, whole days in the order of time, then the window's rows condensed, piece by piece. Comes out: the tables that
//! [`Behaviour::of`] makes of all rows at once. Of a slice is kept what its tables tell, and what may belong to longer series.

use super::super::dedup::Suppliers;
use super::contact_series::SeriesOfSlices;
use super::{
    Behaviour, LongFlows, Source, exposed_days, fan_out, floods, logon_attempts, peer_history, sending, series, threats,
};

/// What is known of the slices so far.
#[derive(Default)]
pub(in crate::aggregate) struct BehaviourOfSlices {
    /// Tables whose rows are of one hour or day each.
    tables: Behaviour,
    contacts: SeriesOfSlices,
    long_flows: LongFlows,
    series: series::Parts,
}

impl BehaviourOfSlices {
    /// Adds a slice, which ends at `end` (ms since the epoch).
    pub fn add(&mut self, source: &Source<'_>, suppliers: &Suppliers<'_>, end: i64) {
        let Self { tables, contacts, long_flows, series } = self;
        rayon::scope(|scope| {
            let Behaviour { port_fan_out, host_fan_out, exposed_days, denied_days, sender_hours, peer_hours, .. } = tables;
            scope.spawn(|_| {
                let found = fan_out::fan_out(source.dataset, source.rows, source.deduplicated, &source.places.is_local);
                port_fan_out.extend(found.ports);
                host_fan_out.extend(found.hosts);
            });
            scope.spawn(|_| contacts.add(source, suppliers));
            scope.spawn(|_| {
                let (exposed, denied) = exposed_days::exposed_days(source);
                exposed_days.extend(exposed);
                denied_days.extend(denied);
            });
            scope.spawn(|_| {
                let (senders, peers) = sending::sending(source);
                sender_hours.extend(senders);
                peer_hours.extend(peers);
            });
            scope.spawn(|_| series.add(source));
            let (floods, logon_attempts) = (&mut tables.floods, &mut tables.logon_attempts);
            scope.spawn(|_| floods.extend(floods::floods(source, suppliers)));
            scope.spawn(|_| logon_attempts.extend(logon_attempts::logon_attempts(source, suppliers)));
            scope.spawn(|_| long_flows.add(source, suppliers, end));
        });
    }

    /// Adds a piece of the rows of all slices condensed, which shares no pair of addresses with another.
    pub fn add_condensed(&mut self, source: &Source<'_>) {
        self.tables.peer_history.extend(peer_history::peer_history(source));
        self.tables.threat_contacts.extend(threats::threat_contacts(source));
    }

    /// The tables; `source` has no rows, `counting` the (hour, capture point) whose rows nothing replaces.
    pub fn finish(self, source: &Source<'_>, counting: &[(u32, u32)]) -> Behaviour {
        let Self { mut tables, contacts, long_flows, series } = self;
        tables.contact_series = contacts.finish(source);
        tables.long_flows = long_flows.rows(source);
        tables.series = series::series(source, series, counting);
        // Pieces come in no order.
        tables.peer_history.sort_by_key(|row| (row.ip, row.peer));
        tables.threat_contacts.sort_by_key(|row| (row.ip, row.threat_ip, row.is_outbound));
        // The others ascend by their hour first, as the slices do.
        tables.sender_hours.sort_by_key(|row| (row.ip, row.hour));
        tables.peer_hours.sort_by_key(|row| (row.ip, row.peer, row.hour));
        tables.exposed_days.sort_by_key(|row| (row.ip, row.day, row.dst_port, row.protocol));
        tables.denied_days.sort_by_key(|row| (row.ip, row.day));
        tables
    }
}
