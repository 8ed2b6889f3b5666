-- title: Denied flows by rule
-- question: Which rules deny the most, from how many sources, and since when?
SELECT
    acl,
    rule,
    direction,
    SUM(flows_started) AS flows_denied,
    COUNT(DISTINCT src_ip) AS sources,
    COUNT(DISTINCT dst_ip) AS destinations,
    MIN(first_time) AS first_seen,
    MAX(last_time) AS last_seen
FROM traffic
WHERE status = 'Denied'
GROUP BY acl, rule, direction
ORDER BY flows_denied DESC, acl, rule, direction
LIMIT 100
