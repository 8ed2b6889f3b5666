//! The fast tuple decoder: eight bytes at a time in one integer (SIMD within a register), in safe Rust.
//!
//! It knows the tuples that nearly every log is made of: NSG v2 and VNet v4, IPv4, counters all empty or all stated,
//! `NX` or `X`. For anything else it says `None`, and the plain decoder (`tuple`) decides. A tuple that it does decode
//! is the one that the plain decoder yields; tests hold the two against each other.

use crate::decode::tuple::{COUNTER_MAX, time_ms};
use crate::schema::codes::{TCP, UDP};
use crate::schema::{Address, Counters, Direction, Encryption, FlowTuple, Format, State, Status};

/// Bytes that must be at hand behind the start of a tuple, so that no load passes the end: the longest tuple known
/// here is 13 + 2*16 + 2*6 + 4 + 2 + 2 + 3 + 4*17 bytes, and a load reads up to 8 more.
pub const BYTES_AT_HAND: usize = 160;

/// Powers of ten up to 10^8.
const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// A tuple and the position of the quote that closes it.
pub type Decoded = (FlowTuple, usize);

/// Decodes the tuple whose content begins at `start`; `None` if this decoder does not know its shape.
pub fn decode(bytes: &[u8], start: usize, format: Format) -> Option<Decoded> {
    let window: &[u8; BYTES_AT_HAND] = bytes.get(start..start + BYTES_AT_HAND)?.try_into().ok()?;
    let mut cursor = Cursor { window, pos: 0, ok: true };
    let time = cursor.time();
    let src_ip = cursor.ipv4();
    let dst_ip = cursor.ipv4();
    let src_port = cursor.port();
    let dst_port = cursor.port();
    let mut tuple = FlowTuple {
        time: time_ms(time)?,
        src_ip: Address::from_v4(src_ip),
        dst_ip: Address::from_v4(dst_ip),
        src_port,
        dst_port,
        protocol: 0,
        direction: Direction::Inbound,
        status: Status::Allowed,
        state: State::Begin,
        encryption: Encryption::NONE,
        counters: Counters::default(),
    };
    match format {
        Format::NsgV1 => return None,
        Format::NsgV2 => cursor.nsg_codes(&mut tuple)?,
        Format::VnetV4 => cursor.vnet_codes(&mut tuple)?,
    }
    cursor.counters(&mut tuple.counters);
    cursor.ok.then_some((tuple, start + cursor.pos))
}

/// A place in the bytes of one tuple. Errors gather in `ok`, so that the fields need no branch each.
struct Cursor<'a> {
    window: &'a [u8; BYTES_AT_HAND],
    pos: usize,
    ok: bool,
}

/// Decimal digits at the start of a word.
struct Digits {
    value: u64,
    count: usize,
}

