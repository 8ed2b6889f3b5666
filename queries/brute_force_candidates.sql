-- title: Many log-ins at one door
-- question: Who knocks again and again at a management or database port, and is let in how often?
WITH doors AS (
    SELECT
        src_ip,
        dst_ip,
        dst_port,
        protocol,
        COUNT(DISTINCT hour_start) AS hours,
        SUM(begins) AS connections,
        SUM(answered) AS connections_answered,
        SUM(CASE WHEN status = 'Denied' THEN begins ELSE 0 END) AS connections_denied,
        MIN(hour_start) AS first_hour,
        MAX(hour_start) AS last_hour
    FROM contacts
    WHERE dst_port IN (21, 22, 23, 135, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 5986, 6379, 9200, 27017)
    GROUP BY src_ip, dst_ip, dst_port, protocol
)
SELECT
    src_ip, dst_ip, dst_port, protocol, hours, connections, connections_answered, connections_denied, first_hour, last_hour
FROM doors
WHERE connections >= 30
ORDER BY connections DESC, src_ip, dst_ip, dst_port, protocol
LIMIT 200
