-- grain: one row per location, SKU, ship-to region and day with a sale, whose evening snapshot holds nothing
-- parameters: none
SELECT d.location AS location, d.sku AS sku, d.region AS region, d.day AS day, d.units AS units
FROM demand_days AS d
INNER JOIN stock_days AS s ON s.location = d.location AND s.sku = d.sku AND s.day = d.day
WHERE s.on_hand <= 0 AND d.units > 0
ORDER BY d.location, d.sku, d.region, d.day
