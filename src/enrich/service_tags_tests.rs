//! Forms of the file, the order of tags, damaged files, and Microsoft's own file where it lies beside the project.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use super::*;

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

/// Name and region of the tag of `ip`.
fn tag<'a>(tags: &'a ServiceTags, ip: &str) -> Option<[&'a str; 2]> {
    tags.get(address(ip)).map(|tag| [tag.name.as_str(), tag.region.as_str()])
}

fn add(bytes: &[u8]) -> Result<(ServiceTags, InputInfo), String> {
    let mut tags = ServiceTags::default();
    let info = tags.add("ServiceTags_Public.json", bytes).map_err(|error| error.to_string())?;
    assert!(!tags.is_empty());
    Ok((tags, info))
}

/// A file with tags of (name, region, prefixes).
fn list(tags: &[(&str, &str, &str)]) -> String {
    let tags: Vec<String> = tags
        .iter()
        .map(|(name, region, prefixes)| {
            let prefixes: Vec<String> = prefixes.split_whitespace().map(|prefix| format!("\"{prefix}\"")).collect();
            let prefixes = prefixes.join(",");
            format!(r#"{{"name":"{name}","properties":{{"region":"{region}","networkFeatures":null,"addressPrefixes":[{prefixes}]}}}}"#)
        })
        .collect();
    format!("{{\r\n\"changeNumber\": 360,\r\n\"cloud\": \"Public\",\r\n\"values\": [{}]}}\r\n", tags.join(",\r\n"))
}

#[test]
fn the_longest_prefix_wins_whatever_its_tag() {
    let text = list(&[("Storage.WestEurope", "westeurope", "20.0.0.0/16"), ("AzureCloud", "", "20.0.1.0/24 2603::/16")]);
    let (tags, info) = add(text.as_bytes()).unwrap();
    assert_eq!(tag(&tags, "20.0.0.9"), Some(["Storage.WestEurope", "westeurope"]));
    assert_eq!(tag(&tags, "20.0.1.9"), Some(["AzureCloud", ""]));
    assert_eq!(tag(&tags, "2603::1"), Some(["AzureCloud", ""]));
    assert_eq!(tag(&tags, "20.1.0.0"), None);
    assert_eq!((info.version.as_str(), info.entries, info.warnings), ("change number 360", 3, vec![]));
}

#[test]
fn of_one_prefix_a_regional_service_comes_before_a_service_a_region_and_the_cloud() {
    let all = [
        ("AzureCloud", "", "20.0.0.0/24"),
        ("AzureCloud.westeurope", "westeurope", "20.0.0.0/24"),
        ("Storage", "", "20.0.0.0/24"),
        ("Sql", "", "20.0.0.0/24"),
        ("Storage.WestEurope", "westeurope", "20.0.0.0/24"),
    ];
    let expected = ["AzureCloud", "AzureCloud.westeurope", "Storage", "Sql", "Storage.WestEurope"];
    for (count, expected) in (1..=5).zip(expected) {
        let (tags, _) = add(list(&all[..count]).as_bytes()).unwrap();
        assert_eq!(tag(&tags, "20.0.0.1").unwrap()[0], expected);
        let reversed: Vec<_> = all[..count].iter().rev().copied().collect();
        let (tags, _) = add(list(&reversed).as_bytes()).unwrap();
        assert_eq!(tag(&tags, "20.0.0.1").unwrap()[0], expected, "in any order of the file");
    }
}

#[test]
fn a_dot_in_a_name_is_no_region() {
    let text = list(&[("AzureFrontDoor.Frontend", "", "13.0.0.0/24"), ("AzureFrontDoor", "westeurope", "13.0.0.0/24")]);
    let (tags, _) = add(text.as_bytes()).unwrap();
    assert_eq!(tag(&tags, "13.0.0.1"), Some(["AzureFrontDoor", "westeurope"]));
}

#[test]
fn regions_are_written_as_the_rest_of_azure_writes_them() {
    assert!(REGIONS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (written, expected) in
        [("brazilse", "brazilsoutheast"), ("West Europe", "westeurope"), ("centralfrance", "francecentral"), ("", "")]
    {
        let (tags, _) = add(list(&[("Sql.X", written, "13.0.0.0/24")]).as_bytes()).unwrap();
        assert_eq!(tag(&tags, "13.0.0.1"), Some(["Sql.X", expected]));
    }
}

#[test]
fn what_azure_cli_and_powershell_write_is_read() {
    let cli = r#"{"changeNumber": "63", "cloud": "AzureGovernment", "id": "/subscriptions/x", "name": "public", "type": "t",
        "values": [{"id": "Sql", "name": "Sql", "properties": {"addressPrefixes": ["13.0.0.0/24"], "changeNumber": "7",
        "region": "", "systemService": "AzureSQL"}}]}"#;
    let (tags, info) = add(cli.as_bytes()).unwrap();
    assert_eq!((tag(&tags, "13.0.0.1"), info.version.as_str()), (Some(["Sql", ""]), "change number 63, AzureGovernment"));
    let powershell = cli
        .replace("changeNumber", "ChangeNumber")
        .replace("cloud", "Cloud")
        .replace("values", "Values")
        .replace("\"name\"", "\"Name\"")
        .replace("properties", "Properties")
        .replace("addressPrefixes", "AddressPrefixes")
        .replace("region", "Region");
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(powershell.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [utf16, [b"\xef\xbb\xbf", powershell.as_bytes()].concat()] {
        let (tags, info) = add(&bytes).unwrap();
        assert_eq!((tag(&tags, "13.0.0.1"), info.version.as_str()), (Some(["Sql", ""]), "change number 63, AzureGovernment"));
    }
}

#[test]
fn bad_prefixes_are_counted_and_the_first_one_is_told() {
    let (tags, info) = add(list(&[("Sql", "", "13.0.0.0/33 13.0.0.0/24 nonsense 13.0.1.4")]).as_bytes()).unwrap();
    assert_eq!((tag(&tags, "13.0.0.1"), tag(&tags, "13.0.1.4"), info.entries), (Some(["Sql", ""]), Some(["Sql", ""]), 2));
    assert_eq!(info.warnings, ["2 prefixes cannot be read and are passed over, the first is \"13.0.0.0/33\" of \"Sql\""]);
}

#[test]
fn a_file_that_cannot_be_read_says_where_and_why() {
    let refusal = |text: &str| add(text.as_bytes()).unwrap_err();
    let whole = list(&[("Sql", "", "13.0.0.0/24"), ("Storage", "", "13.0.1.0/24")]);
    assert_eq!(
        refusal(&whole[..whole.len() - 40]),
        "cannot read service tags: ServiceTags_Public.json line 5: the file ends too early; hint: download it again"
    );
    assert!(refusal("  \n").contains("ServiceTags_Public.json: is empty; hint: "));
    for other in ["{}", "[]", r#"[{"name": "vnet-1"}]"#, r#"{"value": []}"#, r#"{"values": []}"#, &list(&[("Sql", "", "x")])] {
        assert!(refusal(other).contains(": has no 'values' with prefixes; hint: "), "{other}");
    }
    let shape = refusal("{\"values\":\n[{\"name\": \"Sql\", \"properties\": \"@{region=}\"}]}");
    assert!(shape.contains(" line 2: invalid type: string \"@{region=}\", expected struct Properties; hint: "), "{shape}");
    assert!(refusal("<html>").contains(" line 1: expected value; hint: "));
    assert!(add(b"\xff\xff").unwrap_err().contains("nor UTF-16 with a byte order mark; hint: "));
    assert!(refusal(r#"{"changeNumber": {}}"#).contains(" line 1: the change number is neither a number nor a text; hint: "));
}

#[test]
fn a_file_that_fails_leaves_the_tags_as_they_were_and_earlier_files_come_first() {
    let (mut tags, _) = add(list(&[("Sql", "", "13.0.0.0/24")]).as_bytes()).unwrap();
    assert!(tags.add("bad.json", b"{").is_err());
    tags.add("more.json", list(&[("Storage", "", "13.0.0.0/16")]).as_bytes()).unwrap();
    assert_eq!([tag(&tags, "13.0.0.1"), tag(&tags, "13.0.1.1")], [Some(["Sql", ""]), Some(["Storage", ""])]);
    assert!(ServiceTags::default().is_empty());
}

#[test]
fn microsofts_own_file_is_read_whole() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/azure-inputs/service-tags/ServiceTags_Public.json");
    let Ok(bytes) = std::fs::read(&file) else {
        eprintln!("skipped: ../shared/samples is absent");
        return;
    };
    let (tags, info) = add(&bytes).unwrap();
    assert_eq!((info.version.as_str(), info.entries, info.warnings.len()), ("change number 360", 90_336, 0));
    for (ip, expected) in [
        ("20.150.37.228", Some(["Storage.WestEurope", "westeurope"])),
        ("40.79.154.87", Some(["AzureMonitor.EastUS", "eastus"])),
        ("13.107.42.14", Some(["AzureFrontDoor.FirstParty", ""])),
        ("20.42.65.90", Some(["OneDsCollector", ""])),
        ("51.105.64.5", Some(["Sql.UKSouth", "uksouth"])),
        ("168.63.129.16", None),
        ("8.8.8.8", None),
    ] {
        assert_eq!(tag(&tags, ip), expected, "{ip}");
    }
}
