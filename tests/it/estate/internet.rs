//! What lies open to the Internet, who comes, who sends out, and who of them is known for attacks.

use super::{MEASURES, cells, counts, row, table};

#[test]
fn each_public_peer_has_a_row_with_what_is_known_of_it() {
    let columns = ["ip", "flow_type", "location", "service_tag", "asn", "threat_list", "threat_entry", "peers"];
    let table = table("public_addresses");
    let found: Vec<(String, [u64; 11])> =
        table.rows.iter().map(|row| (cells(row, &columns).join(" "), counts(row, MEASURES))).collect();
    // Inbound: to the address; received: towards it.
    let expected = [
        // (3) and (21)
        ("198.51.100.10 AzurePublic westeurope Storage.WestEurope 64501   2", [2, 0, 0, 0, 2_110, 30_220, 21, 32, 0, 0, 0]),
        // (4) and (19): received 620+1000, sent 5110+11000.
        ("203.0.113.9 ExternalPublic NL  64500   2", [3, 0, 0, 0, 1_620, 16_110, 16, 17, 1, 0, 0]),
        // (7) and (20), which was denied
        ("203.0.113.20 ExternalPublic NL  64500   2", [0, 0, 1, 1, 7_000, 600, 7, 6, 0, 0, 0]),
        // (8)
        ("203.0.113.21 ExternalPublic NL  64500   1", [0, 0, 1, 0, 2_000, 200, 2, 2, 0, 0, 0]),
        // (15)
        ("2001:db8:f::7 ExternalPublic JP  64502   1", [1, 0, 0, 0, 555, 666, 5, 6, 0, 0, 0]),
        // (6) twice and (9)
        ("203.0.113.130 MaliciousFlow NL  64500 threats.txt 203.0.113.128/25 1", [0, 0, 1, 2, 1_000, 100, 1, 1, 0, 1, 2]),
        // (5)
        ("203.0.113.66 MaliciousFlow NL  64500 threats.txt 203.0.113.66 1", [1, 0, 0, 0, 300, 200, 3, 2, 0, 1, 0]),
    ];
    let expected: Vec<(String, [u64; 11])> = expected.iter().map(|(text, measures)| ((*text).to_owned(), *measures)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_public_peer_tells_when_it_was_seen() {
    let row = row("public_addresses", &[("ip", "203.0.113.130")]);
    // (9) at 17:00:20 to (6) at 17:00:29. The list states no date, so that the entry has no age.
    let columns = ["first_time", "last_time", "threat_age_days"];
    assert_eq!(cells(&row, &columns), ["2024-08-19T17:00:20.000Z", "2024-08-19T17:00:29.000Z", ""]);
}

#[test]
fn only_what_public_sources_were_allowed_to_is_exposed() {
    let table = table("exposed_ports");
    let columns = ["ip", "subnet", "interface", "dst_port", "protocol", "rule", "sources", "first_time", "last_time"];
    // (7), (8), (9). Not (10) and (11): private sources; not (6) and (20): denied.
    let found: Vec<String> = table.rows.iter().map(|row| cells(row, &columns).join(" ")).collect();
    let expected = "10.0.1.4 hub/web nic-web-1 443 6 UserRule_AllowHttps 3 2024-08-19T17:00:16.000Z 2024-08-19T17:00:21.000Z";
    assert_eq!(found, [expected]);
    // Received 600+200+100, sent 7000+2000+1000; (9) is malicious.
    assert_eq!(counts(&table.rows[0], MEASURES), [3, 0, 0, 0, 900, 10_000, 9, 10, 0, 1, 0]);
}

#[test]
fn the_sources_of_an_exposed_port_are_told_one_by_one() {
    let table = table("exposed_sources");
    let columns = ["ip", "dst_port", "protocol", "src_ip", "sources", "country", "asn", "threat_list"];
    let found: Vec<(String, [u64; 11])> =
        table.rows.iter().map(|row| (cells(row, &columns).join(" "), counts(row, MEASURES))).collect();
    let expected = [
        ("10.0.1.4 443 6 203.0.113.20 1 NL 64500 ", [1, 0, 0, 0, 600, 7_000, 6, 7, 0, 0, 0]),
        ("10.0.1.4 443 6 203.0.113.21 1 NL 64500 ", [1, 0, 0, 0, 200, 2_000, 2, 2, 0, 0, 0]),
        ("10.0.1.4 443 6 203.0.113.130 1 NL 64500 threats.txt", [1, 0, 0, 0, 100, 1_000, 1, 1, 0, 1, 0]),
    ];
    let expected: Vec<(String, [u64; 11])> = expected.iter().map(|(text, measures)| ((*text).to_owned(), *measures)).collect();
    assert_eq!(found, expected);
}

#[test]
fn who_sends_to_the_internet_is_told_with_where_to() {
    let table = table("internet_senders");
    let columns = ["ip", "vm", "interface", "subnet", "peers", "ports", "locations"];
    let found: Vec<(String, [u64; 11])> =
        table.rows.iter().map(|row| (cells(row, &columns).join(","), counts(row, MEASURES))).collect();
    let expected = [
        // (3)+(4)+(5), ports 443 and 4444; westeurope has 32,000 bytes, NL 5730+500. Not (7)…(9), which begin outside.
        ("10.0.1.4,web-1,nic-web-1,hub/web,3,2,westeurope NL", [0, 0, 3, 0, 35_310, 2_920, 38, 29, 0, 1, 0]),
        // (19)
        ("10.0.1.5,web-2,nic-web-2,hub/web,1,1,NL", [0, 0, 2, 0, 11_000, 1_000, 11, 10, 1, 0, 0]),
        // (15)
        ("2001:db8:1:1::4,db-1,nic-db-1,spoke/db,1,1,JP", [0, 0, 1, 0, 666, 555, 6, 5, 0, 0, 0]),
    ];
    let expected: Vec<(String, [u64; 11])> = expected.iter().map(|(text, measures)| ((*text).to_owned(), *measures)).collect();
    assert_eq!(found, expected);
}
