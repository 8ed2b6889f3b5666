//! The two charts of places, from small, hostile and empty tables: every sum by hand.

use crate::report::chart::canvas::{BLUE, GREEN, GREY, PURPLE};
use crate::report::chart::kind::map::Map;
use crate::report::chart::kind::sankey::{NODES_MAX, Sankey};
use crate::report::chart::{Chart, Picture};
use crate::report::fixture::{self, Fixture, HOSTILE};
use crate::schema::Address;
use crate::schema::tables::{EndpointRow, Measures, NamedRow, PairKey, PairMeasures, PairRow, Scope};

fn sankey(fixture: &Fixture) -> (Chart, Sankey) {
    let chart = super::flows_sankey::chart(&fixture.input());
    let Picture::Sankey(sankey) = chart.picture.clone() else { panic!("{:?}", chart.picture) };
    (chart, sankey)
}

fn map(fixture: &Fixture) -> (Chart, Map) {
    let chart = super::world::chart(&fixture.input());
    let Picture::Map(map) = chart.picture.clone() else { panic!("{:?}", chart.picture) };
    (chart, map)
}

fn endpoint(ip: u32, scope: Scope, names: [&str; 3]) -> EndpointRow {
    let [subnet, connection, country] = names.map(str::to_owned);
    EndpointRow { ip: Address::from_v4(ip), scope, subnet, connection, country, ..EndpointRow::default() }
}

fn pair(src: u32, dst: u32, dst_port: u16, bytes: u64) -> PairRow {
    let key = PairKey { src_ip: Address::from_v4(src), dst_ip: Address::from_v4(dst), dst_port, protocol: 6 };
    let denied = u64::from(bytes == 0);
    let measures = PairMeasures { flows_allowed: 1 - denied, flows_denied: denied, bytes_sent: bytes, ..PairMeasures::default() };
    PairRow { key: Some(key), l7_protocol: String::new(), flow_type: None, measures }
}

/// Web asks db for 600, a site for 100; db asks the Internet for 300; one denied flow; 24 bytes in the row of the rest.
fn small() -> Fixture {
    let mut fixture = fixture::day();
    fixture.tables.endpoints = vec![
        endpoint(1, Scope::Local, ["web", "", ""]),
        endpoint(2, Scope::Local, ["db", "", ""]),
        endpoint(3, Scope::OnPremises, ["", "to-berlin", ""]),
        endpoint(4, Scope::ExternalPublic, ["", "", "NL"]),
    ];
    let rest = PairRow { key: None, ..pair(0, 0, 0, 24) };
    fixture.tables.traffic_by_pair =
        vec![pair(1, 2, 5432, 600), pair(2, 4, 443, 300), pair(1, 3, 443, 100), pair(4, 1, 22, 0), rest];
    let totals = &mut fixture.summary.traffic.deduplicated;
    (totals.bytes_src_to_dst, totals.bytes_dst_to_src) = (1_024, 0);
    fixture
}

