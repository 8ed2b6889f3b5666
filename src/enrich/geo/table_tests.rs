//! The tables of ranges that are known, bad lines, and ranges held against a linear scan.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

fn add(kind: InputKind, text: &str) -> Result<(Geo, InputInfo), String> {
    let mut geo = Geo::default();
    let info = geo.add(kind, "list.csv", text.as_bytes().to_vec()).map_err(|error| error.to_string())?;
    Ok((geo, info))
}

fn network(asn: u32, name: &str) -> Option<Network> {
    Some(Network { asn, name: name.to_owned() })
}

#[test]
fn every_known_form_of_an_asn_table_is_read() {
    for (form, text) in [
        ("ip-location-db", "1.0.0.0,1.0.0.255,13335,\"Cloudflare, \"\"Inc\"\".\"\n1.0.4.0,1.0.7.255,38803,Gtelecom\n"),
        ("the same as numbers", "16777216,16777471,13335,\"Cloudflare, \"\"Inc\"\".\"\r\n16778240,16779263,38803,Gtelecom\r\n"),
        (
            "GeoLite2",
            "network,autonomous_system_number,autonomous_system_organization\n\
             1.0.0.0/24,13335,\"Cloudflare, \"\"Inc\"\".\"\n1.0.4.0/22,38803,Gtelecom\n",
        ),
        ("iptoasn", "1.0.0.0\t1.0.0.255\t13335\tUS\tCloudflare, \"Inc\".\n1.0.4.0\t1.0.7.255\t38803\tAU\tGtelecom\n"),
        (
            "IPinfo",
            "start_ip,end_ip,asn,name\n1.0.0.0,1.0.0.255,AS13335,\"Cloudflare, \"\"Inc\"\".\"\n1.0.4.0,1.0.7.255,AS38803,Gtelecom\n",
        ),
    ] {
        let (geo, info) = add(InputKind::Asn, text).unwrap();
        assert_eq!((info.entries, info.warnings, info.version.as_str()), (2, vec![], ""), "{form}");
        let name = if form == "iptoasn" { "Cloudflare, Inc." } else { "Cloudflare, \"Inc\"." };
        assert_eq!(geo.network(address("1.0.0.255")), network(13335, name), "{form}");
        assert_eq!(geo.network(address("1.0.7.255")), network(38803, "Gtelecom"), "{form}");
        assert_eq!(geo.network(address("1.0.1.0")), None, "{form}");
    }
}

#[test]
fn every_known_form_of_a_country_table_is_read() {
    for (form, text) in [
        ("ip-location-db", "1.0.0.0,1.0.0.255,AU\n2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,jp\n"),
        (
            "the same as numbers",
            "16777216,16777471,AU\n42540528726795050063891204319802818560,42540528806023212578155541913346768895,JP\n",
        ),
        ("prefixes", "1.0.0.0/24,AU\n2001:200::/32,JP\n"),
        ("IPinfo Lite", "network,country,country_code,asn,as_name\n1.0.0.0/24,Australia,AU,AS1,x\n2001:200::/32,Japan,JP,,\n"),
    ] {
        let (geo, info) = add(InputKind::Geo, text).unwrap();
        assert_eq!((info.entries, info.warnings), (2, vec![]), "{form}");
        assert_eq!(geo.country(address("1.0.0.9")), Country::new("AU"), "{form}");
        assert_eq!(geo.country(address("2001:200::1")), Country::new("JP"), "{form}");
        assert_eq!(geo.country(address("2001:201::")), None, "{form}");
    }
}

#[test]
fn a_table_of_both_answers_both_and_a_name_stands_once() {
    let text = "1.0.0.0\t1.0.0.255\t7\tAU\tFirst name\n1.0.1.0\t1.0.1.255\t7\tNZ\tSecond name\n1.0.2.0\t1.0.2.255\t0\tNone\tNot routed\n";
    let (geo, info) = add(InputKind::Asn, text).unwrap();
    assert_eq!(info.entries, 2);
    assert_eq!(geo.network(address("1.0.1.1")), network(7, "First name"));
    assert_eq!([geo.country(address("1.0.1.1")), geo.country(address("1.0.2.1"))], [Country::new("NZ"), None]);
    assert_eq!(geo.network(address("1.0.2.1")), None);
}

