-- title: Busiest ports
-- question: Which services of logged interfaces are used the most, and by how many?
SELECT
    dst_port,
    protocol,
    COUNT(DISTINCT dst_ip) AS servers,
    COUNT(DISTINCT src_ip) AS clients,
    SUM(flows_started) AS flows,
    SUM(bytes_src_to_dst + bytes_dst_to_src) AS bytes
FROM traffic
WHERE direction = 'Inbound' AND status = 'Allowed'
GROUP BY dst_port, protocol
ORDER BY flows DESC, dst_port, protocol
LIMIT 100
