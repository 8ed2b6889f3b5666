//! A dictionary of addresses: each address once, in the order first met.
//!
//! Goes in: addresses. Comes out: their indexes. It knows nothing of who owns them.

use std::hint::black_box;

use crate::schema::Address;

use super::index::{Index, Seed, forget};

/// How many addresses are looked up together. Unit: addresses.
const ADDRESSES_AT_ONCE: usize = 64;

/// The addresses of a unit of work or of a Partial.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    list: Vec<Address>,
    index: Index,
    seed: Seed,
}

impl Addresses {
    /// The index of `address`, added if it is new.
    #[inline]
    pub fn id(&mut self, address: Address) -> u32 {
        self.id_of(address, hash(self.seed, address))
    }

    /// The index of `address`, which has this hash.
    #[inline]
    fn id_of(&mut self, address: Address, hash: u32) -> u32 {
        let (next, list) = (self.list.len(), &self.list);
        match self.index.find_or_insert(hash, next, |row| list[row] == address) {
            Some(row) => row as u32,
            None => {
                self.list.push(address);
                next as u32
            }
        }
    }

    /// The indexes of `addresses`, each added if it is new.
    pub fn ids(&mut self, addresses: &[Address]) -> Vec<u32> {
        let mut ids = Vec::with_capacity(addresses.len());
        let mut hashes = [0; ADDRESSES_AT_ONCE];
        for some in addresses.chunks(ADDRESSES_AT_ONCE) {
            hashes.iter_mut().zip(some).for_each(|(at, address)| *at = hash(self.seed, *address));
            let hashes = &hashes[..some.len()];
            let slots = hashes.iter().fold(0, |read, at| read ^ self.index.read_ahead(*at));
            let row = |at: &u32| self.index.guess(*at).map_or(0, |row| self.list[row].bits() as u64);
            black_box(hashes.iter().fold(slots, |read, at| read ^ row(at)));
            ids.extend(some.iter().zip(hashes).map(|(address, at)| self.id_of(*address, *at)));
        }
        ids
    }

    /// The addresses, at their indexes.
    pub fn list(&self) -> &[Address] {
        &self.list
    }

    /// Hands out the addresses and forgets them.
    pub fn take(&mut self) -> Vec<Address> {
        self.index.clear();
        std::mem::take(&mut self.list)
    }

    /// Forgets all addresses, keeping the memory of a usual unit.
    pub fn clear(&mut self) {
        self.index.clear();
        forget(&mut self.list);
    }
}

impl From<Vec<Address>> for Addresses {
    /// Keeps every address at its index, even one that is there twice.
    fn from(list: Vec<Address>) -> Self {
        let mut addresses = Self { list, ..Self::default() };
        for (row, address) in addresses.list.iter().enumerate() {
            let hash = hash(addresses.seed, *address);
            addresses.index.find_or_insert(hash, row, |known| addresses.list[known] == *address);
        }
        addresses
    }
}

/// The own address met last: that of a NIC stands in tuple after tuple.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastAddress {
    address: Address,
    id: Option<u32>,
}

impl LastAddress {
    /// The index of `address`, without a look-up where it is the one met last.
    #[inline]
    pub fn id(&mut self, address: Address, addresses: &mut Addresses) -> u32 {
        match self.id {
            Some(id) if self.address == address => id,
            _ => {
                let id = addresses.id(address);
                *self = Self { address, id: Some(id) };
                id
            }
        }
    }
}

#[inline]
fn hash(seed: Seed, address: Address) -> u32 {
    let bits = address.bits();
    seed.hash(bits as u64, (bits >> 64) as u64)
}
