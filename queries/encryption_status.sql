-- title: Encryption
-- question: How much of what VNet flow logs saw was encrypted, and why was the rest not?
SELECT
    CASE WHEN encryption = '' THEN 'not stated' ELSE encryption END AS code,
    direction,
    COUNT(DISTINCT mac) AS interfaces,
    SUM(flows_started) AS flows,
    SUM(bytes_src_to_dst + bytes_dst_to_src) AS bytes
FROM traffic
WHERE format = 'vnet_v4'
GROUP BY encryption, direction
ORDER BY bytes DESC, code, direction
