//! The columns of `NTANetAnalytics`, in the order of Microsoft's reference, and what azflow writes into each.
//!
//! Source: Microsoft Learn, "Azure Monitor Logs reference: NTANetAnalytics", 2026-07-27. Columns that azflow cannot know are
//! there and empty, so that a query that names one still runs.

use super::{NtaRow, TABLE};
use crate::schema::column::Kind;
use crate::schema::column::Value::{self, Empty, Flag, Number, Text, Time};
use crate::schema::{Address, Direction, Status, codes};

/// A column.
pub struct NtaColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it says, for the documentation.
    pub doc: &'static str,
    /// Its value in a row.
    pub value: for<'r> fn(&'r NtaRow<'r>) -> Value<'r>,
}

/// Shortens the table below.
const fn column(name: &'static str, kind: Kind, doc: &'static str, value: for<'r> fn(&'r NtaRow<'r>) -> Value<'r>) -> NtaColumn {
    NtaColumn { name, kind, doc, value }
}

/// Every column.
#[rustfmt::skip]
pub static COLUMNS: &[NtaColumn] = &[
    column("AclGroup", Kind::Text, "the NSG or network group that decided: lower-case resource id", |r| Text(&r.rule.acl_group)),
    column("AclRule", Kind::Text, "its rule, lower case, without the log's prefix", |r| Text(&r.rule.rule)),
    column("Action", Kind::Text, "Allow or Deny", |r| Text(match r.status { Status::Allowed => "Allow", Status::Denied => "Deny" })),
    column("AllowedInFlows", Kind::Long, "inbound flows begun and allowed", |r| Number(r.flows(Direction::Inbound, Status::Allowed))),
    column("AllowedOutFlows", Kind::Long, "outbound flows begun and allowed", |r| Number(r.flows(Direction::Outbound, Status::Allowed))),
    column("AzureRegion", Kind::Text, "region of the public end of AzurePublic", |r| Text(r.azure_region)),
    column("_BilledSize", Kind::Real, "not known offline", |_| Empty),
    column("BytesDestToSrc", Kind::Long, "bytes, headers included", |r| Number(r.sums.bytes_dst_to_src)),
    column("BytesSrcToDest", Kind::Long, "bytes, headers included", |r| Number(r.sums.bytes_src_to_dst)),
    column("CompletedFlows", Kind::Long, "tuples that end a flow", |r| Number(r.sums.flows_ended)),
    column("ConnectingVnets", Kind::Text, "not known to azflow", |_| Empty),
    column("ConnectionName", Kind::Text, "connection that a site is reached through", |r| Text(r.connection)),
    column("ConnectionType", Kind::Text, "VpnGateway or ExpressRoute", |r| Text(r.connection_type)),
    column("Country", Kind::Text, "of the public end of ExternalPublic and MaliciousFlow", |r| Text(r.country)),
    column("DeniedInFlows", Kind::Long, "inbound attempts denied", |r| Number(r.flows(Direction::Inbound, Status::Denied))),
    column("DeniedOutFlows", Kind::Long, "outbound attempts denied", |r| Number(r.flows(Direction::Outbound, Status::Denied))),
    column("Description", Kind::Text, "of firewall records only", |_| Empty),
    column("DestApplicationGateway", Kind::Text, "`<subscription>/<rg>/<name>`", |r| Text(&r.dst.place.application_gateway)),
    column("DestCloud", Kind::Text, "not known to azflow", |_| Empty),
    column("DestEnvironment", Kind::Text, "not known to azflow", |_| Empty),
    column("DestExpressRouteCircuit", Kind::Text, "not known to azflow", |_| Empty),
    column("DestIp", Kind::Text, "blank where DestPublicIps is filled", |r| address(r.dst.ip)),
    column("DestLoadBalancer", Kind::Text, "`<subscription>/<rg>/<name>`", |r| Text(&r.dst.place.load_balancer)),
    column("DestLocalNetworkGateway", Kind::Text, "not known to azflow", |_| Empty),
    column("DestNetworkGroups", Kind::Text, "not known to azflow", |_| Empty),
    column("DestNic", Kind::Text, "`<rg>/<nic>`", |r| Text(&r.dst.place.nic)),
    column("DestPort", Kind::Int, "destination port", |r| Number(u64::from(r.dst_port))),
    column("DestPublicIps", Kind::Text, "packed public destinations", |r| Text(r.dst.public_ips)),
    column("DestRegion", Kind::Text, "region of the destination", |r| Text(&r.dst.place.region)),
    column("DestServiceId", Kind::Text, "not known to azflow", |_| Empty),
    column("DestServiceName", Kind::Text, "not known to azflow", |_| Empty),
    column("DestServiceTags", Kind::Text, "public destinations by service tag", |r| Text(r.dst.service_tags)),
    column("DestSubnet", Kind::Text, "`<rg>/<vnet>/<subnet>`", |r| Text(&r.dst.place.subnet)),
    column("DestSubscription", Kind::Text, "subscription of the destination", |r| Text(&r.dst.place.subscription)),
    column("DestTenantId", Kind::Text, "not known to azflow", |_| Empty),
    column("DestTenantName", Kind::Text, "not known to azflow", |_| Empty),
    column("DestVm", Kind::Text, "`<rg>/<vm>`", |r| Text(&r.dst.place.vm)),
    column("ExpressRouteCircuitPeeringType", Kind::Text, "not known to azflow", |_| Empty),
    column("FaSchemaVersion", Kind::Text, "3", |_| Text("3")),
    column("FlowDirection", Kind::Text, "Inbound or Outbound, at the NIC", |r| Text(r.direction.name())),
    column("FlowEncryption", Kind::Text, "status of encryption in words", |r| Text(r.encryption)),
    column("FlowEndTime", Kind::Time, "last tuple of the row", |r| Time(r.sums.last_time)),
    column("FlowIntervalEndTime", Kind::Time, "end of the interval", |r| Time(r.interval_end)),
    column("FlowIntervalStartTime", Kind::Time, "start of the interval", |r| Time(r.interval_start)),
    column("FlowLogResourceId", Kind::Text, "`<rg>/<network watcher>/<flow log>`", |r| Text(&r.capture.flow_log)),
    column("FlowStartTime", Kind::Time, "first tuple of the row", |r| Time(r.sums.first_time)),
    column("FlowStatus", Kind::Text, "Allowed or Denied", |r| Text(r.status.name())),
    column("FlowType", Kind::Text, "how the ends relate", |r| Text(r.flow_type.name())),
    column("_IsBillable", Kind::Text, "not known offline", |_| Empty),
    column("IsFlowCapturedAtUdrHop", Kind::Flag, "the NIC forwards and owns neither end", |r| Flag(r.is_at_udr_hop)),
    column("L4Protocol", Kind::Text, "TCP, UDP, else the number", |r| l4_protocol(r.protocol)),
    column("L7Protocol", Kind::Text, "service name of the port", |r| Text(r.l7_protocol)),
    column("LogResourceId", Kind::Text, "id of the flow log, or of the NSG", |r| Text(&r.capture.log_resource)),
    column("MacAddress", Kind::Text, "the NIC that logged, as logged", |r| Text(&r.capture.mac)),
    column("NsgList", Kind::Text, "`<subscription>/<rg>/<nsg>`, of NSG flow logs", |r| Text(if r.capture.is_nsg { &r.rule.nsg } else { "" })),
    column("NsgRule", Kind::Text, "rule, of NSG flow logs", |r| Text(if r.capture.is_nsg { &r.rule.rule } else { "" })),
    column("NsgRuleType", Kind::Text, "User Defined or Default", |r| Text(r.rule.rule_type)),
    column("PacketsDestToSrc", Kind::Long, "packets", |r| Number(r.sums.packets_dst_to_src)),
    column("PacketsSrcToDest", Kind::Long, "packets", |r| Number(r.sums.packets_src_to_dst)),
    column("PrivateEndpointResourceId", Kind::Text, "`<rg>/<name>`", |r| Text(private_endpoint(r))),
    column("PrivateLinkResourceId", Kind::Text, "not known to azflow", |_| Empty),
    column("PrivateLinkResourceName", Kind::Text, "not known to azflow", |_| Empty),
    column("RecordCount", Kind::Long, "tuples of the row", |r| Number(r.sums.tuples)),
    column("SourceSystem", Kind::Text, "not known offline", |_| Empty),
    column("SrcApplicationGateway", Kind::Text, "`<subscription>/<rg>/<name>`", |r| Text(&r.src.place.application_gateway)),
    column("SrcCloud", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcEnvironment", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcExpressRouteCircuit", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcIp", Kind::Text, "blank where SrcPublicIps is filled", |r| address(r.src.ip)),
    column("SrcLoadBalancer", Kind::Text, "`<subscription>/<rg>/<name>`", |r| Text(&r.src.place.load_balancer)),
    column("SrcLocalNetworkGateway", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcNetworkGroups", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcNic", Kind::Text, "`<rg>/<nic>`", |r| Text(&r.src.place.nic)),
    column("SrcPorts", Kind::Text, "dropped by the aggregation", |_| Empty),
    column("SrcPublicIps", Kind::Text, "packed public sources", |r| Text(r.src.public_ips)),
    column("SrcRegion", Kind::Text, "region of the source", |r| Text(&r.src.place.region)),
    column("SrcServiceId", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcServiceName", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcServiceTags", Kind::Text, "public sources by service tag", |r| Text(r.src.service_tags)),
    column("SrcSubnet", Kind::Text, "`<rg>/<vnet>/<subnet>`", |r| Text(&r.src.place.subnet)),
    column("SrcSubscription", Kind::Text, "subscription of the source", |r| Text(&r.src.place.subscription)),
    column("SrcTenantId", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcTenantName", Kind::Text, "not known to azflow", |_| Empty),
    column("SrcVm", Kind::Text, "`<rg>/<vm>`", |r| Text(&r.src.place.vm)),
    column("Status", Kind::Text, "of status rows only", |_| Empty),
    column("SubType", Kind::Text, "FlowLog", |_| Text("FlowLog")),
    column("TargetResourceId", Kind::Text, "`<rg>/<resource>` that the flow log is aimed at", |r| Text(&r.capture.target)),
    column("TargetResourceType", Kind::Text, "VirtualNetwork, Subnet, NetworkInterface or NetworkSecurityGroup", |r| Text(r.capture.target_type)),
    column("TenantId", Kind::Text, "the workspace; not known offline", |_| Empty),
    column("TimeGenerated", Kind::Time, "end of the interval: an export knows no clock", |r| Time(r.interval_end)),
    column("TimeProcessed", Kind::Time, "end of the interval: an export knows no clock", |r| Time(r.interval_end)),
    column("TrafficAnalyticsResourceId", Kind::Text, "not known to azflow", |_| Empty),
    column("Type", Kind::Text, "NTANetAnalytics", |_| Text(TABLE)),
];

fn address(ip: Option<Address>) -> Value<'static> {
    ip.map_or(Empty, Value::Address)
}

fn l4_protocol(protocol: u8) -> Value<'static> {
    match protocol {
        codes::TCP => Text("TCP"),
        codes::UDP => Text("UDP"),
        other => Number(u64::from(other)),
    }
}

