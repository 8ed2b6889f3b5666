//! The measures of the tables, and how they add up.
//!
//! What inbound, received and sent mean stands at each table.

/// The measures of most tables, in the order of their columns. What inbound and received mean stands at each table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Measures {
    /// Flows.
    pub flows_inbound_allowed: u64,
    /// Flows.
    pub flows_inbound_denied: u64,
    /// Flows.
    pub flows_outbound_allowed: u64,
    /// Flows.
    pub flows_outbound_denied: u64,
    /// Bytes.
    pub bytes_received: u64,
    /// Bytes.
    pub bytes_sent: u64,
    /// Packets.
    pub packets_received: u64,
    /// Packets.
    pub packets_sent: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
    /// Allowed flows with a peer of a threat list; they are among the allowed flows above.
    pub flows_malicious_allowed: u64,
    /// Denied flows with a peer of a threat list; they are among the denied flows above.
    pub flows_malicious_denied: u64,
}

impl Measures {
    /// All flows.
    pub fn flows(&self) -> u64 {
        self.flows_inbound_allowed + self.flows_inbound_denied + self.flows_outbound_allowed + self.flows_outbound_denied
    }

    /// Flows with a peer of a threat list, allowed or denied.
    pub fn flows_malicious(&self) -> u64 {
        self.flows_malicious_allowed + self.flows_malicious_denied
    }

    /// Denied flows.
    pub fn flows_denied(&self) -> u64 {
        self.flows_inbound_denied + self.flows_outbound_denied
    }

    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes_received + self.bytes_sent
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.flows_inbound_allowed += other.flows_inbound_allowed;
        self.flows_inbound_denied += other.flows_inbound_denied;
        self.flows_outbound_allowed += other.flows_outbound_allowed;
        self.flows_outbound_denied += other.flows_outbound_denied;
        self.bytes_received += other.bytes_received;
        self.bytes_sent += other.bytes_sent;
        self.packets_received += other.packets_received;
        self.packets_sent += other.packets_sent;
        self.tuples_unmeasured += other.tuples_unmeasured;
        self.flows_malicious_allowed += other.flows_malicious_allowed;
        self.flows_malicious_denied += other.flows_malicious_denied;
    }
}

/// The measures of the tables of pairs, ports and the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PairMeasures {
    /// Flows.
    pub flows_allowed: u64,
    /// Flows.
    pub flows_denied: u64,
    /// Bytes.
    pub bytes_received: u64,
    /// Bytes.
    pub bytes_sent: u64,
    /// Packets.
    pub packets_received: u64,
    /// Packets.
    pub packets_sent: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
    /// Allowed flows with a peer of a threat list; they are among the allowed flows above.
    pub flows_malicious_allowed: u64,
    /// Denied flows with a peer of a threat list; they are among the denied flows above.
    pub flows_malicious_denied: u64,
}

impl PairMeasures {
    /// All flows.
    pub fn flows(&self) -> u64 {
        self.flows_allowed + self.flows_denied
    }

    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes_received + self.bytes_sent
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.flows_allowed += other.flows_allowed;
        self.flows_denied += other.flows_denied;
        self.bytes_received += other.bytes_received;
        self.bytes_sent += other.bytes_sent;
        self.packets_received += other.packets_received;
        self.packets_sent += other.packets_sent;
        self.tuples_unmeasured += other.tuples_unmeasured;
        self.flows_malicious_allowed += other.flows_malicious_allowed;
        self.flows_malicious_denied += other.flows_malicious_denied;
    }
}
