//! Subnets, interfaces and rules hour by hour: what anomalies of volume and of denies are found in.
//!
//! Goes in: the rows of logs that nothing replaces, slice of time by slice. Comes out: one series per subnet (deduplicated, both ends), interface and rule (as
//! logged), bounded by [`SERIES_MAX`] and [`SERIES_HOURS_MAX`]. Says which hours nobody logged; judges nothing.

use rayon::prelude::*;

use super::Source;
use crate::aggregate::add_up::add_up;
use crate::aggregate::dataset::Dataset;
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::schema::tables::{SERIES_HOURS_MAX, SERIES_MAX, SeriesKind, SeriesRow};
use crate::schema::units::HOUR_MS;
use crate::schema::{Direction, Status};

/// Stands for the subnet of an address that lies in none.
const NO_SUBNET: u32 = u32::MAX;

/// What one entity counts in an hour.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    rows: u32,
    bytes: u64,
    bytes_sent: u64,
    flows_allowed: u64,
    flows_denied: u64,
    flows_denied_outbound: u64,
}

impl Cell {
    fn add(&mut self, other: &Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.bytes += other.bytes;
        self.bytes_sent += other.bytes_sent;
        // Corrections are negative until they meet the flows that they correct.
        self.flows_allowed = self.flows_allowed.wrapping_add(other.flows_allowed);
        self.flows_denied += other.flows_denied;
        self.flows_denied_outbound += other.flows_denied_outbound;
    }

    /// A row as the end counts it that began it, or as the other does.
    #[inline]
    fn of(rows: &Rows<'_>, row: usize, is_src: bool) -> Self {
        let (forth, back) = (rows.bytes_src_to_dst[row], rows.bytes_dst_to_src[row]);
        let flows = u64::from(rows.flows_started[row]);
        let flows_denied = flows * u64::from(rows.status[row] == Status::Denied as u8);
        Self {
            rows: 1,
            bytes: forth + back,
            bytes_sent: if is_src { forth } else { back },
            flows_allowed: flows - flows_denied,
            flows_denied,
            flows_denied_outbound: flows_denied * u64::from(is_src),
        }
    }

    /// A row as its source counts it, and as its destination does.
    fn ends(rows: &Rows<'_>, row: usize) -> [Self; 2] {
        [Self::of(rows, row, true), Self::of(rows, row, false)]
    }

    /// A row as the NIC counts it that logged it.
    #[inline]
    fn at_nic(rows: &Rows<'_>, row: usize) -> Self {
        Self::of(rows, row, rows.direction[row] == Direction::Outbound as u8)
    }
}

/// What an entity counts in an hour at one NIC.
#[derive(Clone, Copy)]
struct Part {
    entity: u32,
    hour: u32,
    nic: u32,
    cell: Cell,
}

/// What an entity counts in an hour.
#[derive(Clone, Copy)]
struct Hourly {
    entity: u32,
    hour: u32,
    cell: Cell,
}

/// What the slices so far add to series.
#[derive(Default)]
pub(super) struct Parts {
    /// In no order.
    hourly: Vec<Hourly>,
    /// (rule, NIC that logged it); ascending.
    of_rule: Vec<(u32, u32)>,
}

impl Parts {
    /// Adds a slice.
    pub fn add(&mut self, source: &Source<'_>) {
        let Some(hours) = Hours::of(source.window) else { return };
        let entities = Entities::of(source);
        let mut parts = parts_of_rows(source, &entities, hours);
        add_corrections(&mut parts, source, &entities, hours);
        parts.par_sort_unstable_by_key(|part| (part.entity, part.hour, part.nic));
        for of_hour in parts.chunk_by(|a, b| (a.entity, a.hour) == (b.entity, b.hour)) {
            let Part { entity, hour, .. } = of_hour[0];
            let mut cell = Cell::default();
            of_hour.iter().for_each(|part| cell.add(&part.cell));
            self.hourly.push(Hourly { entity, hour, cell });
        }
        let of_rule = parts.iter().filter(|part| entities.kind(part.entity).0 == SeriesKind::Rule);
        self.of_rule.extend(of_rule.map(|part| (part.entity, part.nic)));
        self.of_rule = distinct(std::mem::take(&mut self.of_rule));
    }
}

/// The numbers of all entities: subnets, then NICs, then rules.
struct Entities {
    /// The subnet of each address, or [`NO_SUBNET`].
    subnet_of: Vec<u32>,
    subnets: u32,
    nics: u32,
    rules: u32,
}

