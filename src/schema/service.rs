//! Names of the services behind well-known ports.
//!
//! Goes in: a destination port and a protocol. Comes out: the service's name, or nothing. A name is what a port is
//! known for, not what was spoken on it. Names are IANA's, as Traffic Analytics shows them, but for a short list.

use std::sync::LazyLock;

use super::codes::{TCP, UDP};

/// IANA's names, one port a line, ascending; the file says its form.
const IANA: &str = include_str!("service/iana.txt");

/// Which protocols a port is known on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Tcp,
    Udp,
    Both,
}

/// A port, the protocols it is known on, and its name.
type Service = (u16, On, &'static str);

/// Ports that a data centre uses for something else than IANA registered, or that nobody registered; none of them stands in
/// `iana.txt`. IANA's 6443 `sun-sr-https` or 9200 `wap-wsp` would mislead whoever reads a report.
const IN_USE: &[Service] = &[
    (1521, On::Tcp, "oracle"),
    (1688, On::Tcp, "kms"),
    (3100, On::Tcp, "loki"),
    (4317, On::Tcp, "otlp-grpc"),
    (4318, On::Tcp, "otlp-http"),
    (5044, On::Tcp, "beats"),
    (5601, On::Tcp, "kibana"),
    (6380, On::Tcp, "redis-tls"),
    (6443, On::Tcp, "kubernetes-api"),
    (6650, On::Tcp, "pulsar"),
    (7946, On::Both, "swarm-gossip"),
    (8125, On::Udp, "statsd"),
    (8172, On::Tcp, "web-deploy"),
    (8443, On::Tcp, "https-alt"),
    (9042, On::Tcp, "cassandra-cql"),
    (9092, On::Tcp, "kafka"),
    (9093, On::Tcp, "kafka-tls"),
    (9200, On::Tcp, "elasticsearch"),
    (9300, On::Tcp, "elasticsearch-nodes"),
    (9411, On::Tcp, "zipkin"),
    (10_250, On::Tcp, "kubelet"),
    (10_255, On::Tcp, "kubelet-read-only"),
    (10_256, On::Tcp, "kube-proxy"),
    (10_257, On::Tcp, "kube-controller-manager"),
    (10_259, On::Tcp, "kube-scheduler"),
    (12_201, On::Both, "gelf"),
    (14_268, On::Tcp, "jaeger"),
    (15_671, On::Tcp, "rabbitmq-management-tls"),
    (15_672, On::Tcp, "rabbitmq-management"),
    (16_379, On::Tcp, "redis-cluster"),
    (24_224, On::Both, "fluentd"),
    (25_672, On::Tcp, "rabbitmq-cluster"),
    (26_379, On::Tcp, "redis-sentinel"),
    (27_018, On::Tcp, "mongodb-shard"),
    (27_019, On::Tcp, "mongodb-config"),
    (50_000, On::Tcp, "db2"),
    (50_010, On::Tcp, "hdfs-datanode"),
    (50_070, On::Tcp, "hdfs-namenode"),
    (51_820, On::Udp, "wireguard"),
    (61_613, On::Tcp, "stomp"),
    (61_616, On::Tcp, "activemq"),
];

/// Both tables, ascending by port; a port stands twice where its names on TCP and UDP differ.
static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    let mut services: Vec<Service> = IANA.lines().filter_map(parse_line).chain(IN_USE.iter().copied()).collect();
    services.sort_by_key(|(port, on, _)| (*port, *on as u8));
    services
});

/// `22 ssh`, `25/tcp smtp`; `None` for a comment.
fn parse_line(line: &'static str) -> Option<Service> {
    let (port, name) = line.split_once(' ')?;
    let (port, on) = match port.split_once('/') {
        None => (port, On::Both),
        Some((port, "tcp")) => (port, On::Tcp),
        Some((port, "udp")) => (port, On::Udp),
        Some(_) => return None,
    };
    Some((port.parse().ok()?, on, name))
}

/// The name of the service that `port` is known for, or the empty text.
///
/// `protocol` is the IANA number; only TCP and UDP have ports.
pub fn service_name(port: u16, protocol: u8) -> &'static str {
    let from = SERVICES.partition_point(|(other, _, _)| *other < port);
    let mut here = SERVICES[from..].iter().take_while(|(other, _, _)| *other == port);
    let is_meant = |(_, on, _): &&Service| matches!((on, protocol), (On::Tcp | On::Both, TCP) | (On::Udp | On::Both, UDP));
    here.find(is_meant).map_or("", |(_, _, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_comment_or_a_service() {
        let wrong: Vec<&str> = IANA.lines().filter(|line| !line.starts_with("# ") && parse_line(line).is_none()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(IANA.lines().filter(|line| line.starts_with('#')).all(|line| parse_line(line).is_none()));
        assert!(SERVICES.len() > 2000);
    }

    #[test]
    fn ports_ascend_in_both_tables_and_names_are_short_words() {
        let iana: Vec<Service> = IANA.lines().filter_map(parse_line).collect();
        for table in [&iana[..], IN_USE] {
            assert!(table.windows(2).all(|pair| (pair[0].0, pair[0].1 as u8) < (pair[1].0, pair[1].1 as u8)));
        }
        let is_word = |name: &str| !name.is_empty() && name.len() <= 24 && name.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(SERVICES.iter().all(|(_, _, name)| is_word(name)));
    }

    #[test]
    fn no_port_has_two_names_on_one_protocol() {
        for pair in SERVICES.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            assert_eq!((pair[0].1, pair[1].1), (On::Tcp, On::Udp), "port {}", pair[0].0);
        }
    }

    #[test]
    fn names_are_those_that_traffic_analytics_shows() {
        for (port, protocol, name) in [
            (21, TCP, "ftp"),
            (22, TCP, "ssh"),
            (53, UDP, "domain"),
            (80, TCP, "http"),
            (123, UDP, "ntp"),
            (443, TCP, "https"),
            (445, TCP, "microsoft-ds"),
            (514, TCP, "shell"),
            (514, UDP, "syslog"),
            (1433, TCP, "ms-sql-s"),
            (3389, TCP, "ms-wbt-server"),
            (5432, TCP, "postgresql"),
            (5985, TCP, "wsman"),
        ] {
            assert_eq!(service_name(port, protocol), name, "{port}");
        }
    }

    #[test]
    fn what_a_data_centre_runs_comes_before_what_was_registered() {
        assert_eq!(
            [service_name(6443, TCP), service_name(9092, TCP), service_name(1521, TCP)],
            ["kubernetes-api", "kafka", "oracle"]
        );
    }

    #[test]
    fn a_service_has_its_name_only_on_its_protocol() {
        assert_eq!([service_name(6379, TCP), service_name(6379, UDP)], ["redis", ""]);
        assert_eq!([service_name(443, 1), service_name(0, TCP), service_name(65_535, TCP), service_name(64_000, TCP)], [""; 4]);
    }
}
