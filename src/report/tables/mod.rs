//! The tables as CSV files, one per table of the contract.
//!
//! Goes in: sorted rows. Comes out: UTF-8 with LF and a header row. Formats nothing for people: numbers are plain
//! integers, times RFC 3339, unknown attributes empty.

mod cells;

mod rows;
#[cfg(test)]
mod tests;

pub use cells::guarded;

use super::{OutputFile, ReportError};
use crate::schema::tables::Tables;
use cells::Cells;

/// The measures of most tables, in order.
const MEASURES: &[&str] = &[
    "flows_inbound_allowed",
    "flows_inbound_denied",
    "flows_outbound_allowed",
    "flows_outbound_denied",
    "bytes_received",
    "bytes_sent",
    "packets_received",
    "packets_sent",
    "tuples_unmeasured",
    "flows_malicious_allowed",
    "flows_malicious_denied",
];

/// The measures of pairs, ports and the matrix, in order.
const PAIR_MEASURES: &[&str] = &[
    "flows_allowed",
    "flows_denied",
    "bytes_received",
    "bytes_sent",
    "packets_received",
    "packets_sent",
    "tuples_unmeasured",
    "flows_malicious_allowed",
    "flows_malicious_denied",
];

/// One CSV file.
pub struct Table {
    /// Name of the file, without `.csv`.
    pub name: &'static str,
    /// Key and attribute columns.
    keys: &'static [&'static str],
    /// Measure columns, which follow them.
    measures: &'static [&'static str],
    /// Writes every row.
    rows: fn(&Tables, &mut Cells) -> csv::Result<()>,
}