impl Entities {
    fn of(source: &Source<'_>) -> Self {
        let endpoints = source.estate.endpoints;
        Self {
            subnet_of: endpoints.rows.iter().map(|row| row.subnet.unwrap_or(NO_SUBNET)).collect(),
            subnets: endpoints.subnets.len() as u32,
            nics: source.dataset.macs().len() as u32,
            rules: source.dataset.rules().len() as u32,
        }
    }

    fn count(&self) -> usize {
        self.subnets as usize + self.nics as usize + self.rules as usize
    }

    fn nic(&self, nic: u32) -> u32 {
        self.subnets + nic
    }

    fn rule(&self, rule: u32) -> u32 {
        self.subnets + self.nics + rule
    }

    /// The kind of an entity, and its number within its kind.
    fn kind(&self, entity: u32) -> (SeriesKind, u32) {
        match (entity.checked_sub(self.subnets), entity.checked_sub(self.subnets + self.nics)) {
            (_, Some(rule)) => (SeriesKind::Rule, rule),
            (Some(nic), None) => (SeriesKind::Interface, nic),
            (None, None) => (SeriesKind::Subnet, entity),
        }
    }
}

/// The hours of every series.
#[derive(Clone, Copy)]
struct Hours {
    first: u32,
    last: u32,
}

impl Hours {
    /// The last hours of a window (first and last tuple, ms since the epoch).
    fn of(window: Option<(i64, i64)>) -> Option<Self> {
        let (first, last) = window?;
        let hour = |time: i64| u32::try_from(time.div_euclid(HOUR_MS)).ok();
        let (first, last) = (hour(first)?, hour(last)?);
        Some(Self { first: first.max((last + 1).saturating_sub(SERIES_HOURS_MAX)), last })
    }

    fn count(self) -> usize {
        (self.last - self.first + 1) as usize
    }

    /// Where an hour stands in a series.
    fn place(self, hour: u32) -> Option<usize> {
        (self.first..=self.last).contains(&hour).then(|| (hour - self.first) as usize)
    }
}

/// All series of rows that are held at once.
pub(super) fn of_all(source: &Source<'_>, counting: &[(u32, u32)]) -> Vec<SeriesRow> {
    let mut parts = Parts::default();
    parts.add(source);
    series(source, parts, counting)
}

/// All series, from the parts of all slices and the (hour, capture point) whose rows nothing replaces. Of `source` the rows are not read.
pub(super) fn series(source: &Source<'_>, Parts { mut hourly, of_rule }: Parts, counting: &[(u32, u32)]) -> Vec<SeriesRow> {
    let Some(hours) = Hours::of(source.window) else { return Vec::new() };
    let entities = Entities::of(source);
    hourly.par_sort_unstable_by_key(|of| (of.entity, of.hour));
    let groups: Vec<&[Hourly]> = hourly.chunk_by(|a, b| a.entity == b.entity).collect();
    let coverage = Coverage::of(source, &entities, counting, of_rule);
    let mut rows: Vec<SeriesRow> = with_most_flows(groups, &entities)
        .into_par_iter()
        .map(|group| {
            let entity = group[0].entity;
            let (kind, number) = entities.kind(entity);
            let mut row = empty(kind, name(source, kind, number), hours);
            group.iter().for_each(|of| add(&mut row, of, hours));
            coverage.fill(&mut row.is_covered, (kind, number), entity, hours);
            row
        })
        .collect();
    rows.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    add_up(&mut rows, |a, b| (a.kind, &a.name) == (b.kind, &b.name), |kept, next| merge(kept, next));
    rows
}

/// What each entity counts, in no order: a chunk is a NIC's hour as a rule, so that few parts come of it.
fn parts_of_rows(source: &Source<'_>, entities: &Entities, hours: Hours) -> Vec<Part> {
    let chunks = source.rows.par_iter().zip(&source.deduplicated.roles);
    let tally = || Tally { cells: vec![Cell::default(); entities.count()], touched: Vec::new(), parts: Vec::new() };
    let add_chunk = |mut tally: Tally, (rows, roles): (&Rows<'_>, &Vec<Role>)| {
        tally.add_chunk(source.dataset, entities, (rows, roles), hours);
        tally
    };
    let join = |mut one: Vec<Part>, mut other: Vec<Part>| {
        one.append(&mut other);
        one
    };
    chunks.fold(tally, add_chunk).map(|tally| tally.parts).reduce(Vec::new, join)
}

/// Sums of one NIC's hour, by entity.
struct Tally {
    /// By entity; all zero but those that `touched` names.
    cells: Vec<Cell>,
    touched: Vec<u32>,
    parts: Vec<Part>,
}

