//! From where flows begin to where they go, and on which port: subnets, sites, Azure and countries.
//!
//! Goes in: the pairs and what is known of their addresses. Pairs that the table sums up in its last row have no place: a note says
//! how much they are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Amounts, Chart, Picture, Scope, Unit, absent, name, nothing, subnet_name, subnet_notes};
use crate::report::chart::canvas::{BLUE, GREEN, GREY, Ink, MUTED, PURPLE, SKY};
use crate::report::chart::kind::sankey::{Column, Link, NODES_MAX, Node, Sankey};
use crate::report::{ReportInput, words};
use crate::schema::Address;
use crate::schema::tables::{self, Counting, EndpointRow, PairRow};

const TOPIC: &str = "From where to where";

/// Where an address is, as far as a reader wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    /// Of a subnet; empty where none is known.
    Subnet(&'a str),
    /// Behind a connection or a gateway.
    OnPremises(&'a str),
    /// In a service tag.
    Azure,
    /// Azure's own.
    Platform,
    /// A public address in a country.
    Country(&'a str),
    /// A public address, its country unknown.
    Internet,
    /// A private address that nothing explains.
    Private,
}

impl<'a> Place<'a> {
    fn of(row: &'a EndpointRow) -> Self {
        match row.scope {
            _ if !row.subnet.is_empty() => Self::Subnet(&row.subnet),
            tables::Scope::Local | tables::Scope::Vnet => Self::Subnet(""),
            tables::Scope::OnPremises if row.connection.is_empty() => Self::OnPremises(&row.gateway),
            tables::Scope::OnPremises => Self::OnPremises(&row.connection),
            tables::Scope::Platform => Self::Platform,
            tables::Scope::AzurePublic => Self::Azure,
            tables::Scope::ExternalPublic if row.country.is_empty() => Self::Internet,
            tables::Scope::ExternalPublic => Self::Country(&row.country),
            tables::Scope::UnknownPrivate => Self::Private,
        }
    }

    fn label(self) -> String {
        match self {
            Self::Subnet(subnet) => subnet_name(subnet),
            Self::OnPremises(site) => name(site, "on premises"),
            Self::Azure => "Azure services".into(),
            Self::Platform => "Azure platform".into(),
            Self::Country(code) => format!("Internet, {}", words::shorten(code, 24)),
            Self::Internet => "Internet".into(),
            Self::Private => "unknown private".into(),
        }
    }

    /// An entry of [`LEGEND`].
    fn kind(self) -> (&'static str, Ink) {
        LEGEND[match self {
            Self::Subnet(_) => 0,
            Self::OnPremises(_) => 1,
            Self::Azure | Self::Platform => 2,
            Self::Country(_) | Self::Internet => 3,
            Self::Private => 4,
        }]
    }
}

/// Kinds of places, and their inks.
const LEGEND: [(&str, Ink); 5] =
    [("subnet", BLUE), ("on premises", GREEN), ("Azure", SKY), ("Internet", PURPLE), ("unknown or other", GREY)];

/// A destination port with its protocol, and the name of its service.
type Port<'a> = (u16, u8, &'a str);

/// What goes from one place to another on one port.
type Sums<'a> = BTreeMap<(Place<'a>, Place<'a>, Port<'a>), u64>;

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_by_pair;
    if rows.is_empty() {
        return nothing(input, TOPIC);
    }
    let scope = Scope::new(input, Counting::Deduplicated);
    let sums = sums(input, &scope);
    let mut paths: BTreeMap<(Place, Place), u64> = BTreeMap::new();
    sums.iter().for_each(|((from, to, _), value)| *paths.entry((*from, *to)).or_default() += value);
    let Some(((from, to), most)) = paths.iter().max_by_key(|(path, value)| (**value, Reverse(**path))) else {
        return absent(
            input,
            TOPIC,
            "every pair is in the row of the rest, or none has a counted byte: see tables/traffic_by_pair.csv",
        );
    };
    let verb = if scope.unit == Unit::Bytes { "carry" } else { "are" };
    let share = words::share(*most, scope.total());
    let title = format!("Flows from {} to {} {verb} {share} of {}", from.label(), to.label(), scope.unit.said(scope.total()));
    let what = match scope.unit {
        Unit::Bytes => "Bytes both ways by source, destination and port",
        _ => "Flows by source, destination and port",
    };
    Chart { title, subtitle: scope.subtitle(what), notes: notes(input, &scope), picture: Picture::Sankey(picture(&scope, &sums)) }
}

