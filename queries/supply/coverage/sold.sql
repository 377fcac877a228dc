-- grain: one row per SKU, ship-to region and location that shipped, with sales in the last days
-- parameters: $as_of, $days, $categories, $categories_all, $skus, $skus_all
SELECT
    d.sku,
    d.region,
    d.location,
    sum(d.units)::DOUBLE AS units
FROM demand_at_nodes() AS d
WHERE d.day > $as_of::DATE - $days::INTEGER
    AND d.units > 0
    AND chosen(d.category, $categories, $categories_all)
    AND chosen(d.sku, $skus, $skus_all)
GROUP BY ALL
ORDER BY d.sku, d.region, d.location
