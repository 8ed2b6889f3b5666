//! The cube of a report's page: what counts once, folded until it is small.
//!
//! Goes in: the sums per address and port, the names of interfaces, then the supplying rows and the corrections, a slice of whole
//! intervals after the other. Comes out: a [`Cube`] of at most [`CUBE_ROWS_MAX`] rows. The way: rank addresses and ports (`rank`), build the ladder of levels (`levels`, `ends`,
//! `ports`), sum the rows into cells as fine as fits (`folding`), name what is left (`naming`). Leaves nothing out.

mod ends;
mod folding;
mod levels;
mod naming;
mod ports;
mod rank;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::dataset::Dataset;
use super::owners::Ownership;
use super::pair_sums::AddressSums;
use super::places::Place;
use super::sums::Sums;
use super::supply::Supply;
use crate::enrich::{Endpoint, Endpoints, FlowTypes};
use crate::schema::FlowType;
use crate::schema::tables::{Counting, Cube, CubeCut, CubeRow, InterfaceRow, PairMeasures, TimeRow};
use ends::{Ends, Traits};
use folding::{Folding, Ladder};
use levels::CUBE_ROWS_MAX;
use naming::{Known, Named};
use ports::{OTHER_PORTS, Ports};
use rank::Weight;

/// What a cube is made from, beside the rows.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub dataset: &'a Dataset,
    /// One per address of the dataset.
    pub endpoints: &'a Endpoints,
    /// The types of pairs of them.
    pub flow_types: &'a FlowTypes,
    pub ownership: &'a Ownership,
    /// One per address.
    pub places: &'a [Place],
    /// One per address.
    pub by_ip: &'a [AddressSums],
    /// Per `port_key`.
    pub by_port: &'a Sums<PairMeasures>,
    pub interfaces: &'a [InterfaceRow],
    pub over_time: &'a [TimeRow],
}

/// Hands on the rows of the window, slice by slice.
pub(super) type EachSlice<'a, E> = &'a mut dyn FnMut(&mut dyn FnMut(&Supply<'_>)) -> Result<(), E>;

/// The cube, with at most [`CUBE_ROWS_MAX`] rows.
pub(super) fn cube<E>(source: &Source<'_>, each_slice: EachSlice<'_, E>) -> Result<Cube, E> {
    cube_within(source, &Bounds { finest: 0, rows_max: CUBE_ROWS_MAX }, each_slice)
}

/// How small a cube has to be.
struct Bounds {
    /// The level to begin with.
    finest: usize,
    /// Most rows; where the last level needs more, it has more.
    rows_max: usize,
}

/// The first cube from the finest level on that has few enough rows.
fn cube_within<E>(source: &Source<'_>, bounds: &Bounds, each_slice: EachSlice<'_, E>) -> Result<Cube, E> {
    let interval = source.dataset.interval();
    let (Some(first), Some(last)) = (source.over_time.first(), source.over_time.last()) else {
        return Ok(Cube { step_ms: interval.ms(), ..Cube::default() });
    };
    let window = (interval.number(first.interval_start), interval.number(last.interval_start));
    let interfaces = Interfaces::new(source);
    let traits = traits(source, &interfaces);
    let weight = |sums: &AddressSums| Weight { bytes: sums.measures.bytes(), flows: sums.measures.flows() };
    let ends = Ends::new(&traits, source.by_ip.iter().map(weight).collect());
    let ports = Ports::new(source.by_port);
    let ladder = Ladder::new((ends, ports, source.flow_types), (interval, window), bounds.rows_max);
    let mut folding = Folding::new(&ladder, bounds.finest);
    each_slice(&mut |supply| {
        // What all slices so far need, this one may begin with: cells only become more.
        let so_far = std::mem::replace(&mut folding, Folding::new(&ladder, bounds.finest));
        let cells = fold(supply, &ladder, so_far.level());
        folding = so_far.merge(cells);
    })?;
    let known = Known {
        addresses: source.dataset.addresses(),
        endpoints: source.endpoints,
        traits: &traits,
        interfaces: &interfaces.names,
    };
    Ok(Assembly { source, ladder: &ladder, known, window }.cube(&folding))
}

/// The rows and corrections of a slice as cells.
fn fold<'a>(supply: &Supply<'_>, ladder: &'a Ladder<'a>, finest: usize) -> Folding<'a> {
    let new = || Folding::new(ladder, finest);
    let mut folding = supply.fold(Counting::Deduplicated, new, |cells, rows, row| cells.add(rows, row), Folding::merge);
    supply.deduplicated.corrections.iter().for_each(|correction| folding.correct(correction));
    folding
}

/// The interface of each address.
struct Interfaces<'a> {
    /// Ascending, the first being the empty text.
    names: Vec<&'a str>,
    /// One per address: index into `names`.
    of: Vec<u32>,
}