#[test]
fn bad_lines_are_counted_and_the_first_one_is_told() {
    let good = "1.0.0.0,1.0.0.255,AU\n";
    for (bad, why) in [
        ("1.0.0,1.0.0.255,AU", "\"1.0.0\" is no address"),
        ("1.0.0.9,1.0.0.1,AU", "the range ends before it begins"),
        ("1.0.0.1,1.0.0.9,AUS", "\"AUS\" is no country code of two letters"),
        ("1.0.0.1,1.0.0.9", "a field is missing"),
        ("\"1.0.0.1,1.0.0.9,AU", "\"1.0.0.1,1.0.0.9,AU\" is no address"),
    ] {
        let (geo, info) = add(InputKind::Geo, &format!("# a comment\n{good}{bad}\n{bad}\n2.0.0.0,2.0.0.255,FR\n")).unwrap();
        assert_eq!(info.warnings, [format!("2 lines are passed over, the first is line 3: {why}")]);
        assert_eq!((info.entries, geo.country(address("2.0.0.1"))), (2, Country::new("FR")));
    }
    let (_, info) = add(InputKind::Asn, "1.0.0.0/24,1,a\n1.0.0.0/33,x,a\n1.0.1.0/24,x,a\n").unwrap();
    let why = "2 lines are passed over, the first is line 2: \"1.0.0.0/33\" is no prefix such as 203.0.113.0/24";
    assert_eq!(info.warnings, [why]);
}

#[test]
fn a_table_that_cannot_be_used_says_why() {
    let of = |kind, text| add(kind, text).unwrap_err();
    assert_eq!(
        of(InputKind::Geo, "hello\n\nworld"),
        "cannot read geo database: list.csv line 1: it is no range with a country or an ASN, and so is every line; \
         hint: docs/lists.md names the databases that can be read"
    );
    let blocks = "network,geoname_id,registered_country_geoname_id,represented_country_geoname_id\n1.0.0.0/24,1,2,3\n";
    assert_eq!(
        of(InputKind::Geo, blocks),
        "cannot read geo database: list.csv: is one of the two CSV files of GeoLite2, which refer to each other; \
         hint: give the .mmdb of the same database"
    );
    let locations = "geoname_id,locale_code,continent_code,continent_name,country_iso_code,country_name,is_in_european_union\n";
    assert!(of(InputKind::Geo, locations).contains("one of the two CSV files"));
    assert!(of(InputKind::Asn, "network,domain\n1.0.0.0/24,x\n").contains("the header \"network,domain\" names no range"));
    assert_eq!(
        of(InputKind::Asn, "1.0.0.0,1.0.0.255,AU\n"),
        "cannot read ASN database: list.csv: is CSV, which holds countries; hint: give it as --geo"
    );
    assert!(
        of(InputKind::Geo, "1.0.0.0/24,13335,Cloudflare\n")
            .ends_with("is CSV, which holds autonomous systems; hint: give it as --asn")
    );
    assert!(of(InputKind::Geo, "\n# nothing\n").ends_with("is empty; hint: download it again"));
}

#[test]
fn a_name_is_trimmed_and_cut() {
    let (geo, _) = add(InputKind::Asn, &format!("1.0.0.0,1.0.0.255,5, {} \n", "ä".repeat(500))).unwrap();
    assert_eq!(geo.network(address("1.0.0.0")), network(5, &"ä".repeat(120)));
}

proptest! {
    #[test]
    fn a_table_answers_like_a_linear_scan_of_its_lines(
        ranges in proptest::collection::vec((0..200u32, 0..40u32, 1..9u32), 1..40),
    ) {
        let mut text = String::new();
        for (first, length, asn) in &ranges {
            let (first, last) = (Ipv4Addr::from(0x0100_0000 + first), Ipv4Addr::from(0x0100_0000 + first + length));
            writeln!(text, "{first},{last},{asn},name {asn}").unwrap();
        }
        let (geo, _) = add(InputKind::Asn, &text).unwrap();
        for bits in 0..240 {
            let holding = ranges.iter().filter(|(first, length, _)| (*first..=first + length).contains(&bits));
            let smallest = holding.min_by_key(|(first, length, _)| (*length, *first)).map(|(_, _, asn)| *asn);
            prop_assert_eq!(geo.network(Address::from_v4(0x0100_0000 + bits)).map(|network| network.asn), smallest);
        }
    }

    #[test]
    fn any_text_is_an_error_or_a_table(text in "[0-9a-f.:,/\t\n\"ASxé-]{0,80}") {
        let _ = add(InputKind::Geo, &text);
        let _ = add(InputKind::Asn, &text);
    }
}
