//! Tests of both tuple decoders: every field, every refusal, and the two held against each other.

use proptest::prelude::*;

use super::*;
use crate::decode::swar::{self, Last};

fn plain(content: &str, format: Format) -> Result<FlowTuple, Reason> {
    decode(content.as_bytes(), format, &mut Encryptions::default())
}

/// The fast decoder's answer for a tuple that stands in an array, with bytes behind it. It is the same if the tuple comes again.
fn fast(content: &[u8], format: Format) -> Option<FlowTuple> {
    let tuple = fast_after(&[], content, format);
    assert_eq!(fast_after(&[content], content, format), tuple);
    tuple
}

/// The same of a tuple that comes after others.
fn fast_after(others: &[&[u8]], content: &[u8], format: Format) -> Option<FlowTuple> {
    let (mut last, mut tuples) = (Last::default(), Vec::new());
    let mut decode = |content: &[u8]| {
        let mut bytes = b"Tuples\":[\"".to_vec();
        let start = bytes.len();
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\",\"");
        bytes.resize(bytes.len() + swar::BYTES_BEHIND, b'1');
        tuples.clear();
        Some((swar::decode(&bytes, start, format, &mut tuples, &mut last)? - start, tuples.pop()?))
    };
    for other in others {
        decode(other);
    }
    let (length, tuple) = decode(content)?;
    assert_eq!(length, content.len(), "the fast decoder stops at the closing quote");
    Some(tuple)
}

const V2_BEGIN: &str = "1542110377,10.5.16.4,13.67.143.118,59831,443,T,O,A,B,,,,";
const V2_END: &str = "1542110379,10.5.16.4,13.67.143.117,59932,443,U,I,D,E,1,66,12345678,999999999999999";
const V4_BEGIN: &str = "1663146003599,10.0.0.6,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0";

#[test]
fn an_nsg_v2_end_has_every_field() {
    let tuple = plain(V2_END, Format::NsgV2).expect("valid");
    assert_eq!(tuple.time, 1_542_110_379_000);
    assert_eq!((tuple.src_ip.to_string(), tuple.dst_ip.to_string()), ("10.5.16.4".into(), "13.67.143.117".into()));
    assert_eq!((tuple.src_port, tuple.dst_port, tuple.protocol), (59932, 443, UDP));
    assert_eq!((tuple.direction, tuple.status, tuple.state), (Direction::Inbound, Status::Denied, State::End));
    let c = tuple.counters;
    assert_eq!(
        (c.packets_src_to_dst, c.bytes_src_to_dst, c.packets_dst_to_src, c.bytes_dst_to_src, c.stated),
        (1, 66, 12_345_678, 999_999_999_999_999, 15)
    );
}

#[test]
fn addresses_that_begin_alike_are_told_apart() {
    let tuple = |src: &str, dst: &str| format!("1542110377,{src},{dst},59831,443,T,O,A,B,,,,");
    let ips = ["10.5.16.4", "10.5.16.41", "10.5.16.4", "255.255.255.255", "255.255.255.25", "1.1.1.1", "1.1.1.10"];
    let texts: Vec<String> = ips.iter().flat_map(|src| ips.iter().map(|dst| tuple(src, dst))).collect();
    let others: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    for (at, text) in texts.iter().enumerate() {
        let decoded = fast_after(&others[..at], text.as_bytes(), Format::NsgV2).expect("a plain tuple");
        assert_eq!(Ok(decoded), plain(text, Format::NsgV2));
    }
    for bad in ["10.5.16.4.", "10.5.16", "10.5.16.256", "10.5.16.04"] {
        let bad = tuple(bad, "1.1.1.1");
        assert_eq!(fast_after(&[bad.as_bytes()], bad.as_bytes(), Format::NsgV2), None);
    }
}

#[test]
fn an_octet_is_written_in_one_way() {
    let digits = (1..=4)
        .flat_map(|length| (0..10_u32.pow(length)).map(move |value| format!("{value:0length$}", length = length as usize)));
    for octet in digits {
        for at in 0..4 {
            let octets: Vec<&str> = (0..4).map(|place| if place == at { &octet } else { "1" }).collect();
            let tuple = format!("1542110377,{},10.5.16.4,59831,443,T,O,A,B,,,,", octets.join("."));
            assert_eq!(fast_after(&[], tuple.as_bytes(), Format::NsgV2), plain(&tuple, Format::NsgV2).ok(), "{tuple}");
        }
    }
}

#[test]
fn times_that_begin_alike_are_told_apart() {
    let times = [
        "1542110377",
        "1542110378",
        "1542119999",
        "1542120000",
        "1542110377123",
        "1542110377124",
        "1542119999999",
        "154211037",
        "15421103770",
        "9999999999",
        "1542110",
        "154211",
        "1542110377123456",
        "154211a377",
        "\0\0\0\0\0\0",
        "",
    ];
    let texts: Vec<String> = times.iter().map(|time| format!("{time},10.5.16.4,1.1.1.1,59831,443,6,O,B,NX,0,0,0,0")).collect();
    for other in &texts {
        for text in &texts {
            let decoded = fast_after(&[other.as_bytes()], text.as_bytes(), Format::VnetV4);
            assert_eq!(decoded, plain(text, Format::VnetV4).ok(), "{text} after {other}");
        }
    }
}

