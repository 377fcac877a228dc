-- grain: one row per SKU, ship-to region and day with demand
-- parameters: none
SELECT d.sku, d.category, d.region, d.day, sum(d.units)::DOUBLE AS units
FROM demand_days AS d
GROUP BY ALL
HAVING sum(d.units) > 0
ORDER BY d.sku, d.category, d.region, d.day
