//! Columns of files that are made of picked rows of several Partials.
//!
//! Goes in: Partials, which of their rows belong into a file, and how each column is made of them. Comes out: the values of one column after another, as
//! [`super::encode`] asks for them: no more than one column of a row group is held at a time. Knows no table.

use std::io::Write;
use std::ops::Range;

use polars::prelude::PlHashMap;

use super::pages::{Dictionary, Integers, Whole};
use crate::schema::kept::Kept;
use crate::schema::{Address, Partial};

/// Rows of one Partial that stand together and come from one blob.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Which of the Partials.
    pub partial: u32,
    /// The first row.
    pub from: u32,
    /// The row after the last.
    pub to: u32,
    /// Their blob.
    pub blob_id: u32,
}

/// The rows of a file, or of a row group of it.
pub(super) struct Rows<'a> {
    /// Where the rows stand.
    pub partials: Vec<&'a Partial>,
    /// Which of them, in order.
    pub runs: Vec<Run>,
}

/// A column of a row group.
pub(super) enum Values {
    /// The number of each, and what the numbers stand for.
    Named(Vec<u32>, Dictionary),
    /// Integers.
    Integers(Integers),
    /// Integers of which some may be missing.
    Optional(Vec<Option<i64>>),
    /// Truths, 0 or 1.
    Flags(Vec<u32>),
    /// Lists: how long each is, and the values of all.
    Lists(Vec<usize>, Integers),
}

/// How a column is made.
pub(super) struct ColumnOf {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kept,
    /// Makes the values of these rows.
    pub build: Box<dyn Fn(&Rows<'_>) -> Values + Send + Sync>,
}

/// The columns of a table, in order.
#[derive(Default)]
pub(super) struct Columns {
    /// How each is made.
    pub list: Vec<ColumnOf>,
}

/// Marks what has no number yet.
const UNSEEN: u32 = u32::MAX;

impl Run {
    fn rows(self) -> std::ops::Range<usize> {
        self.from as usize..self.to as usize
    }
}

impl<'a> Rows<'a> {
    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.runs.iter().map(|run| run.rows().len()).sum()
    }

    /// The same rows, at most `most` at a time.
    pub fn groups(&self, most: usize) -> Vec<Rows<'a>> {
        let mut groups = Vec::new();
        let (mut runs, mut room) = (Vec::new(), most);
        for run in &self.runs {
            let mut run = *run;
            while run.rows().len() > room {
                let cut = run.from + room as u32;
                runs.push(Run { to: cut, ..run });
                groups.push(Rows { partials: self.partials.clone(), runs: std::mem::take(&mut runs) });
                run.from = cut;
                room = most;
            }
            room -= run.rows().len();
            runs.push(run);
        }
        if !runs.is_empty() {
            groups.push(Rows { partials: self.partials.clone(), runs });
        }
        groups
    }

    /// One value per row.
    fn values<T>(&self, value: impl Fn(&Partial, usize) -> T) -> Vec<T> {
        let mut values = Vec::with_capacity(self.count());
        for run in &self.runs {
            let partial = self.partials[run.partial as usize];
            values.extend(run.rows().map(|row| value(partial, row)));
        }
        values
    }

    /// The values of a column of the Partials.
    fn gather<T: Copy>(&self, column: impl Fn(&Partial) -> &[T]) -> Vec<T> {
        let mut values = Vec::with_capacity(self.count());
        for run in &self.runs {
            values.extend_from_slice(&column(self.partials[run.partial as usize])[run.rows()]);
        }
        values
    }

    /// Per row the number of its text: `index` numbers it among the `count` of its Partial, `number` among those of the rows.
    fn numbers(
        &self,
        count: impl Fn(&Partial) -> usize,
        index: impl Fn(&Partial, usize) -> usize,
        mut number: impl FnMut(&'a Partial, usize) -> u32,
    ) -> Vec<u32> {
        let mut known: Vec<Vec<u32>> = vec![Vec::new(); self.partials.len()];
        let mut numbers = Vec::with_capacity(self.count());
        for run in &self.runs {
            let partial = self.partials[run.partial as usize];
            let known = &mut known[run.partial as usize];
            if known.is_empty() {
                *known = vec![UNSEEN; count(partial)];
            }
            numbers.extend(run.rows().map(|row| {
                let index = index(partial, row);
                let known = &mut known[index];
                if *known == UNSEEN {
                    *known = number(partial, index);
                }
                *known
            }));
        }
        numbers
    }
}

