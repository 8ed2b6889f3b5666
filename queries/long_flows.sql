-- title: Flows that last for hours
-- question: Which connections stay open over the most hours, and how much do they move?
WITH flows AS (
    SELECT
        log_resource,
        mac,
        direction,
        src_ip,
        src_port,
        dst_ip,
        dst_port,
        protocol,
        COUNT(DISTINCT date || ' ' || hour) AS hours,
        MIN(first_time) AS first_seen,
        MAX(last_time) AS last_seen,
        SUM(bytes_src_to_dst) AS bytes_src_to_dst,
        SUM(bytes_dst_to_src) AS bytes_dst_to_src
    FROM open_flows
    GROUP BY log_resource, mac, direction, src_ip, src_port, dst_ip, dst_port, protocol
)
SELECT
    src_ip, src_port, dst_ip, dst_port, protocol, direction, mac, hours, first_seen, last_seen, bytes_src_to_dst, bytes_dst_to_src
FROM flows
WHERE hours >= 2
ORDER BY hours DESC, first_seen, src_ip, src_port, dst_ip, dst_port, protocol, direction, mac, log_resource
LIMIT 200
