-- grain: one row per SKU, ship-to region and day with demand
-- parameters: none
SELECT d.sku AS sku, d.category AS category, d.region AS region, d.day AS day, CAST(sum(d.units) AS DOUBLE) AS units
FROM demand_days AS d
GROUP BY d.sku, d.category, d.region, d.day
HAVING sum(d.units) > 0
ORDER BY d.sku, d.category, d.region, d.day
