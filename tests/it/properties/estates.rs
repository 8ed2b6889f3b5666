//! Generated estates: whatever flows there were and wherever they were captured, they count once and as they were.
//!
//! An estate has NICs in VNets, random flows with random traffic, and each NIC ticks every five minutes at a second of its own. What
//! really happened is known, so that the tables are held against it rather than against another count. Runs the library from
//! bytes to tables without files, so that many cases are quick.

mod generated;

use std::collections::BTreeMap;
use std::net::IpAddr;

use azflow::aggregate::{self, Aggregates, Dataset, Estate};
use azflow::decode::Decoder;
use azflow::enrich::{Knowledge, endpoints};
use azflow::rollup::{PartialBuilder, Settings, UnitRollup};
use azflow::schema::Address;
use azflow::schema::tables::{IpRow, NamedRow, PairMeasures, PairRow, Scope, Tables};
use azflow::schema::units::Interval;
use proptest::prelude::*;

use super::config;
use generated::{APPLIANCE, Capture, Flow, Generated, Key, client_of_server, estate};

/// The tables over these blobs, each a unit of work of its own; `topology` is azflow's own TOML, or empty.
fn count(blobs: &[String], topology: &str, interval: Interval) -> Aggregates {
    let mut builder = PartialBuilder::default();
    for blob in blobs {
        let mut decoder = Decoder::default();
        let mut rollup = UnitRollup::new(Settings { interval, from: None, to: None });
        rollup.begin_blob(&"blob".into());
        decoder.decode(blob.as_bytes(), true, &mut |batch, _| {
            rollup.add(batch);
        });
        decoder.end_blob();
        rollup.finish_into(&decoder.dictionary, &mut builder);
    }
    let dataset = Dataset::from_partials(vec![builder.take()], interval);
    let mut knowledge = Knowledge::default();
    if !topology.is_empty() {
        knowledge.topology.add("estate.toml", topology.as_bytes()).expect("the topology is read");
    }
    let owners = dataset.owners(&|mac| knowledge.topology.addresses_of(mac));
    let endpoints = endpoints(dataset.addresses(), &owners, &knowledge, dataset.window().unwrap_or_default());
    let inventory = knowledge.topology.inventory();
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    aggregate::tables(&dataset, &estate, &aggregate::Settings::default())
}

/// Flows allowed, denied, bytes from source to destination, back, packets there, back.
type Sums = [u64; 6];

