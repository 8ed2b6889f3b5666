//! Tests of single resources: what each tells of an address, and what is said of a file as a whole.

use super::*;
use crate::enrich::inventory::{BalancerKind, Logged};
use crate::schema::codes::{Direction, Status};

const ID: &str = "/subscriptions/S1/resourceGroups/rg/providers/Microsoft.Network";

/// A file of these resources, `$` standing for the resource group's id.
fn json(resources: &[&str]) -> String {
    format!("[{}]", resources.join(",")).replace('$', ID)
}

fn add(topology: &mut Topology, resources: &[&str]) -> InputInfo {
    topology.add("net.json", json(resources).as_bytes()).unwrap()
}

fn told(resources: &[&str]) -> Topology {
    let mut topology = Topology::default();
    add(&mut topology, resources);
    topology
}

const HUB: &str = r#"{"id":"$/virtualNetworks/hub","location":"West Europe","addressSpace":{"addressPrefixes":["10.0.0.0/16"]},
    "subnets":[{"name":"web","addressPrefix":"10.0.1.0/24","networkSecurityGroup":{"id":"$/networkSecurityGroups/web-nsg"}},
               {"name":"agw","addressPrefix":"10.0.2.0/24"}],
    "virtualNetworkPeerings":[{"name":"p","remoteVirtualNetwork":{"id":"$/virtualNetworks/Spoke"},"peeringState":"Connected",
      "remoteAddressSpace":{"addressPrefixes":["10.9.0.0/16"]},"remoteVirtualNetworkAddressSpace":{"addressPrefixes":["10.1.0.0/16"]}}]}"#;

const NIC: &str = r#"{"id":"$/networkInterfaces/n1","location":"westeurope","macAddress":"00-0D-3A-00-00-01",
    "virtualMachine":{"id":"$/virtualMachines/vm1"},
    "ipConfigurations":[{"id":"$/networkInterfaces/N1/ipConfigurations/C","privateIPAddress":"10.0.1.4",
      "subnet":{"id":"$/virtualNetworks/hub/subnets/web"},"publicIPAddress":{"id":"$/publicIPAddresses/pip"}}]}"#;

const PUBLIC: &str = r#"{"id":"$/publicIPAddresses/pip","location":"westeurope","ipAddress":"203.0.113.4"}"#;

const LB: &str = r#"{"id":"$/loadBalancers/lb","location":"westeurope",
    "frontendIPConfigurations":[{"id":"$/loadBalancers/lb/frontendIPConfigurations/f","privateIPAddress":"10.0.1.100",
      "subnet":{"id":"$/virtualNetworks/hub/subnets/web"}},
      {"publicIPAddress":{"id":"$/publicIPAddresses/lb-pip"}}],
    "backendAddressPools":[{"id":"$/loadBalancers/lb/backendAddressPools/p",
      "backendIPConfigurations":[{"id":"$/networkInterfaces/n1/ipConfigurations/c"}],
      "loadBalancerBackendAddresses":[{"ipAddress":"10.0.1.5"}]}],
    "loadBalancingRules":[{"name":"r","backendPort":8443,"backendAddressPool":{"id":"$/loadBalancers/LB/backendAddressPools/p"}}],
    "inboundNatRules":[{"name":"n","backendPort":22,"backendIPConfiguration":{"id":"$/networkInterfaces/n1/ipConfigurations/c"}}]}"#;

const NSG: &str = r#"{"id":"$/networkSecurityGroups/web-nsg","resourceGuid":"0F-A1","securityRules":[
      {"name":"ssh","priority":"200","direction":"inbound","access":"Deny"},{"name":"web","priority":100,"direction":"Inbound","access":"Allow"}],
    "defaultSecurityRules":[{"name":"AllowVnetOutBound","priority":65000,"direction":"Outbound","access":"Allow"}]}"#;

