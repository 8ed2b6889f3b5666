//! The rows of each table, cell by cell in the order of its columns.

use super::cells::Cells;
use crate::schema::FlowType;
use crate::schema::tables::{NamedRow, Tables};
use crate::schema::units::HOUR_MS;

/// The first cell of the row that holds what a bounded table left out.
const OTHER: &str = "other";

pub fn capture_points(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.capture_points {
        cells.text(&row.log_resource)?;
        cells.text(&row.target_resource)?;
        cells.text(&row.mac)?;
        cells.text(row.format.name())?;
        cells.time(row.first_time)?;
        cells.time(row.last_time)?;
        cells.value(row.records)?;
        cells.value(row.tuples)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn coverage(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.coverage {
        cells.text(&row.log_resource)?;
        cells.text(&row.mac)?;
        cells.time(i64::from(row.hour) * HOUR_MS)?;
        cells.value(row.records)?;
        cells.value(row.tuples)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn exposed_ports(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.exposed_ports {
        cells.value(row.ip)?;
        cells.text(&row.subnet)?;
        cells.text(&row.interface)?;
        cells.value(row.dst_port)?;
        cells.value(row.protocol)?;
        cells.text(&row.rule)?;
        cells.value(row.sources)?;
        cells.time(row.first_time)?;
        cells.time(row.last_time)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn rejects(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.rejects {
        let reject = &row.reject;
        cells.text(&row.blob)?;
        cells.value(reject.record)?;
        cells.known(reject.flow)?;
        cells.known(reject.group)?;
        cells.known(reject.tuple)?;
        cells.value(reject.byte_offset)?;
        cells.text(reject.reason.name())?;
        cells.text(&reject.text)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn subnet_matrix(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.subnet_matrix {
        cells.text(&row.src_subnet)?;
        cells.text(&row.dst_subnet)?;
        cells.pair_measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
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
            [OTHER, "", "", "", "", ""].iter().try_for_each(|cell| cells.text(cell))?;
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
            [OTHER, "", ""].iter().try_for_each(|cell| cells.text(cell))?;
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
