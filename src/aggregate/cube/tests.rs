//! The cube, held against cells written by hand, a plain twin, the tables, and itself in every level.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::levels::LEVELS;
use super::*;
use crate::aggregate::pairs::Summing;
use crate::aggregate::tests::build::*;
use crate::aggregate::tests::known::known;
use crate::aggregate::tests::twin::{any_row, counted_once};
use crate::aggregate::{Aggregates, Dataset, Estate, Settings, dedup, identities, places, tables};
use crate::enrich::{Country, Endpoints, Inventory, Owners};
use crate::schema::Address;
use crate::schema::partial::Partial;
use crate::schema::tables::{CubeEnd, Scope};

/// What a test looks at.
struct Seen<'a> {
    source: Source<'a>,
    supply: &'a Supply<'a>,
    aggregates: &'a Aggregates,
    owners: &'a Owners,
}

impl Seen<'_> {
    fn cube(&self, finest: usize, rows_max: usize) -> Cube {
        let Ok(cube) = cube_within::<Infallible>(&self.source, &Bounds { finest, rows_max }, &mut |add| {
            add(self.supply);
            Ok(())
        });
        cube
    }

    /// Whether rows refer to what is there, in order, and every identity holds.
    fn check(&self, cube: &Cube) {
        assert_eq!(identities::cube::check(cube, self.aggregates), Ok(()));
        let key = |row: &CubeRow| (row.step, row.src, row.dst, row.port, row.flow_type);
        assert!(cube.rows.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
        assert!(cube.rows.iter().all(|row| row.step < cube.steps && (row.port as usize) < cube.ports.len()));
        let is_end = |end: usize| cube.rows.iter().any(|row| row.src as usize == end || row.dst as usize == end);
        assert!((0..cube.ends.len()).all(is_end), "no end without rows");
        assert!(cube.ends.iter().all(|end| end.ip.is_some() == (end.addresses == 1)));
        assert!(
            cube.ports.iter().rev().skip(1).is_sorted_by(|a, b| a > b) && !cube.ports.iter().rev().skip(1).any(Option::is_none)
        );
        assert_eq!(cube.start % cube.step_ms, 0);
    }
}

