//! How the values of a column are laid out in the pages of a Parquet file.
//!
//! Goes in: values, plain or as numbers of a dictionary. Comes out: the bytes of pages before they are compressed, as
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/> has them. Knows no table, no file.

use std::ops::Range;

use polars_parquet::parquet::encoding::{bitpacked, uleb128};

/// How many values are told at once to be equal. Unit: values; a multiple of the 8 that are packed together.
const BLOCK: usize = 32;

/// How many differences have one width. Unit: values; as many as are packed at once.
const PACK: usize = 64;

/// How many differences have one least difference. Unit: values; a multiple of 128 and of [`PACK`].
const DELTA_BLOCK: usize = 256;

/// Most numbers between the least and the greatest value of a column that is written by a dictionary. Beyond it finding equal values needs a
/// hash of each, which costs more than all the rest of the writing.
const DICTIONARY_SPAN: u64 = u16::MAX as u64;

/// From this many distinct values on a dictionary must be smaller than what it stands for.
const DICTIONARY_MOST: usize = 2_048;

/// The least and the greatest value of a column, as they are written.
pub(super) type Bounds = (Vec<u8>, Vec<u8>);

/// The distinct values of a column as they are written.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Dictionary {
    /// The values one after another.
    pub bytes: Vec<u8>,
    /// How many there are.
    pub count: usize,
    /// The least and the greatest, as statistics have them.
    pub bounds: Option<Bounds>,
}

impl Dictionary {
    /// Adds a moment, ms since the epoch; each is written on its own, so that there must be few.
    pub fn push_moment(&mut self, moment: i64) {
        self.bytes.extend_from_slice(&moment.to_le_bytes());
        self.count += 1;
        let known = |bytes: &[u8]| i64::from_le_bytes(bytes.try_into().unwrap_or_default());
        let (least, greatest) = self.bounds.as_ref().map_or((moment, moment), |(a, b)| (known(a), known(b)));
        self.bounds = Some((moment.min(least).to_le_bytes().to_vec(), moment.max(greatest).to_le_bytes().to_vec()));
    }

    /// Adds a text and returns its number.
    pub fn push_text(&mut self, text: &[u8]) -> u32 {
        self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text);
        self.count += 1;
        match &mut self.bounds {
            None => self.bounds = Some((text.to_vec(), text.to_vec())),
            Some((least, _)) if text < &least[..] => *least = text.to_vec(),
            Some((_, greatest)) if text > &greatest[..] => *greatest = text.to_vec(),
            Some(_) => {}
        }
        self.count as u32 - 1
    }
}

/// Integers of a column, and what is to be known of them.
#[derive(Debug)]
pub(super) struct Integers {
    /// The values.
    pub values: Whole,
    /// How many bytes each has when it is written as it is: 4 or 8.
    pub width: usize,
}

/// Values as they are held.
#[derive(Debug)]
pub(super) enum Whole {
    /// Numbers of at most 32 bits, in half the memory.
    Narrow(Vec<u32>),
    /// Numbers of 64 bits.
    Wide(Vec<u64>),
    /// The same, of which some may be negative, as their two's complement.
    Signed(Vec<u64>),
}

/// Values in one of their layouts.
pub(super) enum Layout {
    /// Per value its number in a dictionary.
    Numbered(Vec<u32>, Dictionary),
    /// Their differences, and the least and greatest of them.
    Deltas(Whole, Option<Bounds>),
}

impl Integers {
    /// The layout that is small and cheap.
    pub fn layout(self) -> Layout {
        let Self { values, width } = self;
        let numbered = match &values {
            Whole::Narrow(values) => numbered(values, width, 0),
            Whole::Wide(values) => numbered(values, width, 0),
            Whole::Signed(values) => numbered(values, width, 1 << 63),
        };
        match numbered {
            Ok((numbers, dictionary)) => Layout::Numbered(numbers, dictionary),
            Err(bounds) => Layout::Deltas(values, Some(bounds)),
        }
    }
}

/// Values of `width` bytes by a dictionary, unless it does not pay: then only the least and greatest of them. With `flip` their order is that of
/// unsigned numbers.
fn numbered<T: Copy>(values: &[T], width: usize, flip: u64) -> Result<(Vec<u32>, Dictionary), Bounds>
where
    u64: From<T>,
{
    let ordered = |value: &T| u64::from(*value) ^ flip;
    let (least, greatest) = values.iter().map(ordered).fold((u64::MAX, 0), |(a, b), value| (a.min(value), b.max(value)));
    if values.is_empty() {
        return Ok((Vec::new(), Dictionary::default()));
    }
    let bytes = |value: u64| (value ^ flip).to_le_bytes()[..width].to_vec();
    let bounds = (bytes(least), bytes(greatest));
    if greatest - least > DICTIONARY_SPAN {
        return Err(bounds);
    }
    let mut numbers = vec![0_u32; (greatest - least) as usize + 1];
    values.iter().for_each(|value| numbers[(ordered(value) - least) as usize] = 1);
    let mut dictionary = Dictionary::default();
    for (from_least, number) in numbers.iter_mut().enumerate().filter(|(_, number)| **number == 1) {
        *number = dictionary.count as u32;
        dictionary.bytes.extend_from_slice(&bytes(least + from_least as u64));
        dictionary.count += 1;
    }
    if dictionary.count > DICTIONARY_MOST && dictionary.count > values.len() / 4 * 3 {
        return Err(bounds);
    }
    dictionary.bounds = Some(bounds);
    Ok((values.iter().map(|value| numbers[(ordered(value) - least) as usize]).collect(), dictionary))
}

