-- grain: one row per SKU and ship-to region that ever bought it
-- parameters: $as_of
-- after: demand_days
-- scope: category=category region=region
-- `_year`: the 365 days up to as-of.
SELECT
    d.sku AS sku,
    d.category AS category,
    d.region AS region,
    min(CASE WHEN d.units > 0 THEN d.day END) AS first_sold,
    max(CASE WHEN d.units > 0 THEN d.day END) AS last_sold,
    CAST(sum(CASE WHEN d.day > $as_of - 365 THEN d.units ELSE 0 END) AS DOUBLE) AS units_year,
    CAST(sum(CASE WHEN d.day > $as_of - 365 THEN d.revenue ELSE 0 END) AS DOUBLE) AS revenue_year,
    CAST(sum(CASE WHEN d.day > $as_of - 365 THEN d.margin END) AS DOUBLE) AS margin_year
FROM demand_days AS d
GROUP BY d.sku, d.category, d.region
ORDER BY d.sku, d.region