fn flow_log(target: &str, enabled: bool) -> String {
    format!(r#"{{"id":"$/networkWatchers/w/flowLogs/f{enabled}","targetResourceId":"{target}","enabled":{enabled}}}"#)
}

#[test]
fn a_peered_vnet_is_known_by_its_peering_until_it_tells_of_itself() {
    let mut topology = told(&[HUB]);
    let names = |topology: &Topology| -> Vec<String> {
        topology.index().networks.vnets.iter().map(|vnet| format!("{} {}", vnet.name, vnet.region)).collect()
    };
    assert_eq!(names(&topology), ["Spoke ", "hub westeurope"]);
    assert_eq!(topology.area(address("10.1.2.3")), Some(Area::Vnet(0)));
    assert_eq!(topology.area(address("10.9.2.3")), None);
    add(&mut topology, &[r#"{"id":"$/virtualNetworks/spoke","addressSpace":{"addressPrefixes":["10.2.0.0/16"]}}"#]);
    assert_eq!(names(&topology), ["hub westeurope", "spoke "]);
    assert_eq!(topology.area(address("10.1.2.3")), None);
    assert_eq!(topology.area(address("10.2.2.3")), Some(Area::Vnet(1)));
}

#[test]
fn lists_of_subnets_and_of_peerings_tell_of_their_vnet() {
    let topology = told(&[
        r#"{"id":"$/virtualNetworks/hub/subnets/a","name":"a","addressPrefix":"10.0.0.0/24"}"#,
        r#"{"id":"$/virtualNetworks/hub/subnets/b","name":"b","addressPrefix":"10.0.1.0/24"}"#,
        r#"{"id":"$/virtualNetworks/hub/virtualNetworkPeerings/p","remoteVirtualNetwork":{"id":"$/virtualNetworks/s"},
            "remoteAddressSpace":{"addressPrefixes":["10.3.0.0/16"]}}"#,
        r#"{"id":"$/virtualNetworks/hub/virtualNetworkPeerings/q","remoteVirtualNetwork":{"id":"$/virtualNetworks/gone"},
            "peeringState":"Disconnected","remoteAddressSpace":{"addressPrefixes":["10.4.0.0/16"]}}"#,
    ]);
    assert_eq!(subnet(&topology, "10.0.1.9").as_deref(), Some("hub/b"));
    assert_eq!(topology.area(address("10.3.0.1")), Some(Area::Vnet(1)));
    assert_eq!(topology.area(address("10.4.0.1")), None);
}

#[test]
fn a_public_address_has_its_interface_whichever_side_tells() {
    let owned = r#"{"id":"$/publicIPAddresses/other","ipAddress":"203.0.113.5",
        "ipConfiguration":{"id":"$/networkInterfaces/N1/ipConfigurations/c2"}}"#;
    let topology = told(&[HUB, NIC, PUBLIC, owned]);
    for ip in ["203.0.113.4", "203.0.113.5"] {
        let facts = topology.facts(address(ip)).unwrap();
        assert!(facts.is_public && facts.is_own);
        assert_eq!(facts.vnet.map(|vnet| topology.vnet(vnet).name.as_str()), Some("hub"), "{ip}");
        let nic = nics(&topology, ip)[0];
        assert_eq!((nic.name, nic.vm, nic.region, nic.subscription, nic.subnet), ("n1", "vm1", "westeurope", "s1", None));
    }
    assert_eq!(topology.addresses_of(MAC), Some(vec![address("10.0.1.4")]));
}

#[test]
fn a_load_balancer_has_frontends_and_backends_with_the_port_that_rules_forward_to() {
    let lb_pip = r#"{"id":"$/publicIPAddresses/lb-pip","ipAddress":"203.0.113.9"}"#;
    let topology = told(&[HUB, NIC, LB, lb_pip]);
    let inventory = topology.inventory();
    let balancer = &inventory.balancers[0];
    assert_eq!((balancer.name.as_str(), balancer.kind), ("lb", BalancerKind::LoadBalancer));
    assert_eq!(balancer.frontends, ["10.0.1.100", "203.0.113.9"].map(address));
    let backends = [("10.0.1.4", 22), ("10.0.1.4", 8443), ("10.0.1.5", 8443)].map(|(ip, port)| (address(ip), port));
    assert_eq!(balancer.backends, backends);
    for (ip, is_own) in [("10.0.1.100", true), ("203.0.113.9", true), ("10.0.1.4", true), ("10.0.1.5", false)] {
        let facts = topology.facts(address(ip)).unwrap();
        assert_eq!((facts.load_balancers.first().map(String::as_str), facts.is_own), (Some("lb"), is_own), "{ip}");
    }
    let public = topology.facts(address("203.0.113.9")).unwrap();
    assert_eq!(public.vnet.map(|vnet| topology.vnet(vnet).name.as_str()), Some("hub"));
}

