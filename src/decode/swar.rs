//! The fast tuple decoder: eight bytes at a time in one integer (SIMD within a register), in safe Rust.
//!
//! It knows the tuples that nearly every log is made of: NSG v2 and VNet v4, IPv4, counters all empty or all stated,
//! `NX` or `X`. For anything else it says `None`, and the plain decoder (`tuple`) decides. A tuple that it does decode
//! is the one that the plain decoder yields; tests hold the two against each other.
//!
//! One of the two addresses of nearly every tuple is that of the NIC, and times of a record begin alike: text that stood in the same place of the tuple before
//! is not decoded again.
//!
//! First it finds all separators of the head at once; then no field waits for the length of the one before it. Whatever
//! is wrong with a field becomes a bit of one integer that is looked at once, at the end.

use wide::u8x16;

use crate::decode::tuple::{COUNTER_MAX, time_ms};
use crate::schema::codes::{TCP, UDP};
use crate::schema::{Address, Counters, Direction, Encryption, FlowTuple, Format, State, Status};

/// Bytes that must be at hand before a tuple, since words are loaded from eight bytes before a field's end.
pub const BYTES_BEFORE: usize = 8;

/// Bytes that must be at hand from the start of a tuple on: 64 of the head, then 8 + 64 of the tail, and a word.
pub const BYTES_BEHIND: usize = 160;

/// The last so many bytes of a word, of which there are eight at most; sixteen entries, so that four bits are an index.
const LAST_BYTES: [u64; 16] =
    [0, !0 << 56, !0 << 48, !0 << 40, !0 << 32, !0 << 24, !0 << 16, !0 << 8, !0, !0, !0, !0, !0, !0, !0, !0];

/// A byte 0x01 in each place of a word.
const ONES: u64 = 0x0101_0101_0101_0101;

/// What the digits before the last eight count.
const TEN_TO_8: u64 = 100_000_000;

/// The digits of an octet among three characters and a separator, first one lowest.
const OCTET_DIGITS: u32 = 0x000f_0f0f;

/// What stands for digits that are not there, by the number of those that are.
const OCTET_ABSENT: [u32; 4] = [0x000f_0f0f, 0x0000_0f0f, 0x0000_000f, 0];

/// Moves three digits of a byte each into twelve bits, the first one highest, from the bit 16 on.
const OCTET_JOIN: u32 = 0x0100_1001;

/// Marks three characters that are no octet.
const OCTET_WRONG: u16 = 1 << 15;

/// The octets by their three digits: four bits each, all of them set where there is none. So 7 has one place and 07 has none.
static OCTET_OF: [u16; 1 << 12] = octet_of();

const fn octet_of() -> [u16; 1 << 12] {
    let mut octets = [OCTET_WRONG; 1 << 12];
    let mut octet = 0;
    while octet <= 255 {
        let (hundreds, tens, ones) = (octet / 100, octet / 10 % 10, octet % 10);
        let hundreds = if octet < 100 { 0xf } else { hundreds };
        let tens = if octet < 10 { 0xf } else { tens };
        octets[hundreds << 8 | tens << 4 | ones] = octet as u16;
        octet += 1;
    }
    octets
}

/// Octets of an address, each with a separator behind it.
const OCTETS: usize = 4;

/// What was met last, and stands in the next tuple again as a rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct Last {
    time: LastTime,
    src: LastAddress,
    dst: LastAddress,
}

/// Digits that a time begins with. Unit: digits; they change nearly every three hours, since seconds have four more and milliseconds seven.
const TIME_BEGIN: usize = 6;

/// How a time begins. Before the first it is found by a tuple without a time alone, which is wrong for its length.
#[derive(Clone, Copy, Debug, Default)]
struct LastTime {
    /// [`TIME_BEGIN`] digits, the first one lowest; 0 before the first.
    begin: u64,
    /// Digits of the whole; 0 before the first.
    length: usize,
    /// What these digits count in it.
    value: u64,
}

/// An address and its text.
#[derive(Clone, Copy, Debug, Default)]
struct LastAddress {
    address: u32,
    /// Bytes of the text with the comma behind it, 8 to 16; 0 before the first.
    length: usize,
    /// Those bytes, the first one lowest, and zeros.
    text: u128,
    /// Ones where the text has bytes.
    mask: u128,
}

