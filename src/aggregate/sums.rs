//! Sums per key: a hash table of dense rows, for groups too many for a query plan.
//!
//! Goes in: keys packed into an integer. Comes out: one value per distinct key, in the order of first appearance; who
//! needs an order sorts. Not for keys of unknown length.

use std::hint::black_box;

/// Values of type `V` by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums<V> {
    /// Index into `rows` plus one, 0 where free; a power of two, at most half full.
    slots: Vec<u32>,
    rows: Vec<(u128, V)>,
    /// The row that [`Sums::entry_again`] found last.
    last: usize,
}

impl<V: Default> Sums<V> {
    /// The value of `key`, new ones being the default.
    pub fn entry(&mut self, key: u128) -> &mut V {
        let row = self.row_of(key);
        &mut self.rows[row].1
    }

    /// As [`Sums::entry`], for keys that often come several times in a row.
    pub fn entry_again(&mut self, key: u128) -> &mut V {
        if self.rows.get(self.last).is_none_or(|(last, _)| *last != key) {
            self.last = self.row_of(key);
        }
        &mut self.rows[self.last].1
    }

    /// The row of `key`, a new one where there is none.
    fn row_of(&mut self, key: u128) -> usize {
        if (self.rows.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let place = self.place(key);
        if self.slots[place] == 0 {
            self.rows.push((key, V::default()));
            self.slots[place] = self.rows.len() as u32;
        }
        self.slots[place] as usize - 1
    }

    /// The value of `key`, if it has one.
    pub fn get(&self, key: u128) -> Option<&V> {
        if self.slots.is_empty() {
            return None;
        }
        let row = self.slots[self.place(key)].checked_sub(1)?;
        Some(&self.rows[row as usize].1)
    }

    /// Reads where `key` is looked for first. Done for many keys before the first of them is looked for, the waits for memory
    /// overlap instead of adding up.
    pub fn read_ahead(&self, key: u128) {
        let place = hash(key) as usize & self.slots.len().wrapping_sub(1);
        let row = self.slots.get(place).map_or(0, |slot| slot.wrapping_sub(1));
        black_box(self.rows.get(row as usize).map(|row| row.0 as u8));
    }

    /// Keys and values.
    pub fn rows(&self) -> &[(u128, V)] {
        &self.rows
    }

    /// Forgets every key, keeping the memory.
    pub fn clear(&mut self) {
        self.slots.fill(0);
        self.rows.clear();
    }

    /// Forgets every key and makes room for so many, keeping the memory. What it takes follows from the number alone, not from
    /// what there was room for before.
    pub fn clear_for(&mut self, keys: usize) {
        self.slots.clear();
        self.slots.resize(((keys + 1) * 2).next_power_of_two().max(16), 0);
        self.rows.clear();
    }

    /// The slot that holds `key`, or the free one where it belongs.
    fn place(&self, key: u128) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = hash(key) as usize & mask;
        while self.slots[place] != 0 && self.rows[self.slots[place] as usize - 1].0 != key {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(16)];
        for row in 0..self.rows.len() {
            let place = self.place(self.rows[row].0);
            self.slots[place] = row as u32 + 1;
        }
    }
}

/// Mixes a key so that its low and its high bits both spread.
///
/// Source: the finalizer of MurmurHash3 (A. Appleby), over both halves.
pub(super) fn hash(key: u128) -> u64 {
    let mut x = (key as u64) ^ ((key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_one_value_however_many_there_are() {
        let mut sums: Sums<u64> = Sums::default();
        for i in 0..30_000_u128 {
            *sums.entry((i % 10_000) << 70 | (i % 7)) += 1;
        }
        assert_eq!(sums.rows().len(), 30_000);
        *sums.entry(0) += 5;
        assert_eq!(sums.rows()[0], (0, 6));
        for key in [7, 7, 8, 7] {
            *sums.entry_again(key << 90) += 1;
        }
        assert_eq!((sums.get(7 << 90), sums.get(8 << 90), sums.rows().len()), (Some(&3), Some(&1), 30_002));
        assert_eq!([sums.get(0), sums.get(9_999 << 70 | 9), Sums::default().get(0)], [Some(&6), None, None]);
        sums.clear();
        assert_eq!(*sums.entry(1), 0);
        for keys in [0, 1, 40_000] {
            sums.clear_for(keys);
            assert_eq!((*sums.entry(0), sums.rows().len()), (0, 1));
            (1..50_000).for_each(|key| *sums.entry(key) = key as u64);
            assert_eq!((sums.get(0), sums.get(49_999), sums.rows().len()), (Some(&0), Some(&49_999), 50_000));
        }
    }
}