#[test]
fn an_interface_of_a_pool_is_a_backend_though_the_pool_does_not_list_it() {
    let nic = NIC.replace(
        r#""subnet""#,
        r#""loadBalancerBackendAddressPools":[{"id":"$/loadBalancers/lb/backendAddressPools/P"}],"subnet""#,
    );
    let lb = r#"{"id":"$/loadBalancers/lb","backendAddressPools":[{"id":"$/loadBalancers/lb/backendAddressPools/p"},
        {"id":"$/loadBalancers/lb/backendAddressPools/unused"}],
        "loadBalancingRules":[{"backendPort":80,"backendAddressPools":[{"id":"$/loadBalancers/lb/backendAddressPools/p"}]}]}"#;
    let topology = told(&[&nic, lb]);
    assert_eq!(topology.inventory().balancers[0].backends, [(address("10.0.1.4"), 80)]);
}

#[test]
fn an_application_gateway_has_the_port_of_its_settings_and_its_subnet() {
    let gateway = r#"{"id":"$/applicationGateways/agw","gatewayIPConfigurations":[{"subnet":{"id":"$/virtualNetworks/hub/subnets/agw"}}],
        "frontendIPConfigurations":[{"privateIPAddress":"10.0.2.10","subnet":{"id":"$/virtualNetworks/hub/subnets/agw"}}],
        "backendAddressPools":[{"id":"$/applicationGateways/agw/backendAddressPools/p","backendAddresses":[{"ipAddress":"10.0.1.4"},{"fqdn":"a.example"}]},
          {"id":"$/applicationGateways/agw/backendAddressPools/q","backendAddresses":[{"ipAddress":"10.0.1.5"}]}],
        "backendHttpSettingsCollection":[{"id":"$/applicationGateways/agw/backendHttpSettingsCollection/s","port":8080}],
        "requestRoutingRules":[{"backendAddressPool":{"id":"$/applicationGateways/agw/backendAddressPools/p"},
          "backendHttpSettings":{"id":"$/applicationGateways/agw/backendHttpSettingsCollection/s"}}],
        "urlPathMaps":[{"pathRules":[{"backendAddressPool":{"id":"$/applicationGateways/agw/backendAddressPools/q"},
          "backendHttpSettings":{"id":"$/applicationGateways/agw/backendHttpSettingsCollection/s"}}]}]}"#;
    let topology = told(&[HUB, gateway]);
    let inventory = topology.inventory();
    let balancer = &inventory.balancers[0];
    assert_eq!(balancer.kind, BalancerKind::ApplicationGateway);
    assert_eq!(balancer.frontends, [address("10.0.2.10")]);
    assert_eq!(balancer.backends, [(address("10.0.1.4"), 8080), (address("10.0.1.5"), 8080)]);
    assert_eq!(balancer.instances, ["10.0.2.0/24".parse().unwrap()]);
}

#[test]
fn rules_are_sorted_by_direction_then_priority() {
    let inventory = told(&[NSG]).inventory();
    let nsg = &inventory.nsgs[0];
    assert_eq!((nsg.name.as_str(), nsg.guid.as_str()), ("web-nsg", "0f-a1"));
    assert_eq!(nsg.id, "subscriptions/s1/resourcegroups/rg/providers/microsoft.network/networksecuritygroups/web-nsg");
    let rules: Vec<_> = nsg.rules.iter().map(|r| (r.name.as_str(), r.priority, r.direction, r.access, r.is_default)).collect();
    let expected = [
        ("web", 100, Direction::Inbound, Status::Allowed, false),
        ("ssh", 200, Direction::Inbound, Status::Denied, false),
        ("AllowVnetOutBound", 65000, Direction::Outbound, Status::Allowed, true),
    ];
    assert_eq!(rules, expected);
}

