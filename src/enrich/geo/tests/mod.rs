//! Every layout of .mmdb that is known, databases of another kind, and damaged ones.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod mmdb;

use std::net::IpAddr;
use std::path::Path;

use proptest::prelude::*;

use self::mmdb::Value::{self, Bool, Double, Long, Map, Number, Short, Text};
use self::mmdb::mmdb;
use super::*;

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

fn geo(kind: InputKind, bytes: Vec<u8>) -> Geo {
    let mut geo = Geo::default();
    geo.add(kind, "test.mmdb", bytes).unwrap();
    geo
}

fn refusal(kind: InputKind, bytes: Vec<u8>) -> String {
    Geo::default().add(kind, "test.mmdb", bytes).unwrap_err().to_string()
}

/// Country and autonomous system of `ip`, as `DE`, `3320 Name`.
fn found(geo: &Geo, ip: &str) -> (Option<String>, Option<String>) {
    let network = geo.network(address(ip)).map(|network| format!("{} {}", network.asn, network.name));
    (geo.country(address(ip)).map(|country| country.code().to_owned()), network)
}

fn named(name: &'static str) -> Value {
    Map(vec![("names", Map(vec![("en", Text(name))])), ("geoname_id", Number(1))])
}

fn coded(code: &'static str) -> Value {
    Map(vec![("iso_code", Text(code)), ("names", Map(vec![("en", Text("a name"))]))])
}

