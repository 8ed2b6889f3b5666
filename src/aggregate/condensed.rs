//! Rows of many intervals as one row per key: what tables that ask for no interval are counted from, so that a window of any length takes
//! the memory of its keys, and no more than some of them at once.
//!
//! Goes in: the rows of slices of time with their roles, and the corrections. Comes out: the same rows summed, piece by piece, as chunks of
//! traffic whose offsets may exceed an interval; all rows of two addresses lie in one piece. What only exports read (ended flows, tuples)
//! is left at 0. Names nothing, decides nothing.

use std::ops::Range;

use rayon::prelude::*;

use super::deal::{Dealt, hash_of, partition_of_hash};
use super::dedup::{Deduplicated, Role};
use super::denied::Correction;
use super::pairs::Pair;
use super::rows::Rows;
use super::spill::{self, Entry, Spill, SpillError, Spilled};
use super::sums::{Sums, hash};
use crate::schema::partial::Traffic;
use crate::schema::units::{DAY_MS, Interval};

/// Tables of sums of a slice, each of other capture points: the rows of one lie together, so that a table is filled by reading on. Unit: tables; a power
/// of two: more stand in smaller pieces of memory and are emptied one by one, fewer save the dealing of small slices.
const PARTITIONS: usize = 64;

/// Pieces that the sums of a window lie in, none of which shares a pair of addresses with another. Unit: pieces; a power of two up to 65,536: more
/// are smaller when they come back, fewer are written and read in larger steps, and their tables leave smaller gaps in memory: of 1,024 every other
/// report over a month took 200 MiB more.
const PIECES: usize = 256;

/// The piece of a pair's two addresses, whichever began. Other bits of their hash than partitions of pairs are told by, so that the rows of a
/// piece lie in all of those.
fn piece_of(pair: Pair) -> u16 {
    (hash_of(pair.src_ip, pair.dst_ip) >> 32) as u16 & (PIECES - 1) as u16
}

/// How many rows are read ahead of the sums, so that the waits for memory overlap. Unit: rows; range 8 to 256.
const READ_AHEAD: usize = 32;

/// Time that one row may span: its offsets have 32 bits of ms, 49 days.
const SPAN_MS: i64 = 32 * DAY_MS;

/// What a row has beside its addresses, port and protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    /// Number of the span of [`SPAN_MS`].
    span: u32,
    capture_point: u32,
    rule: u32,
    direction: u8,
    status: u8,
    encryption: u8,
    role: Role,
}

impl Kind {
    fn of(rows: &Rows<'_>, row: usize, role: Role, intervals_per_span: u32) -> Self {
        Self {
            span: rows.interval[row] / intervals_per_span,
            capture_point: rows.capture_point[row],
            rule: rows.rule[row],
            direction: rows.direction[row],
            status: rows.status[row],
            encryption: rows.encryption[row],
            role,
        }
    }

    /// As one integer; a span's number is far below 2^32.
    fn packed(self) -> u128 {
        let codes = u128::from(self.encryption) << 4 | u128::from(self.direction & 1) << 3 | u128::from(self.status & 1) << 2;
        let place = u128::from(self.span) << 64 | u128::from(self.capture_point) << 32 | u128::from(self.rule);
        place << 12 | codes | self.role as u128
    }
}

/// Sums of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    flows_started: u64,
    tuples_unmeasured: u64,
    packets_src_to_dst: u64,
    bytes_src_to_dst: u64,
    packets_dst_to_src: u64,
    bytes_dst_to_src: u64,
    first_time: i64,
    last_time: i64,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            flows_started: 0,
            tuples_unmeasured: 0,
            packets_src_to_dst: 0,
            bytes_src_to_dst: 0,
            packets_dst_to_src: 0,
            bytes_dst_to_src: 0,
            first_time: i64::MAX,
            last_time: i64::MIN,
        }
    }
}

impl Sum {
    /// Fields, each a word of 64 bits.
    pub const WORDS: usize = 8;

    /// What one row says.
    fn of(rows: &Rows<'_>, row: usize, interval: Interval) -> Self {
        let start = interval.start(rows.interval[row]);
        Self {
            flows_started: u64::from(rows.flows_started[row]),
            tuples_unmeasured: u64::from(rows.tuples_unmeasured[row]),
            packets_src_to_dst: rows.packets_src_to_dst[row],
            bytes_src_to_dst: rows.bytes_src_to_dst[row],
            packets_dst_to_src: rows.packets_dst_to_src[row],
            bytes_dst_to_src: rows.bytes_dst_to_src[row],
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
        }
    }