#[test]
fn empty_counters_are_not_stated_and_zeros_are() {
    assert_eq!(plain(V2_BEGIN, Format::NsgV2).expect("valid").counters.stated, 0);
    assert_eq!(plain(V4_BEGIN, Format::VnetV4).expect("valid").counters.stated, Counters::ALL_STATED);
    let partly = plain("1542110377,10.5.16.4,1.1.1.1,1,2,T,O,A,C,1,,3,", Format::NsgV2).expect("valid");
    assert_eq!((partly.counters.stated, partly.is_unmeasured(Format::NsgV2)), (0b0101, true));
}

#[test]
fn v1_tuples_state_no_life_cycle() {
    let tuple = plain("1487282421,192.0.2.95,10.1.0.4,51529,5358,T,I,D", Format::NsgV1).expect("valid");
    assert_eq!((tuple.state, tuple.status), (State::Unstated, Status::Denied));
    assert!(tuple.is_unmeasured(Format::NsgV1));
}

#[test]
fn udp_zeros_are_unmeasured_in_nsg_logs_only() {
    let nsg = plain("1542110377,10.5.16.4,1.1.1.1,1,53,U,O,A,E,0,0,0,0", Format::NsgV2).expect("valid");
    assert!(nsg.is_unmeasured(Format::NsgV2));
    let vnet = plain("1663146003599,10.0.0.6,192.0.2.180,1,53,17,O,E,NX,0,0,0,0", Format::VnetV4).expect("valid");
    assert!(!vnet.is_unmeasured(Format::VnetV4));
}

#[test]
fn vnet_tuples_take_seconds_and_milliseconds_ipv6_and_unknown_encryption() {
    let tuple = plain("1663146003,2001:db8::1,::ffff:10.0.0.4,1,2,132,I,D,NX_ODD,,,,", Format::VnetV4).expect("valid");
    assert_eq!(tuple.time, 1_663_146_003_000);
    assert_eq!((tuple.src_ip.to_string(), tuple.dst_ip.to_string()), ("2001:db8::1".into(), "10.0.0.4".into()));
    assert_eq!((tuple.protocol, tuple.status, tuple.state), (132, Status::Denied, State::Begin));
    assert_eq!(tuple.encryption, Encryption(Encryption::FIRST_UNKNOWN));
}

#[test]
fn every_bad_field_has_its_reason() {
    let v2 = |from: &str, to: &str| plain(&V2_END.replacen(from, to, 1), Format::NsgV2);
    for (from, to, reason) in [
        ("1542110379", "-542110379", Reason::Time),
        ("1542110379", "", Reason::Time),
        ("1542110379", "99999999999999", Reason::Time),
        ("1542110379", "15421103", Reason::Time),
        ("10.5.16.4", "256.1.1.1", Reason::Address),
        ("10.5.16.4", "10.5.16", Reason::Address),
        ("10.5.16.4", "10.05.16.4", Reason::Address),
        ("10.5.16.4", "fe80::1%eth0", Reason::Address),
        ("59932", "70000", Reason::Port),
        ("59932", "+9932", Reason::Port),
        ("59932", "", Reason::Port),
        (",U,", ",X,", Reason::Protocol),
        (",U,", ",17,", Reason::Hybrid),
        (",I,", ",Q,", Reason::Direction),
        (",D,", ",Z,", Reason::Decision),
        (",E,", ",D,", Reason::State),
        (",66,", ",-66,", Reason::Counter),
        ("999999999999999", "1000000000000001", Reason::Counter),
        ("999999999999999", "99999999999999999999", Reason::Counter),
        (",1,66", ",1", Reason::FieldCount),
        (",1,66", ",1,66,7", Reason::FieldCount),
    ] {
        assert_eq!(v2(from, to).map(|t| t.time), Err(reason), "{from} -> {to}");
    }
    assert_eq!(plain(&V4_BEGIN.replace(",6,", ",T,"), Format::VnetV4), Err(Reason::Hybrid));
    assert_eq!(plain(&V4_BEGIN.replace(",6,", ",256,"), Format::VnetV4), Err(Reason::Protocol));
    assert_eq!(plain(&V4_BEGIN.replace(",NX,", ",,"), Format::VnetV4), Err(Reason::Encryption));
    assert_eq!(plain("", Format::NsgV2), Err(Reason::FieldCount));
}

#[test]
fn the_fast_decoder_knows_the_common_tuples() {
    for (content, format) in [(V2_BEGIN, Format::NsgV2), (V2_END, Format::NsgV2), (V4_BEGIN, Format::VnetV4)] {
        assert_eq!(fast(content.as_bytes(), format), plain(content, format).ok(), "{content}");
        assert!(fast(content.as_bytes(), format).is_some(), "{content}");
    }
}

