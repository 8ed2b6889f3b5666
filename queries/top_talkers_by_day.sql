-- title: Top talkers of each day
-- question: Which ten addresses of logged interfaces moved the most bytes on each day?
WITH own AS (
    SELECT
        date AS day,
        CASE WHEN direction = 'Outbound' THEN src_ip ELSE dst_ip END AS ip,
        bytes_src_to_dst + bytes_dst_to_src AS moved,
        flows_started
    FROM traffic
),
days AS (
    SELECT day, ip, SUM(moved) AS bytes, SUM(flows_started) AS flows
    FROM own
    GROUP BY day, ip
),
ranked AS (
    SELECT day, ip, bytes, flows, ROW_NUMBER() OVER (PARTITION BY day ORDER BY bytes DESC, ip DESC) AS place
    FROM days
)
SELECT day, place, ip, bytes, flows
FROM ranked
WHERE place <= 10
ORDER BY day, place