/// A layout: what it is, what it was given as, a record, and the country and autonomous system that are in it.
type Layout = (&'static str, InputKind, Value, Option<&'static str>, Option<&'static str>);

fn layouts() -> Vec<Layout> {
    use InputKind::{Asn, Geo};
    let asn = |number, organization| {
        vec![("autonomous_system_number", Number(number)), ("autonomous_system_organization", Text(organization))]
    };
    let isp = [asn(3320, "DTAG"), vec![("isp", Text("Telekom")), ("organization", Text("Other"))]].concat();
    let traits = [vec![("is_anycast", Bool(true))], asn(8075, "Microsoft")].concat();
    let lite = vec![("asn", Text("AS4755")), ("as_name", Text("Tata")), ("country", Text("India")), ("country_code", Text("IN"))];
    let place = vec![("lat", Text("48.1")), ("lng", Text("11.5")), ("country", Text("DE"))];
    let exact = vec![("latitude", Double(48.1)), ("country", Text("Germany")), ("country_code", Text("de"))];
    let home = vec![("country", coded("FR")), ("registered_country", coded("US")), ("continent", named("Europe"))];
    let only_registered = vec![("registered_country", coded("US")), ("represented_country", coded("GB"))];
    vec![
        ("GeoLite2-Country", Geo, Map(home), Some("FR"), None),
        ("GeoLite2-City without a country", Geo, Map(only_registered), Some("US"), None),
        ("represented only", Geo, Map(vec![("represented_country", coded("GB"))]), Some("GB"), None),
        ("GeoLite2-ASN", Asn, Map(asn(3320, "DTAG")), None, Some("3320 DTAG")),
        ("GeoLite2-ASN without a name", Asn, Map(vec![("autonomous_system_number", Number(1))]), None, Some("1 ")),
        ("narrow numbers", Asn, Map(vec![("asn", Short(64512))]), None, Some("64512 ")),
        ("wide numbers", Asn, Map(vec![("as_number", Long(4_200_000_000))]), None, Some("4200000000 ")),
        ("GeoIP2-ISP", Asn, Map(isp), None, Some("3320 DTAG")),
        (
            "GeoIP2-Enterprise",
            Asn,
            Map(vec![("country", coded("IE")), ("traits", Map(traits))]),
            Some("IE"),
            Some("8075 Microsoft"),
        ),
        ("IPinfo Lite", Geo, Map(lite.clone()), Some("IN"), Some("4755 Tata")),
        ("IPinfo Lite as ASN", Asn, Map(lite), Some("IN"), Some("4755 Tata")),
        ("IPinfo country", Geo, Map(vec![("country", Text("US")), ("country_name", Text("United States"))]), Some("US"), None),
        ("IPinfo ASN", Asn, Map(vec![("asn", Text("AS15169")), ("name", Text("Google"))]), None, Some("15169 Google")),
        ("IPinfo location, old", Geo, Map(place), Some("DE"), None),
        ("IPinfo location, new", Geo, Map(exact), Some("DE"), None),
        ("ip-location-db country", Geo, Map(vec![("country_code", Text("AU"))]), Some("AU"), None),
    ]
}

#[test]
fn every_layout_is_told_by_its_records() {
    for (name, kind, record, country, network) in layouts() {
        let bytes = mmdb(name, &[("203.0.113.0/24", record.clone()), ("2001:db8::/32", record)]);
        let geo = geo(kind, bytes);
        let expected = (country.map(String::from), network.map(String::from));
        assert_eq!(found(&geo, "203.0.113.9"), expected, "{name}");
        assert_eq!(found(&geo, "::ffff:203.0.113.9"), expected, "{name}, mapped");
        assert_eq!(found(&geo, "2001:db8::9"), expected, "{name}, IPv6");
        assert_eq!(found(&geo, "203.0.114.0"), (None, None), "{name}, beside it");
    }
}

#[test]
fn a_database_says_its_day_type_and_size() {
    let bytes = mmdb("Mini-Country", &[("128.0.0.0/1", Map(vec![("country_code", Text("AU"))]))]);
    let info = Geo::default().add(InputKind::Geo, "mini.mmdb", bytes).unwrap();
    assert_eq!((info.kind, info.file.as_str(), info.version.as_str()), (InputKind::Geo, "mini.mmdb", "2026-06-17 Mini-Country"));
    assert_eq!((info.entries, info.warnings), (97, vec![]));
}

#[test]
fn records_without_data_are_no_error_and_tell_nothing() {
    let empty = vec![("country", Text("")), ("asn", Text("")), ("continent", named("Europe"))];
    let bytes =
        mmdb("Half", &[("1.0.0.0/24", Map(empty)), ("2.0.0.0/24", Map(vec![("country_code", Text("-")), ("asn", Number(0))]))]);
    assert!(refusal(InputKind::Geo, bytes).contains("holds neither countries nor autonomous systems"));
    let known = Map(vec![("country_code", Text("PT"))]);
    let bytes = mmdb("Half", &[("1.0.0.0/24", Map(vec![("is_anycast", Bool(true))])), ("2.0.0.0/24", known)]);
    let geo = geo(InputKind::Geo, bytes);
    assert_eq!([found(&geo, "1.0.0.1").0, found(&geo, "2.0.0.1").0], [None, Some("PT".to_owned())]);
}

#[test]
fn a_database_of_the_other_kind_is_refused_with_its_option() {
    let asn = mmdb("GeoLite2-ASN", &[("1.0.0.0/24", Map(vec![("autonomous_system_number", Number(1))]))]);
    assert_eq!(
        refusal(InputKind::Geo, asn),
        "cannot read geo database: test.mmdb: is \"GeoLite2-ASN\", which holds autonomous systems; hint: give it as --asn"
    );
    let country = mmdb("Any-Name", &[("1.0.0.0/24", Map(vec![("country_code", Text("AU"))]))]);
    assert_eq!(
        refusal(InputKind::Asn, country),
        "cannot read ASN database: test.mmdb: is \"Any-Name\", which holds countries; hint: give it as --geo"
    );
    let anonymous = Map(vec![("is_anonymous", Bool(true)), ("is_tor_exit_node", Bool(true))]);
    let message = refusal(InputKind::Geo, mmdb("GeoIP2-Anonymous-IP", &[("1.0.0.0/24", anonymous)]));
    let told = "is \"GeoIP2-Anonymous-IP\", which holds neither countries nor autonomous systems but \"is_anonymous\", \"is_tor_exit_node\"";
    assert!(message.contains(told), "{message}");
}

#[test]
fn damaged_databases_are_refused_without_a_panic() {
    let whole = mmdb("Mini", &[("1.0.0.0/24", Map(vec![("country_code", Text("AU"))]))]);
    assert_eq!(refusal(InputKind::Geo, Vec::new()), "cannot read geo database: test.mmdb: is empty; hint: download it again");
    assert!(refusal(InputKind::Geo, whole[..whole.len() / 2].to_vec()).contains("its metadata is missing"));
    let mut headless = whole.clone();
    headless.drain(..300);
    assert!(refusal(InputKind::Geo, headless).contains("is damaged"));
    let message = Geo::default().add(InputKind::Asn, "list.gz", vec![0x1f, 0x8b, 0xff]).unwrap_err().to_string();
    assert_eq!(message, "cannot read ASN database: list.gz: is neither .mmdb nor text; hint: unpack it first");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_flipped_byte_is_an_error_or_an_answer_never_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = mmdb("Mini", &[("1.0.0.0/24", Map(vec![("country", coded("AU"))])), ("2001:db8::/32", Map(vec![("country", coded("NZ"))]))]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let mut geo = Geo::default();
        if geo.add(InputKind::Geo, "test.mmdb", bytes).is_ok() {
            for ip in ["1.0.0.1", "255.255.255.255", "2001:db8::1", "::", "ffff::"] {
                found(&geo, ip);
            }
        }
    }
}

#[test]
fn databases_for_the_question_come_first_and_the_next_one_fills_gaps() {
    let both = |country, asn| Map(vec![("country_code", Text(country)), ("asn", Text(asn))]);
    let mut geo = Geo::default();
    geo.add(InputKind::Geo, "1.mmdb", mmdb("1", &[("1.0.0.0/24", both("AU", "AS1"))])).unwrap();
    geo.add(InputKind::Geo, "2.mmdb", mmdb("2", &[("1.0.0.0/16", both("NZ", "AS2"))])).unwrap();
    geo.add(InputKind::Asn, "3.mmdb", mmdb("3", &[("1.0.0.0/16", both("FJ", "AS3"))])).unwrap();
    assert_eq!(found(&geo, "1.0.0.1"), (Some("AU".to_owned()), Some("3 ".to_owned())));
    assert_eq!(found(&geo, "1.0.1.1"), (Some("NZ".to_owned()), Some("3 ".to_owned())));
    assert_eq!(found(&geo, "1.1.0.0"), (None, None));
}

/// One of MaxMind's own test files, where they lie beside the project.
fn maxmind(file: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/azure-inputs/mmdb/maxmind");
    let bytes = std::fs::read(folder.join(file)).ok();
    if bytes.is_none() {
        eprintln!("skipped: {file} is not here");
    }
    bytes
}

#[test]
fn maxminds_own_test_files_are_read() {
    for (file, kind, ip, country, network) in [
        ("GeoLite2-ASN-Test.mmdb", InputKind::Asn, "1.128.0.1", None, Some("1221 Telstra Pty Ltd")),
        ("GeoIP2-ISP-Test.mmdb", InputKind::Asn, "1.128.0.1", None, Some("1221 Telstra Pty Ltd")),
        ("GeoLite2-Country-Test.mmdb", InputKind::Geo, "2.125.160.217", Some("GB"), None),
        ("GeoLite2-City-Test.mmdb", InputKind::Geo, "89.160.20.112", Some("SE"), None),
        ("GeoIP2-Enterprise-Test.mmdb", InputKind::Geo, "89.160.20.112", Some("SE"), Some("29518 Bredband2 AB")),
    ] {
        let Some(bytes) = maxmind(file) else { continue };
        assert_eq!(found(&geo(kind, bytes), ip), (country.map(String::from), network.map(String::from)), "{file}");
    }
    for file in ["GeoIP2-Anonymous-IP-Test.mmdb", "GeoIP-Anonymous-Plus-Test.mmdb"] {
        let Some(bytes) = maxmind(file) else { continue };
        assert!(refusal(InputKind::Geo, bytes).contains("\"is_anonymous\""), "{file}");
    }
}
