-- grain: one row per location, SKU and day on which something on its way should land
-- parameters: $categories, $categories_all, $skus, $skus_all
SELECT
    d.location AS location,
    d.sku AS sku,
    d.expected_on AS expected_on,
    CAST(sum(d.units) AS DOUBLE) AS units
FROM deliveries AS d
WHERE d.is_open
    AND ($categories_all OR d.category IN $categories)
    AND ($skus_all OR d.sku IN $skus)
GROUP BY d.location, d.sku, d.expected_on
ORDER BY d.location, d.sku, d.expected_on
