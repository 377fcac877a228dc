-- grain: one row per SKU and number of units that one region asked of one location on one day, in 365 days
-- parameters: $as_of
-- How much is asked for at a time: mostly the units of one order line.
SELECT
    d.sku,
    d.category,
    d.units::BIGINT AS units,
    count(*) AS times
FROM demand_days AS d
WHERE d.day > $as_of - 365 AND d.units > 0
GROUP BY ALL
ORDER BY d.sku, d.category, units
