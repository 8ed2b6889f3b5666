//! What detectors of guessed passwords and lateral movement share: who is inside, which ports lead to a logon, what looks like an attempt.
//!
//! Goes in: rows of logon attempts, and what is known of their addresses. Comes out: facts about them. Decides nothing.

use std::collections::BTreeMap;

use super::peers::Peers;
use crate::schema::Address;
use crate::schema::tables::{LogonRow, LongFlowRow, Scope, ServiceKey, Tables};
use crate::schema::units::{DAY_MS, HOUR_MS, rfc3339};

/// A service that asks for a password: destination port, name, whether programs rather than people log on there.
static SERVICES: &[(u16, &str, bool)] = &[
    (22, "SSH", false),
    (23, "Telnet", false),
    (1433, "SQL Server", true),
    (1521, "Oracle", true),
    (3306, "MySQL", true),
    (3389, "RDP", false),
    (5432, "PostgreSQL", true),
    (5900, "VNC", false),
    (5985, "WinRM", false),
    (5986, "WinRM", false),
    (6379, "Redis", true),
    (27017, "MongoDB", true),
];

/// The name of a service that asks for a password, and whether it is a database; `None` for any other port.
pub(super) fn service(port: u16) -> Option<(&'static str, bool)> {
    let at = SERVICES.binary_search_by_key(&port, |(of, _, _)| *of).ok()?;
    Some((SERVICES[at].1, SERVICES[at].2))
}

/// Where an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Local, in a known VNet, behind a gateway, or on an unexplained private address.
    Inside,
    /// Public and not the customer's.
    Outside,
    /// Azure's own probes, or nothing that can be acted upon.
    Neither,
}

/// The side of an address; one of which nothing is known is outside.
pub(super) fn side(peers: &Peers<'_>, address: Address, is_local: bool) -> Side {
    if is_local {
        return Side::Inside;
    }
    match peers.of(address).map(|row| row.scope) {
        None | Some(Scope::AzurePublic | Scope::ExternalPublic) => Side::Outside,
        Some(Scope::Platform) => Side::Neither,
        Some(_) => Side::Inside,
    }
}

/// The UTC day of a row, from the epoch.
pub(super) fn day(row: &LogonRow) -> i64 {
    (i64::from(row.hour) * HOUR_MS).div_euclid(DAY_MS)
}

/// A UTC day as a date.
pub(super) fn date(day: i64) -> String {
    rfc3339(day.saturating_mul(DAY_MS)).chars().take(10).collect()
}

/// Bytes that a contact of the row usually sends: the median, or the mean where single sizes are not known.
pub(super) fn usual_size(row: &LogonRow) -> u64 {
    if row.size_median > 0 { row.size_median } else { row.contacts.bytes_sent / row.contacts.begins.max(1) }
}

/// Rows of one source, destination and port, by hour.
pub(super) type Hours<'a> = Vec<&'a LogonRow>;

/// Why a guess may have worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Success {
    /// A contact after the attempts sent several times what they send.
    Large,
    /// Such a contact lasted over an hour as well.
    Lasting,
}

/// How many times the bytes of an attempt a logon that worked sends at least. Unit: times; range 2 to 100. Failed SSH logons of one source
/// differ by less than 1.6 in labelled captures. Raising it hides short sessions.
const SUCCESS_TIMES: u64 = 3;

/// Whether a guess may have worked after `hit`, the first hour of `hours` with enough attempts: a contact that sends over
/// [`SUCCESS_TIMES`] the usual bytes of the hit and more than `attempt_bytes_max`.
pub(super) fn success(
    hours: &[&LogonRow],
    hit: &LogonRow,
    long_flows: &BTreeMap<ServiceKey, Vec<&LongFlowRow>>,
    attempt_bytes_max: u64,
) -> Option<Success> {
    let least = usual_size(hit).saturating_mul(SUCCESS_TIMES).max(attempt_bytes_max);
    let lasting = long_flows.get(&hit.key).into_iter().flatten();
    let mut lasting = lasting.filter(|flow| flow.is_begun && flow.first_time > hit.first_time && flow.bytes_sent > least);
    if lasting.next().is_some() {
        return Some(Success::Lasting);
    }
    let is_later_and_large = |row: &&&LogonRow| row.hour > hit.hour && row.size_max > least;
    (hit.size_max_late > least || hours.iter().any(|row| is_later_and_large(&row))).then_some(Success::Large)
}

/// The long flows to services that ask for a password, by key.
pub(super) fn long_flows(tables: &Tables) -> BTreeMap<ServiceKey, Vec<&LongFlowRow>> {
    let mut flows: BTreeMap<ServiceKey, Vec<&LongFlowRow>> = BTreeMap::new();
    for flow in tables.long_flows.iter().filter(|flow| service(flow.key.dst_port).is_some()) {
        flows.entry(flow.key).or_default().push(flow);
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_sorted_by_port_and_each_port_is_in_the_table_of_contacts() {
        assert!(SERVICES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(SERVICES.iter().all(|(port, _, _)| crate::rollup::is_contact_port(*port)));
    }

    #[test]
    fn a_larger_contact_after_the_attempts_hints_at_success_and_one_before_does_not() {
        let hit = LogonRow { size_median: 1_900, size_max: 90_000, size_max_late: 2_000, ..LogonRow::default() };
        let late = LogonRow { size_max_late: 5_701, ..hit.clone() };
        let none = BTreeMap::new();
        assert_eq!(success(&[&hit], &hit, &none, 5_000), None);
        assert_eq!(success(&[&late], &late, &none, 5_000), Some(Success::Large));
        let flow = LongFlowRow { is_begun: true, first_time: 1, bytes_sent: 6_000, ..LongFlowRow::default() };
        let flows = BTreeMap::from([(hit.key, vec![&flow])]);
        assert_eq!(success(&[&hit], &hit, &flows, 5_000), Some(Success::Lasting));
    }
}
