//! The identities of the cube: what a page derives from its rows is what the tables say, as far as the cube tells names.
//!
//! Goes in: a cube and the finished tables. Comes out: the first identity that does not hold. Whether it is inbound, in which country
//! and at which subnets, a row derives from its ends, as the page does.

use std::collections::BTreeMap;

use super::{Broken, equal};
use crate::aggregate::Aggregates;
use crate::schema::tables::{Cube, CubeRow, Measures, PortRow};

/// Flows inbound allowed, inbound denied, outbound allowed and outbound denied, bytes, packets, unmeasured tuples.
type Sum = [u64; 7];

/// Checks them.
pub(in crate::aggregate) fn check(cube: &Cube, aggregates: &Aggregates) -> Result<(), Broken> {
    let (tables, once) = (&aggregates.tables, &aggregates.deduplicated);
    let total = |part: fn(&CubeRow) -> u64| cube.rows.iter().map(part).sum::<u64>();
    let bytes = vec![total(|row| row.bytes_sent), total(|row| row.bytes_received)];
    equal("cube", bytes, vec![once.bytes_src_to_dst, once.bytes_dst_to_src])?;

    let all = Measures { packets_sent: once.packets_src_to_dst + once.packets_dst_to_src, ..of_totals(aggregates) };
    same("cube", by(cube, |_| ()), [((), of(&all))])?;
    let flow_types = tables.traffic_by_flow_type.iter().map(|row| (row.name.as_str(), of(&row.measures)));
    same("cube by flow type", by(cube, |row| row.flow_type.name()), flow_types)?;
    let step = |time: i64| ((time - cube.start) / cube.step_ms.max(1)) as u32;
    let over_time = tables.traffic_over_time.iter().map(|row| (step(row.interval_start), of(&row.measures)));
    same("cube over time", by(cube, |row| row.step), over_time)?;
    ports(cube, &tables.traffic_by_port)?;
    if !is_cut(cube, "countries") {
        let countries = tables.traffic_by_country.iter().map(|row| (row.name.as_str(), of(&row.measures)));
        same("cube by country", by(cube, |row| country(cube, row)), countries)?;
    }
    if !is_cut(cube, "subnets") {
        let subnets = tables.traffic_by_subnet.iter().map(|row| (row.subnet.as_str(), of(&row.measures)));
        same("cube by subnet", by_subnet(cube), subnets)?;
    }
    Ok(())
}

fn is_cut(cube: &Cube, kind: &str) -> bool {
    cube.cuts.iter().any(|cut| cut.kind == kind)
}

fn of(m: &Measures) -> Sum {
    let flows = [m.flows_inbound_allowed, m.flows_inbound_denied, m.flows_outbound_allowed, m.flows_outbound_denied];
    let [a, b, c, d] = flows;
    [a, b, c, d, m.bytes(), m.packets_received + m.packets_sent, m.tuples_unmeasured]
}

/// The deduplicated totals without packets.
fn of_totals(aggregates: &Aggregates) -> Measures {
    let once = &aggregates.deduplicated;
    Measures {
        flows_inbound_allowed: once.flows_inbound_allowed,
        flows_inbound_denied: once.flows_inbound_denied,
        flows_outbound_allowed: once.flows_outbound_allowed,
        flows_outbound_denied: once.flows_outbound_denied,
        bytes_sent: once.bytes_src_to_dst + once.bytes_dst_to_src,
        tuples_unmeasured: once.tuples_unmeasured,
        ..Measures::default()
    }
}

/// A row whose flows are inbound or outbound.
fn of_row(row: &CubeRow, is_inbound: bool) -> Sum {
    let traffic = [row.bytes_sent + row.bytes_received, row.packets, row.tuples_unmeasured];
    let [bytes, packets, unmeasured] = traffic;
    match is_inbound {
        true => [row.flows_allowed, row.flows_denied, 0, 0, bytes, packets, unmeasured],
        false => [0, 0, row.flows_allowed, row.flows_denied, bytes, packets, unmeasured],
    }
}

fn add(sum: &mut Sum, more: &Sum) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// Sums by a key of the rows, inbound by locality.
fn by<Key: Ord>(cube: &Cube, key: impl Fn(&CubeRow) -> Key) -> BTreeMap<Key, Sum> {
    let mut sums = BTreeMap::new();
    for row in &cube.rows {
        let is_inbound = cube.ends[row.dst as usize].is_local && !cube.ends[row.src as usize].is_local;
        add(sums.entry(key(row)).or_default(), &of_row(row, is_inbound));
    }
    sums
}

/// Sums by subnet; both ends have theirs.
fn by_subnet(cube: &Cube) -> BTreeMap<&str, Sum> {
    let mut sums = BTreeMap::new();
    for row in &cube.rows {
        for (end, is_inbound) in [(row.src, false), (row.dst, true)] {
            add(sums.entry(cube.ends[end as usize].subnet.as_str()).or_default(), &of_row(row, is_inbound));
        }
    }
    sums
}

/// The country of the end that is not local, of the destination where neither is.
fn country<'a>(cube: &'a Cube, row: &CubeRow) -> &'a str {
    let [src, dst] = [row.src, row.dst].map(|end| &cube.ends[end as usize]);
    match (src.is_local, dst.is_local) {
        (_, false) => &dst.country,
        (false, true) => &src.country,
        (true, true) => "",
    }
}

/// Every port that both tell has the same sums.
fn ports(cube: &Cube, by_port: &[PortRow]) -> Result<(), Broken> {
    let mut sums: BTreeMap<(u16, u8), Sum> = BTreeMap::new();
    for row in &cube.rows {
        if let Some(port) = cube.ports[row.port as usize] {
            add(sums.entry(port).or_default(), &of_row(row, false));
        }
    }
    for PortRow { key, measures: m, .. } in by_port {
        if let Some(sum) = key.and_then(|port| sums.get(&port)) {
            let packets = m.packets_received + m.packets_sent;
            let row = vec![0, 0, m.flows_allowed, m.flows_denied, m.bytes(), packets, m.tuples_unmeasured];
            equal("cube by port", sum.to_vec(), row)?;
        }
    }
    Ok(())
}

/// Both have the same sum per key; a key without sums need not stand in both.
fn same<Key: Ord>(
    table: &'static str,
    mut of_cube: BTreeMap<Key, Sum>,
    of_table: impl IntoIterator<Item = (Key, Sum)>,
) -> Result<(), Broken> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for (key, sum) in of_table {
        add(sums.entry(key).or_default(), &sum);
    }
    for (key, sum) in sums {
        equal(table, of_cube.remove(&key).unwrap_or_default().to_vec(), sum.to_vec())?;
    }
    of_cube.into_values().try_for_each(|sum| equal(table, sum.to_vec(), Sum::default().to_vec()))
}
