-- grain: one row per SKU and ship-to region that ever bought it
-- parameters: $as_of
-- after: demand_days
-- scope: category=category region=region
-- `_year`: the 365 days up to as-of.
SELECT
    d.sku,
    d.category,
    d.region,
    min(d.day) FILTER (WHERE d.units > 0) AS first_sold,
    max(d.day) FILTER (WHERE d.units > 0) AS last_sold,
    CAST(coalesce(sum(d.units) FILTER (WHERE d.day > $as_of - 365), 0) AS DOUBLE) AS units_year,
    CAST(coalesce(sum(d.revenue) FILTER (WHERE d.day > $as_of - 365), 0) AS DOUBLE) AS revenue_year,
    CAST(sum(d.margin) FILTER (WHERE d.day > $as_of - 365) AS DOUBLE) AS margin_year
FROM demand_days AS d
GROUP BY d.sku, d.category, d.region
ORDER BY d.sku, d.region
