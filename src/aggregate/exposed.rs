//! What public addresses reach: one row per local end, port, protocol and rule.
//!
//! Goes in: allowed Inbound rows as logged, of logs that no other log of the NIC replaces, whose source is public and not
//! Azure's platform. Comes out: exposed_ports. Judges nothing.

use std::cmp::Reverse;

use polars::prelude::*;
use rayon::prelude::*;

use super::dataset::Dataset;
use super::dedup::Role;
use super::entities::Names;
use super::plans::{collect, i64_column, u32_column, u64_column};
use super::rows::Rows;
use crate::enrich::Endpoints;
use crate::schema::tables::{ExposedRow, Measures, Scope};
use crate::schema::{Direction, Status};

/// The table, most distinct sources first.
pub(super) fn exposed_ports(
    dataset: &Dataset,
    rows: &[Rows<'_>],
    roles: &[Vec<Role>],
    endpoints: &Endpoints,
    names: &Names<'_>,
) -> Vec<ExposedRow> {
    let frame = exposing_rows(dataset, rows, roles, endpoints);
    let (numbers, rule_names) = rule_names(dataset);
    let start = col("interval").cast(DataType::Int64) * lit(dataset.interval().ms());
    let sum = |name: &str| col(name).cast(DataType::UInt64).sum();
    let groups = collect(
        frame
            .lazy()
            .join(numbers.lazy(), [col("rule")], [col("rule")], JoinArgs::new(JoinType::Inner))
            .group_by([col("dst_ip"), col("dst_port"), col("protocol"), col("rule_name")])
            .agg([
                col("src_ip").n_unique().alias("sources"),
                (start.clone() + col("first_offset").cast(DataType::Int64)).min().alias("first_time"),
                (start + col("last_offset").cast(DataType::Int64)).max().alias("last_time"),
                sum("flows_started"),
                sum("bytes_src_to_dst"),
                sum("bytes_dst_to_src"),
                sum("packets_src_to_dst"),
                sum("packets_dst_to_src"),
                sum("tuples_unmeasured"),
            ]),
    );
    let [dst_ip, dst_port, protocol, rule] = ["dst_ip", "dst_port", "protocol", "rule_name"].map(|key| u32_column(&groups, key));
    let (first_time, last_time) = (i64_column(&groups, "first_time"), i64_column(&groups, "last_time"));
    let sources = u64_column(&groups, "sources");
    let measures = measures(&groups);
    let row = |row: usize| ExposedRow {
        ip: dataset.addresses()[dst_ip[row] as usize],
        subnet: names.subnet_of(dst_ip[row]).to_owned(),
        interface: endpoints.rows[dst_ip[row] as usize].interface.clone(),
        dst_port: dst_port[row] as u16,
        protocol: protocol[row] as u8,
        rule: rule_names[rule[row] as usize].to_owned(),
        sources: sources[row],
        sources_of_port: sources[row],
        first_time: first_time[row],
        last_time: last_time[row],
        measures: measures[row],
    };
    let mut exposed: Vec<ExposedRow> = (0..groups.height()).map(row).collect();
    exposed.sort_by(|a, b| {
        let order = |row: &ExposedRow| (Reverse(row.sources), Reverse(row.measures.flows()), row.ip, row.dst_port, row.protocol);
        order(a).cmp(&order(b)).then_with(|| a.rule.cmp(&b.rule))
    });
    exposed
}

/// The rows that expose something, all chunks in one frame. Copies only those rows.
fn exposing_rows(dataset: &Dataset, rows: &[Rows<'_>], roles: &[Vec<Role>], endpoints: &Endpoints) -> DataFrame {
    let is_public: Vec<bool> =
        endpoints.rows.iter().map(|e| matches!(e.scope, Scope::AzurePublic | Scope::ExternalPublic) && !e.is_local).collect();
    let select = |((chunk, rows), roles): ((&DataFrame, &Rows<'_>), &Vec<Role>)| {
        let exposes = |row: usize| {
            roles[row] != Role::Replaced
                && rows.direction[row] == Direction::Inbound as u8
                && rows.status[row] == Status::Allowed as u8
                && is_public[rows.src_ip[row] as usize]
        };
        let mask: BooleanChunked = (0..rows.count()).map(exposes).collect();
        chunk.filter(&mask).expect("one bit per row")
    };
    let selected: Vec<DataFrame> = dataset.chunks().par_iter().zip(rows).zip(roles).map(select).collect();
    let mut all = selected.into_iter();
    let mut frame = all.next().unwrap_or_default();
    for chunk in all {
        frame.vstack_mut_owned(chunk).expect("all chunks have the same columns");
    }
    frame
}

/// A frame from `rule` to `rule_name`, and the names by that number: rules of one name in several ACLs are one row here.
fn rule_names(dataset: &Dataset) -> (DataFrame, Vec<&str>) {
    let mut names: Vec<&str> = dataset.rules().iter().map(|rule| &*rule.rule).collect();
    names.sort_unstable();
    names.dedup();
    let number = |name: &str| names.binary_search(&name).unwrap_or_default() as u32;
    let numbers: Vec<u32> = dataset.rules().iter().map(|rule| number(&rule.rule)).collect();
    let rules = UInt32Chunked::from_vec("rule".into(), (0..numbers.len() as u32).collect());
    let columns = vec![rules.into_column(), UInt32Chunked::from_vec("rule_name".into(), numbers).into_column()];
    (DataFrame::new(dataset.rules().len(), columns).expect("both columns have one row per rule"), names)
}

/// The measures of every group; everything is inbound and allowed.
fn measures(groups: &DataFrame) -> Vec<Measures> {
    let [flows, received, sent, packets_received, packets_sent, unmeasured] = [
        "flows_started",
        "bytes_src_to_dst",
        "bytes_dst_to_src",
        "packets_src_to_dst",
        "packets_dst_to_src",
        "tuples_unmeasured",
    ]
    .map(|name| u64_column(groups, name));
    (0..groups.height())
        .map(|row| Measures {
            flows_inbound_allowed: flows[row],
            bytes_received: received[row],
            bytes_sent: sent[row],
            packets_received: packets_received[row],
            packets_sent: packets_sent[row],
            tuples_unmeasured: unmeasured[row],
            ..Measures::default()
        })
        .collect()
}
