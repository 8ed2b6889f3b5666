//! Sums that memory should not hold wait in a file until they are counted.
//!
//! Goes in: sums by piece, time and again. Comes out: the sums of one piece, as often as they were written. The file is the caller's
//! (this floor knows none), is read by nobody else and need not outlive the process. Adds nothing up.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::condensed::Sum;

/// Where bytes can be written and read again.
pub trait SpillFile: Read + Write + Seek + Send {}

impl<F: Read + Write + Seek + Send> SpillFile for F {}

/// When sums are spilled, and where to.
pub struct Spill<'a> {
    /// Most sums that are held between two slices. Unit: sums of 80 bytes and up to as much again for room; range 0 and up: the more, the more
    /// memory. Half as many come back at once.
    pub sums_max: usize,
    /// Most sums that are held, where these are more: those of so many slices. Unit: slices; range 0 and up: a slice takes its memory anyway, and
    /// what comes back in each is not written anew for every few sums that do not.
    pub slices_max: usize,
    /// Where the file lies, for messages.
    pub place: String,
    /// Makes the file, once, when the first sums are spilled.
    pub file: &'a mut dyn FnMut() -> io::Result<Box<dyn SpillFile>>,
}

impl fmt::Debug for Spill<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spill")
            .field("sums_max", &self.sums_max)
            .field("slices_max", &self.slices_max)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Sums could not be written or read again.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot put sums of a long window aside: {place}: {cause}; hint: free space there, let another folder be used (--out; TMPDIR for a query), or ask for a shorter window"
)]
pub struct SpillError {
    place: String,
    cause: io::Error,
}

/// A key and its sum.
pub(super) type Entry = (u128, Sum);

/// Bytes of an entry: the key, then the fields of the sum as [`Sum::to_words`] has them, all little-endian.
const ENTRY_BYTES: usize = 16 + Sum::WORDS * 8;

/// Sums on their way to the end of the window.
pub(super) struct Spilled {
    file: Box<dyn SpillFile>,
    place: String,
    /// Where the file ends. It is read only when all is written.
    end: u64,
    /// Per piece: where its entries begin, and how many there are.
    runs: Vec<Vec<(u64, usize)>>,
}

impl Spilled {
    /// Begins a file.
    pub fn begin(spill: &mut Spill<'_>, pieces: usize) -> Result<Self, SpillError> {
        let file = (spill.file)().map_err(|cause| SpillError { place: spill.place.clone(), cause })?;
        Ok(Self { file, place: spill.place.clone(), end: 0, runs: vec![Vec::new(); pieces] })
    }

    /// Writes what each piece holds.
    pub fn write<'e>(&mut self, pieces: impl Iterator<Item = &'e [Entry]>) -> Result<(), SpillError> {
        let mut bytes = Vec::new();
        for (entries, runs) in pieces.zip(&mut self.runs).filter(|(entries, _)| !entries.is_empty()) {
            bytes.clear();
            for (key, sum) in entries {
                bytes.extend_from_slice(&key.to_le_bytes());
                sum.to_words().iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
            }
            let written = self.file.write_all(&bytes);
            written.map_err(|cause| SpillError { place: self.place.clone(), cause })?;
            runs.push((self.end, entries.len()));
            self.end += bytes.len() as u64;
        }
        Ok(())
    }

    /// How many entries of a piece were written.
    pub fn count(&self, piece: usize) -> usize {
        self.runs[piece].iter().map(|(_, entries)| entries).sum()
    }

    /// The bytes of a piece's entries, for [`entries`].
    pub fn read(&mut self, piece: usize) -> Result<Vec<u8>, SpillError> {
        let mut bytes = vec![0; self.count(piece) * ENTRY_BYTES];
        let mut rest = &mut bytes[..];
        for (start, entries) in &self.runs[piece] {
            let (run, after) = rest.split_at_mut(entries * ENTRY_BYTES);
            let read = self.file.seek(SeekFrom::Start(*start)).and_then(|_| self.file.read_exact(run));
            read.map_err(|cause| SpillError { place: self.place.clone(), cause })?;
            rest = after;
        }
        Ok(bytes)
    }
}

/// The entries that bytes hold.
pub(super) fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    bytes.as_chunks::<ENTRY_BYTES>().0.iter().map(|entry| {
        let (key, words) = entry.split_first_chunk::<16>().expect("an entry begins with its key");
        let words = words.as_chunks::<8>().0;
        (u128::from_le_bytes(*key), Sum::of_words(std::array::from_fn(|word| u64::from_le_bytes(words[word]))))
    })
}