impl Columns {
    fn push(&mut self, name: &'static str, kind: Kept, build: impl Fn(&Rows<'_>) -> Values + Send + Sync + 'static) {
        self.list.push(ColumnOf { name, kind, build: Box::new(build) });
    }

    /// The blob of each row.
    pub fn blob_ids(&mut self) {
        self.push("blob_id", Kept::U32, |rows| {
            let mut ids = Vec::with_capacity(rows.count());
            rows.runs.iter().for_each(|run| ids.resize(ids.len() + run.rows().len(), run.blob_id));
            integers(Whole::Narrow(ids), 4)
        });
    }

    /// A column of texts that repeat: `index` numbers the text of a row among the `count` of its Partial.
    pub fn names(
        &mut self,
        name: &'static str,
        count: impl Fn(&Partial) -> usize + Send + Sync + 'static,
        index: impl Fn(&Partial, usize) -> usize + Send + Sync + 'static,
        text: impl for<'p> Fn(&'p Partial, usize) -> &'p str + Send + Sync + 'static,
    ) {
        self.push(name, Kept::Name, move |rows| {
            let mut texts: PlHashMap<&str, u32> = PlHashMap::default();
            let mut dictionary = Dictionary::default();
            let numbers = rows.numbers(&count, &index, |partial, index| {
                let text = text(partial, index);
                *texts.entry(text).or_insert_with(|| dictionary.push_text(text.as_bytes()))
            });
            Values::Named(numbers, dictionary)
        });
    }

    /// A column of addresses.
    pub fn addresses(&mut self, name: &'static str, index: impl Fn(&Partial, usize) -> u32 + Send + Sync + 'static) {
        self.push(name, Kept::Name, move |rows| {
            let mut addresses: PlHashMap<Address, u32> = PlHashMap::default();
            let mut dictionary = Dictionary::default();
            let mut text = Vec::new();
            let index = |p: &Partial, row: usize| index(p, row) as usize;
            let numbers = rows.numbers(
                |p| p.addresses.len(),
                index,
                |p, index| {
                    *addresses.entry(p.addresses[index]).or_insert_with(|| {
                        write_address(p.addresses[index], &mut text);
                        dictionary.push_text(&text)
                    })
                },
            );
            Values::Named(numbers, dictionary)
        });
    }

    /// Numbers of 8 bits.
    pub fn u8s(&mut self, name: &'static str, value: impl Fn(&Partial, usize) -> u8 + Send + Sync + 'static) {
        self.push(name, Kept::U8, move |rows| integers(Whole::Narrow(rows.values(|p, row| value(p, row).into())), 4));
    }

    /// Numbers of 16 bits.
    pub fn u16s(&mut self, name: &'static str, value: impl Fn(&Partial, usize) -> u16 + Send + Sync + 'static) {
        self.push(name, Kept::U16, move |rows| integers(Whole::Narrow(rows.values(|p, row| value(p, row).into())), 4));
    }

    /// Numbers of 64 bits.
    pub fn u64s(&mut self, name: &'static str, value: impl Fn(&Partial, usize) -> u64 + Send + Sync + 'static) {
        self.push(name, Kept::U64, move |rows| integers(Whole::Wide(rows.values(&value)), 8));
    }

    /// Numbers of 64 bits that stand in a column of the Partials.
    pub fn u64s_of(&mut self, name: &'static str, column: impl Fn(&Partial) -> &[u64] + Send + Sync + 'static) {
        self.push(name, Kept::U64, move |rows| integers(Whole::Wide(rows.gather(&column)), 8));
    }

    /// Numbers of 64 bits of which a Partial holds the 32 that are not 0.
    pub fn counts_of(&mut self, name: &'static str, column: impl Fn(&Partial) -> &[u32] + Send + Sync + 'static) {
        self.push(name, Kept::U64, move |rows| integers(Whole::Narrow(rows.gather(&column)), 8));
    }

    /// Numbers of 64 bits that may be unknown.
    pub fn i64s(&mut self, name: &'static str, value: impl Fn(&Partial, usize) -> Option<i64> + Send + Sync + 'static) {
        self.push(name, Kept::I64, move |rows| Values::Optional(rows.values(&value)));
    }

    /// Truths.
    pub fn flags(&mut self, name: &'static str, value: impl Fn(&Partial, usize) -> bool + Send + Sync + 'static) {
        self.push(name, Kept::Flag, move |rows| Values::Flags(rows.values(|p, row| u32::from(value(p, row)))));
    }

    /// Moments, ms since the epoch.
    pub fn times(&mut self, name: &'static str, value: impl Fn(&Partial, usize) -> i64 + Send + Sync + 'static) {
        self.push(name, Kept::Time, move |rows| integers(Whole::Signed(rows.values(|p, row| value(p, row) as u64)), 8));
    }

    /// Moments, ms since the epoch, that few rows differ in: `number` numbers them, `moment` is what a number stands for.
    pub fn starts(
        &mut self,
        name: &'static str,
        number: impl Fn(&Partial, usize) -> u32 + Send + Sync + 'static,
        moment: impl Fn(u32) -> i64 + Send + Sync + 'static,
    ) {
        self.push(name, Kept::Time, move |rows| {
            let mut moments: Vec<u32> = Vec::new();
            let mut last = 0;
            let numbers = rows.values(&number).into_iter().map(|moment| {
                // Rows of a blob begin with its first moment again, which is among the last that were met.
                if moments.get(last) != Some(&moment) {
                    last = moments.iter().rposition(|known| *known == moment).unwrap_or_else(|| {
                        moments.push(moment);
                        moments.len() - 1
                    });
                }
                last as u32
            });
            let numbers = numbers.collect();
            let mut dictionary = Dictionary::default();
            moments.into_iter().for_each(|number| dictionary.push_moment(moment(number)));
            Values::Named(numbers, dictionary)
        });
    }

    /// Lists of numbers: those of all rows stand joined in the Partial, and `range` tells which are whose.
    pub fn lists<T>(
        &mut self,
        (name, kind): (&'static str, Kept),
        range: impl Fn(&Partial, usize) -> Range<usize> + Send + Sync + 'static,
        values: impl Fn(&Partial) -> &[T] + Send + Sync + 'static,
    ) where
        T: Copy,
        u64: From<T>,
    {
        self.push(name, kind, move |rows| {
            let lengths = rows.values(|p, row| range(p, row).len());
            let mut all: Vec<u64> = Vec::with_capacity(lengths.iter().sum());
            for run in rows.runs.iter().filter(|run| run.from < run.to) {
                let partial = rows.partials[run.partial as usize];
                let (first, last) = (range(partial, run.from as usize), range(partial, run.to as usize - 1));
                all.extend(values(partial)[first.start..last.end].iter().map(|value| u64::from(*value)));
            }
            Values::Lists(lengths, Integers { values: Whole::Wide(all), width: if kind == Kept::U32List { 4 } else { 8 } })
        });
    }
}