fn with_seen<T>(partials: Vec<Partial>, know: impl Fn(&Dataset, &Owners) -> Endpoints, look: impl FnOnce(&Seen<'_>) -> T) -> T {
    let dataset = dataset(partials);
    let owners = dataset.owners(&no_topology);
    let endpoints = know(&dataset, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() };
    let aggregates = tables(&dataset, &estate, &Settings::default());
    let ownership = Ownership::new(&dataset, &owners);
    let rows = dataset.rows();
    let (deduplicated, _) = dedup::deduplicate(&dataset, &rows, &ownership);
    let places = places::Places::new(&endpoints);
    let flow_types = &places.flow_types;
    let supply = Supply { dataset: &dataset, chunks: &rows, deduplicated: &deduplicated, endpoints: &endpoints, flow_types };
    let sums = Summing { chunks: &rows, deduplicated: &deduplicated, places: &places, top_rows: 10 }.sums();
    let source = Source {
        dataset: &dataset,
        endpoints: &endpoints,
        flow_types,
        ownership: &ownership,
        places: &places.of,
        by_ip: &sums.by_ip,
        by_port: &sums.by_port,
        interfaces: &aggregates.tables.traffic_by_interface,
        over_time: &aggregates.tables.traffic_over_time,
    };
    look(&Seen { source, supply: &supply, aggregates: &aggregates, owners: &owners })
}

/// Two days of 90 addresses of 30 NICs in six subnets with 400 public ones, over 300 ports.
fn wide() -> Vec<Row> {
    let text = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let macs: Vec<&str> = (0..30).map(|i| text(format!("MAC{i:02}"))).collect();
    let own: Vec<&str> = (0..90).map(|i| text(format!("10.0.{}.{}", i / 3 % 6, 4 + i))).collect();
    let public: Vec<&str> = (0..400).map(|i| text(format!("203.0.{}.{}", i / 200, i % 200))).collect();
    let mut state = 7_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut rows: Vec<Row> = (0..90).map(|i| outbound(macs[i / 3], own[i], public[0], 443)).collect();
    for _ in 0..3_000 {
        let local = draw(90);
        let peer = if draw(3) == 0 { own[draw(90)] } else { public[draw(20) * draw(20)] };
        let port = draw(300) as u16;
        let row = if draw(2) == 0 {
            outbound(macs[local / 3], own[local], peer, port)
        } else {
            inbound(macs[local / 3], peer, own[local], port)
        };
        let row = Row { bytes: (draw(5_000) as u64, draw(9_000) as u64), unmeasured: draw(2) as u32, ..row.at(draw(288) as u32) };
        rows.push(if draw(4) == 0 { row.denied().flows(draw(9) as u32) } else { row });
    }
    rows
}

/// What [`wide`] knows: public addresses are of three countries or none.
fn of_countries(dataset: &Dataset, owners: &Owners) -> Endpoints {
    let mut endpoints = endpoints(dataset, owners);
    for row in endpoints.rows.iter_mut().filter(|row| row.scope == Scope::ExternalPublic) {
        row.country = Country::new(["NL", "US", "DE", ""][row.address.bits() as usize % 4]);
    }
    endpoints
}

fn end(ip: &str, subnet: &str, mac: &str) -> CubeEnd {
    let is_local = !mac.is_empty();
    let scope = if is_local { Scope::Local } else { Scope::ExternalPublic };
    let vnet = if is_local { "inferred" } else { "" };
    CubeEnd {
        ip: Some(address(ip)),
        addresses: 1,
        is_local,
        scope,
        subnet: subnet.into(),
        vnet: vnet.into(),
        interface: mac.into(),
        ..CubeEnd::default()
    }
}

#[test]
fn a_few_rows_give_these_cells() {
    let aggregates = count(&[
        outbound("A", "10.0.0.4", "10.0.1.5", 443).flows(3),
        // What the destination denied corrects what the source let out.
        inbound("B", "10.0.0.4", "10.0.1.5", 443).denied(),
        inbound("B", "203.0.113.9", "10.0.1.5", 22).at(3),
        // A flow that only ended says nothing.
        Row { packets: (0, 0), bytes: (0, 0), ..outbound("A", "10.0.0.4", "198.51.100.7", 80).flows(0).at(2) },
    ]);
    let cell = CubeRow {
        step: 0,
        src: 0,
        dst: 1,
        port: 1,
        flow_type: FlowType::IntraVNet,
        flows_allowed: 2,
        flows_denied: 1,
        bytes_sent: 100,
        bytes_received: 50,
        packets: 4,
        tuples_unmeasured: 0,
    };
    let from_outside =
        CubeRow { step: 3, src: 2, port: 0, flow_type: FlowType::ExternalPublic, flows_allowed: 1, flows_denied: 0, ..cell };
    let ends = vec![
        end("10.0.0.4", "inferred 10.0.0.0/24", "A"),
        end("10.0.1.5", "inferred 10.0.1.0/24", "B"),
        end("203.0.113.9", "", ""),
    ];
    let ports = vec![Some((22, 6)), Some((443, 6))];
    let rows = vec![cell, from_outside];
    assert_eq!(aggregates.tables.cube, Cube { start: 0, step_ms: 600_000, steps: 4, ends, ports, rows, cuts: Vec::new() });
}

#[test]
fn no_rows_make_an_empty_cube() {
    assert_eq!(count(&[]).tables.cube, Cube { step_ms: 600_000, ..Cube::default() });
}

#[test]
fn every_level_keeps_all_sums_and_none_has_more_rows_than_a_finer_one() {
    with_seen(vec![partial(&wide())], of_countries, |seen| {
        let cubes: Vec<Cube> = (0..LEVELS.len()).map(|level| seen.cube(level, usize::MAX)).collect();
        cubes.iter().for_each(|cube| seen.check(cube));
        let rows: Vec<usize> = cubes.iter().map(|cube| cube.rows.len()).collect();
        assert!(rows.is_sorted_by(|fine, coarse| fine >= coarse), "{rows:?}");
        assert!(rows[0] > 2_000 && rows[LEVELS.len() - 1] < 200, "{rows:?}");
        assert_eq!((cubes[0].steps, &*cubes[0].cuts), (288, &[][..]));
    });
}

#[test]
fn the_last_level_tells_scopes_alone_and_says_what_it_hides() {
    with_seen(vec![partial(&wide())], of_countries, |seen| {
        let cube = seen.cube(0, 0);
        let addresses = seen.aggregates.tables.traffic_by_ip.len() as u32;
        let local = CubeEnd { addresses: 90, is_local: true, scope: Scope::Local, is_other: true, ..CubeEnd::default() };
        let public = CubeEnd { addresses: addresses - 90, scope: Scope::ExternalPublic, is_other: true, ..CubeEnd::default() };
        // The estate is one VNet, so that much is told.
        assert_eq!(cube.ends, [CubeEnd { vnet: "inferred".into(), ..local }, public]);
        assert_eq!((cube.ports, cube.steps, cube.step_ms), (vec![None], 12, 4 * 3_600_000));
        let cuts: Vec<_> = cube.cuts.iter().map(|cut| (cut.kind, cut.shown, cut.of)).collect();
        let ports = seen.aggregates.tables.traffic_by_port.len() as u64;
        let all = u64::from(addresses);
        let expected = [("addresses", all), ("ports", ports), ("interfaces", 30), ("subnets", 6), ("countries", 3)];
        assert_eq!(cuts[..5], expected.map(|(kind, of)| (kind, 0, of)));
        assert_eq!(cuts[5..], [("steps", 12, 288)]);
    });
}

#[test]
fn a_fold_tells_what_its_addresses_share() {
    with_seen(vec![partial(&wide())], of_countries, |seen| {
        let level = LEVELS.iter().position(|level| level.addresses == 40).unwrap();
        let cube = seen.cube(level, usize::MAX);
        let folds: Vec<&CubeEnd> = cube.ends.iter().filter(|end| end.ip.is_none()).collect();
        assert!(folds.iter().all(|end| !end.is_other && end.is_local != end.subnet.is_empty()), "{folds:?}");
        assert!(folds.iter().any(|end| end.interface.starts_with("MAC")));
        assert_eq!(folds.iter().filter(|end| !end.is_local).count(), 4, "three countries, and none");
        let alone = cube.ends.iter().filter(|end| end.ip.is_some() && !end.is_local).count();
        assert_eq!(alone, 20, "half of the addresses");
    });
}

#[test]
fn the_finest_level_that_fits_is_taken() {
    with_seen(vec![partial(&wide())], of_countries, |seen| {
        for rows_max in [2_500, 2_000, 1_000, 300, 200] {
            let cube = seen.cube(0, rows_max);
            let first = (0..LEVELS.len()).map(|level| seen.cube(level, usize::MAX)).find(|cube| cube.rows.len() <= rows_max);
            assert_eq!(Some(cube), first);
        }
    });
}

#[test]
fn neither_the_order_of_rows_nor_the_number_of_threads_matters() {
    let rows = wide();
    let made = |partials: Vec<Partial>, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| with_seen(partials, of_countries, |seen| [seen.cube(0, 1_500), seen.cube(3, usize::MAX)]))
    };
    let one = made(vec![partial(&rows)], 1);
    let many: Vec<Partial> = rows.rchunks(70).map(|rows| partial(&rows.iter().rev().cloned().collect::<Vec<Row>>())).collect();
    assert_eq!(made(many, 3), one);
}

