//! One blob: its name in outputs, and where its bytes are.
//!
//! Knows no compression beyond the endings of names; [`super::archive`] tells it by the first bytes.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::BlobReader;
use super::error::SourceError;

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
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Stdin,
    File(PathBuf),
}

impl Blob {
    /// A blob in a file.
    pub fn file(name: impl Into<Arc<str>>, path: PathBuf, bytes: u64) -> Self {
        Self { name: name.into(), bytes, place: Place::File(path) }
    }

    /// Standard input, which can be read once.
    pub fn stdin() -> Self {
        Self { name: "-".into(), bytes: 0, place: Place::Stdin }
    }

    /// Where it lies, unless it is standard input.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Stdin => None,
            Place::File(path) => Some(path),
        }
    }

    /// Opens it for reading, decompressed.
    ///
    /// Errors: it is gone, refused, or no regular file. A pipe is never opened, since that would wait for ever.
    pub fn open(&self) -> Result<BlobReader, SourceError> {
        let path = match &self.place {
            Place::Stdin => {
                let unreadable = |cause| SourceError::Unreadable { path: "-".into(), cause };
                return BlobReader::new(Box::new(io::stdin())).map_err(unreadable);
            }
            Place::File(path) => path,
        };
        let unreadable = |cause| SourceError::Unreadable { path: path.clone(), cause };
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(SourceError::NotAFile { path: path.clone() });
        }
        let file = File::open(path).map_err(unreadable)?;
        BlobReader::new(Box::new(file)).map_err(unreadable)
    }
}
