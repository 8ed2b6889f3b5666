//! The fast tuple decoder: eight bytes at a time in one integer (SIMD within a register), in safe Rust.
//!
//! It knows the tuples that nearly every log is made of: NSG v2 and VNet v4, IPv4, counters all empty or all stated,
//! `NX` or `X`. For anything else it says `None`, and the plain decoder (`tuple`) decides. A tuple that it does decode
//! is the one that the plain decoder yields; tests hold the two against each other.
//!
//! First it finds all separators of the head at once; then no field waits for the length of the one before it.

use crate::decode::tuple::{COUNTER_MAX, time_ms};
use crate::schema::codes::{TCP, UDP};
use crate::schema::{Address, Counters, Direction, Encryption, FlowTuple, Format, State, Status};

/// Bytes that must be at hand before a tuple, since words are loaded from eight bytes before a field's end.
pub const BYTES_BEFORE: usize = 8;

/// Bytes that must be at hand from the start of a tuple on: 64 of the head, then 8 + 64 of the tail, and a word.
pub const BYTES_BEHIND: usize = 160;

/// Separators of the head: one after the time, four after each address, one after each port.
const HEAD: [u8; 11] = *b",...,...,,,";

/// A byte 0x01 in each place of a word.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Powers of ten up to 10^8.
const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The least number of so many digits without a leading zero.
const LEAST_OCTET: [u64; 4] = [0, 0, 10, 100];

/// A tuple and the position of the quote that closes it.
pub type Decoded = (FlowTuple, usize);

/// Decodes the tuple whose content begins at `start`; `None` if this decoder does not know its shape.
pub fn decode(bytes: &[u8], start: usize, format: Format) -> Option<Decoded> {
    let first = start.checked_sub(BYTES_BEFORE)?;
    let window = bytes.get(first..)?.first_chunk()?;
    let mut fields = Fields { window, bad: false };
    let ends = fields.head()?;
    let mut tuple = FlowTuple {
        time: time_ms(fields.long_number(BYTES_BEFORE, ends[0], 13))?,
        src_ip: Address::from_v4(fields.ipv4([ends[0], ends[1], ends[2], ends[3], ends[4]])),
        dst_ip: Address::from_v4(fields.ipv4([ends[4], ends[5], ends[6], ends[7], ends[8]])),
        src_port: fields.port(ends[8], ends[9]),
        dst_port: fields.port(ends[9], ends[10]),
        protocol: 0,
        direction: Direction::Inbound,
        status: Status::Allowed,
        state: State::Begin,
        encryption: Encryption::NONE,
        counters: Counters::default(),
    };
    let codes = ends[10] + 1;
    let counters = match format {
        Format::NsgV1 => return None,
        Format::NsgV2 => fields.nsg_codes(codes, &mut tuple)?,
        Format::VnetV4 => fields.vnet_codes(codes, &mut tuple)?,
    };
    let end = fields.counters(counters, &mut tuple.counters)?;
    (!fields.bad).then_some((tuple, first + end))
}

