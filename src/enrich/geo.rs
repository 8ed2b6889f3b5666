//! Countries and autonomous systems of public addresses, from .mmdb files and CSV.

use super::{Country, Network};
use crate::schema::Address;
use crate::schema::inputs::{InputInfo, InputKind};

/// Geo and ASN databases; by default none.
#[derive(Clone, Debug, Default)]
pub struct Geo {}

/// A geo or ASN database that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {}: {file}", kind.name())]
pub struct GeoError {
    /// What it was given as.
    pub kind: InputKind,
    /// Name of the file, as given.
    pub file: String,
}

impl Geo {
    /// Adds a database. `kind` is what it was given as ([`InputKind::Geo`] or [`InputKind::Asn`]); earlier ones are asked first.
    pub fn add(&mut self, kind: InputKind, file: &str, _bytes: Vec<u8>) -> Result<InputInfo, GeoError> {
        Err(GeoError { kind, file: file.to_owned() })
    }

    /// The country of an address.
    pub fn country(&self, _address: Address) -> Option<Country> {
        None
    }

    /// The autonomous system of an address.
    pub fn network(&self, _address: Address) -> Option<Network> {
        None
    }
}
