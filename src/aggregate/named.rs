//! The tables with one text as key: by flow type, country, Azure region, VNet and scale set.
//!
//! Goes in: sums by number. Comes out: rows with most bytes first, then most flows, then by name. Decides nothing about counting.

use std::collections::BTreeMap;

use super::attributes::Attributes;
use super::entities::by_bytes;
use super::pair_sums::{AddressSums, PairSums};
use super::places::{Places, country_name};
use crate::enrich::Endpoints;
use crate::schema::FlowType;
use crate::schema::tables::{Measures, NamedRow, Tables};

/// Fills the tables of this file.
pub(super) fn fill(tables: &mut Tables, sums: &PairSums, places: &Places<'_>, endpoints: &Endpoints) {
    tables.traffic_by_flow_type = by_number(&sums.by_flow_type, |code| FlowType::ALL[code as usize].name().to_owned());
    tables.traffic_by_country = by_number(&sums.by_country, country_name);
    tables.traffic_by_azure_region = by_number(&sums.by_region, |number| places.region(number).to_owned());
    tables.traffic_by_vnet = by_address(&sums.by_ip, |address| Attributes::of(endpoints, address).vnet());
    let scale_set = |address| Attributes::of(endpoints, address).resource(|resource| &resource.scale_set);
    tables.traffic_by_scale_set = by_address(&sums.by_ip, scale_set);
}

/// One row per number that has a pair.
fn by_number(sums: &[Option<Measures>], name: impl Fn(u32) -> String) -> Vec<NamedRow> {
    let with_pairs = sums.iter().zip(0..).filter_map(|(sum, number)| Some((number, (*sum)?)));
    sorted(with_pairs.map(|(number, measures)| NamedRow { name: name(number), measures }).collect())
}

/// One row per name of an address with traffic; both ends of a pair are in theirs.
fn by_address<'a>(sums: &[AddressSums], name: impl Fn(usize) -> &'a str) -> Vec<NamedRow> {
    let mut by_name: BTreeMap<&str, Measures> = BTreeMap::new();
    for (address, sum) in sums.iter().enumerate().filter(|(_, sum)| sum.peers > 0) {
        by_name.entry(name(address)).or_default().add(&sum.measures);
    }
    sorted(by_name.into_iter().map(|(name, measures)| NamedRow { name: name.to_owned(), measures }).collect())
}

fn sorted(mut rows: Vec<NamedRow>) -> Vec<NamedRow> {
    rows.sort_by(|a, b| (by_bytes(&a.measures), &a.name).cmp(&(by_bytes(&b.measures), &b.name)));
    rows
}
