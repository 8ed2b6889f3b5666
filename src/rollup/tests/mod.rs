//! Tests of the rollup: what every order of tuples, every edge and every repeat comes to.

#![allow(clippy::unwrap_used)]

mod contacts;
mod pieces;
mod properties;
mod unit;

use std::sync::Arc;

use crate::schema::names::Encryptions;
use crate::schema::partial::Partial;
use crate::schema::{
    Address, Counters, Dictionary, Direction, Encryption, FlowBatch, FlowGroup, FlowTuple, Format, NameId, Reason, Record,
    Reject, State, Status,
};

use super::{PartialBuilder, Settings, UnitRollup};

/// 2024-08-19T17:00:00Z, where an hour begins.
const HOUR: i64 = 1_724_086_800_000;

/// 10.0.0.`last`
fn address(last: u8) -> Address {
    Address::from_v4(0x0a00_0000 | u32::from(last))
}

/// Outbound TCP from 10.0.0.4:50000 to 10.0.0.9:443, `offset` ms into the hour; the state is B, C, E, D or U (v1).
/// C and E carry two packets of 100 bytes there and three of 300 back.
fn tuple(state: char, offset: i64) -> FlowTuple {
    let counters = Counters {
        packets_src_to_dst: 2,
        bytes_src_to_dst: 100,
        packets_dst_to_src: 3,
        bytes_dst_to_src: 300,
        stated: Counters::ALL_STATED,
    };
    let state_code = match state {
        'C' => State::Continuing,
        'E' => State::End,
        'U' => State::Unstated,
        _ => State::Begin,
    };
    FlowTuple {
        time: HOUR + offset,
        src_ip: address(4),
        dst_ip: address(9),
        src_port: 50_000,
        dst_port: 443,
        protocol: 6,
        direction: Direction::Outbound,
        status: if state == 'D' { Status::Denied } else { Status::Allowed },
        state: state_code,
        encryption: Encryption::NX,
        counters: if matches!(state, 'C' | 'E') { counters } else { Counters::default() },
    }
}

/// The tuples of one flow, written as `B0 E60` (state, ms into the hour).
fn flow(text: &str) -> Vec<FlowTuple> {
    text.split_whitespace().map(|word| tuple(word.chars().next().unwrap(), word[1..].parse().unwrap())).collect()
}

/// The dictionary of the tests: `VNET`, `RULE0` to `RULE3`, `MAC0`, `MAC1`, with ids 1 to 7, and one odd encryption.
fn dictionary() -> Dictionary {
    let mut dictionary = Dictionary { encryptions: Encryptions::default(), ..Dictionary::default() };
    for text in ["VNET", "RULE0", "RULE1", "RULE2", "RULE3", "MAC0", "MAC1"] {
        dictionary.names.intern(text).unwrap();
    }
    dictionary.encryptions.code("NX_ODD").unwrap();
    dictionary
}

/// One VNet record of `MAC0` whose groups are `groups`, by rule `RULE0`, `RULE1` and so on; `content` identifies it.
fn record(content: u128, groups: &[Vec<FlowTuple>]) -> FlowBatch {
    let mut batch = FlowBatch {
        record: Record { content, format: Some(Format::VnetV4), log_resource: NameId(1), mac: NameId(6), ..Record::default() },
        ..FlowBatch::default()
    };
    for (group, rule) in groups.iter().zip(2..) {
        let from = batch.tuples.len();
        batch.tuples.extend(group);
        let rule = NameId(2 + (rule - 2) % 4);
        batch.groups.push(FlowGroup { acl: NameId(1), rule, mac: NameId(6), tuples: from..batch.tuples.len() });
    }
    batch
}

/// The same record in another format.
fn in_format(mut batch: FlowBatch, format: Format) -> FlowBatch {
    batch.record.format = Some(format);
    batch
}

fn reject(reason: Reason, tuple: Option<u32>) -> Reject {
    Reject { record: 0, flow: None, group: None, tuple, byte_offset: 0, reason, text: String::new() }
}

/// Rolls one unit up.
fn roll(settings: Settings, records: &[FlowBatch]) -> Partial {
    let mut builder = PartialBuilder::default();
    roll_into(&mut UnitRollup::new(settings), records, &mut builder);
    builder.take()
}

fn roll_into(unit: &mut UnitRollup, records: &[FlowBatch], builder: &mut PartialBuilder) {
    unit.begin_blob(&Arc::from("PT1H.json"));
    for batch in records {
        let counts = unit.add(batch);
        assert_eq!(counts.read(), batch.tuples_read());
    }
    unit.finish_into(&dictionary(), builder);
}

/// Rolls one record of one flow up.
fn roll_flow(text: &str) -> Partial {
    roll(Settings::default(), &[record(1, &[flow(text)])])
}
