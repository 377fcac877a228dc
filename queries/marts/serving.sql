-- grain: one row per ship-to region, location that shipped there in the last 365 days, and category
-- parameters: $as_of
-- after: demand_days
-- scope: category=category region=region
SELECT
    d.region,
    d.location,
    d.category,
    CAST(sum(d.units) AS DOUBLE) AS units,
    CAST(sum(d.margin) AS DOUBLE) AS margin
FROM demand_days AS d
WHERE d.day > $as_of - 365
GROUP BY d.region, d.location, d.category
ORDER BY d.region, d.location, d.category
