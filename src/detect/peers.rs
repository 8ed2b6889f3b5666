//! What is known of a peer, for detectors that judge one host's contacts with one address.
//!
//! Goes in: the table of endpoints. Comes out: facts by address. Judges nothing.

use crate::schema::Address;
use crate::schema::tables::{EndpointRow, Tables};

/// The endpoints, looked up by address.
pub(super) struct Peers<'a> {
    rows: &'a [EndpointRow],
    /// The addresses of `rows`: a search among these alone stays in the cache.
    ips: Vec<Address>,
}

impl<'a> Peers<'a> {
    /// The peers of `tables`, whose endpoints ascend by address.
    pub fn new(tables: &'a Tables) -> Self {
        Self { rows: &tables.endpoints, ips: tables.endpoints.iter().map(|row| row.ip).collect() }
    }

    /// What is known of an address; `None` where it is in no row.
    pub fn of(&self, address: Address) -> Option<&'a EndpointRow> {
        self.ips.binary_search(&address).ok().map(|at| &self.rows[at])
    }

    /// Whether an address is public and neither the customer's nor the platform's.
    pub fn is_public(&self, address: Address) -> bool {
        self.of(address).is_some_and(|row| row.scope.is_public())
    }
}
