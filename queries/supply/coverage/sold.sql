-- grain: one row per SKU, ship-to region and location that shipped, with sales in the last days
-- parameters: $as_of, $days, $categories, $categories_all, $skus, $skus_all
SELECT
    d.sku AS sku,
    d.region AS region,
    d.location AS location,
    CAST(sum(d.units) AS DOUBLE) AS units
FROM demand_days AS d
WHERE d.day > CAST($as_of AS DATE) - CAST($days AS INTEGER)
    AND d.units > 0
    AND ($categories_all OR d.category IN $categories)
    AND ($skus_all OR d.sku IN $skus)
GROUP BY d.sku, d.region, d.location
ORDER BY d.sku, d.region, d.location