/// Of the destination as a rule: what answers from a private endpoint begins no flow.
fn private_endpoint<'r>(row: &'r NtaRow<'r>) -> &'r str {
    let dst = &row.dst.place.private_endpoint;
    if dst.is_empty() { &row.src.place.private_endpoint } else { dst }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference's own order: by name, with the underscore of two standard columns left out of account.
    fn place_in_reference(column: &NtaColumn) -> String {
        column.name.trim_start_matches('_').to_ascii_lowercase()
    }

    #[test]
    fn columns_stand_in_the_order_of_the_reference_and_each_once() {
        assert!(COLUMNS.windows(2).all(|pair| place_in_reference(&pair[0]) < place_in_reference(&pair[1])));
        assert_eq!(COLUMNS.len(), 93);
        assert!(COLUMNS.iter().all(|column| !column.doc.is_empty()));
    }

    #[test]
    fn both_ends_have_the_same_columns() {
        let of = |end: &str| -> Vec<&str> { COLUMNS.iter().filter_map(|column| column.name.strip_prefix(end)).collect() };
        let (src, dst) = (of("Src"), of("Dest"));
        assert_eq!(
            src.iter().filter(|name| **name != "Ports").collect::<Vec<_>>(),
            dst.iter().filter(|name| **name != "Port").collect::<Vec<_>>()
        );
        assert_eq!(dst.len(), 20);
    }

    #[test]
    fn counters_are_longs_and_moments_are_times() {
        let of = |kind: Kind| COLUMNS.iter().filter(|column| column.kind == kind).count();
        assert_eq!([Kind::Long, Kind::Int, Kind::Real, Kind::Time, Kind::Flag].map(of), [10, 1, 1, 6, 1]);
    }
}