impl Tally {
    fn add_chunk(&mut self, dataset: &Dataset, entities: &Entities, (rows, roles): (&Rows<'_>, &[Role]), hours: Hours) {
        let (mut place, mut hour, mut nic, mut counts) = ((u32::MAX, u32::MAX), 0, 0, false);
        // Logs tell flows rule by rule, so that many rows in a row are of one.
        let mut run = (0, Cell::default());
        for (row, role) in roles.iter().enumerate().filter(|(_, role)| **role != Role::Replaced) {
            let next = (rows.interval[row], rows.capture_point[row]);
            if next != place {
                self.add_run(&mut run);
                self.flush(entities, hour, nic);
                place = next;
                (hour, nic) = (dataset.interval().hour(next.0), dataset.nic_of_capture_point()[next.1 as usize]);
                counts = hours.place(hour).is_some();
            }
            if !counts {
                continue;
            }
            let rule = entities.rule(rows.rule[row]);
            if rule != run.0 {
                self.add_run(&mut run);
                run.0 = rule;
            }
            run.1.add(&Cell::at_nic(rows, row));
            if *role == Role::Supplies && entities.subnets > 0 {
                for (address, end) in [rows.src_ip[row], rows.dst_ip[row]].into_iter().zip(&Cell::ends(rows, row)) {
                    let subnet = entities.subnet_of[address as usize];
                    if subnet != NO_SUBNET {
                        self.add(subnet, end);
                    }
                }
            }
        }
        self.add_run(&mut run);
        self.flush(entities, hour, nic);
    }

    /// Adds what rows in a row count of one entity, of which nothing is left.
    fn add_run(&mut self, (entity, cell): &mut (u32, Cell)) {
        let cell = std::mem::take(cell);
        if cell.rows > 0 {
            self.add(*entity, &cell);
        }
    }

    fn add(&mut self, entity: u32, cell: &Cell) {
        let sum = &mut self.cells[entity as usize];
        if sum.rows == 0 {
            self.touched.push(entity);
        }
        sum.add(cell);
    }

    /// Hands out what was summed. What a NIC counts is what its rules count.
    fn flush(&mut self, entities: &Entities, hour: u32, nic: u32) {
        let mut of_nic = Cell::default();
        for entity in self.touched.drain(..) {
            let cell = std::mem::take(&mut self.cells[entity as usize]);
            if entities.kind(entity).0 == SeriesKind::Rule {
                of_nic.add(&cell);
            }
            self.parts.push(Part { entity, hour, nic, cell });
        }
        if of_nic.rows > 0 {
            self.parts.push(Part { entity: entities.nic(nic), hour, nic, cell: of_nic });
        }
    }
}

/// Flows that left a subnet and were denied at the other end.
fn add_corrections(parts: &mut Vec<Part>, source: &Source<'_>, entities: &Entities, hours: Hours) {
    let interval = source.dataset.interval();
    for correction in &source.deduplicated.corrections {
        let (hour, denied) = (interval.hour(correction.interval), correction.denied);
        if hours.place(hour).is_none() {
            continue;
        }
        let allowed = correction.were_allowed.wrapping_neg();
        let at_dst = Cell { rows: 1, flows_allowed: allowed, flows_denied: denied, ..Cell::default() };
        let at_src = Cell { flows_denied_outbound: denied, ..at_dst };
        for (address, cell) in [(correction.src_ip, at_src), (correction.dst_ip, at_dst)] {
            let entity = entities.subnet_of[address as usize];
            if entity != NO_SUBNET {
                parts.push(Part { entity, hour, nic: correction.nic, cell });
            }
        }
    }
}

/// Of each kind the entities with most flows, of equal ones the first.
fn with_most_flows<'a>(groups: Vec<&'a [Hourly]>, entities: &Entities) -> Vec<&'a [Hourly]> {
    let flows = |group: &[Hourly]| {
        let of_hour = |of: &Hourly| of.cell.flows_allowed.wrapping_add(of.cell.flows_denied);
        group.iter().map(of_hour).fold(0, u64::wrapping_add)
    };
    let mut ranked: Vec<(SeriesKind, u64, &[Hourly])> =
        groups.into_iter().map(|group| (entities.kind(group[0].entity).0, flows(group), group)).collect();
    ranked.sort_by_key(|(kind, flows, group)| (*kind, std::cmp::Reverse(*flows), group[0].entity));
    ranked.chunk_by(|a, b| a.0 == b.0).flat_map(|kind| kind.iter().take(SERIES_MAX)).map(|entry| entry.2).collect()
}

