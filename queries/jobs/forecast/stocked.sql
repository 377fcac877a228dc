-- grain: one row per SKU and ship-to region that a location serves which ever had it in stock
-- parameters: none
SELECT DISTINCT s.sku, coalesce(v.region, s.region) AS region
FROM stock_days AS s
LEFT JOIN serving AS v ON v.location = s.location AND v.category = s.category AND v.units > 0
WHERE s.on_hand > 0
ORDER BY s.sku, region