impl Cursor<'_> {
    /// The next eight bytes, the first one lowest. Past the window it reads zeros, which no field accepts.
    #[inline(always)]
    fn word(&self) -> u64 {
        match self.window.get(self.pos..self.pos + 8) {
            Some(bytes) => u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]),
            None => 0,
        }
    }

    /// Up to eight digits, not stepped over.
    #[inline(always)]
    fn digits(&self) -> Digits {
        digits(self.word())
    }

    /// Steps over `count` bytes and the `end` that must follow.
    #[inline(always)]
    fn step(&mut self, count: usize, end: u8) {
        self.pos += count;
        self.ok &= self.window.get(self.pos) == Some(&end);
        self.pos += 1;
    }

    /// Nine to thirteen digits.
    #[inline(always)]
    fn time(&mut self) -> u64 {
        let high = self.digits();
        self.pos += 8;
        let low = self.digits();
        self.ok &= high.count == 8 && low.count >= 1 && low.count <= 5;
        self.step(low.count, b',');
        high.value * POWERS[low.count & 7] + low.value
    }

    /// Four numbers up to 255 without leading zeros, between dots.
    #[inline(always)]
    fn ipv4(&mut self) -> u32 {
        let mut address = 0;
        for end in [b'.', b'.', b'.', b','] {
            let word = self.word();
            let octet = digits(word | 0xffff_ffff_0000_0000);
            let leading_zero = octet.count > 1 && word as u8 == b'0';
            self.ok &= octet.count >= 1 && octet.count <= 3 && octet.value <= 255 && !leading_zero;
            self.step(octet.count, end);
            address = address << 8 | octet.value as u32;
        }
        address
    }

    /// One to five digits up to 65535.
    #[inline(always)]
    fn port(&mut self) -> u16 {
        let port = self.digits();
        self.ok &= port.count >= 1 && port.count <= 5 && port.value <= 65_535;
        self.step(port.count, b',');
        port.value as u16
    }

    /// `T,O,A,B,` and its kin: eight bytes.
    #[inline(always)]
    fn nsg_codes(&mut self, tuple: &mut FlowTuple) -> Option<()> {
        let [protocol, c0, direction, c1, decision, c2, state, c3] = self.word().to_le_bytes();
        self.ok &= (c0, c1, c2, c3) == (b',', b',', b',', b',');
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
        self.pos += 8;
        Some(())
    }

    /// `6,O,B,NX,` and its kin.
    #[inline(always)]
    fn vnet_codes(&mut self, tuple: &mut FlowTuple) -> Option<()> {
        let protocol = self.digits();
        self.ok &= protocol.count >= 1 && protocol.count <= 3 && protocol.value <= 255;
        self.step(protocol.count, b',');
        tuple.protocol = protocol.value as u8;
        let [direction, c0, state, c1, e0, e1, e2, _] = self.word().to_le_bytes();
        self.ok &= (c0, c1) == (b',', b',');
        tuple.direction = direction_of(direction)?;
        (tuple.status, tuple.state) =
            if state == b'D' { (Status::Denied, State::Begin) } else { (Status::Allowed, state_of(state)?) };
        (tuple.encryption, self.pos) = match [e0, e1, e2] {
            [b'N', b'X', b','] => (Encryption::NX, self.pos + 7),
            [b'X', b',', _] => (Encryption::X, self.pos + 6),
            _ => return None,
        };
        Some(())
    }

    /// Four counters, all stated or all empty, and the closing quote, which is not stepped over.
    #[inline(always)]
    fn counters(&mut self, counters: &mut Counters) {
        if self.word() as u32 == u32::from_le_bytes(*b",,,\"") {
            self.pos += 3;
            return;
        }
        counters.packets_src_to_dst = self.counter(b',');
        counters.bytes_src_to_dst = self.counter(b',');
        counters.packets_dst_to_src = self.counter(b',');
        counters.bytes_dst_to_src = self.counter(b'"');
        counters.stated = Counters::ALL_STATED;
        self.pos -= 1;
    }

    /// One to sixteen digits.
    #[inline(always)]
    fn counter(&mut self, end: u8) -> u64 {
        let high = self.digits();
        if high.count < 8 {
            self.ok &= high.count >= 1;
            self.step(high.count, end);
            return high.value;
        }
        self.pos += 8;
        let low = self.digits();
        let value = high.value * POWERS[low.count] + low.value;
        self.ok &= value <= COUNTER_MAX;
        self.step(low.count, end);
        value
    }
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

/// The decimal digits that a word begins with.
///
/// A byte is a digit iff it is below 10 after taking away `0x30` by xor; adding `0x76` to such a byte never reaches the
/// high bit. Carries run upwards only, so the first byte flagged is right. The digits are then moved to the word's end,
/// zeros in front, and joined pairwise with three multiplications.
/// Source: D. Lemire, "Quickly parsing eight digits" (2018).
#[inline(always)]
fn digits(word: u64) -> Digits {
    let values = word ^ 0x3030_3030_3030_3030;
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let count = others.trailing_zeros() as usize / 8;
    let aligned = values.checked_shl(64 - 8 * count as u32).unwrap_or(0);
    let pairs = aligned.wrapping_mul(10).wrapping_add(aligned >> 8);
    let value = (pairs & 0x0000_00ff_0000_00ff)
        .wrapping_mul(0x000f_4240_0000_0064)
        .wrapping_add(((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001))
        >> 32;
    Digits { value, count }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn digits_are_read_up_to_the_first_other_byte() {
        for (text, value, count) in [
            (*b"12345678", 12_345_678, 8),
            (*b"1,345678", 1, 1),
            (*b",1234567", 0, 0),
            (*b"00000070", 70, 8),
            (*b"255.\xff\xff\xff\xff", 255, 3),
            (*b"99999:99", 99_999, 5),
            (*b"9/999999", 9, 1),
            (*b"99\x80\x0099\xb09", 99, 2),
        ]
        .map(|(text, value, count): ([u8; 8], u64, usize)| (text, value, count))
        {
            let found = digits(u64::from_le_bytes(text));
            assert_eq!((found.value, found.count), (value, count), "{text:?}");
        }
    }
}