#[test]
fn an_interface_has_the_name_of_its_table() {
    let rows = [outbound("A", "10.0.0.4", "203.0.113.9", 443)];
    let tables = count_with(&rows, &Inventory::default(), |endpoints| {
        endpoint(endpoints, "10.0.0.4").interface = "nic-web".into();
    });
    assert_eq!(tables.traffic_by_interface[0].interface, "nic-web");
    assert_eq!(tables.cube.ends[0].interface, "nic-web");
}

/// Interval, source, destination, port, protocol, flow type.
type Cell = (u32, Address, Address, u16, u8, FlowType);

/// Allowed and denied flows, bytes there and back, packets, unmeasured tuples.
type CellSums = [u64; 6];

fn cells_of(cube: &Cube) -> BTreeMap<Cell, CellSums> {
    let cell = |row: &CubeRow| {
        let [src, dst] = [row.src, row.dst].map(|end| cube.ends[end as usize].ip.unwrap());
        let (port, protocol) = cube.ports[row.port as usize].unwrap();
        let interval = (cube.start / 600_000) as u32 + row.step;
        let sums = [row.flows_allowed, row.flows_denied, row.bytes_sent, row.bytes_received, row.packets, row.tuples_unmeasured];
        ((interval, src, dst, port, protocol, row.flow_type), sums)
    };
    cube.rows.iter().map(cell).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(13), ..ProptestConfig::default() })]

    #[test]
    fn random_rows_give_the_cells_of_the_twin(rows in prop::collection::vec(any_row(), 0..150)) {
        with_seen(rows.chunks(7).map(partial).collect(), known, |seen| {
            let number = |ip| seen.source.dataset.addresses().binary_search(&ip).unwrap() as u32;
            let mut expected: BTreeMap<Cell, CellSums> = BTreeMap::new();
            for row in counted_once(&rows, seen.owners) {
                let (src, dst, port, protocol) = row.key;
                let flow_type = seen.source.flow_types.of(number(src), number(dst), port);
                let sums = expected.entry((row.interval, src, dst, port, protocol, flow_type)).or_default();
                sums[0] = sums[0].wrapping_add_signed(row.allowed);
                sums[1] = sums[1].wrapping_add_signed(row.denied);
                let more = [row.bytes.0, row.bytes.1, row.packets.0 + row.packets.1, row.unmeasured];
                sums[2..].iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            }
            expected.retain(|_, sums| *sums != [0; 6]);
            let cube = seen.cube(0, CUBE_ROWS_MAX);
            assert_eq!(cells_of(&cube), expected);
            if !rows.is_empty() {
                seen.check(&cube);
                seen.check(&seen.cube(LEVELS.len() - 1, 0));
            }
        });
    }
}
