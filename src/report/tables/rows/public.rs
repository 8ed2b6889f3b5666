//! Rows about the Internet: public peers, what they reach, who they are, who sends to them.

use crate::report::tables::cells::Cells;
use crate::schema::tables::Tables;

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

pub fn exposed_sources(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.exposed_sources {
        cells.value(row.ip)?;
        cells.value(row.dst_port)?;
        cells.value(row.protocol)?;
        // The key names whose sources these are, so only the source of the row of the rest is `other`.
        match row.src_ip {
            Some(src_ip) => cells.value(src_ip)?,
            None => cells.other(0)?,
        }
        cells.value(row.sources)?;
        cells.text(&row.country)?;
        cells.known(row.asn)?;
        cells.text(&row.service_tag)?;
        cells.text(&row.threat_list)?;
        cells.time(row.first_time)?;
        cells.time(row.last_time)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn internet_senders(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.internet_senders {
        cells.value(row.ip)?;
        cells.text(&row.vm)?;
        cells.text(&row.interface)?;
        cells.text(&row.subnet)?;
        cells.value(row.peers)?;
        cells.value(row.ports)?;
        cells.text(&row.locations)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}

pub fn public_addresses(tables: &Tables, cells: &mut Cells) -> csv::Result<()> {
    for row in &tables.public_addresses {
        cells.value(row.ip)?;
        cells.text(row.flow_type.name())?;
        cells.text(&row.location)?;
        cells.text(&row.service_tag)?;
        cells.known(row.asn)?;
        cells.text(&row.as_name)?;
        cells.text(&row.threat_list)?;
        cells.text(&row.threat_entry)?;
        cells.known(row.threat_age_days)?;
        cells.value(row.peers)?;
        cells.time(row.first_time)?;
        cells.time(row.last_time)?;
        cells.measures(&row.measures)?;
        cells.end_row()?;
    }
    Ok(())
}
