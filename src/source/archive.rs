//! Reads a blob's bytes, decompressed: plain, gzip and zstd are told by their first bytes.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::{Blob, SourceError};

/// Bytes that any blob may expand to. Unit: bytes; below it a high ratio is no danger.
const EXPANSION_FREE: u64 = 256 << 20;

/// Most bytes out per byte in, beyond [`EXPANSION_FREE`]. Ratio; flow logs compress 5 to 30 times, a bomb 1,000 times.
const EXPANSION_MAX: u64 = 250;

/// Largest zstd window accepted. Unit: log2 of bytes; the zstd tool itself refuses more than 27 without `--long`.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// Stored bytes read at a time. Unit: bytes. Plain blobs pass it by: a read as large goes straight to the file.
const STORED_BYTES: usize = 64 << 10;

/// A blob's decompressed bytes, and how many stored ones they took.
pub struct BlobReader {
    content: Box<dyn Read>,
    stored: Rc<Cell<u64>>,
    is_compressed: bool,
    expanded: u64,
}

impl BlobReader {
    /// Opens `blob`.
    pub(super) fn open(blob: &Blob) -> Result<Self, SourceError> {
        match &blob.path {
            None => Self::new(Box::new(io::stdin())).map_err(|why| SourceError::Unreadable { path: "-".into(), why }),
            Some(path) => {
                let unreadable = |why| SourceError::Unreadable { path: path.clone(), why };
                let file = File::open(path).map_err(unreadable)?;
                if !file.metadata().map_err(unreadable)?.is_file() {
                    return Err(SourceError::Special { path: path.clone() });
                }
                Self::new(Box::new(file)).map_err(unreadable)
            }
        }
    }

    /// Reads from `stored`, whatever it is compressed with.
    fn new(stored: Box<dyn Read>) -> io::Result<Self> {
        let count = Rc::new(Cell::new(0));
        let mut buffer = BufReader::with_capacity(STORED_BYTES, Counted { inner: stored, count: Rc::clone(&count) });
        let head = buffer.fill_buf()?;
        let is_gzip = head.starts_with(&[0x1f, 0x8b]);
        let is_zstd = head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        let content: Box<dyn Read> = if is_gzip {
            Box::new(MultiGzDecoder::new(buffer))
        } else if is_zstd {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(buffer)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        } else {
            Box::new(buffer)
        };
        Ok(Self { content, stored: count, is_compressed: is_gzip || is_zstd, expanded: 0 })
    }

    /// Stored bytes read so far.
    pub fn stored_bytes(&self) -> u64 {
        self.stored.get()
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.expanded += count as u64;
        if self.is_compressed && self.expanded > EXPANSION_FREE && self.expanded / EXPANSION_MAX > self.stored_bytes() {
            let why = format!("it expands to more than {EXPANSION_MAX} times its size");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(count)
    }
}

/// Counts what is read through it.
struct Counted {
    inner: Box<dyn Read>,
    count: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("writes");
        encoder.finish().expect("ends")
    }

    fn read(stored: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        BlobReader::new(Box::new(Cursor::new(stored)))?.read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn plain_gzip_and_zstd_yield_the_same_bytes_also_in_several_members() {
        let text = b"{\"records\":[]}".repeat(100);
        let twice = [gzip(&text), gzip(&text)].concat();
        assert_eq!(read(text.clone()).expect("plain"), text);
        assert_eq!(read(twice).expect("gzip"), text.repeat(2));
        let frames = [zstd::encode_all(&text[..], 1).expect("zstd"), zstd::encode_all(&text[..], 1).expect("zstd")].concat();
        assert_eq!(read(frames).expect("zstd"), text.repeat(2));
        assert_eq!(read(Vec::new()).expect("empty"), b"");
    }

    #[test]
    fn a_cut_archive_is_an_error() {
        let mut stored = gzip(&b"0123456789".repeat(1_000));
        stored.truncate(stored.len() - 9);
        assert!(read(stored).is_err());
    }

    #[test]
    fn a_bomb_is_stopped() {
        let stored = zstd::encode_all(io::repeat(b' ').take(EXPANSION_FREE * 2), 1).expect("zstd");
        let mut reader = BlobReader::new(Box::new(Cursor::new(stored))).expect("opens");
        let error = io::copy(&mut reader, &mut io::sink()).expect_err("bomb");
        assert!(error.to_string().contains("250 times"), "{error}");
    }
}
