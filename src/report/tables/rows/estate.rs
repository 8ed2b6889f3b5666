//! Rows about the estate: what is known of each address, who talks with whom, what of the topology is used.

use crate::report::tables::cells::Cells;
use crate::schema::service::service_name;
use crate::schema::tables::Tables;

pub fn activity(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.activity {
        cells.text(row.kind.name())?;
        cells.text(&row.name)?;
        cells.text(row.activity.name())?;
        cells.value(row.addresses)?;
        cells.known_time(row.first_time)?;
        cells.known_time(row.last_time)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn conversations(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.conversations {
        if let Some((ip_a, ip_b)) = row.ips {
            cells.value(ip_a)?;
            cells.value(ip_b)?;
            cells.text(row.flow_type.map_or("", |flow_type| flow_type.name()))?;
            cells.value(row.ports)?;
            cells.known(row.top_port.map(|(port, _)| port))?;
            cells.known(row.top_port.map(|(_, protocol)| protocol))?;
            cells.text(row.top_port.map_or("", |(port, protocol)| service_name(port, protocol)))?;
        } else {
            cells.other(6)?;
        }
        cells.pair_measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn encryption(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.encryption {
        cells.text(&row.src_subnet)?;
        cells.text(&row.dst_subnet)?;
        cells.text(&row.encryption)?;
        cells.pair_measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn endpoints(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.endpoints {
        cells.value(row.ip)?;
        cells.text(row.scope.name())?;
        let belongs = [&row.subnet, &row.vnet, &row.interface, &row.vm, &row.scale_set, &row.load_balancer];
        let reached = [&row.application_gateway, &row.gateway, &row.connection, &row.private_endpoint];
        let lies = [&row.region, &row.subscription, &row.country];
        for attribute in belongs.into_iter().chain(reached).chain(lies) {
            cells.text(attribute)?;
        }
        cells.known(row.asn)?;
        for attribute in [&row.as_name, &row.service_tag, &row.service_tag_region, &row.threat_list, &row.threat_entry] {
            cells.text(attribute)?;
        }
        cells.known(row.threat_age_days)?;
        cells.time(row.first_time)?;
        cells.time(row.last_time)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn gateways(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.gateways {
        for attribute in [&row.gateway, &row.gateway_type, &row.connection, &row.connection_type] {
            cells.text(attribute)?;
        }
        cells.value(row.peers)?;
        cells.value(row.bytes_per_second_max)?;
        cells.known_time(row.busiest_interval)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn load_balancers(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.load_balancers {
        cells.text(&row.name)?;
        cells.text(row.kind)?;
        cells.list(&row.frontends)?;
        cells.value(row.backends)?;
        cells.value(row.is_active)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn rule_top_pairs(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.rule_top_pairs {
        cells.text(&row.acl)?;
        cells.text(&row.rule)?;
        cells.text(row.direction.name())?;
        cells.text(row.status.name())?;
        cells.value(row.rank)?;
        cells.value(row.src_ip)?;
        cells.value(row.dst_ip)?;
        cells.pair_measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn rule_usage(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.rule_usage {
        cells.text(&row.nsg)?;
        cells.text(&row.rule)?;
        cells.value(row.priority)?;
        cells.text(row.direction.name())?;
        cells.text(row.access.name())?;
        cells.value(row.is_default)?;
        cells.text(row.activity.name())?;
        cells.value(row.flows)?;
        cells.value(row.bytes)?;
        cells.known_time(row.last_time)?;
        cells.end_row()?;
    }
    Ok(())
}