impl Layout {
    /// Appends the values `range`.
    pub fn write(&self, range: Range<usize>, out: &mut Vec<u8>) {
        match self {
            Self::Numbered(of, dictionary) => numbers(&of[range], dictionary.count, out),
            Self::Deltas(Whole::Narrow(values), _) => deltas(&values[range], out),
            Self::Deltas(Whole::Wide(values) | Whole::Signed(values), _) => deltas(&values[range], out),
        }
    }
}

/// Appends values as their differences (`DELTA_BINARY_PACKED`).
fn deltas<T: Copy>(values: &[T], out: &mut Vec<u8>)
where
    u64: From<T>,
{
    [DELTA_BLOCK as u64, (DELTA_BLOCK / PACK) as u64, values.len() as u64].into_iter().for_each(|number| header(number, out));
    let Some((first, rest)) = values.split_first() else { return header(0, out) };
    let first = u64::from(*first);
    header(zigzag(first as i64), out);
    let (mut last, mut room) = (first, [0; DELTA_BLOCK]);
    for block in rest.chunks(DELTA_BLOCK) {
        let of_block = &mut room[..block.len()];
        for (delta, value) in of_block.iter_mut().zip(block) {
            *delta = u64::from(*value).wrapping_sub(last);
            last = u64::from(*value);
        }
        let least = of_block.iter().fold(i64::MAX, |least, delta| least.min(*delta as i64));
        of_block.iter_mut().for_each(|delta| *delta = delta.wrapping_sub(least as u64));
        header(zigzag(least), out);
        let widths_at = out.len();
        out.extend_from_slice(&[0; DELTA_BLOCK / PACK]);
        for (at, pack) in of_block.chunks(PACK).enumerate() {
            let width = u64::BITS - pack.iter().fold(0, |all, delta| all | delta).leading_zeros();
            out[widths_at + at] = width as u8;
            let mut packed = [0; 8 * PACK];
            bitpacked::encode_pack(pack, width as usize, &mut packed);
            out.extend_from_slice(&packed[..PACK / 8 * width as usize]);
        }
    }
}

/// Small numbers of either sign as small numbers.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Appends numbers of a dictionary of `count` values (`RLE_DICTIONARY`).
fn numbers(numbers: &[u32], count: usize, out: &mut Vec<u8>) {
    let width = usize::BITS - count.saturating_sub(1).leading_zeros();
    out.push(width as u8);
    hybrid(numbers, width as usize, out);
}

/// Appends levels of up to eight bits, of which all `count` are `level`.
pub(super) fn equal_levels((level, count): (u32, usize), out: &mut Vec<u8>) {
    levels(out, |out| repeated((level, count), 8, out));
}

/// Appends levels of `width` bits.
pub(super) fn varied_levels(of: &[u32], width: usize, out: &mut Vec<u8>) {
    levels(out, |out| hybrid(of, width, out));
}

/// Appends truths as bits.
pub(super) fn bits(flags: &[u32], out: &mut Vec<u8>) {
    pack(flags, 1, out);
}

/// Levels have their length in bytes before them.
fn levels(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
}

/// Appends numbers of `width` bits: what repeats as a count, the rest packed. Whether they repeat is asked of blocks, not of each.
fn hybrid(numbers: &[u32], width: usize, out: &mut Vec<u8>) {
    let is_equal = |block: &[u32], to: u32| block.iter().fold(0, |differs, number| differs | (number ^ to)) == 0;
    let (mut packed_from, mut at) = (0, 0);
    while at < numbers.len() {
        let number = numbers[at];
        let mut end = at;
        while let Some(block) = numbers.get(end..(end + BLOCK).min(numbers.len())).filter(|block| !block.is_empty()) {
            if !is_equal(block, number) {
                break;
            }
            end += block.len();
        }
        if end == at {
            at = (at + BLOCK).min(numbers.len());
            continue;
        }
        packed(&numbers[packed_from..at], width, out);
        repeated((number, end - at), width, out);
        (packed_from, at) = (end, end);
    }
    packed(&numbers[packed_from..], width, out);
}

/// Appends a run of equal numbers.
fn repeated((number, count): (u32, usize), width: usize, out: &mut Vec<u8>) {
    header((count as u64) << 1, out);
    out.extend_from_slice(&number.to_le_bytes()[..width.div_ceil(8)]);
}

/// Appends a run of packed numbers, filled up to eight.
fn packed(numbers: &[u32], width: usize, out: &mut Vec<u8>) {
    if !numbers.is_empty() {
        header((numbers.len().div_ceil(8) as u64) << 1 | 1, out);
        pack(numbers, width, out);
    }
}

/// Appends the low `width` bits of each number, filled up to eight numbers.
fn pack(numbers: &[u32], width: usize, out: &mut Vec<u8>) {
    let mut room = [0; 4 * 32];
    for block in numbers.chunks(32) {
        bitpacked::encode_pack(block, width, &mut room);
        out.extend_from_slice(&room[..block.len().div_ceil(8) * width]);
    }
}

fn header(value: u64, out: &mut Vec<u8>) {
    let mut room = [0; 10];
    let length = uleb128::encode(value, &mut room);
    out.extend_from_slice(&room[..length]);
}
