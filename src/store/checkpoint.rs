//! What a workspace holds: which blobs were read how far, and which files are live. Swapped last, so that a run counts whole or not at all.
//!
//! Goes in and comes out: one compressed file of lines: a head, the live parts, then a unit of work a line. Knows no rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::error::StoreError;
use super::part_file;
use super::partition::{DAY_HOURS, Part};

/// Name of the file.
pub(super) const FILE: &str = "checkpoint.zst";

/// How hard zstd tries on the checkpoint, which is written by every run. Range 1 to 22.
const ZSTD_LEVEL: i32 = 1;

/// A blob as it was listed when it was read last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBlob {
    /// Its name, relative to its INPUT.
    pub name: Box<str>,
    /// Where it lies, without any credential; only what stands before its name where `is_below` says so.
    pub place: Box<str>,
    /// Whether its name follows its place, as a rule.
    pub is_below: bool,
    /// Bytes as stored.
    pub bytes: u64,
    /// ETag, or time of modification.
    pub version: Box<str>,
}

impl KeptBlob {
    /// Where it lies.
    pub fn location(&self) -> String {
        if self.is_below { format!("{}{}", self.place, self.name) } else { self.place.to_string() }
    }
}

/// By which a unit is known between runs: a hash of the capture point and hour, or of its place. A tenth of the text that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnitKey(u64, u64);

impl UnitKey {
    /// The key of what `text` names.
    pub fn of(text: &str) -> Self {
        let hash = xxh3_128(text.as_bytes());
        Self((hash >> 64) as u64, hash as u64)
    }
}

/// How the one blob of a unit is read on where it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// Records before it.
    pub records: u64,
    /// Time of the newest tuple, ms since the epoch; `i64::MIN` before the first.
    pub newest: i64,
    /// Hash of the bytes before the closer: a blob whose bytes there differ was rewritten.
    pub hash: [u64; 2],
    /// Reject rows so far, by reason; empty where there are none.
    pub rejects: Vec<u64>,
}

/// A unit of work that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUnit {
    /// Its number in the tables.
    pub id: u32,
    /// The hour that its path names, or that its rows begin in; from the epoch.
    pub hour: u32,
    /// First and last hour of its rows, `hour` included.
    pub span: (u32, u32),
    /// Its blobs, by name.
    pub blobs: Vec<KeptBlob>,
    /// `None` where it is read anew when it changes.
    pub tail: Option<Tail>,
}

/// The state of a workspace between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Runs that were committed.
    pub run: u64,
    /// The number of the next new unit.
    pub next_id: u32,
    /// Newest hour of any unit, from the epoch.
    pub newest_hour: Option<u32>,
    /// Days before this one, from the epoch, are closed: each table has at most one file an hour.
    pub closed_before: u32,
    /// The live files.
    pub parts: BTreeSet<Part>,
    /// The units, by their key.
    pub units: BTreeMap<UnitKey, KeptUnit>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    run: u64,
    next_id: u32,
    newest_hour: Option<u32>,
    closed_before: u32,
    parts: usize,
    units: usize,
}

impl Checkpoint {
    /// Whether a unit can be read on: no row of it lies in a closed day, where what was pending can no longer be told from what was settled.
    pub fn is_open(&self, unit: &KeptUnit) -> bool {
        unit.tail.is_some() && unit.span.0 / DAY_HOURS >= self.closed_before
    }

    /// Reads the checkpoint of the workspace at `root`.
    pub(super) fn read(root: &Path) -> Result<Self, StoreError> {
        let path = root.join(FILE);
        let file = File::open(&path).map_err(StoreError::read(&path))?;
        let reader = zstd::Decoder::new(file).map_err(StoreError::read(&path))?;
        let mut lines = BufReader::new(reader).lines();
        let mut line = || -> Result<String, StoreError> {
            lines.next().ok_or_else(|| StoreError::damaged(&path, "it ends early"))?.map_err(StoreError::read(&path))
        };
        let wrong = |error: serde_json::Error| StoreError::damaged(&path, error);
        let head: Head = serde_json::from_str(&line()?).map_err(wrong)?;
        let mut checkpoint = Self {
            run: head.run,
            next_id: head.next_id,
            newest_hour: head.newest_hour,
            closed_before: head.closed_before,
            ..Self::default()
        };
        for _ in 0..head.parts {
            let part = Part::parse(&line()?).ok_or_else(|| StoreError::damaged(&path, "it names no part"))?;
            checkpoint.parts.insert(part);
        }
        for _ in 0..head.units {
            let (key, unit): (UnitKey, KeptUnit) = serde_json::from_str(&line()?).map_err(wrong)?;
            checkpoint.units.insert(key, unit);
        }
        Ok(checkpoint)
    }

    /// Swaps the checkpoint of the workspace at `root` for this one.
    pub(super) fn write(&self, root: &Path) -> Result<(), StoreError> {
        let path = root.join(FILE);
        part_file::replace(&path, |out| {
            let mut out = zstd::Encoder::new(out, ZSTD_LEVEL).map_err(StoreError::write(&path))?;
            self.write_lines(&mut out).and_then(|()| out.finish().map(|_| ())).map_err(StoreError::write(&path))
        })?;
        part_file::sync_folder(root)
    }

    fn write_lines(&self, out: &mut impl Write) -> std::io::Result<()> {
        let head = Head {
            run: self.run,
            next_id: self.next_id,
            newest_hour: self.newest_hour,
            closed_before: self.closed_before,
            parts: self.parts.len(),
            units: self.units.len(),
        };
        serde_json::to_writer(&mut *out, &head)?;
        for part in &self.parts {
            write!(out, "\n{part}")?;
        }
        for unit in &self.units {
            out.write_all(b"\n")?;
            serde_json::to_writer(&mut *out, &unit)?;
        }
        out.write_all(b"\n")
    }
}
