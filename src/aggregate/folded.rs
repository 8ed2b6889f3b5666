//! What rows add up to before anything is named: every sum that asks for no time.
//!
//! Goes in: the supplying rows, at once or piece by piece, and the corrections. Comes out: sums by number. Those of pieces add up, as long as all
//! rows and corrections of two addresses lie in one piece: a pair, a conversation and a peer are counted where they are whole.

use polars::prelude::{DataFrame, IntoLazy};

use super::exposed::ExposedPort;
use super::gateways::Crossed;
use super::pair_sums::PairSums;
use super::places::Places;
use super::plans::Group;
use super::rule_pairs::TopPairs;
use super::rule_usage::LastTimes;
use super::seen::Span;
use super::supply::Supply;
use super::{balancers, exposed, gateways, plans, rule_pairs, rule_usage, seen};
use crate::enrich::Inventory;
use crate::schema::tables::Measures;

/// The sums of a piece, or of several.
pub(super) struct Folded {
    pub pairs: PairSums,
    /// As logged, by rule, direction and status.
    pub by_rule: Vec<Group<3>>,
    /// As logged, by capture point, direction and status.
    pub by_point: Vec<Group<3>>,
    /// Per address.
    pub seen: Vec<Span>,
    /// By address, port and protocol.
    pub exposed: Vec<ExposedPort>,
    pub rule_pairs: TopPairs,
    pub last_times: LastTimes,
    pub gateways: Crossed,
    /// Per balancer of the inventory.
    pub balancers: Vec<Measures>,
}

impl Folded {
    /// Sums everything beside the `pairs`; `frame` holds the rows of the supply, see [`plans::frame`].
    pub fn of(supply: &Supply<'_>, pairs: PairSums, frame: DataFrame, (places, inventory): (&Places<'_>, &Inventory)) -> Self {
        Self {
            pairs,
            by_rule: plans::sum_by(frame.clone().lazy(), ["rule", "direction", "status"]),
            by_point: plans::sum_by(frame.lazy(), ["capture_point", "direction", "status"]),
            seen: seen::seen(supply.dataset, supply.chunks),
            exposed: exposed::reached(supply, places),
            rule_pairs: rule_pairs::top(supply),
            last_times: rule_usage::last_times(supply, inventory),
            gateways: gateways::crossed(supply),
            balancers: balancers::carried(supply, inventory),
        }
    }

    /// Adds another piece.
    pub fn merge(self, more: Self) -> Self {
        Self {
            pairs: self.pairs.merge(more.pairs),
            by_rule: plans::joined(self.by_rule, more.by_rule),
            by_point: plans::joined(self.by_point, more.by_point),
            seen: seen::joined(self.seen, more.seen),
            exposed: exposed::joined(self.exposed, more.exposed),
            rule_pairs: rule_pairs::joined(self.rule_pairs, more.rule_pairs),
            last_times: rule_usage::joined(self.last_times, more.last_times),
            gateways: self.gateways.merge(more.gateways),
            balancers: balancers::joined(self.balancers, more.balancers),
        }
    }
}
