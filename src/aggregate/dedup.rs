//! Which rows supply the deduplicated numbers (ARCHITECTURE.md, "Counting in one page").
//!
//! Goes in: the rows and who owns which address. Comes out: one [`Role`] per row, and the [`Correction`]s for flows that
//! their destination denied. Sums nothing else.

use std::collections::HashMap;

use rayon::prelude::*;

use super::dataset::Dataset;
use super::denied::{self, Correction};
use super::owners::Ownership;
use super::rows::Rows;
use super::sums::Sums;
use crate::schema::partial::Contacts;
use crate::schema::{Direction, Status};

/// What a row is for the deduplicated tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Of a log that another log of the same NIC replaces in this hour.
    Replaced,
    /// Of a log that counts, but another NIC or direction supplies the pair.
    Repeats,
    /// Supplies the numbers.
    Supplies,
}

/// The rows that count once.
pub(super) struct Deduplicated {
    /// Per chunk, one per row.
    pub roles: Vec<Vec<Role>>,
    /// Ascending by key.
    pub corrections: Vec<Correction>,
}

/// Decides every row, and who supplies a pair in an hour: for what is not a row of traffic.
pub(super) fn deduplicate<'a>(
    dataset: &'a Dataset,
    chunks: &[Rows<'_>],
    ownership: &'a Ownership,
) -> (Deduplicated, Suppliers<'a>) {
    let mut suppliers = Suppliers { dataset, ownership, activity: Activity::of(dataset, chunks), least: Vec::new() };
    let judged: Vec<Judged> = chunks.par_iter().map(|rows| suppliers.chunk(rows)).collect();

    let mut least: Vec<u128> = judged.iter().flat_map(|j| j.unowned.iter().map(|(_, claim)| *claim)).collect();
    least.par_sort_unstable();
    least.dedup_by_key(|claim| *claim >> 32);

    let mut roles = Vec::with_capacity(judged.len());
    let mut refusals = Vec::new();
    for mut chunk in judged {
        for (row, claim) in chunk.unowned {
            if least.binary_search(&claim).is_ok() {
                chunk.roles[row as usize] = Role::Supplies;
            }
        }
        roles.push(chunk.roles);
        refusals.extend(chunk.refusals);
    }
    let corrections = denied::corrections(chunks, &roles, refusals);
    suppliers.least = least;
    (Deduplicated { roles, corrections }, suppliers)
}

/// What is known of one chunk before the pairs that nobody owns are settled.
struct Judged {
    roles: Vec<Role>,
    /// Rows of pairs neither of whose owners logged, with their [`claim`].
    unowned: Vec<(u32, u128)>,
    /// Denied at a destination whose source's owner logged.
    refusals: Vec<Correction>,
}

/// Decides rows one by one, and tells afterwards who supplied.
pub(super) struct Suppliers<'a> {
    dataset: &'a Dataset,
    ownership: &'a Ownership,
    activity: Activity,
    /// The [`claim`] that won each pair whose owners did not log, ascending.
    least: Vec<u128>,
}

/// Something that a NIC logged of a pair of addresses in an hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// Hour of the tuples, from the epoch.
    pub hour: u32,
    /// Number of the capture point.
    pub capture_point: u32,
    /// Whether its direction is Outbound.
    pub outbound: bool,
    /// Number of the source.
    pub src_ip: u32,
    /// Number of the destination.
    pub dst_ip: u32,
}

impl Sight {
    /// What a row of contacts was seen as.
    #[inline]
    pub fn of_contacts(contacts: &Contacts, row: usize) -> Self {
        Self {
            hour: contacts.hour[row],
            capture_point: contacts.capture_point[row],
            outbound: contacts.direction[row] == Direction::Outbound as u8,
            src_ip: contacts.src_ip[row],
            dst_ip: contacts.dst_ip[row],
        }
    }
}

