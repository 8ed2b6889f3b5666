-- title: Traffic of each hour
-- question: How much was allowed, denied and moved in each hour, as the interfaces logged it?
SELECT
    date,
    hour,
    SUM(CASE WHEN status = 'Allowed' THEN flows_started ELSE 0 END) AS flows_allowed,
    SUM(CASE WHEN status = 'Denied' THEN flows_started ELSE 0 END) AS flows_denied,
    SUM(CASE WHEN direction = 'Inbound' THEN bytes_src_to_dst ELSE bytes_dst_to_src END) AS bytes_received,
    SUM(CASE WHEN direction = 'Inbound' THEN bytes_dst_to_src ELSE bytes_src_to_dst END) AS bytes_sent,
    SUM(tuples_unmeasured) AS tuples_unmeasured
FROM traffic
GROUP BY date, hour
ORDER BY date, hour
