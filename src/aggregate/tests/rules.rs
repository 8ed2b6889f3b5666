//! Rules: one spelling per ACL, which are hit, who hits them, and which NIC a MAC is.

use super::build::*;
use crate::enrich::Inventory;
use crate::enrich::inventory::{InventoryInterface, Logged, Nsg, NsgRule};
use crate::schema::tables::Activity;
use crate::schema::{Direction, Status};

const A: &str = "10.0.0.4";
const B: &str = "10.0.1.5";
const PUBLIC: &str = "203.0.113.9";

const UPPER: &str = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WEB";
const MIXED: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/Web";
const GUID: &str = "0B0B0B0B-1111-2222-3333-444444444444";

#[test]
fn an_nsg_that_logs_spell_differently_is_one_acl_in_every_table() {
    let of = |acl: &'static str, row: Row| Row { acl, ..row };
    let slashless = &MIXED[1..];
    let rows = [
        of(MIXED, inbound("A", PUBLIC, A, 443).log("VNET-A")),
        of(UPPER, inbound("A", PUBLIC, A, 443).at(7)),
        of(slashless, inbound("A", PUBLIC, A, 443).at(8)),
        of("acl", inbound("A", PUBLIC, A, 443).at(9)),
    ];
    // Each spelling in a Partial of its own, so that no Partial knows the one that is shown.
    let partials = rows.iter().map(|row| partial(std::slice::from_ref(row))).collect();
    let tables = analyse(partials, 10).tables;
    let rules: Vec<_> = tables.traffic_by_rule.iter().map(|r| (&*r.acl, r.measures.flows())).collect();
    assert_eq!(rules, [(UPPER, 3), ("acl", 1)]);
    let pairs: Vec<_> = tables.rule_top_pairs.iter().map(|r| (&*r.acl, r.rank, r.measures.flows_allowed)).collect();
    assert_eq!(pairs, [(UPPER, 1, 3), ("acl", 1, 1)]);
}

pub fn nsg(name: &str, id: &str, guid: &str, logged: Logged, rules: &[(&str, Direction)]) -> Nsg {
    let rule = |(priority, (name, direction)): (u32, &(&str, Direction))| NsgRule {
        name: (*name).into(),
        priority,
        direction: *direction,
        access: Status::Allowed,
        is_default: false,
    };
    let rules = (100..).zip(rules).map(rule).collect();
    Nsg { name: name.into(), id: id.into(), guid: guid.into(), logged, rules }
}

#[test]
fn rules_are_hit_silent_not_logged_or_unknown() {
    use Direction::{Inbound, Outbound};
    let id = MIXED[1..].to_ascii_lowercase();
    let ssh = [("AllowSsh", Inbound), ("AllowSsh", Outbound), ("Quiet", Inbound)];
    let inventory = Inventory {
        nsgs: vec![
            nsg("web", &id, &GUID.to_ascii_lowercase(), Logged::No, &ssh),
            nsg("idle", "idle", "", Logged::Yes, &[("r", Inbound)]),
            nsg("off", "off", "", Logged::No, &[("r", Inbound)]),
            nsg("unclear", "", "", Logged::Unknown, &[("rule", Inbound)]),
        ],
        ..Inventory::default()
    };
    let rows = [
        Row { acl: UPPER, rule: "UserRule_allowssh", ..inbound("A", PUBLIC, A, 22).flows(3) },
        Row { acl: MIXED, rule: "AllowSSH", ..inbound("A", PUBLIC, A, 22).flows(2).at(8) },
        Row { acl: GUID, rule: "DefaultRule_AllowSsh", ..inbound("B", PUBLIC, B, 22).denied().at(9) },
        Row { acl: "", rule: "rule", ..inbound("B", PUBLIC, B, 22) },
    ];
    let tables = count_with(&rows, &inventory, |_| ());
    let seen: Vec<_> = tables.rule_usage.iter().map(|r| (&*r.nsg, &*r.rule, r.direction, r.activity, r.flows, r.bytes)).collect();
    let expected = [
        ("idle", "r", Inbound, Activity::Silent, 0, 0),
        ("off", "r", Inbound, Activity::NotLogged, 0, 0),
        ("unclear", "rule", Inbound, Activity::Unknown, 0, 0),
        ("web", "AllowSsh", Inbound, Activity::Active, 3 + 2 + 1, 300),
        ("web", "Quiet", Inbound, Activity::Silent, 0, 0),
        ("web", "AllowSsh", Outbound, Activity::Silent, 0, 0),
    ];
    assert_eq!(seen, expected);
    assert_eq!(tables.rule_usage[3].last_time, Some(9 * 600_000 + 2));
    assert_eq!((tables.rule_usage[3].priority, tables.rule_usage[0].last_time), (100, None));
}

