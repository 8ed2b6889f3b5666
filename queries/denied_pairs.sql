-- title: Denied connections
-- question: Who is denied what, by which rule?
SELECT
    src_ip,
    dst_ip,
    dst_port,
    protocol,
    direction,
    rule,
    SUM(flows_started) AS flows_denied,
    MIN(first_time) AS first_seen,
    MAX(last_time) AS last_seen
FROM traffic
WHERE status = 'Denied'
GROUP BY src_ip, dst_ip, dst_port, protocol, direction, rule
ORDER BY flows_denied DESC, src_ip, dst_ip, dst_port, protocol, direction, rule
LIMIT 200
