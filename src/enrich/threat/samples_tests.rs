//! Lists of real publishers, read in place where they lie beside the project: each gives exactly what is known of it.
//!
//! They are no part of the project; without them each test says so and passes.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::*;

/// The window of the judgements: the last second of 2017.
const WINDOW: (i64, i64) = (1_514_764_799_000, 1_514_764_800_000);

/// The folder of the samples; `None`, with a note, where it is absent.
fn samples() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1).take(2);
    let folder = above.map(|folder| folder.join("shared/samples/azure-inputs/threat")).find(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: ../shared/samples/azure-inputs/threat is absent");
    }
    folder
}

fn add(file: &str) -> Option<Result<(ThreatLists, InputInfo), String>> {
    let path = samples()?.join(file);
    let bytes = std::fs::read(&path).unwrap();
    let mut lists = ThreatLists::default();
    Some(lists.add(file, &bytes).map(|info| (lists, info)).map_err(|error| error.to_string()))
}

fn hit(lists: &ThreatLists, ip: &str) -> Option<ThreatHit> {
    lists.get(ip.parse::<IpAddr>().unwrap().into(), WINDOW)
}

#[test]
fn lists_of_addresses_have_the_entries_of_their_files() {
    for (file, entries, ip, entry) in [
        ("ipsum/levels-7.txt", 70, "144.202.92.17", "144.202.92.17"),
        ("ipsum/levels-8.txt", 23, "77.90.185.20", "77.90.185.20"),
        ("maltrail/alchimist_c2.txt", 11, "153.92.1.145", "153.92.1.145:49410"),
        ("maltrail/mass_scanner_cidr.txt", 1106, "35.203.211.77", "35.203.211.0/24 (cortex xpanse)"),
        ("misp/to_delete1.json", 2, "104.148.70.217", "104.148.70.217 (C2)"),
        ("stix/infrastructure.json", 1, "198.51.100.3", "198.51.100.3"),
    ] {
        let Some(read) = add(file) else { return };
        let (lists, info) = read.unwrap();
        assert_eq!(
            (info.entries, info.warnings.iter().filter(|w| !w.contains("other things")).count()),
            (entries, 0),
            "{file}: {info:?}"
        );
        assert_eq!(hit(&lists, ip).unwrap().entry, entry, "{file}");
    }
}

#[test]
fn an_address_of_a_control_server_is_bound_to_all_its_ports() {
    let Some(read) = add("maltrail/alchimist_c2.txt") else { return };
    let hit = hit(&read.unwrap().0, "149.28.36.160").unwrap();
    assert_eq!((hit.port, hit.other_ports), (Some(443), vec![8443, 50423]));
}

#[test]
fn a_misp_event_dates_its_addresses() {
    let Some(read) = add("misp/to_delete1.json") else { return };
    let (lists, info) = read.unwrap();
    // The event was published on 2018-02-12; the attribute is of 2017-11-17.
    assert_eq!(info.version, "2018-02-12");
    let hit = hit(&lists, "98.126.156.210").unwrap();
    assert_eq!(hit.date, Some(1_510_922_426_000));
    assert_eq!(hit.entry, "98.126.156.210 (OSINT -  New Malware with Ties to SunOrcal Discovered)");
}

#[test]
fn what_names_no_public_address_is_an_error_that_says_why() {
    let private =
        "nothing in it names a public address: 1 private or reserved prefix was passed over: it matches no public address";
    for (file, why) in [
        ("stix/indicator-for-c2-ip-address.json", private),
        ("stix/indicator-to-campaign-relationship.json", private),
        ("stix/indicators-for-C2-with-COA.json", "nothing in it names a public address: 1 indicator is about other things"),
        ("misp/57c4445b-c548-4654-af0b-4be3950d210f.json", "nothing in it names a public address: "),
        ("misp/misp_event.json", "holds no entry; hint: "),
        ("misp/event_obj_attr_tag.json", "nothing in it names a public address: "),
        ("misp-warninglists/microsoft-attack-simulator.json", "is a MISP warninglist: "),
        ("misp-warninglists/microsoft-azure-germany.json", "is a MISP warninglist: "),
        ("misp-warninglists/microsoft-office365-ip.json", "is a MISP warninglist: "),
        ("misp-warninglists/rfc1918.json", "is a MISP warninglist: "),
        ("misp-warninglists/rfc6598.json", "is a MISP warninglist: "),
        ("misp-warninglists/schema.json", "is JSON, but none of STIX, "),
    ] {
        let Some(read) = add(file) else { return };
        let error = read.unwrap_err();
        assert!(error.starts_with(&format!("cannot read threat list: {file}: {why}")), "{error}");
    }
}
