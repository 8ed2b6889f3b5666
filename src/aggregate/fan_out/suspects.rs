//! What the suspects of an hour tried: their rows, source by source.
//!
//! Goes in: the supplying rows of an hour, and who is suspected. Comes out: what is taken of those rows, so that all that a source tried lies
//! together and rows are read in their order, once. Sums nothing.

use super::Search;
use super::hours::Hour;
use super::suspicion::Suspicion;
use super::tries::Tried;
use crate::aggregate::dedup::Role;

/// The rows of the suspects of one hour at a time; keeps its memory from hour to hour.
#[derive(Default)]
pub(super) struct Suspects {
    /// Rows of suspects, stretch by stretch: the row and the suspect's place.
    rows: Vec<(u32, u32)>,
    /// Where each stretch ends in `rows`.
    stretch_ends: Vec<usize>,
    /// Suspect by suspect; what lies beyond the last one's end is of an earlier hour.
    tried: Vec<Tried>,
    /// Where each suspect ends in `tried`.
    ends: Vec<usize>,
}

impl Suspects {
    /// Collects the rows of an hour's suspects, answered or not, that may belong to a fan-out.
    pub fn collect(&mut self, search: &Search<'_>, hour: &Hour<'_>, suspicion: &Suspicion) {
        self.find(search, hour, suspicion);
        let mut next: Vec<usize> = Vec::with_capacity(self.ends.len());
        let mut end = 0;
        for count in &mut self.ends {
            next.push(end);
            end += *count;
            *count = end;
        }
        if self.tried.len() < end {
            self.tried.resize(end, Tried::default());
        }
        let mut start = 0;
        for (stretch, end) in hour.stretches.iter().zip(&self.stretch_ends) {
            let rows = &search.chunks[stretch.chunk];
            for (row, place) in &self.rows[start..*end] {
                let at = &mut next[*place as usize];
                self.tried[*at] = Tried::of(search.dataset, rows, *row as usize, hour.number);
                *at += 1;
            }
            start = *end;
        }
    }

    /// Finds the rows and counts them by suspect.
    fn find(&mut self, search: &Search<'_>, hour: &Hour<'_>, suspicion: &Suspicion) {
        self.rows.clear();
        self.stretch_ends.clear();
        self.ends.clear();
        self.ends.resize(suspicion.suspects().len(), 0);
        for stretch in &hour.stretches {
            let (rows, roles) = (&search.chunks[stretch.chunk], &search.deduplicated.roles[stretch.chunk]);
            for row in stretch.rows.clone().filter(|row| roles[*row] == Role::Supplies) {
                let tried = (rows.dst_ip[row], rows.dst_port[row]);
                if let Some(place) = suspicion.place(rows.src_ip[row])
                    && suspicion.may_reach(rows.src_ip[row], tried, search.least as u8)
                {
                    self.ends[place] += 1;
                    self.rows.push((row as u32, place as u32));
                }
            }
            self.stretch_ends.push(self.rows.len());
        }
    }

    /// What the suspect of a place tried.
    pub fn tried(&self, place: usize) -> &[Tried] {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.tried[start..self.ends[place]]
    }
}