/// What is drawn: pairs of the table with a value.
fn sums<'a>(input: &'a ReportInput, scope: &Scope) -> Sums<'a> {
    let places: BTreeMap<Address, Place> = input.tables.endpoints.iter().map(|row| (row.ip, Place::of(row))).collect();
    let place = |ip| places.get(&ip).copied().unwrap_or(Place::Private);
    let mut sums = Sums::new();
    for row in &input.tables.traffic_by_pair {
        let value = scope.value(&Amounts::from(&row.measures));
        if let (Some(key), true) = (row.key, value > 0) {
            let port = (key.dst_port, key.protocol, row.l7_protocol.as_str());
            *sums.entry((place(key.src_ip), place(key.dst_ip), port)).or_default() += value;
        }
    }
    sums
}

fn picture(scope: &Scope, sums: &Sums) -> Sankey {
    let from = Ranks::new(sums.iter().map(|((from, ..), value)| (*from, *value)));
    let to = Ranks::new(sums.iter().map(|((_, to, _), value)| (*to, *value)));
    let ports = Ranks::new(sums.iter().map(|((.., port), value)| (*port, *value)));
    let mut links: [BTreeMap<(usize, usize), u64>; 2] = Default::default();
    for ((source, destination, port), value) in sums {
        let places = [from.place(source), to.place(destination), ports.place(port)];
        for (i, links) in links.iter_mut().enumerate() {
            *links.entry((places[i], places[i + 1])).or_default() += value;
        }
    }
    let place = |place: &Place| (place.label(), place.kind().1);
    let columns =
        vec![from.column("from", place), to.column("to", place), ports.column("port", |port| (port_label(*port), MUTED))];
    let linked = |(i, links): (usize, BTreeMap<(usize, usize), u64>)| {
        let ink = |from: usize| columns[i].nodes[from].ink;
        links.into_iter().map(|((from, to), value)| Link { from, to, value, ink: ink(from) }).collect()
    };
    let links = links.into_iter().enumerate().map(linked).collect();
    let is_drawn = |ink: &Ink| columns.iter().flat_map(|column| &column.nodes).any(|node| node.ink == *ink);
    let legend = LEGEND.into_iter().filter(|(_, ink)| is_drawn(ink)).collect();
    Sankey { unit: scope.unit, columns, links, legend }
}

/// The keys of a column, those with most first, and where each stands.
struct Ranks<K> {
    ranked: Vec<(K, u64)>,
    places: BTreeMap<K, usize>,
}

impl<K: Ord + Copy> Ranks<K> {
    fn new(values: impl Iterator<Item = (K, u64)>) -> Self {
        let mut sums: BTreeMap<K, u64> = BTreeMap::new();
        values.for_each(|(key, value)| *sums.entry(key).or_default() += value);
        let mut ranked: Vec<(K, u64)> = sums.into_iter().collect();
        ranked.sort_by_key(|(key, value)| (Reverse(*value), *key));
        let places = ranked.iter().enumerate().map(|(i, (key, _))| (*key, i.min(NODES_MAX))).collect();
        Self { ranked, places }
    }

    fn place(&self, key: &K) -> usize {
        self.places[key]
    }

    /// The first keys as nodes, the others as one.
    fn column(&self, head: &'static str, said: impl Fn(&K) -> (String, Ink)) -> Column {
        let shown = self.ranked.iter().take(NODES_MAX).map(|(key, value)| {
            let (label, ink) = said(key);
            Node { label, value: *value, ink }
        });
        let mut nodes: Vec<Node> = shown.collect();
        let others = self.ranked.iter().skip(NODES_MAX);
        if self.ranked.len() > NODES_MAX {
            let label = format!("other ({})", words::count(others.len() as u64));
            nodes.push(Node { label, value: others.map(|(_, value)| value).sum(), ink: GREY });
        }
        Column { head, nodes }
    }
}

/// `443/tcp https`
fn port_label((port, protocol, service): Port) -> String {
    let name = format!("{port}/{}", words::protocol(protocol));
    if service.is_empty() { name } else { format!("{name} {}", words::shorten(service, 20)) }
}

fn notes(input: &ReportInput, scope: &Scope) -> Vec<String> {
    let mut notes: Vec<String> = subnet_notes(input).into_iter().collect();
    let rows = &input.tables.traffic_by_pair;
    if let Some(rest) = rows.iter().find(|row| row.key.is_none()) {
        let rest = Amounts::from(&rest.measures).note(scope.unit);
        notes.push(format!("Left out: {rest} of pairs that tables/traffic_by_pair.csv has in its last row."));
    }
    let is_silent = |row: &&PairRow| row.key.is_some() && scope.value(&Amounts::from(&row.measures)) == 0;
    let (mut flows, mut denied) = (0, 0);
    for row in rows.iter().filter(is_silent) {
        (flows, denied) = (flows + row.measures.flows(), denied + row.measures.flows_denied);
    }
    if flows > 0 {
        notes.push(format!(
            "Not drawn: {} of pairs without a counted byte, {} of them denied.",
            words::counted(flows, "flow"),
            words::count(denied)
        ));
    }
    notes.extend(scope.notes());
    notes
}