#[test]
fn what_leaves_a_column_arrives_in_the_next() {
    for fixture in [small(), fixture::day(), fixture::hostile(), fixture::unmeasured()] {
        let (_, sankey) = sankey(&fixture);
        for (i, links) in sankey.links.iter().enumerate() {
            let into = |node| links.iter().filter(|link| link.to == node).map(|link| link.value).sum::<u64>();
            let out_of = |node| links.iter().filter(|link| link.from == node).map(|link| link.value).sum::<u64>();
            let outs: Vec<u64> = sankey.columns[i].nodes.iter().enumerate().map(|(node, _)| out_of(node)).collect();
            let ins: Vec<u64> = sankey.columns[i + 1].nodes.iter().enumerate().map(|(node, _)| into(node)).collect();
            assert_eq!(outs, sankey.columns[i].nodes.iter().map(|node| node.value).collect::<Vec<_>>());
            assert_eq!(ins, sankey.columns[i + 1].nodes.iter().map(|node| node.value).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_small_table_becomes_the_bands_that_it_says() {
    let (chart, sankey) = sankey(&small());
    assert_eq!(chart.title, "Flows from web to db carry 59 % of 1 KiB");
    let nodes =
        |i: usize| sankey.columns[i].nodes.iter().map(|node| (node.label.as_str(), node.value, node.ink)).collect::<Vec<_>>();
    assert_eq!(nodes(0), [("web", 700, BLUE), ("db", 300, BLUE)]);
    assert_eq!(nodes(1), [("db", 600, BLUE), ("Internet, NL", 300, PURPLE), ("to-berlin", 100, GREEN)]);
    assert_eq!(
        sankey.columns[2].nodes.iter().map(|node| (node.label.as_str(), node.value)).collect::<Vec<_>>(),
        [("5432/tcp", 600), ("443/tcp", 400)]
    );
    let links = |i: usize| sankey.links[i].iter().map(|link| (link.from, link.to, link.value)).collect::<Vec<_>>();
    assert_eq!(links(0), [(0, 0, 600), (0, 2, 100), (1, 1, 300)]);
    assert_eq!(links(1), [(0, 0, 600), (1, 1, 300), (2, 1, 100)]);
    assert!(chart.notes[0].starts_with("Left out: 24 B"), "{:?}", chart.notes);
    assert_eq!(chart.notes[1], "Not drawn: 1 flow of pairs without a counted byte, 1 of them denied.");
}

#[test]
fn places_beyond_a_dozen_are_one_node() {
    let mut fixture = small();
    fixture.tables.endpoints = (0..20).map(|i| endpoint(i, Scope::Local, [&format!("s{i:02}"), "", ""])).collect();
    fixture.tables.traffic_by_pair = (0..20).map(|i| pair(i, 0, 443, 1_000 - u64::from(i))).collect();
    let (_, sankey) = sankey(&fixture);
    let nodes = &sankey.columns[0].nodes;
    assert_eq!((nodes.len(), nodes[0].label.as_str()), (NODES_MAX + 1, "s00"));
    // 1000 - i for i from 12 to 19.
    assert_eq!((nodes[12].label.as_str(), nodes[12].value, nodes[12].ink), ("other (8)", 7_876, GREY));
}

#[test]
fn pairs_without_a_byte_or_a_name_draw_a_reason() {
    let mut fixture = small();
    fixture.tables.traffic_by_pair.retain(|row| row.key.is_none());
    let Picture::Nothing(why) = super::flows_sankey::chart(&fixture.input()).picture else { panic!("draws something") };
    assert!(why.starts_with("every pair is in the row of the rest"), "{why}");
}

fn country(name: &str, [received, sent]: [u64; 2], denied: u64) -> NamedRow {
    let measures = Measures {
        bytes_received: received,
        bytes_sent: sent,
        flows_inbound_denied: denied,
        flows_outbound_allowed: u64::from(received + sent > 0),
        ..Measures::default()
    };
    NamedRow { name: name.into(), measures }
}

#[test]
fn a_map_marks_countries_and_lists_those_without_a_shape() {
    let mut fixture = small();
    fixture.tables.traffic_by_country =
        vec![country("NL", [100, 500], 0), country("", [9, 0], 0), country("RE", [0, 200], 0), country("CN", [0, 0], 7)];
    let (chart, map) = map(&fixture);
    assert_eq!(chart.title, "Netherlands is the busiest of 3 countries: 500 B sent there, 100 B received");
    let marks: Vec<_> =
        map.marks.iter().map(|mark| (mark.country.code.as_str(), mark.value, mark.is_refused, mark.note.as_str())).collect();
    assert_eq!(marks, [("NL", 600, false, "600 B · 75 %"), ("CN", 0, true, "7 flows denied")]);
    assert_eq!(chart.notes[0], "Without a shape on this map: RE (200 B · 25 %).");
    assert!(chart.notes[1].starts_with("Not drawn: 9 B"));
}

#[test]
fn names_that_are_no_codes_are_cut_and_counted() {
    let mut fixture = small();
    fixture.tables.traffic_by_country = (0..12).map(|i| country(&format!("{HOSTILE}{i}"), [1, i], 0)).collect();
    fixture.tables.traffic_by_country.push(country("NL", [1, 0], 0));
    let (chart, map) = map(&fixture);
    assert_eq!(map.marks.len(), 1);
    assert!(chart.notes[0].ends_with(" and 4 more.") && chart.notes[0].chars().count() < 400, "{}", chart.notes[0]);
    fixture.tables.traffic_by_country.pop();
    let Picture::Nothing(why) = super::world::chart(&fixture.input()).picture else { panic!("draws something") };
    assert!(why.starts_with("no country of the geo database has a shape"), "{why}");
}