/// The bytes of one tuple. Errors gather in `bad`, so that the fields need no branch each.
struct Fields<'a> {
    window: &'a [u8; BYTES_BEFORE + BYTES_BEHIND],
    bad: bool,
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

    /// One bit for each of the 64 bytes from `at` on that is below `'0'`, as commas, dots and quotes are.
    #[inline(always)]
    fn separators(&self, at: usize) -> u64 {
        let mut found = 0;
        for word in 0..8 {
            // With the high bit set, taking 0x30 away clears it from smaller bytes only, and never borrows from the next.
            let others = (self.word(at + 8 * word) | (ONES << 7)).wrapping_sub(ONES * 0x30);
            let bits = ((!others >> 7) & ONES).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            found |= bits << (8 * word);
        }
        found
    }

    /// Where the fields of the head end: time, two addresses by octet, two ports.
    #[inline(always)]
    fn head(&mut self) -> Option<[usize; 11]> {
        let mut found = self.separators(BYTES_BEFORE);
        if found.count_ones() < HEAD.len() as u32 {
            return None;
        }
        let mut ends = [0; HEAD.len()];
        for (end, separator) in ends.iter_mut().zip(HEAD) {
            *end = BYTES_BEFORE + found.trailing_zeros() as usize;
            found &= found - 1;
            self.bad |= self.window.get(*end) != Some(&separator);
        }
        Some(ends)
    }

    /// The number of at most eight digits that ends before `end`; `length` of 0 or over 8 is bad.
    #[inline(always)]
    fn number(&mut self, length: usize, end: usize) -> u64 {
        let values = self.word(end - 8) ^ (ONES * 0x30);
        let digits = values & u64::MAX.checked_shl(64 - 8 * length.min(8) as u32).unwrap_or(0);
        self.bad |= length.wrapping_sub(1) > 7 || !are_digits(digits);
        // D. Lemire, "Quickly parsing eight digits" (2018): join digits pairwise, the first one lowest in the word.
        let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
        (pairs & 0x0000_00ff_0000_00ff)
            .wrapping_mul(0x000f_4240_0000_0064)
            .wrapping_add(((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001))
            >> 32
    }

    /// The number from `start` to `end`, of at most `digits_max` (up to 16) digits.
    #[inline(always)]
    fn long_number(&mut self, start: usize, end: usize, digits_max: usize) -> u64 {
        let length = end - start;
        self.bad |= length > digits_max;
        if length <= 8 {
            return self.number(length, end);
        }
        self.number(length - 8, end - 8) * POWERS[8] + self.number(8, end)
    }

    /// Four octets, each behind the separator that the one before ends with.
    #[inline(always)]
    fn ipv4(&mut self, ends: [usize; 5]) -> u32 {
        let mut address = 0;
        for octet in 1..5 {
            let length = ends[octet] - ends[octet - 1] - 1;
            let values = (self.word(ends[octet] - 8) ^ (ONES * 0x30)) >> 40;
            let digits = values & (0xff_ffff << (8 * (3 - length.min(3))));
            let value = (digits & 0xff) * 100 + (digits >> 8 & 0xff) * 10 + (digits >> 16 & 0xff);
            let least = LEAST_OCTET[length & 3];
            self.bad |= length.wrapping_sub(1) > 2 || !are_digits(digits) || value > 255 || value < least;
            address = address << 8 | value as u32;
        }
        address
    }

    /// A port behind the separator at `before`.
    #[inline(always)]
    fn port(&mut self, before: usize, end: usize) -> u16 {
        let length = end - before - 1;
        let value = self.number(length, end);
        self.bad |= length > 5 || value > 65_535;
        value as u16
    }

    /// `T,O,A,B,` and its kin; returns where the counters begin.
    #[inline(always)]
    fn nsg_codes(&mut self, at: usize, tuple: &mut FlowTuple) -> Option<usize> {
        let [protocol, c0, direction, c1, decision, c2, state, c3] = self.word(at).to_le_bytes();
        self.bad |= (c0, c1, c2, c3) != (b',', b',', b',', b',');
        tuple.protocol = match protocol {
            b'T' => TCP,
            b'U' => UDP,
            _ => return None,
        };
        tuple.direction = direction_of(direction)?;
        tuple.status = match decision {
            b'A' => Status::Allowed,
            b'D' => Status::Denied,
            _ => return None,
        };
        tuple.state = state_of(state)?;
        Some(at + 8)
    }

    /// `6,O,B,NX,` and its kin; returns where the counters begin.
    #[inline(always)]
    fn vnet_codes(&mut self, at: usize, tuple: &mut FlowTuple) -> Option<usize> {
        let [first, second, third, fourth, ..] = self.word(at).to_le_bytes();
        let digits = [first, second, third, fourth].iter().position(|byte| *byte == b',')?;
        let protocol = self.number(digits, at + digits);
        self.bad |= protocol > 255;
        tuple.protocol = protocol as u8;
        let at = at + digits + 1;
        let [direction, c0, state, c1, e0, e1, e2, _] = self.word(at).to_le_bytes();
        self.bad |= (c0, c1) != (b',', b',');
        tuple.direction = direction_of(direction)?;
        (tuple.status, tuple.state) =
            if state == b'D' { (Status::Denied, State::Begin) } else { (Status::Allowed, state_of(state)?) };
        let length = match [e0, e1, e2] {
            [b'N', b'X', b','] => 2,
            [b'X', b',', _] => 1,
            _ => return None,
        };
        tuple.encryption = if length == 2 { Encryption::NX } else { Encryption::X };
        Some(at + 5 + length)
    }

    /// Four counters from `at` on, all stated or all empty; returns where the closing quote is.
    #[inline(always)]
    fn counters(&mut self, at: usize, counters: &mut Counters) -> Option<usize> {
        if self.word(at) as u32 == u32::from_le_bytes(*b",,,\"") {
            return Some(at + 3);
        }
        let mut found = self.separators(at);
        if found.count_ones() < 4 {
            return None;
        }
        let mut start = at;
        let values = [b',', b',', b',', b'"'].map(|separator| {
            let end = at + found.trailing_zeros() as usize;
            found &= found - 1;
            self.bad |= self.window.get(end) != Some(&separator);
            let value = self.long_number(start, end, 16);
            self.bad |= value > COUNTER_MAX;
            start = end + 1;
            value
        });
        let [packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src] = values;
        let stated = Counters::ALL_STATED;
        *counters = Counters { packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src, stated };
        Some(start - 1)
    }
}

/// Whether each byte is below 10. Carries run upwards from a byte that is not, which is seen anyway.
#[inline(always)]
const fn are_digits(values: u64) -> bool {
    (values.wrapping_add(ONES * 0x76) | values) & (ONES << 7) == 0
}

#[inline(always)]
fn direction_of(letter: u8) -> Option<Direction> {
    match letter {
        b'I' => Some(Direction::Inbound),
        b'O' => Some(Direction::Outbound),
        _ => None,
    }
}

#[inline(always)]
fn state_of(letter: u8) -> Option<State> {
    match letter {
        b'B' => Some(State::Begin),
        b'C' => Some(State::Continuing),
        b'E' => Some(State::End),
        _ => None,
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
            let mut fields = Fields { window: &fields("xx12345678,"), bad: false };
            let found = fields.number(length, 10);
            assert_eq!(fields.bad, is_bad, "{length}");
            assert!(is_bad || found == value, "{length}: {found}");
        }
    }

    #[test]
    fn separators_are_the_bytes_below_zero() {
        let mut window = fields("1,2.3\"4:5A6");
        window[7] = 0xac;
        let expected = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7;
        assert_eq!(Fields { window: &window, bad: false }.separators(0), expected);
        assert_eq!(Fields { window: &window, bad: false }.separators(1), expected >> 1);
    }

    #[test]
    fn other_bytes_are_no_digits() {
        assert!(are_digits(0x0900_0102_0304_0508));
        for byte in 10..=255_u64 {
            assert!(!are_digits(byte << 24 | 0x0909), "{byte:x}");
        }
    }
}
