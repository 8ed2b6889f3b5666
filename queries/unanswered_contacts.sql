-- title: Sources without an answer
-- question: Who begins connections that almost nobody answers, as a scan does?
WITH sources AS (
    SELECT
        src_ip,
        direction,
        COUNT(DISTINCT dst_ip) AS destinations,
        COUNT(DISTINCT dst_port) AS ports,
        SUM(begins) AS connections,
        SUM(answered) AS connections_answered,
        SUM(unanswered) AS connections_unanswered
    FROM contacts
    GROUP BY src_ip, direction
)
SELECT src_ip, direction, destinations, ports, connections, connections_answered, connections_unanswered
FROM sources
WHERE connections >= 3 AND connections_unanswered * 10 >= connections * 9
ORDER BY connections_unanswered DESC, src_ip, direction
LIMIT 200
