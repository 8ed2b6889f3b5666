//! How a blob of the running hour grows, and how it is told that it did.
//!
//! Azure writes it in blocks: twelve bytes that open the records, blocks of records of which all but the first begin with a comma, and
//! two bytes that close them. A longer blob therefore goes on with a comma where the closer stood.
//!
//! Goes in: bytes as they are read. Comes out: whether they have that form, and a hash of what stands before the closer, by which a blob that was
//! rewritten is told from one that grew.

use std::io::{self, Read};

use xxhash_rust::xxh3::xxh3_128;

/// What a blob that grows begins with.
pub const OPENER: &[u8] = b"{\"records\":[";

/// What it ends with.
pub const CLOSER: &[u8] = b"]}";

/// How many bytes before the closer are hashed. Unit: bytes. A record's head alone has some hundred bytes with its time and resource, so that
/// two different hours cannot agree in so many; a ranged read of them costs no more than an empty one.
pub const TAIL_BYTES: u64 = 4_096;

/// The hash of the bytes before a closer, in two halves.
pub fn tail_hash(bytes: &[u8]) -> [u64; 2] {
    let hash = xxh3_128(bytes);
    [(hash >> 64) as u64, hash as u64]
}

/// How many bytes before the closer of a blob of `bytes` bytes are hashed.
pub fn tail_length(bytes: u64) -> u64 {
    bytes.saturating_sub(CLOSER.len() as u64).min(TAIL_BYTES)
}

/// Both ends of what went by.
#[derive(Debug, Default)]
pub struct Edges {
    head: Vec<u8>,
    tail: Vec<u8>,
    /// How many bytes went by.
    pub bytes: u64,
}

impl Edges {
    /// Takes note of the next bytes.
    pub fn see(&mut self, bytes: &[u8]) {
        let wanted = OPENER.len() - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(wanted)]);
        self.bytes += bytes.len() as u64;
        let most = TAIL_BYTES as usize + CLOSER.len();
        if bytes.len() >= most {
            self.tail.clear();
            self.tail.extend_from_slice(&bytes[bytes.len() - most..]);
        } else {
            let surplus = (self.tail.len() + bytes.len()).saturating_sub(most);
            self.tail.drain(..surplus);
            self.tail.extend_from_slice(bytes);
        }
    }

    /// The hash of what stands before the closer, if the bytes open and close as those of a blob that grows.
    pub fn hash(&self) -> Option<[u64; 2]> {
        if self.head != OPENER {
            return None;
        }
        let before = self.tail.strip_suffix(CLOSER)?;
        let length = usize::try_from(tail_length(self.bytes)).ok()?;
        before.len().checked_sub(length).map(|from| tail_hash(&before[from..]))
    }

    /// The same for bytes of which only the end went by, the rest being known to open as they should.
    pub fn of_end(mut self, bytes: u64) -> Self {
        self.head = OPENER.to_vec();
        self.bytes = bytes;
        self
    }
}

/// A reader whose bytes are taken note of.
pub struct Watched<R> {
    /// What is read.
    pub inner: R,
    /// What went by.
    pub edges: Edges,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.edges.see(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn edges(blob: &[u8], step: usize) -> Edges {
        let mut edges = Edges::default();
        blob.chunks(step).for_each(|bytes| edges.see(bytes));
        edges
    }

    #[test]
    fn a_blob_that_grows_is_told_by_its_ends_however_it_is_read() {
        for length in [0, 1, 100, 4_095, 4_096, 4_097, 20_000] {
            let content: Vec<u8> = (0..length).map(|i| b'a' + (i % 23) as u8).collect();
            let blob = [OPENER, &content[..], CLOSER].concat();
            let before = &blob[..blob.len() - 2];
            let expected = tail_hash(&before[before.len() - tail_length(blob.len() as u64) as usize..]);
            for step in [1, 7, 4_098, 100_000] {
                let seen = edges(&blob, step);
                assert_eq!((seen.bytes, seen.hash()), (blob.len() as u64, Some(expected)), "{length} {step}");
            }
        }
    }

    #[test]
    fn other_forms_are_read_anew() {
        for blob in
            [&b""[..], b"{\"records\":[", b"{ \"records\":[1]}", b"{\"records\":[1]}\n", b"[1]", b"\xef\xbb\xbf{\"records\":[1]}"]
        {
            assert_eq!(edges(blob, 3).hash(), None, "{}", String::from_utf8_lossy(blob));
        }
    }
}
