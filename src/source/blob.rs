//! One blob: its name in outputs, and where its bytes are.
//!
//! A blob of a store and one of this machine read alike: what is read in parts is of the version that was listed, or an error.
//! Knows no compression beyond the endings of names; [`super::archive`] tells it by the first bytes.

use std::borrow::Cow;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::archive::BlobReader;
use super::error::SourceError;
use super::fetch::fetch;
use super::remote::RemoteBlob;
use super::store_error::StoreError;

/// The endings that a folder is searched for, in lower case.
pub static ENDINGS: &[&str] = &[".json", ".json.gz", ".json.zst"];

/// A blob that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Its name in outputs: relative to its INPUT, separated by `/`; the file name if the INPUT is the file itself; `-`
    /// for standard input. Text from outside, which a terminal must not see raw.
    pub name: Arc<str>,
    /// Its bytes as stored when it was listed; 0 for standard input.
    pub bytes: u64,
    /// A text that is another one whenever the content may be another one: of a file its time of modification and size, of a
    /// blob of a store its ETag. Empty for standard input.
    pub version: Box<str>,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Stdin,
    /// Absolute, without links where the system can tell.
    File(Box<Path>),
    Remote(RemoteBlob),
}

/// A blob whose first bytes are under way.
pub struct Opening<'a> {
    blob: &'a Blob,
    stored: Result<Box<dyn Read + Send>, SourceError>,
}

impl<'a> Opening<'a> {
    /// The blob.
    pub const fn blob(&self) -> &'a Blob {
        self.blob
    }

    /// Waits for the first bytes. Errors: as [`Blob::open`].
    pub fn reader(self) -> Result<BlobReader, SourceError> {
        BlobReader::new(self.stored?).map_err(|cause| self.blob.failed(cause))
    }
}

impl Blob {
    /// A blob in a file whose absolute path is `path`; `meta` is `None` if the system tells nothing of it.
    pub fn file(name: impl Into<Arc<str>>, path: PathBuf, meta: Option<&Metadata>) -> Self {
        let bytes = meta.map_or(0, Metadata::len);
        let version = meta.map(version_of).unwrap_or_default();
        Self { name: name.into(), bytes, version, place: Place::File(path.into()) }
    }

    /// A blob of a store, of which a listing told `bytes` and `version`.
    pub fn remote(name: impl Into<Arc<str>>, blob: RemoteBlob, bytes: u64, version: Box<str>) -> Self {
        Self { name: name.into(), bytes, version, place: Place::Remote(blob) }
    }

    /// Standard input, which can be read once.
    pub fn stdin() -> Self {
        Self { name: "-".into(), bytes: 0, version: Box::default(), place: Place::Stdin }
    }

