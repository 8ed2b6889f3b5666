-- title: Data of each flow log
-- question: How much does each flow log write on each day, from how many interfaces?
SELECT
    date,
    log_resource,
    format,
    COUNT(DISTINCT mac) AS interfaces,
    SUM(tuples) AS tuples,
    SUM(tuples_unmeasured) AS tuples_unmeasured,
    SUM(flows_started) AS flows,
    SUM(bytes_src_to_dst + bytes_dst_to_src) AS bytes
FROM traffic
GROUP BY date, log_resource, format
ORDER BY date, log_resource, format