/// Every table, sorted by name.
pub static TABLES: &[Table] = &[
    Table {
        name: "activity",
        keys: &["kind", "name", "activity", "addresses", "first_time", "last_time"],
        measures: MEASURES,
        rows: rows::activity,
    },
    Table {
        name: "capture_points",
        keys: &["log_resource", "target_resource", "mac", "format", "first_time", "last_time", "records", "tuples"],
        measures: &[],
        rows: rows::capture_points,
    },
    Table {
        name: "changes",
        keys: &[
            "kind",
            "name",
            "change",
            "bytes_before",
            "bytes_now",
            "bytes_difference",
            "flows_before",
            "flows_now",
            "flows_difference",
        ],
        measures: &[],
        rows: rows::changes,
    },
    Table {
        name: "conversations",
        keys: &["ip_a", "ip_b", "flow_type", "ports", "top_port", "top_protocol", "top_l7_protocol"],
        measures: PAIR_MEASURES,
        rows: rows::conversations,
    },
    Table { name: "coverage", keys: &["log_resource", "mac", "hour", "records", "tuples"], measures: &[], rows: rows::coverage },
    Table {
        name: "data_quality",
        keys: &[
            "log_resource",
            "mac",
            "format",
            "hours",
            "hours_without",
            "gap_hours_max",
            "tuples_begin",
            "tuples_continuing",
            "tuples_end",
            "tuples_denied",
            "tuples_unstated",
            "tuples_unmeasured",
            "tuples_late",
            "tuples_early",
            "lag_min_ms",
            "lag_max_ms",
            "hours_replaced",
            "remarks",
        ],
        measures: &[],
        rows: rows::data_quality,
    },
    Table {
        name: "encryption",
        keys: &["src_subnet", "dst_subnet", "encryption"],
        measures: PAIR_MEASURES,
        rows: rows::encryption,
    },
    Table {
        name: "endpoints",
        keys: &[
            "ip",
            "scope",
            "subnet",
            "vnet",
            "interface",
            "vm",
            "scale_set",
            "load_balancer",
            "application_gateway",
            "gateway",
            "connection",
            "private_endpoint",
            "region",
            "subscription",
            "country",
            "asn",
            "as_name",
            "service_tag",
            "service_tag_region",
            "threat_list",
            "threat_entry",
            "threat_age_days",
            "first_time",
            "last_time",
        ],
        measures: &[],
        rows: rows::endpoints,
    },
    Table {
        name: "exposed_ports",
        keys: &["ip", "subnet", "interface", "dst_port", "protocol", "rule", "sources", "first_time", "last_time"],
        measures: MEASURES,
        rows: rows::exposed_ports,
    },
    Table {
        name: "exposed_sources",
        keys: &[
            "ip",
            "dst_port",
            "protocol",
            "src_ip",
            "sources",
            "country",
            "asn",
            "service_tag",
            "threat_list",
            "first_time",
            "last_time",
        ],
        measures: MEASURES,
        rows: rows::exposed_sources,
    },
    Table {
        name: "gateways",
        keys: &["gateway", "gateway_type", "connection", "connection_type", "peers", "bytes_per_second_max", "busiest_interval"],
        measures: MEASURES,
        rows: rows::gateways,
    },
    Table {
        name: "internet_senders",
        keys: &["ip", "vm", "interface", "subnet", "peers", "ports", "locations"],
        measures: MEASURES,
        rows: rows::internet_senders,
    },
    Table {
        name: "load_balancers",
        keys: &["name", "kind", "frontends", "backends", "is_active"],
        measures: MEASURES,
        rows: rows::load_balancers,
    },
    Table {
        name: "public_addresses",
        keys: &[
            "ip",
            "flow_type",
            "location",
            "service_tag",
            "asn",
            "as_name",
            "threat_list",
            "threat_entry",
            "threat_age_days",
            "peers",
            "first_time",
            "last_time",
        ],
        measures: MEASURES,
        rows: rows::public_addresses,
    },
    Table {
        name: "rejects",
        keys: &["blob", "record", "flow", "group", "tuple", "byte_offset", "reason", "text"],
        measures: &[],
        rows: rows::rejects,
    },
    Table {
        name: "rule_top_pairs",
        keys: &["acl", "rule", "direction", "status", "rank", "src_ip", "dst_ip"],
        measures: PAIR_MEASURES,
        rows: rows::rule_top_pairs,
    },
    Table {
        name: "rule_usage",
        keys: &["nsg", "rule", "priority", "direction", "access", "is_default", "activity", "flows", "bytes", "last_time"],
        measures: &[],
        rows: rows::rule_usage,
    },
    Table { name: "subnet_matrix", keys: &["src_subnet", "dst_subnet"], measures: PAIR_MEASURES, rows: rows::subnet_matrix },
    Table { name: "traffic_by_azure_region", keys: &["azure_region"], measures: MEASURES, rows: rows::traffic_by_azure_region },
    Table { name: "traffic_by_country", keys: &["country"], measures: MEASURES, rows: rows::traffic_by_country },
    Table { name: "traffic_by_flow_type", keys: &["flow_type"], measures: MEASURES, rows: rows::traffic_by_flow_type },
    Table {
        name: "traffic_by_interface",
        keys: &["mac", "interface", "ip", "subnet", "log_resource"],
        measures: MEASURES,
        rows: rows::traffic_by_interface,
    },
    Table {
        name: "traffic_by_ip",
        keys: &["ip", "scope", "subnet", "interface", "vm", "country", "asn", "service_tag", "threat"],
        measures: MEASURES,
        rows: rows::traffic_by_ip,
    },
    Table {
        name: "traffic_by_pair",
        keys: &["src_ip", "dst_ip", "dst_port", "protocol", "l7_protocol", "flow_type"],
        measures: PAIR_MEASURES,
        rows: rows::traffic_by_pair,
    },
    Table {
        name: "traffic_by_port",
        keys: &["dst_port", "protocol", "l7_protocol"],
        measures: PAIR_MEASURES,
        rows: rows::traffic_by_port,
    },
    Table {
        name: "traffic_by_rule",
        keys: &["acl", "rule", "direction", "status"],
        measures: MEASURES,
        rows: rows::traffic_by_rule,
    },
    Table { name: "traffic_by_scale_set", keys: &["scale_set"], measures: MEASURES, rows: rows::traffic_by_scale_set },
    Table { name: "traffic_by_subnet", keys: &["subnet", "vnet", "prefix"], measures: MEASURES, rows: rows::traffic_by_subnet },
    Table { name: "traffic_by_vnet", keys: &["vnet"], measures: MEASURES, rows: rows::traffic_by_vnet },
    Table { name: "traffic_over_time", keys: &["interval_start"], measures: MEASURES, rows: rows::traffic_over_time },
];

impl Table {
    /// The file of this table.
    pub fn file(&self, tables: &Tables) -> Result<OutputFile, ReportError> {
        let bytes = self.bytes(tables).map_err(|source| ReportError::Table { table: self.name, source })?;
        Ok(OutputFile::new(format!("tables/{}.csv", self.name), bytes))
    }

    fn bytes(&self, tables: &Tables) -> csv::Result<Vec<u8>> {
        let mut cells = Cells::default();
        for column in self.keys.iter().chain(self.measures) {
            cells.text(column)?;
        }
        cells.end_row()?;
        (self.rows)(tables, &mut cells)?;
        cells.finish()
    }
}
