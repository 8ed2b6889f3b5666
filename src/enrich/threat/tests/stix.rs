//! STIX bundles: which indicators count, from when to when, and what is told of them.

use super::*;

/// A bundle of indicators, each with a pattern and further fields.
fn bundle(indicators: &[(&str, &str)]) -> String {
    let objects: Vec<String> = indicators
        .iter()
        .enumerate()
        .map(|(i, (pattern, more))| {
            let more = if more.is_empty() { String::new() } else { format!(",{more}") };
            format!(
                "{{\"type\":\"indicator\",\"id\":\"indicator--{i}\",\"pattern_type\":\"stix\",\"pattern\":\"{pattern}\"{more}}}"
            )
        })
        .collect();
    format!(
        "{{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[{{\"type\":\"identity\",\"id\":\"identity--1\"}},{}]}}",
        objects.join(",")
    )
}

#[test]
fn an_indicator_tells_its_name_confidence_and_last_change() {
    let text = bundle(&[
        (
            "[ipv4-addr:value = '203.0.113.1']",
            "\"name\":\"C2 server\",\"confidence\":85,\"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"2026-11-19T00:00:00.000Z\"",
        ),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "\"indicator_types\":[\"malicious-activity\",\"anonymization\"]"),
        ("[ipv6-addr:value = '2001:db8::9']", "\"labels\":[\"malicious-activity\"],\"valid_from\":\"2026-11-01T00:00:00Z\""),
        ("[network-traffic:dst_ref.value = '203.0.113.2' AND network-traffic:dst_port IN (443, 8443)]", ""),
        ("[file:name = 'x']", "\"name\":\"a file\""),
    ]);
    let info = check(
        &text,
        &[
            ("203.0.113.1", "203.0.113.1 (C2 server, confidence 85) of 2026-11-19"),
            ("198.51.100.7", "198.51.100.0/24 (malicious-activity anonymization)"),
            ("2001:db8::9", "2001:db8::9 (malicious-activity) of 2026-11-01"),
            ("203.0.113.2", "203.0.113.2 :443 :8443"),
        ],
    );
    assert_eq!((info.entries, info.version.as_str()), (5, "2026-11-19"));
    assert_eq!(info.warnings, ["1 indicator is about other things than addresses and was passed over, the first is \"a file\""]);
}

#[test]
fn indicators_count_only_while_they_are_valid() {
    let text = bundle(&[
        ("[ipv4-addr:value = '203.0.113.1']", "\"valid_until\":\"2026-11-22T00:00:00Z\""),
        ("[ipv4-addr:value = '203.0.113.2']", "\"valid_until\":\"2026-11-22T00:00:01Z\""),
        ("[ipv4-addr:value = '203.0.113.3']", "\"valid_from\":\"2026-11-24T00:00:00Z\""),
        ("[ipv4-addr:value = '203.0.113.4']", "\"valid_from\":\"2026-11-23T23:59:59Z\""),
        ("[ipv4-addr:value = '203.0.113.5']", "\"revoked\":true"),
        ("[ipv4-addr:value = '203.0.113.6']", "\"revoked\":false"),
    ]);
    let (lists, info) = read_list(&text);
    let counts: Vec<bool> = (1..=6).map(|i| hit(&lists, &format!("203.0.113.{i}")).is_some()).collect();
    assert_eq!(counts, [false, true, false, true, false, true]);
    assert_eq!(info.entries, 5);
    assert_eq!(
        lists.warnings(WINDOW),
        [[
            "1 indicator passed over: expired before the window begins",
            "1 indicator passed over: not valid before the window ends",
            "1 indicator passed over: revoked by the source",
        ]]
    );
}

#[test]
fn an_expired_indicator_does_not_hide_a_shorter_prefix_that_is_valid() {
    let text = bundle(&[
        ("[ipv4-addr:value = '203.0.113.1']", "\"name\":\"old\",\"valid_until\":\"2026-01-01T00:00:00Z\""),
        ("[ipv4-addr:value = '203.0.113.0/24']", "\"name\":\"net\""),
        ("[ipv4-addr:value = '203.0.113.2']", "\"name\":\"old\",\"valid_until\":\"2026-01-01T00:00:00Z\""),
        ("[ipv4-addr:value = '203.0.113.2']", "\"name\":\"renewed\",\"valid_until\":\"2027-01-01T00:00:00Z\""),
    ]);
    check(&text, &[("203.0.113.1", "203.0.113.0/24 (net)"), ("203.0.113.2", "203.0.113.2 (renewed)")]);
}

#[test]
fn of_several_versions_of_an_indicator_the_last_one_counts() {
    let version = |modified: &str, revoked: bool| {
        format!(
            "{{\"type\":\"indicator\",\"id\":\"indicator--1\",\"modified\":\"{modified}\",\"revoked\":{revoked},\"pattern\":\"[ipv4-addr:value = '203.0.113.1']\"}}"
        )
    };
    let envelope = |objects: &[String]| format!("{{\"more\":true,\"objects\":[{}]}}", objects.join(","));
    let (first, last) = (version("2026-11-01T00:00:00Z", false), version("2026-11-02T00:00:00Z", true));
    for objects in [[first.clone(), last.clone()], [last, first]] {
        let info = check(&envelope(&objects), &[("203.0.113.1", "")]);
        assert_eq!(info.warnings, ["is one page of several: fetch the others too"]);
    }
}

#[test]
fn addresses_that_stand_alone_are_read_where_there_is_no_indicator() {
    let object = "{\"type\":\"ipv4-addr\",\"id\":\"ipv4-addr--1\",\"value\":\"203.0.113.1\"}";
    check(&format!("{{\"type\":\"bundle\",\"objects\":[{object}]}}"), &[("203.0.113.1", "203.0.113.1")]);
    check(&format!("[{object}]"), &[("203.0.113.1", "203.0.113.1")]);
    check(object, &[("203.0.113.1", "203.0.113.1")]);
    let mixed = bundle(&[("[ipv4-addr:value = '203.0.113.2']", "")]).replace("\"objects\":[", &format!("\"objects\":[{object},"));
    check(&mixed, &[("203.0.113.1", ""), ("203.0.113.2", "203.0.113.2")]);
}

#[test]
fn a_pattern_of_another_language_or_without_sense_is_passed_over() {
    let text = bundle(&[("[ipv4-addr:value = '203.0.113.1']", ""), ("[ipv4-addr:value = ", "")]);
    let text =
        text.replace("\"objects\":[", "\"objects\":[{\"type\":\"indicator\",\"pattern_type\":\"snort\",\"pattern\":\"alert\"},");
    let info = check(&text, &[("203.0.113.1", "203.0.113.1")]);
    assert_eq!(
        info.warnings,
        [
            "1 entry names no address and was passed over, the first is \"[ipv4-addr:value = \"",
            "1 indicator is about other things than addresses and was passed over, the first is \"snort\"",
        ]
    );
}
