-- title: New connections of the last day
-- question: Who talks to whom on the last day who did not before, on which port?
WITH pairs AS (
    SELECT
        src_ip,
        dst_ip,
        dst_port,
        protocol,
        MIN(date) AS first_day,
        MIN(first_time) AS first_seen,
        SUM(flows_started) AS flows,
        SUM(bytes_src_to_dst) AS bytes_src_to_dst,
        SUM(bytes_dst_to_src) AS bytes_dst_to_src
    FROM traffic
    WHERE status = 'Allowed'
    GROUP BY src_ip, dst_ip, dst_port, protocol
)
SELECT src_ip, dst_ip, dst_port, protocol, first_seen, flows, bytes_src_to_dst, bytes_dst_to_src
FROM pairs
WHERE first_day IN (SELECT MAX(date) FROM traffic)
ORDER BY flows DESC, src_ip, dst_ip, dst_port, protocol
LIMIT 500