/// Decodes the tuple whose content begins at `start` onto the end of `tuples`, and returns where the quote that closes it
/// is; `None` if this decoder does not know its shape. `last` only saves time.
pub fn decode(bytes: &[u8], start: usize, format: Format, tuples: &mut Vec<FlowTuple>, last: &mut Last) -> Option<usize> {
    let first = start.checked_sub(BYTES_BEFORE)?;
    let window = bytes.get(first..)?.first_chunk()?;
    let mut fields = Fields { window, wrong: 0 };
    let mut found = fields.separators(BYTES_BEFORE);
    let end = fields.field(&mut found);
    let time = fields.time(end, &mut last.time);
    fields.wrong |= fields.differs(end, b',');
    let (src_ip, end) = fields.address(end, &mut found, &mut last.src);
    let (dst_ip, end) = fields.address(end, &mut found, &mut last.dst);
    let (src_port, end) = fields.port(end, &mut found);
    let (dst_port, end) = fields.port(end, &mut found);
    let at = end + 1;
    let (codes, at) = match format {
        Format::NsgV1 => return None,
        Format::NsgV2 => fields.nsg_codes(at),
        Format::VnetV4 => fields.vnet_codes(at)?,
    };
    let (counters, end) = fields.counters(at)?;
    let time = time_ms(time)?;
    if fields.wrong != 0 {
        return None;
    }
    tuples.push(FlowTuple {
        time,
        src_ip: Address::from_v4(src_ip),
        dst_ip: Address::from_v4(dst_ip),
        src_port,
        dst_port,
        protocol: codes.protocol,
        direction: codes.direction,
        status: codes.status,
        state: codes.state,
        encryption: codes.encryption,
        counters,
    });
    Some(first + end)
}

/// The coded fields of a tuple.
struct Codes {
    protocol: u8,
    direction: Direction,
    status: Status,
    state: State,
    encryption: Encryption,
}

/// The bytes of one tuple, and in `wrong` a bit for whatever is wrong with a field.
struct Fields<'a> {
    window: &'a [u8; BYTES_BEFORE + BYTES_BEHIND],
    wrong: u64,
}

