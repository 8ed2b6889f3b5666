//! How much of the traffic between subnets was encrypted.
//!
//! Goes in: the supplying rows and the corrections. Comes out: encryption, whose sums are the deduplicated totals. Judges
//! no status.
//!
//! A flow that its destination denied has no encryption of its own in the supplier's rows. It is moved from allowed to denied
//! within a code of the supplier's allowed rows of its interval, pair, port and protocol: first the code with the most flows there,
//! of equals the smallest code, no more than it has, then the next. Denied flows that nobody saw leaving go to the first
//! such code; without any allowed row, to "not stated".

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::dataset::Dataset;
use super::places::subnet_number;
use super::plans::status;
use super::rows::Rows;
use super::sums::Sums;
use super::supply::Supply;
use crate::enrich::Endpoints;
use crate::schema::tables::{Counting, EncryptionRow, PairMeasures};
use crate::schema::{Encryption, Status};

/// What the pass over the rows yields.
#[derive(Default)]
struct State {
    /// Per [`key`].
    sums: Sums<PairMeasures>,
    /// Allowed flows per correction (its index) and code.
    left: BTreeMap<(usize, u8), u64>,
}

/// Subnets of source and destination, by `subnet_number`, and code as one integer.
fn key(src: u32, dst: u32, code: u8) -> u128 {
    u128::from(src) << 40 | u128::from(dst) << 8 | u128::from(code)
}

/// Whether any row states an encryption; in NSG logs none does.
pub(super) fn is_stated(supply: &Supply<'_>) -> bool {
    supply.chunks.par_iter().any(|rows| rows.encryption.iter().any(|code| *code != Encryption::NONE.0))
}

/// The table, most bytes first, from the sums [`by_code`]. Where nothing is stated, so that there are none, `matrix`, which is that of
/// `pair_sums`, is the whole answer.
pub(super) fn encryption(
    dataset: &Dataset,
    endpoints: &Endpoints,
    (sums, matrix): (Option<&Sums<PairMeasures>>, &Sums<PairMeasures>),
) -> Vec<EncryptionRow> {
    let name = |number: u128| {
        let subnet = (number as u32 as usize).checked_sub(1).and_then(|place| endpoints.subnets.get(place));
        subnet.map(|subnet| subnet.name.clone()).unwrap_or_default()
    };
    let row = |(key, measures): &(u128, PairMeasures)| EncryptionRow {
        src_subnet: name(key >> 40),
        dst_subnet: name(key >> 8),
        encryption: dataset.encryption(*key as u8).to_owned(),
        measures: *measures,
    };
    let not_stated = || not_stated(matrix);
    let sums = sums.cloned().unwrap_or_else(not_stated);
    let mut rows: Vec<EncryptionRow> = sums.rows().iter().map(row).collect();
    rows.sort_by(|a, b| {
        let most = |row: &EncryptionRow| (Reverse(row.measures.bytes()), Reverse(row.measures.flows()));
        let names = || (&a.src_subnet, &a.dst_subnet, &a.encryption).cmp(&(&b.src_subnet, &b.dst_subnet, &b.encryption));
        most(a).cmp(&most(b)).then_with(names)
    });
    rows
}

/// The matrix by [`key`].
fn not_stated(matrix: &Sums<PairMeasures>) -> Sums<PairMeasures> {
    let mut sums = Sums::default();
    for (subnets, measures) in matrix.rows() {
        *sums.entry(key((subnets >> 32) as u32, *subnets as u32, Encryption::NONE.0)) = *measures;
    }
    sums
}

/// The supplying rows of whole intervals by [`key`].
pub(super) fn by_code(supply: &Supply<'_>) -> Sums<PairMeasures> {
    let subnets: Vec<u32> = supply.endpoints.rows.iter().map(|e| subnet_number(e.subnet)).collect();
    let mut state = sum(supply, &subnets);
    correct(supply, &subnets, &mut state);
    state.sums
}

/// Sums the supplying rows, and the allowed ones among them that a correction is about.
fn sum(supply: &Supply<'_>, subnets: &[u32]) -> State {
    let corrections = &supply.deduplicated.corrections;
    // Few destinations deny what a logged source sent them; most rows need no search.
    let mut refuses = vec![false; subnets.len()];
    corrections.iter().for_each(|c| refuses[c.dst_ip as usize] = true);
    let add = |state: &mut State, rows: &Rows<'_>, row: usize| {
        let (src, dst, code) = (rows.src_ip[row], rows.dst_ip[row], rows.encryption[row]);
        let status = status(u32::from(rows.status[row]));
        let key = key(subnets[src as usize], subnets[dst as usize], code);
        state.sums.entry(key).add(&supply.sums(rows, row).pair_measures(status));
        if refuses[dst as usize] && status == Status::Allowed {
            let place = (rows.interval[row], src, dst, rows.dst_port[row], rows.protocol[row]);
            if let Ok(place) = corrections.binary_search_by_key(&place, |c| c.key()) {
                *state.left.entry((place, code)).or_default() += u64::from(rows.flows_started[row]);
            }
        }
    };
    let merge = |mut all: State, more: State| {
        more.sums.rows().iter().for_each(|(key, more)| all.sums.entry(*key).add(more));
        more.left.into_iter().for_each(|(place, flows)| *all.left.entry(place).or_default() += flows);
        all
    };
    supply.fold(Counting::Deduplicated, State::default, add, merge)
}

/// Moves the flows that their destination denied.
fn correct(supply: &Supply<'_>, subnets: &[u32], state: &mut State) {
    for (place, correction) in supply.deduplicated.corrections.iter().enumerate() {
        let of_code = state.left.range((place, 0)..=(place, u8::MAX));
        let mut codes: Vec<(u8, u64)> = of_code.map(|((_, code), flows)| (*code, *flows)).collect();
        codes.sort_by_key(|(code, flows)| (Reverse(*flows), *code));
        let first = codes.first().map_or(Encryption::NONE.0, |(code, _)| *code);
        let (src, dst) = (subnets[correction.src_ip as usize], subnets[correction.dst_ip as usize]);
        let is_malicious = supply.is_malicious(correction.src_ip, correction.dst_ip, correction.dst_port);
        let mut were_allowed = correction.were_allowed;
        for (code, flows) in codes {
            let moved = flows.min(were_allowed);
            were_allowed -= moved;
            move_flows(state.sums.entry(key(src, dst, code)), moved, moved, is_malicious);
        }
        let never_left = correction.denied - correction.were_allowed;
        move_flows(state.sums.entry(key(src, dst, first)), 0, never_left, is_malicious);
    }
}

fn move_flows(measures: &mut PairMeasures, allowed: u64, denied: u64, is_malicious: bool) {
    measures.flows_allowed -= allowed;
    measures.flows_denied += denied;
    if is_malicious {
        measures.flows_malicious_allowed -= allowed;
        measures.flows_malicious_denied += denied;
    }
}