    fn add(&mut self, other: &Self) {
        self.flows_started += other.flows_started;
        self.tuples_unmeasured += other.tuples_unmeasured;
        self.packets_src_to_dst += other.packets_src_to_dst;
        self.bytes_src_to_dst += other.bytes_src_to_dst;
        self.packets_dst_to_src += other.packets_dst_to_src;
        self.bytes_dst_to_src += other.bytes_dst_to_src;
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
    }

    /// Its fields as words.
    pub fn to_words(self) -> [u64; Self::WORDS] {
        [
            self.flows_started,
            self.tuples_unmeasured,
            self.packets_src_to_dst,
            self.bytes_src_to_dst,
            self.packets_dst_to_src,
            self.bytes_dst_to_src,
            self.first_time.cast_unsigned(),
            self.last_time.cast_unsigned(),
        ]
    }

    /// The inverse of [`Sum::to_words`].
    pub fn of_words([flows_started, tuples_unmeasured, sent @ .., first_time, last_time]: [u64; Self::WORDS]) -> Self {
        let [packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src] = sent;
        Self {
            flows_started,
            tuples_unmeasured,
            packets_src_to_dst,
            bytes_src_to_dst,
            packets_dst_to_src,
            bytes_dst_to_src,
            first_time: first_time.cast_signed(),
            last_time: last_time.cast_signed(),
        }
    }
}

/// The sums of the slices so far.
pub(super) struct Condensed<'a> {
    interval: Interval,
    /// The number of each kind, by [`Kind::packed`].
    numbers: Sums<Option<u32>>,
    kinds: Vec<Kind>,
    /// What is held, by [`piece_of`] and [`key`].
    held: Vec<Sums<Sum>>,
    /// By [`Pair::key`], of pairs that both ends logged. Always held.
    corrections: Sums<Option<Correction>>,
    spill: Spill<'a>,
    spilled: Option<Spilled>,
}

/// The number of a kind, and both addresses, port and protocol, as one integer.
fn key(kind: u32, rows: &Rows<'_>, row: usize) -> u128 {
    let (src_ip, dst_ip) = (rows.src_ip[row], rows.dst_ip[row]);
    let pair = Pair { src_ip, dst_ip, dst_port: rows.dst_port[row], protocol: rows.protocol[row] };
    u128::from(kind) << Pair::KEY_BITS | pair.key()
}

/// The pair of a [`key`].
fn pair_of(key: u128) -> Pair {
    Pair::of_key(key & ((1 << Pair::KEY_BITS) - 1))
}

impl<'a> Condensed<'a> {
    /// No sums of rows whose intervals are of this length.
    pub fn new(interval: Interval, spill: Spill<'a>) -> Self {
        let held = (0..PIECES).map(|_| Sums::default()).collect();
        let (numbers, corrections) = (Sums::default(), Sums::default());
        Self { interval, numbers, kinds: Vec::new(), held, corrections, spill, spilled: None }
    }

