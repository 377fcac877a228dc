-- grain: one row per location, SKU, ship-to region and day with a sale, whose evening snapshot holds nothing
-- parameters: none
SELECT d.location, d.sku, d.region, d.day, d.units
FROM demand_days AS d
INNER JOIN stock_days AS s USING (location, sku, day)
WHERE s.on_hand <= 0 AND d.units > 0
ORDER BY d.location, d.sku, d.region, d.day
