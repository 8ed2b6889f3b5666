-- title: Ports open to public addresses
-- question: Which ports of logged interfaces let public addresses in?
SELECT
    dst_ip,
    dst_port,
    protocol,
    COUNT(DISTINCT src_ip) AS sources,
    SUM(flows_started) AS flows,
    SUM(bytes_dst_to_src) AS bytes_answered,
    MIN(first_time) AS first_seen,
    MAX(last_time) AS last_seen
FROM traffic
WHERE direction = 'Inbound'
    AND status = 'Allowed'
    AND NOT (src_ip ~ '^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|168\.63\.129\.16$|::1$|f[cd]|fe[89ab]).*$')
GROUP BY dst_ip, dst_port, protocol
ORDER BY sources DESC, flows DESC, dst_ip, dst_port, protocol
LIMIT 200
