//! Whose tries of an hour may reach the threshold of a fan-out: a first pass, so that few rows have to be read whole.
//!
//! Goes in: the supplying rows and the corrections of an hour. Comes out: the sources that look as if one host's ports, or one port's
//! hosts, did not answer them often enough. A try without an answer has at least one row, or correction, that looks so: counts are never too
//! low. They are too high where keys share a counter, a try has several such rows, or its answer stands in another row.

use super::Search;
use super::hours::Hour;
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::schema::Status;

/// Rows of an hour for each counter. Unit: rows; fewer outgrow the second cache, more let more innocent keys share a counter. About half of the rows are
/// counted, so that a counter has two or so that it should not have, of the ten it takes.
const COUNTER_ROWS: usize = 4;

/// Most counters per fan-out. Unit: counters of a byte; a power of two.
const COUNTERS_MAX: usize = 1 << 22;

/// Least counters per fan-out, as a power of two.
const COUNTERS_MIN: usize = 64;

/// The suspects of one hour at a time; keeps its memory from hour to hour.
#[derive(Default)]
pub(super) struct Suspicion {
    /// By source and host, hashed; each is full at the threshold.
    ports: Vec<u8>,
    /// By source and port.
    hosts: Vec<u8>,
    /// Per address its place among the suspects plus one; 0 for all others.
    places: Vec<u32>,
    suspects: Vec<u32>,
}

impl Suspicion {
    /// Looks at the sources of one partition in an hour.
    pub fn look(&mut self, search: &Search<'_>, hour: &Hour<'_>, partition: u32) {
        self.forget(search, hour.rows());
        let least = search.least as u8;
        for stretch in &hour.stretches {
            let (rows, roles) = (&search.chunks[stretch.chunk], &search.deduplicated.roles[stretch.chunk]);
            for row in stretch.rows.clone() {
                let src_ip = rows.src_ip[row];
                if roles[row] == Role::Supplies && may_be_unanswered(rows, row) && search.is_in(partition, src_ip) {
                    self.count(src_ip, (rows.dst_ip[row], rows.dst_port[row]), least);
                }
            }
        }
        for correction in hour.corrections.iter().filter(|correction| search.is_in(partition, correction.src_ip)) {
            self.count(correction.src_ip, (correction.dst_ip, correction.dst_port), least);
        }
    }

    /// Makes ready for an hour of `rows`.
    fn forget(&mut self, search: &Search<'_>, rows: usize) {
        self.suspects.drain(..).for_each(|src_ip| self.places[src_ip as usize] = 0);
        self.places.resize(search.dataset.addresses().len(), 0);
        let counters = (rows / COUNTER_ROWS).next_power_of_two().clamp(COUNTERS_MIN, COUNTERS_MAX);
        for of_one in [&mut self.ports, &mut self.hosts] {
            of_one.clear();
            of_one.resize(counters, 0);
        }
    }

    /// Counts a try that looks unanswered.
    fn count(&mut self, src_ip: u32, (dst_ip, dst_port): (u32, u16), least: u8) {
        let reaches =
            count(&mut self.ports, (src_ip, dst_ip), least) | count(&mut self.hosts, (src_ip, u32::from(dst_port)), least);
        if reaches && self.places[src_ip as usize] == 0 {
            self.suspects.push(src_ip);
            self.places[src_ip as usize] = self.suspects.len() as u32;
        }
    }

    /// The sources that may have a fan-out, in no particular order.
    pub fn suspects(&self) -> &[u32] {
        &self.suspects
    }

    /// Where a source stands among the suspects.
    pub fn place(&self, src_ip: u32) -> Option<usize> {
        (self.places[src_ip as usize] as usize).checked_sub(1)
    }

    /// Whether a source's tries of a host, or those on a port, may be enough for a fan-out. Of one that is none no try is needed.
    pub fn may_reach(&self, src_ip: u32, (dst_ip, dst_port): (u32, u16), least: u8) -> bool {
        let count = |counters: &[u8], one: u32| counters[counter_place(counters.len(), src_ip, one)];
        count(&self.ports, dst_ip) >= least || count(&self.hosts, u32::from(dst_port)) >= least
    }
}

/// Where the counter of a source and a host, or a port, stands. Protocols share one.
fn counter_place(counters: usize, src_ip: u32, one: u32) -> usize {
    let key = u64::from(src_ip) << 32 | u64::from(one);
    // One round of what `sums::hash` does: numbers that follow each other need no more, and this is done for every second row.
    let mixed = (key ^ (key >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed >> 32) as usize & (counters - 1)
}

/// Counts one more; returns whether there are enough.
fn count(counters: &mut [u8], (src_ip, one): (u32, u32), least: u8) -> bool {
    let counter = &mut counters[counter_place(counters.len(), src_ip, one)];
    *counter += u8::from(*counter < least);
    *counter >= least
}

/// Whether a row can belong to a try without an answer: of such a try at least one row, or a correction, looks like this.
fn may_be_unanswered(rows: &Rows<'_>, row: usize) -> bool {
    rows.status[row] == Status::Denied as u8
        || (rows.tuples_unmeasured[row] == 0 && rows.packets_dst_to_src[row] <= u64::from(rows.flows_started[row]))
}