fn add(to: &mut Sums, more: &Sums) {
    to.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

fn sums(m: &PairMeasures) -> Sums {
    [m.flows_allowed, m.flows_denied, m.bytes_sent, m.bytes_received, m.packets_sent, m.packets_received]
}

/// What really happened, by pair.
fn truth(flows: &[Flow]) -> BTreeMap<Key, Sums> {
    let mut truth: BTreeMap<Key, Sums> = BTreeMap::new();
    for flow in flows {
        let denied = u64::from(flow.is_denied);
        let traffic = flow.left().fold([1 - denied, denied, 0, 0, 0, 0], |mut sums, event| {
            add(&mut sums, &[0, 0, event.bytes_there, event.bytes_back, event.packets_there, event.packets_back]);
            sums
        });
        add(truth.entry(flow.key()).or_default(), &traffic);
    }
    truth
}

fn pairs(tables: &Tables) -> BTreeMap<Key, Sums> {
    let row = |row: &PairRow| {
        let key = row.key.expect("no row is left out");
        ((key.src_ip.to_string(), key.dst_ip.to_string(), key.dst_port, key.protocol), sums(&row.measures))
    };
    tables.traffic_by_pair.iter().map(row).collect()
}

/// Holds every deduplicated table against what really happened.
fn check_against_truth(counted: &Aggregates, flows: &[Flow]) {
    let (tables, truth) = (&counted.tables, truth(flows));
    assert_eq!(pairs(tables), truth, "pairs");

    let (mut ports, mut ends, mut total) = (BTreeMap::new(), BTreeMap::new(), Sums::default());
    for ((src, dst, port, protocol), pair) in &truth {
        let [allowed, denied, there, back, ..] = pair;
        add(ports.entry((*port, *protocol)).or_default(), pair);
        add(&mut total, pair);
        // In allowed, in denied, out allowed, out denied, received, sent.
        add(ends.entry(src.clone()).or_default(), &[0, 0, *allowed, *denied, *back, *there]);
        add(ends.entry(dst.clone()).or_default(), &[*allowed, *denied, 0, 0, *there, *back]);
    }
    let by_port = tables.traffic_by_port.iter().map(|row| {
        let m = &row.measures;
        let sums = [m.flows_allowed, m.flows_denied, m.bytes_received, m.bytes_sent, m.packets_received, m.packets_sent];
        (row.key.expect("no row is left out"), sums)
    });
    assert_eq!(by_port.collect::<BTreeMap<_, Sums>>(), ports, "ports");
    let by_ip = tables.traffic_by_ip.iter().map(|row| {
        let m = &row.measures;
        let flows = [m.flows_inbound_allowed, m.flows_inbound_denied, m.flows_outbound_allowed, m.flows_outbound_denied];
        (row.ip.to_string(), [flows[0], flows[1], flows[2], flows[3], m.bytes_received, m.bytes_sent])
    });
    assert_eq!(by_ip.collect::<BTreeMap<_, Sums>>(), ends, "addresses");
    let total = [total[0] + total[1], total[2] + total[3]];
    let named =
        |rows: &[NamedRow]| rows.iter().fold([0, 0], |sum, row| [sum[0] + row.measures.flows(), sum[1] + row.measures.bytes()]);
    assert_eq!(named(&tables.traffic_by_flow_type), total, "flow types");
    assert_eq!(named(&tables.traffic_by_country), total, "countries");
    let over_time = tables.traffic_over_time.iter().map(|row| row.measures);
    assert_eq!(over_time.fold([0, 0], |sum, m| [sum[0] + m.flows(), sum[1] + m.bytes()]), total, "over time");
    let matrix = tables.subnet_matrix.iter().map(|row| row.measures);
    assert_eq!(matrix.fold([0, 0], |sum, m| [sum[0] + m.flows(), sum[1] + m.bytes()]), total, "subnets");
}

/// Holds the tables that need to know the estate against what really happened: conversations and flow types.
fn check_relations(tables: &Tables, flows: &[Flow]) {
    let (mut conversations, mut flow_types) = (BTreeMap::new(), BTreeMap::new());
    for ((src, dst, ..), [allowed, denied, there, back, packets_there, packets_back]) in truth(flows) {
        let [from, to] = [&src, &dst].map(|ip| Address::from(ip.parse::<IpAddr>().expect("an address")));
        let forth = [allowed, denied, there, back, packets_there, packets_back];
        let turned = [allowed, denied, back, there, packets_back, packets_there];
        add(conversations.entry((from.min(to), from.max(to))).or_default(), if from < to { &forth } else { &turned });
        let flow_type = match (generated::vnet_of(&src), generated::vnet_of(&dst)) {
            (Some(one), Some(other)) if one == other => "IntraVNet",
            (Some(_), Some(_)) => "InterVNet",
            _ => "ExternalPublic",
        };
        *flow_types.entry(flow_type.to_owned()).or_default() += allowed + denied;
    }
    let found = tables.conversations.iter().map(|row| (row.ips.expect("no row is left out"), sums(&row.measures)));
    assert_eq!(found.collect::<BTreeMap<_, Sums>>(), conversations, "conversations");
    let found = tables.traffic_by_flow_type.iter().map(|row| (row.name.clone(), row.measures.flows()));
    assert_eq!(found.collect::<BTreeMap<String, u64>>(), flow_types, "flow types");
}

/// Every deduplicated table in which no interval and no capture point shows, as text.
fn timeless(tables: &Tables) -> Vec<(&'static str, String)> {
    // An address is `local` or `vnet` by whether its NIC is logged.
    let by_ip: Vec<IpRow> = tables.traffic_by_ip.iter().map(|row| IpRow { scope: Scope::Vnet, ..row.clone() }).collect();
    vec![
        ("traffic_by_ip", format!("{by_ip:#?}")),
        ("traffic_by_subnet", format!("{:#?}", tables.traffic_by_subnet)),
        ("traffic_by_pair", format!("{:#?}", tables.traffic_by_pair)),
        ("traffic_by_port", format!("{:#?}", tables.traffic_by_port)),
        ("traffic_by_flow_type", format!("{:#?}", tables.traffic_by_flow_type)),
        ("traffic_by_country", format!("{:#?}", tables.traffic_by_country)),
        ("traffic_by_vnet", format!("{:#?}", tables.traffic_by_vnet)),
        ("traffic_by_scale_set", format!("{:#?}", tables.traffic_by_scale_set)),
        ("traffic_by_azure_region", format!("{:#?}", tables.traffic_by_azure_region)),
        ("subnet_matrix", format!("{:#?}", tables.subnet_matrix)),
        ("conversations", format!("{:#?}", tables.conversations)),
    ]
}

fn assert_same_tables(a: &Aggregates, b: &Aggregates, what: &str) {
    for ((name, a), (_, b)) in timeless(&a.tables).into_iter().zip(timeless(&b.tables)) {
        let differing = a.lines().zip(b.lines()).find(|(a, b)| a != b);
        assert!(a == b, "{what}: {name}: {differing:?}");
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn allowed_traffic_counts_the_same_wherever_it_was_captured(generated in client_of_server()) {
        let Generated { nics, flows, interval } = &generated;
        let topology = generated.topology();
        let at = |capture, topology: &str| count(&generated::blobs(nics, flows, capture), topology, *interval);
        let both = at(Capture::Both, &topology);
        check_against_truth(&both, flows);
        check_relations(&both.tables, flows);
        let source = at(Capture::Sources, &topology);
        assert_same_tables(&source, &both, "source");
        let over_time = |counted: &Aggregates| format!("{:?}", counted.tables.traffic_over_time);
        prop_assert_eq!(over_time(&source), over_time(&both), "the source supplies, interval by interval");
        // The destination ticks at other seconds, so that only the intervals may differ.
        assert_same_tables(&at(Capture::Destinations, &topology), &both, "destination");
        for capture in [Capture::Sources, Capture::Destinations, Capture::Both] {
            prop_assert_eq!(pairs(&at(capture, "").tables), truth(flows), "ownership is learnt, {:?}", capture);
        }
    }

    #[test]
    fn denied_flows_move_and_what_forwards_adds_nothing(generated in estate()) {
        let Generated { nics, flows, interval } = &generated;
        let topology = generated.topology();
        let blobs = generated::blobs(nics, flows, Capture::Both);
        let counted = count(&blobs, &topology, *interval);
        check_against_truth(&counted, flows);
        check_relations(&counted.tables, flows);

        let mut with_appliance = blobs.clone();
        with_appliance.push(generated::appliance(flows));
        let more = count(&with_appliance, &topology, *interval);
        assert_same_tables(&counted, &more, "an appliance on the way");
        prop_assert_eq!(format!("{:?}", counted.tables.traffic_over_time), format!("{:?}", more.tables.traffic_over_time));
        let rows = more.tables.traffic_by_interface.iter().filter(|row| row.mac == APPLIANCE).count();
        prop_assert_eq!(rows, usize::from(flows.iter().any(Flow::is_on_the_way)), "it was logged");
    }
}
