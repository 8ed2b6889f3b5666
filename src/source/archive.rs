//! Plain, gzip and zstd bytes behind one reader.
//!
//! Goes in: the stored bytes. Comes out: the decompressed bytes, of every gzip member and every zstd frame.
//! The first bytes tell the compression, never the name. Reads no tar or zip.

use std::fmt;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::store_error::StoreError;

/// A blob may always expand to this many bytes (256 MiB, the size of a very busy hour); above it [`EXPANSION_MAX`] holds.
pub const EXPANSION_FREE_BYTES: u64 = 256 << 20;

/// The most that a blob larger than [`EXPANSION_FREE_BYTES`] may expand (decompressed by stored bytes).
///
/// Range 1 to about 1,030, the most that gzip can do. Flow logs compress 5 to 30 times, so 250 leaves room for very
/// repetitive ones and still stops a file that is made to exhaust the machine.
pub const EXPANSION_MAX: u64 = 250;

/// The largest zstd window accepted, as a power of two: 128 MiB, what `zstd --long` writes at most without being told.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// Compressed bytes asked for at once. Unit: bytes.
const BUFFER_BYTES: usize = 128 << 10;

/// The bytes that told the compression, and those behind them.
type Stored = Chain<Cursor<Vec<u8>>, Counted>;

/// Reads the decompressed bytes of one blob; those of a plain one without a buffer.
pub struct BlobReader {
    content: Content,
    stored: Arc<AtomicU64>,
    given: u64,
}

enum Content {
    /// Without a buffer: who reads has one, and the same bytes would be copied twice.
    Plain(Stored),
    Gzip(Box<MultiGzDecoder<BufReader<Stored>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Stored>>>),
}

/// Counts what is taken from the store.
struct Counted {
    inner: Box<dyn Read + Send>,
    count: Arc<AtomicU64>,
}

impl BlobReader {
    /// Reads the first bytes of `inner` and chooses how to decompress it.
    pub fn new(inner: Box<dyn Read + Send>) -> io::Result<Self> {
        let stored = Arc::new(AtomicU64::new(0));
        let mut counted = Counted { inner, count: Arc::clone(&stored) };
        let mut magic = Vec::with_capacity(4);
        Read::by_ref(&mut counted).take(4).read_to_end(&mut magic)?;
        let is_gzip = magic.starts_with(&[0x1f, 0x8b]);
        // A zstd frame, or a skippable frame, with which multi-threaded compressors begin.
        let is_zstd = magic == [0x28, 0xb5, 0x2f, 0xfd]
            || (magic.len() == 4 && magic[0] & 0xf0 == 0x50 && magic[1..] == [0x2a, 0x4d, 0x18]);
        let bytes = Cursor::new(magic).chain(counted);
        let buffered = |bytes| BufReader::with_capacity(BUFFER_BYTES, bytes);
        let content = if is_gzip {
            Content::Gzip(Box::new(MultiGzDecoder::new(buffered(bytes))))
        } else if is_zstd {
            let mut decoder = zstd::Decoder::with_buffer(buffered(bytes))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Content::Zstd(Box::new(decoder))
        } else {
            Content::Plain(bytes)
        };
        Ok(Self { content, stored, given: 0 })
    }

    /// Whether its bytes are given out as they are stored.
    pub fn is_plain(&self) -> bool {
        matches!(self.content, Content::Plain(_))
    }

    /// How many bytes were taken from the store so far; of a compressed blob a buffer ahead of what was given out.
    pub fn stored_bytes(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }

    fn check_expansion(&self) -> io::Result<()> {
        let stored = self.stored_bytes();
        if self.given <= EXPANSION_FREE_BYTES || self.given / EXPANSION_MAX <= stored {
            return Ok(());
        }
        let (given, times) = (self.given >> 20, self.given / stored.max(1));
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it expands to more than {given} MiB, {times} times its stored size (at most {EXPANSION_MAX} is accepted)"),
        ))
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (read, form) = match &mut self.content {
            Content::Plain(bytes) => return bytes.read(buffer),
            Content::Gzip(decoder) => (decoder.read(buffer), "gzip"),
            Content::Zstd(decoder) => (decoder.read(buffer), "zstd"),
        };
        match read {
            Ok(count) => {
                self.given += count as u64;
                self.check_expansion()?;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            // The bytes did not come; of those that came nothing is wrong.
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<StoreError>()) => Err(error),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("its {form} data is cut off")))
            }
            Err(error) => Err(io::Error::new(error.kind(), format!("its {form} data is damaged: {error}"))),
        }
    }
}

impl fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobReader").field("stored", &self.stored_bytes()).field("given", &self.given).finish_non_exhaustive()
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;

    const TEXT: &[u8] = b"{\"records\":[]}";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn open(stored: Vec<u8>) -> BlobReader {
        BlobReader::new(Box::new(Cursor::new(stored))).unwrap()
    }

    fn read(stored: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        open(stored).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn plain_bytes_pass_unchanged_even_when_few() {
        for bytes in [&b""[..], b"{", b"{\"r", TEXT] {
            assert_eq!(read(bytes.to_vec()).unwrap(), bytes);
        }
    }

    #[test]
    fn every_gzip_member_and_zstd_frame_is_read() {
        let twice = [TEXT, TEXT].concat();
        assert_eq!(read([gzip(TEXT), gzip(TEXT)].concat()).unwrap(), twice);
        let frame = zstd::encode_all(TEXT, 3).unwrap();
        assert_eq!(read([frame.clone(), frame.clone()].concat()).unwrap(), twice);
        let skippable = [&[0x5e, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9][..], &frame].concat();
        assert_eq!(read(skippable).unwrap(), TEXT);
    }

    #[test]
    fn cut_off_and_damaged_streams_are_errors() {
        let text: Vec<u8> = (0..5_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let (gz, zst) = (gzip(&text), zstd::encode_all(&text[..], 3).unwrap());
        for stored in [&gz[..gz.len() / 2], &gz[..gz.len() - 1], &gz[..9], &zst[..zst.len() / 2], &zst[..zst.len() - 1]] {
            let error = read(stored.to_vec()).unwrap_err();
            assert!(error.to_string().contains("cut off"), "{error}");
        }
        let mut damaged = gz.clone();
        damaged[gz.len() / 2] ^= 0xff;
        assert!(read(damaged).unwrap_err().to_string().contains("gzip data is damaged"));
    }

    #[test]
    fn stored_bytes_are_counted_before_decompression() {
        let stored = gzip(&[b'a'; 100_000]);
        let size = stored.len() as u64;
        let mut reader = open(stored);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(reader.stored_bytes(), size);
    }

    #[test]
    fn a_blob_made_to_exhaust_the_machine_is_refused() {
        let mebibyte = vec![0; 1 << 20];
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        for _ in 0..258 {
            encoder.write_all(&mebibyte).unwrap();
        }
        let mut reader = open(encoder.finish().unwrap());
        let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("times its stored size"), "{error}");
    }
}