fn name(source: &Source<'_>, kind: SeriesKind, number: u32) -> String {
    let number = number as usize;
    match kind {
        SeriesKind::Subnet => source.estate.endpoints.subnets[number].name.clone(),
        SeriesKind::Interface => source.dataset.macs()[number].to_string(),
        SeriesKind::Rule => {
            let rule = &source.dataset.rules()[number];
            format!("{} {}", rule.acl, rule.rule)
        }
    }
}

fn empty(kind: SeriesKind, name: String, hours: Hours) -> SeriesRow {
    let zeros = || vec![0; hours.count()];
    SeriesRow {
        kind,
        name,
        start: i64::from(hours.first) * HOUR_MS,
        step: HOUR_MS,
        bytes: zeros(),
        bytes_sent: zeros(),
        flows_allowed: zeros(),
        flows_denied: zeros(),
        flows_denied_outbound: zeros(),
        is_covered: vec![false; hours.count()],
    }
}

fn add(row: &mut SeriesRow, Hourly { hour, cell, .. }: &Hourly, hours: Hours) {
    let Some(place) = hours.place(*hour) else { return };
    row.bytes[place] += cell.bytes;
    row.bytes_sent[place] += cell.bytes_sent;
    row.flows_allowed[place] = row.flows_allowed[place].wrapping_add(cell.flows_allowed);
    row.flows_denied[place] += cell.flows_denied;
    row.flows_denied_outbound[place] += cell.flows_denied_outbound;
    row.is_covered[place] = true;
}

/// Adds a series of the same name: two prefixes of one subnet, or texts that read the same when joined.
fn merge(kept: &mut SeriesRow, other: &SeriesRow) {
    let sum = |kept: &mut [u64], more: &[u64]| kept.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    sum(&mut kept.bytes, &other.bytes);
    sum(&mut kept.bytes_sent, &other.bytes_sent);
    sum(&mut kept.flows_allowed, &other.flows_allowed);
    sum(&mut kept.flows_denied, &other.flows_denied);
    sum(&mut kept.flows_denied_outbound, &other.flows_denied_outbound);
    kept.is_covered.iter_mut().zip(&other.is_covered).for_each(|(kept, more)| *kept |= more);
}

/// Who logged when.
struct Coverage {
    /// (NIC, hour) with a tuple of a log that nothing replaces; ascending.
    logged: Vec<(u32, u32)>,
    /// (subnet, NIC that owns an address of it); ascending.
    of_subnet: Vec<(u32, u32)>,
    /// (rule, NIC that logged it); ascending.
    of_rule: Vec<(u32, u32)>,
}

impl Coverage {
    fn of(source: &Source<'_>, entities: &Entities, counting: &[(u32, u32)], of_rule: Vec<(u32, u32)>) -> Self {
        let dataset = source.dataset;
        let nic = |point: u32| dataset.nic_of_capture_point()[point as usize];
        let logged = counting.iter().map(|(hour, point)| (nic(*point), *hour)).collect();
        let mut of_subnet = Vec::new();
        for owner in &source.estate.owners.interfaces {
            let Ok(nic) = dataset.macs().binary_search_by(|mac| (**mac).cmp(&owner.mac)) else { continue };
            let numbers = owner.addresses.iter().filter_map(|address| dataset.addresses().binary_search(address).ok());
            let subnets = numbers.map(|number| entities.subnet_of[number]).filter(|subnet| *subnet != NO_SUBNET);
            of_subnet.extend(subnets.map(|subnet| (subnet, nic as u32)));
        }
        Self { logged: distinct(logged), of_subnet: distinct(of_subnet), of_rule }
    }

    /// Marks the hours in which any NIC of an entity logged: of a subnet those that own an address of it, of a rule those that ever
    /// logged the rule.
    fn fill(&self, is_covered: &mut [bool], (kind, number): (SeriesKind, u32), entity: u32, hours: Hours) {
        let nics: Vec<u32> = match kind {
            SeriesKind::Subnet => of(&self.of_subnet, number).map(|(_, nic)| *nic).collect(),
            SeriesKind::Interface => vec![number],
            SeriesKind::Rule => of(&self.of_rule, entity).map(|(_, nic)| *nic).collect(),
        };
        for nic in nics {
            if is_covered.iter().all(|covered| *covered) {
                return;
            }
            for place in of(&self.logged, nic).filter_map(|(_, hour)| hours.place(*hour)) {
                is_covered[place] = true;
            }
        }
    }
}

/// The entries that begin with `first`.
fn of(sorted: &[(u32, u32)], first: u32) -> impl Iterator<Item = &(u32, u32)> {
    let from = sorted.partition_point(|entry| entry.0 < first);
    sorted[from..].iter().take_while(move |entry| entry.0 == first)
}

fn distinct<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}