fn address_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<u32>().prop_map(|bits| std::net::Ipv4Addr::from(bits).to_string()),
        1 => any::<u128>().prop_map(|bits| std::net::Ipv6Addr::from(bits).to_string()),
    ]
}

fn counter_texts() -> impl Strategy<Value = String> {
    let counter = prop_oneof![
        Just(String::new()),
        (0..=COUNTER_MAX).prop_map(|n| n.to_string()),
        (0u64..2_000).prop_map(|n| n.to_string())
    ];
    prop_oneof![
        Just(",,,".to_owned()),
        Just("0,0,0,0".to_owned()),
        [counter.clone(), counter.clone(), counter.clone(), counter].prop_map(|c| c.join(","))
    ]
}

fn tuple_text() -> impl Strategy<Value = (String, Format)> {
    let head = (1_000_000_000u64..4_000_000_000, 0u64..1_000, address_text(), address_text(), any::<u16>(), any::<u16>());
    let codes = (any::<u8>(), 0usize..2, 0usize..3, 0usize..4, 0usize..Encryption::KNOWN.len() - 1);
    (head, codes, counter_texts(), 0usize..3).prop_map(
        |((s, ms, src, dst, sp, dp), (proto, dir, decision, state, enc), counters, format)| {
            let direction = ["I", "O"][dir];
            let letter = ["T", "U"][usize::from(proto) % 2];
            let decision = ["A", "D"][decision % 2];
            match Format::ALL[format] {
                Format::NsgV1 => (format!("{s},{src},{dst},{sp},{dp},{letter},{direction},{decision}"), Format::NsgV1),
                Format::NsgV2 => {
                    let state = ["B", "C", "E"][state % 3];
                    (format!("{s},{src},{dst},{sp},{dp},{letter},{direction},{decision},{state},{counters}"), Format::NsgV2)
                }
                Format::VnetV4 => {
                    let (state, encryption) = (["B", "C", "E", "D"][state], Encryption::KNOWN[enc + 1]);
                    let text = format!("{s}{ms:03},{src},{dst},{sp},{dp},{proto},{direction},{state},{encryption},{counters}");
                    (text, Format::VnetV4)
                }
            }
        },
    )
}

/// The tuple as Azure would log it.
fn print(tuple: &FlowTuple, format: Format) -> String {
    let c = &tuple.counters;
    let values = [c.packets_src_to_dst, c.bytes_src_to_dst, c.packets_dst_to_src, c.bytes_dst_to_src];
    let counters: Vec<String> =
        values.iter().enumerate().map(|(i, v)| if c.stated >> i & 1 == 1 { v.to_string() } else { String::new() }).collect();
    let letter = |b: bool, yes: &'static str, no: &'static str| if b { yes } else { no };
    let direction = letter(tuple.direction == Direction::Inbound, "I", "O");
    let decision = letter(tuple.status == Status::Allowed, "A", "D");
    let state = ["B", "C", "E", ""][tuple.state as usize];
    let ends = format!("{},{},{},{}", tuple.src_ip, tuple.dst_ip, tuple.src_port, tuple.dst_port);
    let protocol = letter(tuple.protocol == TCP, "T", "U");
    match format {
        Format::NsgV1 => format!("{},{ends},{protocol},{direction},{decision}", tuple.time / 1_000),
        Format::NsgV2 => {
            format!("{},{ends},{protocol},{direction},{decision},{state},{}", tuple.time / 1_000, counters.join(","))
        }
        Format::VnetV4 => {
            let state = letter(tuple.status == Status::Denied, "D", state);
            let encryption = Encryption::KNOWN[tuple.encryption.0 as usize];
            format!("{},{ends},{},{direction},{state},{encryption},{}", tuple.time, tuple.protocol, counters.join(","))
        }
    }
}

proptest! {
    #[test]
    fn a_tuple_prints_as_it_was_logged((text, format) in tuple_text()) {
        let tuple = plain(&text, format).expect("valid");
        let again = plain(&print(&tuple, format), format).expect("valid");
        prop_assert_eq!(tuple, again);
    }

    #[test]
    fn the_fast_decoder_agrees_on_good_tuples((text, format) in tuple_text()) {
        if let Some(tuple) = fast(text.as_bytes(), format) {
            prop_assert_eq!(Ok(tuple), plain(&text, format));
        }
    }

    #[test]
    fn the_fast_decoder_agrees_on_damaged_tuples(
        (text, format) in tuple_text(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"0129,.:-+TUIOADBCENX \x00\xff9/;".to_vec())), 1..3),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = text.clone().into_bytes();
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let plain = decode(&bytes, format, &mut Encryptions::default());
        let after_itself = fast_after(&[text.as_bytes()], &bytes, format);
        prop_assert_eq!(after_itself, fast(&bytes, format));
        if let Some(tuple) = after_itself {
            prop_assert_eq!(Ok(tuple), plain);
        }
    }
}
