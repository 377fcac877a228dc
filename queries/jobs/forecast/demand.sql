-- grain: one row per SKU, ship-to region and day with demand
-- parameters: none
-- What was sold in to dealers of whose buyers nothing else is heard is dependent demand of their region.
SELECT d.sku, d.category, d.region, d.day, sum(d.units)::DOUBLE AS units
FROM demand_at_nodes() AS d
GROUP BY ALL
HAVING sum(d.units) > 0
ORDER BY d.sku, d.category, d.region, d.day