/// Whether the VNet hub, its subnets agw and web, the interface and the NSG are logged.
fn logged(settings: &[String]) -> [Logged; 5] {
    let mut files = vec![HUB, NIC, NSG];
    files.extend(settings.iter().map(String::as_str));
    let inventory = told(&files).inventory();
    let vnet = inventory.vnets.iter().find(|vnet| vnet.name == "hub").unwrap().logged;
    let subnet = |name: &str| inventory.subnets.iter().find(|subnet| subnet.name == name).unwrap().logged;
    [vnet, subnet("hub/agw"), subnet("hub/web"), inventory.interfaces[0].logged, inventory.nsgs[0].logged]
}

#[test]
fn what_is_not_logged_is_told_from_what_is_not_known() {
    use Logged::{No, Unknown, Yes};
    assert_eq!(logged(&[]), [Unknown; 5]);
    assert_eq!(logged(&[flow_log("$/virtualNetworks/HUB", true)]), [Yes; 5]);
    assert_eq!(logged(&[flow_log("$/virtualNetworks/hub", false)]), [No; 5]);
    assert_eq!(logged(&[flow_log("$/virtualNetworks/hub/subnets/web", true)]), [Yes, No, Yes, Yes, Yes]);
    assert_eq!(logged(&[flow_log("$/networkSecurityGroups/web-nsg", true)]), [Yes, No, Yes, Yes, Yes]);
    assert_eq!(logged(&[flow_log("$/networkInterfaces/n1", true)]), [Yes, No, Yes, Yes, No]);
    assert_eq!(logged(&[flow_log("$/virtualNetworks/other", true)]), [No; 5]);
}

