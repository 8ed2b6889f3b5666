-- title: Refused tuples by reason
-- question: Why were tuples and records refused, in how many blobs, and what does one look like?
SELECT
    reason,
    COUNT(*) AS listed,
    COUNT(DISTINCT blob) AS blobs,
    MIN(text) AS example
FROM rejects
GROUP BY reason
ORDER BY listed DESC, reason
