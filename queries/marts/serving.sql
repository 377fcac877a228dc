-- grain: one row per ship-to region, location that shipped there in the last 365 days, and category
-- parameters: $as_of
-- after: demand_days, sell_in_days
-- scope: category=category region=region
-- What was sold in to dealers of whose buyers nothing else is heard counts as shipped to their region.
WITH shipped AS (
    SELECT s.region, s.location, s.category, s.day, s.units, s.margin FROM demand_days AS s
    UNION ALL
    SELECT n.region, n.location, n.category, n.day, n.units, NULL AS margin FROM sell_in_days AS n
)

SELECT
    d.region,
    d.location,
    d.category,
    CAST(sum(d.units) AS DOUBLE) AS units,
    CAST(sum(d.margin) AS DOUBLE) AS margin
FROM shipped AS d
WHERE d.day > $as_of - 365
GROUP BY d.region, d.location, d.category
ORDER BY d.region, d.location, d.category