#[test]
fn instances_of_a_scale_set_have_its_name_and_names_of_their_own() {
    let set = "/subscriptions/s1/resourceGroups/RG/providers/Microsoft.Compute/virtualMachineScaleSets/Pool";
    let nic = |n: u8| {
        format!(
            r#"{{"name":"nic","id":"{}","macAddress":"000D3A00000{n}","ipConfigurations":[{{"privateIPAddress":"10.0.1.{n}"}}]}}"#,
            format!("{set}/virtualMachines/{n}/networkInterfaces/nic").to_uppercase()
        )
    };
    let topology = told(&[&nic(1), &nic(2), &format!(r#"{{"id":"{set}","location":"eastus"}}"#)]);
    let nic = nics(&topology, "10.0.1.2")[0];
    assert_eq!((nic.name, nic.vm, nic.scale_set, nic.region), ("nic (pool_2)", "POOL_2", "Pool", "eastus"));
    assert_eq!(topology.interface_name("000D3A000001"), Some("nic (pool_1)"));
}

#[test]
fn a_vm_names_its_interface_and_a_private_endpoint_its_own() {
    let topology = told(&[
        r#"{"id":"$/networkInterfaces/a","macAddress":"000D3A000001","ipConfigurations":[{"privateIPAddress":"10.0.0.4"}]}"#,
        r#"{"id":"$/networkInterfaces/b","ipConfigurations":[{"privateIPAddress":"10.0.0.5"}]}"#,
        r#"{"id":"/subscriptions/s/providers/Microsoft.Compute/virtualMachines/vm","location":"uksouth",
            "networkProfile":{"networkInterfaces":[{"id":"$/networkInterfaces/A"}]}}"#,
        r#"{"id":"$/privateEndpoints/pe","networkInterfaces":[{"id":"$/networkInterfaces/b"}],
            "customDnsConfigs":[{"ipAddresses":["10.0.0.6"]}]}"#,
    ]);
    let nic = nics(&topology, "10.0.0.4")[0];
    assert_eq!((nic.vm, nic.region), ("vm", "uksouth"));
    for ip in ["10.0.0.5", "10.0.0.6"] {
        let endpoints: Vec<&String> = topology.facts(address(ip)).unwrap().private_endpoints.iter().collect();
        assert_eq!(endpoints, ["pe"], "{ip}");
    }
}

#[test]
fn other_resources_are_passed_over_in_one_warning_and_refused_alone() {
    let table = r#"{"id":"$/routeTables/r"}"#;
    let mut topology = Topology::default();
    let info = add(&mut topology, &[table, HUB, table, r#"{"type":"Microsoft.Compute/disks"}"#, r#"{"type":"a/\"b"}"#]);
    assert_eq!((info.entries, info.version.as_str()), (1, ""));
    let expected = r#"4 resources of other types were passed over: microsoft.network/routetables (2), "a/\"b" (1), microsoft.compute/disks (1)"#;
    assert_eq!(info.warnings, [expected]);
    let message = topology.add("r.json", json(&[table]).as_bytes()).unwrap_err().to_string();
    assert!(message.contains(r#"r.json at [0]: is of type "Microsoft.Network/routeTables""#), "{message}");
}

#[test]
fn an_export_that_was_cut_is_told() {
    let page = |more: &str| format!(r#"{{"value":[{HUB}]{more}}}"#).replace('$', ID);
    for (more, expected) in [
        ("", None),
        (r#","nextLink":null,"resultTruncated":"false","totalRecords":1"#, None),
        (r#","nextLink":"https://x/?s=1""#, Some("the export was cut: nextLink tells of more than its 1 rows; hint: export")),
        (r#","skip_token":"e""#, Some("skip_token tells of more")),
        (r#","resultTruncated":"true""#, Some("resultTruncated tells")),
        (r#","totalRecords":1500"#, Some("it holds 1 of 1500 rows")),
    ] {
        let warnings = Topology::default().add("a.json", page(more).as_bytes()).unwrap().warnings;
        match expected {
            None => assert!(warnings.is_empty(), "{warnings:?}"),
            Some(text) => assert!(warnings.len() == 1 && warnings[0].contains(text), "{warnings:?}"),
        }
    }
    let message = refused("a.json", &page(r#","nextLink":"#).replace(']', "]\n"));
    assert!(message.contains("a.json line "), "{message}");
}

#[test]
fn a_table_of_columns_and_rows_is_a_list_of_resources() {
    let table = r#"{"totalRecords":1,"data":{"columns":[{"name":"type"},{"name":"name"},{"name":"properties"}],
        "rows":[["microsoft.network/virtualnetworks","v",{"addressSpace":{"addressPrefixes":["10.0.0.0/8"]}}]]}}"#;
    let topology = of(&[("a.json", table)]).unwrap();
    assert!(knows(&topology, "10.1.1.1"));
    let message = refused("a.json", &table.replace("10.0.0.0/8", "10.0.0/8"));
    assert!(message.contains("at data.rows[0].properties.addressSpace.addressPrefixes[0]: "), "{message}");
}

#[test]
fn a_dump_of_powershell_that_was_cut_is_refused_with_the_cure() {
    for text in [
        r#"{"Name":"v","Id":"$/virtualNetworks/v","AddressSpace":"Microsoft.Azure.Commands.Network.Models.PSAddressSpace"}"#,
        r#"{"Name":"v","Id":"$/virtualNetworks/v","AddressSpace":{},"Subnets":"System.Object[]"}"#,
        r#"{"Name":"v","Id":"$/virtualNetworks/v","AddressSpace":{"AddressPrefixes":"System.Collections.Generic.List`1[System.String]"}}"#,
        r#"{"Name":"v","Id":"$/networkInterfaces/n","IpConfigurations":["@{Name=c; Subnet=}"]}"#,
    ] {
        let message = refused("a.json", &text.replace('$', ID));
        assert!(
            message.contains("stands in place of an object: the export was cut; hint: write it with 'ConvertTo-Json -Depth 10'"),
            "{message}"
        );
    }
}

#[test]
fn overlaps_that_azure_forbids_are_warned_of() {
    let vnet = |prefix: &str, remote: &str| {
        format!(
            r#"{{"id":"$/virtualNetworks/v","addressSpace":{{"addressPrefixes":["{prefix}"]}},
            "subnets":[{{"name":"a","addressPrefix":"10.0.0.0/24"}},{{"name":"b","addressPrefix":"10.0.0.128/25"}}],
            "virtualNetworkPeerings":[{{"remoteVirtualNetwork":{{"id":"$/virtualNetworks/w"}},
            "remoteAddressSpace":{{"addressPrefixes":["{remote}"]}}}}]}}"#
        )
    };
    let of_subnets = "subnets \"a\" (10.0.0.0/24) and \"b\" (10.0.0.128/25) of VNet \"v\" overlap, which Azure forbids: \
                      the export is stale or made by hand";
    let info = add(&mut Topology::default(), &[&vnet("10.0.0.0/16", "10.1.0.0/16")]);
    assert_eq!(info.warnings, [of_subnets]);
    let info = add(&mut Topology::default(), &[&vnet("10.0.0.0/16", "10.0.4.0/24")]);
    assert_eq!(info.warnings.len(), 2);
    assert!(info.warnings[0].starts_with("VNets \"v\" and \"w\" are peered and overlap (10.0.0.0/16 and 10.0.4.0/24)"));
}

#[test]
fn an_estate_is_the_same_in_every_encoding() {
    for file in [
        "estate-rest.json",
        "estate-cli.json",
        "estate-cli-old.json",
        "estate-powershell.json",
        "estate-graph.json",
        "estate-graph-table.json",
    ] {
        let mut topology = Topology::default();
        let info = topology.add(file, &data(file)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(info.entries, 9, "{file}");
        assert_eq!(info.warnings, ["1 resource of other types was passed over: microsoft.network/routetables (1)"], "{file}");
        assert_eq!(topology.area(address("10.1.0.1")), Some(Area::Vnet(1)), "{file}");
        assert_eq!(nics(&topology, "203.0.113.4")[0].name, "web-1-nic", "{file}");
        let Some(Area::Site(site)) = topology.area(address("192.168.1.1")) else { panic!("{file}") };
        assert_eq!(topology.site(site).connection, "hub-to-hq", "{file}");
        let inventory = topology.inventory();
        assert_eq!(inventory.balancers[0].frontends, [address("10.0.1.100")], "{file}");
        assert_eq!(inventory.balancers[0].backends, [(address("10.0.1.4"), 8443)], "{file}");
        assert_eq!((inventory.nsgs[0].logged, inventory.nsgs[0].rules.len()), (Logged::Yes, 1), "{file}");
        assert_eq!(inventory.subnets.iter().map(|subnet| subnet.logged).collect::<Vec<_>>(), [Logged::No, Logged::Yes], "{file}");
        let connections: Vec<&str> = inventory.connections.iter().map(|one| one.connection.as_str()).collect();
        assert_eq!(connections, ["hub-to-hq", "point-to-site"], "{file}");
    }
    let message = refused("disks.json", r#"[{"type":"Microsoft.Compute/disks"}]"#);
    assert!(message.contains("Microsoft.Compute/disks"), "{message}");
    assert_eq!(Topology::default().add("vms.json", &data("vm-list.json")).unwrap().entries, 1);
}

#[test]
fn many_files_cost_what_they_hold() {
    let mut topology = Topology::default();
    for n in 0..2000 {
        let nic = format!(
            r#"{{"id":"$/networkInterfaces/n{n}","macAddress":"{n:012X}","ipConfigurations":[{{"privateIPAddress":"10.{}.{}.4"}}]}}"#,
            n / 250,
            n % 250
        );
        add(&mut topology, &[&nic]);
    }
    assert_eq!(nics(&topology, "10.7.249.4")[0].name, "n1999");
    assert_eq!(topology.inventory().interfaces.len(), 2000);
}
