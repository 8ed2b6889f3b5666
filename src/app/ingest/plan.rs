//! What is to be done about each listed unit: nothing, reading it on, or reading it whole.
//!
//! Goes in: a listing, and what a workspace knows. Comes out: steps, by hour. Opens no blob, unless the same hour is listed from another
//! place.

use std::sync::Arc;

use crate::app::ingest::growth::{CLOSER, tail_hash, tail_length};
use crate::schema::partial::BlobProblem;
use crate::source::{Blob, Unit};
use crate::store::{Checkpoint, KeptBlob, KeptUnit, STATE_HOURS, UnitKey};

/// A unit that is to be read.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// Its blobs.
    pub unit: &'a Unit,
    /// What is known of it, if it is to be read on: where it ended.
    pub known: Option<KeptUnit>,
    /// The hour that its path names, from the epoch.
    pub hour: Option<u32>,
    /// Whether it may grow, so that what is needed to read it on is kept.
    pub may_grow: bool,
}

impl Step<'_> {
    /// Bytes that will be read.
    pub fn bytes(&self) -> u64 {
        self.unit.bytes.saturating_sub(self.bytes_before())
    }

    /// Bytes that were read before.
    pub fn bytes_before(&self) -> u64 {
        self.known.as_ref().map_or(0, |known| known.blobs.iter().map(|blob| blob.bytes).sum())
    }
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// Units to be read, by hour, larger ones first.
    pub steps: Vec<Step<'a>>,
    /// Units that are as they were.
    pub unchanged: u64,
    /// Blobs that are not read, and why.
    pub refused: Vec<BlobProblem>,
}

/// By which a unit is known between runs: the capture point and hour of its path, or the place of its blob.
pub fn key(unit: &Unit) -> UnitKey {
    match &unit.capture {
        Some(capture) => UnitKey::of(&format!("{}/{}/{}", capture.resource, capture.hour, capture.mac)),
        None => UnitKey::of(&unit.blobs.first().map_or_else(String::new, |blob| format!("@{}", blob.location()))),
    }
}

/// The blobs of a unit as they are listed.
pub fn kept_blobs(unit: &Unit) -> Vec<KeptBlob> {
    let kept = |blob: &Blob| {
        let location = blob.location();
        let before = location.strip_suffix(&*blob.name);
        KeptBlob {
            name: Box::from(&*blob.name),
            place: before.unwrap_or(&location).into(),
            is_below: before.is_some(),
            bytes: blob.bytes,
            version: blob.version.clone(),
        }
    };
    unit.blobs.iter().map(kept).collect()
}

/// Decides what is to be done about each unit.
pub fn plan<'a>(units: &'a [Unit], checkpoint: &Checkpoint) -> Plan<'a> {
    let hour_of = |unit: &Unit| unit.capture.as_ref().and_then(|capture| u32::try_from(capture.hour).ok());
    let newest = units.iter().filter_map(hour_of).chain(checkpoint.newest_hour).max().unwrap_or(0);
    let mut plan = Plan::default();
    for unit in units {
        let hour = hour_of(unit);
        let may_grow = unit.blobs.len() == 1 && hour.is_some_and(|hour| hour + STATE_HOURS >= newest);
        let step = Step { unit, known: None, hour, may_grow };
        let change = |known| change(unit, known, may_grow && checkpoint.is_open(known));
        match checkpoint.units.get(&key(unit)).map(change) {
            None | Some(Change::Rewritten) => plan.steps.push(step),
            Some(Change::Grown(known)) => plan.steps.push(Step { known: Some(known.clone()), ..step }),
            Some(Change::None) => plan.unchanged += 1,
            Some(Change::Other(elsewhere)) => plan.refused.push(refusal(unit, elsewhere)),
        }
    }
    plan.steps.sort_by_key(|step| (step.hour, std::cmp::Reverse(step.bytes())));
    plan
}

/// How a unit differs from what is known of it.
enum Change<'a> {
    /// Not at all.
    None,
    /// It goes on where it ended.
    Grown(&'a KeptUnit),
    /// It is to be read whole.
    Rewritten,
    /// The hour is known from a blob elsewhere, which is not listed and has other content.
    Other(&'a KeptBlob),
}

/// `reads_on`: whether the unit may be read on, if it grew.
fn change<'a>(unit: &Unit, known: &'a KeptUnit, reads_on: bool) -> Change<'a> {
    let listed = kept_blobs(unit);
    let is_known = |blob: &KeptBlob| known.blobs.iter().any(|known| same(blob, known));
    // What was read stays, also where a blob of it is no longer listed.
    if listed.iter().all(is_known) {
        return Change::None;
    }
    let is_listed = |known: &&KeptBlob| listed.iter().any(|blob| blob.location() == known.location());
    if let Some(elsewhere) = known.blobs.iter().find(|known| !is_listed(known)) {
        return match (&unit.blobs[..], &known.blobs[..]) {
            ([blob], [_]) if holds(blob, elsewhere, known) && blob.bytes == elsewhere.bytes => Change::None,
            ([blob], [_]) if holds(blob, elsewhere, known) && reads_on => Change::Grown(known),
            ([blob], [_]) if holds(blob, elsewhere, known) => Change::Rewritten,
            _ => Change::Other(elsewhere),
        };
    }
    match (&listed[..], &known.blobs[..]) {
        ([now], [before]) if now.bytes > before.bytes && reads_on => Change::Grown(known),
        _ => Change::Rewritten,
    }
}

/// Whether a listed blob is the one that was read, wherever it lies now.
fn same(listed: &KeptBlob, known: &KeptBlob) -> bool {
    (listed.bytes, &listed.version) == (known.bytes, &known.version)
}

/// Whether `blob` holds what `known` held where that ended.
fn holds(blob: &Blob, known: &KeptBlob, unit: &KeptUnit) -> bool {
    let Some(tail) = &unit.tail else { return false };
    let end = known.bytes.saturating_sub(CLOSER.len() as u64);
    blob.bytes >= known.bytes
        && blob.read_range(end - tail_length(known.bytes), end).is_ok_and(|bytes| tail_hash(&bytes) == tail.hash)
}

fn refusal(unit: &Unit, known: &KeptBlob) -> BlobProblem {
    let blob = unit.blobs.first().map_or_else(|| Arc::from(""), |blob| Arc::clone(&blob.name));
    let problem = format!(
        "cannot ingest blob {blob}: the workspace holds this hour from {}, which is not in this input and has other content; hint: give \
         both in one run, or a new workspace",
        known.location()
    );
    BlobProblem { blob, problem }
}