/// Whose rows supply a pair in an hour.
#[derive(PartialEq, Eq)]
enum Supplier {
    /// The Outbound rows of the NICs that own the source.
    Source,
    /// The Inbound rows of the NICs that own the destination.
    Destination,
    /// Of the NICs with rows of the pair, the one with the smallest MAC.
    SmallestMac,
}

impl Suppliers<'_> {
    /// Whether what was seen so is what the deduplicated tables count.
    pub fn supplies(&self, sight: Sight) -> bool {
        let Sight { hour, capture_point, outbound, src_ip, dst_ip } = sight;
        if !self.activity.counts(hour, capture_point) {
            return false;
        }
        let nic = self.dataset.nic_of_capture_point()[capture_point as usize];
        let at_source = outbound && self.ownership.owns(nic, src_ip);
        let at_destination = !outbound && self.ownership.owns(nic, dst_ip);
        match self.supplier(hour, (src_ip, at_source), (dst_ip, at_destination)) {
            Supplier::Source => at_source,
            Supplier::Destination => at_destination,
            Supplier::SmallestMac => self.least.binary_search(&claim(hour, src_ip, dst_ip, nic, outbound)).is_ok(),
        }
    }

    /// The (hour, capture point) whose rows no other log of the NIC replaces; ascending.
    pub fn counting(&self) -> &[(u32, u32)] {
        &self.activity.counts
    }

    fn chunk(&self, rows: &Rows<'_>) -> Judged {
        let mut judged = Judged { roles: vec![Role::Repeats; rows.count()], unowned: Vec::new(), refusals: Vec::new() };
        // A unit of work has one capture point as a rule, and its rows ascend in time.
        let mut last = (u32::MAX, u32::MAX);
        let (mut hour, mut counts) = (0, false);
        for row in 0..rows.count() {
            let place = (rows.interval[row], rows.capture_point[row]);
            if place != last {
                last = place;
                hour = self.dataset.interval().hour(place.0);
                counts = self.activity.counts(hour, place.1);
            }
            if !counts {
                judged.roles[row] = Role::Replaced;
                continue;
            }
            self.row(rows, row, hour, &mut judged);
        }
        judged
    }

    fn row(&self, rows: &Rows<'_>, row: usize, hour: u32, judged: &mut Judged) {
        let nic = self.dataset.nic_of_capture_point()[rows.capture_point[row] as usize];
        let outbound = rows.direction[row] == Direction::Outbound as u8;
        let (src, dst) = (rows.src_ip[row], rows.dst_ip[row]);
        let at_source = outbound && self.ownership.owns(nic, src);
        let at_destination = !outbound && self.ownership.owns(nic, dst);
        match self.supplier(hour, (src, at_source), (dst, at_destination)) {
            Supplier::Source => {
                if at_source {
                    judged.roles[row] = Role::Supplies;
                } else if at_destination && rows.status[row] == Status::Denied as u8 {
                    judged.refusals.push(Correction::of(rows, row, self.dataset.interval(), nic));
                }
            }
            Supplier::Destination if at_destination => judged.roles[row] = Role::Supplies,
            Supplier::Destination => {}
            Supplier::SmallestMac => {
                judged.unowned.push((row as u32, claim(hour, src, dst, nic, outbound)));
            }
        }
    }

    /// Who supplies the pair. A row at its own end proves that its NIC logged that direction in the hour.
    fn supplier(&self, hour: u32, (src, at_source): (u32, bool), (dst, at_destination): (u32, bool)) -> Supplier {
        let logged =
            |address, direction| self.ownership.of(address).iter().any(|nic| self.activity.logged(hour, *nic, direction));
        if at_source || logged(src, Direction::Outbound) {
            Supplier::Source
        } else if at_destination || logged(dst, Direction::Inbound) {
            Supplier::Destination
        } else {
            Supplier::SmallestMac
        }
    }
}

