-- title: Hours without a log
-- question: Which interfaces logged nothing in an hour between their first and their last, in which others did?
WITH hours AS (
    SELECT DISTINCT hour_start FROM coverage
),
interfaces AS (
    SELECT log_resource, mac, MIN(hour_start) AS first_hour, MAX(hour_start) AS last_hour
    FROM coverage
    GROUP BY log_resource, mac
),
expected AS (
    SELECT interfaces.log_resource, interfaces.mac, hours.hour_start
    FROM interfaces
    CROSS JOIN hours
    WHERE hours.hour_start > interfaces.first_hour AND hours.hour_start < interfaces.last_hour
)
SELECT log_resource, mac, hour_start FROM expected
EXCEPT
SELECT log_resource, mac, hour_start FROM coverage
ORDER BY log_resource, mac, hour_start
