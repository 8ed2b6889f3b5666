//! Finds and reads blobs: folders, files, globs and standard input, plain or compressed.
//!
//! Goes in: the INPUT texts of a command. Comes out: units of work, and readers of bytes.
//! Knows nothing of what the bytes mean.

mod archive;
mod error;
pub mod layout;
mod listing;

pub use archive::BlobReader;
pub use error::SourceError;
pub use listing::{Blob, Listing, Unit, list};
