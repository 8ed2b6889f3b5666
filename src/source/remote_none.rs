//! The twin of `remote` in a build without the feature `azure`: it knows the same words, and refuses every address.

use std::io::Read;
use std::ops::Range;

use super::error::SourceError;
use super::listing::{FoundBlob, ListOptions};
use super::store_error::StoreError;

/// Lists nothing.
#[derive(Default)]
pub struct Remote;

/// Where a blob lies in a store: nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteBlob {}

impl Remote {
    /// Refuses the address, of which only the scheme is repeated.
    pub fn list(&mut self, input: &str, _: &ListOptions, _: &mut dyn FnMut(FoundBlob)) -> Result<(), SourceError> {
        let scheme = input.split_once("://").map_or("", |(scheme, _)| scheme);
        Err(SourceError::Remote { scheme: scheme.into() })
    }
}

impl RemoteBlob {
    /// Never called.
    pub fn location(&self) -> String {
        match *self {}
    }

    /// Never called.
    pub fn whole(&self, _: &str, _: u64) -> Box<dyn Read + Send> {
        match *self {}
    }

    /// Never called.
    pub fn part(&self, _: &str, _: Range<u64>) -> Box<dyn Read + Send> {
        match *self {}
    }

    /// Never called.
    pub fn look_at(&self) -> Result<(u64, Box<str>), StoreError> {
        match *self {}
    }
}