    /// Adds the rows of a slice.
    ///
    /// # Errors
    /// If there are more sums than can be held, and the file cannot be written.
    pub fn add(&mut self, chunks: &[Rows<'_>], deduplicated: &Deduplicated) -> Result<(), SpillError> {
        let of_slice = self.of_slice(chunks, deduplicated);
        let deal = |entries: &Vec<Entry>| {
            let piece = |entry: usize| Some(piece_of(pair_of(entries[entry].0)));
            Dealt::of(entries.len(), piece, PIECES)
        };
        let dealt: Vec<Dealt> = of_slice.par_iter().map(deal).collect();
        self.held.par_iter_mut().enumerate().for_each(|(piece, sums)| {
            for (entries, dealt) in of_slice.iter().zip(&dealt) {
                for some in dealt.of_partition(piece).chunks(READ_AHEAD) {
                    let some = || some.iter().map(|entry| &entries[*entry as usize]);
                    some().for_each(|(key, _)| sums.read_ahead(*key));
                    some().for_each(|(key, sum)| sums.entry(*key).add(sum));
                }
            }
        });
        deduplicated.corrections.iter().for_each(|correction| self.correct(correction));
        let of_slice: usize = of_slice.iter().map(Vec::len).sum();
        let held: usize = self.held.iter().map(|sums| sums.rows().len()).sum();
        if held > self.spill.sums_max.max(self.spill.slices_max * of_slice) { self.spill() } else { Ok(()) }
    }

    /// The sums of a slice, each key once.
    fn of_slice(&mut self, chunks: &[Rows<'_>], deduplicated: &Deduplicated) -> Vec<Vec<Entry>> {
        let intervals_per_span = (SPAN_MS / self.interval.ms()) as u32;
        let of_chunk = |(rows, roles): (&Rows<'_>, &Vec<Role>)| {
            let partition = |row: usize| Some(partition_of_hash(hash(u128::from(rows.capture_point[row])), PARTITIONS));
            (kinds(rows, roles, intervals_per_span), Dealt::of(rows.count(), partition, PARTITIONS))
        };
        let of_chunks: Vec<(Kinds, Dealt)> = chunks.par_iter().zip(&deduplicated.roles).map(of_chunk).collect();
        let numbers: Vec<Vec<u32>> =
            of_chunks.iter().map(|(kinds, _)| kinds.distinct.iter().map(|kind| self.number(*kind)).collect()).collect();
        let interval = self.interval;
        let entries = |sums: &mut Sums<Sum>, partition: usize| {
            sums.clear();
            for ((rows, (kinds, dealt)), numbers) in chunks.iter().zip(&of_chunks).zip(&numbers) {
                let key = |row: u32| key(numbers[kinds.of_row[row as usize] as usize], rows, row as usize);
                for some in dealt.of_partition(partition).chunks(READ_AHEAD) {
                    some.iter().for_each(|row| sums.read_ahead(key(*row)));
                    some.iter().for_each(|row| sums.entry(key(*row)).add(&Sum::of(rows, *row as usize, interval)));
                }
            }
            sums.rows().to_vec()
        };
        (0..PARTITIONS).into_par_iter().map_init(Sums::default, entries).collect()
    }

    /// Writes what is held, and holds no more of it.
    fn spill(&mut self) -> Result<(), SpillError> {
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled::begin(&mut self.spill, PIECES)?),
        };
        spilled.write(self.held.iter().map(Sums::rows))?;
        self.held.iter_mut().for_each(Sums::clear);
        Ok(())
    }

    /// The number of a kind.
    fn number(&mut self, kind: Kind) -> u32 {
        let kinds = &mut self.kinds;
        *self.numbers.entry(kind.packed()).get_or_insert_with(|| {
            kinds.push(kind);
            kinds.len() as u32 - 1
        })
    }

    /// Adds a correction to those of its pair.
    fn correct(&mut self, correction: &Correction) {
        match self.corrections.entry(correction.pair().key()) {
            Some(sum) => sum.add(correction),
            none => *none = Some(*correction),
        }
    }

    /// Hands the sums on as rows, piece by piece.
    ///
    /// # Errors
    /// If sums that were spilled cannot be read again.
    pub fn each_piece(mut self, take: &mut dyn FnMut(Vec<Traffic>, Deduplicated)) -> Result<(), SpillError> {
        if self.spilled.is_some() {
            self.spill()?;
            self.held.iter_mut().for_each(|sums| *sums = Sums::default());
        }
        let mut corrections: Vec<Vec<Correction>> = vec![Vec::new(); PIECES];
        for correction in std::mem::take(&mut self.corrections).rows().iter().filter_map(|(_, sum)| *sum) {
            corrections[usize::from(piece_of(correction.pair()))].push(correction);
        }
        // While it is counted, a sum takes its bytes in the file, its place in a table and its row.
        let piece_sums = (self.spill.sums_max / 2).max(1);
        let mut next = 0;
        while next < PIECES {
            let mut sums = 0;
            let end = (next..PIECES).find(|piece| {
                sums += self.held[*piece].rows().len() + self.spilled.as_ref().map_or(0, |spilled| spilled.count(*piece));
                sums >= piece_sums
            });
            let pieces = next..end.map_or(PIECES, |last| last + 1);
            if sums == 0 && next > 0 {
                break;
            }
            next = pieces.end;
            let mut corrections = corrections[pieces.clone()].concat();
            corrections.sort_unstable_by_key(Correction::key);
            let (chunks, roles) = self.chunks(pieces)?;
            take(chunks, Deduplicated { roles, corrections });
        }
        Ok(())
    }

