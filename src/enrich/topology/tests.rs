//! Tests of topology files: every encoding, and every way to be wrong.

#![allow(clippy::unwrap_used, clippy::print_stderr)]
mod gateways;
mod resources;
mod samples;

use std::net::IpAddr;
use std::path::Path;

use super::*;

const MAC: &str = "000D3A000001";

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

fn data(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/topology").join(name)).unwrap()
}

fn of(files: &[(&str, &str)]) -> Result<Topology, TopologyError> {
    let mut topology = Topology::default();
    for (name, text) in files {
        topology.add(name, text.as_bytes())?;
    }
    Ok(topology)
}

/// Name of the subnet of an address that a NIC has, or that lies in a prefix.
fn subnet(topology: &Topology, ip: &str) -> Option<String> {
    let of_nic = nics(topology, ip).into_iter().find_map(|nic| nic.subnet);
    let of_prefix = || match topology.area(address(ip)) {
        Some(Area::Subnet(subnet)) => Some(subnet),
        _ => None,
    };
    Some(topology.subnet(of_nic.or_else(of_prefix)?).name.clone())
}

fn nics<'a>(topology: &'a Topology, ip: &str) -> Vec<Nic<'a>> {
    topology.facts(address(ip)).into_iter().flat_map(|facts| topology.nics(facts)).collect()
}

/// Whether an address is the customer's own, or lies in a VNet.
fn knows(topology: &Topology, ip: &str) -> bool {
    let is_own = topology.facts(address(ip)).is_some_and(|facts| facts.is_own);
    is_own || matches!(topology.area(address(ip)), Some(Area::Subnet(_) | Area::Vnet(_)))
}

fn subnets(topology: &Topology) -> &[Subnet] {
    &topology.index().networks.subnets
}

fn vm_name<'a>(topology: &'a Topology, mac: &str) -> Option<&'a str> {
    topology.nic_of_mac(mac).map(|nic| nic.vm)
}

/// The message that a file is refused with.
fn refused(name: &str, text: &str) -> String {
    of(&[(name, text)]).unwrap_err().to_string()
}

#[test]
fn every_encoding_tells_the_same() {
    for file in [
        "rest-value.json",
        "cli-array.json",
        "cli-old-array.json",
        "powershell-utf16le.json",
        "powershell-utf16be.json",
        "powershell-utf8-bom.json",
        "lines.ndjson",
        "resource-graph.json",
    ] {
        for name in [file, "topology"] {
            let mut topology = Topology::default();
            topology.add(name, &data(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let names: Vec<(&str, &str, &str)> =
                subnets(&topology).iter().map(|s| (s.name.as_str(), s.vnet.as_str(), s.prefixes.as_str())).collect();
            assert_eq!(names, [("hub/db", "hub", "10.0.2.0/24 10.0.3.0/24"), ("hub/web", "hub", "10.0.1.0/24")], "{file}");
            assert_eq!(topology.addresses_of("00:0d:3a:00:00:01"), Some(vec![address("10.0.1.4")]), "{file}");
            assert_eq!((topology.interface_name(MAC), vm_name(&topology, MAC)), (Some("web-1-nic"), Some("web-1")), "{file}");
            assert_eq!(subnet(&topology, "10.0.1.4").as_deref(), Some("hub/web"), "{file}");
            assert!(knows(&topology, "10.0.9.9") && !knows(&topology, "10.1.0.0"), "{file}");
        }
    }
}

#[test]
fn single_objects_of_two_files_are_joined_in_any_order() {
    let (vnet, nic) = (data("single-vnet.json"), data("single-nic.json"));
    for files in [[&vnet, &nic], [&nic, &vnet], [&vnet, &vnet]] {
        let mut topology = Topology::default();
        for file in files {
            topology.add("a.json", file).unwrap();
        }
        topology.add("a.json", &nic).unwrap();
        assert_eq!(subnet(&topology, "10.0.1.4").as_deref(), Some("hub/web"));
        assert_eq!(subnets(&topology).len(), 2);
    }
}

#[test]
fn own_toml_names_subnets_interfaces_and_vms() {
    let mut topology = Topology::default();
    assert!(topology.is_empty());
    topology.add("net.toml", &data("two-vnets.toml")).unwrap();
    assert!(!topology.is_empty());
    let own = ["10.0.1.4", "10.0.1.5", "fd00:1:0:1::4"].map(address);
    assert_eq!(topology.addresses_of(MAC), Some(own.to_vec()));
    assert_eq!(vm_name(&topology, MAC), Some("web-1"));
    for (ip, name) in [
        ("10.0.1.77", Some("hub/web")),
        ("10.0.1.130", Some("hub/web-canary")),
        ("fd00:1:0:1::9", Some("hub/web")),
        ("10.1.0.9", Some("spoke/app")),
        ("10.0.2.1", None),
    ] {
        assert_eq!(subnet(&topology, ip).as_deref(), name, "{ip}");
    }
    assert_eq!(topology.addresses_of("000D3A0000FF"), None);
    assert_eq!(topology.addresses_of("no mac"), None);
}

#[test]
fn toml_is_told_from_json_without_an_extension() {
    assert!(of(&[("net", "[[vnet]]\nname = 'a'\n")]).is_ok());
    assert!(of(&[("net", " [ ]")]).unwrap().is_empty());
}

#[test]
fn a_nic_alone_names_its_subnet_by_the_id() {
    let mut topology = Topology::default();
    topology.add("nic.json", &data("single-nic.json")).unwrap();
    assert_eq!(subnets(&topology).len(), 1);
    // The id in this file is written in capitals.
    assert_eq!(subnets(&topology)[0], Subnet { name: "HUB/WEB".into(), vnet: "HUB".into(), prefixes: String::new() });
    assert_eq!(subnet(&topology, "10.0.1.4").as_deref(), Some("HUB/WEB"));
    assert!(knows(&topology, "10.0.1.4") && !knows(&topology, "10.0.1.5"));
}

fn overlapping(group: &str, nic: &str, mac: &str) -> String {
    let id = format!("/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Network");
    format!(
        r#"[{{"id":"{id}/virtualNetworks/net","name":"net","addressSpace":{{"addressPrefixes":["10.0.0.0/16"]}},
             "subnets":[{{"name":"a","addressPrefix":"10.0.0.0/24"}}]}},
            {{"id":"{id}/networkInterfaces/{nic}","macAddress":"{mac}",
             "ipConfigurations":[{{"privateIPAddress":"10.0.0.4","subnet":{{"id":"{id}/virtualNetworks/net/subnets/a"}}}}]}}]"#
    )
}

