//! Tests of what lies behind gateways: connections, local networks, VPN clients, sites by hand.

use super::*;

const ID: &str = "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network";

const GATEWAY: &str = r#"{"id":"$/virtualNetworkGateways/vpn","gatewayType":"Vpn",
    "ipConfigurations":[{"id":"$/virtualNetworkGateways/vpn/ipConfigurations/d","publicIPAddress":{"id":"$/publicIPAddresses/p"},
      "subnet":{"id":"$/virtualNetworks/hub/subnets/GatewaySubnet"}}],
    "bgpSettings":{"bgpPeeringAddress":"10.0.0.4,10.0.0.5"},
    "vpnClientConfiguration":{"vpnClientAddressPool":{"addressPrefixes":["172.16.9.0/24"]}}}"#;

const CONNECTION: &str = r#"{"id":"$/connections/hq","connectionType":"IPsec","sharedKey":"s3cret",
    "virtualNetworkGateway1":{"id":"$/virtualNetworkGateways/VPN"},"localNetworkGateway2":{"id":"$/localNetworkGateways/LNG"}}"#;

const LOCAL: &str = r#"{"id":"$/localNetworkGateways/lng","gatewayIpAddress":"198.51.100.7",
    "localNetworkAddressSpace":{"addressPrefixes":["192.168.0.0/16","0.0.0.0/0"]}}"#;

fn told(resources: &[&str]) -> Topology {
    let text = format!("[{}]", resources.join(",")).replace('$', ID);
    of(&[("a.json", &text)]).unwrap()
}

/// Gateway, its type, connection, its type of the site that an address is behind.
fn site<'a>(topology: &'a Topology, ip: &str) -> Option<[&'a str; 4]> {
    let Some(Area::Site(site)) = topology.area(address(ip)) else { return None };
    let site = topology.site(site);
    Some([&site.gateway, &site.gateway_type, &site.connection, &site.connection_type])
}

#[test]
fn a_local_network_is_reached_through_the_connection_that_leads_to_it() {
    let topology = told(&[GATEWAY, CONNECTION, LOCAL]);
    for ip in ["192.168.7.7", "198.51.100.7"] {
        assert_eq!(site(&topology, ip), Some(["vpn", "Vpn", "hq", "IPsec"]), "{ip}");
    }
    assert_eq!(site(&topology, "172.16.9.9"), Some(["vpn", "Vpn", "point-to-site", "VPNClient"]));
    // A default route is no place.
    assert_eq!(topology.area(address("8.8.8.8")), None);
    let connections = topology.inventory().connections;
    let names: Vec<&str> = connections.iter().map(|connection| connection.connection.as_str()).collect();
    assert_eq!(names, ["hq", "point-to-site"]);
}

#[test]
fn a_gateway_has_its_addresses_and_its_vnet() {
    let public = r#"{"id":"$/publicIPAddresses/p","ipAddress":"203.0.113.3"}"#;
    let topology = told(&[GATEWAY, public]);
    for (ip, is_public) in [("10.0.0.4", false), ("10.0.0.5", false), ("203.0.113.3", true)] {
        let facts = topology.facts(address(ip)).unwrap();
        assert_eq!((facts.gateways.first().map(String::as_str), facts.is_public), (Some("vpn"), is_public), "{ip}");
        assert_eq!(facts.vnet.map(|vnet| topology.vnet(vnet).name.as_str()), Some("hub"), "{ip}");
    }
}

#[test]
fn firewalls_bastions_and_nat_gateways_are_told_by_their_public_address() {
    let topology = told(&[
        r#"{"id":"$/virtualNetworks/hub","addressSpace":{"addressPrefixes":["10.0.0.0/16"]},"subnets":[
            {"name":"fw","addressPrefix":"10.0.0.0/26","ipConfigurations":[{"id":"$/azureFirewalls/FW/azureFirewallIpConfigurations/C"}]},
            {"name":"out","addressPrefix":"10.0.1.0/24","natGateway":{"id":"$/natGateways/nat"}}]}"#,
        r#"{"id":"$/publicIPAddresses/a","ipAddress":"203.0.113.1","ipConfiguration":{"id":"$/azureFirewalls/fw/azureFirewallIpConfigurations/c"}}"#,
        r#"{"id":"$/publicIPAddresses/b","ipAddress":"203.0.113.2","natGateway":{"id":"$/natGateways/nat"}}"#,
        r#"{"id":"$/publicIPAddresses/c","ipAddress":"203.0.113.3","ipConfiguration":{"id":"$/loadBalancers/lb/frontendIPConfigurations/f"}}"#,
        r#"{"id":"$/publicIPAddresses/d","ipAddress":"203.0.113.4"}"#,
        r#"{"id":"$/publicIPAddresses/e","ipAddress":null}"#,
    ]);
    for (ip, gateway, balancer, vnet) in [
        ("203.0.113.1", "fw", "", "hub"),
        ("203.0.113.2", "nat", "", "hub"),
        ("203.0.113.3", "", "lb", ""),
        ("203.0.113.4", "", "", ""),
    ] {
        let facts = topology.facts(address(ip)).unwrap();
        assert!(facts.is_public && facts.is_own, "{ip}");
        assert_eq!(facts.gateways.first().map_or("", String::as_str), gateway, "{ip}");
        assert_eq!(facts.load_balancers.first().map_or("", String::as_str), balancer, "{ip}");
        assert_eq!(facts.vnet.map_or("", |vnet| &topology.vnet(vnet).name), vnet, "{ip}");
    }
}

