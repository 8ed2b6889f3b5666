-- title: Top talkers
-- question: Which addresses of logged interfaces sent and received the most?
WITH own AS (
    SELECT
        CASE WHEN direction = 'Outbound' THEN src_ip ELSE dst_ip END AS ip,
        CASE WHEN direction = 'Outbound' THEN bytes_src_to_dst ELSE bytes_dst_to_src END AS sent,
        CASE WHEN direction = 'Outbound' THEN bytes_dst_to_src ELSE bytes_src_to_dst END AS received,
        flows_started
    FROM traffic
)
SELECT
    ip,
    SUM(sent + received) AS bytes,
    SUM(sent) AS bytes_sent,
    SUM(received) AS bytes_received,
    SUM(flows_started) AS flows
FROM own
GROUP BY ip
ORDER BY bytes DESC, ip
LIMIT 50