    /// The sums of some pieces as rows, in at least one chunk.
    fn chunks(&mut self, pieces: Range<usize>) -> Result<(Vec<Traffic>, Vec<Vec<Role>>), SpillError> {
        let read = |piece| self.spilled.as_mut().map_or(Ok(Vec::new()), |spilled| spilled.read(piece));
        let bytes: Vec<Vec<u8>> = pieces.clone().map(read).collect::<Result<_, _>>()?;
        let chunk = |(sums, bytes): (&mut Sums<Sum>, Vec<u8>)| {
            let mut sums = std::mem::take(sums);
            spill::entries(&bytes).for_each(|(key, sum)| sums.entry(key).add(&sum));
            traffic(&sums, &self.kinds, self.interval)
        };
        let chunks: Vec<(Traffic, Vec<Role>)> = self.held[pieces].par_iter_mut().zip(bytes).map(chunk).collect();
        let (mut chunks, mut roles): (Vec<Traffic>, Vec<Vec<Role>>) =
            chunks.into_iter().filter(|(traffic, _)| traffic.rows() > 0).unzip();
        if chunks.is_empty() {
            chunks.push(Traffic::default());
            roles.push(Vec::new());
        }
        Ok((chunks, roles))
    }
}

/// The kinds of a chunk's rows.
#[derive(Default)]
struct Kinds {
    /// Per row, its place in `distinct`.
    of_row: Vec<u32>,
    distinct: Vec<Kind>,
}

fn kinds(rows: &Rows<'_>, roles: &[Role], intervals_per_span: u32) -> Kinds {
    let mut kinds = Kinds { of_row: Vec::with_capacity(rows.count()), distinct: Vec::new() };
    let mut places: Sums<Option<u32>> = Sums::default();
    let mut last: Option<(Kind, u32)> = None;
    for (row, role) in roles.iter().enumerate() {
        let kind = Kind::of(rows, row, *role, intervals_per_span);
        let place = match last {
            Some((same, place)) if same == kind => place,
            _ => *places.entry(kind.packed()).get_or_insert_with(|| {
                kinds.distinct.push(kind);
                kinds.distinct.len() as u32 - 1
            }),
        };
        last = Some((kind, place));
        kinds.of_row.push(place);
    }
    kinds
}

/// The rows of a piece: one per key, more only where its counts exceed 32 bits.
fn traffic(sums: &Sums<Sum>, kinds: &[Kind], interval: Interval) -> (Traffic, Vec<Role>) {
    let (mut traffic, mut roles) = (Traffic::default(), Vec::with_capacity(sums.rows().len()));
    for (key, sum) in sums.rows() {
        let kind = kinds[(key >> Pair::KEY_BITS) as usize];
        let pair = pair_of(*key);
        let mut rest = *sum;
        loop {
            push(&mut traffic, (&kind, pair), &rest, interval);
            roles.push(kind.role);
            let over = |count: u64| count.saturating_sub(u64::from(u32::MAX));
            rest = Sum {
                flows_started: over(rest.flows_started),
                tuples_unmeasured: over(rest.tuples_unmeasured),
                first_time: sum.first_time,
                last_time: sum.last_time,
                ..Sum::default()
            };
            if rest.flows_started == 0 && rest.tuples_unmeasured == 0 {
                break;
            }
        }
    }
    (traffic, roles)
}

fn push(traffic: &mut Traffic, (kind, pair): (&Kind, Pair), sum: &Sum, interval: Interval) {
    let first = interval.number(sum.first_time);
    let offset = |time: i64| u32::try_from(time - interval.start(first)).unwrap_or(u32::MAX);
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    traffic.interval.push(first);
    traffic.capture_point.push(kind.capture_point);
    traffic.rule.push(kind.rule);
    traffic.direction.push(kind.direction);
    traffic.status.push(kind.status);
    traffic.protocol.push(pair.protocol);
    traffic.encryption.push(kind.encryption);
    traffic.src_ip.push(pair.src_ip);
    traffic.dst_ip.push(pair.dst_ip);
    traffic.dst_port.push(pair.dst_port);
    traffic.flows_started.push(count(sum.flows_started));
    traffic.flows_ended.push(0);
    traffic.tuples.push(0);
    traffic.tuples_unmeasured.push(count(sum.tuples_unmeasured));
    traffic.packets_src_to_dst.push(sum.packets_src_to_dst);
    traffic.bytes_src_to_dst.push(sum.bytes_src_to_dst);
    traffic.packets_dst_to_src.push(sum.packets_dst_to_src);
    traffic.bytes_dst_to_src.push(sum.bytes_dst_to_src);
    traffic.first_offset.push(offset(sum.first_time));
    traffic.last_offset.push(offset(sum.last_time));
}
