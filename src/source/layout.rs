//! The grammar of Azure's blob paths, parsed from the right.
//!
//! Goes in: a path. Comes out: which NIC was captured for which flow log in which hour, as the path says.
//! Deliberately does not count segments on the left, since Microsoft documents several forms of the resource:
//!
//! ```text
//! [resourceId=|flowLogResourceID=]RESOURCE/y=2024/m=08/d=19/h=17[/m=00][/macAddress=000D3AF87856]/FILE
//! ```
//!
//! The path decides only which blobs form a unit; the time of a flow is always that of its tuple.

use crate::schema::units::{DAY_MS, HOUR_MS, date, date_start};

/// What stands before the resource, in lower case: NSG flow logs, then VNet flow logs.
static RESOURCE_KEYS: &[&str] = &["resourceid=", "flowlogresourceid="];

/// What the path of a blob says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapturePath {
    /// The logged resource, upper case, as the path writes it: what stands left of `y=`, after `resourceId=` or
    /// `flowLogResourceID=` where the path has one of these.
    pub resource: String,
    /// The MAC of the NIC, upper case, without separators; empty for blobs of early 2017, which name none.
    pub mac: String,
    /// The hour, counted from the epoch.
    pub hour: i64,
}

impl CapturePath {
    /// Parses a path whose segments are separated by `/` or `\`; `None` if it has no `y=/m=/d=/h=` before its file name.
    pub fn parse(path: &str) -> Option<Self> {
        let mut segments: Vec<&str> = path.split(['/', '\\']).filter(|s| !s.is_empty()).collect();
        segments.pop()?;
        let mac = value(&segments, "macaddress=").unwrap_or_default();
        if !mac.is_empty() {
            segments.pop();
        }
        // `m=` is the minute, always 00, to the right of `h=`, and the month to its left.
        if value(&segments, "m=").is_some() {
            segments.pop();
        }
        let hour = take_number(&mut segments, "h=", 0..=23)?;
        let day = take_number(&mut segments, "d=", 1..=31)?;
        let month = take_number(&mut segments, "m=", 1..=12)?;
        let year = take_number(&mut segments, "y=", 1970..=9999)?;
        let start = date_start(i64::from(year), month, day);
        if date(start) != (i64::from(year), month, day) {
            return None;
        }
        Some(Self {
            resource: resource(&segments),
            mac: mac.to_ascii_uppercase().replace([':', '-'], ""),
            hour: start / DAY_MS * (DAY_MS / HOUR_MS) + i64::from(hour),
        })
    }
}

/// The value of the last segment if its key is `key` (lower case, with `=`).
fn value<'a>(segments: &[&'a str], key: &str) -> Option<&'a str> {
    let last = segments.last()?;
    let head = last.get(..key.len())?;
    head.eq_ignore_ascii_case(key).then(|| &last[key.len()..])
}

fn take_number(segments: &mut Vec<&str>, key: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let text = value(segments, key)?;
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten().filter(|n| range.contains(n))?;
    segments.pop();
    Some(number)
}

fn resource(segments: &[&str]) -> String {
    let keyed = segments.iter().enumerate().rev().find_map(|(index, segment)| {
        let lower = segment.to_ascii_lowercase();
        let key = RESOURCE_KEYS.iter().find(|key| lower.starts_with(**key))?;
        Some((index, &segment[key.len()..]))
    });
    let parts: Vec<&str> = match keyed {
        Some((index, rest)) => {
            std::iter::once(rest).filter(|r| !r.is_empty()).chain(segments[index + 1..].iter().copied()).collect()
        }
        None => segments.to_vec(),
    };
    parts.join("/").to_uppercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// 2024-08-19T17:00Z.
    const HOUR: i64 = 1_724_086_800 / 3_600;
    const TIME: &str = "y=2024/m=08/d=19/h=17/m=00";

    fn check(path: &str, resource: &str, mac: &str) {
        let found = CapturePath::parse(path);
        assert_eq!(found, Some(CapturePath { resource: resource.into(), mac: mac.into(), hour: HOUR }), "{path}");
    }

    #[test]
    fn every_documented_form_is_understood() {
        let nsg = "SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/N";
        check(&format!("resourceId=/{nsg}/{TIME}/macAddress=000D3AF87856/PT1H.json"), nsg, "000D3AF87856");
        let short = "S_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_FLOWLOG-VNET";
        check(&format!("flowLogResourceID=/{short}/{TIME}/macAddress=7C1E5264840B/PT1H.json"), short, "7C1E5264840B");
        let full = "SUBSCRIPTIONS/S/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/W/FLOWLOGS/L";
        check(&format!("flowLogResourceID=/{full}/{TIME}/macAddress=7C1E5264840B/PT1H.json"), full, "7C1E5264840B");
        check(
            &format!("flowLogResourceID=/S_NETWORKWATCHERRG/W_V-R-FLOWLOGS/{TIME}/macAddress=A/PT1H.json"),
            "S_NETWORKWATCHERRG/W_V-R-FLOWLOGS",
            "A",
        );
    }

    #[test]
    fn old_lower_case_compressed_and_downloaded_forms_are_understood() {
        check(&format!("resourceId=/A/B/{TIME}/PT1H.json"), "A/B", "");
        check(
            "c:\\logs\\RESOURCEID=\\a\\y=2024\\M=8\\D=19\\H=17\\m=00\\macaddress=00-0d-3a-f8-78-56\\x.json.GZ",
            "A",
            "000D3AF87856",
        );
        check(&format!("insights-logs/resourceId=A/{TIME}/macAddress=00/PT1H.json.zst"), "A", "00");
        check("tmp/y=2024/m=08/d=19/h=17/macAddress=00/PT1H.json", "TMP", "00");
    }

    #[test]
    fn other_paths_name_no_capture_point() {
        for path in ["", "/", "PT1H.json", "a/b.json", "y=2024/m=08/d=19/PT1H.json", "y=2024/m=02/d=30/h=1/m=00/x.json"] {
            assert_eq!(CapturePath::parse(path), None, "{path}");
        }
        for path in ["y=2024/m=13/d=1/h=1/m=00/x", "y=2024/m=1/d=1/h=24/m=00/x", "y=99999/m=1/d=1/h=1/m=0/x", "y=/m=/d=/h=/m=/x"]
        {
            assert_eq!(CapturePath::parse(path), None, "{path}");
        }
        assert_eq!(CapturePath::parse("ÿ=2024/é/macAddres€/x.json"), None);
    }
}
