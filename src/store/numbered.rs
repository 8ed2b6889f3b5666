//! Gives texts that repeat from row to row their numbers.
//!
//! Goes in: a column of texts. Comes out: each distinct text once, and per row its number. A text is told from others by its view: a short
//! one's is its bytes, a long one's says where it lies, and a file keeps a text that repeats in one place. Only a text that is met in a
//! new place is compared.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use polars::prelude::StringChunked;

use super::cells::NameCells;

/// Numbers the texts; `None` if one is missing.
pub(super) fn numbered(column: &StringChunked) -> Option<NameCells> {
    if column.null_count() > 0 {
        return None;
    }
    let mut all = NameCells { numbers: Vec::with_capacity(column.len()), texts: Vec::new() };
    let mut known: HashMap<&str, u32> = HashMap::new();
    for chunk in column.downcast_iter() {
        // What a view says of a place holds within its chunk.
        let mut places: HashMap<u128, u32, Seed> = HashMap::with_hasher(Seed::new());
        let mut last: Option<(u128, u32)> = None;
        for (row, view) in chunk.views().iter().enumerate() {
            let view = view.as_u128();
            let number = match last {
                Some((same, number)) if same == view => number,
                _ => *places.entry(view).or_insert_with(|| {
                    let (text, next) = (chunk.value(row), all.texts.len() as u32);
                    *known.entry(text).or_insert_with(|| {
                        all.texts.push(text.into());
                        next
                    })
                }),
            };
            last = Some((view, number));
            all.numbers.push(number);
        }
    }
    Some(all)
}

/// Hashes one integer with two multiplications. Keys of a file that somebody else wrote may be chosen to collide, hence the random start.
#[derive(Clone, Copy)]
struct Seed(u64);

impl Seed {
    fn new() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Seed {
    type Hasher = Mixed;

    fn build_hasher(&self) -> Mixed {
        Mixed(self.0)
    }
}

struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u128(u128::from(*byte)));
    }

    fn write_u128(&mut self, key: u128) {
        for half in [key as u64, (key >> 64) as u64] {
            let product = u128::from(self.0 ^ half) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
            self.0 = product as u64 ^ (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use polars::prelude::NewChunkedArray;

    use super::*;

    #[test]
    fn equal_texts_have_one_number_wherever_they_lie() {
        let (one, other) = (String::from("203.0.113.255 and more"), String::from("203.0.113.255 and more"));
        let texts = ["", "a", &one, "a\0", "fifteen bytes..", "sixteen bytes...", "", &other, "a"];
        let column = StringChunked::from_slice("c".into(), &texts);
        let found = numbered(&column).unwrap();
        let told: Vec<&str> = found.numbers.iter().map(|number| &*found.texts[*number as usize]).collect();
        assert_eq!(told, texts);
        assert_eq!((found.numbers, found.texts.len()), (vec![0, 1, 2, 3, 4, 5, 0, 2, 1], 6));
    }

    #[test]
    fn a_missing_text_is_told() {
        assert!(numbered(&StringChunked::from_slice_options("c".into(), &[Some("a"), None])).is_none());
    }
}