#[test]
fn a_rule_shows_its_three_top_pairs_by_flows_then_bytes_then_addresses() {
    let peers = ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5"];
    let mut rows = vec![
        inbound("A", peers[0], A, 22).flows(1),
        inbound("A", peers[1], A, 22).flows(2),
        // Two ports and two captures of one pair are one pair, observed.
        inbound("A", peers[2], A, 22).flows(1),
        inbound("A", peers[2], A, 23).flows(1).log("NSG-B"),
        Row { bytes: (500, 0), ..inbound("A", peers[3], A, 22).flows(1) },
        inbound("A", peers[4], A, 22).flows(9).denied(),
    ];
    let pairs = |rows: &[Row]| {
        let shown = |r: &crate::schema::tables::RulePairRow| (r.status, r.rank, r.src_ip.to_string(), r.measures.flows());
        count(rows).tables.rule_top_pairs.iter().map(shown).collect::<Vec<_>>()
    };
    let row = |status, rank, src: &str, flows| (status, rank, src.to_owned(), flows);
    let expected = [
        row(Status::Allowed, 1, peers[2], 2),
        row(Status::Allowed, 2, peers[1], 2),
        row(Status::Allowed, 3, peers[3], 1),
        row(Status::Denied, 1, peers[4], 9),
    ];
    assert_eq!(pairs(&rows), expected);
    rows.reverse();
    assert_eq!(pairs(&rows), expected);
}

#[test]
fn a_nic_is_named_by_its_mac_where_two_share_an_address() {
    let interface = |name: &str, mac: &str, ips: &[&str]| InventoryInterface {
        name: name.into(),
        mac: mac.into(),
        addresses: ips.iter().map(|ip| address(ip)).collect(),
        ..InventoryInterface::default()
    };
    let inventory = Inventory {
        interfaces: vec![interface("nic-1", "A", &[A]), interface("nic-2", "B", &["10.0.1.9", B, A])],
        ..Inventory::default()
    };
    // A, B and C log one address; the endpoint can name only one of their NICs.
    let rows =
        [outbound("A", A, PUBLIC, 53), outbound("B", A, PUBLIC, 53), outbound("B", B, PUBLIC, 53), outbound("C", A, PUBLIC, 53)];
    let know = |endpoints: &mut crate::enrich::Endpoints| endpoint(endpoints, A).interface = "nic-1".into();
    let named = |inventory: &Inventory| {
        let tables = count_with(&rows, inventory, know);
        let mut named: Vec<_> = tables.traffic_by_interface.into_iter().map(|row| (row.mac, row.interface, row.subnet)).collect();
        named.sort();
        named
    };
    let row = |mac: &str, name: &str, subnet: &str| (mac.to_owned(), name.to_owned(), format!("inferred {subnet}/24"));
    let expected = [row("A", "nic-1", "10.0.0.0"), row("B", "nic-2", "10.0.1.0"), row("C", "", "10.0.0.0")];
    assert_eq!(named(&inventory), expected);
    let without_macs = Inventory { interfaces: vec![interface("nic-1", "", &[A])], ..Inventory::default() };
    assert_eq!(named(&without_macs)[0], row("A", "nic-1", "10.0.0.0"), "a topology without MACs names by address");
}
