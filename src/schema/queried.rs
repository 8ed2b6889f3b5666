//! The tables that a query may name: those that a workspace keeps, and those that are computed from them when asked for.
//!
//! Goes in: nothing; these are facts. Comes out: what judges a query, what reads the tables and what documents them. Every number is a
//! signed one of 64 bits here, however narrow it is kept, so that a difference can be negative.

use super::kept::{self, Kept};

/// What a column holds, as a query sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A number without decimals.
    Integer,
    /// A number with decimals.
    Real,
    /// A moment, UTC, in ms.
    Time,
    /// True or false.
    Flag,
    /// Texts.
    Texts,
    /// Numbers.
    Integers,
}

impl Kind {
    /// The name that SQL has for it.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Text => "VARCHAR",
            Self::Integer => "BIGINT",
            Self::Real => "DOUBLE",
            Self::Time => "TIMESTAMP",
            Self::Flag => "BOOLEAN",
            Self::Texts => "VARCHAR[]",
            Self::Integers => "BIGINT[]",
        }
    }
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means, with its unit.
    pub doc: &'static str,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Whether it is computed when asked for, rather than kept.
    pub is_computed: bool,
}

/// Every table that a query may name, sorted by name.
pub fn tables() -> Vec<Table> {
    let kept = kept::TABLES.iter().map(|table| Table {
        name: table.name,
        doc: table.doc,
        columns: table.columns.iter().chain(kept::PARTITIONS).map(|c| column(c.name, as_queried(c.kind), c.doc)).collect(),
        is_computed: false,
    });
    let computed = [
        ("endpoints", "what is known of an address: a row of endpoints.csv", ENDPOINTS),
        ("findings", "something odd: a finding of findings.json", FINDINGS),
    ];
    let computed =
        computed.into_iter().map(|(name, doc, columns)| Table { name, doc, columns: columns.to_vec(), is_computed: true });
    let mut tables: Vec<Table> = kept.chain(computed).collect();
    tables.sort_by_key(|table| table.name);
    tables
}

/// Shortens the tables below.
const fn column(name: &'static str, kind: Kind, doc: &'static str) -> Column {
    Column { name, kind, doc }
}

const fn as_queried(kind: Kept) -> Kind {
    match kind {
        Kept::Name | Kept::Text => Kind::Text,
        Kept::U8 | Kept::U16 | Kept::U32 | Kept::U64 | Kept::I64 => Kind::Integer,
        Kept::Time => Kind::Time,
        Kept::Flag => Kind::Flag,
        Kept::U32List | Kept::U64List => Kind::Integers,
    }
}

/// The columns of `endpoints`, in the order of its CSV file.
pub const ENDPOINTS: &[Column] = &[
    column("ip", Kind::Text, "the address"),
    column("scope", Kind::Text, "local, vnet, on_premises, platform, azure_public, external_public or unknown_private"),
    column("subnet", Kind::Text, "its subnet"),
    column("vnet", Kind::Text, "its VNet; of a customer's own public address that of its owner"),
    column("interface", Kind::Text, "its interface, or the MAC"),
    column("vm", Kind::Text, "its VM or scale-set instance"),
    column("scale_set", Kind::Text, "its scale set"),
    column("load_balancer", Kind::Text, "load balancers whose frontend or backend it is, space separated"),
    column("application_gateway", Kind::Text, "application gateways whose frontend, backend or instance it is, space separated"),
    column("gateway", Kind::Text, "the gateway it is an address of, or is reached through"),
    column("connection", Kind::Text, "the connection it is reached through"),
    column("private_endpoint", Kind::Text, "the private endpoint it is the address of"),
    column("region", Kind::Text, "Azure region of its own resource"),
    column("subscription", Kind::Text, "subscription of its own resource"),
    column("country", Kind::Text, "ISO 3166-1 alpha-2"),
    column("asn", Kind::Integer, "number of its autonomous system"),
    column("as_name", Kind::Text, "name of its autonomous system"),
    column("service_tag", Kind::Text, "its service tag"),
    column("service_tag_region", Kind::Text, "Azure region of the service tag"),
    column("threat_list", Kind::Text, "the threat list that names it"),
    column("threat_entry", Kind::Text, "the entry of that list, and what the list says of it"),
    column("threat_age_days", Kind::Integer, "age of the entry at the window's end, days"),
    column("first_time", Kind::Time, "time of the first tuple with it at either end"),
    column("last_time", Kind::Time, "time of the last tuple"),
];

/// The columns of `findings`, in the order of the keys of its JSON file.
pub const FINDINGS: &[Column] = &[
    column("id", Kind::Text, "hash of detector, actor and campaign; the same from run to run"),
    column("incident", Kind::Text, "the incident it belongs to"),
    column("detector", Kind::Text, "name of the detector"),
    column("title", Kind::Text, "one line"),
    column("severity", Kind::Text, "info, low, medium, high or critical"),
    column("score", Kind::Real, "from 0 to 1"),
    column("actor", Kind::Text, "who began it; of an exposure the address exposed"),
    column("actor_kind", Kind::Text, "ip, subnet, interface or rule"),
    column("targets", Kind::Texts, "at most 100 peers, worst first"),
    column("ports", Kind::Integers, "destination ports, at most 100"),
    column("protocol", Kind::Integer, "IANA number; unknown where several"),
    column("direction", Kind::Text, "Inbound or Outbound, at the NIC"),
    column("interface", Kind::Text, "MAC of the NIC"),
    column("first_time", Kind::Time, "when it begins"),
    column("last_time", Kind::Time, "when it ends"),
    column("flows", Kind::Integer, "flows"),
    column("bytes_sent", Kind::Integer, "bytes that the actor sent"),
    column("bytes_received", Kind::Integer, "bytes that the actor received"),
    column("techniques", Kind::Texts, "ATT&CK technique ids"),
    column("why", Kind::Text, "why it was found"),
    column("next_step", Kind::Text, "what to do next"),
    column("evidence", Kind::Text, "the detector's numbers beside their thresholds, as JSON"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        let tables = tables();
        assert!(tables.windows(2).all(|pair| pair[0].name < pair[1].name));
        for table in tables {
            let mut names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}: {names:?}", table.name);
        }
    }
}
