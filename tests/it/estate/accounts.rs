//! What kind of traffic there is: by flow type, country, Azure region, port, time, encryption; and the logs themselves.

use super::{MEASURES, PAIR_MEASURES, counts, expected, named, row, rows, summary, table};
use crate::run::{number, numbers};

#[test]
fn every_flow_has_the_type_that_traffic_analytics_documents() {
    let types = expected(&[
        // (2)+(13)+(14)+(17)+(18)+(22): received 14000+10000+350+8000+0+50, sent 1500+900+250+700+60+40.
        ("InterVNet", [0, 0, 5, 1, 32_400, 3_450, 35, 35, 0, 0, 0]),
        // (10): received 800+4000, sent 9000+20000.
        ("S2S", [1, 0, 0, 0, 4_800, 29_000, 16, 18, 0, 0, 0]),
        // (3)
        ("AzurePublic", [0, 0, 1, 0, 30_000, 2_000, 30, 20, 0, 0, 0]),
        // In (7)+(8)+(20), out (4)+(15)+(19): received 600+200+5110+666+11000, sent 7000+2000+620+555+1000.
        ("ExternalPublic", [2, 1, 4, 0, 17_576, 11_175, 31, 30, 1, 0, 0]),
        // (11)
        ("P2S", [1, 0, 0, 0, 1_200, 13_000, 12, 13, 0, 0, 0]),
        // (1)+(16): received 160+4444, sent 80+333.
        ("IntraVNet", [0, 0, 2, 0, 4_604, 413, 5, 4, 0, 0, 0]),
        // In (6) twice and (9), out (5): received 100+200, sent 1000+300.
        ("MaliciousFlow", [1, 2, 1, 0, 300, 1_300, 3, 4, 0, 2, 2]),
        // (21): neither end is local.
        ("Unknown", [0, 0, 1, 0, 220, 110, 2, 1, 0, 0, 0]),
        // (12)
        ("UnknownPrivate", [0, 0, 1, 0, 0, 60, 0, 1, 0, 0, 0]),
    ]);
    assert_eq!(named("traffic_by_flow_type"), types);
}

#[test]
fn a_country_is_that_of_the_end_that_is_not_local() {
    let countries = expected(&[
        // (1)+(2)+(10)+(11)+(12)+(13)+(14)+(16)+(17)+(18)+(22):
        // received 4800+1200 + 160+14000+0+10000+350+4444+8000+0+50, sent 29000+13000 + 80+1500+60+900+250+333+700+60+40.
        ("", [2, 0, 8, 1, 43_004, 45_923, 68, 71, 0, 0, 0]),
        // (3)+(21)
        ("US", [0, 0, 2, 0, 30_220, 2_110, 32, 21, 0, 0, 0]),
        // (4)…(9)+(19)+(20): received 600+200+100 + 5110+200+11000, sent 7000+2000+1000 + 620+300+1000.
        ("NL", [3, 3, 4, 0, 17_210, 11_920, 28, 29, 1, 2, 2]),
        // (15), by IPv6
        ("JP", [0, 0, 1, 0, 666, 555, 6, 5, 0, 0, 0]),
    ]);
    assert_eq!(named("traffic_by_country"), countries);
}

#[test]
fn an_azure_region_is_that_of_the_service_tag_at_the_far_end() {
    let regions = expected(&[
        // All but (3) and (21).
        ("", [5, 3, 13, 1, 60_880, 58_398, 102, 105, 1, 2, 2]),
        ("westeurope", [0, 0, 2, 0, 30_220, 2_110, 32, 21, 0, 0, 0]),
    ]);
    assert_eq!(named("traffic_by_azure_region"), regions);
}

