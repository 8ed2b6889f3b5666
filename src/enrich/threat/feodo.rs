//! Feodo Tracker's list of botnet command servers, as CSV and as JSON.
//!
//! Goes in: rows of CSV with their header, or the array of JSON. Comes out: entries in a draft, dated to when the server was last seen online.
//! They hold for every port: the list names addresses to be blocked, and the port that was seen stands in the label.

use serde_json::Value;

use super::date;
use super::draft::{Draft, Found};
use super::error::Failure;
use super::list::Times;
use super::target::Target;

/// Where each column stands; older files lack some.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Columns {
    ip: usize,
    port: Option<usize>,
    status: Option<usize>,
    first_seen: Option<usize>,
    last_online: Option<usize>,
    malware: Option<usize>,
}

/// What a row or an object says, as written; empty where it says nothing.
struct Server<'a> {
    ip: &'a str,
    port: &'a str,
    status: &'a str,
    first_seen: &'a str,
    last_online: &'a str,
    malware: &'a str,
}

impl Columns {
    /// The columns of a header row, quoted or in a comment; `None` if the line is none.
    pub(super) fn of(line: &str) -> Option<Self> {
        // `dst_ip`, and `DstIP` of older files.
        let name = |field: &str| field.replace(['_', '"', '#', ' '], "").to_ascii_lowercase();
        if !line.contains(',') || !line.to_ascii_lowercase().contains("ip") {
            return None;
        }
        let names: Vec<String> = line.split(',').map(name).collect();
        let of = |wanted: &str| names.iter().position(|name| name == wanted);
        Some(Self {
            ip: of("dstip")?,
            port: of("dstport"),
            status: of("c2status"),
            first_seen: of("firstseenutc").or_else(|| of("firstseen")),
            last_online: of("lastonline"),
            malware: of("malware"),
        })
    }
}

/// Reads a row.
pub(super) fn row(columns: &Columns, number: usize, line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches(['"', ' '])).collect();
    let field = |at: Option<usize>| at.and_then(|at| fields.get(at).copied()).unwrap_or_default();
    let server = Server {
        ip: field(Some(columns.ip)),
        port: field(columns.port),
        status: field(columns.status),
        first_seen: field(columns.first_seen),
        last_online: field(columns.last_online),
        malware: field(columns.malware),
    };
    if !add(&server, draft)? {
        draft.unreadable.line(number, line);
    }
    Ok(())
}

/// Reads the array.
pub(super) fn read(servers: &[Value]) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    for value in servers {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let port = value.get("port").and_then(Value::as_u64).map(|port| port.to_string()).unwrap_or_default();
        let server = Server {
            ip: text("ip_address"),
            port: &port,
            status: text("status"),
            first_seen: text("first_seen"),
            last_online: text("last_online"),
            malware: text("malware"),
        };
        if !add(&server, &mut draft)? {
            draft.unreadable.text(server.ip);
        }
    }
    Ok(draft)
}

/// Adds a server; false if it has no address.
fn add(server: &Server<'_>, draft: &mut Draft) -> Result<bool, Failure> {
    let Some(target) = Target::parse(server.ip) else { return Ok(false) };
    let port = if server.port.is_empty() { String::new() } else { format!("port {}", server.port) };
    let parts: Vec<&str> = [server.malware, &port, server.status].into_iter().filter(|part| !part.is_empty()).collect();
    let date = date::parse(server.last_online).or_else(|| date::parse(server.first_seen));
    let times = Times { date, ..Times::default() };
    draft.add(&Found { written: server.ip, target, label: &parts.join(", "), times })?;
    Ok(true)
}
