-- grain: one row per location and day on which its stock was counted
-- parameters: none
-- after: stock_days
-- scope: none
SELECT
    s.location,
    s.day,
    CAST(count(*) AS BIGINT) AS items
FROM stock_days AS s
GROUP BY s.location, s.day
ORDER BY location, day
