//! Tables of ranges: CSV and TSV with countries or autonomous systems.
//!
//! Goes in: the text. Comes out: country and autonomous system of an address. A line that cannot be read is counted and
//! passed over; where several ranges hold an address, the smallest is meant. Knows no column but those of [`super::layout`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::prefix_map::{PrefixMap, Range};
use super::super::topology::quote;
use super::error::{GeoReason, LineReason};
use super::layout::{self, First, Layout, Span};
use super::{Holds, NO_COUNTRY, asn, short};
use crate::enrich::{Country, Network};
use crate::schema::Address;

/// Ranges and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Table {
    ranges: PrefixMap<Value>,
    /// Names by number, ascending: each stands once, however many ranges an autonomous system has.
    names: Vec<(u32, Box<str>)>,
    count: u64,
    holds: Holds,
    passed_over: Option<PassedOver>,
}

/// What a range says: eight bytes.
#[derive(Clone, Copy, Debug)]
struct Value {
    /// 0 for none.
    asn: u32,
    country: Option<Country>,
}

/// Lines that could not be read.
#[derive(Debug)]
struct PassedOver {
    count: u64,
    first: usize,
    reason: LineReason,
}

impl Table {
    /// Reads a table; its fields are separated by tabs if its first line has one, else by commas.
    ///
    /// # Errors
    /// No line can be read, or the header names nothing that can be used.
    pub(super) fn read(text: &str) -> Result<Self, GeoReason> {
        let mut reading = Reading::default();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let mut fields = Vec::new();
        for (number, line) in lines {
            let delimiter = *reading.delimiter.get_or_insert(if line.contains('\t') { '\t' } else { ',' });
            split(line, delimiter, &mut fields);
            if let Err(reason) = reading.line(&fields)? {
                let passed_over = reading.passed_over.get_or_insert(PassedOver { count: 0, first: number + 1, reason });
                passed_over.count += 1;
            }
        }
        reading.finish()
    }

    pub(super) fn holds(&self) -> Holds {
        self.holds
    }

    /// Ranges that say something.
    pub(super) fn ranges(&self) -> u64 {
        self.count
    }

    /// What a reader must know.
    pub(super) fn warnings(&self) -> Vec<String> {
        let tell = |PassedOver { count, first, reason }: &PassedOver| match count {
            1 => format!("1 line is passed over, line {first}: {reason}"),
            _ => format!("{count} lines are passed over, the first is line {first}: {reason}"),
        };
        self.passed_over.iter().map(tell).collect()
    }

    pub(super) fn country(&self, address: Address) -> Option<Country> {
        self.ranges.get(address)?.country
    }

    pub(super) fn network(&self, address: Address) -> Option<Network> {
        let asn = self.ranges.get(address).map(|value| value.asn).filter(|asn| *asn != 0)?;
        let name = self.names.binary_search_by_key(&asn, |(other, _)| *other).map(|at| self.names[at].1.to_string());
        Some(Network { asn, name: name.unwrap_or_default() })
    }
}

/// A table under way.
#[derive(Default)]
struct Reading {
    delimiter: Option<char>,
    layout: Option<Layout>,
    ranges: Vec<Range<Value>>,
    names: HashMap<u32, Box<str>>,
    passed_over: Option<PassedOver>,
}

impl Reading {
    /// Takes a line. The outer error ends the reading, the inner one passes the line over.
    fn line(&mut self, fields: &[Cow<'_, str>]) -> Result<Result<(), LineReason>, GeoReason> {
        let layout = match self.layout {
            Some(layout) => layout,
            None => match layout::first_line(fields)? {
                First::Unknown => return Ok(Err(LineReason::Shape)),
                First::Header(layout) => {
                    self.layout = Some(layout);
                    return Ok(Ok(()));
                }
                First::Data(layout) => *self.layout.insert(layout),
            },
        };
        Ok(self.row(layout, fields))
    }

    fn row(&mut self, layout: Layout, fields: &[Cow<'_, str>]) -> Result<(), LineReason> {
        let field = |at: usize| fields.get(at).map(|field| field.trim()).ok_or(LineReason::FewFields);
        let (first, last) = match layout.span {
            Span::Prefix(at) => parse_prefix(field(at)?).ok_or_else(|| LineReason::Prefix(quote(&fields[at])))?,
            Span::Ends(first, last) => {
                let address = |at| parse_address(field(at)?).ok_or_else(|| LineReason::Address(quote(&fields[at])));
                (address(first)?, address(last)?)
            }
        };
        if first.bits() > last.bits() || (first.is_v4() && !last.is_v4()) {
            return Err(LineReason::Backwards);
        }
        let country = match layout.country.map(field).transpose()? {
            None => None,
            Some(code) if NO_COUNTRY.contains(&code) => None,
            Some(code) => Some(Country::new(code).ok_or_else(|| LineReason::Country(quote(code)))?),
        };
        let asn = match layout.asn.map(field).transpose()? {
            None | Some("") => 0,
            Some(text) => asn(text).ok_or_else(|| LineReason::Asn(quote(text)))?,
        };
        if let Some(name) = layout.name.and_then(|at| fields.get(at)).filter(|name| asn != 0 && !name.trim().is_empty()) {
            self.names.entry(asn).or_insert_with(|| short(name).into());
        }
        if country.is_some() || asn != 0 {
            self.ranges.push(Range { first, last, value: Value { asn, country } });
        }
        Ok(())
    }

    fn finish(self) -> Result<Table, GeoReason> {
        if self.ranges.is_empty() {
            return Err(match self.passed_over {
                Some(PassedOver { first, reason, .. }) => GeoReason::NoLine(first, reason),
                None => GeoReason::Empty,
            });
        }
        let holds = Holds {
            countries: self.ranges.iter().any(|range| range.value.country.is_some()),
            networks: self.ranges.iter().any(|range| range.value.asn != 0),
        };
        let mut names: Vec<(u32, Box<str>)> = self.names.into_iter().collect();
        names.sort_unstable();
        let count = self.ranges.len() as u64;
        Ok(Table { ranges: PrefixMap::of_ranges(self.ranges), names, count, holds, passed_over: self.passed_over })
    }
}

/// The fields of a line. A quoted field may hold the delimiter, and a quote written twice; a quote that is not closed ends with the
/// line, so that one bad line cannot swallow those after it.
fn split<'a>(line: &'a str, delimiter: char, fields: &mut Vec<Cow<'a, str>>) {
    fields.clear();
    if !line.contains('"') {
        fields.extend(line.split(delimiter).map(Cow::Borrowed));
        return;
    }
    let (mut field, mut is_quoted) = (String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if is_quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => is_quoted = !is_quoted,
            _ if c == delimiter && !is_quoted => fields.push(Cow::Owned(std::mem::take(&mut field))),
            _ => field.push(c),
        }
    }
    fields.push(Cow::Owned(field));
}

/// An address as text, or as the number that it is: up to 2^32 of IPv4, above of IPv6.
pub(super) fn parse_address(text: &str) -> Option<Address> {
    let text = text.trim();
    if text.contains(['.', ':']) {
        return text.parse::<IpAddr>().ok().map(Address::from);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u128 = text.parse().ok()?;
    let ip = match u32::try_from(number) {
        Ok(bits) => IpAddr::V4(Ipv4Addr::from(bits)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(number)),
    };
    Some(ip.into())
}

/// First and last address of a prefix; host bits are ignored.
pub(super) fn parse_prefix(text: &str) -> Option<(Address, Address)> {
    let prefix: IpNet = text.trim().parse().ok()?;
    Some((prefix.network().into(), prefix.broadcast().into()))
}
