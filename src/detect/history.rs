//! What is known of the time before a finding: how long it is, and whether the host had sent to the peer by then.
//!
//! Goes in: finished findings and the tables. Comes out: the same findings with `history`, `history_hours` and `peer_seen_before` in their evidence.
//! Changes no severity: the detectors weigh their own history.

use super::counted;
use crate::schema::Address;
use crate::schema::finding::{ActorKind, Evidence, Finding};
use crate::schema::moment::moment;
use crate::schema::tables::Tables;
use crate::schema::units::HOUR_MS;

/// A contact this long before the finding's first counts as seen before. Unit: ms; the finding's own first interval may begin earlier
/// than its first contact.
const BEFORE_MS: i64 = HOUR_MS;

/// Hours of a day.
const DAY_HOURS: u64 = 24;

/// Adds what the time before it says to each finding: the window's earlier part, and the history of a workspace.
pub(super) fn add(findings: &mut [Finding], tables: &Tables) {
    let Some(window) = tables.traffic_over_time.first().map(|row| row.interval_start) else { return };
    let (source, start) = tables.history.as_ref().map_or(("window", window), |history| ("workspace", history.from));
    for finding in findings {
        let Some(first) = moment(&finding.first_time) else { continue };
        let hours = ((first - start) / HOUR_MS).max(0);
        finding.evidence.insert("history", Evidence::Text(format!("{source}, {}", length(hours.unsigned_abs()))));
        finding.evidence.entry("history_hours").or_insert(Evidence::Count(hours.unsigned_abs()));
        if let Some(seen) = seen_before(finding, first, tables) {
            let text = if seen { "yes" } else { "no" };
            finding.evidence.insert("peer_seen_before", Evidence::Text(text.to_owned()));
        }
    }
}

/// `7 hours`, and from two days on `2 days`.
fn length(hours: u64) -> String {
    if hours >= 2 * DAY_HOURS { counted(hours / DAY_HOURS, "day") } else { counted(hours, "hour") }
}

/// Whether the actor had sent to its one peer before; `None` where that is not asked, or the window is too short to tell.
fn seen_before(finding: &Finding, first: i64, tables: &Tables) -> Option<bool> {
    let [peer] = finding.targets.as_slice() else { return None };
    if finding.actor_kind != ActorKind::Ip || finding.direction != "Outbound" || tables.peer_history.is_empty() {
        return None;
    }
    let address = |text: &str| text.parse::<std::net::IpAddr>().ok().map(Address::from);
    let (ip, peer) = (address(&finding.actor)?, address(peer)?);
    let found = tables.peer_history.binary_search_by_key(&(ip, peer), |row| (row.ip, row.peer)).ok()?;
    Some(tables.peer_history[found].first_time < first - BEFORE_MS)
}
