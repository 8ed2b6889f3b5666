//! Reads a blob in parts, a few of them ahead.
//!
//! Goes in: a blob and the version to read. Comes out: its stored bytes. What is read is always one version's content: a part is asked
//! for on the condition that the blob is still that version.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;

use object_store::path::Path;
use tokio::task::JoinHandle;
use xxhash_rust::xxh3::Xxh3;

use super::container::Container;
use crate::source::store_error::StoreError;

/// Bytes of a part. 4 MiB: long enough that the way to the store counts little, short enough that parts ahead stay few MiB.
const PART_BYTES: u64 = 4 << 20;

/// Parts that are asked for before they are read, so that a blob takes at most 16 MiB of memory.
const PARTS_AHEAD: usize = 3;

/// How often a blob may change while it is read whole. Azure writes to the blob of the running hour once a minute.
const CHANGES_MAX: u32 = 5;

/// Reads stored bytes of one version of a blob.
pub struct RangeReader {
    container: Container,
    key: Path,
    version: Box<str>,
    /// The first byte that nobody asked for yet, and the first that is not wanted.
    wanted: Range<u64>,
    parts: VecDeque<JoinHandle<Result<Vec<u8>, StoreError>>>,
    part: io::Cursor<Vec<u8>>,
    /// What becomes of a blob that changes.
    follows: Option<Follows>,
}

/// What it takes to go on with a newer version.
#[derive(Default)]
struct Follows {
    given: u64,
    hash: Xxh3,
    changes: u32,
}

impl RangeReader {
    /// Reads the bytes `wanted` of `version`; if that is gone, an error says so.
    pub fn strict(container: Container, key: Path, version: Box<str>, wanted: Range<u64>) -> Self {
        Self { container, key, version, wanted, parts: VecDeque::new(), part: io::Cursor::default(), follows: None }
    }

    /// Reads the whole blob, which had `bytes` when it was `version`; if it grew meanwhile, the newest version of it. What was
    /// already given must be the beginning of that, which is read again to make sure.
    pub fn whole(container: Container, key: Path, version: Box<str>, bytes: u64) -> Self {
        let mut reader = Self::strict(container, key, version, 0..bytes);
        reader.follows = Some(Follows::default());
        reader.ask_ahead();
        reader
    }

    /// Asks for as many parts as may be under way.
    fn ask_ahead(&mut self) {
        while self.parts.len() <= PARTS_AHEAD && !self.wanted.is_empty() {
            let end = self.wanted.end.min(self.wanted.start + PART_BYTES);
            self.parts.push_back(self.container.ask(&self.key, &self.version, self.wanted.start..end));
            self.wanted.start = end;
        }
    }

    /// Waits for the next part; an empty one is the end.
    fn next_part(&mut self) -> Result<Vec<u8>, StoreError> {
        loop {
            self.ask_ahead();
            let Some(part) = self.parts.pop_front() else { return Ok(Vec::new()) };
            match (self.container.wait_for(part), &mut self.follows) {
                (Ok(part), Some(follows)) => {
                    follows.given += part.len() as u64;
                    follows.hash.update(&part);
                    return Ok(part);
                }
                (Err(StoreError::Changed), Some(_)) => self.go_on_with_newest()?,
                (part, _) => return part,
            }
        }
    }

    /// Turns to the newest version, if it begins with all that was given.
    fn go_on_with_newest(&mut self) -> Result<(), StoreError> {
        self.forget_parts();
        loop {
            let Some(follows) = self.follows.as_mut().filter(|follows| follows.changes < CHANGES_MAX) else {
                return Err(StoreError::Changed);
            };
            follows.changes += 1;
            let (given, hash) = (follows.given, follows.hash.digest128());
            let (bytes, version) = self.container.look_at(&self.key)?;
            if bytes < given {
                return Err(StoreError::Changed);
            }
            match self.hash_of(&version, given) {
                Ok(newest) if newest == hash => {
                    (self.version, self.wanted) = (version, given..bytes);
                    return Ok(());
                }
                Ok(_) => return Err(StoreError::Changed),
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The hash of the first `bytes` bytes of a version.
    fn hash_of(&self, version: &str, bytes: u64) -> Result<u128, StoreError> {
        let mut reader = Self::strict(self.container.clone(), self.key.clone(), version.into(), 0..bytes);
        let mut hash = Xxh3::new();
        loop {
            let part = reader.next_part()?;
            if part.is_empty() {
                return Ok(hash.digest128());
            }
            hash.update(&part);
        }
    }

    fn forget_parts(&mut self) {
        self.parts.drain(..).for_each(|part| part.abort());
    }
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.part.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        self.part = io::Cursor::default();
        self.part = io::Cursor::new(self.next_part().map_err(io::Error::other)?);
        self.part.read(buffer)
    }
}

impl Drop for RangeReader {
    fn drop(&mut self) {
        self.forget_parts();
    }
}
