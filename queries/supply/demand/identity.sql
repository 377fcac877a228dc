-- grain: one row per ship-to region
-- parameters: $as_of
-- Of the 364 days up to as-of: `units` sold, and the revenue of orders without a known customer.
WITH sold AS (
    SELECT d.region, sum(d.units) AS units
    FROM demand_days AS d
    WHERE d.day > $as_of - 364
    GROUP BY ALL
),

unknown AS (
    SELECT u.region, sum(u.revenue) AS revenue
    FROM unidentified_parts AS u
    WHERE u.day > $as_of - 364
    GROUP BY ALL
)

SELECT
    s.region,
    s.units::DOUBLE AS units,
    coalesce(n.revenue, 0)::DOUBLE AS unidentified_revenue
FROM sold AS s
LEFT JOIN unknown AS n USING (region)
ORDER BY s.region
