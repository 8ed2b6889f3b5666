//! The estate as the Azure CLI would print it: `az network vnet list` and `az network nic list`.
//!
//! Goes in: an estate. Comes out: two JSON documents. Holds only what readers of such lists use.

use serde_json::{Value, json};

use super::estate::{Estate, Nic, Role, Subnet, Vnet, guid};

/// One document and its file name.
pub(super) struct Document {
    pub name: &'static str,
    pub json: Value,
}

/// What stands in `topology/`.
pub(super) fn topology(estate: &Estate) -> [Document; 2] {
    let vnets = Vnet::ALL.iter().filter(|vnet| estate.nics.iter().any(|nic| nic.vnet == **vnet));
    [
        Document { name: "vnets.json", json: vnets.map(|vnet| vnet_json(estate, *vnet)).collect() },
        Document { name: "nics.json", json: estate.nics.iter().map(|nic| nic_json(estate, nic)).collect() },
    ]
}

fn vnet_id(estate: &Estate, vnet: Vnet) -> String {
    estate.resource_id(vnet, "Microsoft.Network/virtualNetworks", vnet.name())
}

fn vnet_json(estate: &Estate, vnet: Vnet) -> Value {
    let other = if vnet == Vnet::Hub { Vnet::Spoke } else { Vnet::Hub };
    let subnets: Vec<Value> =
        estate.subnets.iter().filter(|subnet| subnet.vnet == vnet).map(|subnet| subnet_json(estate, subnet)).collect();
    json!({
        "addressSpace": {"addressPrefixes": prefixes(vnet)},
        "dhcpOptions": {"dnsServers": []},
        "enableDdosProtection": false,
        "id": vnet_id(estate, vnet),
        "location": "westeurope",
        "name": vnet.name(),
        "provisioningState": "Succeeded",
        "resourceGroup": vnet.resource_group(),
        "resourceGuid": guid(estate.seed, vnet.name(), 0),
        "subnets": subnets,
        "type": "Microsoft.Network/virtualNetworks",
        "virtualNetworkPeerings": [{
            "allowForwardedTraffic": true,
            "allowVirtualNetworkAccess": true,
            "name": format!("peer-to-{}", other.workload()),
            "peeringState": "Connected",
            "remoteAddressSpace": {"addressPrefixes": prefixes(other)},
            "remoteVirtualNetwork": {"id": vnet_id(estate, other), "resourceGroup": other.resource_group()},
            "remoteVirtualNetworkAddressSpace": {"addressPrefixes": prefixes(other)},
            "resourceGroup": vnet.resource_group(),
        }],
    })
}

fn prefixes(vnet: Vnet) -> Vec<String> {
    let mut prefixes = vec![format!("10.{}.0.0/16", vnet.octet())];
    if vnet == Vnet::Spoke {
        prefixes.push(format!("{}/48", crate::schema::Address::from_bits(vnet.prefix6())));
    }
    prefixes
}

fn subnet_id(estate: &Estate, vnet: Vnet, role: Role) -> String {
    format!("{}/subnets/snet-{}", vnet_id(estate, vnet), role.name())
}

fn subnet_json(estate: &Estate, subnet: &Subnet) -> Value {
    let prefix = format!("{}/{}", subnet.network, subnet.length);
    let mut json = json!({
        "id": subnet_id(estate, subnet.vnet, subnet.role),
        "name": format!("snet-{}", subnet.role.name()),
        "networkSecurityGroup": {
            "id": estate.nsg_id(subnet.vnet, subnet.role),
            "resourceGroup": subnet.vnet.resource_group(),
        },
        "provisioningState": "Succeeded",
        "resourceGroup": subnet.vnet.resource_group(),
        "type": "Microsoft.Network/virtualNetworks/subnets",
    });
    match subnet.network6 {
        Some(network6) => json["addressPrefixes"] = json!([prefix, format!("{network6}/64")]),
        None => json["addressPrefix"] = json!(prefix),
    }
    json
}

fn nic_json(estate: &Estate, nic: &Nic) -> Value {
    let name = format!("{}-nic", nic.vm());
    let id = estate.resource_id(nic.vnet, "Microsoft.Network/networkInterfaces", &name);
    let configuration = |name: &str, address: String, version: &str, primary: bool| {
        json!({
            "id": format!("{id}/ipConfigurations/{name}"),
            "name": name,
            "primary": primary,
            "privateIPAddress": address,
            "privateIPAddressVersion": version,
            "privateIPAllocationMethod": "Dynamic",
            "provisioningState": "Succeeded",
            "resourceGroup": nic.vnet.resource_group(),
            "subnet": {"id": subnet_id(estate, nic.vnet, nic.role), "resourceGroup": nic.vnet.resource_group()},
        })
    };
    let mut configurations = vec![configuration("ipconfig1", nic.address.to_string(), "IPv4", true)];
    configurations.extend(nic.address6.map(|a| configuration("ipconfig2", a.to_string(), "IPv6", false)));
    json!({
        "enableAcceleratedNetworking": true,
        "enableIPForwarding": nic.role == Role::Appliance,
        "id": id,
        "ipConfigurations": configurations,
        "location": "westeurope",
        "macAddress": dashed(&nic.mac),
        "name": name,
        "nicType": "Standard",
        "primary": true,
        "provisioningState": "Succeeded",
        "resourceGroup": nic.vnet.resource_group(),
        "resourceGuid": guid(estate.seed, &name, 0),
        "type": "Microsoft.Network/networkInterfaces",
        "virtualMachine": {
            "id": estate.resource_id(nic.vnet, "Microsoft.Compute/virtualMachines", &nic.vm()),
            "resourceGroup": nic.vnet.resource_group(),
        },
    })
}

/// The CLI prints `00-22-48-9E-F8-A2`, the logs `0022489EF8A2`.
fn dashed(mac: &str) -> String {
    let pairs: Vec<&str> = (0..mac.len()).step_by(2).map(|at| &mac[at..at + 2]).collect();
    pairs.join("-")
}
