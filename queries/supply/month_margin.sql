-- grain: one row per category that was sold in the last 365 days
-- parameters: $as_of
-- Margin of these days (null where no line has a cost), and how many there are since the category's first sale in them.
SELECT
    d.category,
    CAST(sum(d.margin) AS DOUBLE) AS margin,
    CAST(date_diff('day', min(d.day), $as_of::DATE) + 1 AS DOUBLE) AS days
FROM demand_days AS d
WHERE d.day > $as_of::DATE - 365
GROUP BY ALL
ORDER BY d.category
