-- grain: one row
-- parameters: $as_of
-- Margin of the last 365 days, or of fewer where the data begin later; null where no line has a cost.
SELECT
    CAST(sum(d.margin) AS DOUBLE) AS margin,
    CAST(least(date_diff('day', min(d.day), $as_of::DATE) + 1, 365) AS DOUBLE) AS days
FROM demand_days AS d
WHERE d.day > $as_of::DATE - 365