/// The claim of a NIC to supply a pair in an hour. Of claims that share the upper 96 bits (hour, src, dst) the least
/// supplies: the smallest MAC, and Outbound before Inbound.
fn claim(hour: u32, src: u32, dst: u32, nic: u32, outbound: bool) -> u128 {
    let claimant = u128::from(nic) << 1 | u128::from(!outbound);
    u128::from(hour) << 96 | u128::from(src) << 64 | u128::from(dst) << 32 | claimant
}

/// What was logged hour by hour, after a VNet log has replaced the NSG logs of the same NIC.
struct Activity {
    /// (hour, capture point) whose rows count; ascending.
    counts: Vec<(u32, u32)>,
    /// The same, to be looked up: for every contact, and for many rows.
    counting: Sums<()>,
    /// Per hour and NIC a bit per direction in which it logged.
    logged: Sums<u8>,
}

/// An hour and a number as one integer.
fn at_hour(hour: u32, number: u32) -> u128 {
    u128::from(hour) << 32 | u128::from(number)
}

impl Activity {
    fn of(dataset: &Dataset, chunks: &[Rows<'_>]) -> Self {
        // (hour, NIC, capture point), ascending, with a bit per direction.
        let mut seen: Vec<((u32, u32, u32), u8)> =
            chunks.par_iter().flat_map_iter(|rows| directions_seen(dataset, rows)).collect();
        seen.sort_unstable();
        seen.dedup_by(|next, kept| {
            kept.1 |= if next.0 == kept.0 { next.1 } else { 0 };
            next.0 == kept.0
        });
        let mut activity = Self { counts: Vec::new(), counting: Sums::default(), logged: Sums::default() };
        for of_nic in seen.chunk_by(|a, b| (a.0.0, a.0.1) == (b.0.0, b.0.1)) {
            let point = |entry: &((u32, u32, u32), u8)| &dataset.capture_points()[entry.0.2 as usize];
            let vnet_log = of_nic.iter().map(point).filter(|p| p.format.is_vnet()).map(|p| &p.log_resource).min();
            let mut directions = 0;
            for entry in of_nic {
                let supplies = match vnet_log {
                    Some(log) => point(entry).format.is_vnet() && point(entry).log_resource == *log,
                    None => true,
                };
                if supplies {
                    activity.counts.push((entry.0.0, entry.0.2));
                    directions |= entry.1;
                }
            }
            let (hour, nic, _) = of_nic[0].0;
            *activity.logged.entry(at_hour(hour, nic)) = directions;
        }
        activity.counts.sort_unstable();
        for (hour, point) in &activity.counts {
            activity.counting.entry(at_hour(*hour, *point));
        }
        activity
    }

    /// Whether the rows of a capture point count in an hour.
    fn counts(&self, hour: u32, capture_point: u32) -> bool {
        self.counting.get(at_hour(hour, capture_point)).is_some()
    }

    /// Whether `nic` logged any row of `direction` in `hour`.
    fn logged(&self, hour: u32, nic: u32, direction: Direction) -> bool {
        self.logged.get(at_hour(hour, nic)).is_some_and(|directions| directions & bit(direction as u8) != 0)
    }
}

/// The bit of a direction's code.
fn bit(direction: u8) -> u8 {
    1 << (direction & 1)
}

/// The (hour, NIC, capture point) of a chunk with the directions of their rows.
fn directions_seen(dataset: &Dataset, rows: &Rows<'_>) -> Vec<((u32, u32, u32), u8)> {
    let mut seen: HashMap<(u32, u32), u8> = HashMap::new();
    let mut last = None;
    for row in 0..rows.count() {
        let place = (rows.interval[row], rows.capture_point[row], rows.direction[row]);
        if last != Some(place) {
            last = Some(place);
            *seen.entry((dataset.interval().hour(place.0), place.1)).or_default() |= bit(place.2);
        }
    }
    seen.into_iter().map(|((hour, point), bits)| ((hour, dataset.nic_of_capture_point()[point as usize], point), bits)).collect()
}
