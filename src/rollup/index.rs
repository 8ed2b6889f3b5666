//! An open-addressing index over dense rows: finds a row's number by the hash of its key.
//!
//! Goes in: 32-bit hashes and row numbers. Comes out: row numbers. It holds neither rows nor keys, and the order of
//! rows never depends on it, so that a random seed changes no output.

use std::hash::{BuildHasher, RandomState};

/// Fewest slots of an index. Unit: slots, a power of two.
const SLOTS_MIN: usize = 1 << 10;

/// Most slots whose memory is kept for the next unit. Unit: slots of 8 bytes, twice; a NIC's busy hour has about 200,000.
const SLOTS_KEPT: usize = 1 << 18;

/// From how many times the slots that the last unit needed on an index is made smaller. Unit: times; range 4 to 64. Units differ in size: growing anew
/// costs more than forgetting so many free slots.
const SLOTS_TOO_MANY: usize = 16;

/// Each slot holds the hash in the upper half and the row number plus one in the lower; 0 is free.
///
/// At most half of the slots are used, so that most searches end at the first or second one, which share a line of the
/// cache; more free slots would cost more waits for memory than they save.
#[derive(Debug)]
pub(super) struct Index {
    slots: Vec<u64>,
    used: usize,
    /// Memory that the slots take in turns with as they grow: what is new to the process costs more than what was used before.
    spare: Vec<u64>,
}

impl Default for Index {
    fn default() -> Self {
        Self { slots: vec![0; SLOTS_MIN], used: 0, spare: Vec::new() }
    }
}

impl Index {
    /// The row with this hash for which `is_row` holds, or `None` after `next` was entered for it.
    #[inline]
    pub fn find_or_insert(&mut self, hash: u32, next: usize, is_row: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                break;
            }
            if (slot >> 32) as u32 == hash && is_row(row_of(slot)) {
                return Some(row_of(slot));
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = u64::from(hash) << 32 | (next as u64 + 1);
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
        None
    }

    /// The row with this hash for which `is_row` holds.
    #[inline]
    pub fn find(&self, hash: u32, is_row: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if (slot >> 32) as u32 == hash && is_row(row_of(slot)) {
                return Some(row_of(slot));
            }
            at = (at + 1) & mask;
        }
    }

    /// Reads where a row of this hash is looked for first; what is read says nothing. Done for many keys before the first of them is
    /// looked for, with little between them, the waits for memory overlap instead of adding up.
    #[inline]
    pub fn read_ahead(&self, hash: u32) -> u64 {
        self.slots[hash as usize & (self.slots.len() - 1)]
    }

    /// The row that stands where a row of this hash is looked for first, if it has this hash: as a rule the one that is looked for.
    #[inline]
    pub fn guess(&self, hash: u32) -> Option<usize> {
        let slot = self.slots[hash as usize & (self.slots.len() - 1)];
        (slot != 0 && (slot >> 32) as u32 == hash).then(|| row_of(slot))
    }

    /// Forgets all rows. Keeps the size unless the last unit needed hardly any of it, so that one large unit does not make the reset of
    /// every later one dear.
    pub fn clear(&mut self) {
        let wanted = (self.used * 2).next_power_of_two().max(SLOTS_MIN);
        if wanted * SLOTS_TOO_MANY < self.slots.len() {
            self.slots.truncate(wanted);
            self.slots.shrink_to(SLOTS_KEPT);
            self.spare.shrink_to(SLOTS_KEPT);
        }
        self.slots.fill(0);
        self.used = 0;
    }

    /// Makes twice as many slots. The hash in a slot says where it belongs; no row is looked at.
    #[cold]
    fn grow(&mut self) {
        let mut grown = std::mem::take(&mut self.spare);
        grown.clear();
        grown.resize(self.slots.len() * 2, 0);
        let mask = grown.len() - 1;
        self.spare = std::mem::replace(&mut self.slots, grown);
        for slot in self.spare.iter().copied() {
            if slot != 0 {
                let mut at = (slot >> 32) as usize & mask;
                while self.slots[at] != 0 {
                    at = (at + 1) & mask;
                }
                self.slots[at] = slot;
            }
        }
    }
}

/// The row number of a used slot.
fn row_of(slot: u64) -> usize {
    (slot as u32 - 1) as usize
}

/// What keys are hashed with: random, so that no file can be made whose keys all fall into one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    first: u64,
    second: u64,
}

impl Default for Seed {
    fn default() -> Self {
        let random = RandomState::new();
        Self { first: random.hash_one(1_u8), second: random.hash_one(2_u8) }
    }
}

/// Odd, with as many ones as zeros: the golden ratio's 64 bits, from Knuth's multiplicative hashing.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Seed {
    /// The hash of a key of two words: two folded multiplications.
    #[inline]
    pub fn hash(self, first: u64, second: u64) -> u32 {
        (fold(fold(first ^ self.first, second ^ self.second), SPREAD) >> 16) as u32
    }

    /// The hash of a key of three words.
    #[inline]
    pub fn hash_three(self, first: u64, second: u64, third: u64) -> u32 {
        (fold(fold(first ^ self.first, second ^ self.second) ^ third, SPREAD) >> 16) as u32
    }
}

/// The 128-bit product folded to 64 bits.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Most rows whose memory is kept for the next unit. Unit: rows; a NIC's busy hour has about 100,000.
const ROWS_KEPT: usize = 1 << 18;

/// Forgets all rows, keeping the memory of a usual unit but not that of a huge one.
pub(super) fn forget<T>(rows: &mut Vec<T>) {
    rows.clear();
    rows.shrink_to(ROWS_KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_after_the_index_has_grown_and_forgotten_after_it_is_cleared() {
        let (mut index, seed) = (Index::default(), Seed::default());
        for key in 0..50_000_u64 {
            assert_eq!(index.find_or_insert(seed.hash(key, 1), key as usize, |row| row as u64 == key), None);
        }
        for key in 0..50_000_u64 {
            assert_eq!(index.find(seed.hash(key, 1), |row| row as u64 == key), Some(key as usize));
        }
        index.clear();
        assert_eq!(index.find(seed.hash(7, 1), |row| row == 7), None);
        index.clear();
        assert_eq!(index.slots.len(), SLOTS_MIN);
    }

    #[test]
    fn keys_of_one_hash_are_told_apart() {
        let mut index = Index::default();
        assert_eq!(index.find_or_insert(9, 0, |_| false), None);
        assert_eq!(index.find_or_insert(9, 1, |_| false), None);
        assert_eq!(index.find(9, |row| row == 1), Some(1));
        assert_eq!((index.guess(9), index.guess(8)), (Some(0), None));
    }
}
