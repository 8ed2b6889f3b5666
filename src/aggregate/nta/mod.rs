//! The rows of Traffic Analytics' table `NTANetAnalytics`: observed traffic, public addresses packed.
//!
//! Goes in: the dataset and what is known of its addresses. Comes out: rows, one interval after the other, each interval in
//! the order of its keys; only one interval is held at a time. Traffic that several NICs logged stands once per NIC,
//! as in Traffic Analytics, whose queries deduplicate. Knows no file format.

mod ids;
mod key;
mod naming;
mod packing;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use self::key::{Entry, Keys};
use self::naming::Naming;
use self::packing::Packing;
use super::rows::Rows;
use super::{Dataset, Estate};
use crate::schema::nta::{NtaEnd, NtaRow, NtaSums};
use crate::schema::service::service_name;
use crate::schema::{Direction, Status};

/// Hands every row to `emit`, and stops at its first error.
pub fn for_each_row<E>(
    dataset: &Dataset,
    estate: &Estate<'_>,
    mut emit: impl FnMut(&NtaRow<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let rows = dataset.rows();
    let keys = Keys::new(estate.endpoints);
    let table = Table { dataset, estate, rows: &rows, naming: Naming::new(dataset, estate) };
    for interval in by_interval(&rows).chunk_by(|a, b| a.interval == b.interval) {
        let mut entries: Vec<Entry> = interval.par_iter().map(|at| keys.entry(&rows[at.chunk as usize], *at)).collect();
        entries.par_sort_unstable();
        for group in entries.chunk_by(|a, b| a.key == b.key) {
            table.rows_of(group, &mut emit)?;
        }
    }
    Ok(())
}

/// Where a row of traffic stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    interval: u32,
    chunk: u32,
    row: u32,
}

/// The place of every row, by interval.
fn by_interval(rows: &[Rows<'_>]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(rows.iter().map(Rows::count).sum());
    for (chunk, rows) in (0u32..).zip(rows) {
        places.extend((0u32..).zip(rows.interval).map(|(row, interval)| Place { interval: *interval, chunk, row }));
    }
    places.par_sort_unstable();
    places
}

/// What rows are made of.
struct Table<'a> {
    dataset: &'a Dataset,
    estate: &'a Estate<'a>,
    rows: &'a [Rows<'a>],
    naming: Naming,
}

impl Table<'_> {
    /// The row of one key; several where its packed addresses do not fit into one.
    fn rows_of<E>(&self, group: &[Entry], emit: &mut impl FnMut(&NtaRow<'_>) -> Result<(), E>) -> Result<(), E> {
        let Some(first) = group.first() else { return Ok(()) };
        let mut sums = NtaSums::default();
        let mut packing = Packing::default();
        for peer in group.chunk_by(|a, b| a.public == b.public) {
            let mut own = NtaSums::default();
            peer.iter().for_each(|entry| own.add(&self.sums(entry.place)));
            if let Some(public) = peer[0].public() {
                let address = self.dataset.addresses()[public as usize];
                let tag = self.estate.endpoints.rows[public as usize].service_tag;
                let tag = tag.map(|tag| &*self.estate.endpoints.service_tags[tag as usize].name);
                if !packing.fits(address, tag, &own) {
                    self.emit(first, &packing, sums, emit)?;
                    (packing, sums) = Default::default();
                }
                packing.add(address, tag, &own);
            }
            sums.add(&own);
        }
        self.emit(first, &packing, sums, emit)
    }

    /// The sums of one row of traffic.
    fn sums(&self, place: Place) -> NtaSums {
        let (rows, row) = (&self.rows[place.chunk as usize], place.row as usize);
        let start = self.dataset.interval().start(place.interval);
        NtaSums {
            flows_started: u64::from(rows.flows_started[row]),
            flows_ended: u64::from(rows.flows_ended[row]),
            tuples: u64::from(rows.tuples[row]),
            packets_src_to_dst: rows.packets_src_to_dst[row],
            packets_dst_to_src: rows.packets_dst_to_src[row],
            bytes_src_to_dst: rows.bytes_src_to_dst[row],
            bytes_dst_to_src: rows.bytes_dst_to_src[row],
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
        }
    }

    fn emit<E>(
        &self,
        entry: &Entry,
        packing: &Packing,
        sums: NtaSums,
        emit: &mut impl FnMut(&NtaRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let key = &entry.key;
        // One address stands for all packed ones: they have one country or region.
        let [src, dst] = [key.src(), key.dst()].map(|end| end.or(entry.public()).unwrap_or_default());
        let outside = self.naming.outside(src, dst);
        let connection = self.naming.connection(src, dst);
        let service_tags = packing.service_tags();
        let interval_start = self.dataset.interval().start(entry.place.interval);
        let end = |number: Option<u32>| NtaEnd {
            ip: number.map(|number| self.dataset.addresses()[number as usize]),
            public_ips: if number.is_none() { packing.addresses() } else { "" },
            service_tags: if number.is_none() { &service_tags } else { "" },
            place: self.naming.place(number),
        };
        emit(&NtaRow {
            interval_start,
            interval_end: interval_start + self.dataset.interval().ms(),
            capture: self.naming.capture(key.capture_point),
            rule: self.naming.rule(key.rule),
            direction: Direction::ALL[usize::from(key.direction & 1)],
            status: Status::ALL[usize::from(key.status & 1)],
            protocol: key.protocol,
            encryption: naming::encryption(self.dataset.encryption(key.encryption)),
            flow_type: key.flow_type,
            src: end(key.src()),
            dst: end(key.dst()),
            dst_port: key.dst_port,
            l7_protocol: service_name(key.dst_port, key.protocol),
            country: self.naming.country(self.estate.endpoints, key.flow_type, outside),
            azure_region: self.naming.azure_region(self.estate.endpoints, key.flow_type, outside),
            connection: &connection.name,
            connection_type: connection.kind,
            is_at_udr_hop: self.naming.is_udr_hop(self.dataset, self.estate.owners, key.capture_point, [src, dst]),
            sums,
        })
    }
}
