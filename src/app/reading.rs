//! Reads one blob through the decoder, window by window, in bounded memory.

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::decode::{BlobEnd, Decoder, RECORD_BYTES_MAX, Sink};
use crate::source::{Blob, Opening, SourceError, Unit};

/// How much is read at a time. Unit: bytes; throughput is flat from 128 KiB to 1 MiB, and this stays in the L2 cache.
const WINDOW_BYTES: usize = 128 << 10;

/// Blobs that are opened before those in front of them are read, where one thread reads all. Unit: blobs; a store answers in some 30 ms,
/// in which a small blob is decoded many times.
const BLOBS_AHEAD: usize = 8;

/// The blobs of all units in their order, each opened some time before its turn.
pub struct Ahead<'a> {
    rest: Box<dyn Iterator<Item = &'a Blob> + 'a>,
    openings: VecDeque<Opening<'a>>,
}

impl<'a> Ahead<'a> {
    /// The blobs of `units`.
    pub fn of(units: &'a [Unit]) -> Self {
        Self { rest: Box::new(units.iter().flat_map(|unit| &unit.blobs)), openings: VecDeque::new() }
    }
}

impl<'a> Iterator for Ahead<'a> {
    type Item = Opening<'a>;

    fn next(&mut self) -> Option<Opening<'a>> {
        while self.openings.len() <= BLOBS_AHEAD
            && let Some(blob) = self.rest.next()
        {
            blob.fetch(0);
            self.openings.push_back(blob.begin());
        }
        self.openings.pop_front()
    }
}

/// The buffer that blobs are read through; reused from blob to blob.
#[derive(Default)]
pub struct Window {
    bytes: Vec<u8>,
}

/// How reading a blob went.
pub struct BlobRead {
    /// How its content ended.
    pub end: BlobEnd,
    /// Bytes as stored.
    pub stored_bytes: u64,
    /// Why it could not be read to its end.
    pub error: Option<String>,
    /// Why nothing more should be read for now: the store throttles.
    pub stop: Option<SourceError>,
}

/// What a blob's records held, repeats included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Tuples decoded.
    pub good: u64,
    /// Tuples refused, and records that could not be walked.
    pub refused: u64,
}

impl BlobRead {
    fn failed(end: BlobEnd, stored_bytes: u64, error: SourceError) -> Self {
        Self { end, stored_bytes, error: Some(error.cause()), stop: error.is_temporary().then_some(error) }
    }

    /// Why the blob counts as one that could not be read, if it does.
    pub fn problem(&self, seen: &Seen) -> Option<String> {
        if self.error.is_some() {
            return self.error.clone();
        }
        match self.end {
            BlobEnd::CutOff => Some("it ends inside a record or before its records close".to_owned()),
            BlobEnd::Whole if seen.good == 0 && seen.refused > 0 => Some("everything in it was rejected".to_owned()),
            BlobEnd::Whole | BlobEnd::NotFlowLog => None,
        }
    }
}

impl Window {
    /// Decodes `blob`, handing each record to `sink` and the stored bytes read so far to `advance`.
    pub fn read(&mut self, blob: &Blob, decoder: &mut Decoder, sink: &mut Sink<'_>, advance: &mut dyn FnMut(u64)) -> BlobRead {
        self.read_opening(blob.begin(), decoder, sink, advance)
    }

    /// As [`Self::read`], of a blob that was opened before.
    pub fn read_opening(
        &mut self,
        opening: Opening<'_>,
        decoder: &mut Decoder,
        sink: &mut Sink<'_>,
        advance: &mut dyn FnMut(u64),
    ) -> BlobRead {
        let blob = opening.blob();
        let mut reader = match opening.reader() {
            Ok(reader) => reader,
            Err(error) => return BlobRead::failed(BlobEnd::NotFlowLog, 0, error),
        };
        let mut told = 0;
        let result = self.pump(
            &mut |buffer| {
                let count = reader.read(buffer);
                let stored = reader.stored_bytes();
                advance(stored - told);
                told = stored;
                count
            },
            decoder,
            sink,
        );
        let (end, stored_bytes) = (decoder.end_blob(), reader.stored_bytes());
        match result {
            Ok(()) => BlobRead { end, stored_bytes, error: None, stop: None },
            Err(error) => BlobRead::failed(end, stored_bytes, blob.failed(error)),
        }
    }

    /// Moves bytes from `read` through the decoder. A read that fails ends the blob there; what is whole counts.
    pub fn pump(
        &mut self,
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
        decoder: &mut Decoder,
        sink: &mut Sink<'_>,
    ) -> io::Result<()> {
        self.bytes.resize(WINDOW_BYTES, 0);
        let (mut start, mut end) = (0, 0);
        loop {
            if end == self.bytes.len() {
                if start > 0 {
                    self.bytes.copy_within(start..end, 0);
                    (start, end) = (0, end - start);
                }
                if end > self.bytes.len() / 2 {
                    let longer = (self.bytes.len() * 2).min(RECORD_BYTES_MAX + WINDOW_BYTES);
                    self.bytes.resize(longer.max(self.bytes.len()), 0);
                }
            }
            let result = match read(&mut self.bytes[end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result,
            };
            let count = *result.as_ref().unwrap_or(&0);
            end += count;
            start += decoder.decode(&self.bytes[start..end], count == 0, sink);
            if count == 0 {
                return result.map(|_| ());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_longer_than_the_window_is_read() {
        let tuple = "\"1542110377,10.5.16.4,13.67.143.118,59831,443,T,O,A,B,,,,\",".repeat(20_000);
        let record = format!(
            "{{\"properties\":{{\"Version\":2,\"flows\":[{{\"rule\":\"r\",\"flows\":[{{\"mac\":\"m\",\"flowTuples\":[{}]}}]}}]}}}}",
            tuple.trim_end_matches(',')
        );
        let blob = format!("{{\"records\":[{record},{record}]}}");
        let mut rest = blob.as_bytes();
        let (mut window, mut decoder, mut tuples) = (Window::default(), Decoder::default(), 0);
        window
            .pump(
                &mut |buffer| {
                    let count = buffer.len().min(rest.len()).min(10_000);
                    buffer[..count].copy_from_slice(&rest[..count]);
                    rest = &rest[count..];
                    Ok(count)
                },
                &mut decoder,
                &mut |batch, _| tuples += batch.tuples.len(),
            )
            .expect("reads");
        assert_eq!((tuples, decoder.end_blob()), (40_000, BlobEnd::Whole));
    }
}
