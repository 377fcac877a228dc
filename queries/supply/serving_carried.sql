-- grain: one row per location and SKU that it keeps, or shipped in the last 365 days
-- parameters: $as_of
-- Where nothing of it was ever counted, what a location ships says what it keeps.
SELECT k.location, k.sku
FROM stock_now AS k
UNION
SELECT d.location, d.sku
FROM demand_at_nodes() AS d
WHERE d.day > $as_of::DATE - 365 AND d.units > 0 AND d.location IS NOT NULL
ORDER BY location, sku
