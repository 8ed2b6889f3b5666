//! A small .mmdb writer: an IPv6 tree with IPv4 under `::/96`, records of 24 bits, a data section, metadata.

use std::net::IpAddr;

use ipnet::IpNet;

/// A value of a record.
#[derive(Clone, Debug)]
pub enum Value {
    Text(&'static str),
    Number(u32),
    /// An unsigned integer of 16 bits.
    Short(u16),
    /// An unsigned integer of 64 bits.
    Long(u64),
    Bool(bool),
    Double(f64),
    Map(Vec<(&'static str, Value)>),
}

use Value::{Bool, Double, Long, Map, Number, Short, Text};

impl Value {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Text(text) => {
                control(2, text.len(), out);
                out.extend(text.as_bytes());
            }
            Double(value) => {
                control(3, 8, out);
                out.extend(value.to_be_bytes());
            }
            Number(value) => {
                control(6, 4, out);
                out.extend(value.to_be_bytes());
            }
            Short(value) => {
                control(5, 2, out);
                out.extend(value.to_be_bytes());
            }
            Long(value) => {
                control(9, 8, out);
                out.extend(value.to_be_bytes());
            }
            Map(entries) => {
                control(7, entries.len(), out);
                for (key, value) in entries {
                    Text(key).write(out);
                    value.write(out);
                }
            }
            Bool(value) => control(14, usize::from(*value), out),
        }
    }
}

/// Type and size; types above 7 stand in a byte of their own.
fn control(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (short, extra) = if size < 29 { (size as u8, None) } else { (29, Some((size - 29) as u8)) };
    if kind <= 7 {
        out.push(kind << 5 | short);
    } else {
        out.extend([short, kind - 7]);
    }
    out.extend(extra);
}

#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Data(usize),
}

/// The bytes of a database of these networks, built on 2026-06-17.
pub fn mmdb(database_type: &'static str, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Record::Nothing; 2]];
    let mut data = Vec::new();
    for (network, value) in networks {
        let offset = data.len();
        value.write(&mut data);
        insert(&mut nodes, network.parse().expect("test prefix"), offset);
    }
    let count = nodes.len();
    let mut bytes = Vec::new();
    for record in nodes.iter().flatten() {
        let number = match record {
            Record::Nothing => count,
            Record::Node(node) => *node,
            Record::Data(offset) => count + 16 + offset,
        };
        bytes.extend(&(number as u32).to_be_bytes()[1..]);
    }
    bytes.extend([0; 16]);
    bytes.extend(data);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = Map(vec![
        ("binary_format_major_version", Short(2)),
        ("binary_format_minor_version", Short(0)),
        ("build_epoch", Long(1_781_697_600)),
        ("database_type", Text(database_type)),
        ("description", Map(vec![])),
        ("ip_version", Short(6)),
        ("node_count", Number(count as u32)),
        ("record_size", Short(24)),
    ]);
    metadata.write(&mut bytes);
    // The writer knows no arrays; `languages` is an empty one, and the ninth entry of the map.
    let map = bytes.windows(14).rposition(|window| window == b"\xab\xcd\xefMaxMind.com").expect("the marker was written") + 14;
    bytes[map] += 1;
    Text("languages").write(&mut bytes);
    control(11, 0, &mut bytes);
    bytes
}

fn insert(nodes: &mut Vec<[Record; 2]>, network: IpNet, offset: usize) {
    let (bits, length) = match network.network() {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)), 96 + network.prefix_len()),
        IpAddr::V6(ip) => (u128::from(ip), network.prefix_len()),
    };
    let mut at = 0;
    for depth in 0..length {
        let side = (bits >> (127 - depth) & 1) as usize;
        if depth + 1 == length {
            nodes[at][side] = Record::Data(offset);
        } else if let Record::Node(next) = nodes[at][side] {
            at = next;
        } else {
            nodes.push([Record::Nothing; 2]);
            nodes[at][side] = Record::Node(nodes.len() - 1);
            at = nodes.len() - 1;
        }
    }
}
