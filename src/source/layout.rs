//! The grammar of Azure's blob paths, parsed from the right.
//!
//! Goes in: a path. Comes out: which NIC was captured for which flow log in which hour, as the path says.
//! Deliberately does not count segments on the left, since Microsoft documents several forms of the resource:
//!
//! ```text
//! [resourceId=|flowLogResourceID=]RESOURCE/y=2024/m=08/d=19/h=17[/m=00][/macAddress=000D3AF87856]/FILE
//! ```
//!
//! The path decides only which blobs form a unit, and which are too old to be of interest; the time of a flow is always
//! that of its tuple.

use std::ops::Range;
use std::sync::Arc;

use crate::schema::units::{DAY_MS, HOUR_MS, date, date_start};

/// What stands before the resource, in lower case: NSG flow logs, then VNet flow logs.
static RESOURCE_KEYS: &[&str] = &["resourceid=", "flowlogresourceid="];

/// What the path of a blob says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapturePath {
    /// The logged resource, upper case, as the path writes it: what stands left of `y=`, after `resourceId=` or
    /// `flowLogResourceID=` where the path has one of these.
    pub resource: Arc<str>,
    /// The MAC of the NIC, upper case, without separators; empty for blobs of early 2017, which name none.
    pub mac: Arc<str>,
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
        let hours = take_hours(&mut segments, Level::Hour)?;
        Some(Self {
            resource: resource(&segments).into(),
            mac: mac.to_ascii_uppercase().replace([':', '-'], "").into(),
            hour: hours.start / HOUR_MS,
        })
    }

    /// When the hour is over, ms since the epoch.
    pub const fn end(&self) -> i64 {
        (self.hour + 1) * HOUR_MS
    }
}

/// How far down a folder stands in the part of the layout that tells the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `y=2024`.
    Year,
    /// `y=2024/m=08`.
    Month,
    /// `y=2024/m=08/d=19`.
    Day,
    /// `y=2024/m=08/d=19/h=17`.
    Hour,
}

impl Level {
    /// From the outermost folder on.
    const ALL: [Self; 4] = [Self::Year, Self::Month, Self::Day, Self::Hour];
}

/// A folder of the layout that stands for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeFolder {
    /// How far down it stands.
    pub level: Level,
    /// From its first moment until before the first after it, ms since the epoch.
    pub times: Range<i64>,
}

impl TimeFolder {
    /// Parses the path of a folder; `None` if it does not end in `y=[/m=[/d=[/h=]]]`.
    pub fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split(['/', '\\']).filter(|s| !s.is_empty()).collect();
        Level::ALL.into_iter().find_map(|level| {
            let times = take_hours(&mut segments.clone(), level)?;
            Some(Self { level, times })
        })
    }
}

/// Takes the last segments, down to `level`, as a time; `None` if they are none, or a day that no calendar has.
fn take_hours(segments: &mut Vec<&str>, level: Level) -> Option<Range<i64>> {
    let mut take = |from: Level, key, range| if level < from { Some(None) } else { take_number(segments, key, range).map(Some) };
    let hour = take(Level::Hour, "h=", 0..=23)?;
    let day = take(Level::Day, "d=", 1..=31)?;
    let month = take(Level::Month, "m=", 1..=12)?;
    let year = i64::from(take(Level::Year, "y=", 1970..=9999)??);
    let (first_month, first_day) = (month.unwrap_or(1), day.unwrap_or(1));
    let start = date_start(year, first_month, first_day);
    if date(start) != (year, first_month, first_day) {
        return None;
    }
    let end = match (hour, day, month) {
        (Some(_), ..) => start + HOUR_MS,
        (None, Some(_), _) => start + DAY_MS,
        (None, None, Some(12) | None) => date_start(year + 1, 1, 1),
        (None, None, Some(month)) => date_start(year, month + 1, 1),
    };
    let shift = i64::from(hour.unwrap_or(0)) * HOUR_MS;
    Some(start + shift..end + shift)
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
    fn folders_of_the_layout_stand_for_their_time() {
        let of = |path: &str| TimeFolder::parse(path).map(|folder| (folder.level, folder.times));
        let (year, month, day) = (date_start(2024, 1, 1), date_start(2024, 8, 1), date_start(2024, 8, 19));
        assert_eq!(of("a/y=2024"), Some((Level::Year, year..date_start(2025, 1, 1))));
        assert_eq!(of("a/y=2024/M=08/"), Some((Level::Month, month..date_start(2024, 9, 1))));
        assert_eq!(of("y=2024\\m=12"), Some((Level::Month, date_start(2024, 12, 1)..date_start(2025, 1, 1))));
        assert_eq!(of("/a/y=2024/m=8/d=19"), Some((Level::Day, day..day + DAY_MS)));
        assert_eq!(of("y=2024/m=08/d=19/h=17"), Some((Level::Hour, day + 17 * HOUR_MS..day + 18 * HOUR_MS)));
        for path in ["", "a", "m=08", "y=2024/m=13", "y=2024/m=02/d=30", "y=2024/m=08/d=19/h=17/m=00", "y=2024/x", "y=0000", "y="]
        {
            assert_eq!(of(path), None, "{path}");
        }
        let blob = CapturePath::parse(&format!("A/{TIME}/macAddress=00/PT1H.json")).unwrap();
        assert_eq!(blob.end(), day + 18 * HOUR_MS);
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
