//! The plain tuple decoder: splits at commas and parses field by field. It is the reference that `swar` is held against,
//! and it decides every tuple that `swar` does not know at first sight.
//!
//! ```text
//! NSG v1   time,src,dst,src_port,dst_port,T|U,I|O,A|D                                          8 fields
//! NSG v2   time,src,dst,src_port,dst_port,T|U,I|O,A|D,B|C|E,packets,bytes,packets,bytes       13 fields
//! VNet v4  time,src,dst,src_port,dst_port,number,I|O,B|C|E|D,encryption,packets,bytes,…       13 fields
//! ```

use std::net::IpAddr;

use crate::schema::codes::{TCP, UDP};
use crate::schema::names::Encryptions;
use crate::schema::units::date_start;
use crate::schema::{Address, Counters, Direction, Encryption, FlowTuple, Format, Reason, State, Status};

/// Largest counter. Unit: packets or bytes per tuple; a terabit link moves 10^13 bytes a minute, so anything above
/// 10^15 is damage, and sums of it could overflow.
pub const COUNTER_MAX: u64 = 1_000_000_000_000_000;

/// Times below this are seconds, others milliseconds. 10^11 s is the year 5138, 10^11 ms the year 1973.
pub const SECONDS_BELOW: u64 = 100_000_000_000;

/// First moment accepted, ms: the year 2000. Flow logs began in 2017.
pub const TIME_MIN: i64 = date_start(2000, 1, 1);

/// First moment refused, ms: the year 2100. A wider range would let one damaged tuple stretch every chart.
pub const TIME_END: i64 = date_start(2100, 1, 1);

/// Longest encryption code kept. Unit: bytes; the longest documented one has 19.
const ENCRYPTION_BYTES_MAX: usize = 64;

/// Decodes the content of one tuple string (without quotes or escapes) of a record of `format`.
///
/// Errors: the first reason in the order field count, hybrid, then field by field.
pub fn decode(content: &[u8], format: Format, encryptions: &mut Encryptions) -> Result<FlowTuple, Reason> {
    let mut fields: [&[u8]; 13] = [&[]; 13];
    let mut count = 0;
    for field in content.split(|byte| *byte == b',') {
        *fields.get_mut(count).ok_or(Reason::FieldCount)? = field;
        count += 1;
    }
    if count != field_count(format) {
        return Err(Reason::FieldCount);
    }
    if is_hybrid(fields[5], format) {
        return Err(Reason::Hybrid);
    }
    let mut tuple = FlowTuple {
        time: time(fields[0])?,
        src_ip: address(fields[1])?,
        dst_ip: address(fields[2])?,
        src_port: port(fields[3])?,
        dst_port: port(fields[4])?,
        protocol: protocol(fields[5], format)?,
        direction: direction(fields[6])?,
        status: Status::Allowed,
        state: State::Unstated,
        encryption: Encryption::NONE,
        counters: Counters::default(),
    };
    match format {
        Format::NsgV1 => tuple.status = decision(fields[7])?,
        Format::NsgV2 => {
            tuple.status = decision(fields[7])?;
            tuple.state = nsg_state(fields[8])?;
        }
        Format::VnetV4 => {
            (tuple.status, tuple.state) = vnet_state(fields[7])?;
            tuple.encryption = encryption(fields[8], encryptions)?;
        }
    }
    if format != Format::NsgV1 {
        tuple.counters = counters([fields[9], fields[10], fields[11], fields[12]])?;
    }
    Ok(tuple)
}

/// How many fields a tuple of `format` has; never anything else.
pub const fn field_count(format: Format) -> usize {
    match format {
        Format::NsgV1 => 8,
        Format::NsgV2 | Format::VnetV4 => 13,
    }
}

/// Whether the protocol field is written as the other kind of log writes it.
fn is_hybrid(protocol: &[u8], format: Format) -> bool {
    let is_letter = matches!(protocol, b"T" | b"U");
    let is_number = !protocol.is_empty() && protocol.iter().all(u8::is_ascii_digit);
    if format.is_vnet() { is_letter } else { is_number }
}

/// A number of at most `digits_max` decimal digits and nothing else.
fn number(field: &[u8], digits_max: usize) -> Option<u64> {
    if field.is_empty() || field.len() > digits_max || !field.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(field.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')))
}

fn time(field: &[u8]) -> Result<i64, Reason> {
    let value = number(field, 13).ok_or(Reason::Time)?;
    time_ms(value).ok_or(Reason::Time)
}

/// A logged time as ms since the epoch; `None` outside the years 2000 to 2100.
pub fn time_ms(value: u64) -> Option<i64> {
    let ms = if value < SECONDS_BELOW { value * 1_000 } else { value } as i64;
    (TIME_MIN..TIME_END).contains(&ms).then_some(ms)
}

fn address(field: &[u8]) -> Result<Address, Reason> {
    let text = std::str::from_utf8(field).map_err(|_| Reason::Address)?;
    text.parse::<IpAddr>().map(Address::from).map_err(|_| Reason::Address)
}

fn port(field: &[u8]) -> Result<u16, Reason> {
    number(field, 5).and_then(|value| u16::try_from(value).ok()).ok_or(Reason::Port)
}

fn protocol(field: &[u8], format: Format) -> Result<u8, Reason> {
    match (format.is_vnet(), field) {
        (false, b"T") => Ok(TCP),
        (false, b"U") => Ok(UDP),
        (true, _) => number(field, 3).and_then(|value| u8::try_from(value).ok()).ok_or(Reason::Protocol),
        (false, _) => Err(Reason::Protocol),
    }
}

fn direction(field: &[u8]) -> Result<Direction, Reason> {
    match field {
        b"I" => Ok(Direction::Inbound),
        b"O" => Ok(Direction::Outbound),
        _ => Err(Reason::Direction),
    }
}

fn decision(field: &[u8]) -> Result<Status, Reason> {
    match field {
        b"A" => Ok(Status::Allowed),
        b"D" => Ok(Status::Denied),
        _ => Err(Reason::Decision),
    }
}

fn nsg_state(field: &[u8]) -> Result<State, Reason> {
    match field {
        b"B" => Ok(State::Begin),
        b"C" => Ok(State::Continuing),
        b"E" => Ok(State::End),
        _ => Err(Reason::State),
    }
}

fn vnet_state(field: &[u8]) -> Result<(Status, State), Reason> {
    match field {
        b"D" => Ok((Status::Denied, State::Begin)),
        _ => Ok((Status::Allowed, nsg_state(field)?)),
    }
}

fn encryption(field: &[u8], encryptions: &mut Encryptions) -> Result<Encryption, Reason> {
    if field.is_empty() || field.len() > ENCRYPTION_BYTES_MAX || !field.iter().all(u8::is_ascii_graphic) {
        return Err(Reason::Encryption);
    }
    let text = std::str::from_utf8(field).map_err(|_| Reason::Encryption)?;
    encryptions.code(text).ok_or(Reason::Encryption)
}

fn counters(fields: [&[u8]; 4]) -> Result<Counters, Reason> {
    let mut values = [0; 4];
    let mut stated = 0;
    for (index, field) in fields.into_iter().enumerate() {
        if !field.is_empty() {
            values[index] = number(field, 16).filter(|value| *value <= COUNTER_MAX).ok_or(Reason::Counter)?;
            stated |= 1 << index;
        }
    }
    let [packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src] = values;
    Ok(Counters { packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src, stated })
}

#[cfg(test)]
#[path = "tuple_tests.rs"]
mod tests;
