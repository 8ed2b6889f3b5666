//! Public examples of Azure's output, read where they lie beside the project: how many resources each file holds, and what some say.

use serde_json::Value;

use super::*;
use crate::enrich::inventory::Logged;

/// File, and per response in it the resources of use; `None` for a response that is no list of resources.
const FILES: &[(&str, &[Option<u64>])] = &[
    ("application-gateway/c7n-ApplicationGatewayTest.test_find_by_name.json", &[Some(1)]),
    ("avnm-admin-rules/rest-NetworkManagerEffectiveSecurityAdminRulesList.json", &[None]),
    ("flow-log/c7n-NetworkSecurityGroupFlowLogsFilterTest.test_flow_log_filter_all.json", &[Some(1), Some(1)]),
    ("lb/c7n-LoadBalancerTest.test_find_by_frontend_ip.json", &[Some(2), None, Some(1)]),
    ("lb/c7n-LoadBalancerTest.test_find_by_name.json", &[Some(4)]),
    ("local-gateway/rest-LocalNetworkGatewayList.json", &[Some(2)]),
    ("nat-gateway/batfish-nat-gateway.json", &[None]),
    ("network-watcher/c7n-NetworkWatcherTest.test_find_by_name.json", &[None]),
    ("nic/batfish-NetworkInterfaceTest.json", &[Some(1)]),
    ("nic/batfish-vm1346.json", &[Some(1)]),
    ("nic/batfish-vm235.json", &[Some(1)]),
    ("nic/c7n-NetworkInterfaceTest.test_find_by_default_routes.json", &[Some(2), None, None]),
    ("nic/c7n-NetworkInterfaceTest.test_find_by_name.json", &[Some(6)]),
    ("nic/c7n-VMTest.virtual_machine_interface.json", &[Some(1), None, Some(1), Some(3), None, Some(1)]),
    ("nsg/batfish-NetworkSecurityGroupTest.json", &[Some(1)]),
    ("nsg/batfish-VM1-nsg.json", &[Some(1)]),
    ("nsg/batfish-VM2-nsg.json", &[Some(1)]),
    ("nsg/batfish-subnet-nsg.json", &[Some(1)]),
    ("nsg/c7n-NetworkSecurityGroupTest.test_cidr_only_match.json", &[Some(1)]),
    ("nsg/c7n-NetworkSecurityGroupTest.test_egress_policy_protocols.json", &[Some(2), Some(2)]),
    ("nsg/c7n-NetworkSecurityGroupTest.test_icmp_protocol.json", &[Some(1)]),
    ("public-ip/batfish-VM1-public-ip.json", &[Some(1)]),
    ("public-ip/batfish-nat-gateway-ip.json", &[Some(1)]),
    ("public-ip/c7n-PublicIpAddressTest.test_find_by_name.json", &[Some(4)]),
    ("resource-graph/c7n-ResourceGraphSource.test_resource_graph_and_arm_sources_vm_are_equivalent.json", &[Some(1), Some(1)]),
    ("route-table/c7n-RouteTableTest.test_find_route_table_by_name.json", &[None]),
    ("route-table/rest-RouteTableListAll.json", &[None]),
    ("vm/batfish-VM1.json", &[Some(1)]),
    ("vm/batfish-VM2.json", &[Some(1)]),
    ("vm/c7n-VMTest.virtual_machine.json", &[Some(1)]),
    ("vm/c7n-VMTest.virtual_machine_instance.json", &[Some(1), Some(1)]),
    ("vmss/c7n-VMSSTest.test_find_by_name.json", &[Some(1)]),
    ("vnet-gateway/rest-VirtualNetworkGatewayList.json", &[Some(2)]),
    ("vnet-peering/rest-VirtualNetworkPeeringList.json", &[Some(2)]),
    ("vnet/batfish-VM-vnet.json", &[Some(1)]),
    ("vnet/rest-VirtualNetworkListAll.json", &[Some(2)]),
    ("vpn-connection/rest-VirtualNetworkGatewayConnectionsList.json", &[Some(2)]),
];

/// The responses in a file: of a recording, of an example of the API, or the file itself. `None` where the file is absent.
fn responses(name: &str) -> Option<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/azure-inputs");
    let Ok(bytes) = std::fs::read(folder.join(name)) else {
        eprintln!("skipped: ../shared/samples/azure-inputs/{name} is absent");
        return None;
    };
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let texts = match (document["interactions"].as_array(), &document["responses"]["200"]["body"]) {
        (Some(recorded), _) => recorded.iter().map(|one| one["response"]["body"]["data"].to_string()).collect(),
        (None, Value::Null) => vec![document.to_string()],
        (None, body) => vec![body.to_string()],
    };
    Some(texts)
}

/// The topology of these files; `None` where they are absent.
fn topology(names: &[&str]) -> Option<Topology> {
    let mut topology = Topology::default();
    for name in names {
        topology.add(name, responses(name)?[0].as_bytes()).unwrap();
    }
    Some(topology)
}

