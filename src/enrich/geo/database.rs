//! One .mmdb: its metadata, what its records hold, and lookups.
//!
//! Goes in: the bytes. Comes out: country and autonomous system of an address, whatever layout the records have. Decides
//! by the records; the database's type is only repeated in messages. Reads no city, no coordinates, no names of places.

use std::collections::BTreeMap;
use std::fmt;

use maxminddb::PathElement::{self, Key};
use maxminddb::{LookupResult, MaxMindDbError, Reader, WithinOptions};
use memchr::memmem;
use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};

use super::super::topology::quote;
use super::error::GeoReason;
use super::{Holds, NO_COUNTRY, asn, short};
use crate::enrich::{Country, Network};
use crate::schema::Address;
use crate::schema::inputs::InputKind;
use crate::schema::units::{SECOND_MS, rfc3339};

/// What stands before the metadata, near the end of the file.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// Where records say their country, in the order in which they are asked: GeoIP2 and DB-IP; IPinfo, ip-location-db and
/// others; old IPinfo, where it is a code (in the new one a name); then GeoIP2's records without a country of their own.
const COUNTRY: &[&[PathElement<'static>]] = &[
    &[Key("country"), Key("iso_code")],
    &[Key("country_code")],
    &[Key("country")],
    &[Key("registered_country"), Key("iso_code")],
    &[Key("represented_country"), Key("iso_code")],
];

/// Where records say the number of their autonomous system: GeoLite2, GeoIP2-ISP and ip-location-db; GeoIP2-Enterprise; IPinfo; others.
const ASN: &[&[PathElement<'static>]] =
    &[&[Key("autonomous_system_number")], &[Key("traits"), Key("autonomous_system_number")], &[Key("asn")], &[Key("as_number")]];

/// Where records name who runs it, in the same order, the more exact name first.
const ORGANIZATION: &[&[PathElement<'static>]] = &[
    &[Key("autonomous_system_organization")],
    &[Key("traits"), Key("autonomous_system_organization")],
    &[Key("as_name")],
    &[Key("name")],
    &[Key("organization")],
    &[Key("as_organization")],
    &[Key("isp")],
];

/// Most networks that are read to learn what a database holds. Unit: networks; range 1 and up. Enough to pass over a
/// stretch of unrouted space; more makes a refusal slower, and nothing else.
const PROBE_MAX: usize = 100_000;

/// Networks after which a database that holds what is asked for is not searched for the other. Unit and range as above.
const PROBE_OTHER: usize = 1_000;

/// Names of fields that a message lists.
const FIELDS_MAX: usize = 8;

/// An open database, searched where it lies.
#[derive(Debug)]
pub(super) struct Database {
    reader: Reader<Vec<u8>>,
}

type Found<'a> = LookupResult<'a, Vec<u8>>;

impl Database {
    /// Whether these are the bytes of a database.
    pub(super) fn is_one(bytes: &[u8]) -> bool {
        memmem::rfind(bytes, MARKER).is_some()
    }

    /// Opens a database, without looking at its records.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, GeoReason> {
        if !Self::is_one(&bytes) {
            return Err(GeoReason::NoMetadata);
        }
        let reader = Reader::from_source(bytes).map_err(|error| GeoReason::Damaged(words(&error)))?;
        Ok(Self { reader })
    }

    /// The day it was built and its type, `2026-06-17 GeoLite2-ASN`.
    pub(super) fn version(&self) -> String {
        let metadata = self.reader.metadata();
        let day = i64::try_from(metadata.build_epoch).ok().filter(|epoch| (1..=EPOCH_MAX).contains(epoch));
        let day = day.map(|epoch| rfc3339(epoch * SECOND_MS).chars().take(10).collect());
        let texts: Vec<String> =
            day.into_iter().chain([short(&metadata.database_type)]).filter(|text| !text.is_empty()).collect();
        texts.join(" ")
    }

    /// Nodes of its tree: about the number of its networks, which nobody counts.
    pub(super) fn nodes(&self) -> u64 {
        u64::from(self.reader.metadata().node_count)
    }

    /// Reads records until one answers `kind`.
    ///
    /// # Errors
    /// The tree or the records are damaged, or none of them answers; then what they hold instead.
    pub(super) fn check(&self, kind: InputKind) -> Result<(), GeoReason> {
        let damaged = |error: &MaxMindDbError| GeoReason::Damaged(words(error));
        let networks = self.reader.networks(WithinOptions::default().skip_empty_values()).map_err(|error| damaged(&error))?;
        let mut holds = Holds::default();
        let mut fields = Vec::new();
        let mut broken = None;
        for (number, network) in networks.take(PROBE_MAX).enumerate() {
            let network = network.map_err(|error| damaged(&error))?;
            holds.countries |= country(&network).is_some();
            holds.networks |= number_of(&network).is_some();
            if holds.answers(kind) {
                return Ok(());
            }
            if number < PROBE_OTHER && fields.is_empty() {
                match network.decode::<BTreeMap<&str, IgnoredAny>>() {
                    Ok(record) => fields = record.into_iter().flatten().map(|(name, _)| quote(name)).take(FIELDS_MAX).collect(),
                    Err(error) => broken = broken.or(Some(error)),
                }
            }
        }
        match broken {
            Some(error) if fields.is_empty() => Err(damaged(&error)),
            _ => {
                let fields = if fields.is_empty() { String::new() } else { format!(" but {}", fields.join(", ")) };
                Err(GeoReason::of_other_kind(holds, &quote(&self.reader.metadata().database_type), &fields))
            }
        }
    }

    /// The country of an address; `None` also where its record cannot be read.
    pub(super) fn country(&self, address: Address) -> Option<Country> {
        country(&self.reader.lookup(address.to_ip()).ok()?)
    }

    /// The autonomous system of an address; `None` also where its record cannot be read.
    pub(super) fn network(&self, address: Address) -> Option<Network> {
        let found = self.reader.lookup(address.to_ip()).ok()?;
        let asn = number_of(&found)?;
        let name = ORGANIZATION.iter().filter_map(|path| text(&found, path)).map(short).find(|name| !name.is_empty());
        Some(Network { asn, name: name.unwrap_or_default() })
    }
}

/// The last second of the year 9999.
const EPOCH_MAX: i64 = 253_402_300_799;

fn country(found: &Found) -> Option<Country> {
    let codes = COUNTRY.iter().filter_map(|path| text(found, path));
    codes.filter(|code| !NO_COUNTRY.contains(code)).find_map(Country::new)
}

fn number_of(found: &Found) -> Option<u32> {
    let numbers = ASN.iter().filter_map(|path| match scalar(found, path)? {
        Scalar::Text(text) => asn(text),
        Scalar::Number(number) => u32::try_from(number).ok(),
    });
    numbers.into_iter().find(|number| *number != 0)
}

/// The text at `path`; `None` where there is none, or something else.
fn text<'a>(found: &Found<'a>, path: &[PathElement<'_>]) -> Option<&'a str> {
    match scalar(found, path)? {
        Scalar::Text(text) => Some(text),
        Scalar::Number(_) => None,
    }
}

fn scalar<'a>(found: &Found<'a>, path: &[PathElement<'_>]) -> Option<Scalar<'a>> {
    found.decode_path(path).ok().flatten()
}

/// A text, or an unsigned integer of any width: writers choose different ones, and the reader converts none.
enum Scalar<'a> {
    Text(&'a str),
    Number(u64),
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or an unsigned integer")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(text))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Scalar::Number(number))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// The reader's words for a message: on one line, cut.
fn words(error: &MaxMindDbError) -> String {
    error.to_string().chars().filter(|c| !c.is_control()).take(200).collect()
}