#[test]
fn overlapping_vnets_of_one_name_are_told_apart_by_resource_group_and_subnet_id() {
    let (one, two) = (overlapping("rg1", "n1", "000D3A000001"), overlapping("rg2", "n2", "000D3A000002"));
    let topology = of(&[("b.json", &two), ("a.json", &one)]).unwrap();
    let names: Vec<&str> = subnets(&topology).iter().map(|subnet| subnet.name.as_str()).collect();
    assert_eq!(names, ["net (rg1)/a", "net (rg2)/a"]);
    let nics: Vec<(&str, Option<u32>)> = nics(&topology, "10.0.0.4").iter().map(|nic| (nic.name, nic.subnet)).collect();
    assert_eq!(nics, [("n1", Some(0)), ("n2", Some(1))]);
    // No NIC has this one: the first by name.
    assert_eq!(subnet(&topology, "10.0.0.5").as_deref(), Some("net (rg1)/a"));
}

#[test]
fn a_nic_needs_neither_mac_nor_vm_nor_address_and_may_hold_a_block() {
    let nic = r#"{"name":"n","type":"Microsoft.Network/networkInterfaces","macAddress":"","virtualMachine":null,
        "ipConfigurations":[{"privateIPAddress":null},{"privateIPAddress":"10.0.0.16/28"}]}"#;
    let topology = of(&[("a.json", nic)]).unwrap();
    assert_eq!(nics(&topology, "10.0.0.31")[0].name, "n");
    assert!(!knows(&topology, "10.0.0.32"));
}