impl<'a> Interfaces<'a> {
    fn new(source: &Source<'a>) -> Self {
        let name = |row: &'a InterfaceRow| if row.interface.is_empty() { &*row.mac } else { &*row.interface };
        let by_mac: BTreeMap<&str, &str> = source.interfaces.iter().map(|row| (&*row.mac, name(row))).collect();
        let (macs, endpoints) = (source.dataset.macs(), &source.endpoints.rows);
        let of_nic: Vec<&str> = macs.iter().map(|mac| by_mac.get(&**mac).copied().unwrap_or_default()).collect();
        let text = |address: usize| match source.ownership.of(address as u32).first() {
            Some(nic) => of_nic[*nic as usize],
            None => &*endpoints[address].interface,
        };
        // As many texts as addresses, but few that differ.
        let distinct: HashSet<&str> = (0..endpoints.len()).map(text).chain([""]).collect();
        let mut names: Vec<&str> = distinct.into_iter().collect();
        names.sort_unstable();
        let numbers: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
        let of = (0..endpoints.len()).map(|address| numbers[text(address)]).collect();
        Self { names, of }
    }
}

/// What the folds go by, one per address.
fn traits(source: &Source<'_>, interfaces: &Interfaces<'_>) -> Vec<Traits> {
    let rows = source.endpoints.rows.iter().zip(source.places).zip(&interfaces.of);
    let of = |((endpoint, place), interface): ((&Endpoint, &Place), &u32)| Traits {
        is_local: endpoint.is_local,
        scope: endpoint.scope as u32,
        subnet: place.subnet,
        interface: *interface,
        country: place.country,
    };
    rows.map(of).collect()
}

/// Turns cells into a cube.
struct Assembly<'a> {
    source: &'a Source<'a>,
    ladder: &'a Ladder<'a>,
    known: Known<'a>,
    /// First and last interval.
    window: (u32, u32),
}

impl Assembly<'_> {
    fn cube(&self, folding: &Folding<'_>) -> Cube {
        let level = folding.level();
        let with_traffic = self.source.by_ip.iter().enumerate().filter(|(_, sums)| sums.peers > 0);
        let told = with_traffic.map(|(address, _)| (address, self.ladder.ends.told(address as u32, level))).collect();
        let mut named = Named::new(self.known, told);
        folding.cells().flat_map(|(key, _)| [key.src, key.dst]).for_each(|node| named.mark(node));
        let (ends, index_of_end) = named.ends();
        let ports: Vec<u32> = folding.cells().map(|(key, _)| key.port).collect::<BTreeSet<u32>>().into_iter().collect();

        let per_step = self.ladder.intervals_per_step(level);
        let [first, last] = [self.window.0, self.window.1].map(|interval| u64::from(interval) / per_step);
        let place = |rows: &Sums<u32>, node: u32| rows.get(u128::from(node)).copied().unwrap_or_default();
        let row = |(key, sum): (folding::Key, &folding::Sum)| CubeRow {
            step: (u64::from(key.interval) / per_step - first) as u32,
            src: place(&index_of_end, key.src),
            dst: place(&index_of_end, key.dst),
            port: ports.partition_point(|port| *port < key.port) as u32,
            flow_type: FlowType::ALL[usize::from(key.flow_type)],
            flows_allowed: sum.flows_allowed,
            flows_denied: sum.flows_denied,
            bytes_sent: sum.bytes_sent,
            bytes_received: sum.bytes_received,
            packets: sum.packets,
            tuples_unmeasured: sum.tuples_unmeasured,
        };
        let mut rows: Vec<CubeRow> = folding.cells().map(row).collect();
        rows.sort_unstable_by_key(|row| (row.step, row.src, row.dst, row.port, row.flow_type));

        let step_ms = self.source.dataset.interval().ms() * per_step as i64;
        let steps = (last - first + 1) as u32;
        let cuts = self.cuts(named.cuts(), &ports, steps);
        let port = |key: &u32| (*key != OTHER_PORTS).then_some(((*key >> 8) as u16, *key as u8));
        Cube { start: first as i64 * step_ms, step_ms, steps, ends, ports: ports.iter().map(port).collect(), rows, cuts }
    }

    /// Everything of which less is shown than there is.
    fn cuts(&self, [addresses, interfaces, subnets, countries]: [CubeCut; 4], ports: &[u32], steps: u32) -> Vec<CubeCut> {
        let all_ports = self.source.by_port.rows().len() as u64;
        let told = ports.iter().filter(|port| **port != OTHER_PORTS).count() as u64;
        let intervals = u64::from(self.window.1 - self.window.0) + 1;
        let has_others = ports.last() == Some(&OTHER_PORTS);
        let ports = CubeCut { kind: "ports", shown: if has_others { told } else { all_ports }, of: all_ports };
        let steps = CubeCut { kind: "steps", shown: u64::from(steps), of: intervals };
        [addresses, ports, interfaces, subnets, countries, steps].into_iter().filter(|cut| cut.shown < cut.of).collect()
    }
}
