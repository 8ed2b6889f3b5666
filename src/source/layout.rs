//! The grammar of blob paths, parsed from the right, because Azure documents three forms of what stands left of `y=`.
//!
//! ```text
//! …/resourceId=/SUBSCRIPTIONS/…/NETWORKSECURITYGROUPS/NSG/y=2024/m=08/d=19/h=17/m=00/macAddress=000D3AF87856/PT1H.json
//! …/flowLogResourceID=/…_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_NAME/y=2025/m=10/d=05/h=09/m=00/macAddress=…/PT1H.json
//! …/y=2017/m=03/d=01/h=08/m=00/PT1H.json                               before 2018, without the NIC
//! ```

/// What a blob's path says of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapturePath {
    /// Everything left of `y=`, upper-cased: two containers or flow logs never share it.
    pub resource: String,
    /// The NIC, upper-cased; empty where the path names none.
    pub mac: String,
    /// Year, month, day and hour, as written.
    pub hour: [u32; 4],
}

/// Parses a path with `/` between its segments; `None` if it is not in Azure's layout.
pub fn parse(path: &str) -> Option<CapturePath> {
    let (folders, _file) = path.rsplit_once('/')?;
    let (folders, mac) = match last_value(folders, "macAddress") {
        Some((folders, mac)) => (folders, mac.to_ascii_uppercase()),
        None => (folders, String::new()),
    };
    let mut rest = folders;
    let mut numbers = [0; 5];
    for (slot, key) in numbers.iter_mut().rev().zip(["m", "h", "d", "m", "y"]) {
        let (folders, value) = last_value(rest, key)?;
        *slot = value.parse().ok()?;
        rest = folders;
    }
    let [year, month, day, hour, _minute] = numbers;
    Some(CapturePath { resource: rest.to_ascii_uppercase(), mac, hour: [year, month, day, hour] })
}

/// Splits `…/key=value` into what stands before it and the value. The first segment may stand alone.
fn last_value<'a>(folders: &'a str, key: &str) -> Option<(&'a str, &'a str)> {
    let (before, last) = folders.rsplit_once('/').unwrap_or(("", folders));
    let (found, value) = last.split_once('=')?;
    found.eq_ignore_ascii_case(key).then_some((before, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_names_its_nic_and_hour() {
        for (path, resource) in [
            (
                "insights/resourceId=/SUBSCRIPTIONS/s/NSG/y=2024/m=08/d=19/h=17/m=00/macAddress=000d3af87856/PT1H.json",
                "INSIGHTS/RESOURCEID=/SUBSCRIPTIONS/S/NSG",
            ),
            (
                "flowLogResourceID=/A_NETWORKWATCHERRG/NW_EASTUS_X/y=2024/m=08/d=19/h=17/m=00/macAddress=000D3AF87856/PT1H.json.gz",
                "FLOWLOGRESOURCEID=/A_NETWORKWATCHERRG/NW_EASTUS_X",
            ),
            ("y=2024/m=08/d=19/h=17/m=00/macAddress=000D3AF87856/part-2.json", ""),
        ] {
            let expected = CapturePath { resource: resource.into(), mac: "000D3AF87856".into(), hour: [2024, 8, 19, 17] };
            assert_eq!(parse(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn old_paths_name_no_nic_and_other_paths_nothing() {
        assert_eq!(parse("c/y=2017/m=3/d=1/h=8/m=0/PT1H.json").map(|path| path.mac), Some(String::new()));
        for path in ["PT1H.json", "a/b/PT1H.json", "y=x/m=08/d=19/h=17/m=00/PT1H.json", "m=08/d=19/h=17/m=00/PT1H.json"] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
