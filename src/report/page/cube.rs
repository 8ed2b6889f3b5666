//! The cube as the page carries it: compact JSON that can stand inside a script element.
//!
//! Goes in: the cube. Comes out: its columns as arrays of integers, and texts of which nothing can end the element, begin a comment or
//! steer what surrounds it. Sums nothing and names nothing but services.

use std::fmt::Write;

use crate::report::words;
use crate::schema::FlowType;
use crate::schema::service::service_name;
use crate::schema::tables::{Cube, CubeCut, CubeEnd, CubeRow};

/// Longest name of an end. Unit: characters; Azure's own names have at most 80, so that only a made-up name is cut. Raising it
/// lets a hostile topology make the page larger.
const NAME_CHARS_MAX: usize = 160;

/// The text, on one line:
///
/// ```text
/// {"start":ms,"step":ms,"steps":n,
///  "ends":[[ip,addresses,isLocal,scope,subnet,vnet,interface,vm,country,isOther],…],   ip null for several; 0 or 1
///  "ports":[[port,protocol,service],…],                                                last perhaps null: all others
///  "types":[name,…],
///  "rows":{"step":[…],"src":[…],"dst":[…],"port":[…],"type":[…],"allowed":[…],"denied":[…],"sent":[…],"received":[…],"packets":[…],"unmeasured":[…]},
///  "cuts":[[kind,shown,of],…]}
/// ```
///
/// `step` holds differences, the first one from 0; `src` and `dst` are indexes of `ends`, `port` of `ports`, `type` of `types`.
pub(super) fn json(cube: &Cube) -> String {
    let mut text = String::with_capacity(cube.rows.len() * 40 + cube.ends.len() * 100 + 1_000);
    // Writing to a string cannot fail.
    let _ = write!(text, r#"{{"start":{},"step":{},"steps":{},"ends":"#, cube.start, cube.step_ms, cube.steps);
    list(&mut text, &cube.ends, end);
    text.push_str(r#","ports":"#);
    list(&mut text, &cube.ports, port);
    text.push_str(r#","types":"#);
    list(&mut text, &FlowType::ALL, |text, flow_type| string(text, flow_type.name()));
    text.push_str(r#","rows":{"#);
    rows(&mut text, &cube.rows);
    text.push_str(r#"},"cuts":"#);
    list(&mut text, &cube.cuts, |text, CubeCut { kind, shown, of }| {
        let _ = write!(text, r#"["{kind}",{shown},{of}]"#);
    });
    text.push('}');
    text
}

/// The name of a column and what it holds of a row.
type Column = (&'static str, fn(&CubeRow) -> u64);

/// The columns behind `step`.
const COLUMNS: [Column; 10] = [
    ("src", |row| u64::from(row.src)),
    ("dst", |row| u64::from(row.dst)),
    ("port", |row| u64::from(row.port)),
    ("type", |row| row.flow_type as u64),
    ("allowed", |row| row.flows_allowed),
    ("denied", |row| row.flows_denied),
    ("sent", |row| row.bytes_sent),
    ("received", |row| row.bytes_received),
    ("packets", |row| row.packets),
    ("unmeasured", |row| row.tuples_unmeasured),
];

fn rows(text: &mut String, rows: &[CubeRow]) {
    text.push_str(r#""step":"#);
    let mut last = 0;
    list(text, rows, |text, row| {
        let _ = write!(text, "{}", row.step - last);
        last = row.step;
    });
    for (name, value) in COLUMNS {
        let _ = write!(text, r#","{name}":"#);
        list(text, rows, |text, row| {
            let _ = write!(text, "{}", value(row));
        });
    }
}

fn end(text: &mut String, end: &CubeEnd) {
    match end.ip {
        Some(ip) => {
            let _ = write!(text, r#"["{ip}""#);
        }
        None => text.push_str("[null"),
    }
    let _ = write!(text, r#",{},{},"{}""#, end.addresses, u8::from(end.is_local), end.scope.name());
    for name in [&end.subnet, &end.vnet, &end.interface, &end.vm, &end.country] {
        text.push(',');
        string(text, &words::shorten(name, NAME_CHARS_MAX));
    }
    let _ = write!(text, ",{}]", u8::from(end.is_other));
}

fn port(text: &mut String, port: &Option<(u16, u8)>) {
    match port {
        None => text.push_str("null"),
        Some((port, protocol)) => {
            let _ = write!(text, "[{port},{protocol},");
            string(text, service_name(*port, *protocol));
            text.push(']');
        }
    }
}

/// An array.
fn list<T>(text: &mut String, items: &[T], mut item: impl FnMut(&mut String, &T)) {
    text.push('[');
    for (index, one) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        item(text, one);
    }
    text.push(']');
}

/// A JSON string. What HTML or a script reads as more than a character is escaped, so that no text ends the element around it.
fn string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(text, "\\u{:04x}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::fixture::HOSTILE;
    use crate::schema::Address;
    use crate::schema::tables::Scope;

    fn small() -> Cube {
        let local = CubeEnd {
            ip: Some(Address::from_v4(0x0a00_0004)),
            addresses: 1,
            is_local: true,
            scope: Scope::Local,
            subnet: "hub/web".into(),
            vnet: "hub".into(),
            interface: "nic-1".into(),
            vm: "vm-1".into(),
            ..CubeEnd::default()
        };
        let others =
            CubeEnd { addresses: 12, scope: Scope::ExternalPublic, country: "NL".into(), is_other: true, ..CubeEnd::default() };
        let row = CubeRow {
            step: 1,
            src: 1,
            dst: 0,
            port: 0,
            flow_type: FlowType::ExternalPublic,
            flows_allowed: 3,
            flows_denied: 4,
            bytes_sent: 500,
            bytes_received: 60,
            packets: 7,
            tuples_unmeasured: 0,
        };
        let rows = vec![row, CubeRow { step: 4, src: 0, dst: 1, port: 1, ..row }, CubeRow { step: 4, port: 1, ..row }];
        let ports = vec![Some((443, 6)), None];
        let cuts = vec![CubeCut { kind: "addresses", shown: 1, of: 13 }];
        Cube { start: 1_724_025_600_000, step_ms: 600_000, steps: 6, ends: vec![local, others], ports, rows, cuts }
    }

    #[test]
    fn a_small_cube_is_this_text() {
        let expected = concat!(
            r#"{"start":1724025600000,"step":600000,"steps":6,"#,
            r#""ends":[["10.0.0.4",1,1,"local","hub/web","hub","nic-1","vm-1","",0],"#,
            r#"[null,12,0,"external_public","","","","","NL",1]],"#,
            r#""ports":[[443,6,"https"],null],"#,
            r#""types":["IntraVNet","InterVNet","S2S","P2S","AzurePublic","ExternalPublic","MaliciousFlow","UnknownPrivate","Unknown"],"#,
            r#""rows":{"step":[1,3,0],"src":[1,0,1],"dst":[0,1,0],"port":[0,1,1],"type":[5,5,5],"allowed":[3,3,3],"denied":[4,4,4],"#,
            r#""sent":[500,500,500],"received":[60,60,60],"packets":[7,7,7],"unmeasured":[0,0,0]},"#,
            r#""cuts":[["addresses",1,13]]}"#,
        );
        assert_eq!(json(&small()), expected);
    }

    #[test]
    fn an_empty_cube_is_read_like_any_other() {
        let value: serde_json::Value = serde_json::from_str(&json(&Cube::default())).unwrap();
        assert_eq!((value["steps"].as_u64(), value["ends"].as_array().map(Vec::len)), (Some(0), Some(0)));
        assert_eq!(value["rows"].as_object().map(|columns| columns.len()), Some(11));
    }

    #[test]
    fn no_text_leaves_its_string_or_the_script_around_it() {
        let mut cube = small();
        let end = &mut cube.ends[0];
        (end.subnet, end.vnet, end.interface) = (HOSTILE.into(), "<!--\u{2028}]]>".into(), "\\\" & \u{7f}\n</SCRIPT".into());
        end.vm = "x".repeat(10_000);
        let text = json(&cube);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        assert!(text.chars().all(|c| !c.is_control()));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let end = value["ends"][0].as_array().unwrap();
        assert_eq!(end.len(), 10);
        assert!(end[4].as_str().unwrap().starts_with("=cmd|'/c calc'!A1</script><script>"));
        assert_eq!(end[6], "\\\" & \u{fffd} </SCRIPT");
        assert_eq!(end[7].as_str().unwrap().chars().count(), NAME_CHARS_MAX);
    }

    #[test]
    fn the_largest_numbers_stay_whole() {
        let mut cube = small();
        cube.rows[0].bytes_sent = u64::MAX;
        let value: serde_json::Value = serde_json::from_str(&json(&cube)).unwrap();
        assert_eq!(value["rows"]["sent"][0].as_u64(), Some(u64::MAX));
    }
}