impl Fields<'_> {
    /// Eight bytes from `at` on, the first one lowest; zeros past the window, which no field accepts.
    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        match self.window.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => 0,
        }
    }

    /// Sixteen bytes from `at` on, as [`Self::word`].
    #[inline(always)]
    fn two_words(&self, at: usize) -> u128 {
        match self.window.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => 0,
        }
    }

    /// Four bytes from `at` on, as [`Self::word`].
    #[inline(always)]
    fn half_word(&self, at: usize) -> u32 {
        match self.window.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => u32::from_le_bytes(*bytes),
            None => 0,
        }
    }

    /// One bit for each of the 64 bytes from `at` on that is no digit. What lies between two of them needs no other look.
    #[inline(always)]
    fn separators(&self, at: usize) -> u64 {
        let Some(bytes) = self.window.get(at..).and_then(|rest| rest.first_chunk::<64>()) else { return 0 };
        let (zero, ten) = (u8x16::splat(b'0'), u8x16::splat(10));
        let (chunks, _) = bytes.as_chunks::<16>();
        let masks = chunks.iter().map(|chunk| u64::from((u8x16::new(*chunk) ^ zero).simd_lt(ten).to_bitmask()));
        !masks.rev().fold(0, |all, mask| all << 16 | mask)
    }

    /// Where the next field of the head ends, which is the lowest bit `found`, taken from it. Without a bit this is where
    /// the head begins, which then is no separator.
    #[inline(always)]
    fn field(&self, found: &mut u64) -> usize {
        let at = found.trailing_zeros() as usize & 63;
        *found &= found.wrapping_sub(1);
        BYTES_BEFORE + at
    }

    /// Bits that are set unless `separator` is at `at`.
    #[inline(always)]
    fn differs(&self, at: usize, separator: u8) -> u64 {
        self.window.get(at).map_or(1, |byte| u64::from(byte ^ separator))
    }

    /// The number of at most eight digits that ends before `end`; a `length` of 0 or over 8 is wrong. That all of them
    /// are digits is known from [`Self::separators`].
    #[inline(always)]
    fn number(&mut self, length: usize, end: usize) -> u64 {
        let values = self.word(end.wrapping_sub(8)) ^ (ONES * 0x30);
        let digits = values & LAST_BYTES[length & 15];
        self.wrong |= (length as u64).wrapping_sub(1) & !7;
        // D. Lemire, "Quickly parsing eight digits" (2018): join digits pairwise, the first one lowest in the word.
        let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
        (pairs & 0x0000_00ff_0000_00ff)
            .wrapping_mul(0x000f_4240_0000_0064)
            .wrapping_add(((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001))
            >> 32
    }

    /// The number from `start` to `end`, of at most `digits_max` (9 to 16) digits and at most [`COUNTER_MAX`].
    #[inline(always)]
    fn long_number(&mut self, start: usize, end: usize, digits_max: usize) -> u64 {
        let length = end.wrapping_sub(start);
        if length <= 8 {
            return self.number(length, end);
        }
        let value =
            self.number(length.wrapping_sub(8), end.wrapping_sub(8)).wrapping_mul(TEN_TO_8).wrapping_add(self.number(8, end));
        self.wrong |= u64::from((length > digits_max) | (value > COUNTER_MAX));
        value
    }

    /// The time that the tuple begins with, up to `end`, as it is written.
    #[inline(always)]
    fn time(&mut self, end: usize, last: &mut LastTime) -> u64 {
        let length = end.wrapping_sub(BYTES_BEFORE);
        let begin = self.word(BYTES_BEFORE) & !LAST_BYTES[8 - TIME_BEGIN];
        if begin == last.begin && length == last.length {
            return last.value + self.number(length.wrapping_sub(TIME_BEGIN), end);
        }
        let time = self.long_number(BYTES_BEFORE, end, 13);
        if self.wrong == 0 && length > TIME_BEGIN {
            let rest = time % 10_u64.pow((length - TIME_BEGIN) as u32);
            *last = LastTime { begin, length, value: time - rest };
        }
        time
    }

    /// The address behind the separator at `before`, and where it ends.
    #[inline(always)]
    fn address(&mut self, before: usize, found: &mut u64, last: &mut LastAddress) -> (u32, usize) {
        let text = self.two_words(before + 1);
        if text & last.mask == last.text && last.length > 0 {
            // The same text has as many separators.
            (0..OCTETS).for_each(|_| *found &= found.wrapping_sub(1));
            return (last.address, before + last.length);
        }
        let wrong = std::mem::take(&mut self.wrong);
        let (address, end) = self.ipv4(before, found);
        let length = end.wrapping_sub(before);
        if self.wrong == 0 && (1..=16).contains(&length) {
            let mask = u128::MAX >> (128 - 8 * length);
            *last = LastAddress { address, length, text: text & mask, mask };
        }
        self.wrong |= wrong;
        (address, end)
    }

    /// Four octets behind the separator at `before`, and where the last one ends. That their characters are digits is known from
    /// [`Self::separators`].
    #[inline(always)]
    fn ipv4(&mut self, mut before: usize, found: &mut u64) -> (u32, usize) {
        let (mut address, mut lengths, mut octets, mut ends) = (0, 0, 0, 0);
        for separator in *b"...," {
            let end = self.field(found);
            let length = end.wrapping_sub(before).wrapping_sub(1);
            let word = self.half_word(end.wrapping_sub(3));
            let digits = word & OCTET_DIGITS | OCTET_ABSENT[length & 3];
            let octet = OCTET_OF[(digits.wrapping_mul(OCTET_JOIN) >> 16 & 0xfff) as usize];
            address = address << 8 | u32::from(octet & 0xff);
            lengths |= length as u64;
            octets |= octet;
            ends |= word >> 24 ^ u32::from(separator);
            before = end;
        }
        self.wrong |= lengths & !3 | u64::from(octets & OCTET_WRONG) | u64::from(ends);
        (address, before)
    }

    /// A port of one to five digits behind the separator at `before`, and where it ends.
    #[inline(always)]
    fn port(&mut self, before: usize, found: &mut u64) -> (u16, usize) {
        let end = self.field(found);
        let length = end.wrapping_sub(before).wrapping_sub(1);
        let value = self.number(length, end);
        self.wrong |= (length as u64).wrapping_add(2) & !7 | value >> 16 | self.differs(end, b',');
        (value as u16, end)
    }

    /// `T,O,A,B,` and its kin; also returns where the counters begin.
    #[inline(always)]
    fn nsg_codes(&mut self, at: usize) -> (Codes, usize) {
        let [protocol, c0, direction, c1, decision, c2, state, c3] = self.word(at).to_le_bytes();
        self.wrong |= u64::from((c0 ^ b',') | (c1 ^ b',') | (c2 ^ b',') | (c3 ^ b','));
        // Whether a letter is the one or the other is not foreseeable: nothing here branches on it.
        self.wrong |= u64::from((protocol != b'T') & (protocol != b'U') | (decision != b'A') & (decision != b'D'));
        let protocol = if protocol == b'T' { TCP } else { UDP };
        let status = if decision == b'A' { Status::Allowed } else { Status::Denied };
        let (direction, state) = (self.direction(direction), self.state(state));
        (Codes { protocol, direction, status, state, encryption: Encryption::NONE }, at + 8)
    }

    /// `6,O,B,NX,` and its kin; also returns where the counters begin.
    #[inline(always)]
    fn vnet_codes(&mut self, at: usize) -> Option<(Codes, usize)> {
        let [first, second, third, fourth, ..] = self.word(at).to_le_bytes();
        let digits = [first, second, third, fourth].iter().position(|byte| *byte == b',')?;
        let protocol = self.number(digits, at + digits);
        let others = [first, second, third].iter().take(digits).any(|byte| !byte.is_ascii_digit());
        self.wrong |= protocol >> 8 | u64::from(others);
        let at = at + digits + 1;
        let [direction, c0, state, c1, e0, e1, e2, _] = self.word(at).to_le_bytes();
        self.wrong |= u64::from((c0 ^ b',') | (c1 ^ b','));
        let direction = self.direction(direction);
        let (status, state) = if state == b'D' { (Status::Denied, State::Begin) } else { (Status::Allowed, self.state(state)) };
        let (encryption, length) = match [e0, e1, e2] {
            [b'N', b'X', b','] => (Encryption::NX, 2),
            [b'X', b',', _] => (Encryption::X, 1),
            _ => return None,
        };
        Some((Codes { protocol: protocol as u8, direction, status, state, encryption }, at + 5 + length))
    }

    #[inline(always)]
    fn direction(&mut self, letter: u8) -> Direction {
        self.wrong |= u64::from((letter != b'I') & (letter != b'O'));
        if letter == b'I' { Direction::Inbound } else { Direction::Outbound }
    }

    #[inline(always)]
    fn state(&mut self, letter: u8) -> State {
        let index = letter.wrapping_sub(b'B');
        self.wrong |= u64::from((index > 3) | (index == 2));
        [State::Begin, State::Continuing, State::Unstated, State::End][usize::from(index & 3)]
    }

    /// Four counters from `at` on, all stated or all empty; also returns where the closing quote is.
    #[inline(always)]
    fn counters(&mut self, at: usize) -> Option<(Counters, usize)> {
        if self.word(at) as u32 == u32::from_le_bytes(*b",,,\"") {
            return Some((Counters::default(), at + 3));
        }
        let mut found = self.separators(at);
        let mut start = at;
        let mut values = [0; 4];
        for (value, separator) in values.iter_mut().zip(*b",,,\"") {
            let end = at + found.trailing_zeros() as usize;
            found &= found.wrapping_sub(1);
            self.wrong |= self.differs(end, separator);
            *value = self.long_number(start, end, 16);
            start = end + 1;
        }
        let [packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src] = values;
        let stated = Counters::ALL_STATED;
        Some((Counters { packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src, stated }, start - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> [u8; BYTES_BEFORE + BYTES_BEHIND] {
        let mut window = [b'9'; BYTES_BEFORE + BYTES_BEHIND];
        window[..text.len()].copy_from_slice(text.as_bytes());
        window
    }

    #[test]
    fn numbers_end_where_they_are_told() {
        for (length, value, is_bad) in [(1, 8, false), (4, 5678, false), (8, 12_345_678, false), (0, 0, true), (9, 0, true)] {
            let mut fields = Fields { window: &fields("xx12345678,"), wrong: 0 };
            let found = fields.number(length, 10);
            assert_eq!(fields.wrong != 0, is_bad, "{length}");
            assert!(is_bad || found == value, "{length}: {found}");
        }
    }

    #[test]
    fn separators_are_all_bytes_but_digits() {
        let window = fields("1,2.3\"4:5/6\u{ac}0p\0");
        let expected = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 | 3 << 11 | 3 << 14;
        assert_eq!(Fields { window: &window, wrong: 0 }.separators(0), expected);
        assert_eq!(Fields { window: &window, wrong: 0 }.separators(1), expected >> 1);
    }
}