    /// Where it lies, absolute and without links, if it is a file.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Stdin | Place::Remote(_) => None,
        }
    }

    /// Whether reading it takes a network.
    pub const fn is_remote(&self) -> bool {
        matches!(self.place, Place::Remote(_))
    }

    /// What it is known by from run to run: of a file its absolute path without links, of a blob of a store
    /// `az://ACCOUNT/CONTAINER/BLOB`. Holds no credential.
    pub fn location(&self) -> Cow<'_, str> {
        match &self.place {
            Place::Stdin => Cow::Borrowed("-"),
            Place::File(path) => path
                .to_str()
                .map_or_else(|| Cow::Owned(path.as_os_str().as_encoded_bytes().escape_ascii().to_string()), Cow::Borrowed),
            Place::Remote(blob) => Cow::Owned(blob.location()),
        }
    }

    /// Opens it for reading, whole and decompressed, as it is now: of a store the version that was listed, or the newest one if it
    /// only grew meanwhile, never a mixture.
    ///
    /// Errors: it is gone, refused, or no regular file. A pipe is never opened, since that would wait for ever. What a store says is
    /// told by the reader, as a [`StoreError`] in its error.
    pub fn open(&self) -> Result<BlobReader, SourceError> {
        self.begin().reader()
    }

    /// Begins to open it: a store is asked for its first parts, which come while others are read.
    pub fn begin(&self) -> Opening<'_> {
        let stored: Result<Box<dyn Read + Send>, SourceError> = match &self.place {
            Place::Stdin => Ok(Box::new(io::stdin())),
            Place::File(path) => self.open_file(path).map(|(file, _)| Box::new(file) as Box<dyn Read + Send>),
            Place::Remote(blob) => Ok(blob.whole(&self.version, self.bytes)),
        };
        Opening { blob: self, stored }
    }

    /// Tells the system that it is read soon, from the byte `from` on, so that its bytes are on their way when it is opened. Saves time alone, and only
    /// of a file; whatever is wrong with it is told by who opens it.
    pub fn fetch(&self, from: u64) {
        if let Place::File(path) = &self.place
            && let Ok((file, _)) = self.open_file(path)
        {
            fetch(&file, from..self.bytes);
        }
    }

    /// Opens it for reading what is stored from the byte `from` on, up to the bytes it had when it was listed.
    ///
    /// Errors: as [`Self::open`]; it is standard input; it has another version than when it was listed ([`SourceError::Changed`], of
    /// a store also from the reader, as [`StoreError::Changed`]); it is shorter than `from`. A reader that cannot give all these
    /// bytes fails, too.
    pub fn open_at(&self, from: u64) -> Result<Box<dyn Read + Send>, SourceError> {
        self.stored(from, self.bytes)
    }

    /// Reads what is stored from the byte `from` until before the byte `to`, all of it into memory.
    ///
    /// Errors: as [`Self::open_at`]; it is shorter than `to`.
    pub fn read_range(&self, from: u64, to: u64) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::with_capacity(to.saturating_sub(from).min(self.bytes) as usize);
        self.stored(from, to)?.read_to_end(&mut bytes).map_err(|cause| self.failed(cause))?;
        Ok(bytes)
    }

    /// The blob as it is now: its bytes and version may differ.
    ///
    /// Errors: as [`Self::open`].
    pub fn refreshed(&self) -> Result<Self, SourceError> {
        match &self.place {
            Place::Stdin => Ok(self.clone()),
            Place::File(path) => Ok(Self::file(Arc::clone(&self.name), path.to_path_buf(), Some(&self.open_file(path)?.1))),
            Place::Remote(blob) => {
                let (bytes, version) = blob.look_at().map_err(|cause| self.store_failed(cause))?;
                Ok(Self { bytes, version, ..self.clone() })
            }
        }
    }

    /// The stored bytes from `from` until before `to`, of the version that was listed.
    fn stored(&self, from: u64, to: u64) -> Result<Box<dyn Read + Send>, SourceError> {
        if from > to || to > self.bytes {
            let text = format!("it has only {} bytes", self.bytes);
            return Err(self.unreadable(io::Error::new(io::ErrorKind::UnexpectedEof, text)));
        }
        match &self.place {
            Place::Stdin => Err(SourceError::NotAFile { path: "-".into() }),
            Place::Remote(blob) => Ok(blob.part(&self.version, from..to)),
            Place::File(path) => {
                let (mut file, meta) = self.open_file(path)?;
                if version_of(&meta) != self.version {
                    return Err(SourceError::Changed { path: self.path_named() });
                }
                file.seek(SeekFrom::Start(from)).map_err(|cause| self.unreadable(cause))?;
                Ok(Box::new(Exactly { inner: file, left: to - from }))
            }
        }
    }

    fn open_file(&self, path: &Path) -> Result<(File, Metadata), SourceError> {
        let unreadable = |cause| self.unreadable(cause);
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(SourceError::NotAFile { path: self.path_named() });
        }
        let file = File::open(path).map_err(unreadable)?;
        let meta = file.metadata().map_err(unreadable)?;
        Ok((file, meta))
    }

    /// Why reading failed: what a store says, or what the system says.
    pub fn failed(&self, cause: io::Error) -> SourceError {
        match cause.downcast::<StoreError>() {
            Ok(cause) => self.store_failed(cause),
            Err(cause) => self.unreadable(cause),
        }
    }

    fn store_failed(&self, cause: StoreError) -> SourceError {
        match cause {
            StoreError::Changed => SourceError::Changed { path: self.path_named() },
            cause => SourceError::Store { place: self.location().into_owned(), cause },
        }
    }

    fn unreadable(&self, cause: io::Error) -> SourceError {
        SourceError::Unreadable { path: self.path_named(), cause }
    }

    /// Its name as errors tell it: what a report says must not depend on the folder it was read from.
    fn path_named(&self) -> PathBuf {
        PathBuf::from(&*self.name)
    }
}

/// When the file was modified, in ns since the epoch, and its bytes.
fn version_of(meta: &Metadata) -> Box<str> {
    let modified = meta.modified().ok().map(|time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos().to_string(),
        Err(before) => format!("-{}", before.duration().as_nanos()),
    });
    format!("{}/{}", modified.unwrap_or_default(), meta.len()).into()
}

/// Gives exactly so many bytes, or fails.
struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.inner.read(&mut buffer[..most])?;
        if count == 0 && most > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends before the bytes it had when it was listed"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
#[path = "blob_tests.rs"]
mod tests;
