//! Countries and autonomous systems of public addresses, from .mmdb files and CSV.
//!
//! Goes in: the bytes of databases (docs/lists.md). Comes out: for an address its country and its autonomous system. What a
//! database holds is told by its records, never by its name. Knows no files, no network and no place finer than a country.
//!
//! A database of .mmdb is searched where it lies: nothing is built, and a lookup walks the bits of the address and decodes two or three
//! fields, in a few hundred nanoseconds. CSV becomes one sorted array of ranges with a bucket per leading 16 bits
//! ([`super::prefix_map`]), eight bytes of value each, and one name per autonomous system: a million ranges load in half a
//! second, and a lookup takes under 100 ns, and as much again where a name is copied.

mod database;
mod error;
mod layout;
mod table;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::database::Database;
pub use self::error::{GeoError, GeoReason, LineReason};
use self::table::Table;
use super::topology::decode;
use super::{Country, Network};
use crate::schema::Address;
use crate::schema::inputs::{InputInfo, InputKind};

/// Geo and ASN databases; by default none.
#[derive(Clone, Debug, Default)]
pub struct Geo {
    sources: Vec<Source>,
}

/// A database and what it was given as.
#[derive(Clone, Debug)]
struct Source {
    kind: InputKind,
    data: Arc<Data>,
}

#[derive(Debug)]
enum Data {
    Database(Database),
    Table(Table),
}

/// What a database was found to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Holds {
    countries: bool,
    networks: bool,
}

impl Holds {
    /// Whether it holds what `kind` asks for.
    fn answers(self, kind: InputKind) -> bool {
        if kind == InputKind::Asn { self.networks } else { self.countries }
    }
}

impl Geo {
    /// Adds a database. `kind` is what it was given as ([`InputKind::Geo`] or [`InputKind::Asn`]) and what it must hold; if it
    /// holds both, it is asked for both. Those given for a question come before those that happen to answer it, earlier
    /// ones before later ones, and a later one is asked where an earlier one knows nothing.
    ///
    /// # Errors
    /// The file and the reason. The databases then are as they were before.
    pub fn add(&mut self, kind: InputKind, file: &str, bytes: Vec<u8>) -> Result<InputInfo, GeoError> {
        let fail = |reason| GeoError { kind, file: file.to_owned(), reason: Box::new(reason) };
        let (data, info) = read(kind, file, bytes).map_err(fail)?;
        self.sources.push(Source { kind, data: Arc::new(data) });
        Ok(info)
    }

    /// The country of an address.
    pub fn country(&self, address: Address) -> Option<Country> {
        self.ask(InputKind::Geo, |data| match data {
            Data::Database(database) => database.country(address),
            Data::Table(table) => table.country(address),
        })
    }

    /// The autonomous system of an address.
    pub fn network(&self, address: Address) -> Option<Network> {
        self.ask(InputKind::Asn, |data| match data {
            Data::Database(database) => database.network(address),
            Data::Table(table) => table.network(address),
        })
    }

    fn ask<T>(&self, kind: InputKind, answer: impl Fn(&Data) -> Option<T>) -> Option<T> {
        let meant = self.sources.iter().filter(|source| source.kind == kind);
        let others = self.sources.iter().filter(|source| source.kind != kind);
        meant.chain(others).find_map(|source| answer(&source.data))
    }
}

fn read(kind: InputKind, file: &str, bytes: Vec<u8>) -> Result<(Data, InputInfo), GeoReason> {
    let info = |version, entries, warnings| InputInfo { kind, file: file.to_owned(), version, entries, warnings };
    if bytes.is_empty() {
        return Err(GeoReason::Empty);
    }
    let is_mmdb = file.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("mmdb"));
    if is_mmdb || Database::is_one(&bytes) {
        let database = Database::open(bytes)?;
        database.check(kind)?;
        let info = info(database.version(), database.nodes(), Vec::new());
        return Ok((Data::Database(database), info));
    }
    let text = decode(&bytes).ok_or(GeoReason::Encoding)?;
    let table = Table::read(&text)?;
    if !table.holds().answers(kind) {
        return Err(GeoReason::of_other_kind(table.holds(), "CSV", ""));
    }
    let info = info(String::new(), table.ranges(), table.warnings());
    Ok((Data::Table(table), info))
}

/// Codes that databases write where they know no country.
const NO_COUNTRY: [&str; 4] = ["", "-", "ZZ", "None"];

/// Most characters of a name that are kept. Range 1 and up; longer names of a crafted file would fill tables.
const NAME_MAX: usize = 120;

/// A name of a database: trimmed and cut.
fn short(name: &str) -> String {
    name.trim().chars().take(NAME_MAX).collect()
}

/// The number of an autonomous system as databases write it: `3320`, `AS3320`; 0 stands for none.
fn asn(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
    digits.parse().ok()
}
