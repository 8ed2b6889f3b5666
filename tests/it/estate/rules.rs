//! Which rules work and which are idle. Rules are counted as each capture point logged them: what two logs have is there twice.

use super::{MEASURES, PAIR_MEASURES, Row, cells, counts, row, rows, table};

/// The one row of a rule of nsg-web, whichever log names the NSG.
fn of_nsg_web(name: &str, rule: &str) -> Row {
    let of_rule = rows(name, &[("rule", rule)]);
    let mut found = of_rule.into_iter().filter(|row| row["acl"].to_lowercase().ends_with("/networksecuritygroups/nsg-web"));
    let row = found.next().unwrap_or_else(|| panic!("{name} has no {rule}"));
    assert_eq!(found.next(), None, "{name}: {rule} of one NSG has one row, whatever the case of its id");
    row
}

#[test]
fn a_rule_that_both_kinds_of_log_name_has_one_row() {
    let row = of_nsg_web("traffic_by_rule", "DefaultRule_AllowInternetOutBound");
    // VNet log: (3), (4) with its end, (5), (12); NSG log: (4) without it, (19).
    // Sent 2000+620+300+60 + 400 + 1000, received 30000+5110+200+0 + 5000 + 11000.
    assert_eq!(counts(&row, MEASURES), [0, 0, 7, 0, 51_310, 4_380, 54, 44, 1, 1, 0]);
}

#[test]
fn each_rule_has_what_it_decided() {
    for (rule, direction, status, measures) in [
        ("UserRule_AllowHttps", "Inbound", "Allowed", [3, 0, 0, 0, 900, 10_000, 9, 10, 0, 1, 0]),
        // (6) twice, (18)
        ("DefaultRule_DenyAllInBound", "Inbound", "Denied", [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
        // (20)
        ("UserRule_DenyHttp", "Inbound", "Denied", [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        // (1), (2), (17), (22): sent 80+1500+700+40, received 160+14000+8000+50.
        ("DefaultRule_AllowVnetOutBound", "Outbound", "Allowed", [0, 0, 4, 0, 22_210, 2_320, 24, 24, 0, 0, 0]),
        // (10), (11) and (13) behind the load balancer: received 4800+1200+900, sent 29000+13000+10000.
        ("DefaultRule_AllowVnetInBound", "Inbound", "Allowed", [3, 0, 0, 0, 6_900, 52_000, 37, 41, 0, 0, 0]),
    ] {
        let row = of_nsg_web("traffic_by_rule", rule);
        assert_eq!(cells(&row, &["direction", "status"]), [direction, status], "{rule}");
        assert_eq!(counts(&row, MEASURES), measures, "{rule}");
    }
    // The appliance logs (2) and (21) in and out, and (1) in, where no NSG decides.
    let inbound = row("traffic_by_rule", &[("rule", "platformrule"), ("direction", "Inbound")]);
    assert_eq!(counts(&inbound, MEASURES), [3, 0, 0, 0, 1_690, 14_380, 17, 17, 0, 0, 0]);
}

#[test]
fn the_pairs_that_hit_a_rule_most_are_ranked_by_flows_then_bytes() {
    let rule = [("rule", "DefaultRule_AllowInternetOutBound"), ("status", "Allowed")];
    let of_web = |row: &Row| row["acl"].to_lowercase().ends_with("nsg-web");
    let found: Vec<(String, [u64; 9])> = rows("rule_top_pairs", &rule)
        .into_iter()
        .filter(of_web)
        .map(|row| (cells(&row, &["rank", "src_ip", "dst_ip"]).join(" "), counts(&row, PAIR_MEASURES)))
        .collect();
    let expected = [
        // (19): two flows, 12,000 bytes.
        ("1 10.0.1.5 203.0.113.9", [2, 0, 11_000, 1_000, 11, 10, 1, 0, 0]),
        // (4) of both logs: two flows; sent 620+400, received 5110+5000.
        ("2 10.0.1.4 203.0.113.9", [2, 0, 10_110, 1_020, 11, 10, 0, 0, 0]),
        // (3): one flow, and the most bytes.
        ("3 10.0.1.4 198.51.100.10", [1, 0, 30_000, 2_000, 30, 20, 0, 0, 0]),
    ];
    let expected: Vec<(String, [u64; 9])> = expected.iter().map(|(text, measures)| ((*text).to_owned(), *measures)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_rule_that_was_never_hit_is_told_from_one_whose_nsg_is_not_logged() {
    let columns = ["rule", "priority", "direction", "access", "is_default", "activity", "flows", "bytes"];
    let usage = |nsg: &str| -> Vec<String> {
        rows("rule_usage", &[("nsg", nsg)]).iter().map(|row| cells(row, &columns).join(" ")).collect()
    };
    let web = [
        // Bytes 900+10000.
        "AllowHttps 100 Inbound Allowed false active 3 10900",
        "DenyHttp 120 Inbound Denied false active 1 0",
        "DenyRdpOld 200 Inbound Denied false silent 0 0",
        "AllowVnetInBound 65000 Inbound Allowed true active 3 58900",
        "AllowAzureLoadBalancerInBound 65001 Inbound Allowed true silent 0 0",
        "DenyAllInBound 65500 Inbound Denied true active 3 0",
        "AllowVnetOutBound 65000 Outbound Allowed true active 4 24530",
        "AllowInternetOutBound 65001 Outbound Allowed true active 7 55690",
        "DenyAllOutBound 65500 Outbound Denied true silent 0 0",
    ];
    assert_eq!(usage("nsg-web"), web);
    // Its log names it by its GUID.
    let db = [
        // (2) and (16) at db-1: 15500+4777.
        "AllowSql 100 Inbound Allowed false active 2 20277",
        "AllowBackup 110 Inbound Allowed false silent 0 0",
        // (22) at workers
        "AllowVnetInBound 65000 Inbound Allowed true active 1 90",
        "AllowAzureLoadBalancerInBound 65001 Inbound Allowed true silent 0 0",
        "DenyAllInBound 65500 Inbound Denied true silent 0 0",
        // (13), (16), (18): 10900+4777+60
        "AllowVnetOutBound 65000 Outbound Allowed true active 3 15737",
        // (14), (15): 600+1221
        "AllowInternetOutBound 65001 Outbound Allowed true active 2 1821",
        "DenyAllOutBound 65500 Outbound Denied true silent 0 0",
    ];
    assert_eq!(usage("nsg-db"), db);
    let dark = usage("nsg-dark");
    assert_eq!(dark.len(), 7);
    assert!(dark.iter().all(|rule| rule.ends_with("not_logged 0 0")), "{dark:?}");
    assert_eq!(table("rule_usage").rows.len(), 9 + 8 + 7);
}

#[test]
fn a_rule_tells_when_it_was_hit_last() {
    let last = |nsg: &str, rule: &str| row("rule_usage", &[("nsg", nsg), ("rule", rule)])["last_time"].clone();
    assert_eq!(last("nsg-web", "AllowInternetOutBound"), "2024-08-19T19:05:00.000Z");
    assert_eq!(last("nsg-web", "DenyRdpOld"), "");
}
