//! The rows of each table, cell by cell in the order of its columns: traffic here, the rest by the families of `schema::tables`.

mod changes;
mod estate;
mod public;
mod quality;

pub use changes::changes;
pub use estate::{activity, conversations, encryption, endpoints, gateways, load_balancers, rule_top_pairs, rule_usage};
pub use public::{exposed_ports, exposed_sources, internet_senders, public_addresses};
pub use quality::{capture_points, coverage, data_quality, rejects};

use super::cells::Cells;
use crate::schema::FlowType;
use crate::schema::tables::{NamedRow, Tables};

pub fn subnet_matrix(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.subnet_matrix {
        cells.text(&row.src_subnet)?;
        cells.text(&row.dst_subnet)?;
        cells.pair_measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn traffic_by_azure_region(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    named(&tables.traffic_by_azure_region, cells)
}

pub fn traffic_by_country(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    named(&tables.traffic_by_country, cells)
}

pub fn traffic_by_flow_type(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    named(&tables.traffic_by_flow_type, cells)
}

pub fn traffic_by_interface(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.traffic_by_interface {
        cells.text(&row.mac)?;
        cells.text(&row.interface)?;
        cells.list(&row.ips)?;
        cells.text(&row.subnet)?;
        cells.list(&row.log_resources)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn traffic_by_ip(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.traffic_by_ip {
        cells.value(row.ip)?;
        cells.text(row.scope.name())?;
        for attribute in [&row.subnet, &row.interface, &row.vm, &row.country, &row.asn, &row.service_tag, &row.threat] {
            cells.text(attribute)?;
        }
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn traffic_by_pair(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.traffic_by_pair {
        if let Some(key) = row.key {
            cells.value(key.src_ip)?;
            cells.value(key.dst_ip)?;
            cells.value(key.dst_port)?;
            cells.value(key.protocol)?;
            cells.text(&row.l7_protocol)?;
            cells.text(row.flow_type.map_or("", FlowType::name))?;
        } else {
            cells.other(5)?;
        }
        cells.pair_measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn traffic_by_port(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.traffic_by_port {
        if let Some((dst_port, protocol)) = row.key {
            cells.value(dst_port)?;
            cells.value(protocol)?;
            cells.text(&row.l7_protocol)?;
        } else {
            cells.other(2)?;
        }
        cells.pair_measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn traffic_by_rule(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.traffic_by_rule {
        cells.text(&row.acl)?;
        cells.text(&row.rule)?;
        cells.text(row.direction.name())?;
        cells.text(row.status.name())?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn traffic_by_scale_set(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    named(&tables.traffic_by_scale_set, cells)
}

pub fn traffic_by_subnet(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.traffic_by_subnet {
        cells.text(&row.subnet)?;
        cells.text(&row.vnet)?;
        cells.text(&row.prefix)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn traffic_by_vnet(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    named(&tables.traffic_by_vnet, cells)
}

pub fn traffic_over_time(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.traffic_over_time {
        cells.time(row.interval_start)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

fn named(rows: &[NamedRow], cells: &mut Cells) -> csv::Result<()> {
    for row in rows {
        cells.text(&row.name)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}