#[test]
fn ports_have_the_names_that_are_registered() {
    for (port, protocol, name, measures) in [
        // (3)+(4)+(7)+(8)+(9)+(13)+(14)+(15)+(17)+(19)+(21); towards the port
        // 2000+620+600+200+100+900+250+555+700+1000+110, back 30000+5110+7000+2000+1000+10000+350+666+8000+11000+220.
        ("443", "6", "https", [12, 0, 7_035, 75_346, 69, 85, 1, 1, 0]),
        // (6) twice and (18)
        ("22", "6", "ssh", [0, 3, 60, 0, 1, 0, 0, 0, 2]),
        ("1433", "6", "ms-sql-s", [1, 0, 1_500, 14_000, 15, 14, 0, 0, 0]),
        ("3389", "6", "ms-wbt-server", [1, 0, 1_200, 13_000, 12, 13, 0, 0, 0]),
        ("53", "17", "domain", [1, 0, 80, 160, 1, 1, 0, 0, 0]),
        ("80", "6", "http", [0, 1, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        let row = row("traffic_by_port", &[("dst_port", port), ("protocol", protocol)]);
        assert_eq!(row["l7_protocol"], name, "{port}");
        assert_eq!(counts(&row, PAIR_MEASURES), measures, "{port}");
    }
    // 443, 22, 8080 (12 and 22), 53, 80, 1433, 3389, 4444, 5432, 8443.
    assert_eq!(table("traffic_by_port").rows.len(), 10);
}

#[test]
fn a_pair_tells_its_flow_type_and_its_malicious_flows() {
    for (src, dst, port, flow_type, measures) in [
        ("10.0.1.4", "203.0.113.66", "4444", "MaliciousFlow", [1, 0, 200, 300, 2, 3, 0, 1, 0]),
        ("203.0.113.130", "10.0.1.4", "22", "MaliciousFlow", [0, 2, 0, 0, 0, 0, 0, 0, 2]),
        ("10.0.1.4", "203.0.113.9", "443", "ExternalPublic", [1, 0, 5_110, 620, 6, 6, 0, 0, 0]),
        ("10.1.1.4", "192.0.2.4", "443", "InterVNet", [1, 0, 350, 250, 2, 2, 0, 0, 0]),
        // Left its source allowed and was denied at its destination: the flow moves, the bytes stay.
        ("10.1.1.10", "10.0.1.4", "22", "InterVNet", [0, 1, 0, 60, 0, 1, 0, 0, 0]),
    ] {
        let row = row("traffic_by_pair", &[("src_ip", src), ("dst_ip", dst), ("dst_port", port)]);
        assert_eq!(row["flow_type"], flow_type, "{src} to {dst}");
        assert_eq!(counts(&row, PAIR_MEASURES), measures, "{src} to {dst}");
    }
    // What web-1 saw of (13) behind the load balancer has its source at db-1, which supplies it as a flow to the frontend.
    assert!(rows("traffic_by_pair", &[("src_ip", "10.1.1.4"), ("dst_ip", "10.0.1.4")]).is_empty());
    assert_eq!(table("traffic_by_pair").rows.len(), 22, "each flow of the list is a pair of its own");
}

#[test]
fn intervals_are_ten_minutes_from_the_epoch() {
    let intervals = expected(&[
        // All but what follows: 151,608 - 24,000 - 330 bytes, 260 - 17 - 3 packets.
        ("2024-08-19T17:00:00.000Z", [5, 3, 15, 1, 86_990, 40_288, 125, 115, 1, 2, 2]),
        // (10), its end
        ("2024-08-19T17:10:00.000Z", [0, 0, 0, 0, 4_000, 20_000, 8, 9, 0, 0, 0]),
        // (4), its end
        ("2024-08-19T19:00:00.000Z", [0, 0, 0, 0, 110, 220, 1, 2, 0, 0, 0]),
    ]);
    assert_eq!(named("traffic_over_time"), intervals);
}

#[test]
fn encryption_is_told_by_subnets_and_a_moved_deny_stays_with_its_supplier() {
    let rows = table("encryption").rows;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (["src_subnet", "dst_subnet", "encryption"].map(|key| row[key].as_str()), counts(row, PAIR_MEASURES)))
        .collect();
    let expected = [
        // (6)…(11): sent 600+200+100+4800+1200, back 7000+2000+1000+29000+13000.
        (["", "hub/web", "NX"], [5, 2, 52_000, 6_900, 41, 37, 0, 1, 2]),
        // (3)+(4)+(5)+(12): sent 2000+620+300+60, back 30000+5110+200.
        (["hub/web", "", "NX"], [4, 0, 35_310, 2_980, 38, 30, 0, 1, 0]),
        // (2)+(17)+(22)
        (["hub/web", "spoke/db", "X"], [3, 0, 22_050, 2_240, 23, 23, 0, 0, 0]),
        // (19), of an NSG flow log, which states no encryption
        (["hub/web", "", ""], [2, 0, 11_000, 1_000, 11, 10, 1, 0, 0]),
        // (13)+(18); web-1 logged the deny of (18) as not encrypted
        (["spoke/db", "hub/web", "X"], [1, 1, 10_000, 960, 10, 10, 0, 0, 0]),
        // (16)
        (["spoke/db", "spoke/db", "X"], [1, 0, 4_444, 333, 4, 3, 0, 0, 0]),
        // (14)+(15)
        (["spoke/db", "", "NX"], [2, 0, 1_016, 805, 8, 7, 0, 0, 0]),
        // (21)
        (["", "", "NX"], [1, 0, 220, 110, 2, 1, 0, 0, 0]),
        // (1)
        (["hub/web", "hub/appliance", "X"], [1, 0, 160, 80, 1, 1, 0, 0, 0]),
        // (20)
        (["", "hub/web", ""], [0, 1, 0, 0, 0, 0, 0, 0, 0]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_totals_are_those_of_the_list_of_flows() {
    let summary = summary();
    let once = &summary["traffic"]["deduplicated"];
    let places = ["flows_inbound_allowed", "flows_inbound_denied", "flows_outbound_allowed", "flows_outbound_denied"];
    assert_eq!(numbers(once, places), [5, 3, 15, 1]);
    // Sent: the sum of the column in the list of flows, packets/bytes.
    assert_eq!(numbers(once, ["bytes_src_to_dst", "packets_src_to_dst"]), [15_408, 122]);
    assert_eq!(numbers(once, ["bytes_dst_to_src", "packets_dst_to_src", "tuples_unmeasured"]), [136_200, 138, 1]);
    assert_eq!(number(&summary, "tuples.kept"), 68);
    for name in ["traffic_by_flow_type", "traffic_by_country", "traffic_by_azure_region", "traffic_over_time"] {
        let sums = MEASURES.map(|column| table(name).sum(column));
        assert_eq!((sums[4] + sums[5], sums[6] + sums[7]), (151_608, 260), "{name}");
        assert_eq!(sums[..4].iter().sum::<u64>(), 24, "{name}");
        assert_eq!(sums[8..], [1, 2, 2], "{name}");
    }
}

#[test]
fn coverage_counts_tuples_by_hour_of_each_capture_point() {
    let table = table("coverage");
    let mut found: Vec<(&str, &str, &str, u64)> = table
        .rows
        .iter()
        .map(|row| {
            let log = row["log_resource"].rsplit('/').next().expect("a name");
            (log, row["mac"].as_str(), &row["hour"][11..13], row["tuples"].parse().expect("a number"))
        })
        .collect();
    found.sort_unstable();
    let expected = [
        ("FL-DB", "000D3A000004", "17", 5 + 2 + 4),
        ("FL-DB", "000D3A000005", "17", 4 + 2),
        ("FL-HUB", "000D3A000001", "17", 9 + 8 + 6 + 6 + 3 + 1),
        ("FL-HUB", "000D3A000001", "19", 1),
        ("FL-HUB", "000D3A000003", "17", 10),
        ("NSG-WEB", "000D3A000001", "17", 2),
        ("NSG-WEB", "000D3A000002", "17", 4 + 1),
    ];
    assert_eq!(found, expected);
}

#[test]
fn data_quality_tells_gaps_lags_and_what_was_logged_twice() {
    let of = |mac: &str, format: &str| row("data_quality", &[("mac", mac), ("format", format)]);
    let web_1 = of(super::logged::WEB_1, "vnet_v4");
    // The window is 17:00 to 20:00; 18:00 lies between two hours that have tuples.
    assert_eq!(counts(&web_1, ["hours", "hours_without", "gap_hours_max", "hours_replaced"]), [3, 1, 1, 0]);
    // Begun: out 4+4, in 3+3. Continuing: (2), (4), (10). Denied: (6) twice, (18).
    assert_eq!(
        counts(&web_1, ["tuples_begin", "tuples_continuing", "tuples_end", "tuples_denied", "tuples_unstated"]),
        [14, 3, 14, 3, 0]
    );
    // Records of 17:01:00 with tuples of 17:00:01 to 17:00:50, of 17:16 with one of 17:15, of 19:06 with one of 19:05.
    assert_eq!(counts(&web_1, ["lag_min_ms", "lag_max_ms", "tuples_late", "tuples_early"]), [10_000, 60_000, 0, 0]);
    let doubled = of(super::logged::WEB_1, "nsg_v2");
    assert_eq!(counts(&doubled, ["hours", "hours_without", "gap_hours_max", "hours_replaced"]), [3, 2, 0, 1]);
    let web_2 = of(super::logged::WEB_2, "nsg_v2");
    assert_eq!(
        counts(&web_2, ["tuples_unmeasured", "tuples_begin", "tuples_continuing", "tuples_end", "tuples_denied"]),
        [1, 2, 0, 2, 1]
    );
    assert_eq!(table("data_quality").rows.len(), 6);
}

#[test]
fn the_summary_lists_every_file_that_enriched_the_report() {
    let summary = summary();
    let inputs = summary["enrichment"].as_array().expect("a list");
    let of = |kind: &str| inputs.iter().filter(|input| input["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(of("topology").len(), 12);
    assert!(inputs.iter().all(|input| input["warnings"].as_array().is_some_and(Vec::is_empty)), "{inputs:#?}");
    assert_eq!(of("threat_list")[0]["file"], "threats.txt");
    assert_eq!(of("threat_list")[0]["entries"], 2);
    assert_eq!(of("service_tags")[0]["version"], "change number 360");
    assert_eq!((of("geo").len(), of("asn").len()), (1, 1));
}

#[test]
fn no_file_of_the_report_holds_a_key_of_a_connection() {
    let secret = b"never-printed-by-azflow";
    for (name, bytes) in super::FILES.iter() {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{name}");
    }
}
