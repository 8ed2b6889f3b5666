//! `NTANetAnalytics.csv`: the columns of Traffic Analytics' table under their own names.
//!
//! Goes in: rows of the table. Comes out: UTF-8, LF, a header row, moments as RFC 3339 that KQL reads as datetime. Texts are
//! guarded against spreadsheets; no resource id, name or address of Azure's begins as a formula does, so that the guard alters
//! what was crafted and nothing else.

use std::io::Write;

use crate::report::tables::guarded;
use crate::schema::column::Value;
use crate::schema::nta::{COLUMNS, NtaRow};
use crate::schema::units::rfc3339;

/// A CSV file that is being written.
pub struct NtaCsv<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> NtaCsv<W> {
    /// Begins a file with its header.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(writer: W) -> csv::Result<Self> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(writer);
        writer.write_record(COLUMNS.iter().map(|column| column.name))?;
        Ok(Self { writer })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// What the writer says.
    pub fn row(&mut self, row: &NtaRow<'_>) -> csv::Result<()> {
        for column in COLUMNS {
            match (column.value)(row) {
                Value::Empty => self.writer.write_field(""),
                Value::Text(text) => self.writer.write_field(guarded(text).as_bytes()),
                Value::Address(address) => self.writer.write_field(address.to_string()),
                Value::Number(number) => self.writer.write_field(number.to_string()),
                Value::Time(time) => self.writer.write_field(rfc3339(time)),
                Value::Flag(flag) => self.writer.write_field(if flag { "true" } else { "false" }),
            }?;
        }
        self.writer.write_record(None::<&[u8]>)
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(mut self) -> csv::Result<()> {
        Ok(self.writer.flush()?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::schema::nta::{NtaCapture, NtaEnd, NtaPlace, NtaRule, NtaSums};
    use crate::schema::{Address, Direction, FlowType, Status};

    fn line(rule: &str, protocol: u8) -> Vec<(&'static str, String)> {
        let capture = NtaCapture { mac: "000D3AF87856".into(), ..NtaCapture::default() };
        let rule = NtaRule { rule: rule.into(), ..NtaRule::default() };
        let place = NtaPlace { subnet: "rg/hub/web".into(), ..NtaPlace::default() };
        let end = |ip, public_ips| NtaEnd { ip, public_ips, service_tags: "", place: &place };
        let row = NtaRow {
            interval_start: 0,
            interval_end: 600_000,
            capture: &capture,
            rule: &rule,
            direction: Direction::Outbound,
            status: Status::Denied,
            protocol,
            encryption: "Unencrypted",
            flow_type: FlowType::ExternalPublic,
            src: end(Some(Address::from_v4(0x0a00_0004)), ""),
            dst: end(None, "203.0.113.9|1|0|0|0|0|0"),
            dst_port: 443,
            l7_protocol: "https",
            country: "DE",
            azure_region: "",
            connection: "",
            connection_type: "",
            is_at_udr_hop: false,
            sums: NtaSums { flows_started: 3, tuples: 3, first_time: 1_000, last_time: 2_000, ..NtaSums::default() },
        };
        let mut bytes = Vec::new();
        let mut file = NtaCsv::new(&mut bytes).unwrap();
        file.row(&row).unwrap();
        file.finish().unwrap();
        let mut reader = csv::Reader::from_reader(&*bytes);
        let record = reader.records().next().unwrap().unwrap();
        COLUMNS.iter().map(|column| column.name).zip(record.iter().map(str::to_owned)).collect()
    }

    fn cell<'a>(line: &'a [(&str, String)], name: &str) -> &'a str {
        &line.iter().find(|(column, _)| *column == name).unwrap().1
    }

    #[test]
    fn a_row_has_the_words_and_forms_that_queries_expect() {
        let line = line("denyall", 6);
        for (name, expected) in [
            ("SubType", "FlowLog"),
            ("FaSchemaVersion", "3"),
            ("FlowStartTime", "1970-01-01T00:00:01.000Z"),
            ("FlowIntervalEndTime", "1970-01-01T00:10:00.000Z"),
            ("FlowDirection", "Outbound"),
            ("FlowStatus", "Denied"),
            ("Action", "Deny"),
            ("L4Protocol", "TCP"),
            ("SrcIp", "10.0.0.4"),
            ("DestIp", ""),
            ("DestPublicIps", "203.0.113.9|1|0|0|0|0|0"),
            ("DeniedOutFlows", "3"),
            ("AllowedOutFlows", "0"),
            ("IsFlowCapturedAtUdrHop", "false"),
            ("Type", "NTANetAnalytics"),
        ] {
            assert_eq!(cell(&line, name), expected, "{name}");
        }
    }

    #[test]
    fn a_rule_that_is_a_formula_is_guarded_and_an_unusual_protocol_is_its_number() {
        let line = line("=1+1", 50);
        assert_eq!([cell(&line, "AclRule"), cell(&line, "L4Protocol")], ["'=1+1", "50"]);
    }
}
