-- title: Traffic of each /24
-- question: Which networks of 256 addresses, of logged interfaces, moved how much?
WITH own AS (
    SELECT
        CASE WHEN direction = 'Outbound' THEN src_ip ELSE dst_ip END AS ip,
        bytes_src_to_dst + bytes_dst_to_src AS moved,
        flows_started,
        status
    FROM traffic
),
networks AS (
    SELECT
        CASE
            WHEN ip LIKE '%:%' THEN 'IPv6'
            ELSE SPLIT_PART(ip, '.', 1) || '.' || SPLIT_PART(ip, '.', 2) || '.' || SPLIT_PART(ip, '.', 3) || '.0/24'
        END AS network,
        ip,
        moved,
        flows_started,
        status
    FROM own
)
SELECT
    network,
    COUNT(DISTINCT ip) AS addresses,
    SUM(moved) AS bytes,
    SUM(CASE WHEN status = 'Allowed' THEN flows_started ELSE 0 END) AS flows_allowed,
    SUM(CASE WHEN status = 'Denied' THEN flows_started ELSE 0 END) AS flows_denied
FROM networks
GROUP BY network
ORDER BY bytes DESC, network
