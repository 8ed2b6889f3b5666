//! Which column of a table of ranges holds what: by the names of its header, else by the looks of its first line.

use std::borrow::Cow;

use super::super::topology::quote;
use super::asn;
use super::error::GeoReason;
use super::table::{parse_address, parse_prefix};
use crate::enrich::Country;

/// Where a line holds its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// A prefix.
    Prefix(usize),
    /// First and last address.
    Ends(usize, usize),
}

/// The columns that are read, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub span: Span,
    pub country: Option<usize>,
    pub asn: Option<usize>,
    pub name: Option<usize>,
}

/// Names that headers give the columns, lower case, the better one first: GeoLite2, IPinfo, DB-IP and others.
const PREFIX: &[&str] = &["network", "prefix", "cidr", "ip_range", "range"];
const FIRST: &[&str] = &["start_ip", "ip_range_start", "range_start", "ip_start", "start"];
const LAST: &[&str] = &["end_ip", "ip_range_end", "range_end", "ip_end", "end"];
const COUNTRY: &[&str] = &["country_code", "country_iso_code", "country"];
const ASN: &[&str] = &["autonomous_system_number", "asn", "as_number"];
const NAME: &[&str] = &["autonomous_system_organization", "as_name", "as_organization", "as_description", "organization", "name"];

/// What a line is to one who does not know the columns yet.
#[derive(Debug)]
pub(super) enum First {
    /// A header; the lines after it are laid out so.
    Header(Layout),
    /// A line of data; so are those after it.
    Data(Layout),
    /// Neither.
    Unknown,
}

/// Tells the layout by one line.
///
/// # Errors
/// A header that names no range, or nothing that can be used.
pub(super) fn first_line(fields: &[Cow<'_, str>]) -> Result<First, GeoReason> {
    if let Some(layout) = by_looks(fields) {
        return Ok(First::Data(layout));
    }
    let names: Vec<String> = fields.iter().map(|field| field.trim().to_ascii_lowercase()).collect();
    let column = |known: &[&str]| known.iter().find_map(|name| names.iter().position(|other| other == name));
    let span = match (column(PREFIX), column(FIRST), column(LAST)) {
        (Some(prefix), ..) => Some(Span::Prefix(prefix)),
        (None, Some(first), Some(last)) => Some(Span::Ends(first, last)),
        _ => None,
    };
    let (country, asn) = (column(COUNTRY), column(ASN));
    match span {
        Some(span) if country.is_some() || asn.is_some() => {
            Ok(First::Header(Layout { span, country, asn, name: column(NAME).filter(|_| asn.is_some()) }))
        }
        _ if column(&["geoname_id"]).is_some() => Err(GeoReason::TwoFiles),
        _ if span.is_some() || country.is_some() || asn.is_some() => Err(GeoReason::Header(quote(&fields.join(",")))),
        _ => Ok(First::Unknown),
    }
}

/// `start,end,CC…`, `start,end,asn,name`, `start,end,asn,CC,name`, and the same with a prefix.
fn by_looks(fields: &[Cow<'_, str>]) -> Option<Layout> {
    let span = match fields {
        [prefix, ..] if parse_prefix(prefix).is_some() => Span::Prefix(0),
        [first, last, ..] if parse_address(first).is_some() && parse_address(last).is_some() => Span::Ends(0, 1),
        _ => return None,
    };
    let at = if span == Span::Prefix(0) { 1 } else { 2 };
    match &fields[at..] {
        [code, ..] if Country::new(code).is_some() => Some(Layout { span, country: Some(at), asn: None, name: None }),
        [number] if asn(number).is_some() => Some(Layout { span, country: None, asn: Some(at), name: None }),
        [number, _] if asn(number).is_some() => Some(Layout { span, country: None, asn: Some(at), name: Some(at + 1) }),
        [number, ..] if asn(number).is_some() => Some(Layout { span, country: Some(at + 1), asn: Some(at), name: Some(at + 2) }),
        _ => None,
    }
}