#[test]
fn a_network_without_connection_and_a_gateway_without_one_are_listed() {
    let topology = told(&[LOCAL, r#"{"id":"$/virtualNetworkGateways/er","gatewayType":"ExpressRoute"}"#]);
    assert_eq!(site(&topology, "192.168.7.7"), Some(["", "Vpn", "lng", ""]));
    let connections = topology.inventory().connections;
    let listed: Vec<_> =
        connections.iter().map(|one| (one.gateway.as_str(), one.gateway_type.as_str(), one.connection.as_str())).collect();
    assert_eq!(listed, [("", "Vpn", "lng"), ("er", "ExpressRoute", "")]);
}

#[test]
fn a_site_by_hand_is_met_by_the_name_of_a_connection_or_of_a_gateway() {
    let azure = r#"[{"id":"$/virtualNetworkGateways/er","gatewayType":"ExpressRoute"},
        {"id":"$/connections/to-hq","connectionType":"ExpressRoute","virtualNetworkGateway1":{"id":"$/virtualNetworkGateways/er"}}]"#;
    let sites = "[[site]]\nname = 'To-HQ'\nprefixes = ['192.168.0.0/16']\n\
                 [[site]]\nname = 'plant'\nprefixes = ['192.168.9.0/24']\ngateway = 'ER'\n\
                 [[site]]\nname = 'shop'\nprefixes = ['192.168.8.0/24']\ngateway = 'gw'\ngateway_type = 'expressroute'\n";
    let topology = of(&[("a.json", &azure.replace('$', ID)), ("sites.toml", sites)]).unwrap();
    assert_eq!(site(&topology, "192.168.1.1"), Some(["er", "ExpressRoute", "to-hq", "ExpressRoute"]));
    assert_eq!(site(&topology, "192.168.9.1"), Some(["er", "ExpressRoute", "plant", ""]));
    assert_eq!(site(&topology, "192.168.8.1"), Some(["gw", "ExpressRoute", "shop", ""]));
    let message = refused("a.toml", "[[site]]\nname = 'a'\nprefixes = []\ngateway_type = 'x'\n");
    assert!(message.contains("line 4: \"x\" is neither Vpn nor ExpressRoute"), "{message}");
}

#[test]
fn a_site_takes_no_address_that_a_vnet_has_by_an_equal_or_longer_prefix() {
    let local =
        r#"{"id":"$/localNetworkGateways/l","localNetworkAddressSpace":{"addressPrefixes":["10.0.0.0/16","10.1.5.0/24"]}}"#;
    let vnets = r#"{"id":"$/virtualNetworks/v","addressSpace":{"addressPrefixes":["10.0.0.0/16","10.1.0.0/16"]},
        "subnets":[{"name":"s","addressPrefix":"10.0.1.0/24"}]}"#;
    let topology = told(&[local, vnets]);
    assert_eq!(topology.area(address("10.0.9.9")), Some(Area::Vnet(0)));
    assert_eq!(topology.area(address("10.0.1.9")), Some(Area::Subnet(0)));
    assert_eq!(topology.area(address("10.1.5.9")), Some(Area::Site(0)));
    assert_eq!(topology.area(address("10.1.6.9")), Some(Area::Vnet(0)));
}

#[test]
fn no_key_of_a_connection_is_kept() {
    let topology = told(&[GATEWAY, CONNECTION, LOCAL]);
    assert!(!format!("{topology:?} {:?}", topology.inventory()).contains("s3cret"));
    let wrong = CONNECTION.replace("\"IPsec\"", "7").replace('$', ID);
    let message = refused("a.json", &wrong);
    assert!(message.contains("connectionType: a text is expected") && !message.contains("s3cret"), "{message}");
}
