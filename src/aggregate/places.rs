//! What the sums need to know of each address, packed into a few bytes: the pass over pairs looks it up twice per conversation.
//!
//! Goes in: the endpoints. Comes out: one [`Place`] per address, and the names of countries, regions and locations by number.
//! Sums nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::enrich::{Country, Endpoint, Endpoints, FlowTypes, ServiceTag};
use crate::schema::tables::Scope;

/// How many numbers of countries there are: 0 for none, else one per two letters.
pub(super) const COUNTRIES: usize = 1 + 26 * 26;

/// Where 168.63.129.16 and addresses of tags without a region are, as Traffic Analytics says it.
const GLOBAL: &str = "Global";

/// What matters of one address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The [`subnet_number`].
    pub subnet: u32,
    /// Number of the Azure region of its service tag, or of [`GLOBAL`]; 0 for what is not Azure's.
    pub region: u32,
    /// Number of its country; 0 for none.
    pub country: u16,
    /// See `Endpoint::is_local`.
    pub is_local: bool,
    /// Whether it is a public peer: in a service tag or not, but neither local nor Azure's platform.
    pub is_public: bool,
    /// Whether its location is an Azure region rather than a country.
    is_azure: bool,
}

/// One place per address, and what the numbers stand for.
pub(super) struct Places<'a> {
    /// By number of the address.
    pub of: Vec<Place>,
    /// By number of the address, see [`Place::is_local`]: for passes that ask for nothing else.
    pub is_local: Vec<bool>,
    /// By number of the address, see [`Place::is_public`]: for passes that ask for nothing else.
    pub is_public: Vec<bool>,
    /// The types of flows between addresses.
    pub flow_types: FlowTypes,
    /// By number, 0 being the empty text.
    regions: Vec<&'a str>,
}

impl<'a> Places<'a> {
    /// The places of all addresses.
    pub fn new(endpoints: &'a Endpoints) -> Self {
        let region_of = |tag: &'a ServiceTag| if tag.region.is_empty() { GLOBAL } else { &*tag.region };
        let distinct: BTreeSet<&str> = endpoints.service_tags.iter().map(region_of).chain([GLOBAL]).collect();
        let regions: Vec<&str> = std::iter::once("").chain(distinct).collect();
        let numbers: BTreeMap<&str, u32> = regions.iter().copied().zip(0..).collect();
        let of_tag: Vec<u32> = endpoints.service_tags.iter().map(|tag| numbers[region_of(tag)]).collect();
        let of_platform = |scope| if scope == Scope::Platform { numbers[GLOBAL] } else { 0 };
        let place = |endpoint: &Endpoint| Place {
            subnet: subnet_number(endpoint.subnet),
            region: endpoint.service_tag.map_or(of_platform(endpoint.scope), |tag| of_tag[tag as usize]),
            country: endpoint.country.map_or(0, country_number),
            is_local: endpoint.is_local,
            is_public: !endpoint.is_local && endpoint.scope.is_public(),
            is_azure: matches!(endpoint.scope, Scope::AzurePublic | Scope::Platform),
        };
        let of: Vec<Place> = endpoints.rows.iter().map(place).collect();
        let is_local = of.iter().map(|place| place.is_local).collect();
        let is_public = of.iter().map(|place| place.is_public).collect();
        Self { of, is_local, is_public, flow_types: FlowTypes::new(endpoints), regions }
    }

    /// Whether `src` is local and `dst` is a public peer.
    pub fn goes_out(&self, src: u32, dst: u32) -> bool {
        self.is_local[src as usize] && self.is_public[dst as usize]
    }

    /// How many numbers of regions there are.
    pub fn regions(&self) -> usize {
        self.regions.len()
    }

    /// The name of a region by its number.
    pub fn region(&self, number: u32) -> &'a str {
        self.regions[number as usize]
    }

    /// The number of a place's location: of its country, or beyond all countries of its region.
    pub fn location_number(place: &Place) -> u32 {
        if place.is_azure { COUNTRIES as u32 + place.region } else { u32::from(place.country) }
    }

    /// A location as Traffic Analytics says it: the Azure region of Azure's addresses (`Global` without one), else the
    /// country; empty where unknown.
    pub fn location(&self, number: u32) -> String {
        match number.checked_sub(COUNTRIES as u32) {
            None => country_name(number),
            Some(region) => self.region(region).to_owned(),
        }
    }
}

/// The number of a subnet: 0 for none, else its index plus one.
pub(super) fn subnet_number(subnet: Option<u32>) -> u32 {
    subnet.map_or(0, |index| index + 1)
}

fn country_number(country: Country) -> u16 {
    let letters = country.code().bytes().map(|letter| u16::from(letter.saturating_sub(b'A')));
    1 + letters.fold(0, |number, letter| number * 26 + letter)
}

/// The country with a number; empty for 0.
pub(super) fn country_name(number: u32) -> String {
    let letter = |value: u32| char::from(b'A' + (value % 26) as u8);
    match number.checked_sub(1) {
        None => String::new(),
        Some(code) => [letter(code / 26), letter(code)].iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_number_of_its_own_that_leads_back_to_it() {
        for (code, number) in [("AA", 1), ("AZ", 26), ("BA", 27), ("NL", 13 * 26 + 12), ("ZZ", 676)] {
            let country = Country::new(code).expect("two letters");
            assert_eq!((country_number(country), &*country_name(number)), (number as u16, code));
        }
        assert_eq!(country_name(0), "");
    }
}