#[test]
fn an_instance_of_a_scale_set_is_named_after_it() {
    let nic = r#"{"name":"n","id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/pool/virtualMachines/3/networkInterfaces/n",
        "macAddress":"00-0D-3A-00-00-01","virtualMachine":{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/pool/virtualMachines/3"}}"#;
    assert_eq!(vm_name(&of(&[("a.json", nic)]).unwrap(), MAC), Some("pool_3"));
}

#[test]
fn errors_of_toml_name_the_line_and_the_cure() {
    for (text, expected) in [
        ("[[vnet]]\nname = 'a'\nprefix = ['10.0.0.0/8']\n", "net.toml line 3: unknown field `prefix`"),
        (
            "[[vnet]]\nname = 'a'\nprefixes = [\n  '10.0.1.5/24']\n",
            "line 4: 10.0.1.5/24 has host bits set; hint: did you mean 10.0.1.0/24?",
        ),
        ("[[vnet]]\nname = 'a'\nprefixes = ['10.0.0.0/33']\n", "line 3: \"10.0.0.0/33\" is no prefix such as 10.0.1.0/24"),
        ("[[interface]]\nname = 'a'\naddresses = ['10.0.0']\n", "line 3: \"10.0.0\" is no IP address"),
        ("[[interface]]\nname = 'a'\nmac = '00-0D'\n", "line 3: \"00-0D\" is no MAC of 12 hexadecimal digits"),
        ("[[interface]]\nname = ''\n", "line 2: lacks the field name"),
        ("[[vnet]\n", "line 1: "),
        ("\n \n", "net.toml: is empty"),
    ] {
        let message = refused("net.toml", text);
        assert!(message.starts_with("cannot read topology: net.toml"), "{message}");
        assert!(message.contains(expected), "{message} lacks {expected}");
    }
}

#[test]
fn errors_of_json_name_the_path_and_the_cure() {
    for (text, expected) in [
        (
            r#"[{"type":"Microsoft.Network/routeTables"}]"#,
            "at [0]: is of type \"Microsoft.Network/routeTables\", which tells nothing of addresses; hint: give the output of",
        ),
        (
            r#"{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkManagers/v/rules/a"}"#,
            "networkManagers/rules",
        ),
        (r#"{"records":[]}"#, "net.json: has neither the type nor the id of an Azure resource; hint: give"),
        ("[3]", "at [0]: an object is expected"),
        ("[{\n", "net.json line 2: the JSON ends before it is closed; hint: the export was cut off"),
        ("[{\n}}", "net.json line 2: expected `,` or `]` at column 2"),
        (
            r#"{"value":[{"name":"v","addressSpace":{},"properties":{"subnets":[{"name":"a","properties":{"addressPrefix":"10.0.1.9/24"}}]}}]}"#,
            "at value[0].properties.subnets[0].properties.addressPrefix: 10.0.1.9/24 has host bits set",
        ),
        (
            r#"{"name":"v","addressSpace":{},"subnets":["PSSubnet"]}"#,
            "at subnets[0]: an object is expected; hint: with PowerShell",
        ),
        (r#"{"addressSpace":{}}"#, "lacks the field name"),
        ("{\"name\":\"v\",\"addressSpace\":{}}\n{\"name\":\"v\",\"addressSpace\":7}", "expected"),
    ] {
        let message = refused("net.json", text);
        assert!(message.contains(expected), "{message} lacks {expected}");
    }
}

#[test]
fn one_prefix_in_two_subnets_of_a_vnet_is_refused_and_nothing_is_kept() {
    let text = "[[vnet]]\nname = 'v'\n[[vnet.subnet]]\nname = 'a'\nprefixes = ['10.0.0.0/24']\n[[vnet.subnet]]\nname = 'b'\nprefixes = ['10.0.0.0/24']\n";
    let mut topology = Topology::default();
    let message = topology.add("n.toml", text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        message,
        "cannot read topology: n.toml line 7: prefix 10.0.0.0/24 of VNet \"v\" belongs to two subnets, \"a\" and \"b\""
    );
    assert!(topology.is_empty());
}

#[test]
fn one_mac_under_two_names_is_refused() {
    let text = "[[interface]]\nname = 'a'\nmac = '000d3a000001'\n[[interface]]\nname = 'b'\nmac = '00:0D:3A:00:00:01'\n";
    assert!(refused("n.toml", text).contains("line 5: MAC 000D3A000001 belongs to two interfaces"));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    for bytes in [&[0xff, 0xfe, 0x5b][..], &[0xff, 0xfe, 0x00, 0xd8], &[0x5b, 0xff], &[0xfe, 0xff, 0xdc]] {
        assert_eq!(Topology::default().add("a.json", bytes).unwrap_err().reason, Box::new(TopologyReason::Encoding));
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "(\\[\\[|\\{|\\[|\"[a-z/.0-9]*\"|name|vnet|=|:|,|\\]|\\}|\n| ){0,40}") {
        for name in ["a.toml", "a.json", "a"] {
            let _ = Topology::default().add(name, text.as_bytes());
        }
    }
}