fn integers(values: Whole, width: usize) -> Values {
    Values::Integers(Integers { values, width })
}

/// Writes an address as it is displayed, in place of what `text` holds.
fn write_address(address: Address, text: &mut Vec<u8>) {
    text.clear();
    let Some(bits) = address.v4() else {
        // Writing to memory cannot fail.
        let _ = write!(text, "{address}");
        return;
    };
    // Formatting costs several times as much, and there are as many addresses as rows on a day of scans.
    for (at, byte) in bits.to_be_bytes().into_iter().enumerate() {
        if at > 0 {
            text.push(b'.');
        }
        if byte >= 100 {
            text.push(b'0' + byte / 100);
        }
        if byte >= 10 {
            text.push(b'0' + byte / 10 % 10);
        }
        text.push(b'0' + byte % 10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_is_displayed() {
        let v4 = [0, 9, 0x0a00_00ff, 0x6463_0901, u32::MAX].map(Address::from_v4);
        let v6 = [1, u128::MAX, 0x2001_0db8 << 96].map(Address::from_bits);
        let mut text = b"before".to_vec();
        for address in v4.into_iter().chain(v6) {
            write_address(address, &mut text);
            assert_eq!(String::from_utf8_lossy(&text), address.to_string());
        }
    }

    #[test]
    fn groups_hold_every_row_once_and_in_order() {
        let run = |from, to| Run { partial: 0, from, to, blob_id: from };
        let rows = Rows { partials: Vec::new(), runs: vec![run(0, 3), run(5, 5), run(10, 20)] };
        for most in [1, 3, 4, 13, 20] {
            let groups = rows.groups(most);
            assert!(groups.iter().all(|group| (1..=most).contains(&group.count())), "{most}");
            let all: Vec<u32> = groups.iter().flat_map(|group| group.runs.iter().flat_map(|run| run.from..run.to)).collect();
            assert_eq!(all, (0..3).chain(10..20).collect::<Vec<u32>>(), "{most}");
        }
    }
}
