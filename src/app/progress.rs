//! What a command tells while it works.

/// Takes progress and warnings. Calls may come from any thread.
pub trait Progress: Sync {
    /// Reading begins: so many stored bytes in so many blobs. Standard input has no known size.
    fn start(&self, bytes: u64, blobs: u64);
    /// So many more stored bytes were read.
    fn advance(&self, bytes: u64);
    /// Reading has ended.
    fn finish(&self);
    /// Something went wrong that does not stop the run. The text may hold names from logs, unescaped.
    fn warn(&self, message: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: u64, _: u64) {}
    fn advance(&self, _: u64) {}
    fn finish(&self) {}
    fn warn(&self, _: &str) {}
}
