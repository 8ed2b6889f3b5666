//! What a bar stands for, of either kind of measures, and what is said of it beside the bar.

use crate::report::chart::scale::Unit;
use crate::report::words;
use crate::schema::tables::{Measures, PairMeasures};

/// Bytes, packets and flows of a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub received: u64,
    pub sent: u64,
    /// Both ways.
    pub packets: u64,
    /// Malicious ones among them.
    pub flows_allowed: u64,
    /// Malicious ones among them.
    pub flows_denied: u64,
    pub malicious_allowed: u64,
    pub malicious_denied: u64,
    pub unmeasured: u64,
}

impl From<&Measures> for Amounts {
    fn from(m: &Measures) -> Self {
        Self {
            received: m.bytes_received,
            sent: m.bytes_sent,
            packets: m.packets_received + m.packets_sent,
            flows_allowed: m.flows_inbound_allowed + m.flows_outbound_allowed,
            flows_denied: m.flows_denied(),
            malicious_allowed: m.flows_malicious_allowed,
            malicious_denied: m.flows_malicious_denied,
            unmeasured: m.tuples_unmeasured,
        }
    }
}

impl From<&PairMeasures> for Amounts {
    fn from(m: &PairMeasures) -> Self {
        Self {
            received: m.bytes_received,
            sent: m.bytes_sent,
            packets: m.packets_received + m.packets_sent,
            flows_allowed: m.flows_allowed,
            flows_denied: m.flows_denied,
            malicious_allowed: m.flows_malicious_allowed,
            malicious_denied: m.flows_malicious_denied,
            unmeasured: m.tuples_unmeasured,
        }
    }
}

impl Amounts {
    pub fn add(&mut self, other: Self) {
        self.received += other.received;
        self.sent += other.sent;
        self.packets += other.packets;
        self.flows_allowed += other.flows_allowed;
        self.flows_denied += other.flows_denied;
        self.malicious_allowed += other.malicious_allowed;
        self.malicious_denied += other.malicious_denied;
        self.unmeasured += other.unmeasured;
    }

    /// Both ways.
    pub fn bytes(&self) -> u64 {
        self.received + self.sent
    }

    pub fn flows(&self) -> u64 {
        self.flows_allowed + self.flows_denied
    }

    pub fn denied(&self) -> u64 {
        self.flows_denied
    }

    /// Allowed or denied.
    pub fn malicious(&self) -> u64 {
        self.malicious_allowed + self.malicious_denied
    }

    /// Flows allowed, denied, and malicious; each flow in one of them.
    pub fn flow_parts(&self) -> [u64; 3] {
        [
            self.flows_allowed.saturating_sub(self.malicious_allowed),
            self.flows_denied.saturating_sub(self.malicious_denied),
            self.malicious(),
        ]
    }

    /// `1.2 GiB · 3,400 packets · 210 flows, 12 denied, 3 malicious`; what the bar draws comes first.
    pub fn note(&self, unit: Unit) -> String {
        let is_unknown = self.bytes() == 0 && self.packets == 0 && self.unmeasured > 0;
        let volume = match is_unknown {
            true => "bytes not measured".to_owned(),
            false => format!("{} · {}", words::bytes(self.bytes()), words::counted(self.packets, "packet")),
        };
        let mut flows = words::counted(self.flows(), "flow");
        for (number, what) in [(self.flows_denied, "denied"), (self.malicious(), "malicious")] {
            if number > 0 && number == self.flows() {
                flows.push_str(&format!(", all {what}"));
            } else if number > 0 {
                flows.push_str(&format!(", {} {what}", words::count(number)));
            }
        }
        if unit == Unit::Bytes { format!("{volume} · {flows}") } else { format!("{flows} · {volume}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Amounts = Amounts {
        received: 1_000,
        sent: 24,
        packets: 3_400,
        flows_allowed: 198,
        flows_denied: 12,
        malicious_allowed: 1,
        malicious_denied: 2,
        unmeasured: 5,
    };

    #[test]
    fn a_note_tells_bytes_packets_and_flows_together() {
        assert_eq!(SOME.note(Unit::Bytes), "1 KiB · 3,400 packets · 210 flows, 12 denied, 3 malicious");
        assert_eq!(SOME.note(Unit::Flows), "210 flows, 12 denied, 3 malicious · 1 KiB · 3,400 packets");
        let refused = Amounts { flows_denied: 7, ..Amounts::default() };
        assert_eq!(refused.note(Unit::Flows), "7 flows, all denied · 0 B · 0 packets");
    }

    #[test]
    fn bytes_that_nobody_measured_are_not_called_zero() {
        let unmeasured = Amounts { flows_allowed: 2, unmeasured: 2, ..Amounts::default() };
        assert_eq!(unmeasured.note(Unit::Bytes), "bytes not measured · 2 flows");
    }

    #[test]
    fn a_malicious_flow_is_drawn_once() {
        assert_eq!(SOME.flow_parts(), [197, 10, 3]);
        assert_eq!(SOME.flow_parts().iter().sum::<u64>(), SOME.flows());
    }
}