#[test]
fn every_example_is_read_or_refused_as_known() {
    for (name, expected) in FILES {
        let Some(responses) = responses(name) else { return };
        let read = |text: &String| match Topology::default().add("a.json", text.as_bytes()) {
            Ok(info) => {
                // The peers of the REST example, and rows of the graph, are only partly there.
                let is_cut = info.warnings.iter().any(|warning| warning.starts_with("the export was cut"));
                assert!(info.warnings.len() == usize::from(is_cut), "{name}: {:?}", info.warnings);
                assert_eq!(is_cut, name.contains("resource-graph") && text.contains("totalRecords"), "{name}");
                Some(info.entries)
            }
            Err(error) => {
                assert!(error.to_string().contains("hint: "), "{name}: {error}");
                None
            }
        };
        assert_eq!(responses.iter().map(read).collect::<Vec<_>>(), *expected, "{name}");
    }
}

#[test]
fn vnets_machines_and_public_addresses_of_one_estate_are_joined() {
    let names = ["vnet/batfish-VM-vnet.json", "nic/batfish-vm1346.json", "nic/batfish-vm235.json", "vm/batfish-VM1.json"];
    let more = ["public-ip/batfish-VM1-public-ip.json", "nsg/batfish-VM1-nsg.json", "nsg/batfish-subnet-nsg.json"];
    let Some(topology) = topology(&[names.as_slice(), &more].concat()) else { return };
    assert_eq!(topology.interface_name("000D3AA99A0D"), Some("vm1346"));
    assert_eq!(subnet(&topology, "10.0.0.4").as_deref(), Some("VM-vnet/default"));
    let nic = nics(&topology, "10.0.0.4")[0];
    assert_eq!((nic.vm, nic.region), ("VM1", "westeurope"));
    let inventory = topology.inventory();
    assert!(inventory.vnets.iter().all(|vnet| vnet.logged == Logged::Unknown));
    assert!(inventory.nsgs.iter().all(|nsg| nsg.rules.iter().filter(|rule| rule.is_default).count() == 6));
}

#[test]
fn a_peering_list_tells_of_three_vnets() {
    let Some(topology) = topology(&["vnet-peering/rest-VirtualNetworkPeeringList.json"]) else { return };
    let vnets: Vec<&str> = topology.index().networks.vnets.iter().map(|vnet| vnet.name.as_str()).collect();
    assert_eq!(vnets, ["vnet1", "vnet2", "vnet3"]);
    assert_eq!(topology.area(address("12.1.2.3")), Some(Area::Vnet(1)));
}

#[test]
fn gateways_connections_and_local_networks_make_sites() {
    let names = [
        "vnet-gateway/rest-VirtualNetworkGatewayList.json",
        "vpn-connection/rest-VirtualNetworkGatewayConnectionsList.json",
        "local-gateway/rest-LocalNetworkGatewayList.json",
    ];
    let Some(topology) = topology(&names) else { return };
    for (ip, gateway, connection) in [("10.1.9.9", "vpngw1", "conn1"), ("10.2.9.9", "vpngw2", "conn2")] {
        let Some(Area::Site(site)) = topology.area(address(ip)) else { panic!("{ip} is behind no site") };
        let site = topology.site(site);
        assert_eq!((site.gateway.as_str(), site.gateway_type.as_str()), (gateway, "Vpn"));
        assert_eq!((site.connection.as_str(), site.connection_type.as_str()), (connection, "IPsec"));
    }
    assert!(topology.facts(address("10.0.0.14")).unwrap().gateways.contains("vpngw1"));
    assert!(topology.facts(address("10.1.0.7")).unwrap().gateways.contains("vpngw2"));
}

#[test]
fn balancers_have_their_real_ports() {
    let names = ["lb/c7n-LoadBalancerTest.test_find_by_name.json", "nic/c7n-NetworkInterfaceTest.test_find_by_name.json"];
    let more = [
        "public-ip/c7n-PublicIpAddressTest.test_find_by_name.json",
        "application-gateway/c7n-ApplicationGatewayTest.test_find_by_name.json",
    ];
    let Some(topology) = topology(&[names, more].concat()) else { return };
    let inventory = topology.inventory();
    let balancer = |name: &str| inventory.balancers.iter().find(|balancer| balancer.name == name).unwrap();
    assert_eq!(balancer("k8s-master-internal-lb-C02B7042").frontends, [address("10.240.255.15")]);
    assert_eq!(balancer("k8s-master-lb-C02B7042").frontends, [address("40.84.199.78")]);
    let gateway = balancer("ccgatewayc129bfa71a47");
    assert_eq!(gateway.frontends, [address("10.0.0.6")]);
    assert_eq!(gateway.backends, [(address("10.0.0.4"), 80), (address("10.0.0.5"), 80)]);
    let nic = nics(&topology, "23.102.173.223")[0];
    assert_eq!(nic.name, "myVMNic");
}

#[test]
fn a_flow_log_of_an_nsg_says_that_it_is_logged() {
    let name = "flow-log/c7n-NetworkSecurityGroupFlowLogsFilterTest.test_flow_log_filter_all.json";
    let Some(responses) = responses(name) else { return };
    let mut topology = Topology::default();
    for text in responses {
        topology.add(name, text.as_bytes()).unwrap();
    }
    let inventory = topology.inventory();
    assert_eq!((inventory.nsgs[0].name.as_str(), inventory.nsgs[0].logged), ("c7n-nsg", Logged::Yes));
}
